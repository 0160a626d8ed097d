//! Messages as people write them, each with what must be read in it: the held-out check of the generated ones.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::path::Path;

use countersign_core::pin::{Pin, PinKind};
use countersign_mail::approval::{Approval, ApprovalRequest, Body, Context, read};

/// A letter and its heading.
struct Letter {
    name: String,
    heading: Vec<(String, String)>,
    body: String,
}

impl Letter {
    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/letters");
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|it| Self::parse(it)).collect()
    }

    fn parse(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let (heading, body) = text.split_once("\n\n").unwrap();
        let entry = |line: &str| line.split_once(": ").map(|(key, value)| (key.to_owned(), value.to_owned())).unwrap();
        Self {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            heading: heading.lines().map(entry).collect(),
            body: body.to_owned(),
        }
    }

    fn all_of(&self, key: &str) -> Vec<&str> {
        self.heading.iter().filter(|it| it.0 == key).map(|it| it.1.as_str()).collect()
    }

    fn one(&self, key: &str) -> Option<&str> {
        self.all_of(key).first().copied()
    }

    fn read(&self) -> Approval {
        let body = if self.one("part") == Some("html") { Body::html(&self.body) } else { Body::plain(&self.body) };
        read(&body, &Context { subject: self.one("subject").unwrap_or_default().to_owned(), has_form: false })
    }

    /// What is wrong with a reading; `None` when nothing is.
    fn fault(&self, approval: &Approval) -> Option<String> {
        let expected = self.one("expect").unwrap();
        match approval {
            Approval::NotAsked => (expected != "not-asked").then(|| "not asked".to_owned()),
            Approval::Asks(request) if expected == "asks" => self.difference(request),
            Approval::Asks(_) => Some("asks".to_owned()),
            Approval::Unclear { doubts, .. } => {
                let words: Vec<&str> = doubts.iter().map(|it| it.kind.word()).collect();
                let is_expected = expected == "unclear" && self.all_of("doubt").iter().all(|it| words.contains(it));
                (!is_expected).then(|| format!("unclear: {}", words.join(" ")))
            }
        }
    }

    fn difference(&self, request: &ApprovalRequest) -> Option<String> {
        let name = |text: &str| text.replace(" | ", "|");
        let is_pin = |pin: &Pin, text: &str, kind| pin.equals(&Pin::parse(text, kind).unwrap());
        let approver = format!("{}|{}", request.approver.first(), request.approver.last());
        let users = self.all_of("user");
        let is_user = |(expected, user): (&&str, &countersign_core::submission::NewPerson)| {
            let (expected_name, pin) = expected.rsplit_once(" | ").unwrap();
            name(expected_name) == format!("{}|{}", user.name.first(), user.name.last())
                && user.pin.chosen().is_some_and(|it| is_pin(it, pin, PinKind::Person))
        };
        let faults = [
            (request.account.as_str() != self.one("account").unwrap(), "account"),
            (approver != name(self.one("approver").unwrap()), "approver"),
            (!is_pin(&request.security_pin, self.one("security").unwrap(), PinKind::Account), "security PIN"),
            (users.len() != request.users.len() || !users.iter().zip(&request.users).all(is_user), "users"),
        ];
        let found: Vec<&str> = faults.iter().filter(|it| it.0).map(|it| it.1).collect();
        (!found.is_empty()).then(|| format!("wrong {}", found.join(", ")))
    }
}

#[test]
fn letters_are_read_as_they_are_meant() {
    let letters = Letter::all();
    assert!(letters.len() >= 40);
    let faults: Vec<String> = letters
        .iter()
        .filter_map(|it| {
            Some(format!("{} (expected {}): {}", it.name, it.one("expect").unwrap(), it.fault(&it.read())?))
        })
        .collect();
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), letters.len(), faults.join("\n"));
}
