//! The field names that the engine gives a meaning to, the rule that each must have, and which must be there.

use std::collections::BTreeSet;

use super::{FieldSpec, FilledBy, ValueRule};

/// Name, rule, who fills it. Rows of tables are written with `N` for the number.
const KNOWN: [(&str, ValueRule, Option<FilledBy>); 26] = [
    ("form.template", ValueRule::Text, Some(FilledBy::Program)),
    ("form.instance", ValueRule::Text, Some(FilledBy::Program)),
    ("form.expires", ValueRule::Text, Some(FilledBy::Program)),
    ("account.number", ValueRule::AccountNumber, None),
    ("account.name", ValueRule::Text, None),
    ("account.billing_email", ValueRule::Email, None),
    ("signer.first_name", ValueRule::Name, Some(FilledBy::Customer)),
    ("signer.last_name", ValueRule::Name, Some(FilledBy::Customer)),
    ("signer.title", ValueRule::Text, Some(FilledBy::Customer)),
    ("signer.phone", ValueRule::Phone, Some(FilledBy::Customer)),
    ("signer.email", ValueRule::Email, Some(FilledBy::Customer)),
    ("signer.is_owner", ValueRule::Check, Some(FilledBy::Customer)),
    ("signer.is_authorized_user", ValueRule::Check, Some(FilledBy::Customer)),
    ("signer.security_pin", ValueRule::AccountPin, Some(FilledBy::Customer)),
    ("add.N.first_name", ValueRule::Name, Some(FilledBy::Customer)),
    ("add.N.last_name", ValueRule::Name, Some(FilledBy::Customer)),
    ("add.N.email", ValueRule::Email, Some(FilledBy::Customer)),
    ("add.N.phone", ValueRule::Phone, Some(FilledBy::Customer)),
    ("add.N.role", ValueRule::Text, Some(FilledBy::Customer)),
    ("add.N.pin", ValueRule::NewPin, Some(FilledBy::Customer)),
    ("remove.N.first_name", ValueRule::Name, Some(FilledBy::Customer)),
    ("remove.N.last_name", ValueRule::Name, Some(FilledBy::Customer)),
    ("remove.N.email", ValueRule::Email, Some(FilledBy::Customer)),
    ("consent.full_privileges", ValueRule::Check, Some(FilledBy::Customer)),
    ("signature.typed_name", ValueRule::Text, Some(FilledBy::Customer)),
    ("signature.date", ValueRule::Date, Some(FilledBy::Customer)),
];

/// What a decision cannot do without, on any form.
const NEEDED: [&str; 10] = [
    "form.template",
    "form.instance",
    "form.expires",
    "account.number",
    "signer.first_name",
    "signer.last_name",
    "signer.security_pin",
    "consent.full_privileges",
    "signature.typed_name",
    "signature.date",
];

/// What must be filled in: without it there is nothing to decide, or nobody to decide about.
const REQUIRED: [&str; 9] = [
    "account.number",
    "signer.first_name",
    "signer.last_name",
    "signature.typed_name",
    "signature.date",
    "add.N.first_name",
    "add.N.last_name",
    "remove.N.first_name",
    "remove.N.last_name",
];

/// What a row of a table cannot do without, if there is such a table.
const NEEDED_IN_ROWS: [(&str, &[&str]); 2] = [
    ("add.", &["add.N.first_name", "add.N.last_name", "add.N.pin"]),
    ("remove.", &["remove.N.first_name", "remove.N.last_name"]),
];

/// The names of a form's fields as they are read.
#[derive(Default)]
pub(super) struct Names {
    seen: BTreeSet<String>,
}

impl Names {
    /// Notes a field and answers what is wrong with it, and which key says so.
    pub(super) fn check(&mut self, name: &str, field: &FieldSpec) -> Vec<(&'static str, String)> {
        let mut mistakes = Vec::new();
        let is_part = |it: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            it == "N" || (!it.is_empty() && it.bytes().all(plain))
        };
        if !name.split('.').all(is_part) {
            mistakes.push((
                "name",
                format!("`{name}`: names are lower-case letters, digits and `_`, in parts between dots"),
            ));
        }
        if REQUIRED.contains(&name) && !field.required {
            mistakes.push(("required", format!("`{name}` must have `required = true`")));
        }
        let digits = match field.rule {
            ValueRule::AccountPin => 8,
            ValueRule::NewPin => 4,
            _ => 0,
        };
        if field.max_length.is_some_and(|it| it < digits) {
            mistakes.push(("max_length", format!("`{name}`: a PIN may have {digits} digits")));
        }
        if !self.seen.insert(name.to_owned()) {
            mistakes.push(("name", format!("`{name}` stands on the form twice")));
        }
        match KNOWN.iter().find(|(known, ..)| *known == name) {
            Some((_, rule, _)) if field.rule != *rule => {
                mistakes.push(("rule", format!("`{name}` must have the rule `{}`", rule.name())));
            }
            Some((_, _, Some(by))) if field.filled_by != *by => {
                mistakes.push(("filled_by", format!("`{name}` must be filled by the {}", by.name())));
            }
            Some((_, _, None)) if field.filled_by == FilledBy::Program => {
                mistakes.push(("filled_by", format!("`{name}` must be filled by prefill or by the customer")));
            }
            None if !name.starts_with("extra.") => {
                mistakes.push((
                    "name",
                    format!("`{name}` is no field that the program knows; your own start with `extra.`"),
                ));
            }
            None if field.rule.is_secret() || field.filled_by != FilledBy::Customer => {
                mistakes
                    .push(("rule", format!("`{name}`: your own fields take no PINs and are filled by the customer")));
            }
            _ => {}
        }
        mistakes
    }

    /// What the form lacks.
    pub(super) fn missing(&self) -> Vec<String> {
        let has_rows = |prefix: &str| self.seen.iter().any(|it| it.starts_with(prefix));
        let in_rows = NEEDED_IN_ROWS.iter().filter(|(prefix, _)| has_rows(prefix)).flat_map(|(_, names)| names.iter());
        let needed = NEEDED.iter().chain(in_rows).filter(|it| !self.seen.contains(**it));
        let mut missing: Vec<String> = needed.map(|it| format!("`{it}`")).collect();
        if !NEEDED_IN_ROWS.iter().any(|(prefix, _)| has_rows(prefix)) {
            missing.push("a table `add` or `remove`".to_owned());
        }
        missing
    }
}

impl ValueRule {
    /// The rule as templates write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Name => "name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::AccountNumber => "account-number",
            Self::AccountPin => "account-pin",
            Self::NewPin => "new-pin",
            Self::Date => "date",
            Self::Check => "check",
        }
    }
}

impl FilledBy {
    /// The word as templates write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Prefill => "prefill",
            Self::Program => "program",
        }
    }
}
