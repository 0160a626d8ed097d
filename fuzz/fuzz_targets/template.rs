//! A template as a provider may write it: it is one, or has at least one mistake, and every mistake stands in the text.
#![no_main]

use countersign_core::template::FormTemplate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Err(mistakes) = FormTemplate::parse(text) else { return };
    assert!(!mistakes.0.is_empty(), "what is no template has a mistake");
    let lines = text.split('\n').count();
    for mistake in &mistakes.0 {
        assert!((1..=lines).contains(&mistake.line), "line {} of {lines}: {}", mistake.line, mistake.what);
    }
});
