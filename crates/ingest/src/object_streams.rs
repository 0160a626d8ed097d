//! The object streams of a file (ISO 32000-1, 7.5.7), opened once: what stands in them, in the order of standing there.

use crate::file_walk::{FoundObject, Walk};
use crate::lexer::Lexer;
use crate::limits::Limits;
use crate::raw_object::{Oddity, RawDictionary, Tokens};
use crate::raw_stream::inflated;

/// An object stream and what it holds.
#[derive(Debug)]
pub(crate) struct ObjectStream {
    /// Its number.
    pub(crate) number: u32,
    /// Where it stands among the objects of the walk.
    pub(crate) at: usize,
    pub(crate) members: Vec<Member>,
}

/// An object in an object stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) number: u32,
    /// Where its tokens begin.
    pub(crate) value: usize,
}

const MALFORMED: Oddity = "an object stream is not well-formed";

/// Opens all object streams, of older revisions too. Their data is added to `bytes`, so that tokens can lead to it.
pub(crate) fn object_streams(
    walk: &mut Walk,
    bytes: &mut Vec<u8>,
    limits: &Limits,
) -> Result<Vec<ObjectStream>, Oddity> {
    let mut streams = Vec::new();
    let mut left = limits.inflated_bytes;
    for (at, found) in walk.objects.iter().enumerate() {
        let Some(dict) = found.dictionary(&walk.tokens, bytes).filter(|it| it.is_of_type(b"ObjStm")) else { continue };
        let (data, head) = open(found, dict, bytes, limits).ok_or(MALFORMED)?;
        left = left.checked_sub(data.len()).ok_or(MALFORMED)?;
        let start = bytes.len();
        bytes.extend_from_slice(&data);
        let members = members(&head, start, bytes, &mut walk.tokens)?;
        streams.push(ObjectStream { number: found.number, at, members });
    }
    Ok(streams)
}

/// Data, and number and place of each member.
type Opened = (Vec<u8>, Vec<(u32, usize)>);

/// The data of an object stream, and number and place of each member, places counted from its start.
fn open(found: &FoundObject, dict: RawDictionary<'_>, bytes: &[u8], limits: &Limits) -> Option<Opened> {
    let data = inflated(dict, &bytes[found.data.clone()?], limits)?;
    let count = usize::try_from(dict.integer(b"N")?).ok().filter(|it| *it <= limits.objects)?;
    let first = usize::try_from(dict.integer(b"First")?).ok()?;
    let mut words = std::str::from_utf8(data.get(..first)?).ok()?.split_ascii_whitespace();
    let mut head: Vec<(u32, usize)> = Vec::new();
    for _ in 0..count {
        let (number, place) = (words.next()?.parse().ok()?, words.next()?.parse::<usize>().ok()?);
        let place = first.checked_add(place).filter(|it| *it < data.len())?;
        // Objects stand in order and apart; one that begins inside another would be read in two ways.
        if head.last().is_some_and(|(_, last)| place <= *last) {
            return None;
        }
        head.push((number, place));
    }
    words.next().is_none().then_some((data, head))
}

/// Reads the members; each ends before the next one begins.
fn members(head: &[(u32, usize)], start: usize, bytes: &[u8], tokens: &mut Tokens) -> Result<Vec<Member>, Oddity> {
    let ends = head.iter().skip(1).map(|(_, place)| start + place).chain([bytes.len()]);
    let member = |((number, place), end): (&(u32, usize), usize)| {
        let mut lexer = Lexer { content: &bytes[..end], at: start + place };
        let value = tokens.read(&mut lexer)?;
        if lexer.peek().is_some() { Err(MALFORMED) } else { Ok(Member { number: *number, value }) }
    };
    head.iter().zip(ends).map(member).collect()
}
