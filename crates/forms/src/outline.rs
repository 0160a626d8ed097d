//! What an untouched blank looks like, for the reader to hold a returned form against.

use countersign_core::template::{BlankLook, FieldLook, FilledBy, FormTemplate, PageLook};

use crate::fields::flags;
use crate::layout::{Layout, PlacedBox};

/// The look of every blank of a template whose page has this content; its specimen is still to come.
pub(crate) fn look(template: &FormTemplate, layout: &Layout, content: &[u8]) -> BlankLook {
    let page = PageLook {
        width: template.page.width,
        height: template.page.height,
        content: content.to_vec(),
        signature: layout.signature,
    };
    let fields = layout.boxes.iter().map(|it| (it.name.clone(), field_look(it))).collect();
    BlankLook { template: template.id.clone(), pages: vec![page], fields, specimen: Vec::new() }
}

fn field_look(placed: &PlacedBox) -> FieldLook {
    FieldLook {
        rule: placed.spec.rule,
        page: 0,
        rect: placed.rect,
        flags: flags(placed),
        max_length: placed.spec.max_length,
        prefilled: placed.spec.filled_by == FilledBy::Prefill,
    }
}
