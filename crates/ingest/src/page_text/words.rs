//! From glyphs to words with a place, whichever way the page was turned.

use hayro_interpret::kurbo::Point;

use crate::shown::ShownGlyph;

/// A word on a page.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// Where its first glyph begins.
    pub(super) origin: Point,
}

/// Part of the font's size between two glyphs that makes them two words.
pub(super) const GAP: f64 = 0.18;

/// The words of a page that can be seen, in the order of painting.
pub(super) fn words(glyphs: &[ShownGlyph]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut last: Option<&ShownGlyph> = None;
    for glyph in glyphs.iter().filter(|it| it.hidden.is_none()) {
        let Some(text) = glyph.text.as_deref().filter(|it| !is_blank(it)) else {
            last = None;
            continue;
        };
        match words.last_mut() {
            Some(word) if last.is_some_and(|it| continues(it, glyph)) => word.text.push_str(text),
            _ => words.push(Word { text: text.to_owned(), origin: glyph.origin }),
        }
        last = Some(glyph);
    }
    words
}

/// Whether a glyph stands where the one before it ends.
pub(super) fn continues(before: &ShownGlyph, glyph: &ShownGlyph) -> bool {
    (glyph.origin - before.end).hypot() <= GAP * before.size.max(glyph.size)
}

pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|it| it.is_whitespace() || it == '\u{200b}')
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line of text in a font whose letters are all half as wide as high.
    pub(in crate::page_text) fn line(text: &str, left: f64, baseline: f64, size: f64) -> Vec<ShownGlyph> {
        let glyph = |(at, letter): (usize, char)| {
            let origin = Point::new(left + at as f64 * size / 2.0, baseline);
            let end = Point::new(origin.x + size / 2.0, baseline);
            ShownGlyph { text: Some(letter.to_string()), origin, end, size, hidden: None }
        };
        text.chars().enumerate().map(glyph).collect()
    }

    #[test]
    fn words_end_at_blanks_gaps_and_line_ends() {
        let mut glyphs = line("full name", 40.0, 700.0, 10.0);
        glyphs.extend(line("Date", 200.0, 700.0, 10.0));
        glyphs.extend(line("Date", 220.0, 600.0, 10.0));
        let words: Vec<_> = words(&glyphs).into_iter().map(|it| (it.text, it.origin.x, it.origin.y)).collect();
        let expected = [("full", 40.0, 700.0), ("name", 65.0, 700.0), ("Date", 200.0, 700.0), ("Date", 220.0, 600.0)];
        assert_eq!(words, expected.map(|(text, x, y)| (text.to_owned(), x, y)));
    }

    #[test]
    fn what_cannot_be_seen_is_no_word() {
        let mut glyphs = line("hidden", 40.0, 700.0, 10.0);
        glyphs.iter_mut().for_each(|it| it.hidden = Some(crate::shown::Hidden::Faint));
        assert!(words(&glyphs).is_empty());
    }
}
