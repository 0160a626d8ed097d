//! `template check`: a template, its fonts, and whether everything fits on the page.

use crate::args::TemplateCommand;
use crate::exit::Exit;
use crate::template_files::press;
use crate::terminal::{GOOD, count, say, styled};

pub(crate) fn run(command: &TemplateCommand) -> anyhow::Result<Exit> {
    let TemplateCommand::Check { file } = command;
    let (template, press) = press(file)?;
    let pages = press.look().pages.len();
    let fields = template.fields().len();
    let (fields, pages) = (count(fields as u64, "field"), count(pages as u64, "page"));
    say(&format!("{} {}: {fields} on {pages}", styled(GOOD, "good"), template.id));
    Ok(Exit::Done)
}
