//! What runs in the child, and how it gets there.

use super::{Plan, Report, SLOT};
use crate::crash::FATAL;
use std::arch::asm;
use std::sync::atomic::Ordering;

pub(super) const IS_KNOWN: bool = true;

/// The kernel's struct sigaction: the default disposition is all zeros.
type KernelSigaction = [u64; 4];

/// How the kernel has rlimit64 and sigset_t: bytes of the latter.
const SIGNAL_SET: usize = 8;

/// clone(2): gives the child's pid or -errno. The child runs [`begin`].
///
/// # Safety
/// `plan` lies at the beginning of a slot that is the child's until the kernel clears
/// its first word; what it points to lives as long.
#[cfg(target_arch = "x86_64")]
pub(super) unsafe fn clone(flags: i32, plan: *mut Plan, note: *mut i32) -> i32 {
    let result: isize;
    // SAFETY: with a stack of its own the child touches nothing of the caller's: after
    // the system call it goes to `begin`, which never comes back. The caller sees a
    // system call, which changes rax, rcx and r11.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, r12",
            "call {begin}",
            "ud2",
            "2:",
            begin = sym begin,
            inlateout("rax") libc::SYS_clone as isize => result,
            in("rdi") flags as isize,
            in("rsi") plan.cast::<u8>().add(SLOT),
            in("rdx") note,
            in("r10") plan,
            in("r8") 0,
            in("r12") plan,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result as i32
}

/// The same on arm64, where the fourth and fifth argument have changed places.
///
/// # Safety
/// As there.
#[cfg(target_arch = "aarch64")]
pub(super) unsafe fn clone(flags: i32, plan: *mut Plan, note: *mut i32) -> i32 {
    let result: isize;
    // SAFETY: as there; the system call changes x0 alone. The child ends its chain of
    // frames (x29, x30) and never comes back.
    unsafe {
        asm!(
            "svc 0",
            "cbnz x0, 2f",
            "mov x29, xzr",
            "mov x30, xzr",
            "mov x0, x10",
            "bl {begin}",
            "brk 1",
            "2:",
            begin = sym begin,
            in("x8") libc::SYS_clone,
            inlateout("x0") flags as isize => result,
            in("x1") plan.cast::<u8>().add(SLOT),
            in("x2") note,
            in("x3") 0,
            in("x4") plan,
            in("x10") plan,
        );
    }
    result as i32
}

/// A system call that leaves errno, which is the parent's, alone.
///
/// # Safety
/// As the call that it is.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
unsafe fn call(number: libc::c_long, a: usize, b: usize, c: usize, d: usize) -> isize {
    let result: isize;
    // SAFETY: the caller's; the kernel changes x0 and memory that it was given.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a as isize => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            options(nostack),
        );
    }
    result
}

/// A system call that leaves errno, which is the parent's, alone.
///
/// # Safety
/// As the call that it is.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn call(number: libc::c_long, a: usize, b: usize, c: usize, d: usize) -> isize {
    let result: isize;
    // SAFETY: the caller's; the kernel changes rax, rcx and r11 and memory that it was
    // given.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// The child, from its first instruction to its program.
///
/// # Safety
/// Called by `clone` alone, with a complete plan.
unsafe extern "C" fn begin(plan: *const Plan) -> ! {
    // SAFETY: the plan is complete and nobody changes it meanwhile; every pointer in
    // it leads to memory that stays. Descriptors are touched only in a table of the
    // child's own: it has one from the start, or from close_range on.
    unsafe {
        let plan = &*plan;
        if plan.private_from != 0 {
            const UNSHARE: usize = 2;
            let from = plan.private_from as usize;
            let last = u32::MAX as usize;
            if call(libc::SYS_close_range, from, last, UNSHARE, 0) != 0 {
                fail(plan, Report::PROGRAM, -(libc::ENOMEM as isize));
            }
        }
        limit(libc::RLIMIT_NOFILE as usize, &plan.open_files);
        limit(libc::RLIMIT_FSIZE as usize, &plan.file_size);
        if plan.umask != u32::MAX {
            // Not shared (no CLONE_FS): the caller's stays.
            call(libc::SYS_umask, plan.umask as usize, 0, 0, 0);
        }
        // A handler of this process's would run on the child's small stack.
        let default: KernelSigaction = [0; 4];
        let mut at = 0;
        while at < FATAL.len() {
            let signal = FATAL[at] as usize;
            let action = &raw const default as usize;
            call(libc::SYS_rt_sigaction, signal, action, 0, SIGNAL_SET);
            at += 1;
        }
        if plan.own_session {
            call(libc::SYS_setsid, 0, 0, 0, 0);
        } else {
            call(libc::SYS_setpgid, 0, 0, 0, 0);
        }
        let moved = call(libc::SYS_chdir, plan.dir as usize, 0, 0, 0);
        if moved != 0 {
            fail(plan, Report::DIRECTORY, moved);
        }
        give(plan.input, 0);
        give(plan.output, 1);
        give(plan.extra.0, plan.extra.1);
        // Last: until here no signal can reach this program's code.
        let none = 0u64;
        let set = &raw const none as usize;
        let how = libc::SIG_SETMASK as usize;
        call(libc::SYS_rt_sigprocmask, how, set, 0, SIGNAL_SET);
        let (path, argv) = (plan.argv[0] as usize, &raw const plan.argv as usize);
        let why = call(libc::SYS_execve, path, argv, plan.envp as usize, 0);
        fail(plan, Report::PROGRAM, why)
    }
}

/// Sets a limit to soft and hard; both all ones: it stays as it is.
///
/// # Safety
/// In the child.
unsafe fn limit(which: usize, limit: &[u64; 2]) {
    if limit[0] != u64::MAX || limit[1] != u64::MAX {
        let limit = &raw const *limit as usize;
        // SAFETY: `limit` is a struct rlimit64 that the kernel only reads.
        unsafe { call(libc::SYS_prlimit64, 0, which, limit, 0) };
    }
}

/// Makes `to` a copy of `from` that stays open on exec; -1 as `from` is nothing.
///
/// # Safety
/// In the child, with its own descriptors.
unsafe fn give(from: i32, to: i32) {
    // SAFETY: no memory is involved.
    unsafe {
        if from == to && from >= 0 {
            call(libc::SYS_fcntl, to as usize, libc::F_SETFD as usize, 0, 0);
        } else if from >= 0 {
            call(libc::SYS_dup3, from as usize, to as usize, 0, 0);
        }
    }
}

/// Says what could not be done and why, and ends.
///
/// # Safety
/// In the child.
unsafe fn fail(plan: &Plan, step: u16, why: isize) -> ! {
    // SAFETY: the record is written from this stack; exit_group does not come back.
    unsafe {
        let errno = -why as u16;
        let pid = call(libc::SYS_getpid, 0, 0, 0, 0) as u32;
        let record = u64::from(pid) | u64::from(step) << 32 | u64::from(errno) << 48;
        let bytes = &raw const record as usize;
        // Before and after: who has seen the first change may have read too early.
        (*plan.said).fetch_add(1, Ordering::AcqRel);
        call(
            libc::SYS_write,
            plan.report as usize,
            bytes,
            Report::SIZE,
            0,
        );
        (*plan.said).fetch_add(1, Ordering::AcqRel);
        let code = if errno == libc::ENOENT as u16 {
            127
        } else {
            126
        };
        loop {
            call(libc::SYS_exit_group, code, 0, 0, 0);
        }
    }
}
