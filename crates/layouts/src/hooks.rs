//! Hooks (`cont-init.d`, `cont-finish.d`) and fix-attrs files: which there are, and in
//! which order.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::view::View;
use crate::{Problem, Rule};

pub(crate) const HOOK_PASSED_OVER: Rule = Rule::warning(
    "hook-passed-over",
    "A script of `cont-init.d`, `cont-finish.d` or `fix-attrs.d` is not run, since its name begins with a dot.",
    "Rename it.",
);

/// The entries of `dir`, sorted bytewise. Names that begin with a dot are passed over
/// (`.gitkeep`, `.gitignore`). A directory in it counts: it is a hook that cannot be run,
/// as under the original. A `dir` that is not there holds none.
///
/// # Errors
/// Any other reason why it cannot be listed.
pub fn list(dir: &Path) -> io::Result<Vec<PathBuf>> {
    list_in(&View::live(), dir)
}

/// As above, for what `view` sees.
///
/// # Errors
/// As [`list`].
pub fn list_in(view: &View, dir: &Path) -> io::Result<Vec<PathBuf>> {
    let names = match view.names(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut paths = Vec::new();
    for name in names {
        let path = dir.join(OsStr::from_bytes(&name));
        if !name.starts_with(b".") {
            paths.push(path);
        }
    }
    paths.sort_unstable_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
    Ok(paths)
}

/// Entries of a directory of hooks that are passed over although they look like hooks.
pub fn passed_over_in(view: &View, dir: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for name in view.names(dir).unwrap_or_default() {
        let path = dir.join(OsStr::from_bytes(&name));
        if name.starts_with(b".") && view.read_start(&path, 2).is_ok_and(|two| two == b"#!") {
            let cause = "its name begins with a dot, so it is not run";
            let remedy = "move it to another name if it should be";
            problems.push(Problem::new(&path, cause, remedy).of(&HOOK_PASSED_OVER));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::Temp;

    #[test]
    fn order_is_bytewise_and_dotfiles_are_passed_over() {
        let temp = Temp::new();
        for name in ["10-b", "10-B", "2-c", "09", ".gitkeep", "ä"] {
            temp.write(&format!("d/{name}"), "");
        }
        temp.dir("d/sub");
        temp.link("sub", "d/linked-dir");
        temp.link("/nowhere", "d/dead");
        let found = list(&temp.at("d")).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        let expected = [
            "09",
            "10-B",
            "10-b",
            "2-c",
            "dead",
            "linked-dir",
            "sub",
            "ä",
        ];
        assert_eq!(names, expected);
        assert_eq!(list(&temp.at("none")).unwrap(), Vec::<PathBuf>::new());
    }
}
