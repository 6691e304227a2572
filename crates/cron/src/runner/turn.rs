//! News, one at a time: signals, the clock, files, room to write, children, who asks.

use kernel::epoll::Readiness;
use kernel::process::{self, WaitStatus, Waited};
use kernel::timer::{Rang, WallTimer};
use kernel::watch::Watch;
use kernel::{errno, signal, words};

use super::server::{Heard, Sent};
use super::{RELOAD, REST, Runner, SETTLE, STOP, child, now, token};
use crate::mind::{End, RunId};

impl Runner {
    /// Does what news ask for.
    pub(super) fn heed(&mut self, news: &Readiness) {
        match news.token {
            token::SIGNALS => {
                while let Some(signal) = self.signals.next() {
                    self.signalled(signal);
                }
            }
            token::TIMER => {
                let rang = self.timer.as_ref().map_or(Rang::No, WallTimer::read);
                if rang != Rang::No {
                    self.armed = None;
                }
            }
            token::FILES => {
                let news = self.watch.as_ref().map(Watch::read).unwrap_or_default();
                if news
                    .iter()
                    .any(|name| self.settings.files.may_concern(name.as_deref()))
                {
                    // The first step of a change begins the wait, so that it has an end.
                    self.reload_at.get_or_insert(now().mono + SETTLE);
                }
            }
            token::SERVER => self.accept(),
            token if token == token::OUTPUT[0] || token == token::OUTPUT[1] => {
                let which = usize::from(token == token::OUTPUT[1]);
                self.epoll.remove(self.outputs[which].descriptor());
                self.outputs[which].flush();
                self.watch_output(which);
            }
            token if token >= token::CLIENTS => self.hear(token - token::CLIENTS),
            token => self.relay((token - token::STREAMS) as usize),
        }
    }

    fn signalled(&mut self, signal: i32) {
        if signal == signal::SIGCHLD {
            self.reap();
        } else if STOP.contains(&signal) && !self.mind.stopping {
            let running = self.live.len();
            if running > 0 {
                let text = format!("stops: ends {}", words::count(running, "running job"));
                self.say("", &text);
            }
            self.mind.stop(now());
        } else if RELOAD.contains(&signal) {
            self.reload();
        }
    }

    /// Takes in every child that has ended: jobs, and whoever they have left behind.
    fn reap(&mut self) {
        while let Waited::Reaped(reaped) = process::try_wait_any() {
            let found = self.live.iter().find(|(_, live)| live.pid == reaped.pid);
            if let Some(run) = found.map(|(run, _)| *run) {
                let end = match reaped.status {
                    WaitStatus::Exited(code) => End::Code(code),
                    WaitStatus::Killed(signal) => End::Signal(signal),
                };
                self.run_ended(run, end);
            }
        }
        for run in self.mind.remainders() {
            if !self.live.get(&run).is_some_and(|live| has_group(live.pid)) {
                self.live.remove(&run);
                self.mind.group_ended(run, now());
            }
        }
    }

    fn run_ended(&mut self, run: RunId, end: End) {
        let Some(live) = self.live.get(&run) else {
            return;
        };
        // Its last words come before what is said of its end.
        for slot in live.streams {
            self.relay(slot);
        }
        let Some(live) = self.live.get(&run) else {
            return;
        };
        if let Some(why) = child::refusal(&live.report, &live.job, &live.setting) {
            let job = live.job.clone();
            self.live.remove(&run);
            self.refuse(run, &job, &why);
            return;
        }
        let others = has_group(live.pid);
        self.mind.ended(run, end, others, now());
        if !self.mind.remainders().contains(&run) {
            self.live.remove(&run);
        }
    }

    fn accept(&mut self) {
        let Some(server) = &mut self.server else {
            return;
        };
        if let Some(surplus) = server.surplus() {
            if let Some(fd) = server.client(surplus) {
                self.epoll.remove(fd);
            }
            server.close(surplus);
        }
        match server.accept() {
            Ok(Some((number, fd))) => {
                if self.epoll.add(fd, token::CLIENTS + number).is_err() {
                    server.close(number);
                }
            }
            Ok(None) => {}
            Err(_) => {
                self.epoll.remove(server.descriptor());
                self.listen_at = Some(now().mono + REST);
            }
        }
    }

    /// Hears of clients again, once the rest is over.
    pub(super) fn listen_again(&mut self) {
        if self.listen_at.is_none_or(|at| at > now().mono) {
            return;
        }
        let server = self.server.as_ref();
        let added =
            server.is_none_or(|one| self.epoll.add(one.descriptor(), token::SERVER).is_ok());
        self.listen_at = (!added).then(|| now().mono + REST);
    }

    fn hear(&mut self, number: u64) {
        let Some(server) = &mut self.server else {
            return;
        };
        let fd = server.client(number);
        if server.is_waiting(number) {
            let gone = match server.send(number) {
                Sent::Some => return,
                Sent::All => false,
                Sent::Gone => true,
            };
            if let Some(fd) = fd {
                self.epoll.remove(fd);
            }
            if gone {
                server.close(number);
            }
            return;
        }
        match server.hear(number) {
            Heard::Nothing => {}
            Heard::Gone => {
                if let Some(fd) = fd {
                    self.epoll.remove(fd);
                }
                server.close(number);
            }
            Heard::Request(words) => {
                // Its end of the connection is closed, which would be news for ever.
                if let Some(fd) = fd {
                    self.epoll.remove(fd);
                }
                self.asked(number, &words);
            }
        }
    }
}

/// Whether a process group has members, zombies among them.
fn has_group(group: i32) -> bool {
    // Those that have become somebody else may not be signalled (EPERM), and are there.
    !signal::send_group(group, 0).is_err_and(|error| errno::is(&error, errno::ESRCH))
}
