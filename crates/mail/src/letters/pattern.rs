//! Texts with gaps in braces, `{account}`: which gaps a text has is checked when it is read, so that no letter ever goes out with one
//! unfilled.

use std::fmt;

macro_rules! gaps {
    ($($variant:ident $name:literal;)+) => {
        /// What the program fills in.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Gap {
            $($variant,)+
        }

        impl Gap {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name between the braces.
            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

gaps! {
    Account "account";
    Moment "moment";
    Object "object";
    Provider "provider";
    Points "points";
    Form "form";
    Day "day";
    Month "month";
    Year "year";
    Time "time";
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.name())
    }
}

/// A text with gaps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Gap(Gap),
}

/// What is wrong with a text's gaps.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum BadPattern {
    #[error("`{{{0}}}` is nothing that is filled in here")]
    Unknown(String),
    #[error("a brace stands alone")]
    LoneBrace,
    #[error("{0} must stand in it")]
    Missing(String),
}

impl Pattern {
    /// Reads a text that must have some gaps, and may have others.
    pub(super) fn parse(text: &str, needed: &[Gap], allowed: &[Gap]) -> Result<Self, BadPattern> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            let (name, after) =
                from.strip_prefix('{').and_then(|it| it.split_once('}')).ok_or(BadPattern::LoneBrace)?;
            let known = needed.iter().chain(allowed).find(|it| it.name() == name);
            let gap = known.ok_or_else(|| BadPattern::Unknown(name.chars().take(40).collect()))?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Gap(*gap)]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        match needed.iter().find(|it| !pieces.contains(&Piece::Gap(**it))) {
            Some(missing) => Err(BadPattern::Missing(missing.to_string())),
            None => Ok(Self(pieces)),
        }
    }

    /// The text with its gaps filled, each once: what is filled in is not looked at for gaps.
    pub(super) fn fill(&self, value: impl Fn(Gap) -> String) -> String {
        let piece = |it: &Piece| match it {
            Piece::Text(text) => text.clone(),
            Piece::Gap(gap) => value(*gap),
        };
        self.0.iter().map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, BadPattern>) {
        let pattern = Pattern::parse(text, &[Gap::Moment], &[Gap::Account]);
        let filled = pattern.map(|it| it.fill(|gap| format!("<{gap}>")));
        assert_eq!(filled.as_deref().map_err(Clone::clone), expected.as_ref().map_err(Clone::clone).copied(), "{text}");
    }

    #[test]
    fn gaps_are_filled_and_no_other_is_there() {
        check("{moment}", Ok("<{moment}>"));
        check("on {moment}: {account}, {account}.", Ok("on <{moment}>: <{account}>, <{account}>."));
        check("{account}", Err(BadPattern::Missing("{moment}".to_owned())));
        check("{moment} {points}", Err(BadPattern::Unknown("points".to_owned())));
        check("{moment} {Account}", Err(BadPattern::Unknown("Account".to_owned())));
        for text in ["{moment", "moment}", "{moment} }", "{moment} {", "}{moment}"] {
            check(text, Err(BadPattern::LoneBrace));
        }
    }

    #[test]
    fn every_gap_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = Gap::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(names.len(), Gap::ALL.len());
    }
}
