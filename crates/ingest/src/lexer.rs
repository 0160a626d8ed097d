//! The tokens that files and content streams are made of (ISO 32000-1, 7.2 and 7.3). Strict: what two readers could read in two ways
//! is not read.

/// White space (ISO 32000-1, table 1).
pub(crate) fn is_blank(byte: u8) -> bool {
    CLASSES[usize::from(byte)] == Class::Blank
}

/// A delimiter (ISO 32000-1, table 2).
pub(crate) fn is_delimiter(byte: u8) -> bool {
    CLASSES[usize::from(byte)] == Class::Delimiter
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Class {
    Regular,
    Blank,
    Delimiter,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Regular; 256];
    let (blanks, delimiters) = (b"\0\t\n\x0C\r ", b"()<>[]{}/%");
    let mut at = 0;
    while at < delimiters.len() {
        classes[delimiters[at] as usize] = Class::Delimiter;
        if at < blanks.len() {
            classes[blanks[at] as usize] = Class::Blank;
        }
        at += 1;
    }
    classes
};

/// Levels of parentheses in a text; more are read by some readers and not by others.
const PARENTHESES: usize = 100;

/// Goes through bytes token by token.
pub(crate) struct Lexer<'a> {
    pub(crate) content: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Lexer<'a> {
    /// The next byte that is neither blank nor comment.
    pub(crate) fn peek(&mut self) -> Option<u8> {
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
    pub(crate) fn word(&mut self) -> &'a [u8] {
        let rest = &self.content[self.at..];
        let end = rest.iter().position(|it| CLASSES[usize::from(*it)] != Class::Regular).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    pub(crate) fn take(&mut self, expected: &[u8]) -> bool {
        let is_there = self.content[self.at..].starts_with(expected);
        self.at += if is_there { expected.len() } else { 0 };
        is_there
    }

    /// `(text)` (ISO 32000-1, 7.3.4.2).
    pub(crate) fn literal(&mut self) -> Option<Vec<u8>> {
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

    /// Goes past `(text)` as [`Self::literal`] does, without reading it. Not past `\400` and more, whose overflow some readers
    /// drop (ISO 32000-1, 7.3.4.2) and some do not.
    pub(crate) fn skip_literal(&mut self) -> Option<()> {
        let mut open = 0;
        loop {
            match self.next()? {
                b'(' if open == PARENTHESES => return None,
                b'(' => open += 1,
                b')' if open == 1 => return Some(()),
                b')' => open -= 1,
                b'\\' => {
                    let octal = self.content.get(self.at..self.at + 3).unwrap_or_default();
                    if matches!(octal, [b'4'..=b'7', b'0'..=b'7', b'0'..=b'7']) {
                        return None;
                    }
                    self.next()?;
                }
                _ => {}
            }
        }
    }

    /// Goes past `<74657874>` as [`Self::hexadecimal`] does, without reading it.
    pub(crate) fn skip_hexadecimal(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.next()? {
                b'>' => return Some(()),
                byte if byte.is_ascii_hexdigit() || is_blank(byte) => {}
                _ => return None,
            }
        }
    }

    pub(crate) fn next(&mut self) -> Option<u8> {
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
    pub(crate) fn hexadecimal(&mut self) -> Option<Vec<u8>> {
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
pub(crate) fn plain_name(word: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'#' {
            let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
            name.push(u8::try_from(digit(0)? << 4 | digit(1)?).ok()?);
            rest = &after[2..];
        } else {
            name.push(*first);
            rest = after;
        }
    }
    Some(name)
}

/// `-1.5`; no exponents, and nothing that two readers could read differently, such as `1.2.3` or `--5`.
pub(crate) fn number(word: &[u8]) -> Option<f32> {
    let text = std::str::from_utf8(word).ok()?;
    let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = plain.bytes().all(|it| it.is_ascii_digit() || it == b'.')
        && plain.bytes().filter(|it| *it == b'.').count() <= 1
        && plain.bytes().any(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten().filter(|it: &f32| it.is_finite())
}
