//! Text as a page may hold it: markup escaped, what nobody sees made visible, long values cut; and the digests by
//! which a browser knows the page's own script and style.

use sha2::{Digest, Sha256};

use crate::batch::is_direction_mark;
use crate::report::csv::is_skipped;

/// Characters of a value that are shown. The tables beside the page have all of it.
const LONGEST: usize = 400;

/// A value from elsewhere: it can neither be markup, nor hide, nor turn its surroundings around.
pub(super) fn foreign(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut html = "<bdi>".to_owned();
    for letter in text.chars().take(LONGEST) {
        match entity(letter) {
            Some(entity) => html.push_str(entity),
            None if is_unseen(letter) => {
                html.push_str(&format!("<span class=\"unseen\">{}</span>", letter.escape_unicode()));
            }
            None => html.push(letter),
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        html.push_str(" <span class=\"unseen\">… cut</span>");
    }
    html + "</bdi>"
}

/// Words of our own.
pub(super) fn plain(text: &str) -> String {
    let mut html = String::new();
    for letter in text.chars() {
        match entity(letter) {
            Some(entity) => html.push_str(entity),
            None => html.push(letter),
        }
    }
    html
}

fn entity(letter: char) -> Option<&'static str> {
    match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

fn is_unseen(letter: char) -> bool {
    letter.is_control() || is_direction_mark(letter) || (is_skipped(letter) && !letter.is_whitespace())
}

/// What a content security policy calls a script or style that stands in the page.
pub(super) fn source_hash(text: &str) -> String {
    format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_markup() {
        let html = foreign("<script>alert('1')</script> & \"x\"");
        assert_eq!(html, "<bdi>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;</bdi>");
    }

    #[test]
    fn what_nobody_sees_is_shown() {
        for unseen in "\0\t\n\u{1b}\u{7f}\u{ad}\u{61c}\u{200b}\u{200f}\u{202e}\u{2028}\u{2066}\u{feff}\u{e0041}".chars()
        {
            let html = foreign(&format!("Ann{unseen}fdp"));
            assert!(!html.contains(unseen) && html.contains(&unseen.escape_unicode().to_string()), "{html}");
        }
        assert_eq!(foreign("Łódź שלום 李"), "<bdi>Łódź שלום 李</bdi>");
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        assert!(!foreign(&"ä".repeat(LONGEST)).contains("cut"));
        let html = foreign(&"ä".repeat(LONGEST + 1));
        assert!(html.matches('ä').count() == LONGEST && html.contains("… cut"), "{html}");
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (bytes, expected) in vectors {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn a_source_hash_is_that_of_the_standard() {
        // The example of Content Security Policy Level 3, section 8.1 (`alert('Hello, world.');`).
        assert_eq!(source_hash("alert('Hello, world.');"), "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
    }
}
