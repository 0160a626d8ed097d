//! The vocabulary and the rules of Countersign: no file, no clock, no SQL, no PDF.

pub mod account;
pub mod audit;
pub mod authority;
pub mod caller;
mod crockford;
pub mod date_format;
pub mod decision;
pub mod email;
pub mod field_text;
pub mod grant;
pub mod instance;
pub mod key_change;
pub mod lookalike;
pub mod name_match;
pub mod new_pin;
pub mod people;
pub mod person;
pub mod pin;
pub mod pin_choice;
pub mod policy;
pub mod reason;
pub mod set_up_code;
pub mod store;
pub mod submission;
pub mod template;
pub mod unformed;
pub mod vault;
