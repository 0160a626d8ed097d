//! Emails that approve: without a form, the body asks to add Authorized Users and holds the account number, the approver's
//! name, the account's Security PIN, and each new user's name and PIN.
//!
//! [`read`] is a function from a body to an answer. It never accepts a number unless it is certain which PIN it is: what is not
//! certain is a [`Doubt`], and a message with a doubt is never [`Approval::Asks`]. Who sent the message is not its concern.
//! The steps, each in a file: visible lines (`body.rs`, `html/`), what the sender wrote now (`quoting.rs`), tokens, statements
//! (`statements.rs`), what is asked and what speaks against it (`intent.rs`), values (`reader/`, `table.rs`), the signature, and
//! one answer of all candidates (`draft.rs`).

mod body;
mod characters;
mod doubt;
mod draft;
mod html;
mod intent;
mod names;
mod quoting;
mod reader;
mod shown;
mod signature;
mod statements;
mod table;
mod tokens;
mod values;
mod verdict;
mod vocabulary;

use std::fmt;

use countersign_core::account::AccountNumber;
use countersign_core::person::PersonName;
use countersign_core::pin::Pin;
use countersign_core::submission::NewPerson;

pub use self::body::Body;
pub use self::doubt::{Doubt, DoubtKind};
pub use self::shown::masked;

/// What is known of a message beside its body.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The subject, decoded; may be empty. It may ask, hold the account number, or take something back.
    pub subject: String,
    /// Whether one of our forms, or something that may be one, came along.
    pub has_form: bool,
}

/// What a message asks for.
pub enum Approval {
    /// It does not ask to add anybody.
    NotAsked,
    /// It asks, everything was made out, and all of it is sure.
    Asks(ApprovalRequest),
    /// It asks, or may ask, and something is missing or not sure.
    Unclear {
        /// What could be made out.
        understood: Understood,
        /// What is missing or not sure; never empty, sorted, each once.
        doubts: Vec<Doubt>,
    },
}

/// A request to add people, sure in every part.
pub struct ApprovalRequest {
    /// The account's number.
    pub account: AccountNumber,
    /// Who approves.
    pub approver: PersonName,
    /// The account's Security PIN, as the approver wrote it.
    pub security_pin: Pin,
    /// Whom to add; never empty, in the order of the message.
    pub users: Vec<NewPerson>,
}

/// What of an unclear message was made out, for the person who looks at it. Holds no PIN.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Understood {
    /// The account's number.
    pub account: Option<AccountNumber>,
    /// Who approves.
    pub approver: Option<PersonName>,
    /// Whether a Security PIN was made out.
    pub has_security_pin: bool,
    /// Whom to add, and has a PIN of their own.
    pub users: Vec<PersonName>,
}

impl fmt::Debug for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("NotAsked"),
            Self::Asks(request) => request.fmt(f),
            Self::Unclear { doubts, .. } => {
                let words: Vec<&str> = doubts.iter().map(|it| it.kind.word()).collect();
                write!(f, "Unclear({})", words.join(", "))
            }
        }
    }
}

impl fmt::Debug for ApprovalRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Asks({} users for {})", self.users.len(), self.account)
    }
}

/// Reads what a message asks for. The same body and context always give the same answer.
pub fn read(body: &Body, context: &Context) -> Approval {
    verdict::read(body, context, &vocabulary::ENGLISH)
}
