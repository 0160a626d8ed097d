//! A proof sheet: one page with every letter of the fonts whose outlines are believed, to learn what letters look like.

use std::sync::Arc;

use hayro_interpret::font::{Glyph, GlyphId, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::kurbo::{Affine, BezPath, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::Letterforms;

/// The standard fonts with letters (ISO 32000-1, 9.6.2.2).
const STANDARD: [&str; 12] = [
    "Helvetica",
    "Helvetica-Bold",
    "Helvetica-Oblique",
    "Helvetica-BoldOblique",
    "Times-Roman",
    "Times-Bold",
    "Times-Italic",
    "Times-BoldItalic",
    "Courier",
    "Courier-Bold",
    "Courier-Oblique",
    "Courier-BoldOblique",
];

/// What letters look like in the fonts of a blank of ours and in the standard ones.
pub(crate) fn letterforms(specimen: &[u8]) -> Letterforms {
    let mut learner = Learner { letterforms: Letterforms::none() };
    let Some(sheet) = Document::load_mem(specimen).ok().and_then(proof_sheet) else { return learner.letterforms };
    let Ok(pdf) = Pdf::new(Arc::new(sheet)) else { return learner.letterforms };
    let cache = InterpreterCache::new();
    for page in pdf.pages().iter() {
        let everywhere = Rect::new(-1e6, -1e6, 1e6, 1e6);
        let settings = InterpreterSettings::default();
        let mut context = Context::new(Affine::IDENTITY, everywhere, &cache, pdf.xref(), settings);
        interpret_page(page, &mut context, &mut learner);
    }
    learner.letterforms
}

/// The specimen with its page replaced by the letters of its fonts.
fn proof_sheet(mut document: Document) -> Option<Vec<u8>> {
    let form = document.catalog().ok()?.get_deref(b"AcroForm", &document).ok()?.as_dict().ok()?;
    let resources = form.get_deref(b"DR", &document).and_then(Object::as_dict).ok();
    let own = resources.and_then(|it| it.get_deref(b"Font", &document).ok()?.as_dict().ok()).cloned();
    let mut fonts = own.unwrap_or_default();
    for name in STANDARD {
        let encoding = "WinAnsiEncoding";
        let font = dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => name, "Encoding" => encoding,
        };
        fonts.set(format!("Standard-{name}"), font);
    }
    let content = Stream::new(Dictionary::new(), lines(&fonts).into_bytes());
    let content = document.add_object(content);
    let page = *document.get_pages().get(&1)?;
    let page = document.get_object_mut(page).ok()?.as_dict_mut().ok()?;
    page.remove(b"Annots");
    page.set("Contents", content);
    page.set("Resources", dictionary! { "Font" => fonts });
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).ok()?;
    Some(bytes)
}

fn lines(fonts: &Dictionary) -> String {
    let codes: String = (0x21..=0xFF_u8).map(|it| format!("{it:02x}")).collect();
    let line = |name: &[u8]| format!("BT /{} 10 Tf 9 9 Td <{codes}> Tj ET\n", String::from_utf8_lossy(name));
    fonts.iter().map(|(name, _)| line(name)).collect()
}

/// Takes every glyph for the letter that its font names.
struct Learner {
    letterforms: Letterforms,
}

impl<'a> Device<'a> for Learner {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            let (Glyph::Outline(outline), Some(BfString::Char(letter))) = (&**glyph, glyph.as_unicode()) else {
                continue;
            };
            // Codes without a letter have the font's mark for what is missing.
            if outline.glyph_id() != GlyphId::NOTDEF && !letter.is_control() {
                self.letterforms.learn(letter, &outline.outline());
            }
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
