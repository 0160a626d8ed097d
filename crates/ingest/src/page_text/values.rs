//! From what is written on pages to the values of fields: where each was found, and what is not beyond doubt about it.

use std::collections::BTreeMap;

use countersign_core::reason::ReasonCode;
use countersign_core::template::TemplateId;
use lopdf::Dictionary;

use super::boxes::{TICKED, Written};
use super::free_text::{texts_of_annotations, unpainted_texts};
use super::{Pages, WrittenValues, added, find_form, witness};
use crate::appearance::is_stand_in;
use crate::blanks::{KnownBlank, KnownBlanks};
use crate::merged::printed_forms;
use crate::page_tree::tree_oddities;
use crate::pages::pages;
use crate::read::{File, TEMPLATE_FIELD};
use crate::reading::{FieldReading, Finding, OFF, Provenance, ReadState, Reading, ReadingMethod};
use crate::shown::{Letterforms, Part};

/// Reads a file without fields: a form of ours that was flattened or printed, a picture, or somebody else's papers.
pub(crate) fn read_pages(file: &File<'_>, blanks: &KnownBlanks, mut findings: Vec<Finding>) -> Reading {
    let mut reading = Reading { state: ReadState::Read, ..Reading::unreadable(Vec::new()) };
    let shown = find_form(file.shared(), blanks, file.limits);
    if matches!(shown, Some(Pages::Several))
        && findings.is_empty()
        && let Some(forms) = printed_forms(file.pdf, file.limits)
    {
        return Reading::of_bundle(forms);
    }
    let told = match shown {
        Some(Pages::Form(found)) => {
            let look = &found.blank.look;
            reading.method = Some(ReadingMethod::PageText);
            reading.template = Some(look.template.clone());
            reading.fields = look.fields.keys().map(|it| (it.clone(), FieldReading::absent())).collect();
            let pages = pages(file.pdf, file.limits).unwrap_or_default();
            findings.extend(tree_oddities(file.pdf, &pages, file.limits));
            if pages.len() != 1 {
                let detail = "the file has other pages beside the form, which nobody has read";
                findings.push(Finding::of_file(ReasonCode::FormTextAltered, detail));
            }
            let unpainted = Written::from(unpainted_texts(file.pdf, &pages, look));
            for (written, from) in [(found.written, Provenance::PageText), (unpainted, Provenance::Annotation)] {
                let read = written.into_values(from, found.blank.letterforms());
                for (name, value) in read.values {
                    let field = reading.fields.entry(name).or_insert_with(FieldReading::absent);
                    if !field.is_ticked() {
                        *field = value;
                    }
                }
                findings.extend(read.findings);
            }
            Some((ReasonCode::FormFlattened, "there are no fields: the values were read from the page"))
        }
        Some(Pages::Unclear | Pages::Several) => Some((
            ReasonCode::FormFieldsAltered,
            "the fields are gone, and it is unclear which form or how many were printed",
        )),
        Some(Pages::Picture) => Some((ReasonCode::FormImageOnly, "a page is a picture, and there are no fields")),
        Some(Pages::Other) | None => None,
    };
    findings.extend(told.map(|(code, detail)| Finding::of_file(code, detail)));
    Reading { findings, ..reading }
}

/// What was put on a form beside its fields.
#[derive(Default)]
pub(crate) struct Additions {
    /// The values of boxes that are empty otherwise.
    pub(crate) values: BTreeMap<String, FieldReading>,
    /// The least sure way in which one of them was obtained.
    pub(crate) method: Option<ReadingMethod>,
    pub(crate) findings: Vec<Finding>,
}

/// Whether what was found about a form says that there may be more on its page than in its fields.
pub(crate) fn may_have_additions(findings: &[Finding]) -> bool {
    let codes = [ReasonCode::FormAnnotated, ReasonCode::FormTextAltered, ReasonCode::FormFieldsAltered];
    findings.iter().any(|it| codes.contains(&it.code))
}

/// Reads what was put on the page instead of into the boxes, for the boxes that are empty.
pub(crate) fn read_additions(
    file: &File<'_>,
    pages: &[&Dictionary],
    blank: &KnownBlank,
    fields: &BTreeMap<String, FieldReading>,
) -> Additions {
    let mut additions = Additions::default();
    let ways = [
        (Part::Content, Provenance::PageText, ReadingMethod::PageText),
        (Part::Annotations, Provenance::Annotation, ReadingMethod::Annotations),
    ];
    let is_empty = |name: &str| fields.get(name).is_none_or(|it| !it.is_ticked());
    for (part, from, method) in ways {
        let Some(mut written) = added(file.shared(), blank, part) else { continue };
        written.values.retain(|name, _| is_empty(name));
        if part == Part::Annotations {
            additions.findings.extend(unnamed_texts(file, pages, &written));
            let unpainted = unpainted_texts(file.pdf, pages, &blank.look).into_iter().filter(|it| is_empty(&it.0));
            for (name, text) in unpainted {
                written.values.entry(name).or_insert(text);
            }
        }
        let read = written.into_values(from, blank.letterforms());
        let filled: BTreeMap<_, _> = read.values.into_iter().filter(|(_, it)| it.is_ticked()).collect();
        if !filled.is_empty() {
            additions.method = additions.method.max(Some(method));
        }
        additions.values.extend(filled);
        additions.findings.extend(read.findings);
    }
    additions
}

/// What an annotation paints must be the text that it holds: the second of two readers.
fn unnamed_texts(file: &File<'_>, pages: &[&Dictionary], written: &Written) -> Vec<Finding> {
    let held = texts_of_annotations(file.pdf, pages);
    let texts = written.values.iter().filter(|(_, it)| is_text(it.as_str()));
    let unnamed = texts.filter(|(_, it)| !held.iter().any(|text| text.contains(&witness::plain(it.as_str()))));
    let detail = "the annotation over the box paints another text than it holds";
    unnamed.map(|(name, _)| Finding::of_field(ReasonCode::LowConfidence, name, detail)).collect()
}

fn is_text(value: &str) -> bool {
    !matches!(value, "" | OFF | TICKED)
}

/// What reading a page comes to, for the fields that the file's own form leaves empty.
#[derive(Default)]
struct PageValues {
    values: BTreeMap<String, FieldReading>,
    findings: Vec<Finding>,
}

impl From<WrittenValues> for Written {
    fn from(values: WrittenValues) -> Self {
        Self { values, ..Self::default() }
    }
}

impl Written {
    /// Whether this is the version of the template that stands in the foot of the page, if one does.
    pub(super) fn names(&self, template: &TemplateId) -> Option<bool> {
        self.values.get(TEMPLATE_FIELD).map(|it| it.as_str() == template.to_string())
    }

    /// The values with where they were found, and what was odd.
    fn into_values(self, from: Provenance, letterforms: &Letterforms) -> PageValues {
        let mut found = PageValues::default();
        let altered = |detail: &str| Finding::of_file(ReasonCode::FormTextAltered, detail);
        found
            .findings
            .extend(self.lacks_print.then(|| altered("something that is printed on every form is missing or covered")));
        found.findings.extend(self.has_strays.then(|| altered("there is text outside of the boxes")));
        let hidden = |it: &String| {
            Finding::of_field(ReasonCode::FieldHidden, it, "there is text in the box that cannot be seen")
        };
        found.findings.extend(self.hidden.iter().map(hidden));
        for (name, value) in self.values.into_iter() {
            let is_text = is_text(value.as_str());
            let may_be_other =
                |it: char| !it.is_whitespace() && (is_stand_in(it) || !letterforms.know(it) && !is_accented(it));
            if is_text && value.as_str().chars().any(may_be_other) {
                let detail = "a letter in the box may stand for another one, or its font does not tell which one it is";
                found.findings.push(Finding::of_field(ReasonCode::LowConfidence, &name, detail));
            } else if is_text && from == Provenance::PageText {
                found.findings.push(witness::doubt(&name));
            }
            found.values.insert(name, FieldReading { value, shown: None, from });
        }
        found
    }
}

/// Letters of Latin-1 and of Central Europe: programs either paint them or paint something else.
fn is_accented(letter: char) -> bool {
    ('\u{a1}'..='\u{17f}').contains(&letter)
}
