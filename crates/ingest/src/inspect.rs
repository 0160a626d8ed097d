//! A reading as one line of JSON, for people and programs that want to see what a form says. PINs of a recognised form are
//! masked unless asked for.

use std::collections::BTreeMap;

use countersign_core::template::{BlankLook, TemplateId};
use serde::Serialize;

use crate::reading::{FieldReading, Finding, Provenance, ReadState, Reading, ReadingMethod};

/// Whether the values of PIN fields are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pins {
    /// Filled ones are printed as `****`, whatever their length.
    Masked,
    /// They are printed as they are.
    Revealed,
}

/// What stands for the value of a masked field.
const MASK: &str = "****";

/// One line, without its line end: `{"file", "status", "reading", "template", "fields", "findings"}`. `looks` are those that the
/// file was read with; they tell which fields are PINs.
pub fn inspection_line(file: &str, reading: &Reading, looks: &[BlankLook], pins: Pins) -> String {
    let look = reading.template.as_ref().and_then(|id| looks.iter().find(|it| it.template == *id));
    let secrets: Vec<&str> = reading
        .fields
        .iter()
        .filter(|(name, _)| look.is_some_and(|it| is_pin(it, name)))
        .map(|(_, it)| it.value.as_str())
        .collect();
    // A PIN that was typed into another box is one there too.
    let holds_secret = |it: &FieldReading| secrets.iter().any(|pin| pin.len() >= 4 && it.value.as_str().contains(pin));
    let is_masked = |name: &str, it: &FieldReading| {
        pins == Pins::Masked && (look.is_some_and(|it| is_pin(it, name)) || holds_secret(it))
    };
    let fields = reading.fields.iter().map(|(name, it)| (name.as_str(), Line::of(it, is_masked(name, it)))).collect();
    let inspection = Inspection {
        file,
        status: reading.state,
        reading: reading.method,
        template: reading.template.as_ref().map(TemplateId::to_string),
        fields,
        findings: &reading.findings,
    };
    serde_json::to_string(&inspection).expect("names and texts are always JSON")
}

/// A field that the template does not know may hold a PIN that was moved there, so it counts as one.
fn is_pin(look: &BlankLook, field: &str) -> bool {
    look.fields.get(field).is_none_or(|it| it.rule.is_secret())
}

#[derive(Serialize)]
struct Inspection<'a> {
    file: &'a str,
    status: ReadState,
    reading: Option<ReadingMethod>,
    template: Option<String>,
    fields: BTreeMap<&'a str, Line<'a>>,
    findings: &'a [Finding],
}

#[derive(Serialize)]
struct Line<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<&'a str>,
    from: Provenance,
}

impl<'a> Line<'a> {
    fn of(field: &'a FieldReading, is_masked: bool) -> Self {
        let print = |text: &'a str| if is_masked && !text.is_empty() { MASK } else { text };
        Self {
            value: print(field.value.as_str()),
            shown: field.shown.as_ref().map(|it| print(it.as_str())),
            from: field.from,
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_core::reason::ReasonCode;
    use countersign_core::template::{FieldLook, Rect, ValueRule};

    use super::*;

    fn look() -> BlankLook {
        let rect = Rect { left: 0.0, bottom: 0.0, right: 9.0, top: 9.0 };
        let field = |rule| FieldLook { rule, page: 0, rect, flags: 0, max_length: None, prefilled: false };
        BlankLook {
            own_pictures: Default::default(),
            template: TemplateId { name: "authorized-user".to_owned(), version: 1 },
            pages: vec![],
            specimen: vec![],
            fields: [("name", ValueRule::Name), ("pin", ValueRule::AccountPin), ("empty", ValueRule::NewPin)]
                .map(|(name, rule)| (name.to_owned(), field(rule)))
                .into(),
        }
    }

    fn reading() -> Reading {
        let field = |value: &str| FieldReading { value: value.into(), shown: None, from: Provenance::FieldValue };
        Reading {
            state: ReadState::Read,
            method: Some(ReadingMethod::Acroform),
            template: Some(look().template),
            fields: [("name", "Ada"), ("pin", "0427"), ("empty", "")]
                .map(|(name, value)| (name.to_owned(), field(value)))
                .into(),
            findings: vec![],
            bundle: None,
        }
    }

    #[test]
    fn pins_are_masked_unless_asked_for() {
        let masked = inspection_line("a.pdf", &reading(), &[look()], Pins::Masked);
        assert_eq!(
            masked,
            r#"{"file":"a.pdf","status":"read","reading":"acroform","template":"authorized-user/1","fields":{"empty":{"value":"","from":"field_value"},"name":{"value":"Ada","from":"field_value"},"pin":{"value":"****","from":"field_value"}},"findings":[]}"#
        );
        assert!(inspection_line("a.pdf", &reading(), &[look()], Pins::Revealed).contains("0427"));
    }

    #[test]
    fn what_a_picture_shows_is_masked_too() {
        let mut reading = reading();
        reading.fields.get_mut("pin").unwrap().shown = Some("0428".into());
        let line = inspection_line("a.pdf", &reading, &[look()], Pins::Masked);
        assert!(line.contains(r#""shown":"****""#) && !line.contains("0428"));
    }

    #[test]
    fn a_pin_in_another_box_is_masked() {
        let mut reading = reading();
        reading.fields.get_mut("name").unwrap().value = "PIN 0427".into();
        assert!(!inspection_line("a.pdf", &reading, &[look()], Pins::Masked).contains("0427"));
    }

    #[test]
    fn an_unknown_field_of_our_form_is_masked() {
        let mut reading = reading();
        let moved = reading.fields.remove("pin").unwrap();
        reading.fields.insert("pin2".to_owned(), moved);
        assert!(!inspection_line("a.pdf", &reading, &[look()], Pins::Masked).contains("0427"));
    }

    #[test]
    fn an_unreadable_file_says_why() {
        let reading = Reading::unreadable(vec![Finding::of_file(ReasonCode::PdfCorrupt, "it ends too soon")]);
        assert_eq!(
            inspection_line("a \"b\".pdf", &reading, &[], Pins::Masked),
            r#"{"file":"a \"b\".pdf","status":"unreadable","reading":null,"template":null,"fields":{},"findings":[{"code":"PDF_CORRUPT","detail":"it ends too soon"}]}"#
        );
    }
}
