//! The cross-reference sections of a file, followed from the newest to the oldest (ISO 32000-1, 7.5.4 and 7.5.8). Whether their
//! rows are true is the gate's business.

use crate::file_walk::{FoundObject, MOST, Row, Walk};
use crate::limits::Limits;
use crate::raw_object::{Oddity, RawDictionary};
use crate::raw_stream::inflated;

/// Revisions of a file: each save of some programs adds one.
const REVISIONS: usize = 64;

const LOST: Oddity = "a cross-reference table is not where the file says";

/// One cross-reference section: a table with its trailer, or a stream that is both.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) rows: Vec<(u32, Row)>,
    /// Where the tokens of its trailer begin.
    trailer: usize,
}

impl Section {
    pub(crate) fn trailer<'a>(&self, walk: &'a Walk, bytes: &'a [u8]) -> RawDictionary<'a> {
        walk.tokens.object(bytes, self.trailer).dictionary().expect("a trailer is a dictionary")
    }
}

/// The sections from the newest to the oldest; the rows of tables move out of the walk.
pub(crate) fn sections(walk: &mut Walk, bytes: &[u8], limits: &Limits) -> Result<Vec<Section>, Oddity> {
    let mut sections: Vec<Section> = Vec::new();
    let mut next = Some(walk.start);
    let mut seen = Vec::new();
    while let Some(at) = next {
        if seen.contains(&at) || seen.len() == REVISIONS {
            return Err("the cross-reference tables lead to each other without end");
        }
        seen.push(at);
        let section = section(walk, bytes, at, limits)?;
        let trailer = section.trailer(walk, bytes);
        if trailer.get(b"XRefStm").is_some() {
            return Err("the file has two cross-reference tables for one revision");
        }
        next = match trailer.get(b"Prev") {
            None => None,
            Some(at) => Some(at.integer().and_then(|it| usize::try_from(it).ok()).ok_or(LOST)?),
        };
        sections.push(section);
    }
    if walk.tables.iter().any(|it| !seen.contains(&it.at)) {
        return Err("there is a cross-reference table that the file does not use");
    }
    if sections.iter().map(|it| it.rows.len()).sum::<usize>() > MOST {
        return Err("a cross-reference table has too many rows");
    }
    Ok(sections)
}

fn section(walk: &mut Walk, bytes: &[u8], at: usize, limits: &Limits) -> Result<Section, Oddity> {
    if let Some(table) = walk.tables.iter_mut().find(|it| it.at == at) {
        return Ok(Section { rows: std::mem::take(&mut table.rows), trailer: table.trailer });
    }
    let found = &walk.objects[walk.object_at(at).ok_or(LOST)?];
    let trailer = found.dictionary(&walk.tokens, bytes).filter(|it| it.is_of_type(b"XRef")).ok_or(LOST)?;
    Ok(Section { rows: stream_rows(found, trailer, bytes, limits)?, trailer: found.value })
}

/// The rows of a cross-reference stream (ISO 32000-1, 7.5.8.3).
fn stream_rows(
    found: &FoundObject,
    dict: RawDictionary<'_>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Vec<(u32, Row)>, Oddity> {
    const MALFORMED: Oddity = "a cross-reference stream is not well-formed";
    let data = found.data.clone().and_then(|it| inflated(dict, &bytes[it], limits)).ok_or(MALFORMED)?;
    let width = |it: i64| usize::try_from(it).ok().filter(|it| *it <= 8);
    let widths: Vec<usize> = dict.integers(b"W").and_then(|it| it.into_iter().map(width).collect()).ok_or(MALFORMED)?;
    let [kind_width, first_width, second_width] = widths[..] else { return Err(MALFORMED) };
    let size = dict.integer(b"Size").ok_or(MALFORMED)?;
    let index = dict.integers(b"Index").unwrap_or_else(|| vec![0, size]);
    let row_width = kind_width + first_width + second_width;
    if row_width == 0 || index.len() % 2 == 1 || data.len() / row_width > MOST {
        return Err(MALFORMED);
    }
    let mut chunks = data.chunks_exact(row_width);
    let mut rows = Vec::with_capacity(data.len() / row_width);
    for part in index.chunks_exact(2) {
        for number in part[0]..part[0].saturating_add(part[1]) {
            let chunk = chunks.next().ok_or(MALFORMED)?;
            let (kind, rest) = chunk.split_at(kind_width);
            let (first, second) = rest.split_at(first_width);
            let row = stream_row(kind, big_endian(first), big_endian(second)).ok_or(MALFORMED)?;
            rows.push((u32::try_from(number).map_err(|_| MALFORMED)?, row));
        }
    }
    if chunks.next().is_some() { Err(MALFORMED) } else { Ok(rows) }
}

fn stream_row(kind: &[u8], first: u64, second: u64) -> Option<Row> {
    let kind = if kind.is_empty() { 1 } else { big_endian(kind) };
    match kind {
        0 => Some(Row::Free),
        1 => Some(Row::InUse { at: usize::try_from(first).ok()?, generation: u16::try_from(second).ok()? }),
        2 => Some(Row::Compressed { stream: u32::try_from(first).ok()?, index: usize::try_from(second).ok()? }),
        _ => None,
    }
}

/// A number of at most eight bytes.
fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
