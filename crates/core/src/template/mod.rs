//! What a form asks, where each box stands, and which rule each value obeys. A template is data: another provider
//! makes its own form by editing TOML, and making and reading both follow from it alone.
//!
//! The TOML is read by [`FormTemplate::parse`](parse); where the boxes stand on paper is worked out in `countersign-forms`.

mod contrast;
mod correction;
mod difference;
mod example;
mod known_fields;
mod look;
mod parse;
mod source;
mod toml_table;
mod translation;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use contrast::{Ground, SHAPE_CONTRAST, TEXT_CONTRAST, WeakContrast};
pub use correction::{CorrectionTexts, Corrections, MOST_POINTS, point_name};
pub use difference::{Change, Difference, Drawn, Meaning, Part, Reach};
pub use look::{BlankLook, FieldLook, PageLook, Rect};
pub use parse::{TemplateMistake, TemplateMistakes};
pub use source::{NewValue, NoSuchKey, TemplateSource};

use crate::date_format::DateFormat;

/// A form's questions, their order on the page, their rules and their words, in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct FormTemplate {
    /// Which template this is, and which version of it.
    pub id: TemplateId,
    /// Whether forms of this version are still taken.
    pub standing: Standing,
    /// The template whose texts this one says in another language.
    pub translates: Option<TemplateId>,
    /// BCP 47 tag of the texts, `en-US`; becomes the document's `/Lang`.
    pub language: String,
    /// Who sends the form.
    pub provider: Provider,
    /// Paper, margins, type sizes: all in points (1/72 inch).
    pub page: PageStyle,
    /// Colours of the page.
    pub colors: Colors,
    /// Files of the fonts, relative to the template's folder.
    pub fonts: Fonts,
    /// How dates are written on this form, everywhere.
    pub date_format: DateFormat,
    /// Title, introduction, foot of the page.
    pub texts: Texts,
    /// Days a blank stays valid after it was issued, 1 to 3660.
    pub valid_days: u16,
    /// The sections, top to bottom.
    pub sections: Vec<Section>,
    /// How many of the sections stand on a page of their own, before the others: none, but on correction forms.
    pub front: usize,
    /// The words of correction forms, where somebody said them in this language.
    pub correction: Option<CorrectionTexts>,
}

/// A template's name and version, `authorized-user/1`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct TemplateId {
    /// Lower-case ASCII letters, digits and hyphens, 1 to 40 characters.
    pub name: String,
    /// From 1 up; a version never changes once a blank of it was sent.
    pub version: u16,
}

impl std::fmt::Display for TemplateId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}

/// Whether forms of a template version are still taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Blanks are made, returned forms are taken.
    Current,
    /// No new blanks; returned forms are taken up to and including this day.
    GraceUntil(Date),
    /// Returned forms are rejected with `FORM_VERSION_RETIRED`.
    Retired,
}

/// Who sends the form, and where it goes back to.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// The provider's name as customers know it.
    pub name: String,
    /// Where the filled form is mailed.
    pub support_email: String,
    /// Where a customer calls with questions.
    pub support_phone: String,
    /// One line beside the name, or empty.
    pub tagline: String,
    /// File of the logo, SVG or PNG, relative to the template's folder.
    pub logo: Option<String>,
}

/// Paper and type, in points (1/72 inch).
#[derive(Clone, Debug, PartialEq)]
pub struct PageStyle {
    /// Width of the paper; Letter is 612.
    pub width: f32,
    /// Height of the paper; Letter is 792.
    pub height: f32,
    /// Empty border on all four sides, 18 to 108.
    pub margin: f32,
    /// Height of a box that takes a value, 14 to 36.
    pub box_height: f32,
    /// Size of the text typed into boxes, 7 to 14.
    pub value_size: f32,
}

/// Colours of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Colors {
    /// Running text and values.
    pub ink: Color,
    /// Hints and small print.
    pub muted: Color,
    /// Headings and the band at the top.
    pub accent: Color,
    /// Inside of a box that takes a value.
    pub box_fill: Color,
    /// Border of a box.
    pub box_line: Color,
}

/// An RGB colour, written `#1a2b3c`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Color {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}

/// TrueType fonts, by file name relative to the template's folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fonts {
    /// Running text, and what is typed into boxes.
    pub regular: String,
    /// Headings and labels.
    pub bold: String,
    /// Asked in this order for characters that the other two lack.
    pub fallbacks: Vec<String>,
}

/// The words outside the sections.
#[derive(Clone, Debug, PartialEq)]
pub struct Texts {
    /// The form's title; also the document's.
    pub title: String,
    /// What this form does, and what to do with it: one short paragraph.
    pub intro: String,
    /// Small print at the foot of the page, or empty.
    pub footer: String,
    /// What stands at the foot of forms of several pages: `Page {page} of {pages}`.
    pub page: String,
}

/// One block of the form under one heading.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its name within the template, by which a translation finds it.
    pub name: String,
    /// The heading, or empty.
    pub title: String,
    /// A sentence under the heading, or empty.
    pub text: String,
    /// How the fields are arranged.
    pub arrangement: Arrangement,
    /// The fields, in tab order. In a table these are one row's, their names without the `prefix.N.`.
    pub fields: Vec<FieldSpec>,
}

/// How a section's fields are arranged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Arrangement {
    /// Labelled boxes on a grid of twelve columns, wrapped when a line is full.
    Grid,
    /// The same row several times under one line of labels; field names become `prefix.1.name`, `prefix.2.name`, ….
    Table {
        /// First part of the field names: `add`, `remove`.
        prefix: String,
        /// How many rows, 1 to 40.
        rows: u8,
    },
    /// Lines of a check box and the sentence beside it (the field's label).
    Statement,
    /// A text on a ground of its own, without fields: what happens next.
    Note,
    /// A list of sentences that the program writes. On correction forms alone.
    Points,
    /// Boxes above a line for ink: typed name, date, and a free area where a signature or a stamp may stand.
    Signature,
}

/// One question.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSpec {
    /// Full name (`signer.first_name`), or in a table the last part (`first_name`).
    pub name: String,
    /// What stands over or beside the box.
    pub label: String,
    /// Example or explanation in small type, or empty.
    pub hint: String,
    /// What the value must be.
    pub rule: ValueRule,
    /// Whether a form without it is rejected (in a table: whether a started row without it is).
    pub required: bool,
    /// Who writes it.
    pub filled_by: FilledBy,
    /// Width in twelfths of the line, 1 to 12.
    pub span: u8,
    /// Longest value in characters (the box's `/MaxLen`), where there is a limit; 1 to 1000.
    pub max_length: Option<u16>,
}

/// Who writes a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FilledBy {
    /// The customer, always.
    Customer,
    /// The program on a bound blank (then read-only), the customer on a generic one.
    Prefill,
    /// The program, always; read-only.
    Program,
}

/// What a value must be. Texts arrive normalised: outer blanks gone, runs of blanks one blank.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueRule {
    /// Anything printable.
    Text,
    /// Part of a person's name.
    Name,
    /// An email address: ASCII, one `@`.
    Email,
    /// A phone number.
    Phone,
    /// An account number of this provider.
    AccountNumber,
    /// The account's Security PIN: 4 to 8 digits.
    AccountPin,
    /// A new person's PIN: 4 digits.
    NewPin,
    /// A date in the template's format.
    Date,
    /// A box that is ticked or not.
    Check,
}

/// Where a field of a form stands among the sections, with its full name.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedField<'a> {
    /// Full name, `add.2.pin`.
    pub name: String,
    /// The question.
    pub spec: &'a FieldSpec,
    /// Its section, counted from 0.
    pub section: usize,
    /// In a table the row, counted from 1.
    pub row: Option<u8>,
}

impl FormTemplate {
    /// All fields with their full names, in tab order.
    pub fn fields(&self) -> Vec<PlacedField<'_>> {
        let of_section = |(section, it): (usize, &'_ Section)| -> Vec<(String, usize, usize, Option<u8>)> {
            match &it.arrangement {
                Arrangement::Table { prefix, rows } => (1..=*rows)
                    .flat_map(|row| (0..it.fields.len()).map(move |at| (row, at)))
                    .map(|(row, at)| (format!("{prefix}.{row}.{}", it.fields[at].name), section, at, Some(row)))
                    .collect(),
                _ => (0..it.fields.len()).map(|at| (it.fields[at].name.clone(), section, at, None)).collect(),
            }
        };
        self.sections
            .iter()
            .enumerate()
            .flat_map(of_section)
            .map(|(name, section, at, row)| PlacedField {
                name,
                spec: &self.sections[section].fields[at],
                section,
                row,
            })
            .collect()
    }

    /// The fields by full name.
    pub fn fields_by_name(&self) -> BTreeMap<String, PlacedField<'_>> {
        self.fields().into_iter().map(|it| (it.name.clone(), it)).collect()
    }

    /// How many rows a table has; 0 when the form has no such table.
    pub fn rows_of(&self, table: &str) -> u8 {
        self.sections
            .iter()
            .find_map(|it| match &it.arrangement {
                Arrangement::Table { prefix, rows } if prefix == table => Some(*rows),
                _ => None,
            })
            .unwrap_or(0)
    }
}

impl ValueRule {
    /// Whether the value is a secret: never shown, logged or reported.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::AccountPin | Self::NewPin)
    }
}
