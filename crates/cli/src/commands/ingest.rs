//! `ingest`: reads returned forms, decides each, applies the accepted ones, and writes reports.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use countersign_core::store::{AccountStore, Rehearsal};
use countersign_ingest::batch::{self, Entry, OutcomeSink, RunSettings};
use countersign_ingest::outcome::{Outcome, RunHeader};
use countersign_ingest::report::{ByteOrderMark, Page, Report, ReportFolder, Summary};
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::json;

use crate::archive::{Archive, Kept};
use crate::args::IngestArgs;
use crate::correspondence::Correspondence;
use crate::entropy;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::mailboxes;
use crate::outbox::write_due;
use crate::progress;
use crate::readers::{self, Isolation};
use crate::summary;
use crate::tally::Tally;
use crate::terminal::{count, say, warn};

pub(crate) fn run(home: &Path, now: Timestamp, args: &IngestArgs) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    let done = ingest(&mut home, now, args)?;
    let letters = if args.dry_run { Ok(0) } else { write_due(&mut home, now) };
    if args.json {
        let mut object = serde_json::to_value(&done.summary).context("cannot print the summary")?;
        object["reports"] = json!(done.reports);
        say(&object.to_string());
    } else {
        summary::lines(&done.summary, done.reports.as_deref()).iter().for_each(|it| say(it));
    }
    letters?;
    Ok(exit_of(&done.summary, args))
}

fn exit_of(summary: &Summary, args: &IngestArgs) -> Exit {
    if !summary.reconciled {
        warn("error: the run does not reconcile: not every file that went in has ended");
        return Exit::Failed;
    }
    if summary.internal_failures > 0 {
        warn("error: the program failed on some forms; held.csv names them, and they stay where they are");
        return Exit::Failed;
    }
    let is_refused = summary.counts.rejected + summary.counts.held > 0;
    if args.fail_on_reject && is_refused { Exit::Refused } else { Exit::Done }
}

/// A run that has ended.
pub(crate) struct Done {
    pub(crate) summary: Summary,
    /// Where its reports are; a dry run without `--reports` has none.
    pub(crate) reports: Option<PathBuf>,
}

/// Lists, decides, applies and reports.
pub(crate) fn ingest(home: &mut Home, now: Timestamp, args: &IngestArgs) -> anyhow::Result<Done> {
    let entries = list(&args.paths, home.policy.limits.file_bytes)?;
    ingest_entries(home, now, &entries, args, &mut Tally::default())
}

/// Lists what is to be read, forms of at most so many bytes; a path that is not there was given wrongly.
pub(crate) fn list(paths: &[PathBuf], form_bytes: u64) -> Result<Vec<Entry>, WrongInput> {
    mailboxes::list(paths, form_bytes).map_err(|error| {
        let why = std::error::Error::source(&error).map(|it| format!(": {it}")).unwrap_or_default();
        WrongInput(format!("{error}{why}"))
    })
}

/// Decides, applies and reports these; `tally` counts what was decided, also by a run that fails later on.
pub(crate) fn ingest_entries(
    home: &mut Home,
    now: Timestamp,
    entries: &[Entry],
    args: &IngestArgs,
    tally: &mut Tally,
) -> anyhow::Result<Done> {
    let archive = args.archive.as_deref().map(|dir| open_archive(home, dir, args)).transpose()?;
    let templates = home.templates()?;
    let threads = usize::from(args.threads.unwrap_or_default());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    let reports = match (&args.reports, args.dry_run) {
        (Some(folder), _) => Some(folder.clone()),
        (None, true) => None,
        (None, false) => Some(home.reports()),
    };
    let pin_cost = home.pin_cost();
    let limits = &home.policy.limits;
    let isolation = Isolation::allowing_weak(args.allow_weak_isolation);
    let reader = readers::start(templates.looks().to_vec(), limits.into(), limits.into(), isolation)?;
    let messages = Correspondence::of(home, now)?;
    let Home { policy, key, store, .. } = home;
    let random = entropy::fill;
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
    let job = Job { entries, settings: &settings, reports: reports.as_deref(), archive: archive.as_ref(), args };
    pool.install(|| {
        if args.dry_run {
            let mut rehearsal = Rehearsal::over(store).context("cannot read the store")?;
            job.run(&mut rehearsal, tally)
        } else {
            job.run(store, tally)
        }
    })
}

/// The archive, which must not lie where the next run would read it.
fn open_archive(home: &Home, dir: &Path, args: &IngestArgs) -> anyhow::Result<Archive> {
    let recipient = home.configuration.archive.recipient.as_deref();
    let archive = Archive::open(dir, recipient, args.archive_in_the_clear, home.policy.limits.file_bytes)?;
    let is_within = |it: &PathBuf| fs::canonicalize(it).is_ok_and(|it| archive.dir().starts_with(it));
    let is_archived = |it: &PathBuf| fs::canonicalize(it).is_ok_and(|it| it.starts_with(archive.dir()));
    if let Some(path) = args.paths.iter().find(|it| is_within(it)) {
        return Err(WrongInput(format!("the archive lies within {}, which is read", path.display())).into());
    }
    if let Some(path) = args.paths.iter().find(|it| is_archived(it)) {
        return Err(WrongInput(format!("{} lies in the archive already", path.display())).into());
    }
    Ok(archive)
}

struct Job<'a> {
    entries: &'a [Entry],
    settings: &'a RunSettings<'a>,
    reports: Option<&'a Path>,
    archive: Option<&'a Archive>,
    args: &'a IngestArgs,
}

impl Job<'_> {
    /// Where the run reads and archives, for whoever looks for an original later.
    fn places(&self) -> Vec<String> {
        let absolute = |it: &PathBuf| std::path::absolute(it).unwrap_or_else(|_| it.clone());
        let archive = self.archive.map(|it| it.dir().to_owned());
        let places = archive.into_iter().chain(self.args.paths.iter().map(absolute));
        places.filter_map(|it| Some(it.to_str()?.to_owned())).collect()
    }

    fn run(&self, store: &mut dyn AccountStore, tally: &mut Tally) -> anyhow::Result<Done> {
        let started = Instant::now();
        let mut header = batch::begin_run(store, self.settings)?;
        header.rehearsal = self.args.dry_run;
        store.note_places(header.run, &self.places()).context("cannot note where the run reads")?;
        let folder = self.reports.map(|it| RunFolder::create(it, &header)).transpose()?;
        let bom = if self.args.no_bom { ByteOrderMark::Left } else { ByteOrderMark::Written };
        let mut places: Box<dyn ReportFolder> = match &folder {
            Some(folder) => Box::new(folder.clone()),
            None => Box::new(Nowhere),
        };
        let report = Report::create(header.clone(), bom, places.as_mut()).context("cannot open the reports")?;
        let bar = progress::bar(self.entries.len() as u64, "reading forms");
        let (entries, archive) = (self.entries, self.archive);
        let mut sink = Watched { report, tally, bar, entries, archive, left: 0, failure: None };
        let ran = batch::run(self.entries, &header, self.settings, store, &mut sink);
        sink.bar.finish_and_clear();
        if sink.left > 0 {
            let left = count(sink.left, "file");
            warn(&format!("{left} not archived: not a form, or not what was decided on any more"));
        }
        let archiving = sink.failure.take();
        // What was settled before a failure is in the reports all the same.
        let finished = sink.report.finish().context("cannot write the reports");
        // When both fail, the store's own failure is the one to hear of.
        let ((mut summary, page), ran) = match (finished, ran) {
            (Err(_), Err(error)) => return Err(error.into()),
            (finished, ran) => (finished?, ran),
        };
        summary.reconcile(self.entries.len() as u64);
        summary.judge_pins(&self.settings.policy.pins);
        summary.wall_seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        if let Some(folder) = &folder {
            folder.put_summary(&summary)?;
            folder.put_page(&page, &summary)?;
        }
        if let Err(error) = ran {
            let done = format!("run {} stopped after {} of {} files", header.run, summary.sources, self.entries.len());
            return Err(error).context(done);
        }
        if let Some(error) = archiving {
            let done =
                "every form is decided and reported, but not every one archived: run this again to archive the rest";
            return Err(error).context(done);
        }
        Ok(Done { summary, reports: folder.map(|it| it.path) })
    }
}

/// The reports of a run and its archive, with a bar that moves.
struct Watched<'a> {
    report: Report,
    tally: &'a mut Tally,
    bar: ProgressBar,
    entries: &'a [Entry],
    archive: Option<&'a Archive>,
    /// Files that stay where they are.
    left: u64,
    /// What the archive failed with first; the forms are decided all the same.
    failure: Option<anyhow::Error>,
}

impl OutcomeSink for Watched<'_> {
    fn take(&mut self, outcomes: &[Outcome]) -> io::Result<()> {
        self.tally.count(outcomes);
        self.report.take(outcomes)?;
        // A message is one file, whatever it brought.
        let files = || outcomes.chunk_by(|one, next| one.place == next.place);
        self.bar.inc(files().count() as u64);
        let Some(archive) = self.archive else { return Ok(()) };
        for outcomes in files() {
            match archive.take(&self.entries[outcomes[0].place], outcomes) {
                Ok(Kept::Moved | Kept::Copied) => {}
                Ok(Kept::Left) => self.left += 1,
                Err(error) => {
                    self.failure = Some(error);
                    self.archive = None;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The folder of one run's reports.
#[derive(Clone)]
struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder; never one that is there.
    fn create(reports: &Path, header: &RunHeader) -> anyhow::Result<Self> {
        let making = |it: &Path| format!("cannot make the folder {}", it.display());
        fs::create_dir_all(reports).with_context(|| making(reports))?;
        let name = if header.rehearsal { format!("{}-dry-run", header.run) } else { header.run.to_string() };
        // A dry run has the number that the next real one will have, however often it is repeated.
        let names = std::iter::once(name.clone()).chain((2..).map(|it| format!("{name}-{it}")));
        for name in names {
            let path = reports.join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && header.rehearsal => {}
                Err(error) => return Err(error).with_context(|| making(&path)),
            }
        }
        unreachable!("there is always another name")
    }

    fn put_summary(&self, summary: &Summary) -> anyhow::Result<()> {
        let writing = || format!("cannot write the summary in {}", self.path.display());
        let mut file = self.clone().create("summary.json").with_context(writing)?;
        serde_json::to_writer_pretty(&mut file, summary).with_context(writing)?;
        file.write_all(b"\n").and_then(|()| file.flush()).with_context(writing)
    }

    fn put_page(&self, page: &Page, summary: &Summary) -> anyhow::Result<()> {
        let writing = || format!("cannot write the page in {}", self.path.display());
        let mut file = self.clone().create("report.html").with_context(writing)?;
        page.write(summary, &mut file).and_then(|()| file.flush()).with_context(writing)
    }
}

impl ReportFolder for RunFolder {
    fn create(&mut self, name: &str) -> io::Result<Box<dyn Write>> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path.join(name))?;
        Ok(Box::new(BufWriter::new(file)))
    }
}

/// Reports that nobody asked for.
struct Nowhere;

impl ReportFolder for Nowhere {
    fn create(&mut self, _name: &str) -> io::Result<Box<dyn Write>> {
        Ok(Box::new(io::sink()))
    }
}
