//! A form for its author to look at: drawn as every blank is, with words in the place of the QR code and a number that no ledger
//! knows, so that nobody takes it for one to send.

use std::str::FromStr;

use countersign_core::instance::InstanceId;
use countersign_core::template::{FilledBy, FormTemplate, ValueRule};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::appearance::{Setting, Sizing, seen};
use crate::assembly::OwnBoxes;
use crate::face::{Face, Faces, TemplateFiles};
use crate::fields;
use crate::instance::Letters;
use crate::layout::PlacedBox;
use crate::press::{Prefill, Press, PressError};

/// What a preview says of itself, in the place of the QR code.
const MARK: [&str; 3] = ["PREVIEW", "NOT A FORM", "TO SEND"];
/// The number of every preview; it reads PREV-1EW0-… and proves nothing under any key.
const NUMBER: &str = "PREV1EW0PREV1EW0PREV1EW0PREV1EW0";

/// What stands in the boxes of a preview.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Filling {
    /// Nothing but what the program writes on a generic blank.
    Empty,
    /// In every box the longest answer that it takes, and every tick.
    Longest,
}

/// A form to look at.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The file.
    pub pdf: Vec<u8>,
    /// The boxes whose longest answer cannot be seen at once, in tab order; none where they are empty.
    pub tight: Vec<TightBox>,
}

/// A box that takes more than it shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TightBox {
    /// Full name of the field.
    pub field: String,
    /// Characters of the longest answer.
    pub length: usize,
    /// How many of them can be seen at once.
    pub seen: usize,
    /// Whether the program writes the value: then nobody can scroll it, and it is cut on paper too.
    pub is_printed: bool,
}

impl Preview {
    /// Draws a preview of a template's blank as if it were issued at this moment, with this last day.
    ///
    /// # Errors
    /// When the template cannot be drawn, as [`Press::new`].
    pub fn draw(
        template: &FormTemplate,
        files: &TemplateFiles<'_>,
        (issued, expires): (Timestamp, Date),
        filling: Filling,
    ) -> Result<Self, PressError> {
        let mut press = Press::with(template, files, OwnBoxes::All)?;
        press.metadata.title = format!("Preview, not a form to send: {}", press.metadata.title);
        let faces = Faces::parse(files)?;
        press.instead_of_code = Some(Letters::of(&faces.bold).words(&MARK));
        let instance = InstanceId::from_str(NUMBER).expect("32 characters of base32");
        let prefill = Prefill { instance, expires, issued, account: None };
        let mut tight = Vec::new();
        let blank = press.write(&prefill, |_, placed, empty, file| {
            let mut field = empty.clone();
            let of_program = press.value(&placed.name, &prefill);
            let example = || placed.spec.longest_example(template.date_format);
            let value = of_program.or_else(|| (filling == Filling::Longest).then(example));
            let Some(value) = value else { return Ok(field) };
            if placed.spec.rule == ValueRule::Check {
                fields::tick(&mut field);
            } else {
                let sizing = sizing(placed);
                let setting = Setting { sizing, ..Setting::PLAIN };
                let appearance = press.appearance(placed, &value, setting, file);
                fields::set_value(&mut field, &value, appearance);
                tight.extend(TightBox::of(placed, &faces.regular, &value, sizing));
            }
            fields::lock(&mut field);
            Ok(field)
        })?;
        Ok(Self { pdf: blank.pdf, tight })
    }
}

impl TightBox {
    /// `None` where all of the value is seen.
    fn of(placed: &PlacedBox, face: &Face<'_>, value: &str, sizing: Sizing) -> Option<Self> {
        let (length, seen) = (value.chars().count(), seen(placed, face, value, sizing));
        let is_printed = sizing == Sizing::Shrinking;
        (seen < length).then(|| Self { field: placed.name.clone(), length, seen, is_printed })
    }
}

fn sizing(placed: &PlacedBox) -> Sizing {
    if placed.spec.filled_by == FilledBy::Customer { Sizing::Fixed } else { Sizing::Shrinking }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use lopdf::{Document, Object};

    use super::*;
    use crate::face::tests::FILES;

    const SHIPPED: &str = include_str!("../../../templates/authorized-user.toml");

    fn preview(text: &str, filling: Filling) -> Preview {
        let template = FormTemplate::parse(text).unwrap();
        let template = FormTemplate {
            provider: countersign_core::template::Provider { logo: None, ..template.provider.clone() },
            ..template
        };
        Preview::draw(&template, &FILES, (Timestamp::UNIX_EPOCH, date(2026, 6, 2)), filling).ok().unwrap()
    }

    /// The objects that are fields with a value, and how many of them show it.
    fn values(pdf: &[u8]) -> (usize, usize) {
        let document = Document::load_mem(pdf).unwrap();
        let fields = document.objects.values().filter_map(|it| it.as_dict().ok());
        let with_value = |it: &&lopdf::Dictionary| match it.get(b"V") {
            Ok(Object::Name(state)) => state != b"Off",
            Ok(_) => true,
            Err(_) => false,
        };
        let with_value: Vec<&lopdf::Dictionary> = fields.filter(with_value).collect();
        (with_value.len(), with_value.iter().filter(|it| it.has(b"AP")).count())
    }

    #[test]
    fn an_empty_one_has_what_the_program_writes_alone() {
        let preview = preview(SHIPPED, Filling::Empty);
        assert_eq!(values(&preview.pdf), (3, 3));
        assert_eq!(preview.tight, []);
    }

    #[test]
    fn a_filled_one_shows_a_value_in_every_box() {
        let preview = preview(SHIPPED, Filling::Longest);
        assert_eq!(values(&preview.pdf), (47, 47));
        let tight = |name: &str| preview.tight.iter().find(|it| it.field == name);
        assert!(tight("signature.date").is_none() && tight("add.1.pin").is_none() && tight("form.instance").is_none());
        let email = tight("signer.email").unwrap();
        assert!(email.length == 254 && (10..100).contains(&email.seen) && !email.is_printed, "{email:?}");
        assert!(tight("account.billing_email").unwrap().is_printed);
    }

    #[test]
    fn it_says_what_it_is_and_is_the_same_each_time() {
        let one = preview(SHIPPED, Filling::Longest);
        assert_eq!(one.pdf, preview(SHIPPED, Filling::Longest).pdf);
        let document = Document::load_mem(&one.pdf).unwrap();
        let information = document.trailer.get(b"Info").and_then(Object::as_reference).unwrap();
        let title = document.get_dictionary(information).unwrap().get(b"Title").and_then(Object::as_str).unwrap();
        assert!(title.starts_with(b"Preview, not a form to send: "));
    }

    #[test]
    fn its_mark_stands_within_its_frame() {
        let faces = Faces::parse(&FILES).ok().unwrap();
        let content = String::from_utf8(Letters::of(&faces.bold).words(&MARK).content).unwrap();
        let lines: Vec<Vec<f32>> = content
            .lines()
            .filter_map(|it| it.strip_prefix("q ")?.strip_suffix(" cm"))
            .map(|it| it.split(' ').map(|it| it.parse().unwrap()).collect())
            .collect();
        assert_eq!(lines.len(), MARK.len());
        let baselines: Vec<f32> = lines.iter().map(|it| it[5]).collect();
        assert!(lines.iter().all(|it| it[4] >= 9.9 && it[5] >= 9.9), "{lines:?}");
        assert!(baselines.windows(2).all(|it| it[0] > it[1]), "{baselines:?}");
    }
}
