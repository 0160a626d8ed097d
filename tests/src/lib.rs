//! What the end-to-end tests share: customers who fill in forms, forms that are changed at random and read plainly, and reports
//! that are read back.

mod customer;
mod desk;
mod honest;
pub mod measure;
pub mod mutant;
mod office;
mod paper;
pub mod plain;

pub use customer::{Answers, fill};
pub use desk::Desk;
pub use honest::{HonestForm, HonestForms, honest_forms};
pub use office::{Office, Row, rows};
pub use paper::{print, type_over};
