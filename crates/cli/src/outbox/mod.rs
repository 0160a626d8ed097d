//! Letters to customers: written into the home's `outbox`, from the audit trail.
//!
//! The trail has everything that happened, once and in order. [`write_due`] walks it from where it stood and writes the letters that each
//! row brings, each into a file that is named after the row; then it notes how far it came. A program that dies anywhere in between has
//! written some of them; the next one comes to the same rows, makes the same letters, to the byte, and leaves those that are there.

mod folder;
mod relay;
mod sending;
mod settings;
mod walk;

use anyhow::Context;
use countersign_core::audit::AuditHead;
use countersign_core::store::AccountStore;
use jiff::Timestamp;

pub(crate) use folder::{Cursor, Folder};
pub(crate) use relay::Relay;
pub(crate) use sending::{Postponed, Tally, send};
pub(crate) use settings::LettersConfiguration;

use crate::home::{Home, HomeError};
use walk::Walk;

/// Rows of the trail that are looked at before it is noted how far the walk came.
const ROWS_AT_ONCE: usize = 200;

/// Notes the end of the trail, in a home that writes letters and has never done so: nobody gets letters about what was before. Every
/// command does so first, so that what it does itself has its letters.
pub(crate) fn begin(home: &mut Home) -> anyhow::Result<()> {
    if home.configuration.letters.is_none() {
        return Ok(());
    }
    let folder = Folder::of(home.path())?;
    if folder.cursor()?.is_none() {
        let head = home.store.audit_head().context("cannot look up the end of the audit trail")?;
        folder.begin(&Cursor::at(&head))?;
    }
    Ok(())
}

/// Writes all letters that are due, and answers how many it wrote. What was written before is not written again, wherever it is now.
///
/// # Errors
/// When it cannot write, or the trail is not the one that the outbox is about. What was done before it stays done, and the next command
/// writes the letters.
pub(crate) fn write_due(home: &mut Home, now: Timestamp) -> anyhow::Result<u64> {
    let Some(configuration) = home.configuration.letters.clone() else { return Ok(0) };
    let writing =
        "what was done is done, but not every letter about it is written: `countersign notices write` writes them";
    write(home, &configuration, now).context(writing)
}

fn write(home: &mut Home, configuration: &LettersConfiguration, now: Timestamp) -> anyhow::Result<u64> {
    let folder = Folder::of(home.path())?;
    let _held = folder.lock_for_writing()?;
    let reading = || "cannot read the audit trail";
    let end = home.store.audit_head().with_context(reading)?;
    let mut cursor = folder.cursor()?.unwrap_or_else(|| Cursor::at(&end));
    let other_trail = || HomeError::OtherTrail(folder.path().to_owned());
    if end.seq < cursor.seq || end.seq == cursor.seq && end.hash != cursor.hash {
        return Err(other_trail().into());
    }
    let mut walk = Walk::begin(home, configuration, &folder, now);
    loop {
        let rows = walk.home.store.audit_after(cursor.seq, ROWS_AT_ONCE).with_context(reading)?;
        let Some(last) = rows.last() else { return Ok(walk.written) };
        let mut head = AuditHead { seq: cursor.seq, hash: cursor.hash.clone(), at: None };
        for row in &rows {
            head.follow(row).map_err(|_| other_trail())?;
            walk.write_letters(row, &mut cursor)?;
        }
        (cursor.seq, cursor.hash) = (last.seq, last.hash.clone());
        folder.move_to(&cursor)?;
    }
}
