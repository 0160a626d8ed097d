//! The program `countersign`: authorization forms out, returned forms in, grants applied, reports written.

mod archive;
mod args;
mod clock;
mod commands;
mod corrections;
mod correspondence;
mod csv_input;
mod desk;
mod entropy;
mod exit;
mod home;
mod mailboxes;
mod mint;
mod originals;
mod outbox;
mod picture;
mod progress;
mod prompt;
mod readers;
mod sealer;
mod sender_keys;
mod shipped;
mod summary;
mod tally;
mod template_files;
mod template_names;
mod terminal;
mod whole_file;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match commands::run(cli) {
        Ok(_) if terminal::is_output_lost() => {
            terminal::warn("error: the work was done, but its answer could not be printed: is the disk full?");
            exit::Exit::Failed.into()
        }
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error).into(),
    }
}
