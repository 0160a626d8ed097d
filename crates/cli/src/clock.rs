//! The clock: read here, once, and handed on as an argument.

use jiff::{Timestamp, TimestampRound, Unit};

/// The given moment, or now; in whole milliseconds, as the store keeps it.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub(crate) fn now(given: Option<Timestamp>) -> Timestamp {
    let at = given.unwrap_or_else(Timestamp::now);
    let round = TimestampRound::new().smallest(Unit::Millisecond).mode(jiff::RoundMode::Trunc);
    at.round(round).unwrap_or(at)
}
