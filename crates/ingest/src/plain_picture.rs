//! Pictures of values in the plainest way that programs paint them: one line of text, in the form's own font or in Helvetica, in one
//! colour. What such a picture shows follows from its few operators, so that no second reader has to be asked. Everything
//! else is none of these, and proves nothing: the second reader looks at it.

use std::cell::RefCell;
use std::collections::HashMap;

use countersign_core::template::FieldLook;
use lopdf::{Dictionary, Object};

use crate::blanks::KnownBlank;
use crate::content_tokens::{Operand, Operation};
use crate::document::as_dict;
use crate::read::File;
use crate::resources::are_same;

/// Sizes of type in points that are read at a glance, and do not outgrow a box.
const SIZES: std::ops::RangeInclusive<f32> = 4.0..=24.0;
/// Points by which a picture may be wider or higher than its box.
const ROOM: f32 = 2.0;

/// Points from the edge of a box within which a text begins.
const INSET: f32 = 8.0;
/// Height of a capital, in parts of the size.
const CAPITAL: f32 = 0.72;

/// Looks at the pictures of one file.
pub(crate) struct PlainPictures<'a> {
    file: &'a File<'a>,
    blank: &'a KnownBlank,
    /// Whether a font is one of those; many pictures have the same.
    fonts: RefCell<HashMap<*const Object, bool>>,
    /// Of the form's own font, from the blank on, in thousandths of its size.
    widths: Vec<f32>,
}

impl<'a> PlainPictures<'a> {
    pub(crate) fn of(file: &'a File<'a>, blank: &'a KnownBlank) -> Self {
        let widths = || -> Option<Vec<f32>> {
            let specimen = blank.specimen()?;
            let fonts = specimen.form_fonts()?;
            let (_, font) = fonts.iter().next()?;
            let font = as_dict(specimen.resolve(font))?;
            Some(specimen.elements(font, b"Widths").map_while(|it| it.as_float().ok()).collect())
        };
        Self { file, blank, fonts: RefCell::default(), widths: widths().unwrap_or_default() }
    }

    /// Whether a picture plainly shows this value, all of it, to everybody.
    pub(crate) fn show(&self, picture: &'a Object, operations: &[Operation], look: &FieldLook, value: &str) -> bool {
        let Some(dict) = as_dict(picture) else { return false };
        let Some(line) = Line::of(operations) else { return false };
        let size = [look.rect.right - look.rect.left, look.rect.top - look.rect.bottom];
        self.has_size(dict, size)
            && (0.0..=INSET).contains(&line.place[0])
            && (0.0..=size[1] + 1.0 - line.size * CAPITAL).contains(&line.place[1])
            && line.place[0] + self.width(&line) <= size[0]
            && line.clip.is_none_or(|it| is_most_of(it, size))
            && latin(&line.text).is_some_and(|it| it == value.trim())
            && self.blank.shows(line.color, look)
            && self.has_plain_font(dict, &line.font)
    }

    /// Whether the picture is as large as its box, and not turned.
    fn has_size(&self, dict: &Dictionary, size: [f32; 2]) -> bool {
        let numbers =
            |key| -> Vec<f32> { self.file.pdf.elements(dict, key).map_while(|it| it.as_float().ok()).collect() };
        let is_near = |found: f32, expected: f32| (found - expected).abs() <= ROOM;
        let bounds = numbers(b"BBox");
        let fits = matches!(bounds[..], [left, bottom, right, top]
            if is_near(left, 0.0) && is_near(bottom, 0.0) && is_near(right, size[0]) && is_near(top, size[1]));
        fits && matches!(numbers(b"Matrix")[..], [] | [1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    }

    /// The width of a line in the form's own font, which is wider than Helvetica: one that is cut at its end shows something else.
    fn width(&self, line: &Line) -> f32 {
        let of_code = |code: &u8| usize::from(*code).checked_sub(0x20).and_then(|it| self.widths.get(it)).copied();
        line.text.iter().map(|it| of_code(it).unwrap_or(1000.0)).sum::<f32>() * line.size / 1000.0
    }

    fn has_plain_font(&self, picture: &'a Dictionary, name: &[u8]) -> bool {
        let pdf = self.file.pdf;
        let fonts = pdf.dict(picture, b"Resources").and_then(|it| pdf.dict(it, b"Font"));
        let Some(font) = fonts.and_then(|it| pdf.entry(it, name)) else { return false };
        *self
            .fonts
            .borrow_mut()
            .entry(std::ptr::from_ref(font))
            .or_insert_with(|| as_dict(font).is_some_and(|it| self.is_helvetica(it)) || self.is_own(font, name))
    }

    /// The standard font by its name, in an encoding that has the letters of Latin-1 where Latin-1 has them.
    fn is_helvetica(&self, font: &Dictionary) -> bool {
        let pdf = self.file.pdf;
        pdf.name(font, b"Subtype") == Some(b"Type1")
            && pdf.name(font, b"BaseFont") == Some(b"Helvetica")
            && pdf.name(font, b"Encoding") == Some(b"WinAnsiEncoding")
            && ![&b"FontDescriptor"[..], b"ToUnicode", b"Widths"].iter().any(|it| font.has(it))
    }

    /// The font of the form's fields, down to its program.
    fn is_own(&self, font: &Object, name: &[u8]) -> bool {
        let own = || {
            let specimen = self.blank.specimen()?;
            let fonts = specimen.form_fonts()?;
            Some(are_same(self.file.pdf, font, specimen, specimen.entry(fonts, name)?, self.file.limits))
        };
        own().unwrap_or(false)
    }
}

/// One line of text, and how it is painted.
struct Line {
    text: Vec<u8>,
    font: Vec<u8>,
    /// Its size, in points.
    size: f32,
    /// Where it begins, in points from the bottom left of the picture.
    place: [f32; 2],
    color: [f32; 3],
    /// Left, bottom, width and height of what the rest is cut away from.
    clip: Option<[f32; 4]>,
}

impl Line {
    /// The line that these operators paint; `None` when they do anything else, or anything in another order. Colour, font and place
    /// are set between `BT` and the text, where nothing takes them back.
    fn of(operations: &[Operation]) -> Option<Self> {
        let begins = operations.iter().position(|it| it.operator == b"BT")?;
        let shows = operations.iter().position(|it| it.operator == b"Tj")?;
        let before = operations.get(..begins)?;
        let (set, after) = (operations.get(begins + 1..shows)?, operations.get(shows + 1..)?);
        let [Operand::Text(text)] = operations[shows].operands.as_slice() else { return None };
        let line = Self {
            text: text.clone(),
            font: Vec::new(),
            size: 0.0,
            place: [0.0; 2],
            color: [0.0; 3],
            clip: clip(before)?,
        };
        let ends = |it: &Operation| matches!(it.operator.as_slice(), b"ET" | b"Q" | b"EMC" | b"g" | b"rg");
        after.iter().all(ends).then_some(line)?.set(set)
    }

    fn set(mut self, operations: &[Operation]) -> Option<Self> {
        let (mut has_color, mut has_font, mut has_place) = (false, false, false);
        for Operation { operator, operands } in operations {
            let is_again = match (operator.as_slice(), operands.as_slice()) {
                (b"g", _) => {
                    let [gray] = numbers(operands)?;
                    self.color = [gray; 3];
                    std::mem::replace(&mut has_color, true)
                }
                (b"rg", _) => {
                    self.color = numbers(operands)?;
                    std::mem::replace(&mut has_color, true)
                }
                (b"Tf", [Operand::Name(name), Operand::Number(size)]) => {
                    (self.font, self.size) = (name.clone(), *size);
                    std::mem::replace(&mut has_font, true)
                }
                (b"Td", _) => {
                    self.place = numbers(operands)?;
                    std::mem::replace(&mut has_place, true)
                }
                (b"Tm", _) => {
                    let [1.0, 0.0, 0.0, 1.0, x, y] = numbers(operands)? else { return None };
                    self.place = [x, y];
                    std::mem::replace(&mut has_place, true)
                }
                _ => return None,
            };
            if is_again {
                return None;
            }
        }
        let is_color = self.color.iter().all(|it| (0.0..=1.0).contains(it));
        (is_color && has_font && has_place && SIZES.contains(&self.size)).then_some(self)
    }
}

/// What is left of the picture before its text; `None` when anything else happens there.
#[expect(clippy::option_option, reason = "a clip that is not there is not one that cannot be read")]
fn clip(operations: &[Operation]) -> Option<Option<[f32; 4]>> {
    let paints_nothing = |it: &&Operation| match (it.operator.as_slice(), it.operands.as_slice()) {
        (b"BMC" | b"BDC", [Operand::Name(tag), ..]) => tag == b"Tx",
        (b"q" | b"Q", []) | (b"w", [Operand::Number(_)]) => true,
        _ => false,
    };
    let rest: Vec<&Operation> = operations.iter().filter(|it| !paints_nothing(it)).collect();
    match rest.as_slice() {
        [] => Some(None),
        [rectangle, cut, end] if rectangle.operator == b"re" && cut.operator == b"W" && end.operator == b"n" => {
            numbers(&rectangle.operands).map(Some)
        }
        _ => None,
    }
}

fn numbers<const N: usize>(operands: &[Operand]) -> Option<[f32; N]> {
    let number = |it: &Operand| if let Operand::Number(number) = it { Some(*number) } else { None };
    operands.iter().map(number).collect::<Option<Vec<f32>>>()?.try_into().ok()
}

/// Whether hardly more than the edges of a box are cut away.
fn is_most_of([left, bottom, width, height]: [f32; 4], size: [f32; 2]) -> bool {
    let edge = 2.0 * ROOM;
    left <= edge && bottom <= edge && left + width >= size[0] - edge && bottom + height >= size[1] - edge
}

/// The text of codes that mean the same in Latin-1 and in WinAnsiEncoding (ISO 32000-1, annex D.2).
fn latin(codes: &[u8]) -> Option<String> {
    let letter = |code: &u8| matches!(code, 0x20..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF).then(|| char::from(*code));
    codes.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content_tokens::operations;

    fn check(content: &str, expected: Option<(&str, [f32; 2])>) {
        let line = Line::of(&operations(content.as_bytes()).unwrap());
        let found = line.as_ref().map(|it| (std::str::from_utf8(&it.text).unwrap(), it.place));
        assert_eq!(found, expected, "{content}");
    }

    #[test]
    fn what_most_programs_paint_is_plain() {
        let ada = Some(("Ada", [2.0, 5.5]));
        check("/Tx BMC q BT /Helv 9.5 Tf 0.1 0.2 0.2 rg 1 0 0 1 2 5.5 Tm (Ada) Tj ET Q EMC", ada);
        check("/Tx BMC\nq\n1 w\n1 1 98 17 re\nW\nn\nBT\n0 g\n2 5.5 Td\n/Helv 9 Tf\n<416461> Tj\nET\nQ\nEMC", ada);
    }

    #[test]
    fn everything_else_is_not() {
        let plain = "q BT /Helv 9 Tf 2 5.5 Td (Ada) Tj ET Q";
        check(plain, Some(("Ada", [2.0, 5.5])));
        for (from, to) in [
            ("9 Tf", "0 Tf"),
            ("9 Tf", "1 Tf"),
            ("2 5.5 Td", "2 5.5 Td 2 5.5 Td"),
            ("2 5.5 Td", "2 0 0 2 2 5.5 Tm"),
            ("(Ada) Tj", "(Ada) Tj (Eve) Tj"),
            ("(Ada) Tj", "3 Tr (Ada) Tj"),
            ("(Ada) Tj", "[(Ada)] TJ"),
            ("ET Q", "ET 1 g 0 0 99 19 re f Q"),
            ("q BT", "q 0 0 99 19 re n BT"),
            ("q BT", "/Hide gs BT"),
            ("q BT", "/OC /Layer BDC q BT"),
            ("q BT", "q 0.001 0 0 1 0 0 cm BT"),
            ("Q", "/Im Do Q"),
            ("q BT", "1 g q 0 g Q BT"),
            ("/Helv 9 Tf 2 5.5 Td (Ada) Tj", "2 5.5 Td (Ada) Tj /Helv 9 Tf"),
            ("q BT /Helv 9 Tf", "q /Helv 9 Tf Q BT"),
            ("q BT", "q BT 2 g"),
            ("q BT", "q BT 0 g 1 g"),
        ] {
            check(&plain.replace(from, to), None);
        }
    }

    #[test]
    fn codes_that_encodings_disagree_on_are_not_read() {
        assert_eq!(latin(b"Zo\xeb"), Some("Zoë".to_owned()));
        assert_eq!(latin(b"\x80"), None);
        assert_eq!(latin(b"a\xadb"), None);
        assert_eq!(latin(b"a\nb"), None);
    }
}
