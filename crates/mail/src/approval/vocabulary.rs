//! The words of a language: what labels a value, what asks, what takes back, what ends a letter. A language is one table;
//! how phrases are looked up is here, what they mean is said by the modules that use them.

#[rustfmt::skip] // lists of words, a line each, would be a thousand lines
mod english;

use super::tokens::{Kind, Token};

pub(super) use english::ENGLISH;

/// What a label says of the value beside it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Label {
    /// The account's number.
    Account,
    /// The account's Security PIN.
    SecurityPin,
    /// A PIN; whose, is said around it.
    Pin,
    /// Several PINs: of a list.
    Pins,
    /// A PIN that is not, or not yet, in force: `old PIN`, `new Security PIN`.
    OtherPin,
    /// A first name.
    FirstName,
    /// A last name.
    LastName,
    /// A whole name; whose, is said around it.
    FullName,
    /// A whole name, the last one first.
    LastFirst,
    /// An email address.
    Email,
    /// A phone number.
    Phone,
    /// What somebody does.
    Role,
    /// Who approves.
    Approver,
    /// Who is to be added.
    NewUser,
    /// A number that is none of ours: a ticket, an invoice, an extension.
    OtherNumber,
    /// A value that does not matter here: a company, a date.
    Other,
}

/// The words of one language. Phrases are in lower case, their words parted by blanks.
pub(super) struct Vocabulary {
    pub(super) labels: &'static [(Label, &'static [&'static str])],
    /// Words between a label and its value.
    pub(super) glue: &'static [&'static str],
    /// Words that are never part of a name.
    pub(super) stops: &'static [&'static str],
    /// Words of every day that are first names as well.
    pub(super) first_names: &'static [&'static str],
    /// Words of every day that stand inside names as well.
    pub(super) middle_names: &'static [&'static str],
    /// Words with which a sentence or a part of one may begin right before a name, with a capital.
    pub(super) starters: &'static [&'static str],
    /// Words before `PIN` that make it somebody else's, or one that is not in force.
    pub(super) other_holders: &'static [&'static str],
    /// Words before a name that make it a place, a company or somebody else.
    pub(super) weak_before: &'static [&'static str],
    /// What people do; never part of a name either.
    pub(super) roles: &'static [&'static str],
    /// `Mr`, `Dr`.
    pub(super) titles: &'static [&'static str],
    /// `de`, `van`: in small letters they begin a last name.
    pub(super) particles: &'static [&'static str],
    /// `Jr`, `III`: the end of a last name.
    pub(super) suffixes: &'static [&'static str],
    /// Words after a number that make it a measure or a street number.
    pub(super) units: &'static [&'static str],
    /// Words before a number that make it a year.
    pub(super) before_years: &'static [&'static str],
    /// Words before a number that make it an amount.
    pub(super) currencies: &'static [&'static str],
    /// `i am`, `this is`: the sender names themselves.
    pub(super) introductions: &'static [&'static str],
    /// Phrases that ask to add somebody, whoever is named.
    pub(super) asks: &'static [&'static str],
    /// Phrases that ask for somebody to be added, with the names before them.
    pub(super) asks_after_names: &'static [&'static str],
    /// Phrases that ask to add somebody if the sentence speaks of Authorized Users.
    pub(super) asks_for_users: &'static [&'static str],
    /// Verbs that ask when a sentence begins with them.
    pub(super) ask_verbs: &'static [&'static str],
    /// All forms of adding, asked for or not.
    pub(super) adding: &'static [&'static str],
    /// Words before the beginning of a sentence proper.
    pub(super) fillers: &'static [&'static str],
    pub(super) negations: &'static [&'static str],
    pub(super) conditions: &'static [&'static str],
    pub(super) questions: &'static [&'static str],
    pub(super) question_openings: &'static [&'static str],
    /// Phrases that look like one of the four above and are none.
    pub(super) harmless: &'static [&'static str],
    /// How sentences begin that only offer or thank.
    pub(super) courtesies: &'static [&'static str],
    /// What a courtesy may hold of the four above.
    pub(super) tolerable: &'static [&'static str],
    pub(super) other_roles: &'static [&'static str],
    pub(super) ownership: &'static [&'static str],
    pub(super) on_behalf: &'static [&'static str],
    pub(super) other_requests: &'static [&'static str],
    pub(super) forms: &'static [&'static str],
    /// How a message says that it answers what stands below.
    pub(super) pointers: &'static [&'static str],
    pub(super) mass_mail: &'static [&'static str],
    pub(super) greetings: &'static [&'static str],
    pub(super) sign_offs: &'static [&'static str],
    pub(super) thanks: &'static [&'static str],
    pub(super) devices: &'static [&'static str],
    pub(super) postscripts: &'static [&'static str],
    pub(super) disclaimers: &'static [&'static str],
    pub(super) counts: &'static [&'static str],
    // Of all languages, since other people's mail programs write them.
    pub(super) wrote: &'static [&'static str],
    pub(super) wrote_openings: &'static [&'static str],
    pub(super) originals: &'static [&'static str],
    pub(super) forwards: &'static [&'static str],
    pub(super) header_fields: &'static [&'static str],
    /// Words of other languages that ask for the same, or take it back.
    pub(super) foreign: &'static [&'static str],
}

impl Vocabulary {
    /// The longest label that begins here, and how many tokens it has.
    pub(super) fn label_at(&self, tokens: &[Token], at: usize) -> Option<(Label, usize)> {
        let phrases = self.labels.iter().flat_map(|(label, phrases)| phrases.iter().map(move |it| (*label, *it)));
        phrases.filter_map(|(label, phrase)| Some((label, match_at(tokens, at, phrase)?))).max_by_key(|it| it.1)
    }

    /// How many words of a name stand at the start of a line; `None` when it does not begin with one.
    pub(super) fn name_length(&self, tokens: &[Token]) -> Option<usize> {
        let is_name = |it: &&Token| it.kind == Kind::Word && !self.is_known(&it.key);
        let is_part = |it: &&Token| is_name(it) || self.particles.contains(&it.key.as_str());
        let is_title = |it: &&Token| self.titles.contains(&it.key.as_str()) || it.kind == Kind::Mark('.');
        let length = tokens.iter().skip_while(is_title).take_while(is_part).count();
        (length > 0).then_some(length)
    }

    /// Whether a word is never part of a name.
    pub(super) fn is_known(&self, key: &str) -> bool {
        self.stops.contains(&key) || self.roles.contains(&key)
    }
}

/// How many tokens a phrase takes from here on; `None` when it does not stand here.
pub(super) fn match_at(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    // Nearly all phrases differ from what stands here in their first letter.
    if tokens.get(at)?.key.as_bytes().first() != phrase.as_bytes().first() {
        return None;
    }
    let mut length = 0;
    for word in phrase.split(' ') {
        if tokens.get(at + length)?.key.as_str() != word {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// The first of the phrases that stands anywhere in the tokens: where, and which.
pub(super) fn find_phrase<'a>(tokens: &[Token], phrases: &[&'a str]) -> Option<(usize, &'a str)> {
    (0..tokens.len()).find_map(|at| {
        let found = phrases.iter().filter(|it| match_at(tokens, at, it).is_some());
        found.max_by_key(|it| it.len()).map(|it| (at, *it))
    })
}

/// Whether the tokens begin with one of the phrases, marks aside.
pub(super) fn starts_with_phrase(tokens: &[Token], phrases: &[&str]) -> bool {
    let start = tokens.iter().take_while(|it| matches!(it.kind, Kind::Mark(_))).count();
    phrases.iter().any(|it| match_at(tokens, start, it).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::tokens::tokens_of;

    fn check(text: &str, expected: Option<(Label, usize)>) {
        assert_eq!(ENGLISH.label_at(&tokens_of(text), 0), expected, "{text}");
    }

    #[test]
    fn the_longest_label_wins() {
        check("Account number: 1", Some((Label::Account, 2)));
        check("Account Security PIN: 1", Some((Label::SecurityPin, 3)));
        check("account owner: x", Some((Label::Approver, 2)));
        check("PIN of our account: 1", Some((Label::SecurityPin, 4)));
        check("PINs", Some((Label::Pins, 1)));
        check("new Security PIN", Some((Label::OtherPin, 3)));
        check("acct # 1", Some((Label::Account, 2)));
        check("hello", None);
    }

    #[test]
    fn every_phrase_is_spelt_as_tokens_are() {
        let phrases = ENGLISH.labels.iter().flat_map(|it| it.1).chain(ENGLISH.asks).chain(ENGLISH.negations);
        let more = phrases.chain(ENGLISH.conditions).chain(ENGLISH.sign_offs).chain(ENGLISH.disclaimers);
        for phrase in more.chain(ENGLISH.foreign).chain(ENGLISH.courtesies).chain(ENGLISH.wrote) {
            let tokens = tokens_of(phrase);
            assert_eq!(match_at(&tokens, 0, phrase), Some(tokens.len()), "{phrase}");
        }
    }
}
