//! Fixed secrets, and verifiers that cost nothing. Protect nobody.

use countersign_core::account::AccountNumber;
use countersign_core::person::PersonId;
use countersign_core::pin::{Pin, PinCost, PinHasher, PinHolder, PinKind, PinVerifier};
use countersign_core::set_up_code::{CodeHolder, OpenCode, SetUpCode};
use countersign_core::vault::VaultKey;

use crate::{Seeded, minutes_later};

/// The vault key of all tests.
pub fn vault_key() -> VaultKey {
    VaultKey::from_bytes(Seeded::new(0x5ea1).bytes())
}

/// A PIN from its digits.
///
/// # Panics
/// When the text is not 4 to 8 digits.
pub fn pin(digits: &str) -> Pin {
    Pin::parse(digits, PinKind::Account).expect("a PIN in a test has 4 to 8 digits")
}

/// A cheap verifier of an account's Security PIN under [`vault_key`].
pub fn account_verifier(account: &AccountNumber, digits: &str) -> PinVerifier {
    verifier(PinHolder { account, kind: PinKind::Account }, digits)
}

/// A cheap verifier of a person's own PIN under [`vault_key`].
pub fn person_verifier(account: &AccountNumber, digits: &str) -> PinVerifier {
    verifier(PinHolder { account, kind: PinKind::Person }, digits)
}

/// What is kept of the set-up code that `byte` alone makes, good for an hour from [`NOW`], under [`vault_key`].
pub fn open_code(account: &AccountNumber, person: PersonId, byte: u8) -> OpenCode {
    let code = SetUpCode::mint([byte; 7]);
    OpenCode::of(&code, CodeHolder { account, person }, minutes_later(60), &vault_key())
}

fn verifier(holder: PinHolder<'_>, digits: &str) -> PinVerifier {
    let seed = holder.account.as_str().bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
    let random = Seeded::new(seed).bytes();
    PinHasher::new().seal(&pin(digits), holder, PinCost::CHEAP_FOR_TESTS, &random, &vault_key())
}

#[cfg(test)]
mod tests {
    use countersign_core::pin::PinAnswer;

    use super::*;

    #[test]
    fn a_verifier_knows_its_pin() {
        let account = "A-1001".parse().unwrap();
        let holder = PinHolder { account: &account, kind: PinKind::Account };
        let verifier = account_verifier(&account, "830514");
        let answer = PinHasher::new().verify(&pin("830514"), &verifier, holder, &vault_key());
        assert_eq!(answer, Ok(PinAnswer::Right));
    }
}
