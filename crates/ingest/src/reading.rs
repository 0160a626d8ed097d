//! What a returned form says, field by field: value, what is shown, how it was obtained, what was odd. Nothing in here
//! is believed yet, and nothing knows PDF any more: a reading crosses the pipe from the worker that made it.

use std::collections::BTreeMap;

use countersign_core::field_text::FieldText;
use countersign_core::reason::ReasonCode;
use countersign_core::template::TemplateId;
use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;

/// What a returned form says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Whether there is anything to go by.
    pub state: ReadState,
    /// How the values were obtained; `None` when the file is unreadable or holds no form.
    pub method: Option<ReadingMethod>,
    /// Which of our forms it is, if it is one.
    pub template: Option<TemplateId>,
    /// The fields by full name (ISO 32000-1, 12.7.3.2). Push buttons, which hold no value, are left out.
    pub fields: BTreeMap<String, FieldReading>,
    /// All that was odd, in the order of finding it.
    pub findings: Vec<Finding>,
    /// The forms in it, where it is no form itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bundle: Option<Bundle>,
}

/// Whether a file could be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadState {
    /// The values are what the file says.
    Read,
    /// The findings say why not. An absent field then means nothing at all.
    Unreadable,
}

/// The ways to obtain values, from the surest to the least sure.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingMethod {
    /// The form's own fields.
    Acroform,
    /// Annotations that were placed over the boxes.
    Annotations,
    /// The text of the page, by position: a flattened or printed form.
    PageText,
    /// A picture of the form.
    Image,
}

impl ReadingMethod {
    /// The name in reports: `acroform`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acroform => "acroform",
            Self::Annotations => "annotations",
            Self::PageText => "page_text",
            Self::Image => "image",
        }
    }
}

/// What a returned form says in one field.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct FieldReading {
    /// The value: text with line ends as `\n`; the state's name or `Off` for check boxes and radio buttons; what
    /// is stored for choices (mostly the export values), one a line; `signed` for a signature. Empty when there is none.
    pub value: FieldText,
    /// What the page shows, where it was found to differ from the value: the label of a choice too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shown: Option<FieldText>,
    /// Where the value was found.
    pub from: Provenance,
}

impl FieldReading {
    /// The reading of a field that has no value.
    pub(crate) fn absent() -> Self {
        Self { value: "".into(), shown: None, from: Provenance::Absent }
    }

    /// Whether a check box or a radio button is on.
    pub fn is_ticked(&self) -> bool {
        !matches!(self.value.as_str(), "" | OFF)
    }
}

/// The state of a check box or radio button that is not ticked (ISO 32000-1, 12.7.4.2.3).
pub(crate) const OFF: &str = "Off";

/// Where a value was found.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// `/V` of the field, its own or inherited.
    FieldValue,
    /// `/V` of one of the field's widgets, the field having none.
    WidgetValue,
    /// `/AS` of one of the field's widgets, there being no `/V`.
    AppearanceState,
    /// `/I` of a list box, there being no `/V`.
    SelectedIndex,
    /// An annotation over the box.
    Annotation,
    /// The text of the page at the box.
    PageText,
    /// Nowhere: the field has no value.
    Absent,
}

/// Something odd about a returned form.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of oddity.
    pub code: ReasonCode,
    /// The field it concerns, by full name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// More for the staff; never the value of a field.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

impl Finding {
    /// A finding about the file as a whole.
    pub fn of_file(code: ReasonCode, detail: impl Into<String>) -> Self {
        Self { code, field: None, detail: Some(detail.into()) }
    }

    /// A finding about one field. `detail` must not hold the field's value.
    pub fn of_field(code: ReasonCode, field: &str, detail: impl Into<String>) -> Self {
        Self { code, field: Some(field.to_owned()), detail: Some(detail.into()) }
    }
}

impl Reading {
    /// The reading of a file that cannot be read, or must not be.
    pub fn unreadable(findings: Vec<Finding>) -> Self {
        let fields = BTreeMap::new();
        Self { state: ReadState::Unreadable, method: None, template: None, fields, findings, bundle: None }
    }

    /// The reading of several forms in one file: nothing of its own, but the files in it.
    pub(crate) fn of_bundle(bundle: Bundle) -> Self {
        Self { state: ReadState::Read, bundle: Some(bundle), ..Self::unreadable(Vec::new()) }
    }

    /// The text of a field; empty when the field is absent.
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", |it| it.value.as_str())
    }

    /// Whether something of this kind was found.
    pub fn has(&self, code: ReasonCode) -> bool {
        self.findings.iter().any(|it| it.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{BundleKind, Enclosed};

    fn reading(value: &str) -> Reading {
        let field = FieldReading { value: value.into(), shown: Some(value.into()), from: Provenance::FieldValue };
        Reading {
            state: ReadState::Read,
            method: Some(ReadingMethod::Acroform),
            template: None,
            fields: BTreeMap::from([("signer.security_pin".to_owned(), field)]),
            findings: vec![Finding::of_file(ReasonCode::PdfAmbiguous, "the file was repaired")],
            bundle: Some(Bundle {
                kind: BundleKind::Portfolio,
                files: vec![Enclosed { name: "a.pdf".to_owned(), bytes: b"%PDF 0427".to_vec(), findings: vec![] }],
            }),
        }
    }

    #[test]
    fn debug_shows_no_value() {
        assert!(!format!("{:?}", reading("0427")).contains("0427"));
    }

    #[test]
    fn a_reading_crosses_a_pipe_unchanged() {
        let sent = reading("0427");
        let line = serde_json::to_string(&sent).unwrap();
        assert_eq!(serde_json::from_str::<Reading>(&line).unwrap(), sent);
    }

    #[test]
    fn a_box_is_ticked_unless_it_is_off_or_empty() {
        let ticked = |value: &str| reading(value).fields["signer.security_pin"].is_ticked();
        assert!(ticked("Yes"));
        assert!(!ticked("Off"));
        assert!(!ticked(""));
    }
}
