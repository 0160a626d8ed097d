//! Letters that are made to take long: each is answered soon, whatever it holds.

use std::time::{Duration, Instant};

use countersign_mail::approval::{Approval, Body, Context, read};

/// Generous: the machine of the tests may be busy, and these took up to half a minute once.
const SOON: Duration = Duration::from_secs(8);

#[track_caller]
fn check(body: &Body) {
    let began = Instant::now();
    let approval = read(body, &Context::default());
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    assert!(!matches!(approval, Approval::Asks(_)));
}

fn plain(line: &str, size: usize) -> Body {
    Body::plain(&line.repeat(size / line.len()))
}

#[test]
fn many_rules_for_many_elements() {
    let rules: String = (0..2_000).map(|it| format!(".a{it}.b{{color:red}}")).collect();
    check(&Body::html(&format!("<style>{rules}</style>{}", "<p>x".repeat(450_000))));
    check(&Body::html(&format!("<style>{rules}</style>{}", "<i class=\"b c\">x</i>".repeat(25_000))));
}

#[test]
fn elements_in_elements() {
    check(&Body::html(&"<b>x".repeat(450_000)));
    check(&Body::html(&"<b>x".repeat(50_000)));
    check(&Body::html(&"<table><tr><td>x".repeat(15_000)));
}

#[test]
fn long_lines() {
    check(&plain("(", 59_000));
    check(&plain("(", 5_900));
    check(&plain("((((((((((((((((((((((((((((((((((((((((((((((((((((((((\n", 59_000));
    check(&plain("John Smith, ", 59_000));
    check(&plain("Please add John Smith PIN 4821 ", 59_000));
}

#[test]
fn long_letters() {
    check(&plain("Thanks,\n\n\n\n\n\n", 1_000_000));
    check(&plain("Thanks,\n\n\n\n\n\n", 190_000));
    check(&plain("On Mon, 9:14, Tom <t@x.example> wrote:\n\n", 190_000));
    check(&plain("Please add John Smith PIN 4821\n", 59_000));
    check(&plain("PIN: 4821\n", 59_000));
    check(&plain("a | b | c | d\n", 59_000));
}
