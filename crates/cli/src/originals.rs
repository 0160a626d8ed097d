//! The original of a submission, found again by its hash: in an archive, or where its run read it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use countersign_core::store::{AccountStore, RunId};
use countersign_core::submission::FileDigest;
use countersign_ingest::batch;
use zeroize::Zeroizing;

use crate::archive;
use crate::args::OriginalsArgs;
use crate::correspondence::limits;
use crate::exit::WrongInput;
use crate::home::open_plain;
use crate::mailboxes;

/// Where originals are looked for.
pub(crate) struct Originals {
    places: Vec<PathBuf>,
    identities: Vec<Box<dyn age::Identity + Send + Sync>>,
    max_bytes: u64,
    /// Everything that lies in the places, by its hash; made when the archives do not have what is wanted.
    lying_about: Option<BTreeMap<FileDigest, batch::Entry>>,
}

impl Originals {
    /// Those of a run: where it read from, where it archived to, and what was named on the command line.
    pub(crate) fn of_run(
        run: RunId,
        store: &mut dyn AccountStore,
        args: &OriginalsArgs,
        max_bytes: u64,
    ) -> anyhow::Result<Self> {
        let mut places = args.from.clone();
        let record = store.run(run).with_context(|| format!("cannot look up run {run}"))?;
        places.extend(record.into_iter().flat_map(|it| it.places).map(PathBuf::from));
        let identities = args.identity.as_deref().map(identities).transpose()?.unwrap_or_default();
        Ok(Self { places, identities, max_bytes, lying_about: None })
    }

    /// The bytes with this hash; `None` when they are nowhere.
    pub(crate) fn find(&mut self, digest: FileDigest) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
        if let Some(kept) = self.places.iter().find_map(|it| archive::find(it, digest)) {
            let bytes = self.open(&kept.path, kept.is_encrypted)?;
            return Ok(Some(bytes).filter(|it| FileDigest::of(it) == digest));
        }
        if self.lying_about.is_none() {
            self.lying_about = Some(self.list());
        }
        let known = self.lying_about.as_ref().and_then(|it| it.get(&digest));
        Ok(known.and_then(|it| mailboxes::original(it, self.max_bytes)).filter(|it| FileDigest::of(it) == digest))
    }

    /// The archive that holds this original.
    pub(crate) fn archive_of(&self, digest: FileDigest) -> Option<&Path> {
        self.places.iter().map(PathBuf::as_path).find(|it| archive::find(it, digest).is_some())
    }

    fn open(&self, path: &Path, is_encrypted: bool) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let opening = || format!("cannot open the original {}", path.display());
        let file = File::open(path).with_context(opening)?;
        let mut bytes = Zeroizing::new(Vec::new());
        let most = limits(self.max_bytes).message_bytes as u64 + 1;
        if !is_encrypted {
            file.take(most).read_to_end(&mut bytes).with_context(opening)?;
            return Ok(bytes);
        }
        if self.identities.is_empty() {
            let what = format!("{} is encrypted: --identity names the file with the age identity", path.display());
            return Err(WrongInput(what).into());
        }
        let decryptor = age::Decryptor::new_buffered(BufReader::new(file)).with_context(opening)?;
        let identities = self.identities.iter().map(|it| it.as_ref() as &dyn age::Identity);
        let reader = decryptor.decrypt(identities).with_context(opening)?;
        reader.take(most).read_to_end(&mut bytes).with_context(opening)?;
        Ok(bytes)
    }

    fn list(&self) -> BTreeMap<FileDigest, batch::Entry> {
        // A place that is gone has nothing.
        let there: Vec<PathBuf> = self.places.iter().filter(|it| it.exists()).cloned().collect();
        let entries = mailboxes::list(&there, self.max_bytes).unwrap_or_default();
        let digest = |it: &batch::Entry| mailboxes::original(it, self.max_bytes).map(|read| FileDigest::of(&read));
        entries.into_iter().filter_map(|it| Some((digest(&it)?, it))).collect()
    }
}

fn identities(path: &Path) -> anyhow::Result<Vec<Box<dyn age::Identity + Send + Sync>>> {
    let wrong = |what: String| WrongInput(format!("{}: {what}", path.display()));
    let file = open_plain(path)?;
    let file = age::IdentityFile::from_buffer(BufReader::new(file))
        .map_err(|error| wrong(format!("no file of age identities: {error}")))?;
    Ok(file.into_identities().map_err(|error| wrong(error.to_string()))?)
}
