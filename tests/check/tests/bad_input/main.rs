//! What goes wrong: each time a line says what and where, time and memory are bounded, and what
//! is not concerned is tested all the same.
#![forbid(unsafe_code)]

mod commands;
mod contents;
mod documents;
mod files;
mod network;
mod patterns;
mod templates;

use check_tests::watched::{Call, Seen};
use temp::Temp;

/// A directory with a `goss.yaml`.
fn with(text: impl AsRef<[u8]>) -> Temp {
    let dir = Temp::new();
    dir.write("goss.yaml", text);
    dir
}

/// Validates such a file.
fn validate(text: impl AsRef<[u8]>) -> Seen {
    Call::new(&with(text), "validate").run()
}
