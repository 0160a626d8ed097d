//! `template check`: a template, its fonts, and whether everything fits on the page.

use crate::args::TemplateCommand;
use crate::exit::Exit;
use crate::home::press;
use crate::terminal::{GOOD, say, styled};

pub(crate) fn run(command: &TemplateCommand) -> anyhow::Result<Exit> {
    let TemplateCommand::Check { file } = command;
    let (template, press) = press(file)?;
    let pages = press.look().pages.len();
    let fields = template.fields().len();
    say(&format!("{} {}: {fields} fields on {pages} page(s)", styled(GOOD, "good"), template.id));
    Ok(Exit::Done)
}
