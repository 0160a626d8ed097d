//! The tables of the page: the first rows of each, in the order of the run. A page that a browser can open stays
//! small, and so does the memory of the run; the CSV files have every row.

use countersign_core::reason::{Reason, Severity};

use super::boxes;
use super::markup::{foreign, plain};
use crate::outcome::{AppliedChange, Ending, Outcome};
use crate::report::rows::time;
use crate::report::{count, thousands};

/// Rows of a table that are shown.
pub(super) const MOST_ROWS: usize = 1_000;
/// Reasons of a form that are shown.
const MOST_REASONS: usize = 12;

/// What a table is called and what stands in it.
pub(super) struct Kind {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    note: &'static str,
    csv: &'static str,
    columns: &'static [&'static str],
}

/// One table for each way a file can end, in the order of the reports.
pub(super) const KINDS: [Kind; 5] = [
    Kind {
        id: "accepted",
        title: "Accepted",
        note: "What was changed: one row for each person who was added or removed.",
        csv: "accepted.csv",
        columns: &["File", "Account", "Signer", "Change", "Person", "Role"],
    },
    Kind {
        id: "rejected",
        title: "Rejected",
        note: "What stands against each form, the primary reason first, and what its sender may be told.",
        csv: "rejected.csv",
        columns: &["File", "Account", "Signer", "Why", "For the customer"],
    },
    Kind {
        id: "held",
        title: "Held",
        note: "A person must look at these. <code>countersign held show S-…</code> shows one, \
               <code>countersign held resolve S-…</code> decides it.",
        csv: "held.csv",
        columns: &["File", "Account", "Signer", "To look at"],
    },
    Kind {
        id: "duplicate",
        title: "Duplicates",
        note: "The same bytes were decided before. Nothing was done again.",
        csv: "duplicates.csv",
        columns: &["File", "First ended as", "In run", "Decided at", "First submission"],
    },
    Kind { id: "ignored", title: "Ignored", note: "No forms at all.", csv: "ignored.csv", columns: &["File", "Why"] },
];

/// The first rows of a table, and how many there are in all.
#[derive(Default)]
pub(super) struct Excerpt {
    kept: Vec<String>,
    rows: u64,
}

impl Excerpt {
    /// Takes the rows of one file.
    pub(super) fn take(&mut self, outcome: &Outcome, kind: &Kind) {
        match &outcome.ending {
            Ending::Accepted(changes) => changes.iter().for_each(|it| self.push(kind, || accepted(outcome, it))),
            Ending::Rejected(refusal) => self.push(kind, || {
                let [file, account, signer] = common(outcome);
                vec![file, account, signer, against(refusal.reasons()), foreign(&refusal.for_customer())]
            }),
            Ending::Held(refusal) => self.push(kind, || {
                let [file, account, signer] = common(outcome);
                vec![file, account, signer, against(refusal.reasons())]
            }),
            Ending::Duplicate(first) => self.push(kind, || {
                let [file, ..] = common(outcome);
                let word = mark(first.status.word(), first.status.word());
                let submission = format!("<code>{}</code>", first.submission);
                vec![file, word, first.run.to_string(), time(first.decided_at), submission]
            }),
            Ending::Ignored(why) => self.push(kind, || vec![foreign(&outcome.source_file), plain(why)]),
        }
    }

    fn push(&mut self, kind: &Kind, cells: impl FnOnce() -> Vec<String>) {
        self.rows += 1;
        if self.kept.len() < MOST_ROWS {
            self.kept.push(row(kind, &cells()));
        }
    }

    /// The table with its heading; nothing where it has no rows.
    pub(super) fn section(&self, kind: &Kind) -> String {
        let Kind { id, title, note, csv, columns } = kind;
        if self.rows == 0 {
            return String::new();
        }
        let number = thousands(self.rows);
        let head: String =
            columns.iter().map(|it| format!("<th scope=\"col\" role=\"columnheader\">{it}</th>")).collect();
        let rows = self.kept.concat();
        let cut = self.cut(csv);
        format!(
            "<section id=\"{id}\" class=\"table {id}\" aria-labelledby=\"{id}-h\">\n\
             <h2 id=\"{id}-h\">{title} <span class=\"number\">{number}</span></h2>\n<p class=\"note\">{note}</p>\n{cut}\
             <table role=\"table\">\n<caption>{title}: {}</caption>\n\
             <thead role=\"rowgroup\"><tr role=\"row\">{head}</tr></thead>\n<tbody role=\"rowgroup\">\n{rows}</tbody>\n\
             </table>\n</section>\n",
            count(self.rows, "row")
        )
    }

    /// The sentence about rows that are not shown.
    fn cut(&self, csv: &str) -> String {
        let more = self.rows - self.kept.len() as u64;
        if more == 0 {
            return String::new();
        }
        let (shown, more) = (count(self.kept.len() as u64, "row"), count(more, "more row"));
        format!(
            "<p class=\"cut\">Here are the first {shown}; sorting and filtering see these alone. \
             {more} are in <a href=\"{csv}\">{csv}</a>.</p>\n"
        )
    }
}

fn row(kind: &Kind, cells: &[String]) -> String {
    assert_eq!(cells.len(), kind.columns.len(), "a row has a cell for every column");
    let mut html = "<tr role=\"row\">".to_owned();
    for (at, (column, cell)) in kind.columns.iter().zip(cells).enumerate() {
        let (tag, role) = if at == 0 { ("th scope=\"row\"", "rowheader") } else { ("td", "cell") };
        let end = if at == 0 { "th" } else { "td" };
        let empty = if cell.is_empty() { " class=\"empty\"" } else { "" };
        html.push_str(&format!("<{tag} role=\"{role}\" data-label=\"{column}\"{empty}>{cell}</{end}>"));
    }
    html + "</tr>\n"
}

/// Which file, which account, who asks.
fn common(outcome: &Outcome) -> [String; 3] {
    let id = outcome.submission_id().map(|it| it.to_string()).unwrap_or_default();
    let asker = &outcome.asker;
    let account = asker.account.as_ref().map(ToString::to_string).unwrap_or_default();
    let role = match asker.signer_role {
        "owner" => "Account Owner",
        "authorized_user" => "Authorized User",
        other => other,
    };
    [
        format!("{}{}", foreign(&outcome.source_file), below("code", &id)),
        format!("{}{}", foreign(&account), below("div", &asker.account_name)),
        format!("{}{}", foreign(&asker.signer), below("div", role)),
    ]
}

fn accepted(outcome: &Outcome, change: &AppliedChange) -> Vec<String> {
    let [file, account, signer] = common(outcome);
    let word = match change.action {
        "add" => mark("accepted", "added"),
        "remove" => mark("removed", "removed"),
        other => mark("removed", other),
    };
    let name = foreign(format!("{} {}", change.first_name, change.last_name).trim());
    let email = change.email.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![file, account, signer, word, format!("{name}{}", below("div", &email)), foreign(&change.job)]
}

/// All reasons against a form, in the order of the checks.
fn against(reasons: &[Reason]) -> String {
    let mut html = "<ul class=\"reasons\">".to_owned();
    for reason in reasons.iter().take(MOST_REASONS) {
        let class = match reason.severity {
            Severity::Hold => "held",
            Severity::Reject => "rejected",
        };
        let code = reason.code;
        html.push_str(&format!("<li class=\"{class}\"><code>{code}</code> {}", plain(code.for_staff())));
        let field = reason.field.as_deref().map(|it| boxes::label(it).map_or_else(|| foreign(it), |it| plain(&it)));
        let detail = reason.detail.as_deref().map(foreign);
        let more: Vec<String> = [field, detail].into_iter().flatten().collect();
        if !more.is_empty() {
            html.push_str(&format!("<div class=\"below\">{}</div>", more.join(" · ")));
        }
        html.push_str("</li>");
    }
    if let Some(more) = reasons.len().checked_sub(MOST_REASONS).filter(|it| *it > 0) {
        html.push_str(&format!("<li>and {}</li>", count(more as u64, "more reason")));
    }
    html + "</ul>"
}

fn mark(class: &str, word: &str) -> String {
    format!("<span class=\"mark {class}\">{}</span>", plain(word))
}

/// A second line of a cell, in smaller print.
fn below(tag: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<{tag} class=\"below\">{}</{tag}>", foreign(text)) }
}
