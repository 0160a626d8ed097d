//! A run: alternates parallel work and effects in whole stages, so that nothing is shared, nothing is locked, and no
//! result depends on which thread came first.
//!
//! Each chunk of the folder goes through: read and parse, in parallel; then in waves: look up, decide (in parallel),
//! reserve an attempt for every PIN, look at the PINs (in parallel, and slow on purpose), settle in the order of the
//! folder. A wave takes at most one PIN of each account, so that a form sees what an earlier one changed.

mod desk;
mod examine;
mod intake;
mod message;
mod settle;
mod unformed;
mod wave;

use std::cell::RefCell;

use countersign_core::audit::AuditHead;
use countersign_core::decision::Terms;
use countersign_core::pin::{PinCost, PinHasher, VERIFIER_RANDOM_BYTES};
use countersign_core::policy::{LimitPolicy, Policy};
use countersign_core::store::{AccountStore, StoreError};
use countersign_core::vault::VaultKey;
use jiff::Timestamp;
use rayon::prelude::*;

pub use desk::{DeskAnswer, DeskForm, OtherFile, Person, refuse};
pub use examine::Templates;
pub use intake::{Entry, NoSuchPath, Packing, is_direction_mark, list};
pub use message::{AttachedForm, MessageOpener, NoMessages, OpenedMessage, Words, WrittenRequest, message_bytes};
pub use unformed::{Waiting, decide_waiting};

use crate::limits::Limits;
use crate::outcome::{Outcome, RunHeader};
use crate::worker::{Budget, FormReader};
use examine::examine;
use wave::Chunk;

/// Files that are worked on together: enough to keep every core at its PINs, few enough to keep memory flat.
pub const CHUNK_FILES: usize = 256;

/// What a run works by.
pub struct RunSettings<'a> {
    /// The forms that are taken.
    pub templates: &'a Templates,
    /// What reads them.
    pub reader: &'a dyn FormReader,
    /// What opens the messages that some of them come in.
    pub messages: &'a dyn MessageOpener,
    /// The provider's rules.
    pub policy: &'a Policy,
    /// The vault key.
    pub key: &'a VaultKey,
    /// What new verifiers cost.
    pub pin_cost: PinCost,
    /// Fresh randomness for new verifiers.
    pub random: &'a (dyn Fn(&mut [u8; VERIFIER_RANDOM_BYTES]) + Sync),
    /// The moment of the run: every decision is made as of now.
    pub now: Timestamp,
}

/// Why a run could not go on. What was settled before is in the reports, and running it again is safe.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store does not answer.
    #[error("cannot {doing}")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: StoreError,
    },
    /// The clock was set back.
    #[error("the clock says {now}, but the newest row of the audit trail is of {newest}")]
    ClockSetBack {
        /// What the clock says.
        now: Timestamp,
        /// When the newest row was written.
        newest: Timestamp,
    },
    /// The rows could not be handed on.
    #[error("cannot write the reports")]
    Report(#[source] std::io::Error),
    /// A verifier in the store cannot be opened.
    #[error("cannot check the Security PIN of account {account}")]
    Pin {
        /// The account.
        account: countersign_core::account::AccountNumber,
        /// Why not.
        source: countersign_core::pin::PinError,
    },
}

/// Takes the rows of a run as they are settled, in the order of the folder.
pub trait OutcomeSink {
    /// Takes the rows of one chunk.
    fn take(&mut self, outcomes: &[Outcome]) -> std::io::Result<()>;
}

/// Opens a run on this store.
pub fn begin_run(store: &mut dyn AccountStore, settings: &RunSettings<'_>) -> Result<RunHeader, RunError> {
    let AuditHead { at, .. } = store.audit_head().map_err(failed("read the audit trail"))?;
    if let Some(newest) = at.filter(|it| *it > settings.now) {
        return Err(RunError::ClockSetBack { now: settings.now, newest });
    }
    let run = store.begin_run(settings.now).map_err(failed("begin a run"))?;
    Ok(RunHeader {
        run,
        started_at: settings.now,
        policy_version: settings.policy.version.clone(),
        policy_digest: settings.policy.digest(),
        rehearsal: false,
    })
}

/// Works through the entries on the current thread pool and hands every row to `sink`.
pub fn run(
    entries: &[Entry],
    header: &RunHeader,
    settings: &RunSettings<'_>,
    store: &mut dyn AccountStore,
    sink: &mut dyn OutcomeSink,
) -> Result<(), RunError> {
    for (at, chunk) in entries.chunks(CHUNK_FILES).enumerate() {
        let first = at * CHUNK_FILES;
        let examine = |(at, entry)| examine(first + at, entry, settings);
        let examined: Vec<Vec<_>> = chunk.par_iter().enumerate().with_max_len(4).map(examine).collect();
        let examined = examined.into_iter().flatten().collect();
        let (outcomes, settled) = Chunk::new(examined, header, settings).settle_all(store);
        sink.take(&outcomes).map_err(RunError::Report)?;
        settled?;
    }
    Ok(())
}

impl<'a> RunSettings<'a> {
    fn terms(&self) -> Terms<'a> {
        Terms { policy: self.policy, key: self.key, now: self.now }
    }
}

fn failed(doing: &'static str) -> impl FnOnce(StoreError) -> RunError {
    move |source| RunError::Store { doing, source }
}

/// Lends the hasher of this thread: its 19 MiB are taken once, not for every PIN.
fn with_hasher<T>(work: impl FnOnce(&mut PinHasher) -> T) -> T {
    thread_local! {
        static HASHER: RefCell<PinHasher> = RefCell::new(PinHasher::new());
    }
    HASHER.with_borrow_mut(work)
}

impl From<&LimitPolicy> for Budget {
    fn from(policy: &LimitPolicy) -> Self {
        Self {
            memory_bytes: policy.memory_bytes,
            cpu_seconds: policy.cpu_seconds,
            wall_seconds: policy.wall_seconds,
            files: policy.files_per_reader,
        }
    }
}

impl From<&LimitPolicy> for Limits {
    fn from(policy: &LimitPolicy) -> Self {
        Self {
            file_bytes: usize::try_from(policy.file_bytes).unwrap_or(usize::MAX),
            objects: policy.objects,
            inflated_bytes: policy.inflated_bytes,
            stream_bytes: policy.stream_bytes,
            depth: policy.depth,
            fields: policy.fields,
            pages: policy.pages,
        }
    }
}
