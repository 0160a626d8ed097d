//! `report`: what runs decided, and what became of it since. From the store: the files of a run may be gone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use countersign_core::store::{AccountStore, RunId, RunRecord, Status};
use serde_json::{Value, json};

use super::past_run::{Then, find_run, forms_of};
use crate::args::ReportArgs;
use crate::exit::Exit;
use crate::home::Home;
use crate::terminal::{BAD, BOLD, CARE, FAINT, GOOD, count, say, styled, table};

/// The bar beside a reason that all forms have, in characters.
const BAR: usize = 24;

pub(crate) fn run(home: &Path, args: &ReportArgs) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    match &args.run {
        None => list(&mut home, args),
        Some(text) => {
            let record = find_run(&mut home.store, text)?;
            let forms = forms_of(record.run, &mut home.store)?;
            if args.json {
                forms.iter().for_each(|it| say(&form_to_json(it).to_string()));
            } else {
                show(&record, &forms, &reports_of(&home, record.run));
                if args.forms {
                    list_forms(&forms);
                }
            }
            Ok(Exit::Done)
        }
    }
}

/// How the forms of a run ended, and how they stand now.
#[derive(Default)]
struct Sums {
    accepted: usize,
    rejected: usize,
    held: usize,
    /// Of those that were held: how many wait, and how the others were resolved.
    waiting: usize,
    resolved: BTreeMap<&'static str, usize>,
}

impl Sums {
    fn of(forms: &[Then]) -> Self {
        let mut sums = Self::default();
        for form in forms {
            match form.status {
                Status::Accepted => sums.accepted += 1,
                Status::Rejected => sums.rejected += 1,
                Status::Held => sums.held += 1,
            }
            match &form.resolution {
                Some(it) => *sums.resolved.entry(it.ended.word()).or_default() += 1,
                None => sums.waiting += usize::from(form.status == Status::Held),
            }
        }
        sums
    }
}

fn list(home: &mut Home, args: &ReportArgs) -> anyhow::Result<Exit> {
    const HEADING: [&str; 8] = ["run", "begun", "by", "accepted", "rejected", "held", "waiting", "reports"];
    let last = home.store.last_run().context("cannot list the runs")?.map_or(0, |it| it.0);
    let mut rows = Vec::new();
    for run in (last.saturating_sub(u64::from(args.last)) + 1..=last).map(RunId) {
        let Some(record) = home.store.run(run).context("cannot list the runs")? else { continue };
        let forms = forms_of(run, &mut home.store)?;
        let (sums, channels) = (Sums::of(&forms), channels(&forms));
        let reports = Some(reports_of(home, run)).filter(|it| it.is_dir()).map(|it| it.display().to_string());
        if args.json {
            say(&run_to_json(&record, &sums, &channels, reports.as_deref()).to_string());
            continue;
        }
        let numbers = [sums.accepted, sums.rejected, sums.held, sums.waiting].map(|it| it.to_string());
        let row = [run.to_string(), record.begun_at.to_string(), channels.join(", ")];
        rows.push(row.into_iter().chain(numbers).chain([reports.unwrap_or_default()]).collect());
    }
    if last == 0 && !args.json {
        say("There was no run yet.");
    } else if !args.json {
        table(&HEADING, &rows).iter().for_each(|it| say(it));
    }
    Ok(Exit::Done)
}

/// Where the run's files are, unless it was told another place.
fn reports_of(home: &Home, run: RunId) -> PathBuf {
    home.reports().join(run.to_string())
}

fn channels(forms: &[Then]) -> Vec<&'static str> {
    let channels: BTreeSet<_> = forms.iter().map(|it| it.record.channel).collect();
    channels.into_iter().map(|it| it.word()).collect()
}

fn show(record: &RunRecord, forms: &[Then], reports: &Path) {
    let sums = Sums::of(forms);
    say(&format!("{}  begun {}", styled(BOLD, record.run), record.begun_at));
    let part = |style, word, number: usize| styled(if number > 0 { style } else { FAINT }, format!("{number} {word}"));
    let parts =
        [part(GOOD, "accepted", sums.accepted), part(BAD, "rejected", sums.rejected), part(CARE, "held", sums.held)];
    say(&format!("{} decided: {}", count(forms.len() as u64, "form"), parts.join(", ")));
    if sums.held > 0 {
        let resolved = sums.resolved.iter().map(|(word, number)| format!("{number} {word}"));
        let since: Vec<String> = resolved.chain([part(CARE, "still held", sums.waiting)]).collect();
        say(&format!("of the held ones, since: {}", since.join(", ")));
    }
    show_reasons(forms);
    let (place, is_there) = (reports.display(), reports.is_dir());
    say(&if is_there {
        format!("its reports, with duplicates and ignored files: {place}")
    } else {
        styled(FAINT, format!("its reports are not in {place}; duplicates and ignored files stood there alone"))
    });
}

/// Why forms were not accepted, the most frequent reason first.
fn show_reasons(forms: &[Then]) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for form in forms.iter().filter(|it| it.status != Status::Accepted) {
        codes(form).into_iter().for_each(|it| *reasons.entry(it).or_default() += 1);
    }
    let mut ranked: Vec<(&str, usize)> = reasons.into_iter().collect();
    ranked.sort_by_key(|(code, number)| (std::cmp::Reverse(*number), *code));
    let bar = |number: usize| "■".repeat((number * BAR).div_ceil(forms.len()));
    let rows: Vec<Vec<String>> =
        ranked.iter().map(|(code, number)| vec![(*code).to_owned(), number.to_string(), bar(*number)]).collect();
    if !rows.is_empty() {
        table(&["reason", "forms", ""], &rows).iter().for_each(|it| say(it));
    }
}

fn list_forms(forms: &[Then]) {
    const HEADING: [&str; 7] = ["submission", "file", "channel", "account", "ended", "since", "reasons"];
    let row = |it: &Then| -> Vec<String> {
        let since = it.resolution.as_ref().map(|it| format!("{} by {}", it.ended.word(), it.by));
        vec![
            it.record.id.to_string(),
            it.record.source_file.clone(),
            it.record.channel.word().to_owned(),
            it.record.account.as_ref().map(ToString::to_string).unwrap_or_default(),
            it.status.word().to_owned(),
            since.unwrap_or_default(),
            codes(it).join(" "),
        ]
    };
    let rows: Vec<Vec<String>> = forms.iter().map(row).collect();
    table(&HEADING, &rows).iter().for_each(|it| say(it));
}

/// Each reason once, in the order of the checks.
fn codes(form: &Then) -> Vec<&'static str> {
    let mut codes: Vec<&str> = Vec::new();
    for code in form.reasons.iter().map(|it| it.code.as_str()) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn run_to_json(record: &RunRecord, sums: &Sums, channels: &[&str], reports: Option<&str>) -> Value {
    json!({
        "run": record.run.to_string(), "begun_at": record.begun_at.to_string(), "channels": channels,
        "accepted": sums.accepted, "rejected": sums.rejected, "held": sums.held, "waiting": sums.waiting,
        "resolved": sums.resolved, "reports": reports,
    })
}

fn form_to_json(form: &Then) -> Value {
    let resolution = form
        .resolution
        .as_ref()
        .map(|it| json!({ "ended": it.ended.word(), "at": it.at.to_string(), "by": it.by, "why": it.why }));
    json!({
        "submission": form.record.id.as_str(), "run": form.record.run.to_string(), "file": form.record.source_file,
        "file_sha256": form.record.file.to_hex(), "channel": form.record.channel.word(),
        "account": form.record.account.as_ref().map(ToString::to_string), "status": form.status.word(),
        "reasons": codes(form), "resolution": resolution,
    })
}
