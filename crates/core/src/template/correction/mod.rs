//! The form that a customer gets when theirs cannot be carried out: a page that says what to mend, and behind it the template's own
//! form with everything that was right. The words are the customer's own language; they tell an outsider nothing about the account.
//!
//! `words.rs` has the sentences. Here: which boxes a refusal concerns, what is said of each, and the template of the form.

mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use words::CorrectionTexts;
use words::{Advice, Place};
pub(super) use words::{in_language, read};

use super::{Arrangement, FieldSpec, FilledBy, FormTemplate, PlacedField, Section, TemplateId, ValueRule};
use crate::reason::Reason;

/// Sentences that fit on the first page of a correction form; the last one then says how many boxes more are marked.
pub const MOST_POINTS: usize = 12;

/// What has to be mended on a form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Corrections {
    /// One sentence for each fault, in the order of the form; never empty, at most [`MOST_POINTS`].
    pub points: Vec<String>,
    /// The boxes that are marked, by full name, each with what to do about it.
    pub marked: BTreeMap<String, String>,
    /// The boxes that come back empty: PINs, consent and signature, and those whose value is wrong.
    pub emptied: BTreeSet<String>,
}

/// One fault: where, and what to do about it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Fault {
    /// Place among the fields, so that faults are told in the order of the form; one that concerns no box is told first.
    at: Option<usize>,
    advice: Advice,
    /// Whether it concerns the whole line or section that begins at `at`.
    is_wide: bool,
}

impl FormTemplate {
    /// The form that asks for a correction in so many points, 1 to [`MOST_POINTS`]; `None` when nobody said the words for it in this
    /// template's language.
    pub fn correction(&self, points: usize) -> Option<Self> {
        assert!((1..=MOST_POINTS).contains(&points), "a correction has 1 to {MOST_POINTS} points");
        let texts = self.correction.as_ref()?;
        let mut form = self.clone();
        form.id = TemplateId { name: format!("{}.{SUFFIX}{points}", self.id.name), version: self.id.version };
        form.texts.title.clone_from(&texts.title);
        form.texts.intro.clone_from(&texts.intro);
        let section = |name: &str, title: &str, text: &str, arrangement, fields| {
            let (name, title, text) = (name.to_owned(), title.to_owned(), text.to_owned());
            Section { name, title, text, arrangement, fields }
        };
        let fields = (1..=points).map(|it| point_field(it, &texts.points)).collect();
        form.sections.insert(0, section("points", &texts.points, "", Arrangement::Points, fields));
        form.sections.insert(1, section("steps", &texts.steps, &texts.steps_text, Arrangement::Note, Vec::new()));
        form.front = 2;
        Some(form)
    }

    /// Whether this is a form that asks for a correction.
    pub fn is_correction(&self) -> bool {
        self.front > 0
    }

    /// What has to be mended on a form with these reasons against it; `None` where the language has no words for it.
    ///
    /// All that is wrong with account, signer, authority, the people named or the Security PIN is one sentence over the same boxes:
    /// which of it was wrong, somebody who guesses must not learn.
    pub fn corrections(&self, reasons: &[Reason]) -> Option<Corrections> {
        let texts = self.correction.as_ref()?;
        let fields = self.fields();
        let mut faults: BTreeSet<Fault> = reasons.iter().map(|it| fault(it, &fields)).collect();
        if faults.is_empty() {
            faults.insert(Fault { at: None, advice: Advice::Anew, is_wide: false });
        }
        let faults = told_once(faults);
        let mut marked = BTreeMap::new();
        for fault in &faults {
            for it in boxes_of(fault, &fields) {
                marked.entry(it.name.clone()).or_insert_with(|| texts.advice(fault.advice).to_owned());
            }
        }
        let is_wrong = |it: &&Fault| it.advice != Advice::Records;
        let wrong = faults.iter().filter(is_wrong).flat_map(|it| boxes_of(it, &fields));
        let emptied = fields.iter().filter(|it| is_written_anew(it)).chain(wrong).map(|it| it.name.clone()).collect();
        let mut points: Vec<String> = faults.iter().map(|it| self.sentence(it, &fields, texts)).collect();
        if points.len() > MOST_POINTS {
            let more = points.len() - (MOST_POINTS - 1);
            points.truncate(MOST_POINTS - 1);
            points.push(texts.more.replace("{count}", &more.to_string()));
        }
        Some(Corrections { points, marked, emptied })
    }

    fn sentence(&self, fault: &Fault, fields: &[PlacedField<'_>], texts: &CorrectionTexts) -> String {
        let advice = texts.advice(fault.advice);
        let Some(field) = fault.at.map(|at| &fields[at]).filter(|_| fault.advice.names_its_place()) else {
            return advice.to_owned();
        };
        // A section without a heading goes on with what the one before it is about.
        let titled = self.sections[..=field.section].iter().rev().find(|it| !it.title.is_empty());
        let is_sentence = self.sections[field.section].arrangement == Arrangement::Statement;
        texts.say(&Place {
            section: titled.map_or("", |it| it.title.as_str()),
            row: field.row,
            label: (!fault.is_wide && !is_sentence).then_some(field.spec.label.as_str()),
            advice,
        })
    }
}

impl TemplateId {
    /// The template whose forms this one corrects, and the number of its points; `None` when it is no correction form's.
    pub fn corrects(&self) -> Option<(Self, usize)> {
        let (name, points) = self.name.rsplit_once('.')?;
        let points = points.strip_prefix(SUFFIX)?.parse().ok().filter(|it| (1..=MOST_POINTS).contains(it))?;
        Some((Self { name: name.to_owned(), version: self.version }, points))
    }
}

/// Before the number of points, in the name of a correction form's template.
const SUFFIX: &str = "correction-";

/// The line that says one point.
fn point_field(number: usize, label: &str) -> FieldSpec {
    FieldSpec {
        name: point_name(number),
        label: label.to_owned(),
        hint: String::new(),
        rule: ValueRule::Text,
        required: false,
        filled_by: FilledBy::Program,
        span: 12,
        max_length: None,
    }
}

/// The field that says a point, counted from 1.
pub fn point_name(number: usize) -> String {
    format!("form.point.{number}")
}

/// PINs are never filled in by us; consent, signature and date are the customer's own act, each time.
fn is_written_anew(field: &PlacedField<'_>) -> bool {
    let is_act = ["consent.", "signature."].iter().any(|it| field.name.starts_with(it));
    is_act || field.spec.rule.is_secret()
}

fn fault(reason: &Reason, fields: &[PlacedField<'_>]) -> Fault {
    let advice = Advice::on(reason);
    let named = reason.field.as_deref().filter(|_| advice != Advice::Anew);
    let is_below = |it: &PlacedField<'_>, name: &str| it.name.strip_prefix(name).is_some_and(|it| it.starts_with('.'));
    let exact = named.and_then(|name| fields.iter().position(|it| it.name == name));
    let below = named.and_then(|name| fields.iter().position(|it| is_below(it, name)));
    match advice {
        Advice::Records | Advice::Anew => Fault { at: None, advice, is_wide: true },
        _ => Fault { at: exact.or(below), advice, is_wide: exact.is_none() },
    }
}

/// A box that has to be written again for several reasons has to be so once, for the first of them.
fn told_once(faults: BTreeSet<Fault>) -> Vec<Fault> {
    let mut told: Vec<Fault> = Vec::new();
    for fault in faults {
        let is_said = |it: &Fault| fault.at.is_some() && it.at == fault.at && it.is_wide == fault.is_wide;
        if !told.iter().any(is_said) {
            told.push(fault);
        }
    }
    told
}

/// The boxes that a fault concerns.
fn boxes_of<'f, 't>(fault: &Fault, fields: &'f [PlacedField<'t>]) -> Vec<&'f PlacedField<'t>> {
    let by_customer = |it: &&PlacedField<'_>| it.spec.filled_by == FilledBy::Customer;
    // All that is held against the records; a title is not.
    let who = |it: &&PlacedField<'_>| {
        it.name.starts_with("account.") || it.name.starts_with("signer.") && it.spec.rule != ValueRule::Text
    };
    match (fault.advice, fault.at) {
        (Advice::Records, _) => fields.iter().filter(who).collect(),
        (_, None) => Vec::new(),
        (Advice::ChoiceMissing | Advice::ChoiceConflict, Some(at)) => {
            let is_tick = |it: &&PlacedField<'_>| it.spec.rule == ValueRule::Check;
            let group = |name: &str| name.rsplit_once('.').map_or(String::new(), |it| it.0.to_owned());
            let same = |it: &&PlacedField<'_>| group(&it.name) == group(&fields[at].name);
            let is_role = fields[at].name.starts_with("signer.");
            fields.iter().filter(is_tick).filter(|it| it.name == fields[at].name || is_role && same(it)).collect()
        }
        (_, Some(at)) if fault.is_wide => {
            let name = &fields[at].name;
            let above = name.rsplit_once('.').map_or(name.as_str(), |it| it.0);
            let is_name = |it: &&PlacedField<'_>| it.spec.rule == ValueRule::Name;
            let of_line = |it: &&PlacedField<'_>| it.name.strip_prefix(above).is_some_and(|it| it.starts_with('.'));
            fields.iter().filter(by_customer).filter(of_line).filter(is_name).collect()
        }
        (_, Some(at)) => vec![&fields[at]],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::ReasonCode;

    const SHIPPED: &str = include_str!("../../../../../templates/authorized-user.toml");

    fn shipped() -> FormTemplate {
        FormTemplate::parse(SHIPPED).unwrap()
    }

    /// What is said of a form with these reasons against it.
    fn said(reasons: &[(ReasonCode, &str)]) -> Corrections {
        let reason = |(code, field): &(ReasonCode, &str)| {
            if field.is_empty() { Reason::of_form(*code) } else { Reason::of_field(*code, *field) }
        };
        shipped().corrections(&reasons.iter().map(reason).collect::<Vec<_>>()).unwrap()
    }

    fn check(code: ReasonCode, field: &str, expected: &str) {
        assert_eq!(said(&[(code, field)]).points, [expected]);
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        check(ReasonCode::FieldMissing, "signer.phone", "Who is asking, Phone: please fill in this box.");
        let common = "Add Authorized Users, row 2, PIN: please choose a PIN that is harder to guess.";
        check(ReasonCode::NewPinTooCommon, "add.2.pin", common);
        let consent = "Consent and signature: please read the statement about full privileges and tick its box.";
        check(ReasonCode::ConsentMissing, "consent.full_privileges", consent);
        check(ReasonCode::SignDateMissing, "signature.date", "Consent and signature, Date: please write the date.");
        let twice = "Add Authorized Users, row 3: please name each person only once.";
        check(ReasonCode::UserDuplicateOnForm, "add.3", twice);
        check(ReasonCode::NothingRequested, "", "Please name at least one person to add or remove.");
        check(ReasonCode::NameSuspicious, "signer", "Who is asking: please write this again.");
    }

    #[test]
    fn who_guesses_learns_nothing_from_a_correction() {
        let vague = [
            (ReasonCode::AccountNotFound, "account.number"),
            (ReasonCode::AccountMismatch, "account.billing_email"),
            (ReasonCode::SignerNotListed, "signer"),
            (ReasonCode::SignerAmbiguous, "signer"),
            (ReasonCode::UserNotFound, "remove.1"),
            (ReasonCode::UserAmbiguous, "add.1"),
            (ReasonCode::RemoveOwner, "remove.1"),
            (ReasonCode::PinInvalid, "signer.security_pin"),
            (ReasonCode::PinLocked, "signer.security_pin"),
        ];
        let first = said(&vague[..1]);
        for one in vague {
            assert_eq!(said(&[one]), first, "{one:?}");
        }
        assert_eq!(said(&vague), first, "all of them together say no more than one");
        assert!(first.marked.contains_key("signer.email") && !first.emptied.contains("signer.email"));
    }

    #[test]
    fn what_is_wrong_comes_back_empty_and_marked_and_pins_empty_always() {
        let it = said(&[(ReasonCode::FieldFormat, "signer.email"), (ReasonCode::ChoiceConflict, "signer.is_owner")]);
        let marked: Vec<&str> = it.marked.keys().map(String::as_str).collect();
        assert_eq!(marked, ["signer.email", "signer.is_authorized_user", "signer.is_owner"]);
        for name in ["signer.email", "signer.is_owner", "signer.security_pin", "add.4.pin", "signature.date"] {
            assert!(it.emptied.contains(name), "{name}");
        }
        assert!(!it.emptied.contains("signer.phone"));
        let names = said(&[(ReasonCode::UserDuplicateOnForm, "add.2")]).marked;
        assert_eq!(names.keys().map(String::as_str).collect::<Vec<_>>(), ["add.2.first_name", "add.2.last_name"]);
    }

    #[test]
    fn what_cannot_be_read_is_asked_for_anew_and_a_box_once() {
        let anew = said(&[(ReasonCode::PdfCorrupt, ""), (ReasonCode::FormFieldsAltered, "signer.phone")]);
        assert_eq!((anew.points.len(), anew.marked.len()), (1, 0), "{:?}", anew.points);
        let twice = [(ReasonCode::FieldMissing, "signer.email"), (ReasonCode::ValueAppearanceMismatch, "signer.email")];
        assert_eq!(said(&twice).points.len(), 1);
    }

    #[test]
    fn many_faults_fit_on_the_page() {
        let names: Vec<String> = shipped().fields().iter().map(|it| it.name.clone()).collect();
        let reasons: Vec<_> = names.iter().map(|it| (ReasonCode::FieldFormat, it.as_str())).collect();
        let it = said(&reasons[..20]);
        assert_eq!(it.points.len(), MOST_POINTS);
        assert_eq!(it.points[11], "9 more boxes have an orange border: please check each of them.");
        assert_eq!(it.marked.len(), 20);
    }

    #[test]
    fn the_form_is_the_templates_behind_a_page_of_points() {
        let base = shipped();
        let form = base.correction(3).unwrap();
        assert_eq!(form.id.to_string(), "authorized-user.correction-3/1");
        assert_eq!(form.id.corrects(), Some((base.id.clone(), 3)));
        assert_eq!(base.id.corrects(), None);
        assert!(form.is_correction() && !base.is_correction());
        let own = |it: &FormTemplate| it.fields().iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(own(&form)[3..], own(&base));
        assert_eq!(own(&form)[..3], [point_name(1), point_name(2), point_name(3)]);
    }

    #[test]
    fn every_shipped_language_has_the_words() {
        let translations = [
            include_str!("../../../../../templates/authorized-user.de.toml"),
            include_str!("../../../../../templates/authorized-user.es.toml"),
            include_str!("../../../../../templates/authorized-user.fr.toml"),
            include_str!("../../../../../templates/authorized-user.ja.toml"),
        ];
        for text in translations {
            let template = shipped().translate(text).unwrap();
            let said = template.corrections(&[Reason::of_field(ReasonCode::FieldMissing, "add.1.pin")]).unwrap();
            assert!(said.points[0].contains("PIN"), "{:?}", said.points);
            assert_ne!(Some(&said.points), shipped().corrections(&[]).map(|it| it.points).as_ref());
        }
    }
}
