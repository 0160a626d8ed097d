//! The words of all letters in one language: ours in the files beside this one, or the provider's own.

use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use super::LetterKind;
use super::pattern::{Gap, Pattern};
use crate::compose::{LINE_MAX_CHARS, Line};

/// The longest text of a letter with its gaps, in characters.
pub const TEXT_MAX_CHARS: usize = 8_000;

/// The words of all letters in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterTexts {
    pub(super) moment: Pattern,
    pub(super) months: [String; 12],
    /// How to object, in this language; where it is left out, as the provider's configuration says.
    pub(super) object: Option<String>,
    notice: Words,
    carried_out: Words,
    corrections: Words,
    not_carried_out: Words,
    looked_at: Words,
    /// Said in the place of a point that asks for a form anew.
    pub(super) anew: String,
    pub(super) attached: String,
    pub(super) not_attached: String,
}

/// Subject and text of one kind of letter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    pub(super) subject: Pattern,
    pub(super) text: Pattern,
}

/// Everything that is wrong with a file of letters.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct BadLetters(Vec<(usize, String)>);

impl fmt::Display for BadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|(line, what)| format!("line {line}: {what}")).collect();
        f.write_str(&lines.join("; "))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    moment: Spanned<String>,
    months: Spanned<Vec<String>>,
    object: Option<Spanned<String>>,
    notice: Letter,
    carried_out: Letter,
    corrections: Corrections,
    not_carried_out: Letter,
    looked_at: Letter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    subject: Spanned<String>,
    text: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corrections {
    subject: Spanned<String>,
    text: Spanned<String>,
    anew: Spanned<String>,
    attached: Spanned<String>,
    not_attached: Spanned<String>,
}

impl LetterTexts {
    /// Reads the words of a language. Nothing may be left out but `object`: a letter that is half in another language helps nobody.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its line; a file that is not TOML, or has other keys, names the first only.
    pub fn parse(text: &str) -> Result<Self, BadLetters> {
        let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(1, |it| line(it.start));
            BadLetters(vec![(at, error.message().trim().replace('\n', " "))])
        })?;
        let mut reader = Reader { text, wrong: Vec::new() };
        let every = [Gap::Moment, Gap::Object];
        let more = [Gap::Account, Gap::Provider];
        let mut letter = |it: &Letter| reader.words(&it.subject, &it.text, (&every, &more));
        let [notice, carried_out, not_carried_out, looked_at] =
            [&file.notice, &file.carried_out, &file.not_carried_out, &file.looked_at].map(&mut letter);
        let Corrections { subject, text, anew, attached, not_attached } = &file.corrections;
        let points = [Gap::Object, Gap::Points, Gap::Form];
        let corrections = reader.words(subject, text, (&points, &[Gap::Moment, Gap::Account, Gap::Provider]));
        let texts = Self {
            moment: reader.pattern("moment", &file.moment, (&[Gap::Day, Gap::Month, Gap::Year, Gap::Time], &[])),
            months: reader.months(&file.months),
            object: file.object.as_ref().map(|it| reader.plain("object", it)),
            notice,
            carried_out,
            corrections,
            not_carried_out,
            looked_at,
            anew: reader.plain("anew", anew),
            attached: reader.plain("attached", attached),
            not_attached: reader.plain("not_attached", not_attached),
        };
        reader.wrong.sort();
        if reader.wrong.is_empty() { Ok(texts) } else { Err(BadLetters(reader.wrong)) }
    }

    /// Our own words in the language of this BCP 47 tag, where we have them.
    pub fn in_language(tag: &str) -> Option<Self> {
        let language = primary_language(tag);
        let (_, text) = OURS.iter().find(|(it, _)| *it == language)?;
        Some(Self::parse(text).expect("our own words are whole"))
    }

    pub(super) fn words(&self, kind: LetterKind) -> &Words {
        match kind {
            LetterKind::Notice => &self.notice,
            LetterKind::CarriedOut => &self.carried_out,
            LetterKind::Corrections => &self.corrections,
            LetterKind::NotCarriedOut => &self.not_carried_out,
            LetterKind::LookedAt => &self.looked_at,
        }
    }
}

/// The language of a BCP 47 tag without script and region, in lower case: `de` of `de-CH`.
pub fn primary_language(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

/// The gaps that a text must have, and those that it may have.
type Gaps<'a> = (&'a [Gap], &'a [Gap]);

/// A file being read, with all that is wrong with it.
struct Reader<'t> {
    text: &'t str,
    wrong: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, what: String) {
        let line = self.text[..at.min(self.text.len())].matches('\n').count() + 1;
        self.wrong.push((line, what));
    }

    fn words(&mut self, subject: &Spanned<String>, text: &Spanned<String>, gaps: Gaps<'_>) -> Words {
        // The account's last characters are few: with them a subject is still a line.
        let is_line =
            subject.get_ref().parse::<Line>().is_ok() && subject.get_ref().chars().count() <= LINE_MAX_CHARS / 2;
        if !is_line {
            let most = LINE_MAX_CHARS / 2;
            self.wrong(subject.span().start, format!("`subject`: must be one line of 1 to {most} characters"));
        }
        Words {
            subject: self.pattern("subject", subject, (&[], &[Gap::Account])),
            text: self.pattern("text", text, gaps),
        }
    }

    fn pattern(&mut self, key: &str, value: &Spanned<String>, (needed, allowed): Gaps<'_>) -> Pattern {
        let text = self.plain(key, value);
        Pattern::parse(&text, needed, allowed).unwrap_or_else(|error| {
            self.wrong(value.span().start, format!("`{key}`: {error}"));
            Pattern::parse("", &[], &[]).expect("an empty text has no gaps")
        })
    }

    fn plain(&mut self, key: &str, value: &Spanned<String>) -> String {
        let text = value.get_ref().trim();
        let is_text = (1..=TEXT_MAX_CHARS).contains(&text.chars().count());
        if !is_text || text.chars().any(|it| it.is_control() && it != '\n') {
            let what = format!("`{key}`: must have 1 to {TEXT_MAX_CHARS} characters, and none that steer a terminal");
            self.wrong(value.span().start, what);
        }
        text.to_owned()
    }

    fn months(&mut self, value: &Spanned<Vec<String>>) -> [String; 12] {
        value.get_ref().clone().try_into().unwrap_or_else(|_| {
            self.wrong(value.span().start, "`months`: must be twelve names".to_owned());
            Default::default()
        })
    }
}

/// Our own words.
pub(super) const OURS: [(&str, &str); 5] = [
    ("de", include_str!("de.toml")),
    ("en", include_str!("en.toml")),
    ("es", include_str!("es.toml")),
    ("fr", include_str!("fr.toml")),
    ("ja", include_str!("ja.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("en.toml");

    /// Checks what is said of our English words with something in them replaced.
    fn check(from: &str, to: &str, expected: &[&str]) {
        assert!(ENGLISH.contains(from), "{from}");
        let said = LetterTexts::parse(&ENGLISH.replacen(from, to, 1)).unwrap_err().to_string();
        assert_eq!(said, expected.join("; "));
    }

    #[test]
    fn our_own_words_are_whole() {
        for (language, text) in OURS {
            assert_eq!(LetterTexts::parse(text).err(), None, "{language}");
            assert!(LetterTexts::in_language(&format!("{}-XX", language.to_ascii_uppercase())).is_some());
        }
        assert_eq!(LetterTexts::in_language("cy"), None);
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        check(
            "account {account}\"",
            "account {number}\"",
            &["line 7: `subject`: `{number}` is nothing that is filled in here"],
        );
        check("\"{day} {month}", "\"{day} {mo", &["line 3: `moment`: `{mo {year}` is nothing that is filled in here"]);
        check("\"January\", ", "", &["line 4: `months`: must be twelve names"]);
        check("at once: {object}", "at once.", &["line 8: `text`: {object} must stand in it"]);
        check("{points}", "", &["line 40: `text`: {points} must stand in it"]);
        check(
            "anew = \"We",
            "anew = \"\\u0007We",
            &["line 55: `anew`: must have 1 to 8000 characters, and none that steer a terminal"],
        );
        check(
            "[looked_at]",
            "[lookedat]",
            &[
                "line 73: unknown field `lookedat`, expected one of `moment`, `months`, `object`, `notice`, `carried_out`, `corrections`, `not_carried_out`, `looked_at`",
            ],
        );
        let long = format!("subject = \"{}", "x".repeat(100));
        check("subject = \"A change", &long, &["line 7: `subject`: must be one line of 1 to 100 characters"]);
    }

    #[test]
    fn several_mistakes_are_told_at_once() {
        let text = ENGLISH.replace("{object}", "{phone}");
        let BadLetters(wrong) = LetterTexts::parse(&text).unwrap_err();
        assert_eq!(wrong.len(), 5);
    }
}
