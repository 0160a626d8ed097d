//! Template files and the presses made of them: those of a home's folder `templates`, one that the user named, or those that the
//! program brings along. A translation is laid over the template that it names, which stands in the same folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use countersign_core::template::{BlankLook, FormTemplate, TemplateId};
use countersign_forms::{Press, TemplateFiles};
use rayon::prelude::*;

use crate::exit::WrongInput;
use crate::home::open_plain;
use crate::shipped::TEMPLATES;

/// A template and the press that makes its blanks.
pub(crate) type Pressed = (FormTemplate, Press);

/// What the blanks of a home look like; without a home, those that the program brings along.
pub(crate) fn looks(home: &Path) -> anyhow::Result<Vec<BlankLook>> {
    let presses = if home.join("templates").is_dir() { presses(home)? } else { Shelf::shipped().presses()? };
    Ok(presses.into_values().map(|(_, press)| press.look().clone()).collect())
}

/// Every template of a home, each with its pages drawn.
pub(crate) fn presses(home: &Path) -> anyhow::Result<BTreeMap<TemplateId, Pressed>> {
    Shelf::of_folder(&home.join("templates"))?.presses()
}

/// One template with its pages drawn.
pub(crate) fn press(file: &Path) -> anyhow::Result<Pressed> {
    let shelf = Shelf::around(file)?;
    let template = shelf.template(&shelf.files[0])?;
    let press = shelf.press(&shelf.files[0], &template)?;
    Ok((template, press))
}

/// Template files that stand together.
struct Shelf {
    files: Vec<TemplateFile>,
    /// The folder that fonts and logos are relative to; `None`: the program brings them along.
    folder: Option<PathBuf>,
}

struct TemplateFile {
    /// Its path, for messages.
    shown: String,
    text: String,
}

impl Shelf {
    fn shipped() -> Self {
        let is_template = |path: &str| path.ends_with(".toml");
        let files = TEMPLATES.iter().filter(|it| is_template(it.path)).map(|it| TemplateFile {
            shown: it.path.to_owned(),
            text: String::from_utf8(it.bytes.to_vec()).expect("our templates are UTF-8"),
        });
        Self { files: files.collect(), folder: None }
    }

    fn of_folder(folder: &Path) -> anyhow::Result<Self> {
        let files = toml_files(folder)?.iter().map(|it| TemplateFile::read(it)).collect::<Result<_, _>>()?;
        Ok(Self { files, folder: Some(folder.to_owned()) })
    }

    /// A file that the user named, first, and where it is a translation those beside it.
    fn around(file: &Path) -> anyhow::Result<Self> {
        let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut files = vec![TemplateFile::read(file)?];
        if FormTemplate::translated_by(&files[0].text).is_some() {
            let others = toml_files(folder)?.into_iter().filter(|it| it.file_name() != file.file_name());
            files.extend(others.filter_map(|it| TemplateFile::read(&it).ok()));
        }
        Ok(Self { files, folder: Some(folder.to_owned()) })
    }

    fn presses(&self) -> anyhow::Result<BTreeMap<TemplateId, Pressed>> {
        // A template's own mistakes first, not that its translations miss it.
        for file in self.files.iter().filter(|it| FormTemplate::translated_by(&it.text).is_none()) {
            self.template(file)?;
        }
        let make = |file: &TemplateFile| -> anyhow::Result<Pressed> {
            let template = self.template(file)?;
            let press = self.press(file, &template)?;
            Ok((template, press))
        };
        let made: Vec<_> = self.files.par_iter().map(make).collect();
        // The first one in the order of the files, whichever thread was first.
        let made: Vec<Pressed> = made.into_iter().collect::<anyhow::Result<_>>()?;
        let mut presses = BTreeMap::new();
        for (file, (template, press)) in self.files.iter().zip(made) {
            if presses.contains_key(&template.id) {
                let twice = format!("{}: another file has the template {} already", file.shown, template.id);
                return Err(WrongInput(twice).into());
            }
            presses.insert(template.id.clone(), (template, press));
        }
        Ok(presses)
    }

    fn template(&self, file: &TemplateFile) -> anyhow::Result<FormTemplate> {
        let TemplateFile { shown, text } = file;
        let Some(of) = FormTemplate::translated_by(text) else {
            return Ok(FormTemplate::parse(text).map_err(|it| WrongInput(format!("{shown}: {it}")))?);
        };
        let others = self.files.iter().filter(|it| FormTemplate::translated_by(&it.text).is_none());
        let base = others.filter_map(|it| FormTemplate::parse(&it.text).ok()).find(|it| it.id.to_string() == of);
        let missing = || format!("{shown}: it translates {of}, and no good file beside it has that template");
        let base = base.ok_or_else(|| WrongInput(missing()))?;
        Ok(base.translate(text).map_err(|it| WrongInput(format!("{shown}: {it}")))?)
    }

    fn press(&self, file: &TemplateFile, template: &FormTemplate) -> anyhow::Result<Press> {
        let fonts = &template.fonts;
        let (regular, bold) = (self.part("font", &fonts.regular)?, self.part("font", &fonts.bold)?);
        let fallbacks = fonts.fallbacks.iter().map(|it| self.part("font", it)).collect::<anyhow::Result<Vec<_>>>()?;
        let logo = template.provider.logo.as_ref().map(|it| self.part("logo", it)).transpose()?;
        let files = TemplateFiles {
            regular: &regular,
            bold: &bold,
            fallbacks: fallbacks.iter().map(Vec::as_slice).collect(),
            logo: logo.as_deref(),
        };
        let wrong = |error| WrongInput(format!("cannot draw the template {}: {error}", file.shown));
        Ok(Press::new(template, &files).map_err(wrong)?)
    }

    /// A file that a template names.
    fn part(&self, what: &str, name: &str) -> anyhow::Result<Vec<u8>> {
        let Some(folder) = &self.folder else {
            let path = format!("templates/{name}");
            return Ok(TEMPLATES
                .iter()
                .find(|it| it.path == path)
                .expect("our templates name our files")
                .bytes
                .to_vec());
        };
        let path = folder.join(name);
        let mut bytes = Vec::new();
        let read = open_plain(&path)?.read_to_end(&mut bytes);
        read.map_err(|error| WrongInput(format!("cannot read the {what} {}: {error}", path.display())))?;
        Ok(bytes)
    }
}

impl TemplateFile {
    fn read(file: &Path) -> Result<Self, WrongInput> {
        let (shown, mut text) = (file.display().to_string(), String::new());
        let read = open_plain(file)?.read_to_string(&mut text);
        read.map_err(|error| WrongInput(format!("cannot read the template {shown}: {error}")))?;
        Ok(Self { shown, text })
    }
}

/// The template files of a folder, in the order of their names.
fn toml_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listing = || format!("cannot list the templates in {}", folder.display());
    let entries = fs::read_dir(folder).with_context(listing)?;
    let mut files: Vec<PathBuf> =
        entries.map(|it| it.map(|it| it.path())).collect::<Result<_, _>>().with_context(listing)?;
    files.retain(|it| it.extension().is_some_and(|it| it == "toml"));
    files.sort();
    Ok(files)
}
