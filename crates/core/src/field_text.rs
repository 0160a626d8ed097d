//! The text of a form field: may be a PIN, so it shows itself to nobody who did not ask, and forgets itself on drop.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The text of a form field, as read.
#[derive(Clone, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct FieldText(Zeroizing<String>);

impl FieldText {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing but blanks was written.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for FieldText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FieldText(…)")
    }
}

impl From<String> for FieldText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for FieldText {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<FieldText> for String {
    fn from(text: FieldText) -> Self {
        text.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_text() {
        assert!(!format!("{:?}", FieldText::from("0427")).contains("0427"));
    }
}
