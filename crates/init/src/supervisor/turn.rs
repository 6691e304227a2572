//! One turn of the loop after the other: wait, hear, decide, carry out.

use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use engine::{Event, StopCause};
use kernel::epoll::Readiness;
use kernel::spawn::Spawner;
use kernel::{clock, errno};

use crate::people::socket::Server;
use crate::signals::{self, Response, SignalRule, When};
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{Phase, Task};
use crate::supervisor::token::Token;

impl Supervisor<'_> {
    /// Watches the standing sources and starts the first phase.
    pub(super) fn begin(&mut self) {
        self.epoll
            .deliver_while_waiting(self.signals.mask_while_waiting());
        self.watch(self.signals.as_raw_fd(), Token::Signals);
        self.watch(self.children.refusals.0.as_raw_fd(), Token::Refusals);
        if self.container.launch.run_d {
            self.start_run_d();
        } else {
            self.start_boot();
        }
    }

    pub(crate) fn watch(&mut self, fd: RawFd, token: Token) {
        kernel::crash::note_descriptor(fd);
        if let Err(error) = self.epoll.add(fd, token.number()) {
            self.messages.warn(&format!(
                "cannot watch {token:?}: {}; what it says will not be heard",
                errno::text(&error)
            ));
        }
    }

    /// The loop.
    pub(super) fn serve(&mut self) -> u8 {
        let mut news = Vec::new();
        loop {
            self.settle();
            self.carry_out();
            if std::mem::take(&mut self.ending.signalled_all) {
                // If nobody was left to hear it, nobody's end will wake us.
                self.reap();
                self.carry_out();
            }
            if let Some(code) = self.ending.leave {
                return self.last_line(code);
            }
            self.keep();
            let rest = self.children.spawner.as_mut().and_then(Spawner::rest);
            if std::mem::take(&mut self.progress.grown) {
                kernel::memory::give_back();
            }
            news.clear();
            let timeout = self.timeout().into_iter().chain(rest).min();
            if self.epoll.wait(timeout, &mut news).is_err() {
                // Neither epoll(7) nor poll(2) waits: go on with time, and hear signals.
                clock::sleep(Duration::from_millis(10));
                self.receive_signals();
            }
            self.messages.flush();
            for item in &news {
                self.dispatch(*item);
            }
            if self.reap() {
                self.ending.reach.follow_up();
            }
            self.drop_late_clients();
            self.accept_again();
            self.services.tell_more_listeners();
            self.publish_due();
            self.try_again();
            self.tell(Event::Tick);
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if self.services.owe_news() || self.children.more_to_reap {
            return Some(Duration::ZERO);
        }
        let now = clock::monotonic();
        let engine = self.mind.deadline();
        let settling = match &self.progress.phase {
            Phase::Settling(until) => *until,
            Phase::Booting(_, handover) => handover.together_until().filter(|until| *until > now),
            Phase::Held(_) | Phase::RunD(_) | Phase::Preparing(_) | Phase::Up => None,
        };
        let clients = self.server.as_ref().and_then(Server::deadline);
        let (again, late) = (self.progress.again.deadline(), self.services.deadline());
        [engine, settling, clients, again, late]
            .into_iter()
            .flatten()
            .map(|until| until.saturating_sub(now))
            .chain(self.messages.retry())
            .min()
    }

    /// Carries out until nothing is left to do; carrying out makes news of its own.
    pub(crate) fn carry_out(&mut self) {
        if self.waits_for_the_others() {
            return;
        }
        while let Some((action, then_done)) = self.mind.next() {
            self.perform(action);
            if then_done {
                self.mind.done();
            }
        }
    }

    fn dispatch(&mut self, news: Readiness) {
        match Token::from_number(news.token) {
            Some(Token::Signals) => self.receive_signals(),
            Some(Token::ScanControl) => self.read_scan_control(),
            Some(Token::Refusals) => self.read_refusals(),
            Some(Token::Boot) => self.read_boot(),
            Some(Token::Scan) => self.read_scan(),
            Some(Token::Listener) => self.accept(),
            Some(Token::Client(slot)) => self.turn(slot as usize),
            Some(Token::Control(unit)) => self.read_control(unit),
            Some(Token::Notification(unit)) => self.read_notification(unit),
            None => {}
        }
    }

    fn receive_signals(&mut self) {
        while let Some(number) = self.mind.journal.next_signal(&self.signals) {
            self.receive(number);
            self.mind.journal.signal_done();
        }
    }

    /// Does what a signal means.
    pub(crate) fn receive(&mut self, number: i32) {
        let Some(rule) = signals::rule(number) else {
            return;
        };
        if !self.divert(rule) {
            self.act_on(rule);
        }
    }

    /// Does what a signal means by itself.
    pub(crate) fn act_on(&mut self, rule: &SignalRule) {
        match rule.response(self.when()) {
            Response::Stop => self.stop(StopCause::Asked),
            Response::Interrupt => self.stop(StopCause::Interrupted),
            Response::Rescan => self.rescan(false),
            Response::Nothing => {}
        }
    }

    /// Where the container is, for the table of signals.
    fn when(&self) -> When {
        match (
            &self.ending.stopping,
            &self.progress.phase,
            self.progress.command,
        ) {
            (Some(_), _, _) => When::Stopping,
            (None, Phase::RunD(_) | Phase::Held(Task::RunD), _) => When::RunD,
            (None, Phase::Held(Task::Command), _) => When::UpWithCommand,
            (None, Phase::Held(_) | Phase::Preparing(_) | Phase::Booting(..), _) => When::Boot,
            (None, Phase::Settling(_) | Phase::Up, None) => When::Up,
            (None, Phase::Settling(_) | Phase::Up, Some(_)) => When::UpWithCommand,
        }
    }
}
