//! The operators of a content stream with their operands (ISO 32000-1, 7.8.2). Strict: what is not beyond doubt is not read
//! at all, because readers that go on after a fault go on in different ways.

/// An operator with what stood before it.
#[derive(Debug, PartialEq)]
pub(crate) struct Operation {
    pub(crate) operator: Vec<u8>,
    pub(crate) operands: Vec<Operand>,
}

/// An operand. Dictionaries belong to marked content only, which paints nothing, so they are not looked into.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Number(f32),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Operand>),
    Dictionary,
}

/// Levels of arrays and dictionaries.
const DEPTH: usize = 8;
/// Operands before one operator (ISO 32000-1, annex C: 33 in one array are enough for any operator; `TJ` takes more).
const OPERANDS: usize = 4096;

/// Reads a whole content stream; `None` when any part of it is not well-formed, or it holds an inline image.
pub(crate) fn operations(content: &[u8]) -> Option<Vec<Operation>> {
    let mut lexer = Lexer { content, at: 0 };
    let mut operations = Vec::new();
    let mut operands = Vec::new();
    while let Some(next) = lexer.peek() {
        if starts_operator(next) {
            let operator = lexer.word().to_vec();
            if operator == b"BI" {
                return None;
            }
            match operator.as_slice() {
                b"true" | b"false" | b"null" => operands.push(Operand::Name(operator)),
                _ => operations.push(Operation { operator, operands: std::mem::take(&mut operands) }),
            }
        } else {
            operands.push(lexer.operand(0)?);
        }
        if operands.len() > OPERANDS {
            return None;
        }
    }
    operands.is_empty().then_some(operations)
}

fn starts_operator(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'\'' | b'"' | b'*')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

struct Lexer<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    /// The next byte that is neither blank nor comment.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.content.get(self.at)?;
            if byte == b'%' {
                let rest = &self.content[self.at..];
                self.at += rest.iter().position(|it| matches!(it, b'\n' | b'\r')).unwrap_or(rest.len());
            } else if is_blank(byte) {
                self.at += 1;
            } else {
                return Some(byte);
            }
        }
    }

    /// The bytes up to the next blank or delimiter.
    fn word(&mut self) -> &'a [u8] {
        let rest = &self.content[self.at..];
        let end = rest.iter().position(|it| is_blank(*it) || is_delimiter(*it)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn take(&mut self, expected: &[u8]) -> bool {
        let is_there = self.content[self.at..].starts_with(expected);
        self.at += if is_there { expected.len() } else { 0 };
        is_there
    }

    fn operand(&mut self, depth: usize) -> Option<Operand> {
        if depth > DEPTH {
            return None;
        }
        match self.peek()? {
            b'/' => {
                self.at += 1;
                Some(Operand::Name(plain_name(self.word())?))
            }
            b'(' => self.literal().map(Operand::Text),
            b'<' if self.take(b"<<") => self.until(b">>", depth).map(|_| Operand::Dictionary),
            b'<' => self.hexadecimal().map(Operand::Text),
            b'[' => {
                self.at += 1;
                self.until(b"]", depth).map(Operand::Array)
            }
            b'+' | b'-' | b'.' | b'0'..=b'9' => number(self.word()).map(Operand::Number),
            byte if starts_operator(byte) && depth > 0 => match self.word() {
                word @ (b"true" | b"false" | b"null") => Some(Operand::Name(word.to_vec())),
                _ => None,
            },
            _ => None,
        }
    }

    fn until(&mut self, end: &[u8], depth: usize) -> Option<Vec<Operand>> {
        let mut operands = Vec::new();
        loop {
            self.peek()?;
            if self.take(end) {
                return Some(operands);
            }
            operands.push(self.operand(depth + 1)?);
            if operands.len() > OPERANDS {
                return None;
            }
        }
    }

    /// `(text)` (ISO 32000-1, 7.3.4.2).
    fn literal(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        let mut open = 0;
        loop {
            let byte = self.next()?;
            match byte {
                b'(' => {
                    open += 1;
                    if open > 1 {
                        text.push(byte);
                    }
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Some(text);
                    }
                    text.push(byte);
                }
                b'\\' => text.extend(self.escape()?),
                b'\r' => {
                    self.take(b"\n");
                    text.push(b'\n');
                }
                _ => text.push(byte),
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = *self.content.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn escape(&mut self) -> Option<Option<u8>> {
        Some(match self.next()? {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\n' => None,
            b'\r' => {
                self.take(b"\n");
                None
            }
            first @ b'0'..=b'7' => {
                let mut code = u16::from(first - b'0');
                for _ in 0..2 {
                    match self.content.get(self.at) {
                        Some(digit @ b'0'..=b'7') => code = code * 8 + u16::from(digit - b'0'),
                        _ => break,
                    }
                    self.at += 1;
                }
                Some((code & 0xFF) as u8)
            }
            other => Some(other),
        })
    }

    /// `<74657874>` (ISO 32000-1, 7.3.4.3).
    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        self.at += 1;
        let mut digits = Vec::new();
        loop {
            match self.next()? {
                b'>' => break,
                blank if is_blank(blank) => {}
                digit => digits.push(u8::try_from(char::from(digit).to_digit(16)?).ok()?),
            }
        }
        if digits.len() % 2 == 1 {
            digits.push(0);
        }
        Some(digits.chunks(2).map(|it| it[0] << 4 | it[1]).collect())
    }
}

/// A name without its `#xx` (ISO 32000-1, 7.3.5).
fn plain_name(word: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'#' {
            let code = std::str::from_utf8(after.get(..2)?).ok()?;
            name.push(u8::from_str_radix(code, 16).ok()?);
            rest = &after[2..];
        } else {
            name.push(*first);
            rest = after;
        }
    }
    Some(name)
}

/// `-1.5`; no exponents, and nothing that two readers could read differently, such as `1.2.3` or `--5`.
fn number(word: &[u8]) -> Option<f32> {
    let text = std::str::from_utf8(word).ok()?;
    let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = plain.bytes().all(|it| it.is_ascii_digit() || it == b'.')
        && plain.bytes().filter(|it| *it == b'.').count() <= 1
        && plain.bytes().any(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten().filter(|it: &f32| it.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: Option<&[&str]>) {
        let found = operations(content.as_bytes());
        let shown: Option<Vec<String>> = found.map(|it| it.iter().map(show).collect());
        let expected = expected.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(shown, expected, "{content}");
    }

    fn show(operation: &Operation) -> String {
        let operands: Vec<String> = operation.operands.iter().map(show_operand).collect();
        format!("{}({})", String::from_utf8_lossy(&operation.operator), operands.join(" "))
    }

    fn show_operand(operand: &Operand) -> String {
        match operand {
            Operand::Number(it) => it.to_string(),
            Operand::Name(it) => format!("/{}", String::from_utf8_lossy(it)),
            Operand::Text(it) => format!("'{}'", String::from_utf8_lossy(it)),
            Operand::Array(it) => format!("[{}]", it.iter().map(show_operand).collect::<Vec<_>>().join(" ")),
            Operand::Dictionary => "<<>>".to_owned(),
        }
    }

    #[test]
    fn operators_are_read_with_their_operands() {
        check("q .5 -1 +2. cm Q", Some(&["q()", "cm(0.5 -1 2)", "Q()"]));
        check("BT/F1 9 Tf(a)Tj[<62>-3(c)]TJ ET", Some(&["BT()", "Tf(/F1 9)", "Tj('a')", "TJ(['b' -3 'c'])", "ET()"]));
        check("/P<</MCID 0/X[true (]) <3e>]>>BDC f* EMC", Some(&["BDC(/P <<>>)", "f*()", "EMC()"]));
        check("% q\n1 g%x\r0 g", Some(&["g(1)", "g(0)"]));
        check("", Some(&[]));
    }

    #[test]
    fn strings_and_names_are_read_in_all_their_spellings() {
        check(r"(a\(b\)(c)\101\n\\) Tj", Some(&["Tj('a(b)(c)A\n\\')"]));
        check("(a\\\nb\r\nc) Tj", Some(&["Tj('ab\nc')"]));
        check("<6 1 6> Tj", Some(&["Tj('a`')"]));
        check("/F#31 gs", Some(&["gs(/F1)"]));
    }

    #[test]
    fn what_is_not_beyond_doubt_is_not_read() {
        for bad in [
            "(a Tj",
            "<6g> Tj",
            "[1 2",
            "1 2",
            "--5 w",
            "1.2.3 w",
            "1e5 w",
            "/F#1 gs",
            "] Tj",
            "> Tj",
            "{ f }",
            "<< /A",
            "BI /W 1 ID x EI",
            "1 \u{1} w",
        ] {
            check(bad, None);
        }
        check(&"[".repeat(50), None);
    }
}
