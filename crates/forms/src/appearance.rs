//! What a box shows: streams that paint a prefilled value or a tick (ISO 32000-1, 12.5.5 and 12.7.3.3). Empty text boxes
//! have none: every client then paints what is typed, and no client leaves a stale picture behind.

use countersign_core::template::Color;
use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use crate::face::Face;
use crate::layout::PlacedBox;

/// Smallest type size to which a long prefilled value shrinks, in points.
const SMALLEST: f32 = 6.0;

/// The frame around a box that has to be mended.
pub(crate) struct Frame {
    pub(crate) line: Color,
    pub(crate) fill: Color,
    /// In points.
    pub(crate) width: f32,
}

/// Orange, 5 to 1 on white and on its own ground: told from a plain box without seeing colours by its thick line.
pub(crate) const MARK: Frame = Frame {
    line: Color { red: 194, green: 65, blue: 12 },
    fill: Color { red: 255, green: 244, blue: 230 },
    width: 1.5,
};

impl Frame {
    /// What paints it into a box of this size.
    fn painted(&self, (width, height): (f32, f32)) -> String {
        let half = self.width / 2.0;
        let (inner, tall) = (number(width - self.width), number(height - self.width));
        let (fill, line) = (rgb(self.fill), rgb(self.line));
        let (all, high, thick, half) = (number(width), number(height), number(self.width), number(half));
        format!("q\n{fill} rg 0 0 {all} {high} re f\n{line} RG {thick} w {half} {half} {inner} {tall} re S\nQ\n")
    }
}

/// The type size at which a value fits into its box, and no smaller than can be read.
fn fitting_size(face: &Face<'_>, text: &str, placed: &PlacedBox) -> f32 {
    let room = placed.rect.right - placed.rect.left - 2.0 * placed.inset;
    let width = face.width(text, placed.size);
    if width <= room { placed.size } else { (placed.size * room / width).max(SMALLEST) }
}

/// How a value is made to fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sizing {
    /// What the program writes shrinks, as far as it can be read.
    Shrinking,
    /// What a customer types stays as large as the field says, and is cut at its box.
    Fixed,
}

impl Sizing {
    fn of(self, face: &Face<'_>, text: &str, placed: &PlacedBox) -> f32 {
        match self {
            Self::Shrinking => fitting_size(face, text, placed),
            Self::Fixed => placed.size,
        }
    }
}

/// How a value stands in its box.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) sizing: Sizing,
    /// Around the value, where it has to be mended.
    pub(crate) frame: Option<&'static Frame>,
}

impl Setting {
    /// As the program writes.
    pub(crate) const PLAIN: Self = Self { sizing: Sizing::Shrinking, frame: None };
}

/// How many characters of a value can be seen in its box at once.
pub(crate) fn seen(placed: &PlacedBox, face: &Face<'_>, text: &str, sizing: Sizing) -> usize {
    let size = sizing.of(face, text, placed);
    let room = placed.rect.right - placed.rect.left - placed.inset - edge(placed);
    let ends = text.chars().scan(0.0, |end, letter| {
        *end += face.width(letter.encode_utf8(&mut [0; 4]), size);
        Some(*end)
    });
    // A hair's breadth is seen all the same.
    ends.take_while(|end| *end <= room + 0.05).count()
}

/// Where a value is cut: a value that stands at the very edge is not cut there.
fn edge(placed: &PlacedBox) -> f32 {
    placed.inset.min(1.0)
}

/// A value as a stream paints it.
pub(crate) struct Painted<'a> {
    pub(crate) text: &'a str,
    pub(crate) setting: Setting,
    /// The operand of `Tj` that shows the text.
    pub(crate) operand: &'a str,
    /// The name of its font in the stream's resources, and the font.
    pub(crate) font: (&'static str, ObjectId),
    pub(crate) ink: Color,
}

/// A stream that paints one line of text into a box.
pub(crate) fn text(placed: &PlacedBox, face: &Face<'_>, value: &Painted<'_>) -> Stream {
    let (width, height) = (placed.rect.right - placed.rect.left, placed.rect.top - placed.rect.bottom);
    let size = value.setting.sizing.of(face, value.text, placed);
    let baseline = (height - face.cap_height(size)) / 2.0;
    let edge = edge(placed);
    let Painted { operand: shown, font, ink, .. } = *value;
    let frame = value.setting.frame.map(|it| it.painted((width, height))).unwrap_or_default();
    let content = format!(
        "{frame}/Tx BMC\nq\n{} 1 {} {} re W n\nBT\n/{} {} Tf {} rg\n{} {} Td\n{shown} Tj\nET\nQ\nEMC\n",
        number(edge),
        number(width - 2.0 * edge),
        number(height - 2.0),
        font.0,
        number(size),
        rgb(ink),
        number(placed.inset),
        number(baseline),
    );
    let fonts = Dictionary::from_iter([(font.0, Object::Reference(font.1))]);
    form((width, height), dictionary! { "Font" => fonts }, content)
}

/// The streams of a box to tick: ticked, and not.
pub(crate) fn tick([width, height]: [f32; 2], ink: Color, frame: Option<&Frame>) -> [Stream; 2] {
    let at = |x: f32, y: f32| format!("{} {}", number(width * x), number(height * y));
    let (start, corner, end) = (at(0.2, 0.52), at(0.42, 0.27), at(0.82, 0.78));
    let ticked = format!("q\n{} RG 1.6 w 1 J 1 j\n{start} m {corner} l {end} l S\nQ\n", rgb(ink));
    let frame = frame.map(|it| it.painted((width, height))).unwrap_or_default();
    // Never without any content: pdftk, when it encrypts, writes a wrong length for empty streams.
    let empty = if frame.is_empty() { "q\nQ\n".to_owned() } else { frame.clone() };
    [frame + &ticked, empty].map(|it| form((width, height), Dictionary::new(), it))
}

fn form(size: (f32, f32), resources: Dictionary, content: String) -> Stream {
    let bounds = vec![0.into(), 0.into(), real(size.0), real(size.1)];
    let dict = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds, "Resources" => resources };
    Stream::new(dict, content.into_bytes())
}

/// A colour as operands of `rg` and `RG`.
pub(crate) fn rgb(color: Color) -> String {
    [color.red, color.green, color.blue].map(|it| number(f32::from(it) / 255.0)).join(" ")
}

/// A number as PDF writes it, to a thousandth.
pub(crate) fn number(value: f32) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number as an object, to a thousandth.
pub(crate) fn real(value: f32) -> Object {
    let rounded = (value * 1000.0).round() / 1000.0;
    if rounded.fract() == 0.0 { Object::Integer(rounded as i64) } else { Object::Real(rounded) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_core::template::FormTemplate;

    use crate::face::Faces;
    use crate::face::tests::FILES;
    use crate::layout::place;

    #[test]
    fn a_number_has_no_idle_digits() {
        for (value, expected) in [(0.0, "0"), (1.5, "1.5"), (10.0, "10"), (0.1234, "0.123"), (-2.0, "-2")] {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn a_long_value_shrinks_but_stays_readable() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        let template = FormTemplate::parse(include_str!("../../../templates/authorized-user.toml")).unwrap();
        let layout = place(&template, &faces, None).ok().unwrap();
        let placed = layout.boxes.iter().find(|it| it.name == "account.number").unwrap();
        let size = |text: &str| fitting_size(&faces.regular, text, placed);
        assert_eq!(size("short"), placed.size);
        assert!((SMALLEST..placed.size).contains(&size("somewhat longer than its box")));
        assert_eq!(size(&"far too long ".repeat(9)), SMALLEST);
    }

    #[test]
    fn what_is_cut_is_counted() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        let template = FormTemplate::parse(include_str!("../../../templates/authorized-user.toml")).unwrap();
        let layout = place(&template, &faces, None).ok().unwrap();
        let placed = layout.boxes.iter().find(|it| it.name == "account.number").unwrap();
        let count = |text: &str, sizing| seen(placed, &faces.regular, text, sizing);
        assert_eq!((count("short", Sizing::Fixed), count("", Sizing::Fixed)), (5, 0));
        let longer = "somewhat longer than its box";
        assert_eq!(count(longer, Sizing::Shrinking), longer.len());
        let cut = count(longer, Sizing::Fixed);
        let (shown, next) = (&longer[..cut], &longer[..=cut]);
        let room = placed.rect.right - placed.rect.left - placed.inset - 1.0;
        let width = |text: &str| faces.regular.width(text, placed.size);
        assert!(width(shown) <= room + 0.05 && width(next) > room + 0.05, "{shown}");
    }
}
