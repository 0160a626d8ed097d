//! The fields of an interactive form (ISO 32000-1, 12.7): the tree that `/Fields` reaches, and the widgets on the pages that
//! it does not reach. Yields names, inherited entries and widgets; what the values mean is `value.rs`'s business.

use std::collections::{BTreeMap, HashMap};

use countersign_core::reason::ReasonCode;
use lopdf::{Dictionary, Object};

use crate::document::Pdf;
use crate::limits::Limits;
use crate::pages::annotations;
use crate::reading::Finding;
use crate::text_string;

/// A field with all that its ancestors leave to it.
#[derive(Clone)]
pub(crate) struct Field<'a> {
    /// The dictionaries from the field up to the root of its tree.
    chain: Vec<&'a Dictionary>,
    /// Where it stands; the widget may be the field's own dictionary.
    pub(crate) widgets: Vec<Widget<'a>>,
}

/// One place where a field stands.
#[derive(Clone, Copy)]
pub(crate) struct Widget<'a> {
    /// The annotation.
    pub(crate) dict: &'a Dictionary,
    /// The page that lists it, counted from 0.
    pub(crate) page: Option<usize>,
}

/// What kind of field it is (ISO 32000-1, 12.7.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A check box or a group of radio buttons.
    Button,
    /// A push button, which holds no value.
    PushButton,
    /// A list box or combo box.
    Choice,
    /// A signature.
    Signature,
    /// None of those.
    Unknown,
}

/// `/Ff` bit 17 (ISO 32000-1, table 226).
const PUSH_BUTTON: i64 = 1 << 16;

/// The fields by full name; more than one entry where the file has several fields of one name.
pub(crate) type Fields<'a> = BTreeMap<String, Vec<Field<'a>>>;

/// Finds all fields.
pub(crate) fn fields<'a>(pdf: &'a Pdf, pages: &[&'a Dictionary], limits: &Limits) -> Result<Fields<'a>, Finding> {
    let mut tree = Tree { pdf, limits, nodes: Vec::new(), index: HashMap::new() };
    if let Some(form) = pdf.acroform() {
        tree.descend(form)?;
    }
    let mut on_page = HashMap::new();
    for (number, page) in pages.iter().enumerate() {
        for widget in annotations(pdf, page).filter(|it| is_widget(pdf, it)) {
            on_page.entry(std::ptr::from_ref(widget)).or_insert(number);
            tree.climb(widget)?;
        }
    }
    Ok(tree.fields(&on_page))
}

/// Fields that one reader finds below another parent than the next: by the lists of kids, from the root down, they stand below one,
/// and by their own `/Parent` below another, or below none and inherit a value all the same. What they inherit, and what they are
/// called, is then the reader's own choice.
pub(crate) fn disputed_parents(pdf: &Pdf, fields: &Fields<'_>) -> Vec<Finding> {
    let is_disputed = |it: &Field<'_>| it.widgets.iter().any(|widget| it.is_disputed(pdf, widget.dict));
    let disputed = fields.iter().filter(|(_, them)| them.iter().any(is_disputed));
    let detail = "the field stands below another one than it says itself";
    disputed.map(|(name, _)| Finding::of_field(ReasonCode::FieldConflict, name, detail)).collect()
}

fn is_widget(pdf: &Pdf, annotation: &Dictionary) -> bool {
    match pdf.name(annotation, b"Subtype") {
        Some(subtype) => subtype == b"Widget",
        None => annotation.has(b"FT") || annotation.has(b"T") && annotation.has(b"Parent"),
    }
}

impl<'a> Field<'a> {
    /// An entry of the field or of the nearest ancestor that has it (ISO 32000-1, 12.7.3.1, "inheritable").
    pub(crate) fn inherited(&self, pdf: &'a Pdf, key: &[u8]) -> Option<&'a Object> {
        self.chain.iter().find_map(|it| pdf.entry(it, key))
    }

    /// The same, but where neither the field nor an ancestor has it, of the first widget that does.
    pub(crate) fn inherited_or_of_widget(&self, pdf: &'a Pdf, key: &[u8]) -> Option<&'a Object> {
        self.inherited(pdf, key).or_else(|| self.widgets.iter().find_map(|it| pdf.entry(it.dict, key)))
    }

    /// The field itself and its ancestors, up to the root of its tree.
    pub(crate) fn ancestry(&self) -> &[&'a Dictionary] {
        &self.chain
    }

    /// The entries of this name, of the widgets and of the field with all its ancestors: readers do not agree which of them counts.
    pub(crate) fn every(&self, pdf: &'a Pdf, key: &[u8]) -> impl Iterator<Item = &'a Object> {
        let dicts = self.widgets.iter().map(|it| it.dict).chain(self.chain.iter().copied());
        dicts.filter_map(move |it| pdf.entry(it, key))
    }

    /// Whether the way up from a widget by `/Parent` is another one than the chain.
    fn is_disputed(&self, pdf: &Pdf, widget: &Dictionary) -> bool {
        let is_own = self.chain.first().is_some_and(|it| std::ptr::eq(*it, widget));
        let chain: Vec<&Dictionary> =
            (!is_own).then_some(widget).into_iter().chain(self.chain.iter().copied()).collect();
        let is_disputed = |at: usize| match (pdf.dict(chain[at], b"Parent"), chain.get(at + 1)) {
            (Some(named), Some(above)) => !std::ptr::eq(named, *above),
            (Some(_), None) => true,
            (None, _) if chain[at].has(b"Parent") => true,
            // macOS Preview drops the parent and writes the full name instead; to inherit a value, a field must say from whom.
            (None, Some(_)) => {
                !has_full_name(pdf, chain[at]) || !has_value(pdf, &chain[..=at]) && has_value(pdf, &chain[at + 1..])
            }
            (None, None) => false,
        };
        (0..chain.len()).any(is_disputed)
    }

    /// `/Ff`; 0 when there is none.
    pub(crate) fn flags(&self, pdf: &Pdf) -> i64 {
        let flags = self.inherited_or_of_widget(pdf, b"Ff");
        // A viewer takes a real number for the whole one below it.
        flags.and_then(|it| it.as_i64().ok().or_else(|| it.as_float().ok().map(|it| it as i64))).unwrap_or(0)
    }

    /// What kind of field it is.
    pub(crate) fn kind(&self, pdf: &Pdf) -> Kind {
        match self.inherited_or_of_widget(pdf, b"FT").and_then(|it| it.as_name().ok()) {
            Some(b"Tx") => Kind::Text,
            Some(b"Btn") if self.flags(pdf) & PUSH_BUTTON != 0 => Kind::PushButton,
            Some(b"Btn") => Kind::Button,
            Some(b"Ch") => Kind::Choice,
            Some(b"Sig") => Kind::Signature,
            _ => Kind::Unknown,
        }
    }
}

/// No part of a name has a dot in it (ISO 32000-1, 12.7.3.2).
fn has_full_name(pdf: &Pdf, dict: &Dictionary) -> bool {
    pdf.entry(dict, b"T").and_then(|it| it.as_str().ok()).is_some_and(|it| text_string::decode(it).text.contains('.'))
}

fn has_value(pdf: &Pdf, chain: &[&Dictionary]) -> bool {
    chain.iter().any(|it| pdf.entry(it, b"V").is_some())
}

/// A dictionary of the field tree.
struct Node<'a> {
    dict: &'a Dictionary,
    parent: Option<usize>,
    /// The full name up to here.
    name: String,
    /// The nearest node, this one included, that has a `/T`.
    owner: Option<usize>,
    is_leaf: bool,
    depth: usize,
}

struct Tree<'a, 'l> {
    pdf: &'a Pdf,
    limits: &'l Limits,
    nodes: Vec<Node<'a>>,
    /// Where a dictionary is in `nodes`. Resolving a reference twice gives the same address.
    index: HashMap<*const Dictionary, usize>,
}

impl<'a> Tree<'a, '_> {
    /// Walks down from `/Fields`.
    fn descend(&mut self, form: &'a Dictionary) -> Result<(), Finding> {
        let pdf = self.pdf;
        let mut open: Vec<(&Dictionary, Option<usize>)> = pdf.dicts(form, b"Fields").map(|it| (it, None)).collect();
        open.reverse();
        while let Some((dict, parent)) = open.pop() {
            if self.index.contains_key(&std::ptr::from_ref(dict)) {
                continue;
            }
            if parent.is_none() && !dict.has(b"T") && dict.has(b"Parent") {
                self.climb(dict)?; // a widget listed where its field belongs
                continue;
            }
            let at = self.add(dict, parent)?;
            let from = open.len();
            open.extend(pdf.dicts(dict, b"Kids").map(|it| (it, Some(at))));
            open[from..].reverse();
        }
        Ok(())
    }

    /// Adds a widget that `/Fields` did not reach, with the ancestors its `/Parent`s name.
    fn climb(&mut self, widget: &'a Dictionary) -> Result<(), Finding> {
        let mut path = Vec::new();
        let mut next = Some(widget);
        while let Some(dict) = next.filter(|it| !self.index.contains_key(&std::ptr::from_ref(*it))) {
            if path.len() > self.limits.depth || path.iter().any(|it: &&Dictionary| std::ptr::eq(*it, dict)) {
                return Err(self.too_much());
            }
            path.push(dict);
            next = self.pdf.dict(dict, b"Parent");
        }
        let mut parent = next.map(|it| self.index[&std::ptr::from_ref(it)]);
        for dict in path.into_iter().rev() {
            parent = Some(self.add(dict, parent)?);
        }
        Ok(())
    }

    fn add(&mut self, dict: &'a Dictionary, parent: Option<usize>) -> Result<usize, Finding> {
        let at = self.nodes.len();
        let depth = parent.map_or(0, |it| self.nodes[it].depth + 1);
        if at >= self.limits.fields || depth > self.limits.depth {
            return Err(self.too_much());
        }
        let (name, owner) = self.name_of(dict, parent, at);
        if let Some(parent) = parent {
            self.nodes[parent].is_leaf = false;
        }
        self.nodes.push(Node { dict, parent, name, owner, is_leaf: true, depth });
        self.index.insert(dict, at);
        Ok(at)
    }

    fn too_much(&self) -> Finding {
        let detail = format!("more than {} fields or {} levels of them", self.limits.fields, self.limits.depth);
        Finding::of_file(ReasonCode::PdfResourceLimit, detail)
    }

    /// The full name and the node that gave its last part (ISO 32000-1, 12.7.3.2). A node without `/T` adds nothing: it is
    /// a widget of its parent.
    fn name_of(&self, dict: &Dictionary, parent: Option<usize>, at: usize) -> (String, Option<usize>) {
        let above = parent.map(|it| &self.nodes[it]);
        let prefix = above.map_or("", |it| it.name.as_str());
        let Some(part) = self.pdf.entry(dict, b"T").and_then(|it| it.as_str().ok()) else {
            return (prefix.to_owned(), above.and_then(|it| it.owner));
        };
        let part = text_string::decode(part).text;
        if prefix.is_empty() || dict.has(b"Parent") {
            let name = if prefix.is_empty() { part } else { format!("{prefix}.{part}") };
            return (name, Some(at));
        }
        // macOS Preview writes the full name into a widget that stays among its parent's kids, and drops its /Parent.
        match part.strip_prefix(prefix) {
            Some("") => (part, above.and_then(|it| it.owner)),
            Some(rest) if rest.starts_with('.') => (part, Some(at)),
            _ => (format!("{prefix}.{part}"), Some(at)),
        }
    }

    /// The owners of the leaves, each with its leaves as widgets; and with what a page lists although it has kids.
    fn fields(&self, on_page: &HashMap<*const Dictionary, usize>) -> Fields<'a> {
        let mut widgets: BTreeMap<usize, Vec<Widget<'a>>> = BTreeMap::new();
        for node in &self.nodes {
            let page = on_page.get(&std::ptr::from_ref(node.dict)).copied();
            let Some(owner) = node.owner.filter(|_| node.is_leaf || page.is_some()) else { continue };
            widgets.entry(owner).or_default().push(Widget { dict: node.dict, page });
        }
        let mut fields = Fields::new();
        for (owner, widgets) in widgets {
            let field = Field { chain: self.chain(owner), widgets };
            fields.entry(self.nodes[owner].name.clone()).or_default().push(field);
        }
        fields
    }

    fn chain(&self, from: usize) -> Vec<&'a Dictionary> {
        let up = std::iter::successors(Some(&self.nodes[from]), |it| it.parent.map(|it| &self.nodes[it]));
        up.map(|it| it.dict).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::pages;
    use crate::testing::PdfBuilder;

    fn names(pdf: &PdfBuilder, limits: &Limits) -> Result<Vec<String>, Finding> {
        let pdf = Pdf::load(&pdf.bytes(), limits).ok().unwrap();
        let pages = pages(&pdf, limits)?;
        let found = fields(&pdf, &pages, limits)?;
        Ok(found
            .iter()
            .flat_map(|(name, them)| them.iter().map(move |it| format!("{name}:{}", it.widgets.len())))
            .collect())
    }

    fn check(pdf: PdfBuilder, expected: &[&str]) {
        assert_eq!(names(&pdf, &Limits::default()).unwrap(), expected);
    }

    #[test]
    fn a_name_is_made_of_all_parts_from_the_root() {
        let pdf = PdfBuilder::new()
            .form("5 0 R")
            .object(5, "<</T(account)/Kids[6 0 R 7 0 R]>>")
            .object(6, "<</T(number)/Parent 5 0 R/FT/Tx>>")
            .object(7, "<</T<FEFF006E0061006D0065>/Parent 5 0 R/FT/Tx>>");
        check(pdf, &["account.name:1", "account.number:1"]);
    }

    #[test]
    fn kids_without_a_name_are_widgets() {
        let pdf = PdfBuilder::new()
            .form("5 0 R")
            .object(5, "<</T(a)/FT/Tx/Kids[6 0 R 7 0 R 8 0 R]>>")
            .object(6, "<</Parent 5 0 R>>")
            .object(7, "<</Parent 5 0 R>>")
            .object(8, "<</Parent 5 0 R/T(b)>>");
        check(pdf, &["a:2", "a.b:1"]);
    }

    #[test]
    fn widgets_that_no_field_list_reaches_are_found() {
        let pdf = PdfBuilder::new()
            .form("5 0 R")
            .page("6 0 R 7 0 R 8 0 R")
            .object(5, "<</T(a)/FT/Tx/Kids[6 0 R]>>")
            .object(6, "<</Subtype/Widget/Parent 5 0 R>>")
            .object(7, "<</Subtype/Widget/Parent 5 0 R>>")
            .object(8, "<</Subtype/Widget/Parent 9 0 R/T(c)>>")
            .object(9, "<</T(b)>>");
        check(pdf, &["a:2", "b.c:1"]);
    }

    #[test]
    fn a_box_on_the_page_that_has_kids_of_its_own_is_a_widget_too() {
        let pdf = PdfBuilder::new()
            .form("5 0 R")
            .page("5 0 R 6 0 R")
            .object(5, "<</Subtype/Widget/T(a)/FT/Tx/Kids[6 0 R]>>")
            .object(6, "<</Subtype/Widget/Parent 5 0 R>>");
        check(pdf, &["a:2"]);
    }

    #[test]
    fn widgets_listed_in_place_of_their_field_are_found() {
        let pdf = PdfBuilder::new()
            .form("6 0 R 7 0 R")
            .object(5, "<</T(a)/FT/Tx/Kids[6 0 R 7 0 R]>>")
            .object(6, "<</Subtype/Widget/Parent 5 0 R>>")
            .object(7, "<</Subtype/Widget/Parent 5 0 R>>");
        check(pdf, &["a:2"]);
    }

    #[test]
    fn the_full_name_that_macos_preview_writes_is_not_doubled() {
        let pdf = PdfBuilder::new()
            .form("5 0 R")
            .page("6 0 R")
            .object(5, "<</T(account)/Kids[6 0 R]>>")
            .object(6, "<</Subtype/Widget/FT/Tx/T(account.number)>>");
        check(pdf, &["account.number:1"]);
        let radio = PdfBuilder::new()
            .form("5 0 R")
            .object(5, "<</T(role)/FT/Btn/Kids[6 0 R 7 0 R]>>")
            .object(6, "<</Subtype/Widget/T(role)>>")
            .object(7, "<</Subtype/Widget/T(role)>>");
        check(radio, &["role:2"]);
    }

    #[test]
    fn two_fields_of_one_name_both_count() {
        check(PdfBuilder::with_fields(&["/T(a)/FT/Tx", "/T(a)/FT/Tx"]), &["a:1", "a:1"]);
    }

    fn check_disputed(pdf: PdfBuilder, expected: &[&str]) {
        let limits = Limits::default();
        let pdf = Pdf::load(&pdf.bytes(), &limits).ok().unwrap();
        let pages = pages(&pdf, &limits).unwrap();
        let found = fields(&pdf, &pages, &limits).unwrap();
        let disputed = disputed_parents(&pdf, &found);
        assert_eq!(disputed.iter().filter_map(|it| it.field.as_deref()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_parent_that_does_not_list_its_kid_is_told() {
        let tree = |kid: &str| {
            PdfBuilder::new()
                .form("5 0 R 7 0 R")
                .object(5, "<</T(a)/V(x)/FT/Tx/Kids[6 0 R]>>")
                .object(6, &format!("<</T(b){kid}>>"))
                .object(7, "<</T(c)/V(y)/FT/Tx>>")
        };
        check_disputed(tree("/Parent 5 0 R"), &[]);
        check_disputed(tree("/Parent 7 0 R"), &["a.b"]);
        check_disputed(tree(""), &["a.b"]);
        check_disputed(tree("/V(z)"), &["a.b"]);
        check_disputed(tree("/V(z)/Parent 99 0 R"), &["a.b"]);
        let as_preview = |value: &str| {
            PdfBuilder::new()
                .form("5 0 R")
                .object(5, "<</T(a)/V(x)/FT/Tx/Kids[6 0 R]>>")
                .object(6, &format!("<</T(a.b){value}>>"))
        };
        check_disputed(as_preview("/V(z)"), &[]);
        check_disputed(as_preview(""), &["a.b"]);
        let below_none = PdfBuilder::new().form("5 0 R").object(5, "<</T(a)/Parent 6 0 R>>").object(6, "<</V(y)>>");
        check_disputed(below_none, &["a"]);
    }

    #[test]
    fn rings_end() {
        let down =
            PdfBuilder::new().form("5 0 R").object(5, "<</T(a)/Kids[5 0 R 6 0 R]>>").object(6, "<</Kids[5 0 R]>>");
        check(down, &["a:1"]);
        let up = PdfBuilder::new().page("5 0 R").object(5, "<</Subtype/Widget/T(a)/Parent 5 0 R>>");
        assert!(names(&up, &Limits::default()).is_err());
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let chain = |pdf: PdfBuilder, at: u32| pdf.object(at, &format!("<</T(a)/Kids[{} 0 R]>>", at + 1));
        let deep = (5..60).fold(PdfBuilder::new().form("5 0 R"), chain);
        assert_eq!(names(&deep, &Limits::default()).unwrap_err().code, ReasonCode::PdfResourceLimit);
        let two = PdfBuilder::with_fields(&["/T(a)/FT/Tx", "/T(b)/FT/Tx"]);
        assert!(names(&two, &Limits { fields: 1, ..Limits::default() }).is_err());
    }
}
