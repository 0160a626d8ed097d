//! What a run is given, as messages where it is mail: files of a Maildir, `.eml` files, the messages of `.mbox` files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use countersign_core::submission::FileDigest;
use countersign_ingest::batch::{self, Entry, NoSuchPath, message_bytes};
use countersign_mail::mailbox::maildir::{self, SubFolders};
use countersign_mail::mailbox::mbox::{Content, Mbox, Quoting};
use zeroize::Zeroizing;

use crate::correspondence::{limits, unpacked};

/// Lists everything under the paths, in the order of names. `form_bytes` is how large a form may be.
pub(crate) fn list(paths: &[PathBuf], form_bytes: u64) -> Result<Vec<Entry>, NoSuchPath> {
    let mut maildirs: BTreeMap<PathBuf, Vec<Entry>> = BTreeMap::new();
    let mut roots: BTreeMap<PathBuf, bool> = BTreeMap::new();
    let mut entries = Vec::new();
    for entry in batch::list(paths)? {
        match root(entry.path(), &mut roots).filter(|_| entry.is_file()) {
            Some(root) => maildirs.entry(root).or_default().push(entry),
            None if !entry.is_file() => entries.push(entry),
            None => entries.extend(messages(entry, form_bytes)),
        }
    }
    entries.extend(maildirs.into_iter().flat_map(|(root, files)| of_maildir(&root, files)));
    entries.sort();
    Ok(entries)
}

/// The bytes by whose digest an entry is known: of a message, without what its mailbox put around it; `None` when it cannot be read.
pub(crate) fn original(entry: &Entry, form_bytes: u64) -> Option<Zeroizing<Vec<u8>>> {
    let Some(packing) = entry.packing() else {
        return entry.read(form_bytes).ok().map(|it| Zeroizing::new(it.bytes));
    };
    let packed = Zeroizing::new(entry.read(message_bytes(form_bytes)).ok()?.bytes);
    Some(Zeroizing::new(unpacked(&packed, packing).into_owned()))
}

/// The Maildir that a file lies in: directly in it, or in its `cur`, `new` or `tmp`.
fn root(path: &Path, roots: &mut BTreeMap<PathBuf, bool>) -> Option<PathBuf> {
    let mut is_maildir = |it: &Path| {
        *roots.entry(it.to_owned()).or_insert_with(|| ["cur", "new", "tmp"].iter().all(|name| it.join(name).is_dir()))
    };
    let folder = path.parent()?;
    let inner = folder.parent().filter(|it| is_maildir(it)).map(Path::to_owned);
    inner.or_else(|| is_maildir(folder).then(|| folder.to_owned()))
}

/// The files of a Maildir: messages, each once and under the name that it keeps; all else is left alone.
fn of_maildir(root: &Path, files: Vec<Entry>) -> Vec<Entry> {
    let inner = |it: &Entry| it.path().strip_prefix(root).unwrap_or(it.path()).to_owned();
    let listing = maildir::listing(files.iter().map(&inner), SubFolders::Left);
    let messages: BTreeMap<&Path, &maildir::Entry> =
        listing.messages.iter().map(|it| (it.path.as_path(), it)).collect();
    let as_listed = |file: Entry| {
        let place = inner(&file);
        let Some(message) = messages.get(place.as_path()) else {
            let is_in_tmp = place.starts_with("tmp");
            let why = if is_in_tmp { "a message that is still being delivered" } else { "a file of the mail server" };
            return file.left_alone(why);
        };
        // The folder's own name, as far as it stands in front of the message's.
        let name = file.name();
        let folder = name.len().saturating_sub(place.as_os_str().len());
        let name = [&name[..folder], message.name.as_bytes()].concat();
        match (message.is_draft, message.is_trashed) {
            (true, _) => file.left_alone("a draft"),
            (_, true) => file.left_alone("a message that was thrown away"),
            (false, false) => file.as_message(&name),
        }
    };
    files.into_iter().map(as_listed).collect()
}

/// A file as the messages that it is; itself when it is none.
fn messages(file: Entry, form_bytes: u64) -> Vec<Entry> {
    let name = file.path().file_name().map(|it| it.to_string_lossy().to_lowercase()).unwrap_or_default();
    if name.ends_with(".eml") {
        let name = file.name().to_owned();
        return vec![file.as_message(&name)];
    }
    if name != "mbox" && !name.ends_with(".mbox") {
        return vec![file];
    }
    // One that cannot be read to its end is read as a file, which says why.
    of_mbox(&file, form_bytes).filter(|it| !it.is_empty()).unwrap_or_else(|| vec![file])
}

/// The messages of an mbox file. It is read once here, one message at a time, and each message again when it is its turn.
fn of_mbox(file: &Entry, form_bytes: u64) -> Option<Vec<Entry>> {
    let reader = BufReader::with_capacity(1 << 16, file.open().ok().filter(is_plain)?);
    let most = limits(form_bytes).message_bytes;
    let mut entries = Vec::new();
    for message in Mbox::new(reader, Quoting::Mboxrd, most) {
        let message = message.ok()?;
        let digest = match &message.content {
            Content::Whole(bytes) => FileDigest::of(bytes),
            Content::TooLarge => FileDigest::of(b""),
        };
        entries.push(file.as_piece(message.number, message.range, digest));
    }
    Some(entries)
}

fn is_plain(file: &File) -> bool {
    file.metadata().is_ok_and(|it| it.is_file())
}
