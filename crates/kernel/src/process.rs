//! Processes: fork, exec, wait, groups and sessions.

use std::ffi::CString;
use std::io;
use std::os::fd::RawFd;

use crate::{c_string, check};

/// Which side of a fork this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// The caller, with the child's pid.
    Parent(i32),
    /// The new process.
    Child,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitStatus {
    /// By itself, with this code.
    Exited(u8),
    /// By this signal.
    Killed(u8),
}

impl WaitStatus {
    fn from_raw(status: libc::c_int) -> WaitStatus {
        if libc::WIFSIGNALED(status) {
            WaitStatus::Killed(libc::WTERMSIG(status) as u8)
        } else {
            WaitStatus::Exited(libc::WEXITSTATUS(status) as u8)
        }
    }

    /// The exit code that a shell would give: the code, or 128 + the signal.
    pub fn code(self) -> u8 {
        match self {
            WaitStatus::Exited(code) => code,
            WaitStatus::Killed(signal) => 128u8.wrapping_add(signal),
        }
    }
}

/// Copies the process. Never waits for the child's exec, unlike vfork.
///
/// # Errors
/// EAGAIN at a limit on processes, ENOMEM.
pub fn fork() -> io::Result<Fork> {
    // SAFETY: this program is single-threaded, so the child may call anything.
    match check(unsafe { libc::fork() })? {
        0 => Ok(Fork::Child),
        pid => Ok(Fork::Parent(pid)),
    }
}

/// The same. The kernel writes the child's pid to `place` before this call comes back (or
/// the child begins): a crash of this program in between cannot lose it.
///
/// # Errors
/// As [`fork`].
pub fn fork_noting(place: &std::sync::atomic::AtomicU64) -> io::Result<Fork> {
    place.store(0, std::sync::atomic::Ordering::Relaxed);
    let flags = libc::CLONE_PARENT_SETTID | libc::SIGCHLD;
    // SAFETY: without a stack of its own and without shared memory this is fork(2). The C
    // library's own fork also locks what other threads may hold, of which there are none,
    // and notes the new thread id for calls that children do not make (pthread_kill(3)).
    // The kernel writes four bytes to `place`, which has eight. The last two arguments are
    // not used, whatever their order is on this architecture (clone(2)).
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, place.as_ptr(), 0, 0) };
    match check(child as libc::c_int)? {
        0 => Ok(Fork::Child),
        pid => Ok(Fork::Parent(pid)),
    }
}

/// Ends the process at once, without running anything registered for its exit.
pub fn exit_now(code: u8) -> ! {
    // SAFETY: _exit has no preconditions.
    unsafe { libc::_exit(code as libc::c_int) }
}

/// A vector of C strings with its terminating null, as execve(2) takes it.
pub struct ExecVector {
    pointers: Vec<*const libc::c_char>,
    // The strings that `pointers` points into.
    _strings: Vec<CString>,
}

impl ExecVector {
    /// A vector without words.
    pub fn empty() -> ExecVector {
        ExecVector {
            pointers: vec![std::ptr::null()],
            _strings: Vec::new(),
        }
    }

    /// As execve(2) takes it.
    pub(crate) fn as_ptr(&self) -> *const *const libc::c_char {
        self.pointers.as_ptr()
    }

    /// Copies `words`.
    ///
    /// # Errors
    /// EINVAL when a word holds a NUL.
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> io::Result<ExecVector> {
        let strings = words
            .into_iter()
            .map(|word| c_string(word.as_ref()))
            .collect::<io::Result<Vec<_>>>()?;
        let mut pointers: Vec<_> = strings.iter().map(|s| s.as_ptr()).collect();
        pointers.push(std::ptr::null());
        Ok(ExecVector {
            pointers,
            _strings: strings,
        })
    }
}

/// Replaces the process image with the file at `path`; comes back only with the
/// reason why not (execve(2)).
pub fn execve(path: &[u8], argv: &ExecVector, envp: &ExecVector) -> io::Error {
    match c_string(path) {
        Ok(path) => execve_c(&path, argv, envp),
        Err(error) => error,
    }
}

/// The same, allocating nothing.
pub(crate) fn execve_c(path: &std::ffi::CStr, argv: &ExecVector, envp: &ExecVector) -> io::Error {
    // SAFETY: both vectors are null-terminated arrays of C strings that live on.
    unsafe {
        libc::execve(
            path.as_ptr(),
            argv.pointers.as_ptr(),
            envp.pointers.as_ptr(),
        )
    };
    io::Error::last_os_error()
}

/// The paths that a program's first word stands for: itself when it holds a slash,
/// else one for each element of `path`. An empty element names nothing.
pub fn candidates(word: &[u8], path: &[u8]) -> Vec<Vec<u8>> {
    if word.contains(&b'/') {
        return vec![word.to_vec()];
    }
    path.split(|b| *b == b':')
        .filter(|dir| !dir.is_empty())
        .map(|dir| [dir, b"/", word].concat())
        .collect()
}

/// Becomes the program that `argv` begins with, looked up in `path`; comes back only
/// with the reason why not. A file that was found but refused says more than one that
/// was not found; an empty word cannot be executed (EACCES).
pub fn exec<W: AsRef<[u8]>>(argv: &[W], envp: &ExecVector, path: &[u8]) -> io::Error {
    match argv.first() {
        Some(word) => exec_as(word.as_ref(), argv, envp, path),
        None => io::Error::from_raw_os_error(libc::ENOENT),
    }
}

/// The same for the program called `word`, whatever `argv` begins with.
pub fn exec_as<W: AsRef<[u8]>>(
    word: &[u8],
    argv: &[W],
    envp: &ExecVector,
    path: &[u8],
) -> io::Error {
    if word.is_empty() {
        return io::Error::from_raw_os_error(libc::EACCES);
    }
    let words = match ExecVector::new(argv) {
        Ok(words) => words,
        Err(error) => return error,
    };
    let mut worst = io::Error::from_raw_os_error(libc::ENOENT);
    for path in candidates(word, path) {
        let error = execve(&path, &words, envp);
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR) => {}
            Some(libc::EACCES) => worst = error,
            _ => return error,
        }
    }
    worst
}

/// Replaces the process image with the file that `fd` is open on (fexecve(3)): by
/// execveat(2), or, where there is none (before 3.19), by its name under /proc.
pub fn fexecve(fd: RawFd, argv: &ExecVector, envp: &ExecVector) -> io::Error {
    // SAFETY: as for `execve`; the empty path with AT_EMPTY_PATH names `fd` itself.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            fd,
            c"".as_ptr(),
            argv.pointers.as_ptr(),
            envp.pointers.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    let error = io::Error::last_os_error();
    if !crate::errno::is_missing_call(&error) {
        return error;
    }
    execve(format!("/proc/self/fd/{fd}").as_bytes(), argv, envp)
}

/// The path by which this program was executed, as execve(2) was given it (AT_EXECFN,
/// getauxval(3)): where a program was found along PATH its first word does not tell.
/// For a script this is the script's path. None where the kernel does not say.
pub fn executed_path() -> Option<Vec<u8>> {
    // SAFETY: no preconditions; the value is null or a C string that lives as long as
    // the process.
    unsafe {
        let path = libc::getauxval(libc::AT_EXECFN) as *const libc::c_char;
        (!path.is_null()).then(|| std::ffi::CStr::from_ptr(path).to_bytes().to_vec())
    }
}

/// A reaped process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaped {
    /// Its pid, free for reuse from now on.
    pub pid: i32,
    /// How it ended.
    pub status: WaitStatus,
}

/// What waiting without blocking found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// A child that has ended.
    Reaped(Reaped),
    /// Children exist, none has ended.
    NoneYet,
    /// There are no children.
    NoChildren,
}

/// wait4(2) for one child (or any, with -1): its pid and status; 0 with WNOHANG when none
/// has ended. When the call fails, waitid(2) is asked: only where both say that there is no
/// child is there none. A kernel that would not let a child be reaped would else be taken for
/// a container without processes.
fn reap(pid: i32, options: i32) -> io::Result<(i32, WaitStatus)> {
    let mut status = 0;
    let got = crate::errno::retry(|| {
        // SAFETY: `status` is a valid int.
        check(unsafe { libc::waitpid(pid, &mut status, options) })
    });
    if let Ok(pid) = got {
        return Ok((pid, WaitStatus::from_raw(status)));
    }
    let (kind, id) = match pid {
        -1 => (libc::P_ALL, 0),
        pid => (libc::P_PID, pid as libc::id_t),
    };
    // SAFETY: all-zero bytes are a valid siginfo_t to fill in; what is read of it belongs to
    // the end of a child.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        crate::errno::retry(|| check(libc::waitid(kind, id, &mut info, options | libc::WEXITED)))?;
        let number = info.si_status() as u8;
        let status = match info.si_code {
            libc::CLD_EXITED => WaitStatus::Exited(number),
            _ => WaitStatus::Killed(number),
        };
        Ok((info.si_pid(), status))
    }
}

/// Reaps any child that has ended, without blocking.
pub fn try_wait_any() -> Waited {
    match reap(-1, libc::WNOHANG) {
        Ok((0, _)) => Waited::NoneYet,
        Ok((pid, status)) => Waited::Reaped(Reaped { pid, status }),
        Err(error) if crate::errno::is(&error, libc::ECHILD) => Waited::NoChildren,
        // No reason that waitpid(2) knows of; it says nothing about children.
        Err(_) => Waited::NoneYet,
    }
}

/// Waits for this child to end.
///
/// # Errors
/// ECHILD when it is no child of this process.
pub fn wait(pid: i32) -> io::Result<WaitStatus> {
    reap(pid, 0).map(|(_, status)| status)
}

/// Reaps this child if it has ended; `None` if it has not.
///
/// # Errors
/// ECHILD when it is no child of this process.
pub fn try_wait(pid: i32) -> io::Result<Option<WaitStatus>> {
    let (got, status) = reap(pid, libc::WNOHANG)?;
    Ok((got != 0).then_some(status))
}

/// Sets the name that ps(1) shows for this process (PR_SET_NAME, at most 15 bytes).
pub fn set_name(name: &[u8]) {
    if let Ok(name) = c_string(name) {
        // SAFETY: the name is a C string; the kernel cuts it.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    }
}

/// Waits for any child to end; `None` when there is no child.
pub fn wait_any() -> Option<Reaped> {
    let (pid, status) = reap(-1, 0).ok()?;
    Some(Reaped { pid, status })
}

/// Whether `pid` is a living child of this process (waitid(2) with WNOWAIT): nobody
/// else's process is ever taken for one, and nothing is reaped.
pub fn is_child(pid: i32) -> bool {
    // With a pid in the answer it has ended already.
    ended_child(pid) == Some(0)
}

/// Whether `pid` is a child of this process, alive or not yet reaped.
pub fn is_unreaped_child(pid: i32) -> bool {
    ended_child(pid).is_some()
}

/// The pid of a child if it has ended, 0 if it has not; none when it is no child.
fn ended_child(pid: i32) -> Option<i32> {
    if pid < 1 {
        return None;
    }
    // SAFETY: all-zero bytes are a valid siginfo_t to fill in.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let options = libc::WEXITED | libc::WNOWAIT | libc::WNOHANG;
        let known = libc::waitid(libc::P_PID, pid as libc::id_t, &mut info, options) == 0;
        known.then(|| info.si_pid())
    }
}

/// This process's id.
pub fn id() -> i32 {
    // SAFETY: always succeeds.
    unsafe { libc::getpid() }
}

/// The parent's id.
pub fn parent_id() -> i32 {
    // SAFETY: always succeeds.
    unsafe { libc::getppid() }
}

/// Starts a new session, and with it a new process group (setsid(2)).
///
/// # Errors
/// EPERM when this process leads a group already.
pub fn new_session() -> io::Result<()> {
    // SAFETY: no preconditions.
    check(unsafe { libc::setsid() }).map(drop)
}

/// Puts process `pid` (0: this one) into group `group` (0: one of its own).
///
/// # Errors
/// As setpgid(2).
pub fn set_group(pid: i32, group: i32) -> io::Result<()> {
    // SAFETY: no preconditions.
    check(unsafe { libc::setpgid(pid, group) }).map(drop)
}

/// The process group of `pid` (0: this process).
///
/// # Errors
/// ESRCH.
pub fn group_of(pid: i32) -> io::Result<i32> {
    // SAFETY: no preconditions.
    check(unsafe { libc::getpgid(pid) })
}

/// The session of `pid` (0: this process).
///
/// # Errors
/// ESRCH.
pub fn session_of(pid: i32) -> io::Result<i32> {
    // SAFETY: no preconditions.
    check(unsafe { libc::getsid(pid) })
}

/// Orphans below this process become its children (PR_SET_CHILD_SUBREAPER).
///
/// # Errors
/// EINVAL on kernels before 3.4.
pub fn become_subreaper() -> io::Result<()> {
    // SAFETY: no preconditions.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }).map(drop)
}

/// Sends `signal` to this process when its parent ends (PR_SET_PDEATHSIG).
///
/// # Errors
/// EINVAL for a signal that does not exist.
pub fn set_parent_death_signal(signal: i32) -> io::Result<()> {
    // SAFETY: no preconditions.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal, 0, 0, 0) }).map(drop)
}

/// Adds to this process's nice value (nice(2)).
///
/// # Errors
/// EPERM below the limit for those who are not root.
pub fn add_nice(increment: i32) -> io::Result<()> {
    // -1 is a nice value too: the error number alone tells.
    // SAFETY: errno is this thread's own; nice has no preconditions.
    let (value, error) = unsafe {
        *libc::__errno_location() = 0;
        (libc::nice(increment), io::Error::last_os_error())
    };
    match value {
        -1 if error.raw_os_error() != Some(0) => Err(error),
        _ => Ok(()),
    }
}

/// Makes `dir` this process's root and its working directory (chroot(2)).
///
/// # Errors
/// ENOENT, ENOTDIR, EPERM without CAP_SYS_CHROOT.
pub fn change_root(dir: &[u8]) -> io::Result<()> {
    let dir = c_string(dir)?;
    // SAFETY: both paths are C strings.
    unsafe {
        check(libc::chdir(dir.as_ptr()))?;
        check(libc::chroot(c".".as_ptr())).map(drop)
    }
}

/// Disarms the timers that execve(2) has handed on (setitimer(2)): whoever set them is
/// gone, and what they send ends a program that does not expect it.
pub fn disarm_inherited_timers() {
    // SAFETY: an all-zero itimerval is valid, and means that no timer runs.
    unsafe {
        let none: libc::itimerval = std::mem::zeroed();
        for timer in [libc::ITIMER_REAL, libc::ITIMER_VIRTUAL, libc::ITIMER_PROF] {
            libc::setitimer(timer, &none, std::ptr::null_mut());
        }
    }
}

/// Sets the file mode creation mask and gives the one before.
pub fn set_umask(mask: u32) -> u32 {
    // SAFETY: always succeeds.
    unsafe { libc::umask(mask as libc::mode_t) }
}

#[cfg(test)]
mod tests {
    use super::candidates;

    #[test]
    fn an_empty_element_of_path_is_not_the_current_directory() {
        let found = candidates(b"ls", b"/a::/b:");
        assert_eq!(found, [b"/a/ls".to_vec(), b"/b/ls".to_vec()]);
        assert_eq!(candidates(b"./ls", b"/a"), [b"./ls".to_vec()]);
    }
}
