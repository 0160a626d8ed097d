//! A pen that goes down the pages: lines, paragraphs, marks, and the turn to a new page.

use countersign_core::template::{FormTemplate, Rect};

use super::{Ink, Layout, LayoutError, Leaf, MOST_PAGES, Mark, Node, PlacedPage, Run, Shape, TextLine};
use crate::face::{Faces, Weight};

/// Sizes and line heights of the kinds of text.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) leading: f32,
    pub(super) weight: Weight,
    pub(super) ink: Ink,
}

/// Goes down the pages.
pub(super) struct Pen<'a> {
    pub(super) template: &'a FormTemplate,
    pub(super) faces: &'a Faces<'a>,
    /// Distance from the top of the page.
    pub(super) y: f32,
    /// Where the sections of this page begin.
    pub(super) highest: f32,
    /// How far down the sections may go.
    pub(super) lowest: f32,
    pub(super) layout: Layout,
}

/// Where a pen was.
struct Place {
    y: f32,
    runs: usize,
    boxes: usize,
    tree: usize,
    signature: Option<Rect>,
}

impl<'a> Pen<'a> {
    pub(super) fn new(template: &'a FormTemplate, faces: &'a Faces<'a>) -> Self {
        let layout = Layout { pages: Vec::new(), boxes: Vec::new(), tree: Vec::new() };
        Self { template, faces, y: 0.0, highest: 0.0, lowest: template.page.height, layout }
    }

    pub(super) fn finish(self) -> Layout {
        self.layout
    }

    pub(super) fn left(&self) -> f32 {
        self.template.page.margin
    }

    pub(super) fn right(&self) -> f32 {
        self.template.page.width - self.template.page.margin
    }

    pub(super) fn width(&self) -> f32 {
        self.right() - self.left()
    }

    /// From a distance to the top to a height over the bottom.
    pub(super) fn height_at(&self, y: f32) -> f32 {
        self.template.page.height - y
    }

    pub(super) fn rect(&self, left: f32, top: f32, width: f32, height: f32) -> Rect {
        let (top, bottom) = (self.height_at(top), self.height_at(top + height));
        Rect { left, bottom, right: left + width, top }
    }

    /// The page that is being filled, counted from 0.
    pub(super) fn page_number(&self) -> usize {
        self.layout.pages.len() - 1
    }

    pub(super) fn page(&mut self) -> &mut PlacedPage {
        self.layout.pages.last_mut().expect("a page was begun")
    }

    /// Places what must stay together, on a new page where this one has no room for it.
    pub(super) fn together<T>(
        &mut self,
        section: &str,
        part: impl Fn(&mut Self) -> Result<T, LayoutError>,
    ) -> Result<T, LayoutError> {
        let before = self.here();
        let placed = part(self)?;
        if self.y <= self.lowest {
            return Ok(placed);
        }
        if before.y > self.highest {
            self.back_to(before);
            self.turn()?;
            let placed = part(self)?;
            if self.y <= self.lowest {
                return Ok(placed);
            }
        }
        Err(LayoutError::TooTall { section: section.to_owned(), points: (self.y - self.lowest).ceil() })
    }

    /// Begins a new page.
    pub(super) fn turn(&mut self) -> Result<(), LayoutError> {
        if self.layout.pages.len() >= MOST_PAGES {
            return Err(LayoutError::TooLong(MOST_PAGES));
        }
        self.running_head()
    }

    fn here(&mut self) -> Place {
        let (y, boxes, tree) = (self.y, self.layout.boxes.len(), self.layout.tree.len());
        let page = self.page();
        Place { y, runs: page.runs.len(), boxes, tree, signature: page.signature }
    }

    fn back_to(&mut self, place: Place) {
        self.y = place.y;
        self.layout.boxes.truncate(place.boxes);
        self.layout.tree.truncate(place.tree);
        let page = self.page();
        page.runs.truncate(place.runs);
        page.signature = place.signature;
    }

    /// One line of text whose top is at `y`.
    pub(super) fn line(&self, text: &str, style: Style, left: f32, y: f32) -> Result<Shape, LayoutError> {
        self.faces.check(style.weight, text)?;
        let cap_height = self.faces.of(style.weight).cap_height(style.size);
        let baseline = self.height_at(y + (style.leading + cap_height) / 2.0);
        let Style { size, weight, ink, .. } = style;
        Ok(Shape::Text(TextLine { left, baseline, size, weight, ink, text: text.to_owned() }))
    }

    /// One line of text that must fit into a width.
    pub(super) fn line_within(
        &self,
        text: &str,
        style: Style,
        left: f32,
        y: f32,
        width: f32,
    ) -> Result<Shape, LayoutError> {
        let too_wide = self.faces.width(style.weight, text, style.size) - width;
        if too_wide > 0.0 {
            return Err(LayoutError::TooWide { text: text.to_owned(), points: too_wide.ceil() });
        }
        self.line(text, style, left, y)
    }

    /// A paragraph from `y` down. Answers its lines and its height.
    pub(super) fn paragraph(
        &self,
        text: &str,
        style: Style,
        left: f32,
        y: f32,
        width: f32,
    ) -> Result<(Vec<Shape>, f32), LayoutError> {
        let lines = self.faces.wrap(style.weight, text, style.size, width);
        let height = lines.len() as f32 * style.leading;
        let place =
            |(at, line): (usize, &String)| self.line_within(line, style, left, y + at as f32 * style.leading, width);
        Ok((lines.iter().enumerate().map(place).collect::<Result<_, _>>()?, height))
    }

    /// Draws what a screen reader reads.
    pub(super) fn leaf(&mut self, tag: &'static str, shapes: Vec<Shape>) -> Leaf {
        let page = self.page_number();
        let number = self.page().runs.iter().filter(|it| it.mark.is_some()).count();
        self.page().runs.push(Run { mark: Some(Mark { number, tag }), shapes });
        Leaf { page, number }
    }

    /// Draws what a screen reader reads. Answers its leaf in the tree.
    pub(super) fn mark(&mut self, tag: &'static str, shapes: Vec<Shape>) -> Node {
        Node::Marked(self.leaf(tag, shapes))
    }

    /// Draws what a screen reader leaves out.
    pub(super) fn decorate(&mut self, shapes: Vec<Shape>) {
        self.page().runs.push(Run { mark: None, shapes });
    }

    pub(super) fn element(&mut self, tag: &'static str, children: Vec<Node>) {
        self.layout.tree.push(Node::Element { tag, children });
    }

    /// A text as an element of its own.
    pub(super) fn text_element(&mut self, tag: &'static str, shapes: Vec<Shape>) {
        let leaf = self.mark(tag, shapes);
        self.element(tag, vec![leaf]);
    }
}
