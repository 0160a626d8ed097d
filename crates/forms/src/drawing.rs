//! The pages drawn by printpdf, which knows no forms: the only file that names it, but for the subsetting of fonts. Bytes go
//! out, because printpdf's lopdf is another version than ours.

use countersign_core::template::{Color as Rgb8, FormTemplate, Rect};
use printpdf::{
    Color, DictItem, FontId, Line, LinePoint, Mm, Op, PaintMode, ParsedFont, PdfDocument, PdfFont, PdfFontHandle,
    PdfPage, PdfSaveOptions, Point, Polygon, PolygonRing, Pt, Rgb, TextItem, WindingOrder, XObjectId, XObjectTransform,
};

use crate::drawn::{LOGO, NUMBER, QR};
use crate::face::{FaceKey, Faces, Weight};
use crate::layout::{Ink, Layout, PlacedPage, Run, Shape, TextLine};

/// Width of the line around a box, in points.
const OUTLINE: f32 = 0.7;
/// Radius of a box's corners, in points.
const RADIUS: f32 = 2.0;
/// Part of the radius by which a Bézier curve that stands for a quarter of a circle reaches out.
const CIRCLE: f32 = 0.552_285;

/// A PDF without any form. The same layout gives the same content and fonts.
pub(crate) fn draw(template: &FormTemplate, layout: &Layout, faces: &Faces<'_>) -> Vec<u8> {
    let mut document = PdfDocument::new(&template.texts.title);
    for (key, face) in faces.all() {
        let parsed = ParsedFont::from_bytes(face.bytes(), 0, &mut Vec::new());
        let font = PdfFont::new(parsed.expect("ttf-parser has read this font"));
        document.resources.fonts.map.insert(font_id(key), font);
    }
    let pages = layout.pages.iter().map(|it| page(&Brush { template, faces }, it)).collect();
    let options = PdfSaveOptions { optimize: false, subset_fonts: true, secure: true, image_optimization: None };
    document.with_pages(pages).save(&options, &mut Vec::new())
}

/// What shapes are drawn with.
struct Brush<'a> {
    template: &'a FormTemplate,
    faces: &'a Faces<'a>,
}

fn page(brush: &Brush<'_>, page: &PlacedPage) -> PdfPage {
    let style = &brush.template.page;
    let pictures = [(QR, Some(page.qr)), (NUMBER, page.number)].into_iter().filter_map(|(name, at)| Some((name, at?)));
    let pictures = pictures.flat_map(|(name, at)| {
        let artifact = Op::BeginMarkedContent { tag: "Artifact".to_owned() };
        [artifact, picture(name, &at), Op::EndMarkedContent]
    });
    let ops = page.runs.iter().flat_map(|it| run(brush, it)).chain(pictures).collect();
    PdfPage::new(Mm::from(Pt(style.width)), Mm::from(Pt(style.height)), ops)
}

/// An object that paints into a square of one unit, stretched over a rectangle.
fn picture(name: &str, at: &Rect) -> Op {
    let transform = XObjectTransform {
        translate_x: Some(Pt(at.left)),
        translate_y: Some(Pt(at.bottom)),
        scale_x: Some(at.right - at.left),
        scale_y: Some(at.top - at.bottom),
        no_auto_scale: true,
        ..XObjectTransform::default()
    };
    Op::UseXobject { id: XObjectId(name.to_owned()), transform }
}

fn font_id(key: FaceKey) -> FontId {
    FontId(match key {
        FaceKey::Of(Weight::Regular) => "Regular".to_owned(),
        FaceKey::Of(Weight::Bold) => "Bold".to_owned(),
        FaceKey::Fallback(at) => format!("Fallback{}", at + 1),
    })
}

fn run(brush: &Brush<'_>, run: &Run) -> Vec<Op> {
    let begin = match run.mark {
        Some(mark) => {
            let number = i64::try_from(mark.number).expect("a page has few marks");
            let map = [("MCID".to_owned(), DictItem::Int(number))].into();
            Op::BeginMarkedContentWithProperties { tag: mark.tag.to_owned(), properties: DictItem::Dict { map } }
        }
        None => Op::BeginMarkedContent { tag: "Artifact".to_owned() },
    };
    let shapes = run.shapes.iter().flat_map(|it| shape(brush, it));
    std::iter::once(begin).chain(shapes).chain([Op::EndMarkedContent]).collect()
}

fn shape(brush: &Brush<'_>, shape: &Shape) -> Vec<Op> {
    let template = brush.template;
    match shape {
        Shape::Text(line) => text(brush, line),
        Shape::Panel(rect) => panel(template, rect),
        Shape::Logo(rect) => vec![picture(LOGO, rect)],
        Shape::Band(rect, ink) => filled(template, corners(rect), *ink),
        Shape::Ground(rect, ink) => filled(template, rounded(rect), *ink),
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

fn filled(template: &FormTemplate, points: Vec<LinePoint>, ink: Ink) -> Vec<Op> {
    let polygon =
        Polygon { rings: vec![PolygonRing { points }], mode: PaintMode::Fill, winding_order: WindingOrder::NonZero };
    vec![Op::SetFillColor { col: color(of_ink(template, ink)) }, Op::DrawPolygon { polygon }]
}

/// A line of text; each piece in the font that has its characters, where the one before ends.
fn text(brush: &Brush<'_>, line: &TextLine) -> Vec<Op> {
    let mut ops = vec![Op::StartTextSection, Op::SetFillColor { col: color(of_ink(brush.template, line.ink)) }];
    for (at, (key, piece)) in brush.faces.runs(line.weight, &line.text).into_iter().enumerate() {
        ops.push(Op::SetFont { font: PdfFontHandle::External(font_id(key)), size: Pt(line.size) });
        if at == 0 {
            ops.push(Op::SetTextCursor { pos: Point { x: Pt(line.left), y: Pt(line.baseline) } });
        }
        ops.push(Op::ShowText { items: vec![TextItem::Text(piece)] });
    }
    ops.push(Op::EndTextSection);
    ops
}

/// A rectangle with round corners.
fn rounded(rect: &Rect) -> Vec<LinePoint> {
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
    points
}

/// A box.
fn panel(template: &FormTemplate, rect: &Rect) -> Vec<Op> {
    let polygon = Polygon {
        rings: vec![PolygonRing { points: rounded(rect) }],
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
        Ink::Fill => colors.box_fill,
        Ink::Paper => Rgb8 { red: 255, green: 255, blue: 255 },
    }
}

fn color(color: Rgb8) -> Color {
    let part = |it: u8| (f32::from(it) / 255.0 * 1000.0).round() / 1000.0;
    Color::Rgb(Rgb::new(part(color.red), part(color.green), part(color.blue), None))
}
