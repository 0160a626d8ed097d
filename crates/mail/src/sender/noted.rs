//! The field `Authentication-Results` (RFC 8601, 2.2): who noted what of a message.

use std::iter::Peekable;
use std::str::Chars;

/// The longest field that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// One result.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Entry {
    pub(super) method: String,
    pub(super) result: String,
    properties: Vec<(String, String)>,
}

impl Entry {
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a field is written in a server's name. One that hides its name counts, too: what the own server wrote about a
/// stranger's odd address may be hard to read, and must still be counted beside what the stranger wrote.
pub(super) fn is_in_name_of(authserv_id: &str, text: &str) -> bool {
    let mut letters = text.chars().peekable();
    match token(&mut letters) {
        Some(Some(Token::Word(id))) => id.eq_ignore_ascii_case(authserv_id),
        Some(_) | None => true,
    }
}

#[derive(Debug, Eq, PartialEq)]
enum Token {
    Word(String),
    Equals,
    End,
}

/// Reads a field: the name of its writer, and the results (RFC 8601, 2.2).
pub(super) fn read(text: &str) -> Option<(String, Vec<Entry>)> {
    let tokens = tokens(text)?;
    let mut groups = tokens.split(|it| *it == Token::End);
    let id = match groups.next()? {
        [Token::Word(id)] => id.clone(),
        [Token::Word(id), Token::Word(version)] if version == "1" => id.clone(),
        _ => return None,
    };
    let mut entries = Vec::new();
    for group in groups {
        match group {
            [] => {}
            [Token::Word(none)] if none.eq_ignore_ascii_case("none") => {}
            group => entries.push(entry(group)?),
        }
    }
    Some((id, entries))
}

fn entry(group: &[Token]) -> Option<Entry> {
    let mut pairs = Vec::new();
    for pair in group.chunks(3) {
        let [Token::Word(name), Token::Equals, Token::Word(value)] = pair else {
            return None;
        };
        pairs.push((name.to_ascii_lowercase(), value.clone()));
    }
    let (method, result) = pairs.first()?.clone();
    // `dkim/1=pass` names a version of the method.
    let method = method.split('/').next().unwrap_or_default().to_owned();
    Some(Entry { method, result: result.to_ascii_lowercase(), properties: pairs.split_off(1) })
}

/// Words, equals signs and semicolons; comments are gone. `None` where a quote or a comment does not end.
fn tokens(text: &str) -> Option<Vec<Token>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(token) = token(&mut letters)? {
        tokens.push(token);
    }
    Some(tokens)
}

/// The next token; `Some(None)` at the end.
fn token(letters: &mut Peekable<Chars<'_>>) -> Option<Option<Token>> {
    while let Some(letter) = letters.next() {
        return Some(Some(match letter {
            '(' => {
                comment(letters)?;
                continue;
            }
            it if it.is_whitespace() => continue,
            '"' => Token::Word(quoted(letters)?),
            '=' => Token::Equals,
            ';' => Token::End,
            first => {
                let mut word = String::from(first);
                while let Some(it) = letters.next_if(|it| !it.is_whitespace() && !"=;(\"".contains(*it)) {
                    word.push(it);
                }
                Token::Word(word)
            }
        }));
    }
    Some(None)
}

fn comment(letters: &mut impl Iterator<Item = char>) -> Option<()> {
    let mut depth = 1_usize;
    while depth > 0 {
        match letters.next()? {
            '\\' => drop(letters.next()?),
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    Some(())
}

fn quoted(letters: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut text = String::new();
    loop {
        match letters.next()? {
            '\\' => text.push(letters.next()?),
            '"' => return Some(text),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let (id, entries) = read(text)?;
        let entry = |it: &Entry| {
            let properties: String = it.properties.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("; {}={}{properties}", it.method, it.result)
        };
        Some(format!("{id}{}", entries.iter().map(entry).collect::<String>()))
    }

    #[test]
    fn results_are_read() {
        let check = |text: &str, expected: &str| assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        check("mx.our.example; none", "mx.our.example");
        check("mx.our.example 1; dkim=pass header.d=acme.example", "mx.our.example; dkim=pass header.d=acme.example");
        check(
            "mx.our.example; dkim=pass (good; \"(nested)\" signature) header.i=@acme.example header.s=k1 header.b=AbCd",
            "mx.our.example; dkim=pass header.i=@acme.example header.s=k1 header.b=AbCd",
        );
        check(
            "\"mx.our.example\"; spf=pass reason=\"a; b=c\" smtp.mailfrom=a@acme.example;",
            "mx.our.example; spf=pass reason=a; b=c smtp.mailfrom=a@acme.example",
        );
        check("mx; DKIM/1 = PASS header.d = x.example; dmarc=fail", "mx; dkim=pass header.d=x.example; dmarc=fail");
    }

    #[test]
    fn results_that_cannot_be_read_are_none() {
        for text in [
            "",
            "mx (open",
            "mx; dkim=pass \"open",
            "mx; dkim",
            "mx; dkim=pass header.d",
            "dkim=pass; x",
            "mx 2; none",
            "mx; =pass",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert_eq!(shown(&format!("mx; dkim=pass reason={}", "x".repeat(LONGEST))), None);
    }
}
