//! What an untouched blank of a template version looks like, for the reader to hold a returned form against.
//! `countersign-forms` derives it, `countersign-ingest` compares with it; neither knows the other.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{TemplateId, ValueRule};

/// An untouched blank, as far as a returned form must still equal it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlankLook {
    /// Which blank.
    pub template: TemplateId,
    /// The pages in order.
    pub pages: Vec<PageLook>,
    /// The names of the pictures on its pages that differ from blank to blank: plain black surfaces, each in its place.
    pub own_pictures: BTreeSet<String>,
    /// Every field by full name: the `form.*` ones too.
    pub fields: BTreeMap<String, FieldLook>,
    /// The file of a generic blank that was never sent: its fonts, and what its page shows and where, are those of every blank.
    pub specimen: Vec<u8>,
}

/// One page of an untouched blank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageLook {
    /// Width in points.
    pub width: f32,
    /// Height in points.
    pub height: f32,
    /// The page's content stream after inflation. What differs from blank to blank (values, the QR code) is drawn elsewhere, so
    /// that every blank has the same.
    pub content: Vec<u8>,
    /// Where a signature by hand, a stamp or a drawing may stand.
    pub signature: Option<Rect>,
}

/// One field of an untouched blank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldLook {
    /// What the value must be.
    pub rule: ValueRule,
    /// Page, counted from 0.
    pub page: u16,
    /// Where the box stands.
    pub rect: Rect,
    /// `/Ff` of the field on a generic blank (ISO 32000-1, 12.7.3.1); a bound blank adds read-only on prefilled ones.
    pub flags: u32,
    /// `/MaxLen`, where there is one.
    pub max_length: Option<u16>,
    /// Whether a bound blank prefills it, read-only.
    pub prefilled: bool,
}

/// A rectangle on a page in points, origin at the bottom left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub left: f32,
    /// Bottom edge.
    pub bottom: f32,
    /// Right edge.
    pub right: f32,
    /// Top edge.
    pub top: f32,
}
