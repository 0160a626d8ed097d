//! Template files, and the presses made of them when they are needed: those of a home's folder `templates`, one that the user named, or those that the
//! program brings along. A translation is laid over the template that it names, which stands in the same folder.

use std::collections::{BTreeMap, BTreeSet};
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

/// The templates of a home; of the program, where there is no home.
pub(crate) fn templates(home: &Path) -> anyhow::Result<BTreeMap<TemplateId, Shelved>> {
    Shelf::of_home(home)?.templates()
}

/// The template of one file.
pub(crate) fn template(file: &Path) -> anyhow::Result<Shelved> {
    Shelf::around(file)?.shelved(0)
}

/// What the blanks of these templates look like, with the correction forms among them that were issued.
pub(crate) fn pressed(
    shelved: BTreeMap<TemplateId, Shelved>,
    corrections: &BTreeSet<TemplateId>,
) -> anyhow::Result<Vec<(FormTemplate, BlankLook)>> {
    let correction = |id: &TemplateId| shelved.get(&id.corrects()?.0)?.correction(id.corrects()?.1);
    let corrections: Vec<Shelved> = corrections.iter().filter_map(correction).collect();
    let all: Vec<Shelved> = shelved.into_values().chain(corrections).collect();
    let made: Vec<_> = all.par_iter().map(|it| it.press().map(|press| press.look().clone())).collect();
    // The first one in the order of the files, whichever thread was first.
    all.into_iter().zip(made).map(|(it, look)| Ok((it.template, look?))).collect()
}

/// A template, and where what it is drawn with lies.
#[derive(Clone)]
pub(crate) struct Shelved {
    pub(crate) template: FormTemplate,
    /// Its file, for messages.
    pub(crate) shown: String,
    /// Its file's text.
    pub(crate) text: String,
    /// The folder that fonts and logos are relative to; `None`: the program brings them along.
    pub(crate) folder: Option<PathBuf>,
}

impl Shelved {
    /// Draws its pages.
    pub(crate) fn press(&self) -> anyhow::Result<Press> {
        let wrong = |error| WrongInput(format!("cannot draw the template {}: {error}", self.shown));
        Ok(Press::new(&self.template, &self.parts()?.files()).map_err(wrong)?)
    }

    /// Reads what it is drawn with.
    pub(crate) fn parts(&self) -> anyhow::Result<Parts> {
        let fonts = &self.template.fonts;
        Ok(Parts {
            regular: self.part("font", &fonts.regular)?,
            bold: self.part("font", &fonts.bold)?,
            fallbacks: fonts.fallbacks.iter().map(|it| self.part("font", it)).collect::<anyhow::Result<_>>()?,
            logo: self.template.provider.logo.as_ref().map(|it| self.part("logo", it)).transpose()?,
        })
    }

    /// The form that asks for a correction of this one in so many points; `None` where its language has no words for it.
    pub(crate) fn correction(&self, points: usize) -> Option<Self> {
        Some(Self { template: self.template.correction(points)?, ..self.clone() })
    }

    /// A file that the template names.
    pub(crate) fn part(&self, what: &str, name: &str) -> anyhow::Result<Vec<u8>> {
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

/// Fonts and logo of a template.
pub(crate) struct Parts {
    regular: Vec<u8>,
    bold: Vec<u8>,
    fallbacks: Vec<Vec<u8>>,
    logo: Option<Vec<u8>>,
}

impl Parts {
    /// The same, as a press takes them.
    pub(crate) fn files(&self) -> TemplateFiles<'_> {
        TemplateFiles {
            regular: &self.regular,
            bold: &self.bold,
            fallbacks: self.fallbacks.iter().map(Vec::as_slice).collect(),
            logo: self.logo.as_deref(),
        }
    }
}

/// Template files that stand together.
pub(crate) struct Shelf {
    files: Vec<TemplateFile>,
    /// The templates of those files that are no translations, by the places of the files.
    own: Vec<(usize, FormTemplate)>,
    folder: Option<PathBuf>,
}

struct TemplateFile {
    /// Its path, for messages.
    shown: String,
    text: String,
}

impl Shelf {
    pub(crate) fn shipped() -> Self {
        let is_template = |path: &str| path.ends_with(".toml");
        let files = TEMPLATES.iter().filter(|it| is_template(it.path)).map(|it| TemplateFile {
            shown: it.path.to_owned(),
            text: String::from_utf8(it.bytes.to_vec()).expect("our templates are UTF-8"),
        });
        Self::with(files.collect(), None)
    }

    pub(crate) fn of_home(home: &Path) -> anyhow::Result<Self> {
        let folder = home.join("templates");
        if folder.is_dir() { Self::of_folder(&folder) } else { Ok(Self::shipped()) }
    }

    pub(crate) fn of_folder(folder: &Path) -> anyhow::Result<Self> {
        let files = toml_files(folder)?.iter().map(|it| TemplateFile::read(it)).collect::<Result<_, _>>()?;
        Ok(Self::with(files, Some(folder.to_owned())))
    }

    /// A file that the user named, first, and where it is a translation those beside it.
    fn around(file: &Path) -> anyhow::Result<Self> {
        let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut files = vec![TemplateFile::read(file)?];
        if FormTemplate::translated_by(&files[0].text).is_some() {
            let others = toml_files(folder)?.into_iter().filter(|it| it.file_name() != file.file_name());
            files.extend(others.filter_map(|it| TemplateFile::read(&it).ok()));
        }
        Ok(Self::with(files, Some(folder.to_owned())))
    }

    fn with(files: Vec<TemplateFile>, folder: Option<PathBuf>) -> Self {
        let own = |it: &TemplateFile| FormTemplate::translated_by(&it.text).is_none();
        let parsed = files.iter().enumerate().filter(|(_, it)| own(it));
        let own = parsed.filter_map(|(at, it)| Some((at, FormTemplate::parse(&it.text).ok()?))).collect();
        Self { files, own, folder }
    }

    fn templates(&self) -> anyhow::Result<BTreeMap<TemplateId, Shelved>> {
        let is_translation = |at: &usize| FormTemplate::translated_by(&self.files[*at].text).is_some();
        let (translations, own): (Vec<usize>, Vec<usize>) = (0..self.files.len()).partition(is_translation);
        let mut templates = BTreeMap::new();
        // A template's own mistakes first, not that its translations miss it.
        for at in own.into_iter().chain(translations) {
            let shelved = self.shelved(at)?;
            if templates.contains_key(&shelved.template.id) {
                let twice = format!("{}: another file has the template {} already", shelved.shown, shelved.template.id);
                return Err(WrongInput(twice).into());
            }
            templates.insert(shelved.template.id.clone(), shelved);
        }
        Ok(templates)
    }

    /// The texts of its files, each with its place among them.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.files.iter().map(|it| it.text.as_str()).enumerate()
    }

    /// The template of a file, by its place.
    pub(crate) fn shelved(&self, at: usize) -> anyhow::Result<Shelved> {
        let TemplateFile { shown, text } = &self.files[at];
        let template = match FormTemplate::translated_by(text) {
            None => match self.own.iter().find(|(it, _)| *it == at) {
                Some((_, template)) => template.clone(),
                None => FormTemplate::parse(text).map_err(|it| WrongInput(format!("{shown}: {it}")))?,
            },
            Some(of) => {
                let base = self.own.iter().map(|(_, it)| it).find(|it| it.id.to_string() == of);
                let missing =
                    || WrongInput(format!("{shown}: it translates {of}, and no good file beside it has that template"));
                let translated = base.ok_or_else(missing)?.translate(text);
                translated.map_err(|it| WrongInput(format!("{shown}: {it}")))?
            }
        };
        Ok(Shelved { template, shown: shown.clone(), text: text.clone(), folder: self.folder.clone() })
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
