//! From a template to blanks: all that every blank shares is written once, each blank adds what is its own and a
//! cross-reference table over both.

use std::str::FromStr;

use countersign_core::account::AccountHeader;
use countersign_core::date_format::DateFormat;
use countersign_core::instance::InstanceId;
use countersign_core::template::{BlankLook, Color, FormTemplate};
use jiff::Timestamp;
use jiff::civil::Date;
use lopdf::ObjectId;

use crate::appearance::{self, Painted};
use crate::assembly::{OwnObjects, assemble};
use crate::document::{File, Shared};
use crate::drawing::draw;
use crate::drawn::Drawn;
use crate::face::{BadFont, Faces, FontFiles};
use crate::fields::{self, FONT, OwnFont, win_ansi_operand};
use crate::instance::qr;
use crate::layout::{LayoutError, PlacedBox, place};
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
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PressError {
    /// The template's fonts do not do.
    #[error(transparent)]
    Font(#[from] BadFont),
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
    /// The regular font, for names that the field font cannot write.
    regular: Vec<u8>,
    metadata: Metadata,
    shared: Shared,
    own: OwnObjects,
}

impl Press {
    /// Draws a template's page and writes all that its blanks share.
    pub fn new(template: &FormTemplate, files: &FontFiles<'_>) -> Result<Self, PressError> {
        let faces = Faces::parse(files)?;
        let layout = place(template, &faces)?;
        let drawn = Drawn::of(&draw(template, &layout, &faces), &layout.qr);
        let look = look(template, &layout, &drawn.content);
        let metadata = Metadata {
            title: template.texts.title.clone(),
            author: template.provider.name.clone(),
            language: template.language.clone(),
        };
        let (shared, own) = assemble(template, &layout, &faces, drawn);
        let mut press = Self {
            look,
            name: template.id.to_string(),
            date_format: template.date_format,
            ink: template.colors.ink,
            regular: files.regular.to_vec(),
            metadata,
            shared,
            own,
        };
        press.look.specimen = press.specimen()?;
        Ok(press)
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
        let mut file = File::after(&self.shared);
        file.write(self.own.qr, qr(&prefill.instance));
        file.write(self.own.information, self.metadata.information(prefill.issued));
        file.write(self.own.metadata, self.metadata.xmp(prefill.issued));
        for (id, placed, empty) in &self.own.boxes {
            let mut field = empty.clone();
            if let Some(value) = self.value(&placed.name, prefill) {
                check_length(placed, &value)?;
                let appearance = self.appearance(placed, &value, &mut file);
                fields::set_value(&mut field, &value, appearance);
            }
            file.write(*id, field);
        }
        Ok(BlankForm { pdf: file.finish(self.own.information, &prefill.instance) })
    }

    /// What the program writes into a box of this blank; `None` leaves it to the customer.
    fn value(&self, field: &str, prefill: &Prefill) -> Option<String> {
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
    fn appearance(&self, placed: &PlacedBox, value: &str, file: &mut File) -> Option<ObjectId> {
        let files = FontFiles { regular: &self.regular, bold: &self.regular };
        let face = Faces::parse(&files).expect("read when the press was made").regular;
        let (font, operand) = match win_ansi_operand(value).filter(|_| face.covers(value)) {
            Some(operand) => (self.own.font, operand),
            None => {
                let own = OwnFont::of(&face, value)?;
                let operand = own.operand.clone();
                (file.add_font(own), operand)
            }
        };
        let painted = Painted { text: value, operand: &operand, font: (FONT, font), ink: self.ink };
        let stream = appearance::text(placed, &face, &painted);
        // A few dozen bytes: deflating them costs more time than it saves room.
        Some(file.add(stream))
    }
}

fn check_length(placed: &PlacedBox, value: &str) -> Result<(), PressError> {
    let length = value.chars().count();
    match placed.spec.max_length {
        Some(limit) if length > usize::from(limit) => {
            Err(PressError::TooLong { field: placed.name.clone(), length, limit })
        }
        _ => Ok(()),
    }
}
