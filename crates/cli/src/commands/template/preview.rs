//! `template preview`: what a form will look like, empty and with the longest answers.

use std::path::PathBuf;

use countersign_forms::{Filling, Preview, TightBox};
use jiff::Timestamp;

use super::preview_folder::PreviewFolder;
use crate::args::TemplatePreviewArgs;
use crate::exit::{Exit, WrongInput};
use crate::mint::last_day;
use crate::picture;
use crate::template_files::template;
use crate::terminal::{CARE, FAINT, GOOD, count, say, styled, table};

pub(super) fn run(now: Timestamp, args: &TemplatePreviewArgs) -> anyhow::Result<Exit> {
    let found = template(&args.file)?;
    let (template, parts) = (&found.template, found.parts()?);
    let wrong = |error| WrongInput(format!("cannot draw the template {}: {error}", found.shown));
    let draw = |filling| {
        let days = (now, last_day(template.valid_days, now)?);
        anyhow::Ok(Preview::draw(template, &parts.files(), days, filling).map_err(wrong)?)
    };
    let folder = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("preview-{}", template.id.name)));
    let folder = PreviewFolder::open(&folder)?;
    let name = format!("{}-{}", template.id.name, template.id.version);
    let mut files = Vec::new();
    add(&mut files, &name, draw(Filling::Empty)?.pdf, args.dpi)?;
    let mut tight = Vec::new();
    if args.filled {
        let filled = draw(Filling::Longest)?;
        add(&mut files, &format!("{name}-filled"), filled.pdf, args.dpi)?;
        tight = filled.tight;
    }
    folder.put(&files, &found.shown)?;
    say(&format!("{} {} in {}", styled(GOOD, "made"), count(files.len() as u64, "file"), folder.shown()));
    files.iter().for_each(|(name, _)| say(&format!("     {name}")));
    say("To look at, not to send: no ledger knows its number, and a form that comes back on it is rejected.");
    if args.filled {
        tell_tight(&tight);
    }
    Ok(Exit::Done)
}

/// A form as a PDF and as a picture of each page.
fn add(files: &mut Vec<(String, Vec<u8>)>, name: &str, pdf: Vec<u8>, dpi: u16) -> anyhow::Result<()> {
    let pages = picture::pages(pdf.clone(), dpi)?;
    files.push((format!("{name}.pdf"), pdf));
    files.extend(pages.into_iter().enumerate().map(|(at, page)| (format!("{name}-page-{}.png", at + 1), page)));
    Ok(())
}

/// Which boxes take more than they show; of a table the first row stands for all.
fn tell_tight(tight: &[TightBox]) {
    let is_first = |it: &&TightBox| !it.field.split('.').any(|part| part.parse::<u8>().is_ok_and(|row| row > 1));
    let rows: Vec<Vec<String>> = tight
        .iter()
        .filter(is_first)
        .map(|it| {
            let what = if it.is_printed { "cut, on paper too" } else { "the customer scrolls; cut on paper" };
            vec![it.field.clone(), it.length.to_string(), it.seen.to_string(), what.to_owned()]
        })
        .collect();
    if rows.is_empty() {
        return say("The longest answers fit into their boxes.");
    }
    say(&styled(CARE, "Boxes whose longest answer is not seen at once:"));
    table(&["field", "longest", "seen", "the rest is"], &rows).iter().for_each(|it| say(&format!("  {it}")));
    say(&styled(
        FAINT,
        "  `span` makes a box wider, `value_size` its letters smaller, `max_length` its answers shorter.",
    ));
}
