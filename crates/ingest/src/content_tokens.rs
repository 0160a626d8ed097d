//! The operators of a content stream with their operands (ISO 32000-1, 7.8.2). Strict: what is not beyond doubt is not read
//! at all, because readers that go on after a fault go on in different ways.

use crate::lexer::{Lexer, number, plain_name};

/// An operator with what stood before it.
#[derive(Debug, PartialEq)]
pub(crate) struct Operation {
    pub(crate) operator: Vec<u8>,
    pub(crate) operands: Vec<Operand>,
}

/// An operand. Dictionaries belong to marked content only, which paints nothing, so they are not looked into.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Number(f32),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Operand>),
    Dictionary,
}

/// Every operator (ISO 32000-1, annex A) but those of inline images, and of sections where unknown ones may stand.
const OPERATORS: [&[u8]; 68] = [
    b"b", b"B", b"b*", b"B*", b"BDC", b"BMC", b"BT", b"c", b"cm", b"CS", b"cs", b"d", b"d0", b"d1", b"Do", b"DP",
    b"EMC", b"ET", b"f", b"F", b"f*", b"G", b"g", b"gs", b"h", b"i", b"j", b"J", b"K", b"k", b"l", b"m", b"M", b"MP",
    b"n", b"q", b"Q", b"re", b"RG", b"rg", b"ri", b"s", b"S", b"SC", b"sc", b"SCN", b"scn", b"sh", b"T*", b"Tc", b"Td",
    b"TD", b"Tf", b"Tj", b"TJ", b"TL", b"Tm", b"Tr", b"Ts", b"Tw", b"Tz", b"v", b"w", b"W", b"W*", b"y", b"'", b"\"",
];

/// Levels of arrays and dictionaries.
const DEPTH: usize = 8;
/// Operands before one operator (ISO 32000-1, annex C: 33 in one array are enough for any operator; `TJ` takes more).
const OPERANDS: usize = 4096;

/// Reads a whole content stream; `None` when any part of it is not well-formed, no operator, or an inline
/// image.
pub(crate) fn operations(content: &[u8]) -> Option<Vec<Operation>> {
    let mut lexer = Lexer { content, at: 0 };
    let mut operations = Vec::new();
    let mut operands = Vec::new();
    while let Some(next) = lexer.peek() {
        if starts_operator(next) {
            let operator = lexer.word().to_vec();
            match operator.as_slice() {
                b"true" | b"false" | b"null" => operands.push(Operand::Name(operator)),
                known if OPERATORS.contains(&known) => {
                    operations.push(Operation { operator, operands: std::mem::take(&mut operands) });
                }
                _ => return None,
            }
        } else {
            operands.push(operand(&mut lexer, 0)?);
        }
        if operands.len() > OPERANDS {
            return None;
        }
    }
    operands.is_empty().then_some(operations)
}

fn starts_operator(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'\'' | b'"' | b'*')
}

fn operand(lexer: &mut Lexer<'_>, depth: usize) -> Option<Operand> {
    if depth > DEPTH {
        return None;
    }
    match lexer.peek()? {
        b'/' => {
            lexer.at += 1;
            Some(Operand::Name(plain_name(lexer.word())?))
        }
        b'(' => lexer.literal().map(Operand::Text),
        b'<' if lexer.take(b"<<") => until(lexer, b">>", depth).map(|_| Operand::Dictionary),
        b'<' => lexer.hexadecimal().map(Operand::Text),
        b'[' => {
            lexer.at += 1;
            until(lexer, b"]", depth).map(Operand::Array)
        }
        b'+' | b'-' | b'.' | b'0'..=b'9' => number(lexer.word()).map(Operand::Number),
        byte if starts_operator(byte) && depth > 0 => match lexer.word() {
            word @ (b"true" | b"false" | b"null") => Some(Operand::Name(word.to_vec())),
            _ => None,
        },
        _ => None,
    }
}

fn until(lexer: &mut Lexer<'_>, end: &[u8], depth: usize) -> Option<Vec<Operand>> {
    let mut operands = Vec::new();
    loop {
        lexer.peek()?;
        if lexer.take(end) {
            return Some(operands);
        }
        operands.push(operand(lexer, depth + 1)?);
        if operands.len() > OPERANDS {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: Option<&[&str]>) {
        let found = operations(content.as_bytes());
        let shown: Option<Vec<String>> = found.map(|it| it.iter().map(show).collect());
        let expected = expected.map(|it| it.iter().map(|it| (*it).to_owned()).collect());
        assert_eq!(shown, expected, "{content}");
    }

    fn show(operation: &Operation) -> String {
        let operands: Vec<String> = operation.operands.iter().map(show_operand).collect();
        format!("{}({})", String::from_utf8_lossy(&operation.operator), operands.join(" "))
    }

    fn show_operand(operand: &Operand) -> String {
        match operand {
            Operand::Number(it) => it.to_string(),
            Operand::Name(it) => format!("/{}", String::from_utf8_lossy(it)),
            Operand::Text(it) => format!("'{}'", String::from_utf8_lossy(it)),
            Operand::Array(it) => format!("[{}]", it.iter().map(show_operand).collect::<Vec<_>>().join(" ")),
            Operand::Dictionary => "<<>>".to_owned(),
        }
    }

    #[test]
    fn operators_are_read_with_their_operands() {
        check("q .5 -1 +2. cm Q", Some(&["q()", "cm(0.5 -1 2)", "Q()"]));
        check("BT/F1 9 Tf(a)Tj[<62>-3(c)]TJ ET", Some(&["BT()", "Tf(/F1 9)", "Tj('a')", "TJ(['b' -3 'c'])", "ET()"]));
        check("/P<</MCID 0/X[true (]) <3e>]>>BDC f* EMC", Some(&["BDC(/P <<>>)", "f*()", "EMC()"]));
        check("% q\n1 g%x\r0 g", Some(&["g(1)", "g(0)"]));
        check("", Some(&[]));
    }

    #[test]
    fn strings_and_names_are_read_in_all_their_spellings() {
        check(r"(a\(b\)(c)\101\n\\) Tj", Some(&["Tj('a(b)(c)A\n\\')"]));
        check("(a\\\nb\r\nc) Tj", Some(&["Tj('ab\nc')"]));
        check("<6 1 6> Tj", Some(&["Tj('a`')"]));
        check("/F#31 gs", Some(&["gs(/F1)"]));
    }

    #[test]
    fn what_is_not_beyond_doubt_is_not_read() {
        for bad in [
            "(a Tj",
            "<6g> Tj",
            "[1 2",
            "1 2",
            "--5 w",
            "1.2.3 w",
            "1e5 w",
            "/F#1 gs",
            "] Tj",
            "> Tj",
            "{ f }",
            "<< /A",
            "BI /W 1 ID x EI",
            "1 \u{1} w",
        ] {
            check(bad, None);
        }
        check(&"[".repeat(50), None);
    }
}
