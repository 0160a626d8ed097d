//! The file as bytes (ISO 32000-1, 7.5): objects by number, what all blanks share, and one blank after it with a classic
//! cross-reference table over both. The only file that names the PDF writer.

use std::collections::BTreeMap;

use countersign_core::instance::InstanceId;
use lopdf::{Dictionary, Object, ObjectId, Stream, StringFormat, dictionary};
use sha2::{Digest, Sha256};

use crate::fields::OwnFont;

/// PDF 1.7, and the comment that tells programs the file is binary (ISO 32000-1, 7.5.2).
const HEADER: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n";
/// Objects in the making, by number.
pub(crate) struct Objects {
    next: u32,
    written: BTreeMap<u32, Object>,
}

impl Objects {
    /// Goes on after objects that are there already.
    pub(crate) fn after(last: u32, written: BTreeMap<u32, Object>) -> Self {
        Self { next: last + 1, written }
    }

    /// A number for an object that comes later.
    pub(crate) fn reserve(&mut self) -> ObjectId {
        self.next += 1;
        (self.next - 1, 0)
    }

    /// Sets a reserved object.
    pub(crate) fn set(&mut self, id: ObjectId, object: impl Into<Object>) {
        self.written.insert(id.0, object.into());
    }

    /// Adds an object.
    pub(crate) fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        let id = self.reserve();
        self.set(id, object);
        id
    }
}

/// What every blank begins with: the bytes, and where the objects stand.
pub(crate) struct Shared {
    bytes: Vec<u8>,
    /// Where each object stands, by its number; 0: nowhere, the header is there.
    offsets: Vec<usize>,
    catalog: ObjectId,
}

impl Shared {
    /// Writes the objects that every blank has; those that are reserved and not set come with each blank.
    pub(crate) fn write(objects: Objects, catalog: ObjectId) -> Self {
        let mut shared = Self { bytes: HEADER.to_vec(), offsets: vec![0; objects.next as usize], catalog };
        for (number, object) in &objects.written {
            shared.offsets[*number as usize] = shared.bytes.len();
            write_object(&mut shared.bytes, *number, object);
        }
        shared
    }
}

fn write_object(bytes: &mut Vec<u8>, number: u32, object: &Object) {
    bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    lopdf::Writer::write_object(bytes, object).expect("writing into memory does not fail");
    bytes.extend_from_slice(b"\nendobj\n");
}

/// One blank, being written.
pub(crate) struct File {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
    catalog: ObjectId,
}

impl File {
    /// Begins a blank with what all share.
    pub(crate) fn after(shared: &Shared) -> Self {
        let mut bytes = Vec::with_capacity(shared.bytes.len() + (16 << 10));
        bytes.extend_from_slice(&shared.bytes);
        Self { bytes, offsets: shared.offsets.clone(), catalog: shared.catalog }
    }

    /// Writes an object.
    pub(crate) fn write(&mut self, id: ObjectId, object: impl Into<Object>) {
        self.offsets[id.0 as usize] = self.bytes.len();
        write_object(&mut self.bytes, id.0, &object.into());
    }

    /// Writes an object with the next free number.
    pub(crate) fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        let number = u32::try_from(self.offsets.len()).expect("a form has few objects");
        self.offsets.push(0);
        self.write((number, 0), object);
        (number, 0)
    }

    /// Writes the objects of a font.
    pub(crate) fn add_font(&mut self, mut font: OwnFont) -> ObjectId {
        let nothing = || Stream::new(Dictionary::new(), Vec::new());
        let program = std::mem::replace(&mut font.program, nothing());
        let to_unicode = std::mem::replace(&mut font.to_unicode, nothing());
        let program = self.add(compressed(program));
        let descriptor = self.add(font.descriptor(program));
        let to_unicode = self.add(compressed(to_unicode));
        self.add(font.font(descriptor, to_unicode))
    }

    /// Ends the file with the cross-reference table and the trailer (ISO 32000-1, 7.5.4 and 7.5.5).
    pub(crate) fn finish(mut self, information: ObjectId, instance: &InstanceId) -> Vec<u8> {
        let start = self.bytes.len();
        let mut table = format!("xref\n0 {}\n", self.offsets.len());
        // Numbers that no object has are a chain of free entries that begins at 0.
        let free: Vec<usize> = (0..self.offsets.len()).filter(|it| self.offsets[*it] == 0).collect();
        let mut next_free = free.iter().skip(1).copied().chain([0]);
        for (number, offset) in self.offsets.iter().enumerate() {
            let generation = if number == 0 { 65_535 } else { 0 };
            let row = match offset {
                0 => format!("{:010} {generation:05} f \n", next_free.next().unwrap_or_default()),
                _ => format!("{offset:010} 00000 n \n"),
            };
            table.push_str(&row);
        }
        self.bytes.extend_from_slice(table.as_bytes());
        let digest = Sha256::digest(instance.as_str());
        let id = Object::String(digest[..16].to_vec(), StringFormat::Hexadecimal);
        let size = i64::try_from(self.offsets.len()).expect("a form has few objects");
        let (root, ids) = (self.catalog, vec![id.clone(), id]);
        let trailer = dictionary! { "Size" => size, "Root" => root, "Info" => information, "ID" => ids };
        self.bytes.extend_from_slice(b"trailer\n");
        lopdf::Writer::write_object(&mut self.bytes, &trailer.into()).expect("writing into memory does not fail");
        self.bytes.extend_from_slice(format!("\nstartxref\n{start}\n%%EOF\n").as_bytes());
        self.bytes
    }
}

/// A stream, deflated.
pub(crate) fn compressed(mut stream: Stream) -> Stream {
    stream.compress().expect("deflating into memory does not fail");
    stream
}
