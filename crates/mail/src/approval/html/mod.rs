//! HTML as the lines that a person sees, and what they do not see. No browser: styles are followed as far as they hide
//! (`style.rs`, `property.rs`, `color.rs`), elements as far as they part lines and cells (`page.rs`).

mod color;
mod page;
mod property;
mod style;

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};
use zeroize::Zeroizing;

use self::page::Page;
use self::style::Sheet;
use super::body::{Line, Oddities};
use super::characters::is_letter;

/// The lines of an HTML text.
pub(super) fn lines_of_html(html: &str, odd: &mut Oddities) -> Vec<Line> {
    let mut emitter = DefaultEmitter::<()>::new_with_span();
    emitter.naively_switch_states(true);
    let tokens: Vec<Token> = Tokenizer::new_with_emitter(html, emitter).filter_map(Result::ok).collect();
    let mut page = Page::new(sheet_of(&tokens));
    for token in &tokens {
        match token {
            Token::StartTag(tag) => {
                let attribute = |name: &str| tag.attributes.get(name.as_bytes()).map(|it| text_of(it));
                page.open(&text_of(&tag.name), &attribute);
            }
            Token::EndTag(tag) => page.close(&text_of(&tag.name)),
            Token::String(text) => page.text(&Zeroizing::new(text_of(text))),
            Token::Comment(text) => page.comment(&text_of(text)),
            Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    page.finish(odd)
}

/// The rules of all style sheets: they count for what stands before them, too.
fn sheet_of(tokens: &[Token]) -> Sheet {
    let mut sheet = Sheet::default();
    let mut is_style = false;
    for token in tokens {
        match token {
            Token::StartTag(tag) => is_style = text_of(&tag.name) == "style",
            Token::EndTag(_) => is_style = false,
            Token::String(text) if is_style => sheet.read(&text_of(text)),
            _ => {}
        }
    }
    sheet
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a person would read something in a text.
fn says_something(text: &str) -> bool {
    text.chars().any(|it| is_letter(it) && !super::characters::is_invisible(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> (Vec<String>, Oddities) {
        let mut odd = Oddities::default();
        let lines = lines_of_html(html, &mut odd);
        let join = |line: &Line| line.cells.iter().map(|it| it.as_str()).collect::<Vec<_>>().join("|");
        (lines.iter().map(join).filter(|it| !it.is_empty()).collect(), odd)
    }

    fn check(html: &str, expected: &[&str]) {
        assert_eq!(read(html), (expected.iter().map(|it| (*it).to_owned()).collect(), Oddities::default()), "{html}");
    }

    #[test]
    fn blocks_are_lines_and_cells_are_cells() {
        check("<p>Hello,<p>PIN:&nbsp;<b>48</b>21<br>x", &["Hello,", "PIN: 4821", "x"]);
        check("<div>a<div>b</div>c</div>", &["a", "b", "c"]);
        check("<ul><li>Ann <li>Bo</ul>", &["Ann", "Bo"]);
        check("<table><tr><td><p>Jan</p><td>3157<tr><th>A</th><th></th></tr></table>z", &["Jan|3157", "A|", "z"]);
        check("<table><tr><td><p>one</p><p>two</p></td><td>three</td></tr></table>", &["one", "two", "three"]);
        check("<table><tr><td><table><tr><td>a<td>b</table></td></tr></table>", &["a|b"]);
        check("<title>T</title><style>p{color:red}</style><script>var a = 1;</script>x", &["x"]);
    }

    #[test]
    fn what_is_hidden_is_left_out_and_told() {
        for html in [
            "a<p style='display:none'>PIN 6660</p>",
            "a<p style='font-size:1px'>PIN 6660</p>",
            "a<font color=white>PIN 6660</font>",
            "a<div style='background:#000;color:#111'>PIN 6660</div>",
            "<style>.x{visibility:hidden}</style>a<b class='y x'>6660</b>",
            "a<i hidden>6660</i>",
            "a<template>6660</template>",
            "a<div style='display:none'><p>6660</div>",
            "a<span style='font-size:.3em'><span style='font-size:.5em'>6660</span></span>",
            "a<!--[if mso]><p>PIN 6660</p><![endif]-->",
            "a<span style='display:none'><div></span>6660",
            "a<select><option>6660</option></select>",
            "a<dialog>6660</dialog>",
            "a<details><summary>x</summary>6660</details>",
            "a<meter>6660</meter>",
            "a<v:textbox>6660</v:textbox>",
            "a<table background=x.png><tr><td>6660</table>",
            "<style>.x{max-height:1px;overflow:hidden}</style>a<b class=x>6660</b>",
            "<style>@container (min-width:1px){.x{display:none}}</style>a<b class=x>6660</b>",
            "<style>@keyframes k{to{opacity:0}} .x{animation:k 0s forwards}</style>a<b class=x>6660</b>",
        ] {
            let (lines, odd) = read(html);
            assert_eq!(lines, ["a"], "{html}");
            assert!(odd.hidden, "{html}");
        }
    }

    #[test]
    fn honest_styles_hide_nothing() {
        check("<body bgcolor=navy text=white><p>a</p></body>", &["a"]);
        check("<td style='background:#123456'><span style='color:#fff'>a</span></td>", &["a"]);
        check("<span style='font-size:small'>a</span><div style='display:none'> &nbsp; </div>", &["a"]);
        check("<!--[if gte mso 9]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]-->a", &["a"]);
        check("<p style='display:none'></p>a<p style='color:white'>&zwnj;&nbsp;</p>", &["a"]);
    }

    #[test]
    fn a_sheet_that_is_not_understood_is_told() {
        for css in [
            ".y{.x{display:none}}",
            "div{color:red; &.x{display:none}}",
            ".x{a:'}';display:none}",
            ".\\78{display:none}",
            ":is(.x){max-height:1px}",
        ] {
            assert!(read(&format!("<style>{css}</style>a")).1.hidden, "{css}");
        }
        let outlook = "<style>@list l0:level1\t{mso-level-text:\"\\(%1\\)\";} p.MsoNormal{mso-style-name:\"A\\,B\";margin:0in}\
                       @page WordSection1{size:8.5in 11.0in} div.WordSection1{page:WordSection1}</style>\
                       <div class=WordSection1><p class=MsoNormal>a</p></div>";
        assert_eq!(read(outlook), (vec!["a".to_owned()], Oddities::default()));
    }

    #[test]
    fn struck_and_moved_text_is_told() {
        for html in ["a<s>b</s>", "a<span style='text-decoration:line-through'>b</span>", "a<del>b</del>"] {
            assert!(read(html).1.struck, "{html}");
        }
        for html in ["<bdo dir=rtl>1284</bdo>", "<span style='position:absolute'>b</span>", "a\u{202e}b"] {
            assert!(read(html).1.moved, "{html}");
        }
    }

    #[test]
    fn quoting_elements_are_marked() {
        let mut odd = Oddities::default();
        let lines = lines_of_html("a<blockquote type=cite>b<p>c</blockquote>d<div class=gmail_quote>e</div>", &mut odd);
        let quoted: Vec<bool> = lines.iter().filter(|it| !it.is_blank()).map(|it| it.quoted).collect();
        assert_eq!(quoted, [false, true, true, false, true]);
    }

    #[test]
    fn deep_and_broken_markup_ends() {
        let (lines, odd) = read(&format!("{}x", "<div>".repeat(100_000)));
        assert!(lines.is_empty() && odd.hidden);
        read("</p></b></table><tr><td></x><<>&#0;&#xffffff;<td");
    }
}
