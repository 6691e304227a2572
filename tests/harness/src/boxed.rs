//! The test's end of a running `harness-box`.

use crate::{programs, sys};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running box. Dropping it ends everything in it and waits for that.
#[derive(Debug)]
pub(crate) struct Boxed {
    child: Child,
    socket: Option<OwnedFd>,
}

/// The standard streams that a box is started with.
pub(crate) struct Streams {
    pub(crate) input: Stdio,
    pub(crate) output: Stdio,
    pub(crate) error: Stdio,
}

impl Streams {
    pub(crate) fn none() -> Self {
        Self {
            input: Stdio::null(),
            output: Stdio::null(),
            error: Stdio::null(),
        }
    }
}

impl Boxed {
    /// Starts `harness-box KIND` with the encoded `order`.
    pub(crate) fn start(kind: &str, order: &[u8], streams: Streams) -> Self {
        let mut file = File::from(sys::memory_file().expect("memfd_create"));
        file.write_all(order).expect("write an order");
        let (socket, theirs) = sys::message_pair().expect("socketpair");
        let mut command = Command::new(programs::harness_box());
        command
            .arg(kind)
            .stdin(streams.input)
            .stdout(streams.output)
            .stderr(streams.error);
        sys::hand_over(&mut command, vec![file.into(), theirs]);
        let child = command.spawn().expect("harness-box can be started");
        Self {
            child,
            socket: Some(socket),
        }
    }

    /// The box' own pid.
    pub(crate) fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// The socket, for polling.
    pub(crate) fn socket(&self) -> std::os::fd::BorrowedFd<'_> {
        self.socket.as_ref().expect("open until dropped").as_fd()
    }

    /// A second descriptor of the socket, for a thread that reads it.
    pub(crate) fn reader(&self) -> OwnedFd {
        let socket = self.socket().try_clone_to_owned();
        socket.expect("a descriptor can be duplicated")
    }

    /// The next message and its sender's pid; `None` at the end or when `limit` has passed.
    pub(crate) fn next(&self, limit: Duration) -> Option<(String, i32)> {
        let ready = sys::poll(&[self.socket()], Some(limit)).ok()?;
        if !ready[0] {
            return None;
        }
        receive(self.socket())
    }

    /// Kills what the box runs, at once.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
    }
}

/// One message; `None` at the end.
pub(crate) fn receive(socket: std::os::fd::BorrowedFd) -> Option<(String, i32)> {
    let (bytes, pid) = sys::receive(socket).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (!text.is_empty()).then_some((text, pid))
}

impl Boxed {
    /// Ends everything in the box and waits for that. A second call does nothing.
    pub(crate) fn end(&mut self) {
        // The end of the socket is the order to end. The box is waited for with patience: a guard
        // gives its daemon time, and what it mounted must be gone when this returns.
        let Some(socket) = self.socket.take() else {
            return;
        };
        // A thread may hold a second descriptor of it.
        sys::shut(socket.as_fd());
        let deadline = Instant::now() + Duration::from_secs(30);
        if let Ok(ended) = sys::process_descriptor(self.pid()) {
            let left = deadline.saturating_duration_since(Instant::now());
            let ready = sys::poll(&[ended.as_fd()], Some(left));
            if !ready.is_ok_and(|ready| ready[0]) {
                self.kill();
            }
        }
        let _ = self.child.wait();
    }
}

impl Drop for Boxed {
    fn drop(&mut self) {
        self.end();
    }
}
