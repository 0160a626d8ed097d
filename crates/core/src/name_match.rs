//! Whether two names are one person's: the same, close, or not. And whether a name is what it seems.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

use crate::person::PersonName;

/// How two names compare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NameMatch {
    /// The same, but for case, accents, spacing and punctuation.
    Same,
    /// Close enough that a person must look: one or two letters off, an initial, parts swapped, a middle name more.
    Near,
    /// Another name.
    Different,
}

/// A name without what people write differently: NFKC, lower case, no accents, no punctuation, no blanks between
/// the parts of one name.
#[derive(Clone, Debug)]
pub struct NameKey {
    first: String,
    last: String,
    /// All words in order, wherever the first name ends.
    words: Vec<String>,
}

impl NameKey {
    /// The key of a name.
    pub fn of(name: &PersonName) -> Self {
        let words = name.first().split_whitespace().chain(name.last().split_whitespace());
        Self::new(fold(name.first()), fold(name.last()), words)
    }

    fn new<'a>(first: String, last: String, words: impl Iterator<Item = &'a str>) -> Self {
        Self { first, last, words: words.map(fold).filter(|it| !it.is_empty()).collect() }
    }

    /// Compares two names.
    pub fn compare(&self, other: &Self) -> NameMatch {
        // `Mary | Ann Lee` is `Mary Ann | Lee`, but `Ann Alee` is not `Anna Lee`.
        if (&self.first, &self.last) == (&other.first, &other.last) || self.words == other.words {
            return NameMatch::Same;
        }
        let swapped = self.first == other.last && self.last == other.first;
        // Every name starts with a name of nothing but punctuation, whose key is empty.
        let is_short_form = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && (b.starts_with(a) || a.starts_with(b));
        let shortened = self.last == other.last && is_short_form(&self.first, &other.first);
        let (one, two) = (self.joined(), other.joined());
        let allowed = match one.chars().count().min(two.chars().count()) {
            0..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        if swapped || shortened || distance(&one, &two) <= allowed { NameMatch::Near } else { NameMatch::Different }
    }

    fn joined(&self) -> String {
        format!("{}{}", self.first, self.last)
    }
}

/// Compares a name written in one piece, as a signature is, with a person's: `Mary Ann Lee`, `Lee, Mary Ann`, `M. Lee`.
pub fn compare_written(written: &str, name: &PersonName) -> NameMatch {
    let key = NameKey::of(name);
    let whole = fold(written);
    let turned = format!("{}{}", key.last, key.first);
    if whole == key.joined() || whole == turned {
        return NameMatch::Same;
    }
    let words: Vec<&str> = written.split_whitespace().collect();
    let splits = (1..words.len())
        .map(|at| NameKey::new(fold(&words[..at].concat()), fold(&words[at..].concat()), words.iter().copied()));
    let is_near = splits.into_iter().any(|it| it.compare(&key) != NameMatch::Different);
    if is_near { NameMatch::Near } else { NameMatch::Different }
}

/// Letters and digits of a text in NFKC lower case, without the accents of Latin, Greek and Cyrillic; letters that carry a
/// stroke lose it. The marks of other scripts stay: they are vowels and voices, and make another name.
fn fold(text: &str) -> String {
    let is_accent = |it: &char| matches!(it, '\u{300}'..='\u{36f}');
    let lower: String = text.nfkc().collect::<String>().to_lowercase();
    lower
        .nfkd()
        .filter(|it| !is_accent(it))
        .flat_map(plain_letters)
        .filter(|it| it.is_alphanumeric() || is_combining_mark(*it))
        .collect()
}

/// Letters whose accent is no combining mark, as an airline or a keyboard without them would write them.
fn plain_letters(letter: char) -> impl Iterator<Item = char> {
    let plain = match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        _ => "",
    };
    let own = plain.is_empty().then_some(letter);
    own.into_iter().chain(plain.chars())
}

/// Edits between two texts, where swapping two neighbours is one edit (optimal string alignment).
fn distance(one: &str, two: &str) -> usize {
    let (one, two): (Vec<char>, Vec<char>) = (one.chars().collect(), two.chars().collect());
    let mut rows = vec![vec![0; two.len() + 1]; one.len() + 1];
    rows[0] = (0..=two.len()).collect();
    for i in 1..=one.len() {
        rows[i][0] = i;
        for j in 1..=two.len() {
            let changed = rows[i - 1][j - 1] + usize::from(one[i - 1] != two[j - 1]);
            let best = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            let is_swap = i > 1 && j > 1 && one[i - 1] == two[j - 2] && one[i - 2] == two[j - 1];
            rows[i][j] = if is_swap { best.min(rows[i - 2][j - 2] + 1) } else { best };
        }
    }
    rows[one.len()][two.len()]
}

/// What makes a name suspicious in itself; `None` when nothing does.
pub fn suspicion(name: &PersonName) -> Option<&'static str> {
    let text = name.to_string();
    if text.chars().any(is_invisible) {
        Some("invisible or direction-changing characters")
    } else if text.nfkc().collect::<String>() != text.nfc().collect::<String>() {
        Some("letters that are pictures of other letters")
    } else if !text.is_ascii() && looks_latin(&text) {
        Some("letters of another script that look like Latin ones")
    } else if !text.is_single_script() {
        Some("letters of several scripts in one name")
    } else if [name.first(), name.last()].iter().any(|part| !part.is_single_script()) {
        Some("letters of several scripts in one word")
    } else {
        None
    }
}

/// Whether a text without any Latin letter looks as if it had no others (UTS 39, whole-script confusables).
fn looks_latin(text: &str) -> bool {
    let letters: String = text.chars().filter(|it| it.is_alphabetic()).collect();
    let is_latin = |it: char| unicode_script::UnicodeScript::script(&it) == unicode_script::Script::Latin;
    !letters.is_empty() && !letters.chars().any(is_latin) && skeleton(&letters).all(|it| it.is_ascii_alphanumeric())
}

/// Whether a text may be a first or last name: it begins with a letter or an apostrophe, is made of what stands in names, and no
/// letter carries a tower of marks.
pub fn is_name_part(text: &str) -> bool {
    const MARKS_ON_A_LETTER: usize = 3;
    let begins_well = text.chars().next().is_some_and(|it| it.is_alphabetic() || "'’ʼ`´‘".contains(it));
    let mut marks = 0;
    let has_tower = text.nfd().any(|it| {
        marks = if is_combining_mark(it) { marks + 1 } else { 0 };
        marks > MARKS_ON_A_LETTER
    });
    begins_well && !has_tower && text.chars().any(char::is_alphabetic) && text.chars().all(is_name_character)
}

/// Whether a character may stand in a name: letters and marks of any script, digits, blanks, and the punctuation of
/// real names. What starts a spreadsheet formula or markup may not.
fn is_name_character(letter: char) -> bool {
    letter.is_alphanumeric()
        || is_combining_mark(letter)
        || " '’ʼ`´‘-‐‑.,·/()&".contains(letter)
        || is_invisible(letter)
}

/// Whether two different names look alike on paper (UTS 39, skeletons).
pub fn looks_like(one: &PersonName, two: &PersonName) -> bool {
    let look = |name: &PersonName| skeleton(&name.to_string().to_lowercase()).collect::<String>();
    NameKey::of(one).compare(&NameKey::of(two)) != NameMatch::Same && look(one) == look(two)
}

/// Zero-width, directional and other format characters: seen by programs, not by people.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}')
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PersonName {
        let (first, last) = text.split_once('|').unwrap();
        PersonName::new(first, last).unwrap()
    }

    fn check(one: &str, two: &str, expected: NameMatch) {
        let (one_key, two_key) = (NameKey::of(&name(one)), NameKey::of(&name(two)));
        assert_eq!(one_key.compare(&two_key), expected, "{one} and {two}");
        assert_eq!(two_key.compare(&one_key), expected, "{two} and {one}");
    }

    #[test]
    fn spelling_habits_do_not_make_another_person() {
        check("José|García", "JOSE|GARCIA", NameMatch::Same);
        check("Mary Ann|O’Brien", "Maryann|O'Brien", NameMatch::Same);
        check("Søren|Weiß", "Soren|Weiss", NameMatch::Same);
        check("Łukasz|Żak", "Lukasz|Zak", NameMatch::Same);
        check("Ａnn|Lee", "Ann|Lee", NameMatch::Same);
        check("Jean-Luc|de la Tour", "Jean Luc|De La Tour", NameMatch::Same);
        check("Mary|Ann Lee", "Mary Ann|Lee", NameMatch::Same);
    }

    #[test]
    fn what_is_close_is_for_a_person_to_see() {
        check("Margaret|Henley", "Margarte|Henley", NameMatch::Near);
        check("Margaret|Henley", "M.|Henley", NameMatch::Near);
        check("Margaret|Henley", "Henley|Margaret", NameMatch::Near);
        check("Margaret|Henley", "Margaret J.|Henley", NameMatch::Near);
        check("Jon|Smith", "John|Smith", NameMatch::Near);
    }

    #[test]
    fn another_name_is_another_person() {
        check("Ann|Lee", "Ian|Lee", NameMatch::Different);
        check("Margaret|Henley", "Thomas|Henley", NameMatch::Different);
        check("Al|Wu", "Al|Xu", NameMatch::Different);
        check("Ann|Lee", "-|Lee", NameMatch::Different);
    }

    #[test]
    fn where_a_word_ends_makes_another_name() {
        check("Ann|Alee", "Anna|Lee", NameMatch::Near);
        check("Mary|Ann Lee", "Mary Ann|Lee", NameMatch::Same);
    }

    #[test]
    fn vowels_and_voices_of_other_scripts_make_another_name() {
        for (one, two) in [("राम|सिंह", "रमा|सिंह"), ("सीता|देवी", "सती|देवी"), ("まば|さとう", "まは|さとう")]
        {
            let compared = NameKey::of(&name(one)).compare(&NameKey::of(&name(two)));
            assert_ne!(compared, NameMatch::Same, "{one} and {two}");
        }
        check("가나|김", "가나|김", NameMatch::Same);
    }

    #[test]
    fn a_signature_is_compared_as_it_is_written() {
        let check = |written: &str, expected| {
            assert_eq!(compare_written(written, &name("Mary Ann|Lee")), expected, "{written}")
        };
        check("Mary Ann Lee", NameMatch::Same);
        check("LEE, Mary Ann", NameMatch::Same);
        check("M. Lee", NameMatch::Near);
        check("Mary A. Lee", NameMatch::Near);
        check("Thomas Lee", NameMatch::Different);
        check("x", NameMatch::Different);
        check("", NameMatch::Different);
    }

    #[test]
    fn a_name_that_is_not_what_it_seems_is_found() {
        assert_eq!(suspicion(&name("Ann|Lee")), None);
        assert_eq!(suspicion(&name("Владимир|Петров")), None);
        assert_eq!(suspicion(&name("美咲|さとう")), None);
        assert!(suspicion(&name("Аnn|Lee")).is_some(), "a Cyrillic A before Latin letters");
        assert!(suspicion(&name("Ann\u{202e}|Lee")).is_some());
        assert!(suspicion(&name("A\u{200b}nn|Lee")).is_some());
        assert!(suspicion(&name("Ann\u{3164}|Lee")).is_some(), "a filler that shows nothing");
        assert!(suspicion(&name("𝐀𝐧𝐧|Lee")).is_some(), "mathematical letters");
        assert!(suspicion(&name("Раса|Хесе")).is_some(), "Cyrillic that looks like Latin");
        assert!(suspicion(&name("Анна|Lee")).is_some(), "two scripts");
        assert_eq!(suspicion(&name("José María|Núñez")), None);
        assert_eq!(suspicion(&name("Łukasz|O’Brien-Müller")), None);
    }

    #[test]
    fn a_name_begins_with_a_letter_and_carries_no_towers() {
        for good in ["Ann", "'t Hooft", "O’Brien", "Việt", "Jr."] {
            assert!(is_name_part(good), "{good}");
        }
        let tower = format!("D{}ana", "\u{301}".repeat(12));
        for bad in ["", "-Smith", "(Ann)", "42", "=Ann", "100% Ann", tower.as_str()] {
            assert!(!is_name_part(bad), "{bad}");
        }
    }

    #[test]
    fn names_that_look_alike_are_found() {
        assert!(looks_like(&name("Раул|Роса"), &name("Payл|Poca")));
        assert!(!looks_like(&name("Ann|Lee"), &name("Ann|Lee")));
        assert!(!looks_like(&name("Ann|Lee"), &name("Bob|Lee")));
    }

    #[test]
    fn formulas_and_markup_are_no_names() {
        for bad in ['=', '+', '@', '<', '|', '"', '\t', ';'] {
            assert!(!is_name_character(bad), "{bad:?}");
        }
        for good in "Zoë O’Brien-Łuk, 3rd (Jr.)".chars() {
            assert!(is_name_character(good), "{good:?}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        for (one, two, expected) in [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(one, two), expected, "{one} {two}");
        }
    }
}
