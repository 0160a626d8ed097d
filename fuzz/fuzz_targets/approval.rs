//! The words of a message as anybody may write them, plain or as HTML: they ask for something, or are doubted for a reason, always the
//! same; and a person who looks at them sees no digit, nor does whoever prints the answer.
#![no_main]

use countersign_mail::approval::{Approval, Body, Context, masked, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|words: &str| {
    for body in &[Body::plain(words), Body::html(words), Body::both(words, words)] {
        let approval = read(body, &Context::default());
        match &approval {
            Approval::NotAsked => {}
            Approval::Asks(request) => assert!(!request.users.is_empty(), "it asks for somebody"),
            Approval::Unclear { doubts, .. } => assert!(!doubts.is_empty(), "what is unclear has a reason"),
        }
        assert_eq!(format!("{approval:?}"), format!("{:?}", read(body, &Context::default())), "it is always the same");
        let mut shown = masked(body).into_iter();
        assert!(!shown.any(|it| it.chars().any(char::is_numeric)), "no digit is shown");
    }
});
