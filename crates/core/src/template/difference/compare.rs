//! Two templates held against one another, from the top of the file to its end.

use std::fmt::Display;

use super::{Change, Drawn, Part, Reach};
use crate::template::{
    Arrangement, BlankLook, FieldLook, FieldSpec, FilledBy, FormTemplate, PageLook, PlacedField, Section, Standing,
};

/// Moves of less than this many points are nobody's wish.
const MOVED: f32 = 0.1;

/// What differs, in the order of the files.
pub(super) fn changes(from: Drawn<'_>, to: Drawn<'_>) -> Vec<Change> {
    let mut found = Found(Vec::new());
    found.head(from.template, to.template);
    found.value(&Part::Template, "pages", Reach::Blank, from.look.pages.len(), to.look.pages.len());
    found.looks(from.template, to.template);
    found.sections(&from.template.sections, &to.template.sections);
    found.fields(from, to);
    found.corrections(from.template, to.template);
    found.files(from.look, to.look);
    found.0
}

/// What was found to differ so far.
struct Found(Vec<Change>);

impl Found {
    fn add(&mut self, part: &Part, key: &'static str, reach: Reach, before: Option<String>, after: Option<String>) {
        self.0.push(Change { part: part.clone(), key, before, after, reach });
    }

    /// A value of a key, where it is not the same.
    fn value<T: Display + PartialEq>(&mut self, part: &Part, key: &'static str, reach: Reach, before: T, after: T) {
        if before != after {
            self.add(part, key, reach, Some(before.to_string()), Some(after.to_string()));
        }
    }

    /// Two words of a key, where they are not the same; nothing stands for an empty one.
    fn text(&mut self, part: &Part, key: &'static str, before: &str, after: &str) {
        let shown = |it: &str| Some(format!("{it:?}")).filter(|_| !it.is_empty());
        if before != after {
            self.add(part, key, Reach::Blank, shown(before), shown(after));
        }
    }

    fn head(&mut self, from: &FormTemplate, to: &FormTemplate) {
        let part = Part::Template;
        self.value(&part, "standing", Reach::Office, standing(from.standing), standing(to.standing));
        self.value(&part, "language", Reach::Blank, &from.language, &to.language);
        self.value(&part, "date_format", Reach::Reading, from.date_format, to.date_format);
        self.value(&part, "valid_days", Reach::Office, from.valid_days, to.valid_days);
    }

    /// Provider, page, colours, fonts and the words outside the sections.
    fn looks(&mut self, from: &FormTemplate, to: &FormTemplate) {
        let (part, one, two) = (Part::Table("provider"), &from.provider, &to.provider);
        self.text(&part, "name", &one.name, &two.name);
        self.text(&part, "tagline", &one.tagline, &two.tagline);
        self.text(&part, "logo", one.logo.as_deref().unwrap_or_default(), two.logo.as_deref().unwrap_or_default());
        self.text(&part, "support_email", &one.support_email, &two.support_email);
        self.text(&part, "support_phone", &one.support_phone, &two.support_phone);
        let (part, one, two) = (Part::Table("page"), &from.page, &to.page);
        for (key, before, after) in [
            ("width", one.width, two.width),
            ("height", one.height, two.height),
            ("margin", one.margin, two.margin),
            ("box_height", one.box_height, two.box_height),
            ("value_size", one.value_size, two.value_size),
        ] {
            self.value(&part, key, Reach::Blank, before, after);
        }
        let (part, one, two) = (Part::Table("colors"), &from.colors, &to.colors);
        for (key, before, after) in [
            ("ink", one.ink, two.ink),
            ("muted", one.muted, two.muted),
            ("accent", one.accent, two.accent),
            ("box_fill", one.box_fill, two.box_fill),
            ("box_line", one.box_line, two.box_line),
        ] {
            self.value(&part, key, Reach::Blank, before, after);
        }
        let (part, one, two) = (Part::Table("fonts"), &from.fonts, &to.fonts);
        self.text(&part, "regular", &one.regular, &two.regular);
        self.text(&part, "bold", &one.bold, &two.bold);
        self.text(&part, "fallbacks", &one.fallbacks.join(", "), &two.fallbacks.join(", "));
        let (part, one, two) = (Part::Table("texts"), &from.texts, &to.texts);
        self.text(&part, "title", &one.title, &two.title);
        self.text(&part, "intro", &one.intro, &two.intro);
        self.text(&part, "footer", &one.footer, &two.footer);
        self.text(&part, "page", &one.page, &two.page);
    }

    fn sections(&mut self, from: &[Section], to: &[Section]) {
        let find = |all: &'_ [Section], name: &str| all.iter().position(|it| it.name == name);
        let mut last = 0;
        for section in from {
            let part = Part::Section(section.name.clone());
            let Some(at) = find(to, &section.name) else {
                self.add(&part, "removed", Reach::Blank, Some(arrangement(section)), None);
                continue;
            };
            if at < last {
                self.add(&part, "moved", Reach::Blank, None, Some(place_among(to, at)));
            }
            last = last.max(at);
            self.text(&part, "title", &section.title, &to[at].title);
            self.text(&part, "text", &section.text, &to[at].text);
            self.value(&part, "arrangement", Reach::Blank, arrangement(section), arrangement(&to[at]));
        }
        for section in to.iter().filter(|it| find(from, &it.name).is_none()) {
            self.add(&Part::Section(section.name.clone()), "added", Reach::Blank, None, Some(arrangement(section)));
        }
    }

    fn fields(&mut self, from: Drawn<'_>, to: Drawn<'_>) {
        let (before, after) = (questions(from), questions(to));
        for one in &before {
            let part = Part::Field(one.name.clone());
            match after.iter().find(|it| it.name == one.name) {
                Some(two) => self.field(&part, one, two),
                None => self.add(&part, "removed", Reach::Blank, Some(one.summary()), None),
            }
        }
        for two in after.iter().filter(|two| before.iter().all(|it| it.name != two.name)) {
            self.add(&Part::Field(two.name.clone()), "added", Reach::Blank, None, Some(two.summary()));
        }
    }

    fn field(&mut self, part: &Part, one: &Question<'_>, two: &Question<'_>) {
        self.value(part, "section", Reach::Blank, one.section, two.section);
        let (before, after) = (one.spec, two.spec);
        self.text(part, "label", &before.label, &after.label);
        self.text(part, "hint", &before.hint, &after.hint);
        self.value(part, "rule", Reach::Reading, before.rule.name(), after.rule.name());
        self.value(part, "required", Reach::Office, before.required, after.required);
        self.value(part, "filled_by", Reach::Blank, before.filled_by.name(), after.filled_by.name());
        self.value(part, "span", Reach::Blank, before.span, after.span);
        self.value(part, "max_length", Reach::Blank, limit(before), limit(after));
        if let Some(way) = way(one, two) {
            self.add(part, "moved", Reach::Blank, Some(one.place()), Some(way));
        }
    }

    /// The words of correction forms. Those of the sentences are written with each form, so that they may change.
    fn corrections(&mut self, from: &FormTemplate, to: &FormTemplate) {
        let part = Part::Table("correction");
        match (&from.correction, &to.correction) {
            (Some(one), Some(two)) => {
                for ((key, before), (_, after)) in one.printed().into_iter().zip(two.printed()) {
                    self.text(&part, key, before, after);
                }
                if !one.says_the_same_as(two) {
                    self.add(&part, "sentences", Reach::Office, None, Some("other words".to_owned()));
                }
            }
            (None, Some(_)) => {
                self.add(&part, "added", Reach::Office, None, Some("correction forms can be made".to_owned()))
            }
            (Some(_), None) => {
                self.add(&part, "removed", Reach::Blank, Some("correction forms are read no more".to_owned()), None)
            }
            (None, None) => {}
        }
    }

    /// What no key of the two files explains: other fonts or another logo under the same names.
    fn files(&mut self, from: &BlankLook, to: &BlankLook) {
        let is_explained = self.0.iter().any(|it| it.reach != Reach::Office);
        let content =
            |it: &BlankLook| -> Vec<Vec<u8>> { it.pages.iter().map(|it: &PageLook| it.content.clone()).collect() };
        // The specimen says which template it is of: it can be compared within a version only.
        let is_other = content(from) != content(to) || (from.template == to.template && from.specimen != to.specimen);
        if !is_explained && is_other {
            let what = "a font or the logo is another file under the same name";
            self.add(&Part::Template, "files", Reach::Blank, None, Some(what.to_owned()));
        }
    }
}

/// A question of a form: a field, or a column of a table with the boxes of all its rows.
struct Question<'a> {
    /// Full name; in a table with `N` for the row.
    name: String,
    section: &'a str,
    spec: &'a FieldSpec,
    boxes: Vec<&'a FieldLook>,
}

fn questions(of: Drawn<'_>) -> Vec<Question<'_>> {
    let mut questions: Vec<Question<'_>> = Vec::new();
    for PlacedField { name, spec, section, row } in of.template.fields() {
        let section = &of.template.sections[section];
        let look = of.look.fields.get(&name).expect("a template's look has all of its fields");
        let name = match (&section.arrangement, row) {
            (Arrangement::Table { prefix, .. }, Some(_)) => format!("{prefix}.N.{}", spec.name),
            _ => name,
        };
        match questions.iter_mut().find(|it| it.name == name) {
            Some(question) => question.boxes.push(look),
            None => questions.push(Question { name, section: &section.name, spec, boxes: vec![look] }),
        }
    }
    questions
}

impl Question<'_> {
    fn summary(&self) -> String {
        let spec = self.spec;
        let mut parts = vec![format!("{:?}", spec.label), format!("rule {}", spec.rule.name())];
        if spec.required {
            parts.push("required".to_owned());
        }
        if spec.filled_by != FilledBy::Customer {
            parts.push(format!("filled by {}", spec.filled_by.name()));
        }
        parts.extend(spec.max_length.map(|it| format!("at most {it} characters")));
        if self.boxes.len() > 1 {
            parts.push(format!("{} rows", self.boxes.len()));
        }
        parts.push(self.place());
        parts.join(", ")
    }

    fn place(&self) -> String {
        let first = self.boxes[0];
        format!("page {}", first.page + 1)
    }
}

/// Which way the boxes went that both have; `None`: they stand where they stood.
fn way(one: &Question<'_>, two: &Question<'_>) -> Option<String> {
    let steps: Vec<Step> = one.boxes.iter().zip(&two.boxes).map(|(one, two)| Step::between(one, two)).collect();
    let farthest = steps.iter().copied().max_by(|one, two| one.length().total_cmp(&two.length()))?;
    let moved = steps.iter().filter(|it| it.length() >= MOVED).count();
    match (moved, steps.len()) {
        (0, _) => None,
        (_, 1) => Some(farthest.words()),
        (moved, all) if moved == all && steps.iter().all(|it| it.is_near(farthest)) => {
            Some(format!("all {all} rows {}", farthest.words()))
        }
        (moved, all) => Some(format!("{moved} of {all} rows, the farthest {}", farthest.words())),
    }
}

/// How far a box went, in points.
#[derive(Clone, Copy)]
struct Step {
    right: f32,
    down: f32,
    wider: f32,
    taller: f32,
    page: Option<u16>,
}

impl Step {
    fn between(one: &FieldLook, two: &FieldLook) -> Self {
        let (a, b) = (&one.rect, &two.rect);
        Self {
            right: b.left - a.left,
            down: a.top - b.top,
            wider: (b.right - b.left) - (a.right - a.left),
            taller: (b.top - b.bottom) - (a.top - a.bottom),
            page: Some(two.page).filter(|it| *it != one.page),
        }
    }

    fn parts(self) -> [f32; 4] {
        [self.right, self.down, self.wider, self.taller]
    }

    fn length(self) -> f32 {
        let of_pages = if self.page.is_some() { 10_000.0 } else { 0.0 };
        self.parts().into_iter().map(f32::abs).fold(of_pages, f32::max)
    }

    fn is_near(self, other: Self) -> bool {
        self.page == other.page && self.parts().iter().zip(other.parts()).all(|(one, two)| (one - two).abs() < MOVED)
    }

    fn words(self) -> String {
        let to_page = self.page.map(|it| format!("to page {}", it + 1));
        // On another page it stands somewhere else altogether.
        let (right, down) = if to_page.is_some() { (0.0, 0.0) } else { (self.right, self.down) };
        let ways = [
            (right, "to the right", "to the left"),
            (down, "down", "up"),
            (self.wider, "wider", "narrower"),
            (self.taller, "taller", "lower"),
        ];
        let ways = ways.into_iter().filter(|(by, ..)| by.abs() >= MOVED);
        let ways =
            ways.map(|(by, plus, minus)| format!("{} {}", points(by.abs()), if by > 0.0 { plus } else { minus }));
        to_page.into_iter().chain(ways).collect::<Vec<_>>().join(", ")
    }
}

/// Points to a tenth, without an idle digit.
fn points(value: f32) -> String {
    let text = format!("{value:.1}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn limit(spec: &FieldSpec) -> String {
    spec.max_length.map_or_else(|| "no limit".to_owned(), |it| it.to_string())
}

fn standing(standing: Standing) -> String {
    match standing {
        Standing::Current => "current".to_owned(),
        Standing::GraceUntil(day) => format!("in grace until {day}"),
        Standing::Retired => "retired".to_owned(),
    }
}

fn arrangement(section: &Section) -> String {
    match &section.arrangement {
        Arrangement::Grid => "grid".to_owned(),
        Arrangement::Statement => "statement".to_owned(),
        Arrangement::Note => "note".to_owned(),
        Arrangement::Signature => "signature".to_owned(),
        Arrangement::Points => "points".to_owned(),
        Arrangement::Table { prefix, rows: 1 } => format!("table {prefix} of 1 row"),
        Arrangement::Table { prefix, rows } => format!("table {prefix} of {rows} rows"),
    }
}

fn place_among(sections: &[Section], at: usize) -> String {
    match at.checked_sub(1) {
        Some(above) => format!("below {}", sections[above].name),
        None => "to the top".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::{Difference, Meaning};
    use super::*;
    use crate::template::Rect;

    const SHIPPED: &str = include_str!("../../../../../templates/authorized-user.toml");
    const SPANISH: &str = include_str!("../../../../../templates/authorized-user.es.toml");

    fn shipped() -> FormTemplate {
        FormTemplate::parse(SHIPPED).unwrap()
    }

    /// A look as a press would give it, all boxes below one another; its page says what the template says of it.
    fn look(template: &FormTemplate) -> BlankLook {
        let field = |(at, it): (usize, PlacedField<'_>)| {
            let top = 2000.0 - 20.0 * at as f32;
            let rect = Rect { left: 40.0, bottom: top - 15.0, right: 40.0 + 10.0 * f32::from(it.spec.span), top };
            let (max_length, prefilled) = (it.spec.max_length, it.spec.filled_by == FilledBy::Prefill);
            (it.name, FieldLook { rule: it.spec.rule, page: 0, rect, flags: 0, max_length, prefilled })
        };
        let content = format!("{:?}{:?}", template.texts, template.colors).into_bytes();
        BlankLook {
            template: template.id.clone(),
            pages: vec![PageLook { width: 612.0, height: 792.0, content, signature: None }],
            own_pictures: BTreeSet::new(),
            fields: template.fields().into_iter().enumerate().map(field).collect::<BTreeMap<_, _>>(),
            specimen: Vec::new(),
        }
    }

    fn between(from: &FormTemplate, to: &FormTemplate) -> Difference {
        let looks = (look(from), look(to));
        Difference::between(Drawn { template: from, look: &looks.0 }, Drawn { template: to, look: &looks.1 })
    }

    /// The shipped template with some texts replaced must differ from it in just this, and mean that.
    fn check(edits: &[(&str, &str)], meaning: Meaning, expected: &[&str]) {
        let text = edits.iter().fold(SHIPPED.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from:?} stands in the shipped template");
            text.replacen(from, to, 1)
        });
        let difference = between(&shipped(), &FormTemplate::parse(&text).unwrap());
        let told = |it: &Change| {
            let side = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
            format!("{}: {}: {} > {}", it.part, it.key, side(&it.before), side(&it.after))
        };
        assert_eq!(difference.changes.iter().map(told).collect::<Vec<_>>(), expected);
        assert_eq!(difference.meaning, meaning, "{}", difference.says());
    }

    #[test]
    fn nothing_differs_from_itself() {
        check(&[], Meaning::Same, &[]);
    }

    #[test]
    fn what_is_not_on_the_page_may_change() {
        check(
            &[
                ("standing = \"current\"", "standing = { grace_until = 2027-01-31 }"),
                ("valid_days = 90", "valid_days = 30"),
                ("rule = \"text\"\n  required = true", "rule = \"text\""),
            ],
            Meaning::AllowedInVersion,
            &[
                "template: standing: current > in grace until 2027-01-31",
                "template: valid_days: 90 > 30",
                "account.name: required: true > false",
            ],
        );
        check(
            &[("version = 1", "version = 2"), ("valid_days = 90", "valid_days = 30")],
            Meaning::NeedlessVersion,
            &["template: valid_days: 90 > 30"],
        );
    }

    #[test]
    fn a_version_must_not_change_what_is_out() {
        let edits = [("ink = \"#1c2733\"", "ink = \"#000000\"")];
        check(&edits, Meaning::ForbiddenInVersion, &["[colors]: ink: #1c2733 > #000000"]);
        let edits = [("date_format = \"MM/DD/YYYY\"", "date_format = \"DD/MM/YYYY\"")];
        check(&edits, Meaning::ForbiddenInVersion, &["template: date_format: MM/DD/YYYY > DD/MM/YYYY"]);
    }

    #[test]
    fn fields_are_told_by_what_became_of_them() {
        let title = "[[section.field]]\n  name = \"signer.title\"\n  label = \"Job title (optional)\"";
        let at = SHIPPED.find("name = \"signer.title\"").unwrap();
        let label = SHIPPED[at..].lines().nth(1).unwrap().trim();
        let found = format!("[[section.field]]\n  name = \"signer.title\"\n  {label}");
        let order = title.replace("signer.title", "extra.order").replace("Job title (optional)", "Order");
        let word = label.strip_prefix("label = ").unwrap();
        check(
            &[("version = 1", "version = 2"), (&found, &order)],
            Meaning::Versions,
            &[
                &format!("signer.title: removed: {word}, rule text, at most 80 characters, page 1 > -"),
                "extra.order: added: - > \"Order\", rule text, at most 80 characters, page 1",
            ],
        );
    }

    #[test]
    fn rows_move_together_and_a_move_is_told_in_points() {
        let mut later = shipped();
        later.id.version = 2;
        let mut looks = (look(&shipped()), look(&later));
        for (name, field) in &mut looks.1.fields {
            let (right, down) = match name.as_str() {
                name if name.starts_with("add.") && name.ends_with(".pin") => (0.0, 24.0),
                "remove.2.email" => (3.3, 0.0),
                "signer.email" => (0.04, 0.0),
                _ => (0.0, 0.0),
            };
            let Rect { left, bottom, right: edge, top } = field.rect;
            field.rect = Rect { left: left + right, bottom: bottom - down, right: edge + right, top: top - down };
        }
        looks.1.fields.get_mut("signature.date").unwrap().page = 1;
        let second = looks.1.pages[0].clone();
        looks.1.pages.push(second);
        let from = shipped();
        let difference =
            Difference::between(Drawn { template: &from, look: &looks.0 }, Drawn { template: &later, look: &looks.1 });
        let told: Vec<String> =
            difference.changes.iter().map(|it| format!("{} {}", it.part, it.after.as_deref().unwrap())).collect();
        assert_eq!(
            told,
            [
                "template 2",
                "add.N.pin all 4 rows 24 down",
                "remove.N.email 1 of 2 rows, the farthest 3.3 to the right",
                "signature.date to page 2",
            ]
        );
        assert_eq!(difference.meaning, Meaning::Versions);
    }

    #[test]
    fn sections_are_found_by_their_names() {
        check(
            &[("version = 1", "version = 2"), ("rows = 4", "rows = 5")],
            Meaning::Versions,
            &[
                "section add: arrangement: table add of 4 rows > table add of 5 rows",
                "remove.N.first_name: moved: page 1 > all 2 rows 120 down",
                "remove.N.last_name: moved: page 1 > all 2 rows 120 down",
                "remove.N.email: moved: page 1 > all 2 rows 120 down",
                "consent.full_privileges: moved: page 1 > 120 down",
                "signature.typed_name: moved: page 1 > 120 down",
                "signature.date: moved: page 1 > 120 down",
                "form.template: moved: page 1 > 120 down",
                "form.instance: moved: page 1 > 120 down",
                "form.expires: moved: page 1 > 120 down",
            ],
        );
        let mut turned = shipped();
        turned.sections.swap(2, 3);
        let difference = between(&shipped(), &turned);
        let moved = difference.changes.iter().find(|it| it.part == Part::Section("remove".to_owned())).unwrap();
        assert_eq!((moved.key, moved.after.as_deref()), ("moved", Some("below signer")));
        turned.sections.remove(2);
        let gone = between(&shipped(), &turned).changes;
        assert!(gone.iter().any(|it| it.key == "removed" && it.part == Part::Section("remove".to_owned())), "{gone:?}");
    }

    #[test]
    fn a_translation_has_other_words_and_the_same_boxes() {
        let spanish = shipped().translate(SPANISH).unwrap();
        let difference = between(&shipped(), &spanish);
        assert_eq!(difference.meaning, Meaning::Translations);
        let keys: BTreeSet<&str> = difference.changes.iter().map(|it| it.key).collect();
        let words = ["date_format", "footer", "hint", "intro", "label", "language", "page", "tagline", "text", "title"];
        let of_corrections = ["points", "sentences", "steps", "steps_text"];
        let is_known = |it: &&str| words.contains(it) || of_corrections.contains(it);
        assert!(keys.iter().all(is_known) && keys.contains("label") && keys.contains("sentences"), "{keys:?}");
        let mut other = shipped();
        other.id.name = "another".to_owned();
        assert_eq!(between(&shipped(), &other).meaning, Meaning::OtherForms);
    }

    #[test]
    fn another_font_under_the_same_name_is_noticed() {
        let (template, one) = (shipped(), look(&shipped()));
        let two = BlankLook { specimen: vec![1], ..one.clone() };
        let drawn = |look| Drawn { template: &template, look };
        let difference = Difference::between(drawn(&one), drawn(&two));
        assert_eq!((difference.meaning, difference.changes[0].key), (Meaning::ForbiddenInVersion, "files"));
    }

    #[test]
    fn a_difference_is_plain_json() {
        let later = SHIPPED.replacen("version = 1", "version = 2", 1).replacen("margin = 40", "margin = 36", 1);
        let difference = between(&shipped(), &FormTemplate::parse(&later).unwrap());
        let json = serde_json::to_value(&difference).unwrap();
        assert_eq!((&json["from"], &json["meaning"]), (&"authorized-user/1".into(), &"versions".into()));
        let change = &json["changes"][0];
        assert_eq!(
            *change,
            serde_json::json!({ "part": "table", "name": "page", "key": "margin", "before": "40", "after": "36", "reach": "blank" })
        );
    }
}
