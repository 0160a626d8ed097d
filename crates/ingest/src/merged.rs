//! Several forms whose pages were put together into one PDF. Every program that merges gives the fields other names, or leaves them out
//! of the form's list, so a form is known by where its boxes stand: pages one behind another that carry every box of a blank. What
//! is taken for a form is written out as a file of its own and then compared with its blank like any other. A file of which one page
//! is left over is not taken apart: what a person must look at stays in one piece.

use std::collections::{BTreeSet, HashMap};

use countersign_core::reason::ReasonCode;
use lopdf::{Dictionary, Object};

use crate::blanks::{KnownBlank, KnownBlanks};
use crate::bundle::{Bundle, BundleKind, Enclosed};
use crate::conform::{is_near, rectangle, starts_something};
use crate::document::Pdf;
use crate::excerpt::{Boxes, excerpt};
use crate::fields::{Field, Fields, disputed_parents, fields};
use crate::foreign::foreign_content;
use crate::limits::Limits;
use crate::page_tree::tree_oddities;
use crate::pages::{annotations, pages};
use crate::portfolio::is_portfolio;
use crate::read::TEMPLATE_FIELD;
use crate::reading::Finding;
use crate::text_string;

/// The forms in a file of several that still have their fields; `None` where it is no such file.
pub(crate) fn merged_forms(pdf: &Pdf, blanks: &KnownBlanks, limits: &Limits) -> Option<Bundle> {
    let pages = pages(pdf, limits).ok().filter(|it| it.len() > 1)?;
    // The limit is for one form.
    let all = Limits { fields: limits.fields.saturating_mul(pages.len()), ..limits.clone() };
    let fields = fields(pdf, &pages, &all).ok()?;
    let forms = forms_of(pdf, (&pages, &fields), blanks, limits).filter(|it| it.len() > 1)?;
    let cut = |it: &Form<'_>| (it.first, excerpt(pdf, &pages[it.first..it.first + it.pages], &it.boxes));
    let findings: Vec<Finding> = name_trouble(pdf, &fields).into_iter().collect();
    is_plain(pdf, &pages).then(|| bundle(forms.iter().map(cut), &findings, limits))?
}

/// A form all of whose fields have lost what stands above them and so their names, as a file with their names; `None` where the file
/// is no such form. Programs that copy pages leave the list of fields behind.
pub(crate) fn form_without_names(pdf: &Pdf, blanks: &KnownBlanks, limits: &Limits) -> Option<Vec<u8>> {
    let pages = pages(pdf, limits).ok()?;
    let fields = fields(pdf, &pages, limits).ok()?;
    let [form] = <[Form<'_>; 1]>::try_from(forms_of(pdf, (&pages, &fields), blanks, limits)?).ok()?;
    excerpt(pdf, &pages, &form.boxes)
}

/// The forms in a file, when every page and every field belongs to one and all readers find the same pages.
fn forms_of<'a>(
    pdf: &'a Pdf,
    (pages, fields): (&[&'a Dictionary], &Fields<'a>),
    blanks: &KnownBlanks,
    limits: &Limits,
) -> Option<Vec<Form<'a>>> {
    let forms = Sheets { pdf, pages, owners: owners(fields) }.forms(blanks)?;
    let claimed: usize = forms.iter().map(|it| it.boxes.len()).sum();
    let is_whole = claimed == fields.values().map(Vec::len).sum::<usize>();
    (is_whole && tree_oddities(pdf, pages, limits).is_empty()).then_some(forms)
}

/// Whether nothing is left behind with the file that is told of a file that is read whole.
fn is_plain(pdf: &Pdf, pages: &[&Dictionary]) -> bool {
    !is_portfolio(pdf) && !starts_something(pdf, pages) && foreign_content(pdf).is_empty()
}

/// The forms in a file of several that were printed to a PDF, one on each page; `None` where one cannot be taken out.
pub(crate) fn printed_forms(pdf: &Pdf, limits: &Limits) -> Option<Bundle> {
    let pages = pages(pdf, limits).ok()?;
    let cut = |(at, page): (usize, &&Dictionary)| (at, excerpt(pdf, &[page], &Boxes::new()));
    let is_plain = is_plain(pdf, &pages) && tree_oddities(pdf, &pages, limits).is_empty();
    is_plain.then(|| bundle(pages.iter().enumerate().map(cut), &[], limits))?
}

/// The files as a bundle; `None` when one of them cannot be written or they are too large together.
fn bundle(
    files: impl Iterator<Item = (usize, Option<Vec<u8>>)>,
    findings: &[Finding],
    limits: &Limits,
) -> Option<Bundle> {
    let mut left = limits.inflated_bytes;
    let mut enclosed = Vec::new();
    for (page, bytes) in files {
        let bytes = bytes?;
        left = left.checked_sub(bytes.len())?;
        enclosed.push(Enclosed { name: format!("page-{}.pdf", page + 1), bytes, findings: findings.to_vec() });
    }
    Some(Bundle { kind: BundleKind::Merged, files: enclosed })
}

/// What makes the values of fields the reader's own choice. Viewers may take fields of one name for one field, with one value (ISO
/// 32000-1, 12.7.3.2), and show one form's in the other.
fn name_trouble(pdf: &Pdf, fields: &Fields<'_>) -> Option<Finding> {
    let told = |detail| Some(Finding::of_file(ReasonCode::FieldConflict, detail));
    if fields.values().any(|them| has_other_value(pdf, them)) {
        told("the form was in a file with other forms, in which fields of one name have several values")
    } else if !disputed_parents(pdf, fields).is_empty() {
        told("the form was in a file with other forms, and its fields do not stand below those that they name")
    } else {
        None
    }
}

fn has_other_value(pdf: &Pdf, same_name: &[Field<'_>]) -> bool {
    let mut values = same_name.iter().map(|it| it.inherited_or_of_widget(pdf, b"V"));
    let first = values.next();
    values.any(|it| Some(it) != first)
}

/// A box, and whose it is.
type Owners<'a, 'f> = HashMap<*const Dictionary, (&'f str, &'f Field<'a>)>;

fn owners<'a, 'f>(fields: &'f Fields<'a>) -> Owners<'a, 'f> {
    let all = fields.iter().flat_map(|(name, them)| them.iter().map(move |it| (name.as_str(), it)));
    let alone = all.filter(|(_, field)| field.widgets.len() == 1);
    alone.map(|(name, field)| (std::ptr::from_ref(field.widgets[0].dict), (name, field))).collect()
}

/// What a program that merges makes of the name of a field.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Naming<'f> {
    Kept,
    /// Something stands above it: `1.account.number`.
    Below(&'f str),
    /// Something was added to its first part: `account+1.number`.
    Beside(&'f str),
    /// What stands above it is lost: `number`.
    Cut,
}

impl<'f> Naming<'f> {
    fn of(found: &'f str, name: &str) -> Option<Self> {
        if found == name {
            return Some(Self::Kept);
        }
        if let Some(above) = found.strip_suffix(name).and_then(|it| it.strip_suffix('.')) {
            return Some(Self::Below(above));
        }
        let (first, rest) = name.split_once('.')?;
        let beside = found.strip_prefix(first).and_then(|it| it.strip_suffix(rest)).and_then(|it| it.strip_suffix('.'));
        let is_cut = rest.rsplit('.').next() == Some(found);
        beside.filter(|it| !it.contains('.')).map(Self::Beside).or(is_cut.then_some(Self::Cut))
    }
}

/// Pages in a file, and the boxes on them.
struct Sheets<'a, 'f> {
    pdf: &'a Pdf,
    pages: &'f [&'a Dictionary],
    owners: Owners<'a, 'f>,
}

/// Pages that carry a form.
struct Form<'a> {
    first: usize,
    pages: usize,
    boxes: Boxes<'a>,
}

impl<'a, 'f> Sheets<'a, 'f> {
    /// The forms, when all pages belong to one.
    fn forms(&self, blanks: &KnownBlanks) -> Option<Vec<Form<'a>>> {
        let mut forms = Vec::new();
        let mut at = 0;
        while at < self.pages.len() {
            let form = blanks.iter().find_map(|it| self.form_at(at, it))?;
            at += form.pages;
            forms.push(form);
        }
        Some(forms)
    }

    /// The form on a blank that begins on this page: every box of it is there, and it says which blank it is.
    fn form_at(&self, first: usize, blank: &KnownBlank) -> Option<Form<'a>> {
        let look = &blank.look;
        let pages = self.pages.get(first..first + look.pages.len()).filter(|it| !it.is_empty())?;
        let mut boxes = Boxes::new();
        let mut names = BTreeSet::new();
        for (name, look) in &look.fields {
            let page = pages.get(usize::from(look.page))?;
            let is_here = |it: &&Dictionary| rectangle(self.pdf, it, b"Rect").is_some_and(|it| is_near(it, &look.rect));
            let mut here = annotations(self.pdf, page).filter(is_here).filter_map(|it| self.owned(it, name));
            let (Some((widget, naming, field)), None) = (here.next(), here.next()) else { return None };
            if name == TEMPLATE_FIELD && self.text(field)? != blank.look.template.to_string() {
                return None;
            }
            names.insert(naming);
            boxes.insert(widget, (name.clone(), field.clone()));
        }
        // A program renames all fields of a form in one way, but may rename only those whose names are taken.
        names.remove(&Naming::Kept);
        if names.len() > 1 {
            return None;
        }
        Some(Form { first, pages: pages.len(), boxes })
    }

    /// A box with what became of the name of its field; `None` where it belongs to another field than the one of this name.
    fn owned(&self, widget: &Dictionary, name: &str) -> Option<(*const Dictionary, Naming<'f>, &'f Field<'a>)> {
        let widget = std::ptr::from_ref(widget);
        let (found, field) = self.owners.get(&widget)?;
        Some((widget, Naming::of(found, name)?, field))
    }

    fn text(&self, field: &Field<'_>) -> Option<String> {
        match field.inherited(self.pdf, b"V")? {
            Object::String(bytes, _) => Some(text_string::decode(bytes).text.trim().to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_make_of_a_name_is_known() {
        let check = |found: &str, expected| assert_eq!(Naming::of(found, "add.1.pin"), expected, "{found}");
        check("add.1.pin", Some(Naming::Kept));
        check("2.add.1.pin", Some(Naming::Below("2")));
        check("form1.sub.add.1.pin", Some(Naming::Below("form1.sub")));
        check("add+1.1.pin", Some(Naming::Beside("+1")));
        check("add [136].1.pin", Some(Naming::Beside(" [136]")));
        check("pin", Some(Naming::Cut));
        check("add.2.pin", None);
        check("add.7.1.pin", None);
        check("remove.1.pin", None);
        check("1.pin", None);
        check("security_pin", None);
    }
}
