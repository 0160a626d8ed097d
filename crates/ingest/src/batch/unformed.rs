//! A request without a form, decided while somebody waits: said on the phone, or made at the console. It goes the way of a form, as a
//! run of one: the same decision, the same budget, the same transaction, the same row in the audit trail.

use countersign_core::store::AccountStore;
use countersign_core::submission::{FileDigest, SubmissionId};
use countersign_core::unformed::Unformed;

use super::examine::{Examined, Judged, Parsed};
use super::wave::Chunk;
use super::{RunError, RunSettings, begin_run};
use crate::outcome::{Asker, Outcome, PinCheck};

/// A request while somebody waits.
pub struct Waiting {
    /// What is asked for.
    pub request: Unformed,
    /// Who of the staff, or which session, took it down; for the audit trail.
    pub taken_by: String,
    /// Fresh randomness, which makes it another request than one in the same words.
    pub nonce: [u8; 16],
}

/// Decides a request without a form and carries it out, if rules and PIN let it. Nobody waits for a second look on the phone: what
/// would hold a form rejects it, with its reasons, and is asked again.
///
/// # Errors
/// When the store fails; nothing was decided then.
pub fn decide_waiting(
    waiting: Waiting,
    settings: &RunSettings<'_>,
    store: &mut dyn AccountStore,
) -> Result<(Outcome, SubmissionId), RunError> {
    let header = begin_run(store, settings)?;
    let Waiting { request, taken_by, nonce } = waiting;
    let channel = request.channel;
    let account = request.account.clone();
    let asker = Asker {
        account: Some(account),
        signer: request.signer.to_string(),
        signed_on: Some(request.on),
        ..Asker::default()
    };
    let source = format!("{} request taken by {taken_by}", channel.word());
    let file = FileDigest::of(format!("{source}\n{}", countersign_core::vault::to_hex(&nonce)).as_bytes());
    // Whoever asks again in person means it: only copies of a form are one request.
    let (validated, request, pin_check) = (request.validated(), None, PinCheck::NotChecked);
    let parsed = Parsed { form: None, email: None, findings: Vec::new(), request, asker, pin_check, validated };
    let examined = Examined {
        file: Some(file),
        channel,
        received_at: Some(settings.now),
        verdict: Judged::Parsed(Box::new(parsed)),
        ..Examined::unread(0, source)
    };
    let (mut outcomes, settled) = Chunk::new(vec![examined], &header, settings).settle_all(store);
    settled?;
    Ok((outcomes.pop().expect("a request that was settled has its row"), SubmissionId::of_file(file)))
}
