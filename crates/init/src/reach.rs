//! Whom PID 1 may signal when everything is to end.
//!
//! As PID 1 of a namespace the kernel's "everybody" is right. Not being PID 1 (under
//! an engine's `--init`, in a shared namespace) everybody includes strangers; then
//! only descendants are meant, which as a subreaper this process can know.

use std::collections::HashMap;
use std::fs;

use kernel::{process, signal};

/// A process, by what tells it in a line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    parent: i32,
    /// Its session: that of a service is the pid of its `run`.
    pub(crate) session: i32,
    pub(crate) name: String,
    zombie: bool,
}

/// Sends `signal` to everybody that is ours.
pub(crate) fn signal_all(number: i32) {
    if process::id() == 1 {
        let _ = signal::send_everybody(number);
        return;
    }
    for process in descendants() {
        let _ = signal::send(process.pid, number);
    }
}

/// Everybody that is ours and alive.
pub(crate) fn remaining() -> Vec<Process> {
    let all = if process::id() == 1 {
        let mut all = processes();
        all.retain(|process| process.pid != 1);
        all
    } else {
        descendants()
    };
    all.into_iter().filter(|process| !process.zombie).collect()
}

fn descendants() -> Vec<Process> {
    let all = processes();
    let parents: HashMap<i32, i32> = all.iter().map(|p| (p.pid, p.parent)).collect();
    let own = process::id();
    let is_ours = |mut pid: i32| {
        // The table is no snapshot: a circle cannot be, but must not hold us up.
        for _ in 0..parents.len() {
            match parents.get(&pid) {
                Some(parent) if *parent == own => return true,
                Some(parent) => pid = *parent,
                None => return false,
            }
        }
        false
    };
    all.into_iter()
        .filter(|process| is_ours(process.pid))
        .collect()
}

/// Reads /proc; empty where there is none.
fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            // Not cmdline: reading that waits for a process that holds its memory.
            parse_stat(pid, &fs::read(entry.path().join("stat")).ok()?)
        })
        .collect()
}

/// `pid (name) state ppid pgrp session …` (proc(5)); the name may hold anything, also `)`.
fn parse_stat(pid: i32, stat: &[u8]) -> Option<Process> {
    let open = stat.iter().position(|b| *b == b'(')?;
    let close = stat.iter().rposition(|b| *b == b')')?;
    let name = stat.get(open + 1..close)?;
    let rest = std::str::from_utf8(&stat[close + 1..]).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    Some(Process {
        pid,
        parent,
        session,
        name: kernel::escape(name),
        zombie: state == "Z" || state == "X",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_do_not_shift_the_fields() {
        let process = parse_stat(7, b"7 (a) b (c) S 3 7 6 0 -1").expect("parses");
        assert_eq!((process.pid, process.parent, process.session), (7, 3, 6));
        assert_eq!(process.name, "a) b (c");
        assert!(parse_stat(7, b"7 (a").is_none());
        assert!(parse_stat(7, b"").is_none());
    }

    #[test]
    fn this_process_has_a_parent() {
        let own = processes().into_iter().find(|p| p.pid == process::id());
        assert_eq!(own.map(|p| p.parent), Some(process::parent_id()));
    }
}
