//! `blank`: makes blank forms. Each is entered into the ledger before its file is written, so that no form is ever out that the
//! ledger does not know. Forms for a whole list are a job that may be cut off at any moment and begun again.

mod edition;
mod outbox;
mod print_shop;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountNumber, AccountStatus};
use countersign_core::store::AccountStore;
use countersign_core::template::TemplateId;
use countersign_store::SqliteStore;
use jiff::Timestamp;
use serde_json::json;

use super::account::{find_account, parse_number, staff_event};
use super::import::SeenBefore;
use crate::args::BlankArgs;
use crate::csv_input::{Table, WrongRows};
use crate::entropy::random;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::mint::{last_day, mint};
use crate::progress;
use crate::terminal::{GOOD, count, say, styled};
use edition::{Edition, Editions};
use outbox::{Made, Outbox, draw};

/// Blanks that are looked up, entered into the ledger, drawn and written together.
const BATCH: usize = 500;
/// Files of one folder, beyond which each thousand has a folder of its own.
const FOLDER: usize = 1000;

pub(crate) fn run(home: &Path, now: Timestamp, args: &BlankArgs) -> anyhow::Result<Exit> {
    make_blanks(&mut Home::open(home)?, now, args)
}

/// Makes the blanks in an open home.
pub(super) fn make_blanks(home: &mut Home, now: Timestamp, args: &BlankArgs) -> anyhow::Result<Exit> {
    let mut editions = Editions::of(home, args)?;
    let wanted = wanted(&mut home.store, args, &editions)?;
    print_shop::check(args)?;
    let mut outbox = Outbox::open(&args.output)?;
    let finished = outbox.finish_what_was_begun(home, &mut editions)?;
    // A list is a job: what was made for it is not made again.
    let is_job = args.accounts.is_some();
    let before = wanted.len();
    let open: Vec<&Wanted> = wanted.iter().filter(|it| !is_job || !outbox.has(it, &editions)).collect();
    let used: BTreeSet<usize> = open.iter().map(|it| it.edition).collect();
    editions.ready(&used.into_iter().map(|it| editions.all[it].template.id.clone()).collect())?;
    let bar = progress::bar(before as u64, "making forms");
    bar.set_position((before - open.len()) as u64);
    bar.reset_eta();
    let mut made = 0;
    for batch in open.chunks(BATCH) {
        let done = make(home, now, &editions, batch, &mut outbox).map(|()| bar.inc(batch.len() as u64));
        done.with_context(|| format!("after {}", count(made, "finished form")))?;
        made += batch.len() as u64;
    }
    bar.finish_and_clear();
    let held = outbox.close()?;
    tell(made, (before - open.len()) as u64, finished, args);
    print_shop::deliver(&args.output, held, &mut editions, args)?;
    Ok(Exit::Done)
}

fn tell(made: u64, before: u64, finished: u64, args: &BlankArgs) {
    let (made, folder) = (count(made, "form"), args.output.display());
    say(&format!("{} {made} in {folder}; {} says whose is which", styled(GOOD, "made"), outbox::MANIFEST));
    if before > 0 {
        let cut_off =
            if finished > 0 { format!(", {finished} of them cut off and finished now") } else { String::new() };
        say(&format!(
            "     {} of the list {} there before{cut_off}",
            count(before, "form"),
            if before == 1 { "was" } else { "were" }
        ));
    }
}

/// A blank that is wanted.
#[derive(Debug)]
pub(super) struct Wanted {
    /// For whom; `None`: a generic one.
    account: Option<AccountNumber>,
    /// Which of the editions.
    edition: usize,
    /// The folder for its file, where there are many.
    folder: Option<String>,
}

/// For whom blanks are wanted. Every account exists and is active.
fn wanted(store: &mut SqliteStore, args: &BlankArgs, editions: &Editions) -> anyhow::Result<Vec<Wanted>> {
    let one = |account| vec![Wanted { account, edition: editions.usual, folder: None }];
    match (&args.account, &args.accounts) {
        (Some(number), _) => {
            let account = find_account(store, &parse_number(number)?)?;
            if account.status == AccountStatus::Closed {
                bail!(WrongInput(format!("account {} is closed: it takes no changes", account.number)));
            }
            Ok(one(Some(account.number)))
        }
        (None, Some(file)) => accounts_of_file(store, file, editions),
        (None, None) => Ok(one(None)),
    }
}

fn accounts_of_file(store: &mut SqliteStore, file: &Path, editions: &Editions) -> anyhow::Result<Vec<Wanted>> {
    let mut table = Table::open_with_others(file, &["number"])?;
    let speaks = table.also("language")?;
    let (mut wrong, mut seen) = (WrongRows::all_named(), SeenBefore::default());
    let mut rows: Vec<(u64, AccountNumber, usize)> = Vec::new();
    while let Some(mut line) = table.next()? {
        let language = speaks.map(|at| line.text_at(at)).unwrap_or_default();
        let edition = match editions.in_language(&language) {
            Ok(edition) => edition,
            Err(what) => {
                line.defect::<()>("language", what);
                editions.usual
            }
        };
        if let Some(number) = line.parse("number") {
            if seen.insert(&number) {
                rows.push((line.number, number, edition));
            } else {
                line.defect::<()>("number", format!("{number} stands further up in the file"));
            }
        }
        wrong.take(line);
    }
    for batch in rows.chunks(BATCH) {
        let known = store.accounts(&batch.iter().map(|(_, number, _)| number.clone()).collect());
        let known = known.context("cannot look up accounts")?;
        for (line, number, _) in batch {
            match known.get(number).map(|it| it.status) {
                Some(AccountStatus::Active) => {}
                Some(AccountStatus::Closed) => wrong.add(*line, "number", format!("account {number} is closed")),
                None => wrong.add(*line, "number", format!("there is no account {number}")),
            }
        }
    }
    wrong.report(file, "no form was made")?;
    let has_folders = rows.len() > FOLDER;
    let wanted = rows.into_iter().enumerate().map(|(at, (_, account, edition))| Wanted {
        account: Some(account),
        edition,
        folder: has_folders.then(|| format!("{:04}", at / FOLDER)),
    });
    Ok(wanted.collect())
}

/// Makes one batch: drawing (in parallel), intent, ledger, files, list. What cannot be drawn is found before anything is noted.
fn make(
    home: &mut Home,
    now: Timestamp,
    editions: &Editions,
    batch: &[&Wanted],
    outbox: &mut Outbox,
) -> anyhow::Result<()> {
    let numbers = batch.iter().filter_map(|it| it.account.clone()).collect();
    let known = home.store.accounts(&numbers).context("cannot look up accounts")?;
    let mut blanks = Vec::new();
    let mut rows = Vec::new();
    for wanted in batch {
        let template = &editions.all[wanted.edition].template;
        let days = (now, last_day(template.valid_days, now)?);
        let blank = mint(random(), &template.id, wanted.account.as_ref(), days, &home.key);
        let header = wanted.account.as_ref().and_then(|it| known.get(it)).map(Account::header);
        rows.push(Made::of(&blank, header, wanted.folder.as_deref()));
        blanks.push(blank);
    }
    let drawn = draw(&rows, editions)?;
    outbox.intend(&rows)?;
    let account = if let [Wanted { account: Some(only), .. }] = batch { Some(only) } else { None };
    let names: BTreeSet<&TemplateId> = blanks.iter().map(|it| &it.template).collect();
    let names: Vec<String> = names.into_iter().map(TemplateId::to_string).collect();
    let evidence = json!({ "template": names.join(" "), "blanks": blanks.len() });
    let event = staff_event(now, "blanks issued", account, &evidence);
    home.store.issue_blanks(&blanks, event).context("cannot enter the forms into the ledger")?;
    outbox.put(&rows, &drawn)
}
