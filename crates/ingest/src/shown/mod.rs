//! What a page shows: every glyph, line, surface and image that it paints, with its place, and whether a person can see it. Another
//! reader than the one that reads the values, so that a file cannot please one and fool the other.

mod eye;
mod letterform;
mod proof;

use std::sync::Arc;

use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, RenderContent, interpret_page};

use eye::Eye;
pub(crate) use eye::{is_seen_on, luminance, stands_out};
pub(crate) use letterform::Letterforms;
pub(crate) use proof::letterforms;

/// A glyph on the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownGlyph {
    /// Its character or characters; `None` when the font does not tell, or tells of another letter than it paints.
    pub(crate) text: Option<String>,
    /// Its origin, in points from the bottom left.
    pub(crate) origin: Point,
    /// Where the next glyph would begin.
    pub(crate) end: Point,
    /// The size of its font, in points; the smaller one of width and height.
    pub(crate) size: f64,
    /// Why nobody sees it.
    pub(crate) hidden: Option<Hidden>,
}

/// Why a glyph that is painted cannot be seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hidden {
    /// It is painted without ink: a layer of text for machines (ISO 32000-1, 9.3.6, mode 3), or nearly transparent.
    Invisible,
    /// It has the colour of what is under it.
    Faint,
    /// It is too small for an eye.
    Tiny,
    /// Something is painted over it.
    Covered,
}

impl Hidden {
    /// For the staff: "the text of a box is …".
    pub(crate) fn how(self) -> &'static str {
        match self {
            Self::Invisible => "without ink",
            Self::Faint => "in the colour of its ground",
            Self::Tiny => "too small to be seen",
            Self::Covered => "painted over",
        }
    }
}

/// A line, a surface or an image on the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    /// Whether it is a rectangle or a straight line along the page: a ground, a border, a rule.
    pub(crate) is_plain: bool,
    /// Whether it stands out from what lies under it.
    pub(crate) is_seen: bool,
    /// The rectangle around it, in points from the bottom left.
    pub(crate) bounds: Rect,
}

/// What kind of mark it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MarkKind {
    Line,
    Surface,
    Image,
}

/// A surface of one colour that lies under what is painted after it.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    bounds: Rect,
    path: BezPath,
    /// Its relative luminance, 0 to 1 (WCAG 2.2).
    luminance: f32,
}

impl Ground {
    fn lies_under(&self, point: Point) -> bool {
        self.bounds.contains(point) && self.path.winding(point) != 0
    }
}

/// What a page shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShownPage {
    /// Its glyphs, in the order of painting.
    pub(crate) glyphs: Vec<ShownGlyph>,
    /// Its lines, surfaces and images, in the order of painting.
    pub(crate) marks: Vec<Mark>,
    /// What its surfaces leave under what comes next.
    pub(crate) grounds: Vec<Ground>,
    /// The part of the page that its largest image covers, 0 to 1.
    pub(crate) image: f64,
}

/// Which part of a page is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// What is printed on it.
    Content,
    /// The pictures of its fields and other annotations, on these surfaces of the page that they lie on.
    Annotations,
}

/// What the first pages show; `None` when this reader cannot open the file. `under` has for each page the surfaces
/// that are there before anything is painted.
pub(crate) fn shown(
    bytes: &Arc<Vec<u8>>,
    pages: usize,
    part: Part,
    under: &[Vec<Ground>],
    letterforms: &Letterforms,
) -> Option<Vec<ShownPage>> {
    let pdf = Pdf::new(bytes.clone()).ok()?;
    let cache = InterpreterCache::new();
    let render_content = match part {
        Part::Whole => RenderContent::all(),
        Part::Content => RenderContent::PAGE,
        Part::Annotations => RenderContent::ANNOTATIONS,
    };
    let settings = InterpreterSettings { render_content, ..InterpreterSettings::default() };
    let mut all = Vec::new();
    for (at, page) in pdf.pages().iter().take(pages).enumerate() {
        let everywhere = Rect::new(-1e6, -1e6, 1e6, 1e6);
        let mut context = Context::new(Affine::IDENTITY, everywhere, &cache, pdf.xref(), settings.clone());
        let (width, height) = page.render_dimensions();
        let under = under.get(at).cloned().unwrap_or_default();
        let mut eye = Eye::on(f64::from(width) * f64::from(height), under, letterforms);
        interpret_page(page, &mut context, &mut eye);
        all.push(eye.page);
    }
    Some(all)
}
