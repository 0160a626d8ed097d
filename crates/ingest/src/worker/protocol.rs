//! What crosses the pipe: frames of four bytes of length, little end first, and as many bytes. Down go the set-up as JSON and then
//! the files as they are; up comes one JSON answer to each.

use std::io::{self, Read, Write};

use countersign_core::template::BlankLook;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Protections;
use crate::limits::Limits;
use crate::reading::Reading;

/// The first frame down.
#[derive(Serialize, Deserialize)]
pub(super) struct SetUp {
    pub(super) looks: Vec<BlankLook>,
    pub(super) limits: Limits,
    pub(super) memory_bytes: u64,
    pub(super) cpu_seconds: u64,
}

/// A frame up.
#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    /// To the set-up: ready, under these protections.
    Ready(Protections),
    /// To a file.
    Read(Reading),
    /// To a file, before the second reader of its pages is asked: what counts if that one dies.
    Unconfirmed(Reading),
    /// To a file that a parser panicked on.
    Panicked,
}

pub(super) fn write(pipe: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).map_err(|_| io::Error::other("a frame has at most 4 GiB"))?;
    pipe.write_all(&length.to_le_bytes())?;
    pipe.write_all(frame)?;
    pipe.flush()
}

/// The next frame; `None` when the pipe was closed between two frames. Frames may hold PINs and forget themselves.
pub(super) fn read(pipe: &mut impl Read, most: usize) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut length = [0; 4];
    match pipe.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > most {
        return Err(io::Error::other("a frame is longer than it may be"));
    }
    let mut frame = Zeroizing::new(vec![0; length]);
    pipe.read_exact(&mut frame)?;
    Ok(Some(frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"one").unwrap();
        write(&mut pipe, b"").unwrap();
        let mut pipe = pipe.as_slice();
        assert_eq!(read(&mut pipe, 10).unwrap().unwrap().as_slice(), b"one");
        assert_eq!(read(&mut pipe, 10).unwrap().unwrap().as_slice(), b"");
        assert!(read(&mut pipe, 10).unwrap().is_none());
    }

    #[test]
    fn a_frame_cut_short_or_too_long_is_an_error() {
        assert!(read(&mut &[3, 0, 0, 0, 1][..], 10).is_err());
        assert!(read(&mut &[200, 0, 0, 0, 1][..], 10).is_err());
    }
}
