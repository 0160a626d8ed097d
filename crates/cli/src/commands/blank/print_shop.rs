//! All blanks of a folder as one file for a print shop: a ZIP archive of the PDFs, or one PDF of all pages. Both are made from what
//! the folder holds, under another name until they are whole, so that a cut-off leaves nothing that looks finished.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use countersign_forms::PrintRun;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::edition::Editions;
use super::outbox::{MANIFEST, Made, rows};
use crate::args::BlankArgs;
use crate::exit::WrongInput;
use crate::progress;
use crate::terminal::{GOOD, count, say, styled};

/// Refuses, before anything is made, what could not be delivered in the end.
pub(super) fn check(args: &BlankArgs) -> anyhow::Result<()> {
    for file in [&args.zip, &args.merge].into_iter().flatten() {
        if file.exists() {
            bail!(WrongInput(format!("{} is there already: choose another name, or remove it", file.display())));
        }
    }
    Ok(())
}

/// Makes the files that were asked for, of a folder that holds so many forms.
pub(super) fn deliver(folder: &Path, held: u64, editions: &mut Editions, args: &BlankArgs) -> anyhow::Result<()> {
    if let Some(file) = &args.zip {
        let packed = written(file, |out| pack(folder, held, out))?;
        say(&format!("{} {} in {}", styled(GOOD, "packed"), count(packed, "form"), file.display()));
    }
    if let Some(file) = &args.merge {
        let merged = written(file, |out| merge(folder, held, editions, out))?;
        say(&format!("{} {} for printing in {}", styled(GOOD, "merged"), count(merged, "form"), file.display()));
    }
    Ok(())
}

/// Writes a file beside its name, and gives it its name when it is whole.
fn written(file: &Path, write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<u64>) -> anyhow::Result<u64> {
    let beside = PathBuf::from(format!("{}.part", file.display()));
    let writing = || format!("cannot write {}", file.display());
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside);
    let mut out = BufWriter::with_capacity(1 << 20, opened.with_context(writing)?);
    let done = write(&mut out).and_then(|done| {
        out.flush().and_then(|()| out.get_ref().sync_all()).with_context(writing)?;
        give_name(&beside, file).with_context(writing)?;
        Ok(done)
    });
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound && done.is_ok() => {
            Err(error).with_context(|| format!("cannot remove {}", beside.display()))
        }
        _ => done,
    }
}

/// Never over another file; on a stick whose file system knows no second names, by moving it after a look.
fn give_name(beside: &Path, file: &Path) -> std::io::Result<()> {
    match fs::hard_link(beside, file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists && !file.exists() => fs::rename(beside, file),
        linked => linked,
    }
}

/// Every blank as it is, and the list. PDFs are packed already.
fn pack(folder: &Path, held: u64, out: &mut BufWriter<File>) -> anyhow::Result<u64> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o600);
    let mut archive = ZipWriter::new(out);
    let mut add = |name: &str| -> anyhow::Result<()> {
        let path = folder.join(name);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        archive.start_file(name, options).and_then(|()| archive.write_all(&bytes).map_err(Into::into))?;
        Ok(())
    };
    let mut packed = 0;
    let bar = progress::bar(held, "packing forms");
    for row in rows(folder)? {
        add(&row?.file)?;
        packed += 1;
        bar.inc(1);
    }
    add(MANIFEST)?;
    archive.finish()?;
    bar.finish_and_clear();
    Ok(packed)
}

/// The pages of every blank in the order of the list.
fn merge(folder: &Path, held: u64, editions: &mut Editions, out: &mut BufWriter<File>) -> anyhow::Result<u64> {
    if let Some(first) = rows(folder)?.next() {
        editions.ready(&BTreeSet::from([first?.template()]))?;
    }
    let mut run: Option<(&super::Edition, PrintRun<'_>)> = None;
    let mut merged = 0;
    let bar = progress::bar(held, "merging forms");
    let mut last = String::new();
    for row in rows(folder)? {
        let row: Made = row?;
        let name = row.template();
        let Some(edition) = editions.named(&name) else {
            bail!(WrongInput(format!("the folder also holds forms of {name}: merge a folder of one form")));
        };
        if let Some((of, _)) = run.as_ref().filter(|(of, _)| of.template.id != name) {
            let both = format!(
                "the folder holds forms of {} and of {name}: one PDF takes one language; use --zip",
                of.template.id
            );
            bail!(WrongInput(both));
        }
        let (_, run) = run.get_or_insert_with(|| (edition, PrintRun::begin(edition.press())));
        let pages = run.add(&row.prefill()?).with_context(|| format!("cannot draw {}", row.file))?;
        out.write_all(&pages).context("cannot write the pages")?;
        last.clone_from(&row.file);
        merged += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let Some((_, run)) = run else { bail!(WrongInput("there is no form to print".to_owned())) };
    out.write_all(&run.finish(&format!("{merged} {last}"))).context("cannot write the pages")?;
    Ok(merged)
}
