//! The folder: which files there are, in which order, and what their bytes are. Each file is opened once, without
//! following links or waiting for pipes, checked by its handle and read once; those bytes are hashed and parsed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use countersign_core::decision::Refusal;
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::submission::FileDigest;
use jiff::Timestamp;
use rustix::fs::OFlags;
use walkdir::WalkDir;

/// A file that came in.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Entry {
    /// Its name within the folder: bytes, which decide the order.
    name: Vec<u8>,
    /// Its number within the file, from 1, where a file holds several; 0 where it is the file.
    number: u64,
    path: PathBuf,
    kind: EntryKind,
}

/// How a message is kept.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Packing {
    /// In a file of its own.
    Alone,
    /// In an mbox file, behind a line `From `, its own such lines quoted (RFC 4155).
    Mbox,
}

#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
enum EntryKind {
    File,
    Litter(&'static str),
    Unreadable,
    Message,
    /// These bytes of an mbox file; the digest is that of the message in them.
    Piece(u64, u64, FileDigest),
    /// Its bytes are here already.
    Given(Vec<u8>),
}

impl std::fmt::Debug for EntryKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File => "File",
            Self::Litter(_) => "Litter",
            Self::Message | Self::Piece(..) => "Message",
            Self::Unreadable => "Unreadable",
            Self::Given(_) => "Given",
        })
    }
}

/// A path that the run was given and that is not there.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub struct NoSuchPath {
    /// The path.
    pub path: PathBuf,
    /// Why not.
    pub source: std::io::Error,
}

/// The bytes of a file that came in.
pub struct Intake {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// When the file was last written.
    pub received_at: Option<Timestamp>,
}

/// Lists every file under the paths, each once, in the order of their names. Folders are walked without following
/// links; a folder that cannot be read is an entry of its own, so that nothing goes missing silently.
pub fn list(paths: &[PathBuf]) -> Result<Vec<Entry>, NoSuchPath> {
    let mut entries = Vec::new();
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|source| NoSuchPath { path: path.clone(), source })?;
        if meta.is_dir() {
            std::fs::read_dir(path).map_err(|source| NoSuchPath { path: path.clone(), source })?;
            let prefix = if paths.len() > 1 { Some(path.as_path()) } else { None };
            entries.extend(walk(path, prefix));
        } else {
            entries.push(entry(path.file_name().map(Path::new).unwrap_or(path), path.clone()));
        }
    }
    entries.sort();
    entries.dedup_by(|one, two| one.path == two.path);
    Ok(entries)
}

fn walk<'a>(root: &'a Path, prefix: Option<&'a Path>) -> impl Iterator<Item = Entry> + 'a {
    let name_of = move |path: &Path| {
        let inner = path.strip_prefix(root).unwrap_or(path);
        prefix.map_or_else(|| inner.to_owned(), |it| it.join(inner))
    };
    WalkDir::new(root).follow_links(false).into_iter().filter_map(move |found| match found {
        Ok(it) if it.file_type().is_dir() => None,
        Ok(it) => Some(entry(&name_of(it.path()), it.path().to_owned())),
        Err(error) => {
            let path = error.path().unwrap_or(root).to_owned();
            Some(Entry { name: name_bytes(&name_of(&path)), number: 0, path, kind: EntryKind::Unreadable })
        }
    })
}

fn entry(name: &Path, path: PathBuf) -> Entry {
    let kind = if is_litter(name) { EntryKind::Litter(LITTER) } else { EntryKind::File };
    Entry { name: name_bytes(name), number: 0, path, kind }
}

const LITTER: &str = "a hidden file, or one that an operating system keeps in folders";

fn name_bytes(name: &Path) -> Vec<u8> {
    name.as_os_str().as_bytes().to_vec()
}

/// What operating systems leave lying about in folders.
fn is_litter(name: &Path) -> bool {
    let last = name.file_name().map(OsStrExt::as_bytes).unwrap_or_default();
    let is_hidden = name.components().any(|it| matches!(it, Component::Normal(it) if it.as_bytes().starts_with(b".")));
    is_hidden || [&b"Thumbs.db"[..], b"desktop.ini", b"Icon\r"].contains(&last)
}

impl Entry {
    /// A file whose bytes are here already, under a name as reports show it.
    pub fn given(name: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.as_bytes().to_vec(), number: 0, path: PathBuf::new(), kind: EntryKind::Given(bytes) }
    }

    /// The same file, as a message under this name.
    #[must_use]
    pub fn as_message(self, name: &[u8]) -> Self {
        Self { name: name.to_vec(), kind: EntryKind::Message, ..self }
    }

    /// One message of the file, which is an mbox: its number from 1, its bytes from the line `From ` on, and its digest.
    #[must_use]
    pub fn as_piece(&self, number: u64, bytes: std::ops::Range<u64>, digest: FileDigest) -> Self {
        let kind = EntryKind::Piece(bytes.start, bytes.end.saturating_sub(bytes.start), digest);
        Self { number, kind, ..self.clone() }
    }

    /// The same file, which is left alone, and why.
    #[must_use]
    pub fn left_alone(self, why: &'static str) -> Self {
        Self { kind: EntryKind::Litter(why), ..self }
    }

    /// Whether it is a plain file that nothing more is known about.
    pub fn is_file(&self) -> bool {
        self.kind == EntryKind::File
    }

    /// How the message is kept that it is; `None` when it is none.
    pub fn packing(&self) -> Option<Packing> {
        match self.kind {
            EntryKind::Message => Some(Packing::Alone),
            EntryKind::Piece(..) => Some(Packing::Mbox),
            EntryKind::File | EntryKind::Litter(_) | EntryKind::Unreadable | EntryKind::Given(_) => None,
        }
    }

    /// The digest of the message as it was when the mailbox was listed.
    pub(super) fn listed_as(&self) -> Option<FileDigest> {
        if let EntryKind::Piece(_, _, digest) = self.kind { Some(digest) } else { None }
    }

    /// Its name within the folder, as bytes.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Where the file lies; empty for one whose bytes were given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name as reports show it: control characters, direction marks and bytes that are no UTF-8 are escaped.
    pub fn shown_name(&self) -> String {
        if let EntryKind::Given(_) = self.kind {
            return String::from_utf8_lossy(&self.name).into_owned();
        }
        let mut shown = shown_name(&self.name);
        if self.number > 0 {
            shown.push_str(&format!("#{}", self.number));
        }
        shown
    }

    /// Why the file is left alone, when it is no form at all.
    pub fn litter(&self) -> Option<&'static str> {
        if let EntryKind::Litter(why) = self.kind { Some(why) } else { None }
    }

    /// Reads the file, once and whole.
    pub fn read(&self, max_bytes: u64) -> Result<Intake, Refusal> {
        match &self.kind {
            EntryKind::Unreadable => return Err(unstable("the folder cannot be read")),
            EntryKind::Given(bytes) => return Ok(Intake { bytes: bytes.clone(), received_at: None }),
            EntryKind::File | EntryKind::Litter(_) | EntryKind::Message | EntryKind::Piece(..) => {}
        }
        let mut file = self.open()?;
        let meta = file.metadata().map_err(|_| unstable("the file cannot be examined"))?;
        if !meta.is_file() {
            return Err(unstable("not a plain file"));
        }
        if let EntryKind::Piece(start, length, _) = self.kind {
            let bytes = read_piece(&mut file, start, length, max_bytes)?;
            return Ok(Intake { bytes, received_at: None });
        }
        if meta.len() > max_bytes {
            return Err(too_large(max_bytes));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
        let read = file.by_ref().take(max_bytes + 1).read_to_end(&mut bytes);
        if read.is_err() || bytes.len() as u64 != meta.len() {
            return Err(unstable("the file changed while it was read"));
        }
        if let Some(refusal) = out_of_size(&bytes, max_bytes) {
            return Err(refusal);
        }
        let received_at = meta.modified().ok().and_then(|it| Timestamp::try_from(it).ok());
        Ok(Intake { bytes, received_at })
    }

    /// Opens the file: no link is followed, no pipe waited for.
    pub fn open(&self) -> Result<File, Refusal> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits() as i32;
        OpenOptions::new().read(true).custom_flags(flags).open(&self.path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => unstable("the file is gone"),
            std::io::ErrorKind::PermissionDenied => unstable("the file may not be read"),
            // What O_NOFOLLOW answers for a symbolic link (open(2)).
            _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                unstable("a link, not a plain file")
            }
            _ => unstable("the file cannot be opened"),
        })
    }
}

fn read_piece(file: &mut File, start: u64, length: u64, max_bytes: u64) -> Result<Vec<u8>, Refusal> {
    if length > max_bytes {
        return Err(too_large(max_bytes));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut bytes));
    read.map(|()| bytes).map_err(|_| unstable("the mailbox changed while it was read"))
}

/// Why bytes are no form that needs to be read: there are none, or too many.
pub(super) fn out_of_size(bytes: &[u8], max_bytes: u64) -> Option<Refusal> {
    if bytes.is_empty() {
        return Some(refuse(Reason::of_form(ReasonCode::EmptyFile)));
    }
    (bytes.len() as u64 > max_bytes).then(|| too_large(max_bytes))
}

fn too_large(max_bytes: u64) -> Refusal {
    refuse(Reason::of_form(ReasonCode::TooLarge).because(format!("at most {max_bytes} bytes")))
}

/// A name as reports show it, see [`Entry::shown_name`].
pub(super) fn shown_name(name: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in name.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => shown.push_str("\\\\"),
                it if it.is_control() || is_direction_mark(it) => shown.extend(it.escape_unicode()),
                it => shown.push(it),
            }
        }
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}

/// Whether a character turns a line around or is not seen in it.
pub fn is_direction_mark(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn unstable(detail: &str) -> Refusal {
    refuse(Reason::of_form(ReasonCode::FileUnstable).because(detail))
}

fn refuse(reason: Reason) -> Refusal {
    Refusal::new(vec![reason])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn names(entries: &[Entry]) -> Vec<String> {
        entries.iter().map(Entry::shown_name).collect()
    }

    fn code(refusal: Refusal) -> ReasonCode {
        refusal.reasons()[0].code
    }

    #[test]
    fn a_folder_is_listed_in_the_order_of_names() {
        let dir = folder();
        std::fs::create_dir(dir.path().join("b")).unwrap();
        for name in ["b/2.pdf", "c.pdf", "a.pdf", ".DS_Store"] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        std::fs::create_dir(dir.path().join(".trash")).unwrap();
        std::fs::write(dir.path().join(".trash/old.pdf"), "x").unwrap();
        let entries = list(&[dir.path().to_owned()]).unwrap();
        assert!(entries[1].litter().is_some());
        let entries: Vec<Entry> = entries.into_iter().filter(|it| !it.shown_name().starts_with(".trash")).collect();
        assert_eq!(names(&entries), [".DS_Store", "a.pdf", "b/2.pdf", "c.pdf"]);
        assert!(entries[0].litter().is_some() && entries[1].litter().is_none());
    }

    #[test]
    fn a_path_given_twice_is_listed_once() {
        let dir = folder();
        std::fs::write(dir.path().join("a.pdf"), "x").unwrap();
        let file = dir.path().join("a.pdf");
        assert_eq!(list(&[file.clone(), file]).unwrap().len(), 1);
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        let error = list(&[folder().path().join("nowhere")]).unwrap_err();
        assert!(error.to_string().contains("nowhere"));
    }

    #[test]
    fn what_is_no_plain_file_is_refused_without_waiting() {
        let dir = folder();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("link.pdf")).unwrap();
        let fifo = dir.path().join("pipe.pdf");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let entries = list(&[dir.path().to_owned()]).unwrap();
        assert_eq!(entries.len(), 2);
        for entry in entries {
            assert_eq!(entry.read(100).map(|_| ()).map_err(code), Err(ReasonCode::FileUnstable), "{entry:?}");
        }
    }

    #[test]
    fn empty_and_large_files_are_refused() {
        let dir = folder();
        std::fs::write(dir.path().join("a"), "").unwrap();
        std::fs::write(dir.path().join("b"), [0; 101]).unwrap();
        std::fs::write(dir.path().join("c"), [0; 100]).unwrap();
        let read =
            |at: usize| list(&[dir.path().to_owned()]).unwrap()[at].read(100).map(|it| it.bytes.len()).map_err(code);
        assert_eq!((read(0), read(1), read(2)), (Err(ReasonCode::EmptyFile), Err(ReasonCode::TooLarge), Ok(100)));
    }

    #[test]
    fn names_are_shown_escaped() {
        let entry = |name: &[u8]| Entry { name: name.to_vec(), number: 0, path: PathBuf::new(), kind: EntryKind::File };
        assert_eq!(entry("a\u{202e}b\nc\\".as_bytes()).shown_name(), "a\\u{202e}b\\u{a}c\\\\");
        assert_eq!(entry(b"a\xff.pdf").shown_name(), "a\\xff.pdf");
        assert_eq!(entry("müller.pdf".as_bytes()).shown_name(), "müller.pdf");
    }
}
