//! What the tests of the validator share.
#![forbid(unsafe_code)]

pub mod case;
pub mod dgoss;
pub mod original;
pub mod trial;
pub mod watched;

use std::path::PathBuf;

/// The program under test: `MAINSTAY_CHECK_BINARY`, or the one that cargo has built last.
///
/// # Panics
/// When there is none.
pub fn program() -> PathBuf {
    let built = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../target/x86_64-unknown-linux-gnu/debug/mainstay-check"
    );
    let path = std::env::var_os("MAINSTAY_CHECK_BINARY").map_or(built.into(), PathBuf::from);
    path.canonicalize()
        .unwrap_or_else(|error| panic!("{}: {error}: make build", path.display()))
}
