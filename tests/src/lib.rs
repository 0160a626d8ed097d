//! What the end-to-end tests share: customers who fill in forms, forms that are changed at random and read plainly, and reports
//! that are read back.

mod clerk;
mod crash;
mod customer;
mod desk;
mod end_state;
mod honest;
pub mod letter;
mod mailbag;
pub mod measure;
mod merge;
pub mod mutant;
mod office;
mod paper;
pub mod plain;
mod small_disk;
mod trace;
mod transcript;
mod watcher;

pub use clerk::Clerk;
pub use crash::many_rows_to_one_stream;
pub use customer::{Answers, fill};
pub use desk::Desk;
pub use end_state::EndState;
pub use honest::{HonestForm, HonestForms, honest_forms};
pub use mailbag::{Content, Form, Mail, Mailbag, sixty_files};
pub use merge::{Naming, merge};
pub use office::{Office, Row, rows};
pub use paper::{print, type_over};
pub use small_disk::SmallDisk;
pub use trace::trace;
pub use watcher::Watcher;
