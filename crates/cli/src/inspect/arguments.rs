//! The words of `mainstay lint` and `mainstay explain`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use chain::{Failure, Result, Unable, Word, escape};
use layouts::script::variables::Given;

use crate::install::{Layout, find_layout};
use crate::similar;
use crate::words::{self, Opt, flag, valued, wrong};

const ROOT: Opt = valued("--root", "-r", "a directory");
const LAYOUT: Opt = valued("--layout", "", "a layout");
const ENV: Opt = valued("--env", "-e", "NAME=VALUE");
const ENV_FILE: Opt = valued("--env-file", "", "a file");
const USER: Opt = valued("--user", "-u", "a user");
const CAP_DROP: Opt = valued("--cap-drop", "", "a capability");
const JSON: Opt = flag("--json");
const STRICT: Opt = flag("--strict");

/// Which of the two was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Lint,
    Explain,
}

impl Command {
    fn verb(self) -> &'static str {
        match self {
            Command::Lint => "lint",
            Command::Explain => "explain",
        }
    }
}

/// What is asked for.
#[derive(Debug)]
pub(super) enum Asked {
    Help,
    Question(Request),
}

/// A question about a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// The tree, as it was named.
    pub(super) tree: PathBuf,
    /// The image below it, as it was named.
    pub(super) root: Option<PathBuf>,
    pub(super) layout: Layout,
    pub(super) layout_name: &'static str,
    /// Variables of the container.
    pub(super) given: Vec<Given>,
    /// Who the container starts as; none: root.
    pub(super) user: Option<Word>,
    /// Capabilities that it does not have.
    pub(super) dropped: Vec<Word>,
    /// For programs.
    pub(super) json: bool,
    /// Warnings count as errors.
    pub(super) strict: bool,
}

/// Largest file of variables that is read.
const LARGEST: usize = 1 << 20;

/// Reads the words.
///
/// # Errors
/// A sentence that says which word is wrong or missing, and what to type.
pub(super) fn read(words: Vec<Word>, command: Command) -> Result<Asked> {
    let verb = command.verb();
    let options: Vec<Opt> = match command {
        Command::Lint => vec![ROOT, LAYOUT, ENV, ENV_FILE, USER, CAP_DROP, JSON, STRICT],
        Command::Explain => vec![ROOT, LAYOUT, ENV, ENV_FILE, USER, CAP_DROP],
    };
    let mut words = words::read(verb, &options, words)?;
    if words.help {
        return Ok(Asked::Help);
    }
    let mut operands = std::mem::take(&mut words.operands).into_iter();
    let mut operands = operands.by_ref().chain(std::mem::take(&mut words.behind));
    let tree = operands.next().ok_or_else(|| {
        let text = format!(
            "which tree? Name the directory that your Dockerfile copies to /: mainstay {verb} \
             --root / ./root"
        );
        wrong(verb, &text)
    })?;
    if let Some(word) = operands.next() {
        let text = format!("one tree at a time: {} is a second one", escape(&word));
        return Err(wrong(verb, &text));
    }
    let mut request = Request {
        tree: path(tree),
        root: None,
        layout: Layout::DockerBase,
        layout_name: "docker-base",
        given: Vec::new(),
        user: None,
        dropped: Vec::new(),
        json: words.has(JSON.name),
        strict: words.has(STRICT.name),
    };
    for (option, value) in words.options {
        if option == ROOT.name {
            request.root = Some(path(value));
        } else if option == LAYOUT.name {
            (request.layout_name, request.layout) = find_layout(&value)?;
        } else if option == ENV.name {
            request.given.push(variable(verb, value)?);
        } else if option == ENV_FILE.name {
            request.given.extend(file(&path(value))?);
        } else if option == USER.name {
            request.user = Some(value);
        } else if option == CAP_DROP.name {
            request.dropped.push(capability(verb, &value)?);
        }
    }
    Ok(Asked::Question(request))
}

fn path(word: Word) -> PathBuf {
    PathBuf::from(OsString::from_vec(word))
}

/// `NAME=VALUE`.
fn variable(verb: &str, word: Word) -> Result<Given> {
    match word.iter().position(|b| *b == b'=') {
        Some(at) if at > 0 => Ok(Given {
            name: word[..at].to_vec(),
            value: word[at + 1..].to_vec(),
            place: None,
        }),
        _ => {
            let text = format!("--env {} is not NAME=VALUE", escape(&word));
            Err(wrong(verb, &text))
        }
    }
}

/// The lines of a file as `docker run --env-file` has it: `NAME=VALUE`, comments and
/// blank lines between.
fn file(path: &Path) -> Result<Vec<Given>> {
    use std::io::Read;
    let shown = path.as_os_str().as_encoded_bytes();
    let mut text = Vec::new();
    kernel::fs::open_regular_target(path)
        .and_then(|file| file.take(LARGEST as u64).read_to_end(&mut text))
        .unable("read", shown)?;
    let mut given = Vec::new();
    for (number, line) in (1..).zip(text.split(|b| *b == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let begin = line.trim_ascii_start();
        if begin.is_empty() || begin.starts_with(b"#") {
            continue;
        }
        match begin.iter().position(|b| *b == b'=') {
            Some(at) if at > 0 => given.push(Given {
                name: begin[..at].to_vec(),
                value: begin[at + 1..].to_vec(),
                place: Some((path.to_path_buf(), number)),
            }),
            // A name alone takes the value of whoever runs it: not known here.
            _ if !begin.contains(&b'=') => {}
            _ => {
                return Err(Failure::Invalid(format!(
                    "{}:{number}: not NAME=VALUE",
                    escape(shown)
                )));
            }
        }
    }
    Ok(given)
}

/// A capability without its prefix, in capitals.
fn capability(verb: &str, word: &[u8]) -> Result<Word> {
    let name = word.to_ascii_uppercase();
    let name = name.strip_prefix(b"CAP_").unwrap_or(&name);
    let known = || CAPABILITIES.iter().copied().chain(["ALL"]);
    if known().any(|known| known.as_bytes() == name) {
        return Ok(name.to_vec());
    }
    let text = format!(
        "--cap-drop {}: there is no such capability{}",
        escape(word),
        match similar::nearest(name, known()) {
            Some(near) => format!("; did you mean {near}?"),
            None => "; name one like SETUID, or ALL".to_string(),
        }
    );
    Err(wrong(verb, &text))
}

/// Every capability of the kernel (capabilities(7), up to Linux 6.12), without CAP_.
const CAPABILITIES: [&str; 41] = [
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_has_the_kernel_s_name() {
        for (word, name) in [
            ("setuid", "SETUID"),
            ("CAP_NET_RAW", "NET_RAW"),
            ("all", "ALL"),
        ] {
            assert_eq!(
                capability("lint", word.as_bytes()).expect(word),
                name.as_bytes()
            );
        }
        for (word, part) in [
            ("SETUIDD", "did you mean SETUID?"),
            ("cap_chwon", "did you mean CHOWN?"),
            (
                "frobnicate",
                "name one like SETUID, or ALL; see `mainstay lint --help`",
            ),
            ("", "name one like SETUID"),
        ] {
            let line = capability("lint", word.as_bytes()).expect_err(word);
            assert!(line.line("x").contains(part), "{}", line.line("x"));
        }
        assert!(CAPABILITIES.is_sorted());
    }
}
