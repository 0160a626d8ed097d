//! Whether a file can be read in one way only. In front of lopdf, which loads structural lies without a word: every object is led to
//! by a row of a table, every row leads to its object, and nothing in the file stands beside them. Honest programs write such
//! files; what was repaired, patched or built to show different readers different things is not such a file. One that passes
//! needs no other parser any more: what was read here is the document.

use countersign_core::reason::ReasonCode;

use crate::file_walk::{FoundObject, Row, Walk, walk};
use crate::limits::Limits;
use crate::object_streams::{ObjectStream, object_streams};
use crate::plain_object::object;
use crate::raw_file::{Entry, Place, RawFile};
use crate::raw_object::{Oddity, RawDictionary};
use crate::reading::Finding;
use crate::sections::{Section, sections};

/// Holds a file's structure against the rules; the first thing that is odd is told. `None` is a file with nothing odd that needs
/// another parser all the same: it is encrypted, or something stands behind its end.
pub(crate) fn open(bytes: &[u8], limits: &Limits) -> Result<Option<RawFile>, Finding> {
    // What stands around a file is told elsewhere; offsets count from the header.
    let start = crate::structure::find(&bytes[..bytes.len().min(1024)], b"%PDF-").unwrap_or(0);
    pass(&bytes[start..], limits).map_err(|it| Finding::of_file(ReasonCode::PdfAmbiguous, it))
}

fn pass(bytes: &[u8], limits: &Limits) -> Result<Option<RawFile>, Oddity> {
    let mut walk = walk(bytes)?;
    let sections = sections(&mut walk, bytes, limits)?;
    let gate = Gate { bytes, walk: &walk, sections: &sections };
    gate.check_rows()?;
    gate.check_trailers()?;
    if gate.is_encrypted() {
        return Ok(None); // object streams are behind a key; the parser that opens them is the only reader there is
    }
    let root = gate.trailer().get(b"Root").map_or(lopdf::Object::Null, object);
    let is_whole = bytes[walk.end..].iter().all(|it| crate::lexer::is_blank(*it));
    let mut bytes = bytes.to_vec();
    let streams = object_streams(&mut walk, &mut bytes, limits)?;
    check_object_streams(&streams, &sections)?;
    let entries = entries(&walk, sections, &streams)?;
    Ok(is_whole.then(|| RawFile::new(bytes, walk.tokens, entries, root)))
}

struct Gate<'a> {
    bytes: &'a [u8],
    walk: &'a Walk,
    sections: &'a [Section],
}

impl<'a> Gate<'a> {
    /// Every row leads to its object, no section says two things about one number, and no object stands in the file that no
    /// row leads to.
    fn check_rows(&self) -> Result<(), Oddity> {
        let mut is_led_to = vec![false; self.walk.objects.len()];
        for section in self.sections {
            if has_twins(&section.rows) {
                return Err("a cross-reference table has two rows for one object");
            }
            for (number, row) in &section.rows {
                let Row::InUse { at, generation } = row else { continue };
                let place = self.walk.object_at(*at).ok_or("a row of a cross-reference table leads to no object")?;
                let found = &self.walk.objects[place];
                if found.number != *number || found.generation != *generation {
                    return Err("a row of a cross-reference table leads to another object");
                }
                is_led_to[place] = true;
            }
        }
        let is_table = |it: &FoundObject| {
            let dict = it.dictionary(&self.walk.tokens, self.bytes);
            dict.is_some_and(|it| it.is_of_type(b"XRef"))
        };
        let mut found = self.walk.objects.iter().zip(is_led_to);
        let has_stray = found.any(|(found, is_led_to)| !is_led_to && !is_table(found));
        if has_stray { Err("there is an object that no cross-reference table leads to") } else { Ok(()) }
    }

    /// All revisions have one catalog and one lock.
    fn check_trailers(&self) -> Result<(), Oddity> {
        let newest = self.trailer();
        for key in [&b"Root"[..], b"Encrypt"] {
            let is_newest = |it: RawDictionary<'_>| match (it.get(key), newest.get(key)) {
                (None, _) => true,
                (Some(older), newest) => newest.is_some_and(|it| it.is_like(older)),
            };
            // The first part of a linearized file repeats what the second says; an older revision may leave out nothing.
            if !self.sections.iter().all(|it| is_newest(it.trailer(self.walk, self.bytes))) {
                return Err("two revisions of the file have different catalogs or keys");
            }
        }
        Ok(())
    }

    fn is_encrypted(&self) -> bool {
        self.sections.iter().any(|it| it.trailer(self.walk, self.bytes).get(b"Encrypt").is_some())
    }

    fn trailer(&self) -> RawDictionary<'a> {
        self.sections[0].trailer(self.walk, self.bytes)
    }
}

fn has_twins(rows: &[(u32, Row)]) -> bool {
    if rows.is_sorted_by(|one, two| one.0 < two.0) {
        return false;
    }
    let mut numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    numbers.windows(2).any(|it| it[0] == it[1])
}

/// Every object stream holds what the rows say, each once, and nothing else (ISO 32000-1, 7.5.7).
fn check_object_streams(streams: &[ObjectStream], sections: &[Section]) -> Result<(), Oddity> {
    let compressed = |(number, row): &(u32, Row)| match row {
        Row::Compressed { stream, index } => Some((*stream, *index, *number)),
        _ => None,
    };
    let mut wanted: Vec<_> = sections.iter().flat_map(|it| &it.rows).filter_map(compressed).collect();
    wanted.sort_unstable();
    for stream in streams {
        let mut numbers: Vec<u32> = stream.members.iter().map(|it| it.number).collect();
        let is_led_to = |(index, number): (usize, &u32)| wanted.binary_search(&(stream.number, index, *number)).is_ok();
        let all_are_led_to = numbers.iter().enumerate().all(is_led_to);
        numbers.sort_unstable();
        if !all_are_led_to || numbers.windows(2).any(|it| it[0] == it[1]) {
            return Err("an object stream holds an object twice, or one that no row leads to");
        }
    }
    let mut sizes: Vec<(u32, usize)> = streams.iter().map(|it| (it.number, it.members.len())).collect();
    sizes.sort_unstable();
    let holds = |stream: u32, index: usize| {
        let upto = sizes.partition_point(|(number, _)| *number <= stream);
        sizes[..upto].last().is_some_and(|(number, most)| *number == stream && index < *most)
    };
    if wanted.iter().all(|(stream, index, _)| holds(*stream, *index)) { Ok(()) } else { Err(NOT_HELD) }
}

const NOT_HELD: Oddity = "a row leads to an object stream that does not hold it";

/// The objects of the newest revision. Of all rows for a number, the newest is true.
fn entries(walk: &Walk, sections: Vec<Section>, streams: &[ObjectStream]) -> Result<Vec<Entry>, Oddity> {
    let mut rows: Vec<(u32, Row)> = sections.into_iter().flat_map(|it| it.rows).collect();
    rows.sort_by_key(|(number, _)| *number);
    rows.dedup_by_key(|(number, _)| *number);
    let object_stream = |number: u32| {
        let (_, row) = rows[rows.binary_search_by_key(&number, |(number, _)| *number).ok()?];
        let Row::InUse { at, .. } = row else { return None };
        let found = walk.object_at(at)?;
        streams.binary_search_by_key(&found, |it| it.at).ok().map(|it| &streams[it])
    };
    let mut entries = Vec::with_capacity(rows.len());
    for (number, row) in &rows {
        let entry = match row {
            Row::Free => continue,
            Row::InUse { at, generation } => {
                let found = &walk.objects[walk.object_at(*at).expect("every row leads to its object")];
                Entry::new(*number, *generation, Place { value: found.value, data: found.data.clone() })
            }
            Row::Compressed { stream, index } => {
                let member = object_stream(*stream).and_then(|it| it.members.get(*index));
                let member = member.filter(|it| it.number == *number).ok_or(NOT_HELD)?;
                Entry::new(*number, 0, Place { value: member.value, data: None })
            }
        };
        entries.push(entry);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PdfBuilder;

    fn oddity(bytes: &[u8]) -> Option<String> {
        open(bytes, &Limits::default()).err().and_then(|it| it.detail)
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
