//! The instance id as a QR code (ISO/IEC 18004): for a reader that has only the paper.

use countersign_core::instance::InstanceId;
use lopdf::{Stream, dictionary};
use qrcodegen::{QrCode, QrCodeEcc};

/// Empty modules around the code.
const QUIET: i32 = 2;

/// A form XObject one unit wide and high that paints the code. Its box clips it, so it can paint nowhere else.
pub(crate) fn qr(instance: &InstanceId) -> Stream {
    let code = QrCode::encode_text(instance.as_str(), QrCodeEcc::Medium).expect("32 characters fit into a QR code");
    let side = code.size() + 2 * QUIET;
    let mut content = String::from("0 g\n");
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|it| code.get_module(*it, y)).count() as i32;
            if run > 0 {
                content.push_str(&format!("{} {} {run} 1 re\n", x + QUIET, side - QUIET - y - 1));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_painted_once() {
        let id: InstanceId = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ".parse().unwrap();
        let content = String::from_utf8(qr(&id).content).unwrap();
        let runs = content.lines().filter_map(|it| it.strip_suffix(" 1 re"));
        let painted: i32 = runs.map(|it| it.rsplit(' ').next().unwrap().parse::<i32>().unwrap()).sum();
        let code = QrCode::encode_text(id.as_str(), QrCodeEcc::Medium).unwrap();
        let all = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        assert_eq!(painted, all.filter(|(x, y)| code.get_module(*x, *y)).count() as i32);
    }
}
