//! `demo`: the whole story on the samples that the program brings along, in a directory of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use countersign_core::instance::InstanceId;
use countersign_core::store::{AccountStore, BlankState, IssuedBlank};
use countersign_core::template::TemplateId;
use countersign_core::vault::VaultKey;
use jiff::Timestamp;
use serde_json::json;

use super::account::staff_event;
use super::{blank, import, import_people, ingest};
use crate::args::{BlankArgs, DemoArgs, ImportArgs, ImportPeopleArgs, IngestArgs};
use crate::csv_input::{Table, WrongRows};
use crate::exit::{Exit, WrongInput};
use crate::home::{Home, KeyPlace};
use crate::shipped::{
    SAMPLE_ACCOUNTS, SAMPLE_ISSUED, SAMPLE_KEY, SAMPLE_MAILBOX_ISSUED, SAMPLE_PEOPLE, SAMPLE_RETURNED,
};
use crate::summary;
use crate::terminal::{BOLD, FAINT, count, say, styled};

/// The day of the samples: the accounts are taken over and the blanks issued on 2 March 2026 …
const OPENING: Timestamp = Timestamp::constant(1_772_442_000, 0);
/// … and the forms that came back are read on 31 March 2026.
const CLOSING: Timestamp = Timestamp::constant(1_774_947_600, 0);
/// The account for which the demo makes a blank to look at.
const SHOWN_ACCOUNT: &str = "A-1001101";
const ISSUED_COLUMNS: &[&str] = &["account_number", "instance", "template", "version", "issued_at", "expires"];

pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<Exit> {
    let places = Places::prepare(&args.dir)?;
    step("A home with the public demo key, so that the sample forms verify");
    let key = VaultKey::from_file_text(SAMPLE_KEY).context("cannot take the demo key")?;
    Home::create_around(&places.home, &key, KeyPlace::File)?;
    let mut home = Home::open(&places.home)?;
    step("The accounts, and the people on them");
    let file = places.dir.join("accounts.csv");
    import::accounts(&mut home, OPENING, &ImportArgs { file, skip_existing: false })?;
    let file = places.dir.join("people.csv");
    import_people::people(&mut home, OPENING, &ImportPeopleArgs { file, skip_existing: false })?;
    step("The forms that were issued to them, into the ledger; and two fresh blanks to look at");
    for file in ["issued.csv", "issued-mailbox.csv"] {
        issue_samples(&mut home, &places.dir.join(file))?;
    }
    let output = places.dir.join("outbox");
    let one = BlankArgs {
        account: Some(SHOWN_ACCOUNT.to_owned()),
        accounts: None,
        generic: false,
        output,
        template: None,
        language: None,
        zip: None,
        merge: None,
    };
    blank::make_blanks(&mut home, OPENING, &one)?;
    blank::make_blanks(&mut home, OPENING, &BlankArgs { account: None, generic: true, ..one })?;
    if args.only_prepare {
        let (dir, home) = (places.dir.display(), places.home.display());
        say(&format!("Now: countersign --home {home} --now {CLOSING} ingest {dir}/returned"));
        return Ok(Exit::Done);
    }
    step("The forms that came back, as of 31 March 2026");
    let ingest_args = IngestArgs {
        paths: vec![places.dir.join("returned")],
        reports: Some(places.dir.join("reports")),
        threads: None,
        dry_run: false,
        json: false,
        archive: None,
        archive_in_the_clear: false,
        fail_on_reject: false,
        no_bom: false,
        allow_weak_isolation: true,
    };
    let done = ingest::ingest(&mut home, CLOSING, &ingest_args)?;
    drop(home);
    summary::lines(&done.summary, done.reports.as_deref()).iter().for_each(|it| say(it));
    next_steps(&places);
    Ok(if done.summary.reconciled && done.summary.internal_failures == 0 { Exit::Done } else { Exit::Failed })
}

fn step(text: &str) {
    say(&styled(BOLD, format!("▸ {text}")));
}

fn next_steps(places: &Places) {
    let (dir, home) = (places.dir.display(), places.home.display());
    say("");
    say(&styled(BOLD, "Where to look next"));
    let steps = [
        (format!("{dir}/outbox"), "a blank form: open it, fill it in"),
        (format!("countersign inspect {dir}/returned/*.pdf"), "what each returned form says"),
        (format!("countersign --home {home} account show {SHOWN_ACCOUNT}"), "who may act for an account now"),
        (format!("countersign --home {home} grant list {SHOWN_ACCOUNT}"), "since when, and by which form"),
        (format!("countersign --home {home} audit verify"), "that the record of what was done is whole"),
        (format!("countersign --home {home} ingest {dir}/returned"), "the same folder again: nothing is granted twice"),
    ];
    for (what, why) in steps {
        say(&format!("  {what}\n      {}", styled(FAINT, why)));
    }
}

/// Where the demo's files are.
struct Places {
    dir: PathBuf,
    home: PathBuf,
}

impl Places {
    /// Writes the samples into a directory that is new or empty.
    fn prepare(dir: &Path) -> anyhow::Result<Self> {
        let making = || format!("cannot make the directory {}", dir.display());
        if dir.exists() && fs::read_dir(dir).with_context(making)?.next().is_some() {
            let taken = format!("{} is there and not empty: name another directory, or remove it", dir.display());
            bail!(WrongInput(taken));
        }
        let returned = dir.join("returned");
        fs::create_dir_all(&returned).with_context(making)?;
        let write = |path: PathBuf, bytes: &[u8]| {
            fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
        };
        write(dir.join("accounts.csv"), SAMPLE_ACCOUNTS)?;
        write(dir.join("people.csv"), SAMPLE_PEOPLE)?;
        write(dir.join("issued.csv"), SAMPLE_ISSUED)?;
        write(dir.join("issued-mailbox.csv"), SAMPLE_MAILBOX_ISSUED)?;
        for form in SAMPLE_RETURNED {
            write(returned.join(form.path), form.bytes)?;
        }
        Ok(Self { dir: dir.to_owned(), home: dir.join("home") })
    }
}

/// Enters the blanks that the samples were made of into the ledger, as if this home had issued them.
fn issue_samples(home: &mut Home, file: &Path) -> anyhow::Result<()> {
    let mut table = Table::open_with_others(file, ISSUED_COLUMNS)?;
    let mut wrong = WrongRows::all_named();
    let mut blanks = Vec::new();
    while let Some(mut line) = table.next()? {
        let instance: Option<InstanceId> = line.parse("instance");
        let account = line.parse_optional("account_number");
        let name = line.parse("template");
        let version = line.parse("version");
        let (issued_at, expires) = (line.parse("issued_at"), line.parse("expires"));
        wrong.take(line);
        if let (Some(instance), Some(account), Some(name), Some(version), Some(issued_at), Some(expires)) =
            (instance, account, name, version, issued_at, expires)
        {
            let (template, state) = (TemplateId { name, version }, BlankState::Issued);
            blanks.push(IssuedBlank { instance, template, account, issued_at, expires, state, seal: None });
        }
    }
    wrong.report(file, "no form was entered into the ledger")?;
    let event = staff_event(OPENING, "blanks issued", None, &json!({ "blanks": blanks.len(), "samples": true }));
    home.store.issue_blanks(&blanks, event).context("cannot enter the forms into the ledger")?;
    say(&format!("{} in the ledger", count(blanks.len() as u64, "issued form")));
    Ok(())
}
