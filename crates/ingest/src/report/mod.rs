//! The reports of a run: one table for each way a file can end, each as CSV for people and as JSON lines for
//! programs, a summary whose sums must agree, and a page that shows it all. Rows are written as they are settled, so
//! memory stays flat.

mod csv;
mod html;
mod numbers;
mod rows;
mod summary;

use std::io::{self, Write};

pub use csv::CsvTable;
pub use html::Page;
pub use numbers::{count, thousands};
pub use summary::{Counts, PinSums, Summary};

use crate::batch::OutcomeSink;
use crate::outcome::{Ending, Outcome, RunHeader};
use rows::{ACCEPTED, DETAILS, DUPLICATES, HELD, IGNORED, REJECTED, Row};

/// Whether CSV files begin with a byte order mark, by which spreadsheets know UTF-8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ByteOrderMark {
    /// They do.
    Written,
    /// They do not.
    Left,
}

/// Where the files of a report go: a folder, or memory in tests.
pub trait ReportFolder {
    /// Opens a new file of this name.
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write>>;
}

/// The reports of one run, being written.
pub struct Report {
    header: RunHeader,
    accepted: Twin,
    rejected: Twin,
    details: Twin,
    held: Twin,
    duplicates: Twin,
    ignored: Twin,
    page: Page,
    summary: Summary,
}

/// A table twice: for people and for programs.
struct Twin {
    columns: &'static [&'static str],
    csv: CsvTable,
    lines: Box<dyn Write>,
}

impl Report {
    /// Opens every table of the report.
    pub fn create(header: RunHeader, bom: ByteOrderMark, folder: &mut dyn ReportFolder) -> io::Result<Self> {
        let mut open = |name: &str, columns| Twin::create(name, columns, bom, folder);
        Ok(Self {
            accepted: open("accepted", ACCEPTED)?,
            rejected: open("rejected", REJECTED)?,
            details: open("rejected_details", DETAILS)?,
            held: open("held", HELD)?,
            duplicates: open("duplicates", DUPLICATES)?,
            ignored: open("ignored", IGNORED)?,
            page: Page::default(),
            summary: Summary::of_run(&header),
            header,
        })
    }

    /// Writes what is still in memory of the tables. Answers the sums, and the page, which is written when they were judged.
    pub fn finish(mut self) -> io::Result<(Summary, Page)> {
        for twin in self.twins() {
            twin.flush()?;
        }
        Ok((self.summary, self.page))
    }

    fn twins(&mut self) -> [&mut Twin; 6] {
        [
            &mut self.accepted,
            &mut self.rejected,
            &mut self.details,
            &mut self.held,
            &mut self.duplicates,
            &mut self.ignored,
        ]
    }

    fn take_one(&mut self, outcome: &Outcome) -> io::Result<()> {
        self.summary.count(outcome);
        self.page.take(outcome);
        let row = Row::of(outcome, &self.header);
        match &outcome.ending {
            Ending::Accepted(changes) => {
                changes.iter().try_for_each(|it| self.accepted.write(&row.accepted(it, outcome.pin_check)))
            }
            Ending::Rejected(refusal) => {
                self.rejected.write(&row.refused(refusal, outcome.pin_check))?;
                refusal.reasons().iter().try_for_each(|it| self.details.write(&row.detail(it)))
            }
            Ending::Held(refusal) => self.held.write(&row.held(refusal, outcome.pin_check)),
            Ending::Duplicate(first) => self.duplicates.write(&row.duplicate(first)),
            Ending::Ignored(why) => self.ignored.write(&row.ignored(why)),
        }
    }
}

impl OutcomeSink for Report {
    fn take(&mut self, outcomes: &[Outcome]) -> io::Result<()> {
        outcomes.iter().try_for_each(|it| self.take_one(it))?;
        self.twins().into_iter().try_for_each(Twin::flush)
    }
}

impl Twin {
    fn create(
        name: &str,
        columns: &'static [&'static str],
        bom: ByteOrderMark,
        folder: &mut dyn ReportFolder,
    ) -> io::Result<Self> {
        let csv = CsvTable::create(folder.create(&format!("{name}.csv"))?, columns, bom)?;
        Ok(Self { columns, csv, lines: folder.create(&format!("{name}.jsonl"))? })
    }

    fn write(&mut self, cells: &[String]) -> io::Result<()> {
        assert_eq!(cells.len(), self.columns.len(), "a row has a cell for every column");
        self.csv.write(cells)?;
        let object: serde_json::Map<String, serde_json::Value> =
            self.columns.iter().zip(cells).map(|(name, cell)| ((*name).to_owned(), cell.as_str().into())).collect();
        serde_json::to_writer(&mut self.lines, &object)?;
        self.lines.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.csv.flush()?;
        self.lines.flush()
    }
}
