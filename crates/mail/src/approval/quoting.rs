//! What of a message its sender wrote now: the rest, quoted, forwarded or signature, is cut off and never a source of a
//! value that matters.

use super::body::Line;
use super::tokens::{Kind, Token, tokens_of};
use super::vocabulary::{Vocabulary, find_phrase, starts_with_phrase};

/// A message in its parts.
#[derive(Default)]
pub(super) struct Parts {
    /// What the sender wrote.
    pub(super) own: Vec<Line>,
    /// From the sign-off on: name, title, addresses.
    pub(super) signature: Vec<Line>,
    /// What a company puts below every message.
    pub(super) disclaimer: Vec<Line>,
    /// What is answered or passed on.
    pub(super) quoted: Vec<Line>,
    /// Whether what is quoted was passed on rather than answered.
    pub(super) is_forward: bool,
}

/// Cuts a message.
pub(super) fn cut(lines: Vec<Line>, words: &Vocabulary) -> Parts {
    let mut parts = Parts::default();
    take_quoted(lines, words, &mut parts);
    take_signature(words, &mut parts);
    parts
}

/// What introduces somebody else's words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Intro {
    /// `On Monday, Tom wrote:`, over so many lines.
    Wrote(usize),
    /// `-----Original Message-----` or a block of `From:`, `Sent:`, `To:`.
    Block,
    /// The same of a message that is passed on.
    Forward,
}

fn take_quoted(lines: Vec<Line>, words: &Vocabulary, parts: &mut Parts) {
    let tokens: Vec<Vec<Token>> = lines.iter().map(|it| tokens_of(&it.joined())).collect();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].quoted {
            parts.quoted.push(lines[at].clone());
            at += 1;
            continue;
        }
        match intro(&lines, &tokens, at, words) {
            None => {
                parts.own.push(lines[at].clone());
                at += 1;
            }
            Some(Intro::Wrote(span)) if next_is_quoted(&lines, at + span) => {
                parts.quoted.extend_from_slice(&lines[at..at + span]);
                at += span;
            }
            Some(intro) => {
                parts.is_forward |= intro == Intro::Forward;
                parts.quoted.extend_from_slice(&lines[at..]);
                at = lines.len();
            }
        }
    }
}

fn next_is_quoted(lines: &[Line], at: usize) -> bool {
    lines[at..].iter().find(|it| !it.is_blank()).is_some_and(|it| it.quoted)
}

/// What begins at a line, if it introduces somebody else's words.
fn intro(lines: &[Line], tokens: &[Vec<Token>], at: usize, words: &Vocabulary) -> Option<Intro> {
    let line = &tokens[at];
    if find_phrase(line, words.forwards).is_some() && is_short(line) {
        return Some(Intro::Forward);
    }
    let is_drawn = lines[at].joined().starts_with("--") || lines[at].joined().starts_with("__");
    let is_parted = is_drawn && find_phrase(line, words.originals).is_some();
    if is_parted || is_header_block(tokens, at, words) {
        return Some(Intro::Block);
    }
    (1..=3).find(|span| is_attribution(tokens, at, *span, words)).map(Intro::Wrote)
}

fn is_short(line: &[Token]) -> bool {
    line.iter().filter(|it| it.kind == Kind::Word).count() <= 4
}

/// Whether some lines are `On … wrote:` in one of the languages, or look like it in any: they end with a colon and hold an
/// address or a time.
fn is_attribution(tokens: &[Vec<Token>], at: usize, span: usize, words: &Vocabulary) -> bool {
    if at + span > tokens.len() || tokens[at].is_empty() || tokens[at + span - 1].is_empty() {
        return false;
    }
    // Lines of their own above an introduction are no part of it.
    let is_parted = tokens[at..at + span].iter().any(Vec::is_empty);
    let begins_later = |skip: usize| {
        starts_with_phrase(&tokens[at + skip], words.wrote_openings)
            && is_attribution(tokens, at + skip, span - skip, words)
    };
    if is_parted || (1..span).any(begins_later) {
        return false;
    }
    let all: Vec<Token> = tokens[at..at + span].iter().flatten().cloned().collect();
    let ends = all.last().is_some_and(|it| it.kind == Kind::Mark(':'));
    let has = |kind: Kind| all.iter().any(|it| it.kind == kind);
    let is_spoken = find_phrase(&all, words.wrote).is_some();
    let is_opened = span == 1 || starts_with_phrase(&all, words.wrote_openings);
    let is_dated = has(Kind::Email) || has(Kind::Time) || has(Kind::Date);
    // Any line that ends with a colon after an address in angle brackets or a time of day introduces something.
    let is_like_one = has(Kind::Time) && (has(Kind::Email) || has(Kind::Date) || all.len() > 8);
    ends && is_opened && ((is_spoken && (is_dated || all.len() > 5)) || is_like_one)
}

/// Whether the head of another message begins here: at least three of its fields in five lines, the first of them on this one.
fn is_header_block(tokens: &[Vec<Token>], at: usize, words: &Vocabulary) -> bool {
    let is_field = |line: &&Vec<Token>| {
        let opening = line.iter().position(|it| it.kind == Kind::Mark(':')).filter(|it| (1..=3).contains(it));
        opening.is_some_and(|end| {
            let key = line[..end].iter().filter(|it| it.kind == Kind::Word).map(|it| it.key.as_str());
            words.header_fields.contains(&key.collect::<Vec<_>>().join(" ").as_str())
        })
    };
    let block = tokens[at..].iter().filter(|it| !it.is_empty()).take(5);
    let first = tokens.get(at).filter(|it| is_field(it)).is_some();
    first && block.filter(is_field).count() >= 3
}

/// Moves signature and disclaimer out of what is the sender's own.
fn take_signature(words: &Vocabulary, parts: &mut Parts) {
    let own = std::mem::take(&mut parts.own);
    let tokens: Vec<Vec<Token>> = own.iter().map(|it| tokens_of(&it.joined())).collect();
    let disclaimer = (0..own.len()).find(|at| starts_with_phrase(&tokens[*at], words.disclaimers)).unwrap_or(own.len());
    let signature = (0..disclaimer).find(|at| begins_signature(&own, &tokens, *at, words)).unwrap_or(disclaimer);
    let signature = bare_name_at_end(&own, &tokens[..signature], words).unwrap_or(signature);
    for (at, line) in own.into_iter().enumerate() {
        match at {
            _ if at < signature => parts.own.push(line),
            _ if at < disclaimer => parts.signature.push(line),
            _ => parts.disclaimer.push(line),
        }
    }
}

fn begins_signature(own: &[Line], tokens: &[Vec<Token>], at: usize, words: &Vocabulary) -> bool {
    let text = own[at].joined();
    if matches!(text.trim(), "--" | "—" | "––") || starts_with_phrase(&tokens[at], words.devices) {
        return true;
    }
    let Some(end) = sign_off_end(&tokens[at], words) else { return false };
    let has_name = tokens[at][end..].iter().any(|it| it.kind == Kind::Word);
    // `Thanks,` may also stand in the middle, with the facts below it.
    let is_thanks = starts_with_phrase(&tokens[at], words.thanks);
    let next = tokens[at + 1..].iter().find(|it| !it.is_empty());
    if next.is_some_and(|it| find_phrase(it, words.negations).is_some()) {
        return false;
    }
    !is_thanks || has_name || next.is_none_or(|it| looks_like_name(it) || sign_off_end(it, words).is_some())
}

/// Where the words of a sign-off end, if a line is one: those words, and a name at most.
pub(super) fn sign_off_end(line: &[Token], words: &Vocabulary) -> Option<usize> {
    let mut at = 0;
    while let Some(length) = words.sign_offs.iter().filter_map(|it| super::vocabulary::match_at(line, at, it)).max() {
        at += length;
        let is_joint = |it: &Token| matches!(it.kind, Kind::Mark(_)) || *it.key == *"and";
        at += line[at..].iter().take_while(|it| is_joint(it)).count();
    }
    (at > 0 && (at == line.len() || looks_like_name(&line[at..]))).then_some(at)
}

/// Whether a line may be a name in a signature: one to five words with capitals, and no number.
pub(super) fn looks_like_name(line: &[Token]) -> bool {
    let name: Vec<&Token> =
        line.iter().take_while(|it| !matches!(it.kind, Kind::Mark(',' | '|' | '(' | '/'))).collect();
    let is_word = |it: &&&Token| it.kind == Kind::Word;
    let words = name.iter().filter(is_word).count();
    let capitals = name.iter().filter(|it| it.text.chars().any(char::is_uppercase)).count();
    let is_plain = name.iter().all(|it| matches!(it.kind, Kind::Word | Kind::Mark('.' | '-' | '*')));
    is_plain && (1..=5).contains(&words) && capitals >= 1 && capitals + 2 >= words
}

/// Where a message without a sign-off ends with nothing but a name, below what is no list of names.
fn bare_name_at_end(own: &[Line], tokens: &[Vec<Token>], words: &Vocabulary) -> Option<usize> {
    let last = (0..tokens.len()).rfind(|at| !own[*at].is_blank())?;
    let before = (0..last).rfind(|at| !own[*at].is_blank());
    let start = match before {
        Some(before) if is_title(&tokens[last], words) && is_name_line(&own[before], &tokens[before]) => before,
        _ => last,
    };
    let above = (0..start).rfind(|at| !own[*at].is_blank())?;
    // Below a sentence with facts in it no empty line is needed.
    let ends_facts = tokens[above].last().is_some_and(|it| it.kind == Kind::Mark('.'))
        && tokens[above].iter().any(|it| matches!(it.kind, Kind::Number | Kind::Code));
    let is_parted = own[start - 1].is_blank() || ends_facts;
    let is_list = is_name_line(&own[above], &tokens[above]) && !ends_facts;
    let ends_open = tokens[above].last().is_some_and(|it| matches!(it.kind, Kind::Mark(':' | ',')));
    let is_row = !own[above].item
        && own[above].cells.len() == 1
        && tokens[above].iter().filter(|it| it.kind == Kind::Word).count() <= 3
        && tokens[above].last().is_some_and(|it| it.kind == Kind::Number)
        && !tokens[above].iter().any(|it| it.kind == Kind::Mark(':'));
    let is_name =
        is_name_line(&own[start], &tokens[start]) && words.name_length(&tokens[start]).is_some_and(|it| it >= 2);
    (is_name && is_parted && !is_list && !ends_open && !is_row).then_some(start)
}

fn is_name_line(line: &Line, tokens: &[Token]) -> bool {
    !line.item && line.cells.len() == 1 && looks_like_name(tokens)
}

/// Whether a line is what a person does: `Account Owner`, `CFO, Lopez & Sons`.
fn is_title(tokens: &[Token], words: &Vocabulary) -> bool {
    let has_number = tokens.iter().any(|it| !matches!(it.kind, Kind::Word | Kind::Mark(_)));
    !has_number && tokens.len() <= 8 && tokens.iter().any(|it| words.roles.contains(&it.key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::body::{Oddities, lines_of_text};
    use crate::approval::vocabulary::ENGLISH;

    fn check(text: &str, own: &[&str], signature: &[&str]) {
        let parts = cut(lines_of_text(text, &mut Oddities::default()), &ENGLISH);
        let shown = |lines: &[Line]| {
            lines.iter().map(|it| it.joined().to_string()).filter(|it| !it.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(shown(&parts.own), own, "{text}");
        assert_eq!(shown(&parts.signature), signature, "{text}");
    }

    #[test]
    fn answered_messages_are_cut() {
        for intro in [
            "On Mon, Nov 23, 2026 at 9:14 AM Tom <t@x.example> wrote:",
            "On Mon, Nov 23, 2026 at 9:14 AM Tom Baker of Support <\nt@x.example> wrote:",
            "Am Mo., 23. Nov. 2026 um 09:14 Uhr schrieb Tom <t@x.example>:",
            "Le lun. 23 nov. 2026 à 09:14, Tom <t@x.example> a écrit :",
            "El lun, 23 nov 2026 a las 9:14, Tom (<t@x.example>) escribió:",
            "Il giorno lun 23 nov 2026 alle ore 09:14 Tom <t@x.example> ha scritto:",
            "Op ma 23 nov 2026 om 09:14 schreef Tom <t@x.example>:",
            "W dniu 23.11.2026 o 09:14, Tom pisze:",
            "2026年11月23日(月) 9:14 Tom <t@x.example>:",
            "-----Original Message-----",
            "-----Ursprüngliche Nachricht-----",
            "________________________________\nFrom: Tom\nSent: Monday\nTo: Ann\nSubject: x",
            "From: Tom <t@x.example>\nDate: Monday\nTo: Ann\nSubject: x",
            "Von: Tom\nGesendet: Montag\nAn: Ann\nBetreff: x",
            "---------- Forwarded message ---------",
            "Begin forwarded message:",
        ] {
            let parts = cut(lines_of_text(&format!("own\n\n{intro}\nPIN 4821"), &mut Oddities::default()), &ENGLISH);
            let own: String = parts.own.iter().map(|it| it.joined().to_string()).collect();
            assert_eq!(own.trim_matches('_'), "own", "{intro}");
        }
    }

    #[test]
    fn answers_below_a_quotation_are_the_senders_own() {
        check("On Mon, 9:14, Tom <t@x.example> wrote:\n> PIN?\n\nYes, all fine.", &["Yes, all fine."], &[]);
    }

    #[test]
    fn what_stands_above_an_introduction_is_the_senders_own() {
        let text = "On second thought, not Ann.\n\nAm 23.11.2026 um 09:14 schrieb Tom <t@x.example>:\n> x";
        check(text, &["On second thought, not Ann."], &[]);
        check(
            "a.\nThank you for your help.\n\nExcept for Ann Lee.",
            &["a.", "Thank you for your help.", "Except for Ann Lee."],
            &[],
        );
    }

    #[test]
    fn labels_are_no_head_of_a_message() {
        check("Account: A-1\nPIN: 4821\nName: Ann Lee", &["Account: A-1", "PIN: 4821", "Name: Ann Lee"], &[]);
        check("From: Ann Lee\nThe rest.", &["From: Ann Lee", "The rest."], &[]);
    }

    #[test]
    fn signatures_are_cut() {
        check(
            "a.\n\nBest regards,\nMaria Lopez\n+1 555 010 4821",
            &["a."],
            &["Best regards,", "Maria Lopez", "+1 555 010 4821"],
        );
        check("a.\nThanks and kind regards, Maria Lopez", &["a."], &["Thanks and kind regards, Maria Lopez"]);
        check("a.\n-- \nMaria", &["a."], &["--", "Maria"]);
        check("The PIN is 4821.\nMaria Lopez", &["The PIN is 4821."], &["Maria Lopez"]);
        check("a.\n\nMaria Lopez\nAccount Owner", &["a."], &["Maria Lopez", "Account Owner"]);
        check("a.\n\nSent from my iPhone", &["a."], &["Sent from my iPhone"]);
        check("Thanks.\n\nAccount: 1", &["Thanks.", "Account: 1"], &[]);
        check("Thanks for your help with this.\nBye", &["Thanks for your help with this.", "Bye"], &[]);
    }

    #[test]
    fn a_name_at_the_end_of_a_list_is_no_signature() {
        check("Users:\n\nAnn Lee", &["Users:", "Ann Lee"], &[]);
        check("Add them.\nAnn Lee\n\nBo Ek", &["Add them.", "Ann Lee", "Bo Ek"], &[]);
        check("Add them.\nAnn Lee 4821\n\nBo Ek", &["Add them.", "Ann Lee 4821", "Bo Ek"], &[]);
        check("Add them.\n- Ann Lee 4821\n\nBo Ek", &["Add them.", "Ann Lee 4821"], &["Bo Ek"]);
    }
}
