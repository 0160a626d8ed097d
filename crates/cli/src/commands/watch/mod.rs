//! `watch`: takes files as they come in, in small runs, until it is told to stop.
//!
//! It looks at its folders every few seconds instead of having the kernel tell it (inotify): the kernel tells nothing of what other
//! machines write to a network share, loses events when many come at once, and says that a file was closed, not that it is complete.
//! A look that lists everything needs none of that, and finds after a restart what it would have found before.
//!
//! What was decided is in the store, so the watcher may be killed at any moment; the next one goes on. Home, policy, templates
//! and key are opened anew for each run: what the staff changes holds from the next run on.

mod heartbeat;
mod ledger;
mod lock;
mod metrics;
mod stop;
mod trouble;
mod watcher;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;

pub(crate) use heartbeat::{Heartbeat, State};
pub(crate) use lock::is_held;

use super::ingest;
use crate::args::WatchArgs;
use crate::exit::{self, Exit, WrongInput};
use crate::home::Home;
use crate::terminal::{count, say};
use stop::Stop;
use watcher::Watcher;

/// Watches until it is told to stop. `now` is the moment to decide at, instead of the clock: for tests.
pub(crate) fn run(home: &Path, now: Option<Timestamp>, args: &WatchArgs) -> anyhow::Result<Exit> {
    let stop = Stop::on_signals().context("cannot listen to signals")?;
    let opened = Home::open(home)?;
    ingest::list(&args.paths, opened.policy.limits.file_bytes)?;
    check_places(&opened, home, args)?;
    drop(opened);
    let _lock = lock::lock(home)?;
    let (poll, settle) = (args.poll.as_secs_f64(), args.settle.as_secs_f64());
    let places = count(args.paths.len() as u64, "place");
    say(&format!(
        "watching {places}: a look every {poll} s, files rest for {settle} s (process {})",
        std::process::id()
    ));
    match Watcher::new(home, now, args, stop).watch() {
        Ok(()) => {
            say("stopped");
            Ok(Exit::Done)
        }
        Err(error) => {
            exit::report(&error);
            Ok(Exit::Failed)
        }
    }
}

/// What the program writes must not lie where it reads: each run would read the reports of the one before.
fn check_places(opened: &Home, home: &Path, args: &WatchArgs) -> Result<(), WrongInput> {
    let reports = args.reports.clone().unwrap_or_else(|| opened.reports());
    let heartbeat = args.heartbeat.clone().unwrap_or_else(|| Heartbeat::place(home));
    let written =
        [("the home", Some(home.to_owned())), ("the reports", Some(reports)), ("the heartbeat", Some(heartbeat))];
    let written =
        written.into_iter().chain([("the archive", args.archive.clone()), ("the metrics", args.metrics.clone())]);
    for (what, place) in written.filter_map(|(what, place)| Some((what, real(&place?)))) {
        if let Some(path) = args.paths.iter().find(|it| place.starts_with(real(it))) {
            return Err(WrongInput(format!("{what} would lie within {}, which is watched", path.display())));
        }
    }
    Ok(())
}

/// Where a path leads, links followed, also when its end is not there yet.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let known = |it: &Path| Some(fs::canonicalize(it).ok()?.join(path.strip_prefix(it).ok()?));
    path.ancestors().find_map(known).unwrap_or_else(|| path.clone())
}
