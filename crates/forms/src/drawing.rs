//! The page drawn by printpdf, which knows no forms: the only file that names it, but for the subsetting of fonts. Bytes go
//! out, because printpdf's lopdf is another version than ours.

use countersign_core::template::{Color as Rgb8, FormTemplate, Rect};
use printpdf::{
    Color, DictItem, FontId, Line, LinePoint, Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFont, PdfFontHandle,
    PdfPage, PdfSaveOptions, Point, Polygon, PolygonRing, Pt, Rgb, TextItem, WindingOrder,
};

use crate::face::{Faces, Weight};
use crate::layout::{Ink, Layout, Run, Shape, TextLine};

/// Width of the line around a box, in points.
const OUTLINE: f32 = 0.7;
/// Radius of a box's corners, in points.
const RADIUS: f32 = 2.0;
/// Part of the radius by which a Bézier curve that stands for a quarter of a circle reaches out.
const CIRCLE: f32 = 0.552_285;

/// A PDF of one page without any form. The same layout gives the same content and fonts.
pub(crate) fn draw(template: &FormTemplate, layout: &Layout, faces: &Faces<'_>) -> Vec<u8> {
    let mut document = PdfDocument::new(&template.texts.title);
    for (weight, name) in FONTS {
        let parsed = ParsedFont::from_bytes(faces.of(weight).bytes(), 0, &mut Vec::new());
        let font = PdfFont::new(parsed.expect("ttf-parser has read this font"));
        document.resources.fonts.map.insert(font_id(name), font);
    }
    let ops = layout.runs.iter().flat_map(|it| run(template, it)).collect();
    let paper = (Mm::from(Pt(template.page.width)), Mm::from(Pt(template.page.height)));
    let options = PdfSaveOptions { optimize: false, subset_fonts: true, secure: true, image_optimization: None };
    document.with_pages(vec![PdfPage::new(paper.0, paper.1, ops)]).save(&options, &mut Vec::new())
}

const FONTS: [(Weight, &str); 2] = [(Weight::Regular, "Regular"), (Weight::Bold, "Bold")];

fn font_id(name: &str) -> FontId {
    FontId(name.to_owned())
}

fn run(template: &FormTemplate, run: &Run) -> Vec<Op> {
    let begin = match run.mark {
        Some(mark) => {
            let number = i64::try_from(mark.number).expect("a page has few marks");
            let map = [("MCID".to_owned(), DictItem::Int(number))].into();
            Op::BeginMarkedContentWithProperties { tag: mark.tag.to_owned(), properties: DictItem::Dict { map } }
        }
        None => Op::BeginMarkedContent { tag: "Artifact".to_owned() },
    };
    let shapes = run.shapes.iter().flat_map(|it| shape(template, it));
    std::iter::once(begin).chain(shapes).chain([Op::EndMarkedContent]).collect()
}

fn shape(template: &FormTemplate, shape: &Shape) -> Vec<Op> {
    match shape {
        Shape::Text(line) => text(template, line),
        Shape::Panel(rect) => panel(template, rect),
        Shape::Band(rect) => {
            let polygon = Polygon {
                rings: vec![PolygonRing { points: corners(rect) }],
                mode: PaintMode::Fill,
                winding_order: WindingOrder::NonZero,
            };
            vec![Op::SetFillColor { col: color(template.colors.accent) }, Op::DrawPolygon { polygon }]
        }
        Shape::Rule { left, right, y, ink } => {
            let points = [(*left, *y), (*right, *y)].map(|(x, y)| straight(x, y)).to_vec();
            vec![
                Op::SetOutlineColor { col: color(of_ink(template, *ink)) },
                Op::SetOutlineThickness { pt: Pt(OUTLINE) },
                Op::DrawLine { line: Line { points, is_closed: false } },
            ]
        }
    }
}

fn text(template: &FormTemplate, line: &TextLine) -> Vec<Op> {
    let name = FONTS.iter().find(|(weight, _)| *weight == line.weight).map_or("Regular", |(_, name)| name);
    vec![
        Op::StartTextSection,
        Op::SetFillColor { col: color(of_ink(template, line.ink)) },
        Op::SetFont { font: PdfFontHandle::External(font_id(name)), size: Pt(line.size) },
        Op::SetTextCursor { pos: Point { x: Pt(line.left), y: Pt(line.baseline) } },
        Op::ShowText { items: vec![TextItem::Text(line.text.clone())] },
        Op::EndTextSection,
    ]
}

/// A box with round corners.
fn panel(template: &FormTemplate, rect: &Rect) -> Vec<Op> {
    let Rect { left, bottom, right, top } = *rect;
    let (near, far) = (RADIUS, RADIUS * (1.0 - CIRCLE));
    let mut points = vec![straight(left + near, bottom), straight(right - near, bottom)];
    let curves = [
        [(right - far, bottom), (right, bottom + far), (right, bottom + near)],
        [(right, top - near); 3],
        [(right, top - far), (right - far, top), (right - near, top)],
        [(left + near, top); 3],
        [(left + far, top), (left, top - far), (left, top - near)],
        [(left, bottom + near); 3],
        [(left, bottom + far), (left + far, bottom), (left + near, bottom)],
    ];
    for [first, second, end] in curves {
        if first == end {
            points.push(straight(end.0, end.1));
        } else {
            points.extend([curved(first.0, first.1), curved(second.0, second.1), straight(end.0, end.1)]);
        }
    }
    let polygon = Polygon {
        rings: vec![PolygonRing { points }],
        mode: PaintMode::FillStroke,
        winding_order: WindingOrder::NonZero,
    };
    vec![
        Op::SetFillColor { col: color(template.colors.box_fill) },
        Op::SetOutlineColor { col: color(template.colors.box_line) },
        Op::SetOutlineThickness { pt: Pt(OUTLINE) },
        Op::DrawPolygon { polygon },
    ]
}

fn corners(rect: &Rect) -> Vec<LinePoint> {
    let Rect { left, bottom, right, top } = *rect;
    [(left, bottom), (right, bottom), (right, top), (left, top)].map(|(x, y)| straight(x, y)).to_vec()
}

fn straight(x: f32, y: f32) -> LinePoint {
    LinePoint { p: Point { x: Pt(x), y: Pt(y) }, bezier: false }
}

fn curved(x: f32, y: f32) -> LinePoint {
    LinePoint { bezier: true, ..straight(x, y) }
}

fn of_ink(template: &FormTemplate, ink: Ink) -> Rgb8 {
    let colors = &template.colors;
    match ink {
        Ink::Body => colors.ink,
        Ink::Muted => colors.muted,
        Ink::Accent => colors.accent,
        Ink::Line => colors.box_line,
    }
}

fn color(color: Rgb8) -> Color {
    let part = |it: u8| (f32::from(it) / 255.0 * 1000.0).round() / 1000.0;
    Color::Rgb(Rgb::new(part(color.red), part(color.green), part(color.blue), None))
}
