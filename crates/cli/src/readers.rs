//! Reading processes: this very program, started anew as `countersign reader`.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context;
use countersign_core::template::BlankLook;
use countersign_ingest::limits::Limits;
use countersign_ingest::worker::{self, Budget, Workers};

use crate::exit::{Exit, WrongInput};
use crate::terminal::{CARE, styled, warn};

/// What to do where the kernel does not give all protections.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Isolation {
    /// Read nothing.
    Needed,
    /// Say so and go on.
    Wanted,
}

impl Isolation {
    /// From the flag of a command.
    pub(crate) fn allowing_weak(is_allowed: bool) -> Self {
        if is_allowed { Self::Wanted } else { Self::Needed }
    }
}

/// Starts readers.
pub(crate) fn start(
    looks: Vec<BlankLook>,
    limits: Limits,
    budget: Budget,
    isolation: Isolation,
) -> anyhow::Result<Workers> {
    let program = std::env::current_exe().context("cannot find this program's own file, to start readers")?;
    let command = move || {
        let mut command = Command::new(&program);
        // In a group of its own: Ctrl-C in a terminal is for this program alone, which ends its readers itself.
        command.arg("reader").process_group(0);
        command
    };
    let workers = Workers::start(command, looks, limits, budget)?;
    if !workers.protections().are_complete() {
        let weak = "this machine cannot shut readers of hostile files away completely (`countersign doctor` says what is missing)";
        if isolation == Isolation::Needed {
            return Err(WrongInput(format!("{weak}; --allow-weak-isolation goes on all the same")).into());
        }
        warn(&styled(CARE, format!("warning: {weak}")));
    }
    Ok(workers)
}

/// Reads forms from standard input until it is closed.
pub(crate) fn serve() -> anyhow::Result<Exit> {
    worker::serve(&mut io::stdin().lock(), &mut io::stdout().lock()).context("cannot serve as a reader")?;
    Ok(Exit::Done)
}
