//! What has no place in a form that is read by a machine: XFA, scripts, actions, attachments, media. Every object of the file
//! is looked at, whether anything leads to it or not.

use std::borrow::Cow;
use std::collections::BTreeSet;

use countersign_core::reason::ReasonCode;
use lopdf::{Dictionary, Object};

use crate::document::{Pdf, Source, as_dict};
use crate::raw_file::RawFile;
use crate::raw_object::{Raw, RawDictionary};
use crate::reading::Finding;

/// Finds what has no place in a form; each kind once.
pub(crate) fn foreign_content(pdf: &Pdf) -> Vec<Finding> {
    let kinds: BTreeSet<&str> = match pdf.source() {
        Source::Raw(file) => {
            file.raw_objects().flat_map(Raw::dictionaries).filter_map(|it| Marks::of_raw(file, it).kind()).collect()
        }
        Source::Loaded(_) => {
            dictionaries(pdf.objects()).into_iter().filter_map(|it| Marks::of(pdf, it).kind()).collect()
        }
    };
    let active = kinds.into_iter().map(|it| Finding::of_file(ReasonCode::PdfActiveContent, it));
    xfa(pdf).into_iter().chain(active).collect()
}

fn xfa(pdf: &Pdf) -> Option<Finding> {
    pdf.entry(pdf.acroform()?, b"XFA")?;
    Some(Finding::of_file(ReasonCode::PdfXfa, "the form carries an XFA form beside its fields"))
}

/// The dictionaries in objects at any depth.
fn dictionaries<'a>(objects: impl Iterator<Item = &'a Object>) -> Vec<&'a Dictionary> {
    let mut found = Vec::new();
    let mut open: Vec<&Object> = objects.collect();
    while let Some(object) = open.pop() {
        if let Some(dict) = as_dict(object) {
            found.push(dict);
            open.extend(dict.iter().map(|(_, it)| it).filter(|it| is_container(it)));
        } else if let Object::Array(elements) = object {
            open.extend(elements.iter().filter(|it| is_container(it)));
        }
    }
    found
}

fn is_container(object: &Object) -> bool {
    matches!(object, Object::Array(_) | Object::Dictionary(_) | Object::Stream(_))
}

/// The entries of a dictionary by which foreign content is known (ISO 32000-1, tables 169 and 198; 7.11.4).
#[derive(Default)]
struct Marks<'a> {
    has_script: bool,
    has_file: bool,
    action: Option<Cow<'a, [u8]>>,
    subtype: Option<Cow<'a, [u8]>>,
    class: Option<Cow<'a, [u8]>>,
}

impl<'a> Marks<'a> {
    fn of(pdf: &'a Pdf, dict: &'a Dictionary) -> Self {
        let name = |key: &[u8]| pdf.name(dict, key).map(Cow::Borrowed);
        Self {
            has_script: dict.has(b"JS"),
            has_file: dict.has(b"EF"),
            action: name(b"S"),
            subtype: name(b"Subtype"),
            class: name(b"Type"),
        }
    }

    fn of_raw(file: &'a RawFile, dict: RawDictionary<'a>) -> Self {
        let mut marks = Self::default();
        let name = |it| file.resolve_raw(it).and_then(Raw::name);
        for (key, value) in dict.entries() {
            if key.is_name(b"Type") {
                marks.class = name(value);
            } else if key.is_name(b"Subtype") {
                marks.subtype = name(value);
            } else if key.is_name(b"S") {
                marks.action = name(value);
            } else if key.is_name(b"JS") {
                marks.has_script = true;
            } else if key.is_name(b"EF") {
                marks.has_file = true;
            }
        }
        marks
    }

    /// What kind of foreign content it is, if it is one.
    fn kind(&self) -> Option<&'static str> {
        if self.has_script {
            return Some("a script");
        }
        if self.has_file {
            return Some("an attached file");
        }
        let is_embedded = self.class.as_deref() == Some(b"EmbeddedFile");
        let embedded = is_embedded.then_some("an attached file");
        action(self.action.as_deref()).or_else(|| media(self.subtype.as_deref())).or(embedded)
    }
}

fn action(kind: Option<&[u8]>) -> Option<&'static str> {
    match kind? {
        b"JavaScript" => Some("a script"),
        b"Launch" => Some("an action that starts a program"),
        b"SubmitForm" => Some("an action that sends the form"),
        b"ImportData" => Some("an action that imports data"),
        b"ResetForm" => Some("an action that puts other values into the form"),
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
        active("<</S/ResetForm>>", "an action that puts other values into the form");
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
