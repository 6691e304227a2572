//! Who a process is and what it may do.

use super::{check, check_long, word};
use std::io;

/// The effective user id of this process.
pub fn effective_uid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    unsafe { libc::geteuid() }
}

/// The effective group id of this process.
pub fn effective_gid() -> u32 {
    // SAFETY: takes nothing, cannot fail.
    unsafe { libc::getegid() }
}

/// Neither this process nor what it executes can gain privileges.
///
/// # Errors
/// The kernel's.
pub fn no_new_privileges() -> io::Result<()> {
    // SAFETY: takes numbers only.
    unsafe { check(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) }.map(drop)
}

/// Takes every capability but those in `kept` out of the bounding set, and all ambient ones away.
///
/// # Errors
/// The kernel's.
pub fn bound_capabilities(kept: &[u32]) -> io::Result<()> {
    // SAFETY: takes numbers only.
    unsafe {
        for capability in 0..64u32 {
            let number = libc::c_ulong::from(capability);
            if libc::prctl(libc::PR_CAPBSET_READ, number, 0, 0, 0) != 1 {
                continue;
            }
            if !kept.contains(&capability) {
                check(libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0))?;
            }
        }
        let clear = word(libc::PR_CAP_AMBIENT_CLEAR_ALL);
        check(libc::prctl(libc::PR_CAP_AMBIENT, clear, 0, 0, 0)).map(drop)
    }
}

/// Gives the pipes among the standard streams to a user, as container engines do: programs open
/// `/dev/stdout` anew, and that asks who owns the pipe. A device is the machine's and stays.
pub fn give_standard_pipes(uid: u32) {
    for number in 0..3 {
        let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
        // SAFETY: `stat` has room, and is read once fstat(2) has filled it; -1 leaves the group.
        unsafe {
            if libc::fstat(number, stat.as_mut_ptr()) == 0
                && stat.assume_init().st_mode & libc::S_IFMT == libc::S_IFIFO
            {
                libc::fchown(number, uid, libc::gid_t::MAX);
            }
        }
    }
}

/// Sets groups, group and user, in this order.
///
/// # Errors
/// The kernel's.
pub fn become_user(uid: u32, gid: u32, groups: &[u32]) -> io::Result<()> {
    // SAFETY: pointer and length are the slice's own; the rest are numbers. The box has one thread.
    unsafe {
        check(libc::setgroups(groups.len(), groups.as_ptr()))?;
        check(libc::setresgid(gid, gid, gid))?;
        check(libc::setresuid(uid, uid, uid)).map(drop)
    }
}

/// From now on each system call in `denied` answers with its errno and is not carried out.
///
/// # Errors
/// The kernel's; without `no_new_privileges` it needs CAP_SYS_ADMIN.
pub fn deny_system_calls(denied: &[(i64, i32)]) -> io::Result<()> {
    let statement = |code: u32, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let mut program = vec![statement(load, 0)];
    for (number, errno) in denied {
        program.push(libc::sock_filter {
            code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
            jt: 0,
            jf: 1,
            k: *number as u32,
        });
        let answer = libc::SECCOMP_RET_ERRNO | (*errno as u32);
        program.push(statement(libc::BPF_RET | libc::BPF_K, answer));
    }
    program.push(statement(
        libc::BPF_RET | libc::BPF_K,
        libc::SECCOMP_RET_ALLOW,
    ));
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: the filter and the program it points to outlive the call.
    unsafe {
        check_long(libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            &raw const filter,
        ))
    }
    .map(drop)
}
