//! Randomness of the operating system, for keys, salts, nonces and instance ids.

/// Fresh random bytes.
///
/// # Panics
/// When the operating system has no randomness to give: nothing secret can be made then.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// Fills `bytes` with fresh randomness; panics as [`random`] does.
pub(crate) fn fill<const N: usize>(bytes: &mut [u8; N]) {
    getrandom::fill(bytes).expect("the operating system gives randomness");
}
