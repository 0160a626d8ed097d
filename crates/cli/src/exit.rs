//! How the program ends: one exit code for each kind of end, and errors in words that lead on.

use std::process::ExitCode;

use countersign_core::store::StoreError;
use countersign_ingest::batch::RunError;

use crate::home::HomeError;
use crate::terminal::warn;

/// How the program ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// Done, but forms were rejected or held, and the caller wanted to know.
    Refused,
    /// The command was used wrongly, or what it was given is wrong.
    Usage,
    /// The work failed.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
        })
    }
}

/// What was given is wrong: ends with code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongInput(pub(crate) String);

/// Prints an error with its causes and a way out, and answers how the program ends.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    warn(&format!("error: {}", causes.join(": ")));
    if let Some(hint) = hint(error) {
        warn(&format!("  hint: {hint}"));
    }
    if error.is::<WrongInput>() { Exit::Usage } else { Exit::Failed }
}

fn hint(error: &anyhow::Error) -> Option<String> {
    let find = |cause: &(dyn std::error::Error + 'static)| -> Option<String> {
        if let Some(home) = cause.downcast_ref::<HomeError>() {
            return home.hint();
        }
        if let Some(RunError::ClockSetBack { .. }) = cause.downcast_ref::<RunError>() {
            return Some("set the clock right; a run never decides before what was decided already".to_owned());
        }
        if cause.downcast_ref::<std::io::Error>().is_some_and(|it| it.kind() == std::io::ErrorKind::StorageFull) {
            return Some("free some space, then run this again: what was settled stays settled".to_owned());
        }
        let store = cause.downcast_ref::<StoreError>()?;
        Some(
            match store {
                StoreError::Busy => {
                    "wait for the other program to end, then run this again: what was settled stays settled"
                }
                StoreError::Full => "free some space, then run this again: what was settled stays settled",
                StoreError::ReadOnly => "check the permissions of the home directory and its files",
                StoreError::OtherKey => {
                    "run this again: it works under the new key then; what was settled stays settled"
                }
                StoreError::ClockSetBack { .. } => {
                    "set the clock right; nothing is ever written before what was written already"
                }
                StoreError::Newer { .. } => "use the newer version of countersign",
                StoreError::Damaged { .. } => {
                    "restore the store from a backup; `countersign audit verify` shows how far it is good"
                }
                _ => return None,
            }
            .to_owned(),
        )
    };
    error.chain().find_map(find)
}
