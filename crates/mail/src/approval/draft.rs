//! What is being gathered from a message: candidates for each value, from which one answer or a doubt comes.

use std::collections::BTreeSet;

use countersign_core::account::AccountNumber;
use countersign_core::name_match::{NameKey, NameMatch};
use countersign_core::person::{Email, PersonName, Phone};
use countersign_core::pin::{Pin, PinKind};
use countersign_core::submission::{FirstPin, NewPerson};
use zeroize::Zeroizing;

use super::doubt::{Doubt, DoubtKind};

/// Somebody to add, as far as the message was read.
pub(super) struct Draft {
    pub(super) name: PersonName,
    /// Each PIN that is theirs.
    pub(super) pins: Vec<Zeroizing<String>>,
    pub(super) emails: Vec<Email>,
    pub(super) phones: Vec<Phone>,
    pub(super) jobs: Vec<String>,
    /// Whether only a label `Name` says that they are to be added, outside any section.
    pub(super) is_unplaced: bool,
    /// Whether a PIN was taken for theirs that could be another's if the message named more people.
    pub(super) is_loose: bool,
}

/// All that was gathered.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) people: Vec<Draft>,
    pub(super) accounts: BTreeSet<AccountNumber>,
    pub(super) security_pins: Vec<Zeroizing<String>>,
    /// Those who approve by a label or by naming themselves.
    pub(super) approvers: Vec<PersonName>,
    pub(super) doubts: BTreeSet<Doubt>,
    /// How many people the message says are to be added.
    pub(super) counts: BTreeSet<usize>,
    /// Whether any value was labelled as a PIN.
    pub(super) has_pins: bool,
}

impl Gathered {
    /// Notes a doubt.
    pub(super) fn doubt(&mut self, kind: DoubtKind) {
        self.doubts.insert(kind.into());
    }

    /// Notes a doubt about somebody.
    pub(super) fn doubt_about(&mut self, kind: DoubtKind, name: &PersonName) {
        self.doubts.insert(Doubt { kind, about: Some(name.to_string()) });
    }

    /// The person with this name, made if there is none.
    pub(super) fn person(&mut self, name: PersonName) -> usize {
        if let Some(at) = self.find(&name) {
            return at;
        }
        self.people.push(Draft {
            name,
            pins: Vec::new(),
            emails: Vec::new(),
            phones: Vec::new(),
            jobs: Vec::new(),
            is_unplaced: false,
            is_loose: false,
        });
        self.people.len() - 1
    }

    /// The person with this name.
    pub(super) fn find(&self, name: &PersonName) -> Option<usize> {
        self.people.iter().position(|it| is_same(&it.name, name))
    }

    /// The one person with this first or last name.
    pub(super) fn find_by_part(&self, part: &str) -> Option<usize> {
        let has = |it: &Draft| [it.name.first(), it.name.last()].iter().any(|own| own.eq_ignore_ascii_case(part));
        let mut found = (0..self.people.len()).filter(|at| has(&self.people[*at]));
        found.next().filter(|_| found.next().is_none())
    }

    /// Gives a PIN to somebody.
    pub(super) fn give_pin(&mut self, person: usize, text: &str) {
        self.has_pins = true;
        let draft = &mut self.people[person];
        if !draft.pins.iter().any(|it| it.as_str() == text) {
            draft.pins.push(Zeroizing::new(text.to_owned()));
        }
    }

    /// Notes a Security PIN.
    pub(super) fn add_security_pin(&mut self, text: &str) {
        self.has_pins = true;
        if !self.security_pins.iter().any(|it| it.as_str() == text) {
            self.security_pins.push(Zeroizing::new(text.to_owned()));
        }
    }

    /// The account, if there is one; doubts otherwise.
    pub(super) fn take_account(&mut self) -> Option<AccountNumber> {
        match self.accounts.len() {
            0 => self.doubt(DoubtKind::AccountMissing),
            1 => {}
            _ => self.doubt(DoubtKind::AccountUnclear),
        }
        if self.accounts.len() == 1 { self.accounts.first().cloned() } else { None }
    }

    /// The Security PIN, if there is one; doubts otherwise.
    pub(super) fn take_security_pin(&mut self) -> Option<Pin> {
        let pin = match &self.security_pins[..] {
            [] => {
                let is_told = self.doubts.contains(&DoubtKind::SecurityPinUnclear.into());
                if !is_told {
                    self.doubt(DoubtKind::SecurityPinMissing);
                }
                return None;
            }
            [one] => Pin::parse(one, PinKind::Account).ok(),
            _ => None,
        };
        if pin.is_none() {
            self.doubt(DoubtKind::SecurityPinUnclear);
        }
        pin
    }

    /// The people, those who are sure; doubts about the others.
    pub(super) fn take_people(&mut self, approver: Option<&PersonName>) -> Vec<NewPerson> {
        let drafts = std::mem::take(&mut self.people);
        let several = drafts.len() > 1;
        if drafts.is_empty() && !self.doubts.iter().any(|it| it.kind == DoubtKind::UserNameUnclear) {
            self.doubt(DoubtKind::UserMissing);
        }
        if self.counts.iter().any(|it| *it != drafts.len()) {
            self.doubt(DoubtKind::CountDiffers);
        }
        let mut people = Vec::new();
        for draft in drafts {
            if approver.is_some_and(|it| compare(it, &draft.name) != NameMatch::Different) {
                self.doubt_about(DoubtKind::PersonTwice, &draft.name);
            }
            if draft.is_loose && several {
                self.doubt_about(DoubtKind::UserPinUnclear, &draft.name);
            }
            people.extend(self.finish(draft));
        }
        self.doubt_look_alikes(&people);
        people
    }

    fn finish(&mut self, draft: Draft) -> Option<NewPerson> {
        let Draft { name, mut pins, mut emails, mut phones, mut jobs, .. } = draft;
        if emails.len() > 1 || phones.len() > 1 || jobs.len() > 1 {
            self.doubt_about(DoubtKind::ContactUnclear, &name);
        }
        let pin = match (pins.len(), pins.pop()) {
            (0, _) => {
                self.doubt_about(DoubtKind::UserPinMissing, &name);
                return None;
            }
            (1, Some(text)) => Pin::parse(&text, PinKind::Person).ok(),
            _ => None,
        };
        if pin.is_none() {
            self.doubt_about(DoubtKind::UserPinUnclear, &name);
        }
        let (email, phone, job) = (emails.pop(), phones.pop(), jobs.pop().unwrap_or_default());
        Some(NewPerson { name, email, phone, job, pin: FirstPin::Chosen(pin?) })
    }

    /// Two people whose names are close may be one.
    fn doubt_look_alikes(&mut self, people: &[NewPerson]) {
        for (at, one) in people.iter().enumerate() {
            if people[..at].iter().any(|it| compare(&it.name, &one.name) != NameMatch::Different) {
                self.doubt_about(DoubtKind::PersonTwice, &one.name);
            }
        }
    }
}

/// Compares two names.
pub(super) fn compare(one: &PersonName, two: &PersonName) -> NameMatch {
    NameKey::of(one).compare(&NameKey::of(two))
}

/// Whether two names are the same.
pub(super) fn is_same(one: &PersonName, two: &PersonName) -> bool {
    compare(one, two) == NameMatch::Same
}
