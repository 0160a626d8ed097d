//! Looks on while a page is painted, and paints nothing itself.

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape, Vec2};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint, SoftMask};

use super::{Ground, Hidden, Letterforms, Mark, MarkKind, ShownGlyph, ShownPage};

/// Points by which a glyph may begin outside of what is left after a cut, and still be seen.
const OVERHANG: f64 = 1.0;
/// Points below which a font cannot be read.
const TINY: f64 = 2.5;
/// Contrast to the ground (WCAG 2.2, 1.4.3) below which a text is not seen; 1 is none, black on white is 21.
const CONTRAST: f32 = 1.35;
/// Part of full opacity below which a text is not seen, and above which a surface covers what is under it.
const OPACITY: f32 = 0.4;
/// Units of a glyph to an em.
const EM: f64 = 1000.0;
/// Luminance of paper.
const PAPER: f32 = 1.0;

/// Collects what is painted and not cut away.
pub(super) struct Eye<'l> {
    pub(super) page: ShownPage,
    letterforms: &'l Letterforms,
    /// Of the page, in square points.
    area: f64,
    /// The rectangles around what is left after each cut.
    clips: Vec<Rect>,
    /// What is left of full opacity in each open group.
    groups: Vec<f32>,
    /// For each glyph that can be seen, its number and its middle.
    seen: Vec<(usize, Point)>,
}

impl<'l> Eye<'l> {
    pub(super) fn on(area: f64, under: Vec<Ground>, letterforms: &'l Letterforms) -> Self {
        let everywhere = Rect::new(-1e6, -1e6, 1e6, 1e6);
        let page = ShownPage { grounds: under, ..ShownPage::default() };
        Self { page, letterforms, area: area.max(1.0), clips: vec![everywhere], groups: vec![1.0], seen: Vec::new() }
    }

    fn clip(&self) -> Rect {
        *self.clips.last().expect("the first clip is everywhere")
    }

    fn opacity(&self) -> f32 {
        *self.groups.last().expect("the first group is the page")
    }

    /// Luminance and opacity of what is painted with; a pattern has neither.
    fn ink(&self, props: &DrawProps<'_>) -> Option<(f32, f32)> {
        let Paint::Color(color) = &props.paint else { return None };
        let [red, green, blue, alpha] = color.to_rgba().components();
        let masked = if props.soft_mask.is_some() { 0.0 } else { 1.0 };
        Some((luminance([red, green, blue]), alpha * self.opacity() * masked))
    }

    fn see(&mut self, glyph: &Glyph<'_>, place: Affine, props: &DrawProps<'_>, mode: &DrawMode) {
        let [a, b, c, d, x, y] = place.as_coeffs();
        let origin = Point::new(x, y);
        if !self.clip().inflate(OVERHANG, OVERHANG).contains(origin) {
            return;
        }
        let mut text = glyph.as_unicode().map(|it| match it {
            BfString::Char(letter) => letter.to_string(),
            BfString::String(text) => text,
        });
        let is_blank = text.as_ref().is_some_and(|it| it.chars().all(char::is_whitespace));
        let mut advance = EM / 2.0;
        if let Glyph::Outline(outline) = glyph {
            advance = outline.advance_width().map_or(advance, f64::from);
            if text.is_none() {
                text = self.letterforms.letter(outline).map(String::from);
            } else if !is_blank && !matches!(mode, DrawMode::Invisible) {
                match self.letterforms.reads(outline, text.as_deref()) {
                    super::letterform::Verdict::Nothing => return,
                    super::letterform::Verdict::Another => text = None,
                    super::letterform::Verdict::Fits => {}
                }
            }
        }
        let size = Vec2::new(a, b).hypot().min(Vec2::new(c, d).hypot()) * EM;
        let middle = place * Point::new(advance / 2.0, EM / 4.0);
        let hidden = self.why_hidden(size, middle, props, mode).filter(|_| !is_blank);
        if hidden.is_none() {
            self.seen.push((self.page.glyphs.len(), middle));
        }
        self.page.glyphs.push(ShownGlyph { text, origin, end: place * Point::new(advance, 0.0), size, hidden });
    }

    fn why_hidden(&self, size: f64, middle: Point, props: &DrawProps<'_>, mode: &DrawMode) -> Option<Hidden> {
        if matches!(mode, DrawMode::Invisible) {
            return Some(Hidden::Invisible);
        }
        if size < TINY {
            return Some(Hidden::Tiny);
        }
        let Some((luminance, opacity)) = self.ink(props) else { return Some(Hidden::Faint) };
        if opacity < OPACITY {
            return Some(Hidden::Invisible);
        }
        (!is_seen_on(luminance, &self.page.grounds, middle)).then_some(Hidden::Faint)
    }

    /// Everything that has its middle where `is_over` says is painted over.
    fn cover(&mut self, is_over: impl Fn(Point) -> bool) {
        let glyphs = &mut self.page.glyphs;
        self.seen.retain(|(number, middle)| {
            let is_covered = is_over(*middle);
            if is_covered {
                glyphs[*number].hidden = Some(Hidden::Covered);
            }
            !is_covered
        });
    }

    fn surface(&mut self, path: BezPath, bounds: Rect, props: &DrawProps<'_>) {
        let clip = self.clip();
        let ink = self.ink(props);
        self.page.marks.push(Mark { kind: MarkKind::Surface, bounds: bounds.intersect(clip) });
        let (luminance, opacity) = ink.unwrap_or((PAPER, 1.0));
        if opacity < OPACITY || props.blend_mode != BlendMode::Normal {
            return;
        }
        let ground = Ground { bounds: bounds.intersect(clip), path, luminance };
        self.cover(|it| ground.lies_under(it));
        self.page.grounds.push(ground);
    }

    /// A line that is as broad as what it crosses.
    fn line(&mut self, bounds: Rect, width: f64) {
        let bounds = bounds.inflate(width / 2.0, width / 2.0).intersect(self.clip());
        self.page.marks.push(Mark { kind: MarkKind::Line, bounds });
        let is_straight = bounds.width().min(bounds.height()) <= width * 1.01;
        if is_straight && width >= TINY {
            self.cover(|it| bounds.contains(it));
        }
    }
}

/// Whether something of this luminance stands out from what lies under it.
pub(crate) fn is_seen_on(luminance: f32, grounds: &[Ground], point: Point) -> bool {
    let ground = grounds.iter().rev().find(|it| it.lies_under(point)).map_or(PAPER, |it| it.luminance);
    let (light, dark) = (luminance.max(ground), luminance.min(ground));
    (light + 0.05) / (dark + 0.05) >= CONTRAST
}

/// Relative luminance of a colour (WCAG 2.2).
pub(crate) fn luminance(rgb: [f32; 3]) -> f32 {
    let linear = |it: f32| if it <= 0.040_45 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) };
    let [red, green, blue] = rgb.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

impl<'a> Device<'a> for Eye<'_> {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        for glyph in run.glyphs() {
            self.see(glyph, props.transform * glyph.transform(), &props, mode);
        }
    }

    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        let path = props.transform * path.clone();
        let bounds = path.bounding_box();
        let scale = props.transform.determinant().abs().sqrt();
        let width = |it: &hayro_interpret::StrokeProps| f64::from(it.line_width) * scale;
        match mode {
            DrawMode::Fill(_) => self.surface(path, bounds, &props),
            DrawMode::Stroke(stroke) => self.line(bounds, width(stroke)),
            DrawMode::FillAndStroke(_, stroke) => {
                self.surface(path, bounds, &props);
                self.line(bounds, width(stroke));
            }
            DrawMode::Invisible => {}
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.clips.push(self.clip().intersect(clip.path.bounding_box()));
    }

    fn pop_clip(&mut self) {
        if self.clips.len() > 1 {
            self.clips.pop();
        }
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, _: BlendMode) {
        let masked = if mask.is_some() { 0.0 } else { 1.0 };
        self.groups.push(self.opacity() * opacity * masked);
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let place = props.transform * Rect::new(0.0, 0.0, width, height).to_path(0.1);
        let bounds = place.bounding_box().intersect(self.clip());
        self.page.marks.push(Mark { kind: MarkKind::Image, bounds });
        self.page.image = self.page.image.max(props.transform.determinant().abs() * width * height / self.area);
        self.cover(|it| bounds.contains(it) && place.winding(it) != 0);
    }

    fn pop_transparency_group(&mut self) {
        if self.groups.len() > 1 {
            self.groups.pop();
        }
    }
}
