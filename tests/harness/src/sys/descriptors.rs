//! Descriptors: pipes, sockets, files in memory, waiting for any of them.

use super::{c_string, check, check_long};
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::os::fd::RawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// memfd_create(2): an unnamed file in memory, close-on-exec.
///
/// # Errors
/// The kernel's.
pub fn memory_file() -> io::Result<OwnedFd> {
    // SAFETY: the name is a C string; the answer is a descriptor that nobody else owns.
    unsafe {
        let fd = check(libc::memfd_create(c"orders".as_ptr(), libc::MFD_CLOEXEC))?;
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// pipe2(2), close-on-exec: the reading and the writing end.
///
/// # Errors
/// The kernel's.
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    // SAFETY: `ends` has room for the two descriptors, which nobody else owns afterwards.
    unsafe {
        check(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC))?;
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

/// Fills a pipe to the brim by its writing end, which blocks again afterwards.
///
/// # Errors
/// The kernel's.
pub fn fill(pipe: BorrowedFd) -> io::Result<()> {
    let number = pipe.as_raw_fd();
    // SAFETY: takes numbers; pointer and length are the array's own.
    unsafe {
        let flags = check(libc::fcntl(number, libc::F_GETFL))?;
        check(libc::fcntl(number, libc::F_SETFL, flags | libc::O_NONBLOCK))?;
        for size in [4096, 1] {
            while libc::write(number, [b'x'; 4096].as_ptr().cast(), size) > 0 {}
        }
        check(libc::fcntl(number, libc::F_SETFL, flags)).map(drop)
    }
}

/// A new terminal: the engine's side and the program's.
///
/// # Errors
/// The kernel's.
pub fn terminal() -> io::Result<(OwnedFd, OwnedFd)> {
    let (mut master, mut program) = (-1, -1);
    let none = std::ptr::null_mut();
    // SAFETY: both numbers outlive the call, the other pointers may be null; the descriptors
    // are nobody else's.
    unsafe {
        check(libc::openpty(
            &mut master,
            &mut program,
            none,
            none.cast(),
            none.cast(),
        ))?;
        Ok((OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(program)))
    }
}

/// A pair of sequenced-packet sockets, close-on-exec; the first one is told who sent each message.
///
/// # Errors
/// The kernel's.
pub fn message_pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [0; 2];
    let on: libc::c_int = 1;
    // SAFETY: `ends` has room for two descriptors, owned by nobody else; `on` outlives the call.
    unsafe {
        check(libc::socketpair(
            libc::AF_UNIX,
            libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC,
            0,
            ends.as_mut_ptr(),
        ))?;
        let pair = (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1]));
        check(libc::setsockopt(
            ends[0],
            libc::SOL_SOCKET,
            libc::SO_PASSCRED,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        ))?;
        Ok(pair)
    }
}

/// Sends one message; never raises SIGPIPE.
///
/// # Errors
/// The kernel's; `BrokenPipe` when the other end is gone.
pub fn send(socket: BorrowedFd, message: &[u8]) -> io::Result<()> {
    // SAFETY: pointer and length are the slice's own.
    let sent = unsafe {
        libc::send(
            socket.as_raw_fd(),
            message.as_ptr().cast(),
            message.len(),
            libc::MSG_NOSIGNAL,
        )
    };
    check_long(sent as libc::c_long).map(drop)
}

/// One message and its sender's pid as seen from this process' own pid namespace;
/// an empty message is the end.
///
/// # Errors
/// The kernel's.
pub fn receive(socket: BorrowedFd) -> io::Result<(Vec<u8>, i32)> {
    let mut bytes = vec![0u8; 64 * 1024];
    let mut control = [0u64; 8];
    let mut part = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: an all-zero msghdr is a valid empty one; every pointer put into it outlives the call;
    // the control buffer is aligned for cmsghdr, and what is read from it was checked by type.
    unsafe {
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_iov = &mut part;
        header.msg_iovlen = 1;
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = size_of_val(&control) as _;
        let length = libc::recvmsg(socket.as_raw_fd(), &mut header, libc::MSG_CMSG_CLOEXEC);
        if length < 0 {
            return Err(io::Error::last_os_error());
        }
        bytes.truncate(length as usize);
        let mut pid = 0;
        let first = libc::CMSG_FIRSTHDR(&header);
        if !first.is_null()
            && (*first).cmsg_level == libc::SOL_SOCKET
            && (*first).cmsg_type == libc::SCM_CREDENTIALS
        {
            let credentials: libc::ucred = std::ptr::read_unaligned(libc::CMSG_DATA(first).cast());
            pid = credentials.pid;
        }
        Ok((bytes, pid))
    }
}

/// Ends a socket in both directions, for every descriptor of it.
pub fn shut(socket: BorrowedFd) {
    // SAFETY: takes a descriptor and a number.
    unsafe { libc::shutdown(socket.as_raw_fd(), libc::SHUT_RDWR) };
}

/// Lets the program that `command` starts have `fds` as its descriptors 3, 4, …
pub fn hand_over(command: &mut Command, fds: Vec<OwnedFd>) {
    let hook = move || {
        let mut high = Vec::new();
        for fd in &fds {
            // SAFETY: duplicating a descriptor that `fds` keeps open.
            high.push(unsafe { check(libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 32)) }?);
        }
        for (target, fd) in (3..).zip(high) {
            // SAFETY: `fd` was just made; whatever `target` was belongs to nobody in this child.
            unsafe { check(libc::dup2(fd, target)) }?;
        }
        Ok(())
    };
    // SAFETY: the hook allocates a few words between fork and exec, which glibc's malloc permits
    // (it holds its locks over fork), and calls only fcntl and dup2.
    unsafe { command.pre_exec(hook) };
}

/// Takes over a descriptor that this program was started with.
///
/// # Errors
/// The kernel's when it is not open.
pub fn take_descriptor(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the number is duplicated and then closed: it is nobody's afterwards.
    unsafe {
        let fd = check(libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 200))?;
        libc::close(number);
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Puts `from` at the number `to`, open across exec.
///
/// # Errors
/// The kernel's.
pub fn place_descriptor(from: BorrowedFd, to: RawFd) -> io::Result<()> {
    // SAFETY: the caller asks for exactly this number to be replaced.
    unsafe { check(libc::dup2(from.as_raw_fd(), to)) }.map(drop)
}

/// Closes a descriptor by number.
pub fn close(number: RawFd) {
    // SAFETY: only the box calls this, on numbers that no owned value stands for.
    unsafe { libc::close(number) };
}

/// Closes every descriptor from `first` on.
///
/// # Errors
/// The kernel's.
pub fn close_from(first: u32) -> io::Result<()> {
    // SAFETY: only the box calls this, before it owns any descriptor in that range.
    unsafe {
        check_long(libc::syscall(
            libc::SYS_close_range,
            libc::c_ulong::from(first),
            libc::c_ulong::from(u32::MAX),
            0,
        ))
    }
    .map(drop)
}

/// Waits until one of `fds` is readable or hung up: one flag for each. `None` waits forever.
///
/// # Errors
/// The kernel's, but not an interruption.
pub fn poll(fds: &[BorrowedFd], wait: Option<Duration>) -> io::Result<Vec<bool>> {
    let mut list: Vec<libc::pollfd> = fds
        .iter()
        .map(|fd| libc::pollfd {
            fd: fd.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let milliseconds = wait.map_or(-1, |time| time.as_millis().min(i32::MAX as u128) as i32);
    loop {
        // SAFETY: pointer and length are the vector's own.
        let answer = unsafe { libc::poll(list.as_mut_ptr(), list.len() as _, milliseconds) };
        match check(answer) {
            Ok(_) => return Ok(list.iter().map(|entry| entry.revents != 0).collect()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens `path` as if `directory` were the root: no link leads out of it. openat2(2).
///
/// # Errors
/// The kernel's.
pub fn open_in_root(
    directory: BorrowedFd,
    path: &Path,
    flags: i32,
    mode: u32,
) -> io::Result<OwnedFd> {
    let path = c_string(path)?;
    // SAFETY: an all-zero open_how is valid; it and the path outlive the call; the answer is a
    // descriptor that nobody else owns.
    unsafe {
        let mut how: libc::open_how = std::mem::zeroed();
        how.flags = (flags | libc::O_CLOEXEC) as u64;
        how.mode = u64::from(mode);
        how.resolve = libc::RESOLVE_IN_ROOT;
        // EAGAIN: something was renamed or mounted meanwhile, somewhere on the machine.
        for _ in 0..10_000 {
            match check_long(libc::syscall(
                libc::SYS_openat2,
                directory.as_raw_fd(),
                path.as_ptr(),
                &raw const how,
                size_of::<libc::open_how>(),
            )) {
                Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {}
                other => return other.map(|fd| OwnedFd::from_raw_fd(fd)),
            }
        }
    }
    Err(io::Error::from_raw_os_error(libc::EAGAIN))
}
