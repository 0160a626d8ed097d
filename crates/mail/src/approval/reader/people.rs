//! People: which name is somebody to add, which the approver, and whom the lines below are about.

use countersign_core::person::PersonName;

use super::{Current, Reader, Section};
use crate::approval::doubt::DoubtKind;
use crate::approval::intent::Ask;
use crate::approval::names::{Name, part_names};
use crate::approval::statements::{Statement, What};
use crate::approval::tokens::Kind;
use crate::approval::vocabulary::{Label, match_at};

impl Reader<'_> {
    pub(super) fn set_current(&mut self, statement: &Statement, person: usize, is_block: bool) {
        let names = statement.pieces.iter().filter(|it| matches!(it.what, What::Name(_))).count();
        self.current = Some(Current { person, statement: self.at, is_block, is_alone: names == 1 });
    }

    /// A name that a label announces.
    pub(super) fn labelled_name(&mut self, statement: &Statement, at: usize, label: Label) -> usize {
        let Some((name, next)) = self.name_value(statement, at, label) else { return at + 1 };
        match label {
            Label::FirstName | Label::LastName => {
                let text = name.words.join(" ");
                match self.pending.take() {
                    Some((other, part)) if other != label => {
                        let (first, last) = if label == Label::LastName { (part, text) } else { (text, part) };
                        self.place(statement, part_names(&first, &last));
                    }
                    Some(_) => self.gathered.doubt(DoubtKind::UserNameUnclear),
                    None => {
                        self.pending = Some((label, text));
                        self.current = None;
                    }
                }
            }
            _ => {
                let full = name.split(self.words);
                self.place(statement, full);
            }
        }
        next
    }

    /// Puts a labelled name where its section says.
    fn place(&mut self, statement: &Statement, name: Option<PersonName>) {
        let Some(name) = name else {
            self.gathered.doubt(DoubtKind::UserNameUnclear);
            self.current = None;
            return;
        };
        if self.section == Section::Approver {
            self.current = None;
            self.gathered.approvers.push(name);
            return;
        }
        let is_new = self.gathered.find(&name).is_none();
        let person = self.gathered.person(name);
        self.gathered.people[person].is_unplaced |= is_new && self.section == Section::Open;
        self.set_current(statement, person, true);
    }

    /// The words that a label of a name announces: all up to the next mark or label.
    fn name_value(&self, statement: &Statement, at: usize, label: Label) -> Option<(Name, usize)> {
        let mut start = at + 1;
        let is_skipped = |it: usize| match statement.pieces[it].what {
            What::Mark(mark) => matches!(mark, ':' | '=' | '-' | '–' | '—' | '|' | '*' | '.' | '>'),
            What::Stop => statement.key(it) == "is" || self.words.titles.contains(&statement.key(it)),
            _ => false,
        };
        while start < statement.pieces.len() && is_skipped(start) {
            start += 1;
        }
        let is_marked = statement.pieces[at + 1..start].iter().any(|it| matches!(it.what, What::Mark(_)));
        if label == Label::LastFirst {
            return self.turned_name(statement, start);
        }
        let end = (start..statement.pieces.len())
            .find(|it| !is_wordlike(&statement.pieces[*it].what))
            .unwrap_or(statement.pieces.len());
        let (first, last) = (
            statement.pieces.get(start)?.start,
            statement.pieces.get(end).map_or(statement.tokens.len(), |it| it.start),
        );
        let tokens = &statement.tokens[first..last];
        let begins_great = |text: &str| text.chars().any(char::is_uppercase);
        let is_particle = |key: &str| self.words.particles.contains(&key);
        let is_proper =
            tokens.iter().all(|it| it.kind == Kind::Mark('.') || begins_great(&it.text) || is_particle(&it.key));
        if is_marked && is_proper && !tokens.is_empty() {
            let words = tokens.iter().filter(|it| it.kind == Kind::Word).map(|it| it.text.to_string()).collect();
            return Some((Name { words, ..Name::default() }, end));
        }
        match &statement.pieces[start].what {
            What::Name(name) if is_marked || start > at => Some((name.clone(), start + 1)),
            _ => None,
        }
    }

    /// `Smith, John` where a label says that the last name comes first.
    fn turned_name(&self, statement: &Statement, at: usize) -> Option<(Name, usize)> {
        let [last, comma, first] = statement.pieces.get(at..at + 3)? else { return None };
        let (What::Name(last), What::Mark(','), What::Name(first)) = (&last.what, &comma.what, &first.what) else {
            return None;
        };
        let words = first.words.iter().chain(&last.words).cloned().collect();
        let is_plain = first.is_single() && last.is_single();
        Some((Name { words, has_neighbour: !is_plain, is_possessive: false }, at + 3))
    }

    /// `Authorized user: John Smith`, `User 1 - John Smith`.
    pub(super) fn labelled_user(&mut self, statement: &Statement, at: usize) -> usize {
        let is_marked =
            statement.pieces.get(at + 1).is_some_and(|it| matches!(it.what, What::Mark(':' | '=' | '-' | '–' | '|')));
        if at > 1 || !is_marked {
            return at + 1;
        }
        let Some((name, next)) = self.name_value(statement, at, Label::FullName) else { return at + 1 };
        self.section = Section::NewUsers;
        let full = name.split(self.words);
        self.place(statement, full);
        next
    }

    pub(super) fn labelled_approver(&mut self, statement: &Statement, at: usize) -> usize {
        let before = at.checked_sub(1).map(|it| statement.key(it)).unwrap_or_default();
        if matches!(before, "as" | "not" | "the" | "an") && statement.key(at) != "approver" {
            return at + 1;
        }
        let Some((name, next)) = self.name_value(statement, at, Label::FullName) else { return at + 1 };
        self.approver(&name);
        self.doubt_parted_name(statement, next);
        let is_joint = statement.pieces.get(next).is_some()
            && matches!(statement.key(next), "and" | "&" | "/" | "or")
            && statement.pieces.get(next + 1).is_some_and(|it| matches!(it.what, What::Name(_)));
        if is_joint {
            self.gathered.doubt(DoubtKind::ApproverUnclear);
        }
        // Those who are to be added were announced, and none was named yet: the list is still to come.
        let is_list_to_come = self.section == Section::NewUsers && self.gathered.people.is_empty();
        self.section = if is_list_to_come { Section::NewUsers } else { Section::Open };
        next
    }

    /// A number right behind a name may stand in the middle of it.
    fn doubt_parted_name(&mut self, statement: &Statement, next: usize) {
        if matches!(statement.pieces.get(next).map(|it| &it.what), Some(What::Number | What::Code)) {
            self.gathered.doubt(DoubtKind::ApproverUnclear);
        }
    }

    fn approver(&mut self, name: &Name) {
        self.current = None;
        match name.split(self.words) {
            Some(name) => self.gathered.approvers.push(name),
            None if name.is_single() => {}
            None => self.gathered.doubt(DoubtKind::ApproverUnclear),
        }
    }

    /// A name in a statement.
    pub(super) fn name(
        &mut self,
        statement: &Statement,
        at: usize,
        name: &Name,
        asking: Option<Ask>,
        is_listing: bool,
    ) -> usize {
        if self.is_approver_position(statement, at) && !name.is_possessive {
            self.approver(name);
            self.doubt_parted_name(statement, at + 1);
            return at + 1;
        }
        if self.is_last_first
            && is_listing
            && let Some((turned, next)) = self.turned_name(statement, at)
        {
            let full = turned.split(self.words);
            self.place(statement, full);
            return next;
        }
        if let Some(person) = self.known(name) {
            self.set_current(statement, person, is_listing);
            return at + 1;
        }
        let is_word = name.is_small() && name.is_single();
        let is_row = is_listing && !is_word && self.section == Section::NewUsers;
        let is_asked = self.is_asked_for(statement, at, name, asking);
        if !is_row && !is_asked {
            // Somebody or something else: a PIN behind it would not be certain. A short line among those to add may be one of
            // them whose name holds an everyday word: `May Chen`.
            if !name.is_small() {
                self.current = None;
                if self.section == Section::NewUsers && asking.is_none() && may_name_somebody(statement, at) {
                    self.gathered.doubt(DoubtKind::UserNameUnclear);
                }
            }
            return at + 1;
        }
        self.new_person(statement, name, is_row);
        at + 1
    }

    fn new_person(&mut self, statement: &Statement, name: &Name, is_row: bool) {
        let Some(full) = name.split(self.words).filter(|_| !name.is_possessive) else {
            self.gathered.doubt(DoubtKind::UserNameUnclear);
            self.current = None;
            return;
        };
        let person = self.gathered.person(full);
        self.set_current(statement, person, is_row);
    }

    /// Whether a statement that asks names somebody here whom it asks to add.
    fn is_asked_for(&self, statement: &Statement, at: usize, name: &Name, asking: Option<Ask>) -> bool {
        let start = statement.pieces[at].start;
        let before = (0..at).rev().find(|it| !self.words.titles.contains(&statement.key(*it)));
        let key = before.map(|it| statement.key(it)).unwrap_or_default();
        let is_weak = self.words.weak_before.contains(&key);
        let in_place = match asking {
            Some(Ask::Before(verb)) => start >= verb && !(is_weak && start > verb),
            Some(Ask::After(verb)) => start < verb && !is_weak,
            None => false,
        };
        // Small letters are a name only right where one must stand.
        let is_right_there = match asking {
            Some(Ask::Before(verb)) => start == verb || matches!(key, "and" | "," | "&" | ":" | "user" | "users"),
            _ => false,
        };
        in_place && (!name.is_small() || (is_right_there && !name.is_single()))
    }

    /// Whether the sender names themselves here: `I, Maria Lopez,`, `This is Maria Lopez`, `Maria Lopez here`.
    pub(super) fn is_approver_position(&self, statement: &Statement, at: usize) -> bool {
        let piece = &statement.pieces[at];
        let ends_before = |phrase: &&&str| {
            let length = phrase.split(' ').count();
            let start = piece.start.checked_sub(length);
            start.is_some_and(|it| match_at(&statement.tokens, it, phrase).is_some())
        };
        let is_introduced = self.words.introductions.iter().any(|it| ends_before(&it));
        let next = |offset: usize| statement.pieces.get(at + offset).map(|it| &it.what);
        let is_here = next(1).is_some() && statement.key(at + 1) == "here";
        let is_marked = matches!(next(1), Some(What::Mark(',' | '(')));
        let skip = usize::from(next(2).is_some() && matches!(statement.key(at + 2), "the" | "as"));
        let is_titled = at == 0 && is_marked && matches!(next(2 + skip), Some(What::Label(Label::Approver)));
        let by = (0..at).rev().find(|it| !matches!(statement.pieces[*it].what, What::Mark(_) | What::Role));
        let is_labelled = by.is_some_and(|it| {
            statement.pieces[it].what == What::Label(Label::Approver) && statement.key(it) != "account"
        });
        is_introduced || is_here || is_titled || is_labelled
    }
}

/// Whether a line among those to add may name one of them here, though it was not understood: an item of a list, a line with
/// a PIN's label (`Ann Lee, PIN: see below`), one that begins with the name, or one of a few words.
fn may_name_somebody(statement: &Statement, name: usize) -> bool {
    const FEW_WORDS: usize = 6;
    let words = statement.tokens.iter().filter(|it| it.kind == Kind::Word).count();
    let is_labelled = statement.has_label(Label::Pin) || statement.has_label(Label::Pins);
    let is_line = words <= FEW_WORDS && !statement.ends_with('.') && !statement.ends_with('!');
    is_labelled || statement.is_item || name == 0 || (statement.is_whole_line && is_line)
}

/// Whether a piece may be part of a name that a label announces.
fn is_wordlike(what: &What) -> bool {
    matches!(what, What::Name(_) | What::Stop | What::Role)
}
