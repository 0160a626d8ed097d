//! Honest letters in many wordings: every part of a letter is drawn by itself, and so is the order of parts.

use countersign_mail::approval::Body;
use countersign_testkit::Seeded;

use crate::truth::{Truth, User};

/// A letter in its parts, so that a trap can exchange one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letter {
    pub(crate) greeting: String,
    /// What asks; ends where the people begin.
    pub(crate) intent: String,
    /// Account, Security PIN, approver, people, in the letter's order.
    pub(crate) parts: Vec<Part>,
    pub(crate) remarks: Vec<String>,
    pub(crate) signature: String,
    pub(crate) quoted: String,
    pub(crate) disclaimer: String,
}

/// A part of a letter.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Account,
    SecurityPin,
    Approver,
    People,
}

pub(crate) fn pick<'a>(random: &mut Seeded, choices: &[&'a str]) -> &'a str {
    choices[random.below(choices.len() as u64) as usize]
}

const GREETINGS: &[&str] = &[
    "Hello,",
    "Hi,",
    "Hi team,",
    "Dear Support,",
    "Dear Sir or Madam,",
    "Good morning,",
    "Hello Fernhill team",
    "To whom it may concern,",
    "",
    "Hi there,",
    "Dear Ms. Whitfield,",
    "Hello Dana,",
];
const COURTESIES: &[&str] = &[
    "If you have any questions, please let me know.",
    "Please confirm once this is done.",
    "Please do not hesitate to contact me.",
    "Let me know if you need anything else.",
    "Thank you for your help.",
    "We have been a customer since 2004.",
    "They are our new colleagues in the accounting department.",
    "You can reach me at 555-010-7788.",
    "Please treat the PINs as confidential.",
    "Thanks in advance!",
    "This refers to ticket 88123.",
    "Please do this as soon as possible.",
    "Our office is at 4200 Harbor Street.",
    "Could you please confirm when this is done?",
    "I look forward to your confirmation.",
    "Have a nice day.",
];
const SIGN_OFFS: &[&str] = &[
    "Best regards,",
    "Kind regards",
    "Thanks,",
    "Sincerely,",
    "Thank you,",
    "Regards,",
    "Best,",
    "Many thanks and best regards,",
    "Yours sincerely",
    "Cheers,",
    "With best wishes",
    "-- ",
];
const BELOW: &[&str] = &[
    "",
    "",
    "CFO",
    "Account Owner\nFernhill Imports",
    "Office Manager | Fernhill Imports | since 1984",
    "T +1 555 010 4821\nM +1 555 010 7712",
    "4400 Harbor Blvd, Oakland CA 94607\nTel. 510-555-0142",
    "Fernhill Imports GmbH\nPostfach 4821, 80331 München\nwww.fernhill.example",
    "Office: (555) 010-4268 ext. 7712\nFax: (555) 010-4269",
];
const QUOTES: &[&str] = &[
    "On Mon, Nov 23, 2026 at 9:14 AM Support <support@provider.example> wrote:\n> Dear customer,\n> please send us account number, Security PIN (111222?) and the PIN of each user.\n> Old user: Ann Old PIN 9998\n",
    "-----Original Message-----\nFrom: Support <support@provider.example>\nSent: Monday, November 23, 2026 9:14 AM\nTo: you\nSubject: RE: access\n\nSecurity PIN: 111222\nAnn Old PIN 9998\n",
    "________________________________\nFrom: Support <support@provider.example>\nSent: Monday, November 23, 2026 9:14:02 AM\nTo: you <you@fernhill.example>\nSubject: RE: access\n\nPlease do not add Ann Old (PIN 9998) again.\n",
    "Am 23.11.2026 um 09:14 schrieb Support <support@provider.example>:\n> Security PIN: 111222\n",
    "From: Support <support@provider.example>\nDate: Monday, November 23, 2026\nTo: you\nSubject: access\n\nSecurity PIN: 111222, Ann Old PIN 9998\n",
];
const DISCLAIMERS: &[&str] = &[
    "CONFIDENTIALITY NOTICE: This e-mail is for the addressee only. If you are not the intended recipient, do not copy it and delete it. Reg. no. 48217712.",
    "This email and its attachments may be privileged. Company registration 4821, VAT 77120042.",
];

/// A letter that says what is true, in plain text.
pub(crate) fn letter(truth: &Truth, random: &mut Seeded) -> Letter {
    let mut parts = Vec::new();
    let style = Style::new(random);
    parts.push(Part { kind: Kind::Account, text: account(truth, random, style) });
    parts.push(Part { kind: Kind::SecurityPin, text: security_pin(truth, random, style) });
    let is_signed = random.below(4) != 0;
    if !is_signed || random.below(2) == 0 {
        parts.push(Part { kind: Kind::Approver, text: approver(truth, random, style) });
    }
    random.shuffle(&mut parts);
    let (intent, people) = people(truth, random);
    let at = random.below(parts.len() as u64 + 1) as usize;
    parts.insert(at, Part { kind: Kind::People, text: people });
    let remarks = (0..random.below(3)).map(|_| pick(random, COURTESIES).to_owned()).collect();
    let signature = if is_signed {
        signature(truth, random)
    } else {
        pick(random, &["", "", "Sent from my iPhone", "Thanks!"]).to_owned()
    };
    Letter {
        greeting: pick(random, GREETINGS).to_owned(),
        intent,
        parts,
        remarks,
        signature,
        quoted: if random.below(3) == 0 { pick(random, QUOTES).to_owned() } else { String::new() },
        disclaimer: if random.below(5) == 0 { pick(random, DISCLAIMERS).to_owned() } else { String::new() },
    }
}

impl Letter {
    /// The letter as plain text. The request stands first unless the people come later.
    pub(crate) fn text(&self) -> String {
        let mut blocks = vec![self.greeting.clone()];
        for part in &self.parts {
            match part.kind {
                Kind::People if self.intent.is_empty() => blocks.push(part.text.clone()),
                Kind::People => blocks.push(format!("{}\n{}", self.intent, part.text)),
                _ => match blocks.last_mut() {
                    // Facts stand together, a line each.
                    Some(last) if last.contains(": ") && !last.contains('\n') => {
                        *last = format!("{last}\n{}", part.text)
                    }
                    _ => blocks.push(part.text.clone()),
                },
            }
        }
        blocks.extend(self.remarks.iter().cloned());
        blocks.extend([self.signature.clone(), self.disclaimer.clone(), self.quoted.clone()]);
        blocks.retain(|it| !it.is_empty());
        blocks.join("\n\n")
    }

    /// The letter as a message's body: plain text, HTML of one of several makes, or both.
    pub(crate) fn body(&self, random: &mut Seeded) -> Body {
        let text = self.text();
        match random.below(6) {
            0 => Body::html(&paragraphs(&text)),
            1 => Body::html(&breaks(&text)),
            2 => Body::both(&text, &breaks(&text)),
            3 => Body::plain(&wrapped(&text)),
            _ => Body::plain(&text),
        }
    }
}

/// How facts are written: lines with labels, or sentences.
#[derive(Clone, Copy)]
enum Style {
    Labels,
    Sentences,
}

impl Style {
    fn new(random: &mut Seeded) -> Self {
        if random.below(3) == 0 { Self::Sentences } else { Self::Labels }
    }
}

fn account(truth: &Truth, random: &mut Seeded, style: Style) -> String {
    let account = &truth.account;
    match style {
        Style::Labels => {
            let label = pick(
                random,
                &[
                    "Account number",
                    "Account",
                    "Account no.",
                    "Acct #",
                    "Account #",
                    "Account Number",
                    "account no",
                    "ACCOUNT NUMBER",
                    "Acct. no.",
                ],
            );
            let mark = pick(random, &[": ", ": ", " - ", " ", ":", " = ", ":  "]);
            format!("{label}{mark}{account}")
        }
        Style::Sentences => {
            let before = pick(
                random,
                &[
                    "Our account number is",
                    "This is for account",
                    "It concerns our account",
                    "The account is",
                    "This is about account number",
                    "We are account",
                ],
            );
            format!("{before} {account}.")
        }
    }
}

fn security_pin(truth: &Truth, random: &mut Seeded, style: Style) -> String {
    let pin = &truth.security_pin;
    match style {
        Style::Labels => {
            let label = pick(
                random,
                &[
                    "Security PIN",
                    "Account Security PIN",
                    "Security pin",
                    "Account PIN",
                    "Security PIN of the account",
                    "SECURITY PIN",
                    "Account's Security PIN",
                ],
            );
            let mark = pick(random, &[": ", ": ", " - ", " ", ":", " = "]);
            format!("{label}{mark}{pin}")
        }
        Style::Sentences => {
            let before = pick(
                random,
                &[
                    "Our security PIN is",
                    "The account's Security PIN is",
                    "The security PIN of our account is",
                    "Security PIN is",
                    "My account security PIN is",
                ],
            );
            format!("{before} {pin}.")
        }
    }
}

fn approver(truth: &Truth, random: &mut Seeded, style: Style) -> String {
    let name = truth.approver();
    match style {
        Style::Labels => {
            let label = pick(
                random,
                &[
                    "Approved by",
                    "Approver",
                    "Account owner",
                    "Authorized by",
                    "Requested by",
                    "Name of approver",
                    "Account holder",
                    "Approver's name",
                ],
            );
            format!("{label}{}{name}", pick(random, &[": ", ": ", " - "]))
        }
        Style::Sentences => match random.below(5) {
            0 => format!("I, {name}, approve this request."),
            1 => format!("This is {name}."),
            2 => format!("My name is {name} and I approve this."),
            3 => format!("I am {name}, the account owner."),
            _ => format!("This request is approved by {name}."),
        },
    }
}

fn signature(truth: &Truth, random: &mut Seeded) -> String {
    let name = truth.approver();
    let below = pick(random, BELOW);
    let title = pick(random, &["", "", ", Account Owner", ", CFO"]);
    match random.below(5) {
        0 => format!("{} {name}\n{below}", pick(random, &["Thanks,", "Best regards,", "Regards,"])),
        1 => format!("{}\n\n{name}{title}\n{below}", pick(random, SIGN_OFFS)),
        _ => format!("{}\n{name}{title}\n{below}", pick(random, SIGN_OFFS)),
    }
}

/// What asks, and the people.
fn people(truth: &Truth, random: &mut Seeded) -> (String, String) {
    match random.below(8) {
        0 | 1 => (String::new(), sentence(truth, random)),
        2 => (intent(truth, random, true), lines(truth, random)),
        3 => (intent(truth, random, true), blocks(truth, random)),
        4 => (intent(truth, random, true), table(truth, random)),
        5 => (with_pins(random), rows(truth, random)),
        6 => (String::new(), named_then_pins(truth, random)),
        _ => (intent(truth, random, true), below_names(truth)),
    }
}

fn intent(truth: &Truth, random: &mut Seeded, is_open: bool) -> String {
    let count = ["zero", "one", "two", "three", "four"][truth.users.len()];
    let (user, them) = if truth.users.len() == 1 { ("user", "this") } else { ("users", "these") };
    let end = if is_open { ":" } else { "." };
    match random.below(9) {
        0 => format!("Please add {them} authorized {user} to our account{end}"),
        1 => format!("I would like to add {count} authorized {user}{end}"),
        2 => format!("Please add the following Authorized Users{end}"),
        3 => format!("Kindly add the following people as authorized users to our account{end}"),
        4 => format!("We hereby authorize the following persons as authorised users{end}"),
        5 => format!("I am writing to request that the following people be added as Authorized Users{end}"),
        6 => format!("Please set up {count} new authorized {user}{end}"),
        7 => format!("I approve adding the authorized {user} below{end}"),
        _ => format!("Add {them} authorized {user} please{end}"),
    }
}

fn with_pins(random: &mut Seeded) -> String {
    pick(
        random,
        &[
            "Please add the following authorized users (name and PIN):",
            "Please add these people. New authorized users with PINs:",
            "I would like to add authorized users. Names and PINs of the new authorized users:",
            "Please add authorized users with these PINs:",
        ],
    )
    .to_owned()
}

fn sentence(truth: &Truth, random: &mut Seeded) -> String {
    let each = |user: &User, random: &mut Seeded| {
        let name = user.name();
        let pin = &user.pin;
        match random.below(6) {
            0 => format!("{name} (PIN {pin})"),
            1 => format!("{name} with PIN {pin}"),
            2 => format!("{name} (PIN: {pin})"),
            3 => format!("{name}, PIN {pin}"),
            4 => format!("{name} with the PIN {pin}"),
            _ => format!("{name} (phone PIN {pin})"),
        }
    };
    let mut items: Vec<String> = truth.users.iter().map(|it| each(it, random)).collect();
    let last = items.pop().unwrap();
    let list = if items.is_empty() { last } else { format!("{} and {last}", items.join(", ")) };
    match random.below(6) {
        0 => format!("Please add {list} to our account."),
        1 => format!("I would like to add {list} as authorized users."),
        2 => format!("We want to add {list} to our account as Authorized Users."),
        3 => format!("Please add as authorized users: {list}."),
        4 => format!("I hereby authorize {list} as authorized users on our account."),
        _ => format!("Kindly add {list} as new authorized users."),
    }
}

fn contacts(user: &User) -> String {
    let part =
        |label: &str, value: &Option<String>| value.as_ref().map(|it| format!(", {label}: {it}")).unwrap_or_default();
    format!("{}{}{}", part("email", &user.email), part("phone", &user.phone), part("role", &user.job))
}

fn lines(truth: &Truth, random: &mut Seeded) -> String {
    let bullet = pick(random, &["- ", "* ", "• ", "#. ", "", "– "]);
    let joint = pick(
        random,
        &[", PIN ", " - PIN ", " PIN: ", " (PIN: ", ", PIN: ", " – PIN ", ": PIN ", "; PIN ", ", 4-digit PIN: "],
    );
    let close = if joint.contains('(') { ")" } else { "" };
    let line = |(at, user): (usize, &User)| {
        let bullet = bullet.replace('#', &(at + 1).to_string());
        format!("{bullet}{}{joint}{}{close}{}", user.name(), user.pin, contacts(user))
    };
    truth.users.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn blocks(truth: &Truth, random: &mut Seeded) -> String {
    let is_parted = random.below(2) == 0;
    let is_headed = random.below(2) == 0;
    let mark = pick(random, &[": ", ": ", " - ", " = "]);
    let block = |(at, user): (usize, &User)| {
        let mut lines = Vec::new();
        if is_headed {
            lines.push(format!("User {}", at + 1));
        }
        if is_parted {
            lines.extend([format!("First name{mark}{}", user.first), format!("Last name{mark}{}", user.last)]);
        } else {
            lines.push(format!("Name{mark}{}", user.name()));
        }
        lines.push(format!("PIN{mark}{}", user.pin));
        lines.extend(user.email.iter().map(|it| format!("Email: {it}")));
        lines.extend(user.phone.iter().map(|it| format!("Phone: {it}")));
        lines.extend(user.job.iter().map(|it| format!("Role: {it}")));
        lines.join("\n")
    };
    truth.users.iter().enumerate().map(block).collect::<Vec<_>>().join("\n\n")
}

fn table(truth: &Truth, random: &mut Seeded) -> String {
    let (before, between, after) =
        [("| ", " | ", " |"), ("", ", ", ""), ("", "\t", ""), ("", " | ", ""), ("| ", " | ", " |")]
            [random.below(5) as usize];
    let is_parted = random.below(2) == 0;
    let row = |cells: &[&str]| format!("{before}{}{after}", cells.join(between));
    let header = if is_parted {
        row(&["First name", "Last name", "PIN", "Email", "Phone", "Role"])
    } else {
        row(&["Name", "PIN", "Email", "Phone", "Role"])
    };
    let mut lines = vec![header];
    if before == "| " && random.below(2) == 0 {
        lines.push("|------|------|-----|".to_owned());
    }
    let nothing = if between == ", " || between == "\t" { "-" } else { "" };
    for user in &truth.users {
        let of = |value: &Option<String>| value.clone().unwrap_or(nothing.to_owned());
        let (name, email, phone, job) = (user.name(), of(&user.email), of(&user.phone), of(&user.job));
        lines.push(match is_parted {
            true => row(&[&user.first, &user.last, &user.pin, &email, &phone, &job]),
            false => row(&[&name, &user.pin, &email, &phone, &job]),
        });
    }
    lines.join("\n")
}

fn rows(truth: &Truth, random: &mut Seeded) -> String {
    let joint = pick(random, &[" ", " - ", ", ", ": ", " – "]);
    truth.users.iter().map(|it| format!("{}{joint}{}", it.name(), it.pin)).collect::<Vec<_>>().join("\n")
}

fn named_then_pins(truth: &Truth, random: &mut Seeded) -> String {
    let names: Vec<String> = truth.users.iter().map(User::name).collect();
    let form = pick(random, &["PIN for N: P", "The PIN of N is P.", "N's PIN is P.", "PIN for N is P", "N's PIN: P"]);
    let pins = truth.users.iter().map(|it| {
        form.replace('N', "\u{1}")
            .replace('P', "\u{2}")
            .replace("\u{2}I\u{1}", "PIN")
            .replace('\u{1}', &it.name())
            .replace('\u{2}', &it.pin)
    });
    let intent = pick(random, &["Please add", "I'd like to add", "I would like to add", "We need to add"]);
    format!("{intent} {} as authorized users.\n{}", names.join(" and "), pins.collect::<Vec<_>>().join("\n"))
}

fn below_names(truth: &Truth) -> String {
    truth.users.iter().map(|it| format!("{}\nPIN: {}", it.name(), it.pin)).collect::<Vec<_>>().join("\n\n")
}

/// A truth and its letter, the same for the same seed.
pub(crate) fn generate(seed: u64) -> (Truth, Letter, Seeded) {
    let mut random = Seeded::new(seed);
    let mut truth = Truth::new(&mut random);
    let letter = letter(&truth, &mut random);
    // Layouts that have no place for contacts are of people without.
    let text = letter.text();
    for user in &mut truth.users {
        user.email = user.email.take().filter(|it| text.contains(it.as_str()));
        user.phone = user.phone.take().filter(|it| text.contains(it.as_str()));
        let shows_jobs = text.contains("role: ") || text.contains("Role");
        user.job = user.job.take().filter(|_| shows_jobs);
    }
    (truth, letter, random)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// As Outlook writes it; rows with cells become a table.
fn paragraphs(text: &str) -> String {
    let mut out =
        String::from("<html><head><style>p.MsoNormal{margin:0cm;font-size:11.0pt;color:#1f497d}</style></head><body>");
    let mut is_table = false;
    for line in text.lines().filter(|it| !it.starts_with("|---")) {
        let cells: Vec<&str> = line.trim_matches('|').split(['|', '\t']).collect();
        let is_row = cells.len() > 2;
        if is_row != is_table {
            out.push_str(if is_row { "<table border=1>" } else { "</table>" });
        }
        is_table = is_row;
        if is_row {
            let cells: Vec<String> =
                cells.iter().map(|it| format!("<td><p class=MsoNormal>{}</p></td>", escape(it.trim()))).collect();
            out.push_str(&format!("<tr>{}</tr>", cells.concat()));
        } else if line.is_empty() {
            out.push_str("<p class=MsoNormal>&nbsp;</p>");
        } else {
            out.push_str(&format!("<p class=MsoNormal><span lang=EN-US>{}</span></p>\n", escape(line)));
        }
    }
    out + "</body></html>"
}

/// As web mail writes it.
fn breaks(text: &str) -> String {
    format!("<div dir=\"ltr\">{}</div>", escape(text).replace('\n', "<br>\n").replace('\t', "&nbsp;&nbsp; &nbsp;"))
}

/// Broken at 72 columns, as old mail programs do.
fn wrapped(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut current = String::new();
        let is_table =
            line.contains('|') || line.contains('\t') || line.starts_with("Name, ") || line.matches(", ").count() > 3;
        for word in line.split(' ') {
            if !is_table && !current.is_empty() && current.chars().count() + word.chars().count() >= 72 {
                lines.push(std::mem::take(&mut current));
            }
            current = if current.is_empty() { word.to_owned() } else { format!("{current} {word}") };
        }
        lines.push(current);
    }
    lines.join("\n")
}
