//! Bars, drawn as SVG. Widths are shares of the whole, so that a bar fits any screen; what a bar shows stands beside
//! it in words, too.

use super::markup::plain;
use crate::report::thousands;

/// One part of a bar: its style class, its word, its number.
pub(super) type Part<'a> = (&'a str, &'a str, u64);

/// A bar of parts in a row that fill it, with its own description.
pub(super) fn whole_bar(title: &str, parts: &[Part<'_>]) -> String {
    let whole = parts.iter().map(|(.., number)| number).sum();
    let words: Vec<String> = parts.iter().map(|(_, word, number)| format!("{} {word}", thousands(*number))).collect();
    let (title, words, bars) = (plain(title), plain(&words.join(", ")), rects(parts, whole) + &gaps(parts, whole));
    let head = "<svg class=\"whole\" width=\"100%\" height=\"28\" role=\"img\" aria-labelledby=\"whole-t whole-d\">";
    format!("{head}<title id=\"whole-t\">{title}</title><desc id=\"whole-d\">{words}</desc>{bars}</svg>\n")
}

/// A bar of parts that is as long as they are many, beside others where the longest has `most`. For the eye alone.
pub(super) fn ranked_bar(parts: &[Part<'_>], most: u64) -> String {
    let bars = rects(parts, most);
    format!("<svg class=\"bar\" width=\"100%\" height=\"8\" aria-hidden=\"true\" focusable=\"false\">{bars}</svg>")
}

fn rects(parts: &[Part<'_>], whole: u64) -> String {
    let mut before = 0;
    let mut svg = String::new();
    for (class, _, number) in parts.iter().filter(|(.., number)| *number > 0) {
        let (x, width) = (share(before, whole), share(*number, whole));
        svg.push_str(&format!("<rect class=\"{class}\" x=\"{x}%\" width=\"{width}%\" height=\"100%\"/>"));
        before += number;
    }
    svg
}

/// Lines between the parts.
fn gaps(parts: &[Part<'_>], whole: u64) -> String {
    let mut before = 0;
    let mut svg = String::new();
    for (.., number) in parts.iter().filter(|(.., number)| *number > 0) {
        if before > 0 {
            let x = share(before, whole);
            svg.push_str(&format!("<line x1=\"{x}%\" x2=\"{x}%\" y2=\"100%\"/>"));
        }
        before += number;
    }
    svg
}

/// A share in hundredths of a percent: whole numbers, so that every machine writes the same.
fn share(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(whole.max(1));
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A share for people: whole percents, and neither none nor all when it is not.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    match (part * 200 + whole) / (whole * 2) {
        0 if part > 0 => "under 1 %".to_owned(),
        100 if part < whole => "over 99 %".to_owned(),
        rounded => format!("{rounded} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_behind_each_other_and_nothing_has_no_part() {
        let svg = whole_bar("How 4 files ended", &[("a", "accepted", 1), ("b", "rejected", 0), ("c", "held", 3)]);
        assert!(svg.contains("<rect class=\"a\" x=\"0.00%\" width=\"25.00%\""), "{svg}");
        assert!(
            svg.contains("<rect class=\"c\" x=\"25.00%\" width=\"75.00%\"") && !svg.contains("class=\"b\""),
            "{svg}"
        );
        assert_eq!(svg.matches("<line").count(), 1);
        assert!(svg.contains("role=\"img\"") && svg.contains("1 accepted, 0 rejected, 3 held"), "{svg}");
    }

    #[test]
    fn an_empty_run_has_an_empty_bar() {
        assert!(!whole_bar("How 0 files ended", &[("a", "accepted", 0)]).contains("<rect"));
    }

    #[test]
    fn a_share_is_neither_none_nor_all_when_it_is_not() {
        let cases = [(0, 5, "0 %"), (1, 1000, "under 1 %"), (1, 3, "33 %"), (1, 8, "13 %"), (999, 1000, "over 99 %")];
        for (part, whole, expected) in cases {
            assert_eq!(percent(part, whole), expected);
        }
        assert_eq!((percent(5, 5).as_str(), percent(0, 0).as_str()), ("100 %", "0 %"));
    }
}
