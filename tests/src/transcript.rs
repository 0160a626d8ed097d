//! Forms that were read already: each file holds what a reader would say of it, so that a run over hundreds of forms takes
//! milliseconds. Everything behind the reader is the real thing.

use std::collections::BTreeMap;

use countersign_core::account::Account;
use countersign_core::reason::ReasonCode;
use countersign_core::store::IssuedBlank;
use countersign_ingest::reading::{FieldReading, Finding, Provenance, ReadState, Reading, ReadingMethod};
use countersign_ingest::worker::FormReader;

use crate::Answers;

/// A form on this blank, for this account, as a reader would read it.
///
/// # Panics
/// Never: a reading is plain data.
pub(crate) fn transcript(issued: &IssuedBlank, account: &Account, answers: &Answers) -> Vec<u8> {
    let expires = issued.expires.strftime("%m/%d/%Y").to_string();
    let prefilled = [
        ("form.template", issued.template.to_string()),
        ("form.instance", issued.instance.to_string()),
        ("form.expires", expires),
        ("account.number", account.number.to_string()),
        ("account.name", account.name.clone()),
        ("account.billing_email", account.billing_email.as_str().to_owned()),
    ];
    let written = answers.iter().map(|(field, value)| (field, value.to_owned()));
    let field = |(name, value): (&str, String)| {
        let value = value.as_str().into();
        (name.to_owned(), FieldReading { value, shown: None, from: Provenance::FieldValue })
    };
    let reading = Reading {
        state: ReadState::Read,
        method: Some(ReadingMethod::Acroform),
        template: Some(issued.template.clone()),
        fields: prefilled.into_iter().chain(written).map(field).collect::<BTreeMap<_, _>>(),
        findings: Vec::new(),
        bundle: None,
    };
    serde_json::to_vec(&reading).expect("a reading is plain data")
}

/// Reads what [`transcript`] wrote; whatever else there is, is a damaged file.
pub(crate) struct Transcripts;

impl FormReader for Transcripts {
    fn read(&self, bytes: &[u8]) -> Reading {
        let damaged = || Reading::unreadable(vec![Finding::of_file(ReasonCode::PdfCorrupt, "no form")]);
        serde_json::from_slice(bytes).unwrap_or_else(|_| damaged())
    }
}
