//! What the fuzz targets reach of this crate's insides. Nobody else is to use it.

use std::path::PathBuf;

use chain::{Environment, Word};

use crate::trial::arguments::{self, Asked};
use crate::{install, status as report};

/// Overlay, root, variables and command of a call.
pub type Trial = (PathBuf, PathBuf, Vec<(Word, Word)>, Vec<Word>);

/// PID 1's answer to `status`: how many units, the table, the JSON.
pub fn status(lines: &[String]) -> (usize, String, String) {
    let report = report::parse(lines);
    let (table, json) = (
        report::table(&report, crate::paint::Paint::PLAIN),
        report::json(&report),
    );
    (report.units.len(), table, json)
}

/// The record of an installation, read and written again.
///
/// # Errors
/// The number of the first line that is not of its form.
pub fn manifest(text: &str) -> Result<String, usize> {
    install::manifest::Manifest::parse(text).map(|manifest| manifest.text())
}

/// The words of `mainstay try`; `None` for a call for help.
///
/// # Errors
/// The line that the command says.
pub fn try_call(words: Vec<Word>, caller: &Environment) -> Result<Option<Trial>, String> {
    match arguments::read(words, caller) {
        Err(failure) => Err(failure.line("try")),
        Ok(Asked::Help) => Ok(None),
        Ok(Asked::Boot(request)) => Ok(Some((
            request.overlay,
            request.root,
            request.variables,
            request.command,
        ))),
    }
}

/// The words of `mainstay install`.
///
/// # Errors
/// The line that the command says.
pub fn install_call(words: Vec<Word>) -> Result<(), String> {
    install::understand(words).map_err(|failure| failure.line("install"))
}
