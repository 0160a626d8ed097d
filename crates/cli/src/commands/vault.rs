//! `vault rotate`: another vault key.

use std::path::Path;

use anyhow::Context;
use countersign_core::key_change::KeyChange;
use countersign_core::store::AccountStore;
use countersign_core::vault::VaultKey;
use jiff::Timestamp;
use serde_json::json;

use super::account::staff_event;
use super::caller::staff_name;
use crate::args::VaultCommand;
use crate::entropy::{self, random};
use crate::exit::Exit;
use crate::home::{Home, NewKey, lock_key};
use crate::terminal::{GOOD, say, styled};

pub(crate) fn run(path: &Path, now: Timestamp, command: &VaultCommand) -> anyhow::Result<Exit> {
    let VaultCommand::Rotate { new_key, staff } = command;
    let (by, why) = (staff_name("by", &staff.by)?, staff_name("why", &staff.why)?);
    let key = VaultKey::from_bytes(random());
    drop(Home::open(path)?); // what an earlier change left behind is finished first
    // First the new key on disk, then the store, then the new key in its place: cut off anywhere, one of the two opens the store.
    let lock = lock_key(path)?;
    let mut home = Home::open_locked(path)?;
    let file = NewKey::write(path, new_key.as_deref(), &key, lock)?;
    let evidence = json!({ "from": home.key.id().as_str(), "to": key.id().as_str(), "by": by, "why": why });
    let event = staff_event(now, "vault key changed", None, &evidence);
    let mut change = KeyChange { old: &home.key, new: &key, random: &entropy::fill };
    home.store.rotate(&mut change, &key.id(), event).context("cannot seal the store under the new key")?;
    say(&format!("{}: key {} is in force", styled(GOOD, "changed"), key.id().as_str()));
    say(&file.put_in_place(&home.key.id())?);
    Ok(Exit::Done)
}
