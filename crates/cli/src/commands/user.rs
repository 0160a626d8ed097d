//! `user …`: the users of an account, and the switch of the admin page that makes one an Authorized User or takes that back.

use std::path::Path;

use anyhow::bail;
use countersign_core::person::{Person, PersonId, PersonStanding};
use countersign_core::pin::PinKind;
use countersign_core::set_up_code::SetUpCode;
use countersign_core::submission::{Channel, FirstPin, NewPerson};
use jiff::Timestamp;
use serde_json::json;

use super::account::{find_account, parse_number};
use super::phone::SECURITY_PIN;
use super::set_up;
use super::waiting::{Asked, Wish};
use crate::args::{AccountNumberArgs, UserCommand};
use crate::entropy::random;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::prompt;
use crate::terminal::{say, table};

pub(crate) fn run(home: &Path, now: Timestamp, command: &UserCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    match command {
        UserCommand::List(args) => list(&mut home, args),
        UserCommand::Promote { waiting, user, set_up_code } => {
            let asked = Asked::of(&mut home, waiting)?.known_by_login();
            let person = person(&asked, *user)?.clone();
            if person.standing != PersonStanding::User {
                bail!(WrongInput(format!("{} is {} already", person.name, word(&person))));
            }
            asked.confirm(&format!("{} becomes an Authorized User, with full privileges", person.name), waiting)?;
            let (pin, first_pin) = if *set_up_code {
                let pin = prompt::pin_once(&waiting.pin, SECURITY_PIN.1, SECURITY_PIN.0)?;
                (pin, FirstPin::BySetUpCode(SetUpCode::mint(random())))
            } else {
                let new = ("PIN of the new Authorized User, 4 digits", PinKind::Person);
                let (pin, new_pin) = prompt::pin_and_new_pin(&waiting.pin, [SECURITY_PIN, new])?;
                (pin, FirstPin::Chosen(new_pin))
            };
            let Person { name, email, phone, job, .. } = person;
            let wish = Wish::Add(NewPerson { name, email, phone, job, pin: first_pin });
            asked.decide(&mut home, now, Channel::Console, (pin, wish), waiting.json)
        }
        UserCommand::SetUpCode(args) => set_up::issue(&mut home, now, args),
        UserCommand::SetPin(args) => set_up::set_pin(&mut home, now, args),
        UserCommand::Demote { waiting, user } => {
            let asked = Asked::of(&mut home, waiting)?.known_by_login();
            let person = person(&asked, *user)?.clone();
            if person.standing == PersonStanding::User {
                bail!(WrongInput(format!("{} is a plain user already", person.name)));
            }
            asked.confirm(&format!("{} is no Authorized User any more", person.name), waiting)?;
            let pin = prompt::pin_once(&waiting.pin, SECURITY_PIN.1, SECURITY_PIN.0)?;
            let wish = Wish::Remove(person.name, person.email);
            asked.decide(&mut home, now, Channel::Console, (pin, wish), waiting.json)
        }
    }
}

fn person(asked: &Asked, number: u32) -> anyhow::Result<&Person> {
    let found = asked.account.person(PersonId(number));
    let missing = || format!("account {} has no user {number}: `user list` has the numbers", asked.account.number);
    Ok(found.ok_or_else(|| WrongInput(missing()))?)
}

fn word(person: &Person) -> String {
    person.standing.word().replace('_', " ")
}

/// Which PIN they say on the phone: the account's Security PIN, their own, or none yet; nobody asks a plain user for one.
fn phone_pin(person: &Person) -> Option<&'static str> {
    match person.standing {
        PersonStanding::Owner => Some("account"),
        PersonStanding::AuthorizedUser { .. } => Some(if person.pin.is_some() { "own" } else { "none" }),
        PersonStanding::User => None,
    }
}

fn list(home: &mut Home, args: &AccountNumberArgs) -> anyhow::Result<Exit> {
    const HEADING: [&str; 6] = ["number", "user", "standing", "email", "phone", "PIN"];
    let account = find_account(&mut home.store, &parse_number(&args.number)?)?;
    if args.json {
        for it in &account.people {
            let (email, phone) =
                (it.email.as_ref().map(ToString::to_string), it.phone.as_ref().map(ToString::to_string));
            let until = it.code.as_ref().map(|it| it.until().to_string());
            let line = json!({
                "number": it.id.0, "name": it.name.to_string(), "standing": it.standing.word(), "email": email, "phone": phone,
                "phone_pin": phone_pin(it), "set_up_code_until": until,
            });
            say(&line.to_string());
        }
        return Ok(Exit::Done);
    }
    let row = |it: &Person| -> Vec<String> {
        let email = it.email.as_ref().map(ToString::to_string).unwrap_or_default();
        let phone = it.phone.as_ref().map(ToString::to_string).unwrap_or_default();
        let until = it.code.as_ref().map(|it| format!("set-up code until {}", it.until()));
        let pin = [phone_pin(it).map(ToOwned::to_owned), until].into_iter().flatten().collect::<Vec<_>>().join(", ");
        vec![it.id.0.to_string(), it.name.to_string(), word(it), email, phone, pin]
    };
    let rows: Vec<Vec<String>> = account.people.iter().map(row).collect();
    table(&HEADING, &rows).iter().for_each(|it| say(it));
    Ok(Exit::Done)
}
