//! `notices …`: letters to customers, which are written by what other commands do, and sent from here.

use std::path::Path;

use anyhow::{Context, bail};
use countersign_mail::letters::recipient;
use jiff::Timestamp;
use serde_json::json;

use crate::args::NoticesCommand;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::outbox::{Folder, LettersConfiguration, Postponed, Relay, Tally, send, write_due};
use crate::terminal::{CARE, GOOD, count, say, styled, table};

pub(crate) fn run(home: &Path, now: Timestamp, command: &NoticesCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    let Some(configuration) = home.configuration.letters.clone() else {
        let what = "this home writes no letters: countersign.toml lacks the table [letters]";
        bail!(WrongInput(what.to_owned()));
    };
    match command {
        NoticesCommand::List { json } => list(&Folder::of(home.path())?, *json),
        NoticesCommand::Write => {
            let written = write_due(&mut home, now)?;
            say(&format!("{} {}", styled(GOOD, "written"), count(written, "letter")));
            Ok(Exit::Done)
        }
        NoticesCommand::Send => send_letters(&mut home, now, &configuration),
    }
}

/// A letter that is not sent yet, or never will be.
struct Line {
    letter: String,
    to: String,
    state: &'static str,
    tries: u32,
    next: Option<Timestamp>,
    reply: String,
}

fn list(folder: &Folder, as_json: bool) -> anyhow::Result<Exit> {
    let mut lines = Vec::new();
    for letter in folder.waiting()? {
        let postponed = Postponed::of(folder, &letter)?;
        let eml = folder.read(&letter)?.unwrap_or_default();
        lines.push(Line {
            to: addressee(&eml),
            state: if postponed.is_some() { "postponed" } else { "waiting" },
            tries: postponed.as_ref().map_or(0, |it| it.tries),
            next: postponed.as_ref().map(|it| it.next),
            reply: postponed.map(|it| it.reply).unwrap_or_default(),
            letter,
        });
    }
    for letter in folder.refused()? {
        let reply = folder.read_refused(&format!("{letter}.txt"))?.unwrap_or_default();
        let eml = folder.read_refused(&letter)?.unwrap_or_default();
        let reply = String::from_utf8_lossy(&reply).trim().to_owned();
        lines.push(Line { to: addressee(&eml), state: "refused", tries: 0, next: None, reply, letter });
    }
    if as_json {
        for Line { letter, to, state, tries, next, reply } in &lines {
            let next = next.map(|it| it.to_string());
            let line =
                json!({ "letter": letter, "to": to, "state": state, "tries": tries, "next": next, "reply": reply });
            say(&line.to_string());
        }
    } else if lines.is_empty() {
        say("No letter waits.");
    } else {
        let row = |it: &Line| -> Vec<String> {
            let next = it.next.map(|it| it.to_string()).unwrap_or_default();
            vec![it.letter.clone(), it.to.clone(), it.state.to_owned(), next, it.reply.clone()]
        };
        let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
        table(&["letter", "to", "state", "next try", "reply"], &rows).iter().for_each(|it| say(it));
    }
    Ok(Exit::Done)
}

fn addressee(eml: &[u8]) -> String {
    recipient(eml).map(|it| it.to_string()).unwrap_or_default()
}

fn send_letters(home: &mut Home, now: Timestamp, configuration: &LettersConfiguration) -> anyhow::Result<Exit> {
    let Some(relay) = &configuration.smtp else {
        let what = "no relay is configured: countersign.toml lacks [letters.smtp]; letters wait in the home's outbox";
        bail!(WrongInput(what.to_owned()));
    };
    let mut relay = Relay::of(home.path(), relay, &configuration.office().from)?;
    write_due(home, now)?;
    let Tally { sent, refused, postponed } =
        send(&Folder::of(home.path())?, &mut relay, now).context("cannot send letters; they wait in the outbox")?;
    relay.close();
    say(&format!("{} {}", styled(GOOD, "sent"), count(sent, "letter")));
    if postponed > 0 {
        say(&format!("{} {}: `notices list` says why", styled(CARE, "postponed"), count(postponed, "letter")));
    }
    if refused > 0 {
        say(&format!(
            "{} {}: outbox/refused has each with the reply",
            styled(CARE, "refused"),
            count(refused, "letter")
        ));
    }
    Ok(if refused > 0 { Exit::Refused } else { Exit::Done })
}
