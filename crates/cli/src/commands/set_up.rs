//! `user set-up-code` and `user set-pin`: a code from the staff, with which an Authorized User chooses the PIN for phone calls.

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountNumber, AccountStatus};
use countersign_core::decision::{Sealing, Terms};
use countersign_core::grant::Change;
use countersign_core::person::{PersonId, PersonStanding};
use countersign_core::pin::PinHasher;
use countersign_core::pin_choice::{ChoiceError, ChoiceRefusal, PinChoice, PinChosen, choose_pin};
use countersign_core::set_up_code::{CodeHolder, OpenCode, SetUpCode};
use countersign_core::store::AccountStore;
use countersign_core::submission::Channel;
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::account::{change, find_account, parse_number, staff_event};
use super::caller::{staff_name, what_locks};
use crate::args::{SetPinArgs, SetUpCodeArgs};
use crate::entropy::{self, random};
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::outbox::write_due;
use crate::prompt;
use crate::terminal::{BAD, BOLD, GOOD, say, styled};

/// A code that is printed once, and kept nowhere.
pub(super) struct Handed {
    text: Zeroizing<String>,
    until: Timestamp,
}

impl Handed {
    /// The code as it will be printed, if what is asked for now is done.
    pub(super) fn of(code: &SetUpCode, now: Timestamp, home: &Home) -> Self {
        Self { text: code.to_text(), until: home.policy.pins.set_up_code_end(now) }
    }

    /// Prints it for whoever hands it over.
    pub(super) fn tell(&self) {
        say(&format!("set-up code: {}", styled(BOLD, &*self.text)));
        say(&format!("It is good once, until {}, and is not shown again. `user set-pin` asks for it.", self.until));
    }

    /// Adds it to what a program is told.
    pub(super) fn add_to(&self, answer: &mut serde_json::Value) {
        answer["set_up_code"] = json!(*self.text);
        answer["set_up_code_until"] = json!(self.until.to_string());
    }
}

/// `user set-up-code`.
pub(super) fn issue(home: &mut Home, now: Timestamp, args: &SetUpCodeArgs) -> anyhow::Result<Exit> {
    let account = find_account(&mut home.store, &parse_number(&args.account)?)?;
    let (by, why) = (staff_name("by", &args.staff.by)?, staff_name("why", &args.staff.why)?);
    let person = PersonId(args.user);
    let name = invited(&account, person)?;
    let code = SetUpCode::mint(random());
    let handed = Handed::of(&code, now, home);
    let holder = CodeHolder { account: &account.number, person };
    let open = OpenCode::of(&code, holder, handed.until, &home.key);
    let evidence = json!({ "person": person.0, "until": handed.until.to_string(), "by": by, "why": why });
    let event = staff_event(now, "set-up code issued", Some(&account.number), &evidence);
    change(home, &account, &[Change::IssueCode { person, code: open }], event)?;
    if args.json {
        let mut answer = json!({ "account": account.number.as_str(), "person": person.0 });
        handed.add_to(&mut answer);
        say(&answer.to_string());
    } else {
        say(&format!("{}: a set-up code for {name}; earlier ones are void", styled(GOOD, "made")));
        handed.tell();
    }
    write_due(home, now)?;
    Ok(Exit::Done)
}

/// The name of an Authorized User who may be given a code.
fn invited(account: &Account, person: PersonId) -> anyhow::Result<String> {
    let number = &account.number;
    if account.status == AccountStatus::Closed {
        bail!(WrongInput(format!("account {number} is closed: it takes no changes")));
    }
    let Some(person) = account.person(person) else {
        bail!(WrongInput(format!("account {number} has no user {}: `user list` has the numbers", person.0)));
    };
    match person.standing {
        PersonStanding::AuthorizedUser { .. } => Ok(person.name.to_string()),
        PersonStanding::Owner => bail!(WrongInput(format!("{} says the Security PIN of the account", person.name))),
        PersonStanding::User => {
            bail!(WrongInput(format!("{} is a plain user: `user promote` comes first", person.name)))
        }
    }
}

/// `user set-pin`.
pub(super) fn set_pin(home: &mut Home, now: Timestamp, args: &SetPinArgs) -> anyhow::Result<Exit> {
    let number = parse_number(&args.account)?;
    find_account(&mut home.store, &number)?;
    let (code, pin) = prompt::code_and_new_pin(&args.pin)?;
    let choice = PinChoice { account: &number, person: PersonId(args.user), code: &code, pin: &pin, nonce: random() };
    let cost = home.pin_cost();
    let Home { policy, key, store, .. } = home;
    let mut sealing = Sealing { hasher: &mut PinHasher::new(), cost, random: &entropy::fill, key };
    let chosen = choose_pin(&choice, Terms { policy, key, now }, &mut sealing, store);
    let chosen = chosen.map_err(|error| match error {
        ChoiceError::NoSuchAccount(_) => WrongInput(error.to_string()).into(),
        ChoiceError::Store { .. } | ChoiceError::Pin { .. } => anyhow::Error::new(error),
    })?;
    let left = what_is_left(home, &number)?;
    if args.json {
        say(&to_json(&chosen).to_string());
    } else {
        tell(&chosen, &left);
    }
    write_due(home, now)?;
    Ok(if matches!(chosen, PinChosen::Done { .. }) { Exit::Done } else { Exit::Refused })
}

/// How many wrong codes there may still be, in words.
fn what_is_left(home: &mut Home, number: &AccountNumber) -> anyhow::Result<String> {
    let used = home.store.used_attempts(number).context("cannot look up attempts")?;
    let allowance = home.policy.pins.allowance();
    Ok(format!("{} more before {}", allowance.left(&used, Channel::Console), what_locks(allowance.budget)))
}

fn tell(chosen: &PinChosen, left: &str) {
    let refused = styled(BAD, "not chosen");
    match chosen {
        PinChosen::Done { .. } => say(&format!("{}: it is the PIN for phone calls now", styled(GOOD, "chosen"))),
        PinChosen::Refused(it @ (ChoiceRefusal::CodeWrong | ChoiceRefusal::CodeLate)) => {
            say(&format!("{refused}: {it}; {left}"));
        }
        PinChosen::Refused(it @ ChoiceRefusal::Unfit(_)) => say(&format!("{refused}: {it} The code is still good.")),
        PinChosen::Refused(it @ (ChoiceRefusal::Locked | ChoiceRefusal::Closed)) => say(&format!("{refused}: {it}")),
    }
}

fn to_json(chosen: &PinChosen) -> serde_json::Value {
    match chosen {
        PinChosen::Done { audit_seq } => json!({ "status": "chosen", "reasons": [], "audit_seq": audit_seq }),
        PinChosen::Refused(it) => json!({ "status": "refused", "reasons": it.codes(), "audit_seq": null }),
    }
}
