//! The lines of an mbox file: which one begins a message, and a message while its lines are gathered.

/// A message while it is being read.
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    pub(super) is_too_large: bool,
    most: usize,
    /// Quotes that were taken off; a length that the file's writer noted may count them.
    quotes: usize,
}

impl Kept {
    /// Nothing yet, and at most that many bytes.
    pub(super) fn up_to(most: usize) -> Self {
        Self { bytes: Vec::new(), is_too_large: false, most, quotes: 0 }
    }

    /// Takes a piece, of which some quotes were taken off.
    pub(super) fn push(&mut self, piece: &[u8], quotes: usize) {
        self.quotes += quotes;
        if self.is_too_large || self.bytes.len() + piece.len() > self.most {
            self.is_too_large = true;
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(piece);
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        !self.is_too_large && self.bytes.trim_ascii().is_empty()
    }

    /// The empty line in front of the next message belongs to the file.
    pub(super) fn drop_last_blank_line(&mut self) {
        let rest = [&b"\n\n"[..], b"\r\n\r\n"].iter().find(|it| self.bytes.ends_with(it)).map(|it| it.len() / 2);
        self.bytes.truncate(self.bytes.len() - rest.unwrap_or_default());
    }

    /// Whether a `Content-Length` counts more than there is: then the message was cut, perhaps by a line of its own text.
    pub(super) fn says_it_is_longer(&self) -> bool {
        let lines = self.bytes.split(|it| *it == b'\n').map(<[u8]>::trim_ascii_end);
        let header: Vec<&[u8]> = lines.take_while(|it| !it.is_empty()).collect();
        let length = header.iter().find_map(|line| {
            let (name, value) = line.split_at_checked(b"Content-Length:".len())?;
            let is_length = name.eq_ignore_ascii_case(b"Content-Length:");
            is_length.then(|| std::str::from_utf8(value).ok()?.trim().parse::<usize>().ok())?
        });
        let separator = [&b"\n\n"[..], b"\n\r\n"];
        let body = separator
            .iter()
            .filter_map(|it| self.bytes.windows(it.len()).position(|at| at == *it).map(|at| at + it.len()))
            .min();
        let present = body.map_or(0, |it| self.bytes.len() - it);
        // The empty line behind the message may have been counted, too.
        !self.is_too_large && length.is_some_and(|it| it > present + self.quotes + 2)
    }
}

/// `From address date`: anything in front of a time of day and a year.
pub(super) fn begins_message(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    let text = String::from_utf8_lossy(rest);
    let is_time = |it: &str| {
        let parts: Vec<&str> = it.split(':').collect();
        let is_part = |it: &&str| (1..=2).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit());
        (2..=3).contains(&parts.len()) && parts.iter().all(is_part)
    };
    let is_year = |it: &str| {
        it.len() == 4 && matches!(it.as_bytes(), [b'1' | b'2', rest @ ..] if rest.iter().all(u8::is_ascii_digit))
    };
    text.split_whitespace().any(is_time) && text.split_whitespace().any(is_year)
}
