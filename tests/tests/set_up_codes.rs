//! Set-up codes from the switch to the first call: whoever ticks it never knows the PIN, and nobody gets in by guessing.

use countersign_testkit::Ended;
use countersign_tests::{Office, trace};

const OWNER: &str =
    "--approver-first Margaret --approver-last Henley --approver-email margaret@henley.example --by Dana --yes";
const ISSUE: &str = "--by Dana --why forgotten";

/// An office with the plain users Robert Ellison (2) and Nora Quist (3) on its account.
fn office() -> Office {
    let office = Office::open();
    let people = "number,first_name,last_name,email,phone,standing,job,pin\n\
                  A-1001101,Robert,Ellison,rob@henley.example,+1 555 010 4268,user,IT,\n\
                  A-1001101,Nora,Quist,nora@henley.example,,user,,\n";
    office.at.write("people.csv", people);
    office.run("account import-people people.csv").done();
    office
}

/// Runs a command on this day of March that reads secrets from its standard input.
fn told(office: &Office, day: u8, arguments: &str, lines: &str) -> Ended {
    office.at.run_with(&format!("--now 2026-03-{day:02}T12:00:00Z {arguments} --pin-fd 0"), lines, &[])
}

fn promote(office: &Office, user: u8, pin: &str) -> Ended {
    let arguments = format!("user promote --account A-1001101 --user {user} --set-up-code {OWNER}");
    told(office, 4, &arguments, &format!("{pin}\n"))
}

/// The code that a command printed.
fn code_in(printed: &str) -> String {
    let line = printed.lines().find_map(|it| it.strip_prefix("set-up code: "));
    let code = line.unwrap_or_else(|| panic!("no code in {printed}")).to_owned();
    assert!(code.len() == 12 && code.split('-').map(str::len).eq([4, 4, 2]), "{code}");
    code
}

fn invited(office: &Office, user: u8) -> String {
    code_in(&promote(office, user, "719305").done())
}

fn set_pin(office: &Office, day: u8, user: u8, (code, pin): (&str, &str)) -> Ended {
    told(office, day, &format!("user set-pin --account A-1001101 --user {user}"), &format!("{code}\n{pin}\n"))
}

fn call(office: &Office, pin: &str) -> Ended {
    let who = "caller --account A-1001101 --first-name Robert --last-name Ellison --by Dana";
    told(office, 4, who, &format!("{pin}\n"))
}

/// A refusal, and what it says.
#[track_caller]
fn refused(ended: Ended, expected: &str) {
    assert!(ended.code == 1 && ended.stdout.contains(expected), "{}{}", ended.stdout, ended.stderr);
}

/// Another code of the right shape.
fn other_than(code: &str, guess: u8) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{guess}{}{last}", &code[1..11])
}

#[test]
fn from_the_switch_to_the_first_call() {
    let office = office();
    let printed = promote(&office, 2, "719305").done();
    let code = code_in(&printed);
    assert!(printed.contains("Robert Ellison is an Authorized User now"), "{printed}");
    assert!(printed.contains("2026-03-07T12:00:00Z"), "{printed}");
    let silent = call(&office, "5293");
    refused(silent, "has no PIN for phone calls yet; the set-up code to choose one with is good until 2026-03-07");
    let listed = office.run("user list A-1001101").done();
    assert!(listed.contains("none, set-up code until 2026-03-07T12:00:00Z"), "{listed}");
    assert!(set_pin(&office, 4, 2, (&code.to_lowercase(), "5293")).done().contains("chosen"));
    assert!(call(&office, "5293").done().contains("verified"));
    refused(call(&office, "5294"), "the PIN is wrong");
    refused(set_pin(&office, 4, 2, (&code, "6051")), "wrong, was used already");
    assert!(call(&office, "5293").done().contains("verified"));
    let trail = office.run("audit export").done();
    for row in ["authorize 2", "issue code 2", "choose pin 2", "set-up code refused"] {
        assert!(trail.contains(row), "{row} in {trail}");
    }
    let shown = office.run("account show A-1001101 --json").done() + &office.run("user list A-1001101 --json").done();
    for secret in [code.as_str(), &code.replace('-', ""), "5293", "719305"] {
        assert!(trace(trail.as_bytes(), secret).is_none(), "{secret} in {trail}");
        assert!(trace(shown.as_bytes(), secret).is_none(), "{secret} in {shown}");
    }
    office.run("audit verify").done();
}

#[test]
fn a_refused_switch_prints_no_code() {
    let office = office();
    let ended = promote(&office, 2, "719306");
    assert!(ended.code == 1 && ended.stdout.contains("PIN_INVALID"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("set-up code"), "{}", ended.stdout);
    refused(call(&office, "5293"), "nobody of this name");
}

#[test]
fn a_program_gets_the_code_as_a_field() {
    let office = office();
    let arguments = format!("user promote --account A-1001101 --user 2 --set-up-code --json {OWNER}");
    let answer: serde_json::Value = serde_json::from_str(&told(&office, 4, &arguments, "719305\n").done()).unwrap();
    assert_eq!((&answer["status"], &answer["set_up_code_until"]), (&"accepted".into(), &"2026-03-07T12:00:00Z".into()));
    let first = answer["set_up_code"].as_str().unwrap().to_owned();
    let issued = office.run(&format!("user set-up-code --account A-1001101 --user 2 --json {ISSUE}")).done();
    let issued: serde_json::Value = serde_json::from_str(&issued).unwrap();
    let second = issued["set_up_code"].as_str().unwrap();
    assert_ne!(first, second);
    let set = |secrets: &str| {
        let ended = told(&office, 4, "user set-pin --account A-1001101 --user 2 --json", secrets);
        serde_json::from_str::<serde_json::Value>(&ended.stdout).unwrap()
    };
    assert_eq!(
        set(&format!("{first}\n5293\n"))["reasons"][0],
        "SET_UP_CODE_INVALID",
        "a new code replaces the old one"
    );
    assert_eq!(set(&format!("{second}\n1234\n"))["reasons"][0], "NEW_PIN_TOO_COMMON");
    assert_eq!(set(&format!("{second}\n5293\n"))["status"], "chosen");
}

#[test]
fn wrong_codes_lock_the_console_and_not_the_phone() {
    let office = office();
    let code = invited(&office, 2);
    for guess in 0..5 {
        let left = format!("{} more before the channel locks", 4 - guess);
        refused(set_pin(&office, 4, 2, (&other_than(&code, guess), "5293")), &left);
    }
    refused(set_pin(&office, 4, 2, (&code, "5293")), "no more are looked at");
    refused(promote(&office, 3, "719305"), "PIN_LOCKED");
    assert!(call_owner(&office).done().contains("verified"));
    office.run("account unlock A-1001101 --channel console --by Dana --why asked").done();
    set_pin(&office, 4, 2, (&code, "5293")).done();
    let trail = office.run("audit export").done();
    assert_eq!(trail.matches("set-up code refused").count(), 6, "the right one, at which nobody looked, too");
}

fn call_owner(office: &Office) -> Ended {
    let who = "caller --account A-1001101 --first-name Margaret --last-name Henley --by Dana";
    told(office, 4, who, "719305\n")
}

#[test]
fn a_code_ends_and_the_staff_gives_another() {
    let office = office();
    let code = invited(&office, 2);
    refused(set_pin(&office, 7, 2, (&code, "5293")), "the set-up code has ended");
    let issue = format!("--now 2026-03-07T12:00:00Z user set-up-code --account A-1001101 --user 2 {ISSUE}");
    let again = code_in(&office.at.run(&issue).done());
    set_pin(&office, 9, 2, (&again, "5293")).done();
    let forgotten = format!("--now 2026-03-09T12:00:00Z user set-up-code --account A-1001101 --user 2 {ISSUE}");
    let forgotten = code_in(&office.at.run(&forgotten).done());
    let call_late = |pin: &str| {
        let who = "caller --account A-1001101 --first-name Robert --last-name Ellison --by Dana";
        told(&office, 9, who, &format!("{pin}\n"))
    };
    assert!(call_late("5293").done().contains("verified"), "the old PIN is good until the code is used");
    set_pin(&office, 9, 2, (&forgotten, "6051")).done();
    assert!(call_late("6051").done().contains("verified"));
    refused(call_late("5293"), "the PIN is wrong");
}

#[test]
fn a_code_is_its_persons_alone() {
    let office = office();
    let (roberts, noras) = (invited(&office, 2), invited(&office, 3));
    refused(set_pin(&office, 4, 2, (&noras, "5293")), "wrong");
    set_pin(&office, 4, 3, (&noras, "5293")).done();
    set_pin(&office, 4, 2, (&roberts, "5293")).done();
}

#[test]
fn a_weak_pin_is_refused_and_costs_nothing() {
    let office = office();
    let code = invited(&office, 2);
    for weak in ["1234", "1101", "4268"] {
        refused(set_pin(&office, 4, 2, (&code, weak)), "The code is still good.");
    }
    assert!(!office.run("account show A-1001101").done().contains("wrong PINs"));
    set_pin(&office, 4, 2, (&code, "5293")).done();
}

#[test]
fn another_vault_key_voids_what_is_open() {
    let office = office();
    let code = invited(&office, 2);
    office.run("vault rotate --by Dana --why routine").done();
    refused(set_pin(&office, 4, 2, (&code, "5293")), "wrong");
    refused(call(&office, "5293"), "has no PIN for phone calls yet");
    let again = office.run(&format!("user set-up-code --account A-1001101 --user 2 {ISSUE}")).done();
    set_pin(&office, 4, 2, (&code_in(&again), "5293")).done();
}

#[test]
fn wrong_input_spends_nothing() {
    let office = office();
    let code = invited(&office, 2);
    let bad = set_pin(&office, 4, 2, ("7K3M-Q0TV", "5293")).failed(2);
    assert!(bad.contains("a set-up code is 10 letters") && !bad.contains("7K3M"), "{bad}");
    assert!(set_pin(&office, 4, 2, (&code, "529")).failed(2).contains("new PIN"));
    let missing = told(&office, 4, "user set-pin --account A-9 --user 2", &format!("{code}\n5293\n"));
    assert!(missing.failed(2).contains("there is no account A-9"));
    for (user, expected) in [(1, "says the Security PIN"), (3, "is a plain user"), (9, "has no user 9")] {
        let ended = office.run(&format!("user set-up-code --account A-1001101 --user {user} {ISSUE}"));
        assert!(ended.failed(2).contains(expected), "{user}");
    }
    assert!(!office.run("account show A-1001101").done().contains("wrong PINs"));
    set_pin(&office, 4, 2, (&code, "5293")).done();
}
