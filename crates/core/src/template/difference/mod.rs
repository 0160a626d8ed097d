//! What differs between two templates, in the words of a template, and what that means for forms that are out.
//!
//! `compare.rs` goes through both; the blanks' looks say what the TOML does not: where the boxes stand.

mod compare;

use std::fmt;

use serde::Serialize;

use super::{BlankLook, FormTemplate, TemplateId};

/// A template and what its blanks look like.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'a> {
    /// The template.
    pub template: &'a FormTemplate,
    /// Its untouched blank.
    pub look: &'a BlankLook,
}

/// What differs between two templates.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The one template.
    #[serde(serialize_with = "shown")]
    pub from: TemplateId,
    /// The other.
    #[serde(serialize_with = "shown")]
    pub to: TemplateId,
    /// What differs, in the order of a template file.
    pub changes: Vec<Change>,
    /// What that means for forms that are out.
    pub meaning: Meaning,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Where it stands in the file.
    #[serde(flatten)]
    pub part: Part,
    /// The key that has another value; or `added`, `removed`, `moved`, `files`, and how many `pages` there are.
    pub key: &'static str,
    /// What the one template has; `None`: nothing.
    pub before: Option<String>,
    /// What the other has.
    pub after: Option<String>,
    /// What it changes.
    pub reach: Reach,
}

/// A part of a template file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "part", content = "name", rename_all = "lowercase")]
pub enum Part {
    /// The top level.
    Template,
    /// A table such as `page`.
    Table(&'static str),
    /// A section, by its name.
    Section(String),
    /// A field, by its full name; in a table `N` stands for the rows.
    Field(String),
}

/// What a change changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The pages and boxes of a blank: what a returned form is compared with.
    Blank,
    /// How the values of a returned form are read.
    Reading,
    /// Neither: a version may take such a change while it is out.
    Office,
}

/// What a difference means for forms that are out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Nothing differs.
    Same,
    /// The same version, changed as a version may be.
    AllowedInVersion,
    /// The same version, and its blanks or their reading differ: a version that is out must not change.
    ForbiddenInVersion,
    /// Two versions of one form.
    Versions,
    /// Two versions of one form that need not be two.
    NeedlessVersion,
    /// One form in two languages.
    Translations,
    /// Two forms that have nothing to do with one another.
    OtherForms,
}

impl Difference {
    /// Compares two templates.
    pub fn between(from: Drawn<'_>, to: Drawn<'_>) -> Self {
        let changes = compare::changes(from, to);
        let meaning = meaning(from.template, to.template, &changes);
        Self { from: from.template.id.clone(), to: to.template.id.clone(), changes, meaning }
    }

    /// What it means, in sentences.
    pub fn says(&self) -> String {
        let Self { from, to, .. } = self;
        match self.meaning {
            Meaning::Same => format!("Nothing differs: forms of either are read by the file of {from}."),
            Meaning::AllowedInVersion => format!(
                "A version may take these changes while it is out: blanks of {from} look the same and are read the same. What is \
                 asked of returned forms follows the file that is in the folder when they come back."
            ),
            Meaning::ForbiddenInVersion => format!(
                "Both files say {from}, and their blanks are not the same or not read the same. A version that is out must not \
                 change: forms made from the one would come back as altered (FORM_TEXT_ALTERED, FORM_FIELDS_ALTERED), or be read \
                 wrongly, with the other in the folder. Raise `version` in the changed file and keep the other one beside it. Only \
                 if no blank of {from} was ever sent is nothing lost."
            ),
            Meaning::Versions => format!(
                "Forms made from {from} are read by {from}, as long as its file stays in the folder and its `standing` takes them. \
                 {to} must be a version of its own, and is: what differs changes its blanks or how they are read. `blank` makes the \
                 newest version that is current."
            ),
            Meaning::NeedlessVersion => format!(
                "Forms made from {from} are read by {from}, as long as its file stays in the folder and its `standing` takes them. \
                 {to} need not be a version of its own: nothing that differs changes its blanks or how they are read."
            ),
            Meaning::Translations => format!(
                "{from} and {to} are one form in two languages: the same questions under the same rules. A form of each is read by \
                 its own file, and both files stay in the folder."
            ),
            Meaning::OtherForms => {
                format!(
                    "{from} and {to} are two forms: a form of each is read by its own file, whatever becomes of the other."
                )
            }
        }
    }
}

fn meaning(from: &FormTemplate, to: &FormTemplate, changes: &[Change]) -> Meaning {
    let is_kept = changes.iter().all(|it| it.reach == Reach::Office);
    let base = |it: &FormTemplate| it.translates.clone().unwrap_or_else(|| it.id.clone());
    if from.id == to.id {
        return match changes {
            [] => Meaning::Same,
            _ if is_kept => Meaning::AllowedInVersion,
            _ => Meaning::ForbiddenInVersion,
        };
    }
    if from.id.name == to.id.name {
        return if is_kept { Meaning::NeedlessVersion } else { Meaning::Versions };
    }
    if base(from) == base(to) { Meaning::Translations } else { Meaning::OtherForms }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template => f.write_str("template"),
            Self::Table(name) => write!(f, "[{name}]"),
            Self::Section(name) => write!(f, "section {name}"),
            Self::Field(name) => f.write_str(name),
        }
    }
}

/// An id as people write it.
fn shown<S: serde::Serializer>(id: &TemplateId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
