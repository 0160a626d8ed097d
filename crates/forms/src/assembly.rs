//! The form around the drawn page: fields, font, structure, catalog.

use std::collections::BTreeMap;

use countersign_core::template::{FilledBy, FormTemplate, Rect, ValueRule, point_name};
use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use crate::appearance::{real, tick};
use crate::document::{Objects, Shared, compressed};
use crate::drawn::{Drawn, DrawnPage, LOGO, NUMBER, QR};
use crate::face::Faces;
use crate::fields::{self, FONT, FieldFont, Place, default_appearance};
use crate::layout::{Layout, PlacedBox, Shape};
use crate::logo::Logo;
use crate::shared_font::{name_subset, share, shorten};
use crate::tags;

/// The objects that differ from blank to blank, and the one that all their values are written with.
pub(crate) struct OwnObjects {
    pub(crate) qr: ObjectId,
    /// The instance id in letters, where the form has pages that need it.
    pub(crate) number: Option<ObjectId>,
    pub(crate) information: ObjectId,
    pub(crate) metadata: ObjectId,
    /// The field font.
    pub(crate) font: ObjectId,
    /// The pages without what is a blank's own, for a file of many blanks.
    pub(crate) pages: Vec<PageParts>,
    /// The names of the lines for what has to be mended, on a correction form.
    pub(crate) points: Vec<String>,
    /// The boxes that are written with each blank: field object, the box, and the field without its value.
    pub(crate) boxes: Vec<(ObjectId, PlacedBox, Dictionary)>,
}

/// A page of every blank.
pub(crate) struct PageParts {
    pub(crate) content: ObjectId,
    /// What it is painted with; the instance id's pictures are objects of each blank.
    pub(crate) resources: Dictionary,
    pub(crate) paper: Vec<Object>,
}

/// Which boxes are written with each blank.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OwnBoxes {
    /// Those that the program fills.
    Program,
    /// All of them: for a preview, and for a correction form, where what the customer wrote before may stand in any box.
    All,
}

impl OwnBoxes {
    fn has(self, placed: &PlacedBox) -> bool {
        self == Self::All || placed.spec.filled_by != FilledBy::Customer
    }
}

/// Puts the form around the drawn pages.
pub(crate) fn assemble(
    template: &FormTemplate,
    layout: &Layout,
    faces: &Faces<'_>,
    (drawn, logo): (Drawn, Option<Logo>),
    own: OwnBoxes,
) -> (Shared, OwnObjects) {
    let Drawn { pages: drawn, mut objects } = drawn;
    let [catalog, tree, qr, information, metadata] = std::array::from_fn(|_| objects.reserve());
    let number = layout.pages.iter().any(|it| it.number.is_some()).then(|| objects.reserve());
    let pages: Vec<ObjectId> = drawn.iter().map(|_| objects.reserve()).collect();
    let font = add_field_font(layout, faces, &drawn, &mut objects);
    let widgets: Vec<ObjectId> = layout.boxes.iter().map(|_| objects.reserve()).collect();
    let (roots, parents) = add_groups(layout, &widgets, &mut objects);
    let mut own_boxes = Vec::new();
    let mut ticks = Ticks::default();
    for (at, placed) in layout.boxes.iter().enumerate() {
        let place = Place { parent: parents[at], page: pages[placed.page], structure: tags::key_of_box(layout, at) };
        let mut field = fields::empty(placed, &place, template.colors.ink);
        if placed.spec.rule == ValueRule::Check {
            fields::set_tick(&mut field, ticks.of(&placed.rect, template, &mut objects));
        }
        if own.has(placed) {
            own_boxes.push((widgets[at], placed.clone(), field));
        } else {
            objects.set(widgets[at], field);
        }
    }
    let structure = tags::write(layout, &pages, &widgets, &mut objects);
    let logo = logo.map(|it| objects.add(compressed(it.object)));
    let mut parts = Vec::new();
    for (at, page) in drawn.into_iter().enumerate() {
        let pictures = [(QR, Some(qr)), (NUMBER, number), (LOGO, logo.filter(|_| at == 0))];
        let pictures = pictures.into_iter().filter_map(|(name, id)| Some((name, Object::Reference(id?))));
        let pictures = pictures.filter(|(name, _)| *name != NUMBER || layout.pages[at].number.is_some());
        let content = objects.add(compressed(Stream::new(Dictionary::new(), page.content)));
        let mut resources = page.resources;
        resources.set("XObject", Dictionary::from_iter(pictures));
        let on_page = widgets.iter().zip(&layout.boxes).filter(|(_, placed)| placed.page == at);
        let paper = vec![0.into(), 0.into(), real(template.page.width), real(template.page.height)];
        parts.push(PageParts { content, resources: resources.clone(), paper: paper.clone() });
        objects.set(
            pages[at],
            dictionary! {
                "Type" => "Page",
                "Parent" => tree,
                "MediaBox" => paper.clone(),
                "CropBox" => paper,
                "Resources" => resources,
                "Contents" => content,
                "Annots" => on_page.map(|(id, _)| Object::Reference(*id)).collect::<Vec<_>>(),
                "StructParents" => tags::key_of_page(at),
                "Tabs" => "S",
            },
        );
    }
    let count = i64::try_from(pages.len()).expect("a form has few pages");
    let kids: Vec<Object> = pages.into_iter().map(Object::Reference).collect();
    objects.set(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    let form = objects.add(dictionary! {
        "Fields" => roots,
        "DR" => dictionary! { "Font" => dictionary! { FONT => font } },
        "DA" => default_appearance(template.page.value_size, template.colors.ink),
    });
    objects.set(
        catalog,
        dictionary! {
            "Type" => "Catalog",
            "Pages" => tree,
            "AcroForm" => form,
            "Metadata" => metadata,
            "Lang" => Object::string_literal(template.language.as_str()),
            "MarkInfo" => dictionary! { "Marked" => true },
            "StructTreeRoot" => structure,
            "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
        },
    );
    let points = (1..).map(point_name).take_while(|it| layout.boxes.iter().any(|placed| placed.name == *it)).collect();
    let own = OwnObjects { points, qr, number, information, metadata, font, pages: parts, boxes: own_boxes };
    (Shared::write(objects, catalog), own)
}

/// The appearances of boxes to tick: boxes of one size share theirs.
#[derive(Default)]
struct Ticks(Vec<([f32; 2], [ObjectId; 2])>);

impl Ticks {
    fn of(&mut self, rect: &Rect, template: &FormTemplate, objects: &mut Objects) -> [ObjectId; 2] {
        let size = [rect.right - rect.left, rect.top - rect.bottom];
        let is_near = |it: &[f32; 2]| it.iter().zip(size).all(|(one, other)| (one - other).abs() < 0.001);
        if let Some((_, states)) = self.0.iter().find(|(it, _)| is_near(it)) {
            return *states;
        }
        let states = tick(size, template.colors.accent, None).map(|it| objects.add(compressed(it)));
        self.0.push((size, states));
        states
    }
}

/// Adds the field font, and has the regular font of the pages share its program.
fn add_field_font(layout: &Layout, faces: &Faces<'_>, drawn: &[DrawnPage], objects: &mut Objects) -> ObjectId {
    let printed = layout.pages.iter().flat_map(|it| &it.runs).flat_map(|it| &it.shapes);
    let texts = printed.filter_map(|it| if let Shape::Text(line) = it { Some(line.text.as_str()) } else { None });
    let mut font = FieldFont::of(&faces.regular, texts.flat_map(str::chars));
    let program = std::mem::replace(&mut font.program, Stream::new(Dictionary::new(), Vec::new()));
    let program = objects.add(compressed(program));
    let fonts_of = |page: &DrawnPage| match page.resources.get(b"Font") {
        Ok(Object::Reference(id)) => objects.dictionary(*id).cloned(),
        Ok(Object::Dictionary(fonts)) => Some(fonts.clone()),
        _ => None,
    };
    let of_pages = drawn.iter().filter_map(fonts_of).flatten();
    let of_pages: BTreeMap<Vec<u8>, ObjectId> =
        of_pages.filter_map(|(name, font)| Some((name, font.as_reference().ok()?))).collect();
    for ((name, id), last) in of_pages.into_iter().zip('A'..='Z') {
        if name == b"Regular" {
            share(objects, id, program, &font.glyphs);
        } else {
            shorten(objects, id);
        }
        name_subset(objects, id, &format!("CSPAG{last}"));
    }
    let descriptor = objects.add(font.descriptor(program));
    let to_unicode = objects.add(compressed(FieldFont::to_unicode()));
    objects.add(font.font(descriptor, to_unicode))
}

/// Writes the nodes of the field tree above the boxes. Answers the roots, and the node above each box.
fn add_groups(layout: &Layout, widgets: &[ObjectId], objects: &mut Objects) -> (Vec<Object>, Vec<Option<ObjectId>>) {
    let mut groups: BTreeMap<&str, (ObjectId, Vec<Object>)> = BTreeMap::new();
    let mut roots = Vec::new();
    let mut parents = Vec::new();
    for (placed, widget) in layout.boxes.iter().zip(widgets) {
        let mut child = *widget;
        let mut name = placed.name.as_str();
        let mut is_new = true;
        let above = |name: &'_ str| name.rfind('.');
        parents.push(None);
        while is_new {
            let Some(end) = above(name) else {
                roots.push(child.into());
                break;
            };
            name = &name[..end];
            is_new = !groups.contains_key(name);
            let (group, kids) = groups.entry(name).or_insert_with(|| (objects.reserve(), Vec::new()));
            kids.push(child.into());
            let parent = parents.last_mut().expect("pushed above");
            parent.get_or_insert(*group);
            child = *group;
        }
    }
    for (name, (group, kids)) in &groups {
        let last = name.rsplit('.').next().expect("a name has a last part");
        let mut node = dictionary! { "T" => Object::string_literal(last), "Kids" => kids.clone() };
        if let Some((above, _)) = name.rfind('.').and_then(|end| groups.get(&name[..end])) {
            node.set("Parent", *above);
        }
        objects.set(*group, node);
    }
    (roots, parents)
}
