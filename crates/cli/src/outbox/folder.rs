//! The folder `outbox`: letters that wait, `sent/` and `refused/`, and how far the audit trail was walked. Everything in it appears whole
//! under its name or not at all.
//!
//! How far is a file, and no table of the store: what lies in the folder and how far the trail was walked belong together, so that one
//! copy of the folder is a copy of both, and a home that writes no letters has none of it.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use countersign_core::account::AccountNumber;
use countersign_core::audit::AuditHead;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

const CURSOR: &str = "cursor.json";
const SENT: &str = "sent";
const REFUSED: &str = "refused";

/// Most letters to an account within a day that answer what nobody has proved to be the account's: whoever sends in forms that name
/// somebody else's account does not fill that one's mailbox.
pub(crate) const MOST_ANSWERS_A_DAY: usize = 5;

/// How far the audit trail was walked.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    /// The last row whose letters are all written.
    pub(crate) seq: u64,
    /// Its seal: a trail that was put back from a backup has another row there.
    pub(crate) hash: String,
    /// When accounts got answers lately, for [`MOST_ANSWERS_A_DAY`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    answered: BTreeMap<AccountNumber, Vec<Timestamp>>,
}

impl Cursor {
    /// At the end of the trail: nobody gets letters about what was before.
    pub(crate) fn at(head: &AuditHead) -> Self {
        Self { seq: head.seq, hash: head.hash.clone(), answered: BTreeMap::new() }
    }

    /// Whether one more answer may go to an account, and counts it. The same walk counts the same.
    pub(crate) fn may_answer(&mut self, account: &AccountNumber, at: Timestamp) -> bool {
        let is_late = |it: &Timestamp| *it + 24.hours() > at;
        self.answered.retain(|_, moments| moments.iter().any(is_late));
        let moments = self.answered.entry(account.clone()).or_default();
        moments.retain(is_late);
        let may = moments.len() < MOST_ANSWERS_A_DAY;
        if may {
            moments.push(at);
        }
        may
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// Held while the folder is worked in; let go of when it is dropped, or the program dies.
pub(crate) struct Held(#[expect(dead_code, reason = "holds the lock by being there")] File);

impl Folder {
    /// The folder of a home; made where there is none.
    pub(crate) fn of(home: &Path) -> anyhow::Result<Self> {
        let path = home.join("outbox");
        for folder in [path.clone(), path.join(SENT), path.join(REFUSED)] {
            let making = || format!("cannot make the folder {}", folder.display());
            DirBuilder::new().recursive(true).mode(0o700).create(&folder).with_context(making)?;
        }
        Ok(Self { path })
    }

    /// Waits until no other program writes letters.
    pub(crate) fn lock_for_writing(&self) -> anyhow::Result<Held> {
        let (file, path) = self.lock_file("write.lock")?;
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(Held(file))
    }

    /// Takes the right to send; an error when another program has it.
    pub(crate) fn lock_for_sending(&self) -> anyhow::Result<Held> {
        let (file, path) = self.lock_file("send.lock")?;
        match file.try_lock() {
            Ok(()) => Ok(Held(file)),
            Err(fs::TryLockError::WouldBlock) => {
                bail!("another program is sending the letters of {}", self.path.display())
            }
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    fn lock_file(&self, name: &str) -> anyhow::Result<(File, PathBuf)> {
        let path = self.path.join(name);
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        Ok((open.with_context(|| format!("cannot open {}", path.display()))?, path))
    }

    /// How far the trail was walked; `None` before the first time.
    pub(crate) fn cursor(&self) -> anyhow::Result<Option<Cursor>> {
        let path = self.path.join(CURSOR);
        let reading = || format!("cannot read {}", path.display());
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(reading),
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).with_context(reading)?)),
        }
    }

    /// Puts the cursor where there is none yet; one that another program has put meanwhile stays.
    pub(crate) fn begin(&self, cursor: &Cursor) -> anyhow::Result<()> {
        let _held = self.lock_for_writing()?;
        if self.cursor()?.is_none() {
            self.move_to(cursor)?;
        }
        Ok(())
    }

    /// Moves the cursor. Everything that was put before is on disk then.
    pub(crate) fn move_to(&self, cursor: &Cursor) -> anyhow::Result<()> {
        self.sync()?;
        self.replace(CURSOR, &serde_json::to_vec(cursor).expect("a cursor is plain data"))?;
        self.sync()
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a letter is there, or was and has been sent or refused since.
    pub(crate) fn has(&self, name: &str) -> bool {
        // In this order: a letter that is moved on meanwhile is found in the one place or in the other.
        let places = [self.path.join(name), self.path.join(SENT).join(name), self.path.join(REFUSED).join(name)];
        places.iter().any(|it| it.exists())
    }

    /// Puts a letter into the folder, unless it has it.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        if self.has(name) { Ok(()) } else { self.replace(name, bytes) }
    }

    /// Writes a file of the folder: whole, or as it was before.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.path.join(name);
        let partial = path.with_file_name(format!(".{}.part", path.file_name().unwrap_or_default().display()));
        let writing = || format!("cannot write {}", path.display());
        let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial);
        let mut file = open.with_context(writing)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).with_context(writing)?;
        fs::rename(&partial, &path).with_context(writing)
    }

    /// The letters that wait, in the order in which things happened.
    pub(crate) fn waiting(&self) -> anyhow::Result<Vec<String>> {
        letters_in(&self.path)
    }

    /// The letters that the relay refused for good.
    pub(crate) fn refused(&self) -> anyhow::Result<Vec<String>> {
        letters_in(&self.path.join(REFUSED))
    }

    /// The bytes of a file that waits; `None` when there is none.
    pub(crate) fn read(&self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        read_if_any(&self.path.join(name))
    }

    /// The bytes of a file among the refused ones; `None` when there is none.
    pub(crate) fn read_refused(&self, name: &str) -> anyhow::Result<Option<Vec<u8>>> {
        read_if_any(&self.path.join(REFUSED).join(name))
    }

    /// The letter was sent.
    pub(crate) fn sent(&self, name: &str) -> anyhow::Result<()> {
        self.move_into(SENT, name)
    }

    /// The letter was refused for good, with these words.
    pub(crate) fn refuse(&self, name: &str, reply: &str) -> anyhow::Result<()> {
        self.replace(&format!("{REFUSED}/{name}.txt"), format!("{reply}\n").as_bytes())?;
        self.move_into(REFUSED, name)
    }

    fn move_into(&self, folder: &str, name: &str) -> anyhow::Result<()> {
        let moving = || format!("cannot move {} to {folder}", self.path.join(name).display());
        fs::rename(self.path.join(name), self.path.join(folder).join(name)).with_context(moving)?;
        for folder in [self.path.join(folder), self.path.clone()] {
            File::open(folder).and_then(|it| it.sync_all()).with_context(moving)?;
        }
        Ok(())
    }

    /// Removes a file of the folder, if it is there.
    pub(crate) fn remove(&self, name: &str) -> anyhow::Result<()> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    fn sync(&self) -> anyhow::Result<()> {
        let syncing = || format!("cannot sync the folder {}", self.path.display());
        File::open(&self.path).and_then(|it| it.sync_all()).with_context(syncing)
    }
}

fn read_if_any(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn letters_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let listing = || format!("cannot list {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(listing)? {
        let name = entry.with_context(listing)?.file_name();
        names.extend(name.into_string().ok().filter(|it| it.ends_with(".eml") && !it.starts_with('.')));
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::of(home.path()).unwrap();
        (home, folder)
    }

    #[test]
    fn a_letter_is_put_once_wherever_it_went() {
        let (_home, folder) = folder();
        folder.put("1-notice.eml", b"first").unwrap();
        folder.put("1-notice.eml", b"second").unwrap();
        assert_eq!(folder.read("1-notice.eml").unwrap().unwrap(), b"first");
        folder.sent("1-notice.eml").unwrap();
        folder.put("1-notice.eml", b"third").unwrap();
        folder.put("2-notice.eml", b"fourth").unwrap();
        folder.refuse("2-notice.eml", "550 no such user").unwrap();
        folder.put("2-notice.eml", b"fifth").unwrap();
        assert!(folder.waiting().unwrap().is_empty());
        assert_eq!(folder.refused().unwrap(), ["2-notice.eml"]);
        assert_eq!(folder.read_refused("2-notice.eml.txt").unwrap().unwrap(), b"550 no such user\n");
    }

    #[test]
    fn the_cursor_begins_once_and_moves() {
        let (_home, folder) = folder();
        assert_eq!(folder.cursor().unwrap(), None);
        let at = |seq| Cursor { seq, hash: "a".repeat(64), answered: BTreeMap::new() };
        folder.begin(&at(3)).unwrap();
        folder.begin(&at(9)).unwrap();
        assert_eq!(folder.cursor().unwrap(), Some(at(3)));
        folder.move_to(&at(4)).unwrap();
        assert_eq!(folder.cursor().unwrap(), Some(at(4)));
    }

    #[test]
    fn one_program_sends_at_a_time() {
        let (_home, folder) = folder();
        let first = folder.lock_for_sending().unwrap();
        assert!(folder.lock_for_sending().is_err());
        drop(first);
        folder.lock_for_sending().unwrap();
    }

    #[test]
    fn a_strangers_forms_do_not_fill_a_mailbox() {
        let mut cursor = Cursor::at(&AuditHead::start());
        let (one, other) = ("A-1".parse().unwrap(), "A-2".parse().unwrap());
        let at = |hours: i64| Timestamp::UNIX_EPOCH + hours.hours();
        let answered: Vec<bool> = (0..7).map(|it| cursor.may_answer(&one, at(it))).collect();
        assert_eq!(answered, [true, true, true, true, true, false, false]);
        assert!(cursor.may_answer(&other, at(7)), "another account's are its own");
        assert!(cursor.may_answer(&one, at(24)) && !cursor.may_answer(&one, at(24)), "the first was a day ago");
        assert!(cursor.may_answer(&one, at(90)));
        assert_eq!(cursor.answered.len(), 1, "what was long ago is forgotten");
        let kept = serde_json::to_vec(&cursor).unwrap();
        assert_eq!(serde_json::from_slice::<Cursor>(&kept).unwrap(), cursor);
    }
}
