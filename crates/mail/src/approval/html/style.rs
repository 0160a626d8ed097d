//! Styles, as far as they decide whether text is seen: CSS declarations of elements and style sheets.
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

    fn declare(&mut self, name: &str, value: &str) {
        match name {
            "display" => self.hidden |= value == "none",
            "visibility" => self.hidden |= matches!(value, "hidden" | "collapse"),
            "mso-hide" => self.hidden |= value == "all",
            "opacity" => self.hidden |= number(value).is_none_or(|(it, _)| it < 0.4),
            "max-height" | "max-width" | "height" | "width" | "line-height" => {
                self.hidden |= number(value).is_some_and(|(it, _)| it == 0.0);
            }
            "text-indent" | "margin" | "margin-left" | "margin-top" | "left" | "top" | "right" | "bottom"
            | "letter-spacing" | "word-spacing" => {
                let is_far = |it: &str| number(it).is_some_and(|(it, _)| it <= -40.0 || it >= 2000.0);
                self.hidden |= value.split_whitespace().any(is_far);
            }
            "clip" | "clip-path" | "filter" | "mask" | "mask-image" | "-webkit-mask" => {
                self.hidden |= !matches!(value, "none" | "auto");
            }
            "position" => self.moved |= matches!(value, "absolute" | "fixed"),
            "unicode-bidi" => self.moved |= value.contains("override") || value == "plaintext",
            "transform" | "writing-mode" | "rotate" | "scale" => {
                self.moved |= !matches!(value, "none" | "horizontal-tb")
            }
            "flex-direction" | "flex-flow" => self.moved |= value.contains("reverse"),
            "order" => self.moved |= true,
            "content" => self.moved |= value.chars().any(char::is_alphanumeric) && !matches!(value, "none" | "normal"),
            "text-decoration" | "text-decoration-line" => self.struck |= value.contains("line-through"),
            "color" | "-webkit-text-fill-color" => self.color = Color::of(value).or(self.color),
            "background-color" => self.ground = Color::of(value).or(self.ground),
            "background" => self.ground = value.split_whitespace().find_map(Color::of).or(self.ground),
            "font-size" => self.size = size(value).or(self.size),
            "font" => self.size = value.split([' ', '/']).find_map(size).or(self.size),
            _ => {}
        }
    }
}

/// A number and its unit.
fn number(value: &str) -> Option<(f32, &str)> {
    let end = value.find(|it: char| !(it.is_ascii_digit() || "+-.".contains(it))).unwrap_or(value.len());
    Some((value[..end].parse().ok()?, value[end..].trim()))
}

fn size(value: &str) -> Option<Size> {
    let (amount, unit) = number(value)?;
    match unit {
        "" if amount == 0.0 => Some(Size::Pixels(0.0)),
        "px" => Some(Size::Pixels(amount)),
        "pt" => Some(Size::Pixels(amount * 4.0 / 3.0)),
        "pc" => Some(Size::Pixels(amount * 16.0)),
        "in" => Some(Size::Pixels(amount * 96.0)),
        "cm" => Some(Size::Pixels(amount * 37.8)),
        "mm" => Some(Size::Pixels(amount * 3.78)),
        "rem" => Some(Size::Pixels(amount * 16.0)),
        "vw" | "vh" | "vmin" | "vmax" => Some(Size::Pixels(amount * 6.0)),
        "%" => Some(Size::Part(amount / 100.0)),
        "em" | "ex" | "ch" => Some(Size::Part(amount)),
        _ => None,
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

/// Most rules that are looked at; a sheet with more is blind.
const RULES_MAX: usize = 2_000;

impl Sheet {
    /// Takes over the rules of a style sheet. Rules within `@media` and its like count as if they always applied.
    pub(super) fn read(&mut self, css: &str) {
        let css = without_comments(css);
        let mut rest = css.as_str();
        while let Some((selector, after)) = rest.split_once('{') {
            let selector = selector.rsplit(['}', ';']).next().unwrap_or_default().trim();
            if selector.starts_with("@media") || selector.starts_with("@supports") || selector.starts_with("@layer") {
                rest = after;
                continue;
            }
            let (declarations, after) = after.split_once('}').unwrap_or((after, ""));
            if !selector.starts_with('@') {
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

    fn look(declarations: &str) -> Look {
        let (usual, important) = Look::of(declarations);
        usual.overlaid(important)
    }

    #[test]
    fn what_hides_is_known() {
        for hiding in [
            "display:none",
            "color:red; DISPLAY : None !important",
            "visibility:hidden",
            "max-height:0px",
            "text-indent:-9999px",
            "opacity:0",
            "mso-hide:all",
            "clip:rect(0,0,0,0)",
        ] {
            assert!(look(hiding).hidden, "{hiding}");
        }
        for showing in
            ["display:block", "margin:0cm", "margin-left:36.0pt", "line-height:1.5", "width:100%", "opacity:1"]
        {
            assert!(!look(showing).hidden, "{showing}");
        }
        assert!(look("position:absolute").moved && look("unicode-bidi:bidi-override").moved);
        assert!(look("text-decoration: underline line-through").struck);
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(look("font-size:0").size, Some(Size::Pixels(0.0)));
        assert_eq!(look("font-size:12.0pt").size, Some(Size::Pixels(16.0)));
        assert_eq!(look("font: italic 1px/2 serif").size, Some(Size::Pixels(1.0)));
        assert_eq!(look("font-size:10%").size, Some(Size::Part(0.1)));
        assert_eq!(look("font-size:larger").size, None);
    }

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
