//! Whether a statement asks to add somebody, and what speaks against taking it at its word: a negation, a question, a
//! condition, another role.

use super::doubt::DoubtKind;
use super::statements::{Statement, What};
use super::tokens::{Kind, Token};
use super::vocabulary::{Label, Vocabulary, find_phrase, match_at, starts_with_phrase};

/// How a statement asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ask {
    /// Whom is said behind this token.
    Before(usize),
    /// Whom is said before this token.
    After(usize),
}

/// How a statement asks to add somebody; `None` when it does not.
pub(super) fn ask(statement: &Statement, words: &Vocabulary) -> Option<Ask> {
    let tokens = &statement.tokens;
    if let Some((at, phrase)) = find_phrase(tokens, words.asks) {
        return Some(Ask::Before(at + phrase.split(' ').count()));
    }
    let start = opening(tokens, words);
    let verb = words.ask_verbs.iter().filter_map(|it| match_at(tokens, start, it)).max();
    let speaks_of_users = statement.has_label(Label::NewUser);
    if let Some(length) = verb
        && (speaks_of_users || words.adding.contains(&tokens[start].key.as_str()))
    {
        return Some(Ask::Before(start + length));
    }
    if let Some((at, phrase)) = find_phrase(tokens, words.asks_for_users)
        && speaks_of_users
    {
        return Some(Ask::Before(at + phrase.split(' ').count()));
    }
    find_phrase(tokens, words.asks_after_names).map(|(at, _)| Ask::After(at))
}

/// Where a sentence proper begins, behind greetings and the like.
fn opening(tokens: &[Token], words: &Vocabulary) -> usize {
    let is_filler = |it: &&Token| matches!(it.kind, Kind::Mark(_)) || words.fillers.contains(&it.key.as_str());
    tokens.iter().take_while(is_filler).count()
}

/// Whether a statement speaks of adding, in whatever way.
pub(super) fn speaks_of_adding(statement: &Statement, words: &Vocabulary) -> bool {
    statement.tokens.iter().any(|it| words.adding.contains(&it.key.as_str())) || ask(statement, words).is_some()
}

/// What speaks against taking a statement at its word.
pub(super) fn hedges(statement: &Statement, words: &Vocabulary) -> Vec<DoubtKind> {
    let tokens = &statement.tokens;
    let is_courtesy = is_courtesy(statement, words);
    let mut kinds = Vec::new();
    let mut look_for = |phrases: &[&str], kind| {
        let found = all_phrases(tokens, phrases)
            .into_iter()
            .any(|(at, phrase)| !(is_harmless(tokens, at, words) || is_courtesy && words.tolerable.contains(&phrase)));
        if found {
            kinds.push(kind);
        }
    };
    look_for(words.negations, DoubtKind::RequestNegated);
    look_for(words.conditions, DoubtKind::RequestConditional);
    look_for(words.questions, DoubtKind::RequestAsked);
    look_for(words.on_behalf, DoubtKind::OnBehalf);
    look_for(words.other_requests, DoubtKind::OtherRequest);
    look_for(words.other_roles, DoubtKind::OtherRole);
    // `I approve this as account owner` is no other role, `add John as account owner` is.
    if ask(statement, words).is_some() || statement.has_label(Label::NewUser) {
        look_for(words.ownership, DoubtKind::OtherRole);
    }
    let start = opening(tokens, words);
    let is_question = tokens.iter().any(|it| it.kind == Kind::Mark('?'))
        || words.question_openings.iter().any(|it| match_at(tokens, start, it).is_some());
    let begins_with_no = tokens.first().is_some_and(|it| *it.key == *"no")
        && tokens.len() > 1
        && matches!(tokens[1].kind, Kind::Mark(_));
    if is_question && !is_courtesy && !is_role_list(statement) {
        kinds.push(DoubtKind::RequestAsked);
    }
    if begins_with_no {
        kinds.push(DoubtKind::RequestNegated);
    }
    kinds
}

/// Lines without any verb of asking may begin with `May` or `Will`, which are names.
fn is_role_list(statement: &Statement) -> bool {
    let begins_with_name =
        matches!(&statement.pieces.first().map(|it| &it.what), Some(What::Name(name)) if !name.is_single());
    !statement.ends_with('?') && (begins_with_name || statement.tokens.len() <= 4)
}

/// Whether a statement only offers, thanks or asks to be told, and says nothing about whom to add.
fn is_courtesy(statement: &Statement, words: &Vocabulary) -> bool {
    let begins = starts_with_phrase(
        &statement.tokens[opening(&statement.tokens, words).min(statement.tokens.len())..],
        words.courtesies,
    ) || starts_with_phrase(&statement.tokens, words.courtesies);
    let adds = statement.tokens.iter().any(|it| matches!(it.key.as_str(), "add" | "adding" | "addition"));
    let has_value = statement.pieces.iter().any(|it| matches!(it.what, What::Number | What::Code));
    begins && !adds && !has_value && ask(statement, words).is_none_or(|it| matches!(it, Ask::After(_)))
}

fn all_phrases<'a>(tokens: &[Token], phrases: &[&'a str]) -> Vec<(usize, &'a str)> {
    let here = |at: usize| phrases.iter().filter(move |it| match_at(tokens, at, it).is_some()).map(move |it| (at, *it));
    (0..tokens.len()).flat_map(here).collect()
}

/// Whether a harmless phrase covers this token.
fn is_harmless(tokens: &[Token], at: usize, words: &Vocabulary) -> bool {
    (at.saturating_sub(5)..=at).any(|start| {
        words.harmless.iter().filter_map(|it| match_at(tokens, start, it)).any(|length| start + length > at)
    })
}

/// How many people a statement says are to be added: `two authorized users`.
pub(super) fn count(statement: &Statement, words: &Vocabulary) -> Option<usize> {
    let label = statement.pieces.iter().position(|it| it.what == What::Label(Label::NewUser))?;
    let before = (0..label).rev().take(2).find_map(|it| number_of(statement.key(it), words));
    before.filter(|it| *it > 0)
}

fn number_of(key: &str, words: &Vocabulary) -> Option<usize> {
    let small = key.parse().ok().filter(|it| *it <= 20 && key.len() <= 2);
    small.or_else(|| words.counts.iter().position(|it| *it == key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::vocabulary::ENGLISH;

    fn asks(text: &str) -> bool {
        ask(&Statement::of(text, &ENGLISH), &ENGLISH).is_some()
    }

    fn check(text: &str, expected: &[DoubtKind]) {
        let mut kinds = hedges(&Statement::of(text, &ENGLISH), &ENGLISH);
        kinds.dedup();
        assert_eq!(kinds, expected, "{text}");
    }

    #[test]
    fn requests_are_known() {
        for text in [
            "Please add John Smith (PIN 4821).",
            "Hi team, please add the following users:",
            "I would like to add two authorized users.",
            "Yes, add John Smith to our account.",
            "We hereby authorize John Smith as an authorized user.",
            "John Smith should be added as an authorized user.",
            "Please set up John Smith as authorised user.",
            "I approve adding Jane Doe.",
        ] {
            assert!(asks(text), "{text}");
        }
        for text in [
            "Thanks for adding John Smith.",
            "Our colleague added the invoice.",
            "Please register the payment.",
            "How do I add users?",
            "We have added John Smith.",
        ] {
            assert!(!asks(text), "{text}");
        }
    }

    #[test]
    fn what_takes_a_request_back_is_found() {
        check("Please do not add John Smith.", &[DoubtKind::RequestNegated]);
        check("Actually, leave Jane out.", &[DoubtKind::RequestNegated]);
        check("If she joins us, add Jane Doe.", &[DoubtKind::RequestConditional]);
        check("Please add Jane Doe next month.", &[DoubtKind::RequestConditional]);
        check("Can I add Jane Doe?", &[DoubtKind::RequestAsked]);
        check("Please add Jane Doe as a billing contact.", &[DoubtKind::OtherRole]);
        check("No, thanks.", &[DoubtKind::RequestNegated]);
        check("Please call me before you do it.", &[DoubtKind::RequestConditional]);
    }

    #[test]
    fn courtesies_take_nothing_back() {
        for text in [
            "If you have any questions, please do not hesitate to contact me.",
            "Please let me know once they have been added.",
            "Could you please confirm when this is done?",
            "Any questions? Just call.",
            "Please do this as soon as possible.",
            "Our account no. is 12.",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn people_are_counted() {
        let check =
            |text: &str, expected| assert_eq!(count(&Statement::of(text, &ENGLISH), &ENGLISH), expected, "{text}");
        check("Please add two new authorized users.", Some(2));
        check("Please add these 4 authorized users.", Some(4));
        check("Please add the following authorized users.", None);
    }
}
