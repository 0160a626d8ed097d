//! The folder where blanks go, with the list of them, for people and for programs. What is about to be made is noted first, so that a
//! job that was cut off is finished by the next command: nobody gets two forms, and nobody none.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, ensure};
use countersign_core::account::{AccountHeader, AccountNumber};
use countersign_core::instance::InstanceId;
use countersign_core::store::{AccountStore, IssuedBlank};
use countersign_core::template::TemplateId;
use countersign_forms::Prefill;
use countersign_ingest::report::{ByteOrderMark, CsvTable};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Editions, Wanted};
use crate::exit::WrongInput;
use crate::home::Home;

/// The list for people.
pub(super) const MANIFEST: &str = "manifest.csv";
/// The same for programs, to the letter: a spreadsheet's safety changes some names in the other.
const LINES: &str = "manifest.jsonl";
/// What is being made.
const BEGUN: &str = "manifest.begun";
const COLUMNS: &[&str] = &[
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

/// One blank that was made, or is about to be.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Made {
    /// Its file, relative to the folder.
    pub(super) file: String,
    account_number: Option<AccountNumber>,
    account_name: Option<String>,
    billing_email: Option<String>,
    instance: InstanceId,
    template: String,
    version: u16,
    issued_at: Timestamp,
    expires: Date,
}

impl Made {
    pub(super) fn of(blank: &IssuedBlank, header: Option<AccountHeader>, folder: Option<&str>) -> Self {
        let whose = blank.account.as_ref().map_or_else(|| "generic".to_owned(), AccountNumber::to_string);
        let name = format!("{}-{whose}-{}.pdf", blank.template.name, &blank.instance.as_str()[..8]);
        Self {
            file: folder.map_or_else(|| name.clone(), |it| format!("{it}/{name}")),
            account_number: blank.account.clone(),
            account_name: header.as_ref().map(|it| it.name.clone()),
            billing_email: header.map(|it| it.billing_email.to_string()),
            instance: blank.instance.clone(),
            template: blank.template.name.clone(),
            version: blank.template.version,
            issued_at: blank.issued_at,
            expires: blank.expires,
        }
    }

    /// Reads a line of a list. Its file must lie in the folder: it is opened, and removed when it is unfinished.
    fn read(line: &[u8]) -> anyhow::Result<Self> {
        let row: Self = serde_json::from_slice(line)?;
        let is_plain = |it: Component<'_>| matches!(it, Component::Normal(_));
        ensure!(Path::new(&row.file).components().all(is_plain), "its file lies outside of the folder");
        Ok(row)
    }

    /// The template that it was made from.
    pub(super) fn template(&self) -> TemplateId {
        TemplateId { name: self.template.clone(), version: self.version }
    }

    /// What it says that others do not: enough to draw it again, to the byte.
    pub(super) fn prefill(&self) -> anyhow::Result<Prefill> {
        let account = match (&self.account_number, &self.account_name, &self.billing_email) {
            (Some(number), Some(name), Some(email)) => {
                let billing_email = email.parse().context("a billing email of the list is none")?;
                Some(AccountHeader { number: number.clone(), name: name.clone(), billing_email })
            }
            _ => None,
        };
        Ok(Prefill { instance: self.instance.clone(), expires: self.expires, issued: self.issued_at, account })
    }

    fn cells(&self) -> [String; 9] {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        [
            self.file.clone(),
            self.account_number.as_ref().map(AccountNumber::to_string).unwrap_or_default(),
            text(&self.account_name),
            text(&self.billing_email),
            self.instance.to_string(),
            self.template.clone(),
            self.version.to_string(),
            self.issued_at.to_string(),
            self.expires.to_string(),
        ]
    }
}

/// The folder, open for more blanks.
pub(super) struct Outbox {
    folder: PathBuf,
    lines: File,
    manifest: CsvTable,
    /// Whose forms are there, by template and account.
    there: HashSet<(String, AccountNumber)>,
    instances: HashSet<InstanceId>,
    folders: HashSet<PathBuf>,
}

impl Outbox {
    /// Opens a folder for this program alone, and reads what is there.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let path = folder.join(LINES);
        let opening = || format!("cannot write {}", path.display());
        let mut options = OpenOptions::new();
        let mut lines = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(opening)?;
        match lines.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let what = format!(
                    "another program is making forms in {}: wait for it, or choose another folder",
                    folder.display()
                );
                return Err(WrongInput(what).into());
            }
            Err(fs::TryLockError::Error(error)) => return Err(error).with_context(opening),
        }
        cut_torn_line(&mut lines).with_context(opening)?;
        let mut outbox = Self {
            folder: folder.to_owned(),
            lines,
            manifest: new_manifest(folder)?,
            there: HashSet::new(),
            instances: HashSet::new(),
            folders: HashSet::new(),
        };
        // The list for people is written anew from the other one, which is the one that counts.
        for row in rows(folder)? {
            let row = row?;
            outbox.manifest.write(&row.cells()).with_context(opening)?;
            outbox.note(&row);
        }
        outbox.manifest.flush().with_context(opening)?;
        Ok(outbox)
    }

    fn note(&mut self, row: &Made) {
        if let Some(number) = &row.account_number {
            self.there.insert((row.template.clone(), number.clone()));
        }
        self.instances.insert(row.instance.clone());
    }

    /// Whether the folder has this account's form, in whatever language.
    pub(super) fn has(&self, wanted: &Wanted, editions: &Editions) -> bool {
        let Some(number) = &wanted.account else { return false };
        editions.all.iter().any(|it| self.there.contains(&(it.template.id.name.clone(), number.clone())))
    }

    /// Notes what is about to be made, before the ledger knows it.
    pub(super) fn intend(&mut self, rows: &[Made]) -> anyhow::Result<()> {
        let path = self.folder.join(BEGUN);
        let noting = || format!("cannot write {}", path.display());
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).with_context(noting)?;
        let mut file = BufWriter::new(file);
        for row in rows {
            file.write_all(&line(row)).with_context(noting)?;
        }
        file.into_inner().map_err(|it| it.into_error()).and_then(|it| it.sync_data()).with_context(noting)
    }

    /// Makes what an earlier command noted and did not finish, as far as the ledger knows it; nobody can have the rest. Answers how
    /// many those are.
    pub(super) fn finish_what_was_begun(&mut self, home: &mut Home, editions: &mut Editions) -> anyhow::Result<u64> {
        let path = self.folder.join(BEGUN);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        // A torn line was never entered into the ledger: that comes after the last one is on disk.
        let begun = BufReader::new(file).split(b'\n').map_while(Result::ok).filter_map(|it| Made::read(&it).ok());
        let mut begun: Vec<Made> = begun.collect();
        let ids = begun.iter().map(|it| it.instance.clone()).collect();
        let known = home.store.blanks(&ids).context("cannot look up the forms that were begun")?;
        begun.retain(|it| known.contains_key(&it.instance) && !self.instances.contains(&it.instance));
        begun.retain(|it| editions.named(&it.template()).is_some());
        editions.ready(&begun.iter().map(Made::template).collect())?;
        let drawn = draw(&begun, editions)?;
        for row in &begun {
            // What was cut off in the middle of its file is written anew.
            match fs::remove_file(self.folder.join(&row.file)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| format!("cannot remove the unfinished {}", row.file));
                }
                _ => {}
            }
        }
        self.put(&begun, &drawn)?;
        Ok(begun.len() as u64)
    }

    /// Writes the files of blanks that the ledger has, and enters them into the list.
    pub(super) fn put(&mut self, rows: &[Made], drawn: &[Vec<u8>]) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        for (row, pdf) in rows.iter().zip(drawn) {
            self.put_file(row, pdf)?;
            lines.extend(line(row));
            self.note(row);
        }
        let writing = || format!("cannot write the list of forms in {}", self.folder.display());
        self.lines.write_all(&lines).with_context(writing)?;
        for row in rows {
            self.manifest.write(&row.cells()).with_context(writing)?;
        }
        self.manifest.flush().with_context(writing)
    }

    /// Writes one file, never over another.
    fn put_file(&mut self, row: &Made, pdf: &[u8]) -> anyhow::Result<()> {
        let path = self.folder.join(&row.file);
        let writing = || format!("cannot write {}", path.display());
        if let Some(folder) = path.parent().filter(|it| *it != self.folder && !self.folders.contains(*it)) {
            fs::create_dir_all(folder).with_context(writing)?;
            self.folders.insert(folder.to_owned());
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).with_context(writing)?;
        file.write_all(pdf).with_context(writing)
    }

    /// Everything is made: nothing is begun any more. Answers how many forms the folder holds.
    pub(super) fn close(self) -> anyhow::Result<u64> {
        match fs::remove_file(self.folder.join(BEGUN)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).context("cannot remove the note of what was begun")
            }
            _ => Ok(self.instances.len() as u64),
        }
    }
}

/// Draws blanks, in parallel.
pub(super) fn draw(rows: &[Made], editions: &Editions) -> anyhow::Result<Vec<Vec<u8>>> {
    let draw = |row: &Made| {
        let edition = editions.named(&row.template()).context("the template is there no more")?;
        let whose = row.account_number.as_ref().map_or_else(|| "nobody".to_owned(), |it| format!("account {it}"));
        let drawing = || format!("cannot draw the form for {whose}");
        Ok(edition.press().render(&row.prefill()?).with_context(drawing)?.pdf)
    };
    let drawn: Vec<anyhow::Result<Vec<u8>>> = rows.par_iter().map(draw).collect();
    // The first one in the order of the list, whichever thread was first.
    drawn.into_iter().collect()
}

fn line(row: &Made) -> Vec<u8> {
    let mut line = serde_json::to_vec(row).expect("a row is plain data");
    line.push(b'\n');
    line
}

/// Takes a last line away that was not written to its end.
fn cut_torn_line(lines: &mut File) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    lines.read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
    lines.set_len(whole as u64)?;
    lines.seek(SeekFrom::End(0)).map(|_| ())
}

/// The blanks that were made in a folder, in the order in which they were.
pub(super) fn rows(folder: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Made>>> {
    let path = folder.join(LINES);
    let reading = format!("cannot read {}", path.display());
    let file = File::open(&path).with_context(|| reading.clone())?;
    Ok(BufReader::new(file).split(b'\n').map(move |it| {
        let bytes = it.with_context(|| reading.clone())?;
        Made::read(&bytes).with_context(|| format!("{reading}: a line of it is no blank"))
    }))
}

/// An empty list for people.
fn new_manifest(folder: &Path) -> anyhow::Result<CsvTable> {
    let path = folder.join(MANIFEST);
    let writing = || format!("cannot write {}", path.display());
    let file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).with_context(writing)?;
    CsvTable::create(Box::new(BufWriter::new(file)), COLUMNS, ByteOrderMark::Written).with_context(writing)
}
