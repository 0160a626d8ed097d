//! What holds of every decision, whatever the form, the account and the policy are.

use std::cell::Cell;
use std::fmt::Debug;

use countersign_core::account::{Account, AccountStatus};
use countersign_core::name_match::{NameKey, NameMatch};
use countersign_core::person::{Person, PersonName, PersonStanding};
use countersign_core::reason::{ReasonCode, Severity, Stage};
use countersign_core::submission::{SignerRole, SubmissionId};
use countersign_core::template::Standing;
use countersign_testkit::{NOW, TODAY, account, minutes_later};
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::case::Case;

/// Checks a law on many inputs, the same ones every time.
fn holds<S: Strategy<Value: Debug>>(inputs: S, law: impl Fn(S::Value)) {
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&inputs, |input| {
        law(input);
        Ok(())
    });
    outcome.unwrap_or_else(|broken| panic!("{broken}"));
}

/// Few names, so that people meet their namesakes; each with the spelling of its key.
const NAMES: [(&str, &str); 8] = [
    ("Ann Lee", "ann lee"),
    ("ÁNN LEE", "ann lee"),
    ("Anna Lee", "anna lee"),
    ("Bo Kim", "bo kim"),
    ("Dora Novak", "dora novak"),
    ("Dora Nowak", "dora nowak"),
    ("Emil Berg", "emil berg"),
    ("Finn Moss", "finn moss"),
];
const EMAILS: [&str; 3] = ["one@mail.example", "two@mail.example", "three@mail.example"];

#[derive(Clone, Debug)]
struct SomePerson {
    name: &'static str,
    email: Option<&'static str>,
    standing: PersonStanding,
}

#[derive(Clone, Debug)]
struct SomeForm {
    people: Vec<SomePerson>,
    /// Mostly someone on the account, with the email that it has.
    signer: (&'static str, Option<&'static str>),
    days_before: i64,
    asked: Vec<String>,
    is_closed: bool,
    pin: &'static str,
}

fn name() -> impl Strategy<Value = &'static str> {
    select(&NAMES[..]).prop_map(|(name, _)| name)
}

fn email() -> impl Strategy<Value = Option<&'static str>> {
    proptest::option::of(select(&EMAILS[..]))
}

fn person() -> impl Strategy<Value = SomePerson> {
    let since = prop_oneof![Just(None), (-4_i64..2).prop_map(|days| Some(minutes_later(days * 24 * 60)))];
    let standing = prop_oneof![
        Just(PersonStanding::Owner),
        Just(PersonStanding::User),
        since.prop_map(|since| PersonStanding::AuthorizedUser { since }),
    ];
    (name(), email(), standing).prop_map(|(name, email, standing)| SomePerson { name, email, standing })
}

fn asked() -> impl Strategy<Value = Vec<String>> {
    let line = (select(&["add", "remove"][..]), name(), email()).prop_map(|(action, name, email)| match email {
        Some(email) => format!("{action} {name} <{email}>"),
        None => format!("{action} {name}"),
    });
    proptest::collection::vec(line, 1..3)
}

fn form() -> impl Strategy<Value = SomeForm> {
    let people = proptest::collection::vec(person(), 0..5);
    let stranger = (name(), email());
    let signer = proptest::option::weighted(0.8, any::<Index>());
    let is_closed = proptest::bool::weighted(0.1);
    let pin = select(&["830514", "830514", "830515", "8305"][..]);
    (people, stranger, signer, -2_i64..5, asked(), is_closed, pin).prop_map(
        |(people, stranger, signer, days_before, asked, is_closed, pin)| {
            let listed = signer.filter(|_| !people.is_empty()).map(|it| it.get(&people));
            let signer = listed.map_or(stranger, |it| (it.name, it.email));
            SomeForm { people, signer, days_before, asked, is_closed, pin }
        },
    )
}

fn account_of(form: &SomeForm) -> Account {
    let mut built = account("A-1001");
    for SomePerson { name, email, .. } in &form.people {
        let (first, last) = name.split_once(' ').expect("two parts");
        built = built.user(first, last);
        built = match email {
            Some(email) => built.email(email),
            None => built,
        };
    }
    let mut account = built.build();
    for (person, some) in account.people.iter_mut().zip(&form.people) {
        person.standing = some.standing;
    }
    if form.is_closed {
        account.status = AccountStatus::Closed;
    }
    account
}

fn case_of(form: &SomeForm) -> Case {
    let mut case = Case::new();
    case.account = Some(account_of(form));
    let (name, email) = form.signer;
    let who = email.map_or(name.to_owned(), |it| format!("{name} <{it}>"));
    case.signed_by(&who, SignerRole::Owner);
    case.claim.role = None;
    case.claim.signed_on = Some(TODAY - form.days_before.days());
    case.asked.clone_from(&form.asked);
    form.pin.clone_into(&mut case.pin);
    case
}

fn spelling(name: &str) -> &'static str {
    NAMES.iter().find(|(it, _)| *it == name).map(|(_, key)| *key).expect("one of the names")
}

/// Whether a person of the form's account may sign it; says the rule once more, in other words than the engine.
fn may_sign(form: &SomeForm, at: usize) -> bool {
    let signed_on = TODAY - form.days_before.days();
    let SomePerson { name, standing, .. } = &form.people[at];
    let is_in_force = match standing {
        PersonStanding::Owner | PersonStanding::AuthorizedUser { since: None } => true,
        PersonStanding::AuthorizedUser { since: Some(since) } => {
            // All these moments are at noon UTC, where UTC-12 begins the same day.
            since.to_string()[..10] <= signed_on.to_string()[..]
        }
        PersonStanding::User => false,
    };
    is_in_force && spelling(name) == spelling(form.signer.0)
}

#[test]
fn nothing_changes_without_a_right_pin_and_an_active_signer_on_the_list() {
    let accepted = Cell::new(0);
    holds(form(), |form| {
        let case = case_of(&form);
        let Ok(changes) = case.settle().expect("the verifier can be used") else { return };
        accepted.set(accepted.get() + 1);
        assert_eq!(form.pin, "830514");
        assert!(!form.is_closed);
        assert!(may_sign(&form, changes.granted_by.0 as usize - 1), "signed for by {:?}", changes.granted_by);
    });
    assert!(accepted.get() > 50, "only {} forms were accepted: the law was hardly tried", accepted.get());
}

#[test]
fn what_was_accepted_fits_the_account() {
    holds(form(), |form| {
        let case = case_of(&form);
        let Ok(accepted) = case.settle().expect("the verifier can be used") else { return };
        let before = account_of(&form);
        let after = before.with(&accepted.changes, NOW).expect("every change fits");
        assert_eq!(accepted.changes.len(), form.asked.len());
        let owners = |it: &Account| it.people.iter().filter(|it| it.standing == PersonStanding::Owner).count();
        assert_eq!(owners(&after), owners(&before));
        let is_kept = |it: &Person| after.person(it.id).is_some_and(|now| now.name == it.name && now.email == it.email);
        assert!(before.people.iter().all(is_kept), "nobody vanishes or is renamed");
    });
}

#[test]
fn a_decision_is_the_same_every_time() {
    holds(form(), |form| {
        let (once, again) = (case_of(&form), case_of(&form));
        assert_eq!(once.settle(), again.settle());
    });
}

#[test]
fn names_compare_the_same_both_ways() {
    let part = || prop_oneof!["[a-cÉ' .-]{1,6}", "[a-z]{1,3}", "\\PC{1,4}", Just("Lee".to_owned())];
    let name = || (part(), part()).prop_filter_map("no name", |(first, last)| PersonName::new(&first, &last).ok());
    holds((name(), name()), |(one, two)| {
        let (one, two) = (NameKey::of(&one), NameKey::of(&two));
        assert_eq!(one.compare(&two), two.compare(&one), "{one:?} and {two:?}");
        assert_eq!(one.compare(&one), NameMatch::Same);
    });
}

/// Something wrong with a form, and the check that sees it.
#[derive(Clone, Copy)]
struct Fault {
    stage: Stage,
    what: &'static str,
    make: fn(&mut Case),
}

impl Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.what)
    }
}

const fn fault(stage: Stage, what: &'static str, make: fn(&mut Case)) -> Fault {
    Fault { stage, what, make }
}

/// One or more for each check that the decision makes.
const FAULTS: [Fault; 18] = [
    fault(Stage::System, "internal", |it| it.finds(ReasonCode::Internal)),
    fault(Stage::Pdf, "ambiguous", |it| it.finds(ReasonCode::PdfAmbiguous)),
    fault(Stage::Pdf, "scripts", |it| it.finds(ReasonCode::PdfActiveContent)),
    fault(Stage::Duplicate, "asked before", |it| it.accepted_before = Some(SubmissionId::from_stored("S-1"))),
    fault(Stage::Form, "retired", |it| it.standing = Standing::Retired),
    fault(Stage::Form, "never issued", |it| it.blank = None),
    fault(Stage::Reading, "hardly legible", |it| it.finds(ReasonCode::LowConfidence)),
    fault(Stage::Account, "no account", |it| it.account = None),
    fault(Stage::Account, "other billing email", |it| it.claim.billing_email = "other@mail.example".parse().ok()),
    fault(Stage::Account, "other name", |it| it.claim.account_name = Some("Other".to_owned())),
    fault(Stage::Authority, "unknown signer", |it| it.signed_by("Emil Berg", SignerRole::Owner)),
    fault(Stage::Authority, "other role", |it| it.claim.role = Some(SignerRole::AuthorizedUser)),
    fault(Stage::Authority, "not permitted", |it| it.policy.authority.owner.clear()),
    fault(Stage::Field, "doubtful name", |it| {
        it.doubts.push(countersign_core::reason::Reason::of_field(ReasonCode::NameSuspicious, "add.1"));
    }),
    fault(Stage::People, "removes the owner", |it| it.asked.push("remove Ann Lee".to_owned())),
    fault(Stage::People, "removes a stranger", |it| it.asked.push("remove Finn Moss".to_owned())),
    fault(Stage::Signature, "old signature", |it| it.claim.signed_on = Some(date(2025, 1, 1))),
    fault(Stage::Pin, "wrong PIN", |it| it.pin = "0000".to_owned()),
];

fn some_faults() -> impl Strategy<Value = Vec<Fault>> {
    subsequence(&FAULTS[..], 1..=FAULTS.len()).prop_shuffle()
}

fn case_with(faults: &[Fault], is_lenient: bool) -> Case {
    let mut case = Case::new();
    if is_lenient {
        case.policy.severity.extend(ReasonCode::ALL.iter().map(|it| (*it, Severity::Hold)));
    }
    faults.iter().for_each(|it| (it.make)(&mut case));
    case
}

#[test]
fn the_primary_reason_is_that_of_the_earliest_check() {
    holds((some_faults(), any::<bool>()), |(faults, is_lenient)| {
        let refusal = case_with(&faults, is_lenient).settle().expect("the verifier can be used").unwrap_err();
        let stages: Vec<Stage> = refusal.reasons().iter().map(|it| it.code.stage()).collect();
        assert_eq!(Some(stages[0]), faults.iter().map(|it| it.stage).min(), "{:?}", refusal.reasons());
        assert!(stages.is_sorted(), "{stages:?}");
    });
}

#[test]
fn every_fault_alone_is_found_by_its_own_check() {
    for fault in FAULTS {
        let refusal = case_with(&[fault], false).settle().unwrap().unwrap_err();
        let stages: Vec<Stage> = refusal.reasons().iter().map(|it| it.code.stage()).collect();
        assert_eq!(stages, [fault.stage], "{fault:?}");
    }
}

#[test]
fn a_pin_is_looked_at_only_when_nothing_else_is_wrong() {
    holds(some_faults(), |faults| {
        let refusal = case_with(&faults, false).settle().expect("the verifier can be used").unwrap_err();
        let is_pin_looked_at = refusal.reasons().iter().any(|it| it.code.stage() == Stage::Pin);
        assert_eq!(is_pin_looked_at, faults.iter().all(|it| it.stage == Stage::Pin), "{:?}", refusal.reasons());
    });
}

/// Whom a form asks to add or remove is left out: see the sentences of those codes.
#[test]
fn a_customer_cannot_tell_wrong_account_signer_and_pin_apart() {
    let told = |fault: &Fault| {
        let refusal = case_with(&[*fault], false).settle().unwrap().unwrap_err();
        (refusal.reasons()[0].severity == Severity::Reject).then(|| refusal.reasons()[0].code.for_customer())
    };
    let is_of_account = |it: &&Fault| matches!(it.stage, Stage::Account | Stage::Authority | Stage::Pin);
    let mut sentences: Vec<&str> = FAULTS.iter().filter(is_of_account).filter_map(told).collect();
    assert_eq!(sentences.len(), 6, "each of them rejects, but for the account's name");
    sentences.dedup();
    assert_eq!(sentences, [ReasonCode::PinInvalid.for_customer()]);
}

#[test]
fn a_customer_reads_nothing_that_stands_on_the_account() {
    holds(some_faults(), |faults| {
        let case = case_with(&faults, false);
        let refusal = case.settle().expect("the verifier can be used").unwrap_err();
        let Some(account) = &case.account else { return };
        let words = account.people.iter().flat_map(|it| [it.name.first(), it.name.last()]);
        let words: Vec<&str> = words.chain([account.number.as_str(), account.billing_email.as_str()]).collect();
        for reason in refusal.reasons() {
            let told: Vec<&str> = reason.code.for_customer().split([' ', '.', ',']).collect();
            assert!(!words.iter().any(|it| told.contains(it)), "{told:?}");
        }
    });
}
