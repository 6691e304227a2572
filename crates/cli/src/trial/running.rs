//! Trials that run on this machine, for commands that talk to one from outside. Nothing
//! is written down for it: /proc knows which process is a `mainstay try` of which tree.

use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chain::{Failure, Result, Unable, Word, escape, exit};
use kernel::credentials;

use super::arguments;

/// A trial, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    /// The process that was called as `mainstay try`.
    pub(crate) outer: i32,
    /// Its tree's process 1, by its number here.
    pub(crate) first: i32,
    /// The tree.
    pub(crate) tree: PathBuf,
}

impl Running {
    /// The trial that `word` means: a directory that is tried, or the process id of a
    /// `mainstay try`.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub(crate) fn find(word: &[u8]) -> Result<Running> {
        let shown = escape(word);
        let all = all();
        let number = std::str::from_utf8(word).ok();
        let number = number.and_then(|text| text.parse::<i32>().ok());
        if let Some(found) = all.iter().find(|trial| Some(trial.outer) == number) {
            return Ok(found.clone());
        }
        let path = Path::new(std::ffi::OsStr::from_bytes(word));
        if let Some(number) = number
            && !path.exists()
        {
            return Err(Failure::Other {
                code: exit::SYSTEM,
                text: format!(
                    "process {number} is no `mainstay try` of yours; name the tree that it boots"
                ),
            });
        }
        let tree = fs::canonicalize(path).unable("find the tree", word)?;
        let mut found = all.iter().filter(|trial| trial.tree == tree);
        let refuse = |text: String| {
            Err(Failure::Other {
                code: exit::SYSTEM,
                text,
            })
        };
        match (found.next(), found.next()) {
            (Some(trial), None) => Ok(trial.clone()),
            (Some(one), Some(other)) => refuse(format!(
                "{shown} is tried more than once: name one by its process, --tree {} or --tree {}",
                one.outer, other.outer
            )),
            (None, _) => {
                let others: Vec<String> = all
                    .iter()
                    .map(|trial| format!("--tree {}", kernel::escape_path(&trial.tree)))
                    .collect();
                let remedy = match others.is_empty() {
                    true => format!("begin one: mainstay try {shown}"),
                    false => format!("what is tried: {}", others.join(", ")),
                };
                refuse(format!(
                    "no `mainstay try` of yours boots {shown}; {remedy}"
                ))
            }
        }
    }

    /// The directory that is `/` for the tree's process 1.
    pub(crate) fn root(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.first))
    }
}

/// Every trial of this user's; for root, of everybody's.
pub(crate) fn all() -> Vec<Running> {
    let me = credentials::user();
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.parse::<i32>().ok());
        let (Some(pid), Ok(found)) = (pid, entry.metadata()) else {
            continue;
        };
        if me == 0 || found.uid() == me {
            processes.push(pid);
        }
    }
    let firsts: Vec<(i32, i32)> = processes
        .iter()
        .filter_map(|pid| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            Some((first_of_namespace(&status)?, *pid))
        })
        .collect();
    let trials = firsts.into_iter().filter_map(|(outer, first)| {
        Some(Running {
            outer,
            first,
            tree: tried_by(outer)?,
        })
    });
    trials.collect()
}

/// The parent of a process that is the first one of a namespace within this one, by its
/// /proc/PID/status (proc(5): NSpid).
fn first_of_namespace(status: &str) -> Option<i32> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    let numbers = field("NSpid:")?.split_whitespace().skip(1);
    (numbers.last()? == "1").then_some(())?;
    field("PPid:")?.trim().parse().ok()
}

/// The tree that process `pid` tries, if it is a `mainstay try`.
fn tried_by(pid: i32) -> Option<PathBuf> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let overlay = overlay_of(&line)?;
    let here = PathBuf::from(format!("/proc/{pid}/cwd"));
    fs::canonicalize(here.join(overlay)).ok()
}

/// The word for the tree in a command line of `mainstay try`, as /proc shows it.
fn overlay_of(line: &[u8]) -> Option<PathBuf> {
    let words = line.strip_suffix(b"\0").unwrap_or(line);
    let mut words = words.split(|b| *b == 0).map(<[u8]>::to_vec).skip(1);
    (words.next()? == b"try").then_some(())?;
    let words: Vec<Word> = words.collect();
    let overlay = arguments::overlay(words)?;
    Some(PathBuf::from(std::ffi::OsString::from_vec(overlay)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_process_of_a_namespace_names_its_parent() {
        let status = |ids: &str| format!("Name:\tx\nPPid:\t41\nNSpid:\t{ids}\n");
        assert_eq!(first_of_namespace(&status("42\t1")), Some(41));
        assert_eq!(first_of_namespace(&status("42\t7")), None);
        assert_eq!(
            first_of_namespace(&status("1")),
            None,
            "this namespace's own"
        );
        assert_eq!(first_of_namespace("Name:\tx\n"), None);
    }

    #[test]
    fn the_tree_is_read_from_the_command_line() {
        for (line, tree) in [
            (&b"mainstay\0try\0root\0"[..], Some("root")),
            (
                b"/x/mainstay\0try\0--env\0A=1\0./root\0--\0sh\0",
                Some("./root"),
            ),
            (b"mainstay\0status\0", None),
            (b"mainstay\0try\0--help\0", None),
            (b"", None),
        ] {
            assert_eq!(overlay_of(line), tree.map(PathBuf::from), "{line:?}");
        }
    }
}
