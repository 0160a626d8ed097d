//! Messages: how a mailbox becomes messages ([`mailbox`]), what a message holds ([`message`]), who sent it ([`sender`]), what it
//! asks for ([`approval`]), what is written to customers ([`letters`]), and as what message ([`compose`]).
//!
//! Everything here is a function from bytes to values. Files are opened by the program; the only door to the network is
//! [`sender::SystemDns`], which a program may use or leave.

pub mod approval;
pub mod compose;
pub mod letters;
pub mod mailbox;
pub mod message;
pub mod sender;
