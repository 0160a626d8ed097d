//! What a form asks: headings, boxes under their labels, tables of boxes, statements to tick, the line for ink, notes.

use countersign_core::template::{Arrangement, FieldSpec, FilledBy, PlacedField, Rect, Section, ValueRule};

use super::pen::{Pen, Style};
use super::{Ink, LayoutError, Node, PlacedBox, Shape};
use crate::face::Weight;

const HEADING: Style = Style { size: 11.0, leading: 15.0, weight: Weight::Bold, ink: Ink::Accent };
/// The number of a section, on a ground of its own.
const NUMERAL: Style = Style { size: 8.5, leading: 13.0, weight: Weight::Bold, ink: Ink::Paper };
const BODY: Style = Style { size: 8.5, leading: 12.0, weight: Weight::Regular, ink: Ink::Body };
const LABEL: Style = Style { size: 7.5, leading: 10.5, weight: Weight::Bold, ink: Ink::Body };
const LABEL_OF_TICK: Style = Style { size: 9.0, leading: 13.0, weight: Weight::Regular, ink: Ink::Body };
const HINT: Style = Style { size: 7.0, leading: 9.5, weight: Weight::Regular, ink: Ink::Muted };
const SMALL: Style = Style { size: 7.5, leading: 11.0, weight: Weight::Regular, ink: Ink::Muted };
const NOTE_TITLE: Style = Style { size: 8.5, leading: 12.0, weight: Weight::Bold, ink: Ink::Accent };

/// Between two columns, everywhere, so that boxes of all sections stand under one another.
const GUTTER: f32 = 8.0;
/// Side of the box that takes a tick.
const TICK: f32 = 11.0;
/// Inside a box, before the value.
const INSET: f32 = 4.0;
/// Side of the ground under a section's number.
const CHIP: f32 = 13.0;
/// After a section.
const SECTION_GAP: f32 = 6.0;

impl Pen<'_> {
    /// One section, which begins with its number where it asks something.
    pub(super) fn section(
        &mut self,
        section: &Section,
        number: Option<usize>,
        fields: &[PlacedField<'_>],
    ) -> Result<(), LayoutError> {
        let head = |pen: &mut Self| pen.section_head(section, number);
        match &section.arrangement {
            Arrangement::Grid => self.grid(section, &head, fields)?,
            Arrangement::Table { rows, .. } => self.table(section, &head, usize::from(*rows), fields)?,
            Arrangement::Statement => self.statements(section, &head, fields)?,
            Arrangement::Signature => self.together(&section.title, |pen| {
                head(pen)?;
                pen.signature(section, fields)
            })?,
            Arrangement::Note => self.together(&section.title, |pen| pen.note(section))?,
            Arrangement::Points => self.together(&section.title, |pen| {
                head(pen)?;
                pen.points(fields);
                Ok(())
            })?,
        }
        self.y += SECTION_GAP;
        Ok(())
    }

    fn section_head(&mut self, section: &Section, number: Option<usize>) -> Result<(), LayoutError> {
        if !section.title.is_empty() {
            let (mut left, right) = (self.left(), self.right());
            let mut shapes = Vec::new();
            if let Some(number) = number {
                let chip = self.rect(left, self.y + (HEADING.leading - CHIP) / 2.0, CHIP, CHIP);
                let numeral = number.to_string();
                let inset = (CHIP - self.faces.width(NUMERAL.weight, &numeral, NUMERAL.size)) / 2.0;
                shapes.push(Shape::Ground(chip, Ink::Accent));
                let top = self.y + (HEADING.leading - NUMERAL.leading) / 2.0;
                shapes.push(self.line(&numeral, NUMERAL, left + inset, top)?);
                left += CHIP + 6.0;
            }
            shapes.push(self.line_within(&section.title, HEADING, left, self.y, right - left)?);
            self.text_element("H2", shapes);
            self.y += HEADING.leading + 4.0;
        }
        let is_caption = matches!(section.arrangement, Arrangement::Signature);
        if !section.text.is_empty() && !is_caption {
            let (text, height) = self.paragraph(&section.text, BODY, self.left(), self.y, self.width())?;
            self.text_element("P", text);
            self.y += height + 2.5;
        }
        Ok(())
    }

    fn column(&self, start: u8, span: u8) -> (f32, f32) {
        let twelfth = (self.width() + GUTTER) / 12.0;
        (self.left() + f32::from(start) * twelfth, f32::from(span) * twelfth - GUTTER)
    }

    /// Boxes in lines; the first line stays with the heading.
    fn grid(
        &mut self,
        section: &Section,
        head: &dyn Fn(&mut Self) -> Result<(), LayoutError>,
        fields: &[PlacedField<'_>],
    ) -> Result<(), LayoutError> {
        for (at, line) in lines_of(fields).iter().enumerate() {
            self.together(&section.title, |pen| {
                if at == 0 {
                    head(pen)?;
                }
                let mut below = pen.y;
                for (start, field) in line {
                    let (left, width) = pen.column(*start, field.spec.span);
                    below = below.max(pen.labelled(field, left, width)?);
                }
                pen.y = below + 3.0;
                Ok(())
            })?;
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

    /// A value that the program prints: no box, the label over it.
    fn printed(&mut self, field: &PlacedField<'_>, left: f32, width: f32) -> Result<f32, LayoutError> {
        const HEIGHT: f32 = 11.0;
        let label = self.line_within(&field.spec.label, SMALL, left, self.y, width)?;
        let label = self.mark("P", vec![label]);
        let aside = self.faces.width(SMALL.weight, &field.spec.label, SMALL.size) + 5.0;
        let rect = self.rect(left + aside, self.y, width - aside, HEIGHT);
        if width - aside < 40.0 {
            return Err(LayoutError::TooWide { text: field.spec.label.clone(), points: 40.0 - (width - aside) });
        }
        let value = self.put(field, rect, field.spec.label.clone(), 7.5, 0.0);
        self.element("P", vec![label, value]);
        Ok(self.y + HEIGHT)
    }

    fn value_box(&mut self, field: &PlacedField<'_>, rect: Rect, spoken: String) -> Node {
        self.decorate(vec![Shape::Panel(rect)]);
        self.put(field, rect, spoken, self.template.page.value_size, INSET)
    }

    fn put(&mut self, field: &PlacedField<'_>, rect: Rect, spoken: String, size: f32, inset: f32) -> Node {
        let (name, spec, page) = (field.name.clone(), field.spec.clone(), self.page_number());
        self.layout.boxes.push(PlacedBox { name, spec, page, rect, spoken, size, inset });
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

    /// The same row several times under one line of labels, which stands again on every page that the table reaches.
    fn table(
        &mut self,
        section: &Section,
        head: &dyn Fn(&mut Self) -> Result<(), LayoutError>,
        rows: usize,
        fields: &[PlacedField<'_>],
    ) -> Result<(), LayoutError> {
        let starts = starts_of(&section.fields)
            .ok_or_else(|| LayoutError::TooWide { text: section.title.clone(), points: self.width() })?;
        let mut table = Vec::new();
        for (at, row) in fields.chunks(section.fields.len()).take(rows).enumerate() {
            let of_row = self.together(&section.title, |pen| {
                let mut placed = Vec::new();
                if at == 0 {
                    head(pen)?;
                    let heads = pen.column_heads(section, &starts)?;
                    placed.push(Node::Element { tag: "TR", children: heads });
                } else if pen.y <= pen.highest {
                    let labels = pen.column_labels(section, &starts)?;
                    pen.decorate(labels.into_iter().flatten().collect());
                    pen.y += LABEL.leading + 1.0;
                }
                placed.push(pen.row(section, &starts, row));
                Ok(placed)
            })?;
            table.extend(of_row);
        }
        self.element("Table", table);
        self.together(&section.title, |pen| pen.column_notes(&section.fields))
    }

    fn column_labels(&self, section: &Section, starts: &[u8]) -> Result<Vec<Vec<Shape>>, LayoutError> {
        let label = |(start, field): (&u8, &FieldSpec)| {
            let (left, width) = self.column(*start, field.span);
            Ok(vec![self.line_within(&field.label, LABEL, left, self.y, width + GUTTER - 2.0)?])
        };
        starts.iter().zip(&section.fields).map(label).collect()
    }

    fn column_heads(&mut self, section: &Section, starts: &[u8]) -> Result<Vec<Node>, LayoutError> {
        let labels = self.column_labels(section, starts)?;
        let head = |label: Vec<Shape>| Node::Element { tag: "TH", children: vec![self.mark("TH", label)] };
        let heads = labels.into_iter().map(head).collect();
        self.y += LABEL.leading + 1.0;
        Ok(heads)
    }

    fn row(&mut self, section: &Section, starts: &[u8], row: &[PlacedField<'_>]) -> Node {
        let height = self.template.page.box_height;
        let mut cells = Vec::new();
        for (start, field) in starts.iter().zip(row) {
            let (left, width) = self.column(*start, field.spec.span);
            let of_row = format!("{}, {} {}", section.title, field.row.unwrap_or_default(), field.spec.label);
            let spoken = spoken(&of_row, &field.spec.hint);
            let value = self.value_box(field, self.rect(left, self.y, width, height), spoken);
            cells.push(Node::Element { tag: "TD", children: vec![value] });
        }
        self.y += height + 3.0;
        Node::Element { tag: "TR", children: cells }
    }

    /// The hints of a table's columns, under it.
    fn column_notes(&mut self, fields: &[FieldSpec]) -> Result<(), LayoutError> {
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

    fn statements(
        &mut self,
        section: &Section,
        head: &dyn Fn(&mut Self) -> Result<(), LayoutError>,
        fields: &[PlacedField<'_>],
    ) -> Result<(), LayoutError> {
        for (at, field) in fields.iter().enumerate() {
            self.together(&section.title, |pen| {
                if at == 0 {
                    head(pen)?;
                }
                pen.y = pen.tick(field, pen.left(), pen.width(), BODY)?;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Boxes, and in the columns that are left a line for ink with the section's text as its caption.
    fn signature(&mut self, section: &Section, fields: &[PlacedField<'_>]) -> Result<(), LayoutError> {
        let mut below = self.y;
        let mut next = 0;
        for (start, field) in lines_of(fields).into_iter().flatten() {
            let (left, width) = self.column(start, field.spec.span);
            below = below.max(self.labelled(field, left, width)?);
            next = start + field.spec.span;
        }
        if next < 12 {
            let (left, width) = self.column(next, 12 - next);
            let bottom = self.y + LABEL.leading + 1.0 + self.template.page.box_height;
            self.decorate(vec![Shape::Rule { left, right: left + width, y: self.height_at(bottom), ink: Ink::Body }]);
            let place = self.rect(left, self.y, width, bottom - self.y + HINT.leading);
            self.page().signature = Some(place);
            let (caption, height) = self.paragraph(&section.text, HINT, left, bottom + 1.0, width)?;
            if !caption.is_empty() {
                self.text_element("P", caption);
            }
            below = below.max(bottom + height + 2.0);
        }
        self.y = below;
        Ok(())
    }

    /// A list of sentences that the program writes.
    fn points(&mut self, fields: &[PlacedField<'_>]) {
        const HEIGHT: f32 = 18.0;
        const BULLET: f32 = 4.0;
        for field in fields {
            let (left, width) = (self.left() + INSET, self.width() - INSET);
            let bullet = self.rect(left, self.y + (HEIGHT - BULLET) / 2.0, BULLET, BULLET);
            self.decorate(vec![Shape::Band(bullet, Ink::Accent)]);
            let aside = BULLET + GUTTER;
            let rect = self.rect(left + aside, self.y, width - aside, HEIGHT);
            let value = self.put(field, rect, field.spec.label.clone(), self.template.page.value_size, 0.0);
            self.element("P", vec![value]);
            self.y += HEIGHT;
        }
        self.y += GUTTER;
    }

    /// A text on a ground of its own.
    fn note(&mut self, section: &Section) -> Result<(), LayoutError> {
        const PADDING: f32 = 6.0;
        let (left, width) = (self.left() + PADDING + 2.0, self.width() - 2.0 * PADDING - 4.0);
        let top = self.y + PADDING;
        let title = self.line_within(&section.title, NOTE_TITLE, left, top, width)?;
        let (text, height) = self.paragraph(&section.text, BODY, left, top + NOTE_TITLE.leading, width)?;
        let tall = 2.0 * PADDING + NOTE_TITLE.leading + height;
        let ground = self.rect(self.left(), self.y, self.width(), tall);
        self.decorate(vec![Shape::Ground(ground, Ink::Fill)]);
        self.text_element("H2", vec![title]);
        self.text_element("P", text);
        self.y += tall;
        Ok(())
    }
}

/// What a screen reader says of a box.
fn spoken(label: &str, hint: &str) -> String {
    if hint.is_empty() { label.to_owned() } else { format!("{label}: {hint}") }
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
pub(super) fn lines_of<'f, 't>(fields: &'f [PlacedField<'t>]) -> Vec<Vec<(u8, &'f PlacedField<'t>)>> {
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
    use countersign_core::template::FormTemplate;

    use super::*;

    const SHIPPED: &str = include_str!("../../../../templates/authorized-user.toml");

    #[test]
    fn a_line_is_full_after_twelve_columns() {
        let template = FormTemplate::parse(SHIPPED).unwrap();
        let fields = template.fields();
        let signer: Vec<_> = fields.iter().filter(|it| it.name.starts_with("signer.")).cloned().collect();
        let lines: Vec<usize> = lines_of(&signer).iter().map(Vec::len).collect();
        assert_eq!(lines, [3, 3, 2]);
    }
}
