//! The texts of a message: what its sender wrote.

use std::fmt;

use zeroize::Zeroizing;

/// One text part of the message itself, decoded. It may hold PINs: it shows itself to nobody, and is forgotten on drop.
#[derive(Clone, Eq, PartialEq)]
pub struct Text {
    /// The number of the part, like `1.2`.
    pub path: String,
    /// What the text is written in.
    pub kind: TextKind,
    /// The number of the choice (`multipart/alternative`) of which this text is one version; texts of one choice say the same.
    pub choice: Option<usize>,
    /// The characters; lines end with LF. Flowed lines (RFC 3676) are joined.
    pub content: Zeroizing<String>,
}

/// What a text is written in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TextKind {
    /// Characters as they are.
    Plain,
    /// HTML.
    Html,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} {:?}, …)", self.path, self.kind)
    }
}

/// Line ends as LF. A lone CR ends a line, too, as programs show it.
pub(crate) fn with_plain_line_ends(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => {
                letters.next_if_eq(&'\n');
                plain.push('\n');
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Joins flowed lines (RFC 3676, 4): a line that ends with a blank goes on in the next one of the same quote depth; one blank in
/// front of a line is stuffing; `-- ` ends a message and is never joined. `delsp` takes the blank itself away.
pub(crate) fn unflowed(text: &str, delsp: bool) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::with_capacity(text.len()));
    let mut open_depth: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_signature = content == "-- ";
        if open_depth.is_some() && (open_depth != Some(depth) || is_signature) {
            joined.push('\n');
            open_depth = None;
        }
        if open_depth.is_none() && depth > 0 {
            joined.push_str(&">".repeat(depth));
            joined.push(' ');
        }
        let flows = content.ends_with(' ') && !is_signature;
        joined.push_str(if flows && delsp { content.strip_suffix(' ').unwrap_or(content) } else { content });
        if flows {
            open_depth = Some(depth);
        } else {
            joined.push('\n');
            open_depth = None;
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_plain() {
        assert_eq!(*with_plain_line_ends("a\r\nb\rc\nd\r\n\r\n"), "a\nb\nc\nd\n\n");
    }

    #[test]
    fn flowed_lines_are_joined() {
        let check = |text: &str, delsp: bool, expected: &str| assert_eq!(*unflowed(text, delsp), expected, "{text:?}");
        check("Please add \nMaria.\n", false, "Please add Maria.\n");
        check("Plea \nse\n", true, "Please\n");
        check("> quoted \n> text\nanswer\n", false, "> quoted text\nanswer\n");
        check("> quoted \nanswer\n", false, "> quoted \nanswer\n");
        check(" From here\n", false, "From here\n");
        check("Thanks \n-- \nMaria\n", false, "Thanks \n-- \nMaria\n");
    }

    #[test]
    fn a_text_shows_itself_to_nobody() {
        let content = Zeroizing::new("PIN 4821".to_owned());
        let text = Text { path: "1".to_owned(), kind: TextKind::Plain, choice: None, content };
        assert_eq!(format!("{text:?}"), "Text(1 Plain, …)");
    }
}
