//! `report.html`: the run as a page, for people. One file that asks for nothing outside of itself, says the same
//! without its script, and is written when the run is over. The charts count every file; the tables show the first
//! rows.

mod boxes;
mod charts;
mod markup;
mod tables;
mod tally;

use std::io::{self, Write};

use charts::{Part, percent, whole_bar};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use markup::{foreign, plain, source_hash};
use tables::{Excerpt, KINDS};
use tally::Tally;

use super::{PinSums, Summary, count, thousands};
use crate::outcome::{Ending, Outcome};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Accounts that an alarm names.
const NAMED_ACCOUNTS: usize = 12;

/// The page of a run, being gathered. Its size has a limit, whatever the run's.
#[derive(Default)]
pub struct Page {
    tally: Tally,
    excerpts: [Excerpt; 5],
}

impl Page {
    /// Takes one file.
    pub(super) fn take(&mut self, outcome: &Outcome) {
        self.tally.count(outcome);
        let at = match outcome.ending {
            Ending::Accepted(_) => 0,
            Ending::Rejected(_) => 1,
            Ending::Held(_) => 2,
            Ending::Duplicate(_) => 3,
            Ending::Ignored(_) => 4,
        };
        self.excerpts[at].take(outcome, &KINDS[at]);
    }

    /// Writes the page. Nothing in it depends on how long the run took.
    pub fn write(&self, summary: &Summary, file: &mut dyn Write) -> io::Result<()> {
        let (style, script) = (source_hash(STYLE), source_hash(SCRIPT));
        let policy =
            format!("default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'");
        let run = plain(&summary.run);
        write!(
            file,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{run} · Countersign run report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        )?;
        file.write_all(head(summary).as_bytes())?;
        file.write_all(b"<main>\n")?;
        file.write_all(alarms(summary).as_bytes())?;
        file.write_all(outcomes(summary).as_bytes())?;
        file.write_all(self.charts().as_bytes())?;
        for (excerpt, kind) in self.excerpts.iter().zip(&KINDS) {
            file.write_all(excerpt.section(kind).as_bytes())?;
        }
        write!(file, "</main>\n{}<script>{SCRIPT}</script>\n</body>\n</html>\n", foot(summary))
    }

    fn charts(&self) -> String {
        let card = |id: &str, title: &str, note: &str, chart: Option<String>| {
            let Some(chart) = chart else { return String::new() };
            format!(
                "<section class=\"card\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n\
                 <p class=\"note\">{note}</p>\n{chart}</section>\n"
            )
        };
        let reasons = card(
            "reasons",
            "Why forms were not accepted",
            "Forms by their primary reason: the first one in the order of the checks.",
            self.tally.reasons(),
        );
        let boxes = card(
            "boxes",
            "Boxes that cause most rejections",
            "Forms with at least one reason against the box.",
            self.tally.boxes(),
        );
        if reasons.is_empty() { String::new() } else { format!("<div class=\"pair\">\n{reasons}{boxes}</div>\n") }
    }
}

fn head(summary: &Summary) -> String {
    let Summary { run, program_version, policy_version, policy_sha256, .. } = summary;
    let (iso, words) = (summary.started_at, moment(summary.started_at));
    let digest = plain(policy_sha256.get(..12).unwrap_or(policy_sha256));
    let dry = if summary.dry_run { " <span class=\"mark held\">dry run</span>" } else { "" };
    format!(
        "<header>\n<p class=\"brand\">Countersign <span>Run report</span></p>\n<h1>{}{dry}</h1>\n<dl>\n\
         <div><dt>Decided as of</dt><dd><time datetime=\"{iso}\">{words}</time></dd></div>\n\
         <div><dt>Files</dt><dd>{}</dd></div>\n<div><dt>Policy</dt><dd>{} <code>SHA-256 {digest}…</code></dd></div>\n\
         <div><dt>Program</dt><dd>Countersign {program_version}</dd></div>\n</dl>\n</header>\n",
        plain(run),
        thousands(summary.files),
        foreign(policy_version),
    )
}

/// `31 March 2026, 09:00 UTC`
fn moment(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// What wants an eye before anything else.
fn alarms(summary: &Summary) -> String {
    let mut alarms: Vec<(&str, String)> = Vec::new();
    if !summary.reconciled {
        let (ended, given) = (thousands(summary.sources), count(summary.files_in, "file"));
        let what = format!("{given} went in and {ended} have ended. Run the same folder again: nothing is done twice.");
        alarms.push(("The run did not come to its end", what));
    }
    if summary.internal_failures > 0 {
        let forms = count(summary.internal_failures, "form");
        alarms.push(("The program failed", format!("On {forms}, held as INTERNAL. Nothing of them was written.")));
    }
    let PinSums { spraying, wrong, looked_at, accounts_with_wrong, locked, .. } = &summary.pins;
    if *spraying {
        let (wrong, pins, on) = (thousands(*wrong), count(*looked_at, "PIN"), count(*accounts_with_wrong, "account"));
        let what = format!("{wrong} of {pins} were wrong, on {on}. Somebody may be trying PINs across accounts.");
        alarms.push(("Many wrong PINs", what));
    }
    if !locked.is_empty() {
        let named: Vec<String> = locked.iter().take(NAMED_ACCOUNTS).map(ToString::to_string).collect();
        let more = match locked.len().checked_sub(NAMED_ACCOUNTS) {
            Some(more) if more > 0 => format!(" and {} more, which are in summary.json", thousands(more as u64)),
            _ => String::new(),
        };
        let what = format!("Too many wrong PINs came before a form of {}{more}.", named.join(", "));
        alarms.push(("Locked", what));
    }
    let mut html = String::new();
    for (title, what) in &alarms {
        html.push_str(&format!("<div class=\"alarm\" role=\"note\"><strong>{title}.</strong> {}</div>\n", plain(what)));
    }
    if summary.dry_run {
        html.push_str("<div class=\"alarm dry\" role=\"note\"><strong>Dry run.</strong> ");
        html.push_str("Nothing was written and no attempt was spent.</div>\n");
    }
    html
}

/// How the files ended: sums that must agree, a bar, and a tile for each way.
fn outcomes(summary: &Summary) -> String {
    if summary.files == 0 {
        return "<p class=\"nothing\">There was nothing to read: the folder is empty.</p>\n".to_owned();
    }
    let counts = &summary.counts;
    let parts: [Part<'_>; 5] = [
        ("accepted", "accepted", counts.accepted),
        ("rejected", "rejected", counts.rejected),
        ("held", "held", counts.held),
        ("duplicate", "duplicate", counts.duplicate),
        ("ignored", "ignored", counts.ignored),
    ];
    let bar = whole_bar(&format!("How {} ended", count(summary.files, "file")), &parts);
    let tiles: String = parts.iter().map(|it| tile(it, summary)).collect();
    let sums: Vec<String> = parts.iter().map(|(_, word, number)| format!("{} {word}", thousands(*number))).collect();
    let (sums, given) = (sums.join(" + "), thousands(summary.files_in));
    let brought = match summary.sources == summary.files {
        true => String::new(),
        false => format!(", which brought {}", thousands(summary.files)),
    };
    let (sign, verdict, class) = match summary.reconciled {
        true => ("=", "Every file is accounted for.", "sums"),
        false => ("≠", "The sums do not agree.", "sums wrong"),
    };
    format!(
        "<section class=\"outcomes\" aria-labelledby=\"outcomes\">\n<h2 id=\"outcomes\">How the files ended</h2>\n\
         <p class=\"{class}\"><span>{given} in{brought} {sign} {sums}</span> <strong>{verdict}</strong></p>\n{bar}\
         <ul class=\"tiles\">\n{tiles}</ul>\n</section>\n"
    )
}

fn tile((class, word, number): &Part<'_>, summary: &Summary) -> String {
    let more = match *class {
        "accepted" => count(summary.changes, "change"),
        "rejected" => "refused, with reasons".to_owned(),
        "held" => "a person must look".to_owned(),
        "duplicate" => "decided before".to_owned(),
        _ => "no forms at all".to_owned(),
    };
    let swatch = "<svg class=\"swatch\" width=\"12\" height=\"12\" aria-hidden=\"true\" focusable=\"false\">";
    let inside = format!(
        "{swatch}<rect class=\"{class}\" width=\"12\" height=\"12\" rx=\"3\"/></svg><span class=\"word\">{word}</span>\
         <span class=\"large\">{}</span><span class=\"share\">{}</span><span class=\"more\">{more}</span>",
        thousands(*number),
        percent(*number, summary.files)
    );
    let has_table = *number > 0 && (*class != "accepted" || summary.changes > 0);
    match has_table {
        true => format!("<li><a href=\"#{class}\">{inside}</a></li>\n"),
        false => format!("<li><div>{inside}</div></li>\n"),
    }
}

fn foot(summary: &Summary) -> String {
    let PinSums { looked_at, wrong, .. } = summary.pins;
    let pins = if looked_at == 0 {
        "No Security PIN was looked at.".to_owned()
    } else {
        format!("{} looked at, {} wrong.", count(looked_at, "Security PIN"), thousands(wrong))
    };
    let links: Vec<String> = ["accepted", "rejected", "rejected_details", "held", "duplicates", "ignored"]
        .map(|it| format!("<a href=\"{it}.csv\">{it}.csv</a>"))
        .into();
    format!(
        "<footer>\n<p>{pins} No PIN stands in any report.</p>\n<p>Beside this page, with every row and column: {}, the \
         same as JSON lines, and <a href=\"summary.json\">summary.json</a>. Reports hold personal data.</p>\n</footer>\n",
        links.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use countersign_core::decision::Refusal;
    use countersign_core::reason::{Reason, ReasonCode};
    use countersign_core::store::RunId;
    use countersign_core::submission::Channel;
    use countersign_testkit::{NOW, number};

    use super::tables::MOST_ROWS;
    use super::*;
    use crate::outcome::{AppliedChange, Asker, PinCheck, RunHeader};

    fn outcome(source_file: &str, ending: Ending) -> Outcome {
        Outcome {
            place: 0,
            source_file: source_file.to_owned(),
            file: None,
            channel: Channel::Form,
            received_at: None,
            message: None,
            message_received_at: None,
            decided_at: NOW,
            method: None,
            form: None,
            asker: Asker { account: Some(number("A-1001101")), signer: "Ann Lee".to_owned(), ..Asker::default() },
            pin_check: PinCheck::NotChecked,
            ending,
            audit_seq: None,
        }
    }

    fn refused(reasons: impl IntoIterator<Item = Reason>) -> Outcome {
        outcome("a.pdf", Ending::refused(Refusal::new(reasons.into_iter().collect())))
    }

    fn sums(outcomes: &[Outcome]) -> Summary {
        let policy_version = "preset".to_owned();
        let (run, policy_digest) = (RunId(7), "0".repeat(64));
        let header = RunHeader { run, started_at: NOW, policy_version, policy_digest, rehearsal: false };
        let mut summary = Summary::of_run(&header);
        let placed = |(place, it): (usize, &Outcome)| Outcome { place, ..it.clone() };
        outcomes.iter().enumerate().map(placed).for_each(|it| summary.count(&it));
        summary.reconcile(outcomes.len() as u64);
        summary
    }

    fn written(outcomes: &[Outcome], summary: &Summary) -> String {
        let mut page = Page::default();
        outcomes.iter().for_each(|it| page.take(it));
        let mut bytes = Vec::new();
        page.write(summary, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn page(outcomes: &[Outcome]) -> String {
        written(outcomes, &sums(outcomes))
    }

    /// What stands between two marks, first.
    fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
        let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start}"));
        rest.split_once(end).unwrap_or_else(|| panic!("no {end}")).0
    }

    #[test]
    fn hostile_values_stay_values() {
        let nasty = "<script>alert(1)</script>\"' onload='x'\u{202e}fdp.exe";
        let mut bad = refused([Reason::of_field(ReasonCode::FieldFormat, format!("extra.{nasty}")).because(nasty)]);
        bad.source_file = nasty.to_owned();
        bad.asker.account_name = nasty.to_owned();
        bad.asker.signer = nasty.to_owned();
        let change = AppliedChange {
            action: "add",
            field: "add.1".to_owned(),
            first_name: nasty.to_owned(),
            last_name: nasty.to_owned(),
            email: None,
            job: nasty.to_owned(),
        };
        let html = page(&[bad, outcome(nasty, Ending::Accepted(vec![change]))]);
        assert_eq!(html.matches("<script").count(), 1);
        assert!(!html.contains("alert(1)</script>") && !html.contains("onload='") && !html.contains('\u{202e}'));
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && html.contains("\\u{202e}"));
    }

    #[test]
    fn the_page_asks_for_nothing_outside_of_itself() {
        let html = page(&[refused([Reason::of_form(ReasonCode::FormBlank)])]);
        for outside in
            ["http:", "https:", "url(", "@import", " src=", "<link", "<img", "<iframe", " style=", " onclick"]
        {
            assert!(!html.contains(outside), "{outside}");
        }
    }

    #[test]
    fn the_policy_lets_in_this_script_and_this_style_alone() {
        let html = page(&[]);
        let policy = between(&html, "Content-Security-Policy\" content=\"", "\"");
        let (style, script) = (between(&html, "<style>", "</style>"), between(&html, "<script>", "</script>"));
        assert_eq!((style, script), (STYLE, SCRIPT));
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains(&format!("style-src {};", source_hash(style))), "{policy}");
        assert!(policy.contains(&format!("script-src {};", source_hash(script))), "{policy}");
    }

    #[test]
    fn reasons_are_ranked_by_forms_and_then_by_name() {
        let of = |codes: &[ReasonCode]| refused(codes.iter().copied().map(Reason::of_form));
        let outcomes = [
            of(&[ReasonCode::SignMissing]),
            of(&[ReasonCode::PinInvalid]),
            of(&[ReasonCode::PinInvalid]),
            of(&[ReasonCode::FieldMissing, ReasonCode::FieldMissing, ReasonCode::SignMissing]),
        ];
        let html = page(&outcomes);
        let chart = between(&html, "<h2 id=\"reasons\">", "</section>");
        let at = |code: &str| chart.find(code).unwrap_or_else(|| panic!("no {code}"));
        assert!(at("PIN_INVALID") < at("FIELD_MISSING") && at("FIELD_MISSING") < at("SIGN_MISSING"));
        assert!(chart.contains("<code>SIGN_MISSING</code><span class=\"figure\">1"), "{chart}");
    }

    #[test]
    fn a_form_counts_once_for_a_box_and_boxes_of_strangers_do_not_count() {
        let against = |field: &str, codes: &[ReasonCode]| -> Vec<Reason> {
            codes.iter().map(|it| Reason::of_field(*it, field)).collect()
        };
        let pin = against("add.1.pin", &[ReasonCode::NewPinFormat, ReasonCode::NewPinTooCommon]);
        let date = against("signature.date", &[ReasonCode::SignTooOld]);
        let strange = against("whatever.1", &[ReasonCode::FormFieldsAltered]);
        let html = page(&[refused(date.clone()), refused(pin), refused(date), refused(strange)]);
        let chart = between(&html, "<h2 id=\"boxes\">", "</section>");
        let (date, pin) = (chart.find("Signature: date").unwrap(), chart.find("Person to add 1: PIN").unwrap());
        assert!(date < pin && !chart.contains("whatever"), "{chart}");
        assert!(chart[pin..].contains("<span class=\"figure\">1<"), "{chart}");
    }

    #[test]
    fn a_long_table_is_cut_and_says_where_the_rest_is_but_charts_count_all() {
        let outcomes = vec![refused([Reason::of_form(ReasonCode::FormBlank)]); MOST_ROWS + 1_500];
        let html = page(&outcomes);
        let table = between(&html, "<section id=\"rejected\"", "</section>");
        assert_eq!(table.matches("<th scope=\"row\"").count(), MOST_ROWS);
        let sentence = "the first 1,000 rows; sorting and filtering see these alone. 1,500 more rows are in <a href=\"rejected.csv\">";
        assert!(table.contains(sentence), "{}", between(&html, "class=\"cut\"", "</p>"));
        assert!(between(&html, "<h2 id=\"reasons\">", "</section>").contains("2,500"));
        assert!(!page(&outcomes[..MOST_ROWS]).contains("class=\"cut\""));
    }

    #[test]
    fn a_message_is_one_file_whatever_it_brings() {
        let brought = ["1.eml", "1.eml/2/a.pdf", "1.eml/3/b.pdf"].map(|it| outcome(it, Ending::Ignored("spam")));
        let mut summary = sums(&[]);
        brought.iter().for_each(|it| summary.count(it));
        summary.reconcile(1);
        assert!(summary.reconciled);
        let html = written(&brought, &summary);
        assert!(html.contains("1 in, which brought 3 = 0 accepted"), "{html}");
        summary.reconcile(2);
        assert!(!summary.reconciled);
    }

    #[test]
    fn the_sums_are_said_and_so_is_that_they_do_not_agree() {
        let outcomes =
            [refused([Reason::of_form(ReasonCode::FormBlank)]), outcome("Thumbs.db", Ending::Ignored("litter"))];
        let mut summary = sums(&outcomes);
        let html = written(&outcomes, &summary);
        assert!(html.contains("2 in = 0 accepted + 1 rejected + 0 held + 0 duplicate + 1 ignored"), "{html}");
        assert!(html.contains("Every file is accounted for.") && !html.contains("class=\"alarm"));
        summary.reconcile(3);
        let html = written(&outcomes, &summary);
        assert!(html.contains("3 in ≠ 0 accepted") && html.contains("The run did not come to its end."), "{html}");
    }

    #[test]
    fn alarms_come_first() {
        let mut summary = sums(&[]);
        (summary.pins.looked_at, summary.pins.wrong, summary.pins.accounts_with_wrong) = (40, 30, 29);
        summary.pins.spraying = true;
        summary.pins.locked = (1..=14).map(|it| number(&format!("A-10000{it:02}"))).collect();
        let html = written(&[], &summary);
        assert!(html.contains("30 of 40 PINs were wrong, on 29 accounts."), "{html}");
        assert!(html.contains("A-1000012 and 2 more, which are in summary.json"), "{html}");
    }

    #[test]
    fn how_long_the_run_took_changes_nothing() {
        let outcomes = [refused([Reason::of_form(ReasonCode::FormBlank)])];
        let (quick, mut slow) = (sums(&outcomes), sums(&outcomes));
        slow.wall_seconds = 9.5;
        assert_eq!(written(&outcomes, &quick), written(&outcomes, &slow));
    }

    #[test]
    fn words_can_be_read_in_both_schemes() {
        let (light, dark) = STYLE.split_once("prefers-color-scheme: dark").unwrap();
        for scheme in [light, dark] {
            let colour = |name: &str| luminance(between(scheme, &format!("--{name}: #"), ";"));
            let contrast = |a: &str, b: &str| {
                let (a, b) = (colour(a), colour(b));
                (a.max(b) + 0.05) / (a.min(b) + 0.05)
            };
            for words in ["ink", "soft", "accent", "rejected-ink", "held-ink"] {
                for behind in ["ground", "sheet", "tint"] {
                    assert!(contrast(words, behind) >= 4.5, "{words} on {behind}: {}", contrast(words, behind));
                }
            }
            assert!(contrast("ink", "alarm") >= 4.5);
            for bar in ["accepted", "rejected", "held", "duplicate", "ignored"] {
                assert!(contrast(bar, "sheet") >= 3.0, "{bar}: {}", contrast(bar, "sheet"));
            }
        }
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(hex: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    }
}
