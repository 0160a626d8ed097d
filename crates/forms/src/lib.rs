//! Blank forms: a template and a prefill become a fillable PDF.
//!
//! A [`Press`] is made once for each template: it places everything, has the page drawn and writes all that every blank
//! shares. Each blank is then that prefix, the few objects that are its own, and a fresh cross-reference table: one
//! revision, and the same bytes for the same template, prefill, instance and date.

mod appearance;
mod assembly;
mod correction;
mod document;
mod drawing;
mod drawn;
mod face;
mod fields;
mod instance;
mod layout;
mod logo;
mod metadata;
mod outline;
mod press;
mod preview;
mod print_run;
mod shared_font;
mod tags;
mod text_string;

pub use correction::Rewritten;
pub use face::{BadFont, TemplateFiles};
pub use layout::LayoutError;
pub use logo::BadLogo;
pub use press::{BlankForm, Prefill, Press, PressError};
pub use preview::{Filling, Preview, TightBox};
pub use print_run::PrintRun;
