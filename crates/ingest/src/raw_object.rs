//! Objects as they stand in a file (ISO 32000-1, 7.3), read strictly and without following anything: tokens that say what is where,
//! in front of the parser that is lenient. No text and no name is copied; `plain_object.rs` does that for the objects that are
//! asked for.

use std::borrow::Cow;

use crate::lexer::{Lexer, is_blank, is_delimiter, number, plain_name};

/// A part of the bytes that were read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// `None` beyond 4 GiB.
    fn of(start: usize, end: usize) -> Option<Self> {
        Some(Self { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
    }

    pub(crate) fn of_bytes(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.end as usize]
    }
}

/// An object, or the beginning of one that holds others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f32),
    /// A name without its slash.
    Name(Span),
    /// A name with a `#xx` in it.
    EscapedName(Span),
    /// `(text)` with its parentheses.
    Literal(Span),
    /// `<74657874>` with its brackets.
    Hexadecimal(Span),
    Reference(u32, u16),
    /// So many of the following tokens are what it holds.
    Array(u32),
    /// The same; keys, which are all different, and values take turns.
    Dictionary(u32),
}

/// Tokens of objects, one object behind the other.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    all: Vec<Token>,
    /// The keys of the dictionaries that are being read.
    keys: Vec<Key>,
}

/// Levels of arrays and dictionaries.
const DEPTH: usize = 64;

/// Why an object cannot be read beyond doubt.
pub(crate) type Oddity = &'static str;

const MALFORMED: Oddity = "an object is not well-formed";

impl Tokens {
    /// Room for the objects of a file.
    pub(crate) fn for_file(bytes: usize) -> Self {
        Self { all: Vec::with_capacity(bytes / 12), keys: Vec::new() }
    }

    /// Reads the next object and tells where its tokens begin.
    pub(crate) fn read(&mut self, lexer: &mut Lexer<'_>) -> Result<usize, Oddity> {
        let at = self.all.len();
        self.keys.clear();
        self.nested(lexer, 0)?;
        Ok(at)
    }

    /// The object whose tokens begin at `at`, read from these bytes.
    pub(crate) fn object<'a>(&'a self, bytes: &'a [u8], at: usize) -> Raw<'a> {
        Raw { bytes, tokens: &self.all[at..] }
    }

    fn nested(&mut self, lexer: &mut Lexer<'_>, depth: usize) -> Result<(), Oddity> {
        if depth > DEPTH {
            return Err("objects are nested too deep");
        }
        let next = lexer.peek().ok_or(MALFORMED)?;
        let token = match next {
            b'/' => name(lexer)?,
            b'(' => spanning(lexer, |it| it.skip_literal()).map(Token::Literal)?,
            b'<' if lexer.take(b"<<") => return self.dictionary(lexer, depth),
            b'<' => spanning(lexer, |it| it.skip_hexadecimal()).map(Token::Hexadecimal)?,
            b'[' => return self.array(lexer, depth),
            b'+' | b'-' | b'.' | b'0'..=b'9' => number_or_reference(lexer)?,
            _ => match lexer.word() {
                b"null" => Token::Null,
                b"true" => Token::Boolean(true),
                b"false" => Token::Boolean(false),
                _ => return Err(MALFORMED),
            },
        };
        self.all.push(token);
        Ok(())
    }

    fn array(&mut self, lexer: &mut Lexer<'_>, depth: usize) -> Result<(), Oddity> {
        lexer.at += 1;
        let start = self.all.len();
        self.all.push(Token::Array(0));
        loop {
            lexer.peek().ok_or(MALFORMED)?;
            if lexer.take(b"]") {
                self.all[start] = Token::Array(self.held_since(start)?);
                return Ok(());
            }
            self.nested(lexer, depth + 1)?;
        }
    }

    /// The entries after `<<`. Of a key that stands twice, some readers take the first value and some the last.
    fn dictionary(&mut self, lexer: &mut Lexer<'_>, depth: usize) -> Result<(), Oddity> {
        let (start, keys_above) = (self.all.len(), self.keys.len());
        self.all.push(Token::Dictionary(0));
        loop {
            let next = lexer.peek().ok_or(MALFORMED)?;
            if lexer.take(b">>") {
                break;
            }
            if next != b'/' {
                return Err(MALFORMED);
            }
            let key = name(lexer)?;
            self.keys.push(Key::of(key, lexer.content)?);
            self.all.push(key);
            self.nested(lexer, depth + 1)?;
        }
        if has_twins(&mut self.keys[keys_above..], lexer.content) {
            return Err("a dictionary has a key twice");
        }
        self.keys.truncate(keys_above);
        self.all[start] = Token::Dictionary(self.held_since(start)?);
        Ok(())
    }

    fn held_since(&self, start: usize) -> Result<u32, Oddity> {
        u32::try_from(self.all.len() - start - 1).map_err(|_| MALFORMED)
    }
}

fn spanning(lexer: &mut Lexer<'_>, skip: impl FnOnce(&mut Lexer<'_>) -> Option<()>) -> Result<Span, Oddity> {
    let start = lexer.at;
    skip(lexer).and_then(|()| Span::of(start, lexer.at)).ok_or(MALFORMED)
}

fn name(lexer: &mut Lexer<'_>) -> Result<Token, Oddity> {
    lexer.at += 1;
    let start = lexer.at;
    let word = lexer.word();
    let span = Span::of(start, lexer.at).ok_or(MALFORMED)?;
    if !word.contains(&b'#') {
        return Ok(Token::Name(span));
    }
    plain_name(word).map(|_| Token::EscapedName(span)).ok_or(MALFORMED)
}

fn number_or_reference(lexer: &mut Lexer<'_>) -> Result<Token, Oddity> {
    let word = lexer.word();
    if word.contains(&b'.') {
        return number(word).map(Token::Real).ok_or(MALFORMED);
    }
    let whole = integer(word).ok_or(MALFORMED)?;
    // `12 0 R`: only what has all three parts is a reference.
    let after = lexer.at;
    if word[0].is_ascii_digit()
        && let Ok(target) = u32::try_from(whole)
        && lexer.peek().is_some_and(|it| it.is_ascii_digit())
        && let Some(generation) = integer(lexer.word()).and_then(|it| u16::try_from(it).ok())
        && lexer.peek() == Some(b'R')
    {
        let ends = lexer.content.get(lexer.at + 1).is_none_or(|it| is_blank(*it) || is_delimiter(*it));
        if ends {
            // A comment may stand between the parts (ISO 32000-1, 7.2.3), and some readers then see no reference.
            if lexer.content[after..lexer.at].contains(&b'%') {
                return Err("there is a comment inside of a reference");
            }
            lexer.at += 1;
            return Ok(Token::Reference(target, generation));
        }
    }
    lexer.at = after;
    Ok(Token::Integer(whole))
}

/// A whole number without a fraction; one that is too large for some readers is none.
pub(crate) fn integer(word: &[u8]) -> Option<i64> {
    if word.len() <= 18 && word.iter().all(u8::is_ascii_digit) && !word.is_empty() {
        return Some(word.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')));
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// A key that is quick to compare: most have no more than eight letters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    first: [u8; 8],
    length: usize,
    /// Where it stands, for those that are longer.
    at: usize,
}

impl Key {
    fn of(key: Token, bytes: &[u8]) -> Result<Self, Oddity> {
        let name = plain(key, bytes).ok_or(MALFORMED)?;
        let mut first = [0; 8];
        let short = name.len().min(8);
        first[..short].copy_from_slice(&name[..short]);
        let at = if let Token::Name(span) | Token::EscapedName(span) = key { span.start as usize } else { 0 };
        Ok(Self { first, length: name.len(), at })
    }

    fn is_twin(&self, other: &Self, bytes: &[u8]) -> bool {
        let name = |it: &Self| plain_name(Lexer { content: bytes, at: it.at }.word());
        self.first == other.first && self.length == other.length && (self.length <= 8 || name(self) == name(other))
    }
}

/// Dictionaries with more entries than this are sorted before their keys are compared.
const FEW: usize = 24;

fn has_twins(keys: &mut [Key], bytes: &[u8]) -> bool {
    if keys.len() <= FEW {
        return keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|it| it.is_twin(key, bytes)));
    }
    let mut names: Vec<_> = keys.iter().map(|it| plain_name(Lexer { content: bytes, at: it.at }.word())).collect();
    names.sort_unstable();
    names.windows(2).any(|it| it[0] == it[1])
}

fn plain(name: Token, bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    match name {
        Token::Name(span) => Some(Cow::Borrowed(span.of_bytes(bytes))),
        Token::EscapedName(span) => plain_name(span.of_bytes(bytes)).map(Cow::Owned),
        _ => None,
    }
}

/// An object among tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    bytes: &'a [u8],
    /// Its own, and whatever follows.
    tokens: &'a [Token],
}

impl<'a> Raw<'a> {
    pub(crate) fn token(self) -> Token {
        self.tokens[0]
    }

    /// The bytes that it was read from.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn integer(self) -> Option<i64> {
        if let Token::Integer(number) = self.token() { Some(number) } else { None }
    }

    /// A name without its escapes.
    pub(crate) fn name(self) -> Option<Cow<'a, [u8]>> {
        plain(self.token(), self.bytes)
    }

    /// Whether it is this name, however it is spelt.
    pub(crate) fn is_name(self, name: &[u8]) -> bool {
        match self.token() {
            Token::Name(span) => span.of_bytes(self.bytes) == name,
            _ => self.name().is_some_and(|it| it.as_ref() == name),
        }
    }

    pub(crate) fn dictionary(self) -> Option<RawDictionary<'a>> {
        matches!(self.token(), Token::Dictionary(_)).then_some(RawDictionary(self))
    }

    /// The elements of an array.
    pub(crate) fn elements(self) -> Option<impl Iterator<Item = Self>> {
        matches!(self.token(), Token::Array(_)).then(|| self.held())
    }

    /// The dictionaries in it at any depth, itself included.
    pub(crate) fn dictionaries(self) -> impl Iterator<Item = RawDictionary<'a>> {
        let inside = (0..self.length()).map(move |at| Self { tokens: &self.tokens[at..], ..self });
        inside.filter_map(Self::dictionary)
    }

    /// Whether both say the same in the same way.
    pub(crate) fn is_like(self, other: Self) -> bool {
        self.length() == other.length()
            && self.tokens.iter().zip(other.tokens).take(self.length()).all(|(one, two)| match (one, two) {
                (Token::Name(one), Token::Name(two))
                | (Token::EscapedName(one), Token::EscapedName(two))
                | (Token::Literal(one), Token::Literal(two))
                | (Token::Hexadecimal(one), Token::Hexadecimal(two)) => {
                    one.of_bytes(self.bytes) == two.of_bytes(other.bytes)
                }
                (one, two) => one == two,
            })
    }

    /// Its own token and those of what it holds.
    fn length(self) -> usize {
        1 + if let Token::Array(held) | Token::Dictionary(held) = self.token() { held as usize } else { 0 }
    }

    /// What it holds, one level down.
    fn held(self) -> impl Iterator<Item = Self> {
        let mut rest = &self.tokens[1..self.length()];
        std::iter::from_fn(move || {
            rest.first()?;
            let next = Self { tokens: rest, ..self };
            rest = &rest[next.length()..];
            Some(next)
        })
    }
}

/// A dictionary whose keys are all different.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawDictionary<'a>(Raw<'a>);

impl<'a> RawDictionary<'a> {
    /// Its keys, which are names, and its values.
    pub(crate) fn entries(self) -> impl Iterator<Item = (Raw<'a>, Raw<'a>)> {
        let mut held = self.0.held();
        std::iter::from_fn(move || Some((held.next()?, held.next()?)))
    }

    pub(crate) fn get(self, key: &[u8]) -> Option<Raw<'a>> {
        self.entries().find(|(it, _)| it.is_name(key)).map(|(_, value)| value)
    }

    pub(crate) fn integer(self, key: &[u8]) -> Option<i64> {
        self.get(key)?.integer()
    }

    pub(crate) fn is_of_type(self, name: &[u8]) -> bool {
        self.get(b"Type").is_some_and(|it| it.is_name(name))
    }

    /// The whole numbers of an array.
    pub(crate) fn integers(self, key: &[u8]) -> Option<Vec<i64>> {
        self.get(key)?.elements()?.map(Raw::integer).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(text: &str, look: impl FnOnce(Raw<'_>) -> T) -> Result<T, Oddity> {
        let mut tokens = Tokens::default();
        let at = tokens.read(&mut Lexer { content: text.as_bytes(), at: 0 })?;
        Ok(look(tokens.object(text.as_bytes(), at)))
    }

    #[test]
    fn an_object_is_read_whole() {
        let look = |raw: Raw<'_>| {
            let dict = raw.dictionary().unwrap();
            assert_eq!(dict.get(b"A").unwrap().token(), Token::Reference(12, 0));
            let array: Vec<Token> = dict.get(b"B").unwrap().elements().unwrap().map(Raw::token).collect();
            assert_eq!(array[..3], [Token::Integer(1), Token::Integer(2), Token::Reference(3, 0)]);
            assert_eq!(array.len(), 4);
            assert_eq!(dict.get(b"C").unwrap().dictionary().unwrap().get(b"D").unwrap().token(), Token::Real(-1.5));
            assert_eq!(raw.dictionaries().count(), 2);
        };
        read("<</A 12 0 R/B[1 2 3 0 R(x)]/#43<</D -1.5>>>>", look).unwrap();
    }

    #[test]
    fn a_key_that_stands_twice_is_an_oddity_however_it_is_spelt() {
        let many: String = (0..40).map(|at| format!("/Key{} 0", at % 39)).collect();
        for text in [
            "<</V 1/V 2>>",
            "<</V 1/#56 2>>",
            "[<</A<</V 1/V 1>>>>]",
            "<</LongerKey 1/B 2/Longer#4Bey 3>>",
            &format!("<<{many}>>"),
        ] {
            assert_eq!(read(text, |_| ()), Err("a dictionary has a key twice"), "{text}");
        }
        let distinct: String = (0..40).map(|at| format!("/LongerKey{at} 0")).collect();
        for text in ["<</A<</V 1>>/V 1>>", "<</LongerKey 1/LongerKeys 2>>", &format!("<<{distinct}>>")] {
            assert_eq!(read(text, |_| ()), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_not_read() {
        for text in [
            "<</V",
            "[1 2",
            "(a",
            "<</V 1>",
            "<<1 2>>",
            "--1",
            "1.2.3",
            "nul",
            "9223372036854775808",
            "[+5 0 R]",
            "[5 % a comment\n 0 R]",
            "/A#+5",
            "<6g>",
            "(\\",
            "(A\\4551001101)",
        ] {
            assert!(read(text, |_| ()).is_err(), "{text}");
        }
        assert!(read(&"[".repeat(100), |_| ()).is_err());
        assert!(read(&format!("{}{}", "(".repeat(101), ")".repeat(101)), |_| ()).is_err());
    }

    #[test]
    fn objects_are_alike_when_they_say_the_same() {
        let alike = |one: &str, other: &str| read(one, |one| read(other, |other| one.is_like(other)).unwrap()).unwrap();
        assert!(alike("<</A 1 0 R/B(x)>>", "<< /A 1 0 R /B (x) >>"));
        assert!(!alike("<</A 1 0 R/B(x)>>", "<</A 1 0 R/B(y)>>"));
        assert!(!alike("1 0 R", "2 0 R"));
        assert!(!alike("[1]", "[1 2]"));
    }
}
