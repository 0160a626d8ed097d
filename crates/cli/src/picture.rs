//! Pictures of our own blanks, drawn by hayro: of what the press has just made, never of a file that came back.

use anyhow::{Context, anyhow};
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

/// Points of an inch.
const INCH: f32 = 72.0;

/// Each page as a PNG file, on white, at so many dots per inch.
pub(crate) fn pages(pdf: Vec<u8>, dpi: u16) -> anyhow::Result<Vec<Vec<u8>>> {
    let pdf = Pdf::new(pdf).map_err(|error| anyhow!("cannot read the form again: {error:?}"))?;
    let scale = f32::from(dpi) / INCH;
    let pixmap = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let (cache, settings) = (RenderCache::new(), InterpreterSettings::default());
    let picture = |page| {
        let drawn = render(page, &cache, &settings, &RenderSettings::default(), &pixmap);
        drawn.into_png().context("cannot write the picture of a page")
    };
    pdf.pages().iter().map(picture).collect()
}
