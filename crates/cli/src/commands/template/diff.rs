//! `template diff`: what differs between two templates, and what that means for forms that are out.

use std::path::Path;

use countersign_core::template::{Change, Difference, Drawn, Meaning};
use serde::Serialize;

use crate::args::TemplateDiffArgs;
use crate::exit::Exit;
use crate::template_names::find;
use crate::terminal::{BAD, BOLD, GOOD, say, styled, warn};

/// Values of more characters stand on lines of their own.
const SHORT: usize = 40;

/// A difference for programs.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    difference: &'a Difference,
    says: String,
}

pub(super) fn run(home: &Path, args: &TemplateDiffArgs) -> anyhow::Result<Exit> {
    let (from, to) = (find(home, &args.from)?, find(home, &args.to)?);
    let looks = (from.press()?, to.press()?);
    let difference = Difference::between(
        Drawn { template: &from.template, look: looks.0.look() },
        Drawn { template: &to.template, look: looks.1.look() },
    );
    let is_forbidden = difference.meaning == Meaning::ForbiddenInVersion;
    if args.json {
        let told = Told { difference: &difference, says: difference.says() };
        say(&serde_json::to_string(&told).expect("a difference is plain data"));
    } else {
        say(&styled(BOLD, format!("{} → {}", difference.from, difference.to)));
        difference.changes.iter().flat_map(lines).for_each(|it| say(&it));
        if !is_forbidden {
            say(&difference.says());
        }
    }
    if is_forbidden {
        warn(&format!("{} {}", styled(BAD, "warning:"), difference.says()));
        return Ok(Exit::Refused);
    }
    Ok(Exit::Done)
}

/// A change in one line, or with each side in a line of its own.
fn lines(change: &Change) -> Vec<String> {
    let Change { part, key, before, after, .. } = change;
    let head = format!("  {part}: {key}");
    let is_short = |it: &Option<String>| it.as_ref().is_none_or(|it| it.chars().count() <= SHORT);
    match (before, after) {
        (Some(_), Some(after)) if *key == "moved" => vec![format!("{head} {after}")],
        (Some(before), Some(after)) if is_short(&change.before) && is_short(&change.after) => {
            vec![format!("{head} {before} → {after}")]
        }
        (None, Some(after)) if *key == "added" || *key == "moved" || *key == "files" => vec![format!("{head} {after}")],
        (Some(before), None) if *key == "removed" => vec![format!("{head} {before}")],
        _ => {
            let before = before.as_ref().map(|it| styled(BAD, format!("    - {it}")));
            let after = after.as_ref().map(|it| styled(GOOD, format!("    + {it}")));
            [Some(head), before, after].into_iter().flatten().collect()
        }
    }
}
