//! Tag lists (RFC 6376, 3.2): `v=1; a=rsa-sha256; …`, in signatures and in keys.
//!
//! Strict, because mail-auth is not: there, the last of two tags of one name counts, names have no case, and a number that is none
//! is 0 (so that `x=never` never ends). A list with such things has no one meaning.

/// A tag list. Names are unique.
pub(super) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// Reads a list. `None` where it is none, or a name is there twice (RFC 6376, 3.2: the whole list is then invalid).
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        for spec in text.split(';') {
            let spec = spec.trim_matches(is_blank);
            if spec.is_empty() {
                continue;
            }
            let (name, value) = spec.split_once('=')?;
            let (name, value) = (name.trim_matches(is_blank), value.trim_matches(is_blank));
            let is_name = name.starts_with(|it: char| it.is_ascii_lowercase())
                && name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
            let is_value = value.bytes().all(|it| (0x21..=0x7e).contains(&it) || is_blank(char::from(it)));
            if !is_name || !is_value || tags.iter().any(|(it, _)| *it == name) {
                return None;
            }
            tags.push((name, value));
        }
        Some(Self(tags))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(it, _)| *it == name).map(|(_, value)| *value)
    }

    /// The name of the first tag.
    pub(super) fn first(&self) -> Option<&'a str> {
        self.0.first().map(|(name, _)| *name)
    }

    /// A value without any blanks.
    pub(super) fn compact(&self, name: &str) -> Option<String> {
        self.get(name).map(|it| it.replace(is_blank, ""))
    }

    /// The items of a value that are separated by colons, in lower case.
    pub(super) fn items(&self, name: &str) -> Option<Vec<String>> {
        let value = self.get(name)?;
        Some(value.split(':').map(|it| it.trim_matches(is_blank).to_ascii_lowercase()).collect())
    }

    /// A moment in seconds since 1970. `Some(None)` where there is a value and it is none.
    pub(super) fn seconds(&self, name: &str) -> Option<Option<i64>> {
        let value = self.get(name)?;
        let is_number = (1..=12).contains(&value.len()) && value.bytes().all(|it| it.is_ascii_digit());
        Some(if is_number { value.parse().ok() } else { None })
    }
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read() {
        let tags = Tags::read("v=1; a = rsa-sha256 ;\r\n\th=From : To;b=ab\r\n cd==;").unwrap();
        assert_eq!((tags.first(), tags.get("a"), tags.get("x")), (Some("v"), Some("rsa-sha256"), None));
        assert_eq!(tags.items("h").unwrap(), ["from", "to"]);
        assert_eq!(tags.compact("b").unwrap(), "abcd==");
    }

    #[test]
    fn a_list_with_two_meanings_is_none() {
        for text in ["a=1; a=2", "A=1", "a", "=1", "a b=1", "a=\u{e9}", "a=1;; b", "1a=1", "a=\0"] {
            assert!(Tags::read(text).is_none(), "{text:?}");
        }
        assert!(Tags::read("a=1;;b=2").is_some());
    }

    #[test]
    fn seconds_are_digits() {
        let check = |value: &str, expected: Option<i64>| {
            assert_eq!(Tags::read(&format!("t={value}")).unwrap().seconds("t"), Some(expected), "{value:?}");
        };
        check("1764244800", Some(1_764_244_800));
        check("", None);
        check("-1", None);
        check("+1", None);
        check("1 2", None);
        check("never", None);
        check("1234567890123", None);
        assert_eq!(Tags::read("").unwrap().seconds("t"), None);
    }
}
