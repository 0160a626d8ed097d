//! Statements into values: each labelled value to its place, each name to its part, each PIN to its holder — where that is
//! certain. What is not becomes a doubt; a number that nothing explains is one as well.

use countersign_core::account::AccountNumber;
use countersign_core::person::{PersonName, Phone};

use super::doubt::DoubtKind;
use super::draft::Gathered;
use super::intent::{Ask, ask, count};
use super::names::{Name, part_names};
use super::statements::{Statement, What};
use super::table::Table;
use super::tokens::Kind;
use super::values::{is_crowded, is_explained, is_followed_by_number, value_at};
use super::vocabulary::{Label, Vocabulary, match_at};

/// Whom the lines below a heading are about.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Section {
    #[default]
    Open,
    Approver,
    NewUsers,
}

/// The person that a PIN, an address or a role would belong to.
#[derive(Clone, Copy)]
struct Current {
    person: usize,
    /// Number of the statement that named them.
    statement: usize,
    /// Whether a line of its own named them, as in a list or a block.
    is_block: bool,
    /// Whether that statement named nobody else.
    is_alone: bool,
}

/// Reads statements.
pub(super) struct Reader<'a> {
    words: &'a Vocabulary,
    gathered: Gathered,
    section: Section,
    /// Whether a heading says that PINs stand beside names.
    has_pin_heading: bool,
    /// Whether a heading says that last names come first.
    is_last_first: bool,
    table: Option<Table>,
    current: Option<Current>,
    /// A first or last name that waits for the other part.
    pending: Option<(Label, String)>,
    /// Numbers of this statement that have a meaning, by piece.
    claimed: Vec<bool>,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(words: &'a Vocabulary) -> Self {
        Self {
            words,
            gathered: Gathered::default(),
            section: Section::Open,
            has_pin_heading: false,
            is_last_first: false,
            table: None,
            current: None,
            pending: None,
            claimed: Vec::new(),
            at: 0,
        }
    }

    /// Reads all statements.
    pub(super) fn read(mut self, statements: &[Statement]) -> Gathered {
        for (at, statement) in statements.iter().enumerate() {
            self.at = at;
            self.claimed = vec![false; statement.pieces.len()];
            if !self.table_row(statement) {
                self.statement(statement);
            }
        }
        if self.pending.is_some() {
            self.gathered.doubt(DoubtKind::UserNameUnclear);
        }
        self.gathered
    }

    /// Reads a statement as part of a table; false when it is none.
    fn table_row(&mut self, statement: &Statement) -> bool {
        if let Some(table) = &self.table {
            if statement.tokens.is_empty() {
                return true;
            }
            if table.read_row(statement, self.words, &mut self.gathered) {
                self.current = None;
                return true;
            }
            self.table = None;
        }
        self.table = Table::of_header(statement);
        self.table.is_some()
    }

    fn statement(&mut self, statement: &Statement) {
        let asking = ask(statement, self.words);
        let is_listing = self.is_list_line(statement);
        let has_value = statement.pieces.iter().any(|it| matches!(it.what, What::Number | What::Code | What::Phone));
        let is_named = statement.pieces.iter().any(|it| matches!(it.what, What::Name(_)));
        if !has_value && !is_named {
            self.heading(statement, asking.is_some());
        }
        self.gathered.counts.extend(asking.and(count(statement, self.words)));
        if asking.is_some() {
            self.enter_users(statement);
        }
        let mut piece = 0;
        while piece < statement.pieces.len() {
            piece = self.piece(statement, piece, asking, is_listing).max(piece + 1);
        }
        self.explain_rest(statement);
        if asking.is_none() && !is_listing && !statement.tokens.is_empty() && statement.tokens.len() > 8 {
            self.forget_block();
        }
    }

    /// Prose between a name and a PIN makes it uncertain whose the PIN is, unless only one person is named.
    fn forget_block(&mut self) {
        if let Some(current) = &mut self.current {
            current.is_block = false;
        }
    }

    /// What a line without values says of the lines below it.
    fn heading(&mut self, statement: &Statement, is_asking: bool) {
        let is_short = statement.tokens.len() <= 7 && statement.is_whole_line;
        let labels_value = statement.pieces.len() > 2
            && matches!(
                statement.pieces[0].what,
                What::Label(Label::Role | Label::Email | Label::Phone | Label::Other)
            );
        if statement.tokens.is_empty() || labels_value || !(statement.ends_with(':') || is_short) {
            return;
        }
        if statement.has_label(Label::Approver) {
            self.section = Section::Approver;
            self.current = None;
        } else if statement.has_label(Label::NewUser) || is_asking || statement.has_label(Label::Pins) {
            self.enter_users(statement);
            self.current = None;
        } else if statement.ends_with(':') {
            let labels = statement.pieces.iter().any(|it| matches!(it.what, What::Label(_)));
            // `PIN:` above a number on the next line is part of the block; other headings begin something new.
            if !labels || statement.has_label(Label::Account) {
                self.section = Section::Open;
                self.current = None;
            }
        }
    }

    fn enter_users(&mut self, statement: &Statement) {
        self.section = Section::NewUsers;
        let labels_pins = statement.pieces.iter().enumerate().any(|(at, it)| {
            matches!(it.what, What::Label(Label::Pin | Label::Pins)) && value_at(statement, at, self.words).is_none()
        });
        self.has_pin_heading = labels_pins;
        self.is_last_first = statement.has_label(Label::LastFirst);
    }

    /// Whether a line only lists: names, what belongs to them, and marks.
    fn is_list_line(&self, statement: &Statement) -> bool {
        let is_plain = |at: usize| match &statement.pieces[at].what {
            What::Stop => {
                self.words.glue.contains(&statement.key(at))
                    || matches!(statement.key(at), "and" | "his" | "her" | "their" | "mr" | "ms" | "mrs" | "dr")
            }
            _ => true,
        };
        statement.is_whole_line && (0..statement.pieces.len()).all(is_plain) && ask(statement, self.words).is_none()
    }

    /// Reads one piece; answers which is next.
    fn piece(&mut self, statement: &Statement, at: usize, asking: Option<Ask>, is_listing: bool) -> usize {
        match &statement.pieces[at].what {
            What::Label(label) => self.label(statement, at, *label),
            What::Name(name) => self.name(statement, at, name, asking, is_listing),
            What::Email => self.email(statement, at),
            What::Number => self.row_pin(statement, at, is_listing),
            _ => at + 1,
        }
    }

    fn label(&mut self, statement: &Statement, at: usize, label: Label) -> usize {
        match label {
            Label::Account => self.account(statement, at),
            Label::SecurityPin => self.security_pin(statement, at),
            Label::Pin | Label::Pins => self.pin(statement, at, label),
            Label::OtherPin => {
                if let Some(value) = value_at(statement, at, self.words) {
                    self.claimed[value.piece] = true;
                    self.gathered.doubt(DoubtKind::PinUnclear);
                }
                at + 1
            }
            Label::FirstName | Label::LastName | Label::FullName | Label::LastFirst => {
                self.labelled_name(statement, at, label)
            }
            Label::NewUser => self.labelled_user(statement, at),
            Label::Approver => self.labelled_approver(statement, at),
            Label::Phone => self.phone(statement, at),
            Label::Role => self.role(statement, at),
            Label::OtherNumber => {
                if let Some(value) = value_at(statement, at, self.words) {
                    self.claimed[value.piece] = true;
                }
                at + 1
            }
            Label::Email => {
                if statement.pieces.len() == at + 2 && statement.ends_with(':') {
                    self.doubt_contact();
                }
                at + 1
            }
            Label::Other => self.skip_value(statement, at),
        }
    }

    fn account(&mut self, statement: &Statement, at: usize) -> usize {
        let Some(value) = value_at(statement, at, self.words).filter(|it| it.name.is_none()) else { return at + 1 };
        let text = statement.text(value.piece);
        let is_explicit = value.is_marked || text.len() >= 4;
        self.claimed[value.piece] = true;
        match text.parse::<AccountNumber>() {
            Ok(number) if is_explicit && !is_followed_by_number(statement, value.piece, self.words) => {
                self.gathered.accounts.insert(number);
            }
            _ => self.gathered.doubt(DoubtKind::AccountUnclear),
        }
        if at == 0 && statement.is_whole_line {
            self.current = None;
        }
        value.piece + 1
    }

    fn security_pin(&mut self, statement: &Statement, at: usize) -> usize {
        self.current = None;
        let is_others = self.is_somebody_elses(statement, at, &["my", "our", "current", "existing", "own"]);
        let Some(value) = value_at(statement, at, self.words) else { return at + 1 };
        self.claimed[value.piece] = true;
        let is_pin =
            statement.pieces[value.piece].what == What::Number && (4..=8).contains(&statement.text(value.piece).len());
        if value.name.is_some() || is_others || !is_pin || is_crowded(statement, value.piece, self.words) {
            self.gathered.doubt(DoubtKind::SecurityPinUnclear);
        } else {
            self.gathered.add_security_pin(statement.text(value.piece));
        }
        value.piece + 1
    }

    /// Whether the words before `PIN` make it another one than is meant here.
    fn is_somebody_elses(&self, statement: &Statement, at: usize, but_for: &[&str]) -> bool {
        let before = at.checked_sub(1).filter(|it| !matches!(statement.pieces[*it].what, What::Mark(_)));
        before.is_some_and(|it| {
            let key = statement.key(it);
            self.words.other_holders.contains(&key) && !but_for.contains(&key)
        })
    }

    fn pin(&mut self, statement: &Statement, at: usize, label: Label) -> usize {
        let Some(value) = value_at(statement, at, self.words) else {
            self.has_pin_heading |= label == Label::Pins && self.section == Section::NewUsers;
            return at + 1;
        };
        self.claimed[value.piece] = true;
        let is_pin = statement.pieces[value.piece].what == What::Number && statement.text(value.piece).len() == 4;
        let holder = match (&value.name, self.name_behind(statement, value.piece)) {
            (Some(name), _) => self.holder_named(statement, name),
            (None, Some(name)) => self.holder_named(statement, &name),
            (None, None) => self.holder_before(statement, at),
        };
        let is_certain = is_pin
            && label == Label::Pin
            && !is_crowded(statement, value.piece, self.words)
            && !self.is_somebody_elses(statement, at, &["own", "no", "any"]);
        match holder {
            Some(person) if is_certain => self.gathered.give_pin(person, statement.text(value.piece)),
            Some(person) => {
                let name = self.gathered.people[person].name.clone();
                self.gathered.has_pins = true;
                self.gathered.doubt_about(DoubtKind::UserPinUnclear, &name);
            }
            None => {
                self.gathered.has_pins = true;
                self.gathered.doubt(DoubtKind::PinUnclear);
            }
        }
        value.piece + 1
    }

    /// `4821 for John Smith`: the name right behind a PIN.
    fn name_behind(&self, statement: &Statement, value: usize) -> Option<Name> {
        let at = value + 1;
        let is_for = statement.pieces.get(at).is_some() && matches!(statement.key(at), "for" | "belongs");
        if !is_for {
            return None;
        }
        let name = statement.pieces[at + 1..].iter().find(|it| it.what != What::Stop)?;
        match &name.what {
            What::Name(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// The person that a PIN names as its holder.
    fn holder_named(&mut self, statement: &Statement, name: &Name) -> Option<usize> {
        let known = self.known(name);
        if known.is_some() || self.section != Section::NewUsers {
            return known;
        }
        let full = name.split(self.words)?;
        let person = self.gathered.person(full);
        self.set_current(statement, person, false);
        Some(person)
    }

    /// Somebody who was named before, by full name or by the only fitting part of it.
    fn known(&self, name: &Name) -> Option<usize> {
        if name.is_single() {
            return self.gathered.find_by_part(&name.words[0]);
        }
        self.gathered.find(&name.split(self.words)?)
    }

    /// The person that a PIN without a name belongs to, from what stands before it.
    fn holder_before(&mut self, statement: &Statement, at: usize) -> Option<usize> {
        let current = self.current?;
        let names_in =
            |range: std::ops::Range<usize>| statement.pieces[range].iter().any(|it| matches!(it.what, What::Name(_)));
        let is_here = current.statement == self.at;
        // A PIN in front of a name may be the one's before or the one's behind.
        if !is_here && names_in(at..statement.pieces.len()) && !self.is_approver_behind(statement, at) {
            return None;
        }
        let is_next = current.statement + 1 == self.at;
        if !(is_here || current.is_block || (is_next && current.is_alone)) {
            self.gathered.people[current.person].is_loose = true;
        }
        Some(current.person)
    }

    /// Whether the next name behind a piece is the approver's.
    fn is_approver_behind(&self, statement: &Statement, at: usize) -> bool {
        let next = (at..statement.pieces.len()).find(|it| matches!(statement.pieces[*it].what, What::Name(_)));
        next.is_some_and(|it| self.is_approver_position(statement, it))
    }

    fn set_current(&mut self, statement: &Statement, person: usize, is_block: bool) {
        let names = statement.pieces.iter().filter(|it| matches!(it.what, What::Name(_))).count();
        self.current = Some(Current { person, statement: self.at, is_block, is_alone: names == 1 });
    }

    /// A name that a label announces.
    fn labelled_name(&mut self, statement: &Statement, at: usize, label: Label) -> usize {
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
    fn labelled_user(&mut self, statement: &Statement, at: usize) -> usize {
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

    fn labelled_approver(&mut self, statement: &Statement, at: usize) -> usize {
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
    fn name(&mut self, statement: &Statement, at: usize, name: &Name, asking: Option<Ask>, is_listing: bool) -> usize {
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
    fn is_approver_position(&self, statement: &Statement, at: usize) -> bool {
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

    fn email(&mut self, statement: &Statement, at: usize) -> usize {
        let before = (0..at).rev().find(|it| !matches!(statement.pieces[*it].what, What::Mark(_)));
        let is_billing = before.is_some_and(|it| statement.pieces[it].what == What::Label(Label::Other));
        let current = self.current.filter(|it| self.is_near(*it) && !is_billing);
        if let (Some(current), Ok(email)) = (current, statement.text(at).parse()) {
            let emails = &mut self.gathered.people[current.person].emails;
            if !emails.contains(&email) {
                emails.push(email);
            }
        }
        at + 1
    }

    /// Notes that an address, a number or a role was announced and may stand on the next line.
    fn doubt_contact(&mut self) {
        if let Some(current) = self.current.filter(|it| self.is_near(*it)) {
            let name = self.gathered.people[current.person].name.clone();
            self.gathered.doubt_about(DoubtKind::ContactUnclear, &name);
        }
    }

    fn is_near(&self, current: Current) -> bool {
        current.statement == self.at || current.is_block
    }

    fn phone(&mut self, statement: &Statement, at: usize) -> usize {
        let is_mark = |it: usize| matches!(statement.pieces[it].what, What::Mark(_) | What::Stop);
        let Some(value) = (at + 1..statement.pieces.len()).find(|it| !is_mark(*it)) else {
            if statement.ends_with(':') {
                self.doubt_contact();
            }
            return at + 1;
        };
        if !matches!(statement.pieces[value].what, What::Phone | What::Number | What::Code) {
            return at + 1;
        }
        let Ok(phone) = statement.text(value).parse::<Phone>() else {
            self.doubt_contact();
            return at + 1;
        };
        self.claimed[value] = true;
        if let Some(current) = self.current.filter(|it| self.is_near(*it)) {
            let phones = &mut self.gathered.people[current.person].phones;
            if !phones.contains(&phone) {
                phones.push(phone);
            }
        }
        value + 1
    }

    fn role(&mut self, statement: &Statement, at: usize) -> usize {
        let Some(What::Mark(':' | '|' | '=' | '-')) = statement.pieces.get(at + 1).map(|it| &it.what) else {
            return at + 1;
        };
        // A role may be a word that labels elsewhere: `Role: Owner`.
        let is_mark =
            |it: usize| matches!(statement.pieces.get(it).map(|it| &it.what), Some(What::Mark(':' | '=' | '#')));
        let is_end = |it: usize| match statement.pieces[it].what {
            What::Mark(mark) => ",;|)".contains(mark),
            What::Label(Label::Pin | Label::Pins | Label::SecurityPin | Label::Account) | What::Number => true,
            What::Label(_) => is_mark(it + 1),
            _ => false,
        };
        let end = (at + 2..statement.pieces.len()).find(|it| is_end(*it)).unwrap_or(statement.pieces.len());
        let words: Vec<&str> = statement.pieces[at + 2..end]
            .iter()
            .flat_map(|it| &statement.tokens[it.start..it.end])
            .map(|it| it.text.as_str())
            .collect();
        let job = words.join(" ").trim_end_matches('.').trim().to_owned();
        if job.is_empty() || (end == statement.pieces.len() && !statement.is_item && statement.is_cut_short()) {
            self.doubt_contact();
        }
        if let Some(current) = self.current.filter(|it| self.is_near(*it) && !job.is_empty()) {
            let jobs = &mut self.gathered.people[current.person].jobs;
            if !jobs.contains(&job) {
                jobs.push(job);
            }
        }
        end
    }

    /// The value of a label that does not matter: words up to the end of the cell.
    fn skip_value(&mut self, statement: &Statement, at: usize) -> usize {
        let is_marked = matches!(statement.pieces.get(at + 1).map(|it| &it.what), Some(What::Mark(':' | '|' | '=')));
        if !is_marked {
            return at + 1;
        }
        let is_end = |it: &What| matches!(it, What::Label(_) | What::Number | What::Code | What::Mark(';'));
        (at + 2..statement.pieces.len())
            .find(|it| is_end(&statement.pieces[*it].what))
            .unwrap_or(statement.pieces.len())
    }

    /// A number beside a name in a list whose heading speaks of PINs.
    fn row_pin(&mut self, statement: &Statement, at: usize, is_listing: bool) -> usize {
        let text = statement.text(at);
        let is_year = text.starts_with("19") || text.starts_with("20");
        let is_place = self.section == Section::NewUsers && self.has_pin_heading && is_listing;
        let Some(current) = self.current.filter(|it| it.statement == self.at) else { return at + 1 };
        if !is_place || self.claimed[at] || text.len() != 4 || is_year || is_crowded(statement, at, self.words) {
            return at + 1;
        }
        if self.is_beside_name(statement, at) {
            self.claimed[at] = true;
            self.gathered.give_pin(current.person, statement.text(at));
        }
        at + 1
    }

    /// Whether nothing but marks, or an address in a line with one name, stands between a number and the name before it.
    fn is_beside_name(&self, statement: &Statement, at: usize) -> bool {
        let is_name = |it: &usize| matches!(statement.pieces[*it].what, What::Name(_));
        let Some(name) = (0..at).rfind(|it| is_name(it)) else { return false };
        let names = (0..statement.pieces.len()).filter(is_name).count();
        let numbers = statement.pieces.iter().filter(|it| matches!(it.what, What::Number | What::Code)).count();
        let between = &statement.pieces[name + 1..at];
        let is_bare = between.iter().all(|it| matches!(it.what, What::Mark(_)));
        let is_filled =
            between.iter().all(|it| matches!(it.what, What::Mark(_) | What::Email | What::Phone | What::Role));
        is_bare || (is_filled && names == 1 && numbers == 1)
    }

    /// A number that nothing explains is a doubt.
    fn explain_rest(&mut self, statement: &Statement) {
        let is_open = |at: usize| !self.claimed[at] && !is_explained(statement, at, self.words);
        if (0..statement.pieces.len()).any(is_open) {
            self.gathered.doubt(DoubtKind::NumberUnexplained);
        }
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
