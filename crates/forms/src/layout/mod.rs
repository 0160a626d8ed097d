//! Where everything stands, in points from the bottom left: arithmetic only. What is drawn, which boxes take values, and
//! the tree of headings, texts and boxes that a screen reader walks.
//!
//! `pen.rs` goes down the pages, `sections.rs` places what a form asks, `furniture.rs` what stands around it.

mod furniture;
mod pen;
mod sections;

use countersign_core::template::{Arrangement, FieldSpec, FormTemplate, PlacedField, Rect};

use crate::face::{BadFont, Faces, Weight};
use crate::logo::Logo;
use pen::Pen;

/// Pages on which everything has its place.
pub(crate) struct Layout {
    /// The pages; at least one.
    pub(crate) pages: Vec<PlacedPage>,
    /// The boxes, in tab order.
    pub(crate) boxes: Vec<PlacedBox>,
    /// What a screen reader walks, in reading order.
    pub(crate) tree: Vec<Node>,
}

/// One page.
pub(crate) struct PlacedPage {
    /// What is drawn, in order.
    pub(crate) runs: Vec<Run>,
    /// Where the instance id stands as a QR code.
    pub(crate) qr: Rect,
    /// Where the instance id stands in letters, on the pages on which no field says it.
    pub(crate) number: Option<Rect>,
    /// Where a signature by hand may stand.
    pub(crate) signature: Option<Rect>,
}

/// Shapes that belong together.
pub(crate) struct Run {
    /// Which piece of content the shapes are (ISO 32000-1, 14.7.4.2); `None`: decoration.
    pub(crate) mark: Option<Mark>,
    pub(crate) shapes: Vec<Shape>,
}

/// A piece of content that a screen reader reads. Its number is its place among the marked runs of its page.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) number: usize,
    pub(crate) tag: &'static str,
}

/// Something drawn.
pub(crate) enum Shape {
    Text(TextLine),
    /// A box that takes a value.
    Panel(Rect),
    /// A filled rectangle.
    Band(Rect, Ink),
    /// A ground with round corners.
    Ground(Rect, Ink),
    /// The provider's logo.
    Logo(Rect),
    /// A thin horizontal line.
    Rule {
        left: f32,
        right: f32,
        y: f32,
        ink: Ink,
    },
}

/// One line of text.
pub(crate) struct TextLine {
    pub(crate) left: f32,
    pub(crate) baseline: f32,
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) ink: Ink,
    pub(crate) text: String,
}

/// Which colour of the template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ink {
    Body,
    Muted,
    Accent,
    Line,
    /// The inside of boxes, and the ground of notes.
    Fill,
    /// The paper's own white, on the accent colour.
    Paper,
}

/// A box that takes a value.
#[derive(Clone)]
pub(crate) struct PlacedBox {
    /// Full name of the field.
    pub(crate) name: String,
    pub(crate) spec: FieldSpec,
    /// Its page, counted from 0.
    pub(crate) page: usize,
    pub(crate) rect: Rect,
    /// What a screen reader says, and what is shown under the pointer (`/TU`).
    pub(crate) spoken: String,
    /// Type size of the value.
    pub(crate) size: f32,
    /// Space between the left edge and a prefilled value.
    pub(crate) inset: f32,
}

/// A node of the tree that a screen reader walks (ISO 32000-1, 14.7.2).
pub(crate) enum Node {
    Element {
        tag: &'static str,
        children: Vec<Node>,
    },
    /// A picture with its description, and where it stands.
    Figure {
        alternative: String,
        rect: Rect,
        mark: Leaf,
    },
    /// A marked run.
    Marked(Leaf),
    /// A box, by its place in [`Layout::boxes`].
    Field(usize),
}

/// A marked run of a page.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Leaf {
    /// The page, counted from 0.
    pub(crate) page: usize,
    /// Its place among the marked runs of the page.
    pub(crate) number: usize,
}

/// A template that cannot be placed on its pages.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LayoutError {
    /// A part of it that must stay together is taller than a page.
    #[error("a part of the section {section:?} is {points:.0} points too tall for a page")]
    TooTall {
        /// The section.
        section: String,
        /// By how much.
        points: f32,
    },
    /// It has more pages than returned forms may have.
    #[error("the form needs more than {0} pages")]
    TooLong(usize),
    /// A text is wider than its place.
    #[error("the text {text:?} is {points:.0} points too wide for its place")]
    TooWide {
        /// The text.
        text: String,
        /// By how much.
        points: f32,
    },
    /// A font cannot show a text.
    #[error(transparent)]
    Font(#[from] BadFont),
}

/// More pages than any form needs; the reader's own limit is 20.
const MOST_PAGES: usize = 12;

/// Puts everything on its page.
pub(crate) fn place(template: &FormTemplate, faces: &Faces<'_>, logo: Option<&Logo>) -> Result<Layout, LayoutError> {
    let mut pen = Pen::new(template, faces);
    pen.head(logo)?;
    let mut fields = template.fields().into_iter().peekable();
    let mut number = 0;
    for (at, section) in template.sections.iter().enumerate() {
        if at > 0 && at == template.front {
            pen.turn()?;
        }
        let of_section: Vec<PlacedField<'_>> = std::iter::from_fn(|| fields.next_if(|it| it.section == at)).collect();
        let asks = !section.title.is_empty() && !of_section.is_empty() && section.arrangement != Arrangement::Points;
        number += usize::from(asks);
        pen.section(section, asks.then_some(number), &of_section)?;
    }
    pen.feet()?;
    Ok(pen.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::tests::FILES;

    const SHIPPED: &str = include_str!("../../../../templates/authorized-user.toml");

    fn placed(text: &str) -> Result<Layout, LayoutError> {
        place(&FormTemplate::parse(text).unwrap(), &Faces::parse(&FILES).ok().unwrap(), None)
    }

    #[test]
    fn every_box_stands_on_the_page_and_on_no_other() {
        let layout = placed(SHIPPED).unwrap();
        assert_eq!(layout.boxes.len(), 47);
        for (at, one) in layout.boxes.iter().enumerate() {
            let Rect { left, bottom, right, top } = one.rect;
            assert!(left >= 40.0 && right <= 572.01 && bottom >= 40.0 && top <= 752.0, "{}: {:?}", one.name, one.rect);
            for other in &layout.boxes[at + 1..] {
                let it = other.rect;
                let apart = right <= it.left || it.right <= left || top <= it.bottom || it.top <= bottom;
                assert!(apart, "{} and {}", one.name, other.name);
            }
        }
    }

    #[test]
    fn many_rows_flow_to_more_pages() {
        let layout = placed(&SHIPPED.replace("rows = 4", "rows = 40")).unwrap();
        assert!(layout.pages.len() > 1 && layout.pages[0].number.is_none());
        assert!(layout.pages[1..].iter().all(|it| it.number.is_some()));
        let pages: Vec<usize> = layout.boxes.iter().map(|it| it.page).collect();
        assert!(pages.is_sorted(), "{pages:?}");
        let lowest =
            |page| layout.boxes.iter().filter(|it| it.page == page).map(|it| it.rect.bottom).fold(792.0, f32::min);
        assert!((0..layout.pages.len()).all(|it| lowest(it) > 50.0), "nothing stands in the foot");
        assert_eq!(layout.pages.iter().filter(|it| it.signature.is_some()).count(), 1);
    }

    #[test]
    fn everything_drawn_for_people_is_in_the_tree_once() {
        fn leaves(nodes: &[Node], marks: &mut Vec<Leaf>, fields: &mut Vec<usize>) {
            for node in nodes {
                match node {
                    Node::Element { children, .. } => leaves(children, marks, fields),
                    Node::Marked(leaf) | Node::Figure { mark: leaf, .. } => marks.push(*leaf),
                    Node::Field(at) => fields.push(*at),
                }
            }
        }
        let layout = placed(SHIPPED).unwrap();
        let (mut marks, mut fields) = (Vec::new(), Vec::new());
        leaves(&layout.tree, &mut marks, &mut fields);
        marks.sort_unstable();
        let marked = |(page, it): (usize, &PlacedPage)| -> Vec<Leaf> {
            it.runs.iter().filter_map(|it| it.mark).map(|it| Leaf { page, number: it.number }).collect()
        };
        assert_eq!(marks, layout.pages.iter().enumerate().flat_map(marked).collect::<Vec<_>>());
        assert_eq!(fields, (0..layout.boxes.len()).collect::<Vec<_>>(), "tab order is reading order");
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let tall =
            placed(&SHIPPED.replace("height = 792", "height = 396").replace("box_height = 19", "box_height = 36"));
        assert!(tall.is_ok(), "{:?}", tall.err());
        let long = placed(&SHIPPED.replace("I understand", &"I understand that much, and more. ".repeat(200))).err();
        assert!(matches!(long, Some(LayoutError::TooTall { .. })), "{long:?}");
        let wide = placed(&SHIPPED.replace("label = \"PIN\"", "label = \"Personal identification number\"")).err();
        assert!(matches!(wide, Some(LayoutError::TooWide { .. })), "{wide:?}");
        let foreign = placed(&SHIPPED.replace("Who is asking", "問い合わせ")).err();
        assert!(matches!(foreign, Some(LayoutError::Font(BadFont::Lacks { .. }))), "{foreign:?}");
    }
}
