//! Colours of HTML and CSS, and whether one can be seen on another.

/// A colour; its parts from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Color {
    red: u8,
    green: u8,
    blue: u8,
    is_clear: bool,
}

impl Color {
    /// The usual ground.
    pub(super) const WHITE: Self = Self::opaque(255, 255, 255);
    /// The usual ink.
    pub(super) const BLACK: Self = Self::opaque(0, 0, 0);

    const fn opaque(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue, is_clear: false }
    }

    /// Reads a colour: `#rgb`, `#rrggbb`, with alpha or without, `rgb()`, the common names; HTML's without `#` too.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(inner) = text.strip_prefix("rgb").and_then(|it| it.split_once('(')) {
            return Self::of_parts(inner.1.trim_end_matches(')'));
        }
        named(&text).or_else(|| Self::of_hex(text.strip_prefix('#').unwrap_or(&text)))
    }

    fn of_hex(digits: &str) -> Option<Self> {
        if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        let single = |at: usize| u8::from_str_radix(&digits[at..at + 1], 16).ok().map(|it| it * 17);
        let (parts, alpha) = match digits.len() {
            3 => ([single(0)?, single(1)?, single(2)?], 255),
            4 => ([single(0)?, single(1)?, single(2)?], single(3)?),
            6 => ([pair(0)?, pair(2)?, pair(4)?], 255),
            8 => ([pair(0)?, pair(2)?, pair(4)?], pair(6)?),
            _ => return None,
        };
        let [red, green, blue] = parts;
        Some(Self { red, green, blue, is_clear: alpha < 100 })
    }

    fn of_parts(inner: &str) -> Option<Self> {
        let part = |it: &str| {
            let share = it.strip_suffix('%').and_then(|it| it.parse::<f32>().ok()).map(|it| it * 2.55);
            share.or_else(|| it.parse().ok())
        };
        let parts: Vec<f32> =
            inner.split([',', ' ', '/']).filter(|it| !it.is_empty()).map(part).collect::<Option<_>>()?;
        let [red, green, blue, ref rest @ ..] = parts[..] else { return None };
        let is_clear = rest.first().is_some_and(|it| *it < 0.4);
        let whole = |it: f32| it.clamp(0.0, 255.0) as u8;
        Some(Self { red: whole(red), green: whole(green), blue: whole(blue), is_clear })
    }

    /// Whether text of this colour cannot be seen on that ground: clear, or a contrast under 1.6 (WCAG 2.2, contrast ratio;
    /// the least that it asks of text is 4.5).
    pub(super) fn is_lost_on(self, ground: Self) -> bool {
        const SEEN: f32 = 1.6;
        let (one, two) = (self.luminance(), ground.luminance());
        let contrast = (one.max(two) + 0.05) / (one.min(two) + 0.05);
        self.is_clear || contrast < SEEN
    }

    /// Whether nothing is seen of a ground of this colour.
    pub(super) fn is_clear(self) -> bool {
        self.is_clear
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f32 {
        let linear = |part: u8| {
            let part = f32::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

fn named(name: &str) -> Option<Color> {
    let color = |red, green, blue| Some(Color::opaque(red, green, blue));
    match name {
        "transparent" => Some(Color { is_clear: true, ..Color::WHITE }),
        "white" | "window" => color(255, 255, 255),
        "black" | "windowtext" | "canvastext" => color(0, 0, 0),
        "snow" | "ivory" | "floralwhite" | "ghostwhite" | "whitesmoke" | "azure" | "mintcream" | "seashell"
        | "aliceblue" | "honeydew" | "lavenderblush" | "oldlace" | "linen" | "beige" | "cornsilk" | "lightyellow" => {
            color(248, 248, 248)
        }
        "silver" | "lightgray" | "lightgrey" => color(208, 208, 208),
        "gray" | "grey" => color(128, 128, 128),
        "red" => color(255, 0, 0),
        "blue" => color(0, 0, 255),
        "green" => color(0, 128, 0),
        "maroon" | "darkred" | "brown" | "firebrick" | "crimson" => color(140, 0, 0),
        "teal" | "darkcyan" => color(0, 128, 128),
        "olive" => color(128, 128, 0),
        "orange" | "darkorange" => color(255, 150, 0),
        "fuchsia" | "magenta" => color(255, 0, 255),
        "aqua" | "cyan" => color(0, 255, 255),
        "lime" => color(0, 255, 0),
        "darkgreen" => color(0, 100, 0),
        "darkgray" | "darkgrey" => color(169, 169, 169),
        "dimgray" | "dimgrey" | "slategray" | "slategrey" | "darkslategray" => color(105, 105, 105),
        "steelblue" | "royalblue" | "dodgerblue" => color(65, 105, 225),
        "navy" | "darkblue" | "mediumblue" | "midnightblue" | "indigo" => color(0, 0, 128),
        "yellow" => color(255, 255, 0),
        "purple" => color(128, 0, 128),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read() {
        for white in ["#fff", "#FFFFFF", "white", "rgb(255, 255, 255)", "rgb(100% 100% 100%)", "ffffff"] {
            assert_eq!(Color::of(white), Some(Color::WHITE), "{white}");
        }
        for none in ["", "inherit", "#12", "rgb(1)", "url(x.png)"] {
            assert_eq!(Color::of(none), None, "{none}");
        }
    }

    #[test]
    fn what_cannot_be_seen_on_its_ground_is_lost() {
        for lost in ["white", "#fefefe", "#f0f0f0", "transparent", "rgba(0,0,0,0.1)"] {
            assert!(Color::of(lost).unwrap().is_lost_on(Color::WHITE), "{lost}");
        }
        for seen in ["black", "#1f497d", "gray", "#888", "red"] {
            assert!(!Color::of(seen).unwrap().is_lost_on(Color::WHITE), "{seen}");
        }
        assert!(!Color::WHITE.is_lost_on(Color::BLACK));
    }
}
