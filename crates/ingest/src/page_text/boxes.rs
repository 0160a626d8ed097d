//! What is left of a page when everything is taken away that every blank shows: by box, what was written into it.

use std::collections::HashMap;

use countersign_core::template::{BlankLook, Rect, ValueRule};
use hayro_interpret::kurbo::{self, Point};
use unicode_normalization::UnicodeNormalization;

use super::WrittenValues;
use super::placement::Placement;
use super::words::{GAP, continues, is_blank};
use crate::appearance::whole;
use crate::reading::OFF;
use crate::shown::{MarkKind, ShownGlyph, ShownPage};

/// What was written on a form.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The text of every box with text, and the state of every box to tick.
    pub(crate) values: WrittenValues,
    /// Text stands outside of the boxes and of the place for a signature.
    pub(crate) has_strays: bool,
    /// Something that every blank shows is not there, or cannot be seen.
    pub(crate) lacks_print: bool,
    /// Text in a box that nobody sees: the boxes.
    pub(crate) hidden: Vec<String>,
}

/// The state of a box that was ticked on the page.
pub(crate) const TICKED: &str = "Yes";

/// Points on the blank by which a glyph may be beside the one that is printed there.
const SAME_PLACE: f64 = 1.5;
/// Points around a box in which what stands there still belongs to it.
const AROUND: f64 = 2.5;
/// Points around the place for a signature.
const AROUND_SIGNATURE: f64 = 14.0;
/// Points that a tick is at least wide and high.
const TICK: f64 = 2.0;
/// Part of the printed letters that may be missing: fonts do not tell of all that they paint.
const LOST_PRINT: f64 = 0.02;

/// Reads the boxes of a page that a blank was found on.
pub(super) fn read(page: &ShownPage, printed: &ShownPage, placement: &Placement, look: &BlankLook) -> Written {
    let mut written = Written::default();
    let glyphs: Vec<ShownGlyph> = page.glyphs.iter().map(|it| on_blank(it, placement)).collect();
    let mut print = Print::of(&printed.glyphs);
    let mut texts: HashMap<&str, BoxText> = HashMap::new();
    let mut last: Option<(&ShownGlyph, Option<&str>)> = None;
    for glyph in glyphs.iter().filter(|it| !print.takes(it)) {
        // A text that is too long for its box goes on beyond it.
        let goes_on = last.filter(|(before, _)| continues(before, glyph)).and_then(|(_, name)| name);
        let name = goes_on.or_else(|| box_at(look, glyph.origin));
        last = Some((glyph, name));
        match name {
            Some(name) if glyph.hidden.is_none() => texts.entry(name).or_default().add(glyph),
            Some(name) => written.hidden.push(name.to_owned()),
            None => {
                written.has_strays |= !is_blank_glyph(glyph) && glyph.hidden.is_none() && !is_signature(look, glyph)
            }
        }
    }
    written.lacks_print = print.lacks_much();
    for (name, field) in &look.fields {
        let text = texts.remove(name.as_str());
        if field.rule == ValueRule::Check {
            let is_ticked = text.is_some() || has_tick(page, printed, placement, &field.rect);
            written.values.insert(name.clone(), if is_ticked { TICKED } else { OFF }.into());
        } else if let Some(text) = text {
            written.values.insert(name.clone(), text.into_value().as_str().into());
        }
    }
    written.hidden.sort();
    written.hidden.dedup();
    written
}

fn on_blank(glyph: &ShownGlyph, placement: &Placement) -> ShownGlyph {
    let (origin, end) = (placement.on_blank(glyph.origin), placement.on_blank(glyph.end));
    ShownGlyph { origin, end, size: glyph.size * placement.scale(), ..glyph.clone() }
}

fn is_blank_glyph(glyph: &ShownGlyph) -> bool {
    glyph.text.as_deref().is_some_and(is_blank)
}

/// The box that a point of the blank belongs to.
pub(super) fn box_at(look: &BlankLook, point: Point) -> Option<&str> {
    let distance = |rect: &Rect| {
        let [left, bottom, right, top] = [rect.left, rect.bottom, rect.right, rect.top].map(f64::from);
        let [x, y] = [(left - point.x).max(point.x - right), (bottom - point.y).max(point.y - top)];
        x.max(y)
    };
    let boxes = look.fields.iter().map(|(name, it)| (name.as_str(), distance(&it.rect)));
    let (name, distance) = boxes.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (distance <= AROUND).then_some(name)
}

fn is_signature(look: &BlankLook, glyph: &ShownGlyph) -> bool {
    let place = look.pages.iter().find_map(|it| it.signature);
    place.is_some_and(|it| within(&it, AROUND_SIGNATURE).contains(glyph.origin))
}

/// A rectangle of the blank with some room around it.
pub(super) fn within(rect: &Rect, room: f64) -> kurbo::Rect {
    let [left, bottom, right, top] = [rect.left, rect.bottom, rect.right, rect.top].map(f64::from);
    kurbo::Rect::new(left - room, bottom - room, right + room, top + room)
}

/// Whether a line, a surface or an image that no blank shows stands in a box to tick.
fn has_tick(page: &ShownPage, printed: &ShownPage, placement: &Placement, rect: &Rect) -> bool {
    let place = within(rect, AROUND);
    let is_near = |a: kurbo::Rect, b: kurbo::Rect| {
        let [a, b] = [a, b].map(|it| [it.x0, it.y0, it.x1, it.y1]);
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= SAME_PLACE)
    };
    let is_printed = |it: kurbo::Rect| printed.marks.iter().any(|mark| is_near(mark.bounds, it));
    page.marks.iter().map(|it| (it.kind, placement.bounds_on_blank(it.bounds))).any(|(kind, bounds)| {
        let is_inside =
            place.contains(Point::new(bounds.x0, bounds.y0)) && place.contains(Point::new(bounds.x1, bounds.y1));
        let is_of_size = bounds.width().max(bounds.height()) >= TICK;
        // What fills the box is the box again: some programs paint its ground.
        let is_box = kind == MarkKind::Surface && is_near(bounds, within(rect, 0.0));
        is_inside && is_of_size && !is_box && !is_printed(bounds)
    })
}

/// The letters that every blank shows, each to be found once.
struct Print<'a> {
    cells: HashMap<(i64, i64), Vec<&'a ShownGlyph>>,
    all: usize,
    taken: usize,
}

impl<'a> Print<'a> {
    fn of(glyphs: &'a [ShownGlyph]) -> Self {
        let mut cells: HashMap<_, Vec<_>> = HashMap::new();
        let letters: Vec<_> = glyphs.iter().filter(|it| !is_blank_glyph(it)).collect();
        for glyph in &letters {
            cells.entry(Self::cell(glyph.origin)).or_default().push(*glyph);
        }
        Self { cells, all: letters.len(), taken: 0 }
    }

    fn cell(point: Point) -> (i64, i64) {
        ((point.x / SAME_PLACE).floor() as i64, (point.y / SAME_PLACE).floor() as i64)
    }

    /// Whether this is a printed letter; each counts once. Only what is seen takes its place.
    fn takes(&mut self, glyph: &ShownGlyph) -> bool {
        let (x, y) = Self::cell(glyph.origin);
        let is_same = |it: &&ShownGlyph| {
            (it.origin - glyph.origin).hypot() <= SAME_PLACE && it.text == glyph.text && glyph.hidden.is_none()
        };
        for cell in (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))) {
            let Some(letters) = self.cells.get_mut(&cell) else { continue };
            if let Some(at) = letters.iter().position(is_same) {
                letters.swap_remove(at);
                self.taken += 1;
                return true;
            }
        }
        false
    }

    fn lacks_much(&self) -> bool {
        (self.all - self.taken) as f64 > self.all as f64 * LOST_PRINT
    }
}

/// The text of one box as it is put together.
#[derive(Default)]
struct BoxText {
    glyphs: Vec<ShownGlyph>,
}

impl BoxText {
    fn add(&mut self, glyph: &ShownGlyph) {
        self.glyphs.push(glyph.clone());
    }

    /// The lines from top to bottom, each from left to right.
    fn into_value(mut self) -> String {
        let size = self.glyphs.iter().map(|it| it.size).fold(1.0, f64::max);
        let line = |it: &ShownGlyph| (-it.origin.y / (size * 0.6)).round() as i64;
        self.glyphs.sort_by(|a, b| line(a).cmp(&line(b)).then(a.origin.x.total_cmp(&b.origin.x)));
        let mut text = String::new();
        let mut last: Option<&ShownGlyph> = None;
        for glyph in &self.glyphs {
            if is_blank_glyph(glyph) {
                text.push(' ');
            } else {
                let is_apart = last.is_some_and(|it| {
                    line(it) != line(glyph) || glyph.origin.x - it.end.x > GAP * it.size.max(glyph.size)
                });
                text.push_str(if is_apart { " " } else { "" });
                // A letter that its font does not name is one that cannot be read.
                text.push_str(glyph.text.as_deref().unwrap_or("\u{fffd}"));
            }
            last = Some(glyph);
        }
        let words: Vec<String> = text.split_whitespace().map(|it| it.chars().map(whole).collect()).collect();
        words.join(" ").nfc().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use countersign_core::template::{FieldLook, PageLook, TemplateId};

    use super::super::words::tests::line;
    use super::*;
    use crate::shown::Mark;

    fn look() -> BlankLook {
        let field = |rule, left: f32| {
            let rect = Rect { left, bottom: 100.0, right: left + 50.0, top: 118.0 };
            FieldLook { rule, page: 0, rect, flags: 0, max_length: None, prefilled: false }
        };
        let fields =
            [("first", ValueRule::Name, 40.0), ("last", ValueRule::Name, 100.0), ("ok", ValueRule::Check, 160.0)];
        let signature = Some(Rect { left: 400.0, bottom: 100.0, right: 500.0, top: 130.0 });
        BlankLook {
            own_pictures: Default::default(),
            template: TemplateId { name: "authorized-user".to_owned(), version: 1 },
            pages: vec![PageLook { width: 612.0, height: 792.0, content: vec![], signature }],
            fields: fields.map(|(name, rule, left)| (name.to_owned(), field(rule, left))).into(),
            specimen: vec![],
        }
    }

    fn printed() -> ShownPage {
        ShownPage { glyphs: line("First name", 40.0, 122.0, 8.0), ..ShownPage::default() }
    }

    fn check(glyphs: Vec<ShownGlyph>, expected: &[(&str, &str)]) -> Written {
        let page = ShownPage { glyphs: [printed().glyphs, glyphs].concat(), ..ShownPage::default() };
        let written = read(&page, &printed(), &Placement::AS_ISSUED, &look());
        let mut values: BTreeMap<_, _> = written.values.iter().map(|(name, it)| (name.as_str(), it.as_str())).collect();
        if values.get("ok") == Some(&OFF) {
            values.remove("ok");
        }
        assert_eq!(values.into_iter().collect::<Vec<_>>(), expected);
        written
    }

    #[test]
    fn what_is_printed_is_taken_away_and_the_rest_is_read() {
        let written = check(
            [line("Mary Ann", 42.0, 105.0, 8.0), line("Fi", 102.0, 105.0, 8.0)].concat(),
            &[("first", "Mary Ann"), ("last", "Fi")],
        );
        assert!(!written.has_strays && !written.lacks_print);
    }

    #[test]
    fn words_stand_apart_where_there_is_room_between_them() {
        check([line("Mary", 42.0, 105.0, 8.0), line("Ann", 62.0, 105.0, 8.0)].concat(), &[("first", "Mary Ann")]);
        check([line("Ann", 42.0, 102.0, 6.0), line("Mary", 42.0, 110.0, 6.0)].concat(), &[("first", "Mary Ann")]);
    }

    #[test]
    fn a_long_text_stays_with_the_box_that_it_begins_in() {
        check(line("Wolfeschlegelsteinhausen", 42.0, 105.0, 8.0), &[("first", "Wolfeschlegelsteinhausen")]);
    }

    #[test]
    fn a_tick_is_a_letter_or_a_mark_in_the_box() {
        check(line("X", 170.0, 105.0, 8.0), &[("ok", TICKED)]);
        let bounds = kurbo::Rect::new(165.0, 103.0, 175.0, 113.0);
        let page = ShownPage {
            marks: vec![Mark { kind: MarkKind::Line, is_plain: false, is_seen: true, bounds }],
            ..printed()
        };
        let ticked =
            |printed: &ShownPage| read(&page, printed, &Placement::AS_ISSUED, &look()).values["ok"].as_str() == TICKED;
        assert!(ticked(&printed()));
        assert!(!ticked(&page));
    }

    #[test]
    fn what_stands_elsewhere_and_what_is_missing_is_told() {
        assert!(check(line("PAID", 300.0, 400.0, 8.0), &[]).has_strays);
        assert!(!check(line("Ada", 420.0, 108.0, 8.0), &[]).has_strays);
        let written = read(&ShownPage::default(), &printed(), &Placement::AS_ISSUED, &look());
        assert!(written.lacks_print);
    }
}
