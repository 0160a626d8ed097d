//! The body of a message, and its visible lines: plain text into lines and cells. HTML is `html.rs`.

use std::fmt;

use countersign_core::field_text::FieldText;
use zeroize::Zeroizing;

use super::characters::{is_invisible, is_letter, is_odd_digit, plain, turns_a_line};

/// The body of a message, as its text parts hold it, decoded. Shows itself to nobody.
#[derive(Clone, Default)]
pub struct Body {
    /// The `text/plain` part.
    pub text: Option<FieldText>,
    /// The `text/html` part: what most people see.
    pub html: Option<FieldText>,
}

impl Body {
    /// A body of plain text.
    pub fn plain(text: &str) -> Self {
        Self { text: Some(text.into()), html: None }
    }

    /// A body of HTML.
    pub fn html(html: &str) -> Self {
        Self { text: None, html: Some(html.into()) }
    }

    /// A body that says the same twice (`multipart/alternative`, RFC 2046, 5.1.4).
    pub fn both(text: &str, html: &str) -> Self {
        Self { text: Some(text.into()), html: Some(html.into()) }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body(text: {}, html: {})", self.text.is_some(), self.html.is_some())
    }
}

/// A line as a person sees it.
#[derive(Clone, Default)]
pub(super) struct Line {
    /// Its cells, tidied; a line that is no row of a table has one.
    pub(super) cells: Vec<Zeroizing<String>>,
    /// Whether it is marked as somebody else's words: `>` or a quoting element.
    pub(super) quoted: bool,
    /// Whether it began as an item of a list.
    pub(super) item: bool,
}

impl Line {
    /// Whether nothing stands on it.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|it| it.is_empty())
    }

    /// Its cells with a blank between them.
    pub(super) fn joined(&self) -> Zeroizing<String> {
        let parts: Vec<&str> = self.cells.iter().map(|it| it.as_str()).collect();
        Zeroizing::new(parts.join(" "))
    }
}

/// What was found about a body beside its lines.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Oddities {
    /// Letters or digits that a reader does not show.
    pub(super) hidden: bool,
    /// Invisible characters within words or numbers.
    pub(super) invisible: bool,
    /// Text that is shown elsewhere or in another order than it is written.
    pub(super) moved: bool,
    /// Text that is struck out.
    pub(super) struck: bool,
    /// Digits that are not 0 to 9.
    pub(super) odd_digits: bool,
}

impl Oddities {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            hidden: self.hidden || other.hidden,
            invisible: self.invisible || other.invisible,
            moved: self.moved || other.moved,
            struck: self.struck || other.struck,
            odd_digits: self.odd_digits || other.odd_digits,
        }
    }
}

/// A text without invisible characters and with plain ones for others; what was odd is noted.
pub(super) fn visible(text: &str, odd: &mut Oddities) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut gap = false;
    for letter in text.chars() {
        if is_invisible(letter) {
            odd.moved |= turns_a_line(letter);
            gap |= out.chars().next_back().is_some_and(is_letter);
            continue;
        }
        let letter = if letter == '\n' || letter == '\t' { letter } else { plain(letter) };
        // A zero-width character at the end of a word is litter; within one it is there to deceive.
        odd.invisible |= gap && is_letter(letter);
        odd.odd_digits |= is_odd_digit(letter);
        gap = false;
        out.push(letter);
    }
    out
}

/// The lines of a plain text.
pub(super) fn lines_of_text(text: &str, odd: &mut Oddities) -> Vec<Line> {
    let text = Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n"));
    let text = visible(&text, odd);
    text.split('\n').filter_map(line_of_text).collect()
}

fn line_of_text(text: &str) -> Option<Line> {
    let (quoted, text) = unquote(text);
    Line::parse(text, quoted)
}

impl Line {
    /// The line of a text, with its bullet taken off and its cells parted; `None` when it only draws a line.
    pub(super) fn parse(text: &str, quoted: bool) -> Option<Self> {
        let text = text.trim();
        if is_rule(text) {
            return None;
        }
        let (item, text) = strip_bullet(text);
        let cells = split_cells(text).into_iter().map(|it| Zeroizing::new(tidy(it))).collect();
        Some(Self { cells, quoted, item })
    }
}

/// Takes the `>` of a quotation off (RFC 3676, 4.5).
fn unquote(text: &str) -> (bool, &str) {
    let rest = text.trim_start_matches([' ', '\t']);
    match rest.strip_prefix(['>', '|']) {
        // A line that ends with a bar as well is a row of a table.
        Some(_) if rest.starts_with('|') && (rest.trim_end().ends_with('|') || rest.matches('|').count() > 1) => {
            (false, text)
        }
        Some(inner) => (true, unquote(inner).1),
        None => (false, text),
    }
}

/// Whether a line only draws a line in a table: `|----|----|`, `+----+`, `====`. A run of underscores is not: it parts messages.
fn is_rule(text: &str) -> bool {
    let is_drawn = text.chars().all(|it| "-=+|: ".contains(it));
    is_drawn && text.chars().filter(|it| "-=".contains(*it)).count() >= 3
}

/// Takes off what begins an item of a list: a bullet, or a number of one or two digits with a dot or a bracket.
fn strip_bullet(text: &str) -> (bool, &str) {
    let after_bullet = text.strip_prefix(['-', '*', '•', '·', '–', '—', '◦', '▪', '●', '○', '➢', '→', '✓', '+', '‣']);
    if let Some(rest) = after_bullet
        && rest.starts_with(' ')
        && !rest.trim().is_empty()
    {
        return (true, rest.trim_start());
    }
    let opened = text.strip_prefix('(').unwrap_or(text);
    let digits = opened.bytes().take_while(u8::is_ascii_digit).count();
    let rest = opened[digits..].strip_prefix(['.', ')']);
    match rest {
        Some(rest) if (1..=2).contains(&digits) && rest.starts_with(' ') => (true, rest.trim_start()),
        _ => (false, text),
    }
}

/// Cells of a line: parted by bars, tabs or three blanks.
fn split_cells(text: &str) -> Vec<&str> {
    let inner = match text.strip_prefix('|') {
        Some(inner) => inner.strip_suffix('|').unwrap_or(inner),
        None => text,
    };
    if inner.contains('|') {
        return inner.split('|').collect();
    }
    if inner.contains('\t') {
        return inner.split('\t').filter(|it| !it.trim().is_empty()).collect();
    }
    let cells: Vec<&str> = inner.split("   ").filter(|it| !it.trim().is_empty()).collect();
    if cells.is_empty() { vec![""] } else { cells }
}

/// Single blanks, none at the ends.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&[&str]]) {
        let lines = lines_of_text(text, &mut Oddities::default());
        let cells: Vec<Vec<&str>> =
            lines.iter().map(|line| line.cells.iter().map(|it| it.as_str()).collect()).collect();
        assert_eq!(cells, expected, "{text:?}");
    }

    #[test]
    fn lines_have_cells() {
        check("a b\r\n\r\nc", &[&["a b"], &[""], &["c"]]);
        check("| a | b  |\n|---|:--|\n| c |  |", &[&["a", "b"], &["c", ""]]);
        check("Jan\t3157", &[&["Jan", "3157"]]);
        check("Jan de Vries      3157", &[&["Jan de Vries", "3157"]]);
        check("done.  And more", &[&["done. And more"]]);
    }

    #[test]
    fn bullets_are_taken_off() {
        check(
            "- Ann\n * Bo\n1. Cy\n(2) Di\n3) Ed\n--\n",
            &[&["Ann"], &["Bo"], &["Cy"], &["Di"], &["Ed"], &["--"], &[""]],
        );
        check("2026. A year", &[&["2026. A year"]]);
    }

    #[test]
    fn quotations_are_marked() {
        let lines = lines_of_text("a\n> b\n> > c\n>d\n| e", &mut Oddities::default());
        let quoted: Vec<bool> = lines.iter().map(|it| it.quoted).collect();
        assert_eq!(quoted, [false, true, true, true, true]);
    }

    #[test]
    fn invisible_characters_count_within_words() {
        let oddities = |text: &str| {
            let mut odd = Oddities::default();
            visible(text, &mut odd);
            odd
        };
        assert!(oddities("48\u{200b}21").invisible);
        assert!(!oddities("Hello\u{200b} there \u{feff}you").invisible);
        assert!(oddities("\u{202e}1284\u{202c}").moved);
        assert!(oddities("PIN ④⑧②①").odd_digits);
        assert_eq!(oddities("PIN：４８２１"), Oddities::default());
    }

    #[test]
    fn debug_shows_no_text() {
        assert!(!format!("{:?}", Body::both("PIN 4821", "PIN 4821")).contains("4821"));
    }
}
