//! A watcher in a process of its own, that is told to stop or killed; and what it says of itself.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use countersign_testkit::{Workplace, program};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// So long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(240);

/// The program as `watch`, at noon of the tests' day.
pub struct Watcher {
    child: Running,
    heartbeat: PathBuf,
}

/// A process that does not outlive a test that fails.
struct Running(Option<Child>);

impl Running {
    fn get(&self) -> &Child {
        self.0.as_ref().expect("it is there until it is waited for")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Watcher {
    /// Starts it in the workplace, with these arguments behind `watch`, split at blanks. It looks five times a second.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(at: &Workplace, arguments: &str) -> Self {
        let heartbeat = at.join("home/watch.heartbeat");
        drop(std::fs::remove_file(&heartbeat));
        let mut command = Command::new(program());
        command.current_dir(at.path()).args([
            "--home",
            "home",
            "--now",
            "2026-03-04T12:00:00Z",
            "watch",
            "--poll",
            "0.2",
        ]);
        command.args(arguments.split_whitespace()).env_remove("COUNTERSIGN_VAULT_KEY").env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { child: Running(Some(command.spawn().expect("the program starts"))), heartbeat }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.get().id()
    }

    /// Waits until its heartbeat says something.
    ///
    /// # Panics
    /// When it does not come to that, or the watcher ends before.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            if let Some(beat) = beat(&self.heartbeat).filter(|it| it["pid"] == self.child.get().id() && is_so(it)) {
                return beat;
            }
            if let Some(status) = self
                .child
                .0
                .as_mut()
                .and_then(|it| it.try_wait().transpose())
                .transpose()
                .expect("a child can be waited for")
            {
                panic!("the watcher ended before {what}: {status}");
            }
            assert!(began.elapsed() < PATIENCE, "the watcher did not come to {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends it a signal.
    ///
    /// # Panics
    /// When it is gone.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.get()), signal).expect("the watcher is there");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn end(mut self) -> Output {
        let child = self.child.0.take().expect("it is there until it is waited for");
        child.wait_with_output().expect("a child can be waited for")
    }

    /// Has it stop, and answers what it printed. It must end well.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn stop(self, signal: Signal) -> String {
        self.signal(signal);
        let ended = self.end();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        String::from_utf8(ended.stdout).expect("the program prints UTF-8")
    }
}

fn beat(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
