//! What stood against forms, counted by form: which reason came first, and which boxes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use countersign_core::reason::ReasonCode;

use super::boxes;
use super::charts::{Part, ranked_bar};
use super::markup::{foreign, plain};
use crate::outcome::{Ending, Outcome};
use crate::report::thousands;

/// Rows of a chart that are seen at once; those behind them unfold.
const SEEN: usize = 8;
/// A bar is full for the most forms, but not for fewer than these: a single form is no tall tower.
const FULL_BAR: u64 = 5;
/// Boxes of the provider's own that are counted, and how long their names may be: forms of strangers must not fill
/// the memory with theirs.
const OWN_BOXES: usize = 500;
const OWN_BOX_NAME: usize = 80;

/// What stood against the forms of a run.
#[derive(Default)]
pub(super) struct Tally {
    reasons: BTreeMap<ReasonCode, Forms>,
    boxes: BTreeMap<String, Trouble>,
}

/// How many forms, by what became of them.
#[derive(Clone, Copy, Default)]
struct Forms {
    rejected: u64,
    held: u64,
}

/// A box that something stood against.
#[derive(Default)]
struct Trouble {
    forms: Forms,
    reasons: BTreeMap<ReasonCode, u64>,
}

impl Forms {
    fn add(&mut self, ending: &Ending) {
        match ending {
            Ending::Rejected(_) => self.rejected += 1,
            Ending::Held(_) => self.held += 1,
            Ending::Accepted(_) | Ending::Duplicate(_) | Ending::Ignored(_) => {}
        }
    }

    fn all(self) -> u64 {
        self.rejected + self.held
    }

    fn parts(self) -> [Part<'static>; 2] {
        [("rejected", "rejected", self.rejected), ("held", "held", self.held)]
    }

    /// The number at the end of a bar, with words for who cannot see the bar.
    fn figure(self) -> String {
        let words = match (self.rejected, self.held) {
            (_, 0) => " rejected".to_owned(),
            (0, _) => " held".to_owned(),
            (rejected, held) => format!(": {} rejected, {} held", thousands(rejected), thousands(held)),
        };
        format!("<span class=\"figure\">{}<span class=\"aside\">{words}</span></span>", thousands(self.all()))
    }
}

impl Tally {
    /// Counts one file.
    pub(super) fn count(&mut self, outcome: &Outcome) {
        let reasons = outcome.ending.reasons();
        if let Some(primary) = reasons.first() {
            self.reasons.entry(primary.code).or_default().add(&outcome.ending);
        }
        let named: BTreeSet<(&str, ReasonCode)> =
            reasons.iter().filter_map(|it| Some((it.field.as_deref()?, it.code))).collect();
        let mut last = None;
        for (field, code) in named {
            if !self.is_counted(field) {
                continue;
            }
            let trouble = self.boxes.entry(field.to_owned()).or_default();
            *trouble.reasons.entry(code).or_default() += 1;
            if last != Some(field) {
                trouble.forms.add(&outcome.ending);
            }
            last = Some(field);
        }
    }

    /// Whether a field is a box of our forms.
    fn is_counted(&self, field: &str) -> bool {
        let is_own = field.starts_with("extra.") && field.len() <= OWN_BOX_NAME;
        boxes::label(field).is_some() || (is_own && (self.boxes.contains_key(field) || self.boxes.len() < OWN_BOXES))
    }

    /// The primary reasons, the most frequent first.
    pub(super) fn reasons(&self) -> Option<String> {
        let mut ranked: Vec<(&ReasonCode, &Forms)> = self.reasons.iter().collect();
        ranked.sort_by_key(|(code, forms)| (Reverse(forms.all()), code.as_str()));
        let most = ranked.first()?.1.all().max(FULL_BAR);
        let row = |(code, forms): &(&ReasonCode, &Forms)| {
            let (name, bar, figure) = (plain(code.as_str()), ranked_bar(&forms.parts(), most), forms.figure());
            format!("<li><div><code>{name}</code>{figure}</div>{bar}<p>{}</p></li>\n", plain(code.for_staff()))
        };
        Some(list(&ranked.iter().map(row).collect::<Vec<_>>()))
    }

    /// The boxes that most forms stumbled over first.
    pub(super) fn boxes(&self) -> Option<String> {
        let mut ranked: Vec<(&String, &Trouble)> = self.boxes.iter().collect();
        ranked.sort_by_key(|(field, trouble)| (Reverse(trouble.forms.all()), *field));
        let most = ranked.first()?.1.forms.all().max(FULL_BAR);
        let row = |(field, trouble): &(&String, &Trouble)| {
            let title = match boxes::label(field) {
                Some(label) => format!("<span class=\"name\">{}</span>", plain(&label)),
                None => format!("<code>{}</code>", foreign(field)),
            };
            let (bar, figure) = (ranked_bar(&trouble.forms.parts(), most), trouble.forms.figure());
            format!("<li><div>{title}{figure}</div>{bar}<p>{}</p></li>\n", trouble.why())
        };
        Some(list(&ranked.iter().map(row).collect::<Vec<_>>()))
    }
}

impl Trouble {
    /// The reasons that were given most often against the box, up to three.
    fn why(&self) -> String {
        let mut ranked: Vec<(&ReasonCode, &u64)> = self.reasons.iter().collect();
        ranked.sort_by_key(|(code, number)| (Reverse(**number), code.as_str()));
        let code = |(code, _): &(&ReasonCode, &u64)| format!("<code>{}</code>", plain(code.as_str()));
        let codes: Vec<String> = ranked.iter().take(3).map(code).collect();
        let more = if ranked.len() > 3 { ", …" } else { "" };
        codes.join(", ") + more
    }
}

/// Rows of a chart: the first ones seen, the others behind a fold; a fold for one row is not worth it.
fn list(rows: &[String]) -> String {
    let seen = if rows.len() == SEEN + 1 { SEEN + 1 } else { rows.len().min(SEEN) };
    let (seen, folded) = rows.split_at(seen);
    let mut html = format!("<ol class=\"ranked\">\n{}</ol>\n", seen.concat());
    if !folded.is_empty() {
        let (number, from, rows) = (folded.len(), seen.len() + 1, folded.concat());
        html.push_str(&format!("<details><summary>{number} more</summary>\n<ol class=\"ranked\" start=\"{from}\">\n"));
        html.push_str(&format!("{rows}</ol>\n</details>\n"));
    }
    html
}
