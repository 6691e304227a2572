//! What Mainstay's PID 1 says of itself over its socket: the lines of its answer to `status`.

use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use client::Answer;
use places::Paths;

/// Longest that PID 1 may take; its loop answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest answer that is read.
const MOST: u64 = 16 << 20;

/// How often it is asked again where it has closed the connection for want of places.
const TRIES: u32 = 10;

/// The container as its PID 1 describes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status {
    /// `booting`, `up`, `stopping`…
    pub(crate) phase: String,
    /// Whether all that is wanted is up and ready.
    pub(crate) ready: bool,
    /// What keeps it from being ready.
    pub(crate) why: Vec<String>,
    /// Its services and one-shots.
    pub(crate) units: Vec<Unit>,
}

/// A service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unit {
    /// Its name, escaped as `mainstay status` shows it.
    pub(crate) name: String,
    /// `up`, `ready`, `down`, `backing off`…
    pub(crate) state: String,
    /// Its process.
    pub(crate) pid: Option<u32>,
    /// How long ago its process was started, or has ended.
    pub(crate) since_ms: u64,
    /// How long ago it was ready.
    pub(crate) ready_ms: Option<u64>,
    /// Whether it is to run.
    pub(crate) wanted: bool,
    /// How often it was started again.
    pub(crate) restarts: u64,
    /// Whether it says itself when it is ready.
    says_ready: bool,
    /// Whether something keeps it from being ready.
    hindered: bool,
}

impl Status {
    /// The service of this name.
    pub(crate) fn unit(&self, name: &str) -> Option<&Unit> {
        let shown = kernel::escape(name.as_bytes());
        self.units.iter().find(|unit| unit.name == shown)
    }
}

impl Unit {
    /// Whether its process is there and not about to end.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state.as_str(), "up" | "ready")
    }

    /// Whether it does what it is there for.
    pub(crate) fn serves(&self) -> bool {
        self.state == "ready" || (self.state == "up" && !self.says_ready)
    }

    /// Whether it does what it is there for, and has not just crashed.
    pub(crate) fn is_ready(&self) -> bool {
        self.serves() && !self.hindered
    }
}

/// Asks PID 1 of this container.
///
/// # Errors
/// It cannot be reached, or is not Mainstay: in words.
pub(crate) fn ask() -> Result<Status, String> {
    let mut answer = once();
    for _ in 0..TRIES {
        if !matches!(answer, Ok(None)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        answer = once();
    }
    match answer? {
        Some(status) => Ok(status),
        None => Err("Mainstay's PID 1 closed the connection without an answer".to_string()),
    }
}

fn once() -> Result<Option<Status>, String> {
    let variable = |name: &str| std::env::var_os(name).map(OsStringExt::into_vec);
    let sockets = Paths::find(variable).sockets();
    let (path, stream) = client::first_that_listens(sockets, |path| UnixStream::connect(path))
        .map_err(|(path, error)| {
            format!(
                "Mainstay is not reached at {}: {}; is it PID 1 of this container?",
                path.display(),
                kernel::errno::text(&error)
            )
        })?;
    let peer = kernel::socket::peer(&stream).map_err(|error| error.to_string())?;
    if !client::is_pid_1(peer) {
        return Err(format!(
            "{}: process {} listens there, not PID 1",
            path.display(),
            peer.pid
        ));
    }
    match client::ask(stream, &[b"status"], PATIENCE, MOST) {
        Ok(Answer::Ok(text)) => Ok(Some(parse(&text))),
        Ok(Answer::Refused(why)) => Err(why),
        Ok(Answer::Nothing) => Ok(None),
        Err(error) => Err(format!("Mainstay's PID 1 does not answer: {error}")),
    }
}

/// Reads the lines of an answer. A newer PID 1 may say more than is known here.
pub(crate) fn parse(text: &str) -> Status {
    let mut status = Status::default();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            ["container", phase, ready, ..] => {
                status.phase = (*phase).to_string();
                status.ready = *ready == "yes";
            }
            ["why", why] => status.why.push((*why).to_string()),
            [
                "unit",
                name,
                _kind,
                state,
                pid,
                since,
                ready,
                wanted,
                restarts,
                _end,
                more @ ..,
            ] => status.units.push(Unit {
                name: (*name).to_string(),
                state: (*state).to_string(),
                pid: pid.parse().ok(),
                since_ms: since.parse().unwrap_or(0),
                ready_ms: ready.parse().ok(),
                wanted: *wanted == "up",
                restarts: restarts.parse().unwrap_or(0),
                says_ready: more.first() == Some(&"says-ready"),
                hindered: more.get(2).is_some_and(|why| *why != "-"),
            }),
            _ => {}
        }
    }
    status
}
