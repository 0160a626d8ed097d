//! What measurements share: a template's press, accounts, filled forms, and times that are compared side by side.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use countersign_core::account::Account;
use countersign_core::store::IssuedBlank;
use countersign_core::template::FormTemplate;
use countersign_forms::{Prefill, Press, TemplateFiles};
use countersign_testkit::{AccountBuilder, NOW, account, bound_blank};

use crate::{Answers, fill};

/// The shipped template.
///
/// # Panics
/// When it is not there, or has mistakes.
pub fn template() -> FormTemplate {
    let text = std::fs::read_to_string(templates().join("authorized-user.toml")).expect("the template is there");
    FormTemplate::parse(&text).expect("the shipped template has no mistakes")
}

/// The press of the shipped template.
///
/// # Panics
/// When a font is not there.
pub fn press() -> Press {
    let file = |name: &str| std::fs::read(templates().join(name)).expect("the file is there");
    let (regular, bold) = (file("fonts/OpenSans-Regular.ttf"), file("fonts/OpenSans-Bold.ttf"));
    let logo = file("northwind-hosting.svg");
    let files = TemplateFiles { regular: &regular, bold: &bold, fallbacks: Vec::new(), logo: Some(&logo) };
    Press::new(&template(), &files).expect("the shipped template fits")
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates")
}

/// Account number `at` of the measurements, whose owner fills in forms as [`Answers::complete`] says, and the blank that was
/// issued to it.
pub fn customer(at: u64) -> (AccountBuilder, IssuedBlank) {
    let number = format!("A-{:07}", 2_000_000 + at);
    let account =
        account(&number).owner("Margaret", "Henley").email("margaret@henley.example").phone("+1 555 010 0142");
    (account, bound_blank(&number, at))
}

/// The blank of a customer.
///
/// # Panics
/// When a value does not fit its box.
pub fn blank(press: &Press, account: &Account, issued: &IssuedBlank) -> Vec<u8> {
    let account = Some(account.header());
    let prefill = Prefill { instance: issued.instance.clone(), expires: issued.expires, issued: NOW, account };
    press.render(&prefill).expect("the account's values fit").pdf
}

/// The blank of a customer, filled in by its owner.
pub fn filled(press: &Press, account: &Account, issued: &IssuedBlank) -> Vec<u8> {
    fill(&blank(press, account, issued), &Answers::complete().with("signer.security_pin", PIN))
}

/// The Security PIN of every customer.
pub const PIN: &str = "719305";

/// The shortest of several runs of each, taken in turn so that both see the same machine.
pub fn in_turn(rounds: usize, mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds {
        best.0 = best.0.min(time(&mut one));
        best.1 = best.1.min(time(&mut other));
    }
    best
}

fn time(work: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// How many times as long the first takes as the second.
pub fn ratio((one, other): (Duration, Duration)) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
