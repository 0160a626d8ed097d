//! The day on which all tests take place.

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};

/// The day of all tests: Wednesday, 4 March 2026.
pub const TODAY: Date = date(2026, 3, 4);

/// Noon of [`TODAY`], UTC.
pub const NOW: Timestamp = Timestamp::constant(1_772_625_600, 0);

/// The moment so many minutes after [`NOW`].
pub fn minutes_later(minutes: i64) -> Timestamp {
    NOW + SignedDuration::from_mins(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_noon_of_today() {
        assert_eq!(NOW.to_string(), "2026-03-04T12:00:00Z");
        assert!(NOW.to_string().starts_with(&TODAY.to_string()));
        assert_eq!(minutes_later(90).to_string(), "2026-03-04T13:30:00Z");
    }
}
