//! What the end-to-end tests share: customers who fill in forms, and reports that are read back.

mod customer;
pub mod measure;
mod office;
mod paper;

pub use customer::{Answers, fill};
pub use office::{Office, Row, rows};
pub use paper::{print, type_over};
