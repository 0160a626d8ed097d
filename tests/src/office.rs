//! A support office with a home, one account, and reports that are read back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use countersign_testkit::{Ended, Workplace};

use crate::{Answers, fill};

/// The account of the tests: its owner is Margaret Henley, its Security PIN 719305.
const ACCOUNTS: &str = "number,name,status,billing_email,owner_first_name,owner_last_name,owner_email,owner_phone,security_pin
A-1001101,Henley Dental Group,active,billing@henley.example,Margaret,Henley,margaret@henley.example,+1 555 010 0142,719305
";

/// A row of a report by column.
pub type Row = BTreeMap<String, String>;

/// A support office on 4 March 2026: a home with one account, whose PINs cost next to nothing to check.
pub struct Office {
    /// Where it works.
    pub at: Workplace,
}

impl Default for Office {
    fn default() -> Self {
        Self::open()
    }
}

impl Office {
    /// Opens the office.
    pub fn open() -> Self {
        let office = Self { at: Workplace::new() };
        office.at.run("init").done();
        let configuration = office.at.join("home/countersign.toml");
        let text = std::fs::read_to_string(&configuration).expect("a new home has a configuration");
        office.at.write("home/countersign.toml", format!("pin_cost = \"cheap-for-tests\"\n{text}"));
        office.at.write("accounts.csv", ACCOUNTS);
        office.run("account import accounts.csv").done();
        office
    }

    /// Runs the program at noon of that day.
    pub fn run(&self, arguments: &str) -> Ended {
        self.at.run(&format!("--now 2026-03-04T12:00:00Z {arguments}"))
    }

    /// A fresh blank for the account.
    ///
    /// # Panics
    /// When none is made.
    pub fn blank(&self) -> Vec<u8> {
        let outbox = tempfile::tempdir_in(self.at.path()).expect("a folder can be made");
        self.run(&format!("blank --account A-1001101 -o {}", outbox.path().display())).done();
        let mut files = std::fs::read_dir(outbox.path()).expect("the outbox is there").filter_map(Result::ok);
        let blank = files.find(|it| it.path().extension().is_some_and(|it| it == "pdf")).expect("a blank was made");
        std::fs::read(blank.path()).expect("the blank can be read")
    }

    /// Puts a filled form into the folder `returned`.
    pub fn receive(&self, name: &str, answers: &Answers) {
        let form = fill(&self.blank(), answers);
        self.at.write(&format!("returned/{name}"), form);
    }

    /// The rows of one report of the newest run.
    ///
    /// # Panics
    /// When there is no run.
    pub fn report(&self, table: &str) -> Vec<Row> {
        rows(&self.newest_run().join(format!("{table}.csv")))
    }

    /// The folder with the reports of the newest run.
    ///
    /// # Panics
    /// When there is no run.
    pub fn newest_run(&self) -> PathBuf {
        let runs = std::fs::read_dir(self.at.join("home/reports")).expect("there was a run").filter_map(Result::ok);
        runs.map(|it| it.path()).max().expect("there was a run")
    }
}

/// The rows of a report.
///
/// # Panics
/// When it cannot be read.
pub fn rows(path: &Path) -> Vec<Row> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().map(|it| it.expect("a row of a report")).collect()
}
