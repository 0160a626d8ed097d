//! `doctor`: says which protections against hostile files are in force on this machine.

use countersign_core::policy::LimitPolicy;

use crate::exit::Exit;
use crate::readers::{self, Isolation};
use crate::terminal::{BAD, GOOD, say, styled};

pub(crate) fn run() -> anyhow::Result<Exit> {
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
    Ok(if protections.are_complete() { Exit::Done } else { Exit::Failed })
}
