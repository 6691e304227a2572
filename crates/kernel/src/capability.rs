//! Capabilities (capabilities(7)): the parts that root's power is cut into.

use std::io;

use crate::check;

/// A set of capabilities, one bit for each number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities(u64);

/// The numbers of linux/capability.h.
const CHOWN: u32 = 0;
const DAC_OVERRIDE: u32 = 1;
const FOWNER: u32 = 3;
const FSETID: u32 = 4;
const KILL: u32 = 5;
const SETGID: u32 = 6;
const SETUID: u32 = 7;
const SETPCAP: u32 = 8;
const NET_BIND_SERVICE: u32 = 10;
const NET_RAW: u32 = 13;
const SYS_CHROOT: u32 = 18;
const MKNOD: u32 = 27;
const AUDIT_WRITE: u32 = 29;
const SETFCAP: u32 = 31;

/// No kernel has a number above this: a capability set is 64 bits wide.
const LIMIT: u32 = 63;

impl Capabilities {
    /// The fourteen that an engine leaves a container by default (Docker's "Runtime
    /// privilege and Linux capabilities").
    pub const CONTAINER: Capabilities = Capabilities(
        1 << CHOWN
            | 1 << DAC_OVERRIDE
            | 1 << FOWNER
            | 1 << FSETID
            | 1 << KILL
            | 1 << SETGID
            | 1 << SETUID
            | 1 << SETPCAP
            | 1 << NET_BIND_SERVICE
            | 1 << NET_RAW
            | 1 << SYS_CHROOT
            | 1 << MKNOD
            | 1 << AUDIT_WRITE
            | 1 << SETFCAP,
    );

    /// The bits, as `/proc/PID/status` shows them.
    pub fn bits(self) -> u64 {
        self.0
    }
}

#[repr(C)]
struct Header {
    version: u32,
    pid: libc::c_int,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Data {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Keeps at most `kept` of this process's capabilities, for good: neither it nor
/// anything that it executes gets another one back (bounding, permitted, effective,
/// inheritable and ambient sets).
///
/// # Errors
/// EPERM without CAP_SETPCAP.
pub fn limit_to(kept: Capabilities) -> io::Result<()> {
    for number in 0..=LIMIT {
        if kept.0 & (1 << number) != 0 {
            continue;
        }
        // SAFETY: no preconditions.
        let done = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number as libc::c_ulong, 0, 0, 0) };
        match check(done) {
            // The first number that this kernel does not have: there are no more.
            Err(error) if crate::errno::is(&error, libc::EINVAL) => break,
            other => drop(other?),
        }
    }
    // SAFETY: no preconditions. Kernels before 4.3 have no ambient set: nothing to clear.
    unsafe {
        libc::prctl(
            libc::PR_CAP_AMBIENT,
            libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong,
            0,
            0,
            0,
        )
    };
    const VERSION_3: u32 = 0x2008_0522;
    let header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let mut data = [Data {
        effective: 0,
        permitted: 0,
        inheritable: 0,
    }; 2];
    // SAFETY: version 3 takes two data blocks, as given.
    unsafe {
        check(libc::syscall(libc::SYS_capget, &header, data.as_mut_ptr()) as libc::c_int)?;
    }
    for (half, data) in data.iter_mut().enumerate() {
        let kept = (kept.0 >> (32 * half)) as u32;
        data.permitted &= kept;
        data.effective = data.permitted;
        data.inheritable = 0;
    }
    // SAFETY: as above.
    check(unsafe { libc::syscall(libc::SYS_capset, &header, data.as_ptr()) as libc::c_int })
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_containers_set_is_what_docker_documents() {
        // `grep Cap /proc/self/status` under `docker run`.
        assert_eq!(Capabilities::CONTAINER.bits(), 0xa804_25fb);
        assert_eq!(Capabilities::CONTAINER.bits().count_ones(), 14);
    }
}
