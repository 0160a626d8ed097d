//! Whether all readers find the same pages, boxes and fields: trees that lead to a node twice, and a page tree whose nodes say one thing of
//! themselves and another of each other (ISO 32000-1, 7.7.3.2). Some readers go by the lists of kids, some by the types, some by the
//! counts; a page's size and fonts come to it along its own way up, or along the way down to it.

use std::collections::HashSet;

use countersign_core::reason::ReasonCode;
use lopdf::{Dictionary, Object};

use crate::document::{Pdf, as_dict};
use crate::limits::Limits;
use crate::pages::annotations;
use crate::reading::Finding;

/// What lets readers find other pages, boxes or fields than we do.
pub(crate) fn tree_oddities(pdf: &Pdf, pages: &[&Dictionary], limits: &Limits) -> Vec<Finding> {
    let mut findings = circles(pdf, pages);
    if findings.is_empty() {
        let root = pdf.catalog().and_then(|it| pdf.dict(it, b"Pages"));
        let told = root.and_then(|it| count(pdf, it, None, limits.depth).err());
        findings.extend(told.map(|it| Finding::of_file(ReasonCode::PdfAmbiguous, it)));
    }
    findings
}

/// The pages below a node, or what it says that is not so. The tree must lead nowhere twice.
fn count(pdf: &Pdf, node: &Dictionary, above: Option<&Dictionary>, depth: usize) -> Result<i64, &'static str> {
    let named = pdf.dict(node, b"Parent");
    let is_below = match (named, above) {
        (Some(named), Some(above)) => std::ptr::eq(named, above),
        (None, None) => !node.has(b"Parent"),
        _ => false,
    };
    if !is_below {
        return Err("a page stands below another node of the page tree than it says");
    }
    match (pdf.name(node, b"Type"), pdf.entry(node, b"Kids")) {
        (Some(b"Page"), None) if above.is_some() => Ok(1),
        (Some(b"Pages"), Some(Object::Array(kids))) if depth > 0 => {
            let mut pages = 0;
            for kid in kids {
                let kid = as_dict(pdf.resolve(kid)).ok_or("the page tree lists something that is no page")?;
                pages += count(pdf, kid, Some(node), depth - 1)?;
            }
            let counted = pdf.entry(node, b"Count").and_then(|it| it.as_i64().ok());
            if counted == Some(pages) { Ok(pages) } else { Err("the page tree counts other pages than it lists") }
        }
        _ => Err("a node of the page tree is neither a page nor a list of pages"),
    }
}

/// Trees that lead to a node twice: where a reader stops is its own choice.
fn circles(pdf: &Pdf, pages: &[&Dictionary]) -> Vec<Finding> {
    let root = pdf.catalog().and_then(|it| pdf.dict(it, b"Pages"));
    let trees = [(root, &b"Kids"[..], "pages"), (pdf.acroform(), b"Fields", "fields")];
    let twice = trees.into_iter().filter(|(root, key, _)| root.is_some_and(|it| leads_twice(pdf, it, key)));
    let has_twice = |page: &&&Dictionary| {
        let mut seen = HashSet::new();
        annotations(pdf, page).any(|it| !seen.insert(std::ptr::from_ref(it)))
    };
    let on_page = pages.iter().find(has_twice).map(|_| "boxes of a page");
    let told = |what| Finding::of_file(ReasonCode::PdfAmbiguous, format!("{what} are listed more than once"));
    twice.map(|(_, _, what)| what).chain(on_page).map(told).collect()
}

fn leads_twice(pdf: &Pdf, root: &Dictionary, key: &[u8]) -> bool {
    let mut seen: HashSet<*const Dictionary> = HashSet::from([std::ptr::from_ref(root)]);
    let mut open = vec![(root, key)];
    while let Some((node, key)) = open.pop() {
        for kid in pdf.dicts(node, key) {
            if !seen.insert(kid) {
                return true;
            }
            open.push((kid, b"Kids"));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::pages;
    use crate::testing::PdfBuilder;

    fn check(file: &PdfBuilder, expected: &[&str]) {
        let limits = Limits::default();
        let pdf = Pdf::load(&file.bytes(), &limits).ok().unwrap();
        let found = tree_oddities(&pdf, &pages(&pdf, &limits).unwrap(), &limits);
        let details: Vec<&str> = found.iter().filter_map(|it| it.detail.as_deref()).collect();
        assert_eq!(details, expected);
    }

    /// A tree of two pages, 3 and 8, whose nodes are given.
    fn tree(root: &str, page: &str) -> PdfBuilder {
        let second = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>";
        PdfBuilder::new().object(2, root).object(3, page).object(8, second)
    }

    #[test]
    fn a_tree_as_it_should_be_is_not_odd() {
        check(&PdfBuilder::new(), &[]);
        check(&tree("<</Type/Pages/Kids[3 0 R 8 0 R]/Count 2>>", "<</Type/Page/Parent 2 0 R>>"), &[]);
        let branch = tree("<</Type/Pages/Kids[9 0 R 8 0 R]/Count 2>>", "<</Type/Page/Parent 9 0 R>>");
        check(&branch.object(9, "<</Type/Pages/Parent 2 0 R/Kids[3 0 R]/Count 1>>"), &[]);
    }

    #[test]
    fn a_tree_that_says_two_things_is_odd() {
        let (root, page) = ("<</Type/Pages/Kids[3 0 R 8 0 R]/Count 2>>", "<</Type/Page/Parent 2 0 R>>");
        let (counts, parent) = (
            "the page tree counts other pages than it lists",
            "a page stands below another node of the page tree than it says",
        );
        let kind = "a node of the page tree is neither a page nor a list of pages";
        check(&tree("<</Type/Pages/Kids[3 0 R 8 0 R]/Count 1>>", page), &[counts]);
        check(&tree("<</Type/Pages/Kids[3 0 R 8 0 R]>>", page), &[counts]);
        check(&tree("<</Type/Page/Kids[3 0 R 8 0 R]/Count 2>>", page), &[kind]);
        check(&tree(root, "<</Type/Xage/Parent 2 0 R>>"), &[kind]);
        check(&tree(root, "<</Parent 2 0 R>>"), &[kind]);
        check(&tree(root, "<</Type/Page/Parent 9 0 R>>"), &[parent]);
        check(&tree(root, "<</Type/Page/Parent 9 0 R>>").object(9, "<</Type/Pages/Kids[3 0 R]/Count 1>>"), &[parent]);
        check(&tree(root, "<</Type/Page>>"), &[parent]);
        let fake = tree(root, "<</Type/Page/Parent 2 0 R/Kids[9 0 R]/Count 1>>");
        check(&fake.object(9, "<</Type/Page/Parent 3 0 R>>"), &[kind]);
        check(
            &tree("<</Type/Pages/Kids[3 0 R 8 0 R 7]/Count 2>>", page),
            &["the page tree lists something that is no page"],
        );
        check(&tree("<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", page), &["pages are listed more than once"]);
    }
}
