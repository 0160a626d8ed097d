//! Returned forms: bytes become a reading, a submission, a decision, a report.
