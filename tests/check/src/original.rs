//! The original, where this machine has one.

use std::path::PathBuf;
use std::process::Command;

/// The release that the cases speak of.
pub const RELEASE: &str = "v0.4.10";

/// `GOSS_ORIGINAL`, or `goss` along PATH. None where there is none, or one of another release:
/// that is said.
///
/// # Panics
/// When `GOSS_ORIGINAL` cannot be run.
pub fn find() -> Option<PathBuf> {
    let named = std::env::var_os("GOSS_ORIGINAL").filter(|path| !path.is_empty());
    let path = match &named {
        Some(path) => PathBuf::from(path),
        None => {
            let dirs = std::env::var_os("PATH").unwrap_or_default();
            let mut all = std::env::split_paths(&dirs).map(|dir| dir.join("goss"));
            all.find(|path| path.is_file())?
        }
    };
    let said = Command::new(&path).arg("-v").output();
    let said = said.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let version = String::from_utf8_lossy(&said.stdout).into_owned();
    // Debian's build does not know its release, and has no flag that says it.
    let is_silent = String::from_utf8_lossy(&said.stderr).contains("not defined: -v");
    let is_known = is_silent || version.contains(RELEASE);
    if !is_known {
        eprintln!(
            "{}: not {RELEASE}: not asked: {}",
            path.display(),
            version.trim()
        );
    }
    is_known.then_some(path)
}
