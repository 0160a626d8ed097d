//! Results that the own mail server notes: `Authentication-Results` (RFC 8601).
//!
//! Anybody can write such a field, in anybody's name. One counts only where nobody else can have written it: above the `Received`
//! line with which the own server took the message from outside; or, by configuration, directly below that line, if it is the
//! only one of its name in the whole message. The server must remove fields in its own name that come from outside (RFC 8601, 5).
//!
//! What the field says replaces the question to the DNS and the arithmetic, no more: the signature it names must be there, and
//! cover what a proof rests on.

use std::iter::Peekable;
use std::str::Chars;

use jiff::Timestamp;

use super::letter::Letter;
use super::settings::{OwnResults, Placed, Spf};
use super::signature::{Signature, named_domain};
use super::{Boundary, Reason, Settings};
use crate::message::{Field, Header, base64};

const NAME: &str = "Authentication-Results";

/// The longest field that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// What the own server's results prove.
pub(super) enum Passed<'r> {
    /// A valid signature of a domain that speaks for the one in From.
    Dkim(Box<Signature<'r>>),
    /// The envelope's domain, and nothing of the message.
    Spf(String),
}

/// One result.
#[derive(Debug, Eq, PartialEq)]
struct Entry {
    method: String,
    result: String,
    properties: Vec<(String, String)>,
}

impl Entry {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// Proves the sender by the own server's results.
pub(super) fn prove<'r>(
    letter: &Letter<'r>,
    own: &OwnResults,
    boundary: &Boundary,
    settings: &Settings,
    came_at: Timestamp,
) -> Result<Passed<'r>, Reason> {
    let entries = own_entries(&letter.header, own, boundary)?;
    let passed = |method: &'static str| entries.iter().filter(move |it| it.method == method && it.result == "pass");
    let mut reason = Reason::ResultsNotPassed;
    for entry in passed("dkim") {
        match signature(entry, letter, settings, came_at) {
            Ok(signature) => return Ok(Passed::Dkim(Box::new(signature))),
            Err(Reason::ResultsNotPassed) => {}
            Err(other) => reason = other,
        }
    }
    let envelope = passed("spf").filter_map(|it| it.property("smtp.mailfrom"));
    let domains = envelope.map(|it| it.rsplit_once('@').map_or(it, |(_, domain)| domain).to_ascii_lowercase());
    match domains.into_iter().find(|it| settings.alignment.holds(it, letter.author_domain)) {
        Some(domain) if settings.spf == Spf::Enough => Ok(Passed::Spf(domain)),
        Some(_) if reason == Reason::ResultsNotPassed => Err(Reason::SpfAlone),
        _ => Err(reason),
    }
}

/// The signature that a result speaks of. The field may not say which of several; then each of them must suffice.
fn signature<'r>(
    entry: &Entry,
    letter: &Letter<'r>,
    settings: &Settings,
    came_at: Timestamp,
) -> Result<Signature<'r>, Reason> {
    let domain = entry.property("header.d").or_else(|| entry.property("header.i")?.rsplit_once('@').map(|(_, it)| it));
    let domain = domain.ok_or(Reason::ResultsNotPassed)?.to_ascii_lowercase();
    if !settings.alignment.holds(&domain, letter.author_domain) {
        return Err(Reason::ResultsNotPassed);
    }
    let is_named = |it: &Signature<'_>| {
        let is_selector = entry.property("header.s").is_none_or(|name| name.eq_ignore_ascii_case(&it.selector));
        let begins = |start: &str| it.signature.starts_with(&base64(start.as_bytes()).bytes);
        is_selector && entry.property("header.b").is_none_or(begins)
    };
    let of_domain =
        letter.header.all("DKIM-Signature").filter(|it| named_domain(it).as_deref() == Some(domain.as_str()));
    let mut found = None;
    for signature in of_domain.map(Signature::read) {
        let signature = signature?;
        if is_named(&signature) {
            signature.suffices(letter, came_at, settings.clock_skew)?;
            found = Some(signature);
        }
    }
    found.ok_or(Reason::NoSignature)
}

/// The results that nobody but the own server can have written.
fn own_entries(header: &Header<'_>, own: &OwnResults, boundary: &Boundary) -> Result<Vec<Entry>, Reason> {
    let is_own = |it: &&Field<'_>| it.is(NAME) && is_in_own_name(it, own);
    let all = header.fields().iter().filter(is_own).count();
    let (above, below) = boundary.cut(header).ok_or(Reason::ResultsMissing)?;
    let zone = match own.placed {
        Placed::AboveReceived => above,
        Placed::BelowReceived => below,
    };
    let fields: Vec<&Field<'_>> = zone.iter().filter(is_own).collect();
    match (own.placed, fields.len(), all) {
        (_, 0, 0) => return Err(Reason::ResultsMissing),
        (_, 0, _) | (Placed::BelowReceived, _, 2..) => return Err(Reason::ResultsForged),
        _ => {}
    }
    let mut entries = Vec::new();
    for field in fields {
        entries.extend(read(&field.text()).ok_or(Reason::ResultsUnclear)?.1);
    }
    Ok(entries)
}

/// Whether a field is written in the own server's name. One that hides its name counts, too: what the own server wrote about a
/// stranger's odd address may be hard to read, and must still be counted beside what the stranger wrote.
fn is_in_own_name(field: &Field<'_>, own: &OwnResults) -> bool {
    let text = field.text();
    let mut letters = text.chars().peekable();
    match token(&mut letters) {
        Some(Some(Token::Word(id))) => id.eq_ignore_ascii_case(&own.authserv_id),
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
fn read(text: &str) -> Option<(String, Vec<Entry>)> {
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
