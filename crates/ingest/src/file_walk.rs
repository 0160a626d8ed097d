//! A file from its first byte to its last (ISO 32000-1, 7.5): objects, cross-reference tables, trailers, and nothing between them.

use std::ops::Range;

use crate::lexer::Lexer;
use crate::raw_object::{Oddity, Raw, RawDictionary, integer, object};

/// Everything that stands in a file, in order.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) objects: Vec<FoundObject>,
    pub(crate) tables: Vec<FoundTable>,
    /// Where the last `startxref` points.
    pub(crate) start: usize,
}

/// `12 0 obj … endobj`.
#[derive(Debug)]
pub(crate) struct FoundObject {
    pub(crate) number: u32,
    pub(crate) generation: u16,
    pub(crate) at: usize,
    pub(crate) value: Raw,
    /// The data of a stream, where it is one.
    pub(crate) data: Option<Range<usize>>,
}

/// `xref … trailer <<…>>`.
#[derive(Debug)]
pub(crate) struct FoundTable {
    pub(crate) at: usize,
    pub(crate) rows: Vec<(u32, Row)>,
    pub(crate) trailer: RawDictionary,
}

/// A row of a cross-reference table or stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Row {
    Free,
    InUse { at: usize, generation: u16 },
    Compressed { stream: u32, index: usize },
}

impl FoundObject {
    pub(crate) fn dictionary(&self) -> Option<&RawDictionary> {
        if let Raw::Dictionary(dict) = &self.value { Some(dict) } else { None }
    }
}

/// Objects and rows of one file.
const MOST: usize = 400_000;

/// Walks through a file, or says the first thing that is odd.
pub(crate) fn walk(bytes: &[u8]) -> Result<Walk, Oddity> {
    let mut lexer = Lexer { content: bytes, at: 0 };
    let mut walk = Walk::default();
    let mut lengths = Vec::new();
    let mut has_start = false;
    while let Some(next) = lexer.peek() {
        let at = lexer.at;
        if next.is_ascii_digit() {
            let found = found_object(&mut lexer, at)?;
            if let Some(Raw::Reference(number, _)) = found.dictionary().and_then(|it| it.get(b"Length")) {
                lengths.push((*number, found.data.clone()));
            }
            walk.objects.push(found);
        } else {
            match lexer.word() {
                b"xref" => walk.tables.push(found_table(&mut lexer, at)?),
                b"startxref" => {
                    lexer.peek();
                    let start = integer(lexer.word()).and_then(|it| usize::try_from(it).ok());
                    walk.start = start.ok_or("the end does not say where the cross-reference table is")?;
                    has_start = true;
                }
                _ => return Err("there is something between the objects"),
            }
        }
        if walk.objects.len() > MOST {
            return Err("the file has too many objects");
        }
    }
    if !has_start {
        return Err("the file does not say where its cross-reference table is");
    }
    lengths.into_iter().try_for_each(|(number, data)| check_length(&walk, number, data))?;
    Ok(walk)
}

fn found_object(lexer: &mut Lexer<'_>, at: usize) -> Result<FoundObject, Oddity> {
    const NO_OBJECT: Oddity = "there is something between the objects";
    let number = integer(lexer.word()).and_then(|it| u32::try_from(it).ok()).ok_or(NO_OBJECT)?;
    lexer.peek();
    let generation = integer(lexer.word()).and_then(|it| u16::try_from(it).ok()).ok_or(NO_OBJECT)?;
    lexer.peek();
    if !lexer.take(b"obj") {
        return Err(NO_OBJECT);
    }
    let value = object(lexer)?;
    let mut data = None;
    lexer.peek();
    if lexer.take(b"stream") {
        let Raw::Dictionary(dict) = &value else { return Err("a stream has no dictionary") };
        data = Some(stream(lexer, dict)?);
        lexer.peek();
    }
    if !lexer.take(b"endobj") {
        return Err("an object does not end where it must");
    }
    Ok(FoundObject { number, generation, at, value, data })
}

/// The data after `stream`, up to and with `endstream`.
fn stream(lexer: &mut Lexer<'_>, dict: &RawDictionary) -> Result<Range<usize>, Oddity> {
    if !lexer.take(b"\r\n") && !lexer.take(b"\n") {
        return Err("a stream does not begin on a line of its own");
    }
    let start = lexer.at;
    let end = match dict.get(b"Length") {
        Some(Raw::Integer(length)) => {
            let length = usize::try_from(*length).map_err(|_| WRONG_LENGTH)?;
            start.checked_add(length).filter(|it| *it <= lexer.content.len()).ok_or(WRONG_LENGTH)?
        }
        Some(Raw::Reference(..)) => {
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

/// A length that is an object of its own: the data up to the mark, without the line end before it.
fn check_length(walk: &Walk, number: u32, data: Option<Range<usize>>) -> Result<(), Oddity> {
    let found = data.map_or(0, |it| it.len());
    let mut told = walk.objects.iter().filter(|it| it.number == number).filter_map(|it| match it.value {
        Raw::Integer(length) => usize::try_from(length).ok(),
        _ => None,
    });
    // Nothing that stands in an object stream may say how long a stream is: it could be that stream.
    let Some(length) = told.next() else { return Err(WRONG_LENGTH) };
    let fits = |length: usize| (length..=length.saturating_add(2)).contains(&found);
    if fits(length) && told.all(fits) { Ok(()) } else { Err(WRONG_LENGTH) }
}

fn found_table(lexer: &mut Lexer<'_>, at: usize) -> Result<FoundTable, Oddity> {
    const NO_TABLE: Oddity = "a cross-reference table is not well-formed";
    let mut rows = Vec::new();
    loop {
        match lexer.peek().ok_or(NO_TABLE)? {
            b'0'..=b'9' => {}
            _ if lexer.take(b"trailer") => break,
            _ => return Err(NO_TABLE),
        }
        let mut whole = || -> Option<u32> {
            lexer.peek();
            integer(lexer.word()).and_then(|it| u32::try_from(it).ok())
        };
        let (first, count) = (whole().ok_or(NO_TABLE)?, whole().ok_or(NO_TABLE)?);
        if rows.len() + count as usize > MOST {
            return Err("a cross-reference table has too many rows");
        }
        for at in 0..count {
            let number = first.checked_add(at).ok_or(NO_TABLE)?;
            rows.push((number, row(lexer).ok_or(NO_TABLE)?));
        }
    }
    let Raw::Dictionary(trailer) = object(lexer)? else { return Err("a trailer is no dictionary") };
    Ok(FoundTable { at, rows, trailer })
}

/// `0000000016 00000 n`.
fn row(lexer: &mut Lexer<'_>) -> Option<Row> {
    lexer.peek();
    let (place, generation) = (lexer.word(), {
        lexer.peek();
        lexer.word()
    });
    let is_wide = place.len() == 10 && generation.len() == 5;
    lexer.peek();
    let kind = lexer.word();
    let at = integer(place).and_then(|it| usize::try_from(it).ok())?;
    let generation = integer(generation)?;
    match kind {
        b"n" if is_wide => Some(Row::InUse { at, generation: u16::try_from(generation).ok()? }),
        b"f" if is_wide => Some(Row::Free),
        _ => None,
    }
}
