//! `completions`: prints a completion script.

use clap::CommandFactory;

use crate::args::Cli;
use crate::exit::Exit;

pub(crate) fn run(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    clap_complete::generate(shell, &mut Cli::command(), "countersign", &mut std::io::stdout());
    Ok(Exit::Done)
}
