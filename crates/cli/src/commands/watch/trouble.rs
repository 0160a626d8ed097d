//! What to do when something fails: wait and try again, less and less often; or end, when waiting mends nothing.

use std::time::Duration;

use countersign_core::store::StoreError;
use countersign_core::vault::BadVaultKey;
use countersign_ingest::batch::RunError;

use crate::exit::WrongInput;
use crate::home::HomeError;

/// The first pause.
const SHORTEST: Duration = Duration::from_secs(5);

/// The longest.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// How long to wait after so many failures in a row: 5, 10, 20 seconds and so on, never more than five minutes.
pub(super) fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    (SHORTEST * (1 << doublings)).min(LONGEST)
}

/// Whether waiting mends nothing: the home, the key, or a file that the staff writes is wrong, or the store is damaged or of a newer
/// version. A full disk, a busy store, a folder that is not there or a clock that is set back are mended while the watcher waits.
pub(super) fn is_lasting(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let is_damage = |it: &StoreError| matches!(it, StoreError::Newer { .. } | StoreError::Damaged { .. });
        cause.is::<HomeError>()
            || cause.is::<BadVaultKey>()
            || cause.is::<WrongInput>()
            || cause.downcast_ref().is_some_and(is_damage)
            || matches!(cause.downcast_ref(), Some(RunError::Pin { .. }))
    })
}

/// Failures in a row, and until when nothing is tried.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    failures: u32,
    until: Duration,
    lasting: u32,
}

impl Trouble {
    /// Failures in a row.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether nothing is to be tried yet.
    pub(super) fn is_pausing(&self, uptime: Duration) -> bool {
        uptime < self.until
    }

    /// It went well.
    pub(super) fn over(&mut self) {
        *self = Self::default();
    }

    /// It failed. Answers how long to wait; `None` when the watcher has to end. A lasting failure must be there at two tries in a
    /// row: an editor may be in the middle of saving the policy.
    pub(super) fn met(&mut self, error: &anyhow::Error, uptime: Duration) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        self.lasting = if is_lasting(error) { self.lasting + 1 } else { 0 };
        if self.lasting > 1 {
            return None;
        }
        let pause = pause(self.failures);
        self.until = uptime + pause;
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use anyhow::Context;

    use super::*;

    #[test]
    fn pauses_grow_to_five_minutes() {
        let seconds: Vec<u64> = [1, 2, 3, 4, 5, 6, 7, 8, 9, u32::MAX].map(|it| pause(it).as_secs()).to_vec();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
    }

    #[test]
    fn what_waiting_does_not_mend_lasts() {
        let lasts = |error: anyhow::Error| is_lasting(&error);
        assert!(lasts(HomeError::OtherKey.into()));
        assert!(lasts(HomeError::KeyOpen(PathBuf::from("vault.key")).into()));
        assert!(lasts(WrongInput("policy.toml: no".to_owned()).into()));
        assert!(lasts(Err::<(), _>(BadVaultKey).context("cannot read the vault key").unwrap_err()));
        assert!(lasts(StoreError::Newer { found: 9, known: 3 }.into()));
        let damaged = StoreError::Damaged { table: "accounts", row: String::new(), what: "no" };
        assert!(lasts(RunError::Store { doing: "look up", source: damaged }.into()));
        for passing in [StoreError::Busy, StoreError::Full, StoreError::ReadOnly, StoreError::OtherKey] {
            assert!(!lasts(RunError::Store { doing: "look up", source: passing }.into()));
        }
        assert!(!lasts(std::io::Error::from(std::io::ErrorKind::StorageFull).into()));
    }

    #[test]
    fn only_a_failure_that_lasts_twice_ends_the_watcher() {
        let (wrong, busy) = (anyhow::Error::from(HomeError::OtherKey), anyhow::Error::from(StoreError::Busy));
        let seconds = Duration::from_secs;
        let mut trouble = Trouble::default();
        assert_eq!(trouble.met(&wrong, seconds(100)), Some(seconds(5)));
        assert!(trouble.is_pausing(seconds(104)) && !trouble.is_pausing(seconds(105)));
        assert_eq!(trouble.met(&busy, seconds(105)), Some(seconds(10)));
        assert_eq!(trouble.met(&wrong, seconds(115)), Some(seconds(20)));
        assert_eq!(trouble.met(&wrong, seconds(135)), None);
        trouble.over();
        assert!(!trouble.is_pausing(Duration::ZERO));
        assert_eq!((trouble.failures(), trouble.met(&wrong, seconds(140))), (0, Some(seconds(5))));
    }
}
