//! Tables of people: a header that names the columns, and rows that keep to it.

use countersign_core::person::PersonName;

use super::doubt::DoubtKind;
use super::draft::Gathered;
use super::names::part_names;
use super::statements::{Piece, Statement, What};
use super::vocabulary::{Label, Vocabulary};

/// What stands in a column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Column {
    Is(Label),
    /// The number of the row.
    Index,
}

/// A table whose header was read.
pub(super) struct Table {
    columns: Vec<Column>,
    parted_by: char,
}

impl Table {
    /// The table that a header begins; `None` when the statement is none: all its cells must be labels, among them a name's, and
    /// none of them the account's.
    pub(super) fn of_header(statement: &Statement) -> Option<Self> {
        let parted_by = if statement.has_cells { '|' } else { ',' };
        let named: Vec<Column> =
            cells(statement, parted_by).iter().map(|it| column(statement, it)).collect::<Option<_>>()?;
        // `Last name, First name, PIN`: a label elsewhere, two columns here.
        let turned = [Column::Is(Label::LastName), Column::Is(Label::FirstName)];
        let is_turned = |it: &Column| parted_by == ',' && *it == Column::Is(Label::LastFirst);
        let columns: Vec<Column> =
            named.iter().flat_map(|it| if is_turned(it) { turned.to_vec() } else { vec![*it] }).collect();
        let has = |label: Label| columns.contains(&Column::Is(label));
        let is_named = has(Label::FullName)
            || has(Label::NewUser)
            || has(Label::LastFirst)
            || (has(Label::FirstName) && has(Label::LastName));
        let is_of_people = !has(Label::Account) && !has(Label::SecurityPin) && !has(Label::Approver);
        let mut labels: Vec<Label> =
            columns.iter().filter_map(|it| if let Column::Is(it) = it { Some(*it) } else { None }).collect();
        labels.sort();
        let is_single =
            labels.windows(2).all(|it| it[0] != it[1] || matches!(it[0], Label::Other | Label::OtherNumber));
        (columns.len() >= 2 && is_named && is_of_people && is_single && statement.is_whole_line)
            .then_some(Self { columns, parted_by })
    }

    /// Reads a row; false when the statement is none.
    pub(super) fn read_row(&self, statement: &Statement, words: &Vocabulary, gathered: &mut Gathered) -> bool {
        let cells = cells(statement, self.parted_by);
        if cells.len() != self.columns.len() || !statement.is_whole_line {
            return false;
        }
        let of = |label: Label| {
            let at = self.columns.iter().position(|it| *it == Column::Is(label))?;
            Some(Cell { statement, pieces: cells[at] })
        };
        let name = self.name(&of, words);
        let Some(name) = name else {
            gathered.doubt(DoubtKind::UserNameUnclear);
            gathered.has_pins = true;
            return true;
        };
        if gathered.find(&name).is_some_and(|it| !gathered.people[it].pins.is_empty()) {
            gathered.doubt_about(DoubtKind::PersonTwice, &name);
        }
        let person = gathered.person(name.clone());
        match of(Label::Pin).or_else(|| of(Label::Pins)).map(|it| it.pin()) {
            Some(PinCell::Is(text)) => gathered.give_pin(person, text),
            Some(PinCell::Odd) => gathered.doubt_about(DoubtKind::UserPinUnclear, &name),
            Some(PinCell::Empty) | None => {}
        }
        self.contacts(&of, person, gathered);
        true
    }

    fn name<'a>(&self, of: &dyn Fn(Label) -> Option<Cell<'a>>, words: &Vocabulary) -> Option<PersonName> {
        if let (Some(first), Some(last)) = (of(Label::FirstName), of(Label::LastName)) {
            return part_names(&first.words()?, &last.words()?);
        }
        if let Some(turned) = of(Label::LastFirst) {
            let [
                Piece { what: What::Name(last), .. },
                Piece { what: What::Mark(','), .. },
                Piece { what: What::Name(first), .. },
            ] = turned.pieces
            else {
                return None;
            };
            return part_names(&first.words.join(" "), &last.words.join(" "));
        }
        let whole = of(Label::FullName).or_else(|| of(Label::NewUser))?;
        let names: Vec<&Piece> = whole.pieces.iter().filter(|it| !matches!(it.what, What::Mark('.'))).collect();
        match names[..] {
            [Piece { what: What::Name(name), .. }] => name.split(words),
            [Piece { what: What::Stop, start, .. }, Piece { what: What::Name(name), .. }]
                if words.titles.contains(&whole.statement.tokens[*start].key.as_str()) =>
            {
                name.split(words)
            }
            _ => None,
        }
    }

    fn contacts<'a>(&self, of: &dyn Fn(Label) -> Option<Cell<'a>>, person: usize, gathered: &mut Gathered) {
        let name = gathered.people[person].name.clone();
        let text = |label: Label| of(label).map(|it| it.text()).filter(|it| !matches!(it.as_str(), "" | "-" | "n / a"));
        if let Some(text) = text(Label::Email) {
            match text.parse() {
                Ok(email) => gathered.people[person].emails.push(email),
                Err(_) => gathered.doubt_about(DoubtKind::ContactUnclear, &name),
            }
        }
        if let Some(text) = text(Label::Phone) {
            match text.parse() {
                Ok(phone) => gathered.people[person].phones.push(phone),
                Err(_) => gathered.doubt_about(DoubtKind::ContactUnclear, &name),
            }
        }
        gathered.people[person].jobs.extend(text(Label::Role));
    }
}

/// A cell of a row.
struct Cell<'a> {
    statement: &'a Statement,
    pieces: &'a [Piece],
}

/// What stands in the cell of a PIN.
enum PinCell<'a> {
    Is(&'a str),
    Empty,
    Odd,
}

impl<'a> Cell<'a> {
    fn text(&self) -> String {
        let tokens = self.pieces.iter().flat_map(|it| &self.statement.tokens[it.start..it.end]);
        tokens.map(|it| it.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The cell's text if it is made of words alone.
    fn words(&self) -> Option<String> {
        let is_word =
            |it: &Piece| matches!(it.what, What::Name(_) | What::Stop | What::Role | What::Mark('.') | What::Label(_));
        self.pieces.iter().all(is_word).then(|| self.text().replace(" .", "."))
    }

    fn pin(&self) -> PinCell<'a> {
        let numbers: Vec<&'a Piece> =
            self.pieces.iter().filter(|it| !matches!(it.what, What::Label(Label::Pin) | What::Mark(':'))).collect();
        match numbers[..] {
            [] => PinCell::Empty,
            [Piece { what: What::Number, start, .. }] if self.statement.tokens[*start].text.len() == 4 => {
                PinCell::Is(&self.statement.tokens[*start].text)
            }
            _ => PinCell::Odd,
        }
    }
}

/// The pieces of each cell.
fn cells(statement: &Statement, parted_by: char) -> Vec<&[Piece]> {
    statement.pieces.split(|it| it.what == What::Mark(parted_by)).collect()
}

fn column(statement: &Statement, cell: &[Piece]) -> Option<Column> {
    let labels: Vec<Label> =
        cell.iter().filter_map(|it| if let What::Label(label) = it.what { Some(label) } else { None }).collect();
    let is_plain = cell.iter().all(|it| {
        matches!(
            it.what,
            What::Label(_) | What::Stop | What::Role | What::Mark('(' | ')' | ':' | '.' | '*' | '#' | '/')
        )
    });
    let keys: Vec<&str> = cell.iter().map(|it| statement.tokens[it.start].key.as_str()).collect();
    match (&labels[..], &keys[..]) {
        ([label], _) if is_plain && cell.len() <= 5 => Some(Column::Is(*label)),
        ([], ["first"]) => Some(Column::Is(Label::FirstName)),
        ([], ["last"]) => Some(Column::Is(Label::LastName)),
        ([], [] | ["#"] | ["no"] | ["no", "."] | ["nr"]) => Some(Column::Index),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::vocabulary::ENGLISH;

    fn columns(text: &str) -> Option<usize> {
        let mut statement = Statement::of(text, &ENGLISH);
        statement.has_cells = text.contains('|');
        Table::of_header(&statement).map(|it| it.columns.len())
    }

    #[test]
    fn headers_name_their_columns() {
        assert_eq!(columns("First name | Last name | PIN"), Some(3));
        assert_eq!(columns("Name, Email, PIN"), Some(3));
        assert_eq!(columns("# | Name | Phone | 4-digit PIN | Role"), Some(5));
        assert_eq!(columns("First | Last | PIN (4 digits)"), Some(3));
        for none in
            ["PIN, Email", "Name, Account, PIN", "John Smith, 4821", "Name | Security PIN", "Name, PIN, PIN", "Name"]
        {
            assert_eq!(columns(none), None, "{none}");
        }
    }
}
