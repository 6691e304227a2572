//! The socket for people: `mainstay status`, `start`, `stop` and their like.
//!
//! A request is words separated by NUL bytes, up to the end of what the client sends (a
//! name may hold a newline); the answer is lines of fields separated by tabs, the first `ok` or `error`, and then the end. The socket is
//! a path (never abstract: network namespaces are shared), open to its owner alone, and
//! each side checks the other's uid (SO_PEERCRED, unix(7)).

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use kernel::{clock, credentials, socket};

/// Longest request.
const REQUEST: usize = 4096;

/// Most clients at once; further ones wait in the kernel's queue.
const CLIENTS: usize = 32;

/// How long a client may take for its request and for reading the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The uid that the kernel shows for a user that this namespace does not know.
const UNMAPPED: u32 = 65534;

/// The listening socket and its clients.
pub(crate) struct Server {
    listener: UnixListener,
    clients: Vec<Option<Client>>,
}

struct Client {
    stream: UnixStream,
    request: Vec<u8>,
    answer: Vec<u8>,
    until: Duration,
}

/// What a client wants next.
pub(crate) enum Turn {
    /// Nothing yet.
    Wait,
    /// Its request is whole.
    Request(Vec<Vec<u8>>),
    /// The answer is not out yet: wait for room.
    Write,
    /// It is done with.
    Close,
}

impl Server {
    /// Listens at `path`, in a directory that is made for it. A socket that an earlier
    /// run left there is replaced.
    ///
    /// # Errors
    /// EROFS, EACCES, and ENOTDIR for a directory that is not PID 1's own.
    pub(crate) fn listen(path: &Path) -> io::Result<Server> {
        if let Some(dir) = path.parent() {
            own_dir(dir)?;
        }
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(Server {
            listener,
            clients: Vec::new(),
        })
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.listener.as_raw_fd()
    }

    /// Accepts one client that waits; gives its number and descriptor. `None`: nobody
    /// waits, or there is no room.
    pub(crate) fn accept(&mut self) -> Option<(usize, RawFd)> {
        let (stream, _) = self.listener.accept().ok()?;
        let peer = socket::peer(&stream).ok()?;
        let allowed = peer.uid == 0 || peer.uid == credentials::user();
        if !allowed || (peer.uid == UNMAPPED && credentials::user() != UNMAPPED) {
            return None;
        }
        stream.set_nonblocking(true).ok()?;
        let fd = stream.as_raw_fd();
        let client = Client {
            stream,
            request: Vec::new(),
            answer: Vec::new(),
            until: clock::monotonic() + PATIENCE,
        };
        let free = self.clients.iter().position(Option::is_none);
        let slot = match free {
            Some(slot) => slot,
            None if self.clients.len() < CLIENTS => {
                self.clients.push(None);
                self.clients.len() - 1
            }
            None => return None,
        };
        self.clients[slot] = Some(client);
        Some((slot, fd))
    }

    /// Goes on with a client for which there is news.
    pub(crate) fn turn(&mut self, slot: usize) -> Turn {
        let Some(client) = self.clients.get_mut(slot).and_then(Option::as_mut) else {
            return Turn::Close;
        };
        if !client.answer.is_empty() {
            return client.write();
        }
        let mut buffer = [0u8; 1024];
        match client.stream.read(&mut buffer) {
            Ok(0) if client.request.is_empty() => Turn::Close,
            Ok(0) => {
                let words = client.request.split(|b| *b == 0);
                Turn::Request(words.map(<[u8]>::to_vec).collect())
            }
            Ok(count) if client.request.len() + count > REQUEST => Turn::Close,
            Ok(count) => {
                client.request.extend_from_slice(&buffer[..count]);
                Turn::Wait
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Turn::Wait,
            Err(_) => Turn::Close,
        }
    }

    /// Begins to answer.
    pub(crate) fn answer(&mut self, slot: usize, text: Vec<u8>) -> Turn {
        match self.clients.get_mut(slot).and_then(Option::as_mut) {
            None => Turn::Close,
            Some(client) => {
                client.answer = text;
                client.write()
            }
        }
    }

    /// The descriptor of a client.
    pub(crate) fn client(&self, slot: usize) -> Option<RawFd> {
        Some(self.clients.get(slot)?.as_ref()?.stream.as_raw_fd())
    }

    /// Forgets a client.
    pub(crate) fn close(&mut self, slot: usize) {
        if let Some(client) = self.clients.get_mut(slot) {
            *client = None;
        }
    }

    /// Clients whose patience is over.
    pub(crate) fn late(&self) -> Vec<usize> {
        let now = clock::monotonic();
        self.slots()
            .filter(|(_, c)| c.until <= now)
            .map(|(slot, _)| slot)
            .collect()
    }

    /// When the next patience is over.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.slots().map(|(_, client)| client.until).min()
    }

    fn slots(&self) -> impl Iterator<Item = (usize, &Client)> {
        let numbered = self.clients.iter().enumerate();
        numbered.filter_map(|(slot, client)| Some((slot, client.as_ref()?)))
    }
}

impl Client {
    fn write(&mut self) -> Turn {
        while !self.answer.is_empty() {
            match self.stream.write(&self.answer) {
                Ok(0) => return Turn::Close,
                Ok(count) => drop(self.answer.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Turn::Write,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Turn::Close,
            }
        }
        Turn::Close
    }
}

/// Makes the directory, or accepts one that is ours and that nobody else may write to:
/// in one that others can write to, the socket could be swapped.
fn own_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    match std::fs::create_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = dir.symlink_metadata()?;
    if found.is_dir() && found.uid() == credentials::user() && found.mode() & 0o022 == 0 {
        Ok(())
    } else {
        Err(kernel::errno::from(kernel::errno::ENOTDIR))
    }
}
