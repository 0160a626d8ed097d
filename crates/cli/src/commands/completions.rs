//! `completions`: prints a completion script.

use clap::CommandFactory;

use crate::args::Cli;
use crate::exit::Exit;
use crate::terminal::say;

pub(crate) fn run(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "countersign", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}
