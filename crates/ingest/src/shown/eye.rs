//! Looks on while a page is painted, and paints nothing itself.

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape, Vec2};
use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, FillRule, Image, ImageDrawProps, Paint, SoftMask,
};

use super::{Ground, Hidden, Letterforms, Mark, MarkKind, ShownGlyph, ShownPage};

/// Points by which a glyph may begin outside of what is left after a cut, and still be seen.
const OVERHANG: f64 = 1.0;
/// Points below which a font cannot be read.
const TINY: f64 = 2.5;
/// Contrast to the ground (WCAG 2.2, 1.4.3) below which a text is not seen; 1 is none, black on white is 21.
const CONTRAST: f32 = 1.5;
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
        let is_plain = props.soft_mask.is_none() && props.blend_mode == BlendMode::Normal;
        let rgb = [red, green, blue].map(|it| it.clamp(0.0, 1.0));
        Some((luminance(rgb), if is_plain { alpha * self.opacity() } else { 0.0 }))
    }

    fn see(&mut self, glyph: &Glyph<'_>, place: Affine, props: &DrawProps<'_>, mode: &DrawMode) {
        let [a, b, c, d, x, y] = place.as_coeffs();
        let origin = Point::new(x, y);
        let mut text = glyph.as_unicode().map(|it| match it {
            BfString::Char(letter) => letter.to_string(),
            BfString::String(text) => text,
        });
        let is_blank = text.as_ref().is_some_and(|it| it.chars().all(char::is_whitespace));
        let mut advance = EM / 2.0;
        if matches!(glyph, Glyph::Type3(_)) && !is_blank {
            text = None; // painted by operators of its own: what they show is not worked out
        }
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
        let clip = self.clip().inflate(OVERHANG, OVERHANG);
        if !(is_blank || clip.contains(origin) && clip.contains(middle)) {
            return;
        }
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
        let bounds = bounds.intersect(self.clip());
        let is_seen = self.is_seen(props, bounds.center());
        self.page.marks.push(Mark { kind: MarkKind::Surface, is_plain: is_upright(&path), is_seen, bounds });
        // What mixes with its ground may cover it as well.
        let is_mixed = props.blend_mode != BlendMode::Normal || props.soft_mask.is_some();
        let (luminance, opacity) = self.ink(props).unwrap_or((PAPER, 1.0));
        if opacity < OPACITY && !is_mixed {
            return;
        }
        let ground = Ground { bounds, path, luminance };
        self.cover(|it| ground.lies_under(it));
        self.page.grounds.push(ground);
    }

    /// A line; a broad one covers what it crosses, and a crooked one all that it goes around.
    fn line(&mut self, path: &BezPath, width: f64, props: &DrawProps<'_>) {
        let (thin, is_upright) = (path.bounding_box(), is_upright(path));
        let is_straight = thin.width().min(thin.height()) <= 0.01;
        let bounds = thin.inflate(width / 2.0, width / 2.0).intersect(self.clip());
        let is_seen = self.is_seen(props, bounds.center());
        self.page.marks.push(Mark { kind: MarkKind::Line, is_plain: is_straight || is_upright, is_seen, bounds });
        if width < TINY {
            return;
        }
        if is_straight || !is_upright {
            self.cover(|it| bounds.contains(it));
        } else {
            let inside = thin.inflate(-width / 2.0, -width / 2.0);
            self.cover(|it| bounds.contains(it) && !inside.contains(it));
        }
    }

    fn is_seen(&self, props: &DrawProps<'_>, at: Point) -> bool {
        self.ink(props)
            .is_some_and(|(luminance, opacity)| opacity >= OPACITY && is_seen_on(luminance, &self.page.grounds, at))
    }
}

/// Whether a path is a rectangle along the edges of the page, or several of which one holds all others and none is a hole.
fn is_upright(path: &BezPath) -> bool {
    let bounds = path.bounding_box();
    let area = bounds.width() * bounds.height();
    let mut parts: Vec<BezPath> = Vec::new();
    for element in path.elements() {
        match (element, parts.last_mut()) {
            (PathEl::MoveTo(_), _) | (_, None) => parts.push(BezPath::from_vec(vec![*element])),
            (_, Some(part)) => part.push(*element),
        }
    }
    let areas: Vec<f64> = parts.iter().map(|it| it.area()).filter(|it| *it != 0.0).collect();
    let all_turn_alike = areas.iter().all(|it| *it > 0.0) || areas.iter().all(|it| *it < 0.0);
    all_turn_alike && areas.iter().any(|it| it.abs() >= area * 0.99) && parts.iter().all(is_rectangle)
}

fn is_rectangle(path: &BezPath) -> bool {
    let bounds = path.bounding_box();
    let is_on_edge = |it: Point| {
        let near = |a: f64, b: f64| (a - b).abs() <= 0.01;
        (near(it.x, bounds.x0) || near(it.x, bounds.x1)) && (near(it.y, bounds.y0) || near(it.y, bounds.y1))
    };
    path.elements().iter().all(|it| match it {
        PathEl::MoveTo(point) | PathEl::LineTo(point) => is_on_edge(*point),
        PathEl::ClosePath => true,
        PathEl::QuadTo(..) | PathEl::CurveTo(..) => false,
    })
}

/// Whether something of this luminance stands out from what lies under it.
pub(crate) fn is_seen_on(luminance: f32, grounds: &[Ground], point: Point) -> bool {
    let ground = grounds.iter().rev().find(|it| it.lies_under(point)).map_or(PAPER, |it| it.luminance);
    stands_out(luminance, ground)
}

/// Whether one luminance stands out from another (WCAG 2.2, 1.4.3).
pub(crate) fn stands_out(luminance: f32, ground: f32) -> bool {
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
            DrawMode::Stroke(stroke) => self.line(&path, width(stroke), &props),
            DrawMode::FillAndStroke(_, stroke) => {
                self.surface(path.clone(), bounds, &props);
                self.line(&path, width(stroke), &props);
            }
            DrawMode::Invisible => {}
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        // What a crooked cut leaves is not worked out: nothing.
        let is_plain = is_upright(&clip.path) && (clip.fill == FillRule::NonZero || is_rectangle(&clip.path));
        let left = if is_plain { clip.path.bounding_box() } else { Rect::ZERO };
        self.clips.push(self.clip().intersect(left));
    }

    fn pop_clip(&mut self) {
        if self.clips.len() > 1 {
            self.clips.pop();
        }
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend: BlendMode) {
        let is_plain = mask.is_none() && blend == BlendMode::Normal;
        self.groups.push(if is_plain { self.opacity() * opacity } else { 0.0 });
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let place = props.transform * Rect::new(0.0, 0.0, width, height).to_path(0.1);
        let bounds = place.bounding_box().intersect(self.clip());
        self.page.marks.push(Mark { kind: MarkKind::Image, is_plain: false, is_seen: true, bounds });
        self.page.image = self.page.image.max(props.transform.determinant().abs() * width * height / self.area);
        self.cover(|it| bounds.contains(it) && place.winding(it) != 0);
    }

    fn pop_transparency_group(&mut self) {
        if self.groups.len() > 1 {
            self.groups.pop();
        }
    }
}
