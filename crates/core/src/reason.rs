//! Why a form is not simply accepted: a stable code, a sentence for the staff, a sentence for the customer.
//!
//! A code is never renamed and never reused: old reports name it. `docs/reason-codes.md` lists them all, and a test
//! keeps the two equal. What a customer is told may be vaguer than what the office is told: nothing about an account
//! leaves the house before its PIN was proved.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// When a check is made. The order of the stages is the order of the checks, and the reason of the earliest stage is
/// a form's primary reason.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Hash)]
pub enum Stage {
    /// The surroundings failed; the form itself was not judged.
    System,
    /// The file as such: empty, too large, no PDF.
    Intake,
    /// The PDF cannot or must not be read.
    Pdf,
    /// It is not a form of ours.
    NotOurs,
    /// It was seen before.
    Duplicate,
    /// Who sent the message that a request is written in, and when.
    Sender,
    /// The form's version, instance and expiry.
    Form,
    /// What was read is not beyond doubt.
    Reading,
    /// The account it names.
    Account,
    /// Whether the signer may ask for this.
    Authority,
    /// The values.
    Field,
    /// Whom it asks to add or remove.
    People,
    /// Signature and date.
    Signature,
    /// What the policy has a person see though nothing is wrong with it.
    Policy,
    /// The Security PIN: last, because it costs time and an attempt.
    Pin,
}

/// What becomes of a form that has a reason against it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A person must look.
    Hold,
    /// The customer has to send another form.
    Reject,
}

macro_rules! reasons {
    ($($variant:ident $code:literal $stage:ident $severity:ident $staff:literal / $customer:literal;)+) => {
        /// The stable name of a reason; see the [module](self) and `docs/reason-codes.md`.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum ReasonCode {
            $(#[doc = $staff] $variant,)+
        }

        impl ReasonCode {
            /// All codes, in the order of the registry.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as reports print it: `FIELD_MISSING`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// When the check is made.
            pub fn stage(self) -> Stage {
                match self { $(Self::$variant => Stage::$stage),+ }
            }

            /// What becomes of the form, unless the policy says otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }

            /// The sentence for the staff.
            pub fn for_staff(self) -> &'static str {
                match self { $(Self::$variant => $staff),+ }
            }

            /// The sentence for the customer.
            pub fn for_customer(self) -> &'static str {
                match self { $(Self::$variant => $customer),+ }
            }
        }
    };
}

reasons! {
    // Intake
    EmptyFile "EMPTY_FILE" Intake Reject "The file has no bytes." / "The file you sent is empty. Please attach the form again.";
    UnsupportedType "UNSUPPORTED_TYPE" Intake Reject "The file is not a PDF." / "Please send the form as a PDF file.";
    TooLarge "TOO_LARGE" Intake Reject "The file is larger than the policy allows." / "The file you sent is too large. Please send only the form itself.";
    FileUnstable "FILE_UNSTABLE" Intake Hold "The file changed while it was read, or is not a plain file that can be read." / "Your form did not arrive completely. Please send it again.";
    // PDF
    PdfCorrupt "PDF_CORRUPT" Pdf Reject "The PDF is damaged and cannot be read." / "The PDF you sent is damaged. Please save the form again and resend it.";
    PdfEncrypted "PDF_ENCRYPTED" Pdf Reject "The PDF needs a password." / "The PDF you sent is protected by a password. Please send it without one.";
    PdfXfa "PDF_XFA" Pdf Reject "The PDF carries an XFA form, whose values may differ from what is shown." / "The PDF you sent was changed into another kind of form. Please fill in the form we sent you.";
    PdfAmbiguous "PDF_AMBIGUOUS" Pdf Hold "Readers may see different contents in this PDF: it was repaired, cut or added to." / "We need to look at your form by hand.";
    PdfActiveContent "PDF_ACTIVE_CONTENT" Pdf Reject "The PDF carries scripts, actions, attachments or media." / "The PDF you sent contains active content. Please fill in the form we sent you and return it as it is.";
    PdfResourceLimit "PDF_RESOURCE_LIMIT" Pdf Reject "Reading the PDF takes more memory or objects than the limits allow." / "The PDF you sent is too complex. Please send only the form itself.";
    PdfTimeout "PDF_TIMEOUT" Pdf Reject "Reading the PDF takes more time than the limits allow." / "The PDF you sent is too complex. Please send only the form itself.";
    // Not ours
    FormNotRecognised "FORM_NOT_RECOGNISED" NotOurs Reject "The PDF is not one of our forms." / "The PDF you sent is not our authorization form. Please fill in the form we sent you.";
    // Seen before
    DuplicateFile "DUPLICATE_FILE" Duplicate Reject "The same bytes were decided before." / "We have received this form already.";
    DuplicateInstance "DUPLICATE_INSTANCE" Duplicate Reject "This single-use form was used before." / "This form has been used already. Please ask us for a new one.";
    DuplicateRequest "DUPLICATE_REQUEST" Duplicate Reject "The same signer asked for the same on the same date in an accepted form." / "We have received this request already.";
    // Messages
    MessageNotRead "MESSAGE_NOT_READ" NotOurs Hold "The message brings something that cannot be read and may be a form or hide one." / "We could not read what you sent. Please fill in the form we sent you, and attach it as a PDF file.";
    SenderNotProved "SENDER_NOT_PROVED" Sender Reject "It is not proved that the message was sent from the address that it names." / "We cannot tell whether this message comes from you. Please fill in our authorization form, or call us.";
    MessageTooOld "MESSAGE_TOO_OLD" Sender Reject "The message was written longer ago than the policy allows." / "Your message was written too long ago. Please send a new one.";
    // Form
    FormVersionRetired "FORM_VERSION_RETIRED" Form Reject "This version of the form is no longer taken." / "This version of the form is out of date. Please ask us for a new one.";
    FormExpired "FORM_EXPIRED" Form Reject "The form was issued too long ago." / "This form has expired. Please ask us for a new one.";
    FormInstanceInvalid "FORM_INSTANCE_INVALID" Form Reject "The form's instance id was not issued by us, was changed, or was declared void." / "We cannot tell where this form comes from. Please ask us for a new one.";
    FormTextAltered "FORM_TEXT_ALTERED" Form Hold "The printed text of the form differs from what we issued." / "We need to look at your form by hand.";
    FormFieldsAltered "FORM_FIELDS_ALTERED" Form Hold "The form's fields, their flags or places differ from what we issued." / "We need to look at your form by hand.";
    FormAnnotated "FORM_ANNOTATED" Form Hold "Something was put on the page instead of into its boxes: text, a drawing or a stamp." / "We need to look at your form by hand.";
    FormFlattened "FORM_FLATTENED" Form Hold "The form was flattened or printed to a PDF: its fields are gone, and its values were read from the page." / "We need to look at your form by hand.";
    FormBlank "FORM_BLANK" Form Reject "Nothing was filled in." / "The form you sent is empty. Please fill it in, save it, and send it again.";
    FormImageOnly "FORM_IMAGE_ONLY" Form Hold "The form is a scan, photo or fax: there is no text to read." / "We need to look at your form by hand.";
    // Reading
    ValueAppearanceMismatch "VALUE_APPEARANCE_MISMATCH" Reading Hold "What the page shows differs from the stored value." / "We need to look at your form by hand.";
    FieldConflict "FIELD_CONFLICT" Reading Hold "The file holds two different values for one field." / "We need to look at your form by hand.";
    FieldHidden "FIELD_HIDDEN" Reading Hold "A field is hidden, covered or off the page." / "We need to look at your form by hand.";
    LowConfidence "LOW_CONFIDENCE" Reading Hold "A value could not be read beyond doubt." / "We need to look at your form by hand.";
    RequestUnclear "REQUEST_UNCLEAR" Reading Hold "The message asks for something, or may, and not all of it is sure." / "We need to look at your message by hand.";
    RequestInWords "REQUEST_IN_WORDS" Policy Hold "The request was read from the words of an email; the policy has a person look at it." / "We need to look at your message by hand.";
    // Account
    AccountNotFound "ACCOUNT_NOT_FOUND" Account Reject "There is no account with this number." / "The account number, the signer or the Security PIN do not match our records.";
    AccountClosed "ACCOUNT_CLOSED" Account Reject "The account is closed." / "The account number, the signer or the Security PIN do not match our records.";
    AccountMismatch "ACCOUNT_MISMATCH" Account Reject "The form names another account, account name or billing email than our records or the form as issued." / "The account number, the signer or the Security PIN do not match our records.";
    SenderNotBillingAddress "SENDER_NOT_BILLING_ADDRESS" Account Reject "The message does not come from the account's billing email." / "The account number, the signer or the Security PIN do not match our records.";
    SenderLookalike "SENDER_LOOKALIKE" Account Reject "The message comes from an address that looks like the account's billing email and is another one." / "The account number, the signer or the Security PIN do not match our records.";
    BillingEmailTooNew "BILLING_EMAIL_TOO_NEW" Account Hold "The account's billing email was changed so recently that its word does not count yet." / "We need to look at your message by hand.";
    // Authority
    SignerNotListed "SIGNER_NOT_LISTED" Authority Reject "The signer is neither Account Owner nor Authorized User of this account." / "The account number, the signer or the Security PIN do not match our records.";
    SignerInactive "SIGNER_INACTIVE" Authority Reject "The signer was not authorized on the date signed, or no longer is." / "The account number, the signer or the Security PIN do not match our records.";
    SignerAmbiguous "SIGNER_AMBIGUOUS" Authority Hold "The signer's name is close to, but not the same as, someone who may sign, or fits several people." / "We need to look at your form by hand.";
    SignerRoleMismatch "SIGNER_ROLE_MISMATCH" Authority Reject "The signer ticked another role than our records show." / "The account number, the signer or the Security PIN do not match our records.";
    ActionNotPermitted "ACTION_NOT_PERMITTED" Authority Reject "The policy does not let this signer ask for this." / "The account number, the signer or the Security PIN do not match our records.";
    // Field
    FieldMissing "FIELD_MISSING" Field Reject "A required box is empty." / "Please fill in this box.";
    FieldFormat "FIELD_FORMAT" Field Reject "The value has not the form that this box needs." / "Please check this value.";
    FieldTooLong "FIELD_TOO_LONG" Field Reject "The value is longer than this box allows." / "Please shorten this value.";
    DateInvalid "DATE_INVALID" Field Reject "The date is not a day of the calendar in the form's date format." / "Please write the date as shown under the box.";
    ChoiceMissing "CHOICE_MISSING" Field Reject "None of the boxes was ticked, one must be." / "Please tick one of these boxes.";
    ChoiceConflict "CHOICE_CONFLICT" Field Reject "More than one box was ticked, or a box was ticked that says the contrary of another." / "Please tick only one of these boxes.";
    ConsentMissing "CONSENT_MISSING" Field Reject "The box that agrees to full privileges was not ticked." / "Please read the statement about full privileges and tick its box.";
    NothingRequested "NOTHING_REQUESTED" Field Reject "The form asks to add or remove nobody." / "Please name at least one person to add or remove.";
    NameSuspicious "NAME_SUSPICIOUS" Field Hold "A name mixes scripts, carries invisible characters, or looks like that of another person on the account." / "We need to look at your form by hand.";
    // People
    UserAlreadyAuthorized "USER_ALREADY_AUTHORIZED" People Reject "The person to add is already the Account Owner or an Authorized User." / "The account number, the signer or the Security PIN do not match our records.";
    UserNotFound "USER_NOT_FOUND" People Reject "The person to remove is not an Authorized User of this account." / "The account number, the signer or the Security PIN do not match our records.";
    UserAmbiguous "USER_AMBIGUOUS" People Hold "The person fits, or is close to, several people or another person on the account." / "We need to look at your form by hand.";
    UserDuplicateOnForm "USER_DUPLICATE_ON_FORM" Field Reject "The same person stands on the form twice." / "Please name each person only once.";
    UserLimit "USER_LIMIT" People Reject "The account would have more Authorized Users than the policy allows." / "The account number, the signer or the Security PIN do not match our records.";
    RemoveOwner "REMOVE_OWNER" People Reject "The form asks to remove the Account Owner." / "The account number, the signer or the Security PIN do not match our records.";
    // Signature
    SignMissing "SIGN_MISSING" Signature Reject "The form is not signed." / "Please sign the form by typing your full name.";
    SignDateMissing "SIGN_DATE_MISSING" Signature Reject "The signature has no date." / "Please write the date beside your signature.";
    SignTooOld "SIGN_TOO_OLD" Signature Reject "The form was signed longer ago than the policy allows." / "The form was signed too long ago. Please sign a new one.";
    SignFutureDate "SIGN_FUTURE_DATE" Signature Reject "The date of the signature lies in the future." / "Please check the date beside your signature.";
    SignNameMismatch "SIGN_NAME_MISMATCH" Signature Reject "The typed signature is not the signer's name." / "Please sign with the same name as in the section about who is asking.";
    // PIN
    PinMissing "PIN_MISSING" Field Reject "The Security PIN is missing." / "Please fill in the account's Security PIN.";
    PinFormat "PIN_FORMAT" Field Reject "The Security PIN is not 4 to 8 digits." / "The Security PIN has 4 to 8 digits.";
    NewPinMissing "NEW_PIN_MISSING" Field Reject "A new Authorized User has no PIN." / "Please choose a 4-digit PIN for each person you add.";
    NewPinFormat "NEW_PIN_FORMAT" Field Reject "A new Authorized User's PIN is not exactly 4 digits." / "The PIN of a new Authorized User has exactly 4 digits.";
    NewPinTooCommon "NEW_PIN_TOO_COMMON" Field Reject "A new Authorized User's PIN is one of those that are guessed first." / "Please choose a PIN that is harder to guess.";
    NewPinMatchesAccountData "NEW_PIN_MATCHES_ACCOUNT_DATA" Field Reject "A new Authorized User's PIN is part of the account number or of a phone number." / "Please choose a PIN that is no part of the account number or of a phone number.";
    NewPinEqualsAccountPin "NEW_PIN_EQUALS_ACCOUNT_PIN" Field Reject "A new Authorized User's PIN is the account's Security PIN." / "Please choose a PIN that differs from the account's Security PIN.";
    PinInvalid "PIN_INVALID" Pin Reject "The Security PIN is wrong." / "The account number, the signer or the Security PIN do not match our records.";
    PinLocked "PIN_LOCKED" Pin Reject "Too many wrong Security PINs: the account is locked on this channel, or on all of them where they share a budget." / "The account number, the signer or the Security PIN do not match our records.";
    // System
    SenderNotChecked "SENDER_NOT_CHECKED" System Hold "The sender's domain could not be asked for its key; the message was not judged." / "We need a little longer to handle your message.";
    StoreUnavailable "STORE_UNAVAILABLE" System Hold "The account store could not be reached; the form was not judged." / "We need a little longer to handle your form.";
    Internal "INTERNAL" System Hold "The program failed on this form; the form was not judged." / "We need a little longer to handle your form.";
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no reason code.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("there is no reason code `{0}`; docs/reason-codes.md lists them")]
pub struct UnknownReasonCode(pub String);

impl FromStr for ReasonCode {
    type Err = UnknownReasonCode;

    fn from_str(text: &str) -> Result<Self, UnknownReasonCode> {
        Self::ALL.iter().copied().find(|it| it.as_str() == text).ok_or_else(|| UnknownReasonCode(text.to_owned()))
    }
}

impl Serialize for ReasonCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ReasonCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One reason against a form.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Which reason.
    pub code: ReasonCode,
    /// What becomes of the form for it.
    pub severity: Severity,
    /// The field it concerns, by full name, where it concerns one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// More for the staff: what was expected, which limit. Never a value of a PIN box.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
}

impl Reason {
    /// A reason against the form as a whole.
    pub fn of_form(code: ReasonCode) -> Self {
        Self { code, severity: code.severity(), field: None, detail: None }
    }

    /// A reason that concerns one field.
    pub fn of_field(code: ReasonCode, field: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), field: Some(field.into()), detail: None }
    }

    /// The same reason with more for the staff to know.
    #[must_use]
    pub fn because(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// The same reason, but with a person to look at it rather than a rejection.
    #[must_use]
    pub fn for_a_look(self) -> Self {
        Self { severity: Severity::Hold, ..self }
    }
}

/// Puts reasons into the order of the checks; those of one stage keep their order. The first is the primary one.
pub fn in_order_of_checks(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.sort_by_key(|it| it.code.stage());
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_as_itself() {
        for code in ReasonCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert!("NO_SUCH_CODE".parse::<ReasonCode>().is_err());
    }

    #[test]
    fn codes_are_upper_snake_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ReasonCode::ALL {
            assert!(code.as_str().bytes().all(|it| it.is_ascii_uppercase() || it == b'_'), "{code}");
            assert!(seen.insert(code.as_str()), "{code} stands twice");
        }
    }

    #[test]
    fn a_customer_learns_nothing_about_an_account_from_its_stages() {
        let vague: std::collections::BTreeSet<_> = ReasonCode::ALL
            .iter()
            .filter(|it| matches!(it.stage(), Stage::Account | Stage::Authority | Stage::People | Stage::Pin))
            .filter(|it| it.severity() == Severity::Reject)
            .map(|it| it.for_customer())
            .collect();
        assert_eq!(vague.len(), 1, "{vague:?}");
    }

    #[test]
    fn the_primary_reason_is_that_of_the_earliest_check() {
        let reasons = [ReasonCode::PinInvalid, ReasonCode::FieldMissing, ReasonCode::AccountClosed];
        let sorted = in_order_of_checks(reasons.map(Reason::of_form).to_vec());
        assert_eq!(sorted[0].code, ReasonCode::AccountClosed);
        assert_eq!(sorted[2].code, ReasonCode::PinInvalid);
    }
}
