//! Words for people: colours that switch themselves off in a pipe, tables, and the one place that prints.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use countersign_ingest::batch::is_direction_mark;
pub(crate) use countersign_ingest::report::{count, thousands};

/// For headings.
pub(crate) const BOLD: Style = Style::new().bold();
/// For small print.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// For what went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// For what was refused.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// For what wants a look.
pub(crate) const CARE: Style = AnsiColor::Yellow.on_default();

/// Prints a line of the answer. A reader that has gone away (`| head`) ends the printing, not the work.
pub(crate) fn say(line: &str) {
    if let Err(error) = writeln!(anstream::stdout(), "{line}")
        && error.kind() != ErrorKind::BrokenPipe
    {
        IS_OUTPUT_LOST.store(true, Ordering::Relaxed);
    }
}

/// Whether a part of the answer could not be printed, though its reader was there: a full disk.
pub(crate) fn is_output_lost() -> bool {
    IS_OUTPUT_LOST.load(Ordering::Relaxed)
}

static IS_OUTPUT_LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line beside the answer.
pub(crate) fn warn(line: &str) {
    drop(writeln!(anstream::stderr(), "{line}"));
}

/// A text in a style.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Lines of aligned columns under a heading; no cell is cut.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|it| plain(it)).collect()).collect();
    let width = |column: usize| -> usize {
        let cells = rows.iter().map(|it| it[column].chars().count());
        cells.chain([heading[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: Vec<&str>| -> String {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = styled(BOLD, line(heading.to_vec()));
    std::iter::once(head).chain(rows.iter().map(|it| line(it.iter().map(String::as_str).collect()))).collect()
}

/// A text from elsewhere without what moves the cursor or turns the line around.
fn plain(text: &str) -> String {
    let is_unseen = |it: char| it.is_control() || is_direction_mark(it);
    let mut shown = String::new();
    for letter in text.chars() {
        if is_unseen(letter) { shown.extend(letter.escape_unicode()) } else { shown.push(letter) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_elsewhere_does_not_turn_the_line_around() {
        let rows = vec![vec!["Ann\u{202e}eeL\x1b[2J".to_owned()]];
        assert_eq!(table(&["person"], &rows)[1], "Ann\\u{202e}eeL\\u{1b}[2J");
    }

    #[test]
    fn columns_stand_under_each_other() {
        let rows = vec![vec!["A-1".to_owned(), "Ann".to_owned()], vec!["A-1002".to_owned(), "Bo".to_owned()]];
        let lines = table(&["number", "name"], &rows);
        assert_eq!(lines[1], "A-1     Ann");
        assert_eq!(lines[2], "A-1002  Bo");
    }
}
