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
/// twins count, because some programs fold them, and so does what stands in front and is skipped or not seen: white
/// space, a byte order mark, characters without a width.
pub(super) fn harmless(cell: &str) -> Cow<'_, str> {
    let seen = cell.trim_start_matches(|it: char| is_skipped(it) && !breaks_cells(it));
    let starts_with_control = seen.starts_with(breaks_cells);
    let starts_formula = seen.trim_start_matches(is_skipped).starts_with(|it| "=+-@＝＋－＠".contains(it));
    if starts_formula || starts_with_control { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Whether a spreadsheet may end a cell here or begin another.
fn breaks_cells(it: char) -> bool {
    matches!(it, '\t' | '\r' | '\n')
}

/// Whether a program may skip a character in front of a formula: white space, and what has no width.
pub(super) fn is_skipped(it: char) -> bool {
    it.is_whitespace()
        || it.is_control()
        || matches!(it, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}')
        || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || matches!(it, '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_never_starts_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＠x", "－1", "＋1"] {
            assert_eq!(harmless(bad), format!("'{bad}"), "{bad:?}");
        }
        for bad in ["\u{200b}=1", "\u{feff}+1", "\u{feff} \u{2060}@x", " \tx", "\u{200b}\nx", "\0=1", "\u{ad}-1"] {
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
