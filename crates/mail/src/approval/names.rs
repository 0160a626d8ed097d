//! Names of people as they are written: which words they have, and where the first name ends.

use countersign_core::name_match::{is_name_part, suspicion};
use countersign_core::person::PersonName;

use super::vocabulary::Vocabulary;

/// A run of words that may be a name.
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) struct Name {
    /// Its words as written, without a possessive ending.
    pub(super) words: Vec<String>,
    /// `Smith's`: something of theirs follows.
    pub(super) is_possessive: bool,
    /// Another word with a capital stands right beside it, so that it is not certain where the name ends.
    pub(super) has_neighbour: bool,
}

/// How a word is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Case {
    Small,
    Capital,
    AllCapitals,
}

impl Name {
    /// First and last name; `None` when that is not certain.
    ///
    /// Two words are first and last name. A particle in small letters begins the last name, `Jr` ends it; else the last word of
    /// three or four is the last name. (Names are compared without regard to where the first one ends.)
    pub(super) fn split(&self, words: &Vocabulary) -> Option<PersonName> {
        if self.has_neighbour || !self.is_evenly_written(words) {
            return None;
        }
        let count = self.words.len();
        let is_particle = |it: &String| words.particles.contains(&it.as_str());
        let suffixed =
            self.words.last().is_some_and(|it| words.suffixes.contains(&it.to_lowercase().trim_matches('.')));
        let at = match self.words.iter().position(is_particle) {
            Some(at) => at,
            None => count.checked_sub(1 + usize::from(suffixed))?,
        };
        if at == 0 || at > 3 || count - at > 5 {
            return None;
        }
        // A last name of one letter is a name cut short.
        let is_cut = self.words[at..].iter().all(|it| it.chars().filter(|it| it.is_alphabetic()).count() < 2);
        part_names(&self.words[..at].join(" "), &self.words[at..].join(" ")).filter(|_| !is_cut)
    }

    /// Whether it is one word, as a first name alone.
    pub(super) fn is_single(&self) -> bool {
        self.words.len() == 1
    }

    /// Whether all its words begin with small letters.
    pub(super) fn is_small(&self) -> bool {
        self.words.iter().all(|it| case(it) == Case::Small)
    }

    /// Capitals throughout, or small letters throughout two words. `SMITH John` could be in either order.
    fn is_evenly_written(&self, words: &Vocabulary) -> bool {
        let proper: Vec<&String> = self.words.iter().filter(|it| !words.particles.contains(&it.as_str())).collect();
        let cases: Vec<Case> = proper.iter().map(|it| case(it)).collect();
        let small = cases.iter().filter(|it| **it == Case::Small).count();
        let is_surname_first = cases.len() >= 2
            && cases[0] == Case::AllCapitals
            && proper[0].chars().count() > 1
            && cases[1..].iter().any(|it| *it != Case::AllCapitals);
        (small == 0 || (small == cases.len() && small == 2)) && !is_surname_first
    }
}

/// A name of two parts that are known to be first and last name; `None` when one of them is no name, or not what it seems.
pub(super) fn part_names(first: &str, last: &str) -> Option<PersonName> {
    let is_part =
        |it: &str| is_name_part(it) && !it.chars().any(|it| it.is_numeric() || matches!(it, '/' | '(' | ')' | '&'));
    let name = PersonName::new(first, last).ok().filter(|it| is_part(it.first()) && is_part(it.last()))?;
    suspicion(&name).is_none().then_some(name)
}

fn case(word: &str) -> Case {
    let letters: Vec<char> = word.chars().filter(|it| it.is_alphabetic()).collect();
    let capitals = letters.iter().filter(|it| it.is_uppercase()).count();
    let has_case = letters.iter().any(|it| it.is_lowercase() || it.is_uppercase());
    match capitals {
        0 if has_case => Case::Small,
        _ if capitals == letters.len() && letters.len() > 1 => Case::AllCapitals,
        _ => Case::Capital,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::vocabulary::ENGLISH;

    fn check(text: &str, expected: Option<&str>) {
        let name = Name { words: text.split(' ').map(str::to_owned).collect(), ..Name::default() };
        let shown = name.split(&ENGLISH).map(|it| format!("{}|{}", it.first(), it.last()));
        assert_eq!(shown.as_deref(), expected, "{text}");
    }

    #[test]
    fn a_name_is_parted_where_that_is_certain() {
        check("Maria Lopez", Some("Maria|Lopez"));
        check("maria lopez", Some("maria|lopez"));
        check("Mary Ann Lee", Some("Mary Ann|Lee"));
        check("Carlos de la Cruz", Some("Carlos|de la Cruz"));
        check("Ludwig van der Rohe", Some("Ludwig|van der Rohe"));
        check("Jean-Luc O’Brien-Łuk", Some("Jean-Luc|O’Brien-Łuk"));
        check("JOHN SMITH", Some("JOHN|SMITH"));
        check("John SMITH", Some("John|SMITH"));
        check("Hélène d'Arcy", Some("Hélène|d'Arcy"));
        check("Fatima al-Sayed", Some("Fatima|al-Sayed"));
        check("John Smith Jr", Some("John|Smith Jr"));
    }

    #[test]
    fn a_name_that_could_be_another_is_none() {
        for bad in [
            "Maria",
            "SMITH John",
            "John smith",
            "john smith urgently",
            "Аnn Lee",
            "de Vries",
            "A B C D E F",
            "John Q",
            "Ann L.",
        ] {
            check(bad, None);
        }
    }
}
