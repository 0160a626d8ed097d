//! What a declaration of CSS does to a text, as far as it decides whether the text is seen.
//!
//! The properties that letters use are known; whatever else is said of a text counts as hiding it. There are more ways to hide a
//! text than a list of them could hold, and new ones every year. So do values that are computed or escaped: `calc(0px)`, `n\6fne`.

use super::color::Color;
use super::style::{Look, Size};

/// Properties that hide nothing and move nothing, whatever their value.
const HARMLESS: &[&str] = &[
    "-moz-osx-font-smoothing",
    "-ms-text-size-adjust",
    "-ms-word-break",
    "-webkit-font-smoothing",
    "-webkit-hyphens",
    "-webkit-line-break",
    "-webkit-locale",
    "-webkit-nbsp-mode",
    "-webkit-tap-highlight-color",
    "-webkit-text-size-adjust",
    "-webkit-text-stroke-color",
    "-webkit-user-select",
    "background-attachment",
    "background-clip",
    "background-origin",
    "background-position",
    "background-repeat",
    "background-size",
    "box-shadow",
    "box-sizing",
    "caption-side",
    "caret-color",
    "clear",
    "color-scheme",
    "cursor",
    "empty-cells",
    "hyphens",
    "layout-grid-mode",
    "line-break",
    "orphans",
    "overflow",
    "overflow-wrap",
    "overflow-x",
    "overflow-y",
    "page",
    "panose-1",
    "pointer-events",
    "punctuation-wrap",
    "quotes",
    "size",
    "speak",
    "src",
    "supported-color-schemes",
    "tab-interval",
    "tab-size",
    "tab-stops",
    "table-layout",
    "text-align",
    "text-align-last",
    "text-autospace",
    "text-decoration-color",
    "text-decoration-skip-ink",
    "text-decoration-style",
    "text-decoration-thickness",
    "text-fit",
    "text-justify",
    "text-kashida",
    "text-kashida-space",
    "text-overflow",
    "text-rendering",
    "text-shadow",
    "text-size-adjust",
    "text-transform",
    "text-underline",
    "text-underline-offset",
    "text-underline-position",
    "transition",
    "user-select",
    "vertical-align",
    "white-space",
    "white-space-collapse",
    "widows",
    "word-break",
    "word-wrap",
];
/// The same, by their beginnings.
const HARMLESS_FAMILIES: &[&str] = &[
    "--",
    "border",
    "break-",
    "font-feature",
    "font-kerning",
    "font-optical",
    "font-palette",
    "font-size-adjust",
    "font-stretch",
    "font-style",
    "font-synthesis",
    "font-variant",
    "font-variation",
    "font-weight",
    "list-style",
    "outline",
    "page-break-",
    "-moz-border",
    "-webkit-border",
];
/// Values that leave things as they are around the element, or as they usually are.
const USUAL: &[&str] = &["", "inherit", "initial", "unset", "revert", "auto", "none", "normal"];
/// Ways to lay an element out that show it.
const SHOWN: &[&str] = &[
    "block",
    "inline",
    "inline-block",
    "list-item",
    "table",
    "inline-table",
    "table-row",
    "table-cell",
    "table-row-group",
    "table-header-group",
    "table-footer-group",
    "table-column",
    "table-column-group",
    "table-caption",
    "flex",
    "inline-flex",
    "grid",
    "inline-grid",
    "flow-root",
    "contents",
    "inherit",
    "initial",
    "unset",
    "revert",
];
/// Sizes of text by name.
const SIZES: &[&str] =
    &["xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large", "smaller", "larger"];
/// Fonts whose letters are pictures.
const PICTURE_FONTS: &[&str] = &["wingdings", "webdings", "symbol", "zapfdingbats", "zapf dingbats"];
/// A box smaller than this, in CSS pixels, shows no text.
const SMALLEST_BOX: f32 = 5.0;

impl Look {
    /// Takes over what a declaration says. Name and value are in lower case, trimmed.
    pub(super) fn declare(&mut self, name: &str, value: &str) {
        // Styles of Word itself, whose values are full of escapes.
        if name.starts_with("mso-") && name != "mso-hide" && !name.contains(['\\', '/']) {
            return;
        }
        if name.contains(['\\', '/', '{', '}', '*']) || value.contains(['\\', '{', '}']) || value.contains("/*") {
            self.hidden = true;
            return;
        }
        match name {
            "color" | "-webkit-text-fill-color" => self.take_color(value),
            "background-color" | "background" | "background-image" => self.take_ground(value),
            "font-size" => self.take_size(value),
            "font" => self.take_font(value),
            "font-family" => self.hidden |= is_picture_font(value),
            "text-decoration" | "text-decoration-line" | "-webkit-text-decoration" | "-webkit-text-decoration-line" => {
                self.struck |= value.contains("line-through");
            }
            _ => {
                self.moved |= moves(name, value);
                self.hidden |= hides(name, value);
            }
        }
    }

    /// A colour that is none we know could be that of the ground.
    fn take_color(&mut self, value: &str) {
        self.color = Color::of(value).or(self.color);
        self.hidden |= Color::of(value).is_none() && !is_usual(value) && value != "currentcolor";
    }

    /// A picture or a gradient could have the colour of the text.
    fn take_ground(&mut self, value: &str) {
        let words = || without_blanks_in_brackets(value);
        self.ground = words().split(' ').find_map(Color::of).or(self.ground);
        self.hidden |= words().split(' ').any(|it| it.contains('(') && Color::of(it).is_none());
    }

    fn take_size(&mut self, value: &str) {
        match Size::of(value) {
            Some(size) => self.size = Some(size),
            None => self.hidden |= !SIZES.contains(&value) && !is_usual(value),
        }
    }

    /// `font`: style, weight, size, line height, family (CSS Fonts 4, 2.7).
    fn take_font(&mut self, value: &str) {
        let size = value.split([' ', '/']).find_map(Size::of);
        let is_sized = size.is_some() || value.split(' ').any(|it| SIZES.contains(&it)) || is_usual(value);
        (self.size, self.hidden) = (size.or(self.size), self.hidden || !is_sized);
        let family = value.split(' ').skip_while(|it| Size::of(it.split('/').next().unwrap_or_default()).is_none());
        self.hidden |= value.contains('(') || is_picture_font(&family.skip(1).collect::<Vec<_>>().join(" "));
    }
}

/// Whether a declaration shows a text elsewhere, turned, or in another order.
fn moves(name: &str, value: &str) -> bool {
    match name {
        "position" => !matches!(value, "static" | "relative") && !is_usual(value),
        "float" | "translate" | "rotate" | "scale" | "transform" => !is_usual(value),
        "writing-mode" => value != "horizontal-tb" && !is_usual(value),
        "direction" => value != "ltr" && !is_usual(value),
        "unicode-bidi" => !matches!(value, "embed" | "isolate") && !is_usual(value),
        "flex-direction" | "flex-flow" => value.contains("reverse"),
        "order" => true,
        "content" => value.chars().any(char::is_alphanumeric) && !is_usual(value),
        _ => false,
    }
}

/// Whether a declaration hides a text, or may do so.
fn hides(name: &str, value: &str) -> bool {
    match name {
        "display" => !SHOWN.contains(&value),
        "visibility" => value != "visible" && !is_usual(value),
        "mso-hide" => value == "all",
        "opacity" => share(value).is_none_or(|it| it < 0.4),
        "z-index" => value.starts_with('-') || value.contains('('),
        "-webkit-text-stroke-width" | "-webkit-text-stroke" => number(value).is_none_or(|(it, _)| it != 0.0),
        "line-height" => !is_usual(value) && share(value).map_or_else(|| is_tiny(value), |it| it < 0.5),
        "width" | "height" | "max-width" | "max-height" | "block-size" | "inline-size" | "max-block-size"
        | "max-inline-size" => {
            !is_usual(value) && !matches!(value, "fit-content" | "max-content" | "min-content") && is_tiny(value)
        }
        "position" | "float" | "translate" | "rotate" | "scale" | "transform" | "writing-mode" | "direction"
        | "unicode-bidi" | "flex-direction" | "flex-flow" | "order" | "content" => false,
        _ if is_distance(name) => value.split(' ').any(is_far),
        _ if is_usual(value) => false,
        _ => !HARMLESS.contains(&name) && !HARMLESS_FAMILIES.iter().any(|it| name.starts_with(it)),
    }
}

/// Properties that shift a text.
fn is_distance(name: &str) -> bool {
    let families = ["margin", "padding", "inset", "text-indent", "letter-spacing", "word-spacing"];
    matches!(name, "left" | "top" | "right" | "bottom" | "min-width" | "min-height" | "border-spacing")
        || families.iter().any(|it| name.starts_with(it))
}

fn is_usual(value: &str) -> bool {
    USUAL.contains(&value)
}

fn is_picture_font(value: &str) -> bool {
    let first = value.split(',').next().unwrap_or_default().trim_matches(['"', '\'', ' ']);
    PICTURE_FONTS.iter().any(|it| first.starts_with(it))
}

/// A number and its unit.
fn number(value: &str) -> Option<(f32, &str)> {
    let end = value.find(|it: char| !(it.is_ascii_digit() || "+-.".contains(it))).unwrap_or(value.len());
    Some((value[..end].parse().ok()?, value[end..].trim()))
}

/// A share of one: `0.5`, `50%`.
fn share(value: &str) -> Option<f32> {
    match number(value)? {
        (share, "") => Some(share),
        (percent, "%") => Some(percent / 100.0),
        _ => None,
    }
}

/// A length in CSS pixels; a percentage as one of twelve hundred.
fn pixels(value: &str) -> Option<f32> {
    match (number(value)?, Size::of(value)) {
        ((percent, "%"), _) => Some(percent * 12.0),
        ((amount, ""), _) => Some(amount),
        (_, Some(Size::Pixels(pixels))) => Some(pixels),
        (_, Some(Size::Part(part))) => Some(part * 16.0),
        (_, None) => None,
    }
}

/// Whether nothing is seen in a box of that length; one that is computed could be of any length.
fn is_tiny(value: &str) -> bool {
    match number(value) {
        Some((percent, "%")) => percent <= 0.0,
        _ => pixels(value).is_none_or(|it| it < SMALLEST_BOX),
    }
}

/// Whether a shift takes a text out of sight.
fn is_far(value: &str) -> bool {
    !is_usual(value) && pixels(value).is_none_or(|it| it <= -100.0 || it >= 1_000.0)
}

/// `rgb(1, 2, 3) url(x y)` with its colours and addresses in one word each.
fn without_blanks_in_brackets(value: &str) -> String {
    let mut depth = 0_usize;
    let kept = value.chars().map(|it| {
        match it {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth > 0 => return ',',
            _ => {}
        }
        it
    });
    kept.collect()
}

impl Size {
    /// A length, or a part of the surrounding size. `None` for what is computed, and for units that letters do not use.
    pub(super) fn of(value: &str) -> Option<Self> {
        let (amount, unit) = number(value)?;
        match unit {
            "" if amount == 0.0 => Some(Self::Pixels(0.0)),
            "px" => Some(Self::Pixels(amount)),
            "pt" => Some(Self::Pixels(amount * 4.0 / 3.0)),
            "pc" => Some(Self::Pixels(amount * 16.0)),
            "in" => Some(Self::Pixels(amount * 96.0)),
            "cm" => Some(Self::Pixels(amount * 37.8)),
            "mm" => Some(Self::Pixels(amount * 3.78)),
            "rem" => Some(Self::Pixels(amount * 16.0)),
            "vw" | "vh" | "vmin" | "vmax" => Some(Self::Pixels(amount * 6.0)),
            "%" => Some(Self::Part(amount / 100.0)),
            "em" | "ex" | "ch" => Some(Self::Part(amount)),
            _ => None,
        }
    }
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
            "max-height:1px;overflow:hidden",
            "width:.1px",
            "text-indent:-9999px",
            "text-indent:100%;white-space:nowrap;overflow:hidden",
            "margin-left:100%",
            "padding-top:9999px",
            "inset-inline-start:-9999px",
            "opacity:0",
            "opacity:1%",
            "line-height:0.01",
            "mso-hide:all",
            "clip:rect(0,0,0,0)",
            "z-index:-1",
            "font-family:Wingdings",
            "font:12px 'Webdings'",
            "color:hsl(0 0% 100%)",
            "color:var(--x)",
            "background:linear-gradient(#000,#000)",
            "background-image:url(a b.png)",
            "-webkit-text-stroke-width:3px",
        ] {
            assert!(look(hiding).hidden, "{hiding}");
        }
    }

    #[test]
    fn what_is_not_understood_hides() {
        for unknown in [
            "display:n\\6fne",
            "display:none/**/",
            "dis/**/play:none",
            "display:none}",
            "font-size:calc(0px)",
            "font-size:1e-3px",
            "font:1e-9px a",
            "max-height:calc(0px)",
            "content-visibility:hidden",
            "zoom:0.01",
            "mix-blend-mode:screen",
            "-webkit-clip-path:inset(100%)",
            "-webkit-text-security:disc",
            "animation:k 0s forwards",
            "a-property-of-tomorrow:1",
        ] {
            assert!(look(unknown).hidden, "{unknown}");
        }
    }

    #[test]
    fn letters_hide_nothing() {
        for showing in [
            "display:block",
            "margin:0cm",
            "margin:0 auto",
            "margin-left:36.0pt",
            "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex",
            "line-height:1.5",
            "line-height:105%",
            "width:100%",
            "width:1%",
            "margin-left:.5in;text-indent:-.5in",
            "mso-style-name:\"List\\,x\"",
            "opacity:1",
            "color:rgb(34, 34, 34);background-color:rgb(255, 255, 255)",
            "background:white none repeat scroll 0% 0%",
            "font:12px/1.5 Arial, sans-serif",
            "font:inherit;color:inherit",
            "font-size:small;font-family:\"Segoe UI\",Wingdings",
            "mso-fareast-language:EN-US;mso-style-priority:99;tab-stops:list 36.0pt",
            "caret-color:rgb(0, 0, 0);font-variant-caps:normal;letter-spacing:normal;text-indent:0px;word-spacing:0px;\
             -webkit-text-stroke-width:0px;float:none;display:inline !important;overflow-wrap:break-word;\
             -webkit-nbsp-mode:space;line-break:after-white-space",
        ] {
            assert_eq!((look(showing).hidden, look(showing).moved), (false, false), "{showing}");
        }
    }

    #[test]
    fn what_moves_or_strikes_is_known() {
        for moving in ["position:absolute", "unicode-bidi:bidi-override", "translate:-9999px", "float:right", "order:2"]
        {
            assert!(look(moving).moved, "{moving}");
        }
        assert!(look("text-decoration: underline line-through").struck);
        assert!(look("-webkit-text-decoration:line-through").struck);
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(look("font-size:0").size, Some(Size::Pixels(0.0)));
        assert_eq!(look("font-size:12.0pt").size, Some(Size::Pixels(16.0)));
        assert_eq!(look("font: italic 1px/2 serif").size, Some(Size::Pixels(1.0)));
        assert_eq!(look("font-size:10%").size, Some(Size::Part(0.1)));
        assert_eq!(look("font-size:larger").size, None);
    }
}
