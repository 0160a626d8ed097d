//! A file from its first byte to its last (ISO 32000-1, 7.5): objects, cross-reference tables, trailers, and nothing between them.

use std::ops::Range;

use crate::lexer::{Lexer, is_blank};
use crate::raw_object::{Oddity, Raw, RawDictionary, Token, Tokens, integer};

/// Everything that stands in a file, in order.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) tokens: Tokens,
    pub(crate) objects: Vec<FoundObject>,
    pub(crate) tables: Vec<FoundTable>,
    /// Where the last `startxref` points.
    pub(crate) start: usize,
    /// Where the last `%%EOF` ends.
    pub(crate) end: usize,
}

/// `12 0 obj … endobj`.
#[derive(Debug)]
pub(crate) struct FoundObject {
    pub(crate) number: u32,
    pub(crate) generation: u16,
    pub(crate) at: usize,
    /// Where its tokens begin.
    pub(crate) value: usize,
    /// The data of a stream, where it is one.
    pub(crate) data: Option<Range<usize>>,
}

/// `xref … trailer <<…>>`.
#[derive(Debug)]
pub(crate) struct FoundTable {
    pub(crate) at: usize,
    pub(crate) rows: Vec<(u32, Row)>,
    /// Where the tokens of its dictionary begin.
    pub(crate) trailer: usize,
}

/// A row of a cross-reference table or stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Row {
    Free,
    InUse { at: usize, generation: u16 },
    Compressed { stream: u32, index: usize },
}

impl FoundObject {
    pub(crate) fn object<'a>(&self, tokens: &'a Tokens, bytes: &'a [u8]) -> Raw<'a> {
        tokens.object(bytes, self.value)
    }

    pub(crate) fn dictionary<'a>(&self, tokens: &'a Tokens, bytes: &'a [u8]) -> Option<RawDictionary<'a>> {
        self.object(tokens, bytes).dictionary()
    }
}

impl Walk {
    /// The object that begins at this byte.
    pub(crate) fn object_at(&self, at: usize) -> Option<usize> {
        self.objects.binary_search_by_key(&at, |it| it.at).ok()
    }
}

/// Objects and rows of one file.
pub(crate) const MOST: usize = 400_000;

/// Walks through a file, or says the first thing that is odd.
pub(crate) fn walk(bytes: &[u8]) -> Result<Walk, Oddity> {
    let mut lexer = Lexer { content: bytes, at: 0 };
    let mut walk = Walk { tokens: Tokens::for_file(bytes.len()), ..Walk::default() };
    let mut with_length_apart = Vec::new();
    while let Some(next) = lexer.peek() {
        let at = lexer.at;
        if next.is_ascii_digit() {
            let found = found_object(&mut lexer, &mut walk.tokens)?;
            if let Some(number) = length_apart(&found, &walk.tokens, bytes) {
                with_length_apart.push((walk.objects.len(), number));
            }
            walk.objects.push(found);
        } else {
            match lexer.word() {
                b"xref" => {
                    let table = found_table(&mut lexer, at, &mut walk.tokens)?;
                    walk.tables.push(table);
                }
                b"startxref" => {
                    walk.start = start(&mut lexer).ok_or("the end does not say where the cross-reference table is")?;
                    walk.end = lexer.at;
                }
                _ => return Err("there is something between the objects"),
            }
        }
        if walk.objects.len() > MOST {
            return Err("the file has too many objects");
        }
    }
    if walk.end == 0 {
        return Err("the file does not say where its cross-reference table is");
    }
    cut_to_length(&mut walk, &with_length_apart, bytes)?;
    Ok(walk)
}

fn found_object(lexer: &mut Lexer<'_>, tokens: &mut Tokens) -> Result<FoundObject, Oddity> {
    const NO_OBJECT: Oddity = "there is something between the objects";
    let at = lexer.at;
    let number = integer(lexer.word()).and_then(|it| u32::try_from(it).ok()).ok_or(NO_OBJECT)?;
    lexer.peek();
    let generation = integer(lexer.word()).and_then(|it| u16::try_from(it).ok()).ok_or(NO_OBJECT)?;
    lexer.peek();
    if !lexer.take(b"obj") {
        return Err(NO_OBJECT);
    }
    let value = tokens.read(lexer)?;
    let mut data = None;
    lexer.peek();
    if lexer.take(b"stream") {
        let dict = tokens.object(lexer.content, value).dictionary().ok_or("a stream has no dictionary")?;
        check_packing(dict)?;
        data = Some(stream(lexer, dict)?);
        lexer.peek();
    }
    if !lexer.take(b"endobj") {
        return Err("an object does not end where it must");
    }
    Ok(FoundObject { number, generation, at, value, data })
}

/// How a stream is packed must stand in its dictionary: some readers do not follow a reference there and take the data as it is.
fn check_packing(dict: RawDictionary<'_>) -> Result<(), Oddity> {
    const ELSEWHERE: Oddity = "how a stream is packed does not stand with it";
    let is_plain = |it: Raw<'_>| match it.token() {
        Token::Null => true,
        _ => it.dictionary().is_some_and(|it| {
            it.entries()
                .all(|(_, value)| matches!(value.token(), Token::Integer(_) | Token::Boolean(_) | Token::Name(_)))
        }),
    };
    let filter = dict
        .get(b"Filter")
        .is_none_or(|it| it.name().is_some() || it.elements().is_some_and(|mut all| all.all(|it| it.name().is_some())));
    let parameters = dict
        .get(b"DecodeParms")
        .is_none_or(|it| is_plain(it) || it.elements().is_some_and(|mut all| all.all(is_plain)));
    let abbreviated = [&b"DP"[..], b"F", b"FFilter", b"FDecodeParms"].iter().any(|it| dict.get(it).is_some());
    if filter && parameters && !abbreviated { Ok(()) } else { Err(ELSEWHERE) }
}

/// The data after `stream`, up to and with `endstream`. Of a length that is an object of its own: the data up to the mark.
fn stream(lexer: &mut Lexer<'_>, dict: RawDictionary<'_>) -> Result<Range<usize>, Oddity> {
    if !lexer.take(b"\r\n") && !lexer.take(b"\n") {
        return Err("a stream does not begin on a line of its own");
    }
    let start = lexer.at;
    let end = match dict.get(b"Length").map(Raw::token) {
        Some(Token::Integer(length)) => {
            let length = usize::try_from(length).map_err(|_| WRONG_LENGTH)?;
            start.checked_add(length).filter(|it| *it <= lexer.content.len()).ok_or(WRONG_LENGTH)?
        }
        Some(Token::Reference(..)) => {
            let rest = &lexer.content[start..];
            let mark = crate::structure::find(rest, b"endstream").ok_or(WRONG_LENGTH)?;
            start + mark
        }
        _ => return Err("a stream has no length"),
    };
    lexer.at = end;
    // At most one line end stands before the mark.
    if !lexer.content[end..].starts_with(b"endstream") {
        let _ = lexer.take(b"\r\n") || lexer.take(b"\n") || lexer.take(b"\r");
    }
    if !lexer.take(b"endstream") {
        return Err(WRONG_LENGTH);
    }
    Ok(start..end)
}

const WRONG_LENGTH: Oddity = "a stream is longer or shorter than it says";

/// The number of the object that is the length of a stream.
fn length_apart(found: &FoundObject, tokens: &Tokens, bytes: &[u8]) -> Option<u32> {
    found.data.as_ref()?;
    match found.dictionary(tokens, bytes)?.get(b"Length")?.token() {
        Token::Reference(number, _) => Some(number),
        _ => None,
    }
}

/// Takes the line end before the mark from the data of streams whose length is an object of its own. All objects of its number
/// must say the same.
fn cut_to_length(walk: &mut Walk, with_length_apart: &[(usize, u32)], bytes: &[u8]) -> Result<(), Oddity> {
    if with_length_apart.is_empty() {
        return Ok(());
    }
    let told = |it: &FoundObject| Some((it.number, usize::try_from(it.object(&walk.tokens, bytes).integer()?).ok()?));
    let mut lengths: Vec<(u32, usize)> = walk.objects.iter().filter_map(told).collect();
    lengths.sort_unstable();
    lengths.dedup();
    for (at, number) in with_length_apart {
        let from = lengths.partition_point(|(it, _)| it < number);
        // Nothing that stands in an object stream may say how long a stream is: it could be that stream.
        let mut told = lengths[from..].iter().take_while(|(it, _)| it == number);
        let (Some((_, length)), None) = (told.next(), told.next()) else { return Err(WRONG_LENGTH) };
        let data = walk.objects[*at].data.as_mut().expect("noted because it has data");
        let behind = bytes[data.clone()].get(*length..).ok_or(WRONG_LENGTH)?;
        if !matches!(behind, b"" | b"\n" | b"\r" | b"\r\n") {
            return Err(WRONG_LENGTH);
        }
        data.end = data.start + length;
    }
    Ok(())
}

fn found_table(lexer: &mut Lexer<'_>, at: usize, tokens: &mut Tokens) -> Result<FoundTable, Oddity> {
    const NO_TABLE: Oddity = "a cross-reference table is not well-formed";
    let mut rows = Vec::new();
    line_end(lexer).ok_or(NO_TABLE)?;
    loop {
        let (first, count) = part(lexer).ok_or(NO_TABLE)?;
        if rows.len() + count as usize > MOST {
            return Err("a cross-reference table has too many rows");
        }
        for at in 0..count {
            let number = first.checked_add(at).ok_or(NO_TABLE)?;
            rows.push((number, row(lexer).ok_or(NO_TABLE)?));
        }
        if !lexer.content.get(lexer.at).is_some_and(u8::is_ascii_digit) {
            break;
        }
    }
    lexer.peek();
    if !lexer.take(b"trailer") {
        return Err(NO_TABLE);
    }
    let trailer = tokens.read(lexer)?;
    let dict = tokens.object(lexer.content, trailer).dictionary().ok_or("a trailer is no dictionary")?;
    dict.integer(b"Size").ok_or(NO_TABLE)?;
    Ok(FoundTable { at, rows, trailer })
}

/// `0 17`, on a line of its own.
fn part(lexer: &mut Lexer<'_>) -> Option<(u32, u32)> {
    let whole = |word: &[u8]| integer(word).and_then(|it| u32::try_from(it).ok());
    let first = whole(lexer.word())?;
    let count = lexer.take(b" ").then(|| whole(lexer.word()))??;
    line_end(lexer)?;
    Some((first, count))
}

/// `0000000016 00000 n`, with two bytes behind it or, as some programs write it, one.
fn row(lexer: &mut Lexer<'_>) -> Option<Row> {
    let row = lexer.content.get(lexer.at..)?.first_chunk::<18>()?;
    let (place, generation) = (&row[..10], &row[11..16]);
    if row[10] != b' ' || row[16] != b' ' || !place.iter().chain(generation).all(u8::is_ascii_digit) {
        return None;
    }
    lexer.at += row.len();
    let ends = [&b" \r"[..], b" \n", b"\r\n", b"\n", b"\r"].into_iter().any(|it| lexer.take(it));
    let at = usize::try_from(integer(place)?).ok()?;
    match row[17] {
        b'n' if ends => Some(Row::InUse { at, generation: u16::try_from(integer(generation)?).ok()? }),
        b'f' if ends => Some(Row::Free),
        _ => None,
    }
}

/// The number after `startxref`, and `%%EOF`.
fn start(lexer: &mut Lexer<'_>) -> Option<usize> {
    line_end(lexer)?;
    while lexer.take(b" ") {}
    let start = integer(lexer.word()).and_then(|it| usize::try_from(it).ok())?;
    while lexer.content.get(lexer.at).is_some_and(|it| is_blank(*it)) {
        lexer.at += 1;
    }
    lexer.take(b"%%EOF").then_some(start)
}

/// The end of a line, with at most one blank before it.
fn line_end(lexer: &mut Lexer<'_>) -> Option<()> {
    let _ = lexer.take(b" ");
    (lexer.take(b"\r\n") || lexer.take(b"\n") || lexer.take(b"\r")).then_some(())
}
