//! Generated letters whose truth is known: honest ones must be read right or held, trapped ones never be taken at their word.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

mod honest;
mod truth;

use std::collections::BTreeMap;

use countersign_mail::approval::{Approval, Context, read};

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
                if std::option_env!("SHOW").is_some() {
                    println!("--- {seed} {found:?}\n{}", letter.text());
                }
                for doubt in found {
                    *doubts.entry(doubt.kind.word()).or_default() += 1;
                }
            }
            Approval::NotAsked => not_asked += 1,
        }
    }
    println!("{read_right} of {LETTERS} honest letters read, none wrong; {not_asked} taken for no request; doubts {doubts:?}");
    assert_eq!(not_asked, 0);
    assert!(read_right * 100 >= LETTERS * 85, "{read_right} of {LETTERS}; {doubts:?}");
}

#[test]
fn one_letter() {
    let Some(seed) = std::option_env!("ONE") else { return };
    let (_, letter, mut random) = honest::generate(seed.parse().unwrap());
    let body = letter.body(&mut random);
    println!("{}\n{:?}", body.text.as_ref().or(body.html.as_ref()).unwrap().as_str(), read(&body, &Context::default()));
}
