//! From a template to blanks: all that every blank shares is written once, each blank adds what is its own and a
//! cross-reference table over both.

use std::str::FromStr;

use countersign_core::account::AccountHeader;
use countersign_core::date_format::DateFormat;
use countersign_core::instance::InstanceId;
use countersign_core::template::{BlankLook, Color, FormTemplate};
use jiff::Timestamp;
use jiff::civil::Date;
use lopdf::{Dictionary, ObjectId, Stream};

use crate::appearance::{self, Painted, Setting};
use crate::assembly::{OwnBoxes, OwnObjects, assemble};
use crate::document::{File, Shared, quickly_compressed};
use crate::drawing::draw;
use crate::drawn::Drawn;
use crate::face::{BadFont, Face, Faces, TemplateFiles};
use crate::fields::{self, FONT, OwnFont, win_ansi_operand};
use crate::instance::{Letters, qr};
use crate::layout::{LayoutError, PlacedBox, place};
use crate::logo::{BadLogo, Logo};
use crate::metadata::Metadata;
use crate::outline::look;

/// A numbered PDF, ready to send.
pub struct BlankForm {
    /// The file.
    pub pdf: Vec<u8>,
}

/// What one blank says that others do not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Prefill {
    /// Its number.
    pub instance: InstanceId,
    /// The last day on which it is taken.
    pub expires: Date,
    /// When it is issued: the date of the file.
    pub issued: Timestamp,
    /// The account that it is bound to; `None` for a generic blank, which anybody may use.
    pub account: Option<AccountHeader>,
}

/// Why a blank cannot be made.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum PressError {
    /// The template's fonts do not do.
    #[error(transparent)]
    Font(#[from] BadFont),
    /// The template's logo does not do.
    #[error(transparent)]
    Logo(#[from] BadLogo),
    /// The template does not fit its page.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A value of the account is longer than its box takes.
    #[error("the value of `{field}` has {length} characters, the template allows {limit}")]
    TooLong {
        /// The field.
        field: String,
        /// Characters of the value.
        length: usize,
        /// Characters that the box takes.
        limit: u16,
    },
}

/// Makes the blanks of one template.
pub struct Press {
    look: BlankLook,
    name: String,
    date_format: DateFormat,
    ink: Color,
    pub(crate) tick_ink: Color,
    /// The regular font and the fallbacks, for names that the field font cannot write.
    value_fonts: Vec<Vec<u8>>,
    /// The outlines of instance ids, and the ratio of their place, where pages need them.
    letters: Option<(Letters, f32)>,
    pub(crate) metadata: Metadata,
    /// What stands in the place of the QR code, on what is no form to send.
    pub(crate) instead_of_code: Option<Stream>,
    pub(crate) shared: Shared,
    pub(crate) own: OwnObjects,
}

impl Press {
    /// Draws a template's page and writes all that its blanks share.
    pub fn new(template: &FormTemplate, files: &TemplateFiles<'_>) -> Result<Self, PressError> {
        let mut press = Self::with(template, files, OwnBoxes::Program)?;
        press.look.specimen = press.specimen()?;
        Ok(press)
    }

    /// A press without a specimen.
    pub(crate) fn with(template: &FormTemplate, files: &TemplateFiles<'_>, own: OwnBoxes) -> Result<Self, PressError> {
        let faces = Faces::parse(files)?;
        let logo = files.logo.map(Logo::parse).transpose()?;
        let layout = place(template, &faces, logo.as_ref())?;
        let drawn = Drawn::of(&draw(template, &layout, &faces));
        let look = look(template, &layout, &drawn.pages);
        let metadata = Metadata {
            title: template.texts.title.clone(),
            author: template.provider.name.clone(),
            language: template.language.clone(),
        };
        let place_of_number = layout.pages.iter().find_map(|it| it.number);
        let letters =
            place_of_number.map(|it| (Letters::of(&faces.regular), (it.right - it.left) / (it.top - it.bottom)));
        let own = if template.is_correction() { OwnBoxes::All } else { own };
        let (shared, own) = assemble(template, &layout, &faces, (drawn, logo), own);
        Ok(Self {
            look,
            name: template.id.to_string(),
            date_format: template.date_format,
            ink: template.colors.ink,
            tick_ink: template.colors.accent,
            value_fonts: std::iter::once(&files.regular).chain(&files.fallbacks).map(|it| it.to_vec()).collect(),
            letters,
            metadata,
            instead_of_code: None,
            shared,
            own,
        })
    }

    /// A generic blank that nobody gets. Its number makes a QR code of the size of all others: digits alone would make a smaller one.
    fn specimen(&self) -> Result<Vec<u8>, PressError> {
        let nobody = InstanceId::from_str(&"Z".repeat(32)).expect("a letter of base32");
        let prefill =
            Prefill { instance: nobody, expires: Date::default(), issued: Timestamp::UNIX_EPOCH, account: None };
        Ok(self.render(&prefill)?.pdf)
    }

    /// What an untouched blank looks like.
    pub fn look(&self) -> &BlankLook {
        &self.look
    }

    /// Makes one blank.
    pub fn render(&self, prefill: &Prefill) -> Result<BlankForm, PressError> {
        self.write(prefill, |_, placed, empty, file| {
            let mut field = empty.clone();
            if let Some(value) = self.value(&placed.name, prefill) {
                self.fill(&mut field, placed, &value, file)?;
                fields::lock(&mut field);
            }
            Ok(field)
        })
    }

    /// A file with everything that all blanks share, and boxes as `field` makes them.
    pub(crate) fn write(
        &self,
        prefill: &Prefill,
        mut field: impl FnMut(&OwnObjects, &PlacedBox, &Dictionary, &mut File) -> Result<Dictionary, PressError>,
    ) -> Result<BlankForm, PressError> {
        let mut file = File::after(&self.shared);
        let code = self.instead_of_code.clone().unwrap_or_else(|| qr(&prefill.instance));
        file.write(self.own.qr, quickly_compressed(code));
        if let (Some(id), Some(number)) = (self.own.number, self.number(prefill)) {
            file.write(id, number);
        }
        file.write(self.own.information, self.metadata.information(prefill.issued));
        file.write(self.own.metadata, self.metadata.xmp(prefill.issued));
        for (id, placed, empty) in &self.own.boxes {
            let field = field(&self.own, placed, empty, &mut file)?;
            file.write(*id, field);
        }
        Ok(BlankForm { pdf: file.finish(self.own.information, &prefill.instance) })
    }

    /// Writes a value into a field, with its picture.
    pub(crate) fn fill(
        &self,
        field: &mut Dictionary,
        placed: &PlacedBox,
        value: &str,
        file: &mut File,
    ) -> Result<(), PressError> {
        check_length(placed, value)?;
        let appearance = self.appearance(placed, value, Setting::PLAIN, file);
        fields::set_value(field, value, appearance);
        Ok(())
    }

    /// The instance id in letters, where the form has pages that need it.
    pub(crate) fn number(&self, prefill: &Prefill) -> Option<Stream> {
        let (letters, ratio) = self.letters.as_ref()?;
        Some(quickly_compressed(letters.picture(&prefill.instance, *ratio)))
    }

    /// What the program writes into a box of this blank; `None` leaves it to the customer.
    pub(crate) fn value(&self, field: &str, prefill: &Prefill) -> Option<String> {
        let account = prefill.account.as_ref();
        match field {
            "form.template" => Some(self.name.clone()),
            "form.instance" => Some(prefill.instance.to_string()),
            "form.expires" => Some(self.date_format.show(prefill.expires)),
            "account.number" => account.map(|it| it.number.to_string()),
            "account.name" => account.map(|it| it.name.clone()),
            "account.billing_email" => account.map(|it| it.billing_email.to_string()),
            _ => None,
        }
    }

    /// The picture of a value; `None` when the font has not all of its characters: then every viewer paints it itself.
    pub(crate) fn appearance(
        &self,
        placed: &PlacedBox,
        value: &str,
        setting: Setting,
        file: &mut File,
    ) -> Option<ObjectId> {
        let read = self.value_fonts.iter().map(|it| Face::parse("regular", it).expect("read when the press was made"));
        let (at, face) = read.enumerate().find(|(_, it)| it.covers(value))?;
        let (font, operand) = match win_ansi_operand(value).filter(|_| at == 0) {
            Some(operand) => (self.own.font, operand),
            None => {
                let own = OwnFont::of(&face, value)?;
                let operand = own.operand.clone();
                (file.add_font(own), operand)
            }
        };
        let painted = Painted { text: value, setting, operand: &operand, font: (FONT, font), ink: self.ink };
        let stream = appearance::text(placed, &face, &painted);
        // A few dozen bytes: deflating them costs more time than it saves room.
        Some(file.add(stream))
    }
}

pub(crate) fn size_of(placed: &PlacedBox) -> [f32; 2] {
    [placed.rect.right - placed.rect.left, placed.rect.top - placed.rect.bottom]
}

pub(crate) fn check_length(placed: &PlacedBox, value: &str) -> Result<(), PressError> {
    let length = value.chars().count();
    match placed.spec.max_length {
        Some(limit) if length > usize::from(limit) => {
            Err(PressError::TooLong { field: placed.name.clone(), length, limit })
        }
        _ => Ok(()),
    }
}
