//! Fonts as the form needs them: how wide a text is, where its lines break, which characters there are.

use printpdf::ParsedFont;

/// The bytes of a template's fonts.
#[derive(Clone, Copy)]
pub struct FontFiles<'a> {
    /// Running text, and what is typed into boxes.
    pub regular: &'a [u8],
    /// Headings and labels.
    pub bold: &'a [u8],
}

/// A font that a form cannot be made with.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadFont {
    /// The bytes are no TrueType font.
    #[error("the {0} font is no TrueType font")]
    NotTrueType(&'static str),
    /// The font's licence, as the font states it, forbids what a form needs.
    #[error("the {0} font may not be embedded in a form, or only whole: its own flags say so (OS/2 fsType)")]
    NotEmbeddable(&'static str),
    /// The texts of the template need a character that the font does not have.
    #[error("the {face} font has no `{letter}` (U+{:04X}), which stands in {text:?}", u32::from(*.letter))]
    Lacks {
        /// Which font.
        face: &'static str,
        /// The character.
        letter: char,
        /// The text.
        text: String,
    },
}

/// Which of the two fonts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// The two fonts of a form.
pub(crate) struct Faces<'a> {
    pub(crate) regular: Face<'a>,
    pub(crate) bold: Face<'a>,
}

impl<'a> Faces<'a> {
    pub(crate) fn parse(files: &FontFiles<'a>) -> Result<Self, BadFont> {
        Ok(Self { regular: Face::parse("regular", files.regular)?, bold: Face::parse("bold", files.bold)? })
    }

    pub(crate) fn of(&self, weight: Weight) -> &Face<'a> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

/// A font with its measures.
pub(crate) struct Face<'a> {
    name: &'static str,
    bytes: &'a [u8],
    face: ttf_parser::Face<'a>,
}

/// Measures of a font as PDF writes them: thousandths of the type size (ISO 32000-1, 9.8.1).
pub(crate) struct Descriptor {
    pub(crate) bounds: [i64; 4],
    pub(crate) ascent: i64,
    pub(crate) descent: i64,
    pub(crate) cap_height: i64,
    pub(crate) stem: i64,
    pub(crate) italic_angle: f32,
}

impl<'a> Face<'a> {
    fn parse(name: &'static str, bytes: &'a [u8]) -> Result<Self, BadFont> {
        let face = ttf_parser::Face::parse(bytes, 0).map_err(|_| BadFont::NotTrueType(name))?;
        if face.tables().glyf.is_none() {
            return Err(BadFont::NotTrueType(name));
        }
        use ttf_parser::Permissions::{Editable, Installable};
        // Text is typed into a form, so a licence to view and print is not enough (OpenType, OS/2 fsType).
        let may_be_embedded = matches!(face.permissions(), Some(Editable | Installable));
        if !may_be_embedded || !face.is_subsetting_allowed() {
            return Err(BadFont::NotEmbeddable(name));
        }
        Ok(Self { name, bytes, face })
    }

    /// The font's file.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The name by which PDF knows the font.
    pub(crate) fn postscript_name(&self) -> String {
        // A font states it once for each platform; not every platform's text can be read.
        let names = self.face.names().into_iter().filter(|it| it.name_id == ttf_parser::name_id::POST_SCRIPT_NAME);
        let name = names.filter_map(|it| it.to_string()).next().unwrap_or_default();
        let plain: String = name.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
        if plain.is_empty() { "Unnamed".to_owned() } else { plain }
    }

    /// The glyph of a character.
    pub(crate) fn glyph(&self, letter: char) -> Option<u16> {
        self.face.glyph_index(letter).map(|it| it.0)
    }

    /// Whether the font has every character of a text.
    pub(crate) fn covers(&self, text: &str) -> bool {
        text.chars().all(|it| self.glyph(it).is_some())
    }

    /// An error when the font lacks a character of a text.
    pub(crate) fn check(&self, text: &str) -> Result<(), BadFont> {
        let lacking = text.chars().find(|it| self.glyph(*it).is_none());
        lacking.map_or(Ok(()), |letter| Err(BadFont::Lacks { face: self.name, letter, text: text.to_owned() }))
    }

    /// Width of a glyph in thousandths of the type size.
    pub(crate) fn advance(&self, glyph: u16) -> f32 {
        let units = self.face.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or_default();
        f32::from(units) * 1000.0 / f32::from(self.face.units_per_em())
    }

    /// Width of a text in points at a type size.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|it| self.advance(self.glyph(it).unwrap_or_default())).sum::<f32>() * size / 1000.0
    }

    /// The lines of a text that is to fit into a width; a word that is wider stands on a line of its own.
    pub(crate) fn wrap(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), size) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }

    /// Height of a capital letter in points at a type size.
    pub(crate) fn cap_height(&self, size: f32) -> f32 {
        let units = self.face.capital_height().map_or(f32::from(self.face.ascender()) * 0.7, f32::from);
        units * size / f32::from(self.face.units_per_em())
    }

    /// The measures that a font descriptor holds.
    pub(crate) fn descriptor(&self) -> Descriptor {
        let scale = |units: i16| (f32::from(units) * 1000.0 / f32::from(self.face.units_per_em())).round() as i64;
        let bounds = self.face.global_bounding_box();
        Descriptor {
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(scale),
            ascent: scale(self.face.ascender()),
            descent: scale(self.face.descender()),
            cap_height: self.cap_height(1000.0).round() as i64,
            stem: 80,
            italic_angle: self.face.italic_angle(),
        }
    }

    /// The font's file with nothing but these glyphs in it, numbered 0 (`.notdef`), 1, 2, … in ascending order of
    /// their numbers in the whole font.
    pub(crate) fn subset(&self, glyphs: impl IntoIterator<Item = (u16, char)>) -> Vec<u8> {
        let parsed = ParsedFont::from_bytes(self.bytes, 0, &mut Vec::new()).expect("ttf-parser has read this font");
        let glyphs = glyphs.into_iter().map(|(glyph, letter)| (glyph, letter.to_string())).collect();
        printpdf::subset_font(&parsed, &glyphs).expect("the glyphs are those of this font").bytes
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const FILES: FontFiles<'static> = FontFiles {
        regular: include_bytes!("../../../templates/fonts/OpenSans-Regular.ttf"),
        bold: include_bytes!("../../../templates/fonts/OpenSans-Bold.ttf"),
    };

    #[test]
    fn lines_break_where_they_are_full() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        let lines = faces.regular.wrap("one two  three extraordinarilylongword four", 10.0, 40.0);
        assert_eq!(lines, ["one two", "three", "extraordinarilylongword", "four"]);
        assert_eq!(faces.regular.wrap(" ", 10.0, 40.0), Vec::<String>::new());
    }

    #[test]
    fn a_font_tells_what_it_lacks() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        assert!(faces.bold.covers("Łódź, Жук, Ωμέγα"));
        let error = faces.bold.check("電話").unwrap_err();
        assert!(error.to_string().contains("U+96FB"), "{error}");
    }

    #[test]
    fn a_font_has_its_own_name() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        assert_eq!(
            (faces.regular.postscript_name(), faces.bold.postscript_name()),
            ("OpenSans".into(), "OpenSans-Bold".into())
        );
    }

    #[test]
    fn what_is_no_font_is_refused() {
        let files = FontFiles { regular: b"no font", ..FILES };
        assert_eq!(Faces::parse(&files).err(), Some(BadFont::NotTrueType("regular")));
    }
}
