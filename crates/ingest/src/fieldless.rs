//! Files without any field that may be forms of ours all the same: printed to PDF or flattened, scanned or photographed. They are
//! recognised and held for a person, never taken for somebody else's papers.

use countersign_core::reason::ReasonCode;
use countersign_core::template::BlankLook;

use crate::limits::Limits;
use crate::reading::Finding;
use crate::shown::{ShownPage, pages};

/// Part of a form's longer printed words that must be on the pages.
const PRINTED_WORDS: f64 = 0.8;
/// Letters of the words that count: shorter ones are in every text.
const WORD_LETTERS: usize = 4;
/// Part of a page that a scan covers.
const SCAN: f64 = 0.5;

/// What a file without fields is, if it is one of these.
pub(crate) fn recognise(bytes: &[u8], looks: &[BlankLook], limits: &Limits) -> Option<Finding> {
    let pages = pages(bytes, limits.pages)?;
    if let Some(look) = looks.iter().find(|it| is_printed(it, &pages)) {
        let detail = format!("this is {}, but its fields are gone: it was flattened or printed", look.template);
        return Some(Finding::of_file(ReasonCode::FormFieldsAltered, detail));
    }
    let is_scan = pages.iter().any(|it| it.image >= SCAN);
    is_scan.then(|| Finding::of_file(ReasonCode::FormImageOnly, "a page is a picture, and there are no fields"))
}

/// Whether the pages show the words that every blank of the template shows.
fn is_printed(look: &BlankLook, pages: &[ShownPage]) -> bool {
    let glyphs = pages.iter().flat_map(|it| &it.glyphs).filter_map(|it| it.text.as_deref());
    let text: String = glyphs.flat_map(str::chars).filter(|it| !it.is_whitespace()).collect();
    let words = look.pages.iter().flat_map(|it| &it.words).filter(|it| it.chars().count() >= WORD_LETTERS);
    let (mut all, mut found) = (0_u32, 0_u32);
    for word in words {
        all += 1;
        found += u32::from(text.contains(word.as_str()));
    }
    all > 0 && f64::from(found) >= PRINTED_WORDS * f64::from(all)
}

#[cfg(test)]
mod tests {
    use countersign_core::template::{PageLook, TemplateId};

    use super::*;
    use crate::shown::ShownGlyph;

    fn look() -> BlankLook {
        let words = ["Authorized", "User", "Form", "of", "Northwind"].map(str::to_owned).to_vec();
        BlankLook {
            template: TemplateId { name: "authorized-user".to_owned(), version: 1 },
            pages: vec![PageLook { width: 612.0, height: 792.0, content: vec![], words }],
            fields: Default::default(),
        }
    }

    fn check(text: &str, expected: bool) {
        let glyph = |it: char| ShownGlyph { text: Some(it.to_string()), x: 0.0, y: 0.0 };
        let page = ShownPage { glyphs: text.chars().map(glyph).collect(), image: 0.0 };
        assert_eq!(is_printed(&look(), &[page]), expected, "{text}");
    }

    #[test]
    fn a_printed_form_is_known_by_its_words() {
        check("Northwind AuthorizedUser Form and what somebody wrote", true);
        check("N o r t h w i n d Authorized User Form", true);
        check("Northwind: your invoice", false);
        check("", false);
    }
}
