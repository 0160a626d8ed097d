//! The answer: asked or not, sure or not. A body with two texts is read by its HTML and held against its plain text.

use std::collections::BTreeSet;

use countersign_core::person::PersonName;

use super::body::{Line, Oddities, lines_of_text};
use super::doubt::{Doubt, DoubtKind};
use super::draft::{Gathered, is_same};
use super::html::lines_of_html;
use super::intent::{Ask, ask, hedges, speaks_of_adding};
use super::names::Name;
use super::quoting::{Parts, cut};
use super::reader::Reader;
use super::signature::{Signature, agrees, read_signature};
use super::statements::{Statement, What, is_greeting, statements_of};
use super::tokens::{Kind, tokens_of};
use super::values::value_at;
use super::vocabulary::{Label, Vocabulary, find_phrase};
use super::{Approval, ApprovalRequest, Body, Context, Understood};

/// Longest body that is read, in bytes, of its visible text; what is longer is no letter.
const TEXT_MAX: usize = 60_000;
/// Longest text that is looked at, in bytes, with everything that is quoted in it.
const WHOLE_MAX: usize = 200_000;
/// Longest line that is read, in bytes.
const LINE_MAX: usize = 6_000;
/// Longest HTML that is looked at, in bytes, and most tags in it.
const HTML_MAX: usize = 2_000_000;
const TAGS_MAX: usize = 60_000;

/// Reads a body with the words of a language.
pub(super) fn read(body: &Body, context: &Context, words: &Vocabulary) -> Approval {
    let html = body.html.as_ref().filter(|it| !it.is_blank());
    let text = body.text.as_ref().filter(|it| !it.is_blank());
    match (html, text) {
        (None, None) => read_lines(Vec::new(), Oddities::default(), context, words),
        (None, Some(text)) => read_text(text.as_str(), context, words),
        (Some(html), other) => {
            let answer = read_html(html.as_str(), context, words);
            match (answer, other) {
                (Approval::Asks(_), Some(text)) if speaks_against(&read_text(text.as_str(), context, words)) => {
                    unclear(Understood::default(), [DoubtKind::PartsDiffer.into()].into())
                }
                (Approval::Asks(request), Some(text)) => hold_against(request, html.as_str(), text.as_str(), words),
                (Approval::NotAsked, Some(text)) => match read_text(text.as_str(), context, words) {
                    Approval::NotAsked => Approval::NotAsked,
                    _ => unclear(Understood::default(), [DoubtKind::PartsDiffer.into()].into()),
                },
                (answer, _) => answer,
            }
        }
    }
}

/// Whether the plain text limits, or takes back, what the HTML asks for. It need not be a version of the same: programs and lists
/// put texts of their own beside a letter. That it cannot be read, like a table that lost its columns, is nothing against it.
fn speaks_against(plain: &Approval) -> bool {
    let is_against = |it: &Doubt| {
        matches!(
            it.kind,
            DoubtKind::RequestNegated
                | DoubtKind::RequestAsked
                | DoubtKind::RequestConditional
                | DoubtKind::OtherRole
                | DoubtKind::OtherRequest
                | DoubtKind::OnBehalf
                | DoubtKind::AfterSignature
        )
    };
    matches!(plain, Approval::Unclear { doubts, .. } if doubts.iter().any(is_against))
}

fn read_text(text: &str, context: &Context, words: &Vocabulary) -> Approval {
    let mut odd = Oddities::default();
    if text.len() > WHOLE_MAX {
        return too_long();
    }
    let lines = lines_of_text(text, &mut odd);
    read_lines(lines, odd, context, words)
}

fn read_html(html: &str, context: &Context, words: &Vocabulary) -> Approval {
    let mut odd = Oddities::default();
    if html.len() > HTML_MAX || html.matches('<').count() > TAGS_MAX {
        return too_long();
    }
    let lines = lines_of_html(html, &mut odd);
    read_lines(lines, odd, context, words)
}

fn too_long() -> Approval {
    unclear(Understood::default(), [DoubtKind::TooLong.into()].into())
}

/// A request that was read from HTML stands only if the plain text, which other programs show, holds the same numbers and names
/// and takes nothing back.
fn hold_against(request: ApprovalRequest, html: &str, text: &str, words: &Vocabulary) -> Approval {
    let own_words = |lines: Vec<Line>| -> BTreeSet<String> {
        let own = cut(lines, words).own;
        let tokens = own.iter().flat_map(|it| tokens_of(&it.joined()));
        tokens.filter(|it| !matches!(it.kind, Kind::Link | Kind::Mark(_))).map(|it| it.key.to_string()).collect()
    };
    let shown = own_words(lines_of_html(html, &mut Oddities::default()));
    let told = own_words(lines_of_text(text, &mut Oddities::default()));
    let matters = |it: &&String| {
        let is_hedge = words.negations.contains(&it.as_str()) || words.conditions.contains(&it.as_str());
        it.chars().any(char::is_numeric) || is_hedge
    };
    let differs = shown.symmetric_difference(&told).any(|it| matters(&it));
    let lacks_name = request.users.iter().any(|user| {
        let name = user.name.to_string().to_lowercase();
        name.split(' ').any(|part| !told.iter().any(|it| it.trim_end_matches("'s") == part.replace('’', "'")))
    });
    if differs || lacks_name {
        let understood = Understood {
            account: Some(request.account),
            approver: Some(request.approver),
            has_security_pin: true,
            users: request.users.into_iter().map(|it| it.name).collect(),
        };
        return unclear(understood, [DoubtKind::PartsDiffer.into()].into());
    }
    Approval::Asks(request)
}

fn unclear(understood: Understood, doubts: BTreeSet<Doubt>) -> Approval {
    Approval::Unclear { understood, doubts: doubts.into_iter().collect() }
}

/// What a message says about asking, whatever it names.
struct Mood {
    /// Whether a sentence asks to add somebody.
    asks: bool,
    /// Whether anything speaks of adding or of taking away.
    speaks: bool,
    /// Whether it speaks of Authorized Users or PINs.
    is_topic: bool,
    hedges: BTreeSet<DoubtKind>,
}

fn read_lines(lines: Vec<Line>, odd: Oddities, context: &Context, words: &Vocabulary) -> Approval {
    let sizes = || lines.iter().map(|it| it.cells.iter().map(|it| it.len()).sum::<usize>());
    if sizes().sum::<usize>() > WHOLE_MAX || sizes().any(|it| it > LINE_MAX) {
        return too_long();
    }
    let parts = cut(lines, words);
    let size: usize = parts.own.iter().flat_map(|it| &it.cells).map(|it| it.len()).sum();
    if size > TEXT_MAX {
        return too_long();
    }
    let mut statements = statements_of(&parts.own, words);
    let first = statements.iter().position(|it| !it.tokens.is_empty());
    if let Some(first) = first.filter(|it| is_greeting(&statements[*it], words)) {
        statements.remove(first);
    }
    let subject = subject_of(context, words);
    let mood = mood(&statements, &subject, words);
    let mut gathered = Reader::new(words).read(&statements);
    let signature = read_signature(&parts.signature, &parts.disclaimer, words);
    if let Some(answer) = not_asked(&parts, &statements, &mood, &gathered, words) {
        return answer;
    }
    doubt_mood(&mood, &subject, &statements, &mut gathered, words);
    doubt_names_below(&parts, &mut gathered, words);
    doubt_rest(odd, context, &signature, &mut gathered);
    answer(gathered, signature, &subject, words)
}

fn subject_of(context: &Context, words: &Vocabulary) -> Statement {
    let mut rest = context.subject.trim();
    while let Some(after) = ["re:", "aw:", "sv:"]
        .iter()
        .find_map(|it| rest.get(..3).filter(|head| head.eq_ignore_ascii_case(it)).map(|_| rest[3..].trim()))
    {
        rest = after;
    }
    let mut odd = Oddities::default();
    let text = super::body::visible(&rest.chars().take(400).collect::<String>(), &mut odd);
    Statement::of(&text, words)
}

fn mood(statements: &[Statement], subject: &Statement, words: &Vocabulary) -> Mood {
    let hedges = statements.iter().chain([subject]).flat_map(|it| hedges(it, words)).collect();
    let is_topic = |it: &Statement| {
        let speaks =
            it.pieces.iter().any(|it| matches!(it.what, What::Label(Label::Pin | Label::Pins | Label::SecurityPin)));
        let says_authorized = it.tokens.iter().any(|it| it.key.starts_with("authori"));
        speaks || (says_authorized && it.has_label(Label::NewUser))
    };
    Mood {
        asks: statements.iter().any(|it| ask(it, words).is_some()),
        speaks: statements.iter().any(|it| speaks_of_adding(it, words) || takes_away(it)),
        is_topic: statements.iter().any(is_topic),
        hedges,
    }
}

/// Whether a statement speaks of taking somebody's privileges.
fn takes_away(statement: &Statement) -> bool {
    let verbs = ["remove", "delete", "revoke", "cancel", "deactivate", "removing", "removed"];
    statement.tokens.iter().any(|it| verbs.contains(&it.key.as_str()))
}

/// The answer to a message that does not ask, or does so elsewhere than in its sender's words.
fn not_asked(
    parts: &Parts,
    statements: &[Statement],
    mood: &Mood,
    gathered: &Gathered,
    words: &Vocabulary,
) -> Option<Approval> {
    let has_data = gathered.has_pins;
    let tells = |phrases: &[&str]| statements.iter().any(|it| find_phrase(&it.tokens, phrases).is_some());
    if has_data && (mood.asks || mood.is_topic) {
        return None;
    }
    let is_mass_mail = tells(words.mass_mail)
        || parts
            .disclaimer
            .iter()
            .chain(&parts.signature)
            .any(|it| find_phrase(&tokens_of(&it.joined()), words.mass_mail).is_some());
    if is_mass_mail {
        return Some(Approval::NotAsked);
    }
    if is_foreign_request(statements, words) {
        return Some(unclear(Understood::default(), [DoubtKind::OtherLanguage.into()].into()));
    }
    let is_asked = mood.asks && (mood.is_topic || !gathered.people.is_empty());
    if is_asked {
        return tells(words.forms).then_some(Approval::NotAsked);
    }
    let speaks = mood.speaks && mood.is_topic && mood.hedges.contains(&DoubtKind::RequestNegated);
    if speaks {
        return None;
    }
    let says_little = statements.iter().map(|it| it.tokens.len()).sum::<usize>() <= 60;
    let points = says_little && (tells(words.pointers) || statements.iter().all(|it| it.tokens.is_empty()));
    // Answers between quoted questions have numbers and no labels.
    let answers = gathered.doubts.contains(&DoubtKind::NumberUnexplained.into());
    if (points || answers || parts.is_forward) && asks_in(&parts.quoted, words) {
        return Some(unclear(Understood::default(), [DoubtKind::RequestInQuote.into()].into()));
    }
    Some(Approval::NotAsked)
}

/// Whether quoted lines ask to add somebody.
fn asks_in(lines: &[Line], words: &Vocabulary) -> bool {
    let bare: Vec<Line> = lines.iter().map(|it| Line { quoted: false, ..it.clone() }).collect();
    let statements = statements_of(&bare, words);
    let asks = statements.iter().any(|it| ask(it, words).is_some() || it.has_label(Label::NewUser));
    asks && statements.iter().any(|it| {
        it.pieces
            .iter()
            .any(|it| matches!(it.what, What::Label(Label::Pin | Label::Pins | Label::SecurityPin | Label::NewUser)))
    })
}

/// Whether a message asks for something of the kind in another language.
fn is_foreign_request(statements: &[Statement], words: &Vocabulary) -> bool {
    let is_number = |kind: Kind| matches!(kind, Kind::Number | Kind::Code);
    let has_number = statements.iter().flat_map(|it| &it.tokens).any(|it| is_number(it.kind) && it.text.len() >= 4);
    has_number && statements.iter().any(|it| find_phrase(&it.tokens, words.foreign).is_some())
}

fn doubt_mood(mood: &Mood, subject: &Statement, statements: &[Statement], gathered: &mut Gathered, words: &Vocabulary) {
    for kind in &mood.hedges {
        gathered.doubt(*kind);
    }
    let approves = !gathered.approvers.is_empty() && statements.iter().any(|it| it.has_label(Label::NewUser));
    let heads =
        |it: &Statement| it.has_label(Label::NewUser) && find_phrase(&it.tokens, &["to add", "to be added"]).is_some();
    let is_spoken = mood.asks || ask(subject, words).is_some() || statements.iter().any(heads) || approves;
    if !is_spoken {
        gathered.doubt(DoubtKind::RequestUnspoken);
    }
    if statements.iter().any(|it| asks_in_quotation_marks(it, words)) {
        gathered.doubt(DoubtKind::RequestInQuote);
    }
    if statements.iter().any(|it| find_phrase(&it.tokens, words.forms).is_some()) {
        gathered.doubt(DoubtKind::FormMentioned);
    }
    if statements.iter().any(|it| find_phrase(&it.tokens, words.foreign).is_some()) {
        gathered.doubt(DoubtKind::OtherLanguage);
    }
}

fn doubt_rest(odd: Oddities, context: &Context, signature: &Signature, gathered: &mut Gathered) {
    let found = [
        (odd.hidden, DoubtKind::HiddenText),
        (odd.invisible, DoubtKind::InvisibleCharacters),
        (odd.moved, DoubtKind::MovedText),
        (odd.struck, DoubtKind::StruckOut),
        (odd.odd_digits, DoubtKind::OddDigits),
        (context.has_form, DoubtKind::FormMentioned),
        (signature.is_suspect, DoubtKind::AfterSignature),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).for_each(|(_, kind)| gathered.doubt(kind));
}

/// Whether a statement asks in somebody's words: `"Please add …"`.
fn asks_in_quotation_marks(statement: &Statement, words: &Vocabulary) -> bool {
    let Some(Ask::Before(end) | Ask::After(end)) = ask(statement, words) else { return false };
    let is_mark = |kind: Kind| matches!(kind, Kind::Mark('"' | '“' | '„' | '”' | '«' | '»' | '\'' | '‘'));
    statement.tokens[..end.min(statement.tokens.len())].iter().any(|it| is_mark(it.kind))
}

/// Somebody to add is not named again below the signature, but to say something about them.
fn doubt_names_below(parts: &Parts, gathered: &mut Gathered, words: &Vocabulary) {
    let names = |line: &Line| -> Vec<Name> {
        let pieces = Statement::of(&line.joined(), words).pieces;
        pieces.into_iter().filter_map(|it| if let What::Name(name) = it.what { Some(name) } else { None }).collect()
    };
    let below: Vec<Name> = parts.signature.iter().chain(&parts.disclaimer).flat_map(names).collect();
    if below.iter().filter_map(|it| it.split(words)).any(|it| gathered.find(&it).is_some()) {
        gathered.doubt(DoubtKind::AfterSignature);
    }
}

/// One answer of all candidates.
fn answer(mut gathered: Gathered, signature: Signature, subject: &Statement, words: &Vocabulary) -> Approval {
    add_accounts(&mut gathered, &signature, subject, words);
    let approver = approver(&mut gathered, &signature, words);
    let account = gathered.take_account();
    let security_pin = gathered.take_security_pin();
    let users = gathered.take_people(approver.as_ref());
    let has_security_pin = security_pin.is_some();
    match (account, approver, security_pin) {
        (Some(account), Some(approver), Some(security_pin)) if gathered.doubts.is_empty() => {
            Approval::Asks(ApprovalRequest { account, approver, security_pin, users })
        }
        (account, approver, _) => {
            let users = users.into_iter().map(|it| it.name).collect();
            unclear(Understood { account, approver, has_security_pin, users }, gathered.doubts)
        }
    }
}

/// The account may also stand in the subject or the signature; it must be the same one.
fn add_accounts(gathered: &mut Gathered, signature: &Signature, subject: &Statement, words: &Vocabulary) {
    let label = subject.pieces.iter().position(|it| it.what == What::Label(Label::Account));
    let value = label
        .and_then(|it| value_at(subject, it, words))
        .filter(|it| it.is_marked || subject.text(it.piece).len() >= 4);
    let in_subject = value.and_then(|it| subject.text(it.piece).parse().ok());
    gathered.accounts.extend(in_subject);
    gathered.accounts.extend(signature.account.clone());
}

/// Who approves: by a label or their own words, else by the signature; all of it must be one person.
fn approver(gathered: &mut Gathered, signature: &Signature, words: &Vocabulary) -> Option<PersonName> {
    let named = std::mem::take(&mut gathered.approvers);
    place_unplaced(gathered, &named);
    let signed = signature.name.as_ref();
    let approver = match named.first() {
        Some(first) => {
            let is_one = named.iter().all(|it| is_same(it, first)) && signed.is_none_or(|it| agrees(it, first));
            if !is_one {
                gathered.doubt(DoubtKind::ApproverUnclear);
            }
            Some(first.clone())
        }
        None => signed.and_then(|it| it.split(words)),
    };
    if approver.is_none() {
        gathered.doubt(DoubtKind::ApproverMissing);
    }
    approver
}

/// People whom only a label `Name` announces are to be added if somebody else approves by a label or their own words.
fn place_unplaced(gathered: &mut Gathered, approvers: &[PersonName]) {
    let unplaced: Vec<PersonName> =
        gathered.people.iter().filter(|it| it.is_unplaced).map(|it| it.name.clone()).collect();
    if approvers.is_empty() {
        for name in unplaced {
            gathered.doubt_about(DoubtKind::UserNameUnclear, &name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::vocabulary::ENGLISH;

    /// Whether a letter in HTML is taken at its word with that sentence in its plain text, or in a text beside it.
    #[track_caller]
    fn check(sentence: &str, is_taken: bool) {
        let asks =
            ["Please add Jane Doe (PIN 7712) as an authorized user to account A-1002947.", "Security PIN: 582910"];
        let asks = [asks[0], asks[1], "Approved by: Maria Lopez"];
        let html: String = asks.iter().map(|it| format!("<p>{it}</p>")).collect();
        let answer =
            read(&Body::both(&format!("{}\n\n{sentence}\n", asks.join("\n")), &html), &Context::default(), &ENGLISH);
        assert_eq!(matches!(answer, Approval::Asks(_)), is_taken, "{sentence}: {answer:?}");
    }

    #[test]
    fn a_plain_text_beside_html_takes_back_as_it_would_alone() {
        check("", true);
        check("Kind regards", true);
        check("Remove Bob Ray as well.", false);
        check("Jane is a viewer.", false);
        check("Wait for my call first.", false);
        check("PIN: 4821", false);
    }
}
