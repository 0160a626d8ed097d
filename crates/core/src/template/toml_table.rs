//! A TOML table being read: every key is asked for once, every mistake is kept with its line, and keys that nobody
//! asked for are mistakes too.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::parse::TemplateMistake;
use super::source::line_at;

/// Where the mistakes of one template are gathered.
pub(super) struct Mistakes<'t> {
    text: &'t str,
    found: RefCell<Vec<TemplateMistake>>,
}

impl<'t> Mistakes<'t> {
    pub(super) fn in_text(text: &'t str) -> Self {
        Self { text, found: RefCell::default() }
    }

    /// Notes a mistake at a byte of the text.
    pub(super) fn add(&self, at: usize, what: impl Into<String>) {
        let line = line_at(self.text, at);
        self.found.borrow_mut().push(TemplateMistake { line, what: what.into() });
    }

    /// All mistakes, in the order of their lines.
    pub(super) fn into_sorted(self) -> Vec<TemplateMistake> {
        let mut found = self.found.into_inner();
        found.sort();
        found.dedup();
        found
    }
}

/// A TOML table being read.
pub(super) struct TomlTable<'t> {
    table: &'t DeTable<'t>,
    /// Its name for messages: `[page]`.
    name: String,
    at: usize,
    asked: RefCell<BTreeSet<String>>,
    mistakes: &'t Mistakes<'t>,
}

impl<'t> TomlTable<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, name: impl Into<String>, at: usize, mistakes: &'t Mistakes<'t>) -> Self {
        Self { table, name: name.into(), at, asked: RefCell::default(), mistakes }
    }

    /// A table within this one that was found another way.
    pub(super) fn inner(&self, table: &'t DeTable<'t>, name: String, at: usize) -> TomlTable<'t> {
        TomlTable::new(table, name, at, self.mistakes)
    }

    /// The byte at which the table stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The byte at which a key's value stands, or the table's where the key is missing.
    pub(super) fn at_key(&self, key: &str) -> usize {
        self.find(key).map_or(self.at, |it| it.span().start)
    }

    pub(super) fn mistake(&self, at: usize, what: impl Into<String>) {
        self.mistakes.add(at, what);
    }

    fn find(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.table.iter().find(|(it, _)| it.get_ref() == key).map(|(_, value)| value)
    }

    fn need(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        let value = self.find(key);
        if value.is_none() {
            self.mistake(self.at, format!("{} lacks `{key}`", self.name));
        }
        value
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let found = value.get_ref().type_str();
        self.mistake(value.span().start, format!("`{key}` must be {wanted}, not {found}"));
    }

    fn as_text(&self, key: &str, value: &'t Spanned<DeValue<'t>>) -> Option<String> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(key, value, "a text in quotes");
        }
        text.map(str::to_owned)
    }

    /// A text that must be there and not be empty.
    pub(super) fn text(&self, key: &str) -> String {
        let Some(value) = self.need(key) else { return String::new() };
        let text = self.as_text(key, value);
        if text.as_ref().is_some_and(|it| it.trim().is_empty()) {
            self.mistake(value.span().start, format!("`{key}` is empty"));
        }
        text.unwrap_or_default()
    }

    /// A text that may be left out.
    pub(super) fn text_or_empty(&self, key: &str) -> String {
        self.find(key).and_then(|it| self.as_text(key, it)).unwrap_or_default()
    }

    /// A text that may be left out, and is not empty if it is there.
    pub(super) fn text_if_any(&self, key: &str) -> Option<String> {
        self.find(key).is_some().then(|| self.text(key))
    }

    /// A list of texts that may be left out.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let Some(value) = self.find(key) else { return vec![] };
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of texts in quotes");
            return vec![];
        };
        list.iter().filter_map(|it| self.as_text(key, it)).collect()
    }

    /// A text that must be one that `parse` takes; its error is the mistake.
    pub(super) fn parsed<T>(&self, key: &str, fallback: T, parse: impl Fn(&str) -> Result<T, String>) -> T {
        let Some(value) = self.need(key) else { return fallback };
        let Some(text) = self.as_text(key, value) else { return fallback };
        parse(&text).unwrap_or_else(|what| {
            self.mistake(value.span().start, format!("`{key}`: {what}"));
            fallback
        })
    }

    /// A text of a list that may be left out, and is `fallback` then.
    pub(super) fn choice<T: Copy>(&self, key: &str, fallback: T, choices: &[(&str, T)]) -> T {
        let Some(value) = self.find(key) else { return fallback };
        let Some(text) = self.as_text(key, value) else { return fallback };
        if let Some((_, it)) = choices.iter().find(|(name, _)| *name == text) {
            return *it;
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.mistake(value.span().start, format!("`{key}` is one of {}", names.join(", ")));
        fallback
    }

    /// A whole number that may be left out.
    pub(super) fn whole(&self, key: &str, range: RangeInclusive<u16>) -> Option<u16> {
        let value = self.find(key)?;
        let Some(number) = value.get_ref().as_integer() else {
            self.wrong_type(key, value, "a whole number");
            return None;
        };
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let fits = number.and_then(|it| u16::try_from(it).ok()).filter(|it| range.contains(it));
        if fits.is_none() {
            self.mistake(value.span().start, format!("`{key}` must be {} to {}", range.start(), range.end()));
        }
        fits
    }

    /// A whole number that must be there.
    pub(super) fn needed_whole(&self, key: &str, range: RangeInclusive<u16>) -> u16 {
        let lowest = *range.start();
        if self.need(key).is_none() {
            return lowest;
        }
        self.whole(key, range).unwrap_or(lowest)
    }

    /// A length in points that may be left out.
    pub(super) fn points(&self, key: &str, fallback: f32, range: RangeInclusive<f32>) -> f32 {
        let Some(value) = self.find(key) else { return fallback };
        let number = match value.get_ref() {
            DeValue::Integer(it) => it.as_str().parse().ok(),
            DeValue::Float(it) => it.as_str().parse().ok(),
            _ => {
                self.wrong_type(key, value, "a number of points");
                return fallback;
            }
        };
        number.filter(|it| range.contains(it)).unwrap_or_else(|| {
            self.mistake(value.span().start, format!("`{key}` must be {} to {} points", range.start(), range.end()));
            fallback
        })
    }

    /// Yes or no; no when it is left out.
    pub(super) fn flag(&self, key: &str) -> bool {
        let Some(value) = self.find(key) else { return false };
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, value, "true or false");
        }
        flag.unwrap_or_default()
    }

    /// The raw value of a key that has a form of its own.
    pub(super) fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.find(key)
    }

    /// A table that must be there; an empty one stands in for it.
    pub(super) fn table(&self, key: &str) -> Option<TomlTable<'t>> {
        let value = self.need(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, value, "a table");
        }
        table.map(|it| TomlTable::new(it, format!("[{key}]"), value.span().start, self.mistakes))
    }

    /// A table that may be left out.
    pub(super) fn table_if_any(&self, key: &str) -> Option<TomlTable<'t>> {
        self.find(key).and_then(|_| self.table(key))
    }

    /// A list of tables that may be left out.
    pub(super) fn tables_if_any(&self, key: &str) -> Vec<TomlTable<'t>> {
        if self.find(key).is_some() { self.tables(key) } else { vec![] }
    }

    /// A list of tables, `[[key]]`; at least one.
    pub(super) fn tables(&self, key: &str) -> Vec<TomlTable<'t>> {
        let Some(value) = self.need(key) else { return vec![] };
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(key, value, "a list of tables");
            return vec![];
        };
        let tables = list.iter().filter_map(|it| {
            let table = it.get_ref().as_table();
            if table.is_none() {
                self.wrong_type(key, it, "a table");
            }
            table.map(|table| TomlTable::new(table, format!("[[{key}]]"), it.span().start, self.mistakes))
        });
        tables.collect()
    }

    /// Notes the keys that nobody asked for, with the nearest one that somebody did.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter().filter(|(key, _)| !asked.contains(key.get_ref().as_ref())) {
            let name = key.get_ref();
            let nearest = asked.iter().min_by_key(|it| letters_apart(it, name));
            let hint = nearest.filter(|it| letters_apart(it, name) <= 3).map(|it| format!("; did you mean `{it}`?"));
            let hint = hint.unwrap_or_default();
            self.mistake(key.span().start, format!("{} has no key `{name}`{hint}", self.name));
        }
    }
}

/// How many letters two keys differ by (Levenshtein).
fn letters_apart(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in two.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[two.len()]
}
