//! Fonts as the form needs them: how wide a text is, where its lines break, which characters there are.

use printpdf::ParsedFont;

/// The bytes of the files that a template names.
#[derive(Clone, Default)]
pub struct TemplateFiles<'a> {
    /// The font of running text, and of what is typed into boxes.
    pub regular: &'a [u8],
    /// The font of headings and labels.
    pub bold: &'a [u8],
    /// Fonts that are asked, in this order, for characters that the two lack.
    pub fallbacks: Vec<&'a [u8]>,
    /// The logo: SVG or PNG.
    pub logo: Option<&'a [u8]>,
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
    /// The texts of the template are in a script whose letters change with their neighbours, or run from right to left.
    #[error("`{letter}` (U+{:04X}) in {text:?}: scripts that join, stack or reorder their letters cannot be set yet", u32::from(*.letter))]
    NeedsShaping {
        /// The character.
        letter: char,
        /// The text.
        text: String,
    },
    /// The texts of the template need a character that no font has.
    #[error("no font of the template has `{letter}` (U+{:04X}), which stands in {text:?}", u32::from(*.letter))]
    Lacks {
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

/// The fonts of a form.
pub(crate) struct Faces<'a> {
    pub(crate) regular: Face<'a>,
    pub(crate) bold: Face<'a>,
    pub(crate) fallbacks: Vec<Face<'a>>,
}

/// Which font a piece of text is set in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FaceKey {
    Of(Weight),
    Fallback(usize),
}

impl<'a> Faces<'a> {
    pub(crate) fn parse(files: &TemplateFiles<'a>) -> Result<Self, BadFont> {
        Ok(Self {
            regular: Face::parse("regular", files.regular)?,
            bold: Face::parse("bold", files.bold)?,
            fallbacks: files.fallbacks.iter().map(|it| Face::parse("fallback", it)).collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn of(&self, weight: Weight) -> &Face<'a> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    pub(crate) fn at(&self, key: FaceKey) -> &Face<'a> {
        match key {
            FaceKey::Of(weight) => self.of(weight),
            FaceKey::Fallback(at) => &self.fallbacks[at],
        }
    }

    /// All fonts with their keys.
    pub(crate) fn all(&self) -> impl Iterator<Item = (FaceKey, &Face<'a>)> {
        let two = [Weight::Regular, Weight::Bold].map(|it| (FaceKey::Of(it), self.of(it)));
        two.into_iter().chain(self.fallbacks.iter().enumerate().map(|(at, it)| (FaceKey::Fallback(at), it)))
    }

    /// The font of a character; `None` when no font has it.
    fn key(&self, weight: Weight, letter: char) -> Option<FaceKey> {
        if self.of(weight).glyph(letter).is_some() {
            return Some(FaceKey::Of(weight));
        }
        self.fallbacks.iter().position(|it| it.glyph(letter).is_some()).map(FaceKey::Fallback)
    }

    /// The pieces of a text that are each set in one font.
    pub(crate) fn runs(&self, weight: Weight, text: &str) -> Vec<(FaceKey, String)> {
        let mut runs: Vec<(FaceKey, String)> = Vec::new();
        for letter in text.chars() {
            let key = self.key(weight, letter).unwrap_or(FaceKey::Of(weight));
            match runs.last_mut() {
                Some((last, run)) if *last == key => run.push(letter),
                _ => runs.push((key, letter.to_string())),
            }
        }
        runs
    }

    /// An error when a text cannot be shown.
    pub(crate) fn check(&self, weight: Weight, text: &str) -> Result<(), BadFont> {
        if let Some(letter) = text.chars().find(|it| needs_shaping(*it)) {
            return Err(BadFont::NeedsShaping { letter, text: text.to_owned() });
        }
        let lacking = text.chars().find(|it| self.key(weight, *it).is_none());
        lacking.map_or(Ok(()), |letter| Err(BadFont::Lacks { letter, text: text.to_owned() }))
    }

    /// Width of a text in points at a type size.
    pub(crate) fn width(&self, weight: Weight, text: &str, size: f32) -> f32 {
        let width = |letter: char| {
            let face = self.key(weight, letter).map_or(self.of(weight), |it| self.at(it));
            face.advance(face.glyph(letter).unwrap_or_default())
        };
        text.chars().map(width).sum::<f32>() * size / 1000.0
    }

    /// The lines of a text that is to fit into a width; a word that is wider stands on a line of its own.
    pub(crate) fn wrap(&self, weight: Weight, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (piece, gap) in pieces(text) {
            match lines.last_mut() {
                Some(line) if self.width(weight, &format!("{line}{gap}{piece}"), size) <= width => {
                    line.push_str(gap);
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
        lines
    }
}

/// The pieces between which a line may break, each with what stands before it: words, and the characters of scripts that are
/// written without blanks, with the punctuation that must not begin or end a line.
fn pieces(text: &str) -> Vec<(String, &'static str)> {
    let mut pieces: Vec<(String, &'static str)> = Vec::new();
    for word in text.split_whitespace() {
        let mut gap = " ";
        let mut before: Option<char> = None;
        for letter in word.chars() {
            let breaks = before.is_some_and(|it| {
                (is_ideographic(it) || is_ideographic(letter)) && !ends_nothing(it) && !begins_nothing(letter)
            });
            match pieces.last_mut() {
                Some((piece, _)) if before.is_some() && !breaks => piece.push(letter),
                _ => {
                    pieces.push((letter.to_string(), if before.is_none() { gap } else { "" }));
                    gap = "";
                }
            }
            before = Some(letter);
        }
    }
    pieces
}

/// Han, kana and their punctuation: a line may break between any two of them.
fn is_ideographic(letter: char) -> bool {
    matches!(u32::from(letter), 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF | 0x20000..=0x3FFFF)
}

fn ends_nothing(letter: char) -> bool {
    matches!(letter, '（' | '「' | '『' | '【' | '〈' | '《' | '(' | '“')
}

fn begins_nothing(letter: char) -> bool {
    matches!(
        letter,
        '）' | '」'
            | '』'
            | '】'
            | '〉'
            | '》'
            | ')'
            | '”'
            | '、'
            | '。'
            | '，'
            | '．'
            | '：'
            | '；'
            | '！'
            | '？'
            | 'ー'
            | '・'
            | '々'
            | 'ゃ'
            | 'ゅ'
            | 'ょ'
            | 'っ'
            | 'ャ'
            | 'ュ'
            | 'ョ'
            | 'ッ'
            | ','
            | '.'
            | ':'
            | ';'
            | '!'
            | '?'
    )
}

/// Marks that combine, and letters of scripts that join, stack or run from right to left: Hebrew to Tibetan, Myanmar, Khmer, Mongolian.
fn needs_shaping(letter: char) -> bool {
    matches!(u32::from(letter), 0x300..=0x36F | 0x590..=0x109F | 0x1780..=0x18AF | 0xA800..=0xAAFF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFE)
}

/// A font with its measures.
pub(crate) struct Face<'a> {
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
    pub(crate) fn parse(name: &'static str, bytes: &'a [u8]) -> Result<Self, BadFont> {
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
        Ok(Self { bytes, face })
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

    /// The outline of a character in thousandths of the type size, its curves as three straight lines each, as operators that fill it.
    pub(crate) fn straight_outline(&self, letter: char) -> String {
        let mut pen = StraightPen { scale: 1000.0 / f32::from(self.face.units_per_em()), ..StraightPen::default() };
        if let Some(glyph) = self.glyph(letter) {
            // A glyph without an outline paints nothing, as a blank does.
            let _bounds = self.face.outline_glyph(ttf_parser::GlyphId(glyph), &mut pen);
        }
        pen.operators.push_str("f\n");
        pen.operators
    }

    /// Whether the font has every character of a text.
    pub(crate) fn covers(&self, text: &str) -> bool {
        text.chars().all(|it| self.glyph(it).is_some())
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

/// Writes an outline as operators.
#[derive(Default)]
struct StraightPen {
    scale: f32,
    last: (f32, f32),
    operators: String,
}

impl StraightPen {
    fn to(&mut self, x: f32, y: f32, operator: char) {
        let units = |it: f32| (it * self.scale).round() as i32;
        self.operators.push_str(&format!("{} {} {operator}\n", units(x), units(y)));
        self.last = (x, y);
    }
}

impl ttf_parser::OutlineBuilder for StraightPen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.to(x, y, 'm');
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.to(x, y, 'l');
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (x0, y0) = self.last;
        for step in [1.0 / 3.0, 2.0 / 3.0, 1.0] {
            let (a, b, c) = ((1.0 - step) * (1.0 - step), 2.0 * step * (1.0 - step), step * step);
            self.to(a * x0 + b * x1 + c * x, a * y0 + b * y1 + c * y, 'l');
        }
    }

    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, x: f32, y: f32) {
        // Only fonts with CFF outlines have cubic curves, and those are refused.
        self.to(x, y, 'l');
    }

    fn close(&mut self) {
        self.operators.push_str("h\n");
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const FILES: TemplateFiles<'static> = TemplateFiles {
        fallbacks: Vec::new(),
        logo: None,
        regular: include_bytes!("../../../templates/fonts/OpenSans-Regular.ttf"),
        bold: include_bytes!("../../../templates/fonts/OpenSans-Bold.ttf"),
    };

    #[test]
    fn lines_break_where_they_are_full() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        let lines = faces.wrap(Weight::Regular, "one two  three extraordinarilylongword four", 10.0, 40.0);
        assert_eq!(lines, ["one two", "three", "extraordinarilylongword", "four"]);
        assert_eq!(faces.wrap(Weight::Regular, " ", 10.0, 40.0), Vec::<String>::new());
    }

    #[test]
    fn a_font_tells_what_it_lacks() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        assert!(faces.bold.covers("Łódź, Жук, Ωμέγα"));
        let error = faces.check(Weight::Bold, "電話").unwrap_err();
        assert!(error.to_string().contains("U+96FB"), "{error}");
    }

    #[test]
    fn scripts_without_blanks_break_between_their_characters() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        let broken: Vec<String> =
            pieces("お名前、（姓）と email です。").into_iter().map(|it| it.1.to_owned() + &it.0).collect();
        assert_eq!(broken, [" お", "名", "前、", "（姓）", "と", " email", " で", "す。"]);
        assert!(matches!(faces.check(Weight::Bold, "שלום"), Err(BadFont::NeedsShaping { .. })));
    }

    #[test]
    fn a_fallback_is_asked_for_what_the_others_lack() {
        let files = TemplateFiles { bold: FILES.bold, regular: FILES.regular, fallbacks: vec![FILES.bold], logo: None };
        let faces = Faces::parse(&files).ok().unwrap();
        assert_eq!(faces.runs(Weight::Regular, "ab"), [(FaceKey::Of(Weight::Regular), "ab".to_owned())]);
        assert_eq!(faces.all().count(), 3);
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
        let files = TemplateFiles { regular: b"no font", ..FILES };
        assert_eq!(Faces::parse(&files).err(), Some(BadFont::NotTrueType("regular")));
    }
}
