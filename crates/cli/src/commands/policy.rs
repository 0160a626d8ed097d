//! `policy …`: checks a policy, and decides an old run again under another one without writing anything.

use std::path::Path;

use anyhow::Context;
use countersign_core::policy::Policy;
use countersign_core::reason::Reason;
use countersign_core::store::{Past, Rehearsal, RunId, RunRecord, SubmissionRecord};
use countersign_core::submission::FileDigest;
use countersign_ingest::batch::{self, CHUNK_FILES, Entry, MessageOpener, OutcomeSink, RunSettings};
use countersign_ingest::outcome::Outcome;
use serde_json::json;

use super::past_run::{Then, find_run, forms_of};
use crate::args::{OriginalsArgs, PolicyCommand};
use crate::correspondence::Correspondence;
use crate::entropy;
use crate::exit::Exit;
use crate::home::{self, Home};
use crate::originals::Originals;
use crate::progress;
use crate::readers::{self, Isolation};
use crate::terminal::{BOLD, CARE, GOOD, count, say, styled};

pub(crate) fn run(path: &Path, command: &PolicyCommand) -> anyhow::Result<Exit> {
    match command {
        PolicyCommand::Check { file } => {
            let file = file.clone().unwrap_or_else(|| path.join("policy.toml"));
            let policy = home::read_policy(&file)?;
            say(&format!("{} {}: SHA-256 {}", styled(GOOD, "good"), policy.version, policy.digest()));
            Ok(Exit::Done)
        }
        PolicyCommand::Try { file, run, json, originals } => {
            let policy = home::read_policy(file)?;
            let mut home = Home::open(path)?;
            let record = find_run(&mut home.store, run)?;
            replay(&mut home, &policy, &record, originals, *json)
        }
    }
}

#[derive(Default)]
struct Sums {
    same: u64,
    different: u64,
    missing: u64,
}

fn replay(
    home: &mut Home,
    policy: &Policy,
    record: &RunRecord,
    args: &OriginalsArgs,
    as_json: bool,
) -> anyhow::Result<Exit> {
    let run = record.run;
    let forms = forms_of(run, &mut home.store)?;
    let templates = home.templates()?;
    let limits = &policy.limits;
    let isolation = Isolation::allowing_weak(args.allow_weak_isolation);
    let reader = readers::start(templates.looks().to_vec(), limits.into(), limits.into(), isolation)?;
    let mut originals = Originals::of_run(run, &mut home.store, args, limits.file_bytes)?;
    let (pin_cost, now) = (home.pin_cost(), record.begun_at);
    let random = entropy::fill;
    let messages = Correspondence::of(home, now)?;
    let Home { key, store, .. } = home;
    let settings = RunSettings {
        templates: &templates,
        reader: &reader,
        messages: &messages,
        policy,
        key,
        pin_cost,
        random: &random,
        now,
    };
    let mut sums = Sums::default();
    let mut past = Past::before(record.clone(), store).context("cannot look back")?;
    let mut rehearsal = Rehearsal::over(&mut past).context("cannot look back")?;
    let header = batch::begin_run(&mut rehearsal, &settings)?;
    let bar = progress::bar(forms.len() as u64, "deciding again");
    for chunk in forms.chunks(CHUNK_FILES) {
        let mut entries = Vec::new();
        let mut found = Vec::new();
        for form in chunk {
            match form_of(&form.record, &mut originals, &messages)? {
                Some(bytes) => {
                    entries.push(Entry::given(&form.record.source_file, bytes));
                    found.push(form);
                }
                None => sums.missing += 1,
            }
        }
        let mut outcomes = Outcomes(Vec::new());
        batch::run(&entries, &header, &settings, &mut rehearsal, &mut outcomes)?;
        for (then, now) in found.iter().zip(&outcomes.0) {
            tell(then, now, as_json, &mut sums);
        }
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    tell_sums(run, policy, &sums, as_json);
    Ok(Exit::Done)
}

/// The bytes of a form that was decided, out of the message that it came in; `None` when they are nowhere, or it was no form.
fn form_of(
    record: &SubmissionRecord,
    originals: &mut Originals,
    messages: &Correspondence,
) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(bytes) = originals.find(record.original())? else { return Ok(None) };
    if record.message.is_none() {
        return Ok(Some(bytes.to_vec()));
    }
    let Ok(opened) = messages.reopen(&bytes, record.file) else { return Ok(None) };
    let found = opened.forms.into_iter().map(|it| it.bytes).find(|it| FileDigest::of(it) == record.file);
    Ok(found)
}

fn codes(reasons: &[Reason]) -> Vec<&'static str> {
    reasons.iter().map(|it| it.code.as_str()).collect()
}

fn tell(then: &Then, now: &Outcome, as_json: bool, sums: &mut Sums) {
    let (before, after) = (then.status.word(), now.ending.word());
    let (codes_before, codes_after) = (codes(&then.reasons), codes(now.ending.reasons()));
    if before == after && codes_before == codes_after {
        sums.same += 1;
        return;
    }
    sums.different += 1;
    let file = &then.record.source_file;
    if as_json {
        let line = json!({
            "submission": then.record.id.as_str(), "file": file, "was": before, "would_be": after,
            "reasons_were": codes_before, "reasons_would_be": codes_after,
        });
        say(&line.to_string());
        return;
    }
    let shown = |word: &str, codes: &[&str]| format!("{word} {}", codes.join(" ")).trim_end().to_owned();
    let (before, after) = (shown(before, &codes_before), shown(after, &codes_after));
    say(&format!("{}  {before} -> {}", styled(BOLD, file), styled(CARE, after)));
}

fn tell_sums(run: RunId, policy: &Policy, sums: &Sums, as_json: bool) {
    if as_json {
        let Sums { same, different, missing } = sums;
        let line = json!({ "run": run.to_string(), "policy_sha256": policy.digest(), "same": same,
            "different": different, "originals_missing": missing });
        say(&line.to_string());
        return;
    }
    let (forms, same) = (count(sums.different, "form"), count(sums.same, "form"));
    say(&format!(
        "{run} under `{}`: {forms} would end otherwise, {same} the same. Nothing was written.",
        policy.version
    ));
    if sums.missing > 0 {
        let missing = count(sums.missing, "original");
        say(&format!("{}: {missing} not found (--from, --identity)", styled(CARE, "incomplete")));
    }
}

struct Outcomes(Vec<Outcome>);

impl OutcomeSink for Outcomes {
    fn take(&mut self, outcomes: &[Outcome]) -> std::io::Result<()> {
        self.0.extend_from_slice(outcomes);
        Ok(())
    }
}
