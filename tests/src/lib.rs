//! End-to-end tests over all crates; see `tests/`.
