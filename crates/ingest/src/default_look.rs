//! How a viewer paints a value that has no picture, or whose picture it makes anew: the default appearance, `/DA` (ISO 32000-1,
//! 12.7.3.3). White or tiny there is as good as hidden.

use countersign_core::template::FieldLook;
use hayro_interpret::kurbo::Point;

use crate::blanks::KnownBlank;
use crate::content_tokens::{Operand, operations};
use crate::document::Pdf;
use crate::fields::Field;
use crate::shown::{Hidden, is_seen_on, luminance};

/// Points below which a font cannot be read; 0 lets the viewer choose.
const TINY: f32 = 3.0;

/// Why nobody sees what a viewer paints into a box, if so. What cannot be read as a default appearance is left to the viewer's own.
pub(crate) fn hides(pdf: &Pdf, field: &Field<'_>, look: &FieldLook, blank: &KnownBlank) -> Option<Hidden> {
    let of_form = || pdf.entry(pdf.acroform()?, b"DA");
    let text = field.inherited_or_of_widget(pdf, b"DA").or_else(of_form)?.as_str().ok()?;
    let style = Style::of(text)?;
    if style.size.is_some_and(|it| it != 0.0 && it.abs() < TINY) {
        return Some(Hidden::Tiny);
    }
    let rect = &look.rect;
    let middle = Point::new(f64::from(rect.left + rect.right) / 2.0, f64::from(rect.bottom + rect.top) / 2.0);
    let grounds = blank.grounds().get(usize::from(look.page)).map_or(&[][..], Vec::as_slice);
    (!is_seen_on(luminance(style.color), grounds, middle)).then_some(Hidden::Faint)
}

/// Size and colour of a default appearance.
#[derive(Debug, PartialEq)]
struct Style {
    size: Option<f32>,
    color: [f32; 3],
}

impl Style {
    fn of(text: &[u8]) -> Option<Self> {
        let mut style = Self { size: None, color: [0.0; 3] };
        for operation in operations(text)? {
            let number = |it: &Operand| if let Operand::Number(number) = it { Some(*number) } else { None };
            let numbers: Vec<f32> = operation.operands.iter().filter_map(number).collect();
            match (operation.operator.as_slice(), numbers.as_slice()) {
                (b"Tf", [.., size]) => style.size = Some(*size),
                (b"g", [gray]) => style.color = [*gray; 3],
                (b"rg", [red, green, blue]) => style.color = [*red, *green, *blue],
                (b"k", [cyan, magenta, yellow, black]) => {
                    style.color = [cyan, magenta, yellow].map(|it| (1.0 - it) * (1.0 - black));
                }
                _ => {}
            }
        }
        Some(style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, size: Option<f32>, color: [f32; 3]) {
        assert_eq!(Style::of(text.as_bytes()), Some(Style { size, color }), "{text}");
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
    }
}
