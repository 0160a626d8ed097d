//! `correction`: a new form for a customer whose form could not be carried out.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::store::{Status, SubmissionRecord};
use jiff::Timestamp;
use serde_json::json;

use super::held::submission;
use crate::args::CorrectionArgs;
use crate::corrections::{DrawnUp, draw_up, enter};
use crate::desk::Desk;
use crate::entropy::random;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::terminal::{GOOD, say, styled};

pub(crate) fn run(home: &Path, now: Timestamp, args: &CorrectionArgs) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    let record = find(&mut home, &args.submission)?;
    let path = args.output.join(format!("correction-{}.pdf", record.id));
    if path.exists() {
        bail!(WrongInput(format!("{} is there already: choose another folder, or remove it", path.display())));
    }
    let mut desk = Desk::open(&mut home, &record, &args.originals, now)?;
    let form = desk.read(&record, &home, now)?;
    let by_email = || WrongInput(format!("submission {} was written in an email: there is no form to mend", record.id));
    let reading = form.reading().ok_or_else(by_email)?;
    let drawn = draw_up(&mut home, &record, reading, (random(), now))?;
    enter(&mut home, &drawn, &record, now)?;
    let writing = || format!("cannot write {}", path.display());
    fs::create_dir_all(&args.output).with_context(writing)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).with_context(writing)?;
    file.write_all(&drawn.pdf).with_context(writing)?;
    tell(&record, &drawn, &path, args.json);
    Ok(Exit::Done)
}

fn tell(record: &SubmissionRecord, drawn: &DrawnUp, path: &Path, as_json: bool) {
    let DrawnUp { blank, corrections, .. } = drawn;
    if as_json {
        let object = json!({
            "submission": record.id.as_str(), "file": path.display().to_string(), "template": blank.template.to_string(),
            "instance": blank.instance.as_str(), "account": blank.account.as_ref().map(ToString::to_string),
            "expires": blank.expires.to_string(), "points": corrections.points,
            "marked": corrections.marked.keys().collect::<Vec<_>>(),
        });
        return say(&object.to_string());
    }
    let whose = blank.account.as_ref().map_or_else(|| "generic".to_owned(), |it| format!("for account {it}"));
    say(&format!("{} {}, {whose}; its first page says:", styled(GOOD, "made"), path.display()));
    corrections.points.iter().for_each(|it| say(&format!("  - {it}")));
}

/// The submission with this id, if there is something to mend.
fn find(home: &mut Home, text: &str) -> anyhow::Result<SubmissionRecord> {
    let record = submission(&mut home.store, text)?;
    if record.status == Status::Accepted {
        bail!(WrongInput(format!("submission {} was accepted: there is nothing to mend", record.id)));
    }
    Ok(record)
}
