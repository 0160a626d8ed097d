//! Builders, a fixed clock, a seeded generator and the store contract: only ever a dev-dependency.
