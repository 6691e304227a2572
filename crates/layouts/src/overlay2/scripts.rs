//! Hooks (`cont-init.d`, `cont-finish.d`) and fix-attrs files: which there are, in
//! which order, and why one cannot be run.

use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use kernel::{errno, escape};

use super::elf;
use crate::Problem;

/// The files of `dir`, sorted bytewise. Names that begin with a dot are passed over
/// (`.gitkeep`, `.gitignore`), and so are directories. A directory that is not there
/// holds none.
///
/// # Errors
/// Any other reason why it cannot be listed.
pub fn list(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_none_or(|name| name.as_bytes().starts_with(b"."));
        if !hidden && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort_unstable_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
    Ok(paths)
}

/// Longest first line that the kernel reads (BINPRM_BUF_SIZE, execve(2)).
const LONGEST_FIRST_LINE: usize = 255;

/// Why the script at `path` cannot be run; none where nothing speaks against it.
pub fn diagnose(path: &Path) -> Option<Problem> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return Some(missing(path, &error)),
    };
    if !metadata.is_file() {
        return Some(Problem::new(
            path,
            "not a file that can be run",
            "put a script here",
        ));
    }
    if metadata.len() == 0 {
        return Some(Problem::new(
            path,
            "the file is empty, which the kernel cannot run",
            "write a script that begins with #!/bin/sh, or remove it",
        ));
    }
    // Where the file system is mounted noexec, its scripts run through their interpreters.
    let through_interpreter = kernel::mount::is_noexec(path) && metadata.mode() & 0o111 != 0;
    if !kernel::fs::is_executable(path) && !through_interpreter {
        return Some(Problem::new(
            path,
            "it is not executable for this user",
            format!("chmod 0755 {}", escape(path.as_os_str().as_bytes())),
        ));
    }
    let mut start = Vec::new();
    let file = kernel::fs::open_regular_target(path).ok()?;
    file.take(elf::HEADERS as u64)
        .read_to_end(&mut start)
        .ok()?;
    if start.starts_with(elf::MAGIC) {
        let (cause, remedy) = elf::problem(&start)?;
        return Some(Problem::new(path, cause, remedy));
    }
    start.truncate(LONGEST_FIRST_LINE + 1);
    first_line(path, &start)
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

fn missing(path: &Path, error: &io::Error) -> Problem {
    match std::fs::read_link(path) {
        Ok(target) if error.kind() == io::ErrorKind::NotFound => Problem::new(
            path,
            format!(
                "it is a link to {}, which does not exist",
                escape(target.as_os_str().as_bytes())
            ),
            "correct the link",
        ),
        _ => Problem::refused(path, "run it", error, "check the path"),
    }
}

/// What is wrong with a script that begins with `start`.
fn first_line(path: &Path, start: &[u8]) -> Option<Problem> {
    let at_one = |cause: String, remedy: String| Some(Problem::at(path, 1, cause, remedy));
    let Some(rest) = start.strip_prefix(b"#!") else {
        if start.starts_with(b"\xef\xbb\xbf#!") {
            return at_one(
                "a byte order mark stands before the #!, so the kernel does not see it".into(),
                "save the file as UTF-8 without BOM".into(),
            );
        }
        return at_one(
            "no #! in the first line, so the kernel does not know how to run it".into(),
            "begin it with #!/bin/sh or the interpreter that it needs".into(),
        );
    };
    let Some(end) = rest.iter().position(|b| *b == b'\n').or_else(|| {
        // A file of one line without its newline.
        (start.len() <= LONGEST_FIRST_LINE).then_some(rest.len())
    }) else {
        return at_one(
            format!(
                "the first line is longer than {LONGEST_FIRST_LINE} bytes, which the kernel cuts off"
            ),
            "shorten it".into(),
        );
    };
    let line = &rest[..end];
    if line.ends_with(b"\r") {
        return at_one(
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
            "no interpreter after the #!".into(),
            "write #!/bin/sh or the interpreter that it needs".into(),
        );
    }
    let interpreter = Path::new(std::ffi::OsStr::from_bytes(word));
    let name = escape(word);
    match std::fs::metadata(interpreter) {
        Err(error) if errno::is(&error, errno::ENOENT) => at_one(
            format!("its interpreter {name} does not exist in this image"),
            "install it, or name one that is there".into(),
        ),
        Err(error) => at_one(
            format!(
                "its interpreter {name} cannot be used: {}",
                errno::text(&error)
            ),
            "name one that can".into(),
        ),
        Ok(metadata) if !metadata.is_file() || !kernel::fs::is_executable(interpreter) => at_one(
            format!("its interpreter {name} is not executable for this user"),
            format!("chmod 0755 {name}, or name another"),
        ),
        Ok(_) => {
            let argument = line[word.len()..].trim_ascii();
            let (cause, remedy) = looked_up(interpreter, argument)?;
            at_one(cause, remedy)
        }
    }
}

/// Interpreters that only look for another program and become it.
const LOOKS_ANOTHER_UP: [&str; 2] = ["env", "with-contenv"];

/// Where programs are looked for beside this process's own PATH: a script may run with
/// another one.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What is wrong with the program that `#!/usr/bin/env PROGRAM` or its like names, with
/// a remedy; none where it is there or cannot be told.
fn looked_up(interpreter: &Path, argument: &[u8]) -> Option<(String, String)> {
    let caller = interpreter.file_name()?.to_str()?;
    if !LOOKS_ANOTHER_UP.contains(&caller) || argument.is_empty() {
        return None;
    }
    if argument.starts_with(b"-") || argument.contains(&b'=') {
        return None;
    }
    let program = Path::new(std::ffi::OsStr::from_bytes(argument));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain(std::env::split_paths(USUAL_PATH))
        // A program with a slash in its name is looked for nowhere else.
        .any(|dir| dir.join(program).is_file());
    if found {
        return None;
    }
    let name = escape(argument);
    if argument.iter().any(u8::is_ascii_whitespace) {
        return Some((
            format!(
                "the kernel hands `{name}` to {caller} as one word, and no program is called that"
            ),
            "name the program alone here, and its options inside of the script (set -e)".into(),
        ));
    }
    Some((
        format!("there is no {name} in this image for {caller} to run"),
        "install it, or name an interpreter that is there".into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Temp;

    #[test]
    fn order_is_bytewise_and_dotfiles_and_directories_are_passed_over() {
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
        assert_eq!(names, ["09", "10-B", "10-b", "2-c", "dead", "ä"]);
        assert_eq!(list(&temp.at("none")).unwrap(), Vec::<PathBuf>::new());
    }

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
