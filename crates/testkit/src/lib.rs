//! What tests of all crates share: builders, a fixed day, a seeded generator, fixed secrets and the contract that every
//! account store passes. Only ever a dev-dependency.

mod accounts;
mod blanks;
mod clock;
#[expect(clippy::unwrap_used, reason = "the contract is test code: an unexpected answer is the failure it looks for")]
pub mod contract;
pub mod dkim;
mod faulty;
mod program;
mod secrets;
mod seeded;
mod settlements;

pub use accounts::{ACCOUNT_PIN, AccountBuilder, account, number};
pub use blanks::{bound_blank, generic_blank, template_id};
pub use clock::{NOW, TODAY, minutes_later};
pub use faulty::{FaultyStore, Moment};
pub use program::{Ended, Workplace, program};
pub use secrets::{account_verifier, open_code, person_verifier, pin, vault_key};
pub use seeded::Seeded;
pub use settlements::{SettlementBuilder, accepted, event, held, rejected};
