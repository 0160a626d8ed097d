//! Objects as they stand in the file (ISO 32000-1, 7.3), read strictly and without following anything: for the check of a file's
//! structure, in front of the parser that is lenient.

use crate::lexer::{Lexer, is_blank, is_delimiter, number, plain_name};

/// An object. Texts are not kept: no check of the structure needs them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    Integer(i64),
    Name(Vec<u8>),
    Array(Vec<Raw>),
    Dictionary(RawDictionary),
    Reference(u32, u16),
    /// A text, a real number, a truth or null.
    Other,
}

/// A dictionary whose keys are all different.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RawDictionary(Vec<(Vec<u8>, Raw)>);

impl RawDictionary {
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Raw> {
        self.0.iter().find(|(it, _)| it == key).map(|(_, value)| value)
    }

    pub(crate) fn integer(&self, key: &[u8]) -> Option<i64> {
        if let Some(Raw::Integer(number)) = self.get(key) { Some(*number) } else { None }
    }

    pub(crate) fn is_of_type(&self, name: &[u8]) -> bool {
        matches!(self.get(b"Type"), Some(Raw::Name(it)) if it == name)
    }

    /// The whole numbers of an array.
    pub(crate) fn integers(&self, key: &[u8]) -> Option<Vec<i64>> {
        let Some(Raw::Array(elements)) = self.get(key) else { return None };
        let integer = |it: &Raw| if let Raw::Integer(number) = it { Some(*number) } else { None };
        elements.iter().map(integer).collect()
    }
}

/// Levels of arrays and dictionaries.
const DEPTH: usize = 64;

/// Why an object cannot be read beyond doubt.
pub(crate) type Oddity = &'static str;

const MALFORMED: Oddity = "an object is not well-formed";

/// Reads the next object.
pub(crate) fn object(lexer: &mut Lexer<'_>) -> Result<Raw, Oddity> {
    nested(lexer, 0)
}

fn nested(lexer: &mut Lexer<'_>, depth: usize) -> Result<Raw, Oddity> {
    if depth > DEPTH {
        return Err("objects are nested too deep");
    }
    match lexer.peek().ok_or(MALFORMED)? {
        b'/' => name(lexer).map(Raw::Name),
        b'(' => lexer.literal().map(|_| Raw::Other).ok_or(MALFORMED),
        b'<' if lexer.take(b"<<") => dictionary(lexer, depth).map(Raw::Dictionary),
        b'<' => lexer.hexadecimal().map(|_| Raw::Other).ok_or(MALFORMED),
        b'[' => {
            lexer.at += 1;
            array(lexer, depth).map(Raw::Array)
        }
        b'+' | b'-' | b'.' | b'0'..=b'9' => Ok(number_or_reference(lexer)?),
        _ => match lexer.word() {
            b"true" | b"false" | b"null" => Ok(Raw::Other),
            _ => Err(MALFORMED),
        },
    }
}

fn name(lexer: &mut Lexer<'_>) -> Result<Vec<u8>, Oddity> {
    lexer.at += 1;
    plain_name(lexer.word()).ok_or(MALFORMED)
}

fn array(lexer: &mut Lexer<'_>, depth: usize) -> Result<Vec<Raw>, Oddity> {
    let mut elements = Vec::new();
    loop {
        lexer.peek().ok_or(MALFORMED)?;
        if lexer.take(b"]") {
            return Ok(elements);
        }
        elements.push(nested(lexer, depth + 1)?);
    }
}

/// The entries after `<<`. Of a key that stands twice, some readers take the first value and some the last.
fn dictionary(lexer: &mut Lexer<'_>, depth: usize) -> Result<RawDictionary, Oddity> {
    let mut entries: Vec<(Vec<u8>, Raw)> = Vec::new();
    loop {
        let next = lexer.peek().ok_or(MALFORMED)?;
        if lexer.take(b">>") {
            break;
        }
        if next != b'/' {
            return Err(MALFORMED);
        }
        entries.push((name(lexer)?, nested(lexer, depth + 1)?));
    }
    let mut keys: Vec<&[u8]> = entries.iter().map(|(key, _)| key.as_slice()).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|it| it[0] == it[1]) {
        return Err("a dictionary has a key twice");
    }
    Ok(RawDictionary(entries))
}

fn number_or_reference(lexer: &mut Lexer<'_>) -> Result<Raw, Oddity> {
    let word = lexer.word();
    number(word).ok_or(MALFORMED)?;
    let Some(whole) = integer(word) else { return Ok(Raw::Other) };
    // `12 0 R`: only what has all three parts is a reference.
    let after = lexer.at;
    if let Ok(target) = u32::try_from(whole)
        && lexer.peek().is_some_and(|it| it.is_ascii_digit())
        && let Some(generation) = integer(lexer.word()).and_then(|it| u16::try_from(it).ok())
        && lexer.peek() == Some(b'R')
    {
        let ends = lexer.content.get(lexer.at + 1).is_none_or(|it| is_blank(*it) || is_delimiter(*it));
        if ends {
            lexer.at += 1;
            return Ok(Raw::Reference(target, generation));
        }
    }
    lexer.at = after;
    Ok(Raw::Integer(whole))
}

/// A whole number without a fraction.
pub(crate) fn integer(word: &[u8]) -> Option<i64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Raw, Oddity> {
        object(&mut Lexer { content: text.as_bytes(), at: 0 })
    }

    #[test]
    fn an_object_is_read_whole() {
        let dict = read("<</A 12 0 R/B[1 2 3 0 R(x)]/#43<</D -1.5>>>>").unwrap();
        let Raw::Dictionary(dict) = dict else { panic!("a dictionary") };
        assert_eq!(dict.get(b"A"), Some(&Raw::Reference(12, 0)));
        let array = vec![Raw::Integer(1), Raw::Integer(2), Raw::Reference(3, 0), Raw::Other];
        assert_eq!(dict.get(b"B"), Some(&Raw::Array(array)));
        assert!(dict.get(b"C").is_some());
    }

    #[test]
    fn a_key_that_stands_twice_is_an_oddity_however_it_is_spelt() {
        for text in ["<</V 1/V 2>>", "<</V 1/#56 2>>", "[<</A<</V 1/V 1>>>>]"] {
            assert_eq!(read(text), Err("a dictionary has a key twice"), "{text}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_not_read() {
        for text in ["<</V", "[1 2", "(a", "<</V 1>", "<<1 2>>", "--1", "1.2.3", "nul"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"[".repeat(100)).is_err());
    }
}
