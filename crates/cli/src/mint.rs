//! Blanks before they are in the ledger: their numbers and their last days.

use anyhow::Context;
use countersign_core::account::AccountNumber;
use countersign_core::instance::{InstanceClaims, InstanceId, RANDOM_BYTES};
use countersign_core::store::{BlankState, IssuedBlank};
use countersign_core::template::TemplateId;
use countersign_core::vault::VaultKey;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

/// Mints a blank: its number, which nobody can guess, proves template, account and last day.
pub(crate) fn mint(
    random: [u8; RANDOM_BYTES],
    template: &TemplateId,
    account: Option<&AccountNumber>,
    (at, expires): (Timestamp, Date),
    key: &VaultKey,
) -> IssuedBlank {
    let claims = InstanceClaims { template, account, expires };
    IssuedBlank {
        instance: InstanceId::mint(random, &claims, key),
        template: template.clone(),
        account: account.cloned(),
        issued_at: at,
        expires,
        state: BlankState::Issued,
        seal: None,
    }
}

/// The last day of a blank that is issued now.
pub(crate) fn last_day(valid_days: u16, at: Timestamp) -> anyhow::Result<Date> {
    let today = jiff::tz::Offset::UTC.to_datetime(at).date();
    today.checked_add(i32::from(valid_days).days()).context("the blank never expires")
}
