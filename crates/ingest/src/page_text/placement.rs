//! Where on a page a printed form stands: as issued, shrunk to the paper, turned, or two to a sheet. Found by the words that every
//! blank shows, never by raw coordinates.

use std::collections::BTreeMap;

use hayro_interpret::kurbo::{Point, Rect, Vec2};

use super::words::{Word, words};
use crate::shown::ShownPage;

/// Leads from the page back to the blank: turned, scaled, moved. As complex numbers, `blank = turn * page + shift`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placement {
    turn: Vec2,
    shift: Vec2,
}

/// Letters of the words that a form is known by: shorter ones are in every text.
const WORD_LETTERS: usize = 4;
/// Part of those words that must stand at their places.
const AT_THEIR_PLACES: f64 = 0.8;
/// Words that must be there to know a form at all.
const FEWEST: usize = 8;
/// Points, on the blank, by which a word may be beside its place.
const BESIDE: f64 = 2.5;
/// Sizes that a form is printed in, as parts of its own.
const SCALES: std::ops::RangeInclusive<f64> = 0.3..=3.0;

impl Placement {
    /// Just as issued.
    pub(super) const AS_ISSUED: Self = Self { turn: Vec2::new(1.0, 0.0), shift: Vec2::ZERO };

    /// The place on the blank.
    pub(super) fn on_blank(&self, point: Point) -> Point {
        (times(self.turn, point.to_vec2()) + self.shift).to_point()
    }

    /// The rectangle on the blank around one on the page.
    pub(super) fn bounds_on_blank(&self, rect: Rect) -> Rect {
        let corners = [(rect.x0, rect.y0), (rect.x1, rect.y1), (rect.x0, rect.y1), (rect.x1, rect.y0)];
        let [a, b, c, d] = corners.map(|it| self.on_blank(it.into()));
        Rect::from_points(a, b).union(Rect::from_points(c, d))
    }

    /// How many points of the blank one point of the page is.
    pub(super) fn scale(&self) -> f64 {
        self.turn.hypot()
    }

    /// The one that leads two points of a page to two of a blank.
    fn through(page: [Point; 2], blank: [Point; 2]) -> Option<Self> {
        let (from, to) = (page[1] - page[0], blank[1] - blank[0]);
        if from.hypot() < 50.0 || to.hypot() < 50.0 {
            return None;
        }
        let turn = times(to, Vec2::new(from.x, -from.y)) / from.hypot2();
        let shift = blank[0].to_vec2() - times(turn, page[0].to_vec2());
        SCALES.contains(&turn.hypot()).then_some(Self { turn, shift })
    }

    fn leads(&self, pair: &Pair) -> bool {
        (self.on_blank(pair.page) - pair.blank).hypot() <= BESIDE
    }
}

/// The product of two complex numbers.
fn times(one: Vec2, other: Vec2) -> Vec2 {
    Vec2::new(one.x * other.x - one.y * other.y, one.x * other.y + one.y * other.x)
}

/// One word on the page and on the blank.
struct Pair {
    page: Point,
    blank: Point,
}

/// Finds a blank on a page.
pub(super) fn find(printed: &ShownPage, page: &ShownPage) -> Option<Placement> {
    let (printed, page) = (words(&printed.glyphs), words(&page.glyphs));
    let (printed, page) = (places(&printed), places(&page));
    let known: Vec<_> = printed.iter().filter(|(_, places)| places.len() == 1).collect();
    let mut pairs = Vec::new();
    for (text, blank) in &known {
        if let Some([at]) = page.get(*text).map(Vec::as_slice) {
            pairs.push(Pair { page: *at, blank: blank[0] });
        }
    }
    let needed = (known.len() as f64 * AT_THEIR_PLACES).ceil().max(FEWEST as f64) as usize;
    let best = candidates(&pairs).max_by_key(|it| pairs.iter().filter(|pair| it.leads(pair)).count())?;
    let found = pairs.iter().filter(|pair| best.leads(pair)).count();
    (found >= needed).then_some(best)
}

/// Placements by two words far apart each.
fn candidates(pairs: &[Pair]) -> impl Iterator<Item = Placement> {
    let half = pairs.len() / 2;
    let across = pairs.iter().zip(pairs.iter().cycle().skip(half));
    let farther = pairs.iter().zip(pairs.iter().rev());
    across.chain(farther).filter_map(|(a, b)| Placement::through([a.page, b.page], [a.blank, b.blank]))
}

/// Where each longer word stands.
fn places(words: &[Word]) -> BTreeMap<&str, Vec<Point>> {
    let mut places: BTreeMap<&str, Vec<Point>> = BTreeMap::new();
    for word in words.iter().filter(|it| it.text.chars().count() >= WORD_LETTERS) {
        places.entry(&word.text).or_default().push(word.origin);
    }
    places
}

#[cfg(test)]
mod tests {
    use hayro_interpret::kurbo::Affine;

    use super::super::words::tests::line;
    use super::*;

    fn page(text: &[&str]) -> ShownPage {
        let lines = text.iter().enumerate().flat_map(|(at, text)| line(text, 40.0, 700.0 - 60.0 * at as f64, 10.0));
        ShownPage { glyphs: lines.collect(), ..ShownPage::default() }
    }

    fn blank() -> ShownPage {
        page(&[
            "Northwind Authorized Form",
            "Account number Billing email",
            "Consent privileges understand",
            "Signature",
        ])
    }

    fn moved(by: Affine) -> ShownPage {
        let mut page = blank();
        for glyph in &mut page.glyphs {
            (glyph.origin, glyph.end) = (by * glyph.origin, by * glyph.end);
            glyph.size *= by.determinant().sqrt();
        }
        page
    }

    fn check(by: Affine) {
        let placement = find(&blank(), &moved(by)).expect("the form is on the page");
        let (here, there) = (Point::new(100.0, 200.0), placement.on_blank(by * Point::new(100.0, 200.0)));
        assert!((here - there).hypot() < 0.01, "{there:?}");
        assert!((placement.scale() * by.determinant().sqrt() - 1.0).abs() < 0.001);
    }

    #[test]
    fn a_form_is_found_however_it_was_printed() {
        check(Affine::IDENTITY);
        check(Affine::translate((12.0, -30.0)) * Affine::scale(0.94));
        check(Affine::translate((0.0, 612.0)) * Affine::rotate(-std::f64::consts::FRAC_PI_2));
        check(Affine::translate((612.0, 792.0)) * Affine::rotate(std::f64::consts::PI) * Affine::scale(0.6));
    }

    #[test]
    fn another_page_is_none() {
        assert_eq!(find(&blank(), &page(&["Northwind Invoice", "Account number", "please pay within days"])), None);
        assert_eq!(find(&blank(), &ShownPage::default()), None);
        // The same words, but not at the places of the form.
        assert_eq!(
            find(
                &blank(),
                &page(&[
                    "Signature",
                    "Form Authorized Northwind",
                    "email number Account Billing",
                    "understand Consent privileges"
                ])
            ),
            None
        );
    }
}
