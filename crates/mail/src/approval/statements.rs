//! Lines into statements: wrapped lines joined again, sentences parted, words told apart into labels, names, numbers and the
//! rest. What a statement means is not decided here.

use super::body::Line;
use super::characters::is_letter;
use super::names::Name;
use super::tokens::{Kind, Token, tokens_of};
use super::vocabulary::{Label, Vocabulary, starts_with_phrase};

/// A piece of a statement.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) what: What,
    /// Its first token.
    pub(super) start: usize,
    /// The token after its last.
    pub(super) end: usize,
}

/// What a piece is.
#[derive(Clone, Eq, PartialEq)]
pub(super) enum What {
    Label(Label),
    Name(Name),
    Number,
    Code,
    Phone,
    Email,
    /// A date, time, amount or web address.
    Noise,
    /// A word that is never part of a name.
    Stop,
    Role,
    Mark(char),
}

/// A sentence, or a line that is none.
pub(super) struct Statement {
    pub(super) tokens: Vec<Token>,
    pub(super) pieces: Vec<Piece>,
    /// Whether it is all of its line.
    pub(super) is_whole_line: bool,
    /// Whether its line has cells.
    pub(super) has_cells: bool,
    /// Whether its line is an item of a list.
    pub(super) is_item: bool,
}

impl Statement {
    /// The statement of one text, as a subject is.
    pub(super) fn of(text: &str, words: &Vocabulary) -> Self {
        Self::new(tokens_of(text), words)
    }

    fn new(tokens: Vec<Token>, words: &Vocabulary) -> Self {
        let pieces = pieces_of(&tokens, words);
        let has_cells = tokens.iter().any(|it| it.kind == Kind::Mark('|'));
        Self { tokens, pieces, is_whole_line: true, has_cells, is_item: false }
    }

    /// The key of a piece's first token.
    pub(super) fn key(&self, piece: usize) -> &str {
        &self.tokens[self.pieces[piece].start].key
    }

    /// The text of a piece's first token.
    pub(super) fn text(&self, piece: usize) -> &str {
        &self.tokens[self.pieces[piece].start].text
    }

    /// Whether it has such a label.
    pub(super) fn has_label(&self, label: Label) -> bool {
        self.pieces.iter().any(|it| it.what == What::Label(label))
    }

    /// Whether it is so long that a mail program may have broken it off.
    pub(super) fn is_cut_short(&self) -> bool {
        const BROKEN_CHARS: usize = 56;
        self.tokens.iter().map(|it| it.text.chars().count() + usize::from(!it.glued)).sum::<usize>() >= BROKEN_CHARS
    }

    /// Whether its last token is this mark.
    pub(super) fn ends_with(&self, mark: char) -> bool {
        self.tokens.last().is_some_and(|it| it.kind == Kind::Mark(mark))
    }
}

/// The statements of some lines.
pub(super) fn statements_of(lines: &[Line], words: &Vocabulary) -> Vec<Statement> {
    let mut statements = Vec::new();
    for (tokens, is_item) in unwrapped(lines) {
        let parts = sentences(tokens);
        let is_whole_line = parts.len() == 1;
        for part in parts {
            statements.push(Statement { is_whole_line, is_item, ..Statement::new(part, words) });
        }
    }
    statements
}

/// The tokens of each line and whether it is an item of a list, with lines joined that a mail program broke (RFC 3676 asks for 78 columns).
fn unwrapped(lines: &[Line]) -> Vec<(Vec<Token>, bool)> {
    let mut out: Vec<(Vec<Token>, bool)> = Vec::new();
    let mut is_open = false;
    for line in lines {
        let tokens = tokens_of_line(line);
        let continues = is_open && !line.item && !tokens.is_empty() && !is_labelled(&tokens);
        match out.last_mut() {
            Some(last) if continues => last.0.extend(tokens),
            _ => out.push((tokens, line.item)),
        }
        let is_long_item = line.item && line.joined().chars().count() >= 56;
        is_open = line.cells.len() == 1 && (is_long_item || is_broken_off(&line.joined()));
    }
    out
}

fn tokens_of_line(line: &Line) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (at, cell) in line.cells.iter().enumerate() {
        if at > 0 {
            let bar = || zeroize::Zeroizing::new("|".to_owned());
            tokens.push(Token { kind: Kind::Mark('|'), text: bar(), key: bar(), glued: false });
        }
        tokens.extend(tokens_of(cell));
    }
    tokens
}

/// Whether a line is prose that goes on: long, and without an end.
fn is_broken_off(text: &str) -> bool {
    const BROKEN_CHARS: usize = 48;
    let small = text.split(' ').filter(|it| it.chars().all(char::is_lowercase) && !it.is_empty()).count();
    let is_ended = text.ends_with(['.', '!', '?', ':', ';']);
    text.chars().count() >= BROKEN_CHARS && small >= 4 && !is_ended
}

/// Whether a line begins with a few words and a colon.
fn is_labelled(tokens: &[Token]) -> bool {
    let colon = tokens.iter().position(|it| it.kind == Kind::Mark(':'));
    colon.is_some_and(|at| at <= 4 && tokens[..at].iter().all(|it| it.kind == Kind::Word))
}

const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "no", "nr", "acct", "acc", "tel", "ext", "st", "jr", "sr", "inc", "ltd", "co",
    "corp", "e.g", "i.e", "approx", "dept", "ref", "sec", "num", "p.s", "ps", "ph",
];

/// Tokens parted where a sentence ends.
fn sentences(tokens: Vec<Token>) -> Vec<Vec<Token>> {
    let mut parts: Vec<Vec<Token>> = vec![Vec::new()];
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let kind = token.kind;
        let part = parts.last_mut().expect("there is always a part");
        let is_short = part.last().is_some_and(|it| {
            it.kind == Kind::Word && (ABBREVIATIONS.contains(&it.key.as_str()) || it.text.chars().count() == 1)
        });
        part.push(token);
        let goes_on = rest.peek().is_some_and(|it| {
            matches!(it.kind, Kind::Mark(_)) || (it.glued && it.text.chars().next().is_some_and(char::is_lowercase))
        });
        let ends = match kind {
            Kind::Mark('.') => !is_short && !goes_on,
            Kind::Mark('!' | '?') => !goes_on,
            _ => false,
        };
        if ends && rest.peek().is_some() {
            parts.push(Vec::new());
        }
    }
    parts
}

/// The pieces of a statement: labels first, the longest; then names out of what is left.
fn pieces_of(tokens: &[Token], words: &Vocabulary) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (what, length) = match words.label_at(tokens, at) {
            Some((label, length)) => (What::Label(label), length + counted(tokens, at + length, label)),
            None => name_at(tokens, at, words).unwrap_or((plain(&tokens[at], words), 1)),
        };
        pieces.push(Piece { what, start: at, end: at + length });
        at += length;
    }
    mark_neighbours(&mut pieces, tokens, words);
    pieces
}

/// `User 2`, `Authorized User #1`: the number belongs to the label.
fn counted(tokens: &[Token], at: usize, label: Label) -> usize {
    if !matches!(label, Label::NewUser | Label::FullName) {
        return 0;
    }
    let hash = usize::from(tokens.get(at).is_some_and(|it| it.kind == Kind::Mark('#')));
    let is_count = |it: &Token| it.kind == Kind::Number && it.text.len() <= 2;
    if tokens.get(at + hash).is_some_and(is_count) { hash + 1 } else { 0 }
}

fn plain(token: &Token, words: &Vocabulary) -> What {
    match token.kind {
        Kind::Number => What::Number,
        Kind::Code => What::Code,
        Kind::Phone => What::Phone,
        Kind::Email => What::Email,
        Kind::Date | Kind::Time | Kind::Amount | Kind::Link => What::Noise,
        Kind::Mark(mark) => What::Mark(mark),
        Kind::Word if words.roles.contains(&token.key.as_str()) => What::Role,
        Kind::Word => What::Stop,
    }
}

/// The name that begins here, and how many tokens it has.
fn name_at(tokens: &[Token], at: usize, words: &Vocabulary) -> Option<(What, usize)> {
    let mut name = Name::default();
    let mut end = at;
    while let Some(token) = tokens.get(end) {
        let is_particle = words.particles.contains(&token.key.as_str());
        let leads_on = || (end + 1..tokens.len()).find(|it| !is_particle_at(tokens, *it, words));
        let is_inner = is_particle && leads_on().is_some_and(|it| is_name_word(&tokens[it], words));
        let is_word_too = is_name_and_word(tokens, end, !name.words.is_empty(), words);
        if !(is_name_word(token, words) || is_inner || is_word_too) || words.label_at(tokens, end).is_some() {
            break;
        }
        let (text, is_possessive) = without_possessive(&token.text);
        name.words.push(text.to_owned());
        end += 1;
        // The dot of an initial or of `Jr.` belongs to the name.
        let is_initial = token.text.trim_matches('.').chars().filter(|it| is_letter(*it)).count() <= 2;
        let has_dot = tokens.get(end).is_some_and(|it| it.kind == Kind::Mark('.') && it.glued);
        if has_dot && is_initial && (end + 1 < tokens.len() || words.suffixes.contains(&token.key.as_str())) {
            end += 1;
        }
        if is_possessive {
            name.is_possessive = true;
            break;
        }
    }
    (end > at).then_some((What::Name(name), end - at))
}

fn is_particle_at(tokens: &[Token], at: usize, words: &Vocabulary) -> bool {
    words.particles.contains(&tokens[at].key.as_str())
}

fn is_name_word(token: &Token, words: &Vocabulary) -> bool {
    let is_small_adverb = token.text.ends_with("ly") && token.text.chars().all(char::is_lowercase);
    let is_short = token.key.ends_with("'t")
        || token.key.ends_with("'ll")
        || token.key.ends_with("'ve")
        || token.key.ends_with("'re");
    let is_title = words.titles.contains(&token.key.as_str());
    let is_particle = words.particles.contains(&token.key.as_str());
    token.kind == Kind::Word
        && !words.is_known(&token.key)
        && !is_title
        && !is_small_adverb
        && !is_short
        && !is_particle
}

/// Whether an everyday word is part of a name here, with capitals around it: `May Chen`, `Thi My Tran`; but not `Please Grant John`.
pub(super) fn is_name_and_word(tokens: &[Token], at: usize, is_inside: bool, words: &Vocabulary) -> bool {
    let token = &tokens[at];
    let capital = |it: &Token| it.kind == Kind::Word && it.text.chars().next().is_some_and(char::is_uppercase);
    let is_followed = tokens
        .get(at + 1)
        .is_some_and(|it| capital(it) && is_name_word(it, words) && words.label_at(tokens, at + 1).is_none());
    let before = at.checked_sub(1).map(|it| tokens[it].key.as_str()).unwrap_or_default();
    let is_asked = matches!(before, "please" | "kindly" | "hereby" | "to" | "i" | "we");
    let is_first = words.first_names.contains(&token.key.as_str()) && !is_asked;
    let is_middle = words.middle_names.contains(&token.key.as_str()) && is_inside;
    capital(token) && is_followed && (is_first || is_middle)
}

fn without_possessive(text: &str) -> (&str, bool) {
    let cut = ["'s", "’s", "‘s", "´s", "`s"].iter().find_map(|it| text.strip_suffix(it));
    cut.map_or((text, false), |it| (it, true))
}

/// Notes names beside which, with nothing between, another word has a capital: `Thi My`, `John Smith Accountant`.
fn mark_neighbours(pieces: &mut [Piece], tokens: &[Token], words: &Vocabulary) {
    let begins_great = |piece: &Piece| tokens[piece.start].text.chars().next().is_some_and(char::is_uppercase);
    let is_starter = |piece: &Piece| words.starters.contains(&tokens[piece.start].key.as_str());
    for at in 0..pieces.len() {
        let before = at.checked_sub(1).is_some_and(|it| {
            let is_start = it == 0 || is_opening(&pieces[it - 1]);
            pieces[it].what == What::Stop && begins_great(&pieces[it]) && !(is_start && is_starter(&pieces[it]))
        });
        let after = pieces.get(at + 1).is_some_and(|it| matches!(it.what, What::Stop | What::Role) && begins_great(it));
        if let What::Name(name) = &mut pieces[at].what {
            name.has_neighbour = before || after;
        }
    }
}

/// Whether a new sentence or part of one begins behind this piece.
fn is_opening(piece: &Piece) -> bool {
    matches!(piece.what, What::Mark(_))
}

/// Whether a line greets and says nothing else: a greeting, names, and the like.
pub(super) fn is_greeting(statement: &Statement, words: &Vocabulary) -> bool {
    let is_part = |token: &Token| {
        let key = token.key.as_str();
        let is_said = words.fillers.contains(&key) || words.titles.contains(&key) || words.roles.contains(&key);
        let is_greeted =
            words.greetings.iter().any(|it| it.split(' ').any(|word| word == key)) || matches!(key, "or" | "customer");
        let is_name = is_name_word(token, words) && token.text.chars().any(char::is_uppercase);
        matches!(token.kind, Kind::Mark(',' | '.' | '!' | ':' | '-' | '/'))
            || (token.kind == Kind::Word && (is_said || is_greeted || is_name))
    };
    starts_with_phrase(&statement.tokens, words.greetings)
        && statement.tokens.len() <= 9
        && statement.tokens.iter().all(is_part)
}
