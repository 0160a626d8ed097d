//! Seals PINs that the staff hands in, on as many threads as there are.

use std::cell::RefCell;

use countersign_core::account::AccountNumber;
use countersign_core::pin::{Pin, PinCost, PinHasher, PinHolder, PinKind, PinVerifier};
use countersign_core::vault::VaultKey;

use crate::entropy::random;

/// Makes verifiers under one key at one cost.
pub(crate) struct Sealer<'a> {
    /// The vault key.
    pub(crate) key: &'a VaultKey,
    /// What each verifier costs.
    pub(crate) cost: PinCost,
}

impl Sealer<'_> {
    /// What is kept of a PIN. Each thread takes its 19 MiB for Argon2id once, not for every PIN.
    pub(crate) fn seal(&self, pin: &Pin, account: &AccountNumber, kind: PinKind) -> PinVerifier {
        thread_local! {
            static HASHER: RefCell<PinHasher> = RefCell::new(PinHasher::new());
        }
        let holder = PinHolder { account, kind };
        HASHER.with_borrow_mut(|it| it.seal(pin, holder, self.cost, &random(), self.key))
    }
}
