//! A reading parsed into typed values: who asks, for which account, for whom, signed how and when. Still unproved.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::account::AccountNumber;
use crate::instance::InstanceId;
use crate::person::{Email, PersonName, Phone};
use crate::pin::Pin;
use crate::reason::Reason;
use crate::set_up_code::SetUpCode;
use crate::template::TemplateId;
use crate::vault::{Purpose, VaultKey, from_hex, to_hex};

/// How a submission came: the four options of the help page.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A filled form.
    Form,
    /// An email from the primary billing address.
    Email,
    /// A call to support.
    Phone,
    /// The switch in the admin page.
    Console,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 4] = [Self::Form, Self::Email, Self::Phone, Self::Console];

    /// The word for it in reports: `form`, `email`, `phone`, `console`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Console => "console",
        }
    }

    /// The channel with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// SHA-256 of a returned form's bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FileDigest([u8; 32]);

impl FileDigest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// 64 hexadecimal digits.
    pub fn to_hex(self) -> String {
        to_hex(&self.0)
    }

    /// Reads a digest back; `None` when the text is none.
    pub fn from_hex(text: &str) -> Option<Self> {
        from_hex(text)?.try_into().ok().map(Self)
    }
}

/// Names a submission in every report, for good: `S-` and 20 hexadecimal digits of its evidence's digest.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct SubmissionId(String);

impl SubmissionId {
    /// The id of a returned form: the same bytes always have the same id.
    pub fn of_file(file: FileDigest) -> Self {
        Self(format!("S-{}", &file.to_hex()[..20]))
    }

    /// The id of a call to support, from fresh randomness: `C-` and 20 hexadecimal digits.
    pub fn of_call(random: [u8; 10]) -> Self {
        Self(format!("C-{}", to_hex(&random)))
    }

    /// The id of an attempt to choose a PIN with a set-up code, from fresh randomness: `P-` and 20 hexadecimal digits.
    pub fn of_pin_choice(random: [u8; 10]) -> Self {
        Self(format!("P-{}", to_hex(&random)))
    }

    /// Reads an id back from the store or from a command line.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The message that a submission came in; or the PDF portfolio, where that came in none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InMessage {
    /// SHA-256 of its bytes.
    pub digest: FileDigest,
    /// The id that its program gave it, without angle brackets (RFC 5322, 3.6.4). Anybody can repeat one.
    pub message_id: Option<String>,
    /// Whether an answer may go out: no program or list sent it (RFC 3834).
    pub is_answerable: bool,
}

/// What a submission asks for, as a keyed digest: finds the same request in another file without keeping its values.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestDigest(String);

impl RequestDigest {
    /// Reads a digest back from the store.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The digest as 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which blank a returned form says it is; nothing of it is believed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FormClaim {
    /// The template and its version.
    pub template: TemplateId,
    /// The instance id; `None` when it is missing or is none.
    pub instance: Option<InstanceId>,
    /// The last day as the file carries it, for comparison with what was issued; `None` when it is missing or is none.
    pub expires: Option<Date>,
}

/// Which of the two roles the signer says they have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignerRole {
    /// The Account Owner.
    Owner,
    /// An Authorized User.
    AuthorizedUser,
}

/// Who says they ask, for which account: every part that could be read, also when others could not.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Claim {
    /// The account's number.
    pub account: Option<AccountNumber>,
    /// The account's name as written.
    pub account_name: Option<String>,
    /// The billing email as written.
    pub billing_email: Option<Email>,
    /// The signer's name.
    pub signer: Option<PersonName>,
    /// The signer's address.
    pub email: Option<Email>,
    /// The signer's number.
    pub phone: Option<Phone>,
    /// The role they ticked.
    pub role: Option<SignerRole>,
    /// The date they signed.
    pub signed_on: Option<Date>,
    /// The address that the request was written from; only where that is proved.
    pub sender: Option<Email>,
}

/// A submission all of whose fields hold what they must.
pub struct Submission {
    /// How it came.
    pub channel: Channel,
    /// The account's number.
    pub account: AccountNumber,
    /// Who asks. Its `account`, `signer` and `signed_on` are there.
    pub claim: Claim,
    /// The signer's name.
    pub signer: PersonName,
    /// The date they signed.
    pub signed_on: Date,
    /// What is asked for; never empty.
    pub requests: Vec<Request>,
    /// The account's Security PIN, as they wrote it.
    pub pin: Pin,
    /// What does not make it wrong but wants a person's look.
    pub doubts: Vec<Reason>,
}

/// A submission some of whose fields are wrong: what of it can still be checked, and all its defects.
#[derive(Debug)]
pub struct Incomplete {
    /// Who asks, as far as it can be read.
    pub claim: Claim,
    /// Every defect; never empty.
    pub defects: Vec<Reason>,
}

/// What a submission asks for.
pub enum Request {
    /// Make this person an Authorized User.
    Add {
        /// First part of the names of the fields it was read from: `add.2`.
        field: String,
        /// Who.
        person: NewPerson,
    },
    /// Take an Authorized User's privileges.
    Remove {
        /// First part of the names of the fields it was read from: `remove.1`.
        field: String,
        /// Their name.
        name: PersonName,
        /// Their address, where it was given.
        email: Option<Email>,
    },
}

impl Request {
    /// First part of the names of the fields it was read from.
    pub fn field(&self) -> &str {
        match self {
            Self::Add { field, .. } | Self::Remove { field, .. } => field,
        }
    }

    /// Whom it concerns.
    pub fn name(&self) -> &PersonName {
        match self {
            Self::Add { person, .. } => &person.name,
            Self::Remove { name, .. } => name,
        }
    }
}

/// Someone who is to become an Authorized User.
pub struct NewPerson {
    /// Their name.
    pub name: PersonName,
    /// Their address.
    pub email: Option<Email>,
    /// Their number.
    pub phone: Option<Phone>,
    /// What they do at the customer's; or empty.
    pub job: String,
    /// How they come by the PIN that they will give on the phone.
    pub pin: FirstPin,
}

/// How a new Authorized User comes by their PIN for phone calls.
pub enum FirstPin {
    /// Whoever asks has chosen it.
    Chosen(Pin),
    /// They choose it themselves, with this code; only at the console, where it can be handed over. See
    /// [`decide`](crate::decision::decide), which takes it from no other channel.
    BySetUpCode(SetUpCode),
}

impl FirstPin {
    /// The PIN, where it is chosen already.
    pub fn chosen(&self) -> Option<&Pin> {
        match self {
            Self::Chosen(pin) => Some(pin),
            Self::BySetUpCode(_) => None,
        }
    }
}

impl Submission {
    /// What it asks for, as a keyed digest: account, signer, date, and who is to be added or removed. PINs do not
    /// count, so a copy with another guess is still the same request.
    pub fn request_digest(&self, key: &VaultKey) -> RequestDigest {
        let of_request = |request: &Request| match request {
            Request::Add { person, .. } => {
                let email = person.email.as_ref().map_or("", Email::as_str);
                format!("add\n{}\n{}\n{email}", person.name.first(), person.name.last())
            }
            Request::Remove { name, email, .. } => {
                let email = email.as_ref().map_or("", Email::as_str);
                format!("remove\n{}\n{}\n{email}", name.first(), name.last())
            }
        };
        let mut lines: Vec<String> = self.requests.iter().map(of_request).collect();
        lines.sort();
        lines.push(format!("{}\n{}\n{}", self.account, self.signer, self.signed_on));
        let parts: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        RequestDigest(to_hex(&key.authenticate(Purpose::RequestDigest, &parts)))
    }
}
