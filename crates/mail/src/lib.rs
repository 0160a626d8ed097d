//! Messages: how a mailbox becomes messages ([`mailbox`]), what a message holds ([`message`]).
//!
//! Everything here is a function from bytes to values. Files are opened by the program.

pub mod mailbox;
pub mod message;
