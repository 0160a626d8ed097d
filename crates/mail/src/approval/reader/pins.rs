//! PINs: which number is one, and whose.

use super::{Reader, Section};
use crate::approval::doubt::DoubtKind;
use crate::approval::names::Name;
use crate::approval::statements::{Statement, What};
use crate::approval::values::{is_crowded, value_at};
use crate::approval::vocabulary::Label;

impl Reader<'_> {
    pub(super) fn security_pin(&mut self, statement: &Statement, at: usize) -> usize {
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

    pub(super) fn pin(&mut self, statement: &Statement, at: usize, label: Label) -> usize {
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
    pub(super) fn known(&self, name: &Name) -> Option<usize> {
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

    /// A number beside a name in a list whose heading speaks of PINs.
    pub(super) fn row_pin(&mut self, statement: &Statement, at: usize, is_listing: bool) -> usize {
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
}
