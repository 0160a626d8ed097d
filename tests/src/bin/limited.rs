//! `limited BYTES PROGRAM ARGUMENTS`: becomes the program, which dies when one of its files would grow over so many bytes: in the
//! middle of whatever is being written, always at the same place, and without a word.

use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Resource, Rlimit, setrlimit};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let bytes: u64 = arguments.next().and_then(|it| it.parse().ok()).expect("a number of bytes");
    let program = arguments.next().expect("a program");
    // A write over the limit brings SIGXFSZ, which ends whoever does not catch it (setrlimit(2)).
    setrlimit(Resource::Fsize, Rlimit { current: Some(bytes), maximum: Some(bytes) }).expect("a limit can be set");
    let error = Command::new(program).args(arguments).exec();
    panic!("the program does not start: {error}");
}
