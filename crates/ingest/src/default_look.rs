//! How a viewer paints a value that has no picture, or whose picture it makes anew: the default appearance, `/DA` (ISO 32000-1,
//! 12.7.3.3). White or tiny there is as good as hidden.

use countersign_core::template::FieldLook;
use lopdf::{Dictionary, Object};

use crate::blanks::KnownBlank;
use crate::content_tokens::{Operand, operations};
use crate::document::{Pdf, as_dict};
use crate::fields::Field;
use crate::read::File;
use crate::resources::are_same;
use crate::shown::{Hidden, luminance, stands_out};

/// Sizes of type in points that can be read in a box; 0 lets the viewer choose.
const SIZES: std::ops::RangeInclusive<f32> = 3.0..=20.0;

/// Points that a border may be wide.
const BORDER: f32 = 3.0;

/// Why nobody sees what a viewer paints into a box, if so. Of what cannot be read as a default appearance, viewers make what they like.
pub(crate) fn hides(pdf: &Pdf, field: &Field<'_>, look: &FieldLook, blank: &KnownBlank) -> Option<Hidden> {
    let of_form = || pdf.entry(pdf.acroform()?, b"DA");
    let mut texts: Vec<&Object> = field.every(pdf, b"DA").collect();
    // Where the field's own says nothing, some viewers ask the form's.
    if texts.iter().all(|it| it.as_str().is_ok_and(<[u8]>::is_empty)) {
        texts.extend(of_form());
    }
    let hides = |it: &Object| match it.as_str().ok().and_then(Style::of) {
        Some(style) => hides_in(&style, (pdf, field), look, blank),
        None => Some(Hidden::Invisible),
    };
    texts.into_iter().find_map(hides)
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
    let grounds: Vec<&Dictionary> =
        field.every(pdf, b"MK").filter_map(as_dict).filter(|it| pdf.elements(it, b"BG").next().is_some()).collect();
    let is_faint = if grounds.is_empty() {
        !blank.shows(style.color, look)
    } else {
        let shows = |it: [f32; 3]| stands_out(luminance(style.color), luminance(it));
        !grounds.into_iter().all(|it| ground(pdf, it).is_some_and(shows))
    };
    is_faint.then_some(Hidden::Faint)
}

/// The ground that a box paints; `None` where it is no colour.
fn ground(pdf: &Pdf, characteristics: &Dictionary) -> Option<[f32; 3]> {
    let parts: Option<Vec<f32>> = pdf.elements(characteristics, b"BG").map(|it| it.as_float().ok()).collect();
    rgb(&parts?)
}

/// Whether a viewer that paints the value anew does so in letters that were not issued: another font of the file, made to the sender's
/// wishes, or one of signs. A font that the file does not have is the viewer's own.
pub(crate) fn is_in_other_letters(file: &File<'_>, field: &Field<'_>, blank: &KnownBlank) -> bool {
    let pdf = file.pdf;
    let specimen = blank.specimen().and_then(|it| Some((it, it.form_fonts()?)));
    // Programs that merge give a font another name.
    let is_issued = |font: &Object| {
        let is_same = |(specimen, fonts): (&Pdf, &Dictionary)| {
            fonts.iter().any(|(_, it)| are_same(pdf, font, specimen, specimen.resolve(it), file.limits))
        };
        specimen.is_some_and(is_same)
    };
    let fonts: Vec<Vec<u8>> = field.every(pdf, b"DA").filter_map(|it| Style::of(it.as_str().ok()?)?.font).collect();
    fonts.iter().any(|name| {
        let is_named = specimen.is_some_and(|(_, fonts)| fonts.has(name));
        let found = pdf.form_fonts().and_then(|it| pdf.entry(it, name));
        let is_other = |it: &Object| !as_dict(it).is_some_and(|it| is_standard(pdf, it)) && !is_issued(it);
        !is_named && found.map_or_else(|| has_signs(name), is_other)
    })
}

/// Whether a viewer that paints a ticked box anew may put nothing into it that looks like a mark (ISO 32000-1, table 189, `/CA`).
pub(crate) fn has_no_mark(pdf: &Pdf, field: &Field<'_>) -> bool {
    // ZapfDingbats: ticks, crosses, a disc, a square, a rhombus, a star.
    const MARKS: [&[u8]; 9] = [b"3", b"4", b"5", b"6", b"8", b"l", b"n", b"u", b"H"];
    let marks = field.every(pdf, b"MK").filter_map(as_dict).filter_map(|it| pdf.entry(it, b"CA"));
    marks.into_iter().any(|it| !it.as_str().is_ok_and(|it| MARKS.contains(&it)))
}

/// Fonts of signs instead of letters (ISO 32000-1, 9.6.2.2), by the names that viewers know them by.
fn has_signs(name: &[u8]) -> bool {
    [b"ZaDb".as_slice(), b"ZapfDingbats", b"Symb", b"Symbol"].contains(&name)
}

/// Whether a font is one of those that every viewer has, with its letters where they belong.
fn is_standard(pdf: &Pdf, font: &Dictionary) -> bool {
    let encoding = pdf.entry(font, b"Encoding");
    let is_moved = encoding.is_some_and(|it| as_dict(it).is_some_and(|it| it.has(b"Differences")));
    let base = pdf.name(font, b"BaseFont").unwrap_or_default();
    !is_moved && !has_signs(base) && !font.has(b"FontDescriptor") && pdf.name(font, b"Subtype") != Some(b"Type3")
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
    font: Option<Vec<u8>>,
    size: Option<f32>,
    color: [f32; 3],
    /// Whether it sets nothing but font and colour.
    is_plain: bool,
}

impl Style {
    fn of(text: &[u8]) -> Option<Self> {
        let mut style = Self { font: None, size: None, color: [0.0; 3], is_plain: true };
        for operation in operations(text)? {
            let number = |it: &Operand| if let Operand::Number(number) = it { Some(*number) } else { None };
            let name = |it: &'_ Operand| if let Operand::Name(name) = it { Some(name.clone()) } else { None };
            let numbers: Vec<f32> = operation.operands.iter().filter_map(number).collect();
            match (operation.operator.as_slice(), numbers.as_slice()) {
                (b"Tf", [.., size]) => {
                    style.size = Some(*size);
                    style.font = operation.operands.iter().find_map(name);
                }
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
        let found = Style::of(text.as_bytes()).map(|it| (it.size, it.color, it.is_plain));
        assert_eq!(found, Some((size, color, true)), "{text}");
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
