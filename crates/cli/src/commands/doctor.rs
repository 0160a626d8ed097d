//! `doctor`: says which protections against hostile files are in force on this machine, and whether the home's watcher is alive.

use std::path::Path;

use countersign_core::policy::LimitPolicy;

use super::watch::{self, Heartbeat, State};
use crate::clock;
use crate::exit::Exit;
use crate::readers::{self, Isolation};
use crate::terminal::{BAD, GOOD, say, styled};

pub(crate) fn run(home: &Path) -> anyhow::Result<Exit> {
    let limits = LimitPolicy::default();
    let workers = readers::start(Vec::new(), (&limits).into(), (&limits).into(), Isolation::Wanted)?;
    let protections = workers.protections();
    say("Returned forms are read in processes of their own, in which");
    let lines = [
        (protections.files, "no file can be opened and no connection made", "Landlock, Linux 5.13 or newer"),
        (protections.system_calls, "the kernel answers nothing but what a computation needs", "seccomp"),
        (protections.limits, "memory and time are limited, and nothing is left behind by a crash", "setrlimit"),
    ];
    for (is_in_force, what, by) in lines {
        let mark = if is_in_force { styled(GOOD, "in force") } else { styled(BAD, "MISSING ") };
        say(&format!("  {mark}  {what} ({by})"));
    }
    let is_watch_well = tell_watcher(home);
    Ok(if protections.are_complete() && is_watch_well { Exit::Done } else { Exit::Failed })
}

/// Says how the watcher of the home is, where there ever was one; answers whether that is well.
fn tell_watcher(home: &Path) -> bool {
    let Some(beat) = Heartbeat::read(&Heartbeat::place(home)) else { return true };
    let Heartbeat { at, pid, state, .. } = beat;
    let (is_well, how) = match (state, watch::is_held(home)) {
        (State::Stopped, false) => (true, "was stopped".to_owned()),
        (_, false) => (false, "is gone, and was not stopped: start it again; nothing is lost".to_owned()),
        (_, true) if beat.is_stale(clock::now(None)) => (false, format!("process {pid}, has not looked since")),
        (State::Retrying, true) => (false, format!("process {pid}, fails and tries again: its log says why")),
        (_, true) => (true, format!("process {pid}, is at work")),
    };
    let mark = if is_well { styled(GOOD, "well    ") } else { styled(BAD, "NOT WELL") };
    say(&format!("The watcher of {}:\n  {mark}  {how} ({at:.0})", home.display()));
    is_well
}
