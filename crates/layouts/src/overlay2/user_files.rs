//! Where an image's hooks and services are.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::view::View;
use crate::{Problem, Rule};

/// What can be wrong with the places of hooks and services.
pub const RULES: &[&Rule] = &[&PROFILE, &NOT_A_DIRECTORY];

const PROFILE: Rule = Rule::error(
    "profile-missing",
    "`S6_RUNTIME_PROFILE` names a directory that `/etc/cont-profile.d` does not have. No hooks and no services are used.",
    "Make it, or unset the variable.",
);
const NOT_A_DIRECTORY: Rule = Rule::error(
    "not-a-directory",
    "A file or a dead link stands where a directory of hooks or services is looked for. It counts as empty.",
    "Put a directory there.",
);

/// Where hooks and services come from: `etc`, or its cont-profile.d/PROFILE.
pub fn source(etc: &Path, profile: Option<&[u8]>) -> PathBuf {
    match profile {
        Some(name) => etc.join("cont-profile.d").join(OsStr::from_bytes(name)),
        None => etc.to_path_buf(),
    }
}

/// What is wrong with that place.
pub fn check_in(view: &View, etc: &Path, profile: Option<&[u8]>) -> Vec<Problem> {
    let from = source(etc, profile);
    let mut problems = Vec::new();
    if profile.is_some() && !view.is_dir(&from) {
        problems.push(no_profile(&from));
    }
    for name in DIRECTORIES {
        let path = from.join(name);
        if view.link_stat(&path).is_ok() && !view.is_dir(&path) {
            let cause = "not a directory, so it counts as empty";
            let remedy = "put a directory here";
            problems.push(Problem::new(&path, cause, remedy).of(&NOT_A_DIRECTORY));
        }
    }
    problems
}

/// The problem of a profile that is not at `path`.
pub fn no_profile(path: &Path) -> Problem {
    Problem::new(
        path,
        "this profile does not exist",
        "make it, or unset S6_RUNTIME_PROFILE; no hooks and no services are used",
    )
    .of(&PROFILE)
}

/// The directories of hooks and services.
pub const DIRECTORIES: [&str; 4] = ["fix-attrs.d", "cont-init.d", "cont-finish.d", "services.d"];
