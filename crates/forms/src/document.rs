//! The file as bytes (ISO 32000-1, 7.5): objects by number, what all blanks share, and one blank after it with a classic
//! cross-reference table over both. The only file that names the PDF writer.

use std::cell::RefCell;
use std::collections::BTreeMap;

use countersign_core::instance::InstanceId;
use flate2::{Compress, Compression, FlushCompress, Status};
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

    /// A dictionary that was set.
    pub(crate) fn dictionary(&self, id: ObjectId) -> Option<&Dictionary> {
        self.written.get(&id.0)?.as_dict().ok()
    }

    /// A stream that was set.
    pub(crate) fn stream(&self, id: ObjectId) -> Option<&Stream> {
        self.written.get(&id.0)?.as_stream().ok()
    }

    /// Takes an object away that nothing leads to any more.
    pub(crate) fn remove(&mut self, id: ObjectId) {
        self.written.remove(&id.0);
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
    /// Bytes of the file before `bytes`, which were handed out already.
    before: usize,
    bytes: Vec<u8>,
    offsets: Vec<usize>,
    catalog: ObjectId,
}

impl File {
    /// Begins a blank with what all share.
    pub(crate) fn after(shared: &Shared) -> Self {
        let mut bytes = Vec::with_capacity(shared.bytes.len() + (16 << 10));
        bytes.extend_from_slice(&shared.bytes);
        Self { before: 0, bytes, offsets: shared.offsets.clone(), catalog: shared.catalog }
    }

    /// Writes an object.
    pub(crate) fn write(&mut self, id: ObjectId, object: impl Into<Object>) {
        self.offsets[id.0 as usize] = self.before + self.bytes.len();
        write_object(&mut self.bytes, id.0, &object.into());
    }

    /// Writes an object with the next free number.
    pub(crate) fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        let id = self.reserve();
        self.write(id, object);
        id
    }

    /// A number for an object that comes later.
    pub(crate) fn reserve(&mut self) -> ObjectId {
        let number = u32::try_from(self.offsets.len()).expect("a file has fewer objects than there are numbers");
        self.offsets.push(0);
        (number, 0)
    }

    /// The bytes since they were last taken.
    pub(crate) fn take_bytes(&mut self) -> Vec<u8> {
        let bytes = std::mem::take(&mut self.bytes);
        self.before += bytes.len();
        bytes
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
    pub(crate) fn finish(self, information: ObjectId, instance: &InstanceId) -> Vec<u8> {
        let root = self.catalog;
        self.finish_as(root, Some(information), instance.as_str())
    }

    /// The same with another catalog. The file's id (ISO 32000-1, 14.4) is made of `name`.
    pub(crate) fn finish_as(mut self, root: ObjectId, information: Option<ObjectId>, name: &str) -> Vec<u8> {
        let start = self.before + self.bytes.len();
        let mut table = format!("xref\n0 {}\n", self.offsets.len()).into_bytes();
        table.reserve(ROW * self.offsets.len());
        // Numbers that no object has are a chain of free entries that begins at 0.
        let free: Vec<usize> = (0..self.offsets.len()).filter(|it| self.offsets[*it] == 0).collect();
        let mut next_free = free.iter().skip(1).copied().chain([0]);
        for (number, offset) in self.offsets.iter().enumerate() {
            let generation = if number == 0 { 65_535 } else { 0 };
            let (entry, kind) = match offset {
                0 => (next_free.next().unwrap_or_default(), b" f \n"),
                _ => (*offset, b" n \n"),
            };
            push_digits::<10>(&mut table, entry);
            table.push(b' ');
            push_digits::<5>(&mut table, if *offset == 0 { generation } else { 0 });
            table.extend_from_slice(kind);
        }
        self.bytes.extend_from_slice(&table);
        let digest = Sha256::digest(name);
        let id = Object::String(digest[..16].to_vec(), StringFormat::Hexadecimal);
        let size = i64::try_from(self.offsets.len()).expect("a form has few objects");
        let mut trailer = dictionary! { "Size" => size, "Root" => root };
        if let Some(information) = information {
            trailer.set("Info", information);
        }
        trailer.set("ID", vec![id.clone(), id]);
        self.bytes.extend_from_slice(b"trailer\n");
        lopdf::Writer::write_object(&mut self.bytes, &trailer.into()).expect("writing into memory does not fail");
        self.bytes.extend_from_slice(format!("\nstartxref\n{start}\n%%EOF\n").as_bytes());
        self.bytes
    }
}

/// Bytes of a row of the cross-reference table (ISO 32000-1, 7.5.4).
const ROW: usize = 20;

/// A number with leading zeros: hundreds of them end every blank, and formatting takes several times as long.
fn push_digits<const N: usize>(bytes: &mut Vec<u8>, mut number: usize) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).expect("a digit");
        number /= 10;
    }
    assert!(number == 0, "a file is shorter than ten billion bytes");
    bytes.extend_from_slice(&digits);
}

/// A stream, deflated (ISO 32000-1, 7.4.4).
pub(crate) fn compressed(mut stream: Stream) -> Stream {
    stream.compress().expect("deflating into memory does not fail");
    stream
}

/// A stream of one blank, deflated in a hurry: it saves three quarters of its length and takes some microseconds.
pub(crate) fn quickly_compressed(mut stream: Stream) -> Stream {
    // The tables of a compressor are larger than what it compresses here: each thread keeps its own.
    thread_local! {
        static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), true));
    }
    let deflated = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        // Never longer than stored blocks around it (RFC 1951, 3.2.4).
        let mut deflated = Vec::with_capacity(stream.content.len() + stream.content.len() / 1000 + 64);
        let ended = deflate.compress_vec(&stream.content, &mut deflated, FlushCompress::Finish);
        assert!(matches!(ended, Ok(Status::StreamEnd)), "deflating into memory does not fail");
        deflated
    });
    stream.dict.set("Filter", "FlateDecode");
    stream.set_content(deflated);
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_their_zeros() {
        let mut bytes = Vec::new();
        push_digits::<10>(&mut bytes, 58_547);
        push_digits::<5>(&mut bytes, 65_535);
        assert_eq!(bytes, b"000005854765535");
    }

    #[test]
    fn what_is_deflated_in_a_hurry_comes_back() {
        for content in [Vec::new(), vec![7; 3], (0..=255u8).cycle().take(70_000).collect(), b"0 0 1 1 re ".repeat(900)]
        {
            let stream = quickly_compressed(Stream::new(Dictionary::new(), content.clone()));
            assert_eq!(stream.decompressed_content_with_limit(1 << 20).unwrap(), content);
        }
    }
}
