//! `user …`: the users of an account, and the switch of the admin page that makes one an Authorized User or takes that back.

use std::path::Path;

use anyhow::bail;
use countersign_core::person::{Person, PersonId, PersonStanding};
use countersign_core::pin::PinKind;
use countersign_core::submission::{Channel, FirstPin, NewPerson};
use jiff::Timestamp;
use serde_json::json;

use super::account::{find_account, parse_number};
use super::phone::SECURITY_PIN;
use super::waiting::{Asked, Wish};
use crate::args::{AccountNumberArgs, UserCommand};
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::prompt;
use crate::terminal::{say, table};

pub(crate) fn run(home: &Path, now: Timestamp, command: &UserCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    match command {
        UserCommand::List(args) => list(&mut home, args),
        UserCommand::Promote { waiting, user } => {
            let asked = Asked::of(&mut home, waiting)?.known_by_login();
            let person = person(&asked, *user)?.clone();
            if person.standing != PersonStanding::User {
                bail!(WrongInput(format!("{} is {} already", person.name, word(&person))));
            }
            asked.confirm(&format!("{} becomes an Authorized User, with full privileges", person.name), waiting)?;
            let new = ("PIN of the new Authorized User, 4 digits", PinKind::Person);
            let (pin, new_pin) = prompt::pin_and_new_pin(&waiting.pin, [SECURITY_PIN, new])?;
            let Person { name, email, phone, job, .. } = person;
            let wish = Wish::Add(NewPerson { name, email, phone, job, pin: FirstPin::Chosen(new_pin) });
            asked.decide(&mut home, now, Channel::Console, (pin, wish), waiting.json)
        }
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

fn list(home: &mut Home, args: &AccountNumberArgs) -> anyhow::Result<Exit> {
    const HEADING: [&str; 5] = ["number", "user", "standing", "email", "phone"];
    let account = find_account(&mut home.store, &parse_number(&args.number)?)?;
    if args.json {
        for it in &account.people {
            let (email, phone) =
                (it.email.as_ref().map(ToString::to_string), it.phone.as_ref().map(ToString::to_string));
            let line = json!({
                "number": it.id.0, "name": it.name.to_string(), "standing": it.standing.word(), "email": email, "phone": phone,
            });
            say(&line.to_string());
        }
        return Ok(Exit::Done);
    }
    let row = |it: &Person| -> Vec<String> {
        let email = it.email.as_ref().map(ToString::to_string).unwrap_or_default();
        let phone = it.phone.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![it.id.0.to_string(), it.name.to_string(), word(it), email, phone]
    };
    let rows: Vec<Vec<String>> = account.people.iter().map(row).collect();
    table(&HEADING, &rows).iter().for_each(|it| say(it));
    Ok(Exit::Done)
}
