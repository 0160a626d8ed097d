//! Blanks in the ledger.

use countersign_core::account::AccountNumber;
use countersign_core::instance::{InstanceClaims, InstanceId};
use countersign_core::store::{BlankState, IssuedBlank};
use countersign_core::template::TemplateId;
use jiff::civil::{Date, date};

use crate::{NOW, Seeded, number, vault_key};

const EXPIRES: Date = date(2026, 9, 1);

/// The template of all tests: `authorized-user/1`.
pub fn template_id() -> TemplateId {
    TemplateId { name: "authorized-user".to_owned(), version: 1 }
}

/// A blank bound to an account, issued [`NOW`], good until 1 September 2026. Each seed gives another instance id.
///
/// # Panics
/// When `account` is no account number.
pub fn bound_blank(account: &str, seed: u64) -> IssuedBlank {
    issued(Some(number(account)), seed)
}

/// A blank for anybody.
pub fn generic_blank(seed: u64) -> IssuedBlank {
    issued(None, seed)
}

fn issued(account: Option<AccountNumber>, seed: u64) -> IssuedBlank {
    let template = template_id();
    let claims = InstanceClaims { template: &template, account: account.as_ref(), expires: EXPIRES };
    let instance = InstanceId::mint(Seeded::new(seed).bytes(), &claims, &vault_key());
    IssuedBlank { instance, template, account, issued_at: NOW, expires: EXPIRES, state: BlankState::Issued, seal: None }
}
