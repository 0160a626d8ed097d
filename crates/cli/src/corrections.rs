//! Correction forms drawn up: of a submission that was refused or held, and what was read of it, the form that asks for it again. What
//! was right stands in it already, and its first page says what to mend.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountStatus};
use countersign_core::audit::AuditEvent;
use countersign_core::field_text::FieldText;
use countersign_core::instance::{InstanceId, RANDOM_BYTES};
use countersign_core::person::tidy;
use countersign_core::store::{AccountStore, IssuedBlank, SubmissionRecord};
use countersign_core::template::{Corrections, FilledBy, FormTemplate, PlacedField, Standing, TemplateId, ValueRule};
use countersign_forms::{Prefill, Rewritten};
use countersign_ingest::reading::{FieldReading, Reading};
use jiff::Timestamp;
use serde_json::json;

use crate::exit::WrongInput;
use crate::home::Home;
use crate::mint::{last_day, mint};
use crate::template_files::Shelved;

/// A correction form, drawn but not yet in the ledger.
pub(crate) struct DrawnUp {
    /// Its blank.
    pub(crate) blank: IssuedBlank,
    /// What it says.
    pub(crate) corrections: Corrections,
    /// The language in which it says so.
    pub(crate) language: String,
    /// The file.
    pub(crate) pdf: Vec<u8>,
}

/// Draws up the form that asks for a submission again. The same random part and moment give the same file.
///
/// It is bound to an account only if the form that came was issued to it, by the ledger: then it shows the account's name and address.
pub(crate) fn draw_up(
    home: &mut Home,
    record: &SubmissionRecord,
    reading: &Reading,
    (random, at): ([u8; RANDOM_BYTES], Timestamp),
) -> anyhow::Result<DrawnUp> {
    let account = account_of(home, reading)?;
    let shelved = template_of(home, reading)?;
    let (shelved, corrections) = in_its_words(home, shelved, record)?;
    let base = &shelved.template;
    let corrections = mendable(base, corrections, account.is_some());
    let rewritten = Rewritten {
        values: values(base, reading, &corrections.emptied, account.is_some()),
        points: corrections.points.clone(),
        marked: corrections.marked.clone(),
    };
    let correction = shelved.correction(corrections.points.len()).expect("its language has the words");
    let days = (at, last_day(correction.template.valid_days, at)?);
    let number = account.as_ref().map(|it| &it.number);
    let blank = mint(random, &correction.template.id, number, days, &home.key);
    let prefill = Prefill {
        instance: blank.instance.clone(),
        expires: blank.expires,
        issued: blank.issued_at,
        account: account.as_ref().map(Account::header),
    };
    let pdf = correction.press()?.correct(&prefill, &rewritten).context("cannot draw the form")?.pdf;
    Ok(DrawnUp { blank, corrections, language: base.language.clone(), pdf })
}

/// Enters a correction form into the ledger, which knows every form that is out; not a second time.
pub(crate) fn enter(home: &mut Home, drawn: &DrawnUp, record: &SubmissionRecord, now: Timestamp) -> anyhow::Result<()> {
    let blank = &drawn.blank;
    let known = home.store.blanks(&BTreeSet::from([blank.instance.clone()])).context("cannot look up the form")?;
    if !known.is_empty() {
        return Ok(());
    }
    let (template, instance) = (blank.template.to_string(), blank.instance.as_str());
    let evidence = json!({ "submission": record.id.as_str(), "template": template, "instance": instance });
    let event = AuditEvent {
        at: now,
        what: "correction form issued".to_owned(),
        who: "staff".to_owned(),
        account: blank.account.clone(),
        evidence: evidence.to_string(),
    };
    home.store.issue_blanks(std::slice::from_ref(blank), event).context("cannot enter the form into the ledger")
}

/// The account that the form was issued to, by the ledger; `None` for a generic one, whoever it names: a name alone proves nothing, and
/// a form of the account tells its holder's name and address.
fn account_of(home: &mut Home, reading: &Reading) -> anyhow::Result<Option<Account>> {
    let id = reading.fields.get("form.instance").and_then(|it| tidy(it.value.as_str()).parse::<InstanceId>().ok());
    let ids: BTreeSet<InstanceId> = id.into_iter().collect();
    let issued = home.store.blanks(&ids).context("cannot look up the form that came back")?.into_values().next();
    let issued = issued.filter(|it| it.is_proved(&home.key));
    let Some(number) = issued.and_then(|it| it.account) else {
        if !home.policy.forms.accept_generic {
            let what = "the form was not issued to an account, and the policy takes no generic forms: \
                        `countersign blank --account NUMBER` makes one for the account";
            bail!(WrongInput(what.to_owned()));
        }
        return Ok(None);
    };
    let numbers = BTreeSet::from([number]);
    let account = home.store.accounts(&numbers).context("cannot look up the account")?.into_values().next();
    let account = account.expect("a blank is issued to an account that exists");
    if account.status == AccountStatus::Closed {
        bail!(WrongInput(format!("account {} is closed: it takes no changes", account.number)));
    }
    Ok(Some(account))
}

/// The newest current version of the template that the form was made from; the home's usual one where that cannot be told.
fn template_of(home: &Home, reading: &Reading) -> anyhow::Result<Shelved> {
    let shelved = home.shelved()?;
    let of = reading.template.as_ref().map(|it| it.corrects().map_or_else(|| it.clone(), |(of, _)| of));
    let name = of.map_or_else(|| home.configuration.template.clone(), |it| it.name);
    let is_wanted = |it: &&Shelved| it.template.id.name == name && it.template.standing == Standing::Current;
    let newest = shelved.values().rfind(is_wanted).cloned();
    Ok(newest.ok_or_else(|| WrongInput(format!("there is no current version of the template `{name}`")))?)
}

/// What has to be mended, in the form's language; in that of the template it translates where nobody said the words.
fn in_its_words(home: &Home, shelved: Shelved, record: &SubmissionRecord) -> anyhow::Result<(Shelved, Corrections)> {
    let base = |of: &TemplateId| -> anyhow::Result<Option<Shelved>> { Ok(home.shelved()?.remove(of)) };
    if let Some(corrections) = shelved.template.corrections(&record.reasons) {
        return Ok((shelved, corrections));
    }
    if let Some(base) = shelved.template.translates.as_ref().map(base).transpose()?.flatten()
        && let Some(corrections) = base.template.corrections(&record.reasons)
    {
        return Ok((base, corrections));
    }
    let FormTemplate { id, language, .. } = &shelved.template;
    let what =
        format!("the template {id} has no words for corrections in `{language}`: say them in its table [correction]");
    bail!(WrongInput(what))
}

/// Boxes that the customer cannot write into are not marked.
fn mendable(template: &FormTemplate, mut corrections: Corrections, is_bound: bool) -> Corrections {
    let fields = template.fields_by_name();
    corrections.marked.retain(|name, _| !is_bound || fields[name].spec.filled_by == FilledBy::Customer);
    corrections
}

/// What the customer wrote that may stand as it is. Of a form for an account, what the ledger knows is not taken from the file.
fn values(
    template: &FormTemplate,
    reading: &Reading,
    emptied: &BTreeSet<String>,
    is_bound: bool,
) -> BTreeMap<String, FieldText> {
    let may_stand = |it: &PlacedField<'_>| match it.spec.filled_by {
        FilledBy::Customer => !emptied.contains(&it.name),
        FilledBy::Prefill => !is_bound && !emptied.contains(&it.name),
        FilledBy::Program => false,
    };
    let fields = template.fields();
    let written = |it: &PlacedField<'_>| Some((it.name.clone(), value(it, reading.fields.get(&it.name)?)?));
    fields.iter().filter(|it| may_stand(it)).filter_map(written).collect()
}

/// A value that fits its box; what does not was a fault already.
fn value(field: &PlacedField<'_>, read: &FieldReading) -> Option<FieldText> {
    if field.spec.rule == ValueRule::Check {
        return read.is_ticked().then(|| read.value.clone());
    }
    let text = FieldText::from(tidy(read.value.as_str()));
    let fits = field.spec.max_length.is_none_or(|it| text.as_str().chars().count() <= usize::from(it));
    (fits && !text.is_blank() && !text.as_str().chars().any(char::is_control)).then_some(text)
}
