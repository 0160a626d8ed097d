//! The editions of a form that may be made: its newest current version, in each of its languages.

use std::collections::BTreeSet;

use countersign_core::template::{FormTemplate, Standing, TemplateId};
use countersign_forms::Press;
use rayon::prelude::*;

use crate::args::BlankArgs;
use crate::exit::WrongInput;
use crate::home::Home;
use crate::template_files::Shelved;

/// A template, and its press once a form of it is made.
pub(super) struct Edition {
    pub(super) template: FormTemplate,
    shelved: Shelved,
    press: Option<Press>,
}

/// The editions of one form.
pub(super) struct Editions {
    pub(super) all: Vec<Edition>,
    /// The one that is made where no language is asked for.
    pub(super) usual: usize,
}

impl Edition {
    /// What makes its forms.
    pub(super) fn press(&self) -> &Press {
        self.press.as_ref().expect("an edition is made ready before its forms are made")
    }
}

impl Editions {
    /// The editions of the form that is wanted, and which of them is the usual one.
    pub(super) fn of(home: &Home, args: &BlankArgs) -> anyhow::Result<Self> {
        let name = args.template.as_ref().unwrap_or(&home.configuration.template);
        let shelved = home.shelved()?;
        let known: Vec<String> = shelved.keys().map(TemplateId::to_string).collect();
        let is_of_form =
            |it: &FormTemplate| it.id.name == *name || it.translates.as_ref().is_some_and(|of| of.name == *name);
        let all: Vec<Edition> = shelved
            .into_values()
            .map(|shelved| Edition { template: shelved.template.clone(), shelved, press: None })
            .filter(|it| is_of_form(&it.template) && it.template.standing == Standing::Current)
            .collect();
        let missing =
            || WrongInput(format!("no current version of the template `{name}`; the home has {}", known.join(", ")));
        // Templates are in the order of their versions: the newest is the last one.
        let usual = all.iter().rposition(|it| it.template.id.name == *name).ok_or_else(missing)?;
        let mut editions = Self { all, usual };
        if let Some(language) = &args.language {
            editions.usual =
                editions.in_language(language).map_err(|what| WrongInput(format!("--language: {what}")))?;
        }
        Ok(editions)
    }

    /// Has the pages of these editions drawn, before forms of them are made.
    pub(super) fn ready(&mut self, wanted: &BTreeSet<TemplateId>) -> anyhow::Result<()> {
        let open: Vec<&mut Edition> =
            self.all.iter_mut().filter(|it| it.press.is_none() && wanted.contains(&it.template.id)).collect();
        let make = |edition: &mut Edition| -> anyhow::Result<()> {
            edition.press = Some(edition.shelved.press()?);
            Ok(())
        };
        let made: Vec<_> = open.into_par_iter().map(make).collect();
        // The first one in the order of the editions, whichever thread was first.
        made.into_iter().collect()
    }

    /// The edition in a language: the one with this very tag, else one of the same language elsewhere (`es` for `es-MX`); the usual
    /// one for no language.
    pub(super) fn in_language(&self, tag: &str) -> Result<usize, String> {
        let tag = tag.trim();
        if tag.is_empty() {
            return Ok(self.usual);
        }
        let language = |it: &str| it.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let exact = |it: &Edition| it.template.language.eq_ignore_ascii_case(tag);
        let alike = |it: &Edition| language(&it.template.language) == language(tag);
        self.all.iter().rposition(exact).or_else(|| self.all.iter().rposition(alike)).ok_or_else(|| {
            let mut known: Vec<&str> = self.all.iter().map(|it| it.template.language.as_str()).collect();
            known.sort_unstable();
            known.dedup();
            format!("the form is not made in this language; it is in {}", known.join(", "))
        })
    }

    /// The edition that a blank was made from.
    pub(super) fn named(&self, template: &TemplateId) -> Option<&Edition> {
        self.all.iter().find(|it| it.template.id == *template)
    }
}
