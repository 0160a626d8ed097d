//! Rules for the PIN that a new Authorized User will say on the phone.

use crate::account::AccountNumber;
use crate::person::Phone;
use crate::pin::Pin;
use crate::reason::ReasonCode;

/// What a new PIN must differ from.
#[derive(Clone, Copy, Default)]
pub struct NewPinContext<'a> {
    /// The account.
    pub account: Option<&'a AccountNumber>,
    /// The account's Security PIN as the signer wrote it.
    pub account_pin: Option<&'a Pin>,
    /// The phone numbers on the form.
    pub phones: &'a [Phone],
}

/// What is wrong with a new PIN: not among those guessed first, not the account's own, not part of its number or of
/// a phone number.
pub fn faults(pin: &Pin, context: NewPinContext<'_>) -> Vec<ReasonCode> {
    let is_part_of_account = context.account.is_some_and(|it| pin.is_part_of(it.as_str()));
    let is_part_of_phone = context.phones.iter().any(|it| pin.is_part_of(it.as_str()));
    let checks = [
        (ReasonCode::NewPinTooCommon, pin.is_common()),
        (ReasonCode::NewPinMatchesAccountData, is_part_of_account || is_part_of_phone),
        (ReasonCode::NewPinEqualsAccountPin, context.account_pin.is_some_and(|it| it.equals(pin))),
    ];
    checks.into_iter().filter(|(_, is_fault)| *is_fault).map(|(code, _)| code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pin::PinKind;

    fn check(pin: &str, expected: &[ReasonCode]) {
        let parse = |text: &str, kind| Pin::parse(text, kind).expect("a PIN");
        let account: AccountNumber = "A-1008305".parse().unwrap();
        let account_pin = parse("7193", PinKind::Account);
        let phones: Vec<Phone> = vec!["+1 555 010 4268".parse().unwrap()];
        let context = NewPinContext { account: Some(&account), account_pin: Some(&account_pin), phones: &phones };
        assert_eq!(faults(&parse(pin, PinKind::Person), context), expected, "{pin}");
    }

    #[test]
    fn a_new_pin_is_not_easily_guessed() {
        check("6051", &[]);
        check("1234", &[ReasonCode::NewPinTooCommon]);
        check("8305", &[ReasonCode::NewPinMatchesAccountData]);
        check("4268", &[ReasonCode::NewPinMatchesAccountData]);
        check("7193", &[ReasonCode::NewPinEqualsAccountPin]);
    }
}
