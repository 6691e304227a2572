//! PID 1's loop: wait, gather news, let the engine decide, carry out. One thread, one
//! epoll; every wait has a deadline and nothing sleeps.
//!
//! What it keeps is in [`parts`], by value and by file. The other files here are what it does:
//! [`begin`] and [`resume`] make it, [`turn`] is the loop.

mod begin;
mod bring_up;
mod divert;
mod health;
mod owners;
pub(crate) mod parts;
mod perform;
mod reap;
mod requests;
mod rescan;
mod resume;
mod retry;
pub(crate) mod saved;
mod stop;
mod token;
mod turn;

use engine::Event;
use kernel::epoll::Epoll;
use kernel::signal_source::SignalSource;

use crate::messages::Messages;
use crate::people::socket::Server;
use parts::{Children, Container, Ending, Handlers, Mind, Progress, Scanning, Services};

pub use begin::run;

/// PID 1.
pub(crate) struct Supervisor<'a> {
    /// What it was started with, and where things are.
    pub(crate) container: Container<'a>,
    /// What decides.
    pub(crate) mind: Mind,
    /// What making processes takes.
    pub(crate) children: Children,
    pub(crate) services: Services,
    /// The boot and the command.
    pub(crate) progress: Progress,
    /// Reading the scan directory again.
    pub(crate) scanning: Scanning,
    /// The stop.
    pub(crate) ending: Ending,
    /// The image's programs in the place of signals.
    pub(crate) handlers: Handlers,
    /// The socket for people.
    pub(crate) server: Option<Server>,
    pub(crate) messages: Messages,
    /// Where its news comes from.
    pub(crate) epoll: Epoll,
    pub(crate) signals: SignalSource,
}

impl Supervisor<'_> {
    /// Tells the engine; what it wants done is done by `carry_out`.
    pub(crate) fn tell(&mut self, event: Event) {
        self.mind.tell(event);
    }
}
