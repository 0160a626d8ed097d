//! Whose message it says it is: the `From` field as exactly one address, or why not.
//!
//! Strict where mail programs are lenient. A `From` that two programs could read as two addresses is worth nothing: the one that
//! signs it would vouch for one, the one that reads it would believe the other. So our reading and mail-parser's must agree, too.

use countersign_core::person::Email;

use super::Limits;
use super::header::{Field, Header};
use super::values;

/// The one author of a message, as the message says; nothing is proved by it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Author {
    /// The name shown beside the address, decoded.
    pub name: Option<String>,
    /// The address.
    pub email: Email,
}

impl Author {
    /// The domain of the address, in lower case.
    pub fn domain(&self) -> &str {
        self.email.as_str().rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether the name shows an address that is another one: many programs show nothing but the name.
    pub fn shows_another_address(&self) -> bool {
        let name = self.name.as_deref().unwrap_or_default().to_lowercase();
        name.contains('@') && !name.contains(&self.email.as_str().to_lowercase())
    }
}

/// Why a message has no one author.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AuthorDoubt {
    /// There is no `From` field.
    #[error("the message has no From")]
    Missing,
    /// There are several `From` fields (RFC 5322, 3.6: exactly one).
    #[error("the message has several From fields")]
    Repeated,
    /// The field lists several addresses, or a group.
    #[error("From holds several addresses")]
    Several,
    /// The field is no name and address, or one that can be read in two ways.
    #[error("From cannot be read with certainty")]
    Unclear,
    /// The address is none that we take: it has a quoted local part, letters beyond ASCII, or no domain.
    #[error("the address in From is none that we take")]
    Address,
}

/// The one author of the message.
pub(crate) fn author(header: &Header<'_>, limits: &Limits) -> Result<Author, AuthorDoubt> {
    let mut fields = header.all("From");
    let field = fields.next().ok_or(AuthorDoubt::Missing)?;
    if fields.next().is_some() {
        return Err(AuthorDoubt::Repeated);
    }
    let author = read(field, limits)?;
    let second = values::addresses(field, limits.field_bytes).ok_or(AuthorDoubt::Unclear)?;
    let agrees = matches!(second.as_slice(), [one] if one.parse::<Email>().is_ok_and(|it| it == author.email));
    agrees.then_some(author).ok_or(AuthorDoubt::Unclear)
}

fn read(field: &Field<'_>, limits: &Limits) -> Result<Author, AuthorDoubt> {
    let bytes = field.unfolded();
    let text = std::str::from_utf8(&bytes).map_err(|_| AuthorDoubt::Unclear)?;
    if text.len() > limits.field_bytes || text.chars().any(|it| it.is_control() && it != '\t') {
        return Err(AuthorDoubt::Unclear);
    }
    let tokens = tokens(text)?;
    let (name, address) = match tokens.as_slice() {
        [Token::Bare(address)] => (String::new(), *address),
        [name @ .., Token::Angle(address)] => (phrase(name)?, *address),
        _ => return Err(several_or_unclear(&tokens)),
    };
    let email = address.trim().parse().map_err(|_| AuthorDoubt::Address)?;
    let name = values::decoded_words(name.trim());
    Ok(Author { name: (!name.is_empty()).then_some(name), email })
}

/// A piece of the field. Comments are gone; what stands bare between the others is one piece.
enum Token<'a> {
    Bare(&'a str),
    Quoted(String),
    Angle(&'a str),
    Comma,
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, AuthorDoubt> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '(' => after_comment(rest)?,
            '"' => {
                let (quoted, after) = quoted(rest)?;
                tokens.push(Token::Quoted(quoted));
                after
            }
            '<' => {
                let (address, after) = rest.get(1..).and_then(|it| it.split_once('>')).ok_or(AuthorDoubt::Unclear)?;
                tokens.push(Token::Angle(address));
                after
            }
            ',' | ';' | ':' => {
                tokens.push(Token::Comma);
                rest.get(1..).unwrap_or_default()
            }
            _ => {
                let end = rest.find(['(', '"', '<', ',', ';', ':']).unwrap_or(rest.len());
                let (bare, after) = rest.split_at(end);
                tokens.push(Token::Bare(bare.trim()));
                after
            }
        }
        .trim_start();
    }
    Ok(tokens)
}

/// What follows a comment (RFC 5322, 3.2.2), which may hold others.
fn after_comment(text: &str) -> Result<&str, AuthorDoubt> {
    let (mut depth, mut is_escaped) = (0_usize, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '(' => depth += 1,
            ')' if depth == 1 => return text.get(at + 1..).ok_or(AuthorDoubt::Unclear),
            ')' => depth -= 1,
            _ => {}
        }
    }
    Err(AuthorDoubt::Unclear)
}

/// A quoted string (RFC 5322, 3.2.4) without its quotes, and what follows it.
fn quoted(text: &str) -> Result<(String, &str), AuthorDoubt> {
    let (mut content, mut is_escaped) = (String::new(), false);
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => {
                content.push(letter);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            '"' => return Ok((content, text.get(at + 1..).unwrap_or_default())),
            _ => content.push(letter),
        }
    }
    Err(AuthorDoubt::Unclear)
}

/// The name in front of an address. One that is not quoted must not look like an address itself.
fn phrase(tokens: &[Token<'_>]) -> Result<String, AuthorDoubt> {
    let mut words = Vec::new();
    for token in tokens {
        match token {
            Token::Bare(text) if text.contains(['@', '>', '\\', '[', ']']) => return Err(AuthorDoubt::Unclear),
            Token::Bare(text) => words.push((*text).to_owned()),
            Token::Quoted(text) => words.push(text.clone()),
            Token::Angle(_) => return Err(AuthorDoubt::Several),
            Token::Comma => return Err(several_or_unclear(tokens)),
        }
    }
    Ok(words.join(" "))
}

fn several_or_unclear(tokens: &[Token<'_>]) -> AuthorDoubt {
    let addresses = tokens.iter().filter(|it| match it {
        Token::Angle(_) => true,
        Token::Bare(text) => text.contains('@'),
        Token::Quoted(_) | Token::Comma => false,
    });
    if addresses.count() > 1 { AuthorDoubt::Several } else { AuthorDoubt::Unclear }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: &str) -> Result<Author, AuthorDoubt> {
        let limits = Limits::default();
        author(&Header::split(raw.as_bytes(), &limits).unwrap(), &limits)
    }

    fn check(value: &str, name: Option<&str>, email: &str) {
        let author = of(&format!("From: {value}\r\n\r\n")).unwrap_or_else(|doubt| panic!("{value}: {doubt:?}"));
        assert_eq!((author.name.as_deref(), author.email.as_str()), (name, email), "{value}");
    }

    fn check_doubt(value: &str, expected: AuthorDoubt) {
        assert_eq!(of(&format!("From: {value}\r\n\r\n")), Err(expected), "{value}");
    }

    #[test]
    fn one_author_is_read() {
        check("maria@acme.example", None, "maria@acme.example");
        check("<maria@acme.example>", None, "maria@acme.example");
        check("Maria Lopez <Maria@ACME.example>", Some("Maria Lopez"), "Maria@acme.example");
        check("\"Lopez, Maria\" <maria@acme.example>", Some("Lopez, Maria"), "maria@acme.example");
        check("\"Maria \\\"M\\\" Lopez\" <maria@acme.example>", Some("Maria \"M\" Lopez"), "maria@acme.example");
        check("John Q. Public <john.public@acme.example>", Some("John Q. Public"), "john.public@acme.example");
        check("=?utf-8?Q?Mar=C3=ADa_L=C3=B3pez?= <maria@acme.example>", Some("María López"), "maria@acme.example");
        check(
            "=?utf-8?B?TWFyw61h?=\r\n =?utf-8?B?IEzDs3Bleg==?= <maria@acme.example>",
            Some("María López"),
            "maria@acme.example",
        );
        check("maria@acme.example (Maria Lopez)", None, "maria@acme.example");
        check("Maria (at home) <maria@acme.example>", Some("Maria"), "maria@acme.example");
        check("María <maria@acme.example>", Some("María"), "maria@acme.example");
        check(
            "Maria O'Brien-Smith <maria+forms@acme.example>",
            Some("Maria O'Brien-Smith"),
            "maria+forms@acme.example",
        );
        check("\r\n Maria\r\n <maria@acme.example>", Some("Maria"), "maria@acme.example");
    }

    #[test]
    fn what_could_be_two_authors_is_a_doubt() {
        check_doubt("a@x.example, b@y.example", AuthorDoubt::Several);
        check_doubt("A <a@x.example>, B <b@y.example>", AuthorDoubt::Several);
        check_doubt("<a@x.example> <b@y.example>", AuthorDoubt::Several);
        check_doubt("a@x.example <b@y.example>", AuthorDoubt::Unclear);
        check_doubt("victims: a@x.example, b@y.example;", AuthorDoubt::Several);
        check_doubt("undisclosed:;", AuthorDoubt::Unclear);
        check_doubt("Lopez, Maria <maria@acme.example>", AuthorDoubt::Unclear);
        check_doubt("<@relay.example:maria@acme.example>", AuthorDoubt::Address);
        check_doubt("<a@x.example>b@y.example", AuthorDoubt::Several);
        check_doubt("<a@x.example> trailing", AuthorDoubt::Unclear);
        check_doubt("\"open <a@x.example>", AuthorDoubt::Unclear);
        check_doubt("(open <a@x.example>", AuthorDoubt::Unclear);
        check_doubt("a@x.example\0<b@y.example>", AuthorDoubt::Unclear);
        check_doubt("Maria", AuthorDoubt::Address);
        check_doubt("", AuthorDoubt::Unclear);
        check_doubt("\"john doe\"@x.example", AuthorDoubt::Unclear);
        check_doubt("<\"john doe\"@x.example>", AuthorDoubt::Address);
        check_doubt("maria@аcme.example", AuthorDoubt::Address);
        check_doubt("a@b@x.example", AuthorDoubt::Address);
        check_doubt("=?utf-8?Q?a=40x.example?=", AuthorDoubt::Address);
        assert_eq!(of("To: a@x.example\r\n\r\n"), Err(AuthorDoubt::Missing));
        assert_eq!(of("From: a@x.example\r\nfrom: a@x.example\r\n\r\n"), Err(AuthorDoubt::Repeated));
    }

    #[test]
    fn a_name_that_shows_another_address_is_told() {
        let shows = |value: &str| of(&format!("From: {value}\r\n\r\n")).unwrap().shows_another_address();
        assert!(shows("\"billing@acme.example\" <thief@evil.example>"));
        assert!(shows("=?utf-8?Q?billing=40acme.example?= <thief@evil.example>"));
        assert!(!shows("\"Maria@acme.example\" <maria@acme.example>"));
        assert!(!shows("Maria <maria@acme.example>"));
    }
}
