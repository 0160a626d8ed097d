//! A policy as a provider may write it: it is one, whose digest depends on nothing but its rules, or it is refused.
#![no_main]

use countersign_core::policy::Policy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(policy) = Policy::parse(text) else { return };
    let again = Policy::parse(text).expect("the same text is the same policy");
    assert_eq!(policy.digest(), again.digest());
});
