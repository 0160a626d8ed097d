//! The text of a cell as tokens: words, numbers, codes, and the things made of digits that are no PINs — phone numbers,
//! dates, times, amounts, addresses. Nothing here knows what a word means.

use countersign_core::person::Email;
use zeroize::Zeroizing;

use super::characters::{is_apostrophe, is_hyphen, is_letter};

/// What a token is, by its looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Letters, with apostrophes and hyphens inside.
    Word,
    /// ASCII digits and nothing else.
    Number,
    /// Letters and digits, or digits with hyphens: `A-1002947`, `10-4432`, `4th`.
    Code,
    /// An email address.
    Email,
    /// Groups of at least seven digits, or a plus sign before them.
    Phone,
    /// Three groups of digits as a date has them.
    Date,
    /// Digits around a colon.
    Time,
    /// A number with decimals or grouped thousands.
    Amount,
    /// A web address.
    Link,
    /// One character of punctuation.
    Mark(char),
}

/// A token. Its text may be a PIN.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// As it is written.
    pub(super) text: Zeroizing<String>,
    /// In lower case with plain apostrophes and hyphens, for looking up.
    pub(super) key: Zeroizing<String>,
    /// Whether no blank stands before it.
    pub(super) glued: bool,
}

/// The tokens of a text.
pub(super) fn tokens_of(text: &str) -> Vec<Token> {
    let letters: Zeroizing<Vec<char>> = Zeroizing::new(text.chars().collect());
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if letters[at].is_whitespace() {
            at += 1;
            continue;
        }
        let glued = at > 0 && !letters[at - 1].is_whitespace();
        let (kind, end) = next(&letters, at);
        let text: Zeroizing<String> = Zeroizing::new(letters[at..end].iter().collect());
        let key = Zeroizing::new(text.chars().flat_map(key_letters).collect());
        tokens.push(Token { kind, text, key, glued });
        at = end;
    }
    tokens
}

fn key_letters(letter: char) -> impl Iterator<Item = char> {
    let letter = match letter {
        it if is_apostrophe(it) => '\'',
        it if is_hyphen(it) => '-',
        it => it,
    };
    letter.to_lowercase()
}

/// The token that begins here, and where it ends.
fn next(letters: &[char], at: usize) -> (Kind, usize) {
    let begins =
        |word: &str| word.chars().zip(&letters[at..]).filter(|(a, b)| b.eq_ignore_ascii_case(a)).count() == word.len();
    if begins("http://") || begins("https://") || begins("www.") || begins("mailto:") {
        return (Kind::Link, chunk_end(letters, at));
    }
    if let Some(end) = email_end(letters, at) {
        return (Kind::Email, end);
    }
    let first = letters[at];
    if (first.is_ascii_digit() || first == '+' || first == '(')
        && let Some(end) = phone_end(letters, at)
    {
        return (Kind::Phone, end);
    }
    if is_letter(first) { run(letters, at) } else { (Kind::Mark(first), at + 1) }
}

/// Where what hangs together ends: at a blank or a bracket.
fn chunk_end(letters: &[char], at: usize) -> usize {
    let is_end = |it: &char| it.is_whitespace() || "<>()[]{}\"|,;".contains(*it);
    letters[at..].iter().position(is_end).map_or(letters.len(), |it| at + it).max(at + 1)
}

fn email_end(letters: &[char], at: usize) -> Option<usize> {
    if !letters[at].is_ascii_alphanumeric() {
        return None;
    }
    let chunk = &letters[at..chunk_end(letters, at)];
    if !chunk.contains(&'@') {
        return None;
    }
    let text: String = chunk.iter().collect();
    let text = text.trim_end_matches(['.', ':', '!', '?', '\'', '*']);
    text.parse::<Email>().ok().map(|_| at + text.chars().count())
}

/// Where a phone number ends. Its groups are parted by one blank, hyphen, dot or slash, or by brackets.
fn phone_end(letters: &[char], at: usize) -> Option<usize> {
    let is_international = letters[at] == '+';
    let (mut digits, mut groups, mut end, mut next) = (0, 0, at, at + usize::from(!letters[at].is_ascii_digit()));
    while next < letters.len() {
        let size = letters[next..].iter().take_while(|it| it.is_ascii_digit()).count();
        if size == 0 {
            break;
        }
        (digits, groups, end) = (digits + size, groups + 1, next + size);
        next = end + separator(&letters[end..]);
        let is_bracket_open = groups == 1 && letters[at] == '(' && letters.get(end) != Some(&')');
        if next == end || is_bracket_open {
            break;
        }
    }
    let ends_there = letters.get(end).is_none_or(|it| !is_letter(*it));
    let is_phone = (7..=15).contains(&digits) && (groups >= 2 || is_international) && ends_there;
    (is_phone && !is_date(&letters[at..end])).then_some(end)
}

/// How many characters part two groups of a phone number; 0 when the number ends here.
fn separator(rest: &[char]) -> usize {
    let is = |text: &str| {
        text.chars().zip(rest).filter(|(a, b)| a == *b || (*a == '-' && is_hyphen(**b))).count() == text.len()
    };
    [" - ", ") -", ")-", ") ", " (", "-(", "-", ".", "/", " ", ")", "("]
        .iter()
        .find(|it| is(it))
        .map_or(0, |it| it.len())
}

/// Whether digits are grouped as a date: year first or last, and the same mark twice.
fn is_date(letters: &[char]) -> bool {
    let text: String = letters.iter().map(|it| if is_hyphen(*it) { '-' } else { *it }).collect();
    ['-', '.', '/'].iter().any(|mark| {
        let sizes: Vec<usize> = text.split(*mark).map(str::len).collect();
        let is_plain = text.chars().all(|it| it.is_ascii_digit() || it == *mark);
        is_plain && matches!(sizes[..], [4, 1 | 2, 1 | 2] | [1 | 2, 1 | 2, 2 | 4])
    })
}

/// A run of letters and digits with what may stand inside it.
fn run(letters: &[char], at: usize) -> (Kind, usize) {
    let mut end = at;
    while end < letters.len() && (is_letter(letters[end]) || joins(letters, end)) {
        end += 1;
    }
    let text = &letters[at..end];
    (kind_of(text), end)
}

/// Whether a mark between two letters or digits belongs to the run around it.
fn joins(letters: &[char], at: usize) -> bool {
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|it| letters[it]), letters.get(at + 1).copied()) else {
        return false;
    };
    let digits = before.is_ascii_digit() && after.is_ascii_digit();
    let run_before = letters[..at].iter().rev().take_while(|it| it.is_ascii_digit()).count();
    let run_after = letters[at + 1..].iter().take_while(|it| it.is_ascii_digit()).count();
    match letters[at] {
        it if is_hyphen(it) || it == '_' => is_letter(before) && is_letter(after),
        it if is_apostrophe(it) => before.is_alphabetic() && after.is_alphabetic(),
        '.' => digits || (is_single(letters, at - 1) && is_single(letters, at + 1)),
        ',' => digits && run_before <= 3 && run_after == 3,
        '/' => digits && run_before <= 4 && is_date_around(letters, at),
        ':' => digits && run_before <= 2 && run_after == 2,
        _ => false,
    }
}

/// Whether a letter stands alone, as an initial does.
fn is_single(letters: &[char], at: usize) -> bool {
    let is_alone = |it: Option<&char>| it.is_none_or(|it| !is_letter(*it));
    letters[at].is_alphabetic()
        && is_alone(at.checked_sub(1).and_then(|it| letters.get(it)))
        && is_alone(letters.get(at + 1))
}

fn is_date_around(letters: &[char], at: usize) -> bool {
    let is_part = |it: &char| it.is_ascii_digit() || *it == '/';
    let start = at - letters[..at].iter().rev().take_while(|it| is_part(it)).count();
    let end = at + letters[at..].iter().take_while(|it| is_part(it)).count();
    is_date(&letters[start..end])
}

fn kind_of(text: &[char]) -> Kind {
    let has_digit = text.iter().any(|it| it.is_numeric());
    if text.iter().all(char::is_ascii_digit) {
        Kind::Number
    } else if !has_digit {
        Kind::Word
    } else if is_date(text) {
        Kind::Date
    } else if text.contains(&':') && text.iter().all(|it| it.is_ascii_digit() || *it == ':') {
        Kind::Time
    } else if text.iter().all(|it| it.is_ascii_digit() || matches!(it, '.' | ',')) {
        Kind::Amount
    } else {
        Kind::Code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = tokens_of(text).iter().map(|it| format!("{:?}:{}", it.kind, *it.text)).collect::<Vec<_>>();
        let shown =
            shown.iter().map(|it| if it.starts_with("Mark") { &it[it.len() - 1..] } else { it }).collect::<Vec<_>>();
        assert_eq!(shown.join(" "), expected, "{text}");
    }

    #[test]
    fn words_and_numbers_are_told_apart() {
        check("O’Brien-Łuk (PIN:4821)", "Word:O’Brien-Łuk ( Word:PIN : Number:4821 )");
        check("account A-1002947, 10-4432.", "Word:account Code:A-1002947 , Code:10-4432 .");
        check("4821,7712, 48/77", "Number:4821 , Number:7712 , Number:48 / Number:77");
        check("48O1 4th 4-digit ④⑧", "Code:48O1 Code:4th Code:4-digit Code:④⑧");
        check("J.R. Smith #12 Smith's", "Word:J.R . Word:Smith # Number:12 Word:Smith's");
        check("is 4821.Please", "Word:is Number:4821 . Word:Please");
    }

    #[test]
    fn numbers_that_are_no_pins_are_known() {
        check("+1 (555) 010-4821 x", "Phone:+1 (555) 010-4821 Word:x");
        check("(555) 010-4821, (100-2947)", "Phone:(555) 010-4821 , ( Phone:100-2947 )");
        check("4821/7712", "Phone:4821/7712");
        check("555.010.4821", "Phone:555.010.4821");
        check("12/05/2026 2026-11-27 12.05.2026", "Date:12/05/2026 Date:2026-11-27 Date:12.05.2026");
        check("10:30 1,234 5.20 4,821.00", "Time:10:30 Amount:1,234 Amount:5.20 Amount:4,821.00");
        check("a@b.co, <x.y@z.example>", "Email:a@b.co , < Email:x.y@z.example >");
        check("https://x.example/?id=4821 ok", "Link:https://x.example/?id=4821 Word:ok");
        check("4821 7712", "Phone:4821 7712");
    }

    #[test]
    fn what_is_glued_is_noted() {
        let glued: Vec<bool> = tokens_of("a:b -4").iter().map(|it| it.glued).collect();
        assert_eq!(glued, [false, true, true, false, true]);
    }
}
