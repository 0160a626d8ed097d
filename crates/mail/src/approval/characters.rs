//! Characters as people see them: what counts as a plain one, what nobody sees, and digits that are none of ours.

use unicode_normalization::char::is_combining_mark;

/// The plain form of a character: full-width ASCII as NFKC has it (U+FF01 to U+FF5E), every blank as a space, every
/// apostrophe of a keyboard or a word processor as one. Everything else stays.
pub(super) fn plain(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        it if it.is_whitespace() => ' ',
        _ => letter,
    }
}

/// Zero-width, filling and other format characters: seen by programs, not by people.
pub(super) fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}')
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}')
        || matches!(letter, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e01ef}')
        || (letter.is_control() && !letter.is_whitespace())
}

/// Characters that make a reader show others in another order (UAX 9, explicit formatting).
pub(super) fn turns_a_line(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A digit or number that is not one of 0 to 9, after full-width ones became plain: `④`, `²`, `٤`, `½`.
pub(super) fn is_odd_digit(letter: char) -> bool {
    letter.is_numeric() && !letter.is_ascii_digit()
}

/// Whether a character may stand in a word or a number.
pub(super) fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || is_combining_mark(letter)
}

/// Apostrophes between the letters of a name or a shortened word.
pub(super) fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '‘' | 'ʼ' | '`' | '´')
}

/// Hyphens that stand inside words and numbers; a dash (U+2013, U+2014) does not.
pub(super) fn is_hyphen(letter: char) -> bool {
    matches!(letter, '-' | '\u{2010}' | '\u{2011}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_is_plain_and_other_digits_are_odd() {
        assert_eq!("ＰＩＮ：４８２１\u{a0}".chars().map(plain).collect::<String>(), "PIN:4821 ");
        for odd in ['④', '²', '٤', '½', '𝟒'] {
            assert!(is_odd_digit(plain(odd)), "{odd}");
        }
        assert!(!is_odd_digit(plain('４')) && !is_odd_digit('a'));
    }

    #[test]
    fn what_nobody_sees_is_known() {
        for unseen in ['\u{200b}', '\u{feff}', '\u{ad}', '\u{202e}', '\u{7}'] {
            assert!(is_invisible(unseen), "{unseen:?}");
        }
        for seen in ['a', ' ', '\n', '\t', '\u{a0}', '-'] {
            assert!(!is_invisible(seen), "{seen:?}");
        }
        assert!(turns_a_line('\u{202e}') && !turns_a_line('a'));
    }
}
