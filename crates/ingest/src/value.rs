//! What a field's entries say its value is: `/V`, `/AS`, `/Opt`, `/I` (ISO 32000-1, 12.7.4), with each disagreement told.

use countersign_core::field_text::FieldText;
use countersign_core::reason::ReasonCode;
use lopdf::Object;

use crate::document::Pdf;
use crate::fields::{Field, Kind};
use crate::limits::Limits;
use crate::reading::{FieldReading, Finding, OFF, Provenance};
use crate::text_string::{self, Decoded};
use crate::unpacking::unpacked;

/// What stands for the value of a signature field that is signed.
const SIGNED: &str = "signed";

/// Reads the value of a field of which the file has one or more by this name.
pub(crate) fn read_field(
    pdf: &Pdf,
    name: &str,
    same_name: &[Field<'_>],
    limits: &Limits,
    findings: &mut Vec<Finding>,
) -> FieldReading {
    let read = |field, findings: &mut _| Reader { pdf, name, field, limits }.read(findings);
    let (first, others) = same_name.split_first().expect("a name is in the map because a field has it");
    let mut first = read(first, findings);
    for other in others {
        let other = read(other, findings);
        if other.value != first.value {
            findings.push(Finding::of_field(ReasonCode::FieldConflict, name, "two fields of this name differ"));
        }
        if first.from == Provenance::Absent {
            first = other;
        }
    }
    first
}

struct Reader<'a, 'b> {
    pdf: &'a Pdf,
    name: &'b str,
    field: &'b Field<'a>,
    limits: &'b Limits,
}

impl Reader<'_, '_> {
    fn read(&self, findings: &mut Vec<Finding>) -> FieldReading {
        match self.kind() {
            Kind::Button => self.button(findings),
            Kind::Choice => self.choice(findings),
            Kind::Signature => self.signature(),
            Kind::Text | Kind::PushButton | Kind::Unknown => self.text(findings),
        }
    }

    /// A field without a type says by its value what it is.
    fn kind(&self) -> Kind {
        let kind = self.field.kind(self.pdf);
        let is_name = || self.field.inherited(self.pdf, b"V").is_some_and(|it| it.as_name().is_ok());
        if kind == Kind::Unknown && is_name() { Kind::Button } else { kind }
    }

    fn text(&self, findings: &mut Vec<Finding>) -> FieldReading {
        let (value, from) = self.stored(findings, |it| self.lines(it).join("\n"));
        FieldReading { value: value.unwrap_or_default().into(), shown: None, from }
    }

    fn button(&self, findings: &mut Vec<Finding>) -> FieldReading {
        let (value, from) = self.stored(findings, |it| self.state(it));
        let shown = self.shown_states();
        let (value, from) = match (value, shown.as_slice()) {
            (Some(value), _) => (value, from),
            (None, [first, ..]) => {
                // Some readers take the state that is shown, others say that there is none.
                let detail = "the state is shown, but not stored";
                findings.push(Finding::of_field(ReasonCode::LowConfidence, self.name, detail));
                (first.clone(), Provenance::AppearanceState)
            }
            (None, []) => (OFF.to_owned(), from),
        };
        let agrees = if value == OFF { shown.is_empty() } else { shown == [value.as_str()] };
        if agrees {
            return FieldReading { value: value.into(), shown: None, from };
        }
        findings.push(self.conflict("the stored state is not the one shown"));
        let shown = if shown.is_empty() { OFF.to_owned() } else { shown.join("\n") };
        FieldReading { value: value.into(), shown: Some(shown.into()), from }
    }

    fn choice(&self, findings: &mut Vec<Finding>) -> FieldReading {
        let options = self.options();
        let (value, from) = self.stored(findings, |it| self.lines(it).join("\n"));
        let (value, from) = match value {
            Some(value) => (value, from),
            None => self.selected(&options),
        };
        FieldReading { shown: label_of(&options, &value), value: value.into(), from }
    }

    fn signature(&self) -> FieldReading {
        match self.field.inherited_or_of_widget(self.pdf, b"V") {
            Some(Object::Dictionary(_)) => {
                FieldReading { value: SIGNED.into(), shown: None, from: Provenance::FieldValue }
            }
            _ => FieldReading { value: FieldText::default(), shown: None, from: Provenance::Absent },
        }
    }

    /// The `/V` of the field or an ancestor, else that of the first widget with one. Two that differ are a conflict.
    fn stored(&self, findings: &mut Vec<Finding>, meaning: impl Fn(&Object) -> String) -> (Option<String>, Provenance) {
        let own = self.field.inherited(self.pdf, b"V");
        let of_widgets = self.field.widgets.iter().filter_map(|it| self.pdf.entry(it.dict, b"V"));
        // The radio buttons of a group that are off may each say so.
        let is_one_of_many = self.kind() == Kind::Button && self.field.widgets.len() > 1;
        let of_widgets = of_widgets.filter(|it| !is_one_of_many || meaning(it) != OFF);
        let from = if own.is_some() { Provenance::FieldValue } else { Provenance::WidgetValue };
        let mut all = own.into_iter().chain(of_widgets);
        let Some(first) = all.next() else { return (None, Provenance::Absent) };
        let value = meaning(first);
        if all.any(|it| !std::ptr::eq(it, first) && meaning(it) != value) {
            findings.push(self.conflict("the field and its boxes store different values"));
        }
        if !is_certain(first) {
            let detail = "some characters of the stored text have no certain meaning";
            findings.push(Finding::of_field(ReasonCode::LowConfidence, self.name, detail));
        }
        (Some(value), from)
    }

    fn conflict(&self, detail: &str) -> Finding {
        Finding::of_field(ReasonCode::FieldConflict, self.name, detail)
    }

    /// The states that the widgets show, `Off` left out, each once.
    fn shown_states(&self) -> Vec<String> {
        let mut shown = Vec::new();
        for name in self.field.widgets.iter().filter_map(|it| self.pdf.name(it.dict, b"AS")) {
            let state = text_string::decode_name(name);
            if !matches!(state.as_str(), "" | OFF) && !shown.contains(&state) {
                shown.push(state);
            }
        }
        shown
    }

    /// The state that a value names. Some write it as a text, and some of those with its slash.
    fn state(&self, value: &Object) -> String {
        let text = self.lines(value).into_iter().next().unwrap_or_default();
        let state = if matches!(value, Object::String(..)) { text.trim_start_matches('/') } else { &text };
        if state.is_empty() { OFF.to_owned() } else { state.to_owned() }
    }

    /// `/I` of a list whose `/V` was left out.
    fn selected(&self, options: &[Choice]) -> (String, Provenance) {
        let indices = self.field.inherited_or_of_widget(self.pdf, b"I").and_then(|it| it.as_array().ok());
        let chosen = |it: &Object| options.get(usize::try_from(self.pdf.resolve(it).as_i64().ok()?).ok()?);
        let exports: Vec<&str> =
            indices.into_iter().flatten().filter_map(chosen).map(|it| it.export.as_str()).collect();
        let from = if exports.is_empty() { Provenance::Absent } else { Provenance::SelectedIndex };
        (exports.join("\n"), from)
    }

    /// `/Opt`: each a text that is both, or a pair of export value and label.
    fn options(&self) -> Vec<Choice> {
        let array = self.field.inherited_or_of_widget(self.pdf, b"Opt").and_then(|it| it.as_array().ok());
        array.into_iter().flatten().map(|it| self.option(self.pdf.resolve(it))).collect()
    }

    fn option(&self, option: &Object) -> Choice {
        let mut texts = self.lines(option).into_iter();
        let export = texts.next().unwrap_or_default();
        Choice { label: texts.next().unwrap_or_else(|| export.clone()), export }
    }

    /// The texts of a value: those of an array, else one. Null and dictionaries have none.
    fn lines(&self, value: &Object) -> Vec<String> {
        match self.pdf.resolve(value) {
            // An array in an array is nothing that any writer means; it is not followed, so no depth is to be bounded.
            Object::Array(elements) => elements.iter().filter_map(|it| self.line(self.pdf.resolve(it))).collect(),
            other => self.line(other).into_iter().collect(),
        }
    }

    fn line(&self, value: &Object) -> Option<String> {
        match value {
            Object::String(bytes, _) => Some(with_plain_line_ends(text_string::decode(bytes))),
            Object::Name(bytes) => Some(text_string::decode_name(bytes)),
            Object::Integer(number) => Some(number.to_string()),
            Object::Real(number) => Some(number.to_string()),
            Object::Boolean(truth) => Some(truth.to_string()),
            Object::Stream(stream) => {
                let bytes = unpacked(stream, self.limits.stream_bytes)?;
                Some(with_plain_line_ends(text_string::decode(&bytes)))
            }
            Object::Null | Object::Array(_) | Object::Dictionary(_) | Object::Reference(_) => None,
        }
    }
}

fn is_certain(value: &Object) -> bool {
    match value {
        Object::String(bytes, _) => text_string::decode(bytes).certain,
        _ => true,
    }
}

fn with_plain_line_ends(decoded: Decoded) -> String {
    let text = decoded.text;
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// One option of a choice.
struct Choice {
    export: String,
    label: String,
}

/// What the page shows for one chosen export value, where that differs. Some writers store the label itself; it stays.
fn label_of(options: &[Choice], export: &str) -> Option<FieldText> {
    let choice = options.iter().find(|it| it.export == export)?;
    (choice.label != export).then(|| choice.label.as_str().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::fields;
    use crate::pages::pages;
    use crate::testing::PdfBuilder;

    fn read(pdf: PdfBuilder) -> (FieldReading, Vec<ReasonCode>) {
        let limits = Limits::default();
        let pdf = Pdf::load(&pdf.bytes(), &limits).ok().unwrap();
        let pages = pages(&pdf, &limits).unwrap();
        let found = fields(&pdf, &pages, &limits).unwrap();
        let mut findings = Vec::new();
        let reading = read_field(&pdf, "a", &found["a"], &limits, &mut findings);
        (reading, findings.into_iter().map(|it| it.code).collect())
    }

    fn check(entries: &str, expected: &str, from: Provenance) {
        let (reading, findings) = read(PdfBuilder::with_field(&format!("/T(a){entries}")));
        assert_eq!((reading.value.as_str(), reading.from), (expected, from), "{entries}");
        assert_eq!(findings, [], "{entries}");
    }

    fn check_conflict(pdf: PdfBuilder, expected: &str) {
        let (reading, findings) = read(pdf);
        assert_eq!((reading.value.as_str(), findings), (expected, vec![ReasonCode::FieldConflict]));
    }

    #[test]
    fn a_text_may_be_stored_in_many_ways() {
        let text = |value: &str, expected: &str| check(&format!("/FT/Tx/V {value}"), expected, Provenance::FieldValue);
        text("(0042)", "0042");
        text("<30 30 3432>", "0042");
        text("(a\\\nb)", "ab");
        text("(a\\r\\nb\\rc)", "a\nb\nc");
        text("/Name", "Name");
        text("42", "42");
        text("[(a)(b)]", "a\nb");
        check("/FT/Tx", "", Provenance::Absent);
        check("/FT/Tx/V null", "", Provenance::Absent);
    }

    #[test]
    fn a_text_may_be_a_stream() {
        let (reading, _) = read(PdfBuilder::with_field("/T(a)/FT/Tx/V 9 0 R").stream(9, "long text"));
        assert_eq!(reading.value.as_str(), "long text");
    }

    #[test]
    fn a_check_box_is_its_state() {
        check("/FT/Btn/V/Yes/AS/Yes", "Yes", Provenance::FieldValue);
        check("/FT/Btn/V(/Yes)/AS/Yes", "Yes", Provenance::FieldValue);
        check("/FT/Btn/V/Off/AS/Off", "Off", Provenance::FieldValue);
        check("/FT/Btn/V/ /AS/Off", "Off", Provenance::FieldValue);
        check("/FT/Btn", "Off", Provenance::Absent);
    }

    #[test]
    fn a_state_that_is_shown_but_not_stored_is_told() {
        let (reading, findings) = read(PdfBuilder::with_field("/T(a)/FT/Btn/AS/Yes"));
        assert_eq!((reading.value.as_str(), reading.from), ("Yes", Provenance::AppearanceState));
        assert_eq!(findings, [ReasonCode::LowConfidence]);
    }

    #[test]
    fn a_state_that_is_not_shown_is_a_conflict() {
        check_conflict(PdfBuilder::with_field("/T(a)/FT/Btn/V/Off/AS/Yes"), "Off");
        check_conflict(PdfBuilder::with_field("/T(a)/FT/Btn/V/Yes/AS/Off"), "Yes");
        let each_its_own = PdfBuilder::new()
            .form("5 0 R")
            .object(5, "<</T(a)/FT/Btn/V/b/Kids[6 0 R 7 0 R]>>")
            .object(6, "<</AS/a>>")
            .object(7, "<</AS/b>>");
        check_conflict(each_its_own, "b");
    }

    #[test]
    fn radio_buttons_may_each_store_whether_they_are_on() {
        let group = |value: &str| {
            PdfBuilder::new()
                .form("5 0 R")
                .object(5, &format!("<</T(a)/FT/Btn{value}/Kids[6 0 R 7 0 R]>>"))
                .object(6, "<</V/Off/AS/Off>>")
                .object(7, "<</V/b/AS/b>>")
        };
        let (reading, findings) = read(group("/V/b"));
        assert_eq!((reading.value.as_str(), findings), ("b", vec![]));
        let (reading, findings) = read(group(""));
        assert_eq!((reading.value.as_str(), findings), ("b", vec![]));
    }

    #[test]
    fn a_value_may_stand_in_the_widget() {
        let pdf = PdfBuilder::new().form("5 0 R").object(5, "<</T(a)/FT/Tx/Kids[6 0 R]>>").object(6, "<</V(x)>>");
        let (reading, findings) = read(pdf);
        assert_eq!((reading.value.as_str(), reading.from), ("x", Provenance::WidgetValue));
        assert_eq!(findings, []);
    }

    #[test]
    fn a_widget_that_stores_something_else_is_a_conflict() {
        let pdf = PdfBuilder::new().form("5 0 R").object(5, "<</T(a)/FT/Tx/V(x)/Kids[6 0 R]>>").object(6, "<</V(y)>>");
        check_conflict(pdf, "x");
    }

    #[test]
    fn two_fields_of_one_name_that_differ_are_a_conflict() {
        check_conflict(PdfBuilder::with_fields(&["/T(a)/FT/Tx/V(x)", "/T(a)/FT/Tx/V(y)"]), "x");
        check_conflict(PdfBuilder::with_fields(&["/T(a)/FT/Tx", "/T(a)/FT/Tx/V(y)"]), "y");
        assert_eq!(read(PdfBuilder::with_fields(&["/T(a)/FT/Tx/V(x)", "/T(a)/FT/Tx/V(x)"])).1, []);
    }

    #[test]
    fn a_choice_is_what_is_stored() {
        let choice = |value: &str, expected: &str, from| {
            check(&format!("/FT/Ch/Opt[[(S)(Savings)][(C)(Current)](Other)]{value}"), expected, from);
        };
        choice("/V(S)", "S", Provenance::FieldValue);
        choice("/V(Savings)", "Savings", Provenance::FieldValue);
        choice("/V(Other)", "Other", Provenance::FieldValue);
        choice("/V(unlisted)", "unlisted", Provenance::FieldValue);
        choice("/V[(S)(C)]", "S\nC", Provenance::FieldValue);
        choice("/I[1 2]", "C\nOther", Provenance::SelectedIndex);
        choice("/I[9]", "", Provenance::Absent);
    }

    #[test]
    fn a_label_is_what_is_shown() {
        let (reading, _) = read(PdfBuilder::with_field("/T(a)/FT/Ch/Opt[[(S)(Savings)]]/V(S)"));
        assert_eq!(reading.shown.unwrap().as_str(), "Savings");
    }

    #[test]
    fn a_signature_is_there_or_not() {
        check("/FT/Sig/V<</Type/Sig>>", "signed", Provenance::FieldValue);
        check("/FT/Sig", "", Provenance::Absent);
    }

    #[test]
    fn characters_that_cannot_be_decoded_are_told() {
        let (_, findings) = read(PdfBuilder::with_text("a", "<FEFFD83D>"));
        assert_eq!(findings, [ReasonCode::LowConfidence]);
    }
}
