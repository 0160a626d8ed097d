//! Who the signer is, and whether they may ask for what they ask for.

mod common;

use countersign_core::account::Account;
use countersign_core::authority::{check_authority, earliest_date, find_signer, latest_date, role_of};
use countersign_core::person::{Person, Phone};
use countersign_core::policy::{Action, Policy};
use countersign_core::submission::{Claim, SignerRole};
use countersign_testkit::{AccountBuilder, NOW, TODAY, account, minutes_later};
use jiff::civil::{Date, date};

use crate::common::{named, requests, shown};

/// Ann Lee (1) owns it and has no contact on record; Bo Kim (2) is an Authorized User with email and phone; Cyril Day
/// (3) is a plain user.
fn family() -> AccountBuilder {
    account("A-1001")
        .owner("Ann", "Lee")
        .authorized_user("Bo", "Kim")
        .email("bo@kim.example")
        .phone("+1 555 010 0142")
        .user("Cyril", "Day")
        .email("cyril@day.example")
}

/// Two Authorized Users of one name: 2 with both contacts, 4 with both.
fn namesakes() -> Account {
    family().authorized_user("Bo", "Kim").email("junior@kim.example").phone("+1 555 010 0177").build()
}

/// What a form says of its signer: `Bo Kim <bo@kim.example> tel. 555 010 0142`, the last two where they are given.
fn signed_by(text: &str) -> Claim {
    let (who, phone) = match text.split_once(" tel. ") {
        Some((who, phone)) => (who, Some(phone.parse::<Phone>().expect("a phone number in a test is one"))),
        None => (text, None),
    };
    let (signer, email) = named(who);
    Claim { signer: Some(signer), email, phone, ..Claim::default() }
}

fn check(signer: &str, expected: &str) {
    check_on(&family().build(), signer, expected);
}

/// `expected`: the person's number, or the reason that nobody is found.
fn check_on(account: &Account, signer: &str, expected: &str) {
    let found = match find_signer(&signed_by(signer), account) {
        Ok(person) => person.id.0.to_string(),
        Err(reason) => shown(&[reason]),
    };
    assert_eq!(found, expected, "{signer}");
}

#[test]
fn owner_and_authorized_users_sign() {
    check("Ann Lee", "1");
    check("Bo Kim <bo@kim.example>", "2");
}

#[test]
fn spelling_habits_do_not_hide_a_signer() {
    check("ANN LEE", "1");
    check("Ánn L-ee", "1");
    check("Ａnn Lee", "1");
    check("bo kim <BO@KIM.example>", "2");
}

#[test]
fn a_stranger_is_not_listed() {
    check("Dora Novak", "SIGNER_NOT_LISTED signer");
    check("Ian Lee <bo@kim.example>", "SIGNER_NOT_LISTED signer");
    assert!(find_signer(&Claim::default(), &family().build()).is_err(), "nobody at all");
    check_on(&account("A-1001").build(), "Ann Lee", "SIGNER_NOT_LISTED signer");
}

#[test]
fn a_plain_user_does_not_sign() {
    check("Cyril Day", "SIGNER_INACTIVE signer");
    check("Cyril Day <cyril@day.example>", "SIGNER_INACTIVE signer");
    check("Cyrill Day <cyril@day.example>", "SIGNER_NOT_LISTED signer");
}

#[test]
fn a_name_that_is_only_close_is_looked_at() {
    check("Boo Kim <bo@kim.example>", "SIGNER_AMBIGUOUS signer (hold)");
    check("B. Kim <bo@kim.example>", "SIGNER_AMBIGUOUS signer (hold)");
    check("Kim Bo <bo@kim.example>", "SIGNER_AMBIGUOUS signer (hold)");
    check("Ann Marie Lee", "SIGNER_AMBIGUOUS signer (hold)");
    check("Аnn Lee", "SIGNER_AMBIGUOUS signer (hold)"); // a Cyrillic А
}

#[test]
fn one_contact_on_record_is_enough() {
    check("Bo Kim <bo@kim.example> tel. 555 010 0142", "2");
    check("Bo Kim <bo@kim.example> tel. 555 999 9999", "2");
    check("Bo Kim <new@kim.example> tel. (555) 010-0142", "2");
    check("Bo Kim tel. 00 1 555 010 0142", "2");
}

#[test]
fn a_signer_without_their_contact_is_looked_at() {
    check("Bo Kim", "SIGNER_AMBIGUOUS signer (hold)");
    check("Bo Kim <new@kim.example>", "SIGNER_AMBIGUOUS signer (hold)");
    check("Bo Kim <new@kim.example> tel. 555 999 9999", "SIGNER_AMBIGUOUS signer (hold)");
    let email_only = family().authorized_user("Eve", "Moss").email("eve@moss.example").build();
    check_on(&email_only, "Eve Moss tel. 555 010 0199", "SIGNER_AMBIGUOUS signer (hold)");
}

#[test]
fn a_phone_number_of_noughts_is_nobodys() {
    check("Bo Kim tel. 000 0000", "SIGNER_AMBIGUOUS signer (hold)");
    check("Bo Kim tel. 000 0142", "SIGNER_AMBIGUOUS signer (hold)");
    check("Bo Kim <new@kim.example> tel. 0000000002", "SIGNER_AMBIGUOUS signer (hold)");
    let filler = family().authorized_user("Eve", "Moss").phone("000 0000").build();
    check_on(&filler, "Eve Moss tel. 555 010 0199", "SIGNER_AMBIGUOUS signer (hold)");
    check_on(&filler, "Eve Moss tel. 000 0000", "SIGNER_AMBIGUOUS signer (hold)");
}

#[test]
fn where_no_contact_is_on_record_none_is_asked_for() {
    check("Ann Lee <ann@lee.example> tel. 555 010 0142", "1");
}

#[test]
fn of_two_signers_with_one_name_the_contact_says_which() {
    check_on(&namesakes(), "Bo Kim <bo@kim.example>", "2");
    check_on(&namesakes(), "Bo Kim <junior@kim.example>", "4");
    check_on(&namesakes(), "Bo Kim tel. 555 010 0177", "4");
    check_on(&namesakes(), "Bo Kim <junior@kim.example> tel. 555 999 9999", "4");
}

#[test]
fn two_signers_with_one_name_who_cannot_be_told_apart_are_looked_at() {
    check_on(&namesakes(), "Bo Kim", "SIGNER_AMBIGUOUS signer (hold)");
    check_on(&namesakes(), "Bo Kim <new@kim.example>", "SIGNER_AMBIGUOUS signer (hold)");
    check_on(&namesakes(), "Bo Kim <bo@kim.example> tel. 555 010 0177", "SIGNER_AMBIGUOUS signer (hold)");
    let bare = account("A-1001").owner("Ann", "Lee").authorized_user("Ann", "Lee").build();
    check_on(&bare, "Ann Lee <ann@lee.example>", "SIGNER_AMBIGUOUS signer (hold)");
}

#[test]
fn a_plain_user_does_not_sign_as_their_namesake() {
    let plain = family().user("Bo", "Kim").email("plain@kim.example").phone("555 010 0142").build();
    check_on(&plain, "Bo Kim <bo@kim.example>", "2");
    check_on(&plain, "Bo Kim <bo@kim.example> tel. 555 010 0142", "2");
    check_on(&plain, "Bo Kim <plain@kim.example>", "SIGNER_AMBIGUOUS signer (hold)");
    check_on(&plain, "Bo Kim <plain@kim.example> tel. 555 010 0142", "SIGNER_AMBIGUOUS signer (hold)");
    let owner_without_contact = family().user("Ann", "Lee").email("plain@lee.example").build();
    check_on(&owner_without_contact, "Ann Lee", "1");
    check_on(&owner_without_contact, "Ann Lee <plain@lee.example>", "SIGNER_AMBIGUOUS signer (hold)");
}

/// The rules for one signer of [`family`] by number; `asked` with commas between the requests.
fn check_rules(signer: &Person, change: impl FnOnce(&mut Claim, &mut Policy), asked: &str, expected: &str) {
    let (mut claim, mut policy) = (Claim { signed_on: Some(TODAY), ..Claim::default() }, Policy::default());
    change(&mut claim, &mut policy);
    let lines: Vec<&str> = asked.split(", ").collect();
    let reasons = check_authority(&claim, signer, &requests(&lines), claim.signed_on, &policy);
    assert_eq!(shown(&reasons), expected, "{} asks: {asked}", signer.name);
}

fn owner() -> Person {
    family().build().people.remove(0)
}

fn authorized_user() -> Person {
    family().build().people.remove(1)
}

#[test]
fn a_signer_ticks_the_role_that_they_have() {
    let check = |signer: &Person, role, expected| {
        check_rules(signer, |claim, _| claim.role = role, "add Dora Novak", expected);
    };
    check(&owner(), Some(SignerRole::Owner), "");
    check(&authorized_user(), Some(SignerRole::AuthorizedUser), "");
    check(&owner(), None, "");
    check(&owner(), Some(SignerRole::AuthorizedUser), "SIGNER_ROLE_MISMATCH signer");
    check(&authorized_user(), Some(SignerRole::Owner), "SIGNER_ROLE_MISMATCH signer");
    assert_eq!(role_of(&owner()), SignerRole::Owner);
    assert_eq!(role_of(&authorized_user()), SignerRole::AuthorizedUser);
}

#[test]
fn nobody_signs_before_they_were_authorized() {
    let check = |since, signed_on: Date, expected| {
        let account = family().authorized_user_since("Eve", "Moss", since).build();
        check_rules(&account.people[3], |claim, _| claim.signed_on = Some(signed_on), "add Dora Novak", expected);
    };
    check(NOW, TODAY, "");
    check(NOW, date(2026, 3, 3), "SIGNER_INACTIVE signer");
    // A minute before noon UTC it was still yesterday at UTC-12.
    check(minutes_later(-1), date(2026, 3, 3), "");
    check(minutes_later(-1), date(2026, 3, 2), "SIGNER_INACTIVE signer");
    check(minutes_later(24 * 60), TODAY, "SIGNER_INACTIVE signer");
}

#[test]
fn who_was_there_before_the_account_came_may_have_signed_any_day() {
    for signer in [owner(), authorized_user()] {
        check_rules(&signer, |claim, _| claim.signed_on = Some(date(1999, 1, 1)), "add Dora Novak", "");
        check_rules(&signer, |claim, _| claim.signed_on = None, "add Dora Novak", "");
    }
}

#[test]
fn the_policy_says_who_asks_for_what() {
    let asked = "add Dora Novak, remove Bo Kim, add Emil Berg";
    let additions = "ACTION_NOT_PERMITTED add.1; ACTION_NOT_PERMITTED add.3";
    let check = |signer: &Person, actions: &[Action], expected| {
        let only = |_: &mut Claim, policy: &mut Policy| policy.authority.authorized_user = actions.to_vec();
        check_rules(signer, only, asked, expected);
    };
    check(&authorized_user(), &[Action::Add, Action::Remove], "");
    check(&authorized_user(), &[Action::Remove], additions);
    check(&authorized_user(), &[Action::Add], "ACTION_NOT_PERMITTED remove.2");
    check(&owner(), &[], "");
    check_rules(&owner(), |_, policy| policy.authority.owner = vec![Action::Remove], asked, additions);
}

#[test]
fn everything_against_a_signer_is_said_at_once() {
    let account = family().authorized_user_since("Eve", "Moss", NOW).build();
    let change = |claim: &mut Claim, policy: &mut Policy| {
        claim.role = Some(SignerRole::Owner);
        claim.signed_on = Some(date(2026, 3, 1));
        policy.authority.authorized_user = vec![];
    };
    let expected = "SIGNER_ROLE_MISMATCH signer; SIGNER_INACTIVE signer; ACTION_NOT_PERMITTED add.1";
    check_rules(&account.people[3], change, "add Dora Novak", expected);
}

#[test]
fn a_day_begins_and_ends_where_it_does_so_first_and_last() {
    let check = |minutes, earliest: Date, latest: Date| {
        let at = minutes_later(minutes);
        assert_eq!((earliest_date(at), latest_date(at)), (earliest, latest), "{at}");
    };
    let day = |day| date(2026, 3, day);
    check(0, day(4), day(5));
    check(-1, day(3), day(5));
    check(-2 * 60, day(3), day(5));
    check(-2 * 60 - 1, day(3), day(4));
    check(24 * 60 - 1, day(4), day(6));
}
