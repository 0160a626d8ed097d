//! What a page is painted with (ISO 32000-1, 7.8.3) against what it was issued with: the same fonts down to their programs, the same
//! colour spaces, the same pictures. Where objects stand, how streams are packed, and what else a page has and does not
//! use, makes no difference.

use std::collections::{BTreeSet, HashSet};

use lopdf::{Dictionary, Object, ObjectId, Stream};

use crate::content_tokens::operations;
use crate::document::Pdf;
use crate::limits::Limits;
use crate::page_content::is_as_issued;
use crate::unpacking::unpacked;

/// Entries of a stream that say how it is packed.
const PACKING: [&[u8]; 5] = [b"Length", b"Filter", b"DecodeParms", b"DL", b"F"];
/// Colour spaces that change what plain colours look like (ISO 32000-1, 8.6.5.6).
const DEFAULT_SPACES: [&[u8]; 3] = [b"DefaultGray", b"DefaultRGB", b"DefaultCMYK"];
/// Where a picture of a page may paint, and how (ISO 32000-1, table 95).
const BOUNDS: [&[u8]; 3] = [b"Subtype", b"BBox", b"Matrix"];

/// Whether everything that the issued page is painted with is still what it was.
pub(crate) fn are_as_issued(
    pdf: &Pdf,
    found: Option<&Dictionary>,
    blank: (&Pdf, &BTreeSet<String>),
    issued: Option<&Dictionary>,
    limits: &Limits,
) -> bool {
    let (specimen, own_pictures) = blank;
    let Some(issued) = issued else { return true };
    let Some(found) = found else { return false };
    let mut comparison = Comparison { pdf, specimen, limits, begun: HashSet::new() };
    let kinds = [&b"Font"[..], b"ExtGState", b"ColorSpace", b"Pattern", b"Shading", b"Properties"];
    let is_same = |kind: &&[u8]| comparison.have_same_entries(pdf.dict(found, kind), specimen.dict(issued, kind));
    kinds.iter().all(is_same)
        && recolours(pdf, found) == recolours(specimen, issued)
        && have_same_pictures(&mut comparison, own_pictures, found, issued)
}

/// Whether two objects, of two files, are the same down to their last part.
pub(crate) fn are_same(pdf: &Pdf, found: &Object, specimen: &Pdf, issued: &Object, limits: &Limits) -> bool {
    Comparison { pdf, specimen, limits, begun: HashSet::new() }.is_same(Some(found), Some(issued), 0)
}

fn recolours(pdf: &Pdf, resources: &Dictionary) -> bool {
    pdf.dict(resources, b"ColorSpace").is_some_and(|it| DEFAULT_SPACES.iter().any(|key| it.has(key)))
}

/// Every blank has its own QR code, so of such a picture only where it may paint is compared; its box cuts off all else. Other pictures,
/// the logo, are the same on all blanks.
fn have_same_pictures(
    comparison: &mut Comparison<'_>,
    own: &BTreeSet<String>,
    found: &Dictionary,
    issued: &Dictionary,
) -> bool {
    let (pdf, specimen) = (comparison.pdf, comparison.specimen);
    let Some(issued) = specimen.dict(issued, b"XObject") else { return true };
    let Some(found) = pdf.dict(found, b"XObject") else { return false };
    issued.iter().all(|(name, value)| {
        let is_own = std::str::from_utf8(name).is_ok_and(|it| own.contains(it));
        match (pdf.entry(found, name), specimen.dict(issued, name)) {
            (Some(Object::Stream(found)), Some(_)) if !is_own => {
                comparison.is_same_picture(found, specimen.resolve(value))
            }
            (Some(Object::Stream(found)), Some(issued)) => {
                let same = |key: &&[u8]| comparison.is_same(found.dict.get(key).ok(), issued.get(key).ok(), 0);
                BOUNDS.iter().all(same) && is_made_of_surfaces(found, comparison.limits)
            }
            _ => false,
        }
    })
}

/// A QR code, and an id in letters, are nothing but plain surfaces: no text, no other picture.
fn is_made_of_surfaces(picture: &Stream, limits: &Limits) -> bool {
    const SURFACES: [&[u8]; 10] = [b"q", b"Q", b"g", b"rg", b"re", b"m", b"l", b"h", b"f", b"cm"];
    let content = unpacked(picture, limits.stream_bytes);
    let operations = content.and_then(|it| operations(&it));
    operations.is_some_and(|it| it.iter().all(|it| SURFACES.contains(&it.operator.as_slice())))
}

/// Two graphs of objects beside each other.
struct Comparison<'a> {
    pdf: &'a Pdf,
    specimen: &'a Pdf,
    limits: &'a Limits,
    /// Pairs that are being compared or were found to be the same.
    begun: HashSet<(ObjectId, ObjectId)>,
}

impl Comparison<'_> {
    /// Whether everything that `issued` names is the same in `found`.
    fn have_same_entries(&mut self, found: Option<&Dictionary>, issued: Option<&Dictionary>) -> bool {
        let Some(issued) = issued else { return true };
        let Some(found) = found else { return issued.is_empty() };
        issued.iter().all(|(name, issued)| self.is_same(found.get(name).ok(), Some(issued), 0))
    }

    fn is_same(&mut self, found: Option<&Object>, issued: Option<&Object>, depth: usize) -> bool {
        let (Some(found), Some(issued)) = (found, issued) else {
            return found.is_none_or(|it| self.pdf.resolve(it).is_null())
                && issued.is_none_or(|it| self.specimen.resolve(it).is_null());
        };
        if let (Object::Reference(found), Object::Reference(issued)) = (found, issued)
            && !self.begun.insert((*found, *issued))
        {
            return true;
        }
        depth <= self.limits.depth && self.is_alike(self.pdf.resolve(found), self.specimen.resolve(issued), depth)
    }

    fn is_alike(&mut self, found: &Object, issued: &Object, depth: usize) -> bool {
        match (found, issued) {
            (Object::Stream(found), Object::Stream(issued)) => {
                self.have_same_keys(&found.dict, &issued.dict, &PACKING, depth) && self.have_same_data(found, issued)
            }
            (Object::Dictionary(found), Object::Dictionary(issued)) => self.have_same_keys(found, issued, &[], depth),
            (Object::Array(found), Object::Array(issued)) => {
                found.len() == issued.len()
                    && found.iter().zip(issued).all(|(a, b)| self.is_same(Some(a), Some(b), depth + 1))
            }
            (Object::String(found, _), Object::String(issued, _)) | (Object::Name(found), Object::Name(issued)) => {
                found == issued
            }
            (Object::Boolean(found), Object::Boolean(issued)) => found == issued,
            (Object::Null, Object::Null) => true,
            _ => match (found.as_float(), issued.as_float()) {
                (Ok(found), Ok(issued)) => (found - issued).abs() <= 0.01,
                _ => false,
            },
        }
    }

    fn have_same_keys(&mut self, found: &Dictionary, issued: &Dictionary, but: &[&[u8]], depth: usize) -> bool {
        let counts = |it: &[u8]| !but.contains(&it);
        let keys = found.iter().chain(issued.iter()).map(|(key, _)| key.as_slice()).filter(|it| counts(it));
        let keys: HashSet<&[u8]> = keys.collect();
        keys.into_iter().all(|key| self.is_same(found.get(key).ok(), issued.get(key).ok(), depth + 1))
    }

    /// Whether a drawing paints the same, however its operators are spelled, or a picture of pixels is the same.
    fn is_same_picture(&mut self, found: &Stream, issued: &Object) -> bool {
        let Object::Stream(expected) = issued else { return false };
        if !expected.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|it| it == b"Form") {
            return self.have_same_keys(&found.dict, &expected.dict, &PACKING, 0)
                && self.have_same_data(found, expected);
        }
        let same = |key: &&[u8]| self.is_same(found.dict.get(key).ok(), expected.dict.get(key).ok(), 0);
        let in_place = BOUNDS.iter().all(same);
        let plain = |it: &Stream| unpacked(it, self.limits.stream_bytes);
        let (Some(shown), Some(expected)) = (plain(found), plain(expected)) else { return false };
        in_place && is_as_issued(&[shown], &expected)
    }

    fn have_same_data(&self, found: &Stream, issued: &Stream) -> bool {
        let packing = |it: &Stream| [b"Filter".as_slice(), b"DecodeParms"].map(|key| it.dict.get(key).ok().cloned());
        if found.content == issued.content && packing(found) == packing(issued) {
            return true;
        }
        let plain = |it: &Stream| unpacked(it, self.limits.stream_bytes);
        match (plain(found), plain(issued)) {
            (Some(found), Some(issued)) => found == issued,
            _ => false,
        }
    }
}
