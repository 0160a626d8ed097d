//! What becomes of a form: every reason that the decision can give, at its boundary, and what an acceptance changes.

mod case;
#[path = "../common/mod.rs"]
mod common;
mod laws;

use countersign_core::account::AccountStatus;
use countersign_core::decision::{locked, signer_role};
use countersign_core::grant::Change;
use countersign_core::person::{Person, PersonId, PersonStanding};
use countersign_core::pin::{PinAnswer, PinError, PinHasher, PinHolder, PinKind};
use countersign_core::reason::{Reason, ReasonCode, Severity};
use countersign_core::set_up_code::{CodeAnswer, CodeHolder, OpenCode, SetUpCode};
use countersign_core::store::{BlankState, Status};
use countersign_core::submission::{Channel, SignerRole, SubmissionId};
use countersign_core::template::Standing;
use countersign_core::vault::VaultKey;
use countersign_testkit::{
    NOW, TODAY, account_verifier, bound_blank, generic_blank, minutes_later, number, pin, vault_key,
};
use jiff::civil::date;

use crate::case::{Case, family, shown_verdict};
use crate::common::{named, shown};

/// A form that is right but for one change, and the verdict before its PIN is looked at.
fn check(change: impl FnOnce(&mut Case), expected: &str) {
    let mut case = Case::new();
    change(&mut case);
    assert_eq!(shown_verdict(&case.decide(&case.validated())), expected);
}

fn earlier() -> SubmissionId {
    SubmissionId::from_stored("S-0123456789abcdef0123")
}

/// Minutes from noon of the day of the tests to noon of the next, where UTC-12 begins a new day.
const A_DAY: i64 = 24 * 60;

#[test]
fn a_form_that_is_right_is_ready_for_its_pin() {
    check(|_| {}, "ready");
    check(|it| it.signed_by("Bo Kim <bo@kim.example>", SignerRole::AuthorizedUser), "ready");
    check(|it| it.asks(&["add Cyril Day <cyril@day.example>", "remove Bo Kim"]), "ready");
    check(|it| it.comes_on(generic_blank(1)), "ready");
}

#[test]
fn the_other_channels_need_no_blank() {
    check(|it| (it.form, it.blank) = (None, None), "ready");
}

#[test]
fn a_retired_version_is_not_taken() {
    check(|it| it.standing = Standing::Retired, "rejected: FORM_VERSION_RETIRED");
}

#[test]
fn the_last_day_of_grace_ends_where_it_ends_last() {
    let check = |last_day, minutes, expected| {
        let change = |it: &mut Case| (it.standing, it.now) = (Standing::GraceUntil(last_day), minutes_later(minutes));
        check(change, expected);
    };
    check(TODAY, 0, "ready");
    check(TODAY, A_DAY - 1, "ready");
    check(TODAY, A_DAY, "rejected: FORM_VERSION_RETIRED");
    check(date(2026, 3, 3), -1, "ready");
    check(date(2026, 3, 3), 0, "rejected: FORM_VERSION_RETIRED");
}

#[test]
fn a_form_expires_when_its_last_day_is_over_everywhere() {
    let check = |noon: jiff::Timestamp, minutes, expected| {
        let change = |it: &mut Case| {
            it.now = noon + jiff::SignedDuration::from_mins(minutes);
            it.claim.signed_on = Some(date(2026, 9, 1));
        };
        check(change, expected);
    };
    let first_of_september = "2026-09-01T12:00:00Z".parse().unwrap();
    check(first_of_september, 0, "ready");
    check(first_of_september, A_DAY - 1, "ready");
    check(first_of_september, A_DAY, "rejected: FORM_EXPIRED form.expires");
}

#[test]
fn only_what_was_issued_is_taken() {
    const INVALID: &str = "rejected: FORM_INSTANCE_INVALID form.instance";
    check(|it| it.blank = None, INVALID);
    check(|it| it.form.as_mut().unwrap().template.version = 2, INVALID);
    check(|it| it.form.as_mut().unwrap().template.name = "other".to_owned(), INVALID);
    check(|it| it.key = VaultKey::from_bytes([9; 32]), INVALID);
    check(|it| it.blank().state = BlankState::Void, INVALID);
    check(|it| it.blank().expires = date(2027, 9, 1), INVALID);
    check(|it| it.blank().account = None, INVALID);
    check(|it| it.blank().account = Some(number("A-2002")), INVALID);
    check(|it| it.blank().instance = bound_blank("A-2002", 1).instance, INVALID);
    let later = "rejected: FORM_INSTANCE_INVALID form.expires";
    check(|it| it.form.as_mut().unwrap().expires = Some(date(2030, 1, 1)), later);
    check(|it| it.form.as_mut().unwrap().expires = None, later);
}

#[test]
fn a_public_download_is_taken_where_the_policy_says_so() {
    let generic = |accept_generic| {
        move |it: &mut Case| {
            it.comes_on(generic_blank(1));
            it.policy.forms.accept_generic = accept_generic;
        }
    };
    check(generic(true), "ready");
    check(generic(false), "rejected: FORM_INSTANCE_INVALID form.instance");
    check(|it| it.policy.forms.accept_generic = false, "ready");
}

#[test]
fn a_form_is_applied_only_once() {
    let used = BlankState::Consumed { by: earlier() };
    check(|it| it.blank().state = used.clone(), "rejected: DUPLICATE_INSTANCE form.instance");
    check(|it| it.blank().state = BlankState::Returned, "ready");
    let generic = |it: &mut Case| {
        it.comes_on(generic_blank(1));
        it.blank().state = used;
    };
    check(generic, "ready");
}

#[test]
fn a_request_is_applied_only_once() {
    check(|it| it.accepted_before = Some(earlier()), "rejected: DUPLICATE_REQUEST");
}

#[test]
fn everything_against_a_form_is_said_at_once() {
    let change = |it: &mut Case| {
        it.accepted_before = Some(earlier());
        it.standing = Standing::Retired;
        it.blank().state = BlankState::Consumed { by: earlier() };
        it.now = "2026-09-02T12:00:00Z".parse().unwrap();
    };
    let expected = "rejected: DUPLICATE_REQUEST; DUPLICATE_INSTANCE form.instance; FORM_VERSION_RETIRED; \
                    FORM_EXPIRED form.expires";
    check(change, expected);
}

#[test]
fn a_form_that_is_not_taken_says_nothing_of_the_account() {
    let closed = |it: &mut Case| {
        it.standing = Standing::Retired;
        it.account().status = AccountStatus::Closed;
        it.doubts = vec![Reason::of_field(ReasonCode::NameSuspicious, "add.1")];
    };
    check(closed, "rejected: FORM_VERSION_RETIRED");
}

#[test]
fn what_reading_found_odd_does_not_end_the_checks() {
    check(|it| it.finds(ReasonCode::LowConfidence), "held: LOW_CONFIDENCE (hold)");
    let two = |it: &mut Case| {
        it.finds(ReasonCode::ValueAppearanceMismatch);
        it.account = None;
    };
    check(two, "rejected: VALUE_APPEARANCE_MISMATCH (hold); ACCOUNT_NOT_FOUND account.number");
}

#[test]
fn an_account_must_exist() {
    check(|it| it.account = None, "rejected: ACCOUNT_NOT_FOUND account.number");
}

#[test]
fn a_closed_account_takes_no_changes() {
    check(|it| it.account().status = AccountStatus::Closed, "rejected: ACCOUNT_CLOSED account.number");
}

#[test]
fn a_bound_blank_is_for_its_account_alone() {
    check(|it| it.comes_on(bound_blank("A-2002", 2)), "rejected: ACCOUNT_MISMATCH account.number");
}

#[test]
fn another_account_name_is_looked_at() {
    let check = |name: &str, expected| check(|it| it.claim.account_name = Some(name.to_owned()), expected);
    check("Customer A-1002", "held: ACCOUNT_MISMATCH account.name (hold)");
    check("  CUSTOMER\u{a0}a-1001 ", "ready");
    check("", "held: ACCOUNT_MISMATCH account.name (hold)");
}

#[test]
fn another_billing_email_is_another_customers() {
    let check = |email: &str, expected| check(|it| it.claim.billing_email = Some(email.parse().unwrap()), expected);
    check("billing@a-1002.example", "rejected: ACCOUNT_MISMATCH account.billing_email");
    check("Billing@A-1001.example", "ready");
}

#[test]
fn what_the_header_does_not_say_is_not_compared() {
    check(|it| (it.claim.account_name, it.claim.billing_email) = (None, None), "ready");
}

#[test]
fn the_signer_must_be_someone_who_may_sign() {
    let check = |who, expected| check(|it| it.signed_by(who, SignerRole::Owner), expected);
    check("Dora Novak", "rejected: SIGNER_NOT_LISTED signer");
    check("Cyril Day <cyril@day.example>", "rejected: SIGNER_INACTIVE signer");
    check("Anna Lee <ann@lee.example>", "held: SIGNER_AMBIGUOUS signer (hold)");
    check("Ann Lee <other@lee.example>", "held: SIGNER_AMBIGUOUS signer (hold)");
    check("Ann Lee", "held: SIGNER_AMBIGUOUS signer (hold)");
    check("Bo Kim <bo@kim.example>", "rejected: SIGNER_ROLE_MISMATCH signer");
}

#[test]
fn of_two_people_with_one_name_the_right_one_signs() {
    let role = |case: &Case| signer_role(&case.claim, case.account.as_ref().unwrap());
    let mut case = Case::new();
    case.account = Some(family().authorized_user("Ann", "Lee").email("junior@lee.example").build());
    case.signed_by("Ann Lee <junior@lee.example>", SignerRole::AuthorizedUser);
    assert_eq!(case.settle().unwrap().unwrap().granted_by, PersonId(4));
    assert_eq!(role(&case), Some(SignerRole::AuthorizedUser));
    case.signed_by("Ann Lee <ann@lee.example>", SignerRole::Owner);
    assert_eq!(case.settle().unwrap().unwrap().granted_by, PersonId(1));
    assert_eq!(role(&case), Some(SignerRole::Owner));
    case.signed_by("Dora Novak", SignerRole::Owner);
    assert_eq!(role(&case), None);
}

#[test]
fn the_signer_must_have_been_authorized_when_they_signed() {
    let check = |signed_on, expected| {
        let change = |it: &mut Case| {
            it.account = Some(family().authorized_user_since("Eve", "Moss", NOW).build());
            it.signed_by("Eve Moss", SignerRole::AuthorizedUser);
            it.claim.signed_on = Some(signed_on);
        };
        check(change, expected);
    };
    check(TODAY, "ready");
    check(date(2026, 3, 3), "rejected: SIGNER_INACTIVE signer");
}

#[test]
fn the_policy_says_who_asks_for_what() {
    check(|it| it.policy.authority.owner.clear(), "rejected: ACTION_NOT_PERMITTED add.1");
    check(|it| it.policy.authority.authorized_user.clear(), "ready");
}

#[test]
fn a_signature_is_no_older_than_the_policy_allows() {
    let check = |max_age_days, minutes, signed_on, expected| {
        let change = |it: &mut Case| {
            it.policy.signature.max_age_days = max_age_days;
            it.now = minutes_later(minutes);
            it.claim.signed_on = Some(signed_on);
        };
        check(change, expected);
    };
    check(60, 0, date(2026, 1, 3), "ready");
    check(60, 0, date(2026, 1, 2), "rejected: SIGN_TOO_OLD signature.date");
    check(60, -1, date(2026, 1, 2), "ready");
    check(1, 0, date(2026, 3, 3), "ready");
    check(1, 0, date(2026, 3, 2), "rejected: SIGN_TOO_OLD signature.date");
}

#[test]
fn a_signature_is_not_of_tomorrow_anywhere() {
    let check = |minutes, signed_on, expected| {
        check(|it| (it.now, it.claim.signed_on) = (minutes_later(minutes), Some(signed_on)), expected);
    };
    check(0, date(2026, 3, 5), "ready");
    check(0, date(2026, 3, 6), "rejected: SIGN_FUTURE_DATE signature.date");
    check(-2 * 60, date(2026, 3, 5), "ready");
    check(-2 * 60 - 1, date(2026, 3, 5), "rejected: SIGN_FUTURE_DATE signature.date");
}

#[test]
fn whom_it_asks_for_must_fit_the_account() {
    let check = |asked: &[&str], expected| check(|it| it.asks(asked), expected);
    check(&["add Bo Kim"], "rejected: USER_ALREADY_AUTHORIZED add.1");
    check(&["remove Dora Novak"], "rejected: USER_NOT_FOUND remove.1");
    check(&["remove Boo Kim"], "held: USER_AMBIGUOUS remove.1 (hold)");
    check(&["remove Ann Lee"], "rejected: REMOVE_OWNER remove.1");
    check(&["add Dora Novak", "add Dora Novak"], "rejected: USER_DUPLICATE_ON_FORM add.2");
}

#[test]
fn one_bad_row_rejects_the_form() {
    let change = |it: &mut Case| {
        it.asks(&["add Dora Novak", "remove Boo Kim", "remove Ann Lee"]);
        it.doubts = vec![Reason::of_field(ReasonCode::NameSuspicious, "add.1")];
    };
    let expected = "rejected: NAME_SUSPICIOUS add.1 (hold); USER_AMBIGUOUS remove.2 (hold); REMOVE_OWNER remove.3";
    check(change, expected);
}

#[test]
fn a_doubt_wants_a_persons_look() {
    let doubt = Reason::of_field(ReasonCode::NameSuspicious, "add.1");
    check(|it| it.doubts = vec![doubt], "held: NAME_SUSPICIOUS add.1 (hold)");
}

fn missing(field: &str) -> Reason {
    Reason::of_field(ReasonCode::FieldMissing, field)
}

#[test]
fn what_can_be_read_of_an_incomplete_form_is_checked_all_the_same() {
    let check = |change: fn(&mut Case), expected| {
        let both = |it: &mut Case| {
            it.defects = vec![missing("add.1.last_name")];
            change(it);
        };
        check(both, expected);
    };
    check(|_| {}, "rejected: FIELD_MISSING add.1.last_name");
    check(|it| it.account = None, "rejected: ACCOUNT_NOT_FOUND account.number; FIELD_MISSING add.1.last_name");
    let not_listed = "rejected: SIGNER_NOT_LISTED signer; FIELD_MISSING add.1.last_name";
    check(|it| it.signed_by("Dora Novak", SignerRole::Owner), not_listed);
    let other_role = "rejected: SIGNER_ROLE_MISMATCH signer; FIELD_MISSING add.1.last_name";
    check(|it| it.claim.role = Some(SignerRole::AuthorizedUser), other_role);
    let too_old = "rejected: FIELD_MISSING add.1.last_name; SIGN_TOO_OLD signature.date";
    check(|it| it.claim.signed_on = Some(date(2025, 1, 1)), too_old);
    check(|it| it.claim.signed_on = None, "rejected: FIELD_MISSING add.1.last_name");
}

#[test]
fn what_could_not_be_read_has_its_own_defect_and_no_second_one() {
    let check = |field: &str, change: fn(&mut Case)| {
        let both = |it: &mut Case| {
            it.defects = vec![missing(field)];
            change(it);
        };
        check(both, &format!("rejected: FIELD_MISSING {field}"));
    };
    check("account.number", |it| (it.account, it.claim.account) = (None, None));
    check("signer", |it| it.claim.signer = None);
    check("signer.is_owner", |it| it.claim.role = None);
}

#[test]
fn the_policy_says_what_becomes_of_a_form_for_a_reason() {
    let check = |code, severity, change: fn(&mut Case), expected| {
        let both = |it: &mut Case| {
            it.policy.severity.insert(code, severity);
            change(it);
        };
        check(both, expected);
    };
    let expired = |it: &mut Case| {
        it.now = "2026-09-02T12:00:00Z".parse().unwrap();
        it.claim.signed_on = Some(date(2026, 9, 1));
    };
    check(ReasonCode::FormExpired, Severity::Hold, expired, "held: FORM_EXPIRED form.expires (hold)");
    let near = |it: &mut Case| it.signed_by("Anna Lee <ann@lee.example>", SignerRole::Owner);
    check(ReasonCode::SignerAmbiguous, Severity::Reject, near, "rejected: SIGNER_AMBIGUOUS signer");
    let renamed = |it: &mut Case| it.claim.account_name = Some("Other".to_owned());
    check(ReasonCode::AccountMismatch, Severity::Reject, renamed, "rejected: ACCOUNT_MISMATCH account.name");
    let altered = |it: &mut Case| it.finds(ReasonCode::FormTextAltered);
    check(ReasonCode::FormTextAltered, Severity::Reject, altered, "rejected: FORM_TEXT_ALTERED");
    check(ReasonCode::FormTextAltered, Severity::Hold, altered, "held: FORM_TEXT_ALTERED (hold)");
    check(
        ReasonCode::FieldMissing,
        Severity::Hold,
        |it| it.defects = vec![missing("x")],
        "held: FIELD_MISSING x (hold)",
    );
}

#[test]
fn no_severity_makes_a_reason_an_acceptance() {
    let change = |it: &mut Case| {
        it.policy.severity.extend(ReasonCode::ALL.iter().map(|it| (*it, Severity::Hold)));
        it.blank = None;
        it.claim.account = Some(number("A-9999"));
        it.account = None;
    };
    check(change, "held: FORM_INSTANCE_INVALID form.instance (hold); ACCOUNT_NOT_FOUND account.number (hold)");
}

#[test]
fn a_form_that_only_wants_a_look_is_held() {
    let mut case = Case::new();
    case.finds(ReasonCode::LowConfidence);
    assert_eq!(case.settle().unwrap().unwrap_err().status(), Status::Held);
    case.pin = "0000".to_owned();
    let refusal = case.settle().unwrap().unwrap_err();
    assert_eq!(shown(refusal.reasons()), "LOW_CONFIDENCE (hold)", "its PIN is not looked at");
}

#[test]
fn a_wrong_pin_is_refused() {
    for wrong in ["830515", "8305", "0830514", "83051400", "0000"] {
        let mut case = Case::new();
        case.pin = wrong.to_owned();
        let refusal = case.settle().unwrap().unwrap_err();
        assert_eq!(shown(refusal.reasons()), "PIN_INVALID signer.security_pin", "{wrong}");
        assert_eq!(refusal.status(), Status::Rejected);
    }
    assert_eq!(shown(locked().reasons()), "PIN_LOCKED signer.security_pin");
}

#[test]
fn a_verifier_that_cannot_be_used_proves_nothing() {
    let mut case = Case::new();
    case.account().pin = account_verifier(&number("A-2002"), "830514");
    assert_eq!(case.settle().map(|it| it.is_ok()), Err(PinError::Damaged));
    let mut case = Case::new();
    (case.form, case.blank, case.key) = (None, None, VaultKey::from_bytes([9; 32]));
    assert_eq!(case.settle().map(|it| it.is_ok()), Err(PinError::OtherKey));
}

#[test]
fn an_acceptance_changes_just_what_was_asked_for() {
    let mut case = Case::new();
    case.account().revision = 12;
    case.asks(&[
        "add Dora Novak <dora@novak.example>",
        "remove Bo Kim",
        "add Cyril Day <cyril@day.example>",
        "add Emil Berg",
    ]);
    let accepted = case.settle().unwrap().unwrap();
    assert_eq!((accepted.account.as_str(), accepted.revision, accepted.granted_by), ("A-1001", 12, PersonId(1)));
    let [
        Change::AddPerson(dora),
        Change::Deauthorize { person: PersonId(2) },
        Change::Authorize { person: PersonId(3), .. },
        Change::AddPerson(emil),
    ] = &accepted.changes[..]
    else {
        panic!("{:?}", accepted.changes);
    };
    let (name, email) = named("Dora Novak <dora@novak.example>");
    let standing = PersonStanding::AuthorizedUser { since: Some(NOW) };
    let (job, pin) = ("accounting".to_owned(), dora.pin.clone());
    assert_eq!(dora, &Person { id: PersonId(4), name, email, phone: None, standing, job, pin, code: None });
    assert_eq!((emil.id, &emil.name), (PersonId(5), &named("Emil Berg").0));
    let after = case.account().with(&accepted.changes, NOW).unwrap();
    assert_eq!((after.revision, after.people.len()), (16, 5));
}

#[test]
fn a_new_pin_opens_the_phone_and_not_the_account() {
    let mut case = Case::new();
    case.asks(&["add Dora Novak", "add Cyril Day <cyril@day.example>"]);
    let account = number("A-1001");
    for change in case.settle().unwrap().unwrap().changes {
        let (Change::AddPerson(Person { pin: Some(verifier), .. }) | Change::Authorize { pin: Some(verifier), .. }) =
            change
        else {
            panic!("{change:?}");
        };
        let verify = |kind| {
            PinHasher::new().verify(&pin("7193"), &verifier, PinHolder { account: &account, kind }, &vault_key())
        };
        assert_eq!(verify(PinKind::Person), Ok(PinAnswer::Right));
        assert_eq!(verify(PinKind::Account), Err(PinError::Damaged));
    }
}

#[test]
fn a_set_up_code_is_handed_out_at_the_console_alone() {
    let invited = |channel| {
        let mut case = Case::new();
        (case.form, case.blank) = (None, None);
        case.channel = Some(channel);
        case.asks(&["remove Bo Kim", "invite Dora Novak"]);
        shown_verdict(&case.decide(&case.validated()))
    };
    assert_eq!(invited(Channel::Console), "ready");
    for channel in [Channel::Form, Channel::Email, Channel::Phone] {
        assert_eq!(invited(channel), "rejected: NEW_PIN_MISSING add.2.pin", "{channel:?}");
    }
}

#[test]
fn who_is_invited_has_a_code_and_no_pin() {
    let mut case = Case::new();
    (case.form, case.blank, case.channel) = (None, None, Some(Channel::Console));
    case.policy.pins.set_up_code_hours = 2;
    case.asks(&["invite Dora Novak", "invite Cyril Day <cyril@day.example>"]);
    let accepted = case.settle().unwrap().unwrap();
    let [
        Change::AddPerson(dora),
        Change::IssueCode { person: PersonId(4), code: first },
        Change::Authorize { person: PersonId(3), pin: None },
        Change::IssueCode { person: PersonId(3), code: second },
    ] = &accepted.changes[..]
    else {
        panic!("{:?}", accepted.changes);
    };
    assert_eq!((dora.id, &dora.pin, &dora.code), (PersonId(4), &None, &None));
    assert_eq!([first.until(), second.until()], [minutes_later(120); 2]);
    let (account, code) = (number("A-1001"), SetUpCode::mint([3; 7]));
    let check = |open: &OpenCode, person| {
        open.check(&code, CodeHolder { account: &account, person: PersonId(person) }, NOW, &case.key)
    };
    assert_eq!((check(first, 4), check(second, 3)), (CodeAnswer::Right, CodeAnswer::Right));
    assert_eq!((check(first, 3), check(second, 4)), (CodeAnswer::Wrong, CodeAnswer::Wrong));
    let after = case.account().with(&accepted.changes, NOW).unwrap();
    assert!(after.person(PersonId(3)).unwrap().code.is_some() && after.person(PersonId(4)).unwrap().code.is_some());
}
