//! Returned forms: bytes become a reading, a submission, a decision, a report.

mod appearance;
pub mod batch;
pub mod blanks;
pub mod bundle;
mod conform;
mod content_tokens;
mod default_look;
mod document;
mod excerpt;
mod fields;
mod file_walk;
mod foreign;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
pub mod inspect;
mod lexer;
pub mod limits;
mod merged;
mod object_streams;
pub mod outcome;
mod page_content;
mod page_text;
mod page_tree;
mod pages;
mod painting;
mod plain_object;
mod plain_picture;
mod portfolio;
mod raw_file;
mod raw_object;
mod raw_stream;
mod read;
pub mod reading;
pub mod report;
mod resources;
mod sections;
mod shown;
mod structure;
#[cfg(test)]
mod testing;
mod text_string;
mod unpacking;
pub mod validate;
mod value;
pub mod worker;

pub use read::read;
