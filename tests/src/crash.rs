//! A file on which a lenient reader dies.

use std::fmt::Write;

/// A PDF whose many cross-reference rows all lead to one stream of this text over and over: a lenient reader copies it for each
/// of them.
///
/// # Panics
/// Never: a string takes all that is written.
pub fn many_rows_to_one_stream(text: &str) -> Vec<u8> {
    const ROWS: usize = 15_000;
    let mut file = String::from("%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
    let pages = file.len();
    file.push_str("2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n");
    let stream = file.len();
    let data = text.repeat(400_000 / text.len());
    write!(file, "3 0 obj\n<</Length {}>>stream\n{data}\nendstream\nendobj\n", data.len()).expect("a string takes all");
    let table = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n0000000009 00000 n \n{pages:010} 00000 n \n", ROWS + 3)
        .expect("so here");
    for _ in 0..ROWS {
        writeln!(file, "{stream:010} 00000 n ").expect("and here");
    }
    write!(file, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n", ROWS + 3).expect("and here");
    file.into_bytes()
}
