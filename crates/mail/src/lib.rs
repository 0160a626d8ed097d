//! Messages: how a mailbox becomes messages ([`mailbox`]), what a message holds ([`message`]), and who sent it ([`sender`]).
//!
//! Everything here is a function from bytes to values. Files are opened by the program; the only door to the network is
//! [`sender::SystemDns`], which a program may use or leave.

pub mod mailbox;
pub mod message;
pub mod sender;
