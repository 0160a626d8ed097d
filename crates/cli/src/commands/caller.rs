//! `caller`: verifies a caller's PIN at the phone desk, under the account's guess budget for the phone.

use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::account::AccountNumber;
use countersign_core::caller::{Caller, CallerRefusal, find_caller};
use countersign_core::person::PersonName;
use countersign_core::pin::{PinAnswer, PinHasher, PinKind};
use countersign_core::policy::PinBudget;
use countersign_core::store::{AccountStore, Attempt, AttemptOutcome, Reservation};
use countersign_core::submission::{Channel, SubmissionId};
use jiff::Timestamp;
use serde_json::json;

use super::account::{find_account, parse_number, staff_event};
use crate::args::CallerArgs;
use crate::entropy::random;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::prompt;
use crate::terminal::{BAD, GOOD, say, styled};

pub(crate) fn run(home: &Path, now: Timestamp, args: &CallerArgs) -> anyhow::Result<Exit> {
    let number = parse_number(&args.account)?;
    let name = PersonName::new(&args.first_name, &args.last_name)
        .map_err(|error| WrongInput(format!("--first-name, --last-name: {error}")))?;
    let by = staff_name("by", &args.by)?;
    let mut home = Home::open(home)?;
    let account = find_account(&mut home.store, &number)?;
    let caller = match find_caller(&name, &account) {
        Ok(caller) => caller,
        Err(refusal) => {
            turned_away(&mut home, (now, &number, by), refusal.word())?;
            say(&format!("{}: {refusal}", styled(BAD, "not verified")));
            if let CallerRefusal::NoPin(_) = refusal {
                say("  They choose one with a set-up code (`user set-pin`); `user set-up-code` makes another.");
            }
            return Ok(Exit::Refused);
        }
    };
    let asked = match caller.holder.kind {
        PinKind::Account => "Security PIN of the account",
        PinKind::Person => "PIN of this Authorized User",
    };
    let pin = prompt::pin_once(&args.pin, caller.holder.kind, asked)?;
    let attempt =
        Attempt { account: number.clone(), channel: Channel::Phone, submission: SubmissionId::of_call(random()) };
    let event = |what: &str| {
        let evidence = json!({ "call": attempt.submission.as_str(), "person": caller.person.id.0, "by": by });
        staff_event(now, what, Some(&number), &evidence)
    };
    let allowance = home.policy.pins.allowance();
    let reserved = home.store.reserve_attempts(std::slice::from_ref(&attempt), allowance);
    if reserved.context("cannot reserve a PIN attempt")? == [Reservation::Locked] {
        turned_away(&mut home, (now, &number, by), "locked")?;
        let why = match allowance.budget {
            PinBudget::EachChannel => "too many wrong PINs on the phone; the channel is locked",
            PinBudget::Shared => "too many wrong PINs; every channel of the account is locked",
        };
        say(&format!("{}: {why}", styled(BAD, "not verified")));
        return Ok(Exit::Refused);
    }
    // While the prompt was open, the account may have changed: whoever was revoked meanwhile is nobody's caller.
    let is_changed = find_account(&mut home.store, &number)?.revision != account.revision;
    if is_changed {
        home.store
            .close_attempt(&attempt, AttemptOutcome::Right, event("call broken off"))
            .context("cannot end the call")?;
        bail!("account {number} was changed by somebody else just now: ask again");
    }
    let answer = PinHasher::new().verify(&pin, caller.verifier, caller.holder, &home.key);
    let answer = answer.with_context(|| format!("cannot check a PIN of account {number}"))?;
    let (outcome, what) = match answer {
        PinAnswer::Right => (AttemptOutcome::Right, "caller verified"),
        PinAnswer::Wrong => (AttemptOutcome::Wrong, "caller not verified"),
    };
    home.store.close_attempt(&attempt, outcome, event(what)).context("cannot write what became of the call")?;
    tell(&mut home, &caller, outcome)
}

/// Notes that no PIN of a caller was looked at. Whom they said they are is not kept: it may be anybody's name.
fn turned_away(
    home: &mut Home,
    (now, number, by): (Timestamp, &AccountNumber, &str),
    why: &'static str,
) -> anyhow::Result<()> {
    let event = staff_event(now, "caller turned away", Some(number), &json!({ "why": why, "by": by }));
    home.store.note(event).context("cannot note that a caller was turned away")?;
    Ok(())
}

fn tell(home: &mut Home, caller: &Caller<'_>, outcome: AttemptOutcome) -> anyhow::Result<Exit> {
    if outcome == AttemptOutcome::Right {
        let standing = caller.person.standing.word().replace('_', " ");
        say(&format!("{}: {}, {standing}", styled(GOOD, "verified"), caller.person.name));
        return Ok(Exit::Done);
    }
    let used = home.store.used_attempts(caller.holder.account).context("cannot look up attempts")?;
    let allowance = home.policy.pins.allowance();
    let left = allowance.left(&used, Channel::Phone);
    let what = what_locks(allowance.budget);
    say(&format!("{}: the PIN is wrong; {left} more before {what}", styled(BAD, "not verified")));
    Ok(Exit::Refused)
}

/// What happens when no attempt is left.
pub(super) fn what_locks(budget: PinBudget) -> &'static str {
    match budget {
        PinBudget::EachChannel => "the channel locks",
        PinBudget::Shared => "every channel of the account locks",
    }
}

/// The name of a person of the staff, or an error that says which option wants one.
pub(super) fn staff_name<'a>(option: &str, text: &'a str) -> anyhow::Result<&'a str> {
    let name = text.trim();
    let is_name = !name.is_empty() && name.chars().count() <= 200 && !name.chars().any(char::is_control);
    if !is_name {
        bail!(WrongInput(format!("--{option} has 1 to 200 characters and no control characters")));
    }
    Ok(name)
}
