//! The second reader of page text. It knows no places and shares no code with the first, and is asked one thing: does it find this
//! text on the page too? It fails on many files, in many ways; that costs them its agreement and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::reading::{Finding, Provenance, Reading};
use countersign_core::reason::ReasonCode;
use unicode_normalization::UnicodeNormalization;

/// What is told of a value until the second reader has found it.
const ONE_READER: &str = "only one reader finds this text on the page";

/// The doubt about a value that was read from a page.
pub(crate) fn doubt(field: &str) -> Finding {
    Finding::of_field(ReasonCode::LowConfidence, field, ONE_READER)
}

fn is_doubt(finding: &Finding) -> bool {
    finding.detail.as_deref() == Some(ONE_READER)
}

/// Whether the second reader is asked at all.
pub(crate) fn is_asked(reading: &Reading) -> bool {
    reading.findings.iter().any(is_doubt)
}

/// Takes back the doubts about all values that the second reader finds on the pages too.
pub(crate) fn confirm(bytes: &[u8], reading: &mut Reading) {
    let text = catch_unwind(AssertUnwindSafe(|| pdf_extract::extract_text_from_mem(bytes).ok())).ok().flatten();
    let Some(text) = text else { return };
    let seen = plain(&text);
    let fields = &reading.fields;
    let is_confirmed = |name: &str| {
        let field = fields.get(name).filter(|it| it.from == Provenance::PageText);
        field.is_some_and(|it| seen.contains(&plain(it.value.as_str())))
    };
    reading.findings.retain(|it| !(is_doubt(it) && it.field.as_deref().is_some_and(is_confirmed)));
}

/// Letters and digits without the blanks between them, which readers guess at.
pub(super) fn plain(text: &str) -> String {
    text.nfkc().filter(|it| !it.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{FieldReading, ReadState, ReadingMethod};
    use crate::testing::PdfBuilder;

    fn reading(value: &str) -> Reading {
        let field = FieldReading { value: value.into(), shown: None, from: Provenance::PageText };
        Reading {
            state: ReadState::Read,
            method: Some(ReadingMethod::PageText),
            template: None,
            fields: [("name".to_owned(), field)].into(),
            findings: vec![doubt("name")],
            bundle: None,
        }
    }

    fn check(bytes: &[u8], value: &str, is_confirmed: bool) {
        let mut reading = reading(value);
        assert!(is_asked(&reading));
        confirm(bytes, &mut reading);
        assert_eq!(!is_asked(&reading), is_confirmed, "{value}");
    }

    #[test]
    fn a_value_that_both_find_is_no_longer_in_doubt() {
        let font = "<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>>>";
        let page = format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 9 0 R/Resources{font}>>");
        let pdf = PdfBuilder::new().object(3, &page).stream(9, "BT /F 9 Tf 40 700 Td (Mary Ann) Tj ET").bytes();
        check(&pdf, "MaryAnn", true);
        check(&pdf, "Mary Ann", true);
        check(&pdf, "Mallory", false);
        check(b"no file at all", "Mary", false);
    }
}
