//! The heartbeat: a small file that says when the watcher last looked, and what it was at. One JSON object, rewritten at every look.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the watcher is at.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Nothing is to be done.
    Waiting,
    /// A run is under way.
    Running,
    /// Something failed; it is tried again.
    Retrying,
    /// It was told to stop, and has.
    Stopped,
}

/// What the file says.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Heartbeat {
    /// When it was written.
    pub(crate) at: Timestamp,
    /// The watcher's process.
    pub(crate) pid: u32,
    /// What it is at.
    pub(crate) state: State,
    /// The newest run of this process: `R-000042`.
    pub(crate) last_run: Option<String>,
    /// Files that are not decided yet.
    pub(crate) files_waiting: u64,
    /// Failures in a row.
    pub(crate) failures: u32,
}

/// Older than this, a heartbeat is stale: longer than any run should take.
pub(crate) const STALE: Duration = Duration::from_secs(15 * 60);

impl Heartbeat {
    /// Where it is unless somebody said otherwise.
    pub(crate) fn place(home: &Path) -> PathBuf {
        home.join("watch.heartbeat")
    }

    /// Reads one; `None` when there is none, or what is there is none.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
    }

    /// The text of the file.
    pub(super) fn text(&self) -> String {
        let object = serde_json::to_string(self).expect("a heartbeat is plain data");
        format!("{object}\n")
    }

    /// Whether a watcher should have written it anew by now.
    pub(crate) fn is_stale(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.at).unsigned_abs();
        self.state != State::Stopped && age > STALE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(state: State) -> Heartbeat {
        let at = "2026-03-04T12:00:00.25Z".parse().unwrap();
        Heartbeat { at, pid: 4711, state, last_run: Some("R-000042".to_owned()), files_waiting: 3, failures: 0 }
    }

    #[test]
    fn it_says_what_it_says() {
        let expected = "{\"at\":\"2026-03-04T12:00:00.25Z\",\"pid\":4711,\"state\":\"waiting\",\"last_run\":\"R-000042\",\
                        \"files_waiting\":3,\"failures\":0}\n";
        assert_eq!(beat(State::Waiting).text(), expected);
        assert_eq!(serde_json::from_str::<Heartbeat>(expected).unwrap(), beat(State::Waiting));
    }

    #[test]
    fn it_is_stale_when_nobody_wrote_it_anew_and_nobody_stopped() {
        let stale = |state, now: &str| beat(state).is_stale(now.parse().unwrap());
        assert!(!stale(State::Running, "2026-03-04T12:15:00Z"));
        assert!(stale(State::Running, "2026-03-04T12:15:01Z"));
        assert!(stale(State::Waiting, "2026-03-04T11:40:00Z"), "the clock was set back, or the file is not of today");
        assert!(!stale(State::Stopped, "2026-04-04T12:15:01Z"));
    }
}
