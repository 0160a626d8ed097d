//! What stands beside a name: an address, a phone number, a role.

use countersign_core::person::Phone;

use super::{Current, Reader};
use crate::approval::doubt::DoubtKind;
use crate::approval::statements::{Statement, What};
use crate::approval::vocabulary::Label;

impl Reader<'_> {
    pub(super) fn email(&mut self, statement: &Statement, at: usize) -> usize {
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
    pub(super) fn doubt_contact(&mut self) {
        if let Some(current) = self.current.filter(|it| self.is_near(*it)) {
            let name = self.gathered.people[current.person].name.clone();
            self.gathered.doubt_about(DoubtKind::ContactUnclear, &name);
        }
    }

    fn is_near(&self, current: Current) -> bool {
        current.statement == self.at || current.is_block
    }

    pub(super) fn phone(&mut self, statement: &Statement, at: usize) -> usize {
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

    pub(super) fn role(&mut self, statement: &Statement, at: usize) -> usize {
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
}
