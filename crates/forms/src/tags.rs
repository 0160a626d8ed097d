//! The structure that a screen reader walks (ISO 32000-1, 14.7; ISO 14289-1): every piece of text and every box once, in the
//! order in which a person reads them.

use std::collections::BTreeMap;

use lopdf::{Object, ObjectId, dictionary, text_string};

use crate::document::Objects;
use crate::layout::{Layout, Node};

/// The key of the page in the parent tree; the boxes follow it.
pub(crate) const PAGE_KEY: i64 = 0;

/// The key of a box in the parent tree.
pub(crate) fn key_of_box(at: usize) -> i64 {
    PAGE_KEY + 1 + i64::try_from(at).expect("a form has few boxes")
}

/// Writes the structure tree. Answers its root.
pub(crate) fn write(layout: &Layout, page: ObjectId, widgets: &[ObjectId], objects: &mut Objects) -> ObjectId {
    let (root, document) = (objects.reserve(), objects.reserve());
    let mut tree = Tree { layout, page, widgets, objects, marks: BTreeMap::new(), boxes: BTreeMap::new() };
    let kids: Vec<Object> = layout.tree.iter().map(|it| tree.node(it, document)).collect();
    let parents = tree.parents();
    objects.set(document, dictionary! { "Type" => "StructElem", "S" => "Document", "P" => root, "K" => kids });
    let next = key_of_box(widgets.len());
    let root_dict = dictionary! {
        "Type" => "StructTreeRoot",
        "K" => vec![Object::Reference(document)],
        "ParentTree" => dictionary! { "Nums" => parents },
        "ParentTreeNextKey" => next,
    };
    objects.set(root, root_dict);
    root
}

struct Tree<'a> {
    layout: &'a Layout,
    page: ObjectId,
    widgets: &'a [ObjectId],
    objects: &'a mut Objects,
    /// The element above each marked run.
    marks: BTreeMap<usize, ObjectId>,
    /// The element of each box.
    boxes: BTreeMap<usize, ObjectId>,
}

impl Tree<'_> {
    fn node(&mut self, node: &Node, parent: ObjectId) -> Object {
        match node {
            Node::Element { tag, children } => {
                let own = self.objects.reserve();
                let kids: Vec<Object> = children.iter().map(|it| self.node(it, own)).collect();
                let mut element =
                    dictionary! { "Type" => "StructElem", "S" => *tag, "P" => parent, "Pg" => self.page, "K" => kids };
                if *tag == "TH" {
                    element.set("A", dictionary! { "O" => "Table", "Scope" => "Column" });
                }
                self.objects.set(own, element);
                own.into()
            }
            Node::Marked(number) => {
                self.marks.insert(*number, parent);
                i64::try_from(*number).expect("a page has few marks").into()
            }
            Node::Field(at) => {
                let own = self.objects.reserve();
                let object = dictionary! { "Type" => "OBJR", "Obj" => self.widgets[*at], "Pg" => self.page };
                let alternative = text_string(&self.layout.boxes[*at].spoken);
                let element = dictionary! {
                    "Type" => "StructElem", "S" => "Form", "P" => parent, "Pg" => self.page, "Alt" => alternative, "K" => object,
                };
                self.objects.set(own, element);
                self.boxes.insert(*at, own);
                own.into()
            }
        }
    }

    /// From keys to elements (ISO 32000-1, 14.7.4.4).
    fn parents(&self) -> Vec<Object> {
        let of_page: Vec<Object> = self.marks.values().map(|it| (*it).into()).collect();
        let mut nums: Vec<Object> = vec![PAGE_KEY.into(), of_page.into()];
        for (at, element) in &self.boxes {
            nums.extend([key_of_box(*at).into(), (*element).into()]);
        }
        nums
    }
}
