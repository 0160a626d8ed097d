//! The form around the drawn page: fields, font, structure, catalog.

use std::collections::BTreeMap;

use countersign_core::template::{FilledBy, FormTemplate, ValueRule};
use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use crate::appearance::{real, tick};
use crate::document::{Objects, Shared, compressed};
use crate::drawn::{Drawn, QR};
use crate::face::Faces;
use crate::fields::{self, FONT, FieldFont, Place, default_appearance};
use crate::layout::{Layout, PlacedBox};
use crate::tags;

/// The objects that differ from blank to blank, and the one that all their values are written with.
pub(crate) struct OwnObjects {
    pub(crate) qr: ObjectId,
    pub(crate) information: ObjectId,
    pub(crate) metadata: ObjectId,
    /// The field font.
    pub(crate) font: ObjectId,
    /// The boxes that the program fills: field object, the box, and the field without its value.
    pub(crate) boxes: Vec<(ObjectId, PlacedBox, Dictionary)>,
}

/// Puts the form around the drawn page.
pub(crate) fn assemble(
    template: &FormTemplate,
    layout: &Layout,
    faces: &Faces<'_>,
    drawn: Drawn,
) -> (Shared, OwnObjects) {
    let Drawn { content, mut resources, mut objects } = drawn;
    let [catalog, pages, page, qr, information, metadata] = std::array::from_fn(|_| objects.reserve());
    let font = add_field_font(faces, &mut objects);
    let widgets: Vec<ObjectId> = layout.boxes.iter().map(|_| objects.reserve()).collect();
    let (roots, parents) = add_groups(layout, &widgets, &mut objects);
    let mut own_boxes = Vec::new();
    for (at, placed) in layout.boxes.iter().enumerate() {
        let place = Place { parent: parents[at], page, structure: tags::key_of_box(at) };
        let mut field = fields::empty(placed, &place, template.colors.ink);
        if placed.spec.rule == ValueRule::Check {
            let states = tick(&placed.rect, template.colors.accent).map(|it| objects.add(compressed(it)));
            fields::set_tick(&mut field, states);
        }
        if placed.spec.filled_by == FilledBy::Customer {
            objects.set(widgets[at], field);
        } else {
            own_boxes.push((widgets[at], placed.clone(), field));
        }
    }
    let structure = tags::write(layout, page, &widgets, &mut objects);
    let content = objects.add(compressed(Stream::new(Dictionary::new(), content)));
    resources.set("XObject", dictionary! { QR => qr });
    let paper = vec![0.into(), 0.into(), real(template.page.width), real(template.page.height)];
    objects.set(
        page,
        dictionary! {
            "Type" => "Page",
            "Parent" => pages,
            "MediaBox" => paper.clone(),
            "CropBox" => paper,
            "Resources" => resources,
            "Contents" => content,
            "Annots" => widgets.iter().map(|it| Object::Reference(*it)).collect::<Vec<_>>(),
            "StructParents" => tags::PAGE_KEY,
            "Tabs" => "S",
        },
    );
    objects.set(pages, dictionary! { "Type" => "Pages", "Kids" => vec![Object::Reference(page)], "Count" => 1 });
    let form = objects.add(dictionary! {
        "Fields" => roots,
        "DR" => dictionary! { "Font" => dictionary! { FONT => font } },
        "DA" => default_appearance(template.page.value_size, template.colors.ink),
    });
    objects.set(
        catalog,
        dictionary! {
            "Type" => "Catalog",
            "Pages" => pages,
            "AcroForm" => form,
            "Metadata" => metadata,
            "Lang" => Object::string_literal(template.language.as_str()),
            "MarkInfo" => dictionary! { "Marked" => true },
            "StructTreeRoot" => structure,
            "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
        },
    );
    let own = OwnObjects { qr, information, metadata, font, boxes: own_boxes };
    (Shared::write(objects, catalog), own)
}

fn add_field_font(faces: &Faces<'_>, objects: &mut Objects) -> ObjectId {
    let mut font = FieldFont::of(&faces.regular);
    let program = std::mem::replace(&mut font.program, Stream::new(Dictionary::new(), Vec::new()));
    let program = objects.add(compressed(program));
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
