//! Letters with an edit that nobody planned: a line or a number deleted, doubled or put in, lines broken or run together.

use countersign_testkit::Seeded;

use crate::honest::pick;
use crate::truth::number;

/// Lines that come into letters by accident or by a hurried hand.
const LINES: &[&str] = &[
    "4821",
    "PIN: 4821",
    "PIN 4821",
    "Security PIN: 111222",
    "Maria Lopez",
    "Eve Mallory",
    "Eve Mallory 6660",
    "Account: A-1",
    "- Eve Mallory, PIN 6660",
    "New authorized users:",
    "Name, PIN",
    "Approved by: Eve Mallory",
    "Thanks,",
    "Best regards,",
    "-- ",
    "On Monday, Tom wrote:",
    "> quoted",
    "Please add:",
    "First name: Eve",
    "Last name: Mallory",
    "Name: Eve Mallory",
    "see below",
    "---",
    "| a | b |",
    "User 1",
    "Tel. 555-010-4821",
    "not",
    "?",
    "PINs:",
    "1984",
];

/// A text with an edit. (Two could be another honest letter: a number lost and another put in its place.)
pub(crate) fn edited(text: &str, random: &mut Seeded) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    edit(&mut lines, random);
    lines.join("\n")
}

fn edit(lines: &mut Vec<String>, random: &mut Seeded) {
    if lines.is_empty() {
        return;
    }
    let at = random.below(lines.len() as u64) as usize;
    match random.below(7) {
        0 => {
            lines.remove(at);
        }
        1 => lines.insert(at, lines[at].clone()),
        2 => lines.insert(at, pick(random, LINES).to_owned()),
        3 => {
            let digits = 3 + random.below(5) as usize;
            let number = number(random, digits);
            let line = &lines[at];
            let words: Vec<&str> = line.split(' ').collect();
            let to = random.below(words.len() as u64 + 1) as usize;
            let mut words: Vec<&str> = words;
            words.insert(to, &number);
            lines[at] = words.join(" ");
        }
        4 => {
            // A number is lost.
            let words: Vec<&str> =
                lines[at].split(' ').filter(|it| !it.chars().any(|it| it.is_ascii_digit())).collect();
            lines[at] = words.join(" ");
        }
        5 => {
            // Two lines run together.
            if at + 1 < lines.len() {
                let next = lines.remove(at + 1);
                lines[at] = format!("{} {next}", lines[at]);
            }
        }
        _ => {
            // A line is broken in two.
            let words: Vec<String> = lines[at].split(' ').map(str::to_owned).collect();
            let to = random.below(words.len() as u64 + 1) as usize;
            lines[at] = words[..to].join(" ");
            lines.insert(at + 1, words[to..].join(" "));
        }
    }
}
