//! Styles, as far as they decide whether text is seen: declarations of elements, and style sheets. What a declaration does is in
//! `property.rs`.
//!
//! Whatever may hide a text counts as hiding it, also where another rule would show it again: what is hidden in doubt costs a
//! person's look, what is shown in doubt could cost an account.

use super::color::Color;

/// What declarations say of an element.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Look {
    /// Not shown at all, or shown so that nobody sees it.
    pub(super) hidden: bool,
    /// Shown elsewhere, turned, or in another order.
    pub(super) moved: bool,
    /// Struck out.
    pub(super) struck: bool,
    /// The colour of the text.
    pub(super) color: Option<Color>,
    /// The colour of the ground.
    pub(super) ground: Option<Color>,
    /// The size of the text.
    pub(super) size: Option<Size>,
}

/// A size of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Size {
    /// In CSS pixels.
    Pixels(f32),
    /// As a part of the surrounding one.
    Part(f32),
}

impl Look {
    /// This look with what another one says instead.
    pub(super) fn overlaid(self, other: Self) -> Self {
        Self {
            hidden: self.hidden || other.hidden,
            moved: self.moved || other.moved,
            struck: self.struck || other.struck,
            color: other.color.or(self.color),
            ground: other.ground.or(self.ground),
            size: other.size.or(self.size),
        }
    }

    /// What declarations say (CSS Syntax 3, 8.1: `name: value;`). The important ones are apart, since they win over inline ones.
    pub(super) fn of(declarations: &str) -> (Self, Self) {
        let (mut usual, mut important) = (Self::default(), Self::default());
        for declaration in declarations.split(';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let value = value.to_ascii_lowercase();
            let (value, look) = match value.split_once('!') {
                Some((value, _)) => (value.trim(), &mut important),
                None => (value.trim(), &mut usual),
            };
            look.declare(name.trim().to_ascii_lowercase().as_str(), value);
        }
        (usual, important)
    }
}

/// The rules of style sheets.
#[derive(Default)]
pub(super) struct Sheet {
    rules: Vec<Rule>,
    /// Whether a rule hides or moves something and says what in a way that is not understood here.
    pub(super) is_blind: bool,
}

struct Rule {
    selector: Selector,
    usual: Look,
    important: Look,
}

/// The last part of a selector: which elements a rule may concern.
#[derive(Default)]
struct Selector {
    tag: String,
    classes: Vec<String>,
    id: String,
}

/// Rules with an `@` that hold no rules for elements.
const WITHOUT_RULES: &[&str] = &[
    "@font-face",
    "@font-feature-values",
    "@font-palette-values",
    "@page",
    "@list",
    "@property",
    "@counter-style",
    "@keyframes",
    "@-webkit-keyframes",
    "@-ms-viewport",
    "@viewport",
];

/// Most rules that are looked at; a sheet with more is blind.
const RULES_MAX: usize = 500;

impl Sheet {
    /// Takes over the rules of a style sheet. Rules within `@media` and its like count as if they always applied. A sheet with
    /// rules within rules, or with strings that could be taken for them, is not understood.
    pub(super) fn read(&mut self, css: &str) {
        let css = without_comments(css);
        self.is_blind |= has_braces_in_strings(&css);
        let mut rest = css.as_str();
        while let Some((selector, after)) = rest.split_once('{') {
            let selector = selector.rsplit(['}', ';']).next().unwrap_or_default().trim();
            let name = selector.split(|it: char| it.is_whitespace() || it == '(').next().unwrap_or_default();
            if selector.starts_with('@') && !WITHOUT_RULES.contains(&name) {
                rest = after;
                continue;
            }
            let (declarations, after) = after.split_once('}').unwrap_or((after, ""));
            if !selector.starts_with('@') {
                self.is_blind |= declarations.contains('{');
                self.add(selector, declarations);
            }
            rest = after;
        }
    }

    fn add(&mut self, selectors: &str, declarations: &str) {
        let (usual, important) = Look::of(declarations);
        if (usual, important) == (Look::default(), Look::default()) {
            return;
        }
        for selector in selectors.split(',') {
            match Selector::of(selector) {
                Some(selector) if self.rules.len() < RULES_MAX => self.rules.push(Rule { selector, usual, important }),
                _ => self.is_blind |= [usual, important].iter().any(|it| it.hidden || it.moved || it.color.is_some()),
            }
        }
    }

    /// What the rules say of an element: usual and important declarations.
    pub(super) fn look(&self, tag: &str, classes: &str, id: &str) -> (Look, Look) {
        let classes: Vec<&str> = classes.split_whitespace().collect();
        let concerned = self.rules.iter().filter(|it| it.selector.concerns(tag, &classes, id));
        concerned.fold((Look::default(), Look::default()), |(usual, important), rule| {
            (usual.overlaid(rule.usual), important.overlaid(rule.important))
        })
    }
}

impl Selector {
    /// `None` for what is not understood: attributes, `*`, and what begins with a colon, but for states of links.
    fn of(text: &str) -> Option<Self> {
        let last = text.split([' ', '>', '+', '~', '\n', '\t', '\r']).rfind(|it| !it.is_empty())?;
        let last = ["link", "visited", "hover", "active", "focus"]
            .iter()
            .fold(last.to_owned(), |text, state| text.replace(&format!(":{state}"), ""));
        if last.contains(['[', ']', '*', ':', '(', ')', '\\']) {
            return None;
        }
        let mut selector = Self::default();
        let mut part = &mut selector.tag;
        for letter in last.chars() {
            match letter {
                '.' => {
                    selector.classes.push(String::new());
                    part = selector.classes.last_mut()?;
                }
                '#' => part = &mut selector.id,
                _ => part.push(letter.to_ascii_lowercase()),
            }
        }
        Some(selector)
    }

    fn concerns(&self, tag: &str, classes: &[&str], id: &str) -> bool {
        let is_tag = self.tag.is_empty() || self.tag == tag;
        let is_id = self.id.is_empty() || self.id.eq_ignore_ascii_case(id);
        is_tag && is_id && self.classes.iter().all(|it| classes.iter().any(|class| class.eq_ignore_ascii_case(it)))
    }
}

/// Whether a string in a sheet holds what parts rules.
fn has_braces_in_strings(css: &str) -> bool {
    let mut open: Option<char> = None;
    let mut is_escaped = false;
    css.chars().any(|letter| {
        if std::mem::take(&mut is_escaped) {
            return false;
        }
        is_escaped = letter == '\\';
        match open {
            None if matches!(letter, '"' | '\'') => open = Some(letter),
            // A string ends at its line (CSS Syntax 3, 4.3.5).
            Some(mark) if letter == mark || letter == '\n' => open = None,
            _ => {}
        }
        open.is_some() && matches!(letter, '{' | '}' | ';')
    })
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace("<!--", "").replace("-->", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_find_their_elements() {
        let mut sheet = Sheet::default();
        sheet.read("<!-- p.MsoNormal, div.x > span.gone {display:none} /* #a{} */ @media print { #b {color:white!important} } -->");
        assert!(sheet.look("span", "gone", "").0.hidden);
        assert!(sheet.look("p", "a MsoNormal", "").0.hidden);
        assert!(!sheet.look("div", "MsoNormal", "").0.hidden);
        assert!(sheet.look("td", "", "b").1.color.is_some());
        assert!(!sheet.is_blind);
        sheet.read("a:hover{color:red} td[width]{display:none}");
        assert!(sheet.is_blind);
    }
}
