//! Generated letters whose truth is known: honest ones must be read right or held, trapped ones never be taken at their word.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

mod edits;
mod honest;
mod traps;
mod truth;

use std::collections::BTreeMap;

use countersign_mail::approval::{Approval, Body, Context, read};
use proptest::prelude::*;

#[test]
fn honest_letters_are_read_right_or_held() {
    const LETTERS: u64 = 4_000;
    let (mut read_right, mut doubts) = (0, BTreeMap::<&str, usize>::new());
    let mut not_asked = 0;
    for seed in 0..LETTERS {
        let (truth, letter, mut random) = honest::generate(seed);
        match read(&letter.body(&mut random), &Context::default()) {
            Approval::Asks(request) => {
                let difference = truth.difference(&request);
                assert_eq!(difference, None, "letter {seed}:\n{}", letter.text());
                read_right += 1;
            }
            Approval::Unclear { doubts: found, .. } => {
                for doubt in found {
                    *doubts.entry(doubt.kind.word()).or_default() += 1;
                }
            }
            Approval::NotAsked => not_asked += 1,
        }
    }
    println!(
        "{read_right} of {LETTERS} honest letters read, none wrong; {not_asked} taken for no request; doubts {doubts:?}"
    );
    assert_eq!(not_asked, 0);
    assert!(read_right * 100 >= LETTERS * 85, "{read_right} of {LETTERS}; {doubts:?}");
}

#[test]
fn trapped_letters_are_never_taken_at_their_word() {
    const LETTERS: u64 = 4_000;
    let mut taken = BTreeMap::<&str, (usize, usize)>::new();
    let mut faults = Vec::new();
    for seed in 0..LETTERS {
        let (truth, letter, mut random) = honest::generate(1_000_000 + seed);
        let trap = traps::trap(seed % traps::KINDS, &truth, letter, &mut random);
        let counts = taken.entry(trap.name).or_default();
        let shown = || trap.body.text.as_ref().or(trap.body.html.as_ref()).unwrap().as_str().to_owned();
        match read(&trap.body, &Context::default()) {
            Approval::Asks(request) => {
                counts.0 += 1;
                if !trap.may_be_read || truth.difference_but_contacts(&request).is_some() {
                    faults.push(format!("--- {} {seed}\n{}", trap.name, shown()));
                }
            }
            Approval::Unclear { doubts, .. } => {
                counts.1 += 1;
                if let Some(expected) = trap.doubt
                    && !doubts.iter().any(|it| it.kind == expected)
                {
                    faults.push(format!("--- {} {seed}: {doubts:?}\n{}", trap.name, shown()));
                }
            }
            Approval::NotAsked => faults.push(format!("--- {} {seed}: not asked\n{}", trap.name, shown())),
        }
    }
    println!("{LETTERS} trapped letters (taken at their word, held): {taken:?}");
    assert!(faults.is_empty(), "{}: {}", faults.len(), faults.join("\n"));
}

#[test]
fn edited_letters_are_read_right_or_held() {
    const LETTERS: u64 = 6_000;
    let (mut taken, mut faults) = (0, Vec::new());
    for seed in 0..LETTERS {
        let (truth, letter, mut random) = honest::generate(2_000_000 + seed);
        let text = edits::edited(&letter.text(), &mut random);
        let Approval::Asks(request) = read(&Body::plain(&text), &Context::default()) else { continue };
        taken += 1;
        // Whoever takes a line out, takes a person out; whoever puts one in that says everything, puts a person in.
        let is_added = ["Eve Mallory", "6660", "\nMaria Lopez\n"].iter().any(|it| text.contains(it));
        // A name that is broken over two lines is another one.
        let is_broken = !text.contains(&truth.approver());
        if !is_added
            && !is_broken
            && let Some(difference) = truth.difference_of_some(&request)
        {
            faults.push(format!("--- {seed}: {difference}\n{text}"));
        }
    }
    println!("{taken} of {LETTERS} edited letters taken at their word");
    assert!(faults.is_empty(), "{}: {}", faults.len(), faults.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_answered(text in any::<String>(), html in any::<String>()) {
        read(&Body::both(&text, &html), &Context { subject: text.clone(), has_form: false });
        read(&Body::plain(&text), &Context::default());
    }

    #[test]
    fn any_words_in_any_order_are_answered(words in prop::collection::vec(prop::sample::select(WORDS), 0..60)) {
        let text = words.concat();
        for body in [Body::plain(&text), Body::html(&text)] {
            if let Approval::Unclear { doubts, .. } = read(&body, &Context::default()) {
                prop_assert!(!doubts.is_empty());
            }
        }
    }
}

/// What letters are made of, and what breaks readers.
const WORDS: &[&str] = &[
    "Please add ",
    "John Smith ",
    "Jane ",
    "PIN ",
    "Security PIN: ",
    "4821",
    "582910 ",
    "Account ",
    "A-1002947",
    ", ",
    ": ",
    "\n",
    "\n\n",
    "> ",
    "-- \n",
    "|",
    "\t",
    "<p>",
    "</p>",
    "<td>",
    "<table>",
    "</tr>",
    "<div style='display:none'>",
    "</div>",
    "&nbsp;",
    "<!--",
    "-->",
    "First name: ",
    "Last name: ",
    "Approved by ",
    "'s ",
    "(",
    ")",
    ".",
    "?",
    "É",
    "④",
    "\u{200b}",
    "\u{202e}",
    "for ",
    "and ",
    "Jr. ",
    "On Monday wrote:\n",
    "From: a\nSent: b\nTo: c\n",
    "de la ",
    "is ",
    "not ",
    "+1 555 ",
    "12/05/2026 ",
    "$",
    "<s>",
    "<br>",
    "</",
    "<",
];
