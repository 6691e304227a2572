//! What must hold for the sources as a whole: the tests are in `tests/`.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

/// The top of the source tree.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}
