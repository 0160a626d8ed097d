//! What a content stream paints: every text, path and object with its place, colour and font, however the stream says it.
//! Two streams that paint the same are the same page; programs that save a form again spell things differently.

use crate::content_tokens::{Operand, operations};

/// Points by which a place may differ: programs round.
const PLACE_TOLERANCE: f32 = 0.05;
/// Part of full intensity by which a colour may differ.
const COLOR_TOLERANCE: f32 = 0.01;

/// Whether both streams are well-formed and paint the same in the same order.
pub(crate) fn paint_the_same(one: &[u8], other: &[u8]) -> bool {
    match (painted(one), painted(other)) {
        (Some(one), Some(other)) => one.len() == other.len() && one.iter().zip(&other).all(|(a, b)| a.is_like(b)),
        _ => false,
    }
}

/// Whether `more` paints all that `less` does, in the same order, and then nothing but text.
pub(crate) fn only_adds_text(more: &[u8], less: &[u8]) -> bool {
    let (Some(more), Some(less)) = (painted(more), painted(less)) else { return false };
    let Some((kept, added)) = more.split_at_checked(less.len()) else { return false };
    kept.iter().zip(&less).all(|(a, b)| a.is_like(b)) && added.iter().all(|it| it.operator == "Tj")
}

/// Something painted.
#[derive(Debug)]
struct Paint {
    /// The operator that paints it; of those that do the same, one.
    operator: &'static str,
    /// Names and texts: font, string, object.
    words: Vec<Vec<u8>>,
    /// Places and sizes, in points on the page.
    places: Vec<f32>,
    /// Colours that matter for it.
    colors: Vec<f32>,
}

impl Paint {
    fn is_like(&self, other: &Self) -> bool {
        let near = |a: &[f32], b: &[f32], tolerance: f32| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
        };
        self.operator == other.operator
            && self.words == other.words
            && near(&self.places, &other.places, PLACE_TOLERANCE)
            && near(&self.colors, &other.colors, COLOR_TOLERANCE)
    }
}

/// Everything that a stream paints; `None` when it is not well-formed or uses what a form has no use for.
fn painted(content: &[u8]) -> Option<Vec<Paint>> {
    let mut painter = Painter::default();
    for operation in operations(content)? {
        painter.apply(&operation.operator, &operation.operands)?;
    }
    Some(painter.done)
}

type Matrix = [f32; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// First `one`, then `other` (ISO 32000-1, 8.3.4).
fn product(one: Matrix, other: Matrix) -> Matrix {
    let [a, b, c, d, e, f] = one;
    let [p, q, r, s, t, u] = other;
    [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u]
}

fn moved(matrix: Matrix, x: f32, y: f32) -> [f32; 2] {
    let [a, b, c, d, e, f] = matrix;
    [a * x + c * y + e, b * x + d * y + f]
}

/// The part of the graphics state that a form uses (ISO 32000-1, 8.4.1 and 9.3.1).
#[derive(Clone)]
struct State {
    matrix: Matrix,
    fill: Vec<f32>,
    stroke: Vec<f32>,
    /// Line width, cap, join; spacing and scale of text.
    line: [f32; 3],
    text: [f32; 3],
    font: Vec<u8>,
    size: f32,
}

impl Default for State {
    fn default() -> Self {
        Self {
            matrix: IDENTITY,
            fill: vec![0.0; 3],
            stroke: vec![0.0; 3],
            line: [1.0, 0.0, 0.0],
            text: [0.0, 0.0, 100.0],
            font: Vec::new(),
            size: 0.0,
        }
    }
}

#[derive(Default)]
struct Painter {
    state: State,
    saved: Vec<State>,
    /// The text matrix and that of its line; `None` outside `BT … ET`.
    text: Option<Matrix>,
    path: Vec<f32>,
    path_shape: Vec<u8>,
    done: Vec<Paint>,
}

/// Levels of saved states (ISO 32000-1, annex C, gives 28).
const SAVED: usize = 64;

impl Painter {
    fn apply(&mut self, operator: &[u8], operands: &[Operand]) -> Option<()> {
        match operator {
            b"q" if self.saved.len() < SAVED => self.saved.push(self.state.clone()),
            b"Q" => self.state = self.saved.pop()?,
            b"cm" => self.state.matrix = product(numbers(operands)?, self.state.matrix),
            b"w" => self.state.line[0] = one(operands)?,
            b"J" => self.state.line[1] = one(operands)?,
            b"j" => self.state.line[2] = one(operands)?,
            b"g" | b"rg" => self.state.fill = color(operands)?,
            b"G" | b"RG" => self.state.stroke = color(operands)?,
            b"m" | b"l" | b"c" | b"v" | b"y" | b"re" | b"h" => self.extend_path(operator, operands)?,
            b"f" | b"F" => self.paint_path("f"),
            b"S" => self.paint_path("S"),
            b"B" => self.paint_path("B"),
            b"b" => {
                self.extend_path(b"h", &[])?;
                self.paint_path("B");
            }
            b"s" => {
                self.extend_path(b"h", &[])?;
                self.paint_path("S");
            }
            b"n" if self.path_shape.is_empty() => {}
            b"BT" if self.text.is_none() => self.text = Some(IDENTITY),
            b"ET" => self.text = self.text.take().map(|_| None)?,
            b"Tf" => self.set_font(operands)?,
            b"Tc" => self.state.text[0] = one(operands)?,
            b"Tw" => self.state.text[1] = one(operands)?,
            b"Tz" => self.state.text[2] = one(operands)?,
            // Every line of a form begins with `BT`, so the first move of it is one from the origin.
            b"Td" | b"TD" => {
                let [x, y] = numbers(operands)?;
                self.text = Some(product([1.0, 0.0, 0.0, 1.0, x, y], self.text?));
            }
            b"Tm" => {
                self.text?;
                self.text = Some(numbers(operands)?);
            }
            b"Tj" => self.show(operands)?,
            b"TJ" => match operands {
                [Operand::Array(parts)] => self.show(parts)?,
                _ => return None,
            },
            b"Do" => self.paint_object(operands)?,
            // Marked content paints nothing, but for optional content, which may not be painted.
            b"BDC" | b"BMC" if !is_optional(operands) => {}
            b"EMC" | b"MP" | b"DP" | b"ri" | b"i" => {}
            _ => return None,
        }
        Some(())
    }

    fn extend_path(&mut self, operator: &[u8], operands: &[Operand]) -> Option<()> {
        let points: Vec<f32> = operands.iter().map(number).collect::<Option<_>>()?;
        if operator == b"re" {
            let [x, y, width, height] = <[f32; 4]>::try_from(points).ok()?;
            for (part, [x, y]) in
                [(b'm', [x, y]), (b'l', [x + width, y]), (b'l', [x + width, y + height]), (b'l', [x, y + height])]
            {
                self.push_points(part, &[x, y]);
            }
            self.push_points(b'h', &[]);
            return Some(());
        }
        let expected = match operator {
            b"m" | b"l" => 2,
            b"c" => 6,
            b"v" | b"y" => 4,
            _ => 0,
        };
        let is_closed_twice = operator == b"h" && self.path_shape.last() == Some(&b'h');
        if points.len() != expected || self.path_shape.is_empty() && operator != b"m" {
            return None;
        }
        if !is_closed_twice {
            self.push_points(operator[0], &points);
        }
        Some(())
    }

    fn push_points(&mut self, part: u8, points: &[f32]) {
        self.path_shape.push(part);
        let matrix = self.state.matrix;
        self.path.extend(points.chunks_exact(2).flat_map(|it| moved(matrix, it[0], it[1])));
    }

    fn paint_path(&mut self, operator: &'static str) {
        let mut shape = std::mem::take(&mut self.path_shape);
        let mut places = std::mem::take(&mut self.path);
        // Filling closes every part.
        if operator == "f" && shape.last() == Some(&b'h') {
            shape.pop();
        }
        let State { fill, stroke, line, .. } = &self.state;
        let mut colors = Vec::new();
        if operator != "S" {
            colors.extend(fill);
        }
        if operator != "f" {
            colors.extend(stroke);
            places.extend(line);
        }
        self.done.push(Paint { operator, words: vec![shape], places, colors });
    }

    fn set_font(&mut self, operands: &[Operand]) -> Option<()> {
        let [Operand::Name(font), Operand::Number(size)] = operands else { return None };
        (self.state.font, self.state.size) = (font.clone(), *size);
        Some(())
    }

    fn show(&mut self, parts: &[Operand]) -> Option<()> {
        let at = product(self.text?, self.state.matrix);
        let mut text = Vec::new();
        let mut places = vec![self.state.size];
        for part in parts {
            match part {
                Operand::Text(bytes) => text.extend_from_slice(bytes),
                Operand::Number(shift) => places.extend([text.len() as f32, *shift]),
                _ => return None,
            }
        }
        places.extend(at);
        places.extend(self.state.text);
        let words = vec![self.state.font.clone(), text];
        self.done.push(Paint { operator: "Tj", words, places, colors: self.state.fill.clone() });
        Some(())
    }

    fn paint_object(&mut self, operands: &[Operand]) -> Option<()> {
        let [Operand::Name(name)] = operands else { return None };
        let places = self.state.matrix.to_vec();
        self.done.push(Paint { operator: "Do", words: vec![name.clone()], places, colors: Vec::new() });
        Some(())
    }
}

fn number(operand: &Operand) -> Option<f32> {
    if let Operand::Number(number) = operand { Some(*number) } else { None }
}

fn numbers<const N: usize>(operands: &[Operand]) -> Option<[f32; N]> {
    operands.iter().map(number).collect::<Option<Vec<f32>>>()?.try_into().ok()
}

fn one(operands: &[Operand]) -> Option<f32> {
    numbers(operands).map(|[it]| it)
}

/// A colour as red, green and blue.
fn color(operands: &[Operand]) -> Option<Vec<f32>> {
    let parts: Vec<f32> = operands.iter().map(number).collect::<Option<_>>()?;
    match parts[..] {
        [gray] => Some(vec![gray; 3]),
        [_, _, _] => Some(parts),
        _ => None,
    }
}

fn is_optional(operands: &[Operand]) -> bool {
    matches!(operands.first(), Some(Operand::Name(tag)) if tag == b"OC")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUED: &str = "/Artifact BMC 0.1 g 0 0 10 5 re f EMC /P <</MCID 0>> BDC BT 0.1 0.2 0.3 rg /Bold 9 Tf 40 700.5 Td <4142> Tj ET EMC q 9 0 0 9 1 2 cm /QR Do Q";

    fn check(other: &str, expected: bool) {
        assert_eq!(paint_the_same(other.as_bytes(), ISSUED.as_bytes()), expected, "{other}");
    }

    #[test]
    fn another_spelling_paints_the_same() {
        check(ISSUED, true);
        check(
            "q .1 g 0 0 m 10 0 l 10 5 l 0 5 l h f BT/Bold 9 Tf .1 .2 .3 rg 40 700.501 TD(AB)Tj ET Q q 9 0 0 9 1 2 cm/QR Do Q",
            true,
        );
        check(
            "1 0 0 1 40 0 cm .1 g -40 0 10 5 re f BT 0.1 .2 .3 rg /Bold 9 Tf 1 0 0 1 0 700.5 Tm [(A)(B)] TJ ET 9 0 0 9 -39 2 cm /QR Do",
            true,
        );
    }

    #[test]
    fn anything_else_is_another_page() {
        check(&ISSUED.replace("4142", "4143"), false);
        check(&ISSUED.replace("700.5", "690.5"), false);
        check(&ISSUED.replace("/Bold 9", "/Bold 1"), false);
        check(&ISSUED.replace("/Bold 9", "/Thin 9"), false);
        check(&ISSUED.replace("0.1 0.2 0.3 rg", "1 1 1 rg"), false);
        check(&ISSUED.replace("/P <<", "/OC <<"), false);
        check(&ISSUED.replace("/Bold 9 Tf", "/Bold 9 Tf 3 Tr"), false);
        check(&format!("{ISSUED} 0 0 600 800 re f"), false);
        check(&format!("0 0 1 1 re W n {ISSUED}"), false);
        check(&format!("/Hide gs {ISSUED}"), false);
        check(&format!("{ISSUED} ("), false);
        check(&format!("{ISSUED} Q"), false);
        check("", false);
    }
}
