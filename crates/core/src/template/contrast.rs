//! Whether people with weak eyes can read a form and find its boxes: the contrast of a template's colours (WCAG 2.2, 1.4.3 and
//! 1.4.11). Too little is no mistake: a version that is out must not change for it.

use std::fmt;

use super::{Arrangement, Color, Colors, FormTemplate};

/// What text needs on its ground (WCAG 2.2, 1.4.3; none of ours counts as large but the title, which is in `ink`).
pub const TEXT_CONTRAST: f32 = 4.5;
/// What lines and ticks need that the eye finds boxes by (WCAG 2.2, 1.4.11).
pub const SHAPE_CONTRAST: f32 = 3.0;

/// A colour of a template that stands out too little.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeakContrast {
    /// The key under `[colors]`.
    pub key: &'static str,
    /// The colour.
    pub color: Color,
    /// Where it stands out least.
    pub ground: Ground,
    /// The contrast there, 1 to 21.
    pub ratio: f32,
    /// The contrast that is needed there.
    pub needed: f32,
    /// The nearest darker colour of the same hue that stands out everywhere; `None`: not even black does.
    pub proposal: Option<Color>,
}

/// What a colour stands on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ground {
    /// White.
    Paper,
    /// The inside of boxes, and the ground of notes.
    BoxFill(Color),
}

/// What a colour stands on, and the contrast that it needs there.
type Need = (Ground, f32);

impl Color {
    /// Paper.
    pub const WHITE: Self = Self { red: 255, green: 255, blue: 255 };

    /// How bright it is, 0 to 1 (WCAG 2.2, relative luminance).
    pub fn luminance(self) -> f32 {
        let linear = |part: u8| {
            let part = f32::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// How much two colours differ in brightness, 1 (not at all) to 21 (WCAG 2.2, contrast ratio). The order does not matter.
    pub fn contrast(self, other: Self) -> f32 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(two) / one.min(two)
    }

    /// Darker ones of the same hue, the nearest first, down to black.
    fn darker(self) -> impl Iterator<Item = Self> {
        let highest = self.red.max(self.green).max(self.blue);
        let scaled = move |part: u8, to: u8| {
            let (part, to, highest) = (u32::from(part), u32::from(to), u32::from(highest));
            u8::try_from((part * to + highest / 2) / highest).expect("a part of a colour that is made darker")
        };
        (0..highest).rev().map(move |to| Self {
            red: scaled(self.red, to),
            green: scaled(self.green, to),
            blue: scaled(self.blue, to),
        })
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paper => f.write_str("white"),
            Self::BoxFill(color) => write!(f, "`box_fill` ({color})"),
        }
    }
}

impl fmt::Display for WeakContrast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, color, ground, needed, .. } = self;
        let criterion = if *needed < TEXT_CONTRAST { "1.4.11" } else { "1.4.3" };
        // Cut, not rounded: 4.496 is no 4.50.
        let ratio = (self.ratio * 100.0).floor() / 100.0;
        write!(
            f,
            "`{key}` ({color}) has a contrast of {ratio:.2} to 1 on {ground}; {needed} are needed (WCAG 2.2, {criterion}): "
        )?;
        match self.proposal {
            Some(proposal) => write!(f, "{proposal} would do"),
            None => f.write_str("make `box_fill` lighter"),
        }
    }
}

impl FormTemplate {
    /// Its colours that stand out too little where this form uses them, in the order of the keys in the schema.
    pub fn weak_contrasts(&self) -> Vec<WeakContrast> {
        let has_note = self.sections.iter().any(|it| it.arrangement == Arrangement::Note);
        self.colors.weak(has_note)
    }
}

impl Colors {
    fn weak(&self, has_note: bool) -> Vec<WeakContrast> {
        let (paper, fill) = (Ground::Paper, Ground::BoxFill(self.box_fill));
        // A note's title is in the accent colour on that ground; on any form ticks are, and the consent has one.
        let accent_in_boxes = if has_note { TEXT_CONTRAST } else { SHAPE_CONTRAST };
        // Boxes of a dark fill are found by that; all others by their line, against what it stands between.
        let line = if self.box_fill.contrast(Color::WHITE) < SHAPE_CONTRAST { SHAPE_CONTRAST } else { 1.0 };
        let uses: [(&str, Color, &[Need]); 4] = [
            ("ink", self.ink, &[(paper, TEXT_CONTRAST), (fill, TEXT_CONTRAST)]),
            ("muted", self.muted, &[(paper, TEXT_CONTRAST)]),
            ("accent", self.accent, &[(paper, TEXT_CONTRAST), (fill, accent_in_boxes)]),
            ("box_line", self.box_line, &[(paper, line), (fill, line)]),
        ];
        uses.into_iter().filter_map(|(key, color, grounds)| weak(key, color, grounds)).collect()
    }
}

fn weak(key: &'static str, color: Color, grounds: &[Need]) -> Option<WeakContrast> {
    let on = |color: Color, ground: Ground| match ground {
        Ground::Paper => color.contrast(Color::WHITE),
        Ground::BoxFill(fill) => color.contrast(fill),
    };
    let passes = |color: &Color| grounds.iter().all(|(ground, needed)| on(*color, *ground) >= *needed);
    if passes(&color) {
        return None;
    }
    let short = |(ground, needed): &Need| on(color, *ground) / needed;
    let worst = grounds.iter().min_by(|one, two| short(one).total_cmp(&short(two)));
    let (ground, needed) = *worst.expect("every colour stands on something");
    Some(WeakContrast { key, color, ground, ratio: on(color, ground), needed, proposal: color.darker().find(passes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        let part = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        Color { red: part(1), green: part(3), blue: part(5) }
    }

    fn colors() -> Colors {
        Colors {
            ink: color("#1c2733"),
            muted: color("#5b6875"),
            accent: color("#14507a"),
            box_fill: color("#f3f7fa"),
            box_line: color("#6f8496"),
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        // The ratios that are commonly given for these pairs.
        for (one, two, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#777777", "#ffffff", 4.48),
            ("#767676", "#ffffff", 4.54),
            ("#0000ff", "#ffffff", 8.59),
            ("#ff0000", "#ffffff", 4.0),
        ] {
            let (there, back) = (color(one).contrast(color(two)), color(two).contrast(color(one)));
            assert!((there - expected).abs() < 0.005 && there == back, "{one} on {two}: {there}, {back}");
        }
    }

    #[test]
    fn good_colours_are_left_alone() {
        assert_eq!(colors().weak(true), []);
    }

    /// These colours must be weak in this one alone, and be told so.
    fn check(colors: &Colors, has_note: bool, expected: &str) {
        let weak = colors.weak(has_note);
        let told: Vec<String> = weak.iter().map(ToString::to_string).collect();
        assert_eq!(told, [expected]);
        for it in &weak {
            let proposal = it.proposal.unwrap();
            let mended = match it.key {
                "ink" => Colors { ink: proposal, ..colors.clone() },
                "muted" => Colors { muted: proposal, ..colors.clone() },
                "accent" => Colors { accent: proposal, ..colors.clone() },
                _ => Colors { box_line: proposal, ..colors.clone() },
            };
            assert_eq!(mended.weak(has_note), []);
        }
    }

    #[test]
    fn each_colour_is_looked_at_where_it_stands() {
        check(
            &Colors { muted: color("#777777"), ..colors() },
            true,
            "`muted` (#777777) has a contrast of 4.47 to 1 on white; 4.5 are needed (WCAG 2.2, 1.4.3): #767676 would do",
        );
        check(
            &Colors { box_line: color("#93ad9f"), ..colors() },
            true,
            "`box_line` (#93ad9f) has a contrast of 2.23 to 1 on `box_fill` (#f3f7fa); 3 are needed (WCAG 2.2, 1.4.11): \
             #7e9488 would do",
        );
        // 4.54 on white, less on the ground of notes.
        let accent = Colors { accent: color("#767676"), ..colors() };
        assert_eq!(accent.weak(false), []);
        let told = accent.weak(true);
        assert!(told.len() == 1 && told[0].ground == Ground::BoxFill(color("#f3f7fa")), "{told:?}");
        assert_eq!(Colors { ink: color("#8090a0"), ..colors() }.weak(true)[0].key, "ink");
    }

    #[test]
    fn the_proposal_is_the_nearest_of_its_hue() {
        let weak = Colors { accent: color("#ff8000"), ..colors() }.weak(true);
        let proposal = weak[0].proposal.unwrap();
        // Half as much green as red, no blue; one step lighter would not do.
        assert!(proposal.blue == 0 && u8::abs_diff(proposal.green * 2, proposal.red) <= 1, "{proposal}");
        let lighter = Color { red: proposal.red + 1, green: (proposal.red + 1).div_ceil(2), blue: 0 };
        assert!(!Colors { accent: lighter, ..colors() }.weak(true).is_empty());
    }

    #[test]
    fn boxes_of_a_dark_fill_need_no_line_but_other_letters() {
        let dark = Colors { box_fill: color("#303030"), box_line: color("#404040"), ..colors() }.weak(false);
        assert_eq!(dark.iter().map(|it| (it.key, it.proposal)).collect::<Vec<_>>(), [("ink", None), ("accent", None)]);
        assert!(dark[0].to_string().ends_with("make `box_fill` lighter"));
    }
}
