//! Requests while somebody waits, on the phone or at the console: shown, confirmed, decided by the engine that decides forms.

use std::io::IsTerminal;
use std::str::FromStr;

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountNumber};
use countersign_core::name_match::{NameKey, NameMatch};
use countersign_core::person::{Email, PersonName, Phone};
use countersign_core::pin::Pin;
use countersign_core::submission::{Channel, FirstPin, NewPerson};
use countersign_core::unformed::Unformed;
use countersign_ingest::batch::{NoMessages, RunSettings, Templates, Waiting, decide_waiting};
use countersign_ingest::outcome::{Ending, Outcome};
use countersign_ingest::reading::Reading;
use countersign_ingest::worker::FormReader;
use jiff::Timestamp;
use serde_json::json;

use super::account::{find_account, parse_number};
use super::caller::staff_name;
use super::set_up::Handed;
use crate::args::WaitingArgs;
use crate::entropy::{self, random};
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::outbox::write_due;
use crate::terminal::{BAD, BOLD, GOOD, say, styled};

/// Who asks for which account, and who takes it down.
pub(super) struct Asked {
    pub(super) account: Account,
    approver: PersonName,
    email: Option<Email>,
    phone: Option<Phone>,
    by: String,
}

/// What is asked for.
pub(super) enum Wish {
    /// To add this person.
    Add(NewPerson),
    /// To remove this one.
    Remove(PersonName, Option<Email>),
}

impl Asked {
    /// Reads who asks, and looks the account up.
    pub(super) fn of(home: &mut Home, args: &WaitingArgs) -> anyhow::Result<Self> {
        let number: AccountNumber = parse_number(&args.account)?;
        let approver = name(&args.approver_first, &args.approver_last, "--approver-first, --approver-last")?;
        let by = staff_name("by", &args.by)?.to_owned();
        let email = parsed("approver-email", args.approver_email.as_deref())?;
        let phone = parsed("approver-phone", args.approver_phone.as_deref())?;
        Ok(Self { account: find_account(&mut home.store, &number)?, approver, email, phone, by })
    }

    /// Takes email and phone of whoever asks from the account: whoever works the console has logged in as that person.
    pub(super) fn known_by_login(mut self) -> Self {
        let key = NameKey::of(&self.approver);
        let mut same = self.account.people.iter().filter(|it| NameKey::of(&it.name).compare(&key) == NameMatch::Same);
        if let (Some(person), None) = (same.next(), same.next()) {
            (self.email, self.phone) = (person.email.clone(), person.phone.clone());
        }
        self
    }

    /// Shows what will happen, and asks whether it shall.
    pub(super) fn confirm(&self, what: &str, args: &WaitingArgs) -> anyhow::Result<()> {
        if args.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            bail!(WrongInput("nobody is here to confirm: --yes does it without asking once more".to_owned()));
        }
        say(&format!("{}, {}", styled(BOLD, &self.account.number), self.account.name));
        say(&format!("  {} asks: {what}", self.approver));
        say("Shall it be done, if rules and PIN let it? [y/N]");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).context("cannot read the answer")?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            bail!(WrongInput("nothing was done".to_owned()));
        }
        Ok(())
    }

    /// Has it decided, and says what became of it.
    pub(super) fn decide(
        self,
        home: &mut Home,
        now: Timestamp,
        channel: Channel,
        (pin, wish): (Pin, Wish),
        as_json: bool,
    ) -> anyhow::Result<Exit> {
        let mut handed = None;
        let (additions, removals) = match wish {
            Wish::Add(person) => {
                if let FirstPin::BySetUpCode(code) = &person.pin {
                    handed = Some(Handed::of(code, now, home));
                }
                (vec![person], vec![])
            }
            Wish::Remove(name, email) => (vec![], vec![(name, email)]),
        };
        let on = jiff::tz::Offset::UTC.to_datetime(now).date();
        let request = Unformed {
            channel,
            account: self.account.number.clone(),
            signer: self.approver,
            email: self.email,
            phone: self.phone,
            sender: None,
            on,
            pin,
            additions,
            removals,
        };
        let waiting = Waiting { request, taken_by: self.by, nonce: random() };
        let pin_cost = home.pin_cost();
        let Home { policy, key, store, .. } = home;
        let templates = Templates::default();
        let settings = RunSettings {
            templates: &templates,
            reader: &NoForms,
            messages: &NoMessages,
            policy,
            key,
            pin_cost,
            random: &entropy::fill,
            now,
        };
        let (outcome, submission) = decide_waiting(waiting, &settings, store)?;
        let is_accepted = matches!(outcome.ending, Ending::Accepted(_));
        let handed = handed.filter(|_| is_accepted);
        if as_json {
            let mut answer = to_json(&outcome, submission.as_str());
            handed.iter().for_each(|it| it.add_to(&mut answer));
            say(&answer.to_string());
        } else {
            tell(&outcome, submission.as_str());
            handed.iter().for_each(Handed::tell);
        }
        write_due(home, now)?;
        Ok(if is_accepted { Exit::Done } else { Exit::Refused })
    }
}

/// What an option says, where it was given.
pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(
    option: &str,
    text: Option<&str>,
) -> anyhow::Result<Option<T>> {
    let read = text.map(|it| it.parse().map_err(|error| WrongInput(format!("--{option}: {error}"))));
    Ok(read.transpose()?)
}

/// A first and a last name, or an error that names the options.
pub(super) fn name(first: &str, last: &str, options: &str) -> anyhow::Result<PersonName> {
    Ok(PersonName::new(first, last).map_err(|error| WrongInput(format!("{options}: {error}")))?)
}

fn tell(outcome: &Outcome, submission: &str) {
    match &outcome.ending {
        Ending::Accepted(changes) => {
            for it in changes {
                let what =
                    if it.action == "add" { "is an Authorized User now" } else { "is no Authorized User any more" };
                say(&format!("{}: {} {} {what} ({submission})", styled(GOOD, "done"), it.first_name, it.last_name));
            }
        }
        ending => {
            say(&format!("{} ({submission}):", styled(BAD, "not done")));
            for it in ending.reasons() {
                let detail = it.detail.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
                say(&format!("  {} {}{detail}", it.code, it.code.for_staff()));
            }
        }
    }
}

fn to_json(outcome: &Outcome, submission: &str) -> serde_json::Value {
    json!({
        "submission": submission, "channel": outcome.channel.word(), "status": outcome.ending.word(),
        "account": outcome.asker.account.as_ref().map(ToString::to_string), "reasons": outcome.ending.reasons(),
        "pin_check": outcome.pin_check.word(), "audit_seq": outcome.audit_seq,
    })
}

/// Nothing is read: nobody sent a form.
struct NoForms;

impl FormReader for NoForms {
    fn read(&self, _: &[u8]) -> Reading {
        unreachable!("a request without a form has no bytes to read")
    }
}
