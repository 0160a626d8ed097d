//! A request that came without a form: said on the phone, made at the console, written in an email. Its values are parsed already; here
//! they are held against the rules that the boxes of a form are held against, and become a submission or all that is wrong with it.

use jiff::civil::Date;

use crate::account::AccountNumber;
use crate::decision::Validated;
use crate::name_match::suspicion;
use crate::new_pin::{self, NewPinContext};
use crate::people::doubt_address;
use crate::person::{Email, PersonName, Phone};
use crate::pin::Pin;
use crate::reason::{Reason, ReasonCode};
use crate::submission::{Channel, Claim, Incomplete, NewPerson, Request, Submission};

/// A request without a form.
pub struct Unformed {
    /// How it came.
    pub channel: Channel,
    /// For which account.
    pub account: AccountNumber,
    /// Who asks.
    pub signer: PersonName,
    /// Their address, as they gave it.
    pub email: Option<Email>,
    /// Their phone number, as they gave it.
    pub phone: Option<Phone>,
    /// The address that they wrote from, where that is proved.
    pub sender: Option<Email>,
    /// The day on which they asked.
    pub on: Date,
    /// The account's Security PIN, as they gave it.
    pub pin: Pin,
    /// Whom to add.
    pub additions: Vec<NewPerson>,
    /// Whom to remove: name, and address where it was given.
    pub removals: Vec<(PersonName, Option<Email>)>,
}

impl Unformed {
    /// The submission that it is, or everything that is wrong with it. Reasons name what they are about as on a form: `add.1.pin`.
    pub fn validated(self) -> Validated {
        let claim = Claim {
            account: Some(self.account.clone()),
            sender: self.sender.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            signer: Some(self.signer.clone()),
            signed_on: Some(self.on),
            ..Claim::default()
        };
        let mut doubts: Vec<Reason> = doubtful("signer", &self.signer).into_iter().collect();
        let mut defects = Vec::new();
        if self.additions.is_empty() && self.removals.is_empty() {
            defects.push(Reason::of_form(ReasonCode::NothingRequested));
        }
        let mut requests = Vec::new();
        for (at, person) in self.additions.into_iter().enumerate() {
            let field = format!("add.{}", at + 1);
            doubts.extend(doubtful(&field, &person.name));
            doubts.extend(person.email.as_ref().and_then(|it| doubt_address(&format!("{field}.email"), it)));
            let phones: Vec<Phone> = self.phone.iter().chain(&person.phone).cloned().collect();
            let context = NewPinContext { account: Some(&self.account), account_pin: Some(&self.pin), phones: &phones };
            let faults = person.pin.chosen().map(|it| new_pin::faults(it, context)).unwrap_or_default();
            defects.extend(faults.into_iter().map(|it| Reason::of_field(it, format!("{field}.pin"))));
            requests.push(Request::Add { field, person });
        }
        for (at, (name, email)) in self.removals.into_iter().enumerate() {
            let field = format!("remove.{}", at + 1);
            doubts.extend(doubtful(&field, &name));
            requests.push(Request::Remove { field, name, email });
        }
        if !defects.is_empty() {
            defects.extend(doubts);
            return Validated::Incomplete(Incomplete { claim, defects });
        }
        let Self { channel, account, signer, on: signed_on, pin, .. } =
            Self { additions: Vec::new(), removals: Vec::new(), ..self };
        Validated::Complete(Submission { channel, account, claim, signer, signed_on, requests, pin, doubts })
    }
}

fn doubtful(field: &str, name: &PersonName) -> Option<Reason> {
    suspicion(name).map(|why| Reason::of_field(ReasonCode::NameSuspicious, field).because(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pin::PinKind;
    use crate::submission::FirstPin;

    fn name(first: &str) -> PersonName {
        PersonName::new(first, "Lee").unwrap()
    }

    fn asked(new_pin: &str, first: &str) -> Validated {
        let person = NewPerson {
            name: name(first),
            email: None,
            phone: Some("+1 555 010 4268".parse().unwrap()),
            job: String::new(),
            pin: FirstPin::Chosen(Pin::parse(new_pin, PinKind::Person).unwrap()),
        };
        let unformed = Unformed {
            channel: Channel::Phone,
            account: "A-1008305".parse().unwrap(),
            signer: name("Ann"),
            email: None,
            phone: None,
            sender: None,
            on: jiff::civil::date(2026, 3, 4),
            pin: Pin::parse("719305", PinKind::Account).unwrap(),
            additions: vec![person],
            removals: vec![(name("Bo"), None)],
        };
        unformed.validated()
    }

    #[test]
    fn a_whole_request_is_a_submission_of_its_channel() {
        let validated = asked("6051", "Cy");
        let submission = validated.submission().unwrap();
        let fields: Vec<&str> = submission.requests.iter().map(Request::field).collect();
        assert_eq!((submission.channel, fields), (Channel::Phone, vec!["add.1", "remove.1"]));
        assert!(submission.doubts.is_empty());
    }

    #[test]
    fn the_rules_are_those_of_a_form() {
        for (pin, code) in [("1234", ReasonCode::NewPinTooCommon), ("4268", ReasonCode::NewPinMatchesAccountData)] {
            let Validated::Incomplete(it) = asked(pin, "Cy") else { panic!("{code}") };
            assert_eq!(it.defects, [Reason::of_field(code, "add.1.pin")]);
        }
        // A Cyrillic letter among Latin ones.
        let doubted = asked("6051", "Аnn");
        assert_eq!(doubted.submission().unwrap().doubts[0].code, ReasonCode::NameSuspicious);
    }

    #[test]
    fn who_asks_for_nothing_is_told_so() {
        let unformed = Unformed {
            channel: Channel::Console,
            account: "A-1".parse().unwrap(),
            signer: name("Ann"),
            email: None,
            phone: None,
            sender: None,
            on: jiff::civil::date(2026, 3, 4),
            pin: Pin::parse("7193", PinKind::Account).unwrap(),
            additions: Vec::new(),
            removals: Vec::new(),
        };
        let Validated::Incomplete(it) = unformed.validated() else { panic!("nothing was asked for") };
        assert_eq!(it.defects[0].code, ReasonCode::NothingRequested);
    }
}
