//! Letters handed to the relay, each until it is taken, refused, or given up.

use countersign_mail::letters::recipient;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::folder::Folder;
use super::relay::{Relay, Reply};

/// The first pause; each is twice the one before.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// How long a letter is tried (RFC 5321, 4.5.4.1: at least four to five days).
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What became of the letters that waited.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    /// The relay took them.
    pub(crate) sent: u64,
    /// It never will, or they were given up.
    pub(crate) refused: u64,
    /// They wait for another time.
    pub(crate) postponed: u64,
}

/// A letter that the relay did not take at once, as `<letter>.later` has it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Postponed {
    /// When it was tried first.
    first: Timestamp,
    /// How often it was tried.
    pub(crate) tries: u32,
    /// When it is tried next.
    pub(crate) next: Timestamp,
    /// What the relay said.
    pub(crate) reply: String,
}

impl Postponed {
    /// What is known of a letter; `None` when it was not tried yet, or what is known of it cannot be read any more.
    pub(crate) fn of(folder: &Folder, letter: &str) -> anyhow::Result<Option<Self>> {
        let bytes = folder.read(&note(letter))?;
        Ok(bytes.and_then(|it| serde_json::from_slice(&it).ok()))
    }

    /// After one more try in vain; `None` when it is given up.
    fn again(before: Option<Self>, now: Timestamp, reply: String) -> Option<Self> {
        let (first, tries) = before.map_or((now, 1), |it| (it.first, it.tries.saturating_add(1)));
        if now.duration_since(first) >= GIVEN_UP_AFTER {
            return None;
        }
        let pause = FIRST_PAUSE.checked_mul(1 << (tries - 1).min(20)).map_or(LONGEST_PAUSE, |it| it.min(LONGEST_PAUSE));
        Some(Self { first, tries, next: now.checked_add(pause).unwrap_or(now), reply })
    }
}

fn note(letter: &str) -> String {
    format!("{letter}.later")
}

/// Hands every letter that is due to the relay. A program that dies between the relay's yes and the move to `sent/` sends that letter
/// again the next time, under the same message id.
///
/// # Errors
/// When there is no relay to hand letters to; nothing is counted against them then.
pub(crate) fn send(folder: &Folder, relay: &mut Relay, now: Timestamp) -> anyhow::Result<Tally> {
    let _held = folder.lock_for_sending()?;
    let mut tally = Tally::default();
    for letter in folder.waiting()? {
        let before = Postponed::of(folder, &letter)?;
        if before.as_ref().is_some_and(|it| it.next > now) {
            tally.postponed += 1;
            continue;
        }
        let Some(eml) = folder.read(&letter)? else { continue };
        let reply = match recipient(&eml) {
            Some(to) => relay.hand_over(&to, &eml)?,
            None => Reply::Refused("this is no letter of ours: it does not say to whom it goes".to_owned()),
        };
        match reply {
            Reply::Taken => {
                folder.sent(&letter)?;
                tally.sent += 1;
            }
            Reply::Refused(reply) => {
                folder.refuse(&letter, &reply)?;
                tally.refused += 1;
            }
            Reply::NotNow(reply) => match Postponed::again(before, now, reply.clone()) {
                Some(postponed) => {
                    let bytes = serde_json::to_vec(&postponed).expect("a note is plain data");
                    folder.replace(&note(&letter), &bytes)?;
                    tally.postponed += 1;
                    continue;
                }
                None => {
                    folder.refuse(&letter, &format!("given up after five days; the last reply was: {reply}"))?;
                    tally.refused += 1;
                }
            },
        }
        folder.remove(&note(&letter))?;
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut now = Timestamp::UNIX_EPOCH;
        let (mut pauses, mut before) = (Vec::new(), None);
        while let Some(postponed) = Postponed::again(before.take(), now, "450 later".to_owned()) {
            pauses.push(postponed.next.duration_since(now).as_mins());
            now = postponed.next;
            before = Some(postponed);
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440, 1440]);
        assert!(now.duration_since(Timestamp::UNIX_EPOCH) >= GIVEN_UP_AFTER);
        let ages_ago = Postponed { first: now, tries: u32::MAX, next: now, reply: String::new() };
        let next = Postponed::again(Some(ages_ago), now, String::new()).unwrap().next;
        assert_eq!(next.duration_since(now), LONGEST_PAUSE);
    }
}
