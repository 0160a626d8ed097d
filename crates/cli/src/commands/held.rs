//! `held …`: forms that wait for a person.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::decision::{DeskWord, Refusal};
use countersign_core::person::PersonId;
use countersign_core::reason::Reason;
use countersign_core::store::{AccountStore, ResolvedAs, Status, SubmissionRecord, Which};
use countersign_core::submission::{Request, SubmissionId};
use countersign_ingest::batch::{self, DeskAnswer, DeskForm, Person, RunSettings};
use countersign_ingest::inspect::{Pins, inspection_line};
use countersign_store::SqliteStore;
use jiff::Timestamp;
use serde_json::json;

use super::caller::staff_name;
use super::inspect;
use crate::archive;
use crate::args::{HeldCommand, ListArgs, OriginalsArgs, ResolveArgs};
use crate::desk::{Desk, Letter};
use crate::entropy;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::outbox::write_due;
use crate::terminal::{BAD, BOLD, CARE, GOOD, say, styled, table};

const FORMS_AT_ONCE: usize = 500;

pub(crate) fn run(home: &Path, now: Timestamp, command: &HeldCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    match command {
        HeldCommand::List(args) => list(&mut home, args),
        HeldCommand::Show { submission, json, originals } => show(&mut home, now, submission, *json, originals),
        HeldCommand::Resolve(args) => {
            let exit = resolve(&mut home, now, args)?;
            write_due(&mut home, now)?;
            Ok(exit)
        }
    }
}

fn list(home: &mut Home, args: &ListArgs) -> anyhow::Result<Exit> {
    const HEADING: [&str; 5] = ["submission", "since", "account", "file", "reasons"];
    let mut after: Option<SubmissionId> = None;
    loop {
        let page = home.store.submissions_after(Which::Held, after.as_ref(), FORMS_AT_ONCE);
        let page = page.context("cannot list held forms")?;
        let rows: Vec<Vec<String>> = page.iter().map(cells).collect();
        if args.json {
            page.iter().for_each(|it| say(&to_json(it).to_string()));
        } else if page.is_empty() && after.is_none() {
            say("No form waits for a person.");
        } else if !page.is_empty() {
            table(&HEADING, &rows).iter().skip(usize::from(after.is_some())).for_each(|it| say(it));
        }
        match page.last() {
            Some(last) => after = Some(last.id.clone()),
            None => return Ok(Exit::Done),
        }
    }
}

fn cells(record: &SubmissionRecord) -> Vec<String> {
    let codes: Vec<&str> = record.reasons.iter().map(|it| it.code.as_str()).collect();
    let account = record.account.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![record.id.to_string(), record.decided_at.to_string(), account, record.source_file.clone(), codes.join(" ")]
}

fn to_json(record: &SubmissionRecord) -> serde_json::Value {
    json!({
        "submission": record.id.as_str(), "run": record.run.to_string(), "held_at": record.decided_at.to_string(),
        "account": record.account.as_ref().map(ToString::to_string), "file": record.source_file,
        "file_sha256": record.file.to_hex(), "reasons": record.reasons,
    })
}

/// The submission with this id, or an error that there is none.
pub(super) fn submission(store: &mut SqliteStore, text: &str) -> anyhow::Result<SubmissionRecord> {
    let ids = BTreeSet::from([SubmissionId::from_stored(text.trim())]);
    let found = store.submissions(&ids).context("cannot look up the submission")?;
    let missing = || WrongInput(format!("there is no submission `{}`", text.escape_debug()));
    Ok(found.into_values().next().ok_or_else(missing)?)
}

/// The held submission with this id, or an error that says what became of it.
fn find(store: &mut SqliteStore, text: &str) -> anyhow::Result<SubmissionRecord> {
    let record = submission(store, text)?;
    if record.status == Status::Held {
        return Ok(record);
    }
    let ids = BTreeSet::from([record.id.clone()]);
    let by = store.resolutions(&ids).context("cannot look up the submission")?.into_values().next();
    let by = by.map(|it| format!(" by {}: {}", it.by, it.why)).unwrap_or_default();
    bail!(WrongInput(format!("submission {} is not held: it was {}{by}", record.id, record.status.word())))
}

fn show(home: &mut Home, now: Timestamp, id: &str, as_json: bool, args: &OriginalsArgs) -> anyhow::Result<Exit> {
    let record = find(&mut home.store, id)?;
    let mut desk = Desk::open(home, &record, args, now)?;
    let form = desk.read(&record, home, now)?;
    let looks = desk.templates.looks();
    let line = form.reading().map(|it| inspection_line(&record.source_file, it, looks, Pins::Masked));
    let letter = if line.is_none() { Some(desk.letter(&record)?) } else { None };
    let signers = form.possible_signers(&mut home.store)?;
    if as_json {
        let mut object = to_json(&record);
        if let Some(line) = &line {
            object["form"] = serde_json::from_str(line).context("cannot print the form")?;
        }
        object["message"] = letter.as_ref().map(Letter::to_json).into();
        object["asks"] = asks(&form).into();
        let signer = |it: &countersign_core::person::Person| json!({ "number": it.id.0, "name": it.name.to_string() });
        object["possible_signers"] = signers.iter().map(signer).collect();
        say(&object.to_string());
        return Ok(Exit::Done);
    }
    let account = record.account.as_ref().map(|it| format!(", account {it}")).unwrap_or_default();
    say(&format!("{}  held since {}, run {}{account}", styled(BOLD, &record.id), record.decided_at, record.run));
    tell_reasons(&record.reasons);
    say("");
    match (&line, &letter) {
        (Some(line), _) => inspect::show(line),
        (None, Some(letter)) => show_letter(letter, &form),
        (None, None) => unreachable!("what was held is a form or a message"),
    }
    if !signers.is_empty() {
        say("");
        say("May sign, and named like the signer (--signer NUMBER):");
        let row = |it: &countersign_core::person::Person| -> Vec<String> {
            let email = it.email.as_ref().map(ToString::to_string).unwrap_or_default();
            let phone = it.phone.as_ref().map(ToString::to_string).unwrap_or_default();
            vec![it.id.0.to_string(), it.name.to_string(), it.standing.word().to_owned(), email, phone]
        };
        let rows: Vec<Vec<String>> = signers.iter().map(row).collect();
        table(&["number", "person", "standing", "email", "phone"], &rows).iter().for_each(|it| say(it));
    }
    Ok(Exit::Done)
}

/// What is asked for, a line for each person.
fn asks(form: &DeskForm) -> Vec<String> {
    let line = |it: &Request| {
        let (verb, email) = match it {
            Request::Add { person, .. } => ("add", person.email.as_ref()),
            Request::Remove { email, .. } => ("remove", email.as_ref()),
        };
        let email = email.map(|it| format!(" <{it}>")).unwrap_or_default();
        format!("{verb} {}{email}", it.name())
    };
    form.requests().iter().map(line).collect()
}

fn show_letter(letter: &Letter, form: &DeskForm) {
    for (name, value) in [("from", &letter.from), ("subject", &letter.subject), ("written", &letter.written)] {
        say(&format!("  {name:<8} {value}"));
    }
    say("");
    letter.lines.iter().for_each(|it| say(&format!("  | {it}")));
    say("");
    let signer = form.claim().and_then(|it| it.signer.as_ref()).map_or("nobody".to_owned(), ToString::to_string);
    say(&format!("Read as: {signer} asks for"));
    match asks(form).as_slice() {
        [] => say("  nothing that is sure: it cannot be accepted as it is"),
        asked => asked.iter().for_each(|it| say(&format!("  {it}"))),
    }
}

fn tell_reasons(reasons: &[Reason]) {
    for reason in reasons {
        let field = reason.field.as_ref().map(|it| format!("{it}: ")).unwrap_or_default();
        let detail = reason.detail.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
        say(&format!("  {} {field}{}{detail}", styled(CARE, reason.code), reason.code.for_staff()));
    }
}

fn resolve(home: &mut Home, now: Timestamp, args: &ResolveArgs) -> anyhow::Result<Exit> {
    let (by, why) = (staff_name("by", &args.staff.by)?, staff_name("why", &args.staff.why)?);
    let person = Person { by, why };
    let record = find(&mut home.store, &args.submission)?;
    let mut desk = Desk::open(home, &record, &args.originals, now)?;
    let ended = if args.accept {
        let form = desk.read(&record, home, now)?;
        accept(home, now, args, (&desk, &form), person)?
    } else {
        let ended = if args.reject { ResolvedAs::Rejected } else { ResolvedAs::Correction };
        let policy = home.policy.digest();
        if batch::refuse(&record, ended, person, (&policy, now), &mut home.store)?.is_none() {
            bail!("somebody else resolved submission {} just now", record.id);
        }
        let what = if args.reject { "rejected" } else { "rejected, to be sent again" };
        say(&format!("{} {}", styled(GOOD, what), record.id));
        if args.ask_correction {
            say(&format!("Tell the customer: {}", Refusal::new(record.reasons.clone()).for_customer()));
            say(&format!("A form to send them: countersign correction --submission {}", record.id));
        }
        Some(Status::Rejected)
    };
    let Some(status) = ended else { return Ok(Exit::Refused) };
    if let Some(dir) = desk.originals.archive_of(record.original()) {
        archive::refile(dir, record.original(), status)
            .context("the form is resolved, but stays in its archive folder")?;
    }
    Ok(if args.accept && status != Status::Accepted { Exit::Refused } else { Exit::Done })
}

/// Accepts, if rules and PIN let it; `None` when the form is still held.
fn accept(
    home: &mut Home,
    now: Timestamp,
    args: &ResolveArgs,
    (desk, form): (&Desk, &DeskForm),
    person: Person<'_>,
) -> anyhow::Result<Option<Status>> {
    let word = DeskWord { signer: args.signer.map(PersonId) };
    let pin_cost = home.pin_cost();
    let Home { policy, key, store, .. } = home;
    let settings = RunSettings {
        templates: &desk.templates,
        reader: &desk.reader,
        messages: &desk.messages,
        policy,
        key,
        pin_cost,
        random: &entropy::fill,
        now,
    };
    match form.accept(&word, person, &settings, store)? {
        DeskAnswer::Accepted(changes) => {
            say(&format!("{} {}", styled(GOOD, "accepted"), args.submission.trim()));
            for it in changes {
                say(&format!("  {} {} {}", it.action, it.first_name, it.last_name));
            }
            Ok(Some(Status::Accepted))
        }
        DeskAnswer::Refused(refusal) => {
            say(&format!("{}, it is still held:", styled(BAD, "not accepted")));
            tell_reasons(refusal.reasons());
            Ok(None)
        }
        DeskAnswer::WrongPin(refusal) => {
            say(&format!("{}:", styled(BAD, "rejected")));
            tell_reasons(refusal.reasons());
            Ok(Some(Status::Rejected))
        }
        DeskAnswer::NotHeld => bail!("somebody else resolved submission {} just now", args.submission.trim()),
    }
}
