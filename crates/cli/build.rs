//! Lists the files that the program carries along: the templates with their fonts, and the returned forms of `samples/` for its demo.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    table(&project.join("samples/returned"), "", "returned.rs");
    let templates = project.join("templates");
    let mut text = String::from("&[\n");
    rows(&templates, "templates/", &mut text);
    rows(&templates.join("fonts"), "templates/fonts/", &mut text);
    write_out("templates.rs", text);
}

fn table(folder: &Path, above: &str, name: &str) {
    let mut text = String::from("&[\n");
    rows(folder, above, &mut text);
    write_out(name, text);
}

/// A row for each file of a folder; folders in it are left out.
fn rows(folder: &Path, above: &str, table: &mut String) {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|it| it.expect("the folder can be listed").path()).collect(),
        Err(error) => panic!("cannot list {}: {error}", folder.display()),
    };
    files.retain(|it| it.is_file());
    files.sort();
    for file in files {
        let name = file.file_name().and_then(|it| it.to_str()).expect("our names are plain");
        let path = file.canonicalize().expect("a listed file exists");
        let (shown, path) = (format!("{above}{name}"), path.to_str().expect("the path is UTF-8"));
        writeln!(table, "Shipped {{ path: {shown:?}, bytes: include_bytes!({path:?}) }},").expect("a string takes all");
    }
}

fn write_out(name: &str, mut table: String) {
    table.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    std::fs::write(out.join(name), table).expect("OUT_DIR can be written");
}
