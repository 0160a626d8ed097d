//! Messages from the mailbox to the proof of their sender.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure that a test looks for")]

mod clients;
mod common;
mod files;
mod hostile;
mod mailboxes;
mod results;
mod senders;
mod words;
