//! `correction`: a new form for a customer whose form could not be carried out. What was right stands in it already, and its first page
//! says what to mend.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use countersign_core::account::{Account, AccountStatus};
use countersign_core::field_text::FieldText;
use countersign_core::instance::InstanceId;
use countersign_core::person::tidy;
use countersign_core::store::{AccountStore, IssuedBlank, Status, SubmissionRecord};
use countersign_core::template::{Corrections, FilledBy, FormTemplate, PlacedField, Standing, TemplateId, ValueRule};
use countersign_forms::{Prefill, Rewritten};
use countersign_ingest::reading::{FieldReading, Reading};
use jiff::Timestamp;
use serde_json::json;

use super::account::{find_account, staff_event};
use super::blank::{last_day, mint};
use super::held::submission;
use crate::args::CorrectionArgs;
use crate::desk::Desk;
use crate::exit::{Exit, WrongInput};
use crate::home::Home;
use crate::template_files::Shelved;
use crate::terminal::{GOOD, say, styled};

pub(crate) fn run(home: &Path, now: Timestamp, args: &CorrectionArgs) -> anyhow::Result<Exit> {
    let mut home = Home::open(home)?;
    let record = find(&mut home, &args.submission)?;
    let path = args.output.join(format!("correction-{}.pdf", record.id));
    if path.exists() {
        bail!(WrongInput(format!("{} is there already: choose another folder, or remove it", path.display())));
    }
    let mut desk = Desk::open(&mut home, &record, &args.originals, now)?;
    let form = desk.read(&record, &home, now)?;
    let by_email = || WrongInput(format!("submission {} was written in an email: there is no form to mend", record.id));
    let reading = form.reading().ok_or_else(by_email)?;
    let account = account_of(&mut home, reading)?;
    let shelved = template_of(&home, reading)?;
    let (shelved, corrections) = in_its_words(&home, shelved, &record)?;
    let base = &shelved.template;
    let corrections = mendable(base, corrections, account.is_some());
    let rewritten = Rewritten {
        values: values(base, reading, &corrections.emptied, account.is_some()),
        points: corrections.points.clone(),
        marked: corrections.marked.clone(),
    };
    let correction = shelved.correction(corrections.points.len()).expect("its language has the words");
    let blank = draw_up(&correction.template, account.as_ref(), now, &home)?;
    let prefill = Prefill {
        instance: blank.instance.clone(),
        expires: blank.expires,
        issued: blank.issued_at,
        account: account.as_ref().map(Account::header),
    };
    let pdf = correction.press()?.correct(&prefill, &rewritten).context("cannot draw the form")?.pdf;
    // The ledger knows every form that is out.
    let evidence = json!({ "submission": record.id.as_str(), "template": blank.template.to_string(), "instance": blank.instance.as_str() });
    let event = staff_event(now, "correction form issued", blank.account.as_ref(), &evidence);
    home.store.issue_blanks(std::slice::from_ref(&blank), event).context("cannot enter the form into the ledger")?;
    let writing = || format!("cannot write {}", path.display());
    fs::create_dir_all(&args.output).with_context(writing)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).with_context(writing)?;
    file.write_all(&pdf).with_context(writing)?;
    tell(&record, &blank, &path, &corrections, args.json);
    Ok(Exit::Done)
}

fn tell(record: &SubmissionRecord, blank: &IssuedBlank, path: &Path, corrections: &Corrections, as_json: bool) {
    if as_json {
        let object = json!({
            "submission": record.id.as_str(), "file": path.display().to_string(), "template": blank.template.to_string(),
            "instance": blank.instance.as_str(), "account": blank.account.as_ref().map(ToString::to_string),
            "expires": blank.expires.to_string(), "points": corrections.points,
            "marked": corrections.marked.keys().collect::<Vec<_>>(),
        });
        return say(&object.to_string());
    }
    let whose = blank.account.as_ref().map_or_else(|| "generic".to_owned(), |it| format!("for account {it}"));
    say(&format!("{} {}, {whose}; its first page says:", styled(GOOD, "made"), path.display()));
    corrections.points.iter().for_each(|it| say(&format!("  - {it}")));
}

/// The submission with this id, if there is something to mend.
fn find(home: &mut Home, text: &str) -> anyhow::Result<SubmissionRecord> {
    let record = submission(&mut home.store, text)?;
    if record.status == Status::Accepted {
        bail!(WrongInput(format!("submission {} was accepted: there is nothing to mend", record.id)));
    }
    Ok(record)
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
    let account = find_account(&mut home.store, &number)?;
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

fn draw_up(
    template: &FormTemplate,
    account: Option<&Account>,
    now: Timestamp,
    home: &Home,
) -> anyhow::Result<IssuedBlank> {
    let days = (now, last_day(template.valid_days, now)?);
    Ok(mint(&template.id, account.map(|it| &it.number), days, &home.key))
}
