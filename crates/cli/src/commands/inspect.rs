//! `inspect`: shows what PDF forms say, ours or not, one JSON line for each. Decides nothing, needs no home.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use countersign_core::reason::ReasonCode;
use countersign_core::template::BlankLook;
use countersign_ingest::bundle::Enclosed;
use countersign_ingest::inspect::{Pins, inspection_line};
use countersign_ingest::limits::Limits;
use countersign_ingest::reading::{Finding, Reading};
use countersign_ingest::worker::{Budget, FormReader};

use crate::args::InspectArgs;
use crate::exit::Exit;
use crate::home::Home;
use crate::readers::{self, Isolation};
use crate::template_files::{pressed, templates};
use crate::terminal::{BAD, BOLD, CARE, FAINT, say, styled};

pub(crate) fn run(home: &Path, args: &InspectArgs) -> anyhow::Result<Exit> {
    let looks = looks(home)?;
    let isolation = Isolation::allowing_weak(args.allow_weak_isolation);
    let reader = readers::start(looks.clone(), Limits::for_any_form(), BUDGET, isolation)?;
    let pins = if args.reveal_pins { Pins::Revealed } else { Pins::Masked };
    let mut exit = Exit::Done;
    for path in &args.files {
        let reading = match read_file(path, &reader) {
            Ok(reading) => reading,
            Err(error) => {
                exit = Exit::Usage;
                Reading::unreadable(vec![Finding::of_file(ReasonCode::FileUnstable, error.to_string())])
            }
        };
        for (name, reading) in taken_apart(&path.to_string_lossy(), reading, &reader) {
            let line = inspection_line(&name, &reading, &looks, pins);
            if args.json {
                say(&line);
            } else {
                show(&line);
            }
        }
    }
    Ok(exit)
}

/// A file and what it says; of several forms in one file, each of them.
fn taken_apart(name: &str, reading: Reading, reader: &dyn FormReader) -> Vec<(String, Reading)> {
    let Some(bundle) = reading.bundle else { return vec![(name.to_owned(), reading)] };
    let read = |it: &Enclosed| {
        let mut reading = reader.read(&it.bytes);
        reading.findings.extend_from_slice(&it.findings);
        (format!("{name}/{}", it.name), reading)
    };
    bundle.files.iter().map(read).collect()
}

/// What the blanks of a home look like; without one that opens, those that the program brings along and those beside it.
fn looks(home: &Path) -> anyhow::Result<Vec<BlankLook>> {
    if let Ok(mut home) = Home::open(home) {
        return Ok(home.templates()?.looks().to_vec());
    }
    Ok(pressed(templates(home)?, &BTreeSet::new())?.into_iter().map(|(_, look)| look).collect())
}

/// What a form of any kind may cost: books of forms with thousands of boxes.
const BUDGET: Budget = Budget { memory_bytes: 4 << 30, cpu_seconds: 30, wall_seconds: 120, files: 1_000 };

fn read_file(path: &Path, reader: &dyn FormReader) -> std::io::Result<Reading> {
    let limits = Limits::for_any_form();
    // A pipe would be waited for without end.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::new(ErrorKind::InvalidInput, "not a plain file"));
    }
    let file = File::open(path)?;
    let most = limits.file_bytes as u64 + 1;
    let mut bytes = Vec::with_capacity(metadata.len().min(most) as usize + 1);
    // One byte more than the limit, so that the reader can tell that it is too large.
    file.take(most).read_to_end(&mut bytes)?;
    Ok(reader.read(&bytes))
}

/// The same line for people.
pub(super) fn show(line: &str) {
    let inspection: serde_json::Value = serde_json::from_str(line).expect("an inspection line is JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let template = inspection["template"].as_str().unwrap_or("no form of this home");
    let status = format!("{}, {template}", text(&inspection["status"]));
    say(&format!("{}  {}", styled(BOLD, text(&inspection["file"])), styled(FAINT, status)));
    let fields = inspection["fields"].as_object().into_iter().flatten();
    let width = fields.clone().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, field) in fields {
        let shown = field["shown"].as_str().map(|it| styled(CARE, format!("  (shows {it:?})"))).unwrap_or_default();
        say(&format!("  {name:width$}  {}{shown}", text(&field["value"]).escape_debug()));
    }
    for finding in inspection["findings"].as_array().into_iter().flatten() {
        let what = [&finding["code"], &finding["field"], &finding["detail"]].map(text);
        say(&format!("  {} {}", styled(BAD, &what[0]), what[1..].join(" ").trim()));
    }
}
