//! Mutants: honest forms with one thing or two changed at random, as a fault, a careless program or an attacker might. The same
//! seed makes the same mutant.

mod bytes;
mod objects;

use std::ops::Range;

use countersign_testkit::Seeded;
use lopdf::{Document, Object, ObjectId, SaveOptions};

use self::bytes::Text;
use self::objects::Objects;

/// A form to make mutants of.
pub struct Stock {
    bytes: Vec<u8>,
    document: Document,
    fields: Vec<ObjectId>,
    /// What stands outside of streams.
    plain: Vec<Range<usize>>,
}

/// A form with something changed.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What was changed, in order.
    pub changes: Vec<&'static str>,
}

/// At which level the two changes of a mutant are made.
const PLANS: [(usize, usize); 10] = [(1, 0), (1, 0), (1, 0), (1, 0), (0, 1), (0, 1), (0, 1), (1, 1), (2, 0), (0, 2)];

impl Stock {
    /// Takes a form.
    ///
    /// # Panics
    /// When lopdf does not read it.
    pub fn of(bytes: &[u8]) -> Self {
        let document = Document::load_mem(bytes).expect("lopdf reads honest forms");
        let is_field =
            |it: &Object| it.as_dict().is_ok_and(|it| it.has(b"Rect") && (it.has(b"T") || it.has(b"Parent")));
        let fields = document.objects.iter().filter(|(_, it)| is_field(it)).map(|(id, _)| *id).collect();
        Self { plain: outside_of_streams(bytes), bytes: bytes.to_vec(), document, fields }
    }

    /// The mutant of a seed.
    pub fn mutant(&self, seed: u64) -> Mutant {
        let mut random = Seeded::new(seed);
        let (in_objects, in_bytes) = PLANS[random.below(PLANS.len() as u64) as usize];
        let mut changes = Vec::new();
        let mut bytes = self.bytes.clone();
        if in_objects > 0 {
            let mut objects = Objects {
                document: self.document.clone(),
                fields: self.fields.clone(),
                random: Seeded::new(random.next_u64()),
            };
            changes.extend((0..in_objects).map(|_| objects.change()));
            bytes = saved(objects.document, &mut random).unwrap_or(bytes);
        }
        if in_bytes > 0 {
            let plain = if in_objects > 0 { outside_of_streams(&bytes) } else { self.plain.clone() };
            let mut text = Text { bytes, plain, random: Seeded::new(random.next_u64()) };
            changes.extend((0..in_bytes).map(|_| text.change()));
            bytes = text.bytes;
            // A file that leads to nothing is refused at the door; one that is whole again comes further.
            if random.below(3) > 0 {
                bytes::mend(&mut bytes);
            }
        }
        Mutant { bytes, changes }
    }
}

/// The document as a file, one in eight times with object streams; `None` when what it has become cannot be written.
fn saved(mut document: Document, random: &mut Seeded) -> Option<Vec<u8>> {
    let has_streams = random.below(8) == 0;
    let options =
        SaveOptions { use_object_streams: has_streams, use_xref_streams: has_streams, ..SaveOptions::default() };
    let mut bytes = Vec::new();
    document.save_with_options(&mut bytes, options).is_ok().then_some(bytes)
}

fn outside_of_streams(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(start) = bytes::find(bytes, from, b">>stream").or_else(|| bytes::find(bytes, from, b"\nstream")) {
        ranges.push(from..start);
        from = bytes::find(bytes, start, b"endstream").unwrap_or(bytes.len());
    }
    ranges.push(from..bytes.len());
    ranges.retain(|it| !it.is_empty());
    ranges
}

/// One of several.
fn one_of<T: Copy>(random: &mut Seeded, all: &[T]) -> Option<T> {
    (!all.is_empty()).then(|| all[random.below(all.len() as u64) as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{honest_forms, measure};

    #[test]
    fn a_seed_makes_the_same_mutant_and_most_seeds_another_one() {
        let form = &honest_forms(&measure::press()).forms[0];
        let stock = Stock::of(&form.bytes);
        assert_eq!(stock.mutant(7).bytes, stock.mutant(7).bytes);
        let mutants: std::collections::BTreeSet<Vec<u8>> = (0..50).map(|it| stock.mutant(it).bytes).collect();
        assert!(mutants.len() > 40, "{}", mutants.len());
    }
}
