//! Programs of the image that take the place of what a signal to PID 1 means
//! (s6-svscan(8)): `SIGTERM` and its like in the scan directory's `.s6-svscan`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::view::View;
use crate::{Problem, Rule, script};

/// The signals whose meaning can be replaced, without SIG.
pub const SIGNALS: &[&str] = &[
    "TERM", "HUP", "INT", "QUIT", "ABRT", "PWR", "USR1", "USR2", "WINCH", "ALRM",
];

/// What can be wrong with a directory of handlers; the files themselves are scripts.
pub const RULES: &[&Rule] = &[&HANDLER_PASSED_OVER];

const HANDLER_PASSED_OVER: Rule = Rule::warning(
    "handler-passed-over",
    "A file in `.s6-svscan` is named like a signal, but not as a handler is looked for: `SIGTERM`, `SIGHUP`, `SIGINT`, `SIGQUIT`, `SIGABRT`, `SIGPWR`, `SIGUSR1`, `SIGUSR2`, `SIGWINCH`, `SIGALRM`. Nobody runs it.",
    "Rename it, in capitals and without an ending.",
);

/// The name of the handler in the place of this signal.
pub fn file_name(signal: &str) -> String {
    format!("SIG{signal}")
}

/// The handlers in `dir`, sorted by name; what is none and looks like one.
pub fn list_in(view: &View, dir: &Path) -> (Vec<PathBuf>, Vec<Problem>) {
    let (mut handlers, mut problems) = (Vec::new(), Vec::new());
    let mut names = view.names(dir).unwrap_or_default();
    names.sort_unstable();
    for name in names {
        let path = dir.join(OsStr::from_bytes(&name));
        if name.strip_prefix(b"SIG").is_some_and(is_signal) {
            handlers.push(path);
        } else if looks_like_one(&name) {
            let cause = "no signal's handler has this name, so it is not run";
            let remedy = "name it SIGTERM, SIGHUP or as the signal is called, without an ending";
            problems.push(Problem::new(&path, cause, remedy).of(&HANDLER_PASSED_OVER));
        }
    }
    (handlers, problems)
}

fn is_signal(name: &[u8]) -> bool {
    SIGNALS.iter().any(|known| known.as_bytes() == name)
}

/// Whether somebody may have meant it for a handler: `sigterm`, `TERM`, `SIGTERM.sh`.
fn looks_like_one(name: &[u8]) -> bool {
    let upper = name.to_ascii_uppercase();
    let stem = upper.split(|b| *b == b'.').next().unwrap_or(&upper);
    let signal = stem.strip_prefix(b"SIG").unwrap_or(stem);
    !signal.is_empty() && !signal[0].is_ascii_digit() && kernel::signal::parse(signal).is_some()
}

/// Why the handler at `path` cannot be run; none where nothing speaks against it. All
/// that is said of a hook, and what becomes of the signal.
pub fn diagnose_in(view: &View, path: &Path) -> Option<Problem> {
    let problem = script::diagnose_in(view, path)?;
    Some(with_consequence(problem, path))
}

/// The same problem, with what becomes of the signal.
pub fn with_consequence(problem: Problem, path: &Path) -> Problem {
    let signal = path.file_name().unwrap_or_default();
    Problem {
        remedy: format!(
            "{}; until then {} does what it does without a handler",
            problem.remedy,
            kernel::escape(signal.as_bytes())
        ),
        ..problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::Temp;

    #[test]
    fn handlers_are_listed_and_what_looks_like_one_is_said() {
        let temp = Temp::new();
        for name in [
            "SIGTERM",
            "SIGUSR1",
            "sighup",
            "INT",
            "SIGQUIT.sh",
            "SIGKILL",
            "finish",
            "crash",
            "control",
            "15",
        ] {
            temp.script(name, "#!/bin/sh\n");
        }
        let (handlers, problems) = list_in(&View::live(), &temp.at("."));
        let names = |paths: Vec<PathBuf>| -> Vec<String> {
            let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_string();
            paths.into_iter().map(name).collect()
        };
        assert_eq!(names(handlers), ["SIGTERM", "SIGUSR1"]);
        let said = problems.into_iter().map(|problem| problem.path).collect();
        assert_eq!(names(said), ["INT", "SIGKILL", "SIGQUIT.sh", "sighup"]);
    }

    #[test]
    fn what_is_said_of_a_hook_is_said_of_a_handler() {
        let temp = Temp::new();
        temp.write("SIGHUP", "#!/bin/sh\n");
        temp.script("SIGINT", "#!/bin/sh\r\n");
        temp.script("SIGQUIT", "");
        temp.dir("SIGTERM");
        temp.link("/no/such/place", "SIGUSR1");
        temp.script("SIGUSR2", "#!/bin/sh\n");
        let view = View::live();
        let (handlers, _) = list_in(&view, &temp.at("."));
        let problems = handlers.iter().filter_map(|path| diagnose_in(&view, path));
        let problems: Vec<Problem> = problems.collect();
        let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
        for (name, why) in [
            ("SIGHUP", "not executable"),
            ("SIGINT", "carriage return"),
            ("SIGQUIT", "empty"),
            ("SIGTERM", "it is a directory"),
            ("SIGUSR1", "a link to /no/such/place"),
        ] {
            let found = lines.iter().any(|line| {
                line.contains(&format!("/{name}:"))
                    && line.contains(why)
                    && line.ends_with(&format!(
                        "until then {name} does what it does without a handler"
                    ))
            });
            assert!(found, "{name}: {lines:?}");
        }
        assert_eq!(lines.len(), 5, "{lines:?}");
    }
}
