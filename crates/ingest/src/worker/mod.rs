//! Reading in a process of its own: the same program, started anew, fed bytes over a pipe. It sees no files and no network,
//! starts nothing, and has a limit on memory and time, so that a file which breaks it costs that file a reason and the run
//! a moment.

mod child;
mod parent;
mod protocol;
mod sandbox;

pub use child::serve;
pub use parent::{Budget, WorkerError, Workers};
pub use sandbox::Protections;

use crate::blanks::KnownBlanks;
use crate::limits::Limits;
use crate::reading::Reading;

/// Whatever reads forms for a run.
pub trait FormReader: Sync {
    /// What these bytes say.
    fn read(&self, bytes: &[u8]) -> Reading;
}

/// Reads in this very process: for tests, and where the kernel gives no protection and the user takes the risk.
pub struct InProcess {
    /// The blanks to recognise forms by.
    pub blanks: KnownBlanks,
    /// How much a file may cost.
    pub limits: Limits,
}

impl FormReader for InProcess {
    fn read(&self, bytes: &[u8]) -> Reading {
        crate::read(bytes, &self.blanks, &self.limits)
    }
}
