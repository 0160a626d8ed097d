//! How much a returned form may cost to read. Every figure can be set in the policy file; the defaults are generous
//! for a form of one page and far below what hurts.

use serde::{Deserialize, Serialize};

/// The most a returned form may hold; more is `PDF_RESOURCE_LIMIT` (or `TOO_LARGE`), never a crash.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes: usize,
    /// Indirect objects, those in object streams included.
    pub objects: usize,
    /// Bytes that all object streams together may inflate to.
    pub inflated_bytes: usize,
    /// Bytes that one stream may inflate to.
    pub stream_bytes: usize,
    /// Levels of nesting: field tree, page tree, `/Parent` chains.
    pub depth: usize,
    /// Nodes of the field tree: fields, groups of fields and widgets.
    pub fields: usize,
    /// Pages.
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            objects: 20_000,
            inflated_bytes: 16 << 20,
            stream_bytes: 4 << 20,
            depth: 32,
            fields: 500,
            pages: 20,
        }
    }
}

impl Limits {
    /// Limits for looking at any form there is, not only at ours: books of forms with thousands of boxes.
    pub fn for_any_form() -> Self {
        Self {
            file_bytes: 64 << 20,
            objects: 400_000,
            inflated_bytes: 128 << 20,
            stream_bytes: 32 << 20,
            depth: 64,
            fields: 50_000,
            pages: 2_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_may_name_one_limit_and_leave_the_rest() {
        let limits: Limits = serde_json::from_str(r#"{"pages": 3}"#).unwrap();
        assert_eq!(limits, Limits { pages: 3, ..Limits::default() });
        assert!(serde_json::from_str::<Limits>(r#"{"page": 3}"#).is_err());
    }
}
