//! A folder that is watched: every file is decided once, however the watcher is stopped, and nothing is taken half-written.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign_testkit::Workplace;
use countersign_tests::{Answers, Content, EndState, Form, Mailbag, Office, Watcher, measure, rows, trace};
use rustix::process::Signal;
use serde_json::Value;

const FILES: usize = 1_000;

/// Accounts that send one form each, which nothing else depends on: files come in as they come in.
const ACCOUNTS: usize = 200;

/// A thousand files: a form of each account, every tenth with a wrong PIN; second copies of some; letters and broken files.
fn thousand_files() -> Mailbag {
    let mut bag = Mailbag::new(ACCOUNTS, 1);
    let signed = Answers::complete().with("signer.security_pin", measure::PIN);
    for at in 0..FILES {
        let content = match (at % 5, at / 5) {
            (0, account) => {
                let answers = if account % 10 == 9 {
                    signed.clone().with("signer.security_pin", "402719")
                } else {
                    signed.clone()
                };
                Content::Form(Form { account, blank: account, answers })
            }
            (1, round) if round % 2 == 0 => Content::Copy(at - 1),
            (2, round) => Content::Bytes(format!("%PDF-1.7 and nothing behind it but {round}").into_bytes()),
            (place, round) => {
                Content::Bytes(format!("Dear support, {place}/{round}. {}", "Regards. ".repeat(round)).into_bytes())
            }
        };
        bag.put(content);
    }
    bag
}

/// A file that is still being written: how much of it is there, and when it last grew.
struct Growing {
    path: PathBuf,
    bytes: Vec<u8>,
    written: usize,
    grew: Instant,
}

impl Growing {
    /// Writes the next twentieth, when a fifth of a second has passed; answers whether there is more to come.
    fn grow(&mut self) -> bool {
        if self.grew.elapsed() < Duration::from_millis(200) {
            return true;
        }
        let end = (self.written + self.bytes.len().div_ceil(20)).min(self.bytes.len());
        let mut file = OpenOptions::new().append(true).open(&self.path).unwrap();
        file.write_all(&self.bytes[self.written..end]).unwrap();
        (self.written, self.grew) = (end, Instant::now());
        end < self.bytes.len()
    }
}

/// Lets the files of `from` come into `to` over some seconds: some at once, some under a hidden name first, and every eighth growing for
/// longer than a file must rest and a run takes.
fn deliver(from: &Path, to: &Path, delivered: &AtomicUsize) {
    let mut names: Vec<_> = fs::read_dir(from).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    let mut growing: Vec<Growing> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let (bytes, path) = (fs::read(from.join(name)).unwrap(), to.join(name));
        match at % 8 {
            3 => {
                let half = bytes.len() / 4;
                fs::write(&path, &bytes[..half]).unwrap();
                growing.push(Growing { path, bytes, written: half, grew: Instant::now() });
            }
            1 => {
                let hidden = to.join(format!(".{}.part", name.to_str().unwrap()));
                fs::write(&hidden, &bytes).unwrap();
                fs::rename(hidden, path).unwrap();
            }
            _ => fs::write(path, &bytes).unwrap(),
        }
        growing.retain_mut(Growing::grow);
        delivered.store(at + 1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(10));
    }
    while !growing.is_empty() {
        growing.retain_mut(Growing::grow);
        thread::sleep(Duration::from_millis(20));
    }
}

fn is_idle(beat: &Value) -> bool {
    beat["state"] == "waiting" && beat["files_waiting"] == 0
}

fn copy_of_home(at: &Workplace, name: &str) {
    let copied = Command::new("cp").arg("-pr").arg(at.join("home")).arg(at.join(name)).status().unwrap();
    assert!(copied.success());
}

#[test]
fn a_thousand_files_are_each_decided_once_however_often_the_watcher_is_killed() {
    let bag = thousand_files();
    let at = bag.at_home();
    let (post, inbox) = (at.join("returned"), at.join("inbox"));
    fs::create_dir(&inbox).unwrap();
    copy_of_home(&at, "undisturbed");
    let began = Instant::now();
    let delivered = AtomicUsize::new(0);
    let start = || Watcher::start(&at, "inbox --settle 1.5");
    thread::scope(|scope| {
        let postman = scope.spawn(|| deliver(&post, &inbox, &delivered));
        let mut watcher = start();
        for (mark, signal) in [(150, Signal::KILL), (450, Signal::TERM), (700, Signal::KILL)] {
            watcher.wait_until("a run", |it| it["state"] == "running" && delivered.load(Ordering::Relaxed) >= mark);
            thread::sleep(Duration::from_millis(700));
            if signal == Signal::KILL {
                watcher.signal(signal);
                assert_eq!(watcher.end().status.signal(), Some(Signal::KILL.as_raw()));
            } else {
                let said = watcher.stop(signal);
                assert!(said.ends_with("stopped\n") && said.contains("R-00000"), "the run ended whole: {said}");
            }
            watcher = start();
        }
        postman.join().unwrap();
        let all_there = fs::read_dir(&inbox).unwrap().count();
        assert_eq!(all_there, FILES);
        let seen = |it: &Value| it["at"].as_str().unwrap().to_owned();
        let last = seen(&watcher.wait_until("a look", |_| true));
        watcher.wait_until("the end", |it| is_idle(it) && seen(it) > last);
        // The one that has just begun to look waits for files to rest: the end is where nothing waits twice in a row.
        let last = seen(&watcher.wait_until("the end", is_idle));
        watcher.wait_until("the end", |it| is_idle(it) && seen(it) > last);
        watcher.stop(Signal::TERM);
    });
    println!("{FILES} files in {:.1} s", began.elapsed().as_secs_f64());
    let ingest = "--home undisturbed --now 2026-03-04T12:00:00Z ingest inbox";
    at.run(ingest).done();
    let expected = EndState::of(&at.join("undisturbed/store.sqlite"));
    EndState::of(&at.join("home/store.sqlite")).assert_same(&expected, "the watched folder");
    let contents: BTreeSet<Vec<u8>> =
        fs::read_dir(&inbox).unwrap().map(|it| fs::read(it.unwrap().path()).unwrap()).collect();
    assert_eq!(expected.table("submissions").len(), contents.len(), "every file is decided, and once");
    assert_eq!(expected.table("grants").len(), ACCOUNTS * 9 / 10);
    let (whole, cut_off) = check_reports(&at, contents.len());
    println!("{whole} runs came to their end, {cut_off} were killed");
    assert!(at.run("doctor").done().contains("was stopped"));
}

/// What the reports of all runs say together: each run adds up, and no bytes were decided by two of them. Answers how many runs came to
/// their end, and how many were cut off.
fn check_reports(at: &Workplace, contents: usize) -> (usize, usize) {
    let mut decided: BTreeMap<String, usize> = BTreeMap::new();
    let mut named: BTreeSet<String> = BTreeSet::new();
    let (mut whole, mut cut_off) = (0, 0);
    let mut runs: Vec<PathBuf> = fs::read_dir(at.join("home/reports")).unwrap().map(|it| it.unwrap().path()).collect();
    runs.sort();
    for run in &runs {
        let summary: Option<Value> =
            fs::read(run.join("summary.json")).ok().and_then(|it| serde_json::from_slice(&it).ok());
        let mut files = 0;
        for table in ["accepted", "rejected", "held", "duplicates"] {
            // A run that was killed may have left a row half-written; its decisions are in the store, or are not made.
            let Some(summary) = &summary else { continue };
            let rows = rows(&run.join(format!("{table}.csv")));
            let counted = summary[table.trim_end_matches('s')].as_u64().unwrap() as usize;
            assert_eq!(rows.len(), counted, "{}: {table}", run.display());
            files += rows.len();
            for row in rows {
                named.insert(row["source_file"].clone());
                if table != "duplicates" {
                    *decided.entry(row["source_sha256"].clone()).or_default() += 1;
                }
            }
        }
        match summary {
            Some(summary) => {
                assert!(files > 0 && summary["reconciled"] == true && summary["files"] == files, "{summary}");
                assert!(files <= 256, "runs are small");
                whole += 1;
            }
            None => cut_off += 1,
        }
    }
    assert!(cut_off <= 2 && whole >= 4, "{whole} and {cut_off}");
    assert_eq!(named.len(), FILES, "every file is named in a report");
    assert!(decided.values().all(|it| *it == 1), "no bytes are decided twice");
    assert!(decided.len() <= contents);
    // A run that is killed may have its number and no folder yet.
    let newest = runs.last().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let numbers = runs.len()..=runs.len() + 2 - cut_off;
    assert!(
        numbers.into_iter().any(|it| newest == format!("R-{it:06}")),
        "a look that found nothing made a run: {newest}"
    );
    (whole, cut_off)
}

/// An office in whose folder one filled form, one letter and one hidden file lie.
fn office() -> Office {
    let office = Office::open();
    office.receive("form.pdf", &Answers::complete());
    office.at.write("returned/letter.txt", "Dear support, please call me.");
    office.at.write("returned/.form.pdf.part", "%PDF-1.7 half of a form");
    office
}

/// Samples of a text in the Prometheus exposition format 0.0.4, by name and labels. Fails where it is not well-formed.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let is_name =
        |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_');
    let mut samples = BTreeMap::new();
    let (mut helped, mut typed) = (BTreeSet::new(), BTreeMap::new());
    let mut current = String::new();
    assert!(text.ends_with('\n'), "the last line ends");
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && !help.is_empty() && helped.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(helped.contains(name) && matches!(kind, "counter" | "gauge"), "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            assert!(typed.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
            current = name.to_owned();
        } else {
            let (key, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = key.split_once('{').unwrap_or((key, "}"));
            assert_eq!(name, current, "the samples of a name stand together");
            for label in labels.strip_suffix('}').unwrap().split(',').filter(|it| !it.is_empty()) {
                let (label, value) = label.split_once('=').unwrap();
                assert!(is_name(label) && value.starts_with('"') && value.ends_with('"') && value.len() > 2, "{line}");
                assert!(!value[1..value.len() - 1].contains(['"', '\\', '\n']), "{line}");
            }
            assert!(samples.insert(key.to_owned(), value.parse::<f64>().unwrap()).is_none(), "{line}");
        }
    }
    samples
}

#[test]
fn heartbeat_and_metrics_say_how_it_is_and_name_nobody() {
    let office = office();
    let mut watcher = Watcher::start(&office.at, "returned --settle 0.3 --metrics countersign.prom");
    let beat = watcher.wait_until("the end of the run", |it| is_idle(it) && it["last_run"] == "R-000001");
    assert_eq!((&beat["pid"], &beat["failures"]), (&watcher.pid().into(), &0.into()));
    beat["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(office.at.run("doctor").done().contains("is at work"));
    let said = watcher.stop(Signal::INT);
    assert!(said.contains("R-000001: 2 files") && said.contains("1 accepted, 1 rejected"), "{said}");
    let text = fs::read_to_string(office.at.join("countersign.prom")).unwrap();
    let samples = samples(&text);
    let check = |key: &str, value: f64| assert_eq!(samples.get(key), Some(&value), "{key}\n{text}");
    check("countersign_submissions_total{channel=\"form\",outcome=\"accepted\"}", 1.0);
    check("countersign_submissions_total{channel=\"form\",outcome=\"rejected\"}", 1.0);
    check("countersign_submissions_total{channel=\"form\",outcome=\"ignored\"}", 0.0);
    check("countersign_pin_checks_total{channel=\"form\",result=\"right\"}", 1.0);
    check("countersign_runs_total", 1.0);
    check("countersign_run_failures_total", 0.0);
    check("countersign_watch_files_waiting", 0.0);
    check("countersign_watch_up", 0.0);
    check("countersign_held", 0.0);
    check("countersign_locked_accounts", 0.0);
    assert!(samples["countersign_watch_last_look_timestamp_seconds"] > 1.7e9);
    let beat = fs::read_to_string(office.at.join("home/watch.heartbeat")).unwrap();
    for told in [&text, &beat] {
        for name in ["1001101", "Henley", "henley", "Ellison", "form.pdf", "letter", "returned"] {
            assert!(!told.contains(name), "{name} in {told}");
        }
        // The seconds of a moment may hold four digits by chance.
        assert!(["5293", "719305"].iter().all(|it| trace(told.as_bytes(), it).is_none()), "{told}");
    }
    assert!(office.at.run("doctor").done().contains("was stopped"));
}

#[test]
fn what_is_archived_is_gone_and_what_lies_there_is_run_once_after_each_start() {
    let office = office();
    let reports = || fs::read_dir(office.at.join("home/reports")).unwrap().count();
    let mut watcher = Watcher::start(&office.at, "returned --settle 0.3");
    watcher.wait_until("the end of the run", |it| is_idle(it) && it["last_run"] == "R-000001");
    office.at.write("returned/another.txt", "Dear support, me again.");
    watcher.wait_until("the end of the next run", |it| is_idle(it) && it["last_run"] == "R-000002");
    let said = watcher.stop(Signal::TERM);
    assert!(said.contains("R-000002: 1 file in"), "what was decided is not run again: {said}");
    let mut watcher = Watcher::start(&office.at, "returned --settle 0.3 --archive kept --archive-in-the-clear");
    watcher.wait_until("the end of the run", |it| is_idle(it) && it["last_run"] == "R-000003");
    let said = watcher.stop(Signal::TERM);
    assert!(said.contains("3 files") && said.contains("3 duplicate"), "{said}");
    assert_eq!(reports(), 3, "a look that finds nothing makes no run");
    let left: Vec<_> = fs::read_dir(office.at.join("returned")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, [".form.pdf.part"], "somebody is still writing it");
}

/// What a mailbox leaves alone does not wait, and messages of one file are one run.
#[test]
fn mailboxes_are_opened_when_they_have_come_to_rest() {
    let office = Office::open();
    let message = |number: usize| {
        format!(
            "From: a{number}@example.com\nTo: support@example.net\nSubject: hello\nMessage-ID: <{number}@example.com>\n\nHello {number}.\n\n"
        )
    };
    let quoted = |number| format!("From a@example.com Wed Mar  4 11:00:00 2026\n{}", message(number));
    office.at.write("inbox/old.mbox", [quoted(1), quoted(2)].concat());
    office.at.write("inbox/box/new/1.host", message(3));
    office.at.write("inbox/box/tmp/2.host", "From: half of a message");
    office.at.write("inbox/box/cur/3.host:2,D", message(4));
    let mut watcher = Watcher::start(&office.at, "inbox --settle 0.3");
    watcher.wait_until("the end of the run", |it| is_idle(it) && it["last_run"] == "R-000001");
    office.at.write("inbox/old.mbox", [quoted(1), quoted(2), quoted(5)].concat());
    watcher.wait_until("the end of the next run", |it| is_idle(it) && it["last_run"] == "R-000002");
    let said = watcher.stop(Signal::TERM);
    assert!(said.contains("R-000001: 3 files in") && said.contains("R-000002: 3 files in"), "{said}");
    assert_eq!(said.matches("3 ignored").count(), 2, "letters that ask for nothing: {said}");
}

#[test]
fn there_is_one_watcher_for_a_home_and_one_that_was_killed_is_missed() {
    let office = office();
    let mut watcher = Watcher::start(&office.at, "returned --settle 0.3");
    watcher.wait_until("a look", |_| true);
    let refused = office.at.run("watch returned").failed(3);
    assert!(
        refused.contains(&format!("another watcher, process {}, works on the home home", watcher.pid())),
        "{refused}"
    );
    watcher.signal(Signal::KILL);
    watcher.end();
    let ended = office.at.run("doctor");
    assert!(ended.code == 3 && ended.stdout.contains("is gone, and was not stopped"), "{ended:?}");
    let mut watcher = Watcher::start(&office.at, "returned --settle 0.3");
    watcher.wait_until("a look", |_| true);
    watcher.stop(Signal::TERM);
}

#[test]
fn what_fails_is_tried_again_and_what_lasts_ends_the_watcher() {
    let office = office();
    office.at.write("home/reports", "a file where a folder must be");
    let mut watcher = Watcher::start(&office.at, "returned --settle 0.3 --metrics countersign.prom");
    let beat = watcher.wait_until("a failure", |it| it["state"] == "retrying");
    assert_eq!((&beat["failures"], &beat["files_waiting"]), (&1.into(), &2.into()));
    let samples = samples(&fs::read_to_string(office.at.join("countersign.prom")).unwrap());
    assert_eq!((samples["countersign_run_failures_total"], samples["countersign_watch_retrying"]), (1.0, 1.0));
    fs::remove_file(office.at.join("home/reports")).unwrap();
    let beat = watcher.wait_until("the end of the run", is_idle);
    assert_eq!(beat["failures"], 0);
    // A policy that is wrong for good: told with its place, twice, and then the end.
    office.at.write("home/policy.toml", "[pins]\nattempts = 0\n");
    office.at.write("returned/another.txt", "Dear support, me again.");
    let ended = watcher.end();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(3), "{told}");
    assert!(told.contains("cannot make the folder") && told.contains("trying again in 5 s"), "{told}");
    assert_eq!(told.matches("`pins.attempts` must be 1 to 100").count(), 2, "{told}");
    office.at.write("home/policy.toml", "");
    let mut watcher = Watcher::start(&office.at, "returned --settle 0.3");
    watcher.wait_until("the end of the run", |it| is_idle(it) && it["last_run"].is_string());
    watcher.stop(Signal::TERM);
}

#[test]
fn nothing_that_the_program_writes_may_lie_where_it_reads() {
    let office = office();
    let refused = |arguments: &str, what: &str| {
        let told = office.at.run(&format!("watch {arguments}")).failed(2);
        assert!(told.contains(what), "{arguments}: {told}");
    };
    refused(".", "the home would lie within .");
    refused("returned --reports returned/reports", "the reports would lie within returned");
    refused("returned --metrics returned/m.prom", "the metrics would lie within returned");
    refused("returned --heartbeat ./returned/../returned/beat", "the heartbeat would lie within returned");
    refused("returned --archive returned/kept --archive-in-the-clear", "the archive would lie within returned");
    refused("nowhere", "nowhere");
    refused("returned --settle 0", "0.1 to 3600 seconds");
    assert!(!office.at.join("home/watch.lock").exists());
}
