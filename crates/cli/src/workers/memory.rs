//! How much memory workers hold, as /proc tells it: resident memory (proc(5), VmRSS) of a
//! worker and of everything that it has started. A page that two of them share counts twice.

use std::os::fd::AsRawFd;
use std::path::Path;

use kernel::fs::{self, flags};
use kernel::{dir, fd};

/// What the processes of a worker hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) bytes: u64,
    pub(super) processes: u32,
}

/// What each worker holds, each in the place that the pid of its `run` has in `roots`; one
/// that has ended holds nothing.
pub(super) fn of(roots: &[u32]) -> Vec<Held> {
    let mut held = vec![Held::default(); roots.len()];
    if roots.is_empty() {
        return held;
    }
    let mut all: Vec<(u32, Kin)> = Vec::new();
    for name in dir::names_in(Path::new("/proc")).unwrap_or_default() {
        let pid = std::str::from_utf8(&name).ok();
        let Some(pid) = pid.and_then(|text| text.parse().ok()) else {
            continue;
        };
        let stat = read(&format!("/proc/{pid}/stat"));
        if let Some(kin) = stat.as_deref().and_then(kin) {
            all.push((pid, kin));
        }
    }
    for (pid, root) in owners(all, roots) {
        let status = read(&format!("/proc/{pid}/status"));
        held[root].processes += 1;
        held[root].bytes += status.as_deref().and_then(resident).unwrap_or(0);
    }
    held
}

/// A process's parent and session. The session of a service is the pid of its `run`: by it
/// those are found whose parent has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kin {
    parent: u32,
    session: u32,
}

/// Which process belongs to which place in `roots`: by its ancestors, or by its session or
/// theirs.
fn owners(mut all: Vec<(u32, Kin)>, roots: &[u32]) -> Vec<(u32, usize)> {
    all.sort_unstable_by_key(|(pid, _)| *pid);
    let mut places: Vec<(u32, usize)> = roots.iter().copied().zip(0..).collect();
    places.sort_unstable();
    let place = |pid: u32| {
        let found = places.binary_search_by_key(&pid, |(root, _)| *root);
        found.ok().map(|at| places[at].1)
    };
    let owner = |mut pid: u32| {
        // The table is no snapshot: a circle cannot be, but must not hold us up.
        for _ in 0..all.len() {
            if let Some(place) = place(pid) {
                return Some(place);
            }
            let at = all.binary_search_by_key(&pid, |(other, _)| *other).ok()?;
            let kin = all[at].1;
            if let Some(place) = place(kin.session) {
                return Some(place);
            }
            pid = kin.parent;
        }
        None
    };
    all.iter()
        .filter_map(|(pid, _)| Some((*pid, owner(*pid)?)))
        .collect()
}

/// A short file of /proc, which one read gives whole (proc(5)).
fn read(path: &str) -> Option<Vec<u8>> {
    let file = fs::open(Path::new(path), flags::O_RDONLY, 0).ok()?;
    let mut text = vec![0; 4096];
    let length = fd::read(file.as_raw_fd(), &mut text).ok()?;
    text.truncate(length);
    Some(text)
}

/// `pid (name) state ppid pgrp session …` (proc(5)); the name may hold anything, also `)`.
fn kin(stat: &[u8]) -> Option<Kin> {
    let close = stat.iter().rposition(|b| *b == b')')?;
    let rest = std::str::from_utf8(&stat[close + 1..]).ok()?;
    let mut fields = rest.split_ascii_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    Some(Kin { parent, session })
}

/// `VmRSS:     1234 kB`; a zombie and a thread of the kernel have none.
fn resident(status: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(status);
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kilobytes.saturating_mul(1024))
}

/// A size as people read it, in the units of WORKER_MAX_MEMORY.
pub(crate) fn shown(bytes: u64) -> String {
    let (shift, letter) = match bytes {
        0..0x10_0000 => return format!("{}K", bytes >> 10),
        0x10_0000..0x4000_0000 => (20, 'M'),
        _ => (30, 'G'),
    };
    let tenths = (bytes >> (shift - 10)).saturating_mul(10) >> 10;
    format!("{}.{}{letter}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_any_name() {
        let stat = b"7 (a) b (c) S 3 5 6 0 -1";
        let expected = Kin {
            parent: 3,
            session: 6,
        };
        assert_eq!(kin(stat), Some(expected));
        assert_eq!(kin(b"7 (a"), None);
        assert_eq!(kin(b""), None);
        assert_eq!(
            resident(b"Name:\tx\nVmRSS:\t    1234 kB\n"),
            Some(1234 << 10)
        );
        assert_eq!(resident(b"Name:\tx\n"), None);
    }

    #[test]
    fn what_a_worker_has_started_is_its_own_also_when_its_parent_has_ended() {
        let kin = |parent, session| Kin { parent, session };
        let all = vec![
            (1, kin(0, 1)),
            (10, kin(1, 10)),
            (11, kin(10, 10)),
            // A daemon of its own session below it, and one whose parent has ended.
            (12, kin(11, 12)),
            (13, kin(1, 10)),
            (20, kin(1, 20)),
            (30, kin(31, 30)),
            (31, kin(30, 30)),
        ];
        assert_eq!(
            owners(all, &[20, 10]),
            [(10, 1), (11, 1), (12, 1), (13, 1), (20, 0)]
        );
    }

    #[test]
    fn this_process_holds_memory() {
        let own = std::process::id();
        let held = of(&[own]);
        assert!(held[0].bytes > 100_000, "{held:?}");
    }

    #[test]
    fn sizes_have_their_units() {
        for (bytes, text) in [
            (0, "0K"),
            (4096, "4K"),
            (1 << 20, "1.0M"),
            (300 << 20, "300.0M"),
            (3 << 29, "1.5G"),
            (u64::MAX, "17179869183.9G"),
        ] {
            assert_eq!(shown(bytes), text);
        }
    }
}
