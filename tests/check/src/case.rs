//! Cases in text files: what is called, what the original does, and where ours differs on
//! purpose.
//!
//! ```text
//! === a title that says what is shown
//! source: ran 0.4.10
//! args: -g goss.yaml validate --format tap
//! file goss.yaml:
//!     command:
//!       true:
//!         exit-status: 0
//! exit: 0
//! stdout:
//!     1..1
//!     ok 1 - Command: true: exit-status: matches expectation: 0
//! ```
//!
//! Blocks are indented by four blanks. `stdout (no line end):` where the last line end is
//! missing. `{DIR}` stands for the case's own directory, its working directory. `exec: COMMAND`
//! prepares it, by sh. `stdin:` and `env: A=b` are what they say. `differs: REASON` is followed
//! by what ours does: `ours exit:`, `ours stdout:`, `ours stderr:`, `ours name:`, `ours args:`.
//! Without `stderr:` standard error is not compared. `wrote NAME:` is what a file holds after
//! the call; `ours wrote NAME:` where ours writes something else.

use std::fs;
use std::path::{Path, PathBuf};

/// A case.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Its file.
    pub file: PathBuf,
    /// The line of its title, from 1.
    pub line: usize,
    /// What it shows.
    pub title: String,
    /// How it is known what the original does.
    pub source: String,
    /// Commands that prepare the directory.
    pub exec: Vec<String>,
    /// The words of the call.
    pub args: String,
    /// Variables of the call.
    pub env: Vec<(String, String)>,
    /// Files in the directory.
    pub files: Vec<(String, String)>,
    /// The standard input; none for /dev/null.
    pub stdin: Option<String>,
    /// What the original does.
    pub original: Expected,
    /// Why ours does something else.
    pub differs: Option<String>,
    /// What ours does where that is something else.
    pub ours: Expected,
    /// The name under which ours is called.
    pub name: Option<String>,
    /// The words of the call of ours, where they are others.
    pub our_args: Option<String>,
}

/// What a call does; what is none is not compared.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The exit code.
    pub exit: Option<i32>,
    /// Standard output.
    pub stdout: Option<String>,
    /// Standard error.
    pub stderr: Option<String>,
    /// What files hold after the call.
    pub wrote: Vec<(String, String)>,
}

/// Reads all cases below `dir`, in the order of the files' names.
///
/// # Panics
/// When a file does not have the form.
pub fn read_all(dir: &Path) -> Vec<Case> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn read(file: &Path) -> Vec<Case> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let place = format!("{}:{}", file.display(), at + 1);
        if let Some(title) = line.strip_prefix("=== ") {
            cases.push(Case {
                file: file.to_path_buf(),
                line: at + 1,
                title: title.to_string(),
                ..Case::default()
            });
            continue;
        }
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line
            .split_once(':')
            .unwrap_or_else(|| panic!("{place}: no key: {line}"));
        let mut block = String::new();
        // Blank lines belong to a block where more of it follows.
        let mut blanks = 0;
        while let Some((_, next)) = lines.peek() {
            match next.strip_prefix("    ") {
                Some(text) => {
                    (0..blanks).for_each(|_| block.push('\n'));
                    blanks = 0;
                    block.push_str(text);
                    block.push('\n');
                }
                None if next.trim().is_empty() => blanks += 1,
                None => break,
            }
            lines.next();
        }
        let case = cases
            .last_mut()
            .unwrap_or_else(|| panic!("{place}: ahead of any title"));
        set(case, key, value.trim_start(), block).unwrap_or_else(|why| panic!("{place}: {why}"));
    }
    cases
}

fn set(case: &mut Case, key: &str, value: &str, mut block: String) -> Result<(), String> {
    let key = match key.strip_suffix(" (no line end)") {
        Some(key) => {
            block.pop();
            key
        }
        None => key,
    };
    let number = || value.parse().map_err(|_| format!("{key}: a number"));
    match key {
        "source" => case.source = value.to_string(),
        "args" => case.args = value.to_string(),
        "exec" => case.exec.push(value.to_string()),
        "stdin" => case.stdin = Some(block),
        "exit" => case.original.exit = Some(number()?),
        "stdout" => case.original.stdout = Some(block),
        "stderr" => case.original.stderr = Some(block),
        "differs" => case.differs = Some(value.to_string()),
        "ours exit" => case.ours.exit = Some(number()?),
        "ours stdout" => case.ours.stdout = Some(block),
        "ours stderr" => case.ours.stderr = Some(block),
        "ours name" => case.name = Some(value.to_string()),
        "ours args" => case.our_args = Some(value.to_string()),
        "env" => {
            let (name, value) = value.split_once('=').ok_or("env: NAME=VALUE")?;
            case.env.push((name.to_string(), value.to_string()));
        }
        _ => {
            let files = [
                ("file ", &mut case.files),
                ("wrote ", &mut case.original.wrote),
                ("ours wrote ", &mut case.ours.wrote),
            ];
            let mut files = files.into_iter();
            match files.find_map(|(begin, files)| Some((key.strip_prefix(begin)?, files))) {
                Some((name, files)) => files.push((name.to_string(), block)),
                None => return Err(format!("{key}: not known")),
            }
        }
    }
    Ok(())
}
