//! A PIN is chosen with a set-up code: every refusal, and what each leaves behind.

#![expect(clippy::unwrap_used, reason = "an unexpected answer is the failure these tests look for")]

use countersign_core::account::{Account, AccountStatus};
use countersign_core::decision::{Sealing, Terms};
use countersign_core::grant::Change;
use countersign_core::person::PersonId;
use countersign_core::pin::{PinAnswer, PinCost, PinHasher, PinHolder, PinKind};
use countersign_core::pin_choice::{ChoiceError, ChoiceRefusal, PinChoice, PinChosen, choose_pin};
use countersign_core::policy::Policy;
use countersign_core::reason::ReasonCode;
use countersign_core::set_up_code::SetUpCode;
use countersign_core::store::{AccountStore, MemoryStore, StoreError};
use countersign_core::submission::Channel;
use countersign_testkit::{FaultyStore, Moment, NOW, account, event, minutes_later, number, open_code, pin, vault_key};
use jiff::Timestamp;

const GOOD: &str = "5293";

/// Bo (2) and Cy (3) have open codes until an hour from now: Bo's is of threes, Cy's of fours. Di (4) has none, Ed (5) is a plain
/// user, Ann (1) the owner.
struct Desk {
    store: MemoryStore,
    calls: u8,
}

impl Desk {
    fn open() -> Self {
        let seen = account("A-1008305").pin("7193").owner("Ann", "Lee").authorized_user("Bo", "Kim");
        let seen = seen.phone("+1 555 010 4268").authorized_user_since("Cy", "Ng", NOW).authorized_user("Di", "Orr");
        let seen = seen.user("Ed", "Poe").build();
        let mut store = MemoryStore::new();
        store.add_accounts(std::slice::from_ref(&seen), event("accounts imported")).unwrap();
        let mut desk = Self { store, calls: 0 };
        desk.issue(2, 3);
        desk.issue(3, 4);
        desk
    }

    fn change(&mut self, change: Change) {
        let account = self.account();
        self.store.change_account(&account.number, account.revision, &[change], event("changed")).unwrap();
    }

    fn issue(&mut self, person: u32, byte: u8) {
        let person = PersonId(person);
        self.change(Change::IssueCode { person, code: open_code(&number("A-1008305"), person, byte) });
    }

    fn account(&mut self) -> Account {
        self.store.accounts_after(None, 1).unwrap().remove(0)
    }

    fn choose_at(&mut self, person: u32, byte: u8, digits: &str, now: Timestamp) -> PinChosen {
        self.calls += 1;
        choose((person, byte, digits), [self.calls; 10], now, &mut self.store).unwrap()
    }

    fn choose(&mut self, person: u32, byte: u8, digits: &str) -> PinChosen {
        self.choose_at(person, byte, digits, NOW)
    }

    fn spent(&mut self) -> u32 {
        self.store.used_attempts(&number("A-1008305")).unwrap().get(&Channel::Console).copied().unwrap_or(0)
    }

    fn last_row(&mut self) -> (String, String) {
        let row = self.store.audit_after(0, 99).unwrap().pop().unwrap();
        (row.event.what, row.event.evidence)
    }

    fn opens(&mut self, person: u32, digits: &str) -> bool {
        let account = self.account();
        let holder = PinHolder { account: &account.number, kind: PinKind::Person };
        let Some(verifier) = &account.person(PersonId(person)).unwrap().pin else { return false };
        PinHasher::new().verify(&pin(digits), verifier, holder, &vault_key()) == Ok(PinAnswer::Right)
    }
}

fn choose(
    (person, byte, digits): (u32, u8, &str),
    nonce: [u8; 10],
    now: Timestamp,
    store: &mut dyn AccountStore,
) -> Result<PinChosen, ChoiceError> {
    let (number, key, policy) = (number("A-1008305"), vault_key(), Policy::default());
    let (code, pin) = (SetUpCode::mint([byte; 7]), pin(digits));
    let choice = PinChoice { account: &number, person: PersonId(person), code: &code, pin: &pin, nonce };
    let hasher = &mut PinHasher::new();
    let cost = PinCost::CHEAP_FOR_TESTS;
    let mut sealing = Sealing { hasher, cost, random: &|bytes| bytes.fill(7), key: &key };
    choose_pin(&choice, Terms { policy: &policy, key: &key, now }, &mut sealing, store)
}

#[test]
fn a_right_code_makes_the_pin_and_is_used_up() {
    let mut desk = Desk::open();
    assert!(matches!(desk.choose(2, 3, GOOD), PinChosen::Done { .. }));
    assert!(desk.opens(2, GOOD));
    assert_eq!(desk.last_row().0, "PIN chosen");
    assert!(desk.last_row().1.contains(r#""changes":["choose pin 2"]"#), "{}", desk.last_row().1);
    assert_eq!(desk.spent(), 0, "who says the right code has not guessed");
    assert_eq!(desk.choose(2, 3, "6051"), PinChosen::Refused(ChoiceRefusal::CodeWrong));
    assert!(desk.opens(2, GOOD), "a code is good once");
}

#[test]
fn the_old_pin_is_good_until_a_new_one_is_chosen() {
    let mut desk = Desk::open();
    assert!(desk.opens(3, "7193"));
    assert!(matches!(desk.choose(3, 4, GOOD), PinChosen::Done { .. }));
    assert!(desk.opens(3, GOOD) && !desk.opens(3, "7193"));
}

#[test]
fn whatever_is_no_code_of_this_person_is_one_refusal_and_one_attempt() {
    // Another person's, nobody's, and codes for people who have or can have none.
    for (person, byte) in [(2, 4), (2, 9), (4, 3), (5, 3), (1, 3), (77, 3)] {
        let mut desk = Desk::open();
        assert_eq!(desk.choose(person, byte, GOOD), PinChosen::Refused(ChoiceRefusal::CodeWrong), "{person} {byte}");
        let ((what, evidence), spent) = (desk.last_row(), desk.spent());
        assert_eq!((what.as_str(), spent), ("set-up code refused", 1), "{person} {byte}");
        assert!(evidence.contains("SET_UP_CODE_INVALID") && !evidence.contains(GOOD), "{evidence}");
        assert!(matches!(desk.choose(2, 3, GOOD), PinChosen::Done { .. }), "the right code is still good");
        assert_eq!(desk.spent(), 1, "and does not bring an earlier attempt back");
    }
}

#[test]
fn a_code_that_was_replaced_is_none() {
    let mut desk = Desk::open();
    desk.issue(2, 8);
    assert_eq!(desk.choose(2, 3, GOOD), PinChosen::Refused(ChoiceRefusal::CodeWrong));
    assert!(matches!(desk.choose(2, 8, GOOD), PinChosen::Done { .. }));
}

#[test]
fn a_late_code_is_told_to_who_has_it_and_spends_an_attempt() {
    let mut desk = Desk::open();
    assert_eq!(desk.choose_at(2, 9, GOOD, minutes_later(60)), PinChosen::Refused(ChoiceRefusal::CodeWrong));
    assert_eq!(desk.choose_at(2, 3, GOOD, minutes_later(60)), PinChosen::Refused(ChoiceRefusal::CodeLate));
    assert!(desk.last_row().1.contains("SET_UP_CODE_EXPIRED"));
    assert_eq!(desk.spent(), 2);
    assert!(!desk.opens(2, GOOD));
    let mut desk = Desk::open();
    assert!(matches!(desk.choose_at(2, 3, GOOD, minutes_later(59)), PinChosen::Done { .. }));
}

#[test]
fn five_wrong_codes_lock_the_console_for_the_right_one_too() {
    let mut desk = Desk::open();
    for guess in 0..5 {
        assert_eq!(desk.choose(2, 10 + guess, GOOD), PinChosen::Refused(ChoiceRefusal::CodeWrong));
    }
    let rows = desk.store.audit_head().unwrap().seq;
    assert_eq!(desk.choose(2, 3, GOOD), PinChosen::Refused(ChoiceRefusal::Locked));
    assert_eq!(desk.choose(3, 4, GOOD), PinChosen::Refused(ChoiceRefusal::Locked), "the budget is the account's");
    assert_eq!(desk.store.audit_head().unwrap().seq, rows + 2, "no code was looked at, but the trail tells of both");
    desk.store.unlock(&number("A-1008305"), Channel::Console, event("channel unlocked")).unwrap();
    assert!(matches!(desk.choose(2, 3, GOOD), PinChosen::Done { .. }));
}

#[test]
fn a_weak_pin_is_refused_and_the_code_stays_good() {
    let mut desk = Desk::open();
    let unfit = |code| PinChosen::Refused(ChoiceRefusal::Unfit(vec![code]));
    for (weak, code) in [
        ("1234", ReasonCode::NewPinTooCommon),
        ("8305", ReasonCode::NewPinMatchesAccountData),
        ("4268", ReasonCode::NewPinMatchesAccountData),
        ("7193", ReasonCode::NewPinEqualsAccountPin),
    ] {
        assert_eq!(desk.choose(2, 3, weak), unfit(code), "{weak}");
        let ((what, evidence), spent) = (desk.last_row(), desk.spent());
        assert_eq!((what.as_str(), spent), ("PIN not chosen", 0), "{weak}");
        assert!(evidence.contains(code.as_str()) && !evidence.contains(weak), "{evidence}");
    }
    assert_eq!(desk.choose(2, 9, "1234"), PinChosen::Refused(ChoiceRefusal::CodeWrong), "the code comes first");
    assert!(matches!(desk.choose(2, 3, GOOD), PinChosen::Done { .. }));
}

#[test]
fn a_common_security_pin_is_not_told_apart_from_other_common_pins() {
    let mut desk = Desk::open();
    let common = account("A-1008305").pin("2580").owner("Ann", "Lee").authorized_user("Bo", "Kim").build();
    desk.store = MemoryStore::new();
    desk.store.add_accounts(&[common], event("accounts imported")).unwrap();
    desk.issue(2, 3);
    let expected = PinChosen::Refused(ChoiceRefusal::Unfit(vec![ReasonCode::NewPinTooCommon]));
    assert_eq!([desk.choose(2, 3, "2580"), desk.choose(2, 3, "1478")], [expected.clone(), expected]);
}

#[test]
fn a_closed_account_takes_no_pin() {
    let mut desk = Desk::open();
    desk.change(Change::Close);
    assert_eq!(desk.account().status, AccountStatus::Closed);
    assert_eq!(desk.choose(2, 9, GOOD), PinChosen::Refused(ChoiceRefusal::CodeWrong));
    assert_eq!(desk.choose(2, 3, GOOD), PinChosen::Refused(ChoiceRefusal::Closed));
    assert_eq!(desk.spent(), 1);
}

#[test]
fn who_lost_their_privileges_has_no_code() {
    let mut desk = Desk::open();
    desk.change(Change::Deauthorize { person: PersonId(2) });
    assert_eq!(desk.choose(2, 3, GOOD), PinChosen::Refused(ChoiceRefusal::CodeWrong));
}

/// Calls of the store in one choice: look up, reserve, look up, write.
const WRITES: usize = 4;

#[test]
fn a_choice_that_fails_in_the_store_changes_nothing_or_all() {
    for (moment, is_chosen) in [(Moment::Before, false), (Moment::After, true)] {
        let mut desk = Desk::open();
        let mut faulty = FaultyStore::struck(&mut desk.store, (moment, WRITES), || Err(StoreError::Busy));
        let failed = choose((2, 3, GOOD), [9; 10], NOW, &mut faulty);
        drop(faulty);
        assert!(matches!(failed, Err(ChoiceError::Store { doing: "write the new PIN", .. })), "{moment:?}");
        let bo = desk.account().person(PersonId(2)).unwrap().clone();
        assert_eq!((bo.pin.is_some(), bo.code.is_none()), (is_chosen, is_chosen), "{moment:?}");
        assert_eq!(desk.spent(), u32::from(!is_chosen), "an attempt that was out stays out: {moment:?}");
    }
}

#[test]
fn nobody_hears_of_an_account_that_is_not_there() {
    let missing = choose((2, 3, GOOD), [9; 10], NOW, &mut MemoryStore::new());
    assert!(matches!(missing, Err(ChoiceError::NoSuchAccount(_))));
}
