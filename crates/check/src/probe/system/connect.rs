//! Connecting to the first that answers of several addresses, which are tried side by side.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};

use super::dns::Deadline;

/// The first connection, from `local` where that is given.
///
/// # Errors
/// As connect(2), for the last of them; `TimedOut` where none has answered in time.
pub fn first(
    targets: &[SocketAddr],
    local: Option<IpAddr>,
    until: Deadline,
) -> io::Result<TcpStream> {
    let mut refusal = Errno::ADDRNOTAVAIL;
    let mut waiting = Vec::new();
    for target in targets {
        match begin(*target, local) {
            Ok((socket, true)) => return stream(socket),
            Ok((socket, false)) => waiting.push(socket),
            Err(why) => refusal = why,
        }
    }
    while !waiting.is_empty() {
        let rest = until.rest().ok_or(io::ErrorKind::TimedOut)?;
        let mut fds: Vec<PollFd<'_>> = waiting
            .iter()
            .map(|socket| PollFd::new(socket, PollFlags::OUT))
            .collect();
        match poll(&mut fds, Timespec::try_from(rest).ok().as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(why) => return Err(why.into()),
        }
        let done: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        drop(fds);
        let mut still = Vec::new();
        for (socket, done) in waiting.into_iter().zip(done) {
            match done.then(|| sockopt::socket_error(&socket)) {
                None => still.push(socket),
                Some(Ok(Ok(()))) => return stream(socket),
                Some(Ok(Err(why)) | Err(why)) => refusal = why,
            }
        }
        waiting = still;
    }
    Err(refusal.into())
}

fn stream(socket: OwnedFd) -> io::Result<TcpStream> {
    let stream = TcpStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// Begins; true where it is connected already.
fn begin(target: SocketAddr, local: Option<IpAddr>) -> Result<(OwnedFd, bool), Errno> {
    let family = match target {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    if let Some(local) = local {
        bind(&socket, &SocketAddr::new(local, 0))?;
    }
    match connect(&socket, &target) {
        Ok(()) => Ok((socket, true)),
        Err(Errno::INPROGRESS) => Ok((socket, false)),
        Err(why) => Err(why),
    }
}
