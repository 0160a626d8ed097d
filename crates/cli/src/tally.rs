//! How the files of runs ended, by channel: what is counted for metrics. No account, no name.

use std::collections::BTreeMap;

use countersign_core::reason::ReasonCode;
use countersign_core::submission::Channel;
use countersign_ingest::outcome::{Ending, Outcome, PinCheck};

/// The words for how a file ends.
pub(crate) const ENDINGS: [&str; 5] = ["accepted", "rejected", "held", "duplicate", "ignored"];

/// The words for what came of a PIN that it came to.
pub(crate) const PIN_CHECKS: [&str; 3] = ["right", "wrong", "locked"];

/// Counts of a run, or of several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    endings: BTreeMap<(Channel, &'static str), u64>,
    pin_checks: BTreeMap<(Channel, &'static str), u64>,
    failures: u64,
    /// Places, in the list that the run was given, of files on which the program itself failed.
    failed: Vec<usize>,
}

impl Tally {
    /// Counts the rows of a run.
    pub(crate) fn count(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            *self.endings.entry((outcome.channel, outcome.ending.word())).or_default() += 1;
            if let Some(word) = pin_check(outcome) {
                *self.pin_checks.entry((outcome.channel, word)).or_default() += 1;
            }
            if outcome.ending.reasons().iter().any(|it| it.code == ReasonCode::Internal) {
                self.failures += 1;
                // A message is one file, whatever it brought.
                if self.failed.last() != Some(&outcome.place) {
                    self.failed.push(outcome.place);
                }
            }
        }
    }

    /// Adds the counts of another run; its places are its own.
    pub(crate) fn add(&mut self, other: &Self) {
        let add = |into: &mut BTreeMap<_, u64>, from: &BTreeMap<_, u64>| {
            from.iter().for_each(|(key, number)| *into.entry(*key).or_default() += number);
        };
        add(&mut self.endings, &other.endings);
        add(&mut self.pin_checks, &other.pin_checks);
        self.failures += other.failures;
    }

    /// How many files of a channel ended so.
    pub(crate) fn endings(&self, key: (Channel, &'static str)) -> u64 {
        self.endings.get(&key).copied().unwrap_or(0)
    }

    /// What came of so many PINs of a channel.
    pub(crate) fn pin_checks(&self, key: (Channel, &'static str)) -> u64 {
        self.pin_checks.get(&key).copied().unwrap_or(0)
    }

    /// Files on which the program failed.
    pub(crate) fn failures(&self) -> u64 {
        self.failures
    }

    /// Their places in the list that the run was given.
    pub(crate) fn failed(&self) -> &[usize] {
        &self.failed
    }
}

/// The word for what came of the file's own PIN; a duplicate had its own look earlier.
fn pin_check(outcome: &Outcome) -> Option<&'static str> {
    match (&outcome.ending, outcome.pin_check) {
        (Ending::Duplicate(_), _) => None,
        (_, PinCheck::Ok) => Some("right"),
        (_, PinCheck::Failed) => Some("wrong"),
        (_, PinCheck::Locked) => Some("locked"),
        (_, PinCheck::Missing | PinCheck::NotChecked) => None,
    }
}
