//! Whom a form may add or remove, given who is on the account already.

mod common;

use countersign_core::account::Account;
use countersign_core::people::{Plan, Step, plan, repeated_people};
use countersign_core::policy::Policy;
use countersign_testkit::{AccountBuilder, account};

use crate::common::{requests, shown};

/// Ann Lee (1) owns it, Bo Kim (2) is an Authorized User, Cyril Day (3) a plain user.
fn family() -> AccountBuilder {
    account("A-1001")
        .owner("Ann", "Lee")
        .authorized_user("Bo", "Kim")
        .email("bo@kim.example")
        .user("Cyril", "Day")
        .email("cyril@day.example")
}

fn check(asked: &str, expected: &str) {
    check_on(&family().build(), asked, expected);
}

/// `asked`: requests with commas between them.
fn check_on(account: &Account, asked: &str, expected: &str) {
    check_under(&Policy::default(), account, asked, expected);
}

fn check_under(policy: &Policy, account: &Account, asked: &str, expected: &str) {
    let lines: Vec<&str> = asked.split(", ").collect();
    let planned = match plan(&requests(&lines), account, policy) {
        Plan { steps: Some(steps), reasons } if reasons.is_empty() => {
            steps.iter().map(step).collect::<Vec<_>>().join("; ")
        }
        Plan { reasons, .. } => shown(&reasons),
    };
    assert_eq!(planned, expected, "{asked}");
}

fn step(step: &Step) -> String {
    match step {
        Step::AddPerson => "new".to_owned(),
        Step::Authorize(person) => format!("authorize {}", person.0),
        Step::Deauthorize(person) => format!("deauthorize {}", person.0),
    }
}

fn at_most(max_authorized_users: u32) -> Policy {
    let mut policy = Policy::default();
    policy.authority.max_authorized_users = max_authorized_users;
    policy
}

#[test]
fn a_stranger_becomes_a_new_person() {
    check("add Dora Novak", "new");
    check("add Dora Novak <dora@novak.example>, add Emil Berg", "new; new");
    check("add Thomas Lee", "new");
}

#[test]
fn who_has_privileges_is_not_added_again() {
    check("add Ann Lee", "USER_ALREADY_AUTHORIZED add.1");
    check("add Bo Kim", "USER_ALREADY_AUTHORIZED add.1");
    check("add BÓ KIM <bo@kim.example>", "USER_ALREADY_AUTHORIZED add.1");
    check("add B-o Kim", "USER_ALREADY_AUTHORIZED add.1");
    check("add Bo Kim <other@kim.example>", "USER_AMBIGUOUS add.1 (hold)");
    check_on(
        &account("A-1").authorized_user("Margaret", "Henley").build(),
        "add Margarte Henley",
        "USER_AMBIGUOUS add.1 (hold)",
    );
}

#[test]
fn a_plain_user_is_promoted_when_the_contact_is_theirs() {
    check("add Cyril Day <cyril@day.example>", "authorize 3");
    check("add Cyril DAY <Cyril@DAY.example>", "authorize 3");
    check_on(&family().user("Eve", "Moss").build(), "add Eve Moss <eve@moss.example>", "authorize 4");
    check_on(&family().user("Eve", "Moss").build(), "add Eve Moss", "authorize 4");
}

#[test]
fn a_namesake_of_a_plain_user_is_looked_at() {
    check("add Cyril Day", "USER_AMBIGUOUS add.1 (hold)");
    check("add Cyril Day <other@day.example>", "USER_AMBIGUOUS add.1 (hold)");
    let two = family().user("Cyril", "Day").email("junior@day.example").build();
    check_on(&two, "add Cyril Day <cyril@day.example>", "USER_AMBIGUOUS add.1 (hold)");
}

#[test]
fn a_name_that_looks_like_another_on_the_account_is_looked_at() {
    let cyrillic = "add Сосо Расо";
    let check = |account: AccountBuilder, asked| check_on(&account.build(), asked, "NAME_SUSPICIOUS add.1 (hold)");
    check(family().authorized_user("Coco", "Paco"), cyrillic);
    check(family().user("Coco", "Paco"), cyrillic);
    check(family().owner("Coco", "Paco"), cyrillic);
    check_on(&family().build(), cyrillic, "new");
}

#[test]
fn only_an_authorized_user_is_removed() {
    check("remove Bo Kim", "deauthorize 2");
    check("remove bo KIM <BO@kim.example>", "deauthorize 2");
    check("remove Cyril Day", "USER_NOT_FOUND remove.1");
    check("remove Dora Novak", "USER_NOT_FOUND remove.1");
    check("remove Cyrill Day", "USER_NOT_FOUND remove.1");
}

#[test]
fn nobody_removes_the_owner() {
    check("remove Ann Lee", "REMOVE_OWNER remove.1");
    check("remove Ánn Lee <ann@lee.example>", "REMOVE_OWNER remove.1");
}

#[test]
fn a_person_to_remove_who_is_only_nearly_named_is_looked_at() {
    check("remove Boo Kim", "USER_AMBIGUOUS remove.1 (hold)");
    check("remove B. Kim", "USER_AMBIGUOUS remove.1 (hold)");
    check("remove Kim Bo", "USER_AMBIGUOUS remove.1 (hold)");
    check("remove Anna Lee", "USER_AMBIGUOUS remove.1 (hold)");
    check("remove Bo Kim <other@kim.example>", "USER_AMBIGUOUS remove.1 (hold)");
}

#[test]
fn of_two_people_with_one_name_the_email_says_which() {
    let account = family().authorized_user("Bo", "Kim").email("junior@kim.example").build();
    check_on(&account, "remove Bo Kim <junior@kim.example>", "deauthorize 4");
    check_on(&account, "remove Bo Kim <bo@kim.example>", "deauthorize 2");
    check_on(&account, "remove Bo Kim", "USER_AMBIGUOUS remove.1 (hold)");
    check_on(&account, "remove Bo Kim <other@kim.example>", "USER_AMBIGUOUS remove.1 (hold)");
    let account = family().email("owner@lee.example").authorized_user("Ann", "Lee").email("junior@lee.example").build();
    check_on(&account, "remove Ann Lee", "USER_AMBIGUOUS remove.1 (hold)");
    let plain = family().user("Bo", "Kim").email("plain@kim.example").build();
    check_on(&plain, "remove Bo Kim", "deauthorize 2");
    check_on(&plain, "remove Bo Kim <plain@kim.example>", "USER_AMBIGUOUS remove.1 (hold)");
}

#[test]
fn a_person_stands_on_a_form_once() {
    let check = |asked: &str, expected: &str| {
        let lines: Vec<&str> = asked.split(", ").collect();
        assert_eq!(shown(&repeated_people(&requests(&lines))), expected, "{asked}");
    };
    check("add Dora Novak, add Emil Berg", "");
    check("add Dora Novak, add Dora NOVÁK", "USER_DUPLICATE_ON_FORM add.2");
    check("add Dora Novak, add Emil Berg, remove Dora Novak", "USER_DUPLICATE_ON_FORM remove.3");
    check("remove Bo Kim, remove Bo Kim", "USER_DUPLICATE_ON_FORM remove.2");
    let thrice = "USER_DUPLICATE_ON_FORM add.2; USER_DUPLICATE_ON_FORM add.3";
    check("add Dora Novak, add Dora Novak, add Dora Novak", thrice);
}

#[test]
fn every_row_that_is_wrong_is_named() {
    let expected = "USER_ALREADY_AUTHORIZED add.1; REMOVE_OWNER remove.3; USER_NOT_FOUND remove.4";
    check("add Bo Kim, add Dora Novak, remove Ann Lee, remove Emil Berg", expected);
}

#[test]
fn an_account_has_no_more_authorized_users_than_the_policy_allows() {
    let check = |max, asked, expected| check_under(&at_most(max), &family().build(), asked, expected);
    check(2, "add Dora Novak", "new");
    check(1, "add Dora Novak", "USER_LIMIT");
    check(1, "add Cyril Day <cyril@day.example>", "USER_LIMIT");
    check(2, "add Cyril Day <cyril@day.example>", "authorize 3");
    check(2, "add Dora Novak, add Emil Berg", "USER_LIMIT");
}

#[test]
fn who_is_removed_makes_room() {
    let check = |max, asked, expected| check_under(&at_most(max), &family().build(), asked, expected);
    check(1, "add Dora Novak, remove Bo Kim", "new; deauthorize 2");
    check(1, "remove Bo Kim, add Cyril Day <cyril@day.example>", "deauthorize 2; authorize 3");
    check(1, "add Dora Novak, add Emil Berg, remove Bo Kim", "USER_LIMIT");
    check(1, "remove Bo Kim", "deauthorize 2");
}

#[test]
fn an_account_over_the_limit_can_still_lose_people() {
    let account = family().authorized_user("Dora", "Novak").authorized_user("Emil", "Berg").build();
    check_under(&at_most(1), &account, "remove Bo Kim", "deauthorize 2");
    check_under(&at_most(1), &account, "remove Bo Kim, add Finn Moss", "USER_LIMIT");
}

#[test]
fn the_limit_is_counted_only_when_every_row_is_right() {
    check_under(&at_most(1), &family().build(), "add Dora Novak, add Ann Lee", "USER_ALREADY_AUTHORIZED add.2");
}
