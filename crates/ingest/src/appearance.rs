//! What you see is what is granted: the values of the fields against what their boxes show. A box without a picture agrees, since
//! every viewer then paints the value; a lossy picture agrees, since honest programs lack letters; everything else is told.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::reason::ReasonCode;
use countersign_core::template::{BlankLook, FieldLook, Rect, ValueRule};
use hayro_interpret::kurbo;
use lopdf::{Dictionary, Object};
use unicode_normalization::UnicodeNormalization;

use crate::blanks::KnownBlank;
use crate::content_tokens::{Operand, Operation, operations};
use crate::default_look::{has_no_mark, has_own_fonts, hides, is_in_other_letters};
use crate::document::{Pdf, as_dict};
use crate::fields::Fields;
use crate::limits::Limits;
use crate::plain_picture::PlainPictures;
use crate::read::File;
use crate::reading::{FieldReading, Finding, OFF};
use crate::resources::are_same;
use crate::shown::{Hidden, Part, ShownGlyph, ShownPage, shown};
use crate::unpacking::unpacked;

/// Points by which a glyph's origin may stand outside its box.
const OUTSIDE: f64 = 2.0;
/// Points before the right edge of a box within which a text that was cut there ends.
const CUT: f64 = 16.0;

/// Points from the left edge of a box within which a text begins that was cut at the right one.
const INSET: f64 = 8.0;
/// Points that a drawing is at least wide or high.
const MARK: f64 = 3.0;

/// Compares what is stored with what is shown, field by field.
pub(crate) fn appearance_findings(
    file: &File<'_>,
    fields: &Fields<'_>,
    blank: &KnownBlank,
    values: &mut BTreeMap<String, FieldReading>,
) -> Vec<Finding> {
    let look = &blank.look;
    let mut findings = Vec::new();
    let mut boxes = Vec::new();
    let plain = PlainPictures::of(file, blank);
    if !has_own_fonts(file, blank) {
        let detail = "the form's fields are set in another font than was issued";
        findings.push(Finding::of_file(ReasonCode::FormTextAltered, detail));
    }
    let paints_anew =
        file.pdf.acroform().is_some_and(|it| file.pdf.entry(it, b"NeedAppearances") == Some(&Object::Boolean(true)));
    for (name, look) in &look.fields {
        let (Some(value), Some([field])) = (values.get(name), fields.get(name).map(Vec::as_slice)) else { continue };
        let [widget] = field.widgets.as_slice() else { continue };
        let picture = picture(file.pdf, widget.dict);
        if look.rule == ValueRule::Check {
            let detail = picture.and_then(|it| ticked_otherwise(file.pdf, it, file.limits));
            findings.extend(detail.map(|it| mismatch(name, it)));
            let state = if value.is_ticked() { value.value.as_str() } else { OFF };
            let shown = picture.and_then(as_dict).and_then(|it| it.get(state.as_bytes()).ok());
            if value.is_ticked() && (hides(file.pdf, field, look, blank).is_some() || has_no_mark(file.pdf, field)) {
                findings.push(mismatch(name, "a viewer paints the mark of the box so that nobody sees it"));
            }
            if value.is_ticked() && shown.is_none() {
                findings.push(mismatch(name, "the box is ticked, but has no picture of that"));
            }
            let issued = blank.tick(name).and_then(|it| it.get(state.as_bytes()).ok());
            let is_as_issued = match (shown, issued, blank.specimen()) {
                (Some(shown), Some(issued), Some(specimen)) => are_same(file.pdf, shown, specimen, issued, file.limits),
                (shown, ..) => shown.is_none(),
            };
            boxes.push(PaintedBox { name, look, has_picture: true, is_plain: is_as_issued });
            continue;
        }
        if (picture.is_none() || paints_anew) && is_in_other_letters(file, field, blank) {
            findings.push(mismatch(name, "a viewer paints the text of the box in another font than was issued"));
        }
        if !value.value.as_str().trim().is_empty()
            && let Some(hidden) = hides(file.pdf, field, look, blank)
        {
            let detail = format!("a viewer paints the text of the box so that it is {}", hidden.how());
            findings.push(Finding::of_field(ReasonCode::FieldHidden, name, detail));
        }
        if picture.is_none() && file.pdf.dict(widget.dict, b"AP").is_some() {
            findings.push(mismatch(name, "the box has pictures, but none that is shown"));
        }
        let operations = picture
            .map(|it| operators_of(it, file.limits).filter(|operations| has_its_fonts(file.pdf, it, operations)));
        match (picture, operations) {
            // Where one reader goes on after a fault and another stops, they show different things.
            (Some(_), Some(None)) => findings.push(mismatch(name, "what the box shows cannot be read in one way only")),
            (Some(picture), Some(Some(operations))) => {
                let is_plain = plain.show(picture, &operations, look, value.value.as_str());
                boxes.push(PaintedBox { name, look, has_picture: true, is_plain });
            }
            _ => boxes.push(PaintedBox { name, look, has_picture: false, is_plain: true }),
        }
    }
    if boxes.iter().any(|it| !it.is_plain) {
        findings.extend(look_at(&boxes, file, blank, values));
    }
    findings
}

/// A box with text, as far as it was looked at.
struct PaintedBox<'a> {
    name: &'a str,
    look: &'a FieldLook,
    has_picture: bool,
    /// Whether it has no picture, or one that shows just its value to everybody.
    is_plain: bool,
}

fn mismatch(field: &str, detail: &str) -> Finding {
    Finding::of_field(ReasonCode::ValueAppearanceMismatch, field, detail)
}

/// Asks the second reader what the boxes show.
fn look_at(
    boxes: &[PaintedBox<'_>],
    file: &File<'_>,
    blank: &KnownBlank,
    values: &mut BTreeMap<String, FieldReading>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pages = shown(file.shared(), blank.look.pages.len(), Part::Annotations, blank.grounds(), blank.letterforms());
    let Some(shown) = pages.map(|it| Shown::of(&it, &blank.look)) else {
        let detail = "what the boxes show cannot be read, and so not be compared with their values";
        return vec![Finding::of_file(ReasonCode::LowConfidence, detail)];
    };
    for PaintedBox { name, look, has_picture, .. } in boxes {
        let Some(value) = values.get_mut(*name) else { continue };
        if let Some(hidden) = shown.hidden.get(*name) {
            let detail = format!("the text of the box is {}", hidden.how());
            findings.push(Finding::of_field(ReasonCode::FieldHidden, name, detail));
        }
        if look.rule == ValueRule::Check {
            let letters = shown.texts.get(*name).map_or(0, |it| it.text.chars().count());
            let is_ticked = shown.drawn.contains(*name) || letters > 0;
            if letters > 1 || is_ticked != value.is_ticked() {
                findings.push(mismatch(name, "the box looks ticked when it is not, or empty when it is ticked"));
            }
            continue;
        }
        if shown.drawn.contains(*name) {
            findings.push(mismatch(name, "something is drawn in the box beside its text"));
        }
        let text = shown.texts.get(*name);
        if let Some((detail, shown)) = shown_otherwise(value.value.as_str(), text, *has_picture, look) {
            findings.push(mismatch(name, detail));
            value.shown = shown.or(value.shown.take());
        }
    }
    if shown.has_strays {
        let detail = "the picture of a field paints text outside of every box";
        findings.push(Finding::of_file(ReasonCode::ValueAppearanceMismatch, detail));
    }
    findings
}

/// `/AP /N` (ISO 32000-1, 12.5.5).
fn picture<'a>(pdf: &'a Pdf, widget: &'a Dictionary) -> Option<&'a Object> {
    pdf.entry(pdf.dict(widget, b"AP")?, b"N")
}

/// What the boxes of a form show.
#[derive(Default)]
struct Shown {
    texts: BTreeMap<String, ShownText>,
    /// Boxes with text that nobody sees, and why.
    hidden: BTreeMap<String, Hidden>,
    has_strays: bool,
    /// Boxes with something drawn that is no ground, border or rule: it may be letters.
    drawn: BTreeSet<String>,
}

/// What one box shows.
#[derive(Default)]
struct ShownText {
    /// Without blanks; what the font does not tell is U+FFFD.
    text: String,
    /// How far to the right its first glyph begins.
    start: f64,
    /// How far to the right its last glyph begins, and how high.
    end: f64,
    height: f64,
    /// Whether its letters are painted in another order than they stand in.
    is_disordered: bool,
}

impl Shown {
    fn of(pages: &[ShownPage], look: &BlankLook) -> Self {
        let mut shown = Self::default();
        for (number, page) in pages.iter().enumerate() {
            let on_page = look.fields.iter().filter(|(_, it)| usize::from(it.page) == number);
            let boxes: Vec<(&String, &Rect)> = on_page.map(|(name, it)| (name, &it.rect)).collect();
            for glyph in &page.glyphs {
                shown.add(glyph, &boxes);
            }
            for mark in page.marks.iter().filter(|it| !it.is_plain && it.is_seen) {
                let around = |rect: &Rect| {
                    kurbo::Rect::new(rect.left.into(), rect.bottom.into(), rect.right.into(), rect.top.into())
                };
                let over = |rect: &Rect| around(rect).intersect(mark.bounds).area() > 0.0;
                let is_large = mark.bounds.width().max(mark.bounds.height()) >= MARK;
                let painted = boxes.iter().filter(|(_, rect)| is_large && over(rect));
                shown.drawn.extend(painted.map(|(name, _)| (*name).clone()));
            }
        }
        shown
    }

    fn add(&mut self, glyph: &ShownGlyph, boxes: &[(&String, &Rect)]) {
        let is_blank = glyph.text.as_ref().is_some_and(|it| it.chars().all(char::is_whitespace));
        if is_blank {
            return;
        }
        match boxes.iter().find(|(_, rect)| holds(rect, glyph)) {
            Some((name, _)) if glyph.hidden.is_some() => {
                self.hidden.extend(glyph.hidden.map(|it| ((*name).clone(), it)));
            }
            Some((name, _)) => {
                let text = self.texts.entry((*name).clone()).or_default();
                // A text that goes back shows its letters in another order than it is painted in.
                let goes_back = glyph.origin.x < text.end && (glyph.origin.y - text.height).abs() < glyph.size / 2.0;
                text.is_disordered |= goes_back && !text.text.is_empty();
                text.height = glyph.origin.y;
                if text.text.is_empty() {
                    text.start = glyph.origin.x;
                }
                text.text.push_str(glyph.text.as_deref().unwrap_or("\u{FFFD}"));
                text.end = glyph.origin.x;
            }
            None => self.has_strays = true,
        }
    }
}

/// Whether a glyph begins in a box. A text that is too long goes on to the right of it, and is cut there.
fn holds(rect: &Rect, glyph: &ShownGlyph) -> bool {
    let [left, bottom, right, top] = [rect.left, rect.bottom, rect.right, rect.top].map(f64::from);
    let at = glyph.origin;
    at.x >= left - OUTSIDE && at.x <= right + OUTSIDE && at.y >= bottom - OUTSIDE && at.y <= top + OUTSIDE
}

/// What is wrong with the text that a box shows, and that text.
fn shown_otherwise(
    value: &str,
    shown: Option<&ShownText>,
    has_picture: bool,
    look: &FieldLook,
) -> Option<(&'static str, Option<countersign_core::field_text::FieldText>)> {
    let stored: String = value.chars().filter(|it| !it.is_whitespace()).collect();
    match shown {
        None if has_picture && !may_all_be_lost(&stored) => Some(("the box is painted empty, but holds a value", None)),
        None => None,
        // What lies over a box that has no picture of its own was put on the page; that is told elsewhere.
        Some(_) if stored.is_empty() && !has_picture => None,
        Some(_) if stored.is_empty() => Some(("the box shows something, but holds no value", None)),
        Some(shown) => {
            // Names and addresses are longer than their boxes: from the left edge on, they may be cut. No PIN is.
            let may_be_long = !look.rule.is_secret();
            let is_whole_before = shown.start <= f64::from(look.rect.left) + INSET;
            let may_be_cut = may_be_long && is_whole_before && shown.end >= f64::from(look.rect.right) - CUT;
            let agrees = !shown.is_disordered && is_lossy_picture(&stored, &shown.text, may_be_cut);
            (!agrees).then(|| ("the box shows another value than it holds", Some(shown.text.as_str().into())))
        }
    }
}

/// Whether an honest program may have dropped every letter of a text.
fn may_all_be_lost(stored: &str) -> bool {
    stored.chars().all(may_be_lost)
}

/// Letters that simple fonts lack: everything outside Latin-1 (ISO 32000-1, annex D).
fn may_be_lost(letter: char) -> bool {
    !letter.is_ascii() && !('\u{a1}'..='\u{ff}').contains(&letter)
}

/// Whether `shown` is a picture of `stored` in which letters that fonts lack are replaced or left out, and which is cut at
/// its end where that may be.
fn is_lossy_picture(stored: &str, shown: &str, may_be_cut: bool) -> bool {
    let stored: Vec<char> = letters(stored).collect();
    let shown: Vec<char> = letters(shown).filter(|it| !it.is_whitespace()).collect();
    let mut rest = shown.as_slice();
    for (at, letter) in stored.iter().enumerate() {
        match rest {
            [first, after @ ..] if first == letter || is_twin(*first, *letter) => rest = after,
            // A letter without a picture of its own: a question mark, a box, a dot, or nothing.
            [first, after @ ..] if may_be_lost(*letter) && is_stand_in(*first) => rest = after,
            // Halves of a letter beyond the first 65,536, each painted as a letter of its own.
            [first, after @ ..] if *letter > '\u{FFFF}' && is_half(*first) => {
                rest = after.split_first().filter(|(it, _)| is_half(**it)).map_or(after, |(_, after)| after);
            }
            _ if may_be_lost(*letter) => {}
            [] => return may_be_cut && at > 0,
            _ => return false,
        }
    }
    // Some programs paint a letter of two halves (emoji) as two stand-ins.
    rest.iter().all(|it| is_stand_in(*it)) && (rest.is_empty() || stored.iter().any(|it| may_be_lost(*it)))
}

/// The letters of a text, composed, and those that fonts join each for itself. A raised 2 stays another letter than a 2.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(|it| whole(it).chars().collect::<Vec<_>>()).nfc()
}

/// Letters that fonts join are letters of their own in a value.
pub(crate) fn whole(letter: char) -> String {
    match letter {
        '\u{fb00}'..='\u{fb06}' => letter.nfkc().collect(),
        _ => letter.to_string(),
    }
}

/// What programs paint for a letter that their font lacks.
pub(crate) fn is_stand_in(letter: char) -> bool {
    matches!(letter, '?' | '\u{FFFD}' | '·' | '•' | '□' | '\u{0}')
}

/// What no name in Latin letters or digits is made of.
fn is_half(letter: char) -> bool {
    letter.is_control() || may_be_lost(letter)
}

/// Letters that fonts paint with one glyph and name differently.
fn is_twin(one: char, other: char) -> bool {
    const TWINS: [[char; 2]; 4] = [['\'', '’'], ['-', '\u{ad}'], ['-', '−'], ['`', '‘']];
    TWINS.iter().any(|twins| twins.contains(&one) && twins.contains(&other))
}

/// What is wrong with the pictures of a box to tick: the one for the ticked state paints more than the other.
fn ticked_otherwise(pdf: &Pdf, picture: &Object, limits: &Limits) -> Option<&'static str> {
    const UNREADABLE: &str = "what the box shows when it is ticked, or when it is not, cannot be read";
    let Some(states) = as_dict(picture) else { return Some(UNREADABLE) };
    let mut strokes = BTreeMap::new();
    for (state, stream) in states.iter() {
        let is_on = state != b"Off";
        let Some(painted) = strokes_of(pdf.resolve(stream), limits) else { return Some(UNREADABLE) };
        let most: &mut usize = strokes.entry(is_on).or_default();
        *most = (*most).max(painted);
    }
    let [off, on] = [false, true].map(|it| strokes.get(&it).copied().unwrap_or(0));
    (on <= off).then_some("the box looks ticked when it is not, or empty when it is ticked")
}

/// Whether every font that a picture sets is there: for one that is not, each viewer takes its own. A picture without resources
/// takes those of the form, as old programs leave it.
fn has_its_fonts(pdf: &Pdf, picture: &Object, operations: &[Operation]) -> bool {
    let own = as_dict(picture).and_then(|it| pdf.dict(it, b"Resources"));
    let resources = own.or_else(|| pdf.dict(pdf.acroform()?, b"DR"));
    let fonts = resources.and_then(|it| pdf.dict(it, b"Font"));
    let is_font = |it: &Dictionary| pdf.name(it, b"Type") == Some(b"Font") && pdf.name(it, b"Subtype").is_some();
    let is_there = |name: &[u8]| fonts.and_then(|it| pdf.dict(it, name)).is_some_and(is_font);
    let set = operations.iter().filter(|it| it.operator == b"Tf").map(|it| it.operands.first());
    set.into_iter().all(|it| matches!(it, Some(Operand::Name(name)) if is_there(name)))
}

/// The operators of a picture; `None` when it is no stream or not well-formed.
fn operators_of(stream: &Object, limits: &Limits) -> Option<Vec<Operation>> {
    operations(&unpacked(stream.as_stream().ok()?, limits.stream_bytes)?)
}

/// How many operators of a picture paint something; `None` when it cannot be read.
fn strokes_of(stream: &Object, limits: &Limits) -> Option<usize> {
    const PAINTING: [&[u8]; 16] =
        [b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*", b"Tj", b"TJ", b"'", b"\"", b"Do", b"sh", b"BI"];
    let operations = operators_of(stream, limits)?;
    Some(operations.iter().filter(|it| PAINTING.contains(&it.operator.as_slice())).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stored: &str, shown: &str, expected: bool) {
        assert_eq!(is_lossy_picture(stored, shown, false), expected, "{stored} shown as {shown}");
    }

    #[test]
    fn a_picture_may_lack_letters_that_fonts_lack() {
        check("Margaret", "Margaret", true);
        check("Łukasz", "?ukasz", true);
        check("Łukasz", "ukasz", true);
        check("佐藤", "??", true);
        check("IT🚀", "IT??", true);
        check("IT🚀", "IT\u{1f}栀", true);
        check("IT🚀", "ITno", false);
        check("O’Brien", "O'Brien", true);
        check("ﬁn", "fin", true);
    }

    #[test]
    fn a_picture_of_something_else_is_none() {
        check("Margaret", "Mallory", false);
        check("Margaret", "Margare", false);
        check("Margaret", "?argaret", false);
        check("0427", "0428", false);
        check("0427", "04²7", false);
        check("0427", "04279", false);
        check("Łukasz", "Łukasz?", true);
        check("Łukasz", "Lukasz", false);
        check("Ann", "Annabel", false);
    }

    #[test]
    fn a_text_may_be_cut_where_its_box_ends() {
        assert!(is_lossy_picture("margaret@henley.example", "margaret@henl", true));
        assert!(!is_lossy_picture("margaret@henley.example", "margaret@henl", false));
        assert!(!is_lossy_picture("margaret@henley.example", "mallory@henl", true));
        assert!(!is_lossy_picture("Ann", "", true));
    }
}
