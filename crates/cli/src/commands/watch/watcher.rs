//! The watcher: look, run what has come to rest, tell how it goes, wait.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use countersign_ingest::batch::Entry;
use countersign_ingest::report::Summary;
use jiff::Timestamp;

use super::heartbeat::{Heartbeat, State};
use super::ledger::{Ledger, Look, Moment};
use super::metrics::{Gauges, Metrics};
use super::stop::Stop;
use super::trouble::Trouble;
use super::{check_places, ingest};
use crate::args::{IngestArgs, WatchArgs};
use crate::clock;
use crate::exit;
use crate::home::Home;
use crate::mailboxes;
use crate::outbox::write_due;
use crate::tally::Tally;
use crate::terminal::{CARE, count, say, styled, warn};
use crate::whole_file;

/// How often the store is asked what waits in it when nothing comes in: the staff resolves and unlocks meanwhile.
const STORE_EVERY: Duration = Duration::from_secs(60);

/// What one watcher knows and has counted.
pub(super) struct Watcher<'a> {
    home: &'a Path,
    /// The moment to decide at, instead of the clock.
    now: Option<Timestamp>,
    args: &'a WatchArgs,
    /// How each run goes about it.
    run: IngestArgs,
    stop: Stop,
    started: Instant,
    ledger: Ledger,
    trouble: Trouble,
    metrics: Metrics,
    last_run: Option<String>,
    /// When the store was last asked.
    store_asked: Option<Duration>,
    /// Files of the watcher's own that could not be written at the last look.
    unwritten: Vec<PathBuf>,
}

impl<'a> Watcher<'a> {
    /// A watcher that has not looked yet.
    pub(super) fn new(home: &'a Path, now: Option<Timestamp>, args: &'a WatchArgs, stop: Stop) -> Self {
        let run = IngestArgs {
            paths: args.paths.clone(),
            reports: args.reports.clone(),
            threads: args.threads,
            dry_run: false,
            json: false,
            archive: args.archive.clone(),
            archive_in_the_clear: args.archive_in_the_clear,
            fail_on_reject: false,
            no_bom: args.no_bom,
            allow_weak_isolation: args.allow_weak_isolation,
        };
        Self {
            home,
            now,
            args,
            run,
            stop,
            started: Instant::now(),
            ledger: Ledger::new(args.settle),
            trouble: Trouble::default(),
            metrics: Metrics::default(),
            last_run: None,
            store_asked: None,
            unwritten: Vec::new(),
        }
    }

    /// Watches until it is told to stop.
    ///
    /// # Errors
    /// When something is wrong that waiting does not mend.
    pub(super) fn watch(&mut self) -> anyhow::Result<()> {
        loop {
            let ran = match self.look() {
                Ok(ran) => ran,
                Err(error) => {
                    self.meet(error)?;
                    false
                }
            };
            self.tell(if self.trouble.failures() > 0 { State::Retrying } else { State::Waiting });
            // After a run the next look comes at once: more may have come to rest.
            let wait = if ran { Duration::ZERO } else { self.args.poll };
            if self.stop.is_asked_within(wait).context("cannot wait")? {
                self.tell(State::Stopped);
                return Ok(());
            }
        }
    }

    fn moment(&self) -> Moment {
        Moment { uptime: self.started.elapsed(), wall: clock::now(None) }
    }

    /// One look, and the run that it gives cause for; answers whether there was one.
    fn look(&mut self) -> anyhow::Result<bool> {
        if self.trouble.is_pausing(self.moment().uptime) {
            // How much waits is told all the same; whether the folders are there is what the next try finds.
            drop(self.list());
            return Ok(false);
        }
        let files = self.list()?;
        let mut ran = false;
        if !self.next_run(&files).is_empty() {
            let entries = self.open_mailboxes(&files)?;
            ran = self.run_next(&entries)?;
        }
        self.ask_store()?;
        self.trouble.over();
        Ok(ran)
    }

    /// Lists the folders and enters the files that are there. Hidden files and what operating systems leave lying about are nobody's form, and
    /// often somebody's half-written one.
    fn list(&mut self) -> anyhow::Result<Vec<Entry>> {
        let mut entries = countersign_ingest::batch::list(&self.args.paths)?;
        entries.retain(|it| it.litter().is_none());
        let look = |it: &Entry| Some((it.path().to_owned(), Look::at(it.path())?));
        let found: BTreeMap<PathBuf, Look> = entries.iter().filter_map(look).collect();
        let moment = self.moment();
        self.ledger.see(found, moment);
        for path in self.ledger.restless(moment) {
            let name = entries.iter().find(|it| it.path() == path).map(Entry::shown_name).unwrap_or_default();
            warn(&styled(CARE, format!("still waiting: {name} has been changing for ten minutes")));
        }
        self.metrics.last_look = Some(moment.wall);
        Ok(entries)
    }

    /// The entries of the next run: those whose files have come to rest.
    fn next_run(&self, entries: &[Entry]) -> Vec<Entry> {
        let paths: Vec<&Path> = entries.iter().map(Entry::path).collect();
        self.ledger.next_run(&paths).into_iter().map(|it| entries[it].clone()).collect()
    }

    /// The same files with mailboxes as the messages in them. They are read for that, so only when something has come to rest. What
    /// a mailbox leaves alone, as drafts and messages that are still being delivered, is no file that waits.
    fn open_mailboxes(&mut self, files: &[Entry]) -> anyhow::Result<Vec<Entry>> {
        let form_bytes = Home::open(self.home)?.policy.limits.file_bytes;
        let mut entries = mailboxes::list(&self.args.paths, form_bytes)?;
        entries.retain(|it| it.litter().is_none());
        let wanted: BTreeSet<&Path> = entries.iter().map(Entry::path).collect();
        files.iter().filter(|it| !wanted.contains(it.path())).for_each(|it| self.ledger.end(it.path()));
        Ok(entries)
    }

    /// Runs the next files that have come to rest; answers whether there were any.
    fn run_next(&mut self, entries: &[Entry]) -> anyhow::Result<bool> {
        let next = self.next_run(entries);
        if next.is_empty() {
            return Ok(false);
        }
        self.tell(State::Running);
        let mut home = Home::open(self.home)?;
        check_places(&home, self.home, self.args)?;
        let mut tally = Tally::default();
        let ran = ingest::ingest_entries(&mut home, clock::now(self.now), &next, &self.run, &mut tally);
        self.metrics.tally.add(&tally);
        let summary = ran?.summary;
        self.end_run(&summary, &next, &tally)?;
        self.take_stock(&mut home)?;
        Ok(true)
    }

    /// Enters a run that has come to its end.
    fn end_run(&mut self, summary: &Summary, files: &[Entry], tally: &Tally) -> anyhow::Result<()> {
        if !summary.reconciled {
            bail!("run {} does not reconcile: not every file that went in has ended", summary.run);
        }
        say(&line_of(summary));
        self.metrics.runs += 1;
        self.last_run = Some(summary.run.clone());
        if summary.pins.spraying {
            self.metrics.sprayings += 1;
            let wrong = count(summary.pins.accounts_with_wrong, "account");
            warn(&styled(CARE, format!("alarm: {}: wrong PINs on {wrong}: somebody may be guessing", summary.run)));
        }
        files.iter().for_each(|it| self.ledger.end(it.path()));
        let moment = self.moment();
        for place in tally.failed() {
            self.ledger.end_in_failure(files[*place].path(), moment);
        }
        if !tally.failed().is_empty() {
            let failed = count(tally.failures(), "form");
            warn(&format!("error: {}: the program failed on {failed}; held.csv names them", summary.run));
        }
        Ok(())
    }

    /// Asks the store what waits in it, when that was long ago.
    fn ask_store(&mut self) -> anyhow::Result<()> {
        let uptime = self.started.elapsed();
        let is_due = self.store_asked.is_none_or(|it| uptime.saturating_sub(it) >= STORE_EVERY);
        if is_due { self.take_stock(&mut Home::open(self.home)?) } else { Ok(()) }
    }

    /// Writes the letters that are due, also those that an earlier look could not write, and asks the store what waits.
    fn take_stock(&mut self, home: &mut Home) -> anyhow::Result<()> {
        self.store_asked = None;
        write_due(home, clock::now(self.now))?;
        let allowance = home.policy.pins.allowance();
        self.metrics.standing = Some(home.store.standing(allowance).context("cannot ask the store what waits")?);
        self.store_asked = Some(self.started.elapsed());
        Ok(())
    }

    /// Tells a failure, and goes on after a pause, if that may mend it.
    fn meet(&mut self, error: anyhow::Error) -> anyhow::Result<()> {
        self.metrics.failures += 1;
        let Some(pause) = self.trouble.met(&error, self.started.elapsed()) else { return Err(error) };
        exit::report(&error);
        warn(&format!("trying again in {} s", pause.as_secs()));
        Ok(())
    }

    /// Writes heartbeat and metrics. Where that fails, the work goes on: once told, it shows by a heartbeat that is stale.
    fn tell(&mut self, state: State) {
        let moment = self.moment();
        let (files_waiting, oldest) = self.ledger.waiting(moment);
        let heartbeat = Heartbeat {
            at: moment.wall,
            pid: std::process::id(),
            state,
            last_run: self.last_run.clone(),
            files_waiting,
            failures: self.trouble.failures(),
        };
        if let Some(place) = &self.args.metrics {
            self.write(place, &self.metrics.text(Gauges { state, files_waiting, oldest }));
        }
        // Last: whoever sees it finds metrics that are as new.
        let place = self.args.heartbeat.clone().unwrap_or_else(|| Heartbeat::place(self.home));
        self.write(&place, &heartbeat.text());
    }

    fn write(&mut self, place: &Path, text: &str) {
        match whole_file::put(place, text) {
            Ok(()) => self.unwritten.retain(|it| it != place),
            Err(error) if !self.unwritten.iter().any(|it| it == place) => {
                warn(&styled(CARE, format!("warning: cannot write {}: {error}", place.display())));
                self.unwritten.push(place.to_owned());
            }
            Err(_) => {}
        }
    }
}

/// A run in one line.
fn line_of(summary: &Summary) -> String {
    let counts = &summary.counts;
    let parts = [
        (counts.accepted, "accepted"),
        (counts.rejected, "rejected"),
        (counts.held, "held"),
        (counts.duplicate, "duplicate"),
        (counts.ignored, "ignored"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    format!("{}: {} in {:.1} s: {}", summary.run, count(summary.files, "file"), summary.wall_seconds, parts.join(", "))
}
