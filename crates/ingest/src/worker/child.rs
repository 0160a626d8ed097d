//! The reader's side of the pipe.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use zeroize::Zeroizing;

use super::protocol::{self, Answer, SetUp};
use super::sandbox;
use crate::blanks::KnownBlanks;
use crate::page_text::witness;
use crate::read;
use crate::reading::Reading;

/// Most bytes of a set-up: a few templates with their pages.
const SET_UP_BYTES: usize = 64 << 20;

/// Reads one file after the other until the pipe is closed. Prints nothing, ever: what a parser says when it fails may hold the
/// content of a form.
///
/// # Errors
/// When the pipe breaks, or what comes over it is no set-up.
pub fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    let Some(frame) = protocol::read(input, SET_UP_BYTES)? else { return Ok(()) };
    let SetUp { looks, limits, memory_bytes, cpu_seconds } = serde_json::from_slice(&frame)?;
    drop(frame);
    let blanks = KnownBlanks::new(looks);
    let protections = sandbox::enter(memory_bytes);
    answer(output, &Answer::Ready(protections))?;
    while let Some(file) = protocol::read(input, limits.file_bytes + 1)? {
        sandbox::allow_seconds(cpu_seconds);
        let reading = catch_unwind(AssertUnwindSafe(|| read(&file, &blanks, &limits)));
        match reading {
            Ok(reading) if witness::is_asked(&reading) => confirm(&file, reading, output, cpu_seconds)?,
            reading => answer(output, &reading.map_or(Answer::Panicked, Answer::Read))?,
        }
    }
    Ok(())
}

/// The first answer is out before the second reader begins.
fn confirm(file: &[u8], mut reading: Reading, output: &mut impl Write, cpu_seconds: u64) -> io::Result<()> {
    answer(output, &Answer::Unconfirmed(reading.clone()))?;
    sandbox::allow_seconds(cpu_seconds);
    witness::confirm(file, &mut reading);
    answer(output, &Answer::Read(reading))
}

fn answer(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let frame = Zeroizing::new(serde_json::to_vec(answer)?);
    protocol::write(output, &frame)
}
