//! Where everything stands, in points from the bottom left: arithmetic only. What is drawn, which boxes take values, and
//! the tree of headings, texts and boxes that a screen reader walks.

use countersign_core::template::{
    Arrangement, FieldSpec, FilledBy, FormTemplate, PlacedField, Rect, Section, ValueRule,
};

use crate::face::{BadFont, Faces, Weight};

/// A page on which everything has its place.
pub(crate) struct Layout {
    /// What is drawn, in order.
    pub(crate) runs: Vec<Run>,
    /// The boxes, in tab order.
    pub(crate) boxes: Vec<PlacedBox>,
    /// What a screen reader walks, in reading order.
    pub(crate) tree: Vec<Node>,
    /// Where the instance id stands as a QR code.
    pub(crate) qr: Rect,
    /// Where a signature by hand may stand.
    pub(crate) signature: Option<Rect>,
}

/// Shapes that belong together.
pub(crate) struct Run {
    /// Which piece of content the shapes are (ISO 32000-1, 14.7.4.2); `None`: decoration.
    pub(crate) mark: Option<Mark>,
    pub(crate) shapes: Vec<Shape>,
}

/// A piece of content that a screen reader reads. Its number is its place among the marked runs.
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
    /// A filled rectangle in the accent colour.
    Band(Rect),
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
}

/// A box that takes a value.
#[derive(Clone)]
pub(crate) struct PlacedBox {
    /// Full name of the field.
    pub(crate) name: String,
    pub(crate) spec: FieldSpec,
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
    /// A marked run, by its number.
    Marked(usize),
    /// A box, by its place in [`Layout::boxes`].
    Field(usize),
}

/// A template that cannot be placed on its page.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LayoutError {
    /// It is too long.
    #[error("the form is {points:.0} points too long for its page: the section {section:?} does not fit any more")]
    TooTall {
        /// The first section that does not fit.
        section: String,
        /// By how much.
        points: f32,
    },
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

/// Between the columns of a grid, and of a table.
const GRID_GUTTER: f32 = 10.0;
const TABLE_GUTTER: f32 = 5.0;
/// Side of the box that takes a tick.
const TICK: f32 = 11.0;
const QR_SIDE: f32 = 58.0;
/// Inside a box, before the value.
const INSET: f32 = 4.0;

/// Sizes and line heights of the kinds of text.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    leading: f32,
    weight: Weight,
    ink: Ink,
}

const TITLE: Style = Style { size: 21.0, leading: 28.0, weight: Weight::Bold, ink: Ink::Body };
const NAME: Style = Style { size: 10.5, leading: 14.0, weight: Weight::Bold, ink: Ink::Accent };
const TAGLINE: Style = Style { size: 8.5, leading: 14.0, weight: Weight::Regular, ink: Ink::Muted };
const INTRO: Style = Style { size: 9.0, leading: 13.0, weight: Weight::Regular, ink: Ink::Body };
const HEADING: Style = Style { size: 11.0, leading: 15.0, weight: Weight::Bold, ink: Ink::Accent };
const BODY: Style = Style { size: 8.5, leading: 12.0, weight: Weight::Regular, ink: Ink::Body };
const LABEL: Style = Style { size: 7.5, leading: 10.5, weight: Weight::Bold, ink: Ink::Body };
const HINT: Style = Style { size: 7.0, leading: 9.5, weight: Weight::Regular, ink: Ink::Muted };
const SMALL: Style = Style { size: 7.5, leading: 10.5, weight: Weight::Regular, ink: Ink::Muted };

/// Puts everything on the page.
pub(crate) fn place(template: &FormTemplate, faces: &Faces<'_>) -> Result<Layout, LayoutError> {
    let mut pen = Pen::new(template, faces);
    pen.head()?;
    let mut fields = template.fields().into_iter().peekable();
    for (at, section) in template.sections.iter().enumerate() {
        let of_section: Vec<PlacedField<'_>> = std::iter::from_fn(|| fields.next_if(|it| it.section == at)).collect();
        pen.section(section, &of_section)?;
    }
    pen.foot()?;
    Ok(pen.finish())
}

/// Goes down the page.
struct Pen<'a> {
    template: &'a FormTemplate,
    faces: &'a Faces<'a>,
    /// Distance from the top of the page.
    y: f32,
    /// How far down the sections may go.
    lowest: f32,
    layout: Layout,
    marks: usize,
}

impl<'a> Pen<'a> {
    fn new(template: &'a FormTemplate, faces: &'a Faces<'a>) -> Self {
        let qr = Rect { left: 0.0, bottom: 0.0, right: 0.0, top: 0.0 };
        let layout = Layout { runs: Vec::new(), boxes: Vec::new(), tree: Vec::new(), qr, signature: None };
        let page = &template.page;
        Self { template, faces, y: page.margin - 6.0, lowest: page.height - page.margin, layout, marks: 0 }
    }

    fn finish(self) -> Layout {
        self.layout
    }

    fn left(&self) -> f32 {
        self.template.page.margin
    }

    fn right(&self) -> f32 {
        self.template.page.width - self.template.page.margin
    }

    fn width(&self) -> f32 {
        self.right() - self.left()
    }

    /// From a distance to the top to a height over the bottom.
    fn height_at(&self, y: f32) -> f32 {
        self.template.page.height - y
    }

    fn rect(&self, left: f32, top: f32, width: f32, height: f32) -> Rect {
        let (top, bottom) = (self.height_at(top), self.height_at(top + height));
        Rect { left, bottom, right: left + width, top }
    }

    /// One line of text whose top is at `y`.
    fn line(&self, text: &str, style: Style, left: f32, y: f32) -> Result<Shape, LayoutError> {
        let face = self.faces.of(style.weight);
        face.check(text)?;
        let baseline = self.height_at(y + (style.leading + face.cap_height(style.size)) / 2.0);
        let Style { size, weight, ink, .. } = style;
        Ok(Shape::Text(TextLine { left, baseline, size, weight, ink, text: text.to_owned() }))
    }

    /// One line of text that must fit into a width.
    fn line_within(&self, text: &str, style: Style, left: f32, y: f32, width: f32) -> Result<Shape, LayoutError> {
        let too_wide = self.faces.of(style.weight).width(text, style.size) - width;
        if too_wide > 0.0 {
            return Err(LayoutError::TooWide { text: text.to_owned(), points: too_wide.ceil() });
        }
        self.line(text, style, left, y)
    }

    /// A paragraph from `y` down. Answers its lines and its height.
    fn paragraph(
        &self,
        text: &str,
        style: Style,
        left: f32,
        y: f32,
        width: f32,
    ) -> Result<(Vec<Shape>, f32), LayoutError> {
        let lines = self.faces.of(style.weight).wrap(text, style.size, width);
        let height = lines.len() as f32 * style.leading;
        let place =
            |(at, line): (usize, &String)| self.line_within(line, style, left, y + at as f32 * style.leading, width);
        Ok((lines.iter().enumerate().map(place).collect::<Result<_, _>>()?, height))
    }

    /// Draws what a screen reader reads. Answers its leaf in the tree.
    fn mark(&mut self, tag: &'static str, shapes: Vec<Shape>) -> Node {
        let number = self.marks;
        self.marks += 1;
        self.layout.runs.push(Run { mark: Some(Mark { number, tag }), shapes });
        Node::Marked(number)
    }

    /// Draws what a screen reader leaves out.
    fn decorate(&mut self, shapes: Vec<Shape>) {
        self.layout.runs.push(Run { mark: None, shapes });
    }

    fn element(&mut self, tag: &'static str, children: Vec<Node>) {
        self.layout.tree.push(Node::Element { tag, children });
    }

    /// A text as an element of its own.
    fn text_element(&mut self, tag: &'static str, shapes: Vec<Shape>) {
        let leaf = self.mark(tag, shapes);
        self.element(tag, vec![leaf]);
    }

    fn head(&mut self) -> Result<(), LayoutError> {
        let (page, provider, texts) = (&self.template.page, &self.template.provider, &self.template.texts);
        self.decorate(vec![Shape::Band(self.rect(0.0, 0.0, page.width, 6.0))]);
        self.layout.qr = self.rect(self.right() - QR_SIDE, self.y, QR_SIDE, QR_SIDE);
        let width = self.width() - QR_SIDE - GRID_GUTTER;
        let name = self.line_within(&provider.name, NAME, self.left(), self.y, width)?;
        let mut shapes = vec![name];
        if !provider.tagline.is_empty() {
            let after = self.faces.bold.width(&provider.name, NAME.size) + 8.0;
            shapes.push(self.line_within(&provider.tagline, TAGLINE, self.left() + after, self.y, width - after)?);
        }
        self.text_element("P", shapes);
        self.y += NAME.leading + 2.0;
        let title = self.line_within(&texts.title, TITLE, self.left(), self.y, width)?;
        self.text_element("H1", vec![title]);
        self.y += TITLE.leading + 2.0;
        let (intro, height) = self.paragraph(&texts.intro, INTRO, self.left(), self.y, width)?;
        self.text_element("P", intro);
        self.y = (self.y + height).max(self.template.page.margin - 6.0 + QR_SIDE) + 8.0;
        Ok(())
    }

    fn section(&mut self, section: &Section, fields: &[PlacedField<'_>]) -> Result<(), LayoutError> {
        if !section.title.is_empty() {
            let (left, right) = (self.left(), self.right());
            let heading = self.line_within(&section.title, HEADING, left, self.y, self.width())?;
            self.text_element("H2", vec![heading]);
            self.y += HEADING.leading + 1.5;
            self.decorate(vec![Shape::Rule { left, right, y: self.height_at(self.y), ink: Ink::Line }]);
            self.y += 4.0;
        }
        let is_caption = matches!(section.arrangement, Arrangement::Signature);
        if !section.text.is_empty() && !is_caption {
            let (text, height) = self.paragraph(&section.text, BODY, self.left(), self.y, self.width())?;
            self.text_element("P", text);
            self.y += height + 3.0;
        }
        match &section.arrangement {
            Arrangement::Grid => self.grid(fields)?,
            Arrangement::Table { rows, .. } => self.table(section, usize::from(*rows), fields)?,
            Arrangement::Statement => self.statements(fields)?,
            Arrangement::Signature => self.signature(section, fields)?,
        }
        let points = self.y - self.lowest;
        if points > 0.0 {
            return Err(LayoutError::TooTall { section: section.title.clone(), points });
        }
        self.y += 8.0;
        Ok(())
    }

    fn column(&self, start: u8, span: u8, gutter: f32) -> (f32, f32) {
        let twelfth = (self.width() + gutter) / 12.0;
        (self.left() + f32::from(start) * twelfth, f32::from(span) * twelfth - gutter)
    }

    fn grid(&mut self, fields: &[PlacedField<'_>]) -> Result<(), LayoutError> {
        for line in lines_of(fields) {
            let mut below = self.y;
            for (start, field) in line {
                let (left, width) = self.column(start, field.spec.span, GRID_GUTTER);
                below = below.max(self.labelled(field, left, width)?);
            }
            self.y = below + 3.0;
        }
        Ok(())
    }

    /// A box under its label, or a box to tick before it. Answers how far down it reaches.
    fn labelled(&mut self, field: &PlacedField<'_>, left: f32, width: f32) -> Result<f32, LayoutError> {
        match (field.spec.rule, field.spec.filled_by) {
            (ValueRule::Check, _) => self.tick(field, left, width, LABEL_OF_TICK),
            (_, FilledBy::Program) => self.printed(field, left, width),
            _ => self.boxed(field, left, width),
        }
    }

    fn boxed(&mut self, field: &PlacedField<'_>, left: f32, width: f32) -> Result<f32, LayoutError> {
        let height = self.template.page.box_height;
        let top = self.y + LABEL.leading + 1.0;
        let mut shapes = vec![self.line_within(&field.spec.label, LABEL, left, self.y, width)?];
        let (hint, hint_height) = self.paragraph(&field.spec.hint, HINT, left, top + height + 1.0, width)?;
        shapes.extend(hint);
        let label = self.mark("P", shapes);
        let spoken = spoken(&field.spec.label, &field.spec.hint);
        let value = self.value_box(field, self.rect(left, top, width, height), spoken);
        self.element("P", vec![label, value]);
        Ok(top + height + hint_height + 2.0)
    }

    /// A value that the program prints: no box, the label beside it.
    fn printed(&mut self, field: &PlacedField<'_>, left: f32, width: f32) -> Result<f32, LayoutError> {
        let label = self.line_within(&field.spec.label, SMALL, left, self.y, width)?;
        let label = self.mark("P", vec![label]);
        let top = self.y + SMALL.leading;
        let rect = self.rect(left, top, width, 12.0);
        let value = self.layout.boxes.len();
        let spoken = field.spec.label.clone();
        self.layout.boxes.push(PlacedBox {
            name: field.name.clone(),
            spec: field.spec.clone(),
            rect,
            spoken,
            size: 8.0,
            inset: 0.0,
        });
        self.element("P", vec![label, Node::Field(value)]);
        Ok(top + 12.0)
    }

    fn value_box(&mut self, field: &PlacedField<'_>, rect: Rect, spoken: String) -> Node {
        self.decorate(vec![Shape::Panel(rect)]);
        let (name, spec, size) = (field.name.clone(), field.spec.clone(), self.template.page.value_size);
        self.layout.boxes.push(PlacedBox { name, spec, rect, spoken, size, inset: INSET });
        Node::Field(self.layout.boxes.len() - 1)
    }

    fn tick(&mut self, field: &PlacedField<'_>, left: f32, width: f32, style: Style) -> Result<f32, LayoutError> {
        let aside = TICK + 6.0;
        let (label, height) = self.paragraph(&field.spec.label, style, left + aside, self.y + 1.0, width - aside)?;
        let label = self.mark("P", label);
        let drop = (style.leading - TICK) / 2.0 + 1.0;
        let rect = self.rect(left, self.y + drop, TICK, TICK);
        let value = self.value_box(field, rect, field.spec.label.clone());
        self.element("P", vec![value, label]);
        Ok(self.y + height.max(TICK) + 3.0)
    }

    /// The same row several times under one line of labels.
    fn table(&mut self, section: &Section, rows: usize, fields: &[PlacedField<'_>]) -> Result<(), LayoutError> {
        let starts = starts_of(&section.fields)
            .ok_or_else(|| LayoutError::TooWide { text: section.title.clone(), points: self.width() })?;
        let mut heads = Vec::new();
        for (start, field) in starts.iter().zip(&section.fields) {
            let (left, width) = self.column(*start, field.span, TABLE_GUTTER);
            let label = self.line_within(&field.label, LABEL, left, self.y, width)?;
            let leaf = self.mark("TH", vec![label]);
            heads.push(Node::Element { tag: "TH", children: vec![leaf] });
        }
        self.y += LABEL.leading + 1.0;
        let height = self.template.page.box_height;
        let mut table = vec![Node::Element { tag: "TR", children: heads }];
        for row in fields.chunks(section.fields.len()).take(rows) {
            let mut cells = Vec::new();
            for (start, field) in starts.iter().zip(row) {
                let (left, width) = self.column(*start, field.spec.span, TABLE_GUTTER);
                let of_row = format!("{}, {} {}", section.title, field.row.unwrap_or_default(), field.spec.label);
                let spoken = spoken(&of_row, &field.spec.hint);
                let value = self.value_box(field, self.rect(left, self.y, width, height), spoken);
                cells.push(Node::Element { tag: "TD", children: vec![value] });
            }
            table.push(Node::Element { tag: "TR", children: cells });
            self.y += height + 3.0;
        }
        self.element("Table", table);
        self.notes(&section.fields)
    }

    /// The hints of a table's columns, under it.
    fn notes(&mut self, fields: &[FieldSpec]) -> Result<(), LayoutError> {
        let with_hint = fields.iter().filter(|it| !it.hint.is_empty());
        let notes: Vec<String> = with_hint.map(|it| format!("{}: {}", it.label, it.hint)).collect();
        if notes.is_empty() {
            return Ok(());
        }
        let (shapes, height) = self.paragraph(&notes.join("  ·  "), HINT, self.left(), self.y - 1.0, self.width())?;
        self.text_element("P", shapes);
        self.y += height;
        Ok(())
    }

    fn statements(&mut self, fields: &[PlacedField<'_>]) -> Result<(), LayoutError> {
        for field in fields {
            self.y = self.tick(field, self.left(), self.width(), BODY)?;
        }
        Ok(())
    }

    /// Boxes, and in the columns that are left a line for ink with the section's text as its caption.
    fn signature(&mut self, section: &Section, fields: &[PlacedField<'_>]) -> Result<(), LayoutError> {
        let mut below = self.y;
        let mut next = 0;
        for (start, field) in lines_of(fields).into_iter().flatten() {
            let (left, width) = self.column(start, field.spec.span, GRID_GUTTER);
            below = below.max(self.labelled(field, left, width)?);
            next = start + field.spec.span;
        }
        if next < 12 {
            let (left, width) = self.column(next, 12 - next, GRID_GUTTER);
            let bottom = self.y + LABEL.leading + 1.0 + self.template.page.box_height;
            self.decorate(vec![Shape::Rule { left, right: left + width, y: self.height_at(bottom), ink: Ink::Body }]);
            self.layout.signature = Some(self.rect(left, self.y, width, bottom - self.y + HINT.leading));
            let (caption, height) = self.paragraph(&section.text, HINT, left, bottom + 1.0, width)?;
            if !caption.is_empty() {
                self.text_element("P", caption);
            }
            below = below.max(bottom + height + 2.0);
        }
        self.y = below;
        Ok(())
    }

    fn foot(&mut self) -> Result<(), LayoutError> {
        let provider = &self.template.provider;
        let contact = format!("{}  ·  {}  ·  {}", provider.name, provider.support_email, provider.support_phone);
        let (left, right, width) = (self.left(), self.right(), self.width());
        let footer = &self.template.texts.footer;
        let lines = 1 + self.faces.of(SMALL.weight).wrap(footer, SMALL.size, width).len();
        let from = self.lowest - lines as f32 * SMALL.leading;
        let points = self.y - from;
        if points > 0.0 {
            return Err(LayoutError::TooTall { section: footer.clone(), points });
        }
        self.decorate(vec![Shape::Rule { left, right, y: self.height_at(from - 3.0), ink: Ink::Line }]);
        let contact =
            self.line_within(&contact, Style { ink: Ink::Body, weight: Weight::Bold, ..SMALL }, left, from, width)?;
        self.text_element("P", vec![contact]);
        let (footer, _) = self.paragraph(footer, SMALL, left, from + SMALL.leading, width)?;
        if !footer.is_empty() {
            self.text_element("P", footer);
        }
        Ok(())
    }
}

const LABEL_OF_TICK: Style = Style { size: 9.0, leading: 13.0, weight: Weight::Regular, ink: Ink::Body };

/// What a screen reader says of a box.
fn spoken(label: &str, hint: &str) -> String {
    if hint.is_empty() { label.to_owned() } else { format!("{label} ({hint})") }
}

/// The first column of each field; `None` when they do not fit side by side.
fn starts_of(fields: &[FieldSpec]) -> Option<Vec<u8>> {
    let ends = fields.iter().scan(0, |next, it| {
        *next += it.span;
        Some(*next)
    });
    let ends: Vec<u8> = ends.collect();
    let fits = ends.last().is_none_or(|it| *it <= 12);
    fits.then(|| ends.iter().zip(fields).map(|(end, it)| end - it.span).collect())
}

/// A grid's lines: each field with its first column, a new line when one is full.
fn lines_of<'f, 't>(fields: &'f [PlacedField<'t>]) -> Vec<Vec<(u8, &'f PlacedField<'t>)>> {
    let mut lines: Vec<Vec<(u8, &PlacedField<'_>)>> = Vec::new();
    let mut next = 12;
    for field in fields {
        if next + field.spec.span > 12 {
            next = 0;
            lines.push(Vec::new());
        }
        lines.last_mut().expect("the first field begins a line").push((next, field));
        next += field.spec.span;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::tests::FILES;

    const SHIPPED: &str = include_str!("../../../templates/authorized-user.toml");

    fn placed(text: &str) -> Result<Layout, LayoutError> {
        place(&FormTemplate::parse(text).unwrap(), &Faces::parse(&FILES).ok().unwrap())
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
    fn everything_drawn_for_people_is_in_the_tree_once() {
        fn leaves(nodes: &[Node], marks: &mut Vec<usize>, fields: &mut Vec<usize>) {
            for node in nodes {
                match node {
                    Node::Element { children, .. } => leaves(children, marks, fields),
                    Node::Marked(number) => marks.push(*number),
                    Node::Field(at) => fields.push(*at),
                }
            }
        }
        let layout = placed(SHIPPED).unwrap();
        let (mut marks, mut fields) = (Vec::new(), Vec::new());
        leaves(&layout.tree, &mut marks, &mut fields);
        marks.sort_unstable();
        let marked = layout.runs.iter().filter(|it| it.mark.is_some()).count();
        assert_eq!(marks, (0..marked).collect::<Vec<_>>());
        assert_eq!(fields, (0..layout.boxes.len()).collect::<Vec<_>>(), "tab order is reading order");
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let tall = placed(&SHIPPED.replace("rows = 4", "rows = 30")).err();
        assert!(matches!(tall, Some(LayoutError::TooTall { .. })), "{tall:?}");
        let wide = placed(&SHIPPED.replace("label = \"PIN\"", "label = \"Personal identification number\"")).err();
        assert!(matches!(wide, Some(LayoutError::TooWide { .. })), "{wide:?}");
        let foreign = placed(&SHIPPED.replace("Who is asking", "問い合わせ")).err();
        assert!(matches!(foreign, Some(LayoutError::Font(BadFont::Lacks { .. }))), "{foreign:?}");
    }

    #[test]
    fn a_line_is_full_after_twelve_columns() {
        let template = FormTemplate::parse(SHIPPED).unwrap();
        let fields = template.fields();
        let signer: Vec<_> = fields.iter().filter(|it| it.name.starts_with("signer.")).cloned().collect();
        let lines: Vec<usize> = lines_of(&signer).iter().map(Vec::len).collect();
        assert_eq!(lines, [3, 3, 2]);
    }
}
