//! How a viewer paints a value that has no picture, or whose picture it makes anew: the default appearance, `/DA` (ISO 32000-1,
//! 12.7.3.3). White or tiny there is as good as hidden.

use countersign_core::template::FieldLook;
use lopdf::Object;

use crate::blanks::KnownBlank;
use crate::content_tokens::{Operand, operations};
use crate::document::{Pdf, as_dict};
use crate::fields::Field;
use crate::read::File;
use crate::resources::are_same;
use crate::shown::{Hidden, luminance, stands_out};

/// Sizes of type in points that can be read in a box; 0 lets the viewer choose.
const SIZES: std::ops::RangeInclusive<f32> = 3.0..=40.0;

/// Points that a border may be wide.
const BORDER: f32 = 3.0;

/// Why nobody sees what a viewer paints into a box, if so. What cannot be read as a default appearance is left to the viewer's own.
pub(crate) fn hides(pdf: &Pdf, field: &Field<'_>, look: &FieldLook, blank: &KnownBlank) -> Option<Hidden> {
    let of_form = || pdf.entry(pdf.acroform()?, b"DA");
    let texts: Vec<&Object> = field.every(pdf, b"DA").collect();
    let texts = if texts.is_empty() { of_form().into_iter().collect() } else { texts };
    let mut styles = texts.into_iter().filter_map(|it| Style::of(it.as_str().ok()?));
    styles.find_map(|it| hides_in(&it, (pdf, field), look, blank))
}

fn hides_in(style: &Style, (pdf, field): (&Pdf, &Field<'_>), look: &FieldLook, blank: &KnownBlank) -> Option<Hidden> {
    if style.size.is_some_and(|it| it != 0.0 && !SIZES.contains(&it)) {
        return Some(Hidden::Tiny);
    }
    if !style.is_plain {
        return Some(Hidden::Invisible);
    }
    let of_style = field.every(pdf, b"BS").filter_map(as_dict).filter_map(|it| pdf.entry(it, b"W"));
    let of_border = field.every(pdf, b"Border").filter_map(|it| it.as_array().ok()?.get(2));
    if of_style.chain(of_border).filter_map(|it| pdf.resolve(it).as_float().ok()).any(|it| it > BORDER) {
        return Some(Hidden::Covered);
    }
    let numbers = |it| pdf.elements(it, b"BG").filter_map(|it| it.as_float().ok()).collect::<Vec<f32>>();
    let grounds: Vec<[f32; 3]> =
        field.every(pdf, b"MK").filter_map(as_dict).filter_map(|it| rgb(&numbers(it))).collect();
    let is_faint = if grounds.is_empty() {
        !blank.shows(style.color, look)
    } else {
        grounds.iter().any(|it| !stands_out(luminance(style.color), luminance(*it)))
    };
    is_faint.then_some(Hidden::Faint)
}

/// A colour of one, three or four parts (ISO 32000-1, table 189).
fn rgb(parts: &[f32]) -> Option<[f32; 3]> {
    match parts {
        [gray] => Some([*gray; 3]),
        [red, green, blue] => Some([*red, *green, *blue]),
        [cyan, magenta, yellow, black] => Some([cyan, magenta, yellow].map(|it| (1.0 - it) * (1.0 - black))),
        _ => None,
    }
}

/// Whether the fonts that viewers paint values in are those that the form was issued with, where they are still there.
pub(crate) fn has_own_fonts(file: &File<'_>, blank: &KnownBlank) -> bool {
    let Some((specimen, issued)) = blank.specimen().and_then(|it| Some((it, it.form_fonts()?))) else { return true };
    let Some(found) = file.pdf.form_fonts() else { return true };
    let both =
        issued.iter().filter_map(|(name, issued)| Some((file.pdf.entry(found, name)?, specimen.resolve(issued))));
    both.into_iter().all(|(found, issued)| are_same(file.pdf, found, specimen, issued, file.limits))
}

/// Size and colour of a default appearance.
#[derive(Debug, PartialEq)]
struct Style {
    size: Option<f32>,
    color: [f32; 3],
    /// Whether it sets nothing but font and colour.
    is_plain: bool,
}

impl Style {
    fn of(text: &[u8]) -> Option<Self> {
        let mut style = Self { size: None, color: [0.0; 3], is_plain: true };
        for operation in operations(text)? {
            let number = |it: &Operand| if let Operand::Number(number) = it { Some(*number) } else { None };
            let numbers: Vec<f32> = operation.operands.iter().filter_map(number).collect();
            match (operation.operator.as_slice(), numbers.as_slice()) {
                (b"Tf", [.., size]) => style.size = Some(*size),
                (b"g" | b"rg" | b"k", parts) => style.color = rgb(parts)?.map(|it| it.clamp(0.0, 1.0)),
                (b"Tf", _) => {}
                _ => style.is_plain = false,
            }
        }
        Some(style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, size: Option<f32>, color: [f32; 3]) {
        assert_eq!(Style::of(text.as_bytes()), Some(Style { size, color, is_plain: true }), "{text}");
    }

    #[test]
    fn size_and_colour_are_read_in_every_spelling() {
        check("/Helv 9.5 Tf 0.1 0.2 0.3 rg", Some(9.5), [0.1, 0.2, 0.3]);
        check("1 g /Helv 0 Tf", Some(0.0), [1.0; 3]);
        check("0 0 0 1 k /Helv 9 Tf", Some(9.0), [0.0; 3]);
        // As macOS Preview writes it.
        check("//Helvetica 10 Tf 0 g", Some(10.0), [0.0; 3]);
        check("", None, [0.0; 3]);
        assert_eq!(Style::of(b"/Helv (9 Tf"), None);
        assert!(!Style::of(b"/Helv 9 Tf 3 Tr").unwrap().is_plain);
    }
}
