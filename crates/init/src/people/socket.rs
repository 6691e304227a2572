//! The socket for people: `mainstay status`, `start`, `stop` and their like.
//!
//! A request is words separated by NUL bytes, up to the end of what the client sends (a
//! name may hold a newline); the answer is lines of fields separated by tabs, the first `ok` or `error`, and then the end. The socket is
//! a path (never abstract: network namespaces are shared), open to its owner alone, and
//! each side checks the other's uid (SO_PEERCRED, unix(7)).

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use kernel::{clock, credentials, errno, fd, socket};

/// Longest request.
const REQUEST: usize = 4096;

/// Most clients at once. A further one takes the place of the one that has kept PID 1
/// waiting longest: whoever opens connections and says nothing shuts nobody out.
const CLIENTS: usize = 32;

/// Most clients that are accepted in one turn of the loop.
pub(crate) const ACCEPTED_A_TURN: usize = 64;

/// How long nobody is accepted when there is no descriptor for a client.
const REST: Duration = Duration::from_secs(1);

/// How long a client may take for its request and for reading the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The uid that the kernel shows for a user that this namespace does not know.
const UNMAPPED: u32 = 65534;

/// The listening socket and its clients.
pub(crate) struct Server {
    listener: UnixListener,
    clients: Vec<Option<Client>>,
    /// Whether the kernel shows every user by a uid of its own here, 65534 included.
    knows_every_user: bool,
    /// Until when nobody is accepted.
    resting: Option<Duration>,
}

/// What came of accepting a client.
pub(crate) enum Accepted {
    /// One is here.
    Client(UnixStream),
    /// One was here that may not ask.
    Refused,
    /// Nobody waits.
    Nobody,
    /// There is no descriptor for a client; nobody is accepted for a while.
    Exhausted(io::Error),
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
        fd::set_nonblocking(listener.as_raw_fd(), true)?;
        Ok(Server {
            listener,
            clients: Vec::new(),
            knows_every_user: knows_every_user(),
            resting: None,
        })
    }

    /// The socket on which an earlier program of this process has listened. Its clients
    /// are gone with it.
    pub(crate) fn resumed(listener: std::os::fd::OwnedFd) -> Server {
        Server {
            listener: UnixListener::from(listener),
            clients: Vec::new(),
            knows_every_user: knows_every_user(),
            resting: None,
        }
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.listener.as_raw_fd()
    }

    /// Accepts one client that waits.
    pub(crate) fn accept(&mut self) -> Accepted {
        let stream = match socket::accept(&self.listener) {
            Ok(stream) => stream,
            Err(error) => {
                let lacks = [errno::EMFILE, errno::ENFILE, errno::ENOBUFS, errno::ENOMEM];
                return match lacks.iter().any(|number| errno::is(&error, *number)) {
                    true => {
                        self.resting = Some(clock::monotonic() + REST);
                        Accepted::Exhausted(error)
                    }
                    // ECONNABORTED and its like: that one is gone.
                    false => Accepted::Nobody,
                };
            }
        };
        let allowed = socket::peer(&stream).is_ok_and(|peer| self.may_ask(peer.uid));
        if !allowed || fd::set_nonblocking(stream.as_raw_fd(), true).is_err() {
            return Accepted::Refused;
        }
        Accepted::Client(stream)
    }

    /// Takes a client in under `slot`, which is free ([`Server::slot`]).
    pub(crate) fn put(&mut self, slot: usize, stream: UnixStream) {
        if let Some(place) = self.clients.get_mut(slot) {
            *place = Some(Client {
                stream,
                request: Vec::new(),
                answer: Vec::new(),
                until: clock::monotonic() + PATIENCE,
            });
        }
    }

    /// Root and the user that PID 1 is. A user that this namespace does not know shows
    /// as 65534, so where there can be such users nobody is let in under that number.
    fn may_ask(&self, uid: u32) -> bool {
        let unmapped = uid == UNMAPPED && !self.knows_every_user;
        (uid == 0 || uid == credentials::user()) && !unmapped
    }

    /// A free slot, or the one of whoever has kept PID 1 waiting longest: ahead of
    /// others, those that have not said what they want. That one is to be closed first.
    pub(crate) fn slot(&mut self) -> usize {
        if let Some(free) = self.clients.iter().position(Option::is_none) {
            return free;
        }
        if self.clients.len() < CLIENTS {
            self.clients.push(None);
            return self.clients.len() - 1;
        }
        let longest = self
            .slots()
            .min_by_key(|(_, client)| (!client.answer.is_empty(), client.until));
        longest.map_or(0, |(slot, _)| slot)
    }

    /// Whether the time without accepting is over; says so once.
    pub(crate) fn is_rested(&mut self) -> bool {
        let over = self.resting.is_some_and(|end| end <= clock::monotonic());
        if over {
            self.resting = None;
        }
        over
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

    /// Forgets a client. It hears the end at once, although a child that was forked
    /// meanwhile has a copy of the connection.
    pub(crate) fn close(&mut self, slot: usize) {
        if let Some(client) = self.clients.get_mut(slot).and_then(Option::take) {
            let _ = client.stream.shutdown(Shutdown::Both);
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

    /// When the next patience, or the time without accepting, is over.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let clients = self.slots().map(|(_, client)| client.until);
        clients.chain(self.resting).min()
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

/// Whether this user namespace has a uid for every user of the machine (its map is the
/// whole range onto itself or elsewhere, user_namespaces(7)). Without /proc nobody can say.
fn knows_every_user() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let mut fields = map.split_ascii_whitespace().skip(2);
    fields.next() == Some("4294967295") && fields.next().is_none()
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
        Err(errno::from(errno::ENOTDIR))
    }
}
