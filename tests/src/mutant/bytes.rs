//! Changes of a file as a row of bytes, by what does not know PDF, or knows its tokens.

use std::ops::Range;

use countersign_testkit::Seeded;

use super::one_of;

/// A file as a row of bytes.
pub(super) struct Text {
    pub(super) bytes: Vec<u8>,
    /// Where no stream is: there the form itself stands.
    pub(super) plain: Vec<Range<usize>>,
    pub(super) random: Seeded,
}

/// A change by name.
type Change = (&'static str, fn(&mut Text));

const CHANGES: [Change; 16] = [
    ("a bit flipped", Text::flip),
    ("a byte set", Text::set),
    ("a range deleted", Text::delete),
    ("a range doubled", Text::double),
    ("a range copied elsewhere", Text::copy),
    ("a range written over another", Text::write_over),
    ("a digit changed", Text::change_digit),
    ("a digit changed behind a key", Text::change_digit_behind_a_key),
    ("two objects exchanged", Text::exchange_objects),
    ("two names exchanged", Text::exchange_names),
    ("two strings exchanged", Text::exchange_strings),
    ("a letter of a value changed", Text::change_value),
    ("cut short", Text::cut),
    ("junk before or behind", Text::add_junk),
    ("junk between", Text::insert_junk),
    ("an object once more in an update", Text::update),
];

/// What a mutant may say to nobody in the middle of anything.
const COMMENT: &[u8] = b"% a comment\n";

/// Keys whose numbers decide how a form is read.
const KEYS: [&[u8]; 12] = [
    b"/Ff ",
    b"/F ",
    b"/Rect[",
    b"/MaxLen ",
    b"/Length ",
    b"/Size ",
    b"/Prev ",
    b"startxref\n",
    b"/Parent ",
    b"/N ",
    b"/Count ",
    b"/Root ",
];

impl Text {
    /// Makes one change and says which.
    pub(super) fn change(&mut self) -> &'static str {
        let (name, change) = one_of(&mut self.random, &CHANGES).expect("there are changes");
        if !self.bytes.is_empty() {
            change(self);
        }
        name
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.below(end.max(1) as u64) as usize
    }

    /// A place in the file; three times out of four outside of streams.
    fn place(&mut self) -> usize {
        let end = self.bytes.len().saturating_sub(1);
        if self.below(4) == 0 || self.plain.is_empty() {
            return self.below(end);
        }
        let all: usize = self.plain.iter().map(Range::len).sum();
        let mut at = self.below(all);
        for range in &self.plain {
            if at < range.len() {
                return (range.start + at).min(end);
            }
            at -= range.len();
        }
        end
    }

    /// A range that begins at a place, mostly short.
    fn range(&mut self) -> Range<usize> {
        let start = self.place();
        let longest = one_of(&mut self.random, &[4, 16, 64, 600]).expect("there are lengths");
        let length = 1 + self.below(longest);
        start..(start + length).min(self.bytes.len())
    }

    fn flip(&mut self) {
        for _ in 0..=self.below(3) {
            let (at, bit) = (self.place(), self.below(8));
            self.bytes[at] ^= 1 << bit;
        }
    }

    fn set(&mut self) {
        const TELLING: &[u8] = b"\0\n\r ()<>[]{}/%0159AVNfn-+.\xff\x80";
        let at = self.place();
        self.bytes[at] = one_of(&mut self.random, TELLING).expect("there are bytes");
    }

    fn delete(&mut self) {
        let range = self.range();
        self.bytes.drain(range);
    }

    fn double(&mut self) {
        let range = self.range();
        let copied = self.bytes[range.clone()].to_vec();
        self.bytes.splice(range.end..range.end, copied);
    }

    fn copy(&mut self) {
        let (range, at) = (self.range(), self.place());
        let copied = self.bytes[range].to_vec();
        self.bytes.splice(at..at, copied);
    }

    fn write_over(&mut self) {
        let (range, at) = (self.range(), self.place());
        let copied = self.bytes[range].to_vec();
        let end = (at + copied.len()).min(self.bytes.len());
        self.bytes[at..end].copy_from_slice(&copied[..end - at]);
    }

    fn change_digit(&mut self) {
        let from = self.place();
        self.change_digit_from(from);
    }

    fn change_digit_behind_a_key(&mut self) {
        let key = one_of(&mut self.random, &KEYS).expect("there are keys");
        let from = self.place();
        let found = find(&self.bytes, from, key).or_else(|| find(&self.bytes, 0, key));
        if let Some(at) = found {
            let skipped = self.below(6);
            self.change_digit_from(at + key.len() + skipped);
        }
    }

    fn change_digit_from(&mut self, from: usize) {
        let digit = b'0' + self.below(10) as u8;
        let found = self.bytes.iter_mut().skip(from).find(|it| it.is_ascii_digit());
        if let Some(it) = found {
            *it = digit;
        }
    }

    /// Exchanges two ranges of the file.
    fn exchange(&mut self, one: Range<usize>, other: Range<usize>) {
        let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
        if first.end > second.start {
            return;
        }
        let (before, after) = (self.bytes[first.clone()].to_vec(), self.bytes[second.clone()].to_vec());
        self.bytes.splice(second, before);
        self.bytes.splice(first, after);
    }

    fn exchange_objects(&mut self) {
        let bodies = objects(&self.bytes);
        let two = (one_of(&mut self.random, &bodies), one_of(&mut self.random, &bodies));
        if let (Some(one), Some(other)) = two {
            self.exchange(one.body(), other.body());
        }
    }

    fn exchange_names(&mut self) {
        let ends: fn(u8) -> bool = |it| it.is_ascii_whitespace() || b"/()<>[]".contains(&it);
        self.exchange_tokens(b"/", ends);
    }

    fn exchange_strings(&mut self) {
        let ends: fn(u8) -> bool = |it| it == b')';
        self.exchange_tokens(b"(", ends);
    }

    fn exchange_tokens(&mut self, start: &[u8], ends: fn(u8) -> bool) {
        let mut token = || {
            let from = self.place();
            let at = find(&self.bytes, from, start)? + start.len();
            let length = self.bytes[at..].iter().take(200).position(|it| ends(*it))?;
            Some(at..at + length)
        };
        if let (Some(one), Some(other)) = (token(), token()) {
            self.exchange(one, other);
        }
    }

    fn change_value(&mut self) {
        let from = self.place();
        let found = find(&self.bytes, from, b"/V(").or_else(|| find(&self.bytes, 0, b"/V("));
        let Some(at) = found else { return };
        let length = self.bytes[at..].iter().position(|it| *it == b')').unwrap_or(4);
        let letter = at + 3 + self.below(length.saturating_sub(3));
        if let Some(it) = self.bytes.get_mut(letter) {
            *it = one_of(&mut self.random, b"aeimrstzAEMR0123456789 @.-").expect("there are letters");
        }
    }

    fn cut(&mut self) {
        let at =
            if self.below(2) == 0 { self.place() } else { self.bytes.len() - self.below(1500).min(self.bytes.len()) };
        self.bytes.truncate(at);
    }

    fn junk(&mut self) -> Vec<u8> {
        const TELLING: [&[u8]; 8] = [
            b"\n",
            b" ",
            b"%PDF-1.4\n",
            b"\n%%EOF\n",
            COMMENT,
            b"<html></html>\r\n",
            b"\n9999 0 obj\n<</FT/Tx/T(add)/V(Eve)>>\nendobj\n",
            b"endobj\n",
        ];
        one_of(&mut self.random, &TELLING).expect("there is junk").to_vec()
    }

    fn add_junk(&mut self) {
        let junk = self.junk();
        let at = if self.below(2) == 0 { 0 } else { self.bytes.len() };
        self.bytes.splice(at..at, junk);
    }

    fn insert_junk(&mut self) {
        let (junk, at) = (self.junk(), self.place());
        self.bytes.splice(at..at, junk);
    }

    /// An update that writes one object anew: as it is, or with the body of another.
    fn update(&mut self) {
        let all = objects(&self.bytes);
        let (Some(one), Some(other)) = (one_of(&mut self.random, &all), one_of(&mut self.random, &all)) else { return };
        let body = if self.below(2) == 0 { one.body() } else { other.body() };
        let (Some(previous), Some(trailer)) = (number_behind_last(&self.bytes, b"startxref"), trailer(&self.bytes))
        else {
            return;
        };
        let mut update = format!("\n{} 0 obj", one.number).into_bytes();
        let at = self.bytes.len() + 1;
        update.extend_from_slice(&self.bytes[body]);
        update.extend_from_slice(b"endobj\n");
        let table = self.bytes.len() + update.len();
        let tail = format!(
            "xref\n{} 1\n{at:010} 00000 n \ntrailer\n<<{trailer}/Prev {previous}>>\nstartxref\n{table}\n%%EOF\n",
            one.number
        );
        update.extend_from_slice(tail.as_bytes());
        self.bytes.extend_from_slice(&update);
    }
}

/// `12 0 obj … endobj` in a file.
#[derive(Clone, Copy, Debug)]
struct Found {
    number: u32,
    at: usize,
    body: usize,
    end: usize,
}

impl Found {
    fn body(&self) -> Range<usize> {
        self.body..self.end
    }
}

/// The objects of generation 0, found by their words.
fn objects(bytes: &[u8]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(word) = find(bytes, from, b" 0 obj") {
        let body = word + b" 0 obj".len();
        let digits = bytes[..word].iter().rev().take_while(|it| it.is_ascii_digit()).count();
        let number = std::str::from_utf8(&bytes[word - digits..word]).ok().and_then(|it| it.parse().ok());
        let end = find(bytes, body, b"endobj").unwrap_or(bytes.len());
        if let Some(number) = number {
            found.push(Found { number, at: word - digits, body, end });
        }
        from = end;
    }
    found
}

/// `/Root` and `/Size` of the last trailer.
fn trailer(bytes: &[u8]) -> Option<String> {
    let at = rfind(bytes, b"/Root")?;
    let root: String =
        bytes[at + 5..].iter().take_while(|it| it.is_ascii_digit() || **it == b' ').map(|it| char::from(*it)).collect();
    let size = number_behind_last(bytes, b"/Size")?;
    Some(format!("/Size {size}/Root {} R", root.trim()))
}

fn number_behind_last(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let at = rfind(bytes, word)? + word.len();
    let digits: String = bytes[at..]
        .iter()
        .skip_while(|it| it.is_ascii_whitespace())
        .take_while(|it| it.is_ascii_digit())
        .map(|it| char::from(*it))
        .collect();
    digits.parse().ok()
}

/// Has the rows of the last cross-reference table lead to the objects again, and the end of the file to the table.
pub(super) fn mend(bytes: &mut Vec<u8>) {
    let Some(table) = rfind(bytes, b"\nxref") else { return };
    let (Some(rows_end), Some(start)) = (find(bytes, table, b"trailer"), rfind(bytes, b"startxref")) else { return };
    let all = objects(&bytes[..table]);
    let mut number = 0;
    let mut at = table + 1;
    while at < rows_end {
        let end = find(bytes, at, b"\n").unwrap_or(rows_end) + 1;
        let words: Vec<String> =
            String::from_utf8_lossy(&bytes[at..end.min(bytes.len())]).split_whitespace().map(str::to_owned).collect();
        match &words[..] {
            [first, _] => number = first.parse().unwrap_or(0),
            [_, _, kind] => {
                let found = all.iter().rev().find(|it| it.number == number && kind == "n");
                if let Some(found) = found.filter(|_| at + 10 <= bytes.len()) {
                    bytes[at..at + 10].copy_from_slice(format!("{:010}", found.at).as_bytes());
                }
                number += 1;
            }
            _ => {}
        }
        at = end;
    }
    let from = start + b"startxref".len();
    let digits = bytes[from..].iter().position(|it| *it == b'%').unwrap_or(bytes.len() - from);
    bytes.splice(from..from + digits, format!("\n{}\n", table + 1).into_bytes());
}

/// Where `needle` stands next.
pub(super) fn find(bytes: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(needle.len()).position(|it| it == needle).map(|it| from + it)
}

fn rfind(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|it| it == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] =
        b"%PDF-1.7\n1 0 obj\n<</A(x)>>\nendobj\n2 0 obj\n<</B/C>>\nendobj\nxref\n0 3\n0000000000 65535 f \n\
        0000000009 00000 n \n0000000034 00000 n \ntrailer\n<</Size 3/Root 1 0 R>>\nstartxref\n58\n%%EOF\n";

    #[test]
    fn a_file_that_is_whole_is_not_mended() {
        let mut bytes = FILE.to_vec();
        mend(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), String::from_utf8(FILE.to_vec()).unwrap());
    }

    #[test]
    fn a_file_with_something_more_in_it_is_mended() {
        let mut bytes = FILE.to_vec();
        bytes.splice(9..9, *b"% more\n");
        mend(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("0000000016 00000 n \n0000000041 00000 n "), "{text}");
        assert!(text.contains("startxref\n65\n"), "{text}");
    }

    #[test]
    fn an_update_leads_to_what_was_before_it() {
        let mut text = Text { bytes: FILE.to_vec(), plain: Vec::new(), random: Seeded::new(1) };
        text.update();
        let text = String::from_utf8(text.bytes).unwrap();
        assert!(text.contains("<</Size 3/Root 1 0 R/Prev 58>>"), "{text}");
    }
}
