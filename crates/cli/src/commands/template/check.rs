//! `template check`: templates, their fonts, and whether everything fits on the page; colours that are hard to see.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use countersign_core::template::{MOST_POINTS, TemplateId, TemplateSource};

use super::new::stand_ins;
use crate::exit::{Exit, WrongInput, report};
use crate::template_files::{Shelved, template};
use crate::terminal::{CARE, GOOD, count, say, styled};

/// Checks each file, whatever became of the others.
pub(super) fn run(files: &[PathBuf]) -> Exit {
    let mut seen: BTreeMap<(PathBuf, TemplateId), &Path> = BTreeMap::new();
    let mut ends = Vec::new();
    for file in files {
        let end = check(file).and_then(|id| {
            let folder = file.parent().unwrap_or(Path::new("")).to_owned();
            match seen.insert((folder, id.clone()), file) {
                Some(other) if other != file => {
                    let (file, other) = (file.display(), other.display());
                    Err(WrongInput(format!("{file}: {other} beside it has the template {id} already")).into())
                }
                _ => Ok(Exit::Done),
            }
        });
        ends.push(end.unwrap_or_else(|error| report(&error)));
    }
    let has = |end| ends.contains(&end);
    if has(Exit::Failed) {
        Exit::Failed
    } else if has(Exit::Usage) {
        Exit::Usage
    } else {
        Exit::Done
    }
}

fn check(file: &Path) -> anyhow::Result<TemplateId> {
    let found = template(file)?;
    let press = found.press()?;
    if let Some(correction) = found.correction(MOST_POINTS) {
        correction.press().context("the form itself is good, its correction form is not")?;
    }
    let (fields, pages) = (found.template.fields().len(), press.look().pages.len());
    let (fields, pages) = (count(fields as u64, "field"), count(pages as u64, "page"));
    say(&format!("{} {}: {fields} on {pages}", styled(GOOD, "good"), found.template.id));
    tell_warnings(&found);
    Ok(found.template.id)
}

/// What does not keep a template from working, with the lines.
pub(super) fn tell_warnings(found: &Shelved) {
    let source = TemplateSource::new(&found.text);
    // A translation takes its colours from its template, where they are told.
    let weak = if found.template.translates.is_none() { found.template.weak_contrasts() } else { vec![] };
    let weak = weak.iter().filter_map(|it| Some((source.line_of(&["colors", it.key])?, it.to_string())));
    let left = stand_ins(&found.template).into_iter().filter_map(|key| {
        let what = format!("`{key}` is still to be filled in");
        Some((source.line_of(&["provider", key])?, what))
    });
    let mut warnings: Vec<(usize, String)> = left.chain(weak).collect();
    warnings.sort();
    for (line, what) in warnings {
        say(&format!("  {} {}, line {line}: {what}", styled(CARE, "warning:"), found.shown));
    }
}
