//! Maildir: a folder of files, one for each message (<https://cr.yp.to/proto/maildir.html>).

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::message::safe_name;

/// A message in a Maildir.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The path, as it was listed; it is where the file is now.
    pub path: PathBuf,
    /// The stable name: the sub-folder, if it has one, and the unique name without flags, made safe for reports. A message
    /// keeps it when a program moves it from `new` to `cur` or flags it.
    pub name: String,
    /// Whether the user threw it away (flag `T`).
    pub is_trashed: bool,
    /// Whether it is a draft (flag `D`): nobody sent it.
    pub is_draft: bool,
}

/// Whether Maildir++ sub-folders, whose names begin with a dot, are entered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SubFolders {
    /// Only the folder itself.
    Left,
    /// Sub-folders, too: `.Archive`, and also `.Trash`, `.Sent` and `.Junk`.
    Entered,
}

/// What a listing holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listing {
    /// The messages, in the order of their names: they begin with the time of delivery.
    pub messages: Vec<Entry>,
    /// Paths that are no message: files of the server, messages that are still being written (`tmp`), sub-folders that were left.
    pub passed_over: Vec<PathBuf>,
}

/// Sorts out the files of a Maildir. `files` are their paths from the Maildir on, in any order.
///
/// A message that a program moves while the folder is being listed may be met twice, under two names with one unique name; it
/// counts once, where it was moved to: in `cur`.
pub fn listing(files: impl IntoIterator<Item = PathBuf>, sub_folders: SubFolders) -> Listing {
    let mut files: Vec<PathBuf> = files.into_iter().collect();
    files.sort();
    let mut messages: BTreeMap<Key, Entry> = BTreeMap::new();
    let mut passed_over = Vec::new();
    for path in files {
        match entry(&path, sub_folders) {
            Some((key, _)) if messages.contains_key(&key) => passed_over.push(path),
            Some((key, entry)) => drop(messages.insert(key, entry)),
            None => passed_over.push(path),
        }
    }
    Listing { messages: messages.into_values().collect(), passed_over }
}

/// Sub-folder and unique name, as bytes: two names that look alike are two messages.
type Key = (Vec<u8>, Vec<u8>);

fn entry(path: &Path, sub_folders: SubFolders) -> Option<(Key, Entry)> {
    let part = |it| if let Component::Normal(name) = it { Some(name.as_encoded_bytes()) } else { None };
    let parts: Vec<&[u8]> = path.components().map(part).collect::<Option<_>>()?;
    let (folder, place, file) = match parts.as_slice() {
        [place, file] => (&b""[..], *place, *file),
        [folder, place, file] if folder.starts_with(b".") && sub_folders == SubFolders::Entered => {
            (*folder, *place, *file)
        }
        _ => return None,
    };
    if !matches!(place, b"new" | b"cur") || file.starts_with(b".") {
        return None;
    }
    let (unique, flags) = unique_and_flags(file);
    let shown = |bytes: &[u8]| safe_name(&String::from_utf8_lossy(bytes));
    let name = if folder.is_empty() { shown(unique) } else { format!("{}/{}", shown(folder), shown(unique)) };
    let (is_trashed, is_draft) = (flags.contains(&b'T'), flags.contains(&b'D'));
    Some(((folder.to_vec(), unique.to_vec()), Entry { path: path.to_owned(), name, is_trashed, is_draft }))
}

/// `unique:2,FLAGS`. Where a file system knows no colon, programs write `;` or `!` instead.
fn unique_and_flags(name: &[u8]) -> (&[u8], &[u8]) {
    let at = name.windows(3).rposition(|it| matches!(it, [b':' | b';' | b'!', b'2', b',']));
    at.map_or((name, &[]), |at| (name.get(..at).unwrap_or_default(), name.get(at + 3..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str], sub_folders: SubFolders) -> (Vec<String>, Vec<String>) {
        let listing = listing(files.iter().map(PathBuf::from), sub_folders);
        let messages = listing.messages.into_iter().map(|it| it.name).collect();
        (messages, listing.passed_over.iter().map(|it| it.display().to_string()).collect())
    }

    #[test]
    fn messages_are_listed_by_their_stable_names() {
        let files = ["cur/2.b.mx:2,RS", "new/1.a.mx", "tmp/3.c.mx", "dovecot.index", "cur/.nfs1", "../new/x"];
        let (messages, passed_over) = names(&files, SubFolders::Left);
        assert_eq!(messages, ["1.a.mx", "2.b.mx"]);
        assert_eq!(passed_over, ["../new/x", "cur/.nfs1", "dovecot.index", "tmp/3.c.mx"]);
    }

    #[test]
    fn sub_folders_are_entered_when_asked() {
        let files = [".Archive/cur/1.a:2,S", "new/2.b", "plain/cur/3.c"];
        assert_eq!(names(&files, SubFolders::Left).0, ["2.b"]);
        assert_eq!(names(&files, SubFolders::Entered).0, ["2.b", ".Archive/1.a"]);
    }

    #[test]
    fn a_message_that_moves_counts_once() {
        let (messages, passed_over) = names(&["new/1.a", "cur/1.a:2,S"], SubFolders::Left);
        assert_eq!((messages, passed_over), (vec!["1.a".to_owned()], vec!["new/1.a".to_owned()]));
    }

    #[test]
    fn flags_are_read() {
        let read = |name: &str| {
            let entry = listing([PathBuf::from(format!("cur/{name}"))], SubFolders::Left).messages.remove(0);
            (entry.name, entry.is_trashed, entry.is_draft)
        };
        assert_eq!(read("1.a:2,ST"), ("1.a".to_owned(), true, false));
        assert_eq!(read("1.a;2,D"), ("1.a".to_owned(), false, true));
        assert_eq!(read("1.a!2,"), ("1.a".to_owned(), false, false));
        assert_eq!(read("1.a,S=120:2,S"), ("1.a,S=120".to_owned(), false, false));
        assert_eq!(read("evil\u{202e}\nx:2,"), ("evil\\u{202e}\\u{a}x".to_owned(), false, false));
    }
}
