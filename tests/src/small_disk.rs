//! A disk of its own for a folder, so that it can be full or write-protected. Only some users may make one.

use std::path::Path;
use std::process::Command;

/// A disk over a folder; what was in the folder comes back when the value goes.
pub struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// A disk of so many KiB; `None`, and a word about it, where this user may not make one.
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    pub fn over(folder: &'a Path, kib: usize) -> Option<Self> {
        if mount(&format!("size={kib}k"), folder) {
            return Some(Self(folder));
        }
        println!("skipped: this user may not mount a small disk");
        None
    }

    /// Gives it another size or state: `size=64k`, `ro`, `rw`.
    ///
    /// # Panics
    /// When it cannot have that.
    pub fn remount(&self, option: &str) {
        assert!(mount(&format!("remount,{option}"), self.0), "{option}");
    }
}

fn mount(options: &str, folder: &Path) -> bool {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).output();
    mounted.is_ok_and(|it| it.status.success())
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.0).output());
    }
}
