//! The words of a message for the person who looks at it: what a reader shows, with every digit masked. Which of the numbers are PINs
//! is just what may be in doubt.

use super::Body;
use super::body::{Line, Oddities, lines_of_text};
use super::html::lines_of_html;

/// Stands for a digit.
const MASK: char = '•';

/// The most lines that are shown.
const MOST_LINES: usize = 200;

/// The visible lines of a body, quoted ones behind `>`; of HTML and plain text the HTML, which most people see.
pub fn masked(body: &Body) -> Vec<String> {
    let mut odd = Oddities::default();
    let lines = match (&body.html, &body.text) {
        (Some(html), _) if !html.is_blank() => lines_of_html(html.as_str(), &mut odd),
        (_, Some(text)) => lines_of_text(text.as_str(), &mut odd),
        _ => Vec::new(),
    };
    let mut shown: Vec<String> = lines.iter().take(MOST_LINES).map(shown).collect();
    while shown.last().is_some_and(String::is_empty) {
        shown.pop();
    }
    shown
}

fn shown(line: &Line) -> String {
    let cells: Vec<&str> = line.cells.iter().map(|it| it.as_str()).collect();
    let start = if line.quoted { "> " } else { "" };
    let mask = |it: char| if it.is_numeric() { MASK } else { it };
    let plain = |it: &char| !it.is_control();
    format!("{start}{}", cells.join(" | ").chars().filter(plain).map(mask).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_digit_is_shown() {
        let text = "Please add Ann Lee, PIN 4821.\n\n> Security PIN: ５82910\x1b[31m\nA-1002947 ½";
        let shown = masked(&Body::plain(text));
        assert_eq!(shown, ["Please add Ann Lee, PIN ••••.", "", "> Security PIN: ••••••[••m", "A-••••••• •"]);
        let html = "<p>PIN <b>48</b>21</p><p style='display:none'>PIN 7777</p>";
        assert_eq!(masked(&Body::both("PIN 4821", html)), ["PIN ••••"]);
    }
}
