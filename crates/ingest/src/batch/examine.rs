//! One file as far as it can be judged alone: read, recognised, parsed. Pure but for reading the file.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use countersign_core::decision::{FormFacts, Refusal, Validated};
use countersign_core::email::EmailClaim;
use countersign_core::field_text::FieldText;
use countersign_core::instance::InstanceId;
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::store::IssuedBlank;
use countersign_core::submission::{Channel, FileDigest, FormClaim, InMessage, RequestDigest, SignerRole};
use countersign_core::template::{BlankLook, FormTemplate, Standing, TemplateId};
use countersign_core::vault::VaultKey;
use jiff::Timestamp;

use super::RunSettings;
use super::intake::{Entry, out_of_size, shown_name};
use super::message;
use crate::bundle::{Bundle, BundleKind, Enclosed};
use crate::outcome::{Asker, PinCheck};
use crate::reading::{FieldReading, Finding, Provenance, ReadState, Reading, ReadingMethod};
use crate::validate::{form_claim, validate};

/// The forms that a run takes, with what their untouched blanks look like.
#[derive(Default)]
pub struct Templates {
    templates: BTreeMap<TemplateId, FormTemplate>,
    looks: Vec<BlankLook>,
}

impl Templates {
    /// Adds a version of a form.
    pub fn add(&mut self, template: FormTemplate, look: BlankLook) {
        assert_eq!(template.id, look.template, "a look belongs to its template");
        self.templates.insert(template.id.clone(), template);
        self.looks.push(look);
    }

    /// The version of a form with this id.
    pub fn get(&self, id: &TemplateId) -> Option<&FormTemplate> {
        self.templates.get(id)
    }

    /// What the untouched blanks look like.
    pub fn looks(&self) -> &[BlankLook] {
        &self.looks
    }
}

/// One file of a run, judged alone.
pub(super) struct Examined {
    /// Its place in the list of files of the run, from 0.
    pub(super) place: usize,
    pub(super) source_file: String,
    pub(super) file: Option<FileDigest>,
    /// How it came.
    pub(super) channel: Channel,
    pub(super) received_at: Option<Timestamp>,
    /// When the message came that it came in, as that one's lines say.
    pub(super) message_received_at: Option<Timestamp>,
    pub(super) message: Option<InMessage>,
    /// Whether the message's sender is proved, where it matters.
    pub(super) sender: Option<&'static str>,
    pub(super) method: Option<ReadingMethod>,
    pub(super) provenance: BTreeMap<String, Provenance>,
    pub(super) verdict: Judged,
}

/// How far a file got alone.
pub(super) enum Judged {
    /// No form at all.
    Litter(&'static str),
    /// It cannot be judged: no file to remember, so a later run looks at it again.
    Unstable(Refusal),
    /// It is refused without knowing any account.
    Refused(Refusal),
    /// Parsed.
    Parsed(Box<Parsed>),
}

/// One of our forms, or a request by another channel, parsed.
pub(super) struct Parsed {
    /// Which blank it came on; `None` on the other channels.
    pub(super) form: Option<FormClaim>,
    /// Which message it was written in; `None` on the other channels.
    pub(super) email: Option<EmailClaim>,
    pub(super) validated: Validated,
    pub(super) findings: Vec<Reason>,
    pub(super) request: Option<RequestDigest>,
    pub(super) asker: Asker,
    pub(super) pin_check: PinCheck,
}

/// Reads and parses what came in as one file: one item, or as many as a message brings; never none.
pub(super) fn examine(place: usize, entry: &Entry, settings: &RunSettings<'_>) -> Vec<Examined> {
    match entry.packing() {
        Some(packing) => message::examine(place, entry, packing, settings),
        None => examine_file(place, entry, settings),
    }
}

fn examine_file(place: usize, entry: &Entry, settings: &RunSettings<'_>) -> Vec<Examined> {
    let unread = Examined::unread(place, entry.shown_name());
    if let Some(why) = entry.litter() {
        return vec![Examined { verdict: Judged::Litter(why), ..unread }];
    }
    match entry.read(settings.policy.limits.file_bytes) {
        Ok(intake) => read_form(Examined { received_at: intake.received_at, ..unread }, &intake.bytes, settings),
        Err(refusal) => vec![Examined { verdict: Judged::Unstable(refusal), ..unread }],
    }
}

/// Reads and parses the bytes of what may be a form: one item, or behind it those of the forms in it; never none.
pub(super) fn read_form(examined: Examined, bytes: &[u8], settings: &RunSettings<'_>) -> Vec<Examined> {
    let (outer, bundle) = read_file(examined, (bytes, &[]), settings);
    let Some(bundle) = bundle else { return vec![outer] };
    let came_in = InMessage { digest: FileDigest::of(bytes), message_id: None, is_answerable: true };
    let message = Some(outer.message.clone().unwrap_or(came_in));
    unpack(Examined { message, ..outer }, bundle, settings)
}

/// The items of a file that holds several: itself, and behind it each of them.
fn unpack(outer: Examined, bundle: Bundle, settings: &RunSettings<'_>) -> Vec<Examined> {
    let kind = bundle.kind;
    let read = |it: Enclosed| {
        let name = shown_name(it.name.replace(['/', '\\'], "_").as_bytes());
        let item = Examined {
            source_file: format!("{}/{name}", outer.source_file),
            message: outer.message.clone(),
            ..outer.clone_head()
        };
        match read_file(item, (&it.bytes, &it.findings), settings) {
            (item, Some(inner)) if opens(kind, &inner) => unpack(item, inner, settings),
            (item, _) => vec![item],
        }
    };
    let items: Vec<Examined> = bundle.files.into_iter().flat_map(read).collect();
    let outer = Examined { verdict: Judged::Litter(kind.what_it_is()), ..outer };
    std::iter::once(outer).chain(items).collect()
}

/// Whether what was found in a file of this kind is taken apart too. A portfolio in a portfolio is no form.
fn opens(outer: BundleKind, inner: &Bundle) -> bool {
    (outer, inner.kind) == (BundleKind::Portfolio, BundleKind::Merged)
}

/// The file with this digest: the bytes themselves, or one of the files in them.
pub(super) fn find_file(bytes: &[u8], file: FileDigest, settings: &RunSettings<'_>) -> Option<Enclosed> {
    let itself = Enclosed { name: String::new(), bytes: bytes.to_vec(), findings: Vec::new() };
    if FileDigest::of(bytes) == file {
        return Some(itself);
    }
    let mut open: Vec<(Enclosed, Option<BundleKind>)> = vec![(itself, None)];
    while let Some((it, outer)) = open.pop() {
        let bundle = settings.reader.read(&it.bytes).bundle;
        let Some(bundle) = bundle.filter(|inner| outer.is_none_or(|outer| opens(outer, inner))) else { continue };
        for it in bundle.files {
            if FileDigest::of(&it.bytes) == file {
                return Some(it);
            }
            open.push((it, Some(bundle.kind)));
        }
    }
    None
}

/// Reads and parses one file, with what was odd about where it was.
fn read_file(
    mut examined: Examined,
    (bytes, odd): (&[u8], &[Finding]),
    settings: &RunSettings<'_>,
) -> (Examined, Option<Bundle>) {
    if let Some(refusal) = out_of_size(bytes, settings.policy.limits.file_bytes) {
        return (Examined { verdict: Judged::Unstable(refusal), ..examined }, None);
    }
    examined.file = Some(FileDigest::of(bytes));
    // A panic is a bug of ours; it costs this file a look by a person, never the run.
    let judged = catch_unwind(AssertUnwindSafe(|| {
        let mut reading = settings.reader.read(bytes);
        reading.findings.extend_from_slice(odd);
        let verdict = judge(&reading, settings.templates, settings.key);
        (reading, verdict)
    }));
    match judged {
        Ok((mut reading, verdict)) => {
            let bundle = reading.bundle.take();
            (examined.with(&reading, verdict), bundle)
        }
        Err(_) => (examined, None),
    }
}

impl Parsed {
    /// The instance id of the blank that it came on.
    pub(super) fn instance(&self) -> Option<&InstanceId> {
        self.form.as_ref()?.instance.as_ref()
    }

    /// What the house knows of the blank that it came on.
    pub(super) fn form_facts<'a>(
        &'a self,
        issued: Option<&'a IssuedBlank>,
        templates: &Templates,
    ) -> Option<FormFacts<'a>> {
        let claim = self.form.as_ref()?;
        let standing = templates.get(&claim.template).map_or(Standing::Retired, |it| it.standing);
        Some(FormFacts { claim, standing, issued })
    }
}

impl Examined {
    /// An item that nothing was found out about yet; as it is, a failure of the program.
    pub(super) fn unread(place: usize, source_file: String) -> Self {
        Self {
            place,
            source_file,
            file: None,
            channel: Channel::Form,
            received_at: None,
            message_received_at: None,
            message: None,
            sender: None,
            method: None,
            provenance: BTreeMap::new(),
            verdict: Judged::Unstable(internal()),
        }
    }

    /// Another item that came in the same file.
    fn clone_head(&self) -> Self {
        Self {
            received_at: self.received_at,
            message_received_at: self.message_received_at,
            ..Self::unread(self.place, String::new())
        }
    }

    /// A file that was read, as it stands in front of a person.
    pub(super) fn of_reading(name: &str, file: FileDigest, reading: &Reading, settings: &RunSettings<'_>) -> Self {
        let examined = Self { file: Some(file), ..Self::unread(0, name.to_owned()) };
        examined.with(reading, judge(reading, settings.templates, settings.key))
    }

    fn with(self, reading: &Reading, verdict: Judged) -> Self {
        let provenance = reading.fields.iter().map(|(name, it)| (name.clone(), it.from)).collect();
        Self { method: reading.method, provenance, verdict, ..self }
    }
}

fn internal() -> Refusal {
    Refusal::new(vec![Reason::of_form(ReasonCode::Internal)])
}

fn judge(reading: &Reading, templates: &Templates, key: &VaultKey) -> Judged {
    let findings: Vec<Reason> = reading.findings.iter().map(to_reason).collect();
    let template = reading.template.as_ref().and_then(|it| templates.get(it));
    let Some(template) = template.filter(|_| reading.state == ReadState::Read) else {
        return Judged::Refused(not_a_form(reading, findings));
    };
    let claim = form_claim(&reading.fields, template);
    let mut validated = validate(&reading.fields, template);
    // Whoever wrote over the boxes instead of into them has not sent an empty form, and what was read from a page is not what
    // the customer must mend: a person looks.
    let is_read_from_fields = reading.method == Some(ReadingMethod::Acroform);
    let may_be_filled = reading.has(ReasonCode::FormTextAltered) || reading.has(ReasonCode::FormAnnotated);
    if let Validated::Incomplete(it) = &mut validated {
        let needs_look = |it: &Reason| !is_read_from_fields || may_be_filled && it.code == ReasonCode::FormBlank;
        let look_at_it = |it: Reason| if needs_look(&it) { it.for_a_look() } else { it };
        it.defects = std::mem::take(&mut it.defects).into_iter().map(look_at_it).collect();
    }
    let request = validated.submission().map(|it| it.request_digest(key));
    let asker = asker(&validated, &reading.fields);
    let pin_check = if text(&reading.fields, "signer.security_pin").is_some_and(|it| !it.is_blank()) {
        PinCheck::NotChecked
    } else {
        PinCheck::Missing
    };
    Judged::Parsed(Box::new(Parsed { form: Some(claim), email: None, validated, findings, request, asker, pin_check }))
}

/// What says that a file without fields is a form all the same.
const FORMS_WITHOUT_FIELDS: [ReasonCode; 2] = [ReasonCode::FormFieldsAltered, ReasonCode::FormImageOnly];

/// Never is a file that could not be read reported as a form with empty fields.
fn not_a_form(reading: &Reading, mut findings: Vec<Reason>) -> Refusal {
    let says_why = match reading.state {
        ReadState::Unreadable => !findings.is_empty(),
        ReadState::Read => FORMS_WITHOUT_FIELDS.into_iter().any(|it| reading.has(it)),
    };
    if !says_why {
        let code = match reading.state {
            ReadState::Unreadable => ReasonCode::PdfCorrupt,
            // What is left of a damaged file does not tell whose form it was.
            ReadState::Read if reading.has(ReasonCode::PdfAmbiguous) => ReasonCode::PdfCorrupt,
            ReadState::Read => ReasonCode::FormNotRecognised,
        };
        findings.push(Reason::of_form(code));
    }
    Refusal::new(findings)
}

fn to_reason(finding: &Finding) -> Reason {
    let reason = Reason::of_form(finding.code);
    Reason { field: finding.field.clone(), detail: finding.detail.clone(), ..reason }
}

fn text<'a>(fields: &'a BTreeMap<String, FieldReading>, name: &str) -> Option<&'a FieldText> {
    fields.get(name).map(|it| &it.value)
}

fn asker(validated: &Validated, fields: &BTreeMap<String, FieldReading>) -> Asker {
    let claim = validated.claim();
    let raw = |name: &str| text(fields, name).map_or("", FieldText::as_str).trim();
    let written = format!("{} {}", raw("signer.first_name"), raw("signer.last_name"));
    // What is no name may be a PIN in the wrong box.
    let written = if written.chars().any(|it| it.is_ascii_digit()) { "" } else { written.trim() };
    let signer = claim.signer.as_ref().map_or_else(|| written.to_owned(), ToString::to_string);
    let signer_role = match claim.role {
        Some(SignerRole::Owner) => "owner",
        Some(SignerRole::AuthorizedUser) => "authorized_user",
        None => "",
    };
    Asker {
        account: claim.account.clone(),
        account_name: String::new(),
        signer,
        signer_role,
        signed_on: claim.signed_on,
    }
}
