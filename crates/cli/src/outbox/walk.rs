//! One row of the trail after the other, and the letters that it brings.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use countersign_core::account::Account;
use countersign_core::audit::AuditRow;
use countersign_core::instance::RANDOM_BYTES;
use countersign_core::reason::{Reason, Stage};
use countersign_core::store::{AccountStore, IssuedBlank, RunId, StoreError, SubmissionRecord};
use countersign_core::template::{FormTemplate, TemplateId};
use countersign_core::vault::Purpose;
use countersign_mail::compose::Line;
use countersign_mail::letters::{
    Due, FormSent, Happened, Letter, LetterKind, Occasion, Office, Origin, due, file_name, message, primary_language,
};
use jiff::Timestamp;

use super::folder::{Cursor, Folder};
use super::settings::{Languages, LettersConfiguration};
use crate::args::OriginalsArgs;
use crate::corrections::{DrawnUp, draw_up, enter};
use crate::desk::Desk;
use crate::home::Home;
use crate::template_files::Shelved;
use crate::terminal::{CARE, styled, warn};

/// A walk along the trail.
pub(super) struct Walk<'a> {
    pub(super) home: &'a mut Home,
    /// Letters that it wrote.
    pub(super) written: u64,
    configuration: &'a LettersConfiguration,
    office: Office,
    languages: Languages,
    folder: &'a Folder,
    now: Timestamp,
    /// Read when it is first needed.
    templates: Option<BTreeMap<TemplateId, Shelved>>,
    /// For the originals of one run.
    desk: Option<(RunId, Desk)>,
}

impl<'a> Walk<'a> {
    pub(super) fn begin(
        home: &'a mut Home,
        configuration: &'a LettersConfiguration,
        folder: &'a Folder,
        now: Timestamp,
    ) -> Self {
        let (office, languages) = (configuration.office(), Languages::of(home.path(), configuration));
        Self { home, written: 0, configuration, office, languages, folder, now, templates: None, desk: None }
    }

    /// Writes the letters that a row brings.
    pub(super) fn write_letters(&mut self, row: &AuditRow, cursor: &mut Cursor) -> anyhow::Result<()> {
        let Some(happened) = Happened::of(row) else { return Ok(()) };
        let Some(account) = self.account(&happened)? else { return Ok(()) };
        let record = self.record(&happened)?;
        let reasons = record.as_ref().map_or(&[][..], |it| &it.reasons);
        let origin = origin(record.as_ref());
        for it in due(&happened, reasons, &account, (self.configuration.answers(), &origin)) {
            let is_kept_back = it.kind.answers_the_unproved() && !cursor.may_answer(&happened.account, happened.at);
            if !is_kept_back && !self.folder.has(&file_name(row.seq, it.kind)) {
                self.write(row, &happened, (&it, &origin), record.as_ref())?;
            }
        }
        Ok(())
    }

    fn write(
        &mut self,
        row: &AuditRow,
        happened: &Happened,
        (due, origin): (&Due, &Origin),
        record: Option<&SubmissionRecord>,
    ) -> anyhow::Result<()> {
        let issued = self.issued(happened)?;
        let attached = match record {
            Some(record) if due.kind == LetterKind::Corrections => {
                self.attached(row, happened, issued.as_ref(), record)?
            }
            _ => None,
        };
        let wanted = match &attached {
            Some(drawn) => Some(drawn.language.clone()),
            None => self.language_of_office(happened, issued.as_ref())?,
        };
        let (texts, language) = self.languages.texts(wanted.as_deref())?;
        let letter = match due.kind {
            LetterKind::Notice => Letter::Notice,
            LetterKind::CarriedOut => Letter::CarriedOut,
            LetterKind::NotCarriedOut => Letter::NotCarriedOut,
            LetterKind::LookedAt => Letter::LookedAt,
            LetterKind::Corrections => match &attached {
                Some(drawn) => {
                    Letter::Corrections { points: drawn.corrections.points.clone(), form: FormSent::Attached }
                }
                None => Letter::Corrections {
                    points: self.points(record, issued.as_ref(), &language)?,
                    form: FormSent::Not,
                },
            },
        };
        let about = Occasion { account: &happened.account, at: happened.at, office: &self.office };
        let written = texts.write(&letter, about);
        let name: Line = "form.pdf".parse().expect("a file name is a line");
        let pdf = attached.as_ref().map(|it| (&name, it.pdf.as_slice()));
        let eml = message(&written, (row, due.kind), &due.to, (&self.office, origin), pdf);
        self.folder.put(&file_name(row.seq, due.kind), &eml.context("cannot write a letter")?)?;
        self.written += 1;
        Ok(())
    }

    fn account(&mut self, happened: &Happened) -> anyhow::Result<Option<Account>> {
        let numbers = BTreeSet::from([happened.account.clone()]);
        let found = self.home.store.accounts(&numbers).context("cannot look up the account")?;
        Ok(found.into_values().next())
    }

    fn record(&mut self, happened: &Happened) -> anyhow::Result<Option<SubmissionRecord>> {
        let ids = happened.submission.iter().cloned().collect();
        let found = self.home.store.submissions(&ids).context("cannot look up the submission")?;
        Ok(found.into_values().next())
    }

    /// The blank that it came on, if it was issued here.
    fn issued(&mut self, happened: &Happened) -> anyhow::Result<Option<IssuedBlank>> {
        let ids = happened.instance.iter().cloned().collect();
        let found = self.home.store.blanks(&ids).context("cannot look up the form")?.into_values().next();
        Ok(found.filter(|it| it.is_proved(&self.home.key)))
    }

    fn templates(&mut self) -> anyhow::Result<&BTreeMap<TemplateId, Shelved>> {
        if self.templates.is_none() {
            self.templates = Some(self.home.shelved()?);
        }
        Ok(self.templates.as_ref().expect("they were read just now"))
    }

    /// The language in which this office sent the account its form. That of a form that anybody may download is a stranger's choice.
    fn language_of_office(
        &mut self,
        happened: &Happened,
        issued: Option<&IssuedBlank>,
    ) -> anyhow::Result<Option<String>> {
        let Some(bound) = issued.filter(|it| it.account.as_ref() == Some(&happened.account)) else { return Ok(None) };
        let of = own_template(&bound.template);
        Ok(self.templates()?.get(&of).map(|it| it.template.language.clone()))
    }

    /// The form that asks for a submission again, entered into the ledger. Only the account that the form was issued to gets one: a
    /// stranger who fills in somebody else's account number would have us send our own form with the stranger's values in it.
    ///
    /// Without an original that can be read, or a form that can be drawn, there is none, and the letter says in words what to mend.
    fn attached(
        &mut self,
        row: &AuditRow,
        happened: &Happened,
        issued: Option<&IssuedBlank>,
        record: &SubmissionRecord,
    ) -> anyhow::Result<Option<DrawnUp>> {
        if happened.instance.is_some() && issued.and_then(|it| it.account.as_ref()) != Some(&happened.account) {
            return Ok(None);
        }
        match self.draw(row, record) {
            Ok(drawn) if drawn.blank.account.as_ref() == Some(&happened.account) => {
                enter(self.home, &drawn, record, self.now)?;
                Ok(Some(drawn))
            }
            Ok(_) => Ok(None),
            Err(error) if error.chain().any(|it| it.is::<StoreError>()) => Err(error),
            Err(error) => {
                let why: Vec<String> = error.chain().map(ToString::to_string).collect();
                let what = format!("the letter about {} goes without a form: {}", record.id, why.join(": "));
                warn(&styled(CARE, format!("warning: {what}")));
                Ok(None)
            }
        }
    }

    fn draw(&mut self, row: &AuditRow, record: &SubmissionRecord) -> anyhow::Result<DrawnUp> {
        let desk = match self.desk.take().filter(|(run, _)| *run == record.run) {
            Some((_, desk)) => desk,
            None => Desk::open(self.home, record, &OriginalsArgs::default(), self.now)?,
        };
        let (_, desk) = self.desk.insert((record.run, desk));
        let form = desk.read(record, self.home, self.now)?;
        // Whoever comes to this row again makes the same form.
        let tag = self.home.key.authenticate(Purpose::AnswerForm, &[row.hash.as_bytes()]);
        let random: [u8; RANDOM_BYTES] = tag[..RANDOM_BYTES].try_into().expect("a tag is longer");
        let reading = form.reading().context("it was written in an email")?;
        draw_up(self.home, record, reading, (random, row.event.at))
    }

    /// What to mend, in the letter's language; nothing where the form is of no use, or that language has no words for it.
    fn points(
        &mut self,
        record: Option<&SubmissionRecord>,
        issued: Option<&IssuedBlank>,
        language: &str,
    ) -> anyhow::Result<Vec<String>> {
        let reasons = record.map_or(&[][..], |it| &it.reasons);
        if !reasons.iter().all(is_of_a_box) {
            return Ok(Vec::new());
        }
        let usual = self.home.configuration.template.clone();
        let templates = self.templates()?;
        let sent = issued.map(|it| own_template(&it.template)).and_then(|it| templates.get(&it));
        let sent = sent.or_else(|| templates.values().rfind(|it| it.template.id.name == usual));
        let Some(of) = sent.map(|it| family(&it.template)) else { return Ok(Vec::new()) };
        let is_wanted =
            |it: &&Shelved| family(&it.template) == of && primary_language(&it.template.language) == language;
        let said = templates.values().rfind(is_wanted).and_then(|it| it.template.corrections(reasons));
        Ok(said.map(|it| it.points).unwrap_or_default())
    }
}

/// How a submission came. The id of a message is its sender's word: one that is no id is not repeated.
fn origin(record: Option<&SubmissionRecord>) -> Origin {
    match record.and_then(|it| it.message.as_ref()) {
        None => Origin::Direct,
        Some(message) if !message.is_answerable => Origin::Program,
        Some(message) => Origin::Person(message.message_id.as_ref().and_then(|it| it.parse().ok())),
    }
}

/// The template itself, where this is that of its correction forms.
fn own_template(id: &TemplateId) -> TemplateId {
    id.corrects().map_or_else(|| id.clone(), |(of, _)| of)
}

/// The template that a translation translates, which has the same boxes.
fn family(template: &FormTemplate) -> TemplateId {
    template.translates.clone().unwrap_or_else(|| template.id.clone())
}

/// Whether something can be said of it without a form anew: it concerns what was written into the boxes.
fn is_of_a_box(reason: &Reason) -> bool {
    match reason.code.stage() {
        Stage::Field | Stage::Signature | Stage::Account | Stage::Authority | Stage::People | Stage::Pin => true,
        Stage::Reading => reason.field.is_some(),
        Stage::System
        | Stage::Intake
        | Stage::Pdf
        | Stage::NotOurs
        | Stage::Duplicate
        | Stage::Sender
        | Stage::Form
        | Stage::Policy => false,
    }
}
