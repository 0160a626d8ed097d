//! Honest forms with one thing or two changed at random, read and decided by the whole pipeline. No mutant breaks it, and what it
//! accepts is what the mutant says to a plain reader who knows nothing of the project, and what it shows.
//!
//! A mutant that stores another value in a box without a picture is not an attack on reading: the customer could have typed
//! it. Such mutants are counted apart. What must not be is an acceptance of values that the plain reader does not find, or
//! that the boxes do not show.
//!
//! `COUNTERSIGN_MUTANTS` sets how many there are, `COUNTERSIGN_FIRST_MUTANT` where they begin.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use countersign_core::person::tidy;
use countersign_core::reason::ReasonCode;
use countersign_core::template::{BlankLook, ValueRule};
use countersign_ingest::batch::Templates;
use countersign_ingest::blanks::KnownBlanks;
use countersign_ingest::limits::Limits;
use countersign_ingest::outcome::{AppliedChange, Ending};
use countersign_ingest::read;
use countersign_ingest::reading::{ReadState, Reading, ReadingMethod};
use countersign_ingest::worker::{Budget, FormReader, Workers};
use countersign_testkit::program;
use countersign_tests::mutant::Stock;
use countersign_tests::plain::{Operator, Plain, PlainBox};
use countersign_tests::{Desk, HonestForm, honest_forms, measure};

/// Mutants of a run without `COUNTERSIGN_MUTANTS`: what a debug build does in well under a minute.
const MUTANTS: u64 = 1_500;

/// One mutant in so many is read by a reader in a process of its own too.
const ISOLATED: u64 = 20;

/// As much as the main thread of a reader has.
const STACK: usize = 8 << 20;

/// Points by which a box may stand elsewhere: programs round.
const TOLERANCE: f32 = 1.01;

#[test]
fn what_is_accepted_of_a_mutant_is_what_it_says_and_shows() {
    let press = measure::press();
    let look = press.look().clone();
    let mut templates = Templates::default();
    templates.add(measure::template(), look.clone());
    let own = honest_forms(&press);
    let mut desks = [Desk::of_honest(&own), Desk::of_samples()];
    let blanks = KnownBlanks::new([look.clone()]);
    let subjects = subjects(&blanks, &templates, own.forms, &mut desks);
    let trial = Trial { subjects, desks, workers: workers(&look), look, blanks, templates };
    let count = option_env_number("COUNTERSIGN_MUTANTS").unwrap_or(MUTANTS);
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |it| format!("{}:{}", it.file(), it.line()));
        PANIC.set(place);
    }));
    let first = option_env_number("COUNTERSIGN_FIRST_MUTANT").unwrap_or(0);
    let counts = trial.run(first..first + count);
    std::panic::set_hook(previous);
    println!("{counts}");
    assert!(counts.bad.is_empty(), "{:#?}", counts.bad);
}

thread_local! {
    /// Where this thread panicked last. What a panic says may hold the content of a form; it is heard by nobody.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

#[expect(clippy::disallowed_methods, reason = "a test is told in no other way how long it may take")]
fn option_env_number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|it| it.parse().expect("a number of mutants"))
}

/// An honest form, and what is known of it.
struct Subject {
    name: String,
    /// Which desk decides it.
    desk: usize,
    stock: Stock,
    plain: Plain,
    changes: Vec<AppliedChange>,
}

/// All that mutants are tried with.
struct Trial {
    look: BlankLook,
    blanks: KnownBlanks,
    templates: Templates,
    subjects: Vec<Subject>,
    desks: [Desk; 2],
    workers: Workers,
}

/// The forms of ours that are accepted unchanged, each alone: what the project makes itself, and what other programs made of our
/// blanks for the samples.
fn subjects(blanks: &KnownBlanks, templates: &Templates, own: Vec<HonestForm>, desks: &mut [Desk; 2]) -> Vec<Subject> {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let own_count = own.len();
    let forms = own.into_iter().map(|it| (0, it)).chain(samples().into_iter().map(|it| (1, it)));
    let mut subjects = Vec::new();
    for (desk, HonestForm { name, bytes }) in forms {
        let reading = read(&bytes, blanks, &Limits::default());
        let file = folder.path().join("form.pdf");
        std::fs::write(&file, &bytes).expect("a form can be written");
        let Ending::Accepted(changes) = desks[desk].decide(&file, &reading, templates).ending else {
            assert_eq!(desk, 1, "{name} is honest, but not accepted: {:?}", reading.findings);
            continue;
        };
        let plain = Plain::read(&bytes).expect("an honest form is read by everybody");
        subjects.push(Subject { name, desk, stock: Stock::of(&bytes), plain, changes });
    }
    assert!(subjects.len() > own_count, "samples are among them");
    subjects
}

fn samples() -> Vec<HonestForm> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/returned");
    let files = std::fs::read_dir(folder).expect("the samples are there").filter_map(Result::ok).map(|it| it.path());
    let mut files: Vec<_> = files.filter(|it| it.extension().is_some_and(|it| it == "pdf")).collect();
    files.sort();
    let form = |path: &std::path::PathBuf| {
        let name = path.file_name().expect("a sample has a name").to_string_lossy().into_owned();
        HonestForm { name, bytes: std::fs::read(path).expect("a sample can be read") }
    };
    files.iter().map(form).collect()
}

fn workers(look: &BlankLook) -> Workers {
    let program = program();
    let command = move || {
        let mut command = Command::new(&program);
        command.arg("reader");
        command
    };
    let budget = Budget::from(&countersign_core::policy::LimitPolicy::default());
    Workers::start(command, vec![look.clone()], Limits::default(), budget).expect("readers start")
}

/// What became of a mutant that is not bad.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum End {
    /// Nothing could be read.
    Unreadable,
    /// It was read, and rejected.
    Rejected,
    /// A person must look.
    Held,
    /// Accepted, and it says what the honest form says.
    Unchanged,
    /// Accepted, and it stores something else, as if the customer had typed it.
    Typed,
}

/// What mutants became.
#[derive(Default)]
struct Counts {
    ends: BTreeMap<End, u64>,
    /// Accepted with something painted otherwise that still shows the same letters.
    repainted: BTreeMap<String, u64>,
    /// Readers that died in other people's code, by place.
    deaths: BTreeMap<String, u64>,
    /// Read by a reader in a process of its own too.
    isolated: u64,
    bad: Vec<String>,
}

impl Counts {
    fn add(&mut self, other: Self) {
        let sum = |ours: &mut BTreeMap<String, u64>, theirs: BTreeMap<String, u64>| {
            theirs.into_iter().for_each(|(it, count)| *ours.entry(it).or_default() += count);
        };
        other.ends.into_iter().for_each(|(it, count)| *self.ends.entry(it).or_default() += count);
        sum(&mut self.repainted, other.repainted);
        sum(&mut self.deaths, other.deaths);
        self.isolated += other.isolated;
        self.bad.extend(other.bad);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |end| self.ends.get(&end).copied().unwrap_or(0);
        let dead: u64 = self.deaths.values().sum();
        let all = self.ends.values().sum::<u64>() + dead + self.bad.len() as u64;
        writeln!(f, "{all} mutants, {} of them read in a process of its own too", self.isolated)?;
        writeln!(f, "  unreadable                           {:8}", of(End::Unreadable) + dead)?;
        writeln!(f, "  rejected                             {:8}", of(End::Rejected))?;
        writeln!(f, "  held                                 {:8}", of(End::Held))?;
        writeln!(f, "  accepted, says what it said before   {:8}", of(End::Unchanged))?;
        writeln!(f, "  accepted, with another value typed   {:8}", of(End::Typed))?;
        writeln!(f, "  bad                                  {:8}", self.bad.len())?;
        for (place, count) in &self.deaths {
            writeln!(f, "  reader died in {place}: {count}")?;
        }
        for (what, count) in &self.repainted {
            writeln!(f, "  accepted, painted otherwise: {what}: {count}")?;
        }
        Ok(())
    }
}

impl Trial {
    fn run(&self, seeds: Range<u64>) -> Counts {
        let (next, total) = (AtomicU64::new(seeds.start), Mutex::new(Counts::default()));
        let work = || {
            let folder = tempfile::tempdir().expect("a temporary directory can be made");
            let (file, mut desks, mut counts) = (folder.path().join("form.pdf"), self.desks.clone(), Counts::default());
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= seeds.end {
                    break;
                }
                self.try_one(seed, &file, &mut desks, &mut counts);
            }
            total.lock().expect("no thread panics while it adds").add(counts);
        };
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                let builder = std::thread::Builder::new().stack_size(STACK);
                builder.spawn_scoped(scope, work).expect("a thread can be started");
            }
        });
        total.into_inner().expect("no thread panics while it adds")
    }

    fn try_one(&self, seed: u64, file: &Path, desks: &mut [Desk; 2], counts: &mut Counts) {
        let subject = &self.subjects[(seed % self.subjects.len() as u64) as usize];
        let mutant = subject.stock.mutant(seed);
        let mut bad = |what: &str| {
            counts.bad.push(format!("mutant {seed} of {} ({}): {what}", subject.name, mutant.changes.join(", ")));
        };
        let Ok(reading) = catch_unwind(AssertUnwindSafe(|| read(&mutant.bytes, &self.blanks, &Limits::default())))
        else {
            match foreign_place() {
                Some(place) if self.workers.read(&mutant.bytes).state == ReadState::Unreadable => {
                    *counts.deaths.entry(place).or_default() += 1;
                }
                _ => bad(&format!("the reader panicked at {}", PANIC.take())),
            }
            return;
        };
        if (seed / self.subjects.len() as u64).is_multiple_of(ISOLATED) {
            counts.isolated += 1;
            // What is read from a page is read once more there, by a reader that only runs alone.
            let is_final = reading.method != Some(ReadingMethod::PageText);
            if self.workers.read(&mutant.bytes) != reading && is_final {
                return bad("a reader in a process of its own reads something else");
            }
        }
        std::fs::write(file, &mutant.bytes).expect("a mutant can be written");
        let desk = &mut desks[subject.desk];
        let decided = catch_unwind(AssertUnwindSafe(|| desk.decide(file, &reading, &self.templates)));
        let Ok(outcome) = decided else {
            return bad(&format!("the decision panicked at {}", PANIC.take()));
        };
        if outcome.ending.reasons().iter().any(|it| it.code == ReasonCode::Internal) {
            return bad("it could not be decided");
        }
        let end = match &outcome.ending {
            Ending::Accepted(changes) => {
                let judged = catch_unwind(|| Plain::read(&mutant.bytes));
                let Ok(Some(plain)) = judged else { return bad("accepted, but the plain reader does not open it") };
                match (Accepted { subject, look: &self.look, reading: &reading, plain: &plain }).judge(changes) {
                    Ok((end, repainted)) => {
                        for what in repainted {
                            let what = format!("{what}, after {}", mutant.changes.join(", "));
                            *counts.repainted.entry(what).or_default() += 1;
                        }
                        end
                    }
                    Err(what) => return bad(&format!("accepted, but {what}")),
                }
            }
            _ if reading.state == ReadState::Unreadable => End::Unreadable,
            Ending::Held(_) => End::Held,
            _ => End::Rejected,
        };
        *counts.ends.entry(end).or_default() += 1;
    }
}

/// Where the panic was, when that is in other people's code: crate and line.
fn foreign_place() -> Option<String> {
    let place = PANIC.with_borrow(Clone::clone);
    let (_, inside) = place.split_once("/registry/src/")?;
    inside.split_once('/').map(|(_, it)| it.to_owned())
}

/// A mutant that was accepted.
struct Accepted<'a> {
    subject: &'a Subject,
    look: &'a BlankLook,
    reading: &'a Reading,
    plain: &'a Plain,
}

impl Accepted<'_> {
    /// How far it was right to accept it, and what is painted otherwise; `Err` when it was wrong.
    fn judge(&self, changes: &[AppliedChange]) -> Result<(End, Vec<String>), String> {
        let mut repainted = Vec::new();
        let mut is_unchanged = true;
        for (name, look) in &self.look.fields {
            let found = self
                .box_of(self.plain, name)
                .ok_or_else(|| format!("{name} has no box, or several; {}", self.unknown()))?;
            let honest = self.box_of(&self.subject.plain, name).ok_or("the honest form lacks a box")?;
            let read = self.reading.text(name);
            let is_same = if look.rule == ValueRule::Check {
                matches!(read, "" | "Off") == (found.value == "Off") && (found.value == "Off" || read == found.value)
            } else {
                read == found.value
            };
            if !is_same {
                return Err(format!("{name} stores something else than was read"));
            }
            is_unchanged &= found.value == honest.value;
            if found.flags & (1 | 1 << 1 | 1 << 5) != 0 || found.page != honest.page || is_elsewhere(found, honest) {
                return Err(format!("{name} is not where it was, or not to be seen"));
            }
            match shown(found, honest) {
                Shown::Same => {}
                Shown::Repainted => repainted.push("a box".to_owned()),
                Shown::Otherwise => return Err(format!("{name} shows something else than it stores")),
            }
        }
        if self.plain.others != self.subject.plain.others {
            return Err("there is something on the page that belongs to no field".to_owned());
        }
        let (ours, theirs) = (&self.plain.operators, &self.subject.plain.operators);
        if ours != theirs {
            let at = ours.iter().zip(theirs).position(|(one, other)| one != other);
            let name = |of: &[Operator]| at.and_then(|it| of.get(it)).map_or("none", |it| it.name.as_str()).to_owned();
            repainted.push(format!("the page ({} instead of {})", name(ours), name(theirs)));
        }
        if !self.are_said(changes) {
            return Err("the changes are not those that it asks for".to_owned());
        }
        if is_unchanged && changes != self.subject.changes {
            return Err("it says what it said before, but changes something else".to_owned());
        }
        Ok((if is_unchanged { End::Unchanged } else { End::Typed }, repainted))
    }

    /// Boxes that are none of the form's, by name and how many.
    fn unknown(&self) -> String {
        let unknown =
            self.plain.boxes.iter().filter(|(name, them)| them.len() > 1 || !self.look.fields.contains_key(*name));
        unknown.map(|(name, them)| format!("{} of {name}", them.len())).collect::<Vec<_>>().join(", ")
    }

    fn box_of<'p>(&self, plain: &'p Plain, name: &str) -> Option<&'p PlainBox> {
        let [one] = plain.boxes.get(name)?.as_slice() else { return None };
        Some(one)
    }

    fn said(&self, name: &str) -> String {
        self.box_of(self.plain, name).map(|it| tidy(&it.value)).unwrap_or_default()
    }

    /// Whether every row that is written on asks for just one of the changes.
    fn are_said(&self, changes: &[AppliedChange]) -> bool {
        let rows: std::collections::BTreeSet<&str> = self
            .look
            .fields
            .keys()
            .filter(|it| ["add.", "remove."].iter().any(|table| it.starts_with(table)) && !self.said(it).is_empty())
            .filter_map(|it| Some(it.rsplit_once('.')?.0))
            .collect();
        let is_said = |it: &AppliedChange| {
            let said = |part: &str| self.said(&format!("{}.{part}", it.field));
            let email = it.email.as_ref().map_or("", |it| it.as_str());
            let is_job_said = it.action == "remove" || it.job == said("role");
            it.first_name == said("first_name")
                && it.last_name == said("last_name")
                && email.eq_ignore_ascii_case(&said("email"))
                && is_job_said
        };
        rows.len() == changes.len() && changes.iter().all(|it| rows.contains(it.field.as_str()) && is_said(it))
    }
}

fn is_elsewhere(one: &PlainBox, other: &PlainBox) -> bool {
    one.rect.iter().zip(other.rect).any(|(one, other)| (one - other).abs() > TOLERANCE)
}

/// What a box shows, beside what the honest form's does.
enum Shown {
    /// The same, or nothing: then every viewer draws what is stored.
    Same,
    /// What is stored, painted otherwise than in the honest form.
    Repainted,
    /// Something else than is stored.
    Otherwise,
}

fn shown(found: &PlainBox, honest: &PlainBox) -> Shown {
    if found.pictures.is_empty() || (found.pictures == honest.pictures && found.value == honest.value) {
        return Shown::Same;
    }
    let Some(picture) = found.pictures.get("") else {
        let is_other = |of: &PlainBox, at: &str, other: &str| matches!((of.pictures.get(at), honest.pictures.get(other)), (Some(one), Some(other)) if one.content == other.content);
        let is_turned = is_other(found, "Yes", "Off") || is_other(found, "Off", "Yes");
        return match found.pictures == honest.pictures {
            true => Shown::Same,
            false if is_turned => Shown::Otherwise,
            false => Shown::Repainted,
        };
    };
    let stored: String = found.value.chars().filter(|it| !it.is_whitespace()).collect();
    if without_lost(&stored, &stored) != without_lost(&picture.text, &stored) {
        Shown::Otherwise
    } else if honest.pictures.contains_key("") && found.pictures != honest.pictures {
        Shown::Repainted
    } else {
        Shown::Same
    }
}

/// What is left of a text when the letters are taken away that simple fonts lack, and, where `stored` has such, what stands for them.
fn without_lost(text: &str, stored: &str) -> String {
    let is_lost = |it: char| u32::from(it) > 0xff;
    let has_lost = stored.chars().any(is_lost);
    text.chars().filter(|it| !(is_lost(*it) || has_lost && "?·•".contains(*it))).collect()
}
