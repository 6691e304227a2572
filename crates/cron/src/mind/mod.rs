//! Decides: (state, event, now) → (state, actions). No clock, no process.
