//! Text strings (ISO 32000-1, 7.9.2.2): one byte for each character where PDFDocEncoding has them all, UTF-16 otherwise. Blanks in
//! French or German are a sixth smaller for it.

use lopdf::{Object, StringFormat};

/// A text as an object.
pub(crate) fn text_string(text: &str) -> Object {
    match text.chars().map(code).collect::<Option<Vec<u8>>>() {
        Some(bytes) => Object::String(bytes, StringFormat::Literal),
        None => lopdf::text_string(text),
    }
}

/// PDFDocEncoding (ISO 32000-1, annex D.2) as far as readers agree on it: not 0xA0, which some take for a blank, and neither control
/// characters nor the ligatures.
fn code(letter: char) -> Option<u8> {
    const FROM_80: [char; 19] =
        ['•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™'];
    const FROM_95: [char; 10] = ['Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž'];
    let in_table = |table: &[char], from: usize| {
        let at = table.iter().position(|it| *it == letter)?;
        u8::try_from(from + at).ok()
    };
    match letter {
        ' '..='~' => u8::try_from(u32::from(letter)).ok(),
        '\u{a1}'..='\u{ff}' if letter != '\u{ad}' => u8::try_from(u32::from(letter)).ok(),
        _ => in_table(&FROM_80, 0x80).or_else(|| in_table(&FROM_95, 0x95)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_was() {
        for text in ["Ada", "Prénom (facultatif)", "l’adresse – « ça »", "Łódź", "電話", "Žižka €5", "a\u{a0}b", ""]
        {
            let object = text_string(text);
            assert_eq!(lopdf::decode_text_string(&object).unwrap(), text);
            let bytes = object.as_str().unwrap().len();
            assert!(bytes == text.chars().count() || text.chars().any(|it| code(it).is_none()), "{text}: {bytes}");
        }
    }
}
