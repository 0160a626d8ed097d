//! The parts of a message (RFC 2045 to 2049): texts, forms, and what else was met.
//!
//! The walk is our own. mail-parser 0.11 takes a delimiter in the middle of a line for one and drops the rest of the part, has no
//! limits of depth and number, and nests messages in boxes that overflow the stack when they are dropped.

use std::borrow::Cow;

use super::decode;
use super::finding::{Finding, FindingKind};
use super::header::Header;
use super::labels::{Labels, Place};
use super::multipart::Split;
use super::text::Text;
use super::values::Typed;
use super::{FoundForm, Limits};

/// What is gathered on the way.
pub(super) struct Walk<'l> {
    pub(super) limits: &'l Limits,
    pub(super) texts: Vec<Text>,
    pub(super) forms: Vec<FoundForm>,
    pub(super) findings: Vec<Finding>,
    pub(super) inflated: usize,
    parts: usize,
    decoded: usize,
    choices: usize,
}

impl<'l> Walk<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        let (texts, forms, findings) = (Vec::new(), Vec::new(), Vec::new());
        Self { limits, texts, forms, findings, inflated: 0, parts: 0, decoded: 0, choices: 0 }
    }

    /// Walks the whole message, whose header was split already.
    pub(super) fn message(&mut self, header: &Header<'_>) {
        self.part(header, Place::default(), "text/plain");
    }

    pub(super) fn found(&mut self, kind: FindingKind, path: &str) {
        self.findings.push(Finding { kind, path: path.to_owned() });
    }

    fn part(&mut self, header: &Header<'_>, place: Place, default: &str) {
        self.parts += 1;
        if self.parts > self.limits.parts {
            if self.parts == self.limits.parts + 1 {
                self.found(FindingKind::TooManyParts, "");
            }
            return;
        }
        if !header.is_regular() {
            // Where the empty line behind a header is missing, text was taken for fields.
            self.found(FindingKind::PartHeader, &place.path);
        }
        let labels = Labels::of(header, self.limits, default);
        let is_container = matches!(labels.kind.name.as_str(), "message/rfc822" | "message/global")
            || labels.kind.name.starts_with("multipart/");
        if is_container && place.depth >= self.limits.depth {
            self.found(FindingKind::TooDeep, &place.path);
            return;
        }
        let Some(content) = self.decoded(header.body(), &labels, &place) else {
            return;
        };
        match labels.kind.name.as_str() {
            "message/rfc822" | "message/global" => self.attached_message(&content, &labels, &place),
            name if name.starts_with("multipart/") => self.multipart(&content, &labels, &place),
            _ => self.leaf(&content, &labels, &place),
        }
    }

    /// Takes the transfer encoding away. `None` where that would go beyond the limit of all decoded bytes.
    fn decoded<'b>(&mut self, body: &'b [u8], labels: &Labels, place: &Place) -> Option<Cow<'b, [u8]>> {
        // Whatever the encoding, what comes out is not longer than what went in.
        self.decoded += if labels.encoding.is_empty() { 0 } else { body.len() };
        if self.decoded > self.limits.decoded_bytes {
            self.found(FindingKind::TooLarge, &place.labelled(labels));
            return None;
        }
        let decoded = match labels.encoding.as_str() {
            "" | "7bit" | "8bit" | "binary" => return Some(Cow::Borrowed(body)),
            "base64" => decode::base64(body),
            "quoted-printable" => decode::quoted_printable(body),
            _ => {
                self.found(FindingKind::EncodingBroken, &place.labelled(labels));
                return Some(Cow::Borrowed(body));
            }
        };
        if decoded.is_broken {
            self.found(FindingKind::EncodingBroken, &place.labelled(labels));
        }
        Some(Cow::Owned(decoded.bytes))
    }

    fn attached_message(&mut self, content: &[u8], labels: &Labels, place: &Place) {
        self.found(FindingKind::AttachedMessage, &place.labelled(labels));
        let inner = Place {
            path: if place.path.is_empty() { "1".to_owned() } else { place.path.clone() },
            depth: place.depth + 1,
            is_foreign: true,
            ..Place::default()
        };
        self.split_and_walk(content, inner, "text/plain");
    }

    fn split_and_walk(&mut self, content: &[u8], place: Place, default: &str) {
        match Header::split(content, self.limits) {
            Ok(header) => self.part(&header, place, default),
            Err(_) => self.found(FindingKind::PartHeader, &place.path),
        }
    }

    fn multipart(&mut self, content: &[u8], labels: &Labels, place: &Place) {
        let kind = labels.kind.name.as_str();
        if kind == "multipart/encrypted" {
            self.found(FindingKind::Encrypted, &place.path);
        }
        let boundary = labels.kind.parameter("boundary").unwrap_or_default();
        let room = (self.limits.parts + 1).saturating_sub(self.parts);
        let split = Split::of(content, boundary, room);
        if split.parts.is_empty() {
            // What cannot be split is looked at whole: a text is better shown to a person than lost.
            self.found(FindingKind::MimeBroken, &place.path);
            let kind = Typed::of("application/octet-stream");
            return self.leaf(
                content,
                &Labels { kind, disposition: None, encoding: String::new(), has_content_id: false },
                place,
            );
        }
        if !split.is_closed && split.parts.len() <= room {
            self.found(FindingKind::CutOff, &place.path);
        }
        if split.has_epilogue {
            self.found(FindingKind::BehindTheParts, &place.path);
        }
        if kind == "multipart/alternative" {
            self.choices += 1;
        }
        let choice = if kind == "multipart/alternative" { Some(self.choices) } else { place.choice };
        let default = if kind == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        for (part, number) in split.parts.into_iter().zip(1..) {
            let inner = Place {
                path: place.part(number),
                depth: place.depth + 1,
                choice,
                is_related: kind == "multipart/related" || place.is_related,
                ..*place
            };
            self.split_and_walk(part, inner, default);
        }
    }
}
