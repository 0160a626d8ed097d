//! The texts of a template in another language: a TOML file of its own, laid over the template. Boxes, rules and fillers stay what
//! they are, so that the reading side is the same for all languages.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::parse::{
    read_correction, read_date_format, read_email, read_id, read_language, read_page_number, read_phone, read_standing,
    read_toml,
};
use super::toml_table::TomlTable;
use super::{Arrangement, FormTemplate, Section, TemplateId, TemplateMistakes, TemplateSource};

impl FormTemplate {
    /// The template whose texts this file translates, as it names it; `None`: the file is a template of its own.
    pub fn translated_by(text: &str) -> Option<String> {
        TemplateSource::new(text).text_of(&["translates"])
    }

    /// This template with the texts of a translation, or everything that is wrong with those.
    ///
    /// Nothing may be left out: a form that is half in another language helps nobody.
    pub fn translate(&self, text: &str) -> Result<Self, TemplateMistakes> {
        read_toml(text, "the translation", |root| self.with_texts_of(root))
    }

    fn with_texts_of(&self, root: TomlTable<'_>) -> Self {
        let of = root.text("translates");
        if of != self.id.to_string() {
            root.mistake(
                root.at_key("translates"),
                format!("`translates` names {of:?}, the template is `{}`", self.id),
            );
        }
        let mut template = self.clone();
        template.id = read_id(&root);
        template.translates = Some(self.id.clone());
        if template.id.name == self.id.name {
            root.mistake(root.at_key("id"), "a translation has an `id` of its own, such as `authorized-user-es`");
        }
        template.standing = read_standing(&root).unwrap_or(self.standing);
        template.language = read_language(&root);
        template.correction = read_correction(&root, &template.language);
        template.date_format = read_date_format(&root);
        template.translate_head(&root);
        if let Some(sections) = root.table("section") {
            for section in &mut template.sections {
                translate_section(section, &sections);
            }
            sections.finish();
        }
        if let Some(value) = root.value("field") {
            template.translate_fields(value, &root);
        } else {
            root.mistake(root.at(), "the translation lacks `[field]`");
        }
        root.finish();
        template
    }

    /// Provider, fonts, title, introduction and foot.
    fn translate_head(&mut self, root: &TomlTable<'_>) {
        if let Some(table) = root.table_if_any("provider") {
            let provider = &mut self.provider;
            replace(&mut provider.name, table.text_if_any("name"));
            replace(&mut provider.tagline, table.text_if_any("tagline"));
            let has = |key| table.value(key).is_some();
            replace(&mut provider.support_email, has("support_email").then(|| read_email(&table, "support_email")));
            replace(&mut provider.support_phone, has("support_phone").then(|| read_phone(&table, "support_phone")));
            provider.logo = table.text_if_any("logo").or(provider.logo.take());
            table.finish();
        }
        if let Some(table) = root.table_if_any("fonts") {
            replace(&mut self.fonts.regular, table.text_if_any("regular"));
            replace(&mut self.fonts.bold, table.text_if_any("bold"));
            if table.value("fallbacks").is_some() {
                self.fonts.fallbacks = table.texts("fallbacks");
            }
            table.finish();
        }
        if let Some(table) = root.table("texts") {
            self.texts.title = table.text("title");
            self.texts.intro = table.text("intro");
            translate_text(&mut self.texts.footer, &table, "footer");
            let page = read_page_number(&table);
            if page.is_none() {
                table.mistake(table.at(), "[texts] lacks `page`");
            }
            replace(&mut self.texts.page, page);
            table.finish();
        }
    }

    fn translate_fields(&mut self, value: &Spanned<DeValue<'_>>, root: &TomlTable<'_>) {
        let mut given = BTreeMap::new();
        match value.get_ref().as_table() {
            Some(table) => gather(table, "", &mut given),
            None => root.mistake(value.span().start, "`field` must be a table"),
        }
        let of = TemplateId::to_string(&self.id);
        for section in &mut self.sections {
            let prefix = match &section.arrangement {
                Arrangement::Table { prefix, .. } => format!("{prefix}."),
                _ => String::new(),
            };
            for field in &mut section.fields {
                let name = format!("{prefix}{}", field.name);
                let Some((at, table)) = given.remove(&name) else {
                    root.mistake(root.at(), format!("the translation lacks `field.{name}`"));
                    continue;
                };
                let table = root.inner(table, format!("`{name}`"), at);
                field.label = table.text("label");
                translate_text(&mut field.hint, &table, "hint");
                table.finish();
            }
        }
        for (name, (at, _)) in given {
            root.mistake(at, format!("`{name}` is no field of {of}"));
        }
    }
}

fn replace(text: &mut String, by: Option<String>) {
    if let Some(by) = by {
        *text = by;
    }
}

/// A text that must be translated where there is one, and not be there where there is none.
fn translate_text(text: &mut String, table: &TomlTable<'_>, key: &str) {
    if !text.is_empty() {
        *text = table.text(key);
    } else if table.value(key).is_some() {
        table.mistake(table.at_key(key), format!("`{key}`: the template has none here"));
    }
}

fn translate_section(section: &mut Section, sections: &TomlTable<'_>) {
    if section.title.is_empty() && section.text.is_empty() {
        return;
    }
    if let Some(table) = sections.table(&section.name) {
        translate_text(&mut section.title, &table, "title");
        translate_text(&mut section.text, &table, "text");
        table.finish();
    }
}

type Given<'t> = BTreeMap<String, (usize, &'t DeTable<'t>)>;

/// The tables that hold a label, by their names with dots.
fn gather<'t>(table: &'t DeTable<'t>, above: &str, into: &mut Given<'t>) {
    for (key, value) in table {
        let name = if above.is_empty() { key.get_ref().to_string() } else { format!("{above}.{}", key.get_ref()) };
        match value.get_ref().as_table() {
            Some(inner) if inner.values().any(|it| it.get_ref().as_table().is_some()) => gather(inner, &name, into),
            Some(inner) => {
                into.insert(name, (value.span().start, inner));
            }
            None => {
                into.insert(name, (value.span().start, table));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date_format::DateFormat;
    use crate::template::Standing;

    const SHIPPED: &str = include_str!("../../../../templates/authorized-user.toml");
    const SPANISH: &str = include_str!("../../../../templates/authorized-user.es.toml");

    fn shipped() -> FormTemplate {
        FormTemplate::parse(SHIPPED).unwrap()
    }

    /// The Spanish texts with `from` replaced must have a mistake that says `expected`.
    fn check(from: &str, to: &str, expected: &str) {
        assert!(SPANISH.contains(from), "{from:?} stands in the translation");
        let error = shipped().translate(&SPANISH.replacen(from, to, 1)).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn a_translation_changes_words_alone() {
        let (base, spanish) = (shipped(), shipped().translate(SPANISH).unwrap());
        assert_eq!(spanish.id.to_string(), "authorized-user-es/1");
        assert_ne!((&base.texts.title, &base.sections[1].text), (&spanish.texts.title, &spanish.sections[1].text));
        assert_eq!((spanish.translates.as_ref(), spanish.date_format), (Some(&base.id), DateFormat::DayMonthYear));
        for (one, other) in base.fields().iter().zip(spanish.fields()) {
            let words = |it: &super::super::FieldSpec| super::super::FieldSpec {
                label: String::new(),
                hint: String::new(),
                ..it.clone()
            };
            assert_eq!((&one.name, words(one.spec)), (&other.name, words(other.spec)));
        }
        assert_eq!(FormTemplate::translated_by(SPANISH).as_deref(), Some("authorized-user/1"));
        assert_eq!(FormTemplate::translated_by(SHIPPED), None);
    }

    #[test]
    fn a_translation_stands_as_its_template_does() {
        let retired = FormTemplate::parse(&SHIPPED.replacen("\"current\"", "\"retired\"", 1)).unwrap();
        assert_eq!(retired.translate(SPANISH).unwrap().standing, Standing::Retired);
        let own = format!("standing = \"current\"\n{SPANISH}");
        assert_eq!(retired.translate(&own).unwrap().standing, Standing::Current);
    }

    #[test]
    fn what_is_missing_or_too_much_is_told() {
        check(
            "translates = \"authorized-user/1\"",
            "translates = \"authorized-user/2\"",
            "the template is `authorized-user/1`",
        );
        check("id = \"authorized-user-es\"", "id = \"authorized-user\"", "an `id` of its own");
        check("signer.email = ", "signer.emial = ", "the translation lacks `field.signer.email`");
        check("signer.email = ", "signer.emial = ", "`signer.emial` is no field of");
        check("[section.signer]", "[section.singer]", "[section] lacks `signer`");
        check("page = \"", "pgae = \"", "[texts] lacks `page`");
        check("{pages}", "", "where the numbers stand");
    }
}
