//! PINs from a prompt without echo, or from a file descriptor; never from the command line.

use std::fs::File;
use std::io::{BufRead, BufReader};

use anyhow::{Context, bail};
use countersign_core::pin::{Pin, PinKind};
use countersign_core::set_up_code::SetUpCode;
use zeroize::Zeroizing;

use crate::args::PinSource;
use crate::exit::WrongInput;

/// Asks for a PIN, twice when a person types it.
pub(crate) fn pin(source: &PinSource, kind: PinKind, whose: &str) -> anyhow::Result<Pin> {
    let text = match source.pin_fd {
        Some(number) => from_descriptor(number)?,
        None => typed_twice(whose)?,
    };
    Ok(Pin::parse(text.trim_end_matches(['\r', '\n']), kind).map_err(|error| WrongInput(error.to_string()))?)
}

/// Asks for a PIN that somebody says: it is heard once.
pub(crate) fn pin_once(source: &PinSource, kind: PinKind, whose: &str) -> anyhow::Result<Pin> {
    let text = match source.pin_fd {
        Some(number) => from_descriptor(number)?,
        None => ask(&format!("{whose}: "))?,
    };
    Ok(Pin::parse(text.trim_end_matches(['\r', '\n']), kind).map_err(|error| WrongInput(error.to_string()))?)
}

/// Asks for a PIN that somebody says, and for a new one after it; from a file descriptor, one line each.
pub(crate) fn pin_and_new_pin(source: &PinSource, asked: [(&str, PinKind); 2]) -> anyhow::Result<(Pin, Pin)> {
    let [first, second] = match source.pin_fd {
        Some(number) => lines_of_descriptor(number)?,
        None => [ask(&format!("{}: ", asked[0].0))?, ask(&format!("{}: ", asked[1].0))?],
    };
    let parse = |text: &str, (whose, kind): (&str, PinKind)| {
        Pin::parse(text.trim_end_matches(['\r', '\n']), kind).map_err(|error| WrongInput(format!("{whose}: {error}")))
    };
    Ok((parse(&first, asked[0])?, parse(&second, asked[1])?))
}

/// Asks for a set-up code, which its holder reads off, and for the PIN that they choose; from a file descriptor, one line each.
pub(crate) fn code_and_new_pin(source: &PinSource) -> anyhow::Result<(SetUpCode, Pin)> {
    let [code, pin] = match source.pin_fd {
        Some(number) => lines_of_descriptor(number)?,
        None => [ask("Set-up code: ")?, typed_twice("New PIN for phone calls, 4 digits")?],
    };
    let code = SetUpCode::parse(code.trim_end_matches(['\r', '\n'])).map_err(|error| WrongInput(error.to_string()))?;
    let pin = Pin::parse(pin.trim_end_matches(['\r', '\n']), PinKind::Person);
    Ok((code, pin.map_err(|error| WrongInput(format!("new PIN: {error}")))?))
}

fn ask(prompt: &str) -> anyhow::Result<Zeroizing<String>> {
    rpassword::prompt_password(prompt).map(Zeroizing::new).context("cannot ask for a PIN")
}

fn from_descriptor(number: u32) -> anyhow::Result<Zeroizing<String>> {
    let [line] = lines_of_descriptor(number)?;
    Ok(line)
}

fn lines_of_descriptor<const N: usize>(number: u32) -> anyhow::Result<[Zeroizing<String>; N]> {
    let doing = || format!("cannot read a PIN from file descriptor {number}");
    let file = File::open(format!("/dev/fd/{number}")).with_context(doing)?;
    let mut reader = BufReader::with_capacity(64, file);
    let mut lines = std::array::from_fn(|_| Zeroizing::new(String::with_capacity(64)));
    for line in &mut lines {
        reader.read_line(line).with_context(doing)?;
    }
    Ok(lines)
}

fn typed_twice(whose: &str) -> anyhow::Result<Zeroizing<String>> {
    let first = ask(&format!("{whose}: "))?;
    let second = ask(&format!("{whose}, once more: "))?;
    if first != second {
        bail!(WrongInput("the two PINs are not the same".to_owned()));
    }
    Ok(first)
}
