//! What an untouched blank looks like, for the reader to hold a returned form against.

use countersign_core::template::{BlankLook, FieldLook, FilledBy, FormTemplate, PageLook};

use crate::drawn::{DrawnPage, NUMBER, QR};
use crate::fields::flags;
use crate::layout::{Layout, PlacedBox, PlacedPage};

/// The look of every blank of a template whose pages have these contents; its specimen is still to come.
pub(crate) fn look(template: &FormTemplate, layout: &Layout, drawn: &[DrawnPage]) -> BlankLook {
    let page = |(placed, drawn): (&PlacedPage, &DrawnPage)| PageLook {
        width: template.page.width,
        height: template.page.height,
        content: drawn.content.clone(),
        signature: placed.signature,
    };
    let pages = layout.pages.iter().zip(drawn).map(page).collect();
    let fields = layout.boxes.iter().map(|it| (it.name.clone(), field_look(it))).collect();
    let own_pictures = [QR, NUMBER].map(str::to_owned).into();
    BlankLook { template: template.id.clone(), pages, own_pictures, fields, specimen: Vec::new() }
}

fn field_look(placed: &PlacedBox) -> FieldLook {
    FieldLook {
        rule: placed.spec.rule,
        page: u16::try_from(placed.page).expect("a form has few pages"),
        rect: placed.rect,
        flags: flags(placed),
        max_length: placed.spec.max_length,
        prefilled: placed.spec.filled_by == FilledBy::Prefill,
    }
}
