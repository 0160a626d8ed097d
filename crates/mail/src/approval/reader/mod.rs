//! Statements into values: each labelled value to its place, each name to its part, each PIN to its holder — where that is
//! certain. What is not becomes a doubt; a number that nothing explains is one as well.

mod details;
mod people;
mod pins;

use countersign_core::account::AccountNumber;

use crate::approval::doubt::DoubtKind;
use crate::approval::draft::Gathered;
use crate::approval::intent::{Ask, ask, count};
use crate::approval::statements::{Statement, What};
use crate::approval::table::Table;
use crate::approval::values::{is_explained, is_followed_by_number, value_at};
use crate::approval::vocabulary::{Label, Vocabulary};

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

    /// A number that nothing explains is a doubt.
    fn explain_rest(&mut self, statement: &Statement) {
        let is_open = |at: usize| !self.claimed[at] && !is_explained(statement, at, self.words);
        if (0..statement.pieces.len()).any(is_open) {
            self.gathered.doubt(DoubtKind::NumberUnexplained);
        }
    }
}
