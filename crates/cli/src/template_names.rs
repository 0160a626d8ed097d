//! Which template a name means, that the user typed; and what a template's copy needs besides.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use countersign_core::template::{FormTemplate, TemplateId, TemplateSource};

use crate::exit::WrongInput;
use crate::shipped::TEMPLATES;
use crate::template_files::{Shelf, Shelved, template};

/// The template that the user named: by its file, or as `id/version` or `id` (its newest version) among those of the home, or
/// without a home among those that the program brings along.
pub(crate) fn find(home: &Path, name: &str) -> anyhow::Result<Shelved> {
    let path = Path::new(name);
    if path.extension().is_some_and(|it| it == "toml") || path.is_file() {
        return template(path);
    }
    let shelf = Shelf::of_home(home)?;
    let mut ids: Vec<(TemplateId, usize)> =
        shelf.texts().filter_map(|(at, text)| Some((TemplateSource::new(text).id()?, at))).collect();
    ids.sort();
    let is_it = |(id, _): &&(TemplateId, usize)| id.name == name || id.to_string() == name;
    let known = || ids.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(", ");
    let missing = || WrongInput(format!("{name} is no file and no template here; there are {}", known()));
    let (_, at) = ids.iter().rfind(is_it).ok_or_else(missing)?;
    shelf.shelved(*at)
}

/// The template that the program brings along.
pub(crate) fn shipped() -> Shelved {
    let shelf = Shelf::shipped();
    let own = shelf.texts().find(|(_, text)| FormTemplate::translated_by(text).is_none());
    let (at, _) = own.expect("one of our templates is no translation");
    shelf.shelved(at).expect("our template is good")
}

/// The names of the templates in a folder, as their files say them.
pub(crate) fn names_in(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let shelf = Shelf::of_folder(folder)?;
    Ok(shelf.texts().filter_map(|(_, text)| TemplateSource::new(text).text_of(&["id"])).collect())
}

/// The licences beside a font of a template: files whose name begins with LICENSE or OFL. They travel with it. Relative as the font is.
pub(crate) fn licences(of: &Shelved, font: &str) -> Vec<String> {
    let above = font.rfind('/').map_or("", |at| &font[..=at]);
    let mut names: Vec<String> = match &of.folder {
        None => {
            let beside = |path: &'static str| path.strip_prefix("templates/")?.strip_prefix(above);
            TEMPLATES.iter().filter_map(|it| beside(it.path)).map(str::to_owned).collect()
        }
        Some(folder) => {
            let entries = fs::read_dir(folder.join(above)).into_iter().flatten().filter_map(Result::ok);
            entries.filter_map(|it| it.file_name().into_string().ok()).collect()
        }
    };
    names.retain(|it| it.starts_with("LICENSE") || it.starts_with("OFL"));
    names.sort();
    names.into_iter().map(|it| format!("{above}{it}")).collect()
}
