//! What the boxes of a page show: every glyph that the appearances of its fields paint, with its character and its place on the
//! page. Another reader than the one that reads the values, so that a file cannot please one and fool the other.

use std::sync::Arc;

use hayro_interpret::font::GlyphRun;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::kurbo::{Affine, BezPath, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, RenderContent, SoftMask, interpret_page,
};

/// A glyph on the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownGlyph {
    /// Its character or characters; `None` when the font does not tell.
    pub(crate) text: Option<String>,
    /// Its origin, in points from the bottom left.
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// What a page shows.
#[derive(Debug, Default)]
pub(crate) struct ShownPage {
    /// Its glyphs, in the order of painting.
    pub(crate) glyphs: Vec<ShownGlyph>,
    /// The part of the page that its largest image covers, 0 to 1.
    pub(crate) image: f64,
}

/// The glyphs that the annotations of each page paint, in order; `None` when this reader cannot open the file.
pub(crate) fn glyphs_of_annotations(bytes: &[u8], pages: usize) -> Option<Vec<Vec<ShownGlyph>>> {
    let pages = shown(bytes, pages, RenderContent::ANNOTATIONS)?;
    Some(pages.into_iter().map(|it| it.glyphs).collect())
}

/// All that the first pages show; `None` when this reader cannot open the file.
pub(crate) fn pages(bytes: &[u8], pages: usize) -> Option<Vec<ShownPage>> {
    shown(bytes, pages, RenderContent::all())
}

fn shown(bytes: &[u8], pages: usize, render_content: RenderContent) -> Option<Vec<ShownPage>> {
    let pdf = Pdf::new(Arc::new(bytes.to_vec())).ok()?;
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings { render_content, ..InterpreterSettings::default() };
    let mut all = Vec::new();
    for page in pdf.pages().iter().take(pages) {
        let everywhere = Rect::new(-1e6, -1e6, 1e6, 1e6);
        let mut context = Context::new(Affine::IDENTITY, everywhere, &cache, pdf.xref(), settings.clone());
        let (width, height) = page.render_dimensions();
        let area = f64::from(width) * f64::from(height);
        let mut glyphs = Glyphs { page: ShownPage::default(), clips: vec![everywhere], area: area.max(1.0) };
        interpret_page(page, &mut context, &mut glyphs);
        all.push(glyphs.page);
    }
    Some(all)
}

/// Collects the glyphs that are not cut away, and paints nothing.
struct Glyphs {
    page: ShownPage,
    /// Of the page, in square points.
    area: f64,
    /// The rectangles around what is left after each cut.
    clips: Vec<Rect>,
}

/// Points by which a glyph may begin outside of what is left after a cut, and still be seen.
const OVERHANG: f64 = 1.0;

impl<'a> Device<'a> for Glyphs {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            let place = props.transform * glyph.transform();
            let [.., x, y] = place.as_coeffs();
            let clip = self.clips.last().expect("the first clip is everywhere");
            if !clip.inflate(OVERHANG, OVERHANG).contains((x, y)) {
                continue;
            }
            let text = glyph.as_unicode().map(|it| match it {
                hayro_interpret::hayro_cmap::BfString::Char(letter) => letter.to_string(),
                hayro_interpret::hayro_cmap::BfString::String(text) => text,
            });
            self.page.glyphs.push(ShownGlyph { text, x, y });
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, clip: &ClipPath) {
        let above = *self.clips.last().expect("the first clip is everywhere");
        self.clips.push(above.intersect(clip.path.bounding_box()));
    }

    fn pop_clip(&mut self) {
        if self.clips.len() > 1 {
            self.clips.pop();
        }
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let covered = props.transform.determinant().abs() * width * height;
        self.page.image = self.page.image.max(covered / self.area);
    }
    fn pop_transparency_group(&mut self) {}
}
