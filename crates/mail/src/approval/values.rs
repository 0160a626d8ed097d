//! Numbers beside labels: which one a label means, and whether it stands alone.

use super::names::Name;
use super::statements::{Statement, What};
use super::tokens::Kind;
use super::vocabulary::{Label, Vocabulary};

/// The value of a label.
pub(super) struct Value {
    /// Which piece it is.
    pub(super) piece: usize,
    /// Whether a colon or its like announces it.
    pub(super) is_marked: bool,
    /// The name between label and value: `PIN for John Smith: 4821`.
    pub(super) name: Option<Name>,
}

/// The number or code that a label means, with nothing between but marks, small words, a name after `for`, or the account.
pub(super) fn value_at(statement: &Statement, label: usize, words: &Vocabulary) -> Option<Value> {
    const BETWEEN_MAX: usize = 9;
    let (mut is_marked, mut name) = (false, None);
    let mut at = label + 1;
    while at < statement.pieces.len().min(label + 1 + BETWEEN_MAX) {
        match &statement.pieces[at].what {
            What::Number | What::Code => return Some(Value { piece: at, is_marked, name }),
            What::Phone | What::Noise if is_account(statement, label) => {
                return Some(Value { piece: at, is_marked, name });
            }
            What::Mark(mark) if is_joint(*mark) => is_marked |= matches!(mark, ':' | '=' | '#' | '|' | '-' | '–'),
            What::Stop if words.glue.contains(&statement.key(at)) => {
                is_marked |= matches!(statement.key(at), "number" | "no" | "is")
            }
            What::Stop if statement.key(at) == "for" => {}
            What::Name(found) if name.is_none() && !is_account(statement, label) => name = Some(found.clone()),
            // `Security PIN for account A-1: 4821`
            What::Label(Label::Account) if is_security_pin(statement, label) => {
                at = value_at(statement, at, words)?.piece;
            }
            _ => return None,
        }
        at += 1;
    }
    None
}

fn is_account(statement: &Statement, label: usize) -> bool {
    statement.pieces[label].what == What::Label(Label::Account)
}

fn is_security_pin(statement: &Statement, label: usize) -> bool {
    statement.pieces[label].what == What::Label(Label::SecurityPin)
}

/// Marks that may stand between a label and its value.
fn is_joint(mark: char) -> bool {
    ":=-–—#|.*()[]\"“”„'‘’_>→~".contains(mark)
}

/// Whether something beside a number makes it doubtful that it is the whole of it: another number with nothing that parts
/// them, `or` another number, a unit, a sign glued to it.
pub(super) fn is_crowded(statement: &Statement, at: usize, words: &Vocabulary) -> bool {
    let numeric = |it: usize| {
        statement
            .pieces
            .get(it)
            .is_some_and(|it| matches!(it.what, What::Number | What::Code | What::Phone | What::Noise))
    };
    let mark = |it: usize| match statement.pieces.get(it).map(|it| &it.what) {
        Some(What::Mark(mark)) => Some(*mark),
        _ => None,
    };
    let glued = |it: usize| statement.pieces.get(it).is_some_and(|it| statement.tokens[it.start].glued);
    let key = |it: usize| statement.pieces.get(it).map(|_| statement.key(it)).unwrap_or_default();
    let parts = |it: char| "-/.*+,:'–—_~&\\^%".contains(it);
    let behind = at + 1;
    let is_part_behind = mark(behind).is_some_and(|it| {
        let is_tied = parts(it)
            && (glued(behind) || matches!(it, '/' | '-' | '–' | '+' | '*' | '&' | '~'))
            && numeric(behind + 1);
        is_tied || matches!(it, '%' | '€' | '$' | '£' | '?')
    });
    let is_part_before = at >= 2
        && glued(at)
        && mark(at - 1).is_some_and(|it| "-/.+,'_$€£".contains(it))
        && glued(at - 1)
        && numeric(at - 2);
    let is_amount = at >= 1 && words.currencies.contains(&key(at - 1));
    let is_choice = matches!(key(behind), "or" | "and" | "to" | "is" | "now" | "not" | "but" | "then" | "was")
        && numeric(behind + 1)
        && !is_labelled_before(statement, behind + 1);
    let is_measure = words.units.contains(&key(behind));
    numeric(behind) || is_part_behind || is_part_before || is_amount || is_choice || is_measure
}

/// The day before a year: `November 23, 2026`.
fn is_day(text: &str) -> bool {
    (1..=2).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
}

/// Whether an account number is crowded, or another number follows that nothing but small words and marks part from it.
pub(super) fn is_followed_by_number(statement: &Statement, at: usize, words: &Vocabulary) -> bool {
    let is_between = |it: &usize| match &statement.pieces[*it].what {
        // A dot or a bracket right behind the number ends what it is about.
        What::Mark(mark) => is_joint(*mark) && !(*it == at + 1 && matches!(mark, ')' | '.')),
        What::Stop => words.glue.contains(&statement.key(*it)),
        _ => false,
    };
    let next = (at + 1..statement.pieces.len()).find(|it| !is_between(it));
    let is_number =
        |it: usize| matches!(statement.pieces[it].what, What::Number | What::Code | What::Phone | What::Noise);
    is_crowded(statement, at, words) || next.is_some_and(is_number)
}

fn is_labelled_before(statement: &Statement, at: usize) -> bool {
    at > 0 && matches!(statement.pieces[at - 1].what, What::Label(_))
}

/// Whether a piece is no number, or one that needs no meaning: short, a year, an amount, a street number, a phone number.
pub(super) fn is_explained(statement: &Statement, at: usize, words: &Vocabulary) -> bool {
    let text = statement.text(at);
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let key = |it: usize| statement.pieces.get(it).map(|_| statement.key(it)).unwrap_or_default();
    let before = (0..at).rev().find(|it| !matches!(statement.pieces[*it].what, What::Mark(',' | '.' | '(')));
    let says_when = before.is_some_and(|it| words.before_years.contains(&key(it)) || is_day(statement.text(it)));
    let is_year = says_when && text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    // `4200 Harbor Street`: a unit after a word or two.
    let behind = statement.tokens[statement.pieces[at].end..].iter().take(3).take_while(|it| it.kind == Kind::Word);
    let is_measured = behind.into_iter().any(|it| words.units.contains(&it.key.as_str()));
    let is_amount = is_measured || (at > 0 && words.currencies.contains(&key(at - 1)));
    match statement.pieces[at].what {
        What::Number => digits < 4 || is_year || is_amount,
        What::Code => digits < 4 && !text.chars().any(|it| it.is_numeric() && !it.is_ascii_digit()),
        // Two groups of four could be two PINs.
        What::Phone => text.starts_with('+') || !text.split(|it: char| !it.is_ascii_digit()).all(|it| it.len() == 4),
        _ => true,
    }
}
