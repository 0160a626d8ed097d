//! What has no place in a form that is read by a machine: XFA, scripts, actions, attachments, media. Every object of the file
//! is looked at, whether anything leads to it or not.

use std::collections::BTreeSet;

use countersign_core::reason::ReasonCode;
use lopdf::{Dictionary, Object};

use crate::document::{Pdf, as_dict};
use crate::reading::Finding;

/// Finds what has no place in a form; each kind once.
pub(crate) fn foreign_content(pdf: &Pdf) -> Vec<Finding> {
    let mut kinds = BTreeSet::new();
    let mut open: Vec<&Object> = Vec::new();
    for object in pdf.objects() {
        open.push(object);
        while let Some(object) = open.pop() {
            if let Some(dict) = as_dict(object) {
                kinds.extend(kind_of(pdf, dict));
                open.extend(dict.iter().map(|(_, it)| it).filter(|it| is_container(it)));
            } else if let Object::Array(elements) = object {
                open.extend(elements.iter().filter(|it| is_container(it)));
            }
        }
    }
    let active = kinds.into_iter().map(|it| Finding::of_file(ReasonCode::PdfActiveContent, it));
    xfa(pdf).into_iter().chain(active).collect()
}

fn xfa(pdf: &Pdf) -> Option<Finding> {
    pdf.entry(pdf.acroform()?, b"XFA")?;
    Some(Finding::of_file(ReasonCode::PdfXfa, "the form carries an XFA form beside its fields"))
}

fn is_container(object: &Object) -> bool {
    matches!(object, Object::Array(_) | Object::Dictionary(_) | Object::Stream(_))
}

/// What kind of foreign content a dictionary is, if it is one (ISO 32000-1, tables 169 and 198; 7.11.4).
fn kind_of(pdf: &Pdf, dict: &Dictionary) -> Option<&'static str> {
    if dict.has(b"JS") {
        return Some("a script");
    }
    if dict.has(b"EF") {
        return Some("an attached file");
    }
    action(pdf.name(dict, b"S")).or_else(|| media(pdf.name(dict, b"Subtype"))).or_else(|| embedded(pdf, dict))
}

fn action(kind: Option<&[u8]>) -> Option<&'static str> {
    match kind? {
        b"JavaScript" => Some("a script"),
        b"Launch" => Some("an action that starts a program"),
        b"SubmitForm" => Some("an action that sends the form"),
        b"ImportData" => Some("an action that imports data"),
        b"GoToR" | b"GoToE" => Some("an action that opens another file"),
        b"Rendition" | b"GoTo3DView" | b"RichMediaExecute" => Some("an action that plays media"),
        b"SetOCGState" | b"Hide" => Some("an action that hides or shows parts of the page"),
        _ => None,
    }
}

fn media(subtype: Option<&[u8]>) -> Option<&'static str> {
    match subtype? {
        b"FileAttachment" => Some("an attached file"),
        b"RichMedia" | b"Screen" | b"Movie" | b"Sound" | b"3D" => Some("an annotation with media"),
        _ => None,
    }
}

fn embedded(pdf: &Pdf, dict: &Dictionary) -> Option<&'static str> {
    (pdf.name(dict, b"Type") == Some(b"EmbeddedFile")).then_some("an attached file")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::testing::PdfBuilder;

    fn check(pdf: PdfBuilder, expected: &[(ReasonCode, &str)]) {
        let pdf = Pdf::load(&pdf.bytes(), &Limits::default()).ok().unwrap();
        let found = foreign_content(&pdf);
        let found: Vec<_> = found.iter().map(|it| (it.code, it.detail.as_deref().unwrap())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_ordinary_form_carries_nothing() {
        check(PdfBuilder::with_text("name", "(Ada)"), &[]);
        check(PdfBuilder::new().object(8, "<</S/GoTo/D[3 0 R/Fit]>>"), &[]);
    }

    #[test]
    fn active_content_is_found_wherever_it_hides() {
        let active =
            |text: &str, kind| check(PdfBuilder::new().object(8, text), &[(ReasonCode::PdfActiveContent, kind)]);
        active("<</S/JavaScript/JS(x)>>", "a script");
        active("<</A[<</Next<</S/Launch/F(x)>>>>]>>", "an action that starts a program");
        active("<</Subtype/FileAttachment>>", "an attached file");
        active("<</Type/Filespec/EF<</F 9 0 R>>>>", "an attached file");
        check(
            PdfBuilder::new().object(8, "<</S 9 0 R>>").object(9, "/JavaScript"),
            &[(ReasonCode::PdfActiveContent, "a script")],
        );
    }

    #[test]
    fn xfa_is_found() {
        check(
            PdfBuilder::new().object(4, "<</Fields[]/XFA(x)>>"),
            &[(ReasonCode::PdfXfa, "the form carries an XFA form beside its fields")],
        );
    }
}
