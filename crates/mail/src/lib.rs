//! Messages: how a mailbox becomes messages ([`mailbox`]), what a message holds ([`message`]), who sent it ([`sender`]), what it
//! asks for ([`approval`]), and what is written back ([`compose`]).
//!
//! Everything here is a function from bytes to values. Files are opened by the program; the only door to the network is
//! [`sender::SystemDns`], which a program may use or leave.

pub mod approval;
pub mod compose;
pub mod mailbox;
pub mod message;
pub mod sender;
