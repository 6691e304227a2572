//! The words of `mainstay lint` and `mainstay explain`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use chain::{Failure, Result, Unable, Word, escape};
use layouts::overlay2::script::variables::Given;

use crate::install::{Layout, find_layout};

/// Which of the two was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Lint,
    Explain,
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
    let name = match command {
        Command::Lint => "lint",
        Command::Explain => "explain",
    };
    let example = format!("mainstay {name} --root / ./root");
    let mut request = Request {
        tree: PathBuf::new(),
        root: None,
        layout: Layout::DockerBase,
        layout_name: "docker-base",
        given: Vec::new(),
        user: None,
        dropped: Vec::new(),
        json: false,
        strict: false,
    };
    let mut tree = None;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (option, glued) = match word.iter().position(|b| *b == b'=') {
            Some(at) if word.starts_with(b"--") => (&word[..at], Some(word[at + 1..].to_vec())),
            _ => (&word[..], None),
        };
        let mut value = |what: &str| {
            let value = glued.clone().or_else(|| words.next());
            value.filter(|value| !value.is_empty()).ok_or_else(|| {
                Failure::Invalid(format!("{} needs {what}: {example}", escape(option)))
            })
        };
        match option {
            b"--root" | b"-r" => request.root = Some(path(value("a directory")?)),
            b"--layout" => {
                let layout = find_layout(&value("a layout")?)?;
                (request.layout_name, request.layout) = layout;
            }
            b"--env" | b"-e" => request.given.push(variable(value("NAME=VALUE")?)?),
            b"--env-file" => request.given.extend(file(&path(value("a file")?))?),
            b"--user" | b"-u" => request.user = Some(value("a user")?),
            b"--cap-drop" => request.dropped.push(capability(&value("a capability")?)?),
            b"--json" if glued.is_none() && command == Command::Lint => request.json = true,
            b"--strict" if glued.is_none() && command == Command::Lint => request.strict = true,
            b"--help" | b"-h" if glued.is_none() => return Ok(Asked::Help),
            _ if word.starts_with(b"-") && word.len() > 1 => {
                return Err(Failure::Invalid(format!(
                    "there is no option {}; `mainstay {name} --help` lists them",
                    escape(&word)
                )));
            }
            _ if tree.is_none() => tree = Some(word),
            _ => {
                return Err(Failure::Invalid(format!(
                    "one tree at a time: {} is a second one",
                    escape(&word)
                )));
            }
        }
    }
    let Some(tree) = tree else {
        return Err(Failure::Invalid(format!(
            "which tree? Name the directory that your Dockerfile copies to /: {example}"
        )));
    };
    request.tree = path(tree);
    Ok(Asked::Question(request))
}

fn path(word: Word) -> PathBuf {
    PathBuf::from(OsString::from_vec(word))
}

/// `NAME=VALUE`.
fn variable(word: Word) -> Result<Given> {
    match word.iter().position(|b| *b == b'=') {
        Some(at) if at > 0 => Ok(Given {
            name: word[..at].to_vec(),
            value: word[at + 1..].to_vec(),
            place: None,
        }),
        _ => Err(Failure::Invalid(format!(
            "--env {} is not NAME=VALUE",
            escape(&word)
        ))),
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
fn capability(word: &[u8]) -> Result<Word> {
    let name = word.to_ascii_uppercase();
    let name = name.strip_prefix(b"CAP_").unwrap_or(&name);
    match name.iter().all(|b| b.is_ascii_uppercase() || *b == b'_') {
        true => Ok(name.to_vec()),
        false => Err(Failure::Invalid(format!(
            "--cap-drop {} is neither ALL nor a capability like SETUID",
            escape(word)
        ))),
    }
}
