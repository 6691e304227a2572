//! Why a script cannot be run.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::{errno, escape};
use places::name;

use super::elf;
use crate::view::View;
use crate::{Problem, Rule, hooks};

/// What keeps a script from being run, in the order in which it is looked for.
pub const RULES: &[&Rule] = &[
    &DEAD_LINK,
    &NOT_A_FILE,
    &EMPTY,
    &NOT_EXECUTABLE,
    &BYTE_ORDER_MARK,
    &NO_SHEBANG,
    &LONG_SHEBANG,
    &CARRIAGE_RETURN,
    &NO_INTERPRETER,
    &INTERPRETER_MISSING,
    &INTERPRETER_UNUSABLE,
    &ONE_WORD,
    &PROGRAM_MISSING,
    &elf::OTHER_MACHINE,
    &elf::LOADER_MISSING,
    &UNREADABLE,
    &hooks::HOOK_PASSED_OVER,
];

const DEAD_LINK: Rule = Rule::error(
    "dead-link",
    "A hook, `run` or `finish` is a link to something that does not exist. It cannot be run.",
    "Correct the link. Links are followed in the image, so an absolute one begins at the image's root.",
)
.with_the_image();
const NOT_A_FILE: Rule = Rule::error(
    "not-a-script",
    "A directory, fifo or device stands where a script is looked for. As a hook it fails: with `S6_BEHAVIOUR_IF_STAGE2_FAILS=2` it stops the boot. Engines make an empty directory where the source of a bind mount does not exist.",
    "Put a script there; correct the source of the mount. Scripts of a directory are put beside it.",
);
const EMPTY: Rule = Rule::error(
    "empty-script",
    "The file is empty. The kernel cannot run it: a shell would, so it seems to work when tried by hand.",
    "Write a script that begins with `#!/bin/sh`, or remove the file.",
);
/// A script without its run bit.
pub const NOT_EXECUTABLE: Rule = Rule::error(
    "not-executable",
    "The file may not be executed by the user that runs it. Hooks, `run` and `finish` get their run bit at the boot where PID 1 is root (by `/etc/s6/init/init-stage2-fixattrs.txt`), so it is told for other files, and with `--user`.",
    "`chmod 0755` the file before it is copied into the image.",
);
const BYTE_ORDER_MARK: Rule = Rule::error(
    "byte-order-mark",
    "An editor has put a byte order mark (EF BB BF) before the `#!`. The kernel does not see the `#!` any more.",
    "Save the file as UTF-8 without BOM.",
);
const NO_SHEBANG: Rule = Rule::error(
    "no-shebang",
    "The first line does not begin with `#!`. The kernel does not know how to run the file.",
    "Begin it with `#!/bin/sh`, `#!/usr/bin/with-contenv bash` or the interpreter that it needs. A blank line or a space before the `#!` counts too.",
);
const LONG_SHEBANG: Rule = Rule::error(
    "long-shebang",
    "The first line is longer than 255 bytes. The kernel cuts it off.",
    "Shorten it.",
);
const CARRIAGE_RETURN: Rule = Rule::error(
    "crlf-shebang",
    "The first line ends with a carriage return (the file has Windows line endings). It becomes part of the interpreter's name, and no such interpreter exists.",
    "Save the file with Unix line endings: `sed -i 's/\\r$//' FILE`; in git, `*.sh text eol=lf` in `.gitattributes`.",
);
const NO_INTERPRETER: Rule = Rule::error(
    "no-interpreter",
    "Nothing follows the `#!`.",
    "Write `#!/bin/sh` or the interpreter that the script needs.",
);
const INTERPRETER_MISSING: Rule = Rule::error(
    "interpreter-missing",
    "The file that the first line names does not exist in the image. What the kernel then says, \"No such file or directory\", sounds as if the script itself were missing.",
    "Install the interpreter, or name one that is there. `/command/…` is s6-overlay 3: here the programs are in `/usr/bin` and `/bin`.",
)
.with_the_image();
const INTERPRETER_UNUSABLE: Rule = Rule::error(
    "interpreter-unusable",
    "The interpreter that the first line names is a directory, may not be executed, or cannot be reached.",
    "Name one that can be used, or `chmod 0755` it.",
)
.with_the_image();
const ONE_WORD: Rule = Rule::error(
    "shebang-one-word",
    "The kernel hands over everything behind the interpreter as one word: `#!/usr/bin/env bash -e` looks for a program called `bash -e`.",
    "Use `set -e` in the script, `#!/usr/bin/env -S bash -e`, or name the interpreter itself: `#!/bin/bash -e`.",
);
const PROGRAM_MISSING: Rule = Rule::error(
    "program-missing",
    "The program that `#!/usr/bin/env NAME` or `#!/usr/bin/with-contenv NAME` names is not on the PATH of the image. Hooks and services start with the PATH of `/etc/s6/init/env`, in which `/usr/local/bin` is not; `with-contenv` looks along the container's.",
    "Install it, or name one that is there. For a program in `/usr/local/bin` write its whole path, or `with-contenv`.",
)
.with_the_image();
/// What the system refuses to read.
pub(crate) const UNREADABLE: Rule = Rule::error(
    "unreadable",
    "The system refuses to read a file or to list a directory that the boot needs.",
    "The message says why: rights, a circle of links, a file where a directory should be.",
);

/// Longest first line that the kernel reads (BINPRM_BUF_SIZE, execve(2)).
const LONGEST_FIRST_LINE: usize = 255;

/// Why the script at `path` cannot be run; none where nothing speaks against it.
pub fn diagnose(path: &Path) -> Option<Problem> {
    diagnose_in(&View::live(), path)
}

/// As above, for what `view` sees.
pub fn diagnose_in(view: &View, path: &Path) -> Option<Problem> {
    let found = match view.stat(path) {
        Ok(found) => found,
        Err(error) => return Some(missing(view, path, &error)),
    };
    if !found.is_file() {
        let problem = match found.is_dir() {
            true => Problem::new(
                path,
                "it is a directory, which cannot be run",
                "put a script here, or correct the bind mount (an engine makes a directory where \
                 its source does not exist)",
            ),
            false => Problem::new(path, "not a file that can be run", "put a script here"),
        };
        return Some(problem.of(&NOT_A_FILE));
    }
    let start = match view.read_start(path, elf::HEADERS) {
        Ok(start) => start,
        // Who may execute a program need not be able to read it.
        Err(_) if view.is_executable(path) => return None,
        Err(error) => {
            let problem = Problem::refused(path, "read it", &error, "correct its mode or owner");
            return Some(problem.of(&UNREADABLE));
        }
    };
    if start.is_empty() {
        let problem = Problem::new(
            path,
            "the file is empty, which the kernel cannot run",
            "write a script that begins with #!/bin/sh, or remove it",
        );
        return Some(problem.of(&EMPTY));
    }
    // Where the file system is mounted noexec, its scripts run through their interpreters.
    let through_interpreter =
        view.is_live() && kernel::mount::is_noexec(path) && found.mode & 0o111 != 0;
    if !view.is_executable(path) && !through_interpreter {
        let remedy = match view.is_live() {
            true => to_make_executable(path),
            false => format!("chmod 0755 {}", escape(path.as_os_str().as_bytes())),
        };
        let problem = Problem::new(path, "it is not executable for this user", remedy);
        return Some(problem.of(&NOT_EXECUTABLE));
    }
    content(view, path, &start)
}

/// What keeps a program that begins with `start` from being run.
fn content(view: &View, path: &Path, start: &[u8]) -> Option<Problem> {
    if start.starts_with(elf::MAGIC) {
        return elf::problem(view, path, start);
    }
    let line = &start[..start.len().min(LONGEST_FIRST_LINE + 1)];
    first_line(view, path, line)
}

/// What has been found to be fine in one walk through many scripts: most begin alike, and an
/// interpreter that was there for one is there for all.
#[derive(Default)]
pub struct Known {
    first_lines: BTreeSet<Vec<u8>>,
    programs: BTreeSet<Vec<u8>>,
}

impl Known {
    /// As [`diagnose`], of a file that everybody may execute and whose content begins with
    /// `start` ([`LONGEST_START`] bytes of it, where it is as long).
    pub fn diagnose(&mut self, path: impl FnOnce() -> PathBuf, start: &[u8]) -> Option<Problem> {
        let line = &start[..start.len().min(LONGEST_FIRST_LINE + 1)];
        let line = line.split_inclusive(|byte| *byte == b'\n').next();
        let line = line.unwrap_or_default();
        if self.first_lines.contains(line) {
            return None;
        }
        let view = View::live();
        let problem = match start.is_empty() {
            true => diagnose_in(&view, &path()),
            false => content(&view, &path(), start),
        };
        if problem.is_none() && line.starts_with(b"#!") {
            self.first_lines.insert(line.to_vec());
        }
        problem
    }

    /// Whether the program of this absolute path has been found to be fine.
    pub fn is_program(&self, target: &[u8]) -> bool {
        self.programs.contains(target)
    }

    /// Notes that the program of this absolute path is fine.
    pub fn note_program(&mut self, target: &[u8]) {
        self.programs.insert(target.to_vec());
    }
}

/// How much of a program is looked at.
pub const LONGEST_START: usize = elf::HEADERS;

/// What gives the script at `path` its run bit. A file that is mounted from elsewhere has
/// its mode from there.
pub fn to_make_executable(path: &Path) -> String {
    // The kubelet's way of changing a whole volume at once: a link that it exchanges.
    let from_a_volume = path
        .ancestors()
        .skip(1)
        .any(|dir| dir.join("..data").symlink_metadata().is_ok());
    if from_a_volume {
        return format!(
            "set `defaultMode: 0755` for the volume (ConfigMap, Secret) that it comes from{}",
            or_copy(path)
        );
    }
    let file = kernel::fs::open(path, kernel::fs::flags::O_PATH, 0);
    match file.is_ok_and(|file| kernel::mount::is_read_only(&file)) {
        true => format!(
            "chmod 0755 it where it comes from: it is mounted read-only here (a ConfigMap or \
             Secret of Kubernetes: `defaultMode: 0755` for its volume){}",
            or_copy(path)
        ),
        false => format!("chmod 0755 {}", escape(path.as_os_str().as_bytes())),
    }
}

/// The other way for a hook that is run where it lies: copies can be changed. Services are
/// copied anyway, and a copy that has been made by S6_READ_ONLY_ROOT is no longer there.
fn or_copy(path: &Path) -> &'static str {
    let is_hook = path.components().any(|part| {
        let part = part.as_os_str();
        part == name::CONT_INIT || part == name::CONT_FINISH
    });
    match is_hook {
        true => {
            ", or set S6_READ_ONLY_ROOT=1: the boot then copies hooks and makes them executable"
        }
        false => "",
    }
}

/// What is wrong with a program that cannot be executed where it lies, and is nowhere
/// else.
pub fn on_noexec(path: &Path) -> Option<Problem> {
    // No mode helps there.
    kernel::mount::is_noexec(path).then(|| {
        Problem::new(
            path,
            format!(
                "{} lies on a file system that is mounted noexec",
                escape(path.as_os_str().as_bytes())
            ),
            "mount it with exec (docker run --tmpfs /run:exec)",
        )
    })
}

fn missing(view: &View, path: &Path, error: &io::Error) -> Problem {
    match view.read_link(path) {
        Ok(target) if error.kind() == io::ErrorKind::NotFound => Problem::new(
            path,
            format!(
                "it is a link to {}, which does not exist",
                escape(target.as_os_str().as_bytes())
            ),
            "correct the link",
        )
        .of(&DEAD_LINK),
        _ => Problem::refused(path, "run it", error, "check the path").of(&UNREADABLE),
    }
}

/// What is wrong with a script that begins with `start`.
fn first_line(view: &View, path: &Path, start: &[u8]) -> Option<Problem> {
    let at_one = |rule: &'static Rule, cause: String, remedy: String| {
        Some(Problem::at(path, 1, cause, remedy).of(rule))
    };
    let Some(rest) = start.strip_prefix(b"#!") else {
        if start.starts_with(b"\xef\xbb\xbf#!") {
            return at_one(
                &BYTE_ORDER_MARK,
                "a byte order mark stands before the #!, so the kernel does not see it".into(),
                "save the file as UTF-8 without BOM".into(),
            );
        }
        return at_one(
            &NO_SHEBANG,
            "no #! in the first line, so the kernel does not know how to run it".into(),
            "begin it with #!/bin/sh or the interpreter that it needs".into(),
        );
    };
    let Some(end) = rest.iter().position(|b| *b == b'\n').or_else(|| {
        // A file of one line without its newline.
        (start.len() <= LONGEST_FIRST_LINE).then_some(rest.len())
    }) else {
        return at_one(
            &LONG_SHEBANG,
            format!(
                "the first line is longer than {LONGEST_FIRST_LINE} bytes, which the kernel cuts off"
            ),
            "shorten it".into(),
        );
    };
    let line = &rest[..end];
    if line.ends_with(b"\r") {
        return at_one(
            &CARRIAGE_RETURN,
            "the line ends with a carriage return, which becomes part of the interpreter's name"
                .into(),
            format!(
                "save it with Unix line endings (sed -i 's/\\r$//' {})",
                escape(path.as_os_str().as_bytes())
            ),
        );
    }
    let line = line.trim_ascii();
    let word = line
        .split(|b| matches!(b, b' ' | b'\t'))
        .next()
        .unwrap_or(b"");
    if word.is_empty() {
        return at_one(
            &NO_INTERPRETER,
            "no interpreter after the #!".into(),
            "write #!/bin/sh or the interpreter that it needs".into(),
        );
    }
    let interpreter = Path::new(OsStr::from_bytes(word));
    let name = escape(word);
    match view.stat(interpreter) {
        Err(error) if errno::is(&error, errno::ENOENT) => at_one(
            &INTERPRETER_MISSING,
            format!("its interpreter {name} does not exist in this image"),
            match elsewhere(view, interpreter) {
                Some(found) => format!("write #!{found}, which is there"),
                None => "install it, or name one that is there".into(),
            },
        ),
        Err(error) => at_one(
            &INTERPRETER_UNUSABLE,
            format!(
                "its interpreter {name} cannot be used: {}",
                errno::text(&error)
            ),
            "name one that can".into(),
        ),
        Ok(found) if !found.is_file() || !view.is_executable(interpreter) => at_one(
            &INTERPRETER_UNUSABLE,
            format!("its interpreter {name} is not executable for this user"),
            format!("chmod 0755 {name}, or name another"),
        ),
        Ok(_) => {
            let argument = line[word.len()..].trim_ascii();
            let (rule, cause, remedy) = looked_up(view, interpreter, argument)?;
            at_one(rule, cause, remedy)
        }
    }
}

/// Where else the program of this name is, among the usual places.
fn elsewhere(view: &View, interpreter: &Path) -> Option<String> {
    let name = interpreter.file_name()?;
    let found = view.program(name.as_bytes(), crate::view::USUAL_PATH.as_bytes())?;
    Some(escape(found.as_os_str().as_bytes()))
}

/// Interpreters that only look for another program and become it.
const LOOKS_ANOTHER_UP: [&str; 2] = ["env", "with-contenv"];

/// What is wrong with the program that `#!/usr/bin/env PROGRAM` or its like names, with
/// a remedy; none where it is there or cannot be told.
fn looked_up(
    view: &View,
    interpreter: &Path,
    argument: &[u8],
) -> Option<(&'static Rule, String, String)> {
    let caller = interpreter.file_name()?.to_str()?;
    if !LOOKS_ANOTHER_UP.contains(&caller) || argument.is_empty() {
        return None;
    }
    if argument.starts_with(b"-") || argument.contains(&b'=') {
        return None;
    }
    let program = OsStr::from_bytes(argument);
    // A program with a slash in its name is looked for nowhere else.
    let found = std::env::split_paths(&view.search_path(caller)).any(|dir| {
        let path = dir.join(program);
        view.stat(&path).is_ok_and(|found| found.is_file())
    });
    if found {
        return None;
    }
    let name = escape(argument);
    if argument.iter().any(u8::is_ascii_whitespace) {
        return Some((
            &ONE_WORD,
            format!(
                "the kernel hands `{name}` to {caller} as one word, and no program is called that"
            ),
            "name the program alone here, and its options inside of the script (set -e)".into(),
        ));
    }
    let place = match view.searches(caller) {
        Some(path) => format!("on its PATH ({})", escape(path.as_bytes())),
        None => "in this image".to_string(),
    };
    Some((
        &PROGRAM_MISSING,
        format!("there is no {name} {place} for {caller} to run"),
        "install it, or name an interpreter that is there".into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::Temp;

    #[test]
    fn each_reason_has_its_line() {
        let temp = Temp::new();
        let long = format!("#!/bin/sh {}\n", "x".repeat(300));
        let cases: [(&str, &[u8], &str); 13] = [
            ("empty", b"", "is empty"),
            ("text", b"echo hello\n", "no #!"),
            ("crlf", b"#!/bin/sh\r\necho\r\n", "carriage return"),
            ("crlf-arg", b"#!/usr/bin/env sh\r\n", "carriage return"),
            ("bom", b"\xef\xbb\xbf#!/bin/sh\n", "byte order mark"),
            (
                "gone",
                b"#!/bin/no-such-shell -e\n",
                "/bin/no-such-shell does not exist",
            ),
            ("none", b"#!  \n", "no interpreter"),
            ("dir", b"#! /bin\n", "/bin is not executable"),
            ("long", long.as_bytes(), "longer than 255"),
            (
                "env",
                b"#!/usr/bin/env no-such-python\n",
                "no no-such-python in this image for env",
            ),
            (
                "env-path",
                b"#!/usr/bin/env /opt/no-such\n",
                "no /opt/no-such in this image",
            ),
            ("env-words", b"#!/usr/bin/env sh -e\n", "as one word"),
            ("text-bom", b"\xef\xbb\xbfecho\n", "no #!"),
        ];
        for (name, content, expected) in cases {
            let path = temp.script(name, content);
            let line = diagnose(&path).expect(name).to_string();
            assert!(line.contains(expected), "{name}: {line}");
            assert!(!line.contains('\n'), "{name}");
        }
        let plain = temp.write("plain", "#!/bin/sh\n");
        assert!(
            diagnose(&plain)
                .unwrap()
                .to_string()
                .contains("not executable")
        );
        let dead = temp.link("/nowhere", "dead");
        assert!(
            diagnose(&dead)
                .unwrap()
                .to_string()
                .contains("/nowhere, which does not exist")
        );
        assert!(diagnose(&temp.at("nothing")).is_some());
        assert!(diagnose(&temp.dir("directory")).is_some());
    }

    #[test]
    fn scripts_that_can_run_have_nothing_wrong() {
        let temp = Temp::new();
        for content in [
            "#!/bin/sh\n",
            "#! /bin/sh -e\n",
            "#!/bin/sh",
            "#!/usr/bin/env sh\n",
            "#!/usr/bin/env  /bin/sh\n",
            "#!/usr/bin/env -S sh -e\n",
            "#!/usr/bin/env A=1\n",
            "\x7fELF...",
        ] {
            let path = temp.script("script", content);
            assert_eq!(diagnose(&path), None, "{content:?}");
        }
    }
}
