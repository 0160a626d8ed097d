//! The blanks of our own that returned forms are recognised by, with what can be known of them beforehand.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use countersign_core::template::{BlankLook, FieldLook, TemplateId};
use hayro_interpret::kurbo::Point;
use lopdf::Dictionary;

use crate::document::Pdf;
use crate::fields::{Field, fields};
use crate::limits::Limits;
use crate::pages::pages;
use crate::shown::{Ground, Letterforms, Part, ShownPage, is_seen_on, letterforms, luminance, shown};

/// The blanks that a returned form may be; with none, any form is read all the same and compared with nothing.
#[derive(Default)]
pub struct KnownBlanks {
    blanks: Vec<KnownBlank>,
    /// Stands in where there is no blank to learn from.
    unknown: OnceLock<Letterforms>,
}

/// A blank, and what was found out about it when first needed.
pub(crate) struct KnownBlank {
    pub(crate) look: BlankLook,
    specimen: OnceLock<Option<Pdf>>,
    page: OnceLock<Vec<ShownPage>>,
    grounds: OnceLock<Vec<Vec<Ground>>>,
    ticks: OnceLock<BTreeMap<String, Dictionary>>,
    letterforms: OnceLock<Letterforms>,
}

impl KnownBlanks {
    /// Takes what untouched blanks look like, one for each version of each template.
    pub fn new(looks: impl IntoIterator<Item = BlankLook>) -> Self {
        Self { blanks: looks.into_iter().map(KnownBlank::new).collect(), unknown: OnceLock::new() }
    }

    /// What the blanks look like.
    pub fn looks(&self) -> impl Iterator<Item = &BlankLook> {
        self.blanks.iter().map(|it| &it.look)
    }

    /// What the blank of a template looks like.
    pub fn look(&self, template: &TemplateId) -> Option<&BlankLook> {
        self.looks().find(|it| it.template == *template)
    }

    /// What letters look like: all forms of a house are set in its fonts.
    pub(crate) fn letterforms(&self) -> &Letterforms {
        self.blanks.first().map_or_else(|| self.unknown.get_or_init(Letterforms::none), KnownBlank::letterforms)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &KnownBlank> {
        self.blanks.iter()
    }
}

impl KnownBlank {
    pub(crate) fn new(look: BlankLook) -> Self {
        let (specimen, page) = (OnceLock::new(), OnceLock::new());
        let (grounds, ticks) = (OnceLock::new(), OnceLock::new());
        Self { look, specimen, page, grounds, ticks, letterforms: OnceLock::new() }
    }

    /// The objects of the specimen; `None` when it is no PDF, which only a look that nobody made has.
    pub(crate) fn specimen(&self) -> Option<&Pdf> {
        self.specimen.get_or_init(|| Pdf::load(&self.look.specimen, &Limits::default()).ok()).as_ref()
    }

    /// What is printed on the pages of every blank, and where.
    pub(crate) fn printed(&self) -> &[ShownPage] {
        self.page.get_or_init(|| {
            let bytes = Arc::new(self.look.specimen.clone());
            shown(&bytes, self.look.pages.len(), Part::Content, &[], self.letterforms()).unwrap_or_default()
        })
    }

    /// The surfaces of each page that the boxes lie on.
    pub(crate) fn grounds(&self) -> &[Vec<Ground>] {
        self.grounds.get_or_init(|| self.printed().iter().map(|it| it.grounds.clone()).collect())
    }

    /// Whether a colour stands out from what lies under the middle of a box.
    pub(crate) fn shows(&self, color: [f32; 3], look: &FieldLook) -> bool {
        let rect = &look.rect;
        let middle = Point::new(f64::from(rect.left + rect.right) / 2.0, f64::from(rect.bottom + rect.top) / 2.0);
        let grounds = self.grounds().get(usize::from(look.page)).map_or(&[][..], Vec::as_slice);
        is_seen_on(luminance(color), grounds, middle)
    }

    /// The pictures of the states of a box to tick, as references into the specimen.
    pub(crate) fn tick(&self, field: &str) -> Option<&Dictionary> {
        let pictures = || -> Option<BTreeMap<String, Dictionary>> {
            let (specimen, limits) = (self.specimen()?, Limits::default());
            let fields = fields(specimen, &pages(specimen, &limits).ok()?, &limits).ok()?;
            let states = |them: &Vec<Field<'_>>| {
                let widget = them.first()?.widgets.first()?.dict;
                specimen.dict(specimen.dict(widget, b"AP")?, b"N").cloned()
            };
            Some(fields.iter().filter_map(|(name, them)| Some((name.clone(), states(them)?))).collect())
        };
        self.ticks.get_or_init(|| pictures().unwrap_or_default()).get(field)
    }

    /// What letters look like.
    pub(crate) fn letterforms(&self) -> &Letterforms {
        self.letterforms.get_or_init(|| letterforms(&self.look.specimen))
    }
}
