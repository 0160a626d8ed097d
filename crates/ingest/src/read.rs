//! Bytes in, reading out: the door of the reader. Deterministic, and nothing but its arguments goes in. It trusts nothing, but
//! lopdf below it can still be driven out of memory or time, so what comes from outside is read in a process of its own.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use countersign_core::reason::ReasonCode;

use crate::appearance::appearance_findings;
use crate::blanks::{KnownBlank, KnownBlanks};
use crate::bundle::{Bundle, BundleKind};
use crate::conform::conformance;
use crate::document::Pdf;
use crate::fields::{Fields, Kind, disputed_parents, fields};
use crate::foreign::foreign_content;
use crate::limits::Limits;
use crate::merged::{form_without_names, merged_forms};
use crate::page_text::{may_have_additions, read_additions, read_pages};
use crate::pages::pages;
use crate::portfolio::{enclosed, is_portfolio};
use crate::reading::{FieldReading, Finding, ReadState, Reading, ReadingMethod};
use crate::value::read_field;

/// The field that names the template of a form of ours: `authorized-user/1`.
pub(crate) const TEMPLATE_FIELD: &str = "form.template";

/// Reads a returned form. `blanks` are those of our own to recognise it by; with none, any form is read all the same and
/// compared with nothing.
pub fn read(bytes: &[u8], blanks: &KnownBlanks, limits: &Limits) -> Reading {
    let mut pdf = match Pdf::load(bytes, limits) {
        Ok(pdf) => pdf,
        Err(findings) => return Reading::unreadable(findings),
    };
    let mut findings = std::mem::take(&mut pdf.findings);
    if findings.is_empty()
        && let Some(forms) = merged_forms(&pdf, blanks, limits)
    {
        return Reading::of_bundle(forms);
    }
    let file = File { bytes, shared: OnceCell::new(), pdf: &pdf, limits };
    match read_form(&file, blanks, &mut findings) {
        Ok(form) if form.values.is_empty() && lost_its_form(bytes, &findings) => {
            let lost = "no field is left of a form that was damaged or cut short";
            findings.insert(0, Finding::of_file(ReasonCode::PdfCorrupt, lost));
            Reading::unreadable(findings)
        }
        Ok(form) if form.values.is_empty() => match files_in(&pdf, &findings, limits) {
            Some(bundle) => Reading::of_bundle(bundle),
            None => read_pages(&file, blanks, findings),
        },
        // Some programs that copy pages leave the names of the fields behind.
        Ok(form) if form.blank.is_none() && form.stands_on_pages => {
            read_without_names(&pdf, blanks, limits, &findings).unwrap_or_else(|| form.into_reading(findings))
        }
        // Some programs print the values on the page and leave fields behind that stand nowhere.
        Ok(form) if form.blank.is_none() && !form.stands_on_pages => {
            let of_pages = read_pages(&file, blanks, findings.clone());
            if of_pages.template.is_some() { of_pages } else { form.into_reading(findings) }
        }
        Ok(form) => form.into_reading(findings),
        Err(refusal) => {
            findings.insert(0, refusal);
            Reading::unreadable(findings)
        }
    }
}

/// The reading of a form of ours by where its boxes stand, for their names are lost. A person must look at it.
fn read_without_names(pdf: &Pdf, blanks: &KnownBlanks, limits: &Limits, odd: &[Finding]) -> Option<Reading> {
    let named = form_without_names(pdf, blanks, limits)?;
    let mut reading = Some(read(&named, blanks, limits)).filter(|it| it.template.is_some())?;
    let lost = "the fields have lost their names: they were told apart by where they stand";
    let of_file = odd.iter().filter(|it| it.field.is_none()).cloned();
    let told = std::iter::once(Finding::of_file(ReasonCode::FormFieldsAltered, lost)).chain(of_file);
    reading.findings.splice(0..0, told);
    Some(reading)
}

/// The files in a portfolio that can be read in one way only; `None` where the file is none, or not all can be taken out.
fn files_in(pdf: &Pdf, findings: &[Finding], limits: &Limits) -> Option<Bundle> {
    let is_plain = findings.iter().all(|it| it.code == ReasonCode::PdfActiveContent);
    let files = (is_plain && is_portfolio(pdf)).then(|| enclosed(pdf, limits))??;
    Some(Bundle { kind: BundleKind::Portfolio, files }).filter(|it| !it.files.is_empty())
}

/// A file that was loaded.
pub(crate) struct File<'a> {
    bytes: &'a [u8],
    shared: OnceCell<Arc<Vec<u8>>>,
    pub(crate) pdf: &'a Pdf,
    pub(crate) limits: &'a Limits,
}

impl File<'_> {
    /// The bytes for the second reader, which few files need.
    pub(crate) fn shared(&self) -> &Arc<Vec<u8>> {
        self.shared.get_or_init(|| Arc::new(self.bytes.to_vec()))
    }
}

/// What the fields of a file say, and whose form it is.
struct Form<'l> {
    method: Option<ReadingMethod>,
    values: BTreeMap<String, FieldReading>,
    /// Whether any of the fields can be seen.
    stands_on_pages: bool,
    blank: Option<&'l KnownBlank>,
}

impl Form<'_> {
    fn into_reading(self, findings: Vec<Finding>) -> Reading {
        Reading {
            state: ReadState::Read,
            method: self.method,
            template: self.blank.map(|it| it.look.template.clone()),
            fields: self.values,
            findings,
            bundle: None,
        }
    }
}

fn read_form<'l>(file: &File<'_>, blanks: &'l KnownBlanks, findings: &mut Vec<Finding>) -> Result<Form<'l>, Finding> {
    let File { pdf, limits, .. } = *file;
    let pages = pages(pdf, limits)?;
    let fields = fields(pdf, &pages, limits)?;
    findings.extend(foreign_content(pdf));
    let mut values = values(pdf, &fields, limits, findings);
    let blank = recognise(&values, blanks);
    if let Some(blank) = blank {
        findings.extend(disputed_parents(pdf, &fields));
        findings.extend(conformance(pdf, &pages, &fields, blank, limits));
        findings.extend(appearance_findings(file, &fields, blank, &mut values));
    }
    let method = (!values.is_empty()).then_some(ReadingMethod::Acroform);
    let stands_on_pages = fields.values().flatten().flat_map(|it| &it.widgets).any(|it| it.page.is_some());
    let mut form = Form { method, values, stands_on_pages, blank };
    if let Some(blank) = blank.filter(|_| may_have_additions(findings)) {
        let additions = read_additions(file, &pages, blank, &form.values);
        form.method = form.method.max(additions.method);
        form.values.extend(additions.values);
        findings.extend(additions.findings);
    }
    Ok(form)
}

fn values(
    pdf: &Pdf,
    fields: &Fields<'_>,
    limits: &Limits,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, FieldReading> {
    let holds_value = |them: &[_]| them.iter().any(|it: &crate::fields::Field<'_>| it.kind(pdf) != Kind::PushButton);
    let mut values = BTreeMap::new();
    for (name, them) in fields.iter().filter(|(_, them)| holds_value(them)) {
        values.insert(name.clone(), read_field(pdf, name, them, limits, findings));
    }
    values
}

/// The blank that the form says it is.
fn recognise<'l>(values: &BTreeMap<String, FieldReading>, blanks: &'l KnownBlanks) -> Option<&'l KnownBlank> {
    let named = values.get(TEMPLATE_FIELD)?.value.as_str().trim();
    blanks.iter().find(|it| it.look.template.to_string() == named)
}

/// A file that was cut or repaired and has no fields is not a file without a form, if its bytes speak of one.
fn lost_its_form(bytes: &[u8], findings: &[Finding]) -> bool {
    let damaged = findings.iter().any(|it| it.code == ReasonCode::PdfAmbiguous);
    damaged && [b"/AcroForm".as_slice(), b"/Widget"].iter().any(|it| crate::structure::find(bytes, it).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PdfBuilder;

    fn check(bytes: &[u8], state: ReadState, codes: &[ReasonCode]) -> Reading {
        let reading = read(bytes, &KnownBlanks::default(), &Limits::default());
        let found: Vec<_> = reading.findings.iter().map(|it| it.code).collect();
        assert_eq!((reading.state, found.as_slice()), (state, codes), "{:?}", reading.findings);
        reading
    }

    #[test]
    fn a_form_is_read() {
        let reading = check(&PdfBuilder::with_text("name", "(Ada)").bytes(), ReadState::Read, &[]);
        assert_eq!(reading.text("name"), "Ada");
        assert_eq!(reading.method, Some(ReadingMethod::Acroform));
    }

    #[test]
    fn a_file_without_a_form_has_no_method() {
        let reading = check(&PdfBuilder::new().bytes(), ReadState::Read, &[]);
        assert_eq!(reading.method, None);
    }

    #[test]
    fn push_buttons_hold_no_value() {
        let pdf = PdfBuilder::with_fields(&["/T(a)/FT/Btn/Ff 65536", "/T(b)/FT/Tx"]);
        let reading = check(&pdf.bytes(), ReadState::Read, &[]);
        assert_eq!(reading.fields.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_form_cut_short_is_never_blank() {
        let whole = PdfBuilder::with_text("name", "(Ada)").bytes();
        for length in 0..whole.len() - 8 {
            let reading = read(&whole[..length], &KnownBlanks::default(), &Limits::default());
            assert!(reading.text("name") == "Ada" || reading.state == ReadState::Unreadable, "{length}: {reading:?}");
            assert!(!reading.findings.is_empty(), "{length}");
        }
    }

    #[test]
    fn an_update_replaces_what_was_there() {
        let mut bytes = PdfBuilder::with_text("name", "(Ada)").bytes();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let previous = text.rfind("xref\n0").unwrap();
        let at = bytes.len();
        bytes.extend_from_slice(b"5 0 obj\n<</FT/Tx/T(name)/V(Eve)/Subtype/Widget>>\nendobj\n");
        let start = bytes.len();
        let tail = format!(
            "xref\n5 1\n{at:010} 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev {previous}>>\nstartxref\n{start}\n%%EOF\n"
        );
        bytes.extend_from_slice(tail.as_bytes());
        assert_eq!(check(&bytes, ReadState::Read, &[]).text("name"), "Eve");
    }

    #[test]
    fn a_locked_file_says_so() {
        let locked = PdfBuilder::with_text("name", "(Ada)").trailer("/ID[<00><00>]/Encrypt 9 0 R").object(
            9,
            "<</Filter/Standard/V 1/R 2/P -4/O(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)/U(bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)>>",
        );
        check(&locked.bytes(), ReadState::Unreadable, &[ReasonCode::PdfEncrypted]);
    }

    #[test]
    fn too_deep_is_a_refusal_not_a_missing_field() {
        let deep = PdfBuilder::with_text("name", "(Ada)").bytes();
        let reading = read(&deep, &KnownBlanks::default(), &Limits { fields: 0, ..Limits::default() });
        assert_eq!(reading.state, ReadState::Unreadable);
        assert!(reading.has(ReasonCode::PdfResourceLimit));
    }
}
