//! The provider's rules that are no rules of the form: how many wrong PINs, how old a signature, who may ask for
//! what. One TOML file; what it does not say has the value given here.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::reason::{Reason, ReasonCode, Severity};
use crate::store::Allowance;
use crate::submission::SignerRole;
use crate::vault::to_hex;

/// The provider's rules.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// A name for this version of the rules, for people; reports carry it beside the digest.
    pub version: String,
    /// About PINs.
    pub pins: PinPolicy,
    /// About signatures.
    pub signature: SignaturePolicy,
    /// About forms.
    pub forms: FormPolicy,
    /// About requests that are written in emails.
    pub emails: EmailPolicy,
    /// Who may ask for what.
    pub authority: AuthorityPolicy,
    /// What may be read of a file.
    pub limits: LimitPolicy,
    /// What becomes of a form for a reason, where that shall differ from the registry: `hold` or `reject`.
    pub severity: BTreeMap<ReasonCode, Severity>,
}

/// About PINs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PinPolicy {
    /// Wrong Security PINs of an account before it takes no more, 1 to 100 (NIST SP 800-63B, 3.2.2, allows no more than 100
    /// on a single account).
    pub attempts: u32,
    /// Whether each channel of an account has so many, or all of them together.
    pub budget: PinBudget,
    /// Accounts with a wrong PIN in one run from which on the summary raises an alarm, 2 to 1,000,000: one guess at each of many
    /// accounts locks none of them.
    pub spraying_accounts: u64,
    /// Of all PINs that were looked at in the run, how many in a hundred must have been wrong for that alarm, 1 to 100.
    pub spraying_percent: u64,
    /// How long a set-up code is good, in hours, 1 to 720.
    pub set_up_code_hours: u32,
}

/// From what the attempts of an account are taken.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinBudget {
    /// Each channel has a budget of its own: guesses by form do not silence the phone, and whoever uses all four channels has
    /// four times as many.
    #[default]
    EachChannel,
    /// All channels draw on one budget: no more guesses than that, however they come; who uses it up locks every channel.
    Shared,
}

/// About signatures.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignaturePolicy {
    /// Oldest signature taken, in days, 1 to 3660.
    pub max_age_days: u32,
}

/// About forms.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormPolicy {
    /// Whether generic blanks (a public download) are taken.
    pub accept_generic: bool,
    /// Whether forms that were typed or drawn over, each box with one value, are taken like those that were filled in.
    pub accept_annotated: bool,
    /// Whether flattened and printed forms are taken, when two readers find the same values on their pages.
    pub accept_flattened: bool,
}

/// About requests that are written in emails.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmailPolicy {
    /// Whether a request that was read from the words of an email is carried out without a person's look.
    pub accept_unattended: bool,
    /// Oldest message taken, in days, 1 to 365.
    pub max_age_days: u32,
    /// How long an address must have been the account's billing email before it may ask for changes, in days, 0 to 3660.
    pub billing_address_days: u32,
    /// Which domains speak for the one in From.
    pub alignment: Alignment,
    /// Names of the own mail servers, as they stand behind `by` in the `Received` lines that they write.
    pub own_servers: Vec<String>,
    /// How many such lines they write on each message, 0 to 20; 0 where nothing is known of them.
    pub own_hops: usize,
    /// The name under which the own server notes what it found out about senders (`authserv-id`, RFC 8601); empty: its notes are
    /// not read.
    pub own_results: String,
    /// Where it notes them.
    pub own_results_at: ResultsAt,
    /// Whether SPF alone, noted by the own server, proves a sender.
    pub accept_spf: bool,
}

/// Which signing domains speak for the domain in From.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alignment {
    /// The same one.
    Strict,
    /// The same one, or one above it: `acme.example` speaks for `mail.acme.example`.
    ///
    /// Narrower than DMARC's relaxed alignment (RFC 7489, 3.1), in which siblings and domains below count, too: that takes a list of
    /// the domains under which strangers register names, and a name under a domain that such a list lacks would speak for all of it.
    Relaxed,
}

impl Alignment {
    /// Whether `signer` speaks for `author`. Both are in lower case.
    pub fn holds(self, signer: &str, author: &str) -> bool {
        let is_above = || author.strip_suffix(signer).is_some_and(|it| it.ends_with('.'));
        signer == author || (self == Self::Relaxed && signer.contains('.') && is_above())
    }
}

/// Where the own mail server notes its results.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultsAt {
    /// Above its own `Received` line. Nothing that came from outside can be there.
    AboveReceived,
    /// Directly below its own `Received` line, as milters at Postfix do, where the first line of what came from outside would
    /// stand, too. Believed only if the message has no other results of that name; the server must remove those that come from
    /// outside (RFC 8601, 5), and must not take messages while its checker is away.
    BelowReceived,
}

/// Who may ask for what.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthorityPolicy {
    /// What the Account Owner may ask for.
    pub owner: Vec<Action>,
    /// What an Authorized User may ask for.
    pub authorized_user: Vec<Action>,
    /// Most Authorized Users an account may have, the owner not counted, 1 to 10,000.
    pub max_authorized_users: u32,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make someone an Authorized User.
    Add,
    /// Take an Authorized User's privileges.
    Remove,
}

/// What may be read of a returned file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitPolicy {
    /// Largest file, in bytes, 1 KiB to 1 GiB.
    pub file_bytes: u64,
    /// Most objects in a PDF, 100 to 1,000,000.
    pub objects: usize,
    /// Most bytes that all object streams of a PDF may inflate to, 1 MiB to 1 GiB.
    pub inflated_bytes: usize,
    /// Most bytes that one stream may inflate to, 64 KiB to 1 GiB.
    pub stream_bytes: usize,
    /// Deepest nesting, 8 to 200.
    pub depth: usize,
    /// Most fields, 10 to 100,000.
    pub fields: usize,
    /// Most pages, 1 to 10,000.
    pub pages: usize,
    /// Most memory of the process that reads a PDF, in bytes, 128 MiB to 64 GiB.
    pub memory_bytes: u64,
    /// Most seconds of computing for one PDF, 1 to 600. The kernel counts whole seconds: it ends up to one later.
    pub cpu_seconds: u64,
    /// Most seconds by the clock for one PDF, 1 to 3600.
    pub wall_seconds: u64,
    /// PDFs after which a reading process is replaced, 1 to 1,000,000.
    pub files_per_reader: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "preset".to_owned(),
            pins: PinPolicy::default(),
            signature: SignaturePolicy::default(),
            forms: FormPolicy::default(),
            emails: EmailPolicy::default(),
            authority: AuthorityPolicy::default(),
            limits: LimitPolicy::default(),
            severity: BTreeMap::new(),
        }
    }
}

impl Default for PinPolicy {
    fn default() -> Self {
        let (attempts, budget) = (5, PinBudget::EachChannel);
        Self { attempts, budget, spraying_accounts: 10, spraying_percent: 10, set_up_code_hours: 72 }
    }
}

impl PinPolicy {
    /// How many attempts an account has, and from what they are taken.
    pub fn allowance(&self) -> Allowance {
        Allowance { attempts: self.attempts, budget: self.budget }
    }

    /// When a set-up code ends that is issued now.
    pub fn set_up_code_end(&self, now: Timestamp) -> Timestamp {
        let hours = SignedDuration::from_hours(i64::from(self.set_up_code_hours));
        now.saturating_add(hours).expect("hours can be added to every moment")
    }
}

impl Default for SignaturePolicy {
    fn default() -> Self {
        Self { max_age_days: 60 }
    }
}

impl Default for FormPolicy {
    fn default() -> Self {
        Self { accept_generic: true, accept_annotated: false, accept_flattened: false }
    }
}

impl Default for EmailPolicy {
    fn default() -> Self {
        Self {
            accept_unattended: false,
            max_age_days: 7,
            billing_address_days: 30,
            alignment: Alignment::Strict,
            own_servers: Vec::new(),
            own_hops: 0,
            own_results: String::new(),
            own_results_at: ResultsAt::AboveReceived,
            accept_spf: false,
        }
    }
}

impl Default for AuthorityPolicy {
    fn default() -> Self {
        let all = vec![Action::Add, Action::Remove];
        Self { owner: all.clone(), authorized_user: all, max_authorized_users: 50 }
    }
}

impl Default for LimitPolicy {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            objects: 20_000,
            inflated_bytes: 16 << 20,
            stream_bytes: 4 << 20,
            depth: 32,
            fields: 500,
            pages: 20,
            memory_bytes: 512 << 20,
            cpu_seconds: 2,
            wall_seconds: 20,
            files_per_reader: 1_000,
        }
    }
}

/// Why a text is no policy.
#[derive(Debug, thiserror::Error)]
pub enum BadPolicy {
    /// It is no TOML, or holds something that a policy does not have.
    #[error("the policy cannot be read")]
    Toml(#[source] toml::de::Error),
    /// A number is out of its range.
    #[error("`{key}` must be {range}")]
    Range {
        /// The key with its table: `pins.attempts`.
        key: &'static str,
        /// The range in words.
        range: &'static str,
    },
}

impl Policy {
    /// Reads a policy and checks every range.
    pub fn parse(text: &str) -> Result<Self, BadPolicy> {
        let policy: Self = toml::from_str(text).map_err(BadPolicy::Toml)?;
        let LimitPolicy { file_bytes, objects, inflated_bytes, stream_bytes, depth, fields, pages, .. } = policy.limits;
        let LimitPolicy { memory_bytes, cpu_seconds, wall_seconds, files_per_reader, .. } = policy.limits;
        let checks = [
            ("pins.attempts", "1 to 100", (1..=100).contains(&policy.pins.attempts)),
            ("pins.spraying_accounts", "2 to 1000000", (2..=1_000_000).contains(&policy.pins.spraying_accounts)),
            ("pins.spraying_percent", "1 to 100", (1..=100).contains(&policy.pins.spraying_percent)),
            ("pins.set_up_code_hours", "1 to 720", (1..=720).contains(&policy.pins.set_up_code_hours)),
            ("signature.max_age_days", "1 to 3660", (1..=3660).contains(&policy.signature.max_age_days)),
            ("emails.max_age_days", "1 to 365", (1..=365).contains(&policy.emails.max_age_days)),
            ("emails.billing_address_days", "0 to 3660", policy.emails.billing_address_days <= 3660),
            ("emails.own_hops", "0 to 20", policy.emails.own_hops <= 20),
            (
                "emails.own_results",
                "empty while `emails.own_hops` is 0",
                policy.emails.own_results.is_empty() || policy.emails.own_hops > 0,
            ),
            (
                "authority.max_authorized_users",
                "1 to 10000",
                (1..=10_000).contains(&policy.authority.max_authorized_users),
            ),
            ("limits.file_bytes", "1024 to 1073741824", (1 << 10..=1 << 30).contains(&file_bytes)),
            ("limits.objects", "100 to 1000000", (100..=1_000_000).contains(&objects)),
            ("limits.inflated_bytes", "1048576 to 1073741824", (1 << 20..=1 << 30).contains(&inflated_bytes)),
            ("limits.stream_bytes", "65536 to 1073741824", (1 << 16..=1 << 30).contains(&stream_bytes)),
            ("limits.depth", "8 to 200", (8..=200).contains(&depth)),
            ("limits.fields", "10 to 100000", (10..=100_000).contains(&fields)),
            ("limits.pages", "1 to 10000", (1..=10_000).contains(&pages)),
            ("limits.memory_bytes", "134217728 to 68719476736", (128 << 20..=64 << 30).contains(&memory_bytes)),
            ("limits.cpu_seconds", "1 to 600", (1..=600).contains(&cpu_seconds)),
            ("limits.wall_seconds", "1 to 3600", (1..=3600).contains(&wall_seconds)),
            ("limits.files_per_reader", "1 to 1000000", (1..=1_000_000).contains(&files_per_reader)),
        ];
        match checks.into_iter().find(|(_, _, holds)| !holds) {
            Some((key, range, _)) => Err(BadPolicy::Range { key, range }),
            None => Ok(policy),
        }
    }

    /// SHA-256 of the rules as they are in force, 64 hexadecimal digits: two files that say the same have one digest.
    pub fn digest(&self) -> String {
        let canonical = serde_json::to_vec(self).expect("a policy is plain data");
        to_hex(&Sha256::digest(canonical))
    }

    /// Whether someone in this role may ask for this.
    pub fn permits(&self, role: SignerRole, action: Action) -> bool {
        match role {
            SignerRole::Owner => self.authority.owner.contains(&action),
            SignerRole::AuthorizedUser => self.authority.authorized_user.contains(&action),
        }
    }

    /// Whether what reading found is no reason against a form for this policy.
    pub fn allows(&self, code: ReasonCode) -> bool {
        match code {
            ReasonCode::FormAnnotated => self.forms.accept_annotated,
            ReasonCode::FormFlattened => self.forms.accept_flattened,
            ReasonCode::RequestInWords => self.emails.accept_unattended,
            _ => false,
        }
    }

    /// A reason with the severity that this policy gives it.
    pub fn weigh(&self, reason: Reason) -> Reason {
        match self.severity.get(&reason.code) {
            Some(severity) => Reason { severity: *severity, ..reason },
            None => reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_is_by_labels() {
        let check = |signer: &str, author: &str, strict: bool, relaxed: bool| {
            let held = (Alignment::Strict.holds(signer, author), Alignment::Relaxed.holds(signer, author));
            assert_eq!(held, (strict, relaxed), "{signer} for {author}");
        };
        check("acme.example", "acme.example", true, true);
        check("acme.example", "mail.acme.example", false, true);
        check("mail.acme.example", "acme.example", false, false);
        check("a.acme.example", "b.acme.example", false, false);
        check("acme.example", "evilacme.example", false, false);
        check("example", "acme.example", false, false);
        check("", "acme.example", false, false);
    }

    #[test]
    fn an_empty_policy_is_the_preset() {
        assert_eq!(Policy::parse("").unwrap(), Policy::default());
    }

    #[test]
    fn a_policy_says_what_it_says() {
        let text = "version = \"strict\"\n[pins]\nattempts = 3\n[authority]\nauthorized_user = [\"remove\"]\n[severity]\nFORM_TEXT_ALTERED = \"reject\"\n";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.pins.allowance(), Allowance::each_channel(3));
        let shared = Policy::parse("[pins]\nbudget = \"shared\"").unwrap();
        assert_eq!(shared.pins.allowance(), Allowance::shared(5));
        assert!(policy.permits(SignerRole::Owner, Action::Add));
        assert!(!policy.permits(SignerRole::AuthorizedUser, Action::Add));
        let altered = Reason::of_form(ReasonCode::FormTextAltered);
        assert_eq!(policy.weigh(altered).severity, Severity::Reject);
        assert_ne!(policy.digest(), Policy::default().digest());
    }

    #[test]
    fn a_wrong_policy_says_what_is_wrong() {
        let check = |text: &str, expected: &str| {
            let error = Policy::parse(text).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            assert!(format!("{error} {source}").contains(expected), "{text}: {error} {source}");
        };
        check("[pins]\nattempts = 0", "`pins.attempts` must be 1 to 100");
        check("[pins]\natempts = 3", "atempts");
        check("[pins]\nbudget = \"each\"", "each_channel");
        check("[pins]\nset_up_code_hours = 0", "`pins.set_up_code_hours` must be 1 to 720");
        check("[pins]\nset_up_code_hours = 721", "`pins.set_up_code_hours` must be 1 to 720");
        check("[severity]\nNO_SUCH = \"hold\"", "NO_SUCH");
        check("[severity]\nPIN_INVALID = \"accept\"", "accept");
        check("pins = ", "");
    }
}
