//! The vocabulary and the rules of Countersign: no file, no clock, no SQL, no PDF.

pub mod date_format;
pub mod template;
