//! Forms that are read from what their pages show: flattened or printed to a PDF, typed over with annotations, or with text added to
//! the page. What is printed on every blank is found again and taken away; what is left is matched to the boxes.

mod boxes;
mod free_text;
mod placement;
mod values;
pub(crate) mod witness;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use countersign_core::field_text::FieldText;

use crate::blanks::{KnownBlank, KnownBlanks};
use crate::limits::Limits;
use crate::shown::{Part, ShownPage, shown};

use boxes::Written;
pub(crate) use values::{may_have_additions, read_additions, read_pages};

/// A form that was found on the pages of a file.
pub(crate) struct FoundForm<'l> {
    pub(crate) blank: &'l KnownBlank,
    pub(crate) written: Written,
}

/// What stands on the pages of a file without fields.
pub(crate) enum Pages<'l> {
    /// One form of ours.
    Form(Box<FoundForm<'l>>),
    /// Forms of one page each, one on every page.
    Several,
    /// Another version of a form, or several forms and something else: a person must say what counts.
    Unclear,
    /// A picture of a page.
    Picture,
    /// Nothing of ours.
    Other,
}

/// Part of a page that a scan covers.
const SCAN: f64 = 0.5;

/// Looks for a form of ours on the pages of a file; `None` when they cannot be opened.
pub(crate) fn find_form<'l>(bytes: &Arc<Vec<u8>>, blanks: &'l KnownBlanks, limits: &Limits) -> Option<Pages<'l>> {
    let letterforms = blanks.letterforms();
    let pages = shown(bytes, limits.pages, Part::Whole, &[], letterforms)?;
    let mut standing = BTreeSet::new();
    let mut found = Vec::new();
    for blank in blanks.iter() {
        for (at, page) in pages.iter().enumerate() {
            let Some(written) = written_on(page, blank) else { continue };
            let names_it = written.names(&blank.look.template);
            let form = FoundForm { blank, written };
            // A page alone is the form that it names, whatever else it resembles.
            if names_it == Some(true) && pages.len() == 1 {
                return Some(Pages::Form(Box::new(form)));
            }
            standing.insert(at);
            found.push((names_it, form));
        }
    }
    if standing.len() > 1 {
        return Some(if standing.len() == pages.len() { Pages::Several } else { Pages::Unclear });
    }
    if let Some(at) = found.iter().position(|(names_it, _)| *names_it == Some(true)) {
        return Some(Pages::Form(Box::new(found.swap_remove(at).1)));
    }
    match <[_; 1]>::try_from(found) {
        // Its name cannot be read, but no other form that is known has this page.
        Ok([(None, only)]) => return Some(Pages::Form(Box::new(only))),
        Err(none) if none.is_empty() => {}
        Ok(_) | Err(_) => return Some(Pages::Unclear),
    }
    let is_scan = pages.iter().any(|it| it.image >= SCAN);
    Some(if is_scan { Pages::Picture } else { Pages::Other })
}

/// What is written on a page over a blank of one page; `None` when this is not its page.
fn written_on(page: &ShownPage, blank: &KnownBlank) -> Option<Written> {
    let [printed] = blank.printed() else { return None };
    let placement = placement::find(printed, page)?;
    Some(boxes::read(page, printed, &placement, &blank.look))
}

/// What was added to the page of a form that still has its fields: to its content, or as annotations on it.
pub(crate) fn added(bytes: &Arc<Vec<u8>>, blank: &KnownBlank, part: Part) -> Option<Written> {
    let pages = shown(bytes, blank.look.pages.len(), part, blank.grounds(), blank.letterforms())?;
    let (page, printed) = (pages.first()?, blank.printed().first()?);
    match part {
        Part::Annotations => {
            let nothing = ShownPage::default();
            Some(boxes::read(page, &nothing, &placement::Placement::AS_ISSUED, &blank.look))
        }
        Part::Content | Part::Whole => {
            let placement = placement::find(printed, page)?;
            Some(boxes::read(page, printed, &placement, &blank.look))
        }
    }
}

/// Values by field.
pub(crate) type WrittenValues = BTreeMap<String, FieldText>;
