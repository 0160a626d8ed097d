//! The originals of submissions, read again for a person: with the readers, limits and templates of a run.

use countersign_core::store::SubmissionRecord;
use countersign_ingest::batch::{DeskForm, RunSettings, Templates};
use countersign_ingest::worker::Workers;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::args::OriginalsArgs;
use crate::correspondence::Correspondence;
use crate::entropy;
use crate::exit::WrongInput;
use crate::home::Home;
use crate::originals::Originals;
use crate::readers::{self, Isolation};

/// A message in front of a person.
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) written: String,
    /// Its words, every digit masked.
    pub(crate) lines: Vec<String>,
}

impl Letter {
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let Self { from, subject, written, lines } = self;
        serde_json::json!({ "from": from, "subject": subject, "written_at": written, "lines": lines })
    }
}

/// What reading the original of a submission again needs.
pub(crate) struct Desk {
    pub(crate) templates: Templates,
    pub(crate) reader: Workers,
    pub(crate) originals: Originals,
    pub(crate) messages: Correspondence,
}

impl Desk {
    /// For the submissions of this one's run.
    pub(crate) fn open(
        home: &mut Home,
        record: &SubmissionRecord,
        args: &OriginalsArgs,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let templates = home.templates()?;
        let limits = &home.policy.limits;
        let isolation = Isolation::allowing_weak(args.allow_weak_isolation);
        let reader = readers::start(templates.looks().to_vec(), limits.into(), limits.into(), isolation)?;
        let originals = Originals::of_run(record.run, &mut home.store, args, limits.file_bytes)?;
        let messages = Correspondence::of(home, now)?;
        Ok(Self { templates, reader, originals, messages })
    }

    /// Reads the original of a submission.
    pub(crate) fn read(&mut self, record: &SubmissionRecord, home: &Home, now: Timestamp) -> anyhow::Result<DeskForm> {
        let bytes = self.original(record)?;
        Ok(DeskForm::open(record.clone(), &bytes, &self.settings(home, now))?)
    }

    /// The message that a submission was written in, as a person may see it: without a digit of its words.
    pub(crate) fn letter(&mut self, record: &SubmissionRecord) -> anyhow::Result<Letter> {
        let bytes = self.original(record)?;
        Ok(self.messages.letter(&bytes).ok_or_else(|| WrongInput(format!("{} is no message", record.source_file)))?)
    }

    /// The file that a submission came as: the form, or the message that it came in.
    pub(crate) fn original(&mut self, record: &SubmissionRecord) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let found = self.originals.find(record.original())?;
        let missing = || {
            WrongInput(format!(
                "the original of {} (`{}`) is neither where its run read it nor in an archive: --from says where it is",
                record.id, record.source_file
            ))
        };
        Ok(found.ok_or_else(missing)?)
    }

    /// What a form is decided by, again.
    pub(crate) fn settings<'a>(&'a self, home: &'a Home, now: Timestamp) -> RunSettings<'a> {
        RunSettings {
            templates: &self.templates,
            reader: &self.reader,
            messages: &self.messages,
            policy: &home.policy,
            key: &home.key,
            pin_cost: home.pin_cost(),
            random: &entropy::fill,
            now,
        }
    }
}
