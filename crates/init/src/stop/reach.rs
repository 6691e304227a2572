//! Whom PID 1 may signal when everything is to end.
//!
//! As PID 1 of a namespace the kernel's "everybody" is right. Not being PID 1 (under
//! an engine's `--init`, in a shared namespace) everybody includes strangers; then
//! only descendants are meant, which as a subreaper this process can know: from /proc,
//! and without /proc by asking which pids are its children. Then what is below a child
//! can be reached only once the child has ended and its children have been adopted.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsRawFd;
use std::path::Path;

use kernel::fs::{self, flags};
use kernel::process::{self, Fork};
use kernel::{fd, signal};

/// A process, by what tells it in a line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    /// Its session: that of a service is the pid of its `run`.
    pub(crate) session: i32,
    /// When it was started, in ticks since the machine was (proc(5)).
    pub(crate) start: u64,
    pub(crate) name: String,
    zombie: bool,
}

/// What everybody has been sent last, where everybody cannot be reached at once.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    number: Option<i32>,
    told: BTreeSet<i32>,
}

impl Reach {
    /// Sends `signal` to everybody that is ours.
    pub(crate) fn signal_all(&mut self, number: i32) {
        if process::id() == 1 {
            let _ = signal::send_everybody(number);
            return;
        }
        match processes() {
            Some(all) => {
                for process in descendants(all) {
                    let _ = signal::send(process.pid, number);
                }
            }
            None => {
                self.number = Some(number);
                self.told.clear();
                self.follow_up();
            }
        }
    }

    /// Sends the same to children that have been adopted since.
    pub(crate) fn follow_up(&mut self) {
        let Some(number) = self.number else { return };
        for pid in children() {
            if self.told.insert(pid) {
                let _ = signal::send(pid, number);
                let _ = signal::send(pid, signal::SIGCONT);
            }
        }
    }
}

/// Everybody that is ours and alive.
pub(crate) fn remaining() -> Vec<Process> {
    let all = match processes() {
        Some(mut all) if process::id() == 1 => {
            all.retain(|process| process.pid != 1);
            all
        }
        Some(all) => descendants(all),
        None => children()
            .into_iter()
            .map(|pid| Process {
                pid,
                parent: process::id(),
                group: process::group_of(pid).unwrap_or(0),
                start: 0,
                session: process::session_of(pid).unwrap_or(0),
                name: "a process".to_string(),
                zombie: false,
            })
            .collect(),
    };
    all.into_iter().filter(|process| !process.zombie).collect()
}

fn descendants(all: Vec<Process>) -> Vec<Process> {
    let parents: BTreeMap<i32, i32> = all.iter().map(|p| (p.pid, p.parent)).collect();
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

/// Everybody that can be seen; none where that is nobody.
pub(crate) fn everybody() -> Option<Vec<Process>> {
    processes()
}

/// Reads /proc; none where that is not mounted.
fn processes() -> Option<Vec<Process>> {
    let found: Vec<Process> = listed()?.into_iter().filter_map(look).collect();
    let own = process::id();
    // An empty directory, or another namespace's.
    found
        .iter()
        .any(|process| process.pid == own)
        .then_some(found)
}

/// The numbers of all processes in /proc.
fn listed() -> Option<Vec<i32>> {
    let names = kernel::dir::names_in(Path::new("/proc")).ok()?;
    let number = |name: &Vec<u8>| std::str::from_utf8(name).ok()?.parse().ok();
    Some(names.iter().filter_map(number).collect())
}

/// One process, from /proc.
pub(crate) fn look(pid: i32) -> Option<Process> {
    // Not cmdline: reading that waits for a process that holds its memory.
    let text = read_once(&format!("/proc/{pid}/stat"))?;
    parse_stat(pid, &text)
}

/// A short file of /proc, which one read gives whole (proc(5)).
fn read_once(path: &str) -> Option<Vec<u8>> {
    let file = fs::open(Path::new(path), flags::O_RDONLY, 0).ok()?;
    let mut text = vec![0; 1024];
    let length = fd::read(file.as_raw_fd(), &mut text).ok()?;
    text.truncate(length);
    Some(text)
}

/// The numbers that processes may have, `known` of them being known. Listing /proc costs the
/// kernel more for each process than asking about a few numbers: so as long as few have ever
/// been given it is all that were.
pub(crate) fn numbers(known: &[i32]) -> Vec<i32> {
    const FOR_EACH: usize = 8;
    const AT_LEAST: usize = 512;
    let most = known.len() * FOR_EACH + AT_LEAST;
    let highest = known.iter().copied().max().unwrap_or(0);
    match latest() {
        // With a lower one than somebody has, numbers have come around.
        Some(last) if last >= highest && usize::try_from(last).is_ok_and(|last| last <= most) => {
            (2..=last).collect()
        }
        _ => listed().unwrap_or_default(),
    }
}

/// The number that was given last in this namespace (proc(5), loadavg).
fn latest() -> Option<i32> {
    let text = read_once("/proc/loadavg")?;
    let last = std::str::from_utf8(&text).ok()?.split_ascii_whitespace();
    last.last()?.parse().ok()
}

/// Pids above this are looked at only where pids have come around: the kernel's default
/// for the highest (pid_max, proc(5)) on small machines, and twice as many.
const USUAL: i32 = 65536;

/// The highest that there can be (PID_MAX_LIMIT, 64 bits).
const HIGHEST: i32 = 1 << 22;

/// The children of this process, without /proc: each pid is asked about. Only one's own
/// children answer, so no stranger is ever among them.
pub(crate) fn children() -> Vec<i32> {
    let newest = match process::fork() {
        Ok(Fork::Child) => process::exit_now(0),
        Ok(Fork::Parent(pid)) => {
            // It ends at once, and must be nobody that is left.
            let _ = process::wait(pid);
            pid
        }
        Err(_) => HIGHEST,
    };
    let last = if newest < process::id() {
        HIGHEST
    } else {
        newest.max(USUAL)
    };
    (1..=last)
        .filter(|pid| *pid != newest && process::is_child(*pid))
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
    let group = fields.next()?.parse().ok()?;
    let session = fields.next()?.parse().ok()?;
    // The 22nd field of all.
    let start = fields.nth(15)?.parse().ok()?;
    Some(Process {
        pid,
        parent,
        group,
        session,
        start,
        name: kernel::escape(name),
        zombie: state == "Z" || state == "X",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_do_not_shift_the_fields() {
        let stat = b"7 (a) b (c) S 3 5 6 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 9 9";
        let process = parse_stat(7, stat).expect("parses");
        assert_eq!((process.pid, process.parent), (7, 3));
        assert_eq!((process.group, process.session), (5, 6));
        assert_eq!(process.start, 4711);
        assert_eq!(process.name, "a) b (c");
        assert!(parse_stat(7, b"7 (a").is_none());
        assert!(parse_stat(7, b"").is_none());
    }

    #[test]
    fn this_process_has_a_parent() {
        let all = processes().expect("/proc is mounted");
        let own = all.into_iter().find(|p| p.pid == process::id());
        assert_eq!(own.map(|p| p.parent), Some(process::parent_id()));
    }
}
