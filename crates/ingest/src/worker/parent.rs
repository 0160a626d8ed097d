//! The run's side of the pipe: readers are started as they are needed, lent to one file at a time, replaced when they die or have
//! read enough.

use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use countersign_core::reason::ReasonCode;
use countersign_core::template::BlankLook;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::protocol::{self, Answer, SetUp};
use super::{FormReader, Protections};
use crate::limits::Limits;
use crate::reading::{Finding, Reading};

/// What one file may cost, and how long a reader lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    /// Memory of a reader, in bytes.
    pub memory_bytes: u64,
    /// Seconds of computing for a file.
    pub cpu_seconds: u64,
    /// Seconds by the clock for a file.
    pub wall_seconds: u64,
    /// Files after which a reader is replaced.
    pub files: u32,
}

/// Readers in processes of their own.
pub struct Workers {
    command: Box<dyn Fn() -> Command + Send + Sync>,
    set_up: Vec<u8>,
    budget: Budget,
    idle: Mutex<Vec<Worker>>,
    protections: Protections,
}

/// A reader cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The process does not start or does not answer.
    #[error("a reader in a process of its own cannot be started")]
    Start(#[source] io::Error),
    /// The set-up is too large or no JSON.
    #[error("a reader cannot be set up")]
    SetUp(#[source] serde_json::Error),
}

/// Room in the pipe to a reader: a form goes down in one piece, and neither side waits for the other. Where the kernel gives less,
/// it goes down in several.
const PIPE_BYTES: usize = 1 << 20;

/// Most bytes of an answer: every field of the largest form, in JSON.
const ANSWER_BYTES: usize = 256 << 20;

struct Worker {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    files: u32,
}

impl Workers {
    /// Starts a first reader. `command` starts the process that calls [`serve`](super::serve) on its standard input and output.
    pub fn start(
        command: impl Fn() -> Command + Send + Sync + 'static,
        looks: Vec<BlankLook>,
        limits: Limits,
        budget: Budget,
    ) -> Result<Self, WorkerError> {
        let Budget { memory_bytes, cpu_seconds, .. } = budget;
        let set_up = SetUp { looks, limits, memory_bytes, cpu_seconds };
        let set_up = serde_json::to_vec(&set_up).map_err(WorkerError::SetUp)?;
        let none = Protections { files: false, system_calls: false, limits: false };
        let mut workers =
            Self { command: Box::new(command), set_up, budget, idle: Mutex::default(), protections: none };
        let (worker, protections) = workers.new_worker().map_err(WorkerError::Start)?;
        workers.protections = protections;
        workers.give_back(worker);
        Ok(workers)
    }

    /// The protections that are in force in the readers.
    pub fn protections(&self) -> Protections {
        self.protections
    }

    fn new_worker(&self) -> io::Result<(Worker, Protections)> {
        let mut command = (self.command)();
        // A panic or an abort speaks of what it was reading; nobody may hear that.
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (input, output) = (input.expect("the input is a pipe"), output.expect("the output is a pipe"));
        let _ = rustix::pipe::fcntl_setpipe_size(&input, PIPE_BYTES);
        let mut worker = Worker { child, input, output, files: 0 };
        let deadline = Instant::now() + Duration::from_secs(self.budget.wall_seconds);
        match worker.ask(&self.set_up, deadline) {
            Ok(Answer::Ready(protections)) => Ok((worker, protections)),
            Ok(_) => Err(io::Error::other("a reader answered its set-up with something else")),
            Err(error) => {
                worker.end();
                Err(error)
            }
        }
    }

    fn take(&self) -> io::Result<Worker> {
        let idle = self.idle.lock().expect("no reader panics while it is lent").pop();
        idle.map_or_else(|| Ok(self.new_worker()?.0), Ok)
    }

    fn give_back(&self, mut worker: Worker) {
        if worker.files < self.budget.files {
            self.idle.lock().expect("no reader panics while it is lent").push(worker);
        } else {
            worker.end();
        }
    }
}

impl FormReader for Workers {
    fn read(&self, bytes: &[u8]) -> Reading {
        let Ok(mut worker) = self.take() else {
            return failed(ReasonCode::Internal, "a reader could not be started");
        };
        worker.files += 1;
        let deadline = Instant::now() + Duration::from_secs(self.budget.wall_seconds);
        match worker.ask(bytes, deadline) {
            Ok(Answer::Read(reading)) => {
                self.give_back(worker);
                reading
            }
            Ok(Answer::Unconfirmed(reading)) => match worker.hear(deadline) {
                Ok(Answer::Read(confirmed)) => {
                    self.give_back(worker);
                    confirmed
                }
                // The second reader of the pages failed: what the first one read stands, unconfirmed.
                _ => {
                    worker.end();
                    reading
                }
            },
            Ok(Answer::Panicked) => {
                worker.end();
                failed(ReasonCode::PdfCorrupt, "the reader failed on this file")
            }
            Ok(Answer::Ready(_)) => {
                worker.end();
                failed(ReasonCode::Internal, "the reader answered something else")
            }
            Err(error) => worker.cause_of_death(&error),
        }
    }
}

fn failed(code: ReasonCode, detail: &str) -> Reading {
    Reading::unreadable(vec![Finding::of_file(code, detail)])
}

impl Worker {
    fn ask(&mut self, frame: &[u8], deadline: Instant) -> io::Result<Answer> {
        protocol::write(&mut self.input, frame)?;
        self.hear(deadline)
    }

    fn hear(&mut self, deadline: Instant) -> io::Result<Answer> {
        let mut output = Until { pipe: &mut self.output, deadline };
        let answer = protocol::read(&mut output, ANSWER_BYTES)?;
        let answer = answer.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Ends the process, if it still runs, and says what its file is to blame for.
    fn cause_of_death(mut self, error: &io::Error) -> Reading {
        if error.kind() == io::ErrorKind::TimedOut {
            self.end();
            return failed(ReasonCode::PdfTimeout, "the reader's time by the clock was used up");
        }
        // A pipe that broke is followed by the end of the process; one that did not die by itself is ended.
        let status = self.child.wait();
        match status.ok().and_then(|it| it.signal()) {
            Some(libc::SIGXCPU) => failed(ReasonCode::PdfTimeout, "the reader's time of computing was used up"),
            Some(libc::SIGABRT | libc::SIGSEGV | libc::SIGBUS | libc::SIGKILL) => {
                failed(ReasonCode::PdfResourceLimit, "the reader's memory or stack was used up")
            }
            Some(libc::SIGTERM | libc::SIGINT | libc::SIGHUP) => {
                failed(ReasonCode::Internal, "the reader was ended from outside")
            }
            Some(libc::SIGSYS) => failed(ReasonCode::PdfCorrupt, "the reader was led to what it may not do"),
            _ => failed(ReasonCode::PdfCorrupt, "the reader ended on this file"),
        }
    }

    fn end(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for mut worker in std::mem::take(&mut *self.idle.lock().expect("no reader panics while it is lent")) {
            worker.end();
        }
    }
}

/// A pipe that is read until a moment and not longer.
struct Until<'a> {
    pipe: &'a mut ChildStdout,
    deadline: Instant,
}

impl Read for Until<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let left = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
            let mut waited = [PollFd::new(&*self.pipe, PollFlags::IN)];
            match poll(&mut waited, Some(&left)) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => return self.pipe.read(buffer),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = r#"{"Ready":{"files":true,"system_calls":true,"limits":true}}"#;

    /// Readers that are ready and then do as `script` says.
    fn workers(script: &str) -> Result<Workers, WorkerError> {
        let script = script.to_owned();
        let command = move || {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &script]);
            command
        };
        let budget = Budget { memory_bytes: 1 << 30, cpu_seconds: 1, wall_seconds: 4, files: 2 };
        Workers::start(command, Vec::new(), Limits::default(), budget)
    }

    fn ready_then(script: &str) -> Workers {
        let length = READY.len();
        workers(&format!("printf '\\{length:03o}\\000\\000\\000%s' '{READY}'; read line; {script}")).unwrap()
    }

    fn check(script: &str, expected: ReasonCode) {
        let workers = ready_then(script);
        assert!(workers.protections().are_complete());
        // Every file has a reader of its own that dies; the run goes on with the next.
        for _ in 0..3 {
            let reading = workers.read(b"x\n\n");
            assert_eq!(reading.findings[0].code, expected, "{script}: {reading:?}");
        }
    }

    #[test]
    fn a_reader_that_dies_costs_its_file_a_reason() {
        check("kill -ABRT $$", ReasonCode::PdfResourceLimit);
        check("kill -SEGV $$", ReasonCode::PdfResourceLimit);
        check("kill -XCPU $$", ReasonCode::PdfTimeout);
        check("kill -SYS $$", ReasonCode::PdfCorrupt);
        check("exit 1", ReasonCode::PdfCorrupt);
        check("printf '\\007\\000\\000\\000no json'; exit", ReasonCode::PdfCorrupt);
    }

    /// As service managers and Ctrl-C do: that is nobody's file's fault.
    #[test]
    fn a_reader_that_is_ended_from_outside_costs_its_file_nothing() {
        // What this process ignores, its children ignore too: SIGINT of a job in the background, SIGHUP under nohup.
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let ignored = status.lines().find_map(|it| it.strip_prefix("SigIgn:")).unwrap();
        let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
        for (signal, number) in [("TERM", libc::SIGTERM), ("INT", libc::SIGINT), ("HUP", libc::SIGHUP)] {
            if ignored >> (number - 1) & 1 == 0 {
                check(&format!("kill -{signal} $$"), ReasonCode::Internal);
            }
        }
    }

    #[test]
    fn a_reader_that_hangs_costs_its_file_the_time_limit() {
        let start = Instant::now();
        let reading = ready_then("/bin/sleep 60").read(b"x\n\n");
        assert_eq!(reading.findings[0].code, ReasonCode::PdfTimeout);
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_reader_that_does_not_start_is_an_error() {
        assert!(matches!(workers("exit 1"), Err(WorkerError::Start(_))));
        let missing = || Command::new("/no/such/program");
        let budget = Budget { memory_bytes: 0, cpu_seconds: 1, wall_seconds: 1, files: 1 };
        assert!(matches!(Workers::start(missing, Vec::new(), Limits::default(), budget), Err(WorkerError::Start(_))));
    }
}
