//! Long answers to a question, for its author to see whether they fit their box. They keep the field's rule and its length.

use jiff::civil::date;

use super::{FieldSpec, ValueRule};
use crate::date_format::DateFormat;
use crate::person::NAME_MAX_CHARS;

/// Characters of an answer to a question without a limit.
const UNLIMITED: usize = 120;
/// Longest email address (RFC 5321, 4.5.3.1.3), and the longest part before its `@` (4.5.3.1.1).
const LONGEST_EMAIL: usize = 254;
const LONGEST_LOCAL: usize = 64;

const SENTENCE: &str = "Wolkenstein and Daughters, purchasing and accounts payable, third floor on the left; ";
const NAME: &str = "Maximiliane-Alexandra Wolkenstein-Trostberg von der Mühlen ";
const LOCAL: &str = "maximiliane.wolkenstein.accounts.payable.";
const DOMAIN: &str = "northern-lights-trading-company.wolkenstein-and-daughters.";
/// The longest first. Each is one that the rule takes.
const PHONES: [&str; 3] = ["+44 (0) 20 - 7946 0321 ext. 447126", "+44 20 7946 0321", "7946 032"];

impl FieldSpec {
    /// The longest answer that the question takes, made up; for a box to tick, a tick. A limit too short for the rule gives what fits.
    pub fn longest_example(&self, dates: DateFormat) -> String {
        let limit = self.max_length.map(usize::from);
        match self.rule {
            ValueRule::Text => cut(SENTENCE, limit.unwrap_or(UNLIMITED), 'n'),
            ValueRule::Name => cut(NAME, limit.unwrap_or(NAME_MAX_CHARS).min(NAME_MAX_CHARS), 'e'),
            ValueRule::Email => email(limit.unwrap_or(LONGEST_EMAIL).min(LONGEST_EMAIL)),
            ValueRule::Phone => {
                let fits = |it: &&str| limit.is_none_or(|limit| it.len() <= limit);
                PHONES.into_iter().find(fits).unwrap_or("7946 032").to_owned()
            }
            ValueRule::AccountNumber => cut("A-1002947-", limit.unwrap_or(24).min(24), '7'),
            ValueRule::AccountPin => "86420975".to_owned(),
            ValueRule::NewPin => "8642".to_owned(),
            ValueRule::Date => dates.show(date(2028, 12, 28)),
            ValueRule::Check => "Yes".to_owned(),
        }
    }
}

/// A text over and over, of so many characters; `last` stands in for a blank or a mark at its end.
fn cut(text: &str, length: usize, last: char) -> String {
    let mut cut: String = text.chars().cycle().take(length).collect();
    if cut.ends_with(|it: char| !it.is_alphanumeric()) {
        cut.pop();
        cut.push(last);
    }
    cut
}

/// An address of so many characters, or the shortest one.
fn email(length: usize) -> String {
    let length = length.max("a@b.co".len());
    let local = (length / 3).clamp(1, LONGEST_LOCAL);
    let suffix = if length > 20 { ".example" } else { ".co" };
    let local = local.min(length - suffix.len() - "a@".len());
    let domain = length - local - 1;
    format!("{}@{}{suffix}", cut(LOCAL, local, 'e'), cut(DOMAIN, domain - suffix.len(), 'n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::AccountNumber;
    use crate::person::{Email, PersonName, Phone};
    use crate::template::FilledBy;

    fn example(rule: ValueRule, max_length: Option<u16>) -> String {
        let (name, label, hint) = ("extra.x".to_owned(), "X".to_owned(), String::new());
        let spec =
            FieldSpec { name, label, hint, rule, required: false, filled_by: FilledBy::Customer, span: 12, max_length };
        spec.longest_example(DateFormat::DayMonthYearDots)
    }

    #[test]
    fn an_example_keeps_the_rule_and_is_as_long_as_it_may_be() {
        for limit in [6, 7, 10, 20, 63, 64, 65, 120, 253, 254] {
            let email = example(ValueRule::Email, Some(limit));
            assert!(email.parse::<Email>().is_ok() && email.len() == usize::from(limit), "{limit}: {email}");
        }
        for limit in 1..=80 {
            let name = example(ValueRule::Name, Some(limit));
            let fits = PersonName::new(&name, "X").is_ok_and(|it| it.first() == name);
            assert!(fits && name.chars().count() == usize::from(limit), "{limit}: {name}");
            let number = example(ValueRule::AccountNumber, Some(limit.min(24)));
            assert!(number.parse::<AccountNumber>().is_ok() && number.len() == usize::from(limit.min(24)), "{number}");
        }
        for limit in [8, 16, 40] {
            let phone = example(ValueRule::Phone, Some(limit));
            assert!(phone.parse::<Phone>().is_ok() && phone.len() <= usize::from(limit), "{phone}");
        }
        let date = example(ValueRule::Date, Some(10));
        assert!(DateFormat::DayMonthYearDots.parse(&date).is_some(), "{date}");
        assert_eq!(example(ValueRule::Text, Some(300)).chars().count(), 300);
        assert_eq!(example(ValueRule::Name, None).chars().count(), 80);
    }
}
