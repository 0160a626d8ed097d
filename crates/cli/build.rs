//! Lists the returned forms of `samples/`, so that the program carries them along for its demo.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/returned");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries.map(|it| it.expect("the folder can be listed").path()).collect(),
        Err(error) => panic!("cannot list {}: {error}", folder.display()),
    };
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.file_name().and_then(|it| it.to_str()).expect("names of samples are plain");
        let path = file.canonicalize().expect("a listed file exists");
        let path = path.to_str().expect("the path is UTF-8");
        writeln!(table, "Shipped {{ path: {name:?}, bytes: include_bytes!({path:?}) }},").expect("a string takes all");
    }
    table.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    std::fs::write(out.join("returned.rs"), table).expect("OUT_DIR can be written");
}
