//! What the tests of the rules write most: requests as lines, reasons as one line.

use countersign_core::person::{Email, PersonName};
use countersign_core::reason::{Reason, Severity};
use countersign_core::set_up_code::SetUpCode;
use countersign_core::submission::{FirstPin, NewPerson, Request};
use countersign_testkit::pin;

/// A person as mail programs write them: `Dora Novak`, or `Dora Novak <dora@novak.example>`. The last word is the
/// last name.
pub(crate) fn named(text: &str) -> (PersonName, Option<Email>) {
    let (name, email) = match text.split_once(" <") {
        Some((name, rest)) => (name, Some(rest.trim_end_matches('>'))),
        None => (text, None),
    };
    let (first, last) = name.rsplit_once(' ').expect("a name in a test has two parts");
    let name = PersonName::new(first, last).expect("a name in a test is one");
    (name, email.map(|it| it.parse().expect("an email address in a test is one")))
}

/// One request for each line, `add Dora Novak`, `invite Dora Novak` or `remove Bo Kim`, from the rows `add.1`, `remove.2` and so
/// on. A new person's PIN is `7193`; who is invited chooses one with the set-up code `0G0R-40M3-0R`.
pub(crate) fn requests(lines: &[impl AsRef<str>]) -> Vec<Request> {
    let request = |(at, line): (usize, &_)| {
        let (action, who) = AsRef::<str>::as_ref(line).split_once(' ').expect("a request in a test names someone");
        let row = if action == "remove" { "remove" } else { "add" };
        let (field, (name, email)) = (format!("{row}.{}", at + 1), named(who));
        match action {
            "add" | "invite" => {
                let code = || FirstPin::BySetUpCode(SetUpCode::mint([3; 7]));
                let pin = if action == "add" { FirstPin::Chosen(pin("7193")) } else { code() };
                let person = NewPerson { name, email, phone: None, job: "accounting".to_owned(), pin };
                Request::Add { field, person }
            }
            "remove" => Request::Remove { field, name, email },
            _ => panic!("a request in a test adds, invites or removes, it does not {action}"),
        }
    };
    lines.iter().enumerate().map(request).collect()
}

/// `FORM_EXPIRED form.expires; SIGNER_AMBIGUOUS signer (hold)`.
pub(crate) fn shown(reasons: &[Reason]) -> String {
    let one = |it: &Reason| {
        let field = it.field.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
        format!("{}{field}{}", it.code, if it.severity == Severity::Hold { " (hold)" } else { "" })
    };
    reasons.iter().map(one).collect::<Vec<_>>().join("; ")
}
