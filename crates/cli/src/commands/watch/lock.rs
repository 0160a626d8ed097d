//! One watcher for each home: a file that is locked as long as the watcher lives, with its process id in it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Another watcher works on this home.
#[derive(Debug, thiserror::Error)]
#[error("another watcher, process {pid}, works on the home {}: stop that one first, or give this one another home", .home.display())]
pub(crate) struct OtherWatcher {
    home: PathBuf,
    pid: String,
}

/// Locks the home for this watcher. The kernel takes the lock back when the process ends, however it ends (flock(2)).
pub(super) fn lock(home: &Path) -> anyhow::Result<File> {
    let path = place(home);
    let locking = || format!("cannot lock {}", path.display());
    let mut options = OpenOptions::new();
    let mut file =
        options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).with_context(locking)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).with_context(locking)?;
            let pid = pid.trim();
            let pid = if pid.is_empty() { "unknown" } else { pid }.to_owned();
            return Err(OtherWatcher { home: home.to_owned(), pid }.into());
        }
        Err(TryLockError::Error(error)) => return Err(error).with_context(locking),
    }
    file.set_len(0).with_context(locking)?;
    writeln!(file, "{}", std::process::id()).with_context(locking)?;
    Ok(file)
}

/// Whether a watcher works on the home at this moment.
pub(crate) fn is_held(home: &Path) -> bool {
    let Ok(file) = File::open(place(home)) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn place(home: &Path) -> PathBuf {
    home.join("watch.lock")
}
