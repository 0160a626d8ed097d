//! Messages in a run. What one brings becomes items of its own, each with its own ending: every form in it, and what its words ask
//! for. This crate knows no format of a message: the program opens them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use countersign_core::decision::{Refusal, Validated};
use countersign_core::email::{EmailClaim, Proof};
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::submission::{Channel, FileDigest, InMessage};
use jiff::Timestamp;

use super::RunSettings;
use super::examine::{Examined, Judged, Parsed, read_form};
use super::intake::{Entry, Packing};
use crate::outcome::{Asker, PinCheck};

/// Opens messages, as the program knows how to.
pub trait MessageOpener: Sync {
    /// Opens one; or says why nothing of it can be read.
    fn open(&self, packed: &[u8], packing: Packing) -> Result<OpenedMessage, Refusal>;

    /// Opens one again of which a request was decided under this name. Whether its sender was proved then, the name says: keys of
    /// domains come and go.
    fn reopen(&self, raw: &[u8], first: FileDigest) -> Result<OpenedMessage, Refusal>;
}

/// For runs of files that are no messages.
pub struct NoMessages;

impl MessageOpener for NoMessages {
    fn open(&self, _: &[u8], _: Packing) -> Result<OpenedMessage, Refusal> {
        Err(Refusal::new(vec![Reason::of_form(ReasonCode::UnsupportedType)]))
    }

    fn reopen(&self, _: &[u8], _: FileDigest) -> Result<OpenedMessage, Refusal> {
        Err(Refusal::new(vec![Reason::of_form(ReasonCode::UnsupportedType)]))
    }
}

/// What a message holds.
pub struct OpenedMessage {
    /// Which message it is.
    pub message: InMessage,
    /// When it came, as the mail servers' lines say.
    pub received_at: Option<Timestamp>,
    /// The forms in it.
    pub forms: Vec<AttachedForm>,
    /// What its words say.
    pub words: Words,
}

/// A file in a message that may be a form.
pub struct AttachedForm {
    /// Where it is in the message, made safe for reports: `2/form.pdf`.
    pub path: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What the words of a message say.
pub enum Words {
    /// They ask for nothing; what kind of message that is.
    Nothing(&'static str),
    /// They ask, or may.
    Asking(Box<WrittenRequest>),
    /// Nobody can tell whether they ask: a person must look.
    NotRead(Refusal),
    /// Whether they count cannot be found out now; a later run looks again.
    NotNow(Refusal),
}

/// What the words of a message ask for.
pub struct WrittenRequest {
    /// What names the request: the same for every copy of a message whose sender is proved.
    pub identity: FileDigest,
    /// Who asks for what, as far as it could be made out.
    pub validated: Validated,
    /// Whether a Security PIN was made out.
    pub has_pin: bool,
    /// What is to be said of the reading.
    pub findings: Vec<Reason>,
    /// Where it comes from.
    pub email: EmailClaim,
}

/// A message of a run, item by item; never none. Its words come first.
pub(super) fn examine(place: usize, entry: &Entry, packing: Packing, settings: &RunSettings<'_>) -> Vec<Examined> {
    let unread = || Examined::unread(place, entry.shown_name());
    let unstable = |refusal| vec![Examined { verdict: Judged::Unstable(refusal), ..unread() }];
    let intake = match entry.read(message_bytes(settings.policy.limits.file_bytes)) {
        Ok(intake) => intake,
        Err(refusal) => return unstable(refusal),
    };
    // A panic is a bug of ours; it costs this message a look by a person, never the run.
    let opened = catch_unwind(AssertUnwindSafe(|| settings.messages.open(&intake.bytes, packing)));
    let opened = match opened {
        Err(_) => return vec![unread()],
        Ok(Ok(opened)) => opened,
        Ok(Err(refusal)) => {
            let file = Some(FileDigest::of(&intake.bytes));
            return vec![Examined { file, verdict: Judged::Refused(refusal), ..unread() }];
        }
    };
    if entry.listed_as().is_some_and(|it| it != opened.message.digest) {
        return unstable(Refusal::new(vec![Reason::of_form(ReasonCode::FileUnstable).because("the mailbox changed")]));
    }
    let item = || Examined {
        received_at: intake.received_at,
        message_received_at: opened.received_at,
        message: Some(opened.message.clone()),
        ..unread()
    };
    let mut items: Vec<Examined> = Vec::new();
    let form = |form: &AttachedForm| {
        let source_file = format!("{}/{}", entry.shown_name(), form.path);
        read_form(Examined { source_file, ..item() }, &form.bytes, settings)
    };
    let forms: Vec<Examined> = opened.forms.iter().flat_map(form).collect();
    items.extend(words(opened.words, &forms, item(), settings));
    items.extend(forms);
    items
}

/// How large a message may be whose forms may have so many bytes: base64 makes three bytes four (RFC 2045, 6.8).
pub fn message_bytes(form_bytes: u64) -> u64 {
    form_bytes.saturating_mul(3) / 2 + (1 << 20)
}

/// The item that the words of a message are; none where they ask for nothing and forms came along.
fn words(words: Words, forms: &[Examined], item: Examined, settings: &RunSettings<'_>) -> Option<Examined> {
    let item = Examined { channel: Channel::Email, ..item };
    let raw = item.message.as_ref().map(|it| it.digest);
    Some(match words {
        Words::Nothing(_) if !forms.is_empty() => return None,
        Words::Nothing(what) => Examined { verdict: Judged::Litter(what), ..item },
        Words::NotNow(refusal) => Examined { verdict: Judged::Unstable(refusal), ..item },
        Words::NotRead(refusal) => Examined { file: raw, verdict: Judged::Refused(refusal), ..item },
        Words::Asking(request) => of_request(*request, item, settings),
    })
}

fn of_request(request: WrittenRequest, item: Examined, settings: &RunSettings<'_>) -> Examined {
    let WrittenRequest { identity, validated, has_pin, findings, email } = request;
    let claim = validated.claim();
    let asker = Asker {
        account: claim.account.clone(),
        signer: claim.signer.as_ref().map(ToString::to_string).unwrap_or_default(),
        signed_on: claim.signed_on,
        ..Asker::default()
    };
    let pin_check = if has_pin { PinCheck::NotChecked } else { PinCheck::Missing };
    let sender = Some(match email.proof {
        Proof::Proved => "proved",
        Proof::NotProved(_) => "not proved",
    });
    // The same request in another message, or on a form, is one request.
    let request = validated.submission().map(|it| it.request_digest(settings.key));
    let parsed = Parsed { form: None, email: Some(email), findings, request, asker, pin_check, validated };
    Examined { file: Some(identity), sender, verdict: Judged::Parsed(Box::new(parsed)), ..item }
}

/// A request written in a message, as it stands in front of a person; `None` when this message does not hold it.
pub(super) fn of_message(
    (file, source_file): (FileDigest, &str),
    opened: OpenedMessage,
    settings: &RunSettings<'_>,
) -> Option<Examined> {
    let Words::Asking(request) = opened.words else { return None };
    let item = Examined {
        channel: Channel::Email,
        message_received_at: opened.received_at,
        message: Some(opened.message),
        ..Examined::unread(0, source_file.to_owned())
    };
    (request.identity == file).then(|| of_request(*request, item, settings))
}
