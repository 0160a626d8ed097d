//! Whether a glyph looks like the letter that its font says it is. A font can name its glyphs as it likes; what a person sees is
//! their outlines. Compared with the outlines of fonts that are known: the form's own and the standard ones.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use hayro_interpret::font::OutlineGlyph;
use hayro_interpret::kurbo::{self, BezPath, PathEl, Point, Shape};
use unicode_normalization::UnicodeNormalization;

/// What the outline of a glyph says to the letter that its font names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// It paints that letter, or one that cannot be compared.
    Fits,
    /// It paints another letter.
    Another,
    /// It paints nothing.
    Nothing,
}

/// Rows and columns of the raster that an outline is compared in.
const SIDE: usize = 10;

/// How an outline looks, whatever its size: how much of each field of a raster over it is ink, and the box around it.
#[derive(Clone, Debug, PartialEq)]
struct Form {
    ink: [f32; SIDE * SIDE],
    /// Width and height of the box, and how far its bottom is below the line, in ems.
    width: f32,
    height: f32,
    bottom: f32,
}

/// Letters with the forms that known fonts give them.
pub(crate) struct Letterforms {
    known: BTreeMap<char, Vec<Form>>,
    /// Verdicts by outline and letter: a font's program is the same in thousands of forms.
    verdicts: Mutex<HashMap<(u128, Option<char>), Verdict>>,
}

/// Verdicts that are kept: a few hundred fonts' worth.
const KEPT: usize = 20_000;

/// Distance up to which an outline is a picture of its letter, whatever else it is like.
const ALIKE: f32 = 0.10;
/// How much nearer another letter must be than the one that is named.
const CLEARLY: f32 = 1.5;
/// Distance from every form of its letter at which an outline is no picture of it.
const NOTHING_LIKE: f32 = 0.45;
/// Distance up to which an outline of a letter that no known font has is a known letter instead.
const SAME: f32 = 0.08;

/// Distance up to which two outlines are the same one, but for how their points are rounded.
const IDENTICAL: f32 = 0.02;

impl Letterforms {
    /// Nothing to compare with: every glyph fits.
    pub(crate) fn none() -> Self {
        Self { known: BTreeMap::new(), verdicts: Mutex::default() }
    }

    /// Takes the outlines of glyphs as those of the letters that they name.
    pub(super) fn learn(&mut self, letter: char, outline: &BezPath) {
        if let Some(form) = Form::of(outline) {
            let forms = self.known.entry(letter).or_default();
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }

    /// Whether a glyph can be read as what its font names it.
    pub(super) fn reads(&self, glyph: &OutlineGlyph, named: Option<&str>) -> Verdict {
        if self.known.is_empty() {
            return Verdict::Fits;
        }
        let letter = named.and_then(sole_letter);
        let key = (glyph.identifier().cache_key(), letter);
        let lock = || self.verdicts.lock().expect("nothing panics while verdicts are kept");
        let kept = lock().get(&key).copied();
        kept.unwrap_or_else(|| {
            let verdict = self.judge(&glyph.outline(), letter);
            let mut verdicts = lock();
            if verdicts.len() >= KEPT {
                verdicts.clear();
            }
            verdicts.insert(key, verdict);
            verdict
        })
    }

    /// The letter that an outline is a picture of, for fonts that do not name theirs.
    pub(super) fn letter(&self, glyph: &OutlineGlyph) -> Option<char> {
        let form = Form::of(&glyph.outline())?;
        let nearest = |forms: &Vec<Form>| forms.iter().map(|it| it.distance(&form)).min_by(f32::total_cmp);
        let (distance, letter) = self
            .known
            .iter()
            .filter_map(|(letter, forms)| Some((nearest(forms)?, *letter)))
            .min_by(|a, b| a.0.total_cmp(&b.0))?;
        (distance <= IDENTICAL).then_some(letter)
    }

    /// Whether known fonts have this letter, so that its outline was compared.
    pub(crate) fn know(&self, letter: char) -> bool {
        self.known.contains_key(&letter)
    }

    fn judge(&self, outline: &BezPath, letter: Option<char>) -> Verdict {
        let Some(form) = Form::of(outline) else { return Verdict::Nothing };
        let Some(letter) = letter else { return Verdict::Fits };
        let other = self.nearest_other(letter, &form);
        let is_another = match self.distance(letter, &form) {
            Some(own) if letter.is_alphanumeric() => is_another(own, other),
            // Strokes and dots differ more from font to font than from each other. PDFium writes each hyphen as a soft one, for which
            // many fonts have a box.
            Some(own) => own > NOTHING_LIKE && !matches!(letter, '-' | '\u{ad}'),
            None => other < SAME && !may_look_latin(letter),
        };
        if is_another { Verdict::Another } else { Verdict::Fits }
    }

    fn distance(&self, letter: char, form: &Form) -> Option<f32> {
        let forms = self.known.get(&letter)?;
        forms.iter().map(|it| it.distance(form)).min_by(f32::total_cmp)
    }

    fn nearest_other(&self, letter: char, form: &Form) -> f32 {
        let own = kin(letter);
        let others = self.known.iter().filter(|(it, _)| kin(**it) != own).flat_map(|(_, forms)| forms);
        others.map(|it| it.distance(form)).min_by(f32::total_cmp).unwrap_or(f32::MAX)
    }
}

/// Whether an outline this far from its letter, and this far from any other, is a picture of the other.
fn is_another(own: f32, other: f32) -> bool {
    own > NOTHING_LIKE || own > ALIKE && own > other * CLEARLY || own > IDENTICAL && other <= IDENTICAL
}

/// What stands for a letter and all that many fonts draw like it: with other accents, as a capital, or one for the other.
fn kin(letter: char) -> char {
    let plain = letter.nfd().next().unwrap_or(letter).to_ascii_lowercase();
    match plain {
        '0' | 'ø' | 'Ø' => 'o',
        '1' | 'i' | 'j' | '|' | '!' => 'l',
        other => other,
    }
}

/// The letter that a glyph stands for, where it is one.
fn sole_letter(named: &str) -> Option<char> {
    let mut letters = named.chars();
    letters.next().filter(|_| letters.next().is_none())
}

/// Scripts whose letters look like Latin ones, and are not to be taken for a lie.
fn may_look_latin(letter: char) -> bool {
    letter < '\u{2e80}'
}

impl Form {
    /// `None` when the outline has no surface.
    fn of(outline: &BezPath) -> Option<Self> {
        let bounds = outline.bounding_box();
        let (width, height) = (bounds.width(), bounds.height());
        if !(width.is_finite() && height.is_finite() && width.max(height) >= 1.0) {
            return None;
        }
        // A dash has hardly any height; its raster still needs some.
        let (width, height) = (width.max(1.0), height.max(1.0));
        let lines = lines_of(outline);
        let mut ink = [0.0; SIDE * SIDE];
        for row in 0..SIDE * SCANS {
            let y = bounds.y0 + height * (row as f64 + 0.5) / (SIDE * SCANS) as f64;
            for (from, to) in inked(&lines, y) {
                let [from, to] = [from, to].map(|it| (it - bounds.x0) / width * SIDE as f64);
                for column in 0..SIDE {
                    let part = (to.min(column as f64 + 1.0) - from.max(column as f64)).max(0.0);
                    ink[row / SCANS * SIDE + column] += part as f32 / SCANS as f32;
                }
            }
        }
        let em = |it: f64| (it / EM) as f32;
        Some(Self { ink, width: em(width), height: em(height), bottom: em(bounds.y0) })
    }

    /// 0 for the same outline; about 0.1 for the same letter of two fonts, 0.3 for two letters.
    fn distance(&self, other: &Self) -> f32 {
        let differences = self.ink.iter().zip(&other.ink).map(|(a, b)| (a - b).abs());
        let ink = differences.sum::<f32>() / (SIDE * SIDE) as f32;
        let size = (self.height - other.height).abs() + (self.bottom - other.bottom).abs();
        ink + (size + (self.width - other.width).abs() / 2.0) / 2.0
    }
}

/// Lines across each row of the raster.
const SCANS: usize = 2;
/// Units to an em.
const EM: f64 = 1000.0;
/// Units by which a straight line may leave a curve.
const FLATNESS: f64 = 4.0;

fn lines_of(outline: &BezPath) -> Vec<[Point; 2]> {
    let mut lines = Vec::new();
    let (mut first, mut last) = (Point::ZERO, Point::ZERO);
    kurbo::flatten(outline.iter(), FLATNESS, |element| match element {
        PathEl::MoveTo(point) => {
            lines.push([last, first]);
            (first, last) = (point, point);
        }
        PathEl::LineTo(point) => {
            lines.push([last, point]);
            last = point;
        }
        _ => {
            lines.push([last, first]);
            last = first;
        }
    });
    lines.push([last, first]);
    lines
}

/// The parts of a line across that are inside of an outline (ISO 32000-1, 8.5.3.3.2: nonzero winding number).
fn inked(lines: &[[Point; 2]], y: f64) -> Vec<(f64, f64)> {
    let mut crossings: Vec<(f64, i32)> = Vec::new();
    for [from, to] in lines {
        if (from.y <= y) != (to.y <= y) {
            let x = from.x + (y - from.y) / (to.y - from.y) * (to.x - from.x);
            crossings.push((x, if from.y < to.y { 1 } else { -1 }));
        }
    }
    crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut parts = Vec::new();
    let (mut winding, mut start) = (0, 0.0);
    for (x, turn) in crossings {
        if winding == 0 {
            start = x;
        }
        winding += turn;
        if winding == 0 {
            parts.push((start, x));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use hayro_interpret::kurbo::Affine;

    use super::*;
    use crate::shown::letterforms;
    use crate::testing::PdfBuilder;

    /// A letter as a square with a smaller square cut off at one corner.
    fn notched(corner: (f64, f64)) -> BezPath {
        let mut path = kurbo::Rect::new(0.0, 0.0, 600.0, 700.0).to_path(0.1);
        let (x, y) = corner;
        // Turned the other way round, what is inside of both is outside.
        path.extend(kurbo::Rect::new(x, y, x + 300.0, y + 350.0).to_path(0.1).reverse_subpaths().iter());
        path
    }

    fn known() -> Letterforms {
        let mut letterforms = Letterforms::none();
        letterforms.learn('A', &notched((0.0, 0.0)));
        letterforms.learn('B', &notched((300.0, 350.0)));
        letterforms
    }

    #[test]
    fn a_letter_fits_itself_in_any_hand_and_no_other() {
        let (a, b) = (notched((0.0, 0.0)), notched((300.0, 350.0)));
        let wider = Affine::scale_non_uniform(1.1, 1.02) * a.clone();
        for (outline, letter, expected) in [
            (&a, 'A', Verdict::Fits),
            (&wider, 'A', Verdict::Fits),
            (&a, 'B', Verdict::Another),
            (&b, 'A', Verdict::Another),
            (&BezPath::new(), 'A', Verdict::Nothing),
        ] {
            assert_eq!(known().judge(outline, Some(letter)), expected, "{letter}");
        }
        assert_eq!(known().judge(&a, None), Verdict::Fits);
    }

    #[test]
    fn a_letter_that_no_known_font_has_fits_unless_it_is_a_known_one() {
        let a = notched((0.0, 0.0));
        assert_eq!(known().judge(&a, Some('佐')), Verdict::Another);
        assert_eq!(known().judge(&a, Some('А')), Verdict::Fits);
        assert_eq!(known().judge(&notched((300.0, 0.0)), Some('佐')), Verdict::Fits);
    }

    #[test]
    fn the_letters_and_digits_of_the_standard_fonts_are_told_apart() {
        let known = letterforms(&PdfBuilder::new().bytes());
        let letters: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
        let mut mistaken = Vec::new();
        for one in &letters {
            let form = &known.known[one][0];
            for other in letters.iter().filter(|it| kin(**it) != kin(*one)) {
                let (own, nearest) = (known.distance(*other, form).unwrap(), known.nearest_other(*other, form));
                if !is_another(own, nearest) {
                    mistaken.push((*one, *other, own));
                }
            }
        }
        assert_eq!(mistaken, []);
    }
}
