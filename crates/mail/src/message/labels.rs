//! Where a part is, and what its header says of it.

use super::Limits;
use super::finding::safe_name;
use super::header::Header;
use super::values::{self, Typed};

/// Where a part is.
#[derive(Clone, Default)]
pub(super) struct Place {
    /// Numbers joined by dots; empty for the message itself.
    pub(super) path: String,
    pub(super) depth: usize,
    /// Whether its text is what the sender writes: not within an attached message.
    pub(super) is_foreign: bool,
    pub(super) choice: Option<usize>,
    /// Whether it is a part of `multipart/related`: its pictures belong to the text.
    pub(super) is_related: bool,
}

impl Place {
    pub(super) fn part(&self, number: usize) -> String {
        if self.path.is_empty() { number.to_string() } else { format!("{}.{number}", self.path) }
    }

    /// Its number; a message that has no parts is its own first one.
    pub(super) fn number(&self) -> String {
        if self.path.is_empty() { "1".to_owned() } else { self.path.clone() }
    }

    /// Its number and its file name, if it has one.
    pub(super) fn labelled(&self, labels: &Labels) -> String {
        match labels.file_name() {
            Some(name) => format!("{}/{name}", self.number()),
            None => self.number(),
        }
    }
}

/// What the header of a part says of it.
pub(super) struct Labels {
    pub(super) kind: Typed,
    pub(super) disposition: Option<Typed>,
    pub(super) encoding: String,
    pub(super) has_content_id: bool,
}

impl Labels {
    pub(super) fn of(header: &Header<'_>, limits: &Limits, default: &str) -> Self {
        let typed = |name| header.first(name).and_then(|it| values::typed(it, limits.field_bytes));
        let kind = typed("Content-Type").filter(|it| it.name.contains('/'));
        Self {
            kind: kind.unwrap_or_else(|| Typed::of(default)),
            disposition: typed("Content-Disposition"),
            encoding: header
                .first("Content-Transfer-Encoding")
                .map_or(String::new(), |it| it.text().to_ascii_lowercase()),
            has_content_id: header.first("Content-ID").is_some(),
        }
    }

    pub(super) fn file_name(&self) -> Option<String> {
        let name = self.disposition.as_ref().and_then(|it| it.parameter("filename")).or(self.kind.parameter("name"))?;
        let name = safe_name(&values::decoded_words(name));
        (!name.is_empty()).then_some(name)
    }

    pub(super) fn is_attachment(&self) -> bool {
        self.disposition.as_ref().is_some_and(|it| it.name == "attachment")
    }
}
