//! The instance id on paper: as a QR code (ISO/IEC 18004), and in letters where no field says it. Both are plain black surfaces, so
//! that the reader can tell that they are nothing else. A preview has words in the place of the code.

use std::collections::BTreeMap;

use countersign_core::instance::InstanceId;
use lopdf::{Stream, dictionary};
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

use crate::appearance::{number, real};
use crate::face::Face;

/// Empty modules around the code.
const QUIET: i32 = 2;

/// The code, with a mask that is fixed: weighing all eight masks takes longer than all else that a blank costs.
fn code(instance: &InstanceId) -> QrCode {
    let segments = QrSegment::make_segments(instance.as_str());
    let (level, mask) = (QrCodeEcc::Medium, Some(Mask::new(2)));
    let code = QrCode::encode_segments_advanced(&segments, level, Version::MIN, Version::MAX, mask, true);
    code.expect("32 characters fit into a QR code")
}

/// A form XObject one unit wide and high that paints the code. Its box clips it, so it can paint nowhere else.
pub(crate) fn qr(instance: &InstanceId) -> Stream {
    let code = code(instance);
    let side = code.size() + 2 * QUIET;
    let mut content = String::with_capacity(8 << 10);
    content.push_str("0 g\n");
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|it| code.get_module(*it, y)).count() as i32;
            if run > 0 {
                for coordinate in [x + QUIET, side - QUIET - y - 1, run] {
                    push_small(&mut content, coordinate);
                }
                content.push_str("1 re\n");
            }
            x += run.max(1);
        }
    }
    content.push_str("f\n");
    let scale = 1.0 / side as f32;
    let matrix = vec![scale.into(), 0.into(), 0.into(), scale.into(), 0.into(), 0.into()];
    let bounds = vec![0.into(), 0.into(), side.into(), side.into()];
    let dict = dictionary! {
        "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds, "Matrix" => matrix, "Resources" => dictionary! {},
    };
    Stream::new(dict, content.into_bytes())
}

/// A number below 100 and a blank: a code has hundreds of them, and formatting takes several times as long.
fn push_small(content: &mut String, number: i32) {
    let number = u8::try_from(number).ok().filter(|it| *it < 100).expect("a code has at most 41 modules a side");
    if number >= 10 {
        content.push(char::from(b'0' + number / 10));
    }
    content.push(char::from(b'0' + number % 10));
    content.push(' ');
}

/// The outlines of the characters of instance ids, of straight lines only.
pub(crate) struct Letters {
    outlines: BTreeMap<char, (f32, String)>,
    cap_height: f32,
}

impl Letters {
    pub(crate) fn of(face: &Face<'_>) -> Self {
        let letters = ('0'..='9').chain('A'..='Z').chain(['-']);
        let letters = letters.chain([' ']);
        let outline = |it: char| (it, (face.advance(face.glyph(it).unwrap_or_default()), face.straight_outline(it)));
        Self { outlines: letters.map(outline).collect(), cap_height: face.cap_height(1000.0) }
    }

    /// A form XObject one unit wide and high that paints words in capitals, each line as wide as the frame around them.
    pub(crate) fn words(&self, lines: &[&str]) -> Stream {
        const SIDE: f32 = 100.0;
        const PADDING: f32 = 10.0;
        let pitch = (SIDE - 2.0 * PADDING) / lines.len() as f32;
        let mut content = format!("0 g 0 G 4 w 2 2 {0} {0} re S\n", number(SIDE - 4.0));
        for (at, line) in lines.iter().enumerate() {
            let known = || line.chars().filter_map(|it| self.outlines.get(&it));
            let natural: f32 = known().map(|(advance, _)| advance).sum();
            let scale = ((SIDE - 2.0 * PADDING) / natural).min(0.8 * pitch / self.cap_height);
            let left = (SIDE - natural * scale) / 2.0;
            let top = SIDE - PADDING - pitch * at as f32;
            let baseline = top - (pitch + self.cap_height * scale) / 2.0;
            // Letters are measured in thousands: six digits of the scale keep them in their place.
            content.push_str(&format!("q {scale:.6} 0 0 {scale:.6} {} {} cm\n", number(left), number(baseline)));
            for (advance, outline) in known() {
                content.push_str(outline);
                content.push_str(&format!("1 0 0 1 {} 0 cm\n", number(*advance)));
            }
            content.push_str("Q\n");
        }
        let shrink = 1.0 / SIDE;
        let matrix = vec![shrink.into(), 0.into(), 0.into(), shrink.into(), 0.into(), 0.into()];
        let bounds = vec![0.into(), 0.into(), real(SIDE), real(SIDE)];
        let dict = dictionary! {
            "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds, "Matrix" => matrix, "Resources" => dictionary! {},
        };
        Stream::new(dict, content.into_bytes())
    }

    /// A form XObject one unit wide and high that paints the id in a rectangle of this ratio of width to height.
    pub(crate) fn picture(&self, instance: &InstanceId, ratio: f32) -> Stream {
        let (height, width) = (self.cap_height, self.cap_height * ratio);
        let id = instance.to_string();
        let known = || id.chars().filter_map(|it| self.outlines.get(&it));
        let natural: f32 = known().map(|(advance, _)| advance).sum();
        let narrow = (width / natural).min(1.0);
        let mut content = format!("0.3 g {} 0 0 1 0 0 cm\n", number(narrow));
        for (advance, outline) in known() {
            content.push_str(outline);
            content.push_str(&format!("1 0 0 1 {} 0 cm\n", number(*advance)));
        }
        let matrix = vec![(1.0 / width).into(), 0.into(), 0.into(), (1.0 / height).into(), 0.into(), 0.into()];
        // Round letters reach a little below the line and above the capitals.
        let spare = height * 0.03;
        let bounds = vec![0.into(), real(-spare), real(width), real(height + spare)];
        let dict = dictionary! {
            "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds, "Matrix" => matrix, "Resources" => dictionary! {},
        };
        Stream::new(dict, content.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_painted_once() {
        let id: InstanceId = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ".parse().unwrap();
        let content = String::from_utf8(qr(&id).content).unwrap();
        let runs = content.lines().filter_map(|it| it.strip_suffix(" 1 re"));
        let painted: i32 = runs.map(|it| it.rsplit(' ').next().unwrap().parse::<i32>().unwrap()).sum();
        let code = code(&id);
        let all = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        assert_eq!(painted, all.filter(|(x, y)| code.get_module(*x, *y)).count() as i32);
    }
}
