//! The provider's logo: an SVG drawing as paths, or a PNG picture as pixels; on the page an object of its own (ISO 32000-1, 8.8
//! and 8.9). A drawing may hold filled and stroked paths of plain colours: what else SVG has is refused, not lost.

use countersign_core::template::Color;
use lopdf::{Dictionary, Stream, dictionary};
use usvg::tiny_skia_path::PathSegment;

use crate::appearance::{number, real, rgb};

/// Largest side of a PNG logo in pixels, and how many pixels it may have: every blank carries them.
const MOST_SIDE: u32 = 1200;
const MOST_PIXELS: u32 = 250_000;

/// A logo, read.
pub(crate) struct Logo {
    /// Its size; only the ratio of the two counts.
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// The object that paints it into a square of one unit.
    pub(crate) object: Stream,
}

/// A logo that a form cannot be made with.
#[derive(Debug, thiserror::Error)]
pub enum BadLogo {
    /// The SVG file cannot be read.
    #[error("the logo is no SVG drawing")]
    Svg(#[from] usvg::Error),
    /// The SVG file holds more than plain shapes.
    #[error(
        "the logo holds {0}: only filled and stroked shapes of plain, opaque colours can be drawn; turn texts into paths"
    )]
    Unsupported(&'static str),
    /// The PNG file cannot be read.
    #[error("the logo is no PNG picture")]
    Png(#[from] png::DecodingError),
    /// The PNG file has more pixels than a form should carry.
    #[error(
        "the logo has {width} x {height} pixels: {MOST_PIXELS} in all and {MOST_SIDE} on a side are enough for paper"
    )]
    TooLarge {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
}

impl PartialEq for BadLogo {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Logo {
    /// Reads a logo; which of the two it is, its first bytes tell.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, BadLogo> {
        if bytes.starts_with(b"\x89PNG") { picture(bytes) } else { drawing(bytes) }
    }
}

fn drawing(bytes: &[u8]) -> Result<Logo, BadLogo> {
    // No file but this one: what the drawing refers to is not looked for.
    let tree = usvg::Tree::from_data(bytes, &usvg::Options::default())?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let mut content = String::new();
    group(tree.root(), height, &mut content)?;
    if content.is_empty() {
        return Err(BadLogo::Unsupported("nothing to see"));
    }
    let matrix = vec![real_exact(1.0 / width), 0.into(), 0.into(), real_exact(1.0 / height), 0.into(), 0.into()];
    let bounds = vec![0.into(), 0.into(), real(width), real(height)];
    let dict = dictionary! {
        "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds, "Matrix" => matrix, "Resources" => Dictionary::new(),
    };
    Ok(Logo { width, height, object: Stream::new(dict, content.into_bytes()) })
}

fn real_exact(value: f32) -> lopdf::Object {
    lopdf::Object::Real(value)
}

fn group(group: &usvg::Group, height: f32, content: &mut String) -> Result<(), BadLogo> {
    let refuse = |what| Err(BadLogo::Unsupported(what));
    if group.clip_path().is_some() || group.mask().is_some() {
        return refuse("a clip or a mask");
    }
    if !group.filters().is_empty() || group.opacity().get() < 1.0 {
        return refuse("a filter or transparency");
    }
    for node in group.children() {
        match node {
            usvg::Node::Group(inner) => self::group(inner, height, content)?,
            usvg::Node::Path(path) if path.is_visible() => shape(path, height, content)?,
            usvg::Node::Path(_) => {}
            usvg::Node::Image(_) => return refuse("a picture"),
            usvg::Node::Text(_) => return refuse("a text"),
        }
    }
    Ok(())
}

fn shape(path: &usvg::Path, height: f32, content: &mut String) -> Result<(), BadLogo> {
    let Some(placed) = path.data().clone().transform(path.abs_transform()) else {
        return Err(BadLogo::Unsupported("a shape without a place"));
    };
    let at = |it: usvg::tiny_skia_path::Point| format!("{} {}", number(it.x), number(height - it.y));
    let mut outline = String::new();
    let mut last = usvg::tiny_skia_path::Point::zero();
    for segment in placed.segments() {
        match segment {
            PathSegment::MoveTo(to) => outline.push_str(&format!("{} m\n", at(to))),
            PathSegment::LineTo(to) => outline.push_str(&format!("{} l\n", at(to))),
            PathSegment::QuadTo(by, to) => {
                // A quadratic curve as a cubic one.
                let toward = |from: usvg::tiny_skia_path::Point| {
                    let (x, y) = (from.x + (by.x - from.x) * 2.0 / 3.0, from.y + (by.y - from.y) * 2.0 / 3.0);
                    usvg::tiny_skia_path::Point::from_xy(x, y)
                };
                outline.push_str(&format!("{} {} {} c\n", at(toward(last)), at(toward(to)), at(to)));
            }
            PathSegment::CubicTo(one, two, to) => {
                outline.push_str(&format!("{} {} {} c\n", at(one), at(two), at(to)));
            }
            PathSegment::Close => outline.push_str("h\n"),
        }
        last = match segment {
            PathSegment::MoveTo(to)
            | PathSegment::LineTo(to)
            | PathSegment::QuadTo(_, to)
            | PathSegment::CubicTo(_, _, to) => to,
            PathSegment::Close => last,
        };
    }
    if let Some(fill) = path.fill() {
        let color = plain(fill.paint(), fill.opacity().get())?;
        let operator = if fill.rule() == usvg::FillRule::EvenOdd { "f*" } else { "f" };
        content.push_str(&format!("{} rg\n{outline}{operator}\n", rgb(color)));
    }
    if let Some(stroke) = path.stroke() {
        if stroke.dasharray().is_some() {
            return Err(BadLogo::Unsupported("a dashed line"));
        }
        let color = plain(stroke.paint(), stroke.opacity().get())?;
        let (x, y) = path.abs_transform().get_scale();
        let width = stroke.width().get() * (x * y).abs().sqrt();
        let cap = stroke.linecap() as u8;
        let join = match stroke.linejoin() {
            usvg::LineJoin::Miter | usvg::LineJoin::MiterClip => 0,
            usvg::LineJoin::Round => 1,
            usvg::LineJoin::Bevel => 2,
        };
        content.push_str(&format!("{} RG {} w {cap} J {join} j\n{outline}S\n", rgb(color), number(width)));
    }
    Ok(())
}

fn plain(paint: &usvg::Paint, opacity: f32) -> Result<Color, BadLogo> {
    match paint {
        usvg::Paint::Color(it) if opacity >= 1.0 => Ok(Color { red: it.red, green: it.green, blue: it.blue }),
        usvg::Paint::Color(_) => Err(BadLogo::Unsupported("transparency")),
        _ => Err(BadLogo::Unsupported("a gradient or a pattern")),
    }
}

/// A picture on white paper: transparent pixels are mixed with it, so that no program has to.
fn picture(bytes: &[u8]) -> Result<Logo, BadLogo> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width.max(height) > MOST_SIDE || width.saturating_mul(height) > MOST_PIXELS {
        return Err(BadLogo::TooLarge { width, height });
    }
    let size = reader.output_buffer_size().ok_or(BadLogo::TooLarge { width, height })?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels)?;
    let samples = frame.color_type.samples();
    let on_white = |it: u8, alpha: u8| 255 - ((255 - u16::from(it)) * u16::from(alpha) / 255) as u8;
    let mixed = |pixel: &[u8]| match *pixel {
        [gray] => [gray; 3],
        [gray, alpha] => [on_white(gray, alpha); 3],
        [red, green, blue] => [red, green, blue],
        [red, green, blue, alpha, ..] => [red, green, blue].map(|it| on_white(it, alpha)),
        [] => [255; 3],
    };
    let rgb: Vec<u8> = pixels[..frame.buffer_size()].chunks_exact(samples).flat_map(mixed).collect();
    let dict = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => i64::from(width), "Height" => i64::from(height),
        "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8,
    };
    Ok(Logo { width: width as f32, height: height as f32, object: Stream::new(dict, rgb) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(inner: &str) -> Result<String, BadLogo> {
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'>{inner}</svg>");
        Logo::parse(svg.as_bytes()).map(|it| String::from_utf8(it.object.content).unwrap())
    }

    #[test]
    fn a_drawing_becomes_paths_from_the_bottom_left() {
        let content = drawn("<rect x='2' y='1' width='4' height='3' fill='#ff0000'/>").unwrap();
        assert!(content.starts_with("1 0 0 rg\n2 9 m\n6 9 l\n6 6 l\n2 6 l\nh\n"), "{content}");
        let line = drawn("<path d='M0 0L10 10' stroke='#000' stroke-width='2' stroke-linecap='round'/>").unwrap();
        assert!(line.contains("0 0 0 RG 2 w 1 J 0 j\n0 10 m\n10 0 l\nS"), "{line}");
    }

    #[test]
    fn what_paper_cannot_show_is_refused() {
        for (inner, what) in [
            ("<rect width='9' height='9' fill='red' opacity='0.5'/>", "transparency"),
            (
                "<linearGradient id='a'><stop/><stop offset='1' stop-color='red'/></linearGradient><rect width='9' height='9' fill='url(#a)'/>",
                "gradient",
            ),
            ("", "nothing to see"),
        ] {
            let error = drawn(inner).unwrap_err().to_string();
            assert!(error.contains(what), "{inner}: {error}");
        }
        assert!(matches!(Logo::parse(b"no logo"), Err(BadLogo::Svg(_))));
        assert!(matches!(Logo::parse(b"\x89PNG no"), Err(BadLogo::Png(_))));
    }

    #[test]
    fn a_picture_is_mixed_with_the_paper() {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
        encoder.set_color(png::ColorType::Rgba);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[255, 0, 0, 255, 0, 0, 0, 0]).unwrap();
        drop(writer);
        let logo = Logo::parse(&bytes).unwrap();
        assert_eq!((logo.width, logo.height, logo.object.content), (2.0, 1.0, vec![255, 0, 0, 255, 255, 255]));
    }
}
