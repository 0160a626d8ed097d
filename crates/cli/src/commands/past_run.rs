//! What an old run decided, out of the store: for `report` and `policy try`. Duplicates and files that were ignored are not in the store.

use std::collections::BTreeSet;

use anyhow::Context;
use countersign_core::reason::Reason;
use countersign_core::store::{AccountStore, Resolution, RunId, RunRecord, Status, SubmissionRecord, Which};
use countersign_core::submission::SubmissionId;
use countersign_store::SqliteStore;

use crate::exit::WrongInput;

const FORMS_AT_ONCE: usize = 1_000;

/// A form of a run with how it ended then.
pub(super) struct Then {
    /// As it is now.
    pub(super) record: SubmissionRecord,
    /// How the run left it.
    pub(super) status: Status,
    /// Why.
    pub(super) reasons: Vec<Reason>,
    /// What a person made of it since, where it was held.
    pub(super) resolution: Option<Resolution>,
}

/// The run that is meant: `R-000012` or `12`. It must have been.
pub(super) fn find_run(store: &mut SqliteStore, text: &str) -> anyhow::Result<RunRecord> {
    let number = text.trim().trim_start_matches("R-").parse().ok();
    let wrong = || WrongInput(format!("a run is R-000012 or 12, not `{}`", text.escape_debug()));
    let run = number.map(RunId).ok_or_else(wrong)?;
    let record = store.run(run).context("cannot look up the run")?;
    Ok(record.ok_or_else(|| WrongInput(format!("there was no run {run}")))?)
}

/// The forms that were first decided in a run, in the order of their names, which is the order of the run.
pub(super) fn forms_of(run: RunId, store: &mut SqliteStore) -> anyhow::Result<Vec<Then>> {
    let mut forms = Vec::new();
    let mut after: Option<SubmissionId> = None;
    loop {
        let page = store.submissions_after(Which::OfRun(run), after.as_ref(), FORMS_AT_ONCE);
        let page = page.context("cannot list the run")?;
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        let ids: BTreeSet<SubmissionId> = page.iter().map(|it| it.id.clone()).collect();
        let mut resolved = store.resolutions(&ids).context("cannot list the run")?;
        forms.extend(page.into_iter().map(|record| {
            let resolution = resolved.remove(&record.id);
            let status = if resolution.is_some() { Status::Held } else { record.status };
            Then { status, reasons: record.reasons.clone(), resolution, record }
        }));
    }
    forms.sort_by(|one, two| one.record.source_file.cmp(&two.record.source_file));
    Ok(forms)
}
