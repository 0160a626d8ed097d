//! Whether a file can be read in one way only. In front of lopdf, which loads structural lies without a word: every object is led to
//! by a row of a table, every row leads to its object, and nothing in the file stands beside them. Honest programs write such
//! files; what was repaired, patched or built to show different readers different things is not such a file.

use std::collections::{HashMap, HashSet};

use countersign_core::reason::ReasonCode;
use lopdf::{Dictionary, Object, Stream};

use crate::file_walk::{FoundObject, Row, Walk, walk};
use crate::limits::Limits;
use crate::raw_object::{Oddity, Raw, RawDictionary};
use crate::reading::Finding;

/// Revisions of a file: each save of some programs adds one.
const REVISIONS: usize = 64;

/// Holds a file's structure against the rules; the first thing that is odd is told.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Option<Finding> {
    // What stands around a file is told elsewhere; offsets count from the header.
    let start = crate::structure::find(&bytes[..bytes.len().min(1024)], b"%PDF-").unwrap_or(0);
    let oddity = File::open(&bytes[start..], limits).and_then(|it| it.check()).err()?;
    Some(Finding::of_file(ReasonCode::PdfAmbiguous, oddity))
}

struct File<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
    walk: Walk,
    sections: Vec<Section>,
}

/// One cross-reference section: a table with its trailer, or a stream that is both.
struct Section {
    rows: Vec<(u32, Row)>,
    trailer: RawDictionary,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8], limits: &'a Limits) -> Result<Self, Oddity> {
        let walk = walk(bytes)?;
        let mut file = Self { bytes, limits, walk, sections: Vec::new() };
        file.follow_chain()?;
        Ok(file)
    }

    /// The sections from the newest to the oldest.
    fn follow_chain(&mut self) -> Result<(), Oddity> {
        let mut next = Some(self.walk.start);
        let mut seen = HashSet::new();
        while let Some(at) = next {
            if !seen.insert(at) || seen.len() > REVISIONS {
                return Err("the cross-reference tables lead to each other without end");
            }
            let section = self.section(at)?;
            if section.trailer.get(b"XRefStm").is_some() {
                return Err("the file has two cross-reference tables for one revision");
            }
            next = match section.trailer.get(b"Prev") {
                None => None,
                Some(Raw::Integer(at)) => Some(usize::try_from(*at).map_err(|_| LOST)?),
                Some(_) => return Err(LOST),
            };
            self.sections.push(section);
        }
        if self.walk.tables.len() > seen.len() || self.walk.tables.iter().any(|it| !seen.contains(&it.at)) {
            return Err("there is a cross-reference table that the file does not use");
        }
        Ok(())
    }

    fn section(&self, at: usize) -> Result<Section, Oddity> {
        if let Some(table) = self.walk.tables.iter().find(|it| it.at == at) {
            return Ok(Section { rows: table.rows.clone(), trailer: table.trailer.clone() });
        }
        let found = self.walk.objects.iter().find(|it| it.at == at).ok_or(LOST)?;
        let trailer = found.dictionary().filter(|it| it.is_of_type(b"XRef")).ok_or(LOST)?;
        Ok(Section { rows: self.stream_rows(found, trailer)?, trailer: trailer.clone() })
    }

    /// The rows of a cross-reference stream (ISO 32000-1, 7.5.8.3).
    fn stream_rows(&self, found: &FoundObject, dict: &RawDictionary) -> Result<Vec<(u32, Row)>, Oddity> {
        const MALFORMED: Oddity = "a cross-reference stream is not well-formed";
        let data = self.inflated(found, dict).ok_or(MALFORMED)?;
        let width = |it: i64| usize::try_from(it).ok().filter(|it| *it <= 8);
        let widths: Vec<usize> =
            dict.integers(b"W").and_then(|it| it.into_iter().map(width).collect()).ok_or(MALFORMED)?;
        let [kind_width, first_width, second_width] = widths[..] else { return Err(MALFORMED) };
        let size = dict.integer(b"Size").ok_or(MALFORMED)?;
        let index = dict.integers(b"Index").unwrap_or_else(|| vec![0, size]);
        let row_width = kind_width + first_width + second_width;
        if row_width == 0 || index.len() % 2 == 1 {
            return Err(MALFORMED);
        }
        let mut chunks = data.chunks_exact(row_width);
        let mut rows = Vec::new();
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

    /// The data of a stream behind its filter; `None` when it is none that structures are written with.
    fn inflated(&self, found: &FoundObject, dict: &RawDictionary) -> Option<Vec<u8>> {
        let data = self.bytes.get(found.data.clone()?)?.to_vec();
        let filter = match dict.get(b"Filter") {
            None => return Some(data),
            Some(Raw::Name(name)) => name.clone(),
            Some(Raw::Array(names)) => match &names[..] {
                [] => return Some(data),
                [Raw::Name(name)] => name.clone(),
                _ => return None,
            },
            Some(_) => return None,
        };
        let mut stream = Dictionary::from_iter([("Filter", Object::Name(filter))]);
        let parameters = match dict.get(b"DecodeParms") {
            Some(Raw::Dictionary(parameters)) => Some(parameters),
            Some(Raw::Array(all)) => match &all[..] {
                [Raw::Dictionary(parameters)] => Some(parameters),
                _ => None,
            },
            _ => None,
        };
        if let Some(parameters) = parameters {
            let keys = ["Predictor", "Columns", "Colors", "BitsPerComponent"];
            let set = keys.iter().filter_map(|key| Some((*key, Object::from(parameters.integer(key.as_bytes())?))));
            stream.set("DecodeParms", Dictionary::from_iter(set));
        }
        Stream::new(stream, data).decompressed_content_with_limit(self.limits.stream_bytes).ok()
    }

    fn check(&self) -> Result<(), Oddity> {
        self.check_rows()?;
        self.check_trailers()?;
        self.check_objects()?;
        if self.sections.iter().any(|it| it.trailer.get(b"Encrypt").is_some()) {
            return Ok(()); // object streams are behind a key; the parser that opens them is the only reader there is
        }
        self.check_object_streams()
    }

    /// Every row leads to its object, and no section says two things about one number.
    fn check_rows(&self) -> Result<(), Oddity> {
        let by_place: HashMap<usize, &FoundObject> = self.walk.objects.iter().map(|it| (it.at, it)).collect();
        for section in &self.sections {
            let mut numbers = HashSet::new();
            for (number, row) in &section.rows {
                if !numbers.insert(*number) {
                    return Err("a cross-reference table has two rows for one object");
                }
                let Row::InUse { at, generation } = row else { continue };
                let found = by_place.get(at).ok_or("a row of a cross-reference table leads to no object")?;
                if found.number != *number || found.generation != *generation {
                    return Err("a row of a cross-reference table leads to another object");
                }
            }
        }
        Ok(())
    }

    /// All revisions have one catalog and one lock.
    fn check_trailers(&self) -> Result<(), Oddity> {
        for key in [&b"Root"[..], b"Encrypt"] {
            let mut values = self.sections.iter().map(|it| it.trailer.get(key));
            let newest = values.next().flatten();
            // The first part of a linearized file repeats what the second says; an older revision may leave out nothing.
            if values.any(|it| it.is_some_and(|it| Some(it) != newest)) {
                return Err("two revisions of the file have different catalogs or keys");
            }
        }
        Ok(())
    }

    /// No object stands in the file that no table leads to.
    fn check_objects(&self) -> Result<(), Oddity> {
        let rows = self.sections.iter().flat_map(|it| &it.rows);
        let places: HashSet<usize> =
            rows.filter_map(|(_, row)| if let Row::InUse { at, .. } = row { Some(*at) } else { None }).collect();
        let is_table = |it: &FoundObject| it.dictionary().is_some_and(|it| it.is_of_type(b"XRef"));
        let stray = self.walk.objects.iter().find(|it| !places.contains(&it.at) && !is_table(it));
        if stray.is_some() { Err("there is an object that no cross-reference table leads to") } else { Ok(()) }
    }

    /// Every object stream holds what the rows say, each once, and nothing else (ISO 32000-1, 7.5.7).
    fn check_object_streams(&self) -> Result<(), Oddity> {
        let mut wanted: HashMap<u32, HashMap<usize, HashSet<u32>>> = HashMap::new();
        for (number, row) in self.sections.iter().flat_map(|it| &it.rows) {
            if let Row::Compressed { stream, index } = row {
                wanted.entry(*stream).or_default().entry(*index).or_default().insert(*number);
            }
        }
        let is_object_stream = |it: &&FoundObject| it.dictionary().is_some_and(|it| it.is_of_type(b"ObjStm"));
        for found in self.walk.objects.iter().filter(is_object_stream) {
            let dict = found.dictionary().expect("filtered by its dictionary");
            let numbers = self.numbers_in(found, dict).ok_or("an object stream is not well-formed")?;
            let wanted = wanted.get(&found.number);
            let mut seen = HashSet::new();
            for (index, number) in numbers.iter().enumerate() {
                let is_led_to = wanted.and_then(|it| it.get(&index)).is_some_and(|it| it.contains(number));
                if !seen.insert(*number) || !is_led_to {
                    return Err("an object stream holds an object twice, or one that no row leads to");
                }
            }
        }
        let holds = |(stream, indices): (&u32, &HashMap<usize, HashSet<u32>>)| {
            let of_number = self.walk.objects.iter().filter(|it| it.number == *stream).filter(is_object_stream);
            let counts = of_number.filter_map(|it| it.dictionary()?.integer(b"N"));
            let most = counts.filter_map(|it| usize::try_from(it).ok()).max().unwrap_or(0);
            indices.keys().all(|it| *it < most)
        };
        if wanted.iter().all(holds) { Ok(()) } else { Err("a row leads to an object stream that does not hold it") }
    }

    /// The numbers of the objects in an object stream, in order.
    fn numbers_in(&self, found: &FoundObject, dict: &RawDictionary) -> Option<Vec<u32>> {
        if !matches!(dict.get(b"Length"), Some(Raw::Integer(_))) && dict.get(b"Extends").is_some() {
            return None;
        }
        let data = self.inflated(found, dict)?;
        let count = usize::try_from(dict.integer(b"N")?).ok().filter(|it| *it <= self.limits.objects)?;
        let first = usize::try_from(dict.integer(b"First")?).ok()?;
        let head = std::str::from_utf8(data.get(..first)?).ok()?;
        let mut words = head.split_ascii_whitespace();
        let mut numbers = Vec::with_capacity(count);
        let mut last = None;
        for _ in 0..count {
            numbers.push(words.next()?.parse().ok()?);
            let place: usize = words.next()?.parse().ok()?;
            // Objects stand in order and apart; one that begins inside another would be read in two ways.
            if last.is_some_and(|it| place <= it) || first.checked_add(place)? >= data.len() {
                return None;
            }
            last = Some(place);
        }
        words.next().is_none().then_some(numbers)
    }
}

const LOST: Oddity = "a cross-reference table is not where the file says";

fn stream_row(kind: &[u8], first: Option<u64>, second: Option<u64>) -> Option<Row> {
    let kind = if kind.is_empty() { 1 } else { big_endian(kind)? };
    match kind {
        0 => Some(Row::Free),
        1 => Some(Row::InUse { at: usize::try_from(first?).ok()?, generation: u16::try_from(second?).ok()? }),
        2 => Some(Row::Compressed { stream: u32::try_from(first?).ok()?, index: usize::try_from(second?).ok()? }),
        _ => None,
    }
}

fn big_endian(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PdfBuilder;

    fn oddity(bytes: &[u8]) -> Option<String> {
        check(bytes, &Limits::default()).and_then(|it| it.detail)
    }

    #[track_caller]
    fn check_odd(bytes: &[u8], expected: &str) {
        let found = oddity(bytes).unwrap_or_default();
        assert!(found.contains(expected), "{found:?}");
    }

    fn honest() -> String {
        String::from_utf8(PdfBuilder::with_text("name", "(Ada)").bytes()).unwrap()
    }

    /// The file with bytes put in before the table, whose place is mended.
    fn with(insert: &str) -> Vec<u8> {
        let text = honest();
        let table = text.find("xref\n0").unwrap();
        let (objects, rest) = text.split_at(table);
        let rest = rest.replace(&format!("startxref\n{table}"), &format!("startxref\n{}", table + insert.len()));
        format!("{objects}{insert}{rest}").into_bytes()
    }

    #[test]
    fn an_honest_file_passes() {
        assert_eq!(oddity(honest().as_bytes()), None);
        assert_eq!(oddity(&with("% a comment\n")), None);
    }

    #[test]
    fn what_stands_beside_the_objects_is_told() {
        check_odd(&with("junk\n"), "something between the objects");
        check_odd(&with("5 0 obj\n<</V(Eve)>>\nendobj\n"), "no cross-reference table leads to");
        check_odd(&with("9 0 obj\n<</V(Eve)>>\n"), "does not end where it must");
    }

    #[test]
    fn a_row_that_leads_elsewhere_is_told() {
        let text = honest();
        let row = text.lines().find(|it| it.ends_with("00000 n ")).unwrap();
        check_odd(text.replacen(row, "0000000012 00000 n ", 1).as_bytes(), "leads to no object");
        let second = text.lines().filter(|it| it.ends_with("00000 n ")).nth(1).unwrap();
        check_odd(text.replacen(row, second, 1).as_bytes(), "leads to another object");
        check_odd(text.replacen("2 1\n", "1 1\n", 1).as_bytes(), "two rows for one object");
    }

    #[test]
    fn a_key_twice_and_a_wrong_length_are_told() {
        check_odd(&PdfBuilder::with_text("name", "(Ada)/V(Eve)").bytes(), "a key twice");
        check_odd(&PdfBuilder::new().object(9, "<</Length 3>>stream\nlonger\nendstream").bytes(), "longer or shorter");
        assert_eq!(oddity(&PdfBuilder::new().stream(9, "as long as it says").bytes()), None);
    }

    #[test]
    fn a_second_file_behind_the_first_is_told() {
        let twice = [honest(), honest()].concat();
        check_odd(twice.as_bytes(), "");
        assert!(oddity(twice.as_bytes()).is_some());
    }

    #[test]
    fn an_update_passes_and_a_table_nobody_uses_does_not() {
        let text = honest();
        let previous = text.rfind("xref\n0").unwrap();
        let update = |prev: &str| {
            let at = text.len();
            let object = "5 0 obj\n<</FT/Tx/T(name)/V(Eve)/Subtype/Widget>>\nendobj\n";
            let start = at + object.len();
            format!(
                "{text}{object}xref\n5 1\n{at:010} 00000 n \ntrailer\n<</Size 6/Root 1 0 R{prev}>>\nstartxref\n{start}\n%%EOF\n"
            )
        };
        assert_eq!(oddity(update(&format!("/Prev {previous}")).as_bytes()), None);
        check_odd(update("").as_bytes(), "does not use");
        check_odd(
            update(&format!("/Prev {previous}"))
                .replace("/Size 6/Root 1 0 R/Prev", "/Size 6/Root 2 0 R/Prev")
                .as_bytes(),
            "different catalogs",
        );
    }
}
