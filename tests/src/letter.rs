//! Messages of customers, as their domains sign them.

use countersign_testkit::dkim::{RECORD, Signer};

/// The keys of these domains, as `mail.dkim_records` has them.
pub fn dkim_records(domains: &[&str]) -> String {
    domains.iter().map(|it| format!("\"test._domainkey.{it}\" = \"{RECORD}\"\n")).collect()
}

/// A message in the making: plain text from an address, written at noon of the tests' day.
#[derive(Clone, Debug)]
pub struct Letter {
    /// From where.
    pub from: String,
    /// When, as RFC 5322 writes it.
    pub date: String,
    /// Its subject.
    pub subject: String,
    /// Its words.
    pub words: String,
    /// A file that goes along: its name and its bytes.
    pub file: Option<(String, Vec<u8>)>,
}

impl Letter {
    /// A message with these words.
    pub fn from(address: &str, words: &str) -> Self {
        Self {
            from: address.to_owned(),
            date: "Wed, 04 Mar 2026 10:00:00 +0000".to_owned(),
            subject: "Authorized users".to_owned(),
            words: words.to_owned(),
            file: None,
        }
    }

    /// The message as nobody signed it.
    pub fn unsigned(&self) -> Vec<u8> {
        let Self { from, date, subject, words, .. } = self;
        let head = format!(
            "From: {from}\r\nTo: support@provider.example\r\nSubject: {subject}\r\nDate: {date}\r\n\
             Message-ID: <{}@mail.example>\r\nMIME-Version: 1.0\r\n",
            words.len() + from.len() * 1000
        );
        let words = words.replace('\n', "\r\n");
        let plain = "Content-Type: text/plain; charset=utf-8\r\n";
        let Some((name, bytes)) = &self.file else { return format!("{head}{plain}\r\n{words}\r\n").into_bytes() };
        let file: String = bytes.iter().map(|it| format!("={it:02X}")).collect();
        let lines: Vec<&str> = file.as_bytes().chunks(72).filter_map(|it| std::str::from_utf8(it).ok()).collect();
        format!(
            "{head}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n{plain}\r\n{words}\r\n--x\r\n\
             Content-Type: application/pdf; name=\"{name}\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}\r\n--x--\r\n",
            lines.join("=\r\n")
        )
        .into_bytes()
    }

    /// The message with the signature of a domain.
    pub fn signed_by(&self, domain: &str) -> Vec<u8> {
        let message = String::from_utf8_lossy(&self.unsigned()).into_owned();
        Signer::of(domain).sign(&message).into_bytes()
    }

    /// The message, signed by the domain that it comes from.
    pub fn signed(&self) -> Vec<u8> {
        let domain = self.from.rsplit('@').next().unwrap_or_default().trim_end_matches('>').to_owned();
        self.signed_by(&domain)
    }
}
