//! Rows into types. A row that does not hold what it must is [`StoreError::Damaged`], never a panic: the file may have
//! been written by anybody.

use std::str::FromStr;

use countersign_core::account::{Account, AccountNumber};
use countersign_core::audit::{AuditEvent, AuditRow};
use countersign_core::grant::Grant;
use countersign_core::instance::InstanceId;
use countersign_core::person::{Person, PersonId, PersonName, PersonStanding};
use countersign_core::pin::PinVerifier;
use countersign_core::set_up_code::OpenCode;
use countersign_core::store::{
    BlankState, FirstDecision, IssuedBlank, Resolution, ResolvedAs, RunId, RunRecord, Status, StoreError,
    SubmissionRecord,
};
use countersign_core::submission::{Channel, FileDigest, InMessage, RequestDigest, SubmissionId};
use countersign_core::template::TemplateId;
use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::{FromSql, ValueRef};

/// A row with what it takes to say where damage is: its table and the columns of its key.
pub(crate) struct Cells<'r> {
    row: &'r Row<'r>,
    table: &'static str,
    key: &'static [&'static str],
}

impl<'r> Cells<'r> {
    pub(crate) fn new(row: &'r Row<'r>, table: &'static str, key: &'static [&'static str]) -> Self {
        Self { row, table, key }
    }

    /// The value of a column of a plain type.
    pub(crate) fn get<T: FromSql>(&self, column: &'static str) -> Result<T, StoreError> {
        self.row.get(column).map_err(|_| self.damaged(column))
    }

    /// A number that counts something.
    pub(crate) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.get::<i64>(column)?).map_err(|_| self.damaged(column))
    }

    /// The value of a column that is kept as text.
    pub(crate) fn read<T>(&self, column: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        self.read_option(column, read)?.ok_or_else(|| self.damaged(column))
    }

    /// The value of a column that is kept as text, or nothing.
    pub(crate) fn read_option<T>(
        &self,
        column: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        match self.row.get_ref(column) {
            Ok(ValueRef::Null) => Ok(None),
            Ok(ValueRef::Text(text)) => {
                let value = std::str::from_utf8(text).ok().and_then(read);
                value.map(Some).ok_or_else(|| self.damaged(column))
            }
            _ => Err(self.damaged(column)),
        }
    }

    /// A moment.
    pub(crate) fn moment(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.moment_option(column)?.ok_or_else(|| self.damaged(column))
    }

    /// A moment, or nothing.
    pub(crate) fn moment_option(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = self.get(column)?;
        micros.map(Timestamp::from_microsecond).transpose().map_err(|_| self.damaged(column))
    }

    /// The error that names this row and what is wrong with it.
    pub(crate) fn damaged(&self, what: &'static str) -> StoreError {
        let part = |column: &&str| match self.row.get_ref(*column) {
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(ValueRef::Integer(number)) => number.to_string(),
            _ => "?".to_owned(),
        };
        let row = self.key.iter().map(part).collect::<Vec<_>>().join("/");
        StoreError::Damaged { table: self.table, row, what }
    }
}

/// Reads a text with the one door of its type.
fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// An account without its people.
pub(crate) fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    let cells = Cells::new(row, "accounts", &["number"]);
    Ok(Account {
        number: cells.read("number", parse)?,
        name: cells.get("name")?,
        status: cells.read("status", parse)?,
        billing_email: cells.read("billing_email", parse)?,
        billing_since: cells.moment_option("billing_since")?,
        billing_before: cells.read_option("billing_before", parse)?,
        pin: cells.read("pin", PinVerifier::from_stored)?,
        people: Vec::new(),
        revision: cells.count("revision")?,
    })
}

/// A person, and whose account they are on.
pub(crate) fn person(row: &Row<'_>) -> Result<(AccountNumber, Person), StoreError> {
    let cells = Cells::new(row, "people", &["account", "id"]);
    let (first, last): (String, String) = (cells.get("first_name")?, cells.get("last_name")?);
    let person = Person {
        id: PersonId(cells.get("id")?),
        name: PersonName::new(&first, &last).map_err(|_| cells.damaged("name"))?,
        email: cells.read_option("email", parse)?,
        phone: cells.read_option("phone", parse)?,
        standing: standing(&cells)?,
        job: cells.get("job")?,
        pin: cells.read_option("pin", PinVerifier::from_stored)?,
        code: code(&cells)?,
    };
    Ok((cells.read("account", parse)?, person))
}

fn code(cells: &Cells<'_>) -> Result<Option<OpenCode>, StoreError> {
    let Some(until) = cells.moment_option("code_until")? else { return Ok(None) };
    cells.read("code_digest", |digest| OpenCode::from_stored(digest, until)).map(Some)
}

fn standing(cells: &Cells<'_>) -> Result<PersonStanding, StoreError> {
    let since = cells.moment_option("since")?;
    let all = [PersonStanding::Owner, PersonStanding::AuthorizedUser { since }, PersonStanding::User];
    cells.read("standing", |word| all.into_iter().find(|it| it.word() == word))
}

/// A grant.
pub(crate) fn grant(row: &Row<'_>) -> Result<Grant, StoreError> {
    let cells = Cells::new(row, "grants", &["seq"]);
    let ended_by = cells.read_option("ended_by", submission_id)?;
    Ok(Grant {
        account: cells.read("account", parse)?,
        person: PersonId(cells.get("person")?),
        since: cells.moment_option("since")?,
        granted_by: cells.get::<Option<u32>>("granted_by")?.map(PersonId),
        submission: cells.read_option("submission", submission_id)?,
        ended: cells.moment_option("ended_at")?.map(|at| (at, ended_by)),
    })
}

fn submission_id(text: &str) -> Option<SubmissionId> {
    Some(SubmissionId::from_stored(text))
}

/// The template of a blank.
pub(crate) fn template(row: &Row<'_>) -> Result<TemplateId, StoreError> {
    let cells = Cells::new(row, "blanks", &["template"]);
    Ok(TemplateId { name: cells.get("template")?, version: cells.get("version")? })
}

/// A blank of the ledger.
pub(crate) fn blank(row: &Row<'_>) -> Result<IssuedBlank, StoreError> {
    let cells = Cells::new(row, "blanks", &["instance"]);
    Ok(IssuedBlank {
        instance: cells.read("instance", parse::<InstanceId>)?,
        template: TemplateId { name: cells.get("template")?, version: cells.get("version")? },
        account: cells.read_option("account", parse)?,
        issued_at: cells.moment("issued_at")?,
        expires: cells.read("expires", parse)?,
        state: blank_state(&cells)?,
        seal: cells.read_option("seal", text)?,
    })
}

fn blank_state(cells: &Cells<'_>) -> Result<BlankState, StoreError> {
    let by = cells.read_option("consumed_by", submission_id)?;
    cells.read("state", |word| match (word, by) {
        ("issued", None) => Some(BlankState::Issued),
        ("returned", None) => Some(BlankState::Returned),
        ("void", None) => Some(BlankState::Void),
        ("consumed", Some(by)) => Some(BlankState::Consumed { by }),
        _ => None,
    })
}

/// The word for the state of a blank, and what used it up.
pub(crate) fn blank_words(state: &BlankState) -> (&'static str, Option<&str>) {
    match state {
        BlankState::Issued => ("issued", None),
        BlankState::Returned => ("returned", None),
        BlankState::Consumed { by } => ("consumed", Some(by.as_str())),
        BlankState::Void => ("void", None),
    }
}

const SUBMISSION: (&str, &[&str]) = ("submissions", &["id"]);

/// The short form of a decision, and on which file.
pub(crate) fn first_decision(row: &Row<'_>) -> Result<(FileDigest, FirstDecision), StoreError> {
    let cells = Cells::new(row, SUBMISSION.0, SUBMISSION.1);
    let first = FirstDecision {
        submission: cells.read("id", submission_id)?,
        status: cells.read("status", Status::from_word)?,
        run: RunId(cells.count("run")?),
        decided_at: cells.moment("decided_at")?,
    };
    Ok((cells.read("file", FileDigest::from_hex)?, first))
}

/// Which submission asked for what.
pub(crate) fn request(row: &Row<'_>) -> Result<(RequestDigest, SubmissionId), StoreError> {
    let cells = Cells::new(row, SUBMISSION.0, SUBMISSION.1);
    let digest = cells.read("request", |it| Some(RequestDigest::from_stored(it)))?;
    Ok((digest, cells.read("id", submission_id)?))
}

/// What is kept of a decision.
pub(crate) fn submission(row: &Row<'_>) -> Result<SubmissionRecord, StoreError> {
    let cells = Cells::new(row, SUBMISSION.0, SUBMISSION.1);
    Ok(SubmissionRecord {
        id: cells.read("id", submission_id)?,
        run: RunId(cells.count("run")?),
        message: in_message(&cells)?,
        file: cells.read("file", FileDigest::from_hex)?,
        source_file: cells.get("source_file")?,
        channel: cells.read("channel", Channel::from_word)?,
        decided_at: cells.moment("decided_at")?,
        status: cells.read("status", Status::from_word)?,
        account: cells.read_option("account", parse)?,
        request: cells.read_option("request", |it| Some(RequestDigest::from_stored(it)))?,
        reasons: cells.read("reasons", |it| serde_json::from_str(it).ok())?,
        policy: cells.get("policy")?,
    })
}

fn in_message(cells: &Cells<'_>) -> Result<Option<InMessage>, StoreError> {
    let Some(digest) = cells.read_option("message", FileDigest::from_hex)? else { return Ok(None) };
    let is_answerable = cells.get("is_answerable")?;
    Ok(Some(InMessage { digest, message_id: cells.read_option("message_id", text)?, is_answerable }))
}

/// What a person made of a held submission.
pub(crate) fn resolution(row: &Row<'_>) -> Result<Resolution, StoreError> {
    let cells = Cells::new(row, "resolutions", &["submission"]);
    Ok(Resolution {
        submission: cells.read("submission", submission_id)?,
        at: cells.moment("at")?,
        by: cells.get("who")?,
        why: cells.get("why")?,
        ended: cells.read("ended", ResolvedAs::from_word)?,
    })
}

/// A run.
pub(crate) fn run(row: &Row<'_>) -> Result<RunRecord, StoreError> {
    let cells = Cells::new(row, "runs", &["id"]);
    Ok(RunRecord {
        run: RunId(cells.count("id")?),
        begun_at: cells.moment("begun_at")?,
        places: cells.read("places", |it| serde_json::from_str(it).ok())?,
    })
}

/// A row of the audit trail. Its hash is checked by whoever verifies the chain, not here.
pub(crate) fn audit(row: &Row<'_>) -> Result<AuditRow, StoreError> {
    let cells = Cells::new(row, "audit", &["seq"]);
    let event = AuditEvent {
        at: cells.moment("at")?,
        what: cells.read("what", text)?,
        who: cells.read("who", text)?,
        // As it was written, to the letter: the door of the type would forgive another case, and blanks around it.
        account: cells.read_option("account", |it| parse::<AccountNumber>(it).filter(|read| read.as_str() == it))?,
        evidence: cells.read("evidence", text)?,
    };
    let (previous, hash) = (cells.read("previous", text)?, cells.read("hash", text)?);
    Ok(AuditRow { seq: cells.count("seq")?, event, previous, hash })
}
