//! Texts that a viewer has yet to paint: FreeText annotations without a picture of their own (ISO 32000-1, 12.5.6.6), as programs on
//! telephones leave them. Their text stands in `/Contents`, their place in `/Rect`.

use countersign_core::template::{BlankLook, ValueRule};
use hayro_interpret::kurbo::Point;
use lopdf::Dictionary;

use super::WrittenValues;
use super::boxes::{TICKED, box_at};
use super::witness::plain;
use crate::document::Pdf;
use crate::pages::annotations;
use crate::text_string;

/// The texts by box; of several in one box, none: which one counts, a person must say.
pub(super) fn unpainted_texts(pdf: &Pdf, pages: &[&Dictionary], look: &BlankLook) -> WrittenValues {
    let mut values = WrittenValues::new();
    let mut twice = Vec::new();
    let of_pages = pages.iter().take(look.pages.len()).flat_map(|it| annotations(pdf, it));
    for (name, text) in of_pages.filter_map(|it| unpainted_text(pdf, it, look)) {
        if values.insert(name.clone(), text.as_str().into()).is_some() {
            twice.push(name);
        }
    }
    values.retain(|name, _| !twice.contains(name));
    values
}

/// The texts that annotations hold, without blanks.
pub(super) fn texts_of_annotations(pdf: &Pdf, pages: &[&Dictionary]) -> Vec<String> {
    let all = pages.iter().flat_map(|it| annotations(pdf, it));
    let texts = all.filter(|it| pdf.name(it, b"Subtype") == Some(b"FreeText"));
    texts.filter_map(|it| contents(pdf, it)).map(|it| plain(&it)).collect()
}

fn contents(pdf: &Pdf, annotation: &Dictionary) -> Option<String> {
    let contents = pdf.entry(annotation, b"Contents")?.as_str().ok()?;
    Some(text_string::decode(contents).text)
}

fn unpainted_text(pdf: &Pdf, annotation: &Dictionary, look: &BlankLook) -> Option<(String, String)> {
    let is_unpainted = pdf.name(annotation, b"Subtype") == Some(b"FreeText")
        && pdf.dict(annotation, b"AP").is_none_or(|it| pdf.entry(it, b"N").is_none());
    if !is_unpainted {
        return None;
    }
    let numbers: Vec<f64> =
        pdf.elements(annotation, b"Rect").map_while(|it| it.as_float().ok()).map(f64::from).collect();
    let [a, b, c, d] = <[f64; 4]>::try_from(numbers).ok()?;
    let name = box_at(look, Point::new((a + c) / 2.0, (b + d) / 2.0))?;
    let text = contents(pdf, annotation)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_tick = look.fields.get(name).is_some_and(|it| it.rule == ValueRule::Check);
    let value = if is_tick { TICKED.to_owned() } else { words.join(" ") };
    (!words.is_empty()).then(|| (name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use countersign_core::template::{FieldLook, PageLook, Rect, TemplateId};

    use super::*;
    use crate::limits::Limits;
    use crate::pages::pages;
    use crate::testing::PdfBuilder;

    fn look() -> BlankLook {
        let rect = Rect { left: 40.0, bottom: 100.0, right: 90.0, top: 118.0 };
        let field = FieldLook { rule: ValueRule::Name, page: 0, rect, flags: 0, max_length: None, prefilled: false };
        BlankLook {
            own_pictures: Default::default(),
            template: TemplateId { name: "authorized-user".to_owned(), version: 1 },
            pages: vec![PageLook { width: 612.0, height: 792.0, content: vec![], signature: None }],
            fields: [("name".to_owned(), field)].into(),
            specimen: vec![],
        }
    }

    fn check(annotations: &[&str], expected: Option<&str>) {
        let numbers: String = (5..).take(annotations.len()).map(|it| format!("{it} 0 R ")).collect();
        let file = annotations.iter().zip(5..).fold(PdfBuilder::new().page(&numbers), |it, (text, number)| {
            it.object(number, &format!("<</Subtype/FreeText{text}>>"))
        });
        let pdf = Pdf::load(&file.bytes(), &Limits::default()).ok().unwrap();
        let pages = pages(&pdf, &Limits::default()).unwrap();
        let values = unpainted_texts(&pdf, &pages, &look());
        assert_eq!(values.get("name").map(|it| it.as_str()), expected, "{annotations:?}");
    }

    #[test]
    fn a_text_belongs_to_the_box_that_it_lies_on() {
        check(&["/Rect[42 102 88 116]/Contents(Mary  Ann\\r)"], Some("Mary Ann"));
        check(&["/Rect[242 102 288 116]/Contents(Mary)"], None);
        check(&["/Rect[42 102 88 116]/Contents(Mary)/AP<</N 9 0 R>>"], Some("Mary"));
        check(&["/Rect[42 102 88 116]/Contents()"], None);
        check(&["/Rect[42 102 88 116]/Contents(Mary)", "/Rect[42 102 88 116]/Contents(Ann)"], None);
    }
}
