//! What the program brings along: the template with its fonts, the commented policy and configuration, the samples.

/// A file that the program brings along.
pub(crate) struct Shipped {
    /// Where it goes, relative to the home; of a sample, its name.
    pub(crate) path: &'static str,
    /// Its bytes.
    pub(crate) bytes: &'static [u8],
}

/// The files of a new home's `templates` folder: the form in every language, its fonts and its logo.
pub(crate) const TEMPLATES: &[Shipped] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// `policy.toml` of a new home.
pub(crate) const POLICY: &str = include_str!("policy.toml");

/// `countersign.toml` of a new home.
pub(crate) const CONFIGURATION: &str = include_str!("countersign.toml");

/// The samples' accounts, the people on them, the blanks that were issued to them, and the vault key that all of it hangs on.
pub(crate) const SAMPLE_ACCOUNTS: &[u8] = include_bytes!("../../../samples/accounts.csv");
/// More people on the samples' accounts.
pub(crate) const SAMPLE_PEOPLE: &[u8] = include_bytes!("../../../samples/people.csv");
/// The blanks that were issued to the samples' accounts, as `blank` lists them.
pub(crate) const SAMPLE_ISSUED: &[u8] = include_bytes!("../../../samples/issued.csv");
/// Those that the sample mailbox was made of, in the same columns.
pub(crate) const SAMPLE_MAILBOX_ISSUED: &[u8] = include_bytes!("../../../samples/mailbox/issued.csv");
/// The vault key of the samples. Everybody has it: it protects nobody.
pub(crate) const SAMPLE_KEY: &str = include_str!("../../../samples/demo-vault.key");
/// The returned forms, each under its name.
pub(crate) const SAMPLE_RETURNED: &[Shipped] = include!(concat!(env!("OUT_DIR"), "/returned.rs"));
