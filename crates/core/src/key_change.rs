//! Another vault key for a store: everything that is sealed under the old one is sealed anew, without knowing a PIN.

use crate::pin::{PinError, PinHolder, PinVerifier};
use crate::store::{IssuedBlank, Rewrap};
use crate::vault::{VaultKey, WRAP_RANDOM_BYTES};

/// From one vault key to another. The ids of blanks that are out keep the proof under the old key; each row of the ledger
/// that it proves gets a seal under the new one in its place, so that those forms stay good.
pub struct KeyChange<'a> {
    /// The key of today.
    pub old: &'a VaultKey,
    /// The key from now on.
    pub new: &'a VaultKey,
    /// Fresh randomness.
    pub random: &'a dyn Fn(&mut [u8; WRAP_RANDOM_BYTES]),
}

impl KeyChange<'_> {
    fn fresh(&self) -> [u8; WRAP_RANDOM_BYTES] {
        let mut random = [0; WRAP_RANDOM_BYTES];
        (self.random)(&mut random);
        random
    }
}

impl Rewrap for KeyChange<'_> {
    fn verifier(&mut self, of: PinHolder<'_>, verifier: &PinVerifier) -> Result<PinVerifier, PinError> {
        verifier.reseal(of, self.old, self.new, &self.fresh())
    }

    fn blank(&mut self, blank: &IssuedBlank) -> Option<String> {
        blank.is_proved(self.old).then(|| blank.seal_under(self.new))
    }

    fn request_key(&mut self) -> String {
        self.old.hand_request_key_to(self.new, &self.fresh())
    }
}
