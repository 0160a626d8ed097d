//! How the watcher is told to stop: SIGTERM, as service managers send it, and SIGINT, as Ctrl-C does. A run that is under way ends
//! whole first. Nobody needs a second signal: SIGKILL is safe at any moment, and the next watcher goes on.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

/// A pipe into which the signals write; nobody ever empties it.
#[derive(Debug)]
pub(super) struct Stop(UnixStream);

impl Stop {
    /// Listens from now on.
    pub(super) fn on_signals() -> io::Result<Self> {
        let (told, teller) = UnixStream::pair()?;
        for signal in [SIGTERM, SIGINT] {
            pipe::register(signal, teller.try_clone()?)?;
        }
        Ok(Self(told))
    }

    /// Waits for so long, or until the watcher shall stop; answers whether it shall.
    pub(super) fn is_asked_within(&self, limit: Duration) -> io::Result<bool> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&left)) {
                Ok(ready) => return Ok(ready > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
