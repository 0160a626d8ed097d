//! How a template writes its dates: strict, numeric, one spelling. A date that could be read two ways is no date.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// Order and separators of a numeric date, with two-digit day and month and four-digit year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DateFormat {
    /// `MM/DD/YYYY`, as the United States write it.
    MonthDayYear,
    /// `DD/MM/YYYY`.
    DayMonthYear,
    /// `DD.MM.YYYY`.
    DayMonthYearDots,
    /// `YYYY-MM-DD` (ISO 8601).
    YearMonthDay,
}

const SPELLINGS: [(DateFormat, &str); 4] = [
    (DateFormat::MonthDayYear, "MM/DD/YYYY"),
    (DateFormat::DayMonthYear, "DD/MM/YYYY"),
    (DateFormat::DayMonthYearDots, "DD.MM.YYYY"),
    (DateFormat::YearMonthDay, "YYYY-MM-DD"),
];

impl DateFormat {
    /// Reads a date written in this format; the day and month may lack their leading zero (`3/4/2026`), nothing else
    /// may differ. `None` when it is not such a date, or no day of the calendar.
    pub fn parse(self, text: &str) -> Option<Date> {
        let separator = self.pattern().chars().find(|it| !it.is_ascii_alphabetic()).expect("a pattern has a separator");
        let parts: Vec<&str> = text.split(separator).collect();
        let [first, second, third] = parts[..] else { return None };
        let (year, month, day) = match self {
            Self::MonthDayYear => (third, first, second),
            Self::DayMonthYear | Self::DayMonthYearDots => (third, second, first),
            Self::YearMonthDay => (first, second, third),
        };
        let number = |text: &str, digits: std::ops::RangeInclusive<usize>| -> Option<i16> {
            let fits = digits.contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
            fits.then(|| text.parse().ok()).flatten()
        };
        let (year, month, day) = (number(year, 4..=4)?, number(month, 1..=2)?, number(day, 1..=2)?);
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    /// Writes a date in this format.
    pub fn show(self, date: Date) -> String {
        let (year, month, day) = (date.year(), date.month(), date.day());
        match self {
            Self::MonthDayYear => format!("{month:02}/{day:02}/{year:04}"),
            Self::DayMonthYear => format!("{day:02}/{month:02}/{year:04}"),
            Self::DayMonthYearDots => format!("{day:02}.{month:02}.{year:04}"),
            Self::YearMonthDay => format!("{year:04}-{month:02}-{day:02}"),
        }
    }

    /// The format as a person reads it: `MM/DD/YYYY`.
    pub fn pattern(self) -> &'static str {
        SPELLINGS.iter().find(|(it, _)| *it == self).map(|(_, text)| *text).expect("every format has a spelling")
    }
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.pattern())
    }
}

/// The text is none of the four patterns.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a date format is one of MM/DD/YYYY, DD/MM/YYYY, DD.MM.YYYY, YYYY-MM-DD")]
pub struct BadDateFormat;

impl FromStr for DateFormat {
    type Err = BadDateFormat;

    fn from_str(text: &str) -> Result<Self, BadDateFormat> {
        SPELLINGS.iter().find(|(_, it)| *it == text).map(|(it, _)| *it).ok_or(BadDateFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: DateFormat, text: &str, expected: Option<(i16, i8, i8)>) {
        assert_eq!(format.parse(text), expected.map(|(y, m, d)| jiff::civil::date(y, m, d)), "{format}: {text:?}");
    }

    #[test]
    fn a_date_is_read_in_its_own_format_only() {
        check(DateFormat::MonthDayYear, "03/04/2026", Some((2026, 3, 4)));
        check(DateFormat::MonthDayYear, "3/4/2026", Some((2026, 3, 4)));
        check(DateFormat::DayMonthYear, "03/04/2026", Some((2026, 4, 3)));
        check(DateFormat::DayMonthYearDots, "03.04.2026", Some((2026, 4, 3)));
        check(DateFormat::YearMonthDay, "2026-03-04", Some((2026, 3, 4)));
        check(DateFormat::YearMonthDay, "03/04/2026", None);
        check(DateFormat::MonthDayYear, "2026-03-04", None);
    }

    #[test]
    fn what_is_no_day_of_the_calendar_is_no_date() {
        check(DateFormat::MonthDayYear, "02/30/2026", None);
        check(DateFormat::MonthDayYear, "13/01/2026", None);
        check(DateFormat::MonthDayYear, "00/10/2026", None);
        check(DateFormat::MonthDayYear, "03/04/26", None);
        check(DateFormat::MonthDayYear, "+3/04/2026", None);
        check(DateFormat::MonthDayYear, "003/04/2026", None);
        check(DateFormat::MonthDayYear, "03/04/2026/", None);
        check(DateFormat::MonthDayYear, "", None);
        check(DateFormat::MonthDayYear, "٠٣/٠٤/٢٠٢٦", None);
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let date = jiff::civil::date(2026, 11, 5);
        for (format, text) in SPELLINGS {
            assert_eq!(format.parse(&format.show(date)), Some(date), "{format}");
            assert_eq!(text.parse::<DateFormat>(), Ok(format));
        }
    }
}
