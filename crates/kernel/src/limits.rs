//! Resource limits (getrlimit(2)).

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::check;

/// A limit: what holds, and how far it may be raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What holds now.
    pub soft: u64,
    /// The ceiling for it.
    pub hard: u64,
}

/// How many descriptors this process may have open.
///
/// # Errors
/// None in practice.
pub fn open_files() -> io::Result<Limit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is valid for the call.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) })?;
    Ok(Limit {
        soft: limit.rlim_cur,
        hard: limit.rlim_max,
    })
}

/// Sets how many descriptors this process may have open.
///
/// # Errors
/// EPERM above the ceiling.
pub fn set_open_files(limit: Limit) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: limit.soft,
        rlim_max: limit.hard,
    };
    // SAFETY: `limit` is valid for the call.
    check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }).map(drop)
}

/// Whether this process could open `spare` more descriptors, `fd` being the last that it
/// was given: the kernel gives the lowest free number.
///
/// The limit is asked for where it is not known to be far: at most once in 64 descriptors.
/// One that somebody else lowers meanwhile (prlimit(2)) counts from the next time on.
pub fn leaves_spare_descriptors(fd: std::os::fd::RawFd, spare: u64) -> bool {
    /// Below this the limit is far.
    static FAR: AtomicU64 = AtomicU64::new(0);
    const STEP: u64 = 64;
    let needed = u64::try_from(fd).unwrap_or(0).saturating_add(spare);
    if needed < FAR.load(Ordering::Relaxed) {
        return true;
    }
    // Without an answer there is no limit known to be near.
    let Ok(limit) = open_files() else { return true };
    let far = limit.soft.min(needed.saturating_add(STEP));
    FAR.store(far, Ordering::Relaxed);
    needed < limit.soft
}

/// A resource with a limit (getrlimit(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Address space, in bytes.
    AddressSpace,
    /// Core file, in bytes.
    Core,
    /// CPU time, in seconds.
    Cpu,
    /// Data segment and heap, in bytes.
    Data,
    /// Size of a file that is written, in bytes.
    FileSize,
    /// Locked memory, in bytes.
    LockedMemory,
    /// Open descriptors.
    OpenFiles,
    /// Processes of the user.
    Processes,
    /// Real-time priority.
    RealTimePriority,
    /// Resident memory, in bytes; Linux takes no notice.
    Resident,
    /// Stack, in bytes.
    Stack,
}

impl Resource {
    fn number(self) -> libc::c_int {
        let resource = match self {
            Resource::AddressSpace => libc::RLIMIT_AS,
            Resource::Core => libc::RLIMIT_CORE,
            Resource::Cpu => libc::RLIMIT_CPU,
            Resource::Data => libc::RLIMIT_DATA,
            Resource::FileSize => libc::RLIMIT_FSIZE,
            Resource::LockedMemory => libc::RLIMIT_MEMLOCK,
            Resource::OpenFiles => libc::RLIMIT_NOFILE,
            Resource::Processes => libc::RLIMIT_NPROC,
            Resource::RealTimePriority => libc::RLIMIT_RTPRIO,
            Resource::Resident => libc::RLIMIT_RSS,
            Resource::Stack => libc::RLIMIT_STACK,
        };
        resource as libc::c_int
    }
}

/// The limit of a resource.
///
/// # Errors
/// None in practice.
pub fn get(resource: Resource) -> io::Result<Limit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is valid for the call. The resource's C type differs between
    // libraries, so it is inferred.
    check(unsafe { libc::getrlimit(resource.number() as _, &mut limit) })?;
    Ok(Limit {
        soft: limit.rlim_cur,
        hard: limit.rlim_max,
    })
}

/// Sets the limit of a resource.
///
/// # Errors
/// EPERM above the ceiling, EINVAL when soft is above hard.
pub fn set(resource: Resource, limit: Limit) -> io::Result<()> {
    let limit = libc::rlimit {
        rlim_cur: limit.soft,
        rlim_max: limit.hard,
    };
    // SAFETY: as for `get`.
    check(unsafe { libc::setrlimit(resource.number() as _, &limit) }).map(drop)
}

/// The longest word that execve(2) hands to a program, its NUL included
/// (MAX_ARG_STRLEN: 32 pages).
pub fn longest_word() -> usize {
    // SAFETY: no preconditions.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(page).unwrap_or(4096) * 32
}
