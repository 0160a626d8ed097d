//! `template`: forms of one's own, from the first copy to the next version.

mod check;
mod diff;
mod new;
mod preview;
mod preview_folder;

use std::path::Path;

use jiff::Timestamp;

use crate::args::TemplateCommand;
use crate::exit::Exit;

pub(crate) fn run(home: &Path, now: Timestamp, command: &TemplateCommand) -> anyhow::Result<Exit> {
    match command {
        TemplateCommand::Check { files } => Ok(check::run(files)),
        TemplateCommand::New(args) => new::run(home, args),
        TemplateCommand::Preview(args) => preview::run(now, args),
        TemplateCommand::Diff(args) => diff::run(home, args),
    }
}
