//! Messages as runs open them: what crate `mail` finds in one, in the words of `ingest`.

use std::borrow::Cow;
use std::io::BufReader;

use countersign_core::decision::{Refusal, Validated};
use countersign_core::email::{EmailClaim, Proof};
use countersign_core::policy::EmailPolicy;
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::submission::{Channel, Claim, FileDigest, InMessage, Incomplete};
use countersign_core::unformed::Unformed;
use countersign_ingest::batch::{
    AttachedForm, MessageOpener, OpenedMessage, Packing, Words, WrittenRequest, message_bytes,
};
use countersign_mail::approval::{self, Approval, ApprovalRequest, Body, Context, Doubt, DoubtKind, Understood};
use countersign_mail::mailbox::Container;
use countersign_mail::mailbox::mbox::{Content, Mbox, Quoting};
use countersign_mail::message::{Finding, Limits, Marker, Message, TextKind, Unreadable};
use countersign_mail::sender::{
    Arrival, Boundary, NotProved, OwnResults, SenderProof, Settings, Spf, authenticate, fingerprint,
};
use jiff::Timestamp;

use crate::desk::Letter;
use crate::home::Home;
use crate::sender_keys::SenderKeys;

/// Opens messages by the rules of a home.
pub(crate) struct Correspondence {
    limits: Limits,
    settings: Settings,
    keys: SenderKeys,
    now: Timestamp,
}

impl Correspondence {
    /// By what the home's policy and configuration say of messages.
    pub(crate) fn of(home: &Home, now: Timestamp) -> anyhow::Result<Self> {
        let keys = SenderKeys::of(home)?;
        Ok(Self { limits: limits(home.policy.limits.file_bytes), settings: settings(&home.policy.emails), keys, now })
    }

    fn read<'r>(&self, raw: &'r [u8]) -> Result<Message<'r>, Refusal> {
        Message::read(raw, &self.limits).map_err(|error| {
            let code = match error {
                Unreadable::Empty => ReasonCode::EmptyFile,
                Unreadable::TooLarge => ReasonCode::TooLarge,
                Unreadable::Header | Unreadable::NoHeader => ReasonCode::MessageNotRead,
            };
            Refusal::new(vec![Reason::of_form(code).because(error.to_string())])
        })
    }

    fn opened(&self, message: Message<'_>, sender: &dyn Fn(&Message<'_>) -> Sender) -> OpenedMessage {
        let boundary = self.settings.boundary.as_ref();
        let words = words(&message, sender, self.now);
        OpenedMessage {
            received_at: match Arrival::of(&message, boundary) {
                Arrival::Known(at) | Arrival::Claimed(at) => Some(at),
                Arrival::Unknown => None,
            },
            message: InMessage {
                digest: FileDigest::of(message.raw()),
                is_answerable: !message.must_not_be_answered(),
                message_id: message.message_id,
            },
            forms: message.forms.into_iter().map(|it| AttachedForm { path: it.path, bytes: it.bytes }).collect(),
            words,
        }
    }

    /// A message in front of a person.
    pub(crate) fn letter(&self, raw: &[u8]) -> Option<Letter> {
        let message = self.read(raw).ok()?;
        let masked = |text: &str| approval::masked(&Body::plain(text)).concat();
        Some(Letter {
            from: match &message.from {
                Ok(author) => author.email.to_string(),
                Err(doubt) => format!("({doubt})"),
            },
            subject: masked(message.subject.as_deref().unwrap_or_default()),
            written: message.date.map(|it| it.to_string()).unwrap_or_default(),
            lines: approval::masked(&body(&message)),
        })
    }

    fn authenticated(&self, message: &Message<'_>, container: Container) -> Sender {
        match authenticate(message, container, &self.settings, Some(&self.keys), self.now) {
            SenderProof::Proved(proof) => {
                Sender { proof: Proof::Proved, identity: proved_identity(proof.fingerprint), is_checked: true }
            }
            SenderProof::NotProved(it) => Sender {
                is_checked: it.reason != countersign_mail::sender::Reason::DnsUnavailable,
                proof: Proof::NotProved(why(&it)),
                identity: FileDigest::of(message.raw()),
            },
        }
    }
}

impl MessageOpener for Correspondence {
    fn open(&self, packed: &[u8], packing: Packing) -> Result<OpenedMessage, Refusal> {
        let raw = unpacked(packed, packing);
        let message = self.read(&raw)?;
        let container = match packing {
            Packing::Alone => Container::Delivered,
            Packing::Mbox => Container::Mbox,
        };
        Ok(self.opened(message, &|it| self.authenticated(it, container)))
    }

    fn reopen(&self, raw: &[u8], first: FileDigest) -> Result<OpenedMessage, Refusal> {
        let message = self.read(raw)?;
        Ok(self.opened(message, &|it| {
            let proved = fingerprint(it).map(proved_identity).filter(|it| *it == first);
            let not_proved = || Proof::NotProved("not proved when it was first decided".to_owned());
            Sender {
                proof: proved.map_or_else(not_proved, |_| Proof::Proved),
                identity: proved.unwrap_or_else(|| FileDigest::of(it.raw())),
                is_checked: true,
            }
        }))
    }
}

/// What was found out about the sender of a message.
struct Sender {
    proof: Proof,
    /// What names the request.
    identity: FileDigest,
    /// Whether the sender's domain answered.
    is_checked: bool,
}

/// The message as it was sent, without what its mailbox put around it.
pub(crate) fn unpacked(packed: &[u8], packing: Packing) -> Cow<'_, [u8]> {
    let Packing::Mbox = packing else { return Cow::Borrowed(packed) };
    let mut messages = Mbox::new(BufReader::new(packed), Quoting::Mboxrd, packed.len());
    match messages.next() {
        Some(Ok(message)) => match message.content {
            Content::Whole(bytes) => Cow::Owned(bytes),
            Content::TooLarge => Cow::Borrowed(packed),
        },
        _ => Cow::Borrowed(packed),
    }
}

/// How much a message may hold whose forms may have so many bytes.
pub(crate) fn limits(form_bytes: u64) -> Limits {
    let size = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let (packed, form_bytes) = (size(message_bytes(form_bytes)), size(form_bytes));
    let presets = Limits::default();
    Limits { message_bytes: packed, decoded_bytes: presets.decoded_bytes.max(packed), form_bytes, ..presets }
}

fn settings(policy: &EmailPolicy) -> Settings {
    let hosts: Vec<String> = policy.own_servers.iter().map(|it| it.to_ascii_lowercase()).collect();
    let own = |authserv_id: &String| OwnResults { authserv_id: authserv_id.clone(), at: policy.own_results_at };
    Settings {
        alignment: policy.alignment,
        spf: if policy.accept_spf { Spf::Enough } else { Spf::NotEnough },
        boundary: (policy.own_hops > 0).then_some(Boundary { hosts, hops: policy.own_hops }),
        results: Some(&policy.own_results).filter(|it| !it.is_empty()).map(own),
        ..Settings::default()
    }
}

/// Names a request whose sender is proved: every copy of the message has the same name.
fn proved_identity(fingerprint: [u8; 32]) -> FileDigest {
    FileDigest::of(&[b"countersign: proved message\n".as_slice(), &fingerprint].concat())
}

fn why(not_proved: &NotProved) -> String {
    let domains: Vec<&str> = not_proved.attempts.iter().filter_map(|it| it.domain.as_deref()).collect();
    let signed = if domains.is_empty() { String::new() } else { format!("; signed by {}", domains.join(", ")) };
    format!("{}: {}{signed}", not_proved.reason.word(), not_proved.reason.sentence())
}

/// What the words of a message ask for. Its sender is asked for only where they may ask for something.
fn words(message: &Message<'_>, sender: &dyn Fn(&Message<'_>) -> Sender, now: Timestamp) -> Words {
    let needs_look = message.findings.iter().any(|it| it.kind.needs_a_look());
    let context = Context {
        subject: message.subject.clone().unwrap_or_default(),
        has_form: !message.forms.is_empty() || needs_look,
    };
    let asked = match approval::read(&body(message), &context) {
        Approval::NotAsked => return not_asked(message, kind(message)),
        Approval::Asks(request) => Asked::Sure(request),
        // Programs quote what people asked for, and lists repeat it.
        Approval::Unclear { .. } if !message.markers.is_empty() => return Words::Nothing(kind(message)),
        // "The form is attached": the form says what is asked for.
        Approval::Unclear { understood, .. } if !message.forms.is_empty() && !asks_beside_form(&understood) => {
            return not_asked(message, "a message around a form");
        }
        Approval::Unclear { understood, doubts } => Asked::Perhaps(understood, doubts),
    };
    let sender = sender(message);
    if !sender.is_checked && matches!(asked, Asked::Sure(_)) {
        return Words::NotNow(Refusal::new(vec![Reason::of_form(ReasonCode::SenderNotChecked)]));
    }
    Words::Asking(Box::new(written(message, asked, sender, now)))
}

/// What a message asks for in words.
enum Asked {
    /// Beyond doubt.
    Sure(ApprovalRequest),
    /// With doubts.
    Perhaps(Understood, Vec<Doubt>),
}

/// Whether the words beside a form ask for something of their own.
fn asks_beside_form(understood: &Understood) -> bool {
    understood.has_security_pin || !understood.users.is_empty()
}

/// A message whose words ask for nothing. What it brings and nobody read may ask: beside a form only what may hide another one.
fn not_asked(message: &Message<'_>, what: &'static str) -> Words {
    let may_ask = |it: &&Finding| match message.forms.is_empty() {
        true => it.kind.needs_a_look(),
        false => it.kind.may_hide_a_form(),
    };
    let unread: Vec<String> = message.findings.iter().filter(may_ask).map(ToString::to_string).collect();
    if !message.markers.is_empty() || unread.is_empty() {
        return Words::Nothing(what);
    }
    let not_read = Reason::of_form(ReasonCode::MessageNotRead).because(unread.join(", "));
    Words::NotRead(Refusal::new(vec![not_read]))
}

/// What kind of message it is that asks for nothing.
fn kind(message: &Message<'_>) -> &'static str {
    match message.markers.first() {
        None => "a message that asks for nothing that can be decided here",
        Some(Marker::AutoReplied | Marker::OutOfOffice) => "an automatic answer",
        Some(Marker::AutoGenerated | Marker::NoReturnPath) => "a message that a program sent",
        Some(Marker::Bulk | Marker::List) => "a message to many",
        Some(Marker::DeliveryReport | Marker::Receipt) => "a report of delivery or reading",
    }
}

/// The texts of a message as one body: those of one kind one after the other, as programs show them.
fn body(message: &Message<'_>) -> Body {
    let all = |kind: TextKind| {
        let texts: Vec<&str> =
            message.texts.iter().filter(|it| it.kind == kind).map(|it| it.content.as_str()).collect();
        (!texts.is_empty()).then(|| zeroize::Zeroizing::new(texts.join("\n")))
    };
    let field = |text: Option<zeroize::Zeroizing<String>>| text.map(|it| it.as_str().into());
    Body { text: field(all(TextKind::Plain)), html: field(all(TextKind::Html)) }
}

fn written(message: &Message<'_>, asked: Asked, sender: Sender, now: Timestamp) -> WrittenRequest {
    let author = message.from.as_ref().ok();
    let email = EmailClaim { sender: author.map(|it| it.email.clone()), proof: sender.proof, written_at: message.date };
    let proved = email.proved_sender().cloned();
    let on = jiff::tz::Offset::UTC.to_datetime(message.date.unwrap_or(now)).date();
    let unclear = |why: &str| Reason::of_form(ReasonCode::RequestUnclear).because(why);
    let mut findings = Vec::new();
    if author.is_some_and(|it| it.shows_another_address()) {
        findings.push(unclear("the sender's name shows another address than the sender's"));
    }
    if !message.markers.is_empty() {
        findings.push(unclear(kind(message)));
    }
    let (validated, has_pin) = match asked {
        Asked::Sure(ApprovalRequest { account, approver, security_pin, users }) => {
            findings.push(Reason::of_form(ReasonCode::RequestInWords));
            let request = Unformed {
                channel: Channel::Email,
                account,
                signer: approver,
                email: None,
                phone: None,
                sender: proved,
                on,
                pin: security_pin,
                additions: users,
                removals: Vec::new(),
            };
            (request.validated(), true)
        }
        Asked::Perhaps(understood, doubts) => {
            let shown: Vec<String> = doubts.iter().map(shown).collect();
            findings.push(unclear(&shown.join(", ")));
            let claim = Claim {
                account: understood.account,
                signer: understood.approver,
                signed_on: Some(on),
                sender: proved,
                ..Claim::default()
            };
            let defects = doubts.iter().filter_map(missing).collect();
            (Validated::Incomplete(Incomplete { claim, defects }), understood.has_security_pin)
        }
    };
    WrittenRequest { identity: sender.identity, validated, has_pin, findings, email }
}

fn shown(doubt: &Doubt) -> String {
    let about = doubt.about.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
    format!("{}{about}", doubt.kind.word())
}

/// What the customer has to add, where that is what is wrong.
fn missing(doubt: &Doubt) -> Option<Reason> {
    let reason = match doubt.kind {
        DoubtKind::AccountMissing => Reason::of_field(ReasonCode::FieldMissing, "account.number"),
        DoubtKind::ApproverMissing => Reason::of_field(ReasonCode::FieldMissing, "signer"),
        DoubtKind::SecurityPinMissing => Reason::of_field(ReasonCode::PinMissing, "signer.security_pin"),
        DoubtKind::UserMissing => Reason::of_form(ReasonCode::NothingRequested),
        DoubtKind::UserPinMissing => Reason::of_form(ReasonCode::NewPinMissing),
        _ => return None,
    };
    Some(reason)
}
