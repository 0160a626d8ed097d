//! Crockford's base32: the letters of everything that people copy by hand, form ids and set-up codes.

use std::fmt;

/// The 32 letters and digits, without I, L, O and U.
pub(crate) const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 4;

/// `length` letters as people and programs write them: hyphens and blanks do not count, nor does case; `O` is 0, `I` and `L`
/// are 1. `None` when they are others, or more or fewer.
pub(crate) fn canonical(text: &str, length: usize) -> Option<String> {
    // Room for all of it at once: no half of a secret is left behind where the text grew.
    let mut letters = String::with_capacity(text.len());
    letters.extend(text.chars().filter(|it| !matches!(it, '-' | ' ')).map(|it| match it.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        letter => letter,
    }));
    let is_good = letters.len() == length && letters.bytes().all(|it| ALPHABET.contains(&it));
    is_good.then_some(letters)
}

/// Writes letters in groups of four, with hyphens between them.
pub(crate) fn write_grouped(to: &mut impl fmt::Write, letters: &str) -> fmt::Result {
    for (at, letter) in letters.chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            to.write_char('-')?;
        }
        to.write_char(letter)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_as_people_write_them() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(canonical(text, 6).as_deref(), expected, "{text}");
        check("7k3m-q0", Some("7K3MQ0"));
        check(" 7K3M QO ", Some("7K3MQ0"));
        check("iLoIlO", Some("110110"));
        check("7K3MQ", None);
        check("7K3MQ00", None);
        check("7K3MQU", None);
        check("7K3MQ\u{e9}", None);
    }

    #[test]
    fn letters_are_written_in_groups() {
        let grouped = |letters: &str| {
            let mut text = String::new();
            write_grouped(&mut text, letters).unwrap();
            text
        };
        assert_eq!(grouped("7K3MQ0TVXY"), "7K3M-Q0TV-XY");
        assert_eq!(grouped("7K3M"), "7K3M");
    }
}
