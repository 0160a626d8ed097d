//! The audit trail: append-only rows, each of which seals the one before it, so that no row can be edited, removed or
//! moved without every later hash telling.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::account::AccountNumber;
use crate::vault::to_hex;

/// Something that happened, before it has its place in the chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// What: `submission accepted`, `accounts imported`, `blanks issued`.
    pub what: String,
    /// Who did it: `run R-12`, `operator`.
    pub who: String,
    /// The account it concerns, where it concerns one.
    pub account: Option<AccountNumber>,
    /// On which evidence, as one JSON object. Never a PIN, never a value of a form beyond names.
    pub evidence: String,
}

/// An event with its place in the chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditRow {
    /// From 1 up, without gaps.
    pub seq: u64,
    /// What happened.
    pub event: AuditEvent,
    /// Hash of the row before, 64 hexadecimal digits; zeros for the first.
    pub previous: String,
    /// SHA-256 over the row and `previous`, 64 hexadecimal digits.
    pub hash: String,
}

/// The end of the chain: what to keep elsewhere, to prove later that nothing was cut off.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditHead {
    /// Number of the newest row; 0 when there is none.
    pub seq: u64,
    /// Its hash; zeros when there is none.
    pub hash: String,
    /// When it happened.
    pub at: Option<Timestamp>,
}

impl AuditHead {
    /// The head of an empty chain.
    pub fn start() -> Self {
        Self { seq: 0, hash: "0".repeat(64), at: None }
    }

    /// The next row of the chain. Its moment is kept to the microsecond, as every store keeps it.
    pub fn seal(&self, event: AuditEvent) -> AuditRow {
        let event = AuditEvent { at: to_the_microsecond(event.at), ..event };
        let seq = self.seq + 1;
        let hash = hash_of(seq, &event, &self.hash);
        AuditRow { seq, event, previous: self.hash.clone(), hash }
    }

    /// Checks that `row` follows, and moves on to it.
    pub fn follow(&mut self, row: &AuditRow) -> Result<(), BrokenChain> {
        let is_next = row.seq == self.seq + 1 && row.previous == self.hash;
        if !is_next || row.hash != hash_of(row.seq, &row.event, &row.previous) {
            return Err(BrokenChain { after: self.seq });
        }
        *self = Self { seq: row.seq, hash: row.hash.clone(), at: Some(row.event.at) };
        Ok(())
    }
}

/// The chain does not go on as it must.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the audit trail is broken after row {after}: a row was edited, removed, added or moved")]
pub struct BrokenChain {
    /// The last row that is proved good.
    pub after: u64,
}

fn to_the_microsecond(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).expect("a moment without its nanoseconds is a moment")
}

fn hash_of(seq: u64, event: &AuditEvent, previous: &str) -> String {
    let at = event.at.to_string();
    let seq = seq.to_be_bytes();
    let account = event.account.as_ref().map_or("", AccountNumber::as_str);
    let parts: [&[u8]; 7] = [
        previous.as_bytes(),
        &seq,
        at.as_bytes(),
        event.what.as_bytes(),
        event.who.as_bytes(),
        account.as_bytes(),
        event.evidence.as_bytes(),
    ];
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    to_hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(what: &str) -> AuditEvent {
        let (who, evidence) = ("operator".to_owned(), "{}".to_owned());
        AuditEvent { at: Timestamp::UNIX_EPOCH, what: what.to_owned(), who, account: None, evidence }
    }

    fn chain() -> Vec<AuditRow> {
        let mut head = AuditHead::start();
        let add = |what: &&str| {
            let row = head.seal(event(what));
            head.follow(&row).unwrap();
            row
        };
        ["one", "two", "three"].iter().map(add).collect()
    }

    fn verify(rows: &[AuditRow]) -> Result<(), BrokenChain> {
        let mut head = AuditHead::start();
        rows.iter().try_for_each(|it| head.follow(it))
    }

    #[test]
    fn an_untouched_chain_is_good() {
        assert_eq!(verify(&chain()), Ok(()));
    }

    #[test]
    fn a_row_survives_a_store_that_keeps_microseconds() {
        let at = Timestamp::new(1, 123_456_789).unwrap();
        let row = AuditHead::start().seal(AuditEvent { at, ..event("one") });
        assert_eq!(row.event.at.subsec_nanosecond(), 123_456_000);
        assert_eq!(verify(&[row]), Ok(()));
    }

    #[test]
    fn an_edited_removed_or_moved_row_is_found() {
        let mut edited = chain();
        edited[1].event.who = "someone else".to_owned();
        assert_eq!(verify(&edited), Err(BrokenChain { after: 1 }));
        let mut removed = chain();
        removed.remove(1);
        assert_eq!(verify(&removed), Err(BrokenChain { after: 1 }));
        let mut moved = chain();
        moved.swap(0, 1);
        assert_eq!(verify(&moved), Err(BrokenChain { after: 0 }));
    }
}
