//! The program `countersign`: authorization forms out, returned forms in, grants applied, reports written.

mod args;
mod clock;
mod commands;
mod csv_input;
mod entropy;
mod exit;
mod home;
mod progress;
mod prompt;
mod readers;
mod sealer;
mod shipped;
mod summary;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error).into(),
    }
}
