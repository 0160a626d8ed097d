//! Reading + template → submission, or every defect at once. Pure; knows the form's rules and nothing of accounts.

use std::collections::BTreeMap;

use countersign_core::account::AccountNumber;
use countersign_core::date_format::DateFormat;
use countersign_core::decision::Validated;
use countersign_core::field_text::FieldText;
use countersign_core::instance::InstanceId;
use countersign_core::name_match::{NameMatch, compare_written, is_name_part, suspicion};
use countersign_core::new_pin::{self, NewPinContext};
use countersign_core::people::doubt_address;
use countersign_core::person::{Email, PersonName, Phone, tidy};
use countersign_core::pin::{Pin, PinKind};
use countersign_core::reason::{Reason, ReasonCode};
use countersign_core::submission::{
    Channel, Claim, FirstPin, FormClaim, Incomplete, NewPerson, Request, SignerRole, Submission,
};
use countersign_core::template::{FilledBy, FormTemplate, PlacedField, ValueRule};

use crate::reading::FieldReading;

/// Which blank the form says it is.
pub fn form_claim(fields: &BTreeMap<String, FieldReading>, template: &FormTemplate) -> FormClaim {
    let text = |name: &str| fields.get(name).map(|it| tidy(it.value.as_str()));
    let instance = text("form.instance").and_then(|it| it.parse::<InstanceId>().ok());
    let expires = text("form.expires").and_then(|it| template.date_format.parse(&it));
    FormClaim { template: template.id.clone(), instance, expires }
}

/// Parses every field by its rule.
pub fn validate(fields: &BTreeMap<String, FieldReading>, template: &FormTemplate) -> Validated {
    let (places, dates) = (template.fields_by_name(), template.date_format);
    let mut form = Form { fields, places, dates, defects: vec![], pins: vec![] };
    if form.is_blank() {
        let defects = vec![Reason::of_form(ReasonCode::FormBlank)];
        return Validated::Incomplete(Incomplete { claim: Claim::default(), defects });
    }
    let mut doubts = Vec::new();
    let pin = form.pin("signer.security_pin", PinKind::Account);
    form.pins = form.written_pins();
    let claim = form.claim(&mut doubts);
    let requests = form.requests(template, &claim, pin.as_ref(), &mut doubts);
    form.check_consent();
    form.check_signature(&claim);
    form.check_extras();
    let Claim { account: Some(account), signer: Some(signer), signed_on: Some(signed_on), .. } = claim.clone() else {
        return form.incomplete(claim, doubts);
    };
    match pin {
        Some(pin) if form.defects.is_empty() => {
            let channel = Channel::Form;
            Validated::Complete(Submission { channel, account, claim, signer, signed_on, requests, pin, doubts })
        }
        _ => form.incomplete(claim, doubts),
    }
}

/// A returned form on its way to a submission: its texts, its rules, and what was wrong so far.
struct Form<'a> {
    fields: &'a BTreeMap<String, FieldReading>,
    places: BTreeMap<String, PlacedField<'a>>,
    dates: DateFormat,
    defects: Vec<Reason>,
    /// Every PIN once more, to find it in boxes where it does not belong: what stands there is reported and kept.
    pins: Vec<Pin>,
}

impl Form<'_> {
    fn incomplete(mut self, claim: Claim, doubts: Vec<Reason>) -> Validated {
        self.defects.extend(doubts);
        assert!(!self.defects.is_empty(), "a value that is missing has left a defect");
        Validated::Incomplete(Incomplete { claim, defects: self.defects })
    }

    /// Whether the customer wrote nothing at all.
    fn is_blank(&self) -> bool {
        let by_customer = |it: &&PlacedField<'_>| it.spec.filled_by == FilledBy::Customer;
        self.places.values().filter(by_customer).all(|it| !self.is_written(&it.name))
    }

    /// What stands in the boxes for PINs and could be one, of whatever kind: customers swap them.
    fn written_pins(&self) -> Vec<Pin> {
        let secret = self.places.values().filter(|it| it.spec.rule.is_secret());
        secret.filter_map(|it| Pin::parse(self.raw(&it.name).trim(), PinKind::Account).ok()).collect()
    }

    fn raw(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |it| it.value.as_str())
    }

    fn is_written(&self, name: &str) -> bool {
        let is_check = self.places.get(name).is_some_and(|it| it.spec.rule == ValueRule::Check);
        if is_check { self.is_ticked(name) } else { !FieldText::from(self.raw(name)).is_blank() }
    }

    fn is_ticked(&self, name: &str) -> bool {
        !matches!(self.raw(name), "" | "Off")
    }

    fn refuse(&mut self, code: ReasonCode, name: &str, detail: &str) {
        let reason = Reason::of_field(code, name);
        self.defects.push(if detail.is_empty() { reason } else { reason.because(detail) });
    }

    /// The tidied text of a box, `None` when it is empty. An empty box that must not be leaves a defect.
    fn text(&mut self, name: &str, if_missing: ReasonCode) -> Option<String> {
        let place = self.places.get(name)?;
        let (is_required, max) = (place.spec.required, place.spec.max_length);
        let text = tidy(self.raw(name));
        if text.is_empty() {
            if is_required {
                self.refuse(if_missing, name, "");
            }
            return None;
        }
        if max.is_some_and(|it| text.chars().count() > usize::from(it)) {
            let limit = format!("at most {} characters", max.unwrap_or_default());
            self.refuse(ReasonCode::FieldTooLong, name, &limit);
            return None;
        }
        let is_by_customer = place.spec.filled_by == FilledBy::Customer;
        let is_stray = |pin: &Pin| match place.spec.rule {
            ValueRule::Text | ValueRule::Name => is_by_customer && pin.is_part_of(&text),
            // Numbers have so many digits that four of them are a PIN's by chance.
            ValueRule::AccountNumber | ValueRule::Phone => pin.is_all_of(&text),
            _ => false,
        };
        if self.pins.iter().any(is_stray) {
            self.refuse(ReasonCode::FieldFormat, name, "a PIN does not belong into this box");
            return None;
        }
        if text.chars().any(char::is_control) {
            self.refuse(ReasonCode::FieldFormat, name, "no control characters");
            return None;
        }
        Some(text)
    }

    /// A box whose text has a type of its own.
    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name, ReasonCode::FieldMissing)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(ReasonCode::FieldFormat, name, &error.to_string());
                None
            }
        }
    }

    fn pin(&mut self, name: &str, kind: PinKind) -> Option<Pin> {
        let (missing, format) = match kind {
            PinKind::Account => (ReasonCode::PinMissing, ReasonCode::PinFormat),
            PinKind::Person => (ReasonCode::NewPinMissing, ReasonCode::NewPinFormat),
        };
        // No tidying of a secret beyond its ends, and no copy of it that outlives this line.
        let text = FieldText::from(self.raw(name).trim());
        if text.is_blank() {
            self.refuse(missing, name, "");
            return None;
        }
        match Pin::parse(text.as_str(), kind) {
            Ok(pin) => Some(pin),
            Err(error) => {
                self.refuse(format, name, &error.to_string());
                None
            }
        }
    }

    /// The name in `prefix.first_name` and `prefix.last_name`.
    fn name(&mut self, prefix: &str, doubts: &mut Vec<Reason>) -> Option<PersonName> {
        let part = |form: &mut Self, last: &str| {
            let field = format!("{prefix}.{last}");
            let text = form.text(&field, ReasonCode::FieldMissing)?;
            if is_name_part(&text) {
                return Some(text);
            }
            form.refuse(ReasonCode::FieldFormat, &field, "a name is made of letters, and of what stands in real names");
            None
        };
        let (first, last) = (part(self, "first_name"), part(self, "last_name"));
        match PersonName::new(&first?, &last?) {
            Ok(name) => {
                if let Some(why) = suspicion(&name) {
                    doubts.push(Reason::of_field(ReasonCode::NameSuspicious, prefix).because(why));
                }
                Some(name)
            }
            Err(error) => {
                self.refuse(ReasonCode::FieldFormat, prefix, &error.to_string());
                None
            }
        }
    }

    fn claim(&mut self, doubts: &mut Vec<Reason>) -> Claim {
        Claim {
            account: self.parsed::<AccountNumber>("account.number"),
            account_name: self.text("account.name", ReasonCode::FieldMissing),
            billing_email: self.parsed("account.billing_email"),
            signer: self.name("signer", doubts),
            email: self.parsed("signer.email"),
            phone: self.parsed("signer.phone"),
            role: self.role(),
            signed_on: self.date(),
            sender: None,
        }
    }

    fn role(&mut self) -> Option<SignerRole> {
        const OWNER: &str = "signer.is_owner";
        const AUTHORIZED_USER: &str = "signer.is_authorized_user";
        if !self.places.contains_key(OWNER) && !self.places.contains_key(AUTHORIZED_USER) {
            return None;
        }
        match (self.is_ticked(OWNER), self.is_ticked(AUTHORIZED_USER)) {
            (true, false) => Some(SignerRole::Owner),
            (false, true) => Some(SignerRole::AuthorizedUser),
            (true, true) => {
                self.refuse(ReasonCode::ChoiceConflict, OWNER, "exactly one of the two boxes must be ticked");
                None
            }
            (false, false) => {
                self.refuse(ReasonCode::ChoiceMissing, OWNER, "exactly one of the two boxes must be ticked");
                None
            }
        }
    }

    fn date(&mut self) -> Option<jiff::civil::Date> {
        const DATE: &str = "signature.date";
        let text = self.text(DATE, ReasonCode::SignDateMissing)?;
        let date = self.dates.parse(&text);
        if date.is_none() {
            let expected = format!("a day of the calendar as {}", self.dates);
            self.refuse(ReasonCode::DateInvalid, DATE, &expected);
        }
        date
    }

    /// The rows of both tables that were started.
    fn requests(
        &mut self,
        template: &FormTemplate,
        claim: &Claim,
        account_pin: Option<&Pin>,
        doubts: &mut Vec<Reason>,
    ) -> Vec<Request> {
        let rows = |table: &str| -> Vec<String> {
            (1..=template.rows_of(table)).map(|row| format!("{table}.{row}")).filter(|it| self.is_started(it)).collect()
        };
        let (additions, removals) = (rows("add"), rows("remove"));
        if additions.is_empty() && removals.is_empty() {
            self.defects.push(Reason::of_form(ReasonCode::NothingRequested));
        }
        let phones: Vec<Phone> = claim.phone.clone().into_iter().collect();
        let context = NewPinContext { account: claim.account.as_ref(), account_pin, phones: &phones };
        let mut requests: Vec<Request> =
            additions.into_iter().filter_map(|it| self.addition(it, context, doubts)).collect();
        requests.extend(removals.into_iter().filter_map(|it| self.removal(it, doubts)));
        requests
    }

    fn is_started(&self, row: &str) -> bool {
        let in_row = |it: &&String| it.strip_prefix(row).is_some_and(|rest| rest.starts_with('.'));
        self.places.keys().filter(in_row).any(|it| self.is_written(it))
    }

    fn addition(&mut self, field: String, context: NewPinContext<'_>, doubts: &mut Vec<Reason>) -> Option<Request> {
        let name = self.name(&field, doubts);
        let email = self.parsed::<Email>(&format!("{field}.email"));
        doubts.extend(email.as_ref().and_then(|it| doubt_address(&format!("{field}.email"), it)));
        let phone = self.parsed::<Phone>(&format!("{field}.phone"));
        let job = self.text(&format!("{field}.role"), ReasonCode::FieldMissing).unwrap_or_default();
        let pin_field = format!("{field}.pin");
        let pin = self.pin(&pin_field, PinKind::Person)?;
        let phones: Vec<Phone> = context.phones.iter().chain(&phone).cloned().collect();
        for fault in new_pin::faults(&pin, NewPinContext { phones: &phones, ..context }) {
            self.refuse(fault, &pin_field, "");
        }
        Some(Request::Add { field, person: NewPerson { name: name?, email, phone, job, pin: FirstPin::Chosen(pin) } })
    }

    fn removal(&mut self, field: String, doubts: &mut Vec<Reason>) -> Option<Request> {
        let name = self.name(&field, doubts);
        let email = self.parsed::<Email>(&format!("{field}.email"));
        Some(Request::Remove { field, name: name?, email })
    }

    fn check_consent(&mut self) {
        const CONSENT: &str = "consent.full_privileges";
        if self.places.contains_key(CONSENT) && !self.is_ticked(CONSENT) {
            self.refuse(ReasonCode::ConsentMissing, CONSENT, "");
        }
    }

    /// The typed signature is the signer's name; an initial or a middle name more is a habit, not another person.
    fn check_signature(&mut self, claim: &Claim) {
        const TYPED_NAME: &str = "signature.typed_name";
        let typed = self.text(TYPED_NAME, ReasonCode::SignMissing);
        if let (Some(typed), Some(signer)) = (typed, &claim.signer)
            && compare_written(&typed, signer) == NameMatch::Different
        {
            self.refuse(ReasonCode::SignNameMismatch, TYPED_NAME, "");
        }
    }

    /// The provider's own questions: present where they must be, and of the kind that they ask for.
    fn check_extras(&mut self) {
        let extras: Vec<(String, ValueRule)> = self
            .places
            .values()
            .filter(|it| it.name.starts_with("extra."))
            // In a table only the rows that were started count.
            .filter(|it| it.row.is_none() || it.name.rsplit_once('.').is_some_and(|(row, _)| self.is_started(row)))
            .map(|it| (it.name.clone(), it.spec.rule))
            .collect();
        for (name, rule) in extras {
            match rule {
                ValueRule::Email => drop(self.parsed::<Email>(&name)),
                ValueRule::Phone => drop(self.parsed::<Phone>(&name)),
                ValueRule::AccountNumber => drop(self.parsed::<AccountNumber>(&name)),
                ValueRule::Check => self.check_extra_tick(&name),
                ValueRule::Date => self.check_extra_date(&name),
                ValueRule::Text | ValueRule::Name | ValueRule::AccountPin | ValueRule::NewPin => {
                    drop(self.text(&name, ReasonCode::FieldMissing));
                }
            }
        }
    }

    fn check_extra_tick(&mut self, name: &str) {
        if self.places[name].spec.required && !self.is_ticked(name) {
            self.refuse(ReasonCode::ChoiceMissing, name, "");
        }
    }

    fn check_extra_date(&mut self, name: &str) {
        let text = self.text(name, ReasonCode::FieldMissing);
        if text.is_some_and(|it| self.dates.parse(&it).is_none()) {
            let expected = format!("a day of the calendar as {}", self.dates);
            self.refuse(ReasonCode::DateInvalid, name, &expected);
        }
    }
}
