//! CSV as office programs take it without harm: RFC 4180, CRLF, every cell quoted, UTF-8 with a byte order mark, and
//! no cell that a spreadsheet would take for a formula (OWASP, "CSV Injection").

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::ByteOrderMark;

/// A CSV file, being written.
pub struct CsvTable {
    writer: Writer<Box<dyn Write>>,
}

impl CsvTable {
    /// Begins a file with its header row.
    pub fn create(mut file: Box<dyn Write>, columns: &[&str], bom: ByteOrderMark) -> io::Result<Self> {
        if bom == ByteOrderMark::Written {
            file.write_all("\u{feff}".as_bytes())?;
        }
        let mut table = Self::append(file);
        table.writer.write_record(columns)?;
        Ok(table)
    }

    /// Goes on with a file that has its header row.
    pub fn append(file: Box<dyn Write>) -> Self {
        let writer =
            WriterBuilder::new().quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(file);
        Self { writer }
    }

    /// Writes one row.
    pub fn write(&mut self, cells: &[String]) -> io::Result<()> {
        Ok(self.writer.write_record(cells.iter().map(|it| harmless(it).into_owned()))?)
    }

    /// Hands what is in memory to the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// A cell that no spreadsheet takes for a formula: one that would start one gets a leading apostrophe. Full-width
/// twins count, because some programs fold them, and so does white space in front, which others skip.
pub(super) fn harmless(cell: &str) -> Cow<'_, str> {
    let first = cell.trim_start().chars().next().or_else(|| cell.chars().next());
    let starts_formula = first.is_some_and(|it| "=+-@＝＋－＠".contains(it));
    let starts_with_control = cell.starts_with(['\t', '\r', '\n']);
    if starts_formula || starts_with_control { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_never_starts_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＠x", "－1", "＋1"] {
            assert_eq!(harmless(bad), format!("'{bad}"), "{bad:?}");
        }
        for good in ["", "O'Brien", "0427", "a=b", "2026-03-04", "'quoted", " "] {
            assert_eq!(harmless(good), good, "{good:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let shared = SharedBytes::default();
        let mut table = CsvTable::create(Box::new(shared.clone()), &["one", "two"], ByteOrderMark::Written).unwrap();
        table.write(&["a \"quoted\", cell".to_owned(), "two\r\nlines".to_owned()]).unwrap();
        table.flush().unwrap();
        let text = shared.text();
        assert!(text.starts_with("\u{feff}\"one\",\"two\"\r\n\"a \"\"quoted\"\", cell\",\"two"), "{text}");
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!((&row[0], &row[1]), ("a \"quoted\", cell", "two\r\nlines"));
    }

    #[derive(Clone, Default)]
    struct SharedBytes(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

    impl SharedBytes {
        fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for SharedBytes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
