//! The form's fields (ISO 32000-1, 12.7): names in a tree, each leaf field and widget in one object, and the font that values
//! are written in.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::template::{Color, FilledBy, ValueRule};
use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};
use sha2::{Digest, Sha256};

use crate::appearance::{MARK, number, real, rgb};
use crate::face::Face;
use crate::layout::PlacedBox;
use crate::text_string::text_string;

/// The field font's name in the form's resources: the one that programs write by habit, whether they look for it or not.
pub(crate) const FONT: &str = "Helv";
/// `/Ff` bit 1 (ISO 32000-1, table 221).
pub(crate) const READ_ONLY: u32 = 1;
/// `/F` bit 3: print (ISO 32000-1, table 165).
pub(crate) const PRINT: i64 = 4;
/// The state of a box that is ticked.
pub(crate) const ON: &str = "Yes";

/// `/Ff` of a field on a generic blank.
pub(crate) fn flags(placed: &PlacedBox) -> u32 {
    if placed.spec.filled_by == FilledBy::Program { READ_ONLY } else { 0 }
}

/// Where a field hangs: its own object, the node above it, its page, and its place in the structure.
pub(crate) struct Place {
    pub(crate) parent: Option<ObjectId>,
    pub(crate) page: ObjectId,
    pub(crate) structure: i64,
}

/// A field without a value, which is its own widget.
pub(crate) fn empty(placed: &PlacedBox, place: &Place, ink: Color) -> Dictionary {
    let rect = [placed.rect.left, placed.rect.bottom, placed.rect.right, placed.rect.top].map(real).to_vec();
    let last = placed.name.rsplit('.').next().expect("a name has a last part");
    let mut field = dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "T" => text_string(last),
        "TU" => text_string(&placed.spoken),
        "Rect" => rect,
        "F" => PRINT,
        "P" => place.page,
        "StructParent" => place.structure,
    };
    if let Some(parent) = place.parent {
        field.set("Parent", parent);
    }
    let flags = flags(placed);
    if flags != 0 {
        field.set("Ff", flags);
    }
    if placed.spec.rule == ValueRule::Check {
        field.set("FT", "Btn");
        field.set("V", "Off");
        field.set("AS", "Off");
    } else {
        field.set("FT", "Tx");
        field.set("DA", default_appearance(placed.size, ink));
        if let Some(length) = placed.spec.max_length {
            field.set("MaxLen", i64::from(length));
        }
    }
    field
}

/// The appearances of a box to tick.
pub(crate) fn set_tick(field: &mut Dictionary, [ticked, empty]: [ObjectId; 2]) {
    field.set("AP", dictionary! { "N" => dictionary! { ON => ticked, "Off" => empty } });
}

/// Ticks a box.
pub(crate) fn tick(field: &mut Dictionary) {
    field.set("V", ON);
    field.set("AS", ON);
}

/// Gives a field a value. Without `appearance` the viewer paints it.
pub(crate) fn set_value(field: &mut Dictionary, text: &str, appearance: Option<ObjectId>) {
    field.set("V", text_string(text));
    if let Some(appearance) = appearance {
        field.set("AP", dictionary! { "N" => appearance });
    }
}

/// Makes a value one that the customer cannot change.
pub(crate) fn lock(field: &mut Dictionary) {
    field.set("Ff", READ_ONLY);
}

/// Marks a box that has to be mended: viewers paint the frame around what is typed (ISO 32000-1, table 189), and a screen reader
/// says what to do.
pub(crate) fn mark(field: &mut Dictionary, spoken: &str, advice: &str) {
    let color = |it: Color| [it.red, it.green, it.blue].map(|it| real(f32::from(it) / 255.0)).to_vec();
    field.set("TU", text_string(&format!("{spoken}: {advice}")));
    field.set("MK", dictionary! { "BC" => color(MARK.line), "BG" => color(MARK.fill) });
    field.set("BS", dictionary! { "W" => real(MARK.width), "S" => "S" });
}

/// Font, size and colour of a value (ISO 32000-1, 12.7.3.3).
pub(crate) fn default_appearance(size: f32, ink: Color) -> Object {
    Object::string_literal(format!("/{FONT} {} Tf {} rg", number(size), rgb(ink)))
}

/// A text as the string operand of `Tj` in the field font; `None` when it holds what WinAnsiEncoding does not.
pub(crate) fn win_ansi_operand(text: &str) -> Option<String> {
    let codes: Vec<u8> = text.chars().map(win_ansi).collect::<Option<_>>()?;
    Some(format!("<{}>", countersign_core::vault::to_hex(&codes)))
}

/// Characters of codes 0x80 to 0x9F; codes without one have the bullet, as readers do (ISO 32000-1, annex D.2).
const WIN_ANSI_80: [char; 32] = [
    '€', '•', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '•', 'Ž', '•', '•', '‘', '’', '“', '”', '•', '–',
    '—', '˜', '™', 'š', '›', 'œ', '•', 'ž', 'Ÿ',
];
const BULLET: u8 = 0x95;

/// Letters of the national languages of Europe and of Turkish that WinAnsiEncoding lacks.
const BEYOND_WIN_ANSI: &str =
    "ĀāĂăĄąĆćĊċČčĎďĐđĒēĖėĘęĚěĞğĠġĢģĦħĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŌōŐőŔŕŘřŚśŞşŢţŤťŪūŮůŰűŲųŴŵŶŷŹźŻżȘșȚț";

fn win_ansi(letter: char) -> Option<u8> {
    match letter {
        ' '..='~' | '\u{a1}'..='\u{ff}' => u8::try_from(u32::from(letter)).ok(),
        '•' => Some(BULLET),
        _ => WIN_ANSI_80.iter().position(|it| *it == letter).and_then(|at| u8::try_from(at + 0x80).ok()),
    }
}

fn character(code: u8) -> char {
    match code {
        0x80..=0x9F => WIN_ANSI_80[usize::from(code - 0x80)],
        0x7F => '•',
        0xA0 => ' ',
        0xAD => '-',
        _ => char::from(code),
    }
}

/// The simple font that clients write values in: TrueType with WinAnsiEncoding, embedded, with its way back to Unicode.
/// Answers the font program, the descriptor around a reference to it, and the font around references to the others.
pub(crate) struct FieldFont {
    pub(crate) program: Stream,
    /// Where each of its characters is in the program.
    pub(crate) glyphs: BTreeMap<char, u16>,
    name: String,
    descriptor: crate::face::Descriptor,
    widths: Vec<Object>,
    missing_width: i64,
}

impl FieldFont {
    /// The font, with what WinAnsiEncoding has, what Europe's Latin letters are beyond it, and `more`.
    pub(crate) fn of(face: &Face<'_>, more: impl Iterator<Item = char>) -> Self {
        // More than the encoding has: pypdf makes a font of its own from this program for names such as Łukasz, and writes
        // nonsense where a letter is missing. And PDFium writes hyphens as soft ones, others blanks that do not break.
        let beyond = BEYOND_WIN_ANSI.chars().chain(['\u{a0}', '\u{ad}']);
        let letters = (0x20..=0xFF).map(character).chain(beyond);
        let found = letters.chain(more).filter_map(|letter| Some((face.glyph(letter)?, letter)));
        let found: Vec<(u16, char)> = found.collect();
        let numbers: BTreeSet<u16> = found.iter().map(|(glyph, _)| *glyph).filter(|it| *it != 0).collect();
        // The subset has `.notdef`, then the glyphs in the order of their numbers.
        let numbers: BTreeMap<u16, u16> = numbers.into_iter().zip(1..).collect();
        let glyphs = found.iter().filter_map(|(glyph, letter)| Some((*letter, *numbers.get(glyph)?))).collect();
        let program = with_windows_cmap(face.subset(found));
        let width = |glyph: u16| Object::Integer(face.advance(glyph).round() as i64);
        let widths = (0x20..=0xFF).map(|code| width(face.glyph(character(code)).unwrap_or_default())).collect();
        Self {
            program: font_program(program),
            glyphs,
            name: format!("CSFORM+{}", face.postscript_name()),
            descriptor: face.descriptor(),
            widths,
            missing_width: face.advance(0).round() as i64,
        }
    }

    /// The descriptor, whose font program is the object `program`.
    pub(crate) fn descriptor(&self, program: ObjectId) -> Dictionary {
        const NON_SYMBOLIC: i64 = 32;
        let mut descriptor = descriptor(&self.name, &self.descriptor, NON_SYMBOLIC, program);
        descriptor.set("MissingWidth", self.missing_width);
        descriptor
    }

    /// The font.
    pub(crate) fn font(&self, descriptor: ObjectId, to_unicode: ObjectId) -> Dictionary {
        dictionary! {
            "Type" => "Font",
            "Subtype" => "TrueType",
            "BaseFont" => self.name.as_str(),
            "FirstChar" => 0x20,
            "LastChar" => 0xFF,
            "Widths" => self.widths.clone(),
            "Encoding" => "WinAnsiEncoding",
            "FontDescriptor" => descriptor,
            "ToUnicode" => to_unicode,
        }
    }

    /// From codes to Unicode (ISO 32000-1, 9.10.3).
    pub(crate) fn to_unicode() -> Stream {
        to_unicode(1, (0x20..=0xFFu8).map(|code| (u16::from(code), character(code))))
    }
}

/// Around a font program (ISO 32000-1, 9.8).
pub(crate) fn descriptor(name: &str, of: &crate::face::Descriptor, flags: i64, program: ObjectId) -> Dictionary {
    dictionary! {
        "Type" => "FontDescriptor",
        "FontName" => name,
        "Flags" => flags,
        "FontBBox" => of.bounds.map(Object::Integer).to_vec(),
        "ItalicAngle" => real(of.italic_angle),
        "Ascent" => of.ascent,
        "Descent" => of.descent,
        "CapHeight" => of.cap_height,
        "StemV" => of.stem,
        "FontFile2" => program,
    }
}

/// A TrueType font program as a stream (ISO 32000-1, 9.9).
pub(crate) fn font_program(bytes: Vec<u8>) -> Stream {
    let length = i64::try_from(bytes.len()).expect("a font fits into memory");
    Stream::new(dictionary! { "Length1" => length }, bytes)
}

/// A CMap from codes to characters, ascending: as ranges where both go up together (ISO 32000-1, 9.10.3).
pub(crate) fn to_unicode(bytes: usize, codes: impl Iterator<Item = (u16, char)>) -> Stream {
    let mut ranges: Vec<(u16, u16, char)> = Vec::new();
    for (code, letter) in codes {
        match ranges.last_mut() {
            // Neither the last byte of a code nor that of a character may overflow within a range.
            Some((first, last, from))
                if code == *last + 1
                    && code & 0xFF != 0
                    && u32::from(letter) == u32::from(*from) + u32::from(code - *first)
                    && u32::from(letter) & 0xFF != 0
                    && u32::from(letter) < 0x1_0000 =>
            {
                *last = code;
            }
            _ => ranges.push((code, code, letter)),
        }
    }
    let digits = 2 * bytes;
    let units =
        |letter: char| -> String { letter.encode_utf16(&mut [0; 2]).iter().map(|it| format!("{it:04X}")).collect() };
    let row = |(first, last, letter): &(u16, u16, char)| {
        format!("<{first:0digits$X}> <{last:0digits$X}> <{}>\n", units(*letter))
    };
    let rows: Vec<String> = ranges.iter().map(row).collect();
    let blocks: String =
        rows.chunks(100).map(|it| format!("{} beginbfrange\n{}endbfrange\n", it.len(), it.concat())).collect();
    let space = format!("<{}> <{}>", "00".repeat(bytes), "FF".repeat(bytes));
    let cmap = format!(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) \
         /Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n{space}\n\
         endcodespacerange\n{blocks}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    );
    Stream::new(Dictionary::new(), cmap.into_bytes())
}

/// The subsetter writes a `cmap` for the Unicode platform; a simple font is looked up through the one for Windows
/// (ISO 32000-1, 9.6.6.4), whose format is the same.
fn with_windows_cmap(mut font: Vec<u8>) -> Vec<u8> {
    let long = |font: &[u8], at: usize| u32::from_be_bytes(font[at..at + 4].try_into().expect("four bytes"));
    let tables = usize::from(u16::from_be_bytes([font[4], font[5]]));
    let entry =
        (0..tables).map(|it| 12 + 16 * it).find(|at| &font[*at..at + 4] == b"cmap").expect("a subset has a cmap");
    let (start, length) = (long(&font, entry + 8) as usize, long(&font, entry + 12) as usize);
    // One subtable, at the first record: platform 0, encoding 3 becomes platform 3, encoding 1.
    font[start + 4..start + 8].copy_from_slice(&[0, 3, 0, 1]);
    let padded = font[start..start + length].chunks(4).map(|chunk| {
        let mut bytes = [0; 4];
        bytes[..chunk.len()].copy_from_slice(chunk);
        u32::from_be_bytes(bytes)
    });
    let checksum = padded.fold(0, u32::wrapping_add);
    font[entry + 4..entry + 8].copy_from_slice(&checksum.to_be_bytes());
    font
}

/// A font of one blank alone, for a value that WinAnsiEncoding cannot write: a composite font with Identity-H.
pub(crate) struct OwnFont {
    pub(crate) program: Stream,
    pub(crate) to_unicode: Stream,
    /// The value as the operand of `Tj`.
    pub(crate) operand: String,
    name: String,
    descriptor: crate::face::Descriptor,
    widths: Vec<Object>,
}

impl OwnFont {
    /// The font for `text`; `None` when the face lacks one of its characters.
    pub(crate) fn of(face: &Face<'_>, text: &str) -> Option<Self> {
        let glyphs: BTreeMap<u16, char> = text.chars().map(|it| Some((face.glyph(it)?, it))).collect::<Option<_>>()?;
        let number = |letter: char| {
            let glyph = face.glyph(letter).expect("looked up above");
            1 + glyphs.keys().position(|it| *it == glyph).expect("every glyph is in the map")
        };
        let codes: Vec<u8> =
            text.chars().flat_map(|it| u16::try_from(number(it)).expect("a value is short").to_be_bytes()).collect();
        let width = |glyph: &u16| Object::Integer(face.advance(*glyph).round() as i64);
        let widths = std::iter::once(&0).chain(glyphs.keys()).map(width).collect();
        Some(Self {
            program: font_program(face.subset(glyphs.iter().map(|(glyph, letter)| (*glyph, *letter)))),
            to_unicode: to_unicode(2, (1..).zip(glyphs.values().copied())),
            operand: format!("<{}>", countersign_core::vault::to_hex(&codes)),
            name: format!("{}+{}", subset_tag(text), face.postscript_name()),
            descriptor: face.descriptor(),
            widths,
        })
    }

    /// The descriptor, whose font program is the object `program`.
    pub(crate) fn descriptor(&self, program: ObjectId) -> Dictionary {
        const SYMBOLIC: i64 = 4;
        descriptor(&self.name, &self.descriptor, SYMBOLIC, program)
    }

    /// The font.
    pub(crate) fn font(&self, descriptor: ObjectId, to_unicode: ObjectId) -> Dictionary {
        let system = dictionary! {
            "Registry" => Object::string_literal("Adobe"), "Ordering" => Object::string_literal("Identity"), "Supplement" => 0,
        };
        let descendant = dictionary! {
            "Type" => "Font",
            "Subtype" => "CIDFontType2",
            "BaseFont" => self.name.as_str(),
            "CIDSystemInfo" => system,
            "CIDToGIDMap" => "Identity",
            "FontDescriptor" => descriptor,
            "W" => vec![0.into(), Object::Array(self.widths.clone())],
        };
        dictionary! {
            "Type" => "Font",
            "Subtype" => "Type0",
            "BaseFont" => self.name.as_str(),
            "Encoding" => "Identity-H",
            "DescendantFonts" => vec![Object::Dictionary(descendant)],
            "ToUnicode" => to_unicode,
        }
    }
}

/// Six capital letters, others for every text: a file may hold several subsets of one font (ISO 32000-1, 9.6.4).
fn subset_tag(text: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(text).into();
    digest[..6].iter().map(|it| char::from(b'A' + it % 26)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::Faces;
    use crate::face::tests::FILES;

    #[test]
    fn win_ansi_is_what_it_says() {
        assert_eq!(win_ansi_operand("Zoë’s €5").as_deref(), Some("<5a6feb9273208035>"));
        assert_eq!(win_ansi_operand("Łódź"), None);
        for code in 0x20..=0xFFu8 {
            let letter = character(code);
            let back = win_ansi(letter).unwrap();
            assert_eq!(character(back), letter, "{code:x}");
        }
    }

    #[test]
    fn the_field_font_finds_its_glyphs_as_windows_does() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        let font = FieldFont::of(&faces.regular, "Жук".chars());
        let face = ttf_parser::Face::parse(&font.program.content, 0).unwrap();
        let cmap = face.tables().cmap.unwrap();
        let subtable = cmap.subtables.into_iter().next().unwrap();
        for (letter, glyph) in &font.glyphs {
            assert_eq!(subtable.glyph_index(u32::from(*letter)).map(|it| it.0), Some(*glyph), "{letter}");
        }
        assert_eq!((subtable.platform_id, subtable.encoding_id), (ttf_parser::PlatformId::Windows, 1));
        for code in 0x20..=0xFFu8 {
            let glyph = subtable.glyph_index(u32::from(character(code))).unwrap();
            let advance = u32::from(face.glyph_hor_advance(glyph).unwrap()) * 1000 / u32::from(face.units_per_em());
            let written = font.widths[usize::from(code) - 0x20].as_i64().unwrap();
            assert!(written.abs_diff(i64::from(advance)) <= 1, "{code:x}");
        }
    }

    #[test]
    fn codes_that_go_up_together_are_one_range() {
        let cmap =
            String::from_utf8(to_unicode(2, [(1, 'a'), (2, 'b'), (3, 'x'), (5, 'y'), (6, '😀')].into_iter()).content);
        let cmap = cmap.unwrap();
        let rows: Vec<&str> = cmap.lines().filter(|it| it.matches('<').count() == 3).collect();
        let expected =
            ["<0001> <0002> <0061>", "<0003> <0003> <0078>", "<0005> <0005> <0079>", "<0006> <0006> <D83DDE00>"];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_name_outside_win_ansi_has_a_font_of_its_own() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        let font = OwnFont::of(&faces.regular, "Łódź").unwrap();
        assert_eq!(font.operand.len(), 2 + 4 * 4);
        assert_eq!(font.widths.len(), 5);
        assert!(OwnFont::of(&faces.regular, "電話").is_none());
    }
}
