//! Whether a returned form is still the form that was issued: its fields, their flags and places, and the printed page.
//! Compares with what a blank of the template looks like, never with what the file says about itself.

use std::collections::HashSet;

use countersign_core::reason::ReasonCode;
use countersign_core::template::{FieldLook, PageLook, Rect, ValueRule};
use lopdf::{Dictionary, Object};

use crate::blanks::KnownBlank;
use crate::document::{Pdf, as_dict};
use crate::fields::{Field, Fields, Kind, Widget};
use crate::limits::Limits;
use crate::page_content::{has_added_text, is_as_issued, streams};
use crate::page_tree::tree_oddities;
use crate::pages::{annotations, inherited_entry, nodes_above};
use crate::reading::Finding;
use crate::resources::are_as_issued;
use crate::text_string;

/// Points by which a box may have moved: programs round.
const TOLERANCE: f32 = 1.0;

/// `/Ff` bit 1 (ISO 32000-1, table 221).
const READ_ONLY: i64 = 1;

/// `/F` bits 1, 2 and 6: invisible, hidden, no view (ISO 32000-1, table 165).
const UNSEEN: i64 = 1 | 1 << 1 | 1 << 5;

/// Compares a form with the blank it says it is.
pub(crate) fn conformance(
    pdf: &Pdf,
    pages: &[&Dictionary],
    fields: &Fields<'_>,
    blank: &KnownBlank,
    limits: &Limits,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let look = &blank.look;
    for (name, look) in &look.fields {
        let odd = match fields.get(name).map(Vec::as_slice) {
            None => Some(altered(name, "the field is missing")),
            Some([field]) => Comparison { pdf, name, field, look }.oddity(),
            Some(_) => Some(altered(name, "there are several fields of this name")),
        };
        findings.extend(odd);
    }
    let extra = fields.keys().filter(|it| !look.fields.contains_key(*it));
    findings.extend(extra.map(|it| altered(it, "the form has no such field")));
    findings.extend(page_oddities(pdf, pages, blank, limits));
    findings.extend(nameless_box(pdf, pages, fields, blank));
    findings.extend(tree_oddities(pdf, pages, limits));
    findings
}

/// A box on a page that is none of the form's: it paints what it likes.
fn nameless_box(pdf: &Pdf, pages: &[&Dictionary], fields: &Fields<'_>, blank: &KnownBlank) -> Option<Finding> {
    let known = fields.iter().filter(|(name, _)| blank.look.fields.contains_key(*name)).flat_map(|(_, them)| them);
    let known: HashSet<*const Dictionary> =
        known.flat_map(|it| &it.widgets).map(|it| std::ptr::from_ref(it.dict)).collect();
    let all = pages.iter().flat_map(|it| annotations(pdf, it));
    let boxes = all.filter(|it| matches!(pdf.name(it, b"Subtype"), Some(b"Widget") | None));
    let is_strange = |it: &Dictionary| !known.contains(&std::ptr::from_ref(it));
    let told = || {
        Finding::of_file(ReasonCode::FormFieldsAltered, "there is a box on a page that belongs to no field of the form")
    };
    boxes.into_iter().any(is_strange).then(told)
}

fn altered(field: &str, detail: impl Into<String>) -> Finding {
    Finding::of_field(ReasonCode::FormFieldsAltered, field, detail)
}

/// One field beside its look.
struct Comparison<'a, 'b> {
    pdf: &'a Pdf,
    name: &'b str,
    field: &'b Field<'a>,
    look: &'b FieldLook,
}

impl Comparison<'_, '_> {
    fn oddity(&self) -> Option<Finding> {
        let [widget] = self.field.widgets.as_slice() else {
            return Some(altered(self.name, "the field stands in several places"));
        };
        let detail = self.kind().or_else(|| self.flags()).or_else(|| self.max_length()).or_else(|| self.place(widget));
        let detail = detail.or_else(|| self.action()).or_else(|| self.turned());
        detail
            .map(|it| altered(self.name, it))
            .or_else(|| self.unseen(widget))
            .or_else(|| self.no_text())
            .or_else(|| self.gap())
    }

    /// White space that pushes what stands behind it out of the box: one person sees Robert, who is added is Robert Mallory.
    fn gap(&self) -> Option<Finding> {
        let value = self.field.inherited_or_of_widget(self.pdf, b"V")?.as_str().ok()?;
        let text = text_string::decode(value).text;
        let runs = text.trim().split(|it: char| !it.is_whitespace());
        let has_gap = runs.into_iter().any(|it| it.chars().count() > 3 || it.contains(['\n', '\r']));
        let told = || Finding::of_field(ReasonCode::LowConfidence, self.name, "the text of the box has a gap in it");
        has_gap.then(told)
    }

    /// Readers make different things of a text that is none: a name, an array.
    fn no_text(&self) -> Option<Finding> {
        let value = self.field.inherited_or_of_widget(self.pdf, b"V")?;
        let is_text = matches!(value, Object::String(..) | Object::Stream(_)) || self.look.rule == ValueRule::Check;
        let told =
            || Finding::of_field(ReasonCode::LowConfidence, self.name, "the field's value is not stored as a text");
        (!is_text).then(told)
    }

    fn kind(&self) -> Option<String> {
        let expected = if self.look.rule == ValueRule::Check { Kind::Button } else { Kind::Text };
        (self.field.kind(self.pdf) != expected).then(|| "the field is of another kind".to_owned())
    }

    fn flags(&self) -> Option<String> {
        let (found, issued) = (self.field.flags(self.pdf), i64::from(self.look.flags));
        let as_issued = found == issued || self.look.prefilled && found == issued | READ_ONLY;
        (!as_issued).then(|| format!("the field's flags are {found} instead of {issued}"))
    }

    /// What makes a viewer paint the value in another way than the issued box: along another edge, turned, in fonts of its own.
    fn turned(&self) -> Option<String> {
        let aligned = self.field.every(self.pdf, b"Q").any(|it| it.as_i64().ok() != Some(0));
        let turns = |it: &Object| as_dict(it).is_some_and(|it| self.pdf.integer(it, b"R").unwrap_or(0) % 360 != 0);
        let is_turned = self.field.every(self.pdf, b"MK").any(turns);
        let has_fonts = self.field.every(self.pdf, b"DR").next().is_some();
        (aligned || is_turned || has_fonts).then(|| "the text of the box is set in another way".to_owned())
    }

    /// What a box does when somebody touches it (ISO 32000-1, 12.6.3): ours do nothing.
    fn action(&self) -> Option<String> {
        let mut actions = [b"A".as_slice(), b"AA"].into_iter().flat_map(|it| self.field.every(self.pdf, it));
        actions.next().map(|_| "the field starts an action".to_owned())
    }

    fn max_length(&self) -> Option<String> {
        let entry = self.field.inherited_or_of_widget(self.pdf, b"MaxLen");
        let found = entry.and_then(|it| it.as_i64().ok());
        (found != self.look.max_length.map(i64::from)).then(|| "the field takes another length of text".to_owned())
    }

    fn place(&self, widget: &Widget<'_>) -> Option<String> {
        let rect = rectangle(self.pdf, widget.dict, b"Rect")?;
        let stays = is_near(rect, &self.look.rect) && widget.page == Some(usize::from(self.look.page));
        (!stays && widget.page.is_some()).then(|| "the field stands in another place".to_owned())
    }

    fn unseen(&self, widget: &Widget<'_>) -> Option<Finding> {
        let detail = match widget.page {
            None => "the field is on no page",
            Some(_) if self.pdf.integer(widget.dict, b"F").unwrap_or(0) & UNSEEN != 0 => {
                "the field is marked as hidden"
            }
            Some(_) if self.pdf.entry(widget.dict, b"OC").is_some() => "the field is on a layer",
            Some(_) if rectangle(self.pdf, widget.dict, b"Rect").is_none() => "the field has no place on the page",
            Some(_) => return None,
        };
        Some(Finding::of_field(ReasonCode::FieldHidden, self.name, detail))
    }
}

fn page_oddities(pdf: &Pdf, pages: &[&Dictionary], blank: &KnownBlank, limits: &Limits) -> Vec<Finding> {
    let look = &blank.look;
    let mut details = Vec::new();
    if pages.len() != look.pages.len() {
        details.push(format!("the form has {} pages instead of {}", pages.len(), look.pages.len()));
    }
    if pdf.catalog().is_some_and(|it| it.has(b"OCProperties")) {
        details.push("the file has layers".to_owned());
    }
    if starts_something(pdf, pages) {
        details.push("the file starts an action when it is opened or left".to_owned());
    }
    let mut findings = Vec::new();
    for (page, look) in pages.iter().zip(&look.pages) {
        details.extend(paper(pdf, page, look, limits));
        findings.extend(content(pdf, page, look, limits));
        findings.extend(added_annotation(pdf, page, look));
    }
    details.extend(resources(pdf, pages, blank, limits));
    let altered = details.iter().map(|it| altered_text(it));
    altered.chain(findings).collect()
}

/// Whether the file or a page acts by itself; to open at a place is no more than a bookmark.
pub(crate) fn starts_something(pdf: &Pdf, pages: &[&Dictionary]) -> bool {
    let Some(catalog) = pdf.catalog() else { return false };
    let opens =
        pdf.dict(catalog, b"OpenAction").is_some_and(|it| pdf.name(it, b"S") != Some(b"GoTo") || it.has(b"Next"));
    opens || std::iter::once(&catalog).chain(pages).any(|it| pdf.entry(it, b"AA").is_some())
}

fn paper(pdf: &Pdf, page: &Dictionary, look: &PageLook, limits: &Limits) -> Option<String> {
    let whole = Rect { left: 0.0, bottom: 0.0, right: look.width, top: look.height };
    // One that cannot be read is one that readers read differently.
    let is_as_large = |key| {
        let mut all = nodes_above(pdf, page, limits.depth).filter(|it| it.has(key)).peekable();
        let is_there = all.peek().is_some();
        all.all(|it| rectangle(pdf, it, key).is_some_and(|it| is_near(it, &whole))).then_some(is_there)
    };
    let is_whole = is_as_large(b"MediaBox") == Some(true) && is_as_large(b"CropBox").is_some();
    let turned =
        inherited_entry(pdf, page, b"Rotate", limits.depth).map_or(0, |it| it.as_float().map_or(1, |it| it as i64));
    let unit = pdf.entry(page, b"UserUnit").map_or(1.0, |it| it.as_float().unwrap_or(0.0));
    if !is_whole {
        Some("a page has another size or was cropped".to_owned())
    } else if turned % 360 != 0 || unit != 1.0 {
        Some("a page was turned or scaled".to_owned())
    } else {
        None
    }
}

fn content(pdf: &Pdf, page: &Dictionary, look: &PageLook, limits: &Limits) -> Option<Finding> {
    let Some(streams) = streams(pdf, page, limits.stream_bytes) else {
        return Some(altered_text("what is printed on a page cannot be read"));
    };
    if is_as_issued(&streams, &look.content) {
        None
    } else if has_added_text(&streams, &look.content) {
        Some(Finding::of_file(ReasonCode::FormAnnotated, "text was added to what is printed on a page"))
    } else {
        Some(altered_text("what is printed on a page differs from what was issued"))
    }
}

fn altered_text(detail: &str) -> Finding {
    Finding::of_file(ReasonCode::FormTextAltered, detail)
}

/// What the printed pages are painted with: a font whose outlines were exchanged makes other words of the same text.
fn resources(pdf: &Pdf, pages: &[&Dictionary], blank: &KnownBlank, limits: &Limits) -> Option<String> {
    let specimen = blank.specimen()?;
    let issued = crate::pages::pages(specimen, limits).ok()?;
    let mut both = pages.iter().zip(&issued);
    let is_other = |(found, issued): (&&Dictionary, &&Dictionary)| {
        let of = |pdf, page| inherited_entry(pdf, page, b"Resources", limits.depth).and_then(as_dict);
        !are_as_issued(pdf, of(pdf, found), (specimen, &blank.look.own_pictures), of(specimen, issued), limits)
    };
    both.any(is_other).then(|| "a page is painted with other fonts, pictures or colours than were issued".to_owned())
}

/// Anything on the page besides its fields. What stands on the line for a signature by hand is one.
fn added_annotation(pdf: &Pdf, page: &Dictionary, look: &PageLook) -> Option<Finding> {
    let told = |code, kind| Finding::of_file(code, format!("{kind} was put on a page"));
    annotations(pdf, page).find_map(|it| match pdf.name(it, b"Subtype") {
        Some(b"Widget") => None,
        Some(b"Ink" | b"Stamp" | b"FreeText") if is_signature(pdf, it, look) => None,
        Some(b"FreeText") => Some(told(ReasonCode::FormAnnotated, "a text")),
        Some(b"Ink") => Some(told(ReasonCode::FormAnnotated, "a drawing")),
        Some(b"Stamp") => Some(told(ReasonCode::FormAnnotated, "a stamp")),
        Some(b"Link") => Some(told(ReasonCode::FormTextAltered, "a link")),
        Some(b"Text" | b"Popup") => Some(told(ReasonCode::FormTextAltered, "a note")),
        _ => Some(told(ReasonCode::FormTextAltered, "an annotation")),
    })
}

/// Points around the line for a signature in which one still stands on it: hands are not exact.
const AROUND_SIGNATURE: f32 = 14.0;

/// An annotation paints within its rectangle only (ISO 32000-1, 12.5.5).
fn is_signature(pdf: &Pdf, annotation: &Dictionary, look: &PageLook) -> bool {
    // Without a picture of its own, a drawing is painted wherever its points are.
    let has_picture =
        pdf.dict(annotation, b"AP").and_then(|it| pdf.entry(it, b"N")).is_some_and(|it| it.as_stream().is_ok());
    if !has_picture {
        return false;
    }
    let (Some(place), Some([left, bottom, right, top])) = (look.signature, rectangle(pdf, annotation, b"Rect")) else {
        return false;
    };
    left >= place.left - AROUND_SIGNATURE
        && bottom >= place.bottom - AROUND_SIGNATURE
        && right <= place.right + AROUND_SIGNATURE
        && top <= place.top + AROUND_SIGNATURE
}

/// A rectangle with its corners in whatever order: left, bottom, right, top; in points.
pub(crate) fn rectangle(pdf: &Pdf, dict: &Dictionary, key: &[u8]) -> Option<[f32; 4]> {
    let numbers: Vec<f32> = pdf.elements(dict, key).map_while(|it: &Object| it.as_float().ok()).collect();
    let [a, b, c, d] = <[f32; 4]>::try_from(numbers).ok()?;
    Some([a.min(c), b.min(d), a.max(c), b.max(d)])
}

/// Whether a rectangle is where it was issued, but for a point.
pub(crate) fn is_near(found: [f32; 4], issued: &Rect) -> bool {
    let issued = [issued.left, issued.bottom, issued.right, issued.top];
    found.iter().zip(issued).all(|(a, b)| (a - b).abs() <= TOLERANCE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use countersign_core::template::{BlankLook, TemplateId};

    use super::*;
    use crate::blanks::KnownBlanks;
    use crate::read;
    use crate::testing::PdfBuilder;

    const CONTENT: &str = "BT (I agree) Tj ET";
    const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 9 0 R/Annots[5 0 R 6 0 R]>>";
    const NAME: &str = "/FT/Tx/T(name)/V(Ada)/MaxLen 40";

    fn field(rule: ValueRule, prefilled: bool, max_length: Option<u16>) -> FieldLook {
        let rect = Rect { left: 10.0, bottom: 10.0, right: 110.0, top: 30.0 };
        FieldLook { rule, page: 0, rect, flags: 0, max_length, prefilled }
    }

    fn look() -> BlankLook {
        let specimen = form(NAME).bytes();
        let signature = Some(Rect { left: 300.0, bottom: 500.0, right: 400.0, top: 530.0 });
        BlankLook {
            own_pictures: Default::default(),
            specimen,
            template: TemplateId { name: "authorized-user".to_owned(), version: 1 },
            pages: vec![PageLook { width: 612.0, height: 792.0, content: CONTENT.as_bytes().to_vec(), signature }],
            fields: BTreeMap::from([
                ("form.template".to_owned(), field(ValueRule::Text, true, None)),
                ("name".to_owned(), field(ValueRule::Name, false, Some(40))),
            ]),
        }
    }

    fn form(name: &str) -> PdfBuilder {
        let template = "/FT/Tx/Ff 1/T(form.template)/V(authorized-user/1)";
        PdfBuilder::with_fields(&[template, name]).object(3, PAGE).stream(9, CONTENT)
    }

    fn check(form: PdfBuilder, expected: &[(ReasonCode, Option<&str>)]) {
        let reading = read(&form.bytes(), &KnownBlanks::new([look()]), &Limits::default());
        assert_eq!(reading.template, Some(look().template), "{reading:?}");
        let found: Vec<_> = reading.findings.iter().map(|it| (it.code, it.field.as_deref())).collect();
        assert_eq!(found, expected, "{:?}", reading.findings);
    }

    #[test]
    fn a_form_as_issued_has_nothing_odd() {
        check(form(NAME), &[]);
        check(form(NAME).stream(9, "BT\n(I agree) Tj\nET"), &[]);
    }

    #[test]
    fn a_form_of_another_version_is_not_recognised() {
        let mut other = look();
        other.template.version = 2;
        assert_eq!(read(&form(NAME).bytes(), &KnownBlanks::new([other]), &Limits::default()).template, None);
    }

    #[test]
    fn an_altered_field_is_named() {
        let altered = |name: &str| check(form(name), &[(ReasonCode::FormFieldsAltered, Some("name"))]);
        altered("/FT/Btn/T(name)/V/Off/MaxLen 40");
        altered("/FT/Tx/T(name)/MaxLen 40/Ff 4096");
        altered("/FT/Tx/T(name)/MaxLen 40/Ff 1");
        altered("/FT/Tx/T(name)/MaxLen 41");
        altered("/FT/Tx/T(name)");
        altered("/FT/Tx/T(name)/MaxLen 40/AA<</E<</S/URI/URI(x)>>>>");
        altered("/FT/Tx/T(name)/MaxLen 40/Rect[10 12 110 32]");
    }

    #[test]
    fn fields_too_many_or_too_few_are_named() {
        let altered = |name| (ReasonCode::FormFieldsAltered, Some(name));
        let strange = (ReasonCode::FormFieldsAltered, None);
        check(form("/FT/Tx/T(nom)"), &[altered("name"), altered("nom"), strange]);
        let nameless = form(NAME).object(3, &PAGE.replace("6 0 R]", "6 0 R 7 0 R]")).object(7, "<</Subtype/Widget>>");
        check(nameless, &[strange]);
        let twice = form(NAME).form("5 0 R 6 0 R 7 0 R").object(7, "<</FT/Tx/T(name)/V(Ada)>>");
        check(twice, &[altered("name")]);
    }

    #[test]
    fn a_field_that_cannot_be_seen_is_named() {
        let hidden = |name: &str| check(form(name), &[(ReasonCode::FieldHidden, Some("name"))]);
        hidden(&format!("{NAME}/F 6"));
        hidden(&format!("{NAME}/F 36"));
        hidden(&format!("{NAME}/OC 8 0 R").replace("8 0 R", "<</Type/OCG>>"));
        hidden(&format!("{NAME}/Rect[]"));
        let off_page = form(NAME).object(3, &PAGE.replace("6 0 R", ""));
        check(off_page, &[(ReasonCode::FieldHidden, Some("name"))]);
    }

    #[test]
    fn what_is_listed_twice_is_told() {
        let ambiguous = |form: PdfBuilder| check(form, &[(ReasonCode::PdfAmbiguous, None)]);
        ambiguous(form(NAME).form("5 0 R 6 0 R 6 0 R"));
        ambiguous(form(NAME).object(3, &PAGE.replace("6 0 R]", "6 0 R 6 0 R]")));
        ambiguous(form(&format!("{NAME}/Kids[6 0 R]")));
        ambiguous(form(NAME).object(2, "<</Type/Pages/Kids[3 0 R 2 0 R]/Count 1>>"));
    }

    #[test]
    fn what_was_put_on_the_page_is_told_but_for_a_signature_by_hand() {
        let with =
            |annotation: &str| form(NAME).object(3, &PAGE.replace("6 0 R]", "6 0 R 8 0 R]")).object(8, annotation);
        let annotated = [(ReasonCode::FormAnnotated, None)];
        check(with("<</Subtype/FreeText/Rect[20 20 90 40]>>"), &annotated);
        check(with("<</Subtype/Ink/Rect[300 500 400 700]>>"), &annotated);
        check(with("<</Subtype/Ink/Rect[300 500 400 530]>>"), &annotated);
        let painted = |it: &str| with(&format!("<</Subtype{it}/AP<</N 7 0 R>>>>")).stream(7, "q Q");
        check(painted("/Ink/Rect[300 500 400 530]"), &[]);
        check(painted("/Stamp/Rect[310 505 390 520]"), &[]);
        check(form(NAME).stream(9, &format!("{CONTENT} BT (Ada) Tj ET")), &annotated);
    }

    #[test]
    fn an_altered_page_is_told() {
        let altered = |form: PdfBuilder| check(form, &[(ReasonCode::FormTextAltered, None)]);
        altered(form(NAME).stream(9, "BT (I disagree) Tj ET"));
        altered(form(NAME).object(3, &PAGE.replace("612", "500")));
        altered(form(NAME).object(3, &PAGE.replace("/Contents", "/CropBox[0 0 612 400]/Contents")));
        altered(form(NAME).object(3, &PAGE.replace("6 0 R]", "6 0 R 8 0 R]")).object(8, "<</Subtype/Link>>"));
        let opens = |action: &str| {
            form(NAME).object(1, &format!("<</Type/Catalog/Pages 2 0 R/AcroForm 4 0 R/OpenAction {action}>>"))
        };
        altered(opens("<</S/Named/N/Print>>"));
        altered(opens("<</S/GoTo/D[3 0 R/Fit]/Next<</S/URI/URI(x)>>>>"));
        let two = form(NAME).object(2, "<</Type/Pages/Kids[3 0 R 8 0 R]/Count 2>>");
        altered(two.object(8, "<</Type/Page/Parent 2 0 R>>"));
        altered(form(NAME).object(3, &PAGE.replace("/Contents", "/Rotate 180/Contents")));
        altered(form(NAME).object(3, &PAGE.replace("/Contents", "/UserUnit 75/Contents")));
        altered(form(NAME).object(1, "<</Pages 2 0 R/AcroForm 4 0 R/OCProperties<<>>>>"));
    }
}
