//! The processes that `/proc` shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bstr::{BString, ByteSlice};
use rustix::process::Pid;

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Its name, at most 15 bytes of it.
    pub comm: BString,
    /// Its state: `Z` for what has ended.
    pub state: u8,
    /// The number of its parent.
    pub parent: i32,
}

/// All processes.
pub fn all() -> Vec<Process> {
    under(Path::new("/proc"))
}

/// All processes of a `/proc`.
pub fn under(proc: &Path) -> Vec<Process> {
    let Ok(entries) = fs::read_dir(proc) else {
        return Vec::new();
    };
    let numbers = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|pid: i32| {
            parse(
                pid,
                &fs::read(proc.join(pid.to_string()).join("stat")).ok()?,
            )
        })
        .collect()
}

/// Reads `/proc/PID/stat`: `PID (NAME) STATE PARENT ...`, and a name may hold brackets.
fn parse(pid: i32, stat: &[u8]) -> Option<Process> {
    let begin = stat.find_byte(b'(')?;
    let end = stat.rfind_byte(b')')?;
    let comm = stat.get(begin + 1..end)?;
    let mut rest = stat.get(end + 1..)?.split(|byte| *byte == b' ').skip(1);
    let state = *rest.next()?.first()?;
    let parent = rest.next()?.to_str().ok()?.parse().ok()?;
    Some(Process {
        pid,
        comm: comm.into(),
        state,
        parent,
    })
}

/// What has come from a process, and who can write into one of `pipes` (their inodes).
pub(super) fn below(pid: Pid, pipes: &[u64]) -> Vec<Pid> {
    let all = all();
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let mut found = BTreeSet::from([pid.as_raw_nonzero().get()]);
    // Children are mostly behind their parents; numbers that have wrapped take another turn.
    loop {
        let before = found.len();
        for process in &all {
            if found.contains(&process.parent) {
                found.insert(process.pid);
            }
        }
        if found.len() == before {
            break;
        }
    }
    let writers = all.iter().filter(|process| writes(process.pid, pipes));
    found.extend(writers.map(|process| process.pid));
    found.remove(&own);
    found.remove(&1);
    found.into_iter().filter_map(Pid::from_raw).collect()
}

fn writes(pid: i32, pipes: &[u64]) -> bool {
    let Ok(fds) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    fds.flatten().any(|fd| {
        let Ok(target) = fs::read_link(fd.path()) else {
            return false;
        };
        let inode = target
            .to_str()
            .and_then(|text| text.strip_prefix("pipe:[")?.strip_suffix(']')?.parse().ok());
        // The link's own mode says how it was opened.
        inode.is_some_and(|inode: u64| pipes.contains(&inode))
            && fd.metadata().is_ok_and(|link| {
                use std::os::unix::fs::PermissionsExt;
                link.permissions().mode() & 0o200 != 0
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_brackets_and_blanks() {
        let process = parse(7, b"7 (a) b) (c) S 3 7 7 0").expect("a process");
        assert_eq!(process.comm, "a) b) (c");
        assert_eq!((process.state, process.parent), (b'S', 3));
        assert_eq!(parse(7, b"7 (a"), None);
        assert_eq!(parse(7, b""), None);
    }
}
