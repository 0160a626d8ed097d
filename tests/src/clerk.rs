//! A clerk who runs folders of forms that were read already: the whole run behind the reader, on any store.

use std::path::{Path, PathBuf};

use countersign_core::pin::PinCost;
use countersign_core::policy::Policy;
use countersign_core::store::AccountStore;
use countersign_core::template::BlankLook;
use countersign_core::vault::VaultKey;
use countersign_ingest::batch::{self, RunError, RunSettings, Templates};
use countersign_ingest::outcome::Outcome;
use countersign_testkit::{NOW, Seeded, vault_key};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::desk::Outcomes;
use crate::measure;
use crate::transcript::Transcripts;

/// A clerk with threads of their own. It is always [`NOW`], and PINs cost next to nothing to check.
pub struct Clerk {
    templates: Templates,
    key: VaultKey,
    policy: Policy,
    threads: ThreadPool,
}

impl Clerk {
    /// A clerk with this many threads.
    ///
    /// # Panics
    /// When the shipped template is not there, or no thread can be started.
    pub fn with_threads(threads: usize) -> Self {
        let template = measure::template();
        let look = BlankLook {
            template: template.id.clone(),
            pages: vec![],
            own_pictures: Default::default(),
            fields: Default::default(),
            specimen: vec![],
        };
        let mut templates = Templates::default();
        templates.add(template, look);
        let threads = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        Self { templates, key: vault_key(), policy: Policy::default(), threads }
    }

    /// Runs a folder: the rows that were handed out, and how the run ended.
    pub fn run(&self, folder: &Path, store: &mut dyn AccountStore) -> (Vec<Outcome>, Result<(), RunError>) {
        self.run_files(&[folder.to_owned()], store)
    }

    /// Runs these files and folders.
    ///
    /// # Panics
    /// When one is not there.
    pub fn run_files(&self, paths: &[PathBuf], store: &mut dyn AccountStore) -> (Vec<Outcome>, Result<(), RunError>) {
        let random = |bytes: &mut [u8; 40]| bytes.copy_from_slice(&Seeded::new(2).bytes::<40>());
        let settings = RunSettings {
            templates: &self.templates,
            reader: &Transcripts,
            messages: &batch::NoMessages,
            policy: &self.policy,
            key: &self.key,
            pin_cost: PinCost::CHEAP_FOR_TESTS,
            random: &random,
            now: NOW,
        };
        let entries = batch::list(paths).expect("what is to be run is there");
        let mut sink = Outcomes::default();
        let ended = self.threads.install(|| {
            let header = batch::begin_run(store, &settings)?;
            batch::run(&entries, &header, &settings, store, &mut sink)
        });
        (sink.0, ended)
    }
}
