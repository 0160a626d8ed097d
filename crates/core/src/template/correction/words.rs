//! The sentences of correction forms. Those of some languages are ours, in the files beside this one; a template may say its own, in
//! `[correction]`, and must in any other language.

use crate::reason::{Reason, ReasonCode, Stage};
use crate::template::parse::read_toml;
use crate::template::toml_table::TomlTable;

/// What there is to say on a correction form, in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrectionTexts {
    /// The form's title.
    pub title: String,
    /// What the form is for: one short paragraph.
    pub intro: String,
    /// The heading over the points.
    pub points: String,
    /// The heading over what to do.
    pub steps: String,
    /// What to do.
    pub steps_text: String,
    in_section: String,
    in_box: String,
    in_row: String,
    in_box_of_row: String,
    pub(super) more: String,
    advice: Vec<String>,
}

macro_rules! advice {
    ($($variant:ident $key:literal;)+) => {
        /// What a customer is asked to do.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub(super) enum Advice {
            $($variant,)+
        }

        impl Advice {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its key in `[correction.advice]`.
            fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),+ }
            }
        }
    };
}

advice! {
    Anew "ANEW";
    Records "RECORDS";
    NothingRequested "NOTHING_REQUESTED";
    FieldMissing "FIELD_MISSING";
    FieldFormat "FIELD_FORMAT";
    FieldTooLong "FIELD_TOO_LONG";
    DateInvalid "DATE_INVALID";
    ChoiceMissing "CHOICE_MISSING";
    ChoiceConflict "CHOICE_CONFLICT";
    ConsentMissing "CONSENT_MISSING";
    UserDuplicateOnForm "USER_DUPLICATE_ON_FORM";
    SignMissing "SIGN_MISSING";
    SignDateMissing "SIGN_DATE_MISSING";
    SignTooOld "SIGN_TOO_OLD";
    SignFutureDate "SIGN_FUTURE_DATE";
    SignNameMismatch "SIGN_NAME_MISMATCH";
    PinMissing "PIN_MISSING";
    PinFormat "PIN_FORMAT";
    NewPinMissing "NEW_PIN_MISSING";
    NewPinFormat "NEW_PIN_FORMAT";
    NewPinTooCommon "NEW_PIN_TOO_COMMON";
    NewPinMatchesAccountData "NEW_PIN_MATCHES_ACCOUNT_DATA";
    NewPinEqualsAccountPin "NEW_PIN_EQUALS_ACCOUNT_PIN";
    Unclear "UNCLEAR";
}

impl Advice {
    /// What to do about a reason.
    pub(super) fn on(reason: &Reason) -> Self {
        // An advice of the reason's own has its code's name.
        if let Some(own) = Self::ALL.iter().copied().find(|it| it.key() == reason.code.as_str()) {
            return own;
        }
        match reason.code.stage() {
            Stage::Account | Stage::Authority | Stage::People | Stage::Pin => Self::Records,
            // The same words as for a value in doubt: that a name is like another one on the account is nobody's business.
            _ if reason.code == ReasonCode::NameSuspicious => Self::Unclear,
            Stage::Reading if reason.field.is_some() => Self::Unclear,
            _ => Self::Anew,
        }
    }

    /// Whether the sentence begins with the place that it is about.
    pub(super) fn names_its_place(self) -> bool {
        !matches!(self, Self::Anew | Self::Records | Self::NothingRequested)
    }
}

/// Where a sentence is about, and what it says.
pub(super) struct Place<'a> {
    pub(super) section: &'a str,
    pub(super) row: Option<u8>,
    pub(super) label: Option<&'a str>,
    pub(super) advice: &'a str,
}

impl CorrectionTexts {
    /// What is printed on every correction form alike, by its keys.
    pub(in crate::template) fn printed(&self) -> [(&'static str, &str); 5] {
        [
            ("title", &self.title),
            ("intro", &self.intro),
            ("points", &self.points),
            ("steps", &self.steps),
            ("steps_text", &self.steps_text),
        ]
    }

    /// Whether the sentences are the same that are written with each form.
    pub(in crate::template) fn says_the_same_as(&self, other: &Self) -> bool {
        let patterns =
            |it: &Self| [&it.in_section, &it.in_box, &it.in_row, &it.in_box_of_row, &it.more].map(Clone::clone);
        patterns(self) == patterns(other) && self.advice == other.advice
    }

    pub(super) fn advice(&self, advice: Advice) -> &str {
        &self.advice[Advice::ALL.iter().position(|it| *it == advice).expect("ALL has every advice")]
    }

    pub(super) fn say(&self, place: &Place<'_>) -> String {
        let pattern = match (place.row, place.label) {
            (None, None) => &self.in_section,
            (None, Some(_)) => &self.in_box,
            (Some(_), None) => &self.in_row,
            (Some(_), Some(_)) => &self.in_box_of_row,
        };
        let row = place.row.map(|it| it.to_string()).unwrap_or_default();
        // In one pass: a heading that holds a brace stays what it is.
        let mut text = String::new();
        let mut rest = pattern.as_str();
        while let Some(at) = rest.find('{') {
            text.push_str(&rest[..at]);
            rest = &rest[at..];
            let known = [("{section}", place.section), ("{row}", &row), ("{advice}", place.advice)];
            let known = known.into_iter().chain(place.label.map(|it| ("{box}", it)));
            let (name, by) = known.into_iter().find(|(name, _)| rest.starts_with(name)).unwrap_or(("{", "{"));
            text.push_str(by);
            rest = &rest[name.len()..];
        }
        text + rest
    }
}

/// Reads `[correction]`.
pub(in crate::template) fn read(table: &TomlTable<'_>) -> CorrectionTexts {
    let pattern = |key: &str, needs: &[&str]| {
        table.parsed(key, String::new(), |text| {
            let lacking = needs.iter().find(|it| !text.contains(**it));
            lacking.map_or_else(|| Ok(text.to_owned()), |it| Err(format!("a text with {it} in it")))
        })
    };
    let advice = table.table("advice");
    let texts = CorrectionTexts {
        title: table.text("title"),
        intro: table.text("intro"),
        points: table.text("points"),
        steps: table.text("steps"),
        steps_text: table.text("steps_text"),
        in_section: pattern("in_section", &["{section}", "{advice}"]),
        in_box: pattern("in_box", &["{section}", "{box}", "{advice}"]),
        in_row: pattern("in_row", &["{section}", "{row}", "{advice}"]),
        in_box_of_row: pattern("in_box_of_row", &["{section}", "{row}", "{box}", "{advice}"]),
        more: pattern("more", &["{count}"]),
        advice: Advice::ALL.iter().map(|it| advice.as_ref().map(|of| of.text(it.key())).unwrap_or_default()).collect(),
    };
    if let Some(advice) = advice {
        advice.finish();
    }
    texts
}

const OURS: [(&str, &str); 5] = [
    ("de", include_str!("de.toml")),
    ("en", include_str!("en.toml")),
    ("es", include_str!("es.toml")),
    ("fr", include_str!("fr.toml")),
    ("ja", include_str!("ja.toml")),
];

/// Our own words in the language of this BCP 47 tag, where we have them.
pub(in crate::template) fn in_language(tag: &str) -> Option<CorrectionTexts> {
    let language = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let (_, text) = OURS.iter().find(|(it, _)| *it == language)?;
    let texts = read_toml(text, "our own words", |root| {
        let texts = read(&root);
        root.finish();
        texts
    });
    Some(texts.expect("our own words are whole"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_words_are_whole() {
        for (language, _) in OURS {
            let texts = in_language(&format!("{}-XX", language.to_ascii_uppercase())).unwrap();
            assert!(texts.advice.iter().all(|it| it.chars().count() <= 160), "{language}");
        }
        assert_eq!(in_language("cy"), None);
    }

    #[test]
    fn what_the_form_says_stays_what_it_says() {
        let place = Place { section: "{box}", row: None, label: Some("Phone {"), advice: "write." };
        assert_eq!(in_language("en").unwrap().say(&place), "{box}, Phone {: write.");
    }
}
