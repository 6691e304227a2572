//! The part of the harness that lives in namespaces of its own, so that a test program with many
//! threads need not fork and whatever runs amok reaches nothing beyond.
//!
//! It is started with an order file and a socket to the test as descriptors 3 and 4
//! (see [`harness::orders`]); its one argument says which order it is. When the test's end of the
//! socket closes, everything here ends.

mod boot;
mod enter;
mod guard;
mod hold;
mod slow;
mod start;

use harness::{orders, sys};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

/// The end of the socket on which the box tells the test what happens.
pub(crate) struct Teller(OwnedFd);

impl Teller {
    /// Tells one thing. That nobody listens any more shows where the socket is waited for.
    fn tell(&self, what: &str) {
        let _ = sys::send(self.0.as_fd(), what.as_bytes());
    }
}

impl AsFd for Teller {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// An error with what was being done.
pub(crate) trait Doing<T> {
    /// Puts `what` in front of the error.
    ///
    /// # Errors
    /// The same, with more words.
    fn doing(self, what: impl std::fmt::Display) -> io::Result<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl std::fmt::Display) -> io::Result<T> {
        self.map_err(|error| io::Error::new(error.kind(), format!("{what}: {error}")))
    }
}

fn run(kind: &str, teller: &Teller) -> io::Result<i32> {
    let mut orders = File::from(sys::take_descriptor(orders::ORDERS_FD)?);
    let mut bytes = Vec::new();
    orders.rewind()?;
    orders.read_to_end(&mut bytes)?;
    drop(orders);
    match kind {
        "hold" => hold::run(&orders::Hold::decode(&bytes), teller),
        "boot" => boot::run(&orders::Boot::decode(&bytes), teller),
        "enter" => enter::run(&orders::Enter::decode(&bytes), teller),
        "guard" => guard::run(&orders::Guard::decode(&bytes), teller),
        _ => Err(io::Error::other(format!("unknown order `{kind}`"))),
    }
}

fn main() -> ExitCode {
    let kind = std::env::args().nth(1).unwrap_or_default();
    let opened = sys::close_from(5).and_then(|()| sys::take_descriptor(orders::SOCKET_FD));
    let Ok(socket) = opened else {
        eprintln!("harness-box: not started by the harness: descriptors 3 and 4 are missing");
        return ExitCode::from(100);
    };
    let teller = Teller(socket);
    match run(&kind, &teller) {
        Ok(code) => ExitCode::from(code as u8),
        Err(error) => {
            teller.tell(&format!("failed {kind}: {error}"));
            ExitCode::from(111)
        }
    }
}
