//! `template check`: a template, its fonts, and whether everything fits on the page.

use anyhow::Context;
use countersign_core::template::MOST_POINTS;

use crate::args::TemplateCommand;
use crate::exit::Exit;
use crate::template_files::template;
use crate::terminal::{GOOD, count, say, styled};

pub(crate) fn run(command: &TemplateCommand) -> anyhow::Result<Exit> {
    let TemplateCommand::Check { file } = command;
    let shelved = template(file)?;
    let pages = shelved.press()?.look().pages.len();
    if let Some(correction) = shelved.correction(MOST_POINTS) {
        correction.press().context("the form itself is good, its correction form is not")?;
    }
    let template = shelved.template;
    let fields = template.fields().len();
    let (fields, pages) = (count(fields as u64, "field"), count(pages as u64, "page"));
    say(&format!("{} {}: {fields} on {pages}", styled(GOOD, "good"), template.id));
    Ok(Exit::Done)
}
