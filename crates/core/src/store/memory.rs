//! An account store in memory.
pub struct MemoryStore;
