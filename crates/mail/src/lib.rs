//! Messages: what an email asks for.

pub mod approval;
