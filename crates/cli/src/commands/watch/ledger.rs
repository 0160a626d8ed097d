//! Which files have come to rest: a file is taken when it was seen twice, long enough apart, and nothing of it had changed.
//! Bookkeeping only: what the folder looks like and what time it is are arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::trouble::pause;

/// Most files of one run.
pub(super) const RUN_FILES: usize = 256;

/// A file that has waited for so long is told about, once.
const LONG: Duration = Duration::from_secs(10 * 60);

/// How often a file is looked at on which the program failed, before it is left until it changes.
const TRIES: u32 = 5;

/// The time, in the two ways that are needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Since the watcher began: never goes back.
    pub(super) uptime: Duration,
    /// By the clock of the machine, which files are stamped by.
    pub(super) wall: Timestamp,
}

/// What tells one content of a path from another one.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    bytes: u64,
    /// When it was last written: seconds and nanoseconds since 1970.
    written: (i64, i64),
}

impl Identity {
    /// Whether it was found out: what may not be looked at is like all others of its kind.
    fn is_seen(self) -> bool {
        self.device != 0
    }
}

/// A file as one look found it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Look {
    identity: Identity,
    /// When anything of it last changed, which nobody can set: programs that copy may set the other time back while they write.
    changed: (i64, i64),
}

impl Look {
    /// Looks at a file, not following links; `None` when it is gone. What may not be looked at is one look like any other: the run
    /// says what is wrong with it.
    pub(super) fn at(path: &Path) -> Option<Self> {
        match std::fs::symlink_metadata(path) {
            Ok(meta) => Some(Self::of(&meta)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => Some(Self::unseen(&error)),
        }
    }

    fn of(meta: &std::fs::Metadata) -> Self {
        let written = (meta.mtime(), meta.mtime_nsec());
        let identity = Identity { device: meta.dev(), inode: meta.ino(), bytes: meta.len(), written };
        Self { identity, changed: (meta.ctime(), meta.ctime_nsec()) }
    }

    fn unseen(error: &io::Error) -> Self {
        let inode = u64::from(error.raw_os_error().unwrap_or_default().unsigned_abs());
        Self { identity: Identity { inode, ..Identity::default() }, ..Self::default() }
    }
}

/// What is known of a path.
#[derive(Clone, Debug)]
struct Known {
    look: Look,
    /// Since when it waits.
    first_seen: Duration,
    /// Since when it has looked the same.
    same_since: Duration,
    /// Its run is over.
    is_done: bool,
    /// It was told about.
    is_told: bool,
    /// How often the program failed on it.
    tries: u32,
    /// Not before then again.
    not_before: Duration,
}

impl Known {
    fn new(look: Look, now: Moment) -> Self {
        let (first_seen, same_since) = (now.uptime, now.uptime);
        Self { look, first_seen, same_since, is_done: false, is_told: false, tries: 0, not_before: Duration::ZERO }
    }

    /// Takes a look into account.
    fn see(&mut self, look: Look, now: Moment) {
        if self.look == look {
            return;
        }
        let is_other = self.look.identity != look.identity;
        let since = if self.is_done { now.uptime } else { self.first_seen };
        if is_other || !self.is_done {
            *self = Self { first_seen: since, is_told: self.is_told && !self.is_done, ..Self::new(look, now) };
        }
        self.look = look;
    }
}

/// Every file of the folders, with what is known of it.
#[derive(Debug)]
pub(super) struct Ledger {
    settle: Duration,
    files: BTreeMap<PathBuf, Known>,
    /// The last look. Only what it saw counts: a file that was seen once, before a long run, has not come to rest by the end of the run.
    looked: Moment,
}

impl Ledger {
    /// An empty ledger; files come to rest after `settle`.
    pub(super) fn new(settle: Duration) -> Self {
        let looked = Moment { uptime: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
        Self { settle, files: BTreeMap::new(), looked }
    }

    /// Takes a look at all files into account. What is not there any more is forgotten; but a file whose run is over may get another
    /// name and stays what it is: mail programs rename the messages of a Maildir when somebody reads them.
    pub(super) fn see(&mut self, found: BTreeMap<PathBuf, Look>, now: Moment) {
        self.looked = now;
        let (stay, gone) = std::mem::take(&mut self.files).into_iter().partition(|(path, _)| found.contains_key(path));
        self.files = stay;
        let gone = BTreeMap::into_values(gone).filter(|it: &Known| it.is_done && it.look.identity.is_seen());
        let mut renamed: BTreeMap<Identity, Known> = gone.map(|it| (it.look.identity, it)).collect();
        for (path, look) in found {
            let known = || renamed.remove(&look.identity).unwrap_or_else(|| Known::new(look, now));
            self.files.entry(path).or_insert_with(known).see(look, now);
        }
    }

    /// Places of the files that the next run takes, of these in their order: those that had come to rest at the last look, at most
    /// [`RUN_FILES`]; but all that came in one file, as the messages of a mailbox do, stay together.
    pub(super) fn next_run(&self, paths: &[&Path]) -> Vec<usize> {
        let mut chosen = Vec::new();
        let mut files = BTreeSet::new();
        for (place, path) in paths.iter().enumerate() {
            let has_room = chosen.len() < RUN_FILES || files.contains(path);
            if has_room && self.files.get(*path).is_some_and(|it| self.is_at_rest(it)) {
                chosen.push(place);
                files.insert(path);
            }
        }
        chosen
    }

    fn is_at_rest(&self, known: &Known) -> bool {
        let now = self.looked;
        let looked_long_enough = now.uptime.saturating_sub(known.same_since) >= self.settle;
        !known.is_done && looked_long_enough && self.is_old(known.look, now) && now.uptime >= known.not_before
    }

    /// Whether it was not written just now. A time that is still to come says nothing: the file server's clock is ahead.
    fn is_old(&self, look: Look, now: Moment) -> bool {
        let (seconds, nanos) = look.identity.written;
        let written = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        let age = now.wall.as_nanosecond() - written;
        age < 0 || age >= i128::try_from(self.settle.as_nanos()).unwrap_or(i128::MAX)
    }

    /// Its run is over: it is not taken again unless it changes.
    pub(super) fn end(&mut self, path: &Path) {
        if let Some(known) = self.files.get_mut(path) {
            known.is_done = true;
        }
    }

    /// The program failed on it: it is looked at afresh after a pause that grows, and after some times no more.
    pub(super) fn end_in_failure(&mut self, path: &Path, now: Moment) {
        let Some(known) = self.files.get_mut(path) else { return };
        known.tries += 1;
        known.is_done = known.tries >= TRIES;
        known.not_before = now.uptime + pause(known.tries);
    }

    /// Files that are not decided, and for how long the oldest of them has waited.
    pub(super) fn waiting(&self, now: Moment) -> (u64, Duration) {
        let waiting = || self.files.values().filter(|it| !it.is_done);
        let oldest = waiting().map(|it| now.uptime.saturating_sub(it.first_seen)).max().unwrap_or_default();
        (waiting().count() as u64, oldest)
    }

    /// Files that have not come to rest for very long, each once.
    pub(super) fn restless(&mut self, now: Moment) -> Vec<PathBuf> {
        let settle = self.settle;
        let is_restless = |it: &Known| {
            let moved_just_now = now.uptime.saturating_sub(it.same_since) <= settle;
            !it.is_done && !it.is_told && moved_just_now && now.uptime.saturating_sub(it.first_seen) >= LONG
        };
        let mut told = Vec::new();
        for (path, known) in self.files.iter_mut().filter(|(_, it)| is_restless(it)) {
            known.is_told = true;
            told.push(path.clone());
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_772_600_000;

    /// So many seconds after the watcher began.
    fn after(seconds: u64) -> Moment {
        let wall = Timestamp::from_second(START + seconds as i64).unwrap();
        Moment { uptime: Duration::from_secs(seconds), wall }
    }

    /// A file of so many bytes, last written so many seconds after the watcher began.
    fn file(bytes: u64, written: i64) -> Look {
        let written = (START + written, 0);
        Look { identity: Identity { device: 1, inode: 7, bytes, written }, changed: written }
    }

    /// A folder, looked at every second: what each look takes, by name.
    struct Folder {
        ledger: Ledger,
        files: BTreeMap<PathBuf, Look>,
        second: u64,
    }

    impl Folder {
        fn settling_in(seconds: u64) -> Self {
            Self { ledger: Ledger::new(Duration::from_secs(seconds)), files: BTreeMap::new(), second: 0 }
        }

        fn put(&mut self, name: &str, look: Look) {
            self.files.insert(PathBuf::from(name), look);
        }

        /// The next look: what it takes, whose run is over then.
        fn look(&mut self) -> Vec<String> {
            let now = after(self.second);
            self.ledger.see(self.files.clone(), now);
            let paths: Vec<&Path> = self.files.keys().map(PathBuf::as_path).collect();
            let taken: Vec<PathBuf> = self.ledger.next_run(&paths).into_iter().map(|it| paths[it].to_owned()).collect();
            taken.iter().for_each(|it| self.ledger.end(it));
            self.second += 1;
            taken.into_iter().map(|it| it.display().to_string()).collect()
        }

        /// So many looks: in which seconds something was taken.
        fn looks(&mut self, number: u64) -> Vec<u64> {
            let seconds = self.second..self.second + number;
            seconds.filter(|_| !self.look().is_empty()).collect()
        }
    }

    #[test]
    fn a_file_whose_run_is_over_may_get_another_name() {
        let mut folder = Folder::settling_in(5);
        folder.put("new/1.a.mx", file(9, -1_000));
        assert_eq!(folder.looks(20), [5]);
        let look = folder.files.remove(Path::new("new/1.a.mx")).unwrap();
        folder.put("cur/1.a.mx:2,S", Look { changed: (START + 20, 0), ..look });
        assert_eq!(folder.looks(40), [0; 0]);
        folder.put("cur/1.a.mx:2,S", file(10, 60));
        assert_eq!(folder.looks(20).len(), 1, "another content is another file");
    }

    #[test]
    fn a_file_that_still_waits_settles_anew_under_another_name() {
        let mut folder = Folder::settling_in(5);
        folder.put("half.part", file(9, -1_000));
        assert_eq!(folder.looks(3), [0; 0]);
        let look = folder.files.remove(Path::new("half.part")).unwrap();
        folder.put("whole.pdf", Look { changed: (START + 3, 0), ..look });
        assert_eq!(folder.looks(20), [8]);
    }

    #[test]
    fn an_old_file_is_taken_once_and_after_two_looks() {
        let mut folder = Folder::settling_in(5);
        folder.put("a", file(9, -1_000));
        assert_eq!(folder.looks(60), [5]);
    }

    #[test]
    fn a_file_that_was_written_just_now_rests_for_the_whole_time() {
        let mut folder = Folder::settling_in(5);
        folder.put("a", file(9, -2));
        assert_eq!(folder.looks(20), [5], "the looks are the later ones");
        folder.put("b", file(9, 20));
        assert_eq!(folder.looks(20), [25]);
    }

    /// A run may take longer than a file must rest: what was seen before it was seen once.
    #[test]
    fn time_alone_brings_no_file_to_rest() {
        let mut ledger = Ledger::new(Duration::from_secs(5));
        let mut see = |second, look| {
            ledger.see(BTreeMap::from([(PathBuf::from("a"), look)]), after(second));
            ledger.next_run(&[Path::new("a")]).len()
        };
        assert_eq!(see(0, file(1, -100)), 0);
        assert_eq!(see(60, file(2, 59)), 0, "it grew during the run");
        assert_eq!(see(64, file(2, 59)), 0);
        assert_eq!(see(65, file(2, 59)), 1);
    }

    #[test]
    fn a_file_that_grows_waits_until_it_does_not() {
        let mut folder = Folder::settling_in(5);
        for second in 0..30 {
            folder.put("a", file(second, second as i64));
            assert!(folder.look().is_empty());
        }
        assert_eq!(folder.looks(10), [34]);
    }

    /// As `cp -p` and some file servers write: the time of writing is of last year from the start.
    #[test]
    fn a_file_that_grows_under_an_old_date_waits_too() {
        let mut folder = Folder::settling_in(5);
        for second in 0..10 {
            folder.put("a", file(second, -9_000_000));
            assert!(folder.look().is_empty());
        }
        for second in 10..20 {
            let changed = (START + second, 0);
            folder.put("a", Look { changed, ..file(10, -9_000_000) });
            assert!(folder.look().is_empty(), "its bytes are filled in");
        }
        assert_eq!(folder.looks(10), [24]);
    }

    #[test]
    fn another_file_under_the_same_name_is_another_file() {
        let mut folder = Folder::settling_in(5);
        folder.put("a", file(9, -100));
        assert_eq!(folder.looks(10), [5]);
        let other = Look { identity: Identity { inode: 8, ..file(9, -100).identity }, ..file(9, -100) };
        folder.put("a", other);
        assert_eq!(folder.looks(10), [15]);
        folder.put("a", Look { changed: (START + 20, 0), ..other });
        assert_eq!(folder.looks(10), [0; 0], "a new mode or link of a decided file is nothing new");
        folder.put("a", file(9, 31));
        assert_eq!(folder.looks(10), [36], "the same bytes written anew are looked at: the store knows them");
    }

    #[test]
    fn a_clock_of_the_server_that_is_ahead_stops_nothing() {
        let mut folder = Folder::settling_in(5);
        folder.put("a", file(9, 86_400));
        assert_eq!(folder.looks(10), [5]);
    }

    #[test]
    fn what_went_and_came_back_is_new() {
        let mut folder = Folder::settling_in(2);
        folder.put("a", file(9, -100));
        assert_eq!(folder.looks(5), [2]);
        let gone = folder.files.remove(Path::new("a")).unwrap();
        assert_eq!(folder.looks(1), [0; 0]);
        folder.put("a", gone);
        assert_eq!(folder.looks(5), [8]);
    }

    #[test]
    fn runs_are_small_and_together_take_everything_once() {
        let mut folder = Folder::settling_in(1);
        for at in 0..600 {
            folder.put(&format!("{at:03}"), file(at, -100));
        }
        let taken: Vec<usize> = (0..5).map(|_| folder.look().len()).collect();
        assert_eq!(taken, [0, 256, 256, 88, 0]);
    }

    #[test]
    fn what_came_in_one_file_stays_together() {
        let mut folder = Folder::settling_in(0);
        folder.put("mbox", file(9, -100));
        folder.put("other", file(9, -100));
        folder.ledger.see(folder.files.clone(), after(0));
        let mailbox = vec![Path::new("mbox"); 300];
        let paths = [&mailbox[..], &[Path::new("other")]].concat();
        assert_eq!(folder.ledger.next_run(&paths), (0..300).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_that_never_comes_to_rest_is_told_about_once() {
        let mut folder = Folder::settling_in(5);
        folder.put("still", file(1, -100));
        let mut told = Vec::new();
        for second in 0..2_000 {
            folder.put("grows", file(second, second as i64));
            folder.look();
            let now = after(second);
            told.extend(folder.ledger.restless(now).into_iter().map(|it| (second, it)));
        }
        assert_eq!(told, [(600, PathBuf::from("grows"))]);
        assert_eq!(folder.ledger.waiting(after(2_000)), (1, Duration::from_secs(2_000)));
    }

    #[test]
    fn a_file_that_the_program_fails_on_is_tried_less_and_less_often_and_then_left() {
        let mut folder = Folder::settling_in(1);
        folder.put("a", file(1, -100));
        let mut tried = Vec::new();
        for second in 0..4_000 {
            let now = after(second);
            folder.ledger.see(folder.files.clone(), now);
            if !folder.ledger.next_run(&[Path::new("a")]).is_empty() {
                tried.push(second);
                folder.ledger.end_in_failure(Path::new("a"), now);
            }
        }
        assert_eq!(tried, [1, 6, 16, 36, 76]);
        assert_eq!(folder.ledger.waiting(after(4_000)).0, 0);
        folder.put("a", file(2, 4_000));
        folder.ledger.see(folder.files.clone(), after(4_000));
        assert_eq!(folder.ledger.waiting(after(4_000)).0, 1, "a changed file is another one");
    }
}
