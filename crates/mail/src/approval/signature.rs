//! What the end of a message says: who signs it, which account they have; and whether something stands there that should
//! stand above.

use countersign_core::account::AccountNumber;
use countersign_core::name_match::{NameMatch, compare_written};
use countersign_core::person::PersonName;

use super::body::Line;
use super::doubt::DoubtKind;
use super::intent::{ask, hedges};
use super::names::Name;
use super::quoting::sign_off_end;
use super::statements::{Statement, What, is_name_and_word};
use super::tokens::{Kind, Token, tokens_of};
use super::values::value_at;
use super::vocabulary::{Label, Vocabulary, starts_with_phrase};

/// What a signature says.
#[derive(Default)]
pub(super) struct Signature {
    /// The name as signed; may be a first name alone.
    pub(super) name: Option<Name>,
    /// The account, where it is labelled.
    pub(super) account: Option<AccountNumber>,
    /// Whether something that matters stands there.
    pub(super) is_suspect: bool,
}

/// Reads a signature, and what a company puts below it.
pub(super) fn read_signature(lines: &[Line], disclaimer: &[Line], words: &Vocabulary) -> Signature {
    let mut signature = Signature::default();
    let mut is_before_name = true;
    for line in lines.iter().filter(|it| !it.is_blank()) {
        let tokens = tokens_of(&first_part(line));
        // A second sign-off, or a PIN's digits beside the name: what stands here is no signature, or not only one.
        let signs_off_again = !is_before_name && sign_off_end(&tokens, words).is_some_and(|it| it > 0);
        let has_digits = |it: &Token| it.kind == Kind::Number && it.text.len() == 4;
        signature.is_suspect |= signs_off_again || (is_before_name && tokens.iter().any(has_digits));
        if is_before_name {
            match sign_off_end(&tokens, words) {
                Some(end) if end < tokens.len() => is_before_name = take_name(&tokens[end..], words, &mut signature),
                Some(_) => {}
                None if is_dashes(&tokens) || starts_with_phrase(&tokens, words.devices) => {}
                None => is_before_name = take_name(&tokens, words, &mut signature),
            }
        }
        let statement = Statement::of(&line.joined(), words);
        signature.account = account_of(&statement, words).or(signature.account);
        signature.is_suspect |= matters(&statement, words);
    }
    let has_pin = |line: &Line| {
        let statement = Statement::of(&line.joined(), words);
        has_labelled_pin(&statement, words) || (ask(&statement, words).is_some() && statement.has_label(Label::NewUser))
    };
    signature.is_suspect |= disclaimer.iter().any(has_pin);
    signature
}

/// The first cell of a line: a signature may have the name, the title and the company side by side.
fn first_part(line: &Line) -> String {
    line.cells.iter().find(|it| !it.is_empty()).map(|it| it.to_string()).unwrap_or_default()
}

fn is_dashes(tokens: &[Token]) -> bool {
    tokens.iter().all(|it| matches!(it.kind, Kind::Mark('-' | '–' | '—' | '_' | '*' | '~')))
}

/// Takes the name that a line begins with; answers whether a name may still come.
fn take_name(tokens: &[Token], words: &Vocabulary, signature: &mut Signature) -> bool {
    let part: Vec<Token> = tokens
        .iter()
        .take_while(|it| !matches!(it.kind, Kind::Mark(',' | '(' | '/' | '–' | '—' | '-')))
        .cloned()
        .collect();
    let is_word = |it: &&Token| it.kind == Kind::Word && !words.titles.contains(&it.key.as_str());
    let names: Vec<String> = part.iter().filter(is_word).map(|it| it.text.to_string()).collect();
    let is_name = !names.is_empty()
        && names.len() <= 5
        && part.iter().all(|it| matches!(it.kind, Kind::Word | Kind::Mark('.' | '*')));
    let is_known = |at: usize| words.is_known(&part[at].key) && !is_name_and_word(&part, at, at > 0, words);
    let known = (0..part.len()).filter(|it| is_known(*it)).count();
    if is_name && known == 0 {
        signature.name = Some(Name { words: names, ..Name::default() });
    }
    false
}

fn account_of(statement: &Statement, words: &Vocabulary) -> Option<AccountNumber> {
    let label = statement.pieces.iter().position(|it| it.what == What::Label(Label::Account))?;
    let value = value_at(statement, label, words).filter(|it| it.is_marked)?;
    statement.text(value.piece).parse().ok()
}

fn has_labelled_pin(statement: &Statement, words: &Vocabulary) -> bool {
    let is_pin = |it: &What| matches!(it, What::Label(Label::Pin | Label::Pins | Label::SecurityPin | Label::OtherPin));
    (0..statement.pieces.len()).any(|at| is_pin(&statement.pieces[at].what) && value_at(statement, at, words).is_some())
}

/// Whether a line below the sign-off says something about the request: a PIN, an addition, something taken back.
fn matters(statement: &Statement, words: &Vocabulary) -> bool {
    let is_postscript = starts_with_phrase(&statement.tokens, words.postscripts);
    let hedges = hedges(statement, words);
    let is_negated = hedges.contains(&DoubtKind::RequestNegated);
    let is_hedged = hedges
        .iter()
        .any(|it| matches!(it, DoubtKind::RequestConditional | DoubtKind::OnBehalf | DoubtKind::OtherRequest));
    let small =
        statement.tokens.iter().filter(|it| it.kind == Kind::Word && it.text.chars().all(char::is_lowercase)).count();
    // A title may hold a word of doubt, `Test Engineer`; prose means it.
    let is_prose = small >= 2;
    // `Is that correct?` below the good-bye doubts what stands above it.
    let is_asked = hedges.contains(&DoubtKind::RequestAsked);
    has_labelled_pin(statement, words)
        || ask(statement, words).is_some()
        || is_negated
        || (is_hedged && (is_postscript || is_prose))
        || (is_asked && is_prose)
        || (is_postscript && statement.has_label(Label::NewUser))
}

/// Whether who signs may be who approves: the same name, its first name alone, or an initial and the last name.
pub(super) fn agrees(signed: &Name, approver: &PersonName) -> bool {
    let written = signed.words.join(" ");
    if signed.is_single() {
        return compare_written(&format!("{written} {}", approver.last()), approver) == NameMatch::Same
            || written.eq_ignore_ascii_case(approver.last());
    }
    let initial = signed.words[0].trim_end_matches('.');
    let is_initial =
        initial.chars().count() == 1 && approver.first().to_lowercase().starts_with(&initial.to_lowercase());
    let rest = signed.words[1..].join(" ");
    compare_written(&written, approver) == NameMatch::Same
        || (is_initial && compare_written(&format!("{} {rest}", approver.first()), approver) == NameMatch::Same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::body::{Oddities, lines_of_text};
    use crate::approval::vocabulary::ENGLISH;

    fn read(text: &str) -> Signature {
        read_signature(&lines_of_text(text, &mut Oddities::default()), &[], &ENGLISH)
    }

    fn check(text: &str, name: Option<&str>, is_suspect: bool) {
        let signature = read(text);
        assert_eq!(signature.name.map(|it| it.words.join(" ")).as_deref(), name, "{text}");
        assert_eq!(signature.is_suspect, is_suspect, "{text}");
    }

    #[test]
    fn who_signs_is_read() {
        check("Best regards,\nMaria Lopez\nCFO", Some("Maria Lopez"), false);
        check("Thanks, Maria", Some("Maria"), false);
        check("Kind regards\n\nMaria Lopez, Account Owner | Lopez & Sons", Some("Maria Lopez"), false);
        check("--\nMaria Lopez", Some("Maria Lopez"), false);
        check("Sent from my iPhone", None, false);
        check("Regards,\nThe Accounting Team", None, false);
    }

    #[test]
    fn what_should_stand_above_is_suspect() {
        check("Regards,\nMaria Lopez\nPIN 4821", Some("Maria Lopez"), true);
        check("Regards,\nMaria Lopez\nPS: please wait with Jane.", Some("Maria Lopez"), true);
        check("Regards,\nMaria Lopez\nPlease also add Tom Fox.", Some("Maria Lopez"), true);
        check("Regards,\nMaria Lopez – 4821", Some("Maria Lopez"), true);
        check("Regards,\nMaria Lopez\n\nIs that correct?", Some("Maria Lopez"), true);
        check("Regards,\nMaria Lopez\nCan you do that?", Some("Maria Lopez"), true);
        check("Regards,\nMaria Lopez\nAny questions? Just call.", Some("Maria Lopez"), false);
        check("Regards,\nMaria Lopez\nx\nRegards,\nTom Fox", Some("Maria Lopez"), true);
        check("Regards,\nMaria Lopez\nTel 555-010-4821\n1200 Market Street", Some("Maria Lopez"), false);
    }

    #[test]
    fn an_account_may_stand_in_a_signature() {
        assert_eq!(read("Regards,\nMaria\nAccount #: A-77").account.map(|it| it.to_string()).as_deref(), Some("A-77"));
    }

    #[test]
    fn a_short_signature_agrees() {
        let approver = PersonName::new("Maria", "Lopez").unwrap();
        let agrees = |text: &str| {
            agrees(&Name { words: text.split(' ').map(str::to_owned).collect(), ..Name::default() }, &approver)
        };
        assert!(agrees("Maria") && agrees("maria lopez") && agrees("M. Lopez") && agrees("María López"));
        assert!(!agrees("Tom") && !agrees("T. Lopez") && !agrees("Marta Lopez"));
    }
}
