//! `template new`: a form of one's own to begin with, copied from another one with all that it needs.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use countersign_core::template::{FormTemplate, NewValue, TemplateId, TemplateSource};

use super::check::tell_warnings;
use crate::args::TemplateNewArgs;
use crate::exit::{Exit, WrongInput};
use crate::home::HomeError;
use crate::template_files::{Shelved, template};
use crate::template_names::{find, licences, names_in, shipped};
use crate::terminal::{GOOD, say, styled};

/// What stands for a provider who has not said yet who they are: each key with its stand-in.
const STAND_INS: [(&str, &str); 3] =
    [("name", "Your Company"), ("support_email", "forms@your-company.example"), ("support_phone", "+1 555 0100 000")];
/// How those are marked, and what was copied from a provider who had said so.
const TO_FILL_IN: &str = "TO FILL IN";
const TO_CHECK: &str = "TO CHECK";

pub(super) fn run(home: &Path, args: &TemplateNewArgs) -> anyhow::Result<Exit> {
    let id = &args.id;
    if !TemplateId::is_name(id) {
        bail!(WrongInput(format!("{id:?} is no id of a template: 1 to 40 of a-z, 0-9 and `-`")));
    }
    let source = args.from.as_ref().map_or_else(|| Ok(shipped()), |from| find(home, from))?;
    if let Some(of) = &source.template.translates {
        bail!(WrongInput(format!("{} is a translation of {of}: begin with that one", source.shown)));
    }
    source.press()?;
    let folder = folder(home, args)?;
    refuse_taken(id, home, &folder)?;
    let copied = Copied::of(&source, &shipped().template, id);
    let file = folder.join(format!("{id}.toml"));
    let taken = || WrongInput(format!("{} is there already, and is not written over", file.display()));
    if file.exists() {
        bail!(taken());
    }
    // The template comes last: one that lacks its fonts would stop all work in its home.
    let (mut came, mut kept) = (Vec::new(), Vec::new());
    for (from, to) in &copied.parts {
        let bytes = source.part("part", from)?;
        match put_new(&folder.join(to), &bytes)? {
            Put::Written => came.push(to.as_str()),
            Put::ThereAlready => {}
            Put::OtherThere => kept.push(to.as_str()),
        }
    }
    if put_new(&file, copied.text.as_bytes())? != Put::Written {
        bail!(taken());
    }
    tell(&file, &source, &came, &kept)
}

fn tell(file: &Path, source: &Shelved, came: &[&str], kept: &[&str]) -> anyhow::Result<Exit> {
    let shown = file.display();
    say(&format!("{} {shown} from {}", styled(GOOD, "made"), source.template.id));
    if !came.is_empty() {
        say(&format!("     with it: {}", came.join(", ")));
    }
    for name in kept {
        say(&format!("     {name} was there, is another file than that of {}, and was kept", source.shown));
    }
    let found = template(file)?;
    found.press()?;
    tell_warnings(&found);
    say("Next: change it, then");
    say(&format!("  countersign template check {shown}"));
    say(&format!("  countersign template preview {shown} --filled"));
    Ok(Exit::Done)
}

/// The keys of `[provider]` that still say what `template new` wrote.
pub(super) fn stand_ins(template: &FormTemplate) -> Vec<&'static str> {
    let provider = &template.provider;
    let values = [&provider.name, &provider.support_email, &provider.support_phone];
    STAND_INS.iter().zip(values).filter(|((_, it), value)| it == value).map(|((key, _), _)| *key).collect()
}

fn folder(home: &Path, args: &TemplateNewArgs) -> anyhow::Result<PathBuf> {
    match &args.output {
        Some(folder) => {
            fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
            Ok(folder.clone())
        }
        None if home.join("templates").is_dir() => Ok(home.join("templates")),
        None => Err(HomeError::Missing { home: home.to_owned(), missing: "templates" }.into()),
    }
}

/// An id that a form of the folder, of the home or of the program has is not to be had again.
fn refuse_taken(id: &str, home: &Path, folder: &Path) -> anyhow::Result<()> {
    let of_home = home.join("templates");
    let mut taken = names_in(folder)?;
    if of_home.is_dir() {
        taken.extend(names_in(&of_home)?);
    }
    taken.insert(shipped().template.id.name);
    if taken.contains(id) {
        let hint = "another version of it is a copy of its file with a higher `version`";
        bail!(WrongInput(format!("there is a template {id} already: choose another id; {hint}")));
    }
    Ok(())
}

/// A copy of a template under another id.
struct Copied {
    text: String,
    /// The files that it names: where each is for the source, and where it goes.
    parts: Vec<(String, String)>,
}

impl Copied {
    fn of(source: &Shelved, example: &FormTemplate, id: &str) -> Self {
        let template = &source.template;
        let has = |keys: &[&str]| TemplateSource::new(&source.text).line_of(keys).is_some();
        let mut parts = BTreeSet::new();
        let mut goes = |name: &str, folder: &str| {
            let to = inside(name, folder);
            parts.insert((name.to_owned(), to.clone()));
            to
        };
        let change = |keys, toml: String| NewValue { keys, toml, note: None };
        let mut changes = vec![change(&["id"], quoted(id)), change(&["version"], "1".to_owned())];
        if has(&["standing"]) {
            changes.push(change(&["standing"], quoted("current")));
        }
        let fonts = &template.fonts;
        changes.push(change(&["fonts", "regular"], quoted(&goes(&fonts.regular, "fonts/"))));
        changes.push(change(&["fonts", "bold"], quoted(&goes(&fonts.bold, "fonts/"))));
        if has(&["fonts", "fallbacks"]) {
            let names: Vec<String> = fonts.fallbacks.iter().map(|it| quoted(&goes(it, "fonts/"))).collect();
            changes.push(change(&["fonts", "fallbacks"], format!("[{}]", names.join(", "))));
        }
        // Another provider's name and address on one's own form would send customers to strangers.
        let is_example = template.provider == example.provider;
        let note = if is_example { TO_FILL_IN } else { TO_CHECK };
        let marked = |keys, toml: String| NewValue { keys, toml, note: Some(note) };
        if let Some(logo) = &template.provider.logo {
            changes.push(marked(&["provider", "logo"], quoted(&goes(logo, ""))));
        }
        if has(&["provider", "tagline"]) {
            changes.push(marked(&["provider", "tagline"], quoted(&template.provider.tagline)));
        }
        let own = [&template.provider.name, &template.provider.support_email, &template.provider.support_phone];
        let keys: [&[&str]; 3] =
            [&["provider", "name"], &["provider", "support_email"], &["provider", "support_phone"]];
        for ((keys, own), (_, stand_in)) in keys.into_iter().zip(own).zip(STAND_INS) {
            changes.push(marked(keys, quoted(if is_example { stand_in } else { own })));
        }
        let text = TemplateSource::new(&source.text).with(&changes).expect("a template has what its check insists on");
        let fonts: Vec<String> = parts.iter().map(|(from, _)| from.clone()).collect();
        for font in fonts.iter().filter(|it| template.provider.logo.as_ref() != Some(it)) {
            for licence in licences(source, font) {
                parts.insert((licence.clone(), inside(&licence, "fonts/")));
            }
        }
        Self { text: headed(&text, template, id, note), parts: parts.into_iter().collect() }
    }
}

/// The text with words about what is still to do: at its top, and over the provider.
fn headed(text: &str, from: &FormTemplate, id: &str, note: &str) -> String {
    let what = if note == TO_FILL_IN { "who you are" } else { "whether this is still so" };
    let over = format!(
        "# {note}: {what}. Customers read all of this section, and mail their forms to its address.\n[provider]"
    );
    let text = text.replacen("\n[provider]", &format!("\n{over}"), 1);
    let begun = format!("# Begun with `countersign template new {id}` from {}", from.id);
    format!("{begun}; what is marked {note} is yours to say.\n#\n{text}")
}

/// Where a file goes that a template names: to the same place, unless that is outside of its folder.
fn inside(name: &str, folder: &str) -> String {
    let is_outside = Path::new(name).is_absolute() || name.split('/').any(|it| it == "..");
    match name.rsplit('/').next() {
        Some(last) if is_outside => format!("{folder}{last}"),
        _ => name.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What became of a file that was to be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Put {
    Written,
    ThereAlready,
    OtherThere,
}

/// Writes a file where there is none.
fn put_new(path: &Path, bytes: &[u8]) -> anyhow::Result<Put> {
    let writing = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(writing)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            file.write_all(bytes).and_then(|()| file.sync_all()).with_context(writing)?;
            Ok(Put::Written)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let is_same = fs::read(path).is_ok_and(|it| it == bytes);
            Ok(if is_same { Put::ThereAlready } else { Put::OtherThere })
        }
        Err(error) => Err(error).with_context(writing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_a_good_template_with_all_comments() {
        let source = shipped();
        let copied = Copied::of(&source, &source.template, "mine");
        let template = FormTemplate::parse(&copied.text).unwrap();
        assert_eq!(template.id.to_string(), "mine/1");
        assert_eq!(stand_ins(&template), ["name", "support_email", "support_phone"]);
        assert_eq!(template.sections, source.template.sections);
        let comments = |text: &str| text.matches('#').count();
        // Two lines at the top, one over the provider, five marks.
        assert_eq!(comments(&copied.text), comments(&source.text) + 8);
        let names: Vec<&str> = copied.parts.iter().map(|(_, to)| to.as_str()).collect();
        assert!(names.contains(&"fonts/OpenSans-Bold.ttf") && names.contains(&"fonts/LICENSE.txt"), "{names:?}");
    }

    #[test]
    fn a_provider_who_said_who_they_are_is_kept() {
        let mut source = shipped();
        source.text =
            source.text.replace("Northwind Hosting", "Fernhill \\\"Telecom\\\"").replace("version = 1", "version = 7");
        source.text = source.text.replace("\"current\" ", "\"retired\" ").replace("\"fonts/Open", "\"../fonts/Open");
        source.template = FormTemplate::parse(&source.text).unwrap();
        let copied = Copied::of(&source, &shipped().template, "mine");
        let template = FormTemplate::parse(&copied.text).unwrap();
        assert_eq!(template.provider.name, "Fernhill \"Telecom\"");
        assert_eq!((template.id.version, template.standing), (1, countersign_core::template::Standing::Current));
        assert_eq!(template.fonts.bold, "fonts/OpenSans-Bold.ttf");
        let bold = ("../fonts/OpenSans-Bold.ttf".to_owned(), "fonts/OpenSans-Bold.ttf".to_owned());
        assert!(copied.parts.contains(&bold), "{:?}", copied.parts);
        assert_eq!(stand_ins(&template), [""; 0]);
        assert!(
            copied.text.contains("\"Fernhill \\\"Telecom\\\"\" # TO CHECK") || copied.text.contains("' # TO CHECK")
        );
        assert!(!copied.text.contains(TO_FILL_IN));
    }

    #[test]
    fn no_file_goes_outside_of_its_folder() {
        for (name, expected) in [
            ("fonts/a.ttf", "fonts/a.ttf"),
            ("a.ttf", "a.ttf"),
            ("../fonts/a.ttf", "fonts/a.ttf"),
            ("/etc/a.ttf", "fonts/a.ttf"),
            ("x/../../a.ttf", "fonts/a.ttf"),
        ] {
            assert_eq!(inside(name, "fonts/"), expected);
        }
    }
}
