//! `blank`: makes blank forms. Each is entered into the ledger before it is drawn, so that no form is ever out that the
//! ledger does not know.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountHeader, AccountNumber, AccountStatus};
use countersign_core::instance::{InstanceClaims, InstanceId};
use countersign_core::store::{AccountStore, BlankState, IssuedBlank};
use countersign_core::template::{FormTemplate, Standing, TemplateId};
use countersign_core::vault::VaultKey;
use countersign_forms::{BlankForm, Prefill, Press};
use countersign_ingest::report::{ByteOrderMark, CsvTable};
use countersign_store::SqliteStore;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rayon::prelude::*;
use serde_json::json;

use super::account::{find_account, parse_number, staff_event};
use super::import::SeenBefore;
use crate::args::BlankArgs;
use crate::csv_input::{Table, WrongRows};
use crate::entropy::random;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::progress;
use crate::terminal::{GOOD, count, say, styled};

/// Blanks that are looked up, entered into the ledger, drawn and written together.
const BATCH: usize = 500;
const MANIFEST: &str = "manifest.csv";
const MANIFEST_COLUMNS: &[&str] = &[
    "file",
    "account_number",
    "account_name",
    "billing_email",
    "instance",
    "template",
    "version",
    "issued_at",
    "expires",
];

pub(crate) fn run(home: &Path, now: Timestamp, args: &BlankArgs) -> anyhow::Result<Exit> {
    make_blanks(&mut Home::open(home)?, now, args)
}

/// Makes the blanks in an open home.
pub(super) fn make_blanks(home: &mut Home, now: Timestamp, args: &BlankArgs) -> anyhow::Result<Exit> {
    let (template, press) = choose(home, args)?;
    let accounts = wanted(&mut home.store, args)?;
    let issue = Issue::of(&template, now)?;
    let mut outbox = Outbox::open(&args.output)?;
    let bar = progress::bar(accounts.len() as u64, "making forms");
    let mut made = 0;
    for batch in accounts.chunks(BATCH) {
        let done = make(home, &issue, &press, batch, &mut outbox).map(|()| bar.inc(batch.len() as u64));
        done.with_context(|| format!("after {}", count(made, "finished form")))?;
        made += batch.len() as u64;
    }
    bar.finish_and_clear();
    let (made, folder) = (count(made, "form"), args.output.display());
    say(&format!("{} {made} in {folder}; {MANIFEST} says whose is which", styled(GOOD, "made")));
    Ok(Exit::Done)
}

/// The newest version of the template whose blanks are made.
fn choose(home: &Home, args: &BlankArgs) -> anyhow::Result<(FormTemplate, Press)> {
    let name = args.template.as_ref().unwrap_or(&home.configuration.template);
    let mut presses = home.presses()?;
    let is_current = |(template, _): &(FormTemplate, Press)| template.standing == Standing::Current;
    let newest = presses.iter().rev().find(|(id, it)| id.name == *name && is_current(it)).map(|(id, _)| id.clone());
    newest.and_then(|id| presses.remove(&id)).ok_or_else(|| {
        let known: Vec<String> = presses.keys().map(TemplateId::to_string).collect();
        WrongInput(format!("no current version of the template `{name}`; the home has {}", known.join(", "))).into()
    })
}

/// For whom blanks are wanted; `None` for a generic one. Every account exists and is active.
fn wanted(store: &mut SqliteStore, args: &BlankArgs) -> anyhow::Result<Vec<Option<AccountNumber>>> {
    match (&args.account, &args.accounts) {
        (Some(number), _) => {
            let account = find_account(store, &parse_number(number)?)?;
            if account.status == AccountStatus::Closed {
                bail!(WrongInput(format!("account {} is closed: it takes no changes", account.number)));
            }
            Ok(vec![Some(account.number)])
        }
        (None, Some(file)) => Ok(accounts_of_file(store, file)?.into_iter().map(Some).collect()),
        (None, None) => Ok(vec![None]),
    }
}

fn accounts_of_file(store: &mut SqliteStore, file: &Path) -> anyhow::Result<Vec<AccountNumber>> {
    let mut table = Table::open_with_others(file, &["number"])?;
    let (mut wrong, mut seen) = (WrongRows::all_named(), SeenBefore::default());
    let mut rows: Vec<(u64, AccountNumber)> = Vec::new();
    while let Some(mut line) = table.next()? {
        if let Some(number) = line.parse("number") {
            if seen.insert(&number) {
                rows.push((line.number, number));
            } else {
                line.defect::<()>("number", format!("{number} stands further up in the file"));
            }
        }
        wrong.take(line);
    }
    for batch in rows.chunks(BATCH) {
        let known = store.accounts(&batch.iter().map(|(_, number)| number.clone()).collect());
        let known = known.context("cannot look up accounts")?;
        for (line, number) in batch {
            match known.get(number).map(|it| it.status) {
                Some(AccountStatus::Active) => {}
                Some(AccountStatus::Closed) => wrong.add(*line, "number", format!("account {number} is closed")),
                None => wrong.add(*line, "number", format!("there is no account {number}")),
            }
        }
    }
    wrong.report(file, "no form was made")?;
    Ok(rows.into_iter().map(|(_, number)| number).collect())
}

/// What all blanks of one command share.
struct Issue {
    template: TemplateId,
    at: Timestamp,
    expires: Date,
}

impl Issue {
    fn of(template: &FormTemplate, at: Timestamp) -> anyhow::Result<Self> {
        let today = jiff::tz::Offset::UTC.to_datetime(at).date();
        let expires = today.checked_add(i32::from(template.valid_days).days()).context("the blank never expires")?;
        Ok(Self { template: template.id.clone(), at, expires })
    }

    fn blank(&self, account: Option<&AccountNumber>, key: &VaultKey) -> IssuedBlank {
        let claims = InstanceClaims { template: &self.template, account, expires: self.expires };
        IssuedBlank {
            instance: InstanceId::mint(random(), &claims, key),
            template: self.template.clone(),
            account: account.cloned(),
            issued_at: self.at,
            expires: self.expires,
            state: BlankState::Issued,
            seal: None,
        }
    }

    fn prefill(&self, instance: &InstanceId, account: Option<AccountHeader>) -> Prefill {
        Prefill { instance: instance.clone(), expires: self.expires, issued: self.at, account }
    }
}

/// Makes one batch: ledger, drawing (in parallel), files.
fn make(
    home: &mut Home,
    issue: &Issue,
    press: &Press,
    batch: &[Option<AccountNumber>],
    outbox: &mut Outbox,
) -> anyhow::Result<()> {
    let known = home.store.accounts(&batch.iter().flatten().cloned().collect()).context("cannot look up accounts")?;
    let blanks: Vec<IssuedBlank> = batch.iter().map(|it| issue.blank(it.as_ref(), &home.key)).collect();
    let account = if let [Some(only)] = batch { Some(only) } else { None };
    let evidence = json!({ "template": issue.template.to_string(), "blanks": blanks.len() });
    let event = staff_event(issue.at, "blanks issued", account, &evidence);
    home.store.issue_blanks(&blanks, event).context("cannot enter the forms into the ledger")?;
    let draw = |blank: &IssuedBlank| -> anyhow::Result<(Option<AccountHeader>, BlankForm)> {
        let header = blank.account.as_ref().and_then(|it| known.get(it)).map(Account::header);
        let doing = || format!("cannot draw the form for {}", shown_account(blank));
        let form = press.render(&issue.prefill(&blank.instance, header.clone())).with_context(doing)?;
        Ok((header, form))
    };
    let drawn: Vec<_> = blanks.par_iter().map(draw).collect::<anyhow::Result<_>>()?;
    for (blank, (header, form)) in blanks.iter().zip(drawn) {
        outbox.put(blank, header.as_ref(), &form)?;
    }
    outbox.flush()
}

fn shown_account(blank: &IssuedBlank) -> String {
    blank.account.as_ref().map_or_else(|| "generic".to_owned(), |it| format!("account {it}"))
}

/// The folder where blanks go, with the list of them.
struct Outbox {
    folder: PathBuf,
    manifest: CsvTable,
}

impl Outbox {
    fn open(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let path = folder.join(MANIFEST);
        let opening = || format!("cannot write {}", path.display());
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).with_context(opening)?;
        let is_new = file.metadata().with_context(opening)?.len() == 0;
        let file: Box<dyn Write> = Box::new(BufWriter::new(file));
        let manifest = if is_new {
            CsvTable::create(file, MANIFEST_COLUMNS, ByteOrderMark::Written).with_context(opening)?
        } else {
            CsvTable::append(file)
        };
        Ok(Self { folder: folder.to_owned(), manifest })
    }

    /// Writes one blank and its line in the list. Never over a file that is there.
    fn put(&mut self, blank: &IssuedBlank, account: Option<&AccountHeader>, form: &BlankForm) -> anyhow::Result<()> {
        let whose = account.map_or_else(|| "generic".to_owned(), |it| it.number.to_string());
        let name = format!("{}-{whose}-{}.pdf", blank.template.name, &blank.instance.as_str()[..8]);
        let path = self.folder.join(&name);
        let writing = || format!("cannot write {}", path.display());
        let mut file: File =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).with_context(writing)?;
        file.write_all(&form.pdf).with_context(writing)?;
        let row = manifest_row(&name, blank, account);
        self.manifest.write(&row).with_context(|| format!("cannot write {MANIFEST}"))
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        self.manifest.flush().with_context(|| format!("cannot write {MANIFEST}"))
    }
}

fn manifest_row(name: &str, blank: &IssuedBlank, account: Option<&AccountHeader>) -> [String; 9] {
    [
        name.to_owned(),
        account.map(|it| it.number.to_string()).unwrap_or_default(),
        account.map(|it| it.name.clone()).unwrap_or_default(),
        account.map(|it| it.billing_email.to_string()).unwrap_or_default(),
        blank.instance.to_string(),
        blank.template.name.clone(),
        blank.template.version.to_string(),
        blank.issued_at.to_string(),
        blank.expires.to_string(),
    ]
}
