//! What others ask: letters in a service's control fifo, words of people.

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use engine::{Event, Phase as EnginePhase, Request, State, StopCause, UnitId};
use kernel::{clock, errno, fd, signal};
use s6wire::control::{self, Command, GroupSignal};

use crate::people::order::Order;
use crate::people::socket::{ACCEPTED_A_TURN, Accepted, Server, Turn};
use crate::supervisor::Supervisor;
use crate::supervisor::parts::{Phase, Task, now};
use crate::supervisor::token::Token;

impl Supervisor<'_> {
    pub(crate) fn read_control(&mut self, unit: UnitId) {
        let Some(control) = self.service(unit).and_then(|s| s.control.as_ref()) else {
            return;
        };
        let mut letters = [0u8; 256];
        let Ok(count) = fd::read(control.as_raw_fd(), &mut letters) else {
            return;
        };
        for letter in &letters[..count] {
            if let Some(command) = control::command(*letter) {
                self.obey(unit, command);
                self.carry_out();
            }
        }
    }

    fn obey(&mut self, unit: UnitId, command: Command) {
        let request = match command {
            Command::Up => Request::Up,
            Command::UpForGood => {
                self.set_normally_up(unit, true);
                Request::Up
            }
            Command::Once => Request::Once,
            Command::OnceAtMost => Request::OnceAtMost,
            Command::Down => Request::Down,
            Command::DownForGood => {
                self.set_normally_up(unit, false);
                Request::Down
            }
            Command::OnceAtMostForGood => {
                self.set_normally_up(unit, false);
                Request::OnceAtMost
            }
            Command::Restart => Request::Restart,
            // s6's default reload signal; a `reload-signal` file is newer than the
            // release that this layout has.
            Command::Reload => Request::Signal(signal::SIGHUP as u8),
            Command::Exit | Command::CloseAndExit => Request::Exit,
            Command::Signal(named) => match signal::parse(named.name().as_bytes()) {
                Some(number) => Request::Signal(number as u8),
                None => return,
            },
            Command::SignalGroup(group) => return self.signal_group(unit, group),
        };
        self.tell(Event::Asked(unit, request));
    }

    /// Signals the process group of a service, which it leads.
    fn signal_group(&mut self, unit: UnitId, group: GroupSignal) {
        let number = match group {
            GroupSignal::Stop => signal::SIGSTOP,
            GroupSignal::Cont => signal::SIGCONT,
            GroupSignal::Kill => signal::SIGKILL,
        };
        if let Some(pid) = self.mind.engine().unit(unit).and_then(|view| view.pid()) {
            let _ = signal::send_group(pid.0, number);
        }
        if number == signal::SIGKILL {
            // That its process ends is asked for.
            self.tell(Event::Asked(unit, Request::Signal(number as u8)));
        }
    }

    fn set_normally_up(&mut self, unit: UnitId, up: bool) {
        let outcome = self.service(unit).map(|s| s.set_normally_up(up));
        if let Some(Err(error)) = outcome {
            self.messages.warn(&format!(
                "{}: its file `down` cannot be {}: {}; this holds until it is told otherwise, but \
                 not for the next start of the container",
                self.name(unit),
                if up { "removed" } else { "made" },
                errno::text(&error)
            ));
        }
    }

    pub(crate) fn accept(&mut self) {
        for _ in 0..ACCEPTED_A_TURN {
            let Some(server) = &mut self.server else {
                return;
            };
            match server.accept() {
                Accepted::Client(stream) => {
                    let slot = server.slot();
                    self.close_client(slot);
                    self.take_in_client(slot, stream);
                }
                Accepted::Refused => {}
                Accepted::Nobody => return,
                Accepted::Exhausted(error) => {
                    // Level-triggered, it would wake the loop without end.
                    self.epoll.remove(server.descriptor());
                    self.messages.warn(&format!(
                        "no descriptor for a client of the socket: {}; `mainstay status` and \
                         its like wait",
                        errno::text(&error)
                    ));
                    return;
                }
            }
        }
    }

    /// Accepts clients again once there may be descriptors for them.
    pub(crate) fn accept_again(&mut self) {
        if let Some(server) = &mut self.server
            && server.is_rested()
        {
            let listener = server.descriptor();
            self.watch(listener, Token::Listener);
        }
    }

    fn take_in_client(&mut self, slot: usize, stream: UnixStream) {
        let fd = stream.as_raw_fd();
        if let Some(server) = &mut self.server {
            server.put(slot, stream);
            self.watch(fd, Token::Client(slot as u32));
        }
    }

    /// Lets go of a client, if there is one in this slot.
    fn close_client(&mut self, slot: usize) {
        if let Some(server) = &mut self.server {
            if let Some(fd) = server.client(slot) {
                self.epoll.remove(fd);
            }
            server.close(slot);
        }
    }

    /// Goes on with a client of the socket.
    pub(crate) fn turn(&mut self, slot: usize) {
        let Some(server) = &mut self.server else {
            return;
        };
        let turn = match server.turn(slot) {
            Turn::Request(words) => {
                let answer = self.answer(&words);
                match &mut self.server {
                    Some(server) => server.answer(slot, answer),
                    None => Turn::Close,
                }
            }
            other => other,
        };
        let Some(server) = &mut self.server else {
            return;
        };
        match turn {
            Turn::Wait | Turn::Request(_) => {}
            Turn::Write => {
                if let Some(fd) = server.client(slot) {
                    let token = Token::Client(slot as u32).number();
                    let _ = self.epoll.turn_to_output(fd, token);
                }
            }
            Turn::Close => self.close_client(slot),
        }
    }

    pub(crate) fn drop_late_clients(&mut self) {
        let late = self.server.as_ref().map(Server::late);
        for slot in late.unwrap_or_default() {
            self.close_client(slot);
        }
    }

    /// Does what a request asks, and words the answer.
    fn answer(&mut self, words: &[Vec<u8>]) -> Vec<u8> {
        #[cfg(debug_assertions)]
        if let [word, how] = words
            && word == b"fault"
        {
            crate::survival::fault::crash(how);
        }
        let done = match Order::read(words) {
            Ok(Order::Status) => return self.status().into_bytes(),
            Ok(Order::Start(name)) => self.ask(name, |_| Request::Up),
            Ok(Order::Stop(name)) => self.ask(name, |_| Request::Down),
            Ok(Order::Restart(name)) => self.ask(name, |state| match state {
                State::Up | State::Ready | State::Stopping => Request::Restart,
                State::Down
                | State::Waiting
                | State::Starting
                | State::Finishing
                | State::BackingOff
                | State::Failed => Request::Up,
            }),
            Ok(Order::Signal(name, number)) => return self.signal_service(name, number, false),
            Ok(Order::SignalGroup(name, number)) => return self.signal_service(name, number, true),
            Ok(Order::StopContainer) => {
                self.stop(StopCause::Asked);
                Ok(())
            }
            Ok(Order::StopContainerNow) => {
                self.stop(StopCause::Now);
                Ok(())
            }
            Ok(Order::HookRuns(path, age)) => {
                let since = clock::monotonic().saturating_sub(Duration::from_millis(age));
                self.progress.hook = Some((kernel::escape(path), since));
                Ok(())
            }
            Ok(Order::HookOver) => {
                self.progress.hook = None;
                Ok(())
            }
            Ok(Order::FirstTime(name, line)) => {
                let first = self.is_first_time(name, line);
                return if first {
                    b"ok\nyes\n".to_vec()
                } else {
                    b"ok\nno\n".to_vec()
                };
            }
            Err(text) => Err(text),
        };
        match done {
            Ok(()) => b"ok\n".to_vec(),
            Err(text) => format!("error\t{text}\n").into_bytes(),
        }
    }

    /// Whether a line about a service's files is new.
    fn is_first_time(&mut self, name: &[u8], line: &[u8]) -> bool {
        let name = std::str::from_utf8(name).ok();
        let unit = name.and_then(|name| self.mind.engine().find(name));
        match unit.and_then(|unit| self.service(unit)) {
            Some(service) => service.told().is_new(&String::from_utf8_lossy(line)),
            None => true,
        }
    }

    /// Signals a service's process, or all of the group that it leads, and words the
    /// answer: who was reached, `reached PID`.
    fn signal_service(&mut self, name: &[u8], number: u8, group: bool) -> Vec<u8> {
        let reached = self.find(name).and_then(|unit| {
            let view = self.mind.engine().unit(unit);
            let state = view.map_or(State::Down, |view| view.state());
            let pid = view.filter(|_| runs(state)).and_then(|view| view.pid());
            match pid {
                Some(pid) => Ok((unit, pid)),
                None => Err(format!(
                    "it is {}: there is no process to signal",
                    state_name(state)
                )),
            }
        });
        match reached {
            Ok((unit, pid)) => {
                if group {
                    let _ = signal::send_group(pid.0, i32::from(number));
                } else {
                    self.tell(Event::Asked(unit, Request::Signal(number)));
                }
                format!("ok\nreached\t{}\n", pid.0).into_bytes()
            }
            Err(text) => format!("error\t{text}\n").into_bytes(),
        }
    }

    /// The unit of this name: as it is called, or as `mainstay status` shows it.
    fn find(&self, name: &[u8]) -> Result<UnitId, String> {
        let called = std::str::from_utf8(name)
            .ok()
            .and_then(|name| self.mind.engine().find(name));
        let shown = || {
            let mut units = self.mind.engine().units();
            units
                .find(|(_, unit)| kernel::escape(unit.name().as_bytes()).as_bytes() == name)
                .map(|(id, _)| id)
        };
        called.or_else(shown).ok_or_else(|| {
            if self.ending.stopping.is_none() && self.boots() {
                return format!(
                    "{}; its services start afterwards",
                    self.with_hook("the container boots")
                );
            }
            format!(
                "there is no service {}; `mainstay status` lists them",
                kernel::escape(name)
            )
        })
    }

    fn ask(&mut self, name: &[u8], request: impl Fn(State) -> Request) -> Result<(), String> {
        let unit = self.find(name)?;
        let Some(view) = self.mind.engine().unit(unit) else {
            return Err(format!("{} has just gone", kernel::escape(name)));
        };
        let state = view.state();
        let request = request(state);
        let starts = matches!(request, Request::Up | Request::Restart);
        if starts && matches!(self.mind.engine().phase(), EnginePhase::Stopping(_)) {
            return Err("the container is stopping; nothing starts any more".to_string());
        }
        if state == State::Stopping && request == Request::Restart {
            // It was to stay down.
            self.tell(Event::Asked(unit, Request::Up));
        }
        self.tell(Event::Asked(unit, request));
        Ok(())
    }

    /// The answer to `status`: a line for the container, then one for each unit:
    /// `unit NAME KIND STATE PID SINCE-MS READY-SINCE-MS WANTED RESTARTS LAST-END READINESS
    /// ENDS WHY`, fields separated by tabs, `-` for what is not. READINESS is `says-ready` for
    /// one that says itself when it is ready, ENDS how many of its processes have ended, WHY
    /// why it keeps the container from being ready. Before them `hook PATH AGE-MS` of the hook
    /// that the boot or the stop waits for, and `why WORDS` for each thing that keeps the
    /// container from being ready, [`REASONS`] at most.
    fn status(&self) -> String {
        let now = now();
        let hindrances = self.hindrances();
        let whole = self.not_ready();
        let not_ready: Vec<&String> = whole.iter().chain(hindrances.values()).collect();
        let phase = match (&self.mind.engine().phase(), &self.progress.phase) {
            (EnginePhase::Stopping(_), _) => "stopping",
            (EnginePhase::Running, Phase::RunD(_) | Phase::Held(Task::RunD)) => "run.d",
            (EnginePhase::Running, Phase::Held(Task::Command) | Phase::Settling(_)) => "starting",
            (EnginePhase::Running, Phase::Held(_) | Phase::Preparing(_) | Phase::Booting(..)) => {
                "booting"
            }
            (EnginePhase::Running, Phase::Up) => "up",
        };
        let ready = if not_ready.is_empty() { "yes" } else { "no" };
        let mut text = format!("ok\ncontainer\t{phase}\t{ready}\n");
        if let Some((path, since)) = &self.progress.hook {
            let age = clock::monotonic().saturating_sub(*since).as_millis();
            text.push_str(&format!("hook\t{path}\t{age}\n"));
        }
        for why in not_ready.iter().take(REASONS) {
            text.push_str(&format!("why\t{why}\n"));
        }
        if not_ready.len() > REASONS {
            let more = not_ready.len() - REASONS;
            text.push_str(&format!("why\tand {more} more\n"));
        }
        for (id, unit) in self.mind.engine().units() {
            let end = match unit.last_end() {
                None => "-".to_string(),
                Some(engine::End::Exited(code)) => format!("exit {code}"),
                Some(engine::End::Killed(number)) => {
                    format!("signal {}", signal::name(i32::from(number)))
                }
            };
            let kind = match unit.definition().kind {
                plan::Kind::Service => "service",
                plan::Kind::OneShot => "one-shot",
            };
            // Of what is down it is when its finish had ended.
            let ready = unit.ready_since().filter(|_| runs(unit.state()));
            let ready = ready.map_or("-".to_string(), |at| age(at, now).as_millis().to_string());
            // One that gave up has not been stopped: it is missed.
            let wanted = unit.wanted() || unit.state() == State::Failed;
            let readiness = match unit.definition().readiness {
                plan::Readiness::WhenUp => "-",
                plan::Readiness::Notified => "says-ready",
            };
            text.push_str(&format!(
                "unit\t{}\t{kind}\t{}\t{}\t{}\t{ready}\t{}\t{}\t{end}\t{readiness}\t{}\t{}\n",
                kernel::escape(unit.name().as_bytes()),
                state_name(unit.state()),
                unit.pid().map_or("-".to_string(), |pid| pid.0.to_string()),
                age(unit.since(), now).as_millis(),
                if wanted { "up" } else { "down" },
                unit.restarts(),
                unit.deaths(),
                hindrances.get(&id).map_or("-", String::as_str),
            ));
        }
        text
    }
}

/// Most reasons in an answer.
const REASONS: usize = 8;

/// Whether the process of `run` is there, and not that of `finish`.
fn runs(state: State) -> bool {
    match state {
        State::Up | State::Ready | State::Stopping => true,
        State::Down
        | State::Waiting
        | State::Starting
        | State::Finishing
        | State::BackingOff
        | State::Failed => false,
    }
}

/// A state as people read it.
fn state_name(state: State) -> &'static str {
    match state {
        State::Down => "down",
        State::Waiting => "waiting",
        State::Starting => "starting",
        State::Up => "up",
        State::Ready => "ready",
        State::Finishing => "finishing",
        State::BackingOff => "backing off",
        State::Stopping => "stopping",
        State::Failed => "failed",
    }
}

/// How long ago a moment of the engine's clock was.
pub(crate) fn age(since: engine::Time, now: engine::Time) -> Duration {
    Duration::from_nanos(now.0.saturating_sub(since.0))
}
