//! docker-base's /run.d: scripts that run ahead of everything, each under `bash -e`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::view::View;
use crate::{Problem, Rule};

/// What can be wrong with /run.d.
pub const RULES: &[&Rule] = &[&NAME, &NO_BASH];

const NAME: Rule = Rule::warning(
    "run-d-name",
    "A file in `/run.d` has no name that ends in `.sh`. It is passed over.",
    "Rename it to `NAME.sh`, or move what is no script elsewhere.",
);
const NO_BASH: Rule = Rule::error(
    "run-d-bash",
    "The scripts of `/run.d` are run as `/bin/bash -e FILE`, whatever their first line says, and the image has no `/bin/bash`.",
    "Install bash, or use `/etc/cont-init.d`, whose hooks run by their first line.",
)
.with_the_image();

/// What runs the scripts.
pub const INTERPRETER: &str = "/bin/bash";

/// The scripts of a directory, in byte order: files whose names end in `.sh`; hidden
/// ones are none. A directory that cannot be listed has none.
pub fn list(view: &View, dir: &Path) -> Vec<PathBuf> {
    entries(view, dir, true).unwrap_or_default()
}

/// What is wrong with the directory as a whole.
pub fn check(view: &View, dir: &Path) -> Vec<Problem> {
    let passed_over = match entries(view, dir, false) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let problem = Problem::refused(dir, "list it", &error, "none of it is run");
            return vec![problem.of(&crate::script::UNREADABLE)];
        }
    };
    let mut problems: Vec<Problem> = passed_over
        .iter()
        .map(|path| {
            let cause = "its name does not end in .sh, so it is not run";
            Problem::new(path, cause, "rename it, or move it elsewhere").of(&NAME)
        })
        .collect();
    if !view.is_executable(Path::new(INTERPRETER))
        && let Some(first) = list(view, dir).first()
    {
        let cause = format!("it is run by {INTERPRETER}, which does not exist in this image");
        problems.push(Problem::new(first, cause, "install bash").of(&NO_BASH));
    }
    problems
}

/// The files that are scripts here, or those that are not.
fn entries(view: &View, dir: &Path, scripts: bool) -> io::Result<Vec<PathBuf>> {
    let mut names = view.names(dir)?;
    names.retain(|name| !name.starts_with(b".") && name.ends_with(b".sh") == scripts);
    let paths = names.iter().map(|name| dir.join(OsStr::from_bytes(name)));
    Ok(paths
        .filter(|path| view.stat(path).is_ok_and(|found| found.is_file()))
        .collect())
}
