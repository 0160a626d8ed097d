//! The end of a run in a form that a person enjoys reading: how the files ended, why, and where to look next.

use std::path::Path;

use anstyle::Style;
use countersign_core::reason::{ReasonCode, Severity};
use countersign_ingest::report::{PinSums, Summary};

use crate::terminal::{BAD, BOLD, CARE, FAINT, GOOD, count, styled, thousands};

/// Columns of the longest bar.
const BAR: u64 = 40;
/// Reasons that are listed.
const REASONS: usize = 12;

/// The lines of a run's summary.
pub(crate) fn lines(summary: &Summary, reports: Option<&Path>) -> Vec<String> {
    let rehearsal = if summary.dry_run { "  (dry run: nothing was written, no attempt was spent)" } else { "" };
    let seconds = format!("in {:.1} s", summary.wall_seconds);
    let brought = match summary.sources == summary.files {
        true => String::new(),
        false => format!(", which brought {},", thousands(summary.files)),
    };
    let head = format!("{}, {}{brought} {seconds}", summary.run, count(summary.sources, "file"));
    let mut lines = vec![format!("{}{}", styled(BOLD, head), styled(CARE, rehearsal)), String::new()];
    if summary.files == 0 {
        lines.push("There was nothing to read: the folder is empty.".to_owned());
    } else {
        lines.extend(outcomes(summary));
        lines.extend(reasons(summary));
        lines.extend(alarms(&summary.pins));
    }
    if let Some(reports) = reports {
        lines.push(String::new());
        lines.push(format!("Reports: {}", styled(BOLD, reports.display())));
        let of_interest = [
            (summary.files, "report.html", "the whole run as a page: open it in a browser"),
            (summary.counts.accepted, "accepted.csv", "what was changed, one row for each person"),
            (summary.counts.rejected, "rejected.csv", "one row for each form, with a sentence for its sender"),
            (summary.counts.rejected, "rejected_details.csv", "one row for each fault"),
            (summary.counts.held, "held.csv", "forms that a person must look at"),
            (summary.counts.duplicate, "duplicates.csv", "files that were decided before"),
            (summary.counts.ignored, "ignored.csv", "files that are no forms"),
        ];
        let shown = of_interest.iter().filter(|(number, ..)| *number > 0);
        lines.extend(shown.map(|(_, name, what)| format!("  {name:21} {}", styled(FAINT, what))));
    }
    lines
}

fn outcomes(summary: &Summary) -> Vec<String> {
    let counts = &summary.counts;
    let rows = [
        ("accepted", counts.accepted, GOOD),
        ("rejected", counts.rejected, BAD),
        ("held", counts.held, CARE),
        ("duplicate", counts.duplicate, FAINT),
        ("ignored", counts.ignored, FAINT),
    ];
    let most = rows.iter().map(|(_, number, _)| *number).max().unwrap_or_default().max(1);
    let row = |(word, number, style): &(&str, u64, Style)| {
        let bar = "█".repeat((number * BAR).div_ceil(most) as usize);
        let changes = match *word {
            "accepted" if *number > 0 => format!("  {}", count(summary.changes, "change")),
            _ => String::new(),
        };
        format!("  {word:10} {:>7}  {}{changes}", thousands(*number), styled(*style, bar))
    };
    rows.iter().map(row).collect()
}

/// What looks like an attack on PINs.
fn alarms(pins: &PinSums) -> Vec<String> {
    let mut lines = Vec::new();
    if pins.spraying {
        let (wrong, accounts) = (thousands(pins.wrong), count(pins.accounts_with_wrong, "account"));
        let what = format!("{wrong} of {} were wrong, on {accounts}", count(pins.looked_at, "PIN"));
        lines.push(format!("{}: {what}. Somebody may be trying PINs across accounts.", styled(BAD, "alarm")));
    }
    if !pins.locked.is_empty() {
        let locked = count(pins.locked.len() as u64, "account");
        let line = "had a form rejected because too many wrong PINs came before it (`countersign account unlock`)";
        lines.push(format!("{}: {locked} {line}", styled(CARE, "locked")));
    }
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

fn reasons(summary: &Summary) -> Vec<String> {
    if summary.primary_reasons.is_empty() {
        return Vec::new();
    }
    let mut ranked: Vec<(&ReasonCode, &u64)> = summary.primary_reasons.iter().collect();
    ranked.sort_by_key(|(code, number)| (std::cmp::Reverse(**number), code.as_str()));
    let mut lines = vec![String::new(), styled(BOLD, "Why forms were not accepted")];
    let row = |(code, number): &(&ReasonCode, &u64)| {
        let style = if code.severity() == Severity::Hold { CARE } else { BAD };
        let name = format!("{:29}", code.as_str());
        format!("  {:>7}  {} {}", thousands(**number), styled(style, name), code.for_staff())
    };
    lines.extend(ranked.iter().take(REASONS).map(row));
    if ranked.len() > REASONS {
        let more = count((ranked.len() - REASONS) as u64, "other reason");
        lines.push(styled(FAINT, format!("           and {more}; summary.json has them all")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use countersign_core::store::RunId;
    use countersign_ingest::outcome::RunHeader;
    use countersign_ingest::report::{ByteOrderMark, Report, ReportFolder};

    use super::*;

    struct Nowhere;

    impl ReportFolder for Nowhere {
        fn create(&mut self, _name: &str) -> std::io::Result<Box<dyn std::io::Write>> {
            Ok(Box::new(std::io::sink()))
        }
    }

    fn summary() -> Summary {
        let header = RunHeader {
            run: RunId(7),
            started_at: countersign_testkit::NOW,
            policy_version: "preset".to_owned(),
            policy_digest: String::new(),
            rehearsal: false,
        };
        Report::create(header, ByteOrderMark::Left, &mut Nowhere).unwrap().finish().unwrap().0
    }

    #[test]
    fn an_empty_folder_is_said_to_be_empty() {
        let lines = lines(&summary(), None).join("\n");
        assert!(lines.contains("R-000007") && lines.contains("nothing to read"), "{lines}");
    }

    #[test]
    fn reasons_are_ranked_and_bars_are_in_proportion() {
        let mut summary = summary();
        (summary.files, summary.sources) = (6, 6);
        summary.counts.accepted = 1;
        summary.counts.rejected = 4;
        summary.primary_reasons = [(ReasonCode::PinInvalid, 1), (ReasonCode::FieldMissing, 3)].into();
        let lines = lines(&summary, Some(Path::new("r")));
        let at =
            |what: &str| lines.iter().position(|it| it.contains(what)).unwrap_or_else(|| panic!("{what}: {lines:#?}"));
        assert!(at("FIELD_MISSING") < at("PIN_INVALID"));
        assert_eq!(lines[at("accepted  ")].matches('█').count(), 10);
        assert!(lines.iter().all(|it| !it.contains("held.csv")));
    }
}
