//! Forms in zip archives, within limits.
//!
//! An archive may list entries that share their bytes, name sizes that are lies, and inflate a thousandfold. So nothing that it
//! says of itself is believed: entries are counted before it is opened, and inflating stops at the limit. Of an entry that is no
//! form and no archive only the beginning is inflated.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::file_kind::FileKind;
use super::finding::{FindingKind, safe_name};
use super::parts::Walk;

/// As much of an entry as it takes to know what it is.
const HEAD_BYTES: usize = 4_096;
/// Entries up to this size may inflate as they like.
const RATIO_EXEMPT_BYTES: usize = 1024 * 1024;

impl Walk<'_> {
    /// Looks into an archive which `depth` others hold.
    pub(super) fn zip(&mut self, content: &[u8], path: &str, depth: usize) {
        if listed_entries(content) > self.limits.zip.entries {
            return self.found(FindingKind::ZipTooManyEntries, path);
        }
        let Ok(mut archive) = ZipArchive::new(Cursor::new(content)) else {
            return self.found(FindingKind::ZipBroken, path);
        };
        if archive.is_empty() {
            return self.found(FindingKind::EmptyFile, path);
        }
        for index in 0..archive.len().min(self.limits.zip.entries) {
            self.entry(&mut archive, index, path, depth);
        }
    }

    fn entry(&mut self, archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, path: &str, depth: usize) {
        let Ok(raw) = archive.by_index_raw(index) else {
            return self.found(FindingKind::ZipBroken, path);
        };
        let (name, is_folder, is_encrypted) = (entry_name(raw.name_raw()), raw.is_dir(), raw.encrypted());
        let packed = raw.compressed_size();
        drop(raw);
        let path = format!("{path}/{name}");
        if is_encrypted {
            return self.found(FindingKind::ZipEncrypted, &path);
        }
        if is_folder {
            return;
        }
        match archive.by_index(index).map(|it| self.inflated(it, packed)) {
            Ok(Ok(content)) => self.file(&content, &name, &path, depth + 1),
            Ok(Err(kind)) => self.found(kind, &path),
            Err(_) => self.found(FindingKind::ZipBroken, &path),
        }
    }

    /// An entry, as far as it is worth inflating.
    fn inflated(&mut self, mut entry: ZipFile<'_, Cursor<&[u8]>>, packed: u64) -> Result<Vec<u8>, FindingKind> {
        let mut content = Vec::new();
        self.inflate(&mut entry, &mut content, HEAD_BYTES)?;
        if content.len() < HEAD_BYTES || !matches!(FileKind::of(&content), FileKind::Pdf | FileKind::Zip) {
            return Ok(content);
        }
        let by_ratio = usize::try_from(packed.saturating_mul(self.limits.zip.ratio)).unwrap_or(usize::MAX);
        let most = by_ratio.max(RATIO_EXEMPT_BYTES).min(self.limits.form_bytes);
        self.inflate(&mut entry, &mut content, most.saturating_sub(HEAD_BYTES) + 1)?;
        if content.len() > most { Err(FindingKind::ZipTooLarge) } else { Ok(content) }
    }

    fn inflate(&mut self, entry: &mut impl Read, content: &mut Vec<u8>, most: usize) -> Result<(), FindingKind> {
        let room = self.limits.zip.inflated_bytes.saturating_sub(self.inflated);
        let read = entry.take(most.min(room) as u64).read_to_end(content).map_err(|_| FindingKind::ZipBroken)?;
        self.inflated += read;
        if room <= most && read == room { Err(FindingKind::ZipTooLarge) } else { Ok(()) }
    }
}

/// How many entries the directory lists, by its records' signatures (APPNOTE 4.3.12): at least as many as an opener would find.
fn listed_entries(content: &[u8]) -> usize {
    content.windows(4).filter(|it| *it == b"PK\x01\x02").count()
}

/// The name within the archive, as data: the last part of a path is enough to find it again, and is no way out of a folder.
fn entry_name(raw: &[u8]) -> String {
    let name = safe_name(&String::from_utf8_lossy(raw));
    if name.is_empty() { "unnamed".to_owned() } else { name }
}
