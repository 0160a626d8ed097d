//! The archive of returned forms: each original under its hash, in a folder for how it ended, moved there once its decision is
//! on disk. Each original holds a PIN in clear text, so it is encrypted to an age recipient, or kept in the clear only where
//! somebody said so.
//!
//! `DIR/accepted/3f/3fa9….pdf.age`: the name is the SHA-256 of the original, whatever it was called. What came in a message is kept as
//! that message, `….eml.age`, once for all that it brought.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use countersign_core::store::Status;
use countersign_core::submission::FileDigest;
use countersign_ingest::batch::{Entry, Packing};
use countersign_ingest::outcome::{Ending, Outcome};

use crate::exit::WrongInput;
use crate::mailboxes;

/// Endings that have a folder of their own.
const FOLDERS: [Status; 3] = [Status::Accepted, Status::Rejected, Status::Held];

/// The archive, open for writing.
pub(crate) struct Archive {
    dir: PathBuf,
    seal: Seal,
    max_bytes: u64,
}

/// How originals are kept.
pub(crate) enum Seal {
    /// Encrypted to this recipient (age-encryption.org/v1).
    Age(age::x25519::Recipient),
    /// As they are, with the PINs that are in them.
    Clear,
}

/// What an original is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A form.
    Form,
    /// A message, with the forms in it.
    Message,
}

/// An original in an archive.
pub(crate) struct Original {
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) is_encrypted: bool,
}

/// What became of one original.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kept {
    /// It is in the archive, and no longer where it was.
    Moved,
    /// It is in the archive, and also where it was: in an mbox file, with other messages.
    Copied,
    /// It stays where it is: nothing was decided on it, or it is not what was decided on any more.
    Left,
}

impl Archive {
    /// Opens the archive in `dir`, and makes it where there is none.
    pub(crate) fn open(
        dir: &Path,
        recipient: Option<&str>,
        in_the_clear: bool,
        max_bytes: u64,
    ) -> anyhow::Result<Self> {
        let seal = match (recipient, in_the_clear) {
            (Some(text), _) => Seal::Age(text.parse().map_err(|error| {
                WrongInput(format!("countersign.toml: archive.recipient is no age recipient (`age1…`): {error}"))
            })?),
            (None, true) => Seal::Clear,
            (None, false) => bail!(WrongInput(
                "each original holds a PIN: set archive.recipient in countersign.toml to the `age1…` line that age-keygen \
                 prints, or say --archive-in-the-clear"
                    .to_owned()
            )),
        };
        make_folder(dir)?;
        let dir = fs::canonicalize(dir).with_context(|| format!("cannot find the archive {}", dir.display()))?;
        Ok(Self { dir, seal, max_bytes })
    }

    /// Where it is.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Moves what came in as one file into the archive. `outcomes` are all that became of it: of a message, of everything in it.
    pub(crate) fn take(&self, entry: &Entry, outcomes: &[Outcome]) -> anyhow::Result<Kept> {
        let (Some(digest), Some(status)) = (original(entry, outcomes), worst(outcomes)) else { return Ok(Kept::Left) };
        let archiving = || format!("cannot archive {}", entry.shown_name());
        let identity = identity(entry.path()).with_context(archiving)?;
        let Some(bytes) = mailboxes::original(entry, self.max_bytes).filter(|it| FileDigest::of(it) == digest) else {
            return Ok(Kept::Left);
        };
        let kind = if entry.packing().is_some() { Kind::Message } else { Kind::Form };
        let kept = find(&self.dir, digest);
        if let Some(kept) = &kept
            && is_same_file(&kept.path, entry.path()).with_context(archiving)?
        {
            return Ok(Kept::Left);
        }
        // A name is no proof: what is there may have been cut short.
        let is_whole = kept.is_some_and(|kept| match kept.is_encrypted {
            false => fs::read(&kept.path).is_ok_and(|it| FileDigest::of(&it) == digest),
            true => fs::metadata(&kept.path).is_ok_and(|it| it.len() > bytes.len() as u64),
        });
        if !is_whole {
            self.put(status, (digest, kind), &bytes).with_context(archiving)?;
        }
        if entry.packing() == Some(Packing::Mbox) {
            return Ok(Kept::Copied);
        }
        // Another file may have come under its name since: that one stays.
        if identity.is_none() || identity != self::identity(entry.path()).with_context(archiving)? {
            return Ok(Kept::Left);
        }
        fs::remove_file(entry.path()).with_context(archiving)?;
        Ok(Kept::Moved)
    }

    /// Writes an original: whole under its name, or not at all.
    fn put(&self, status: Status, (digest, kind): (FileDigest, Kind), bytes: &[u8]) -> anyhow::Result<()> {
        let (sealed, is_encrypted) = match &self.seal {
            Seal::Age(recipient) => (&age::encrypt(recipient, bytes)?, true),
            Seal::Clear => (&bytes.to_vec(), false),
        };
        let path = place(&self.dir, status, digest, (kind, is_encrypted));
        let folder = path.parent().expect("an original lies in a folder");
        make_folder(folder)?;
        // Another program may be writing the same original at this moment.
        let partial = path.with_extension(format!("{}.part", std::process::id()));
        match fs::remove_file(&partial) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        file.write_all(sealed).and_then(|()| file.sync_all())?;
        fs::rename(&partial, &path)?;
        File::open(folder)?.sync_all()?;
        Ok(())
    }
}

/// Moves an original whose submission was resolved into the folder of its new ending. Answers whether there was one.
pub(crate) fn refile(dir: &Path, digest: FileDigest, status: Status) -> io::Result<bool> {
    let Some(Original { path: from, kind, is_encrypted }) = find(dir, digest) else { return Ok(false) };
    let to = place(dir, status, digest, (kind, is_encrypted));
    if from != to {
        let folder = to.parent().expect("an original lies in a folder");
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        fs::rename(from, &to)?;
    }
    Ok(true)
}

/// Where an original lies in an archive.
pub(crate) fn find(dir: &Path, digest: FileDigest) -> Option<Original> {
    let kinds = [Kind::Form, Kind::Message].into_iter().flat_map(|kind| [(kind, false), (kind, true)]);
    let at = |status, (kind, is_encrypted)| {
        let path = place(dir, status, digest, (kind, is_encrypted));
        Original { path, kind, is_encrypted }
    };
    kinds.flat_map(|it| FOLDERS.map(|status| at(status, it))).find(|it| it.path.is_file())
}

fn place(dir: &Path, status: Status, digest: FileDigest, (kind, is_encrypted): (Kind, bool)) -> PathBuf {
    let name = digest.to_hex();
    let kind = match kind {
        Kind::Form => "pdf",
        Kind::Message => "eml",
    };
    let suffix = if is_encrypted { ".age" } else { "" };
    dir.join(status.word()).join(&name[..2]).join(format!("{name}.{kind}{suffix}"))
}

/// The digest by which an original is named: a file's own, or that of the message.
fn original(entry: &Entry, outcomes: &[Outcome]) -> Option<FileDigest> {
    match entry.packing() {
        Some(_) => outcomes.iter().find_map(|it| it.message.as_ref()).map(|it| it.digest),
        None => outcomes.first().and_then(|it| it.file),
    }
}

/// The ending under which a message is kept that brought several things: the one that most people will look for.
fn worst(outcomes: &[Outcome]) -> Option<Status> {
    let rank = |it: &Status| match it {
        Status::Held => 2,
        Status::Accepted => 1,
        Status::Rejected => 0,
    };
    outcomes.iter().filter(|it| it.file.is_some()).filter_map(|it| status_of(&it.ending)).max_by_key(rank)
}

/// The ending under which an original is kept: of a duplicate, that of the first copy.
fn status_of(ending: &Ending) -> Option<Status> {
    match ending {
        Ending::Accepted(_) => Some(Status::Accepted),
        Ending::Rejected(_) => Some(Status::Rejected),
        Ending::Held(_) => Some(Status::Held),
        Ending::Duplicate(first) => Some(first.status),
        Ending::Ignored(_) => None,
    }
}

fn is_same_file(one: &Path, other: &Path) -> io::Result<bool> {
    let place = |it: &Path| fs::metadata(it).map(|it| (it.dev(), it.ino()));
    Ok(place(one)? == place(other)?)
}

/// What tells a file from another one that came under its name; `None` when it is gone.
fn identity(path: &Path) -> io::Result<Option<(u64, u64, i64, i64)>> {
    match fs::symlink_metadata(path) {
        Ok(it) => Ok(Some((it.dev(), it.ino(), it.mtime(), it.mtime_nsec()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn make_folder(dir: &Path) -> anyhow::Result<()> {
    let making = || format!("cannot make the folder {}", dir.display());
    DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(making)
}
