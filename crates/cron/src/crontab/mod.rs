//! Crontabs: files become jobs, and sentences about what is wrong with them.

use std::path::{Path, PathBuf};

use crate::job::Job;

/// What is said of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The file and the line, from 1; 0 where the file itself is meant.
    pub(crate) place: (PathBuf, usize),
    /// Whether a job is lost by it.
    pub(crate) fatal: bool,
    /// What, why, and what to do.
    pub(crate) text: String,
}

/// Reads a crontab, or every file of a directory like /etc/cron.d. What is good is given
/// whatever is wrong beside it.
pub(crate) fn read(path: &Path) -> (Vec<Job>, Vec<Problem>) {
    let _ = path;
    (Vec::new(), Vec::new())
}
