//! `phone …`: what somebody asks for on the phone, taken down by an agent at the desk.

use std::path::Path;

use countersign_core::person::{Email, Phone, tidy};
use countersign_core::pin::PinKind;
use countersign_core::submission::{Channel, FirstPin, NewPerson};
use jiff::Timestamp;

use super::waiting::{Asked, Wish, name, parsed};
use crate::args::PhoneCommand;
use crate::exit::Exit;
use crate::home::Home;
use crate::prompt;

/// What the agent asks the caller for.
pub(super) const SECURITY_PIN: (&str, PinKind) = ("Security PIN of the account", PinKind::Account);

pub(crate) fn run(home: &Path, now: Timestamp, command: &PhoneCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    match command {
        PhoneCommand::Add { waiting, first, last, email, phone, role } => {
            let person = name(first, last, "--first, --last")?;
            let email = parsed::<Email>("email", email.as_deref())?;
            let phone = parsed::<Phone>("phone", phone.as_deref())?;
            let asked = Asked::of(&mut home, waiting)?;
            asked.confirm(&format!("{person} becomes an Authorized User, with full privileges"), waiting)?;
            let new = ("PIN of the new Authorized User, 4 digits", PinKind::Person);
            let (pin, new_pin) = prompt::pin_and_new_pin(&waiting.pin, [SECURITY_PIN, new])?;
            let person = NewPerson { name: person, email, phone, job: tidy(role), pin: FirstPin::Chosen(new_pin) };
            asked.decide(&mut home, now, Channel::Phone, (pin, Wish::Add(person)), waiting.json)
        }
        PhoneCommand::Remove { waiting, first, last, email } => {
            let person = name(first, last, "--first, --last")?;
            let email = parsed::<Email>("email", email.as_deref())?;
            let asked = Asked::of(&mut home, waiting)?;
            asked.confirm(&format!("{person} is no Authorized User any more"), waiting)?;
            let pin = prompt::pin_once(&waiting.pin, SECURITY_PIN.1, SECURITY_PIN.0)?;
            asked.decide(&mut home, now, Channel::Phone, (pin, Wish::Remove(person, email)), waiting.json)
        }
    }
}
