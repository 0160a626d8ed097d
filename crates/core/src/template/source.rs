//! A template's text, in which single values are found by their keys: to name their lines, and to change them while comments and
//! layout stay as their author wrote them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::TemplateId;

/// The text of a template file; it need not be a good one.
#[derive(Clone, Copy, Debug)]
pub struct TemplateSource<'t>(&'t str);

/// A value that takes the place of another.
#[derive(Clone, Debug)]
pub struct NewValue<'a> {
    /// The keys that lead to it.
    pub keys: &'a [&'a str],
    /// The value as TOML writes it.
    pub toml: String,
    /// A comment behind it, where it is the last thing on its line.
    pub note: Option<&'a str>,
}

/// A value that cannot be replaced, because it is not there.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the template has no `{0}`")]
pub struct NoSuchKey(pub String);

impl<'t> TemplateSource<'t> {
    /// Looks at a text.
    pub fn new(text: &'t str) -> Self {
        Self(text)
    }

    /// The line of a value, counted from 1; `["colors", "ink"]` is the key `ink` of `[colors]`.
    pub fn line_of(self, keys: &[&str]) -> Option<usize> {
        let at = self.range_of(keys)?.start;
        Some(line_at(self.0, at))
    }

    /// A value that is a text.
    pub fn text_of(self, keys: &[&str]) -> Option<String> {
        self.find(keys, |it| it.get_ref().as_str().map(str::to_owned))
    }

    /// The template that it says it is, good or not.
    pub fn id(self) -> Option<TemplateId> {
        let version = self.find(&["version"], |it| {
            let number = it.get_ref().as_integer()?;
            u16::from_str_radix(number.as_str(), number.radix()).ok()
        });
        Some(TemplateId { name: self.text_of(&["id"])?, version: version? })
    }

    /// The text with some values replaced. All else stays, comments too.
    ///
    /// # Errors
    /// When one of the keys is not there.
    pub fn with(self, changes: &[NewValue<'_>]) -> Result<String, NoSuchKey> {
        let mut places = Vec::new();
        for change in changes {
            let range = self.range_of(change.keys).ok_or_else(|| NoSuchKey(change.keys.join(".")))?;
            places.push((range, change));
        }
        places.sort_by_key(|(range, _)| range.start);
        let mut text = String::with_capacity(self.0.len());
        let mut from = 0;
        for (range, change) in places {
            text.push_str(&self.0[from..range.start]);
            text.push_str(&change.toml);
            let rest = self.0[range.end..].lines().next().unwrap_or_default().trim_start();
            // Within a table in one line a comment would swallow what follows.
            let ends_line = rest.is_empty() || rest.starts_with('#');
            if let Some(note) = change.note.filter(|_| ends_line) {
                text.push_str(&format!(" # {note}"));
            }
            from = range.end;
        }
        text.push_str(&self.0[from..]);
        Ok(text)
    }

    fn range_of(self, keys: &[&str]) -> Option<Range<usize>> {
        self.find(keys, |it| Some(it.span()))
    }

    fn find<T>(self, keys: &[&str], take: impl FnOnce(&Spanned<DeValue<'_>>) -> Option<T>) -> Option<T> {
        let (root, _) = DeTable::parse_recoverable(self.0);
        let (last, above) = keys.split_last()?;
        let mut table = root.get_ref();
        for key in above {
            table = table.get(*key)?.get_ref().as_table()?;
        }
        take(table.get(*last)?)
    }
}

impl TemplateId {
    /// Whether a text can be the name of a template: 1 to 40 of `a-z`, `0-9` and `-`.
    pub fn is_name(text: &str) -> bool {
        let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        (1..=40).contains(&text.len()) && text.bytes().all(is_plain)
    }
}

/// The line of a byte, counted from 1.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|it| **it == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a form\nid = \"one\" # its name\n\n[colors]\nink = \"#000000\"  # black\nfill = '#ffffff'\n";

    #[test]
    fn a_value_is_found_by_its_keys() {
        let source = TemplateSource::new(TEXT);
        assert_eq!((source.line_of(&["id"]), source.line_of(&["colors", "fill"])), (Some(2), Some(6)));
        assert_eq!(source.text_of(&["colors", "ink"]).as_deref(), Some("#000000"));
        assert_eq!(
            (source.line_of(&["colors", "line"]), source.line_of(&["id", "ink"]), source.line_of(&[])),
            (None, None, None)
        );
    }

    #[test]
    fn comments_stay_when_a_value_is_replaced() {
        let new = |keys, toml: &str, note| NewValue { keys, toml: toml.to_owned(), note };
        let changed = TemplateSource::new(TEXT)
            .with(&[new(&["colors", "fill"], "\"#eeeeee\"", None), new(&["id"], "\"another\"", Some("mine"))])
            .unwrap();
        assert_eq!(changed, TEXT.replace("\"one\"", "\"another\" # mine").replace("'#ffffff'", "\"#eeeeee\""));
        let missing = TemplateSource::new(TEXT).with(&[new(&["colors", "line"], "", None)]);
        assert_eq!(missing, Err(NoSuchKey("colors.line".to_owned())));
        let inline = "a = { b = 1, c = 2 }\n";
        let changed = TemplateSource::new(inline).with(&[new(&["a", "b"], "3", Some("swallows"))]).unwrap();
        assert_eq!(changed, "a = { b = 3, c = 2 }\n");
    }

    #[test]
    fn a_file_says_which_template_it_is() {
        let id = |text: &str| TemplateSource::new(text).id().map(|it| it.to_string());
        assert_eq!(id("id = \"a\"\nversion = 12\nnonsense = [").as_deref(), Some("a/12"));
        assert_eq!((id("id = \"a\""), id("id = 1\nversion = 1"), id("")), (None, None, None));
    }

    #[test]
    fn a_name_is_short_and_plain() {
        for good in ["a", "fernhill-2", &"x".repeat(40)] {
            assert!(TemplateId::is_name(good), "{good}");
        }
        for bad in ["", "A", "a b", "a/1", "é", "a_b", &"x".repeat(41)] {
            assert!(!TemplateId::is_name(bad), "{bad}");
        }
    }
}
