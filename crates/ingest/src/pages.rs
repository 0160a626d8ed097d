//! The pages of a document and the annotations on them, whatever shape the page tree is in.

use std::collections::HashSet;

use countersign_core::reason::ReasonCode;
use lopdf::{Dictionary, Object};

use crate::document::{Pdf, as_dict};
use crate::limits::Limits;
use crate::reading::Finding;

/// The pages in order. Page dictionaries that stand in the tree directly or lack their `/Type` count too.
pub(crate) fn pages<'a>(pdf: &'a Pdf, limits: &Limits) -> Result<Vec<&'a Dictionary>, Finding> {
    let root = pdf.catalog().and_then(|it| pdf.dict(it, b"Pages"));
    let mut open: Vec<(&Dictionary, usize)> = root.into_iter().map(|it| (it, 0)).collect();
    let mut seen: HashSet<*const Dictionary> = HashSet::new();
    let mut pages = Vec::new();
    while let Some((node, depth)) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        if depth > limits.depth || pages.len() >= limits.pages {
            let detail = format!("more than {} pages or {} levels of them", limits.pages, limits.depth);
            return Err(Finding::of_file(ReasonCode::PdfResourceLimit, detail));
        }
        if pdf.entry(node, b"Kids").is_some() {
            let from = open.len();
            open.extend(pdf.dicts(node, b"Kids").map(|it| (it, depth + 1)));
            open[from..].reverse();
        } else if pdf.name(node, b"Type") != Some(b"Pages") {
            pages.push(node);
        }
    }
    Ok(if pages.is_empty() { loose_pages(pdf, limits) } else { pages })
}

/// Pages that no page tree reaches, for a file that lost its tree.
fn loose_pages<'a>(pdf: &'a Pdf, limits: &Limits) -> Vec<&'a Dictionary> {
    let of_type = |it: &&Dictionary| pdf.name(it, b"Type") == Some(b"Page");
    pdf.objects().filter_map(as_dict).filter(of_type).take(limits.pages).collect()
}

/// The annotations of a page, in order; those that stand in the array directly too.
pub(crate) fn annotations<'a>(pdf: &'a Pdf, page: &'a Dictionary) -> impl Iterator<Item = &'a Dictionary> {
    pdf.dicts(page, b"Annots")
}

/// An entry of a page or of the nearest of so many nodes above it that has one (ISO 32000-1, 7.7.3.4).
pub(crate) fn inherited_entry<'a>(pdf: &'a Pdf, page: &'a Dictionary, key: &[u8], depth: usize) -> Option<&'a Object> {
    nodes_above(pdf, page, depth).find_map(|it| pdf.entry(it, key))
}

/// A page and the nodes of the page tree above it, at most so many in all.
pub(crate) fn nodes_above<'a>(
    pdf: &'a Pdf,
    page: &'a Dictionary,
    depth: usize,
) -> impl Iterator<Item = &'a Dictionary> {
    std::iter::successors(Some(page), |it| pdf.dict(it, b"Parent")).take(depth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PdfBuilder;

    fn check(pdf: &PdfBuilder, expected: usize) {
        let pdf = Pdf::load(&pdf.bytes(), &Limits::default()).ok().unwrap();
        assert_eq!(pages(&pdf, &Limits::default()).unwrap().len(), expected);
    }

    #[test]
    fn pages_are_found_whatever_the_tree_looks_like() {
        check(&PdfBuilder::new(), 1);
        check(&PdfBuilder::new().object(2, "<</Type/Pages/Kids[<</Type/Page>> 3 0 R 5 0 R]>>").object(5, "<<>>"), 3);
        check(&PdfBuilder::new().object(2, "<</Type/Pages/Kids[2 0 R 3 0 R 3 0 R]>>"), 1);
        check(&PdfBuilder::new().object(2, "<</Type/Pages/Kids[]>>"), 1);
    }

    #[test]
    fn too_many_pages_are_a_refusal() {
        let bytes = PdfBuilder::new().object(2, "<</Kids[3 0 R<</Type/Page>>]>>").bytes();
        let pdf = Pdf::load(&bytes, &Limits::default()).ok().unwrap();
        let finding = pages(&pdf, &Limits { pages: 1, ..Limits::default() }).unwrap_err();
        assert_eq!(finding.code, ReasonCode::PdfResourceLimit);
    }
}
