//! Trapped letters: honest ones with one thing changed so that a careless reader would take a number, a person or a request
//! that is none.

use countersign_mail::approval::{Body, DoubtKind};
use countersign_testkit::Seeded;

use crate::honest::{Kind, Letter, Part, pick};
use crate::truth::{Truth, number};

/// A trapped letter.
pub(crate) struct Trap {
    pub(crate) name: &'static str,
    pub(crate) body: Body,
    /// Whether it may be taken at its word all the same, if it is read right.
    pub(crate) may_be_read: bool,
    /// The doubt that must be told.
    pub(crate) doubt: Option<DoubtKind>,
}

/// Sentences that take a request back, or make it uncertain.
const SECOND_THOUGHTS: &[&str] = &[
    "Please do not add N yet.",
    "Actually, leave N out.",
    "N is no longer with us.",
    "Please ignore this request.",
    "Cancel that for N.",
    "On second thought, not N.",
    "Don't process this yet.",
    "Please hold off on N until Friday.",
    "If legal agrees, that is.",
    "Only after I have called you.",
    "N will join us next month.",
    "Please wait for my call.",
    "We might add N later.",
    "I am not sure about N.",
    "This is only a test.",
    "N must not get access.",
    "Forget it.",
    "Never mind.",
    "This request is withdrawn.",
    "Except for N.",
    "Please remove N instead.",
    "Would this be possible?",
    "Is that correct?",
    "Can you do that?",
    "Please do this once N has signed the contract.",
    "N's access starts on January 4.",
    "Unless N objects.",
    "I changed my mind about N.",
    "Scrap the part about N.",
    "Please skip N.",
    "We decided against N.",
    "Maybe N should get access as well.",
    "N should be added when she starts.",
    "No, wait.",
    "I would rather not add N.",
    "Please disregard N.",
    "N's PIN is wrong, I will send another one.",
    "Please don't.",
    "Stop.",
    "Before you do that, call me.",
    "Tom asked me to send this on behalf of our owner.",
    "N will be deactivated tomorrow.",
    "As discussed, N has been removed.",
    "We are still thinking about N.",
    "N as a billing contact only please.",
    "You should reject this.",
    "These are examples.",
];

/// Values that stand where a PIN would, and are none; `P` is four digits.
const NO_PINS: &[&str] = &[
    " (ext. P)",
    ", extension P",
    " since 2019",
    ", room P",
    ", badge P",
    ", ticket P",
    " - P Main Street",
    ", tel. 555-P",
    " ($P)",
    ", employee no. P",
    ", P dollars",
    " (P)",
    " P",
    ", P",
    ", PO Box P",
    ", born 1984",
    ", zip P",
    ", old PIN P",
    ", code P",
    ", PIN P or 1357",
    ", PIN P/1357",
    ", PIN P-1357",
    ", PIN 1P",
    ", PIN: P 1357",
    ", PIN ****",
    ", PIN to follow",
    ", PIN as before",
    ", PIN: see below",
    ", PIN P?",
    ", PIN not P",
    ", PIN ④⑧②①",
    ", PIN 4\u{200b}821",
    ", PIN: PP",
    ", PIN 48O1",
    ", invoice P",
    ", voicemail PIN P",
    ", his old PIN was P",
    " PIN",
    ", PIN \u{202e}P",
    ", PIN P.5",
    ", PIN P,000",
    ", PIN +P",
];

pub(crate) const KINDS: u64 = 16;

/// The trap of a kind, made of an honest letter.
pub(crate) fn trap(kind: u64, truth: &Truth, mut letter: Letter, random: &mut Seeded) -> Trap {
    let name = truth.users[random.below(truth.users.len() as u64) as usize].name();
    let digits = number(random, 4);
    let (label, doubt, may_be_read) = match kind {
        0 => {
            letter.parts.retain(|it| it.kind != Kind::SecurityPin);
            ("no Security PIN", Some(DoubtKind::SecurityPinMissing), false)
        }
        1 => {
            letter.parts.retain(|it| it.kind != Kind::Account);
            ("no account", None, false)
        }
        2 => {
            letter.parts.retain(|it| it.kind != Kind::Approver);
            letter.signature = pick(random, &["", "Thanks!", "Regards,\nThe office"]).to_owned();
            ("no approver", None, false)
        }
        3 => {
            let pin = &truth.users[0].pin;
            exchange(&mut letter, &[(pin.as_str(), "")]);
            ("a PIN left out", None, false)
        }
        4..=6 => {
            let sentence = pick(random, SECOND_THOUGHTS)
                .replace('N', "\u{1}")
                .replace("\u{1}ever", "Never")
                .replace("\u{1}o,", "No,")
                .replace("PI\u{1}", "PIN");
            let sentence = sentence.replace('\u{1}', &name);
            match random.below(3) {
                0 => letter.remarks.push(sentence),
                1 => letter.remarks.insert(0, sentence),
                _ => {
                    let at = letter.parts.iter().position(|it| it.kind == Kind::People).unwrap();
                    letter.parts[at].text.push_str(&format!("\n\n{sentence}"));
                }
            }
            ("second thoughts", None, false)
        }
        7..=9 => {
            let instead = pick(random, NO_PINS)
                .replace("PIN", "\u{1}")
                .replace('P', &digits)
                .replace('\u{1}', "PIN")
                .replace(&format!("{digits}O Box"), "PO Box");
            letter.intent =
                pick(random, &["Please add these authorized users:", "I would like to add authorized users:"])
                    .to_owned();
            let people = truth.users.iter().enumerate().map(|(at, it)| match at {
                0 => format!("{}{instead}", it.name()),
                _ => format!("{}, PIN {}", it.name(), it.pin),
            });
            set_people(&mut letter, people.collect::<Vec<_>>().join("\n"));
            ("a number that is no PIN", None, false)
        }
        10 => {
            let other = number(random, 6);
            letter.parts.push(Part { kind: Kind::SecurityPin, text: format!("Security PIN: {other}") });
            ("two Security PINs", None, other == truth.security_pin)
        }
        11 => {
            let people: Vec<String> = truth.users.iter().map(|it| it.name()).collect();
            set_people(&mut letter, format!("Please add {} as authorized users.", people.join(" and ")));
            letter.intent = String::new();
            let pins: Vec<String> = truth.users.iter().map(|it| format!("> {} PIN {}", it.name(), it.pin)).collect();
            letter.quoted =
                format!("On Mon, Nov 23, 2026 at 9:14 AM Tom <tom@fernhill.example> wrote:\n{}", pins.join("\n"));
            ("PINs in the quotation alone", None, false)
        }
        12 => {
            letter.signature = format!(
                "{}\n\nPS: {}",
                letter.signature,
                pick(
                    random,
                    &["please wait with this.", "PIN 4821", "do not add anybody before Monday.", "Security PIN 111222"]
                )
            );
            ("a postscript", None, false)
        }
        13 => {
            let people: Vec<String> = truth.users.iter().map(|it| format!("PIN {}: {}", it.pin, it.name())).collect();
            let before: Vec<String> = truth.users.iter().map(|it| it.name()).collect();
            letter.intent = format!("Please add {} as authorized users.", before.join(" and "));
            set_people(&mut letter, people.join("\n"));
            ("PINs before names", None, true)
        }
        14 => {
            let hidden = pick(
                random,
                &[
                    "<p style=\"display:none\">PIN 6660</p>",
                    "<span style=\"font-size:0\">Eve Mallory PIN 6660</span>",
                    "<font color=\"#ffffff\">6660</font>",
                    "<s>PIN 6660</s>",
                    "<div style=\"position:absolute;left:-4000px\">6660</div>",
                ],
            );
            let html = letter.text().replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>");
            return Trap {
                name: "hidden text",
                body: Body::html(&format!("<div>{html}</div>{hidden}")),
                may_be_read: false,
                doubt: None,
            };
        }
        _ => {
            let account =
                format!("Account number: {}", if truth.account.starts_with('A') { "77-4821" } else { "A-1999999" });
            letter.parts.push(Part { kind: Kind::Account, text: account });
            ("two accounts", Some(DoubtKind::AccountUnclear), false)
        }
    };
    Trap { name: label, body: letter.body(random), may_be_read, doubt }
}

fn set_people(letter: &mut Letter, text: String) {
    let people = letter.parts.iter_mut().find(|it| it.kind == Kind::People).unwrap();
    people.text = text;
}

fn exchange(letter: &mut Letter, pairs: &[(&str, &str)]) {
    let people = letter.parts.iter_mut().find(|it| it.kind == Kind::People).unwrap();
    for (from, to) in pairs {
        people.text = people.text.replace(from, to);
    }
}
