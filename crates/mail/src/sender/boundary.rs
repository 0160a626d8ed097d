//! Which lines above a message were written by the own mail servers.
//!
//! Each server writes above what was there (RFC 5321, 4.4). So the topmost `Received` lines are the own servers', as many as a
//! message makes hops there; what stands below came with the message, and says what its sender likes, own names included.

use jiff::Timestamp;

use crate::message::{Field, Header, Message};

/// The own mail servers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Boundary {
    /// The names with which they sign their `Received` lines (`by`), in lower case.
    pub hosts: Vec<String>,
    /// How many `Received` lines they write on every message, from the one that takes it from outside to the mailbox. Not one more:
    /// the next line is already a stranger's.
    pub hops: usize,
}

/// When a message came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arrival {
    /// The own server that took it from outside says when.
    Known(Timestamp),
    /// The newest `Received` line says so, and nobody vouches for it.
    Claimed(Timestamp),
    /// There is no such line.
    Unknown,
}

impl Arrival {
    /// When a message came, by the own servers' lines where those are known.
    pub fn of(message: &Message<'_>, boundary: Option<&Boundary>) -> Self {
        let known =
            boundary.filter(|it| it.is_crossed_by(message)).and_then(|it| message.received.get(it.hops - 1)?.at);
        let claimed = || message.received.first().and_then(|it| it.at);
        known.map(Self::Known).or_else(|| claimed().map(Self::Claimed)).unwrap_or(Self::Unknown)
    }

    /// When the message came, if the own server says so.
    pub fn known(self) -> Option<Timestamp> {
        if let Self::Known(at) = self { Some(at) } else { None }
    }
}

impl Boundary {
    /// Whether the topmost `Received` lines are the own servers', all of them.
    pub fn is_crossed_by(&self, message: &Message<'_>) -> bool {
        let is_own = |by: Option<&str>| by.is_some_and(|by| self.hosts.iter().any(|it| it.eq_ignore_ascii_case(by)));
        let own = message.received.iter().take(self.hops).filter(|it| is_own(it.by.as_deref()));
        self.hops > 0 && own.count() == self.hops
    }

    /// The fields above the line of the server that took the message from outside, and those directly below it, up to the next
    /// `Received` line.
    pub(super) fn cut<'a, 'raw>(&self, header: &'a Header<'raw>) -> Option<(&'a [Field<'raw>], &'a [Field<'raw>])> {
        let fields = header.fields();
        let mut lines = fields.iter().enumerate().filter(|(_, it)| it.is("Received")).map(|(at, _)| at);
        let at = lines.nth(self.hops.checked_sub(1)?)?;
        let end = lines.next().unwrap_or(fields.len());
        Some((fields.get(..at)?, fields.get(at + 1..end)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Limits;

    const OUTSIDE: &str = "Received: from x by relay.evil.example; Fri, 27 Nov 2026 08:00:00 +0000\r\n";

    fn hop(by: &str, hour: u32) -> String {
        format!("Received: from a ([192.0.2.1])\r\n\tby {by} with ESMTPS; Fri, 27 Nov 2026 {hour}:00:00 +0000\r\n")
    }

    fn check(lines: &str, hops: usize, is_crossed: bool, arrival: &str) {
        let raw = format!("{lines}From: a@x.example\r\n\r\n");
        let message = Message::read(raw.as_bytes(), &Limits::default()).unwrap();
        let hosts = vec!["mx.our.example".to_owned(), "store.our.example".to_owned()];
        let boundary = Boundary { hosts, hops };
        assert_eq!(boundary.is_crossed_by(&message), is_crossed, "{lines}");
        let shown = match Arrival::of(&message, Some(&boundary)) {
            Arrival::Known(at) => format!("known {at}"),
            Arrival::Claimed(at) => format!("claimed {at}"),
            Arrival::Unknown => "unknown".to_owned(),
        };
        assert_eq!(shown, arrival, "{lines}");
    }

    #[test]
    fn the_topmost_lines_are_the_own_ones() {
        check(&format!("{}{OUTSIDE}", hop("mx.our.example", 10)), 1, true, "known 2026-11-27T10:00:00Z");
        let two = format!("{}{}{OUTSIDE}", hop("store.our.example", 11), hop("MX.our.example", 10));
        check(&two, 2, true, "known 2026-11-27T10:00:00Z");
        check(OUTSIDE, 1, false, "claimed 2026-11-27T08:00:00Z");
        check("", 1, false, "unknown");
        check(&hop("mx.our.example", 10), 2, false, "claimed 2026-11-27T10:00:00Z");
        check(&hop("mx.our.example", 10), 0, false, "claimed 2026-11-27T10:00:00Z");
    }

    #[test]
    fn own_names_further_down_are_forged() {
        let forged = format!("{}{}", OUTSIDE, hop("mx.our.example", 9));
        check(&forged, 1, false, "claimed 2026-11-27T08:00:00Z");
        check(&format!("{}{forged}", hop("mx.our.example", 10)), 1, true, "known 2026-11-27T10:00:00Z");
    }
}
