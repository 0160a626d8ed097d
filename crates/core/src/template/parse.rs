//! From TOML to a template, with every mistake at once. The schema is documented in `docs/templates-schema.md`.

use std::fmt;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::toml_table::{Mistakes, TomlTable};
use super::{
    Arrangement, Color, Colors, CorrectionTexts, FieldSpec, FilledBy, Fonts, FormTemplate, PageStyle, Provider,
    Section, Standing, TemplateId, Texts, ValueRule, correction, known_fields,
};
use crate::date_format::DateFormat;

/// One mistake in a template.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TemplateMistake {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, in words its author can act on.
    pub what: String,
}

impl fmt::Display for TemplateMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// All mistakes in a template, in the order of their lines; never empty.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the template has {} {}:{}", .0.len(), if .0.len() == 1 { "mistake" } else { "mistakes" },
    .0.iter().map(|it| format!("\n  {it}")).collect::<String>())]
pub struct TemplateMistakes(pub Vec<TemplateMistake>);

impl FormTemplate {
    /// Reads a template, or says everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TemplateMistakes> {
        read_toml(text, "the template", read_template)
    }
}

/// Has a file's table read, or says everything that is wrong with it.
pub(super) fn read_toml<T>(
    text: &str,
    name: &str,
    read: impl FnOnce(TomlTable<'_>) -> T,
) -> Result<T, TemplateMistakes> {
    let mistakes = Mistakes::in_text(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        mistakes.add(error.span().map_or(0, |it| it.start), error.message());
    }
    if !errors.is_empty() {
        return Err(TemplateMistakes(mistakes.into_sorted()));
    }
    let value = read(TomlTable::new(root.get_ref(), name, 0, &mistakes));
    let found = mistakes.into_sorted();
    if found.is_empty() { Ok(value) } else { Err(TemplateMistakes(found)) }
}

fn read_template(root: TomlTable<'_>) -> FormTemplate {
    let language = read_language(&root);
    let template = FormTemplate {
        id: read_id(&root),
        translates: None,
        standing: read_standing(&root).unwrap_or(Standing::Current),
        correction: read_correction(&root, &language),
        language,
        date_format: read_date_format(&root),
        valid_days: root.needed_whole("valid_days", 1..=3660),
        provider: read_provider(&root),
        page: read_page(&root),
        colors: read_colors(&root),
        fonts: read_fonts(&root),
        texts: read_texts(&root),
        sections: read_sections(&root),
        front: 0,
    };
    root.finish();
    template
}

pub(super) fn read_id(root: &TomlTable<'_>) -> TemplateId {
    let name = root.parsed("id", String::new(), |text| {
        if TemplateId::is_name(text) { Ok(text.to_owned()) } else { Err("1 to 40 of a-z, 0-9 and `-`".to_owned()) }
    });
    TemplateId { name, version: root.needed_whole("version", 1..=9999) }
}

pub(super) fn read_language(root: &TomlTable<'_>) -> String {
    root.parsed("language", String::new(), |text| {
        let is_tag =
            text.split('-').all(|it| (1..=8).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_alphanumeric()));
        if is_tag { Ok(text.to_owned()) } else { Err("a BCP 47 tag such as `en-US`".to_owned()) }
    })
}

pub(super) fn read_date_format(root: &TomlTable<'_>) -> DateFormat {
    root.parsed("date_format", DateFormat::YearMonthDay, |it| {
        it.parse().map_err(|error: crate::date_format::BadDateFormat| error.to_string())
    })
}

/// `None` when it is left out.
pub(super) fn read_standing(root: &TomlTable<'_>) -> Option<Standing> {
    const EXPECTED: &str = "`standing` is \"current\", \"retired\" or { grace_until = YYYY-MM-DD }";
    let value = root.value("standing")?;
    let grace = |table: &DeTable<'_>| -> Option<Date> {
        let (key, value) = table.iter().next().filter(|_| table.len() == 1)?;
        let date = value.get_ref().as_datetime().filter(|_| key.get_ref() == "grace_until")?.to_string();
        date.parse().ok()
    };
    match value.get_ref() {
        DeValue::String(text) if text == "current" => return Some(Standing::Current),
        DeValue::String(text) if text == "retired" => return Some(Standing::Retired),
        DeValue::Table(table) => {
            if let Some(day) = grace(table) {
                return Some(Standing::GraceUntil(day));
            }
        }
        _ => {}
    }
    root.mistake(value.span().start, EXPECTED);
    None
}

/// The words of correction forms: the file's, else our own in its language.
pub(super) fn read_correction(root: &TomlTable<'_>, language: &str) -> Option<CorrectionTexts> {
    let Some(table) = root.table_if_any("correction") else { return correction::in_language(language) };
    let texts = correction::read(&table);
    table.finish();
    Some(texts)
}

fn read_provider(root: &TomlTable<'_>) -> Provider {
    let Some(table) = root.table("provider") else {
        let empty = String::new;
        return Provider {
            name: empty(),
            support_email: empty(),
            support_phone: empty(),
            tagline: empty(),
            logo: None,
        };
    };
    let provider = Provider {
        name: table.text("name"),
        support_email: read_email(&table, "support_email"),
        support_phone: read_phone(&table, "support_phone"),
        tagline: table.text_or_empty("tagline"),
        logo: table.text_if_any("logo"),
    };
    table.finish();
    provider
}

pub(super) fn read_email(table: &TomlTable<'_>, key: &str) -> String {
    table.parsed(key, String::new(), |text| {
        let email: Result<crate::person::Email, _> = text.parse();
        email.map(|it| it.to_string()).map_err(|error| error.to_string())
    })
}

pub(super) fn read_phone(table: &TomlTable<'_>, key: &str) -> String {
    table.parsed(key, String::new(), |text| {
        let phone: Result<crate::person::Phone, _> = text.parse();
        phone.map(|it| it.to_string()).map_err(|error| error.to_string())
    })
}

fn read_page(root: &TomlTable<'_>) -> PageStyle {
    let letter = PageStyle { width: 612.0, height: 792.0, margin: 40.0, box_height: 20.0, value_size: 10.0 };
    let Some(table) = root.table("page") else { return letter };
    let page = PageStyle {
        width: table.points("width", letter.width, 288.0..=1224.0),
        height: table.points("height", letter.height, 396.0..=1584.0),
        margin: table.points("margin", letter.margin, 18.0..=108.0),
        box_height: table.points("box_height", letter.box_height, 14.0..=36.0),
        value_size: table.points("value_size", letter.value_size, 7.0..=14.0),
    };
    if page.value_size * 1.3 > page.box_height {
        table.mistake(table.at_key("value_size"), "`value_size` does not fit into `box_height`: 1.3 times it must");
    }
    table.finish();
    page
}

fn read_colors(root: &TomlTable<'_>) -> Colors {
    const BLACK: Color = Color { red: 0, green: 0, blue: 0 };
    let Some(table) = root.table("colors") else {
        return Colors { ink: BLACK, muted: BLACK, accent: BLACK, box_fill: BLACK, box_line: BLACK };
    };
    let color = |key| table.parsed(key, BLACK, read_color);
    let colors = Colors {
        ink: color("ink"),
        muted: color("muted"),
        accent: color("accent"),
        box_fill: color("box_fill"),
        box_line: color("box_line"),
    };
    table.finish();
    colors
}

fn read_color(text: &str) -> Result<Color, String> {
    let bytes = text.strip_prefix('#').and_then(crate::vault::from_hex);
    match bytes.as_deref() {
        Some([red, green, blue]) => Ok(Color { red: *red, green: *green, blue: *blue }),
        _ => Err("a colour such as `#1a2b3c`".to_owned()),
    }
}

fn read_fonts(root: &TomlTable<'_>) -> Fonts {
    let Some(table) = root.table("fonts") else {
        return Fonts { regular: String::new(), bold: String::new(), fallbacks: vec![] };
    };
    let fonts = Fonts { regular: table.text("regular"), bold: table.text("bold"), fallbacks: table.texts("fallbacks") };
    table.finish();
    fonts
}

fn read_texts(root: &TomlTable<'_>) -> Texts {
    let Some(table) = root.table("texts") else {
        let empty = String::new;
        return Texts { title: empty(), intro: empty(), footer: empty(), page: empty() };
    };
    let texts = Texts {
        title: table.text("title"),
        intro: table.text("intro"),
        footer: table.text_or_empty("footer"),
        page: read_page_number(&table).unwrap_or_else(|| "Page {page} of {pages}".to_owned()),
    };
    table.finish();
    texts
}

/// `None` when it is left out.
pub(super) fn read_page_number(texts: &TomlTable<'_>) -> Option<String> {
    let text = texts.text_if_any("page")?;
    if !text.contains("{page}") || !text.contains("{pages}") {
        texts.mistake(texts.at_key("page"), "`page` says where the numbers stand: `Page {page} of {pages}`");
    }
    Some(text)
}

fn read_sections(root: &TomlTable<'_>) -> Vec<Section> {
    let mut names = known_fields::Names::default();
    let mut seen = std::collections::BTreeSet::new();
    let mut sections = Vec::new();
    for table in root.tables("section") {
        let at = table.at();
        let section = read_section(table, &mut names);
        if !section.name.is_empty() && !seen.insert(section.name.clone()) {
            root.mistake(at, format!("two sections have the name `{}`", section.name));
        }
        sections.push(section);
    }
    for missing in names.missing() {
        root.mistake(root.at(), format!("the form lacks {missing}"));
    }
    sections
}

#[derive(Clone, Copy)]
enum Kind {
    Grid,
    Table,
    Statement,
    Note,
    Signature,
}

const KINDS: [(&str, Kind); 5] = [
    ("note", Kind::Note),
    ("grid", Kind::Grid),
    ("table", Kind::Table),
    ("statement", Kind::Statement),
    ("signature", Kind::Signature),
];

fn read_section(table: TomlTable<'_>, names: &mut known_fields::Names) -> Section {
    let arrangement = match table.choice("arrangement", Kind::Grid, &KINDS) {
        Kind::Grid => Arrangement::Grid,
        Kind::Statement => Arrangement::Statement,
        Kind::Note => Arrangement::Note,
        Kind::Signature => Arrangement::Signature,
        Kind::Table => Arrangement::Table {
            prefix: table.parsed("prefix", String::new(), |text| {
                let is_known = matches!(text, "add" | "remove") || text.starts_with("extra.");
                if is_known { Ok(text.to_owned()) } else { Err("`add`, `remove`, or a name under `extra.`".to_owned()) }
            }),
            rows: table.needed_whole("rows", 1..=40).try_into().expect("40 rows fit in a byte"),
        },
    };
    let prefix = match &arrangement {
        Arrangement::Table { prefix, .. } => Some(prefix.as_str()),
        _ => None,
    };
    let fields = match arrangement {
        Arrangement::Note => table.tables_if_any("field"),
        _ => table.tables("field"),
    };
    let fields: Vec<FieldSpec> = fields.into_iter().map(|it| read_field(it, prefix, names)).collect();
    let is_check = |it: &FieldSpec| it.rule == ValueRule::Check;
    match &arrangement {
        Arrangement::Statement if !fields.iter().all(is_check) => {
            table.mistake(table.at(), "every field of a statement has the rule `check`");
        }
        Arrangement::Note if !fields.is_empty() => table.mistake(table.at(), "a note holds no fields"),
        Arrangement::Table { .. } if fields.iter().any(is_check) => {
            table.mistake(table.at(), "a table holds no fields with the rule `check`");
        }
        _ => {}
    }
    let name = table.parsed("name", String::new(), |text| {
        let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
        let is_name = !text.is_empty() && text.bytes().all(is_plain);
        if is_name { Ok(text.to_owned()) } else { Err("lower-case letters, digits and `_`".to_owned()) }
    });
    let (title, text) = (table.text_or_empty("title"), table.text_or_empty("text"));
    table.finish();
    Section { name, title, text, arrangement, fields }
}

const RULES: [(&str, ValueRule); 9] = [
    ("text", ValueRule::Text),
    ("name", ValueRule::Name),
    ("email", ValueRule::Email),
    ("phone", ValueRule::Phone),
    ("account-number", ValueRule::AccountNumber),
    ("account-pin", ValueRule::AccountPin),
    ("new-pin", ValueRule::NewPin),
    ("date", ValueRule::Date),
    ("check", ValueRule::Check),
];

const FILLERS: [(&str, FilledBy); 3] =
    [("customer", FilledBy::Customer), ("prefill", FilledBy::Prefill), ("program", FilledBy::Program)];

fn read_field(table: TomlTable<'_>, prefix: Option<&str>, names: &mut known_fields::Names) -> FieldSpec {
    let field = FieldSpec {
        name: table.text("name"),
        label: table.text("label"),
        hint: table.text_or_empty("hint"),
        rule: table.choice("rule", ValueRule::Text, &RULES),
        required: table.flag("required"),
        filled_by: table.choice("filled_by", FilledBy::Customer, &FILLERS),
        span: table.whole("span", 1..=12).map_or(12, |it| it.try_into().expect("12 fits in a byte")),
        max_length: table.whole("max_length", 1..=1000),
    };
    if field.name.split('.').any(|it| it == "N") {
        table.mistake(table.at_key("name"), "`N` stands for the row's number, in messages only");
    }
    let full = prefix.map_or_else(|| field.name.clone(), |prefix| format!("{prefix}.N.{}", field.name));
    for (key, what) in names.check(&full, &field) {
        table.mistake(table.at_key(key), what);
    }
    table.finish();
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../../templates/authorized-user.toml");

    /// The shipped template with `from` replaced must have a mistake that says `expected`, on the line of `from`.
    fn check(from: &str, to: &str, expected: &str) {
        let at = SHIPPED.find(from).unwrap_or_else(|| panic!("{from:?} stands in the shipped template"));
        let line = 1 + SHIPPED[..at].matches('\n').count();
        let error = FormTemplate::parse(&SHIPPED.replacen(from, to, 1)).expect_err(expected);
        let fits = |it: &TemplateMistake| it.line.abs_diff(line) <= 1 && it.what.contains(expected);
        assert!(error.0.iter().any(fits), "line {line}, {expected:?}: {error}");
    }

    #[test]
    fn the_shipped_template_is_read() {
        let template = FormTemplate::parse(SHIPPED).unwrap();
        assert_eq!(template.id.to_string(), "authorized-user/1");
        assert_eq!((template.rows_of("add"), template.rows_of("remove"), template.rows_of("extra.x")), (4, 2, 0));
        let fields = template.fields_by_name();
        assert_eq!(fields["add.4.pin"].spec.rule, ValueRule::NewPin);
        assert_eq!(fields["add.4.pin"].row, Some(4));
        assert_eq!(fields["signer.security_pin"].spec.rule, ValueRule::AccountPin);
        assert!(fields["account.number"].spec.filled_by == FilledBy::Prefill);
    }

    #[test]
    fn a_mistake_is_reported_with_its_line() {
        check("version = 1", "version = 0", "`version` must be 1 to 9999");
        check("version = 1", "version = \"1\"", "`version` must be a whole number, not string");
        check("date_format = \"MM/DD/YYYY\"", "date_format = \"MM/DD/YY\"", "a date format is one of");
        check("margin = ", "margni = ", "[page] has no key `margni`; did you mean `margin`?");
        check("accent = \"#", "accent = \"#x", "a colour such as");
        check("rule = \"account-pin\"", "rule = \"text\"", "`signer.security_pin` must have the rule `account-pin`");
        check("rule = \"account-pin\"", "rule = \"pin\"", "`rule` is one of");
        check(
            "name = \"signer.title\"",
            "name = \"signer.titel\"",
            "`signer.titel` is no field that the program knows",
        );
        check("name = \"signer.title\"", "name = \"extra.Title\"", "lower-case");
        check("name = \"signer.title\"", "name = \"signer.first_name\"", "stands on the form twice");
        check("rows = 4", "rows = 41", "`rows` must be 1 to 40");
        check("max_length = 4\n", "max_length = 3\n", "a PIN may have 4 digits");
    }

    #[test]
    fn what_a_decision_rests_on_must_be_required() {
        for name in ["account.number", "signer.last_name", "signature.typed_name", "signature.date"] {
            let at = SHIPPED.find(&format!("name = \"{name}\"")).unwrap();
            let (before, after) = SHIPPED.split_at(at);
            let text = format!("{before}{}", after.replacen("required = true", "required = false", 1));
            let error = FormTemplate::parse(&text).unwrap_err();
            assert!(error.to_string().contains(&format!("`{name}` must have `required = true`")), "{error}");
        }
        let rows = SHIPPED.replace(
            "name = \"first_name\"\n  label = \"First name\"\n  rule = \"name\"\n  required = true",
            "name = \"first_name\"\n  label = \"First name\"\n  rule = \"name\"",
        );
        assert_eq!(FormTemplate::parse(&rows).unwrap_err().0.len(), 2);
    }

    #[test]
    fn boxes_to_tick_stand_in_statements_and_grids() {
        let in_statement = SHIPPED.replacen(
            "arrangement = \"statement\"",
            "arrangement = \"table\"\nprefix = \"extra.x\"\nrows = 1",
            1,
        );
        assert!(FormTemplate::parse(&in_statement).unwrap_err().to_string().contains("a table holds no fields"));
        let statement = SHIPPED.replacen("arrangement = \"signature\"", "arrangement = \"statement\"", 1);
        assert!(FormTemplate::parse(&statement).unwrap_err().to_string().contains("every field of a statement"));
    }

    #[test]
    fn all_mistakes_come_at_once() {
        let text = SHIPPED.replacen("version = 1", "version = 0", 1).replacen("rows = 4", "rows = 41", 1);
        let error = FormTemplate::parse(&text).unwrap_err();
        assert_eq!(error.0.len(), 2, "{error}");
        assert!(error.to_string().starts_with("the template has 2 mistakes:\n  line "), "{error}");
    }

    #[test]
    fn what_is_no_toml_is_a_mistake_with_its_line() {
        let error = FormTemplate::parse("id = \"a\"\nversion = \n").unwrap_err();
        assert_eq!(error.0[0].line, 2, "{error}");
    }

    #[test]
    fn a_form_that_lacks_what_a_decision_needs_is_no_template() {
        let error = FormTemplate::parse(&SHIPPED.replace("signature.date", "extra.date")).unwrap_err();
        assert!(error.to_string().contains("the form lacks `signature.date`"), "{error}");
        assert!(FormTemplate::parse("").unwrap_err().0.len() > 8);
    }

    #[test]
    fn a_version_is_current_in_grace_or_retired() {
        let with = |standing: &str| {
            FormTemplate::parse(&SHIPPED.replacen("standing = \"current\"", &format!("standing = {standing}"), 1))
                .map(|it| it.standing)
        };
        assert_eq!(with("\"retired\"").unwrap(), Standing::Retired);
        assert_eq!(with("{ grace_until = 2027-01-31 }").unwrap(), Standing::GraceUntil(jiff::civil::date(2027, 1, 31)));
        assert!(with("{ grace_until = \"soon\" }").is_err());
        assert!(with("\"old\"").is_err());
    }
}
