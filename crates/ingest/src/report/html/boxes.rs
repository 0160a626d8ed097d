//! The boxes of a form in the words of the office.

/// Fields that stand on a form once.
const SINGLE: [(&str, &str); 20] = [
    ("account.billing_email", "Account: billing email"),
    ("account.name", "Account: name"),
    ("account.number", "Account: number"),
    ("consent.full_privileges", "Consent to full privileges"),
    ("form.expires", "Form: return by"),
    ("form.instance", "Form: number"),
    ("form.template", "Form: which form"),
    ("signature", "Signature"),
    ("signature.date", "Signature: date"),
    ("signature.typed_name", "Signature: typed name"),
    ("signer", "Signer"),
    ("signer.email", "Signer: email"),
    ("signer.first_name", "Signer: first name"),
    ("signer.is_authorized_user", "Signer: is an Authorized User"),
    ("signer.is_owner", "Signer: is the Account Owner"),
    ("signer.last_name", "Signer: last name"),
    ("signer.phone", "Signer: phone"),
    ("signer.role", "Signer: role"),
    ("signer.security_pin", "Signer: Security PIN"),
    ("signer.title", "Signer: title"),
];
/// Fields that stand in each row of a table.
const IN_ROWS: [(&str, &str); 7] = [
    ("", ""),
    ("email", ": email"),
    ("first_name", ": first name"),
    ("last_name", ": last name"),
    ("phone", ": phone"),
    ("pin", ": PIN"),
    ("role", ": role"),
];

/// What a box is called, where the program knows it.
pub(super) fn label(field: &str) -> Option<String> {
    if let Some((_, label)) = SINGLE.iter().find(|(name, _)| *name == field) {
        return Some((*label).to_owned());
    }
    let mut parts = field.splitn(3, '.');
    let table = match parts.next()? {
        "add" => "Person to add",
        "remove" => "Person to remove",
        _ => return None,
    };
    let row: u8 = parts.next()?.parse().ok().filter(|it| (1..=99).contains(it))?;
    let column = parts.next().unwrap_or_default();
    let (_, label) = IN_ROWS.iter().find(|(name, _)| *name == column)?;
    Some(format!("{table} {row}{label}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_have_names_that_people_use() {
        let cases = [
            ("signer.security_pin", Some("Signer: Security PIN")),
            ("add.2.pin", Some("Person to add 2: PIN")),
            ("remove.1", Some("Person to remove 1")),
            ("extra.shoe_size", None),
            ("add.2.shoe_size", None),
            ("add.0.pin", None),
            ("add.123456.pin", None),
            ("add", None),
            ("", None),
        ];
        for (field, expected) in cases {
            assert_eq!(label(field).as_deref(), expected, "{field}");
        }
    }
}
