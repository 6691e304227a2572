//! What must hold for the sources as a whole: the tests are in `tests/`.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};

/// The top of the source tree.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// Compares a page of docs/ with what the tables say, or writes it: `MAINSTAY_WRITE_DOCS=1`.
///
/// # Panics
/// When they differ.
pub fn page(name: &str, text: &str) {
    let path = root().join("docs").join(name);
    if std::env::var_os("MAINSTAY_WRITE_DOCS").is_some() {
        std::fs::write(&path, text).expect("the page can be written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/{name} is not what the tables say; write it with \
         MAINSTAY_WRITE_DOCS=1 cargo test -p workspace-tests"
    );
}
