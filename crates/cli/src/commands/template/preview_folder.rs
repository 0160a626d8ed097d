//! The folder of a preview. What an earlier preview wrote there is replaced; what anybody else wrote, or changed since, is not.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use countersign_core::submission::FileDigest;

use crate::exit::WrongInput;

/// Lists what a preview wrote, as `sha256sum -c` reads it.
const LIST: &str = "PREVIEW.txt";
/// A file before it is whole.
const PART: &str = "PREVIEW.part";
/// How that list begins.
const HEAD: &str = "Made by `countersign template preview`: to look at, not to send.";

/// A folder for a preview.
pub(super) struct PreviewFolder {
    path: PathBuf,
    /// Names and digests of what earlier previews wrote.
    ours: BTreeSet<(String, String)>,
}

impl PreviewFolder {
    /// Makes the folder, or looks at what is in it.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("cannot make the folder {}", path.display()))?;
        let list = path.join(LIST);
        let ours = match fs::read_to_string(&list) {
            Ok(text) if text.starts_with(HEAD) => text.lines().filter_map(listed).collect(),
            Ok(_) => bail!(taken(&list)),
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeSet::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", list.display())),
        };
        Ok(Self { path: path.to_owned(), ours })
    }

    /// Its path, for messages.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Puts a preview of `template` in the place of the one before, or refuses before anything is written.
    pub(super) fn put(&self, files: &[(String, Vec<u8>)], template: &str) -> anyhow::Result<()> {
        for (name, _) in files {
            let path = self.path.join(name);
            if !self.is_ours(name)? {
                bail!(taken(&path));
            }
        }
        let new: BTreeSet<(String, String)> =
            files.iter().map(|(name, bytes)| (name.clone(), FileDigest::of(bytes).to_hex())).collect();
        // Both are ours until the new ones stand: a preview that is cut off is replaced by the next one.
        self.write_list(&self.ours.union(&new).cloned().collect(), template)?;
        for (name, _) in &self.ours {
            let path = self.path.join(name);
            if path.exists() && self.is_ours(name)? {
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
        for (name, bytes) in files {
            let (part, path) = (self.path.join(PART), self.path.join(name));
            let writing = || format!("cannot write {}", path.display());
            fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path)).with_context(writing)?;
        }
        self.write_list(&new, template)
    }

    /// Whether nothing is lost when the file of this name goes.
    fn is_ours(&self, name: &str) -> anyhow::Result<bool> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(self.ours.contains(&(name.to_owned(), FileDigest::of(&bytes).to_hex()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn write_list(&self, files: &BTreeSet<(String, String)>, template: &str) -> anyhow::Result<()> {
        let lines: String = files.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
        let path = self.path.join(LIST);
        let text = format!(
            "{HEAD}\nOf {template:?}. The next preview replaces these files, unless somebody changed them.\n\n{lines}"
        );
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// A line of the list: a digest and a plain name.
fn listed(line: &str) -> Option<(String, String)> {
    let (digest, name) = line.split_once("  ")?;
    let is_plain = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
    (FileDigest::from_hex(digest).is_some() && is_plain).then(|| (name.to_owned(), digest.to_owned()))
}

fn taken(path: &Path) -> WrongInput {
    WrongInput(format!(
        "{} is there and is not what an earlier preview wrote: move it away, or name another folder with -o",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(folder: &Path, files: &[(&str, &str)]) -> anyhow::Result<()> {
        let files: Vec<(String, Vec<u8>)> =
            files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        PreviewFolder::open(folder)?.put(&files, "x.toml")
    }

    fn read(folder: &Path, name: &str) -> Option<String> {
        fs::read_to_string(folder.join(name)).ok()
    }

    #[test]
    fn a_preview_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), &[("a.pdf", "one"), ("a-page-2.png", "two")]).unwrap();
        put(folder.path(), &[("a.pdf", "another")]).unwrap();
        assert_eq!(read(folder.path(), "a.pdf").as_deref(), Some("another"));
        assert_eq!(read(folder.path(), "a-page-2.png"), None);
        put(folder.path(), &[("a.pdf", "another")]).unwrap();
    }

    #[test]
    fn what_others_wrote_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.pdf"), "mine").unwrap();
        fs::write(folder.path().join("notes.txt"), "mine too").unwrap();
        let error = put(folder.path(), &[("b.pdf", "x"), ("a.pdf", "x")]).unwrap_err();
        assert!(error.to_string().contains("a.pdf is there"), "{error}");
        assert_eq!(read(folder.path(), "b.pdf"), None, "nothing was written");
        put(folder.path(), &[("b.pdf", "x")]).unwrap();
        fs::write(folder.path().join("b.pdf"), "filled in by hand").unwrap();
        assert!(put(folder.path(), &[("b.pdf", "y")]).is_err());
        // One that this preview does not want again and that was changed since stays.
        put(folder.path(), &[("c.pdf", "y")]).unwrap();
        assert_eq!(read(folder.path(), "b.pdf").as_deref(), Some("filled in by hand"));
        assert_eq!(read(folder.path(), "notes.txt").as_deref(), Some("mine too"));
    }

    #[test]
    fn a_list_of_somebody_else_is_no_list() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(LIST), "my shopping").unwrap();
        assert!(put(folder.path(), &[("a.pdf", "x")]).is_err());
        assert_eq!(listed(&format!("{}  ../a", "0".repeat(64))), None);
    }

    #[test]
    fn a_preview_that_was_cut_off_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), &[("a.pdf", "one")]).unwrap();
        let open = PreviewFolder::open(folder.path()).unwrap();
        let both = open.ours.iter().cloned().chain([("a.pdf".to_owned(), FileDigest::of(b"two").to_hex())]).collect();
        open.write_list(&both, "x.toml").unwrap();
        fs::write(folder.path().join("a.pdf"), "two").unwrap();
        put(folder.path(), &[("a.pdf", "three")]).unwrap();
        assert_eq!(read(folder.path(), "a.pdf").as_deref(), Some("three"));
    }
}
