//! The originals of submissions, read again for a person: with the readers, limits and templates of a run.

use countersign_core::store::SubmissionRecord;
use countersign_ingest::batch::{DeskForm, RunSettings, Templates};
use countersign_ingest::worker::Workers;
use jiff::Timestamp;

use crate::args::OriginalsArgs;
use crate::entropy;
use crate::exit::WrongInput;
use crate::home::Home;
use crate::originals::Originals;
use crate::readers::{self, Isolation};

/// What reading the original of a submission again needs.
pub(crate) struct Desk {
    pub(crate) templates: Templates,
    pub(crate) reader: Workers,
    pub(crate) originals: Originals,
}

impl Desk {
    /// For the submissions of this one's run.
    pub(crate) fn open(home: &mut Home, record: &SubmissionRecord, args: &OriginalsArgs) -> anyhow::Result<Self> {
        let templates = home.templates()?;
        let limits = &home.policy.limits;
        let isolation = Isolation::allowing_weak(args.allow_weak_isolation);
        let reader = readers::start(templates.looks().to_vec(), limits.into(), limits.into(), isolation)?;
        let originals = Originals::of_run(record.run, &mut home.store, args, limits.file_bytes)?;
        Ok(Self { templates, reader, originals })
    }

    /// Reads the original of a submission.
    pub(crate) fn read(&mut self, record: &SubmissionRecord, home: &Home, now: Timestamp) -> anyhow::Result<DeskForm> {
        let bytes = self.originals.find(record.file)?.ok_or_else(|| {
            WrongInput(format!(
                "the original of {} (`{}`) is neither where its run read it nor in an archive: --from says where it is",
                record.id, record.source_file
            ))
        })?;
        Ok(DeskForm::open(record.clone(), &bytes, &self.settings(home, now))?)
    }

    fn settings<'a>(&'a self, home: &'a Home, now: Timestamp) -> RunSettings<'a> {
        RunSettings {
            templates: &self.templates,
            reader: &self.reader,
            policy: &home.policy,
            key: &home.key,
            pin_cost: home.pin_cost(),
            random: &entropy::fill,
            now,
        }
    }
}
