//! Small files that others read at any time: each is put in place whole, so that nobody ever sees half of one.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Writes a file that everybody may read, in the place of the one before.
///
/// It is written beside its place, under a hidden name that ends in `.tmp`, and renamed. It is not forced to the disk: whoever
/// writes it every few seconds writes it again after a power failure.
pub(crate) fn put(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::from(ErrorKind::InvalidFilename))?;
    let beside = path.with_file_name(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&beside)?;
    // Services are often started with a umask that keeps others out; whoever reads this is somebody else.
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    drop(file);
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_put_in_place_whole_and_readable_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.prom");
        for text in ["a first text", "another"] {
            put(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_another_program_left_beside_it_is_replaced_and_never_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (path, precious) = (dir.path().join("a.prom"), dir.path().join("precious"));
        fs::write(&precious, "precious").unwrap();
        let beside = dir.path().join(format!(".a.prom.{}.tmp", std::process::id()));
        std::os::unix::fs::symlink(&precious, beside).unwrap();
        put(&path, "text").unwrap();
        assert_eq!(fs::read_to_string(precious).unwrap(), "precious");
    }
}
