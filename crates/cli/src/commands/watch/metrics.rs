//! Metrics as text for Prometheus (text exposition format 0.0.4), for the textfile collector of node_exporter. Counts and times only:
//! no account, no name, no name of a file.

use std::fmt::Write;
use std::time::Duration;

use countersign_core::submission::Channel;
use countersign_store::Standing;
use jiff::Timestamp;

use super::heartbeat::State;
use crate::tally::{ENDINGS, PIN_CHECKS, Tally};

/// The channels whose requests come as files.
const CHANNELS: [Channel; 2] = [Channel::Form, Channel::Email];

/// What this process has counted, and what it last found in the store.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    /// How files ended.
    pub(super) tally: Tally,
    /// Runs that came to their end.
    pub(super) runs: u64,
    /// Tries that failed: runs, and looks at folder or store.
    pub(super) failures: u64,
    /// Runs whose wrong PINs look like one guess at each of many accounts.
    pub(super) sprayings: u64,
    /// What waits in the store; `None` until it was asked.
    pub(super) standing: Option<Standing>,
    /// The last look at the folders that went well.
    pub(super) last_look: Option<Timestamp>,
}

/// What is true at the moment of writing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gauges {
    /// What the watcher is at.
    pub(super) state: State,
    /// Files that are not decided yet.
    pub(super) files_waiting: u64,
    /// For how long the oldest of them has waited.
    pub(super) oldest: Duration,
}

impl Metrics {
    /// The text of the file.
    pub(super) fn text(&self, gauges: Gauges) -> String {
        let mut page = Page(String::new());
        page.head("countersign_build_info", "gauge", "Always 1; the label says which version runs.");
        page.line("countersign_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        page.head("countersign_submissions_total", "counter", "Files that ended, by channel and outcome.");
        page.by_channel("countersign_submissions_total", ("outcome", &ENDINGS), |key| self.tally.endings(key));
        page.head("countersign_pin_checks_total", "counter", "PINs that were looked at, or not because of a lock.");
        page.by_channel("countersign_pin_checks_total", ("result", &PIN_CHECKS), |key| self.tally.pin_checks(key));
        let counters = [
            ("countersign_internal_failures_total", "Files on which the program itself failed.", self.tally.failures()),
            ("countersign_pin_spraying_total", "Runs with wrong PINs spread over many accounts.", self.sprayings),
            ("countersign_runs_total", "Runs that came to their end.", self.runs),
            ("countersign_run_failures_total", "Runs and looks that failed and are tried again.", self.failures),
        ];
        counters.iter().for_each(|(name, help, value)| page.single(name, "counter", help, *value));
        self.gauges(&mut page, gauges);
        page.0
    }

    fn gauges(&self, page: &mut Page, now: Gauges) {
        let retrying = u64::from(now.state == State::Retrying);
        let up = u64::from(now.state != State::Stopped);
        let gauges = [
            ("countersign_watch_up", "1 while the watcher watches, 0 after it was stopped.", up),
            ("countersign_watch_retrying", "1 while something fails and is tried again.", retrying),
            ("countersign_watch_files_waiting", "Files that are not decided yet.", now.files_waiting),
            ("countersign_watch_oldest_waiting_seconds", "How long the oldest of them waits.", now.oldest.as_secs()),
        ];
        gauges.iter().for_each(|(name, help, value)| page.single(name, "gauge", help, *value));
        if let Some(at) = self.last_look.and_then(|it| u64::try_from(it.as_second()).ok()) {
            let help = "When the folders were last looked at without a failure, in seconds since 1970.";
            page.single("countersign_watch_last_look_timestamp_seconds", "gauge", help, at);
        }
        if let Some(Standing { held, locked_accounts }) = self.standing {
            page.single("countersign_held", "gauge", "Submissions that wait for a person.", held);
            let help = "Accounts with a locked channel.";
            page.single("countersign_locked_accounts", "gauge", help, locked_accounts);
        }
    }
}

/// The text as it grows.
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("a string takes all");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        writeln!(self.0, "{name}{labels} {value}").expect("a string takes all");
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        self.line(name, &[], value);
    }

    /// One line for each channel and word, also where there is nothing to count yet: a counter that begins at nothing cannot grow
    /// unseen.
    fn by_channel(
        &mut self,
        name: &str,
        (label, words): (&str, &[&'static str]),
        value: impl Fn((Channel, &'static str)) -> u64,
    ) {
        for channel in CHANNELS {
            for word in words {
                self.line(name, &[("channel", channel.word()), (label, word)], value((channel, *word)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_told_once_with_help_and_kind() {
        let now = Gauges { state: State::Retrying, files_waiting: 3, oldest: Duration::from_millis(61_900) };
        let standing = Some(Standing { held: 12, locked_accounts: 2 });
        let last_look = Some(Timestamp::from_second(1_772_625_600).unwrap());
        let text = Metrics { runs: 7, standing, last_look, ..Metrics::default() }.text(now);
        for line in [
            "# TYPE countersign_submissions_total counter",
            "countersign_submissions_total{channel=\"form\",outcome=\"accepted\"} 0",
            "countersign_pin_checks_total{channel=\"email\",result=\"wrong\"} 0",
            "countersign_runs_total 7",
            "countersign_watch_retrying 1",
            "countersign_watch_up 1",
            "countersign_watch_oldest_waiting_seconds 61",
            "countersign_watch_last_look_timestamp_seconds 1772625600",
            "countersign_held 12",
            "countersign_locked_accounts 2",
        ] {
            assert_eq!(text.lines().filter(|it| *it == line).count(), 1, "{line}\n{text}");
        }
        let mut kinds: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix("# TYPE ")).collect();
        let all = kinds.len();
        kinds.dedup();
        assert_eq!(kinds.len(), all);
    }
}
