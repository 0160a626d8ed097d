//! `init`: makes a home directory.

use std::path::Path;

use crate::exit::Exit;
use crate::home::{Home, KeyPlace};
use crate::terminal::{BOLD, say, styled};

pub(crate) fn run(home: &Path) -> anyhow::Result<Exit> {
    let place = Home::create(home)?;
    say(&format!("Made the home {}:", styled(BOLD, home.display())));
    match place {
        KeyPlace::File => {
            say("  vault.key         the secret behind every PIN and every form: back it up apart from the store");
        }
        KeyPlace::Environment => say("  (no vault.key: the key is the one in COUNTERSIGN_VAULT_KEY, now and later)"),
    }
    say("  store.sqlite      accounts, issued forms, decisions, the audit trail");
    say("  policy.toml       your rules; every one has a comment");
    say("  countersign.toml  configuration");
    say("  templates/        the form: put your name, colours and wording into it");
    say("Next: countersign account import accounts.csv");
    Ok(Exit::Done)
}
