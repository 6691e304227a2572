//! Where an image's hooks and services are.

use std::path::Path;

use places::name::USER_DIRECTORIES;

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

/// What is wrong with the place where hooks and services come from.
pub fn check_in(view: &View, etc: &Path, profile: Option<&[u8]>) -> Vec<Problem> {
    let from = places::user_files(etc, profile);
    let mut problems = Vec::new();
    if profile.is_some() && !view.is_dir(&from) {
        problems.push(no_profile(&from));
    }
    for name in USER_DIRECTORIES {
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
