//! Gathers what fuzzing starts from: honest forms of ours, the samples, the shipped templates and messages, into `fuzz/seeds/`. None of
//! it is kept in the repository twice.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use countersign_tests::{honest_forms, measure};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let seeds = root.join("fuzz/seeds");
    let folder = |name: &str| fs::create_dir_all(seeds.join(name)).map(|()| seeds.join(name));
    let (structure, reader, template, policy) =
        (folder("structure")?, folder("reader")?, folder("template")?, folder("policy")?);
    let press = measure::press();
    fs::write(seeds.join("look.json"), serde_json::to_vec(press.look())?)?;
    for form in honest_forms(&press).forms {
        let name = format!("honest-{}.pdf", form.name.replace([',', ' '], "-"));
        fs::write(structure.join(&name), &form.bytes)?;
        fs::write(reader.join(&name), &form.bytes)?;
        for folder in [&structure, &reader] {
            fs::write(folder.join(format!("small-{name}")), without_fonts(&form.bytes))?;
        }
    }
    copy(&root.join("samples/returned"), "pdf", &[&structure, &reader])?;
    copy(&root.join("crates/ingest/tests/regressions"), "pdf", &[&structure, &reader])?;
    copy(&root.join("templates"), "toml", &[&template])?;
    fs::copy(root.join("crates/cli/src/policy.toml"), policy.join("policy.toml"))?;
    let (message, approval, mbox) = (folder("message")?, folder("approval")?, folder("mbox")?);
    copy(&root.join("crates/mail/tests/messages"), "eml", &[&message])?;
    copy(&root.join("crates/mail/tests/letters"), "txt", &[&approval])?;
    copy(&root.join("samples/mailbox"), "mbox", &[&mbox])?;
    Ok(())
}

/// The form without the data of its fonts, which is of no use to fuzzing: half of it is left, and tried twice as often.
fn without_fonts(form: &[u8]) -> Vec<u8> {
    let mut document = lopdf::Document::load_mem(form).expect("lopdf reads our forms");
    for object in document.objects.values_mut() {
        if let Ok(stream) = object.as_stream_mut()
            && stream.dict.has(b"Length1")
        {
            stream.set_content(Vec::new());
        }
    }
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saving into memory does not fail");
    bytes
}

/// Copies the files of one kind, if the folder is there.
fn copy(from: &Path, extension: &str, to: &[&PathBuf]) -> io::Result<()> {
    let files = fs::read_dir(from).into_iter().flatten().filter_map(Result::ok).map(|it| it.path());
    for file in files.filter(|it| it.extension().is_some_and(|it| it == extension)) {
        for folder in to {
            fs::copy(&file, folder.join(file.file_name().expect("a file in a folder has a name")))?;
        }
    }
    Ok(())
}
