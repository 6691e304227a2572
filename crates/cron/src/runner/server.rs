//! The socket at which `mainstay cron status` and `run` ask. A request is words separated by
//! NUL, up to the end of what the client sends; the answer is lines of fields separated by
//! tabs, the first `ok` or `error`. It is open to its owner and root.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use chain::Environment;
use kernel::{credentials, errno, fd, process, socket};
use places::schedulers;

use crate::mind::Asker;

/// Longest request.
const REQUEST: usize = 4096;

/// Most clients at once; one more takes the place of the one that has said nothing for longest.
const CLIENTS: usize = 64;

/// The listening socket and who asks.
pub(super) struct Server {
    listener: UnixListener,
    path: PathBuf,
    clients: Vec<Client>,
    last: Asker,
}

struct Client {
    number: Asker,
    stream: UnixStream,
    request: Vec<u8>,
    /// Its request is whole; it waits for a run to end.
    waits: bool,
    /// What it has not taken yet.
    pending: Vec<u8>,
    /// Lines that it would not take in time.
    lost: usize,
}

/// What has come of lines for a client.
pub(super) enum Sent {
    /// It has them.
    All,
    /// There was no room for all of it: it is to be told of later.
    Some,
    /// It is gone.
    Gone,
}

/// Most that waits for a client (bytes): the run is not held up by it.
const PENDING: usize = 1024 * 1024;

/// What has come of a client.
pub(super) enum Heard {
    /// No whole request yet.
    Nothing,
    /// It is gone, or says too much.
    Gone,
    /// What it wants.
    Request(Vec<Vec<u8>>),
}

impl Server {
    /// Listens at the first place that can be had.
    ///
    /// # Errors
    /// None can: why the first cannot.
    pub(super) fn listen(own: &Environment) -> Result<Server, (PathBuf, io::Error)> {
        let variable = |name: &str| own.get(name.as_bytes()).map(<[u8]>::to_vec);
        let mut why = None;
        for dir in schedulers::directories(variable, credentials::user()) {
            match own_dir(&dir).and_then(|()| Server::listen_in(&dir)) {
                Ok(server) => return Ok(server),
                Err(error) => why = why.or(Some((dir, error))),
            }
        }
        Err(why.unwrap_or_else(|| (PathBuf::new(), errno::from(errno::ENOENT))))
    }

    fn listen_in(dir: &Path) -> io::Result<Server> {
        let id = process::id();
        // Containers that share a directory may all be process 1.
        for number in 0..32 {
            let path = match number {
                0 => dir.join(format!("{}{id}", schedulers::PREFIX)),
                _ => dir.join(format!("{}{id}.{number}", schedulers::PREFIX)),
            };
            match socket::connect_now(&path) {
                Ok(_) => continue,
                // Somebody who takes nobody in just now: the jobs do not wait for that.
                Err(error) if errno::is(&error, errno::EAGAIN) => continue,
                Err(error) if errno::is(&error, errno::ECONNREFUSED) => {
                    // An earlier run of a kept container has left it.
                    let _ = std::fs::remove_file(&path);
                }
                Err(_) => {}
            }
            let listener = UnixListener::bind(&path)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            fd::set_nonblocking(listener.as_raw_fd(), true)?;
            return Ok(Server {
                listener,
                path,
                clients: Vec::new(),
                last: 0,
            });
        }
        Err(errno::from(errno::EEXIST))
    }

    pub(super) fn descriptor(&self) -> RawFd {
        self.listener.as_raw_fd()
    }

    /// Accepts one client that waits: its number and descriptor; none: it is nobody who may
    /// ask.
    ///
    /// # Errors
    /// EMFILE, ENFILE, ENOMEM: it waits on, which would be news for ever.
    pub(super) fn accept(&mut self) -> io::Result<Option<(Asker, RawFd)>> {
        let stream = match socket::accept(&self.listener) {
            Ok(stream) => stream,
            Err(error) => {
                let lacks = [errno::EMFILE, errno::ENFILE, errno::ENOBUFS, errno::ENOMEM];
                return match lacks.iter().any(|number| errno::is(&error, *number)) {
                    true => Err(error),
                    false => Ok(None),
                };
            }
        };
        let me = credentials::user();
        let known = socket::peer(&stream).is_ok_and(|peer| peer.uid == 0 || peer.uid == me);
        if !known || fd::set_nonblocking(stream.as_raw_fd(), true).is_err() {
            return Ok(None);
        }
        self.last += 1;
        let fd = stream.as_raw_fd();
        self.clients.push(Client {
            number: self.last,
            stream,
            request: Vec::new(),
            waits: false,
            pending: Vec::new(),
            lost: 0,
        });
        Ok(Some((self.last, fd)))
    }

    /// Who has to go, so that there is room for another.
    pub(super) fn surplus(&self) -> Option<Asker> {
        let too_many = self.clients.len() >= CLIENTS;
        let oldest = || {
            self.clients
                .iter()
                .min_by_key(|client| (client.waits, client.number))
        };
        too_many.then(oldest).flatten().map(|client| client.number)
    }

    pub(super) fn client(&self, number: Asker) -> Option<RawFd> {
        let client = self.clients.iter().find(|client| client.number == number)?;
        Some(client.stream.as_raw_fd())
    }

    /// Goes on with a client for which there is news.
    pub(super) fn hear(&mut self, number: Asker) -> Heard {
        let Some(client) = self.clients.iter_mut().find(|one| one.number == number) else {
            return Heard::Gone;
        };
        let mut buffer = [0u8; 1024];
        match errno::retry(|| client.stream.read(&mut buffer)) {
            Ok(0) if client.request.is_empty() => Heard::Gone,
            Ok(0) => {
                client.waits = true;
                let words = client.request.split(|byte| *byte == 0);
                Heard::Request(words.map(<[u8]>::to_vec).collect())
            }
            Ok(count) if client.request.len() + count > REQUEST => Heard::Gone,
            Ok(count) => {
                client.request.extend_from_slice(&buffer[..count]);
                Heard::Nothing
            }
            Err(error) if errno::is(&error, errno::EAGAIN) => Heard::Nothing,
            Err(_) => Heard::Gone,
        }
    }

    /// Has lines of a run for whoever asked for it: each with the number of its output and a
    /// tab in front.
    pub(super) fn pass_on(&mut self, number: Asker, to: usize, lines: &[u8]) -> Sent {
        let Some(client) = self.clients.iter_mut().find(|one| one.number == number) else {
            return Sent::Gone;
        };
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            if client.pending.len() + line.len() > PENDING {
                client.lost += 1;
                continue;
            }
            let front: &[u8] = if to == 0 { b"1\t" } else { b"2\t" };
            client.pending.extend_from_slice(front);
            client.pending.extend_from_slice(line);
        }
        client.send()
    }

    /// Whether a client waits for a run, and takes lines of it.
    pub(super) fn is_waiting(&self, number: Asker) -> bool {
        let mut clients = self.clients.iter();
        clients.any(|client| client.number == number && client.waits)
    }

    /// There is room for more of what a client has not taken.
    pub(super) fn send(&mut self, number: Asker) -> Sent {
        let client = self.clients.iter_mut().find(|one| one.number == number);
        client.map_or(Sent::Gone, Client::send)
    }

    /// Answers, and closes the connection. Nobody is waited for: an answer that the socket's
    /// buffer does not hold is sent by a process of its own.
    pub(super) fn answer(&mut self, number: Asker, text: &str) {
        let Some(mut client) = self.take(number) else {
            return;
        };
        if client.lost > 0 {
            let lost = kernel::words::count(client.lost, "line");
            let line = format!("2\tcron: {lost} of it went by unread; the log has them\n");
            client.pending.extend_from_slice(line.as_bytes());
        }
        client.pending.extend_from_slice(text.as_bytes());
        if matches!(client.send(), Sent::Some)
            && process::fork().is_ok_and(|side| side == process::Fork::Child)
        {
            kernel::signal::reset_all();
            let _ = fd::set_nonblocking(client.stream.as_raw_fd(), false);
            let patience = std::time::Duration::from_secs(5);
            let _ = client.stream.set_write_timeout(Some(patience));
            let _ = client.stream.write_all(&client.pending);
            process::exit_now(0);
        }
    }

    /// Forgets a client.
    pub(super) fn close(&mut self, number: Asker) {
        drop(self.take(number));
    }

    fn take(&mut self, number: Asker) -> Option<Client> {
        let at = self.clients.iter().position(|one| one.number == number)?;
        Some(self.clients.remove(at))
    }
}

impl Client {
    /// Sends what there is room for.
    fn send(&mut self) -> Sent {
        while !self.pending.is_empty() {
            match errno::retry(|| self.stream.write(&self.pending)) {
                Ok(0) => return Sent::Gone,
                Ok(count) => drop(self.pending.drain(..count)),
                Err(error) if errno::is(&error, errno::EAGAIN) => return Sent::Some,
                Err(_) => return Sent::Gone,
            }
        }
        Sent::All
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Makes the directory, or accepts one that is this user's and that nobody else may write to:
/// in one that others can write to, the socket could be swapped.
fn own_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    // The common one is PID 1's too, and may be looked into.
    let mode = match dir == Path::new(places::SOCKET_DIR) {
        true => 0o755,
        false => 0o700,
    };
    match std::fs::DirBuilder::new().mode(mode).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = dir.symlink_metadata()?;
    match found.is_dir() && found.uid() == credentials::user() && found.mode() & 0o022 == 0 {
        true => Ok(()),
        false => Err(errno::from(errno::ENOTDIR)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use temp::Temp;

    #[test]
    fn one_that_takes_nobody_in_keeps_its_place_and_holds_up_nobody() {
        let temp = Temp::new();
        let dir = temp.dir("run");
        let name = format!("{}{}", schedulers::PREFIX, process::id());
        let _other = UnixListener::bind(dir.join(&name)).unwrap();
        let mut waiting = Vec::new();
        // Until its queue is full.
        while waiting.len() < 10_000
            && let Ok(stream) = socket::connect_now(&dir.join(&name))
        {
            waiting.push(stream);
        }
        let server = Server::listen_in(&dir).unwrap();
        assert_eq!(server.path, dir.join(format!("{name}.1")));
    }
}
