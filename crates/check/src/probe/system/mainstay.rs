//! What Mainstay says of its services, where it is PID 1.

use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use client::Answer;
use places::Paths;

/// Longest that PID 1 may take; its loop answers within milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most of an answer: some ten thousand services.
const MOST: u64 = 16 << 20;

/// How often PID 1 is asked again that has dropped the connection, as it does where many ask.
const TRIES: u32 = 5;

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// `up`, `ready`, `down` and so on.
    pub state: String,
    /// Its process.
    pub pid: Option<u32>,
    /// How long it has been in that state, in milliseconds.
    pub since_ms: u64,
    /// Whether it is to run.
    pub wanted: bool,
    /// How often it was started again.
    pub restarts: u64,
}

impl Unit {
    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        matches!(self.state.as_str(), "up" | "ready")
    }
}

/// The services of this container; none where its PID 1 is another program.
pub fn units() -> Option<Vec<Unit>> {
    let variable = |name: &str| std::env::var_os(name).map(OsStringExt::into_vec);
    for _ in 0..TRIES {
        let sockets = Paths::find(variable).sockets();
        let connect = |path: &std::path::Path| UnixStream::connect(path);
        let (_, stream) = client::first_that_listens(sockets, connect).ok()?;
        if !client::is_pid_1(kernel::socket::peer(&stream).ok()?) {
            return None;
        }
        match client::ask(stream, &[b"status"], PATIENCE, MOST).ok()? {
            Answer::Ok(lines) => return Some(lines.lines().filter_map(parse).collect()),
            Answer::Refused(_) => return None,
            Answer::Nothing => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    None
}

/// A line: `unit NAME KIND STATE PID SINCE READY WANTED RESTARTS ...`, parted by tabs.
fn parse(line: &str) -> Option<Unit> {
    let mut fields = line.split('\t');
    fields.next().filter(|kind| *kind == "unit")?;
    let name = fields.next()?.to_string();
    let state = fields.nth(1)?.to_string();
    let pid = fields.next()?.parse().ok();
    let since_ms = fields.next()?.parse().unwrap_or(0);
    let wanted = fields.nth(1)? == "up";
    let restarts = fields.next()?.parse().unwrap_or(0);
    Some(Unit {
        name,
        state,
        pid,
        since_ms,
        wanted,
        restarts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_pid_1_is_read() {
        let unit = parse("unit\tweb\tlongrun\tready\t42\t1500\t300\tup\t2\t-\tsays-ready")
            .expect("a unit");
        assert_eq!(unit.name, "web");
        assert!(unit.is_up() && unit.wanted);
        assert_eq!(
            (unit.pid, unit.since_ms, unit.restarts),
            (Some(42), 1500, 2)
        );
        assert_eq!(parse("container\tup\tyes"), None);
        assert_eq!(parse("unit\tweb"), None);
    }
}
