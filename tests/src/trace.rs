//! PINs that are looked for where they must not be.

/// How a PIN is written in these bytes, if it is. Less than eight digits can be part of a digest or of a longer number by chance,
/// so they count where they stand alone.
pub fn trace(bytes: &[u8], pin: &str) -> Option<&'static str> {
    let is_part = |it: Option<&u8>| it.is_some_and(u8::is_ascii_alphanumeric);
    let counts = |spelling: &[u8], at: usize| {
        let around = [at.checked_sub(1).and_then(|it| bytes.get(it)), bytes.get(at + spelling.len())];
        spelling.len() >= 8 || !around.into_iter().any(is_part)
    };
    spellings(pin).into_iter().find_map(|(name, spelling)| {
        let mut windows = bytes.windows(spelling.len()).enumerate();
        windows.any(|(at, it)| it == spelling && counts(&spelling, at)).then_some(name)
    })
}

/// The ways in which a PIN might be written down.
fn spellings(pin: &str) -> Vec<(&'static str, Vec<u8>)> {
    let hex = |bytes: &[u8]| bytes.iter().map(|it| format!("{it:02x}")).collect::<String>().into_bytes();
    let little: Vec<u8> = pin.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = pin.encode_utf16().flat_map(u16::to_be_bytes).collect();
    vec![
        ("ASCII", pin.into()),
        ("hex", hex(pin.as_bytes())),
        ("hex of UTF-16", hex(&big)),
        ("UTF-16LE", little),
        ("UTF-16BE", big),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(trace(text.as_bytes(), "5293"), expected, "{text}");
    }

    #[test]
    fn a_pin_counts_where_it_stands_alone() {
        check("PIN 5293.", Some("ASCII"));
        check("\"pin\":\"5293\"", Some("ASCII"));
        check("5293", Some("ASCII"));
        check("35323933", Some("hex"));
        check("\u{0}5\u{0}2\u{0}9\u{0}3", Some("UTF-16BE"));
        check("sha256 09f1a5293bc7", None);
        check("1775293817", None);
        check("5294", None);
    }

    #[test]
    fn a_long_pin_counts_wherever_it_stands() {
        assert_eq!(trace(b"a83617459b", "83617459"), Some("ASCII"));
    }
}
