//! CSV files that the staff hands in: columns in any order under a header, with or without a byte order mark. Every wrong row
//! is named by its line and column, never by what stands in the cell, which may be a PIN.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use anyhow::Context;
use csv::{ByteRecord, Reader, ReaderBuilder};

use crate::exit::WrongInput;
use crate::home::open_plain;
use crate::terminal::{count, warn};

/// Wrong rows that are named one by one.
const SHOWN_ROWS: u64 = 20;

/// A CSV file with known columns, read row by row.
pub(crate) struct Table {
    reader: Reader<PlainLines<File>>,
    columns: &'static [&'static str],
    /// Where each of `columns` stands in the file.
    places: Vec<usize>,
    shown: String,
}

impl Table {
    /// Opens a file and checks its header: all of `columns`, in any order, and no others.
    pub(crate) fn open(path: &Path, columns: &'static [&'static str]) -> anyhow::Result<Self> {
        let table = Self::open_with_others(path, columns)?;
        let mut reader = table.reader;
        let header = reader.byte_headers()?.clone();
        let unknown: Vec<String> =
            (0..header.len()).filter(|at| !table.places.contains(at)).map(|at| shown(&header, at)).collect();
        if !unknown.is_empty() {
            let (path, names) = (path.display(), unknown.join(", "));
            return Err(WrongInput(format!("{path}: unknown or repeated columns: {names}; {}", wanted(columns))).into());
        }
        Ok(Self { reader, ..table })
    }

    /// Opens a file and checks that its header names all of `columns`; what else it names is left alone.
    pub(crate) fn open_with_others(path: &Path, columns: &'static [&'static str]) -> anyhow::Result<Self> {
        let opening = || format!("cannot read {}", path.display());
        let file = open_plain(path)?;
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(PlainLines { inner: file, last: b'\n' });
        let header = reader.byte_headers().with_context(opening)?;
        let places = places(header, columns).map_err(|what| WrongInput(format!("{}: {what}", path.display())))?;
        Ok(Self { reader, columns, places, shown: path.display().to_string() })
    }

    /// Where a column stands that may be there.
    pub(crate) fn also(&mut self, column: &str) -> anyhow::Result<Option<usize>> {
        Ok(self.reader.byte_headers()?.iter().position(|it| it.trim_ascii() == column.as_bytes()))
    }

    /// The next row; `None` after the last.
    pub(crate) fn next(&mut self) -> anyhow::Result<Option<Line<'_>>> {
        let width = self.reader.byte_headers()?.len();
        let mut record = ByteRecord::new();
        let is_there =
            self.reader.read_byte_record(&mut record).with_context(|| format!("cannot read {}", self.shown))?;
        if !is_there {
            return Ok(None);
        }
        let number = first_line(&record, self.reader.position().line());
        let mut line = Line { number, record, columns: self.columns, places: &self.places, defects: Vec::new() };
        if line.record.len() != width {
            let what = format!("has {}, the header has {width}", count(line.record.len() as u64, "cell"));
            line.defects.push(Defect { column: "row", what });
        }
        Ok(Some(line))
    }
}

/// The line on which a record begins, from the line on which the next one does: the record's own position is that of the end
/// of the one before, which counts empty lines in between.
fn first_line(record: &ByteRecord, next: u64) -> u64 {
    next - 1 - record.as_slice().iter().filter(|it| **it == b'\n').count() as u64
}

/// Bytes without their carriage returns and with a line feed at the end, so that lines can be counted.
struct PlainLines<R> {
    inner: R,
    last: u8,
}

impl<R: Read> Read for PlainLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.inner.read(buffer)?;
            if read == 0 && self.last != b'\n' && !buffer.is_empty() {
                (buffer[0], self.last) = (b'\n', b'\n');
                return Ok(1);
            }
            let mut kept = 0;
            for at in 0..read {
                if buffer[at] != b'\r' {
                    buffer[kept] = buffer[at];
                    kept += 1;
                }
            }
            if kept > 0 {
                self.last = buffer[kept - 1];
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Where each of the columns stands in the header, or what is wrong with it.
fn places(header: &ByteRecord, columns: &[&str]) -> Result<Vec<usize>, String> {
    let place = |column: &&str| header.iter().position(|it| it.trim_ascii() == column.as_bytes());
    let found: Vec<Option<usize>> = columns.iter().map(place).collect();
    // Names nothing of a first line that may be data, PINs and all.
    if found.iter().all(Option::is_none) {
        let is_semicolons = header.iter().any(|it| it.contains(&b';'));
        let hint = if is_semicolons { ", and commas between them" } else { "" };
        return Err(format!("the first line must be the header; {}{hint}", wanted(columns)));
    }
    let missing: Vec<&str> = columns.iter().zip(&found).filter(|(_, it)| it.is_none()).map(|(it, _)| *it).collect();
    if !missing.is_empty() {
        return Err(format!("missing columns: {}; {}", missing.join(", "), wanted(columns)));
    }
    Ok(found.into_iter().flatten().collect())
}

fn wanted(columns: &[&str]) -> String {
    format!("wanted: {}", columns.join(","))
}

/// A header cell as messages show it: by its name if it looks like one.
fn shown(header: &ByteRecord, at: usize) -> String {
    let name = String::from_utf8_lossy(&header[at]);
    let is_name = name.len() <= 40 && name.chars().any(char::is_alphabetic) && !name.chars().any(char::is_control);
    if is_name { format!("`{}`", name.trim()) } else { format!("number {}", at + 1) }
}

/// One row, being checked.
pub(crate) struct Line<'t> {
    /// The line it begins on, from 1.
    pub(crate) number: u64,
    record: ByteRecord,
    columns: &'static [&'static str],
    places: &'t [usize],
    defects: Vec<Defect>,
}

/// What is wrong with a cell. Holds nothing of the cell itself.
struct Defect {
    column: &'static str,
    what: String,
}

impl Line<'_> {
    /// The cell without blanks around it; empty where the row is too short. One that is no UTF-8 is a defect.
    fn cell(&mut self, column: &'static str) -> Option<String> {
        let at = self.columns.iter().position(|it| *it == column).expect("only columns of the table are asked for");
        match std::str::from_utf8(self.record.get(self.places[at]).unwrap_or_default()) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(_) => self.defect(column, "is not UTF-8: save the file as `CSV UTF-8`"),
        }
    }

    /// The cell at a place that [`Table::also`] found, without blanks around it.
    pub(crate) fn text_at(&self, at: usize) -> String {
        String::from_utf8_lossy(self.record.get(at).unwrap_or_default()).trim().to_owned()
    }

    /// Notes that a cell is wrong. Always answers `None`.
    pub(crate) fn defect<T>(&mut self, column: &'static str, what: impl Display) -> Option<T> {
        self.defects.push(Defect { column, what: what.to_string() });
        None
    }

    /// Reads a cell with the given reader; `None` when it is wrong, which is noted.
    pub(crate) fn read<T, E: Display>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = zeroize::Zeroizing::new(self.cell(column)?);
        read(&text).or_else(|error| self.defect(column, error).ok_or(())).ok()
    }

    /// Reads a cell that must be filled.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<T> {
        self.read(column, str::parse)
    }

    /// Reads a cell that may be empty.
    pub(crate) fn parse_optional<T: FromStr<Err: Display>>(&mut self, column: &'static str) -> Option<Option<T>> {
        self.read(column, |text| if text.is_empty() { Ok(None) } else { text.parse().map(Some) })
    }

    /// Whether nothing was found wrong so far.
    pub(crate) fn is_good(&self) -> bool {
        self.defects.is_empty()
    }
}

/// The wrong rows of a file: how many, and the first of them in words.
pub(crate) struct WrongRows {
    limit: u64,
    shown: Vec<String>,
    last: Option<u64>,
    total: u64,
}

impl Default for WrongRows {
    fn default() -> Self {
        Self { limit: SHOWN_ROWS, shown: Vec::new(), last: None, total: 0 }
    }
}

impl WrongRows {
    /// Names every wrong row, however many there are.
    pub(crate) fn all_named() -> Self {
        Self { limit: u64::MAX, ..Self::default() }
    }

    /// Takes over what is wrong with a row.
    pub(crate) fn take(&mut self, line: Line<'_>) {
        for defect in &line.defects {
            self.add(line.number, defect.column, &defect.what);
        }
    }

    /// Notes that a cell of a row is wrong.
    pub(crate) fn add(&mut self, line: u64, column: &str, what: impl Display) {
        if self.last.replace(line) != Some(line) {
            self.total += 1;
        }
        if self.total <= self.limit {
            self.shown.push(format!("line {line}: {column}: {what}"));
        }
    }

    /// Prints them. An error when there are any: `outcome` says what therefore did not happen.
    pub(crate) fn report(self, path: &Path, outcome: &str) -> Result<(), WrongInput> {
        if self.total == 0 {
            return Ok(());
        }
        self.shown.iter().for_each(|it| warn(it));
        if self.total > self.limit {
            warn(&format!("… and {} more", count(self.total - self.limit, "wrong row")));
        }
        let are_wrong = if self.total == 1 { "is wrong" } else { "are wrong" };
        Err(WrongInput(format!("{} of {} {are_wrong}: {outcome}", count(self.total, "row"), path.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(bytes: &[u8]) -> anyhow::Result<(tempfile::TempDir, Table)> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("in.csv");
        std::fs::write(&path, bytes)?;
        let table = Table::open(&path, &["number", "pin"])?;
        Ok((dir, table))
    }

    fn rows(bytes: &[u8]) -> Vec<String> {
        let (_dir, mut table) = table(bytes).unwrap();
        let mut rows = Vec::new();
        while let Some(mut line) = table.next().unwrap() {
            let number: Option<u32> = line.parse("number");
            let shown = number.map_or("-".to_owned(), |it| it.to_string());
            let defects: Vec<String> = line.defects.iter().map(|it| it.column.to_owned()).collect();
            rows.push(format!("{}:{shown}:{}", line.number, defects.join("+")));
        }
        rows
    }

    #[test]
    fn columns_may_stand_in_any_order_after_a_byte_order_mark() {
        assert_eq!(rows(b"number,pin\n7,1\n"), ["2:7:"]);
        assert_eq!(rows(b"\xef\xbb\xbfpin, number\r\n1, 7 \r\n1,8"), ["2:7:", "3:8:"]);
    }

    #[test]
    fn a_row_is_named_by_the_line_it_begins_on() {
        assert_eq!(rows(b"number,pin\n7,\"1\n2\"\n8,1\n"), ["2:7:", "4:8:"]);
        assert_eq!(rows(b"number,pin\r\n7,\"1\r\n2\"\r\n\r\n8,1\r\n"), ["2:7:", "5:8:"]);
        assert_eq!(rows(b"number,pin\n\n\n8,1\n"), ["4:8:"]);
    }

    #[test]
    fn a_row_with_too_few_or_too_many_cells_is_wrong() {
        assert_eq!(rows(b"number,pin\n7\n8,1,2\n"), ["2:7:row", "3:8:row"]);
        assert_eq!(rows(b"number,pin\nx,1\n\xff,1\n"), ["2:-:number", "3:-:number"]);
    }

    #[test]
    fn a_wrong_header_is_named_but_never_one_that_may_be_data() {
        let check = |bytes: &[u8], expected: &str| {
            let error = table(bytes).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("0427"), "{error}");
        };
        check(b"A-1,0427\n", "the first line must be the header");
        check(b"number;pin\n", "commas");
        check(b"number,name\n", "missing columns: pin");
        check(b"number,pin,name\n", "unknown or repeated columns: `name`");
        check(b"number,pin,pin\n", "unknown or repeated columns: `pin`");
        check(b"number,pin,0427\n", "unknown or repeated columns: number 3");
        check(b"", "the first line must be the header");
    }

    #[test]
    fn the_first_wrong_rows_are_named_and_all_are_counted() {
        let mut wrong = WrongRows::default();
        for line in 2..50 {
            wrong.add(line, "number", "no");
            wrong.add(line, "pin", "no");
        }
        assert_eq!((wrong.total, wrong.shown.len()), (48, 40));
    }
}
