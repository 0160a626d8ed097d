//! Many blanks as one file for a print shop: paper needs no fields to fill in, so each blank adds its pages, its number and what is
//! prefilled, and shares everything else with all others. Such a file is for printing: it holds no form (ISO 32000-1, 12.7).

use lopdf::{Dictionary, Object, ObjectId, dictionary};

use crate::appearance::Setting;
use crate::document::{File, quickly_compressed};
use crate::drawn::{NUMBER, QR};
use crate::fields;
use crate::instance::qr;
use crate::press::{Prefill, Press, PressError};

/// Pages under one node of the page tree.
const BRANCH: usize = 256;

/// A file of many blanks, being written piece by piece.
pub struct PrintRun<'p> {
    press: &'p Press,
    file: File,
    /// The nodes right above the pages, and the pages of the last one.
    branches: Vec<(ObjectId, Vec<Object>)>,
    root: ObjectId,
    pages: i64,
}

impl<'p> PrintRun<'p> {
    /// Begins a file.
    pub fn begin(press: &'p Press) -> Self {
        let mut file = File::after(&press.shared);
        let root = file.reserve();
        Self { press, file, branches: Vec::new(), root, pages: 0 }
    }

    /// Adds the pages of one blank. Answers the bytes that the file goes on with.
    pub fn add(&mut self, prefill: &Prefill) -> Result<Vec<u8>, PressError> {
        let own = &self.press.own;
        let code = self.file.add(quickly_compressed(qr(&prefill.instance)));
        let number = self.press.number(prefill).map(|it| self.file.add(it));
        let mut shown: Vec<Vec<Object>> = own.pages.iter().map(|_| Vec::new()).collect();
        for (_, placed, empty) in &own.boxes {
            let Some(value) = self.press.value(&placed.name, prefill) else { continue };
            let appearance = self.press.appearance(placed, &value, Setting::PLAIN, &mut self.file);
            let Some(appearance) = appearance else { continue };
            let rect = empty.get(b"Rect").expect("every field has its place").clone();
            let mut stamp =
                dictionary! { "Type" => "Annot", "Subtype" => "Stamp", "Rect" => rect, "F" => fields::PRINT };
            stamp.set("AP", dictionary! { "N" => appearance });
            shown[placed.page].push(self.file.add(stamp).into());
        }
        for (part, annotations) in own.pages.iter().zip(shown) {
            let mut resources = part.resources.clone();
            let pictures =
                resources.get_mut(b"XObject").and_then(Object::as_dict_mut).expect("every page has its code");
            replace(pictures, QR, Some(code));
            replace(pictures, NUMBER, number);
            let branch = self.branch();
            let page = self.file.add(dictionary! {
                "Type" => "Page",
                "Parent" => branch,
                "MediaBox" => part.paper.clone(),
                "Resources" => resources,
                "Contents" => part.content,
                "Annots" => annotations,
            });
            self.branches.last_mut().expect("there is one by now").1.push(page.into());
            self.pages += 1;
        }
        Ok(self.file.take_bytes())
    }

    /// The node above the next page.
    fn branch(&mut self) -> ObjectId {
        match self.branches.last() {
            Some((id, pages)) if pages.len() < BRANCH => *id,
            _ => {
                let id = self.file.reserve();
                self.branches.push((id, Vec::new()));
                id
            }
        }
    }

    /// The last bytes of the file, whose id is made of `name`.
    pub fn finish(mut self, name: &str) -> Vec<u8> {
        let mut nodes: Vec<(ObjectId, Vec<Object>, i64)> = Vec::new();
        for (id, pages) in std::mem::take(&mut self.branches) {
            let count = i64::try_from(pages.len()).expect("a node has few pages");
            nodes.push((id, pages, count));
        }
        // Nodes over nodes, until they fit under the root.
        while nodes.len() > BRANCH {
            let mut above = Vec::new();
            for group in nodes.chunks(BRANCH) {
                let id = self.file.reserve();
                let count = group.iter().map(|(.., count)| count).sum();
                above.push((id, group.iter().map(|(id, ..)| Object::Reference(*id)).collect(), count));
                self.write_nodes(group, id);
            }
            nodes = above;
        }
        let root = self.root;
        self.write_nodes(&nodes, root);
        let kids: Vec<Object> = nodes.iter().map(|(id, ..)| Object::Reference(*id)).collect();
        self.file.write(root, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => self.pages });
        let catalog = self.file.add(dictionary! { "Type" => "Catalog", "Pages" => root });
        self.file.finish_as(catalog, None, name)
    }

    fn write_nodes(&mut self, nodes: &[(ObjectId, Vec<Object>, i64)], parent: ObjectId) {
        for (id, kids, count) in nodes {
            let node = dictionary! { "Type" => "Pages", "Parent" => parent, "Kids" => kids.clone(), "Count" => *count };
            self.file.write(*id, node);
        }
    }
}

fn replace(pictures: &mut Dictionary, name: &str, by: Option<ObjectId>) {
    if let Some(by) = by.filter(|_| pictures.has(name.as_bytes())) {
        pictures.set(name, by);
    }
}
