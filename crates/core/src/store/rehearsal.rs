//! A store that only rehearses.
pub struct Rehearsal;
