//! A domain that signs what it sends (DKIM, RFC 6376), with mail-auth's canonical forms and arithmetic.

use mail_auth::common::crypto::{Ed25519Key, HashAlgorithm, SigningKey};
use mail_auth::dkim::Canonicalization;

/// The key pair of RFC 8463, Appendix A.2: published, so it protects nothing. For tests only.
const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// What a domain publishes at `test._domainkey` that signs with that key.
pub const RECORD: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits"))
        .collect()
}

/// Signs as a domain does.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The domain.
    pub domain: String,
    /// The fields to cover, separated by colons.
    pub covered: String,
    /// `relaxed/relaxed`.
    pub forms: String,
    /// Further tags, like `t=1; x=2`.
    pub more: String,
    /// How much of the body is hashed (`l=`).
    pub length: Option<usize>,
}

impl Signer {
    /// A domain that covers the usual fields, and these against additions.
    pub fn of(domain: &str) -> Self {
        let covered = "from:to:subject:date:message-id:mime-version:content-type:from:subject:date".to_owned();
        let forms = "relaxed/relaxed".to_owned();
        Self { domain: domain.to_owned(), covered, forms, more: String::new(), length: None }
    }

    /// Covers these fields instead.
    pub fn covering(mut self, covered: &str) -> Self {
        covered.clone_into(&mut self.covered);
        self
    }

    /// Says these tags as well.
    pub fn saying(mut self, more: &str) -> Self {
        more.clone_into(&mut self.more);
        self
    }

    /// The message with a signature above it. Its lines end with CRLF.
    ///
    /// # Panics
    /// When it has no body.
    pub fn sign(&self, message: &str) -> String {
        let split = message.find("\r\n\r\n").expect("a message has an empty line");
        let (header, body) = (&message[..split + 2], &message[split + 4..]);
        let (header_form, body_form) = self.forms.split_once('/').expect("a form for header and body");
        let form = |it: &str| if it == "simple" { Canonicalization::Simple } else { Canonicalization::Relaxed };
        let hashed = &body[..self.length.unwrap_or(body.len())];
        let digest = base64(HashAlgorithm::Sha256.hash(form(body_form).canonical_body(hashed.as_bytes(), 0)).as_ref());
        let length = self.length.map(|it| format!("l={it}; ")).unwrap_or_default();
        let more = if self.more.is_empty() { String::new() } else { format!("{}; ", self.more) };
        let value = format!(
            " v=1; a=ed25519-sha256; c={};\r\n\td={}; s=test; {length}{more}h={};\r\n\tbh={digest}; b=",
            self.forms, self.domain, self.covered
        );
        let fields = fields(header);
        let mut used = vec![false; fields.len()];
        let mut covered: Vec<(&[u8], &[u8])> = Vec::new();
        for name in self.covered.split(':').map(str::trim) {
            let at = (0..fields.len()).rev().find(|at| !used[*at] && fields[*at].0.eq_ignore_ascii_case(name));
            if let Some(at) = at {
                used[at] = true;
                covered.push((fields[at].0.as_bytes(), fields[at].1.as_bytes()));
            }
        }
        let mut bytes = Vec::new();
        form(header_form).canonicalize_headers(covered.into_iter(), &mut bytes);
        form(header_form).canonicalize_headers([(&b"DKIM-Signature"[..], value.as_bytes())].into_iter(), &mut bytes);
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(&bytes);
        let key = Ed25519Key::from_seed_and_public_key(&hex(SEED), &hex(PUBLIC)).expect("the key pair of the RFC");
        let signature = base64(&key.sign(bytes).expect("the key signs"));
        format!("DKIM-Signature:{value}{signature}\r\n{message}")
    }
}

fn fields(header: &str) -> Vec<(&str, &str)> {
    let mut fields: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for line in header.split_inclusive("\r\n") {
        match fields.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.1 = at + line.len(),
            _ => fields.push((at, at + line.len())),
        }
        at += line.len();
    }
    fields.into_iter().map(|(begin, end)| header[begin..end].split_once(':').expect("a field has a colon")).collect()
}

/// Base64 (RFC 4648, 4).
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let block = chunk.iter().enumerate().fold(0_u32, |block, (at, byte)| block | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let letter = LETTERS[(block >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
