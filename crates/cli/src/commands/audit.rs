//! `audit …`: walks the whole audit trail and checks every seal; exports it.

use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::audit::{AuditHead, AuditRow};
use countersign_core::store::AccountStore;
use serde_json::json;

use crate::args::AuditCommand;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::terminal::{GOOD, count, say, styled};

const ROWS_AT_ONCE: usize = 1000;

pub(crate) fn run(home: &Path, command: &AuditCommand) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    match command {
        AuditCommand::Verify { head } => verify(&mut home, head.as_deref()),
        AuditCommand::Export { after } => export(&mut home, *after),
    }
}

/// One JSON line for each row, with what it takes to check the chain elsewhere.
fn export(home: &mut Home, mut after: u64) -> anyhow::Result<Exit> {
    loop {
        let rows = home.store.audit_after(after, ROWS_AT_ONCE).context("cannot read the audit trail")?;
        let Some(last) = rows.last() else { return Ok(Exit::Done) };
        after = last.seq;
        for AuditRow { seq, event, previous, hash } in &rows {
            // The evidence goes out as the text that was sealed: set anew, it would have another hash.
            let line = json!({
                "seq": seq, "at": event.at.to_string(), "what": event.what, "who": event.who,
                "account": event.account.as_ref().map(ToString::to_string), "evidence": event.evidence,
                "previous": previous, "hash": hash,
            });
            say(&line.to_string());
        }
    }
}

fn verify(home: &mut Home, known: Option<&str>) -> anyhow::Result<Exit> {
    let known = known.map(parse_head).transpose()?;
    let mut head = AuditHead::start();
    // The head of an empty trail stands before the first row.
    let mut is_known_head_found = known.as_ref().is_none_or(|(seq, hash)| *seq == head.seq && *hash == head.hash);
    loop {
        let rows = home.store.audit_after(head.seq, ROWS_AT_ONCE).context("cannot read the audit trail")?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            head.follow(row)?;
            is_known_head_found |= known.as_ref().is_some_and(|(seq, hash)| *seq == head.seq && *hash == head.hash);
        }
    }
    let has_accounts = !home.store.accounts_after(None, 1).context("cannot look up accounts")?.is_empty();
    if head.seq == 0 && has_accounts {
        bail!("the audit trail is empty, but the store has accounts: its rows were removed");
    }
    if !is_known_head_found {
        bail!("the audit trail does not hold the given head: rows were removed or replaced");
    }
    say(&format!(
        "{}: {}, none edited, moved, or removed between two others",
        styled(GOOD, "whole"),
        count(head.seq, "row")
    ));
    say(&format!(
        "head {}:{}  (keep it elsewhere: with --head it proves later that nothing was cut off)",
        head.seq, head.hash
    ));
    Ok(Exit::Done)
}

fn parse_head(text: &str) -> Result<(u64, String), WrongInput> {
    let parsed = text.split_once(':').and_then(|(seq, hash)| Some((seq.parse().ok()?, hash.to_owned())));
    parsed.ok_or_else(|| WrongInput("--head is SEQ:HASH, as `audit verify` printed it".to_owned()))
}
