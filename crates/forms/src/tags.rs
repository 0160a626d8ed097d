//! The structure that a screen reader walks (ISO 32000-1, 14.7; ISO 14289-1): every piece of text and every box once, in the
//! order in which a person reads them.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Object, ObjectId, dictionary};

use crate::appearance::real;
use crate::document::Objects;
use crate::layout::{Layout, Leaf, Node};
use crate::text_string::text_string;

/// The key of a page in the parent tree; the boxes follow the pages.
pub(crate) fn key_of_page(page: usize) -> i64 {
    i64::try_from(page).expect("a form has few pages")
}

/// The key of a box in the parent tree.
pub(crate) fn key_of_box(layout: &Layout, at: usize) -> i64 {
    key_of_page(layout.pages.len()) + i64::try_from(at).expect("a form has few boxes")
}

/// Writes the structure tree. Answers its root.
pub(crate) fn write(layout: &Layout, pages: &[ObjectId], widgets: &[ObjectId], objects: &mut Objects) -> ObjectId {
    let (root, document) = (objects.reserve(), objects.reserve());
    let mut tree = Tree { layout, pages, widgets, objects, marks: BTreeMap::new(), boxes: BTreeMap::new() };
    let kids: Vec<Object> = layout.tree.iter().map(|it| tree.node(it, document, None)).collect();
    let parents = tree.parents();
    objects.set(document, dictionary! { "S" => "Document", "P" => root, "K" => kids });
    let next = key_of_box(layout, widgets.len());
    let root_dict = dictionary! {
        "Type" => "StructTreeRoot",
        "K" => document,
        "ParentTree" => dictionary! { "Nums" => parents },
        "ParentTreeNextKey" => next,
    };
    objects.set(root, root_dict);
    root
}

struct Tree<'a> {
    layout: &'a Layout,
    pages: &'a [ObjectId],
    widgets: &'a [ObjectId],
    objects: &'a mut Objects,
    /// The element above each marked run.
    marks: BTreeMap<Leaf, ObjectId>,
    /// The element of each box.
    boxes: BTreeMap<usize, ObjectId>,
}

impl Tree<'_> {
    /// One node; `page` is the page of the element above it, where that names one.
    fn node(&mut self, node: &Node, parent: ObjectId, page: Option<usize>) -> Object {
        match node {
            Node::Element { tag, children } => {
                let own = self.objects.reserve();
                // An element names its page for the marked runs right under it; boxes name their own.
                let page =
                    children.iter().find_map(|it| if let Node::Marked(leaf) = it { Some(leaf.page) } else { None });
                let kids = children.iter().map(|it| self.node(it, own, page)).collect();
                let mut element = self.element(tag, parent, page, kids);
                if *tag == "TH" {
                    element.set("A", dictionary! { "O" => "Table", "Scope" => "Column" });
                }
                self.objects.set(own, element);
                own.into()
            }
            Node::Figure { alternative, rect, mark } => {
                let own = self.objects.reserve();
                let kid = self.marked(*mark, own, Some(mark.page));
                let mut element = self.element("Figure", parent, Some(mark.page), vec![kid]);
                element.set("Alt", text_string(alternative));
                let bounds = [rect.left, rect.bottom, rect.right, rect.top].map(real).to_vec();
                element.set("A", dictionary! { "O" => "Layout", "Placement" => "Block", "BBox" => bounds });
                self.objects.set(own, element);
                own.into()
            }
            Node::Marked(leaf) => self.marked(*leaf, parent, page),
            Node::Field(at) => {
                let own = self.objects.reserve();
                let page = self.layout.boxes[*at].page;
                let object = dictionary! { "Type" => "OBJR", "Obj" => self.widgets[*at] };
                // What is said of the box is the field's own `/TU` (ISO 14289-1, 7.18.1).
                self.objects.set(own, self.element("Form", parent, Some(page), vec![object.into()]));
                self.boxes.insert(*at, own);
                own.into()
            }
        }
    }

    /// `/Type` is left out, as the standard allows: there are hundreds of elements in every blank.
    fn element(&self, tag: &str, parent: ObjectId, page: Option<usize>, mut kids: Vec<Object>) -> Dictionary {
        let mut element = dictionary! { "S" => tag, "P" => parent };
        if let Some(page) = page {
            element.set("Pg", self.pages[page]);
        }
        let only = if kids.len() == 1 { kids.pop() } else { None };
        element.set("K", only.unwrap_or(Object::Array(kids)));
        element
    }

    fn marked(&mut self, leaf: Leaf, parent: ObjectId, page: Option<usize>) -> Object {
        self.marks.insert(leaf, parent);
        let number = i64::try_from(leaf.number).expect("a page has few marks");
        if page == Some(leaf.page) {
            return number.into();
        }
        let page = self.pages[leaf.page];
        dictionary! { "Type" => "MCR", "Pg" => page, "MCID" => number }.into()
    }

    /// From keys to elements (ISO 32000-1, 14.7.4.4).
    fn parents(&self) -> Vec<Object> {
        let mut nums: Vec<Object> = Vec::new();
        for page in 0..self.pages.len() {
            let of_page = self.marks.iter().filter(|(leaf, _)| leaf.page == page).map(|(_, it)| (*it).into());
            nums.extend([key_of_page(page).into(), Object::Array(of_page.collect())]);
        }
        for (at, element) in &self.boxes {
            nums.extend([key_of_box(self.layout, *at).into(), (*element).into()]);
        }
        nums
    }
}
