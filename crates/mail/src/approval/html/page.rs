//! Elements into lines: what is open around a text, whether it is seen, and where lines and cells end.

use zeroize::Zeroizing;

use super::color::Color;
use super::says_something;
use super::style::{Look, Sheet, Size};
use crate::approval::body::{Line, Oddities, visible};

/// Deepest nesting that is followed; what is deeper counts as hidden.
const DEPTH_MAX: usize = 400;
/// Smallest text that is seen, in CSS pixels.
const SEEN_PIXELS: f32 = 5.0;

const VOID: &[&str] = &[
    "area", "base", "basefont", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "html",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];
/// Elements whose content is never text of the page.
const HEADS: &[&str] = &["head", "script", "style", "title"];
/// Elements whose content readers show differently or not at all.
const UNSEEN: &[&str] = &[
    "applet",
    "audio",
    "canvas",
    "comment",
    "datalist",
    "details",
    "dialog",
    "fencedframe",
    "frameset",
    "iframe",
    "listing",
    "marquee",
    "math",
    "meter",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "plaintext",
    "portal",
    "progress",
    "rp",
    "ruby",
    "select",
    "svg",
    "template",
    "textarea",
    "video",
    "xml",
    "xmp",
];
/// Elements of Office that only Office shows, by their beginnings; `o:p` is a paragraph's end everywhere.
const OF_OFFICE: &[&str] = &["v:", "w:", "x:", "m:"];
/// Elements that mis-nested tags close alone (HTML, 13.2.6.4.7, the adoption agency).
const FORMATTING: &[&str] =
    &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// An open element.
struct Open {
    tag: String,
    look: Look,
    is_quote: bool,
}

/// A row of a table that is being read: the lines of each cell.
type Row = Vec<Vec<Line>>;

/// A page that is being read.
pub(super) struct Page {
    sheet: Sheet,
    open: Vec<Open>,
    /// Elements beyond the deepest nesting that is followed.
    beyond: usize,
    rows: Vec<Row>,
    lines: Vec<Line>,
    current: Zeroizing<String>,
    is_item: bool,
    /// Whether everything from here on is what is answered.
    is_rest_quoted: bool,
    odd: Oddities,
}

impl Page {
    pub(super) fn new(sheet: Sheet) -> Self {
        Self {
            sheet,
            open: Vec::new(),
            beyond: 0,
            rows: Vec::new(),
            lines: Vec::new(),
            current: Zeroizing::new(String::new()),
            is_item: false,
            is_rest_quoted: false,
            odd: Oddities::default(),
        }
    }

    /// An element begins.
    pub(super) fn open(&mut self, tag: &str, attribute: &dyn Fn(&str) -> Option<String>) {
        if tag == "br" || tag == "hr" {
            return self.end_line(true);
        }
        if VOID.contains(&tag) {
            return;
        }
        self.close_implied(tag);
        if BLOCKS.contains(&tag) {
            self.end_line(false);
        }
        match tag {
            "tr" => self.rows.push(Row::new()),
            "td" | "th" => {
                if self.rows.is_empty() {
                    self.rows.push(Row::new());
                }
                if let Some(row) = self.rows.last_mut() {
                    row.push(Vec::new());
                }
            }
            "li" => self.is_item = true,
            _ => {}
        }
        if self.open.len() >= DEPTH_MAX {
            self.beyond += 1;
            return;
        }
        let look = self.look_of(tag, attribute);
        let value = |name: &str| attribute(name).unwrap_or_default();
        let is_quote = is_quote(tag, &value("class"));
        self.is_rest_quoted |= value("id").to_ascii_lowercase().contains("divrplyfwdmsg");
        self.open.push(Open { tag: tag.to_owned(), look, is_quote });
    }

    /// An element ends.
    pub(super) fn close(&mut self, tag: &str) {
        if VOID.contains(&tag) {
            return;
        }
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let Some(at) = self.open.iter().rposition(|it| it.tag == tag) else { return };
        let is_block = |it: &Open| BLOCKS.contains(&it.tag.as_str());
        if FORMATTING.contains(&tag) {
            self.open.remove(at);
        } else if BLOCKS.contains(&tag) || !self.open[at..].iter().any(is_block) {
            self.close_from(at);
        }
    }

    /// Text of the page.
    pub(super) fn text(&mut self, text: &str) {
        if self.open.iter().any(|it| HEADS.contains(&it.tag.as_str())) {
            return;
        }
        if self.is_between_cells() {
            self.odd.moved |= says_something(text);
            return;
        }
        if !says_something(text) {
            self.current.push_str(&visible(text, &mut self.odd));
            return;
        }
        let look = self.computed();
        self.odd.moved |= look.moved;
        self.odd.struck |= look.struck;
        if look.hidden {
            self.odd.hidden = true;
        } else {
            self.current.push_str(text);
        }
    }

    /// A comment: some readers show those that are meant for them (`[if mso]`).
    pub(super) fn comment(&mut self, text: &str) {
        if !text.trim_start().starts_with("[if") || self.open.iter().any(|it| it.tag == "head") {
            return;
        }
        let without_xml =
            text.split("<xml>").map(|it| it.rsplit("</xml>").next().unwrap_or_default()).collect::<String>();
        let shown: String =
            without_xml.split('<').skip(1).filter_map(|it| it.split_once('>')).map(|(_, it)| it).collect();
        let is_endif = |it: &str| it.trim().is_empty();
        self.odd.hidden |= says_something(&shown) && !is_endif(&shown);
    }

    /// The lines, and what was odd.
    pub(super) fn finish(mut self, odd: &mut Oddities) -> Vec<Line> {
        self.end_line(false);
        while !self.rows.is_empty() {
            self.end_row();
        }
        self.odd.hidden |= self.sheet.is_blind;
        *odd = odd.and(self.odd);
        self.lines
    }

    /// Ends what the start of an element ends by itself (HTML, 13.1.2.4).
    fn close_implied(&mut self, tag: &str) {
        let (ended, within): (&[&str], &[&str]) = match tag {
            "li" => (&["li"], &["ul", "ol", "table"]),
            "dd" | "dt" => (&["dd", "dt"], &["dl", "table"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table"]),
            "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot"], &["table"]),
            "option" => (&["option"], &["select"]),
            _ if BLOCKS.contains(&tag) => (&["p"], &["td", "th", "table", "body"]),
            _ => return,
        };
        let at = self.open.iter().rposition(|it| ended.contains(&it.tag.as_str()) || within.contains(&it.tag.as_str()));
        if let Some(at) = at.filter(|at| ended.contains(&self.open[*at].tag.as_str())) {
            self.close_from(at);
        }
    }

    fn close_from(&mut self, at: usize) {
        while self.open.len() > at {
            let tag = self.open[self.open.len() - 1].tag.clone();
            if BLOCKS.contains(&tag.as_str()) {
                self.end_line(false);
            }
            self.open.pop();
            match tag.as_str() {
                "tr" => self.end_row(),
                "table" if !self.open.iter().any(|it| it.tag == "table") => {
                    while !self.rows.is_empty() {
                        self.end_row();
                    }
                }
                "li" => self.is_item = false,
                _ => {}
            }
        }
    }

    fn look_of(&self, tag: &str, attribute: &dyn Fn(&str) -> Option<String>) -> Look {
        let value = |name: &str| attribute(name).unwrap_or_default();
        let (ruled, important) = self.sheet.look(tag, &value("class"), &value("id"));
        let (inline, inline_important) = Look::of(&value("style"));
        let own = Look {
            hidden: is_unseen(tag) || attribute("hidden").is_some() || attribute("background").is_some(),
            moved: tag == "bdo",
            struck: matches!(tag, "s" | "strike" | "del"),
            color: Color::of(&value(if tag == "body" { "text" } else { "color" })),
            ground: Color::of(&value("bgcolor")),
            size: None,
        };
        own.overlaid(ruled).overlaid(inline).overlaid(important).overlaid(inline_important)
    }

    /// What all open elements together make of a text.
    fn computed(&self) -> Look {
        let (mut color, mut ground, mut size) = (Color::BLACK, Color::WHITE, 16.0_f32);
        let mut all = Look { hidden: self.beyond > 0, ..Look::default() };
        for Open { look, .. } in &self.open {
            all = all.overlaid(*look);
            color = look.color.unwrap_or(color);
            ground = look.ground.filter(|it| !it.is_clear()).unwrap_or(ground);
            size = match look.size {
                Some(Size::Pixels(pixels)) => pixels,
                Some(Size::Part(part)) => size * part,
                None => size,
            };
        }
        all.hidden |= color.is_lost_on(ground) || size < SEEN_PIXELS;
        all
    }

    /// Whether nothing but cells may stand here: browsers move text between them elsewhere.
    fn is_between_cells(&self) -> bool {
        self.open.last().is_some_and(|it| matches!(it.tag.as_str(), "table" | "tbody" | "thead" | "tfoot" | "tr"))
    }

    /// Ends the line that is being read; an empty one is kept where a break was asked for.
    fn end_line(&mut self, is_break: bool) {
        let text = visible(&with_tabs(&self.current), &mut self.odd);
        self.current = Zeroizing::new(String::new());
        let is_paragraph = self.open.last().is_some_and(|it| matches!(it.tag.as_str(), "p" | "div" | "li"));
        let is_empty = text.trim().is_empty();
        if is_empty && !is_break && !is_paragraph {
            return;
        }
        let quoted =
            self.is_rest_quoted || self.open.iter().any(|it| it.is_quote) || text.trim_start().starts_with('>');
        if let Some(mut line) = Line::parse(text.trim_start_matches(['>', ' ']), quoted) {
            line.item |= self.is_item && !is_empty;
            self.put(line);
        }
        self.is_item &= is_empty;
    }

    fn put(&mut self, line: Line) {
        let cell = self.rows.last_mut().and_then(|it| it.last_mut());
        match cell {
            Some(cell) => cell.push(line),
            None => self.lines.push(line),
        }
    }

    /// Ends a row. One whose cells hold a line each is a row of a table; any other is a frame around what stands in it.
    fn end_row(&mut self) {
        let Some(row) = self.rows.pop() else { return };
        let full = |cell: &Vec<Line>| cell.iter().filter(|it| !it.is_blank()).count();
        let is_plain = row.iter().all(|it| full(it) <= 1) && row.iter().flatten().all(|it| it.cells.len() == 1);
        if !is_plain || row.len() == 1 {
            row.into_iter().flatten().for_each(|it| self.put(it));
            return;
        }
        let quoted = row.iter().flatten().any(|it| it.quoted);
        let text = |cell: Vec<Line>| cell.into_iter().find(|it| !it.is_blank()).map(|it| it.joined());
        let cells: Vec<_> = row.into_iter().map(|it| text(it).unwrap_or_default()).collect();
        self.put(Line { cells, quoted, item: false });
    }
}

/// Text as HTML shows it: blanks and line ends as one blank, but a row of blanks that do not break is a tab.
fn with_tabs(text: &str) -> Zeroizing<String> {
    const TAB_BLANKS: usize = 3;
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|it: char| it.is_whitespace() != first.is_whitespace()).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let kept = run.chars().filter(|it| *it == '\u{a0}').count();
        match first.is_whitespace() {
            true => out.push(if kept >= TAB_BLANKS { '\t' } else { ' ' }),
            false => out.push_str(run),
        }
        rest = after;
    }
    out
}

/// Whether readers show what is in an element differently, or not at all.
fn is_unseen(tag: &str) -> bool {
    UNSEEN.contains(&tag) || OF_OFFICE.iter().any(|it| tag.starts_with(it))
}

/// Elements in which mail programs put what they quote.
fn is_quote(tag: &str, class: &str) -> bool {
    let names = ["gmail_quote", "gmail_extra", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "zmail_extra"];
    let class = class.to_ascii_lowercase();
    tag == "blockquote" || names.iter().any(|it| class.contains(it))
}
