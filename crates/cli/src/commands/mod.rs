//! One file for each command.

mod account;
mod audit;
mod blank;
mod caller;
mod completions;
mod correction;
mod demo;
mod doctor;
mod grant;
mod held;
mod import;
mod import_people;
mod ingest;
mod init;
mod inspect;
mod ledger;
mod notices;
mod past_run;
mod phone;
mod policy;
mod report;
mod set_up;
mod template;
mod user;
mod vault;
mod waiting;
mod watch;

use crate::args::{Cli, Command};
use crate::clock;
use crate::exit::Exit;
use crate::readers;

/// Runs what was typed.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Exit> {
    let (home, now) = (cli.home.as_path(), clock::now(cli.now));
    match cli.command {
        Command::Init => init::run(home),
        Command::Demo(args) => demo::run(&args),
        Command::Account(command) => account::run(home, now, command),
        Command::Blank(args) => blank::run(home, now, &args),
        Command::Inspect(args) => inspect::run(home, &args),
        Command::Ingest(args) => ingest::run(home, now, &args),
        Command::Watch(args) => watch::run(home, cli.now, &args),
        Command::Report(args) => report::run(home, &args),
        Command::Correction(args) => correction::run(home, now, &args),
        Command::Held(command) => held::run(home, now, &command),
        Command::Grant(command) => grant::run(home, now, &command),
        Command::Caller(args) => caller::run(home, now, &args),
        Command::Phone(command) => phone::run(home, now, &command),
        Command::User(command) => user::run(home, now, &command),
        Command::Notices(command) => notices::run(home, now, &command),
        Command::Ledger(command) => ledger::run(home, now, &command),
        Command::Policy(command) => policy::run(home, &command),
        Command::Vault(command) => vault::run(home, now, &command),
        Command::Template(command) => template::run(home, now, &command),
        Command::Audit(command) => audit::run(home, &command),
        Command::Doctor => doctor::run(home),
        Command::Reader => readers::serve(),
        Command::Completions { shell } => completions::run(shell),
    }
}
