//! The guess budget: no more attempts than the limit, whoever asks, however often.

use countersign_core::account::Account;
use countersign_core::reason::ReasonCode;
use countersign_core::store::{AccountStore, Allowance, Attempt, AttemptOutcome, Budget, Reservation, Settled};
use countersign_core::submission::{Channel, FileDigest, SubmissionId};

use super::{furnish, settle, settle_done};
use crate::{accepted, account, event, rejected};

/// Three for each channel.
const LIMIT: Allowance = Allowance::each_channel(3);

/// Three for all channels together.
const SHARED: Allowance = Allowance::shared(3);

fn ann() -> Account {
    account("A-1").owner("Ann", "Lee").build()
}

fn attempt(account: &Account, file: &str) -> Attempt {
    let submission = SubmissionId::of_file(FileDigest::of(file.as_bytes()));
    Attempt { account: account.number.clone(), channel: Channel::Form, submission }
}

fn reserve(store: &mut dyn AccountStore, attempt: &Attempt) -> Reservation {
    store.reserve_attempts(std::slice::from_ref(attempt), LIMIT).unwrap()[0]
}

fn used(store: &mut dyn AccountStore, attempt: &Attempt) -> u32 {
    store.budgets(std::slice::from_ref(attempt)).unwrap()[0].used
}

fn reserve_files(store: &mut dyn AccountStore, account: &Account, files: &[&str]) {
    for file in files {
        assert_eq!(reserve(store, &attempt(account, file)), Reservation::Reserved, "{file}");
    }
}

/// Exactly `limit` reservations; then the channel is locked, also for a budget of nothing.
pub fn are_reserved_up_to_the_limit(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    assert_eq!(
        store.reserve_attempts(&[attempt(&ann, "0")], Allowance::each_channel(0)).unwrap(),
        [Reservation::Locked]
    );
    reserve_files(store, &ann, &["1", "2", "3"]);
    assert_eq!(reserve(store, &attempt(&ann, "4")), Reservation::Locked);
    assert_eq!(store.budgets(&[attempt(&ann, "4")]).unwrap(), [Budget { used: 3, is_taken: false }]);
    assert_eq!(store.budgets(&[attempt(&ann, "3")]).unwrap(), [Budget { used: 3, is_taken: true }]);
}

/// Whoever is refused in the end without a look at the PIN has spent none.
pub fn of_a_decision_that_needs_none_are_given_back(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    reserve_files(store, &ann, &["1", "2"]);
    settle_done(store, rejected("1", &ann, ReasonCode::AccountClosed).build());
    settle_done(store, rejected("2", &ann, ReasonCode::PinInvalid).after_attempt(AttemptOutcome::Wrong).build());
    settle_done(store, rejected("3", &ann, ReasonCode::AccountClosed).build());
    assert_eq!(used(store, &attempt(&ann, "4")), 1);
}

/// A right PIN gives back one attempt, a wrong one none.
pub fn are_given_back_by_the_right_pin_and_only_their_own(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    reserve_files(store, &ann, &["wrong", "right", "open"]);
    let wrong = rejected("wrong", &ann, ReasonCode::PinInvalid).after_attempt(AttemptOutcome::Wrong);
    settle_done(store, wrong.build());
    assert_eq!(used(store, &attempt(&ann, "x")), 3);
    settle_done(store, accepted("right", &ann).after_attempt(AttemptOutcome::Right).build());
    assert_eq!(used(store, &attempt(&ann, "x")), 2);
    reserve_files(store, &ann, &["last"]);
    assert_eq!(reserve(store, &attempt(&ann, "one too many")), Reservation::Locked);
}

/// A run that was killed after it reserved is run again: the same files take nothing more, decided or not.
pub fn are_taken_once_for_one_submission(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    reserve_files(store, &ann, &["a", "a", "b", "a"]);
    assert_eq!(used(store, &attempt(&ann, "x")), 2);
    settle_done(store, accepted("a", &ann).after_attempt(AttemptOutcome::Right).build());
    settle_done(store, rejected("b", &ann, ReasonCode::PinInvalid).after_attempt(AttemptOutcome::Wrong).build());
    reserve_files(store, &ann, &["a", "b"]);
    assert_eq!(used(store, &attempt(&ann, "x")), 1);
}

/// What was reserved may be looked at, even when others have locked the channel since.
pub fn of_a_reserved_submission_stay_reserved_when_the_channel_locks(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    reserve_files(store, &ann, &["1", "2", "3", "1"]);
    assert_eq!(reserve(store, &attempt(&ann, "4")), Reservation::Locked);
    assert_eq!(reserve(store, &attempt(&ann, "2")), Reservation::Reserved);
}

/// Locking forms locks neither the phone nor anybody else.
pub fn of_one_channel_or_account_do_not_touch_another(store: &mut dyn AccountStore) {
    let (ann, bo) = (ann(), account("A-2").owner("Bo", "Kim").build());
    furnish(store, &[ann.clone(), bo.clone()], &[]);
    reserve_files(store, &ann, &["1", "2", "3"]);
    assert_eq!(reserve(store, &attempt(&ann, "4")), Reservation::Locked);
    let by_phone = Attempt { channel: Channel::Phone, ..attempt(&ann, "4") };
    assert_eq!(reserve(store, &by_phone), Reservation::Reserved);
    assert_eq!(reserve(store, &attempt(&bo, "4")), Reservation::Reserved);
    assert_eq!((used(store, &by_phone), used(store, &attempt(&bo, "x"))), (1, 1));
}

fn by(channel: Channel, account: &Account, file: &str) -> Attempt {
    Attempt { channel, ..attempt(account, file) }
}

/// Where the channels share a budget, it is used up whatever it was used on, and another account has its own.
pub fn of_a_shared_budget_count_on_every_channel(store: &mut dyn AccountStore) {
    let (ann, bo) = (ann(), account("A-2").owner("Bo", "Kim").build());
    furnish(store, &[ann.clone(), bo.clone()], &[]);
    let mut reserve = |attempts: &[Attempt]| store.reserve_attempts(attempts, SHARED).unwrap();
    use Reservation::{Locked, Reserved};
    let asked = [
        by(Channel::Form, &ann, "1"),
        by(Channel::Phone, &ann, "2"),
        by(Channel::Phone, &ann, "2"),
        by(Channel::Console, &ann, "3"),
        by(Channel::Email, &ann, "4"),
        by(Channel::Form, &bo, "5"),
    ];
    assert_eq!(reserve(&asked), [Reserved, Reserved, Reserved, Reserved, Locked, Reserved]);
    for channel in Channel::ALL {
        assert_eq!(reserve(&[by(channel, &ann, "more")]), [Locked], "{channel:?}");
    }
    let used = store.used_attempts(&ann.number).unwrap();
    assert_eq!(used, [(Channel::Form, 1), (Channel::Phone, 1), (Channel::Console, 1)].into());
    assert_eq!(Channel::ALL.map(|it| (SHARED.counted(&used, it), SHARED.left(&used, it))), [(3, 0); 4]);
    assert_eq!((LIMIT.left(&used, Channel::Form), LIMIT.left(&used, Channel::Email)), (2, 3));
}

/// A channel that is unlocked gives back what was used on it, and no more.
pub fn of_a_shared_budget_come_back_channel_by_channel(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let asked = [by(Channel::Form, &ann, "1"), by(Channel::Phone, &ann, "2"), by(Channel::Phone, &ann, "3")];
    store.reserve_attempts(&asked, SHARED).unwrap();
    assert_eq!(store.unlock(&ann.number, Channel::Email, event("channel unlocked")).unwrap(), 0);
    assert_eq!(store.reserve_attempts(&[by(Channel::Email, &ann, "4")], SHARED).unwrap(), [Reservation::Locked]);
    assert_eq!(store.unlock(&ann.number, Channel::Phone, event("channel unlocked")).unwrap(), 2);
    let again = [by(Channel::Email, &ann, "4"), by(Channel::Email, &ann, "5"), by(Channel::Email, &ann, "6")];
    use Reservation::{Locked, Reserved};
    assert_eq!(store.reserve_attempts(&again, SHARED).unwrap(), [Reserved, Reserved, Locked]);
    store.close_attempt(&again[0], AttemptOutcome::Right, event("caller verified")).unwrap();
    assert_eq!(store.reserve_attempts(&again[2..], SHARED).unwrap(), [Reserved], "a right PIN gives its own back");
}

/// A policy that changes between the two counts what was used under the one before.
pub fn count_under_another_policy(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let asked = Channel::ALL.map(|it| by(it, &ann, "1"));
    assert_eq!(store.reserve_attempts(&asked, LIMIT).unwrap(), [Reservation::Reserved; 4]);
    assert_eq!(store.reserve_attempts(&[attempt(&ann, "2")], SHARED).unwrap(), [Reservation::Locked]);
    assert_eq!(store.reserve_attempts(&[attempt(&ann, "2")], LIMIT).unwrap(), [Reservation::Reserved]);
}

/// Answers come in the order asked, and each counts for the next.
pub fn within_one_call_count_one_by_one(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let asked: Vec<Attempt> = ["1", "2", "1", "3", "4", "2"].iter().map(|it| attempt(&ann, it)).collect();
    use Reservation::{Locked, Reserved};
    let expected = [Reserved, Reserved, Reserved, Reserved, Locked, Reserved];
    assert_eq!(store.reserve_attempts(&asked, LIMIT).unwrap(), expected);
    assert!(store.reserve_attempts(&[], LIMIT).unwrap().is_empty());
}

/// Stale and Before leave the reservation as it is.
pub fn are_not_touched_by_a_settlement_that_writes_nothing(store: &mut dyn AccountStore) {
    let ann = ann();
    furnish(store, std::slice::from_ref(&ann), &[]);
    let stale = Account { revision: ann.revision + 1, ..ann.clone() };
    let late = accepted("late", &stale).adding(2, "Bo", "Kim").after_attempt(AttemptOutcome::Right);
    reserve_files(store, &ann, &["late"]);
    assert_eq!(settle(store, late.build()), Settled::Stale);
    assert_eq!(used(store, &attempt(&ann, "late")), 1);
    settle_done(store, accepted("late", &ann).after_attempt(AttemptOutcome::Right).build());
    assert_eq!(used(store, &attempt(&ann, "late")), 0);
    let again = accepted("late", &ann).after_attempt(AttemptOutcome::Right).build();
    assert!(matches!(settle(store, again), Settled::Before(_)));
    assert_eq!(used(store, &attempt(&ann, "late")), 0);
}
