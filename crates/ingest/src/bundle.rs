//! Several forms in one file, taken out in the reader: the files in a PDF portfolio, or forms whose pages were put together into one
//! PDF. Each is then read as a file of its own.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::reading::Finding;

/// What a file holds that is no form itself.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// How the files are in it.
    pub kind: BundleKind,
    /// The files, in the order in which they are decided; never none.
    pub files: Vec<Enclosed>,
}

/// How several files are in one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleKind {
    /// As the files of a PDF portfolio (ISO 32000-1, 12.3.5).
    Portfolio,
    /// As pages behind one another: the forms were merged.
    Merged,
}

impl BundleKind {
    /// What is said of the file itself, which is decided no further.
    pub fn what_it_is(self) -> &'static str {
        match self {
            Self::Portfolio => "a PDF portfolio: each file in it is decided",
            Self::Merged => "several forms in one PDF: each of them is decided",
        }
    }
}

/// A file in a file. It may be a form with PINs: it does not show its bytes.
#[derive(Clone, Eq, PartialEq, Serialize, Deserialize)]
pub struct Enclosed {
    /// Its name, as the portfolio has it, or after its pages.
    pub name: String,
    /// The file.
    #[serde(with = "hexadecimal")]
    pub bytes: Vec<u8>,
    /// What was odd about where it was; it is not seen in the file alone.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Finding>,
}

impl fmt::Debug for Enclosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Enclosed({} bytes)", self.bytes.len())
    }
}

/// Bytes as they cross the pipe: as numbers in JSON they would be twice as long.
mod hexadecimal {
    use countersign_core::vault::{from_hex, to_hex};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_hex(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        from_hex(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("no hexadecimal digits"))
    }
}
