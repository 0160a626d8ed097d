//! Objects in the shape that the rest of the reader knows, made of what was read strictly. Each means what lopdf says it means.

use lopdf::{Dictionary, Object, Stream, StringFormat};

use crate::lexer::Lexer;
use crate::raw_object::{Raw, RawDictionary, Span, Token};

/// An object with all that it holds; references stay what they are.
pub(crate) fn object(raw: Raw<'_>) -> Object {
    match raw.token() {
        Token::Null => Object::Null,
        Token::Boolean(truth) => Object::Boolean(truth),
        Token::Integer(number) => Object::Integer(number),
        Token::Real(number) => Object::Real(number),
        Token::Name(_) | Token::EscapedName(_) => Object::Name(raw.name().expect("the token says so").into_owned()),
        Token::Literal(span) => Object::String(literal(span, raw.bytes()), StringFormat::Literal),
        Token::Hexadecimal(span) => Object::String(hexadecimal(span, raw.bytes()), StringFormat::Hexadecimal),
        Token::Reference(number, generation) => Object::Reference((number, generation)),
        Token::Array(_) => Object::Array(raw.elements().expect("the token says so").map(object).collect()),
        Token::Dictionary(_) => Object::Dictionary(dictionary(raw.dictionary().expect("the token says so"))),
    }
}

/// A dictionary with all that it holds.
pub(crate) fn dictionary(raw: RawDictionary<'_>) -> Dictionary {
    let mut dict = Dictionary::new();
    dict.as_hashmap_mut().reserve(raw.entries().count());
    for (key, value) in raw.entries() {
        dict.set(key.name().expect("a key is a name"), object(value));
    }
    dict
}

/// A stream; its length is that of its data.
pub(crate) fn stream(raw: RawDictionary<'_>, data: &[u8]) -> Object {
    Object::Stream(Stream::new(dictionary(raw), data.to_vec()))
}

fn literal(span: Span, bytes: &[u8]) -> Vec<u8> {
    let whole = span.of_bytes(bytes);
    let inside = &whole[1..whole.len() - 1];
    if !inside.iter().any(|it| matches!(it, b'\\' | b'\r')) {
        return inside.to_vec();
    }
    Lexer { content: whole, at: 0 }.literal().expect("it was read before")
}

fn hexadecimal(span: Span, bytes: &[u8]) -> Vec<u8> {
    Lexer { content: span.of_bytes(bytes), at: 0 }.hexadecimal().expect("it was read before")
}
