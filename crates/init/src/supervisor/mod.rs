//! PID 1's loop: wait, gather news, let the engine decide, carry out. One thread, one
//! epoll; every wait has a deadline and nothing sleeps.

pub(crate) mod again;
mod bring_up;
pub(crate) mod handlers;
pub(crate) mod health;
mod kin;
mod perform;
mod refused;
mod requests;
mod rescan;
mod resume;
pub(crate) mod stop;
mod token;

use std::collections::{BTreeSet, VecDeque};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use engine::{Action, Engine, Event, Pid, StopCause, Time, UnitId};
use kernel::epoll::{Epoll, Readiness};
use kernel::process::{self, ExecVector, WaitStatus, Waited};
use kernel::signal::{self, SignalSource};
use kernel::spawn::{Report, Spawner};
use kernel::{clock, errno, fd, limits};
use layouts::settings::Settings;

use crate::boot::Boot;
use crate::boot::prepare;
use crate::boot::scan::{Handover, Scan};
use crate::child::Inheritance;
use crate::child::environment::Base;
use crate::child::handed;
use crate::launch::Launch;
use crate::messages::Messages;
use crate::paths::Paths;
use crate::people::socket::Server;
use crate::service::listeners::ENTRIES_A_TURN;
use crate::service::lock::Lock;
use crate::service::{Pipe, Refusal, Service, Told};
use crate::signals::{self, Response, SignalRule, When};
use crate::state::nested::{self, Other};
use crate::state::place::Place;
use crate::stop::reach::Reach;
use crate::stop::{StopHooks, StopRules};
use crate::supervisor::again::{Again, Task};
use crate::supervisor::handlers::Handler;
use crate::supervisor::kin::Kin;
use crate::supervisor::refused::Refused;
use crate::supervisor::stop::{FinishMarker, Stopping};
use crate::supervisor::token::Token;
use crate::survival::{self, Beginning, Journal, Kind};

/// Where the container is, before it stops.
pub(crate) enum Phase {
    /// There was no process yet for one of these: /run.d, the boot, the command.
    Held(Task),
    /// The scripts of /run.d run.
    RunD(i32),
    /// A child makes the state anew.
    Preparing(i32),
    /// The boot's steps run.
    Booting(Boot, Handover),
    /// The services have been started; the command waits for them until then.
    Settling(Option<Duration>),
    /// Everything is started.
    Up,
}

/// Most children that are reaped in one turn of the loop: a few milliseconds.
pub(crate) const REAPED_A_TURN: u32 = 512;

/// PID 1.
pub(crate) struct Supervisor<'a> {
    pub(crate) engine: Engine,
    pub(crate) services: Vec<Option<Box<Service>>>,
    pub(crate) phase: Phase,
    /// The state is this run's: until then it is what an earlier one has left.
    pub(crate) prepared: bool,
    pub(crate) paths: Paths,
    pub(crate) inheritance: Inheritance,
    pub(crate) env: ExecVector,
    /// A burst of work has left memory that can be given back before the next wait.
    pub(crate) grown: bool,
    /// Starts services without copying this process, where that can be done.
    pub(crate) spawner: Option<Spawner>,
    pub(crate) messages: Messages,
    pub(crate) epoll: Epoll,
    pub(crate) refusals: (OwnedFd, OwnedFd),
    pub(crate) stopping: Option<Stopping>,
    pub(crate) server: Option<Server>,
    pub(crate) base: Base,
    pub(crate) launch: &'a Launch,
    /// What could not be done and is tried again.
    pub(crate) again: Again,
    /// The boot has lost services or hooks: what is up is not what was asked for.
    pub(crate) incomplete: bool,
    /// The container's command, S6_CMD_ARG0 included; empty when there is none.
    pub(crate) argv: Vec<Vec<u8>>,
    pub(crate) settings: Settings,
    pub(crate) passed: Vec<RawFd>,
    pub(crate) signals: SignalSource,
    pub(crate) scan_control: Option<OwnedFd>,
    /// The lock that shows others that services are supervised.
    pub(crate) lock: Option<Lock>,
    pub(crate) scan: Option<(Scan, Handover)>,
    /// Services that have left by `s6-svc -x`, to be supervised again if they are still
    /// there, as under s6-svscan; with the input of those that are loggers.
    pub(crate) returning: Vec<(String, Option<Pipe>)>,
    /// A scan that was asked for while another runs.
    pub(crate) scan_next: Option<bool>,
    /// How many readings in a row came to nothing.
    pub(crate) scans_lost: u32,
    pub(crate) hooks: Option<StopHooks>,
    /// The hook that the boot or the stop waits for, and since when; of one that takes a while.
    pub(crate) running_hook: Option<(String, Duration)>,
    /// Whose the processes are that services have left behind.
    pub(crate) kin: Kin,
    /// The programs that run in the place of what a signal means.
    pub(crate) handlers: Vec<Handler>,
    /// What was said of handlers that cannot be run, so that it is said once.
    pub(crate) handlers_told: Told,
    pub(crate) command: Option<i32>,
    /// How the boot or the command ended, where that began the stop.
    pub(crate) boot_code: Option<u8>,
    pub(crate) rules: StopRules,
    pub(crate) actions: VecDeque<Action>,
    pub(crate) leave: Option<u8>,
    /// Pids that may not be signalled, each named once.
    pub(crate) unreachable: BTreeSet<i32>,
    pub(crate) reach: Reach,
    /// Everybody has just been signalled.
    pub(crate) signalled_all: bool,
    /// Children that have said that they could not execute their program.
    refused: Refused,
    /// Services whose listeners have not heard everything yet, those that wait longest
    /// first.
    pub(crate) unheard: VecDeque<UnitId>,
    /// How many entries of `event/` directories may still be looked at in this turn.
    pub(crate) entries_left: u32,
    /// There may be more children that have ended than one turn has time for.
    more_to_reap: bool,
    /// What a program that takes this one's place after a crash goes on from.
    pub(crate) journal: Journal,
    /// What holds the lock of the private folder with the state.
    pub(crate) place_lock: Option<RawFd>,
    /// The journal's last word on what is neither the engine's nor a service's.
    pub(crate) kept_rest: Vec<u8>,
}

/// The engine's now.
pub(crate) fn now() -> Time {
    Time(u64::try_from(clock::monotonic().as_nanos()).unwrap_or(u64::MAX))
}

fn end_of(status: WaitStatus) -> engine::End {
    match status {
        WaitStatus::Exited(code) => engine::End::Exited(code),
        WaitStatus::Killed(signal) => engine::End::Killed(signal),
    }
}

/// Is PID 1 (or, where it is not, a subreaper) until the container ends; gives its exit
/// code.
pub fn run(launch: &Launch) -> u8 {
    let launch = &launch.with_path();
    // First of all: until then the kernel drops what is sent to PID 1.
    let received = signals::received();
    signal::set_mask(&received);
    signal::reset_dispositions();
    kernel::process::disarm_inherited_timers();
    handed::take();
    kernel::memory::be_frugal();
    fd::fill_standard_streams();
    let open = prepare::keep_open_descriptors();
    let beginning = survival::begin(launch);
    let (mut shared, mut silent) = (false, false);
    let (Beginning::Fresh(journal)
    | Beginning::Again(journal, ..)
    | Beginning::LastResort(journal, _)) = &beginning;
    handed::settle(journal, launch.resume.is_none());
    if let Beginning::Fresh(_) = beginning {
        silent = Place::is_silent(launch);
        match nested::look(launch, silent) {
            Other::Ours(supervisor) => return nested::run(launch, supervisor),
            other => shared = other == Other::Neighbour,
        }
        prepare::open_output_to_everybody();
    }
    let group = process::group_of(0).unwrap_or(0);
    let second = (process::id() != 1).then(be_second).flatten();
    let (journal, saved) = match beginning {
        Beginning::Fresh(journal) => (journal, None),
        Beginning::Again(journal, saved, cause) => (journal, Some((saved, cause))),
        Beginning::LastResort(journal, why) => {
            return survival::last_resort(launch, &journal, &why);
        }
    };
    let place = match &saved {
        None => Place::choose(launch, shared, silent),
        Some((saved, _)) => Place::resumed(launch, saved.rest.place_lock),
    };
    let launch = &place.launch(launch);
    let loss = survival::prepare(launch, &journal);
    // Said once in a life.
    let second = second.filter(|_| saved.is_none());
    survival::abandon_unbegun(&journal, saved.is_some());
    let epoll = Epoll::create();
    let signals = match SignalSource::new(&received) {
        Ok(signals) => signals,
        Err(error) => {
            crate::messages::report(&format!(
                "cannot wait for events: {}; nothing was started",
                errno::text(&error)
            ));
            return 111;
        }
    };
    let supervisor = match saved {
        Some((saved, cause)) => Supervisor::resume(
            launch,
            &place,
            journal,
            (epoll, signals),
            group,
            open,
            *saved,
            cause,
        ),
        None => fd::pipe().map(|refusals| {
            let open_files = raise_open_files();
            journal.note_open_files(open_files);
            let inheritance = Inheritance {
                open_files,
                group,
                noted: journal.latest_child(),
            };
            let mut supervisor = Supervisor::new(
                launch,
                &place,
                journal,
                (epoll, signals, refusals),
                inheritance,
                open,
            );
            supervisor.begin();
            supervisor
        }),
    };
    let mut supervisor = match supervisor {
        Ok(supervisor) => supervisor,
        Err(error) => {
            crate::messages::report(&format!(
                "cannot make a pipe: {}; the container ends",
                errno::text(&error)
            ));
            return 111;
        }
    };
    for loss in [second, loss].into_iter().flatten() {
        supervisor.messages.warn(&loss);
    }
    let code = supervisor.serve();
    drop(supervisor);
    place.leave();
    code
}

/// Not being PID 1: adopts the orphans below this process all the same, so that nothing
/// is lost. Gives the line that says what is, where that cannot be.
fn be_second() -> Option<String> {
    let error = process::become_subreaper().err()?;
    let first = std::fs::read("/proc/1/comm").unwrap_or_default();
    let first = match first.trim_ascii() {
        b"" => "another program".to_string(),
        name => kernel::escape(name),
    };
    Some(format!(
        "process 1 is {first}, and orphans cannot be adopted: {}; those of services are \
         left to it",
        errno::text(&error)
    ))
}

/// Raises the soft limit to the hard one: a service takes a descriptor or two. Gives
/// what children get back.
fn raise_open_files() -> Option<limits::Limit> {
    let limit = limits::open_files().ok()?;
    let raised = limits::Limit {
        soft: limit.hard,
        hard: limit.hard,
    };
    limits::set_open_files(raised).ok()?;
    Some(limit)
}

impl<'a> Supervisor<'a> {
    pub(crate) fn new(
        launch: &'a Launch,
        place: &Place,
        journal: Journal,
        (epoll, signals, refusals): (Epoll, SignalSource, (OwnedFd, OwnedFd)),
        inheritance: Inheritance,
        passed: Vec<RawFd>,
    ) -> Supervisor<'a> {
        let (settings, problems) =
            Settings::read(|name| launch.variable(name.as_bytes()).map(<[u8]>::to_vec));
        let base = Base::new(launch, settings.keep_env, place.paths.told());
        // One word, however many it seems to be; without a command it is the command.
        let argv = settings
            .cmd_arg0
            .iter()
            .chain(&launch.command)
            .cloned()
            .collect();
        let mut messages = Messages::new();
        for problem in problems {
            messages.warn(&problem.to_string());
        }
        if let Some(loss) = &place.loss {
            messages.warn(loss);
        }
        if !journal.keeps() {
            messages.warn(
                "a crash of PID 1 would cost its state: the kernel has no memory for it that \
                 outlives the program (a hard limit on the size of files below 128 MiB, or a \
                 sandbox without memfd_create); it would then only reap and stop",
            );
        }
        let _ = fd::set_nonblocking(refusals.0.as_raw_fd(), true);
        for number in passed.iter().chain([&refusals.1.as_raw_fd()]) {
            kernel::crash::note_descriptor(*number);
        }
        Supervisor {
            engine: Engine::new(now()),
            services: Vec::new(),
            phase: Phase::Up,
            prepared: false,
            paths: place.paths.clone(),
            inheritance,
            env: base.vector(),
            grown: false,
            // A handler must not run on the stack of a child that shares our memory.
            spawner: match signals.has_handlers() || kernel::mount::is_noexec(&place.paths.state) {
                true => None,
                false => Spawner::new(base.vector()),
            },
            base,
            messages,
            epoll,
            refusals,
            stopping: None,
            server: None,
            launch,
            again: Again::default(),
            incomplete: false,
            argv,
            rules: StopRules::from_settings(&settings),
            settings,
            passed,
            signals,
            scan_control: None,
            lock: None,
            scan: None,
            scan_next: None,
            scans_lost: 0,
            returning: Vec::new(),
            hooks: None,
            running_hook: None,
            kin: Kin::default(),
            handlers: Vec::new(),
            handlers_told: Told::default(),
            command: None,
            boot_code: None,
            actions: VecDeque::new(),
            leave: None,
            unreachable: BTreeSet::new(),
            reach: Reach::default(),
            signalled_all: false,
            refused: Refused::default(),
            unheard: VecDeque::new(),
            entries_left: ENTRIES_A_TURN,
            more_to_reap: false,
            journal,
            place_lock: place.lock_descriptor(),
            kept_rest: Vec::new(),
        }
    }

    /// Watches the standing sources and starts the first phase.
    fn begin(&mut self) {
        self.epoll
            .deliver_while_waiting(self.signals.mask_while_waiting());
        self.watch(self.signals.as_raw_fd(), Token::Signals);
        self.watch(self.refusals.0.as_raw_fd(), Token::Refusals);
        if self.launch.run_d {
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
    fn serve(&mut self) -> u8 {
        let mut news = Vec::new();
        loop {
            self.settle();
            self.carry_out();
            if std::mem::take(&mut self.signalled_all) {
                // If nobody was left to hear it, nobody's end will wake us.
                self.reap();
                self.carry_out();
            }
            if let Some(code) = self.leave {
                return self.farewell(code);
            }
            self.keep();
            if let Some(spawner) = &mut self.spawner {
                spawner.rest();
            }
            if std::mem::take(&mut self.grown) {
                kernel::memory::give_back();
            }
            news.clear();
            let timeout = self.timeout();
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
                self.reach.follow_up();
            }
            self.drop_late_clients();
            self.accept_again();
            self.tell_more_listeners();
            self.try_again();
            self.tell(Event::Tick);
        }
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.unheard.is_empty() || self.more_to_reap {
            return Some(Duration::ZERO);
        }
        let now = clock::monotonic();
        let engine = self.engine.deadline().map(|t| Duration::from_nanos(t.0));
        let settling = match &self.phase {
            Phase::Settling(until) => *until,
            Phase::Held(_)
            | Phase::RunD(_)
            | Phase::Preparing(_)
            | Phase::Booting(..)
            | Phase::Up => None,
        };
        let clients = self.server.as_ref().and_then(Server::deadline);
        [engine, settling, clients, self.again.deadline()]
            .into_iter()
            .flatten()
            .map(|until| until.saturating_sub(now))
            .chain(self.messages.retry())
            .min()
    }

    /// Tells the engine, and keeps what it wants done.
    pub(crate) fn tell(&mut self, event: Event) {
        let now = now();
        // Most ticks change nothing, and nothing happens between events.
        let matters = event != Event::Tick || self.engine.deadline().is_some_and(|due| due <= now);
        if matters {
            self.journal.begin(Kind::Event, |out| {
                out.u64(now.0);
                survival::write_event(out, &event);
            });
        }
        let mut actions = Vec::new();
        self.engine.handle(event, now, &mut actions);
        self.actions.extend(actions);
        self.journal.end();
    }

    /// Carries out until nothing is left to do; carrying out makes news of its own.
    pub(crate) fn carry_out(&mut self) {
        while let Some(action) = self.actions.pop_front() {
            // After a crash an action that was begun is begun again, but for one that
            // makes a process: whether there is one, the kernel tells.
            let once = survival::at_most_once(&action);
            if once {
                self.journal.record(Kind::Done, |_| {});
            }
            self.perform(action);
            if !once {
                self.journal.record(Kind::Done, |_| {});
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
        while let Some(number) = self.journal.next_signal(&self.signals) {
            self.receive(number);
            self.journal.signal_done();
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
        match (&self.stopping, &self.phase, self.command) {
            (Some(_), _, _) => When::Stopping,
            (None, Phase::RunD(_) | Phase::Held(Task::RunD), _) => When::RunD,
            (None, Phase::Held(Task::Command), _) => When::UpWithCommand,
            (None, Phase::Held(_) | Phase::Preparing(_) | Phase::Booting(..), _) => When::Boot,
            (None, Phase::Settling(_) | Phase::Up, None) => When::Up,
            (None, Phase::Settling(_) | Phase::Up, Some(_)) => When::UpWithCommand,
        }
    }

    /// Whether this child, which has ended, has said that it could not execute its program.
    /// To be asked whatever its end: what it has said is about it, and not about a later
    /// process that gets its number.
    pub(crate) fn was_refused(&mut self, pid: i32, status: WaitStatus) -> bool {
        self.read_refusals();
        self.refused.ended(pid, status)
    }

    /// Reaps whoever has ended, up to a number: who makes processes that end decides how
    /// many there are, and signals are to be heard meanwhile. Whether somebody had.
    pub(crate) fn reap(&mut self) -> bool {
        self.more_to_reap = false;
        for count in 0..REAPED_A_TURN {
            match process::try_wait_any() {
                Waited::Reaped(reaped) => {
                    // Acted on before the next is reaped: until then its pid is nobody
                    // else's, and no signal can reach a stranger.
                    self.unreachable.remove(&reaped.pid);
                    self.reaped(reaped.pid, reaped.status);
                    self.carry_out();
                }
                Waited::NoneYet => return count > 0,
                Waited::NoChildren => {
                    if self.stopping.is_some() && self.hooks.is_none() {
                        self.tell(Event::NoneLeft);
                    }
                    return count > 0;
                }
            }
        }
        self.more_to_reap = true;
        true
    }

    fn reaped(&mut self, pid: i32, status: WaitStatus) {
        if self.command == Some(pid) {
            self.note_leader_gone(pid, true);
            self.command = None;
            let name = self
                .argv
                .first()
                .map_or(String::new(), |word| kernel::escape(word));
            self.messages
                .marker(&format!("[cmd] {name} exited {}", status.code()));
            if self.stopping.is_none() {
                self.boot_code = Some(status.code());
            }
            self.journal.note_command(None);
            self.keep_rest();
            self.stop(StopCause::CommandEnded(status.code()));
            return;
        }
        if self.hooks.as_ref().is_some_and(|hooks| hooks.pid == pid) {
            self.running_hook = None;
            if let Some(report) = self.hooks.take().and_then(|hooks| hooks.report()) {
                self.rules = report.rules;
                for (what, why) in report.killed {
                    self.add_killed(what, why);
                }
            }
            self.keep_rest();
            self.sync_disks();
            self.say_finish(FinishMarker::Waiting);
            self.tell(Event::StopHooksDone(self.rules.limits));
            return;
        }
        if self.scan.as_ref().is_some_and(|(scan, _)| scan.pid == pid) {
            self.read_scan();
            // A pipe without a writer has an end. One that has none brings nothing more.
            if let Some((scan, _)) = self.scan.take_if(|(scan, _)| scan.pid == pid) {
                self.epoll.remove(scan.handover.as_raw_fd());
                self.scan_lost(scan.drop_missing, "could not be read");
                self.scan_on();
            }
            return;
        }
        if self.handler_ended(pid, status) {
            return;
        }
        match &self.phase {
            Phase::RunD(run_d) if *run_d == pid => self.run_d_ended(status),
            Phase::Preparing(child) if *child == pid => self.preparation_ended(status),
            Phase::Booting(boot, _) if boot.pid == pid => self.boot_ended(status),
            _ => self.service_ended(pid, status),
        }
    }

    /// A process that may be a service's. One that could not execute its program has
    /// said so in the pipe before it ended.
    fn service_ended(&mut self, pid: i32, status: WaitStatus) {
        if self.unit_of(pid).is_some() {
            self.note_leader_gone(pid, false);
        }
        if self.was_refused(pid, status) {
            self.tell(Event::ExecFailed(Pid(pid)));
            return;
        }
        self.tell(Event::Exited(Pid(pid), end_of(status)));
    }

    /// Reads who could not execute its program, and says why, once for each cause.
    fn read_refusals(&mut self) {
        while let Some(refusal) = Refusal::read(self.refusals.0.as_raw_fd()) {
            let (unit, cause) = match refusal {
                Refusal::Bare(report) => {
                    self.refused.heard(report.pid);
                    self.explain(&report);
                    continue;
                }
                Refusal::Worded { pid, cause } => {
                    self.refused.heard(pid);
                    (self.unit_of(pid), cause)
                }
                Refusal::Words { unit, cause } => (Some(UnitId(unit)), cause),
            };
            let told = match unit.and_then(|unit| self.service(unit)) {
                Some(service) => &mut service.told,
                None => &mut self.handlers_told,
            };
            if told.is_new(&cause) {
                self.messages.warn(&cause);
            }
        }
    }

    /// Lets a child find words for a report: that means looking into the service's files.
    fn explain(&mut self, report: &Report) {
        let Some(unit) = self.unit_of(report.pid) else {
            return;
        };
        let state = self.engine.unit(unit).map(engine::UnitState::state);
        let finishing = state == Some(engine::State::Finishing);
        let Some(service) = self.service(unit) else {
            return;
        };
        let path = Refusal::path(report, &service.program.directory, finishing);
        let error = errno::from(i32::from(report.errno));
        // It may lie on a noexec mount of its own: the next try looks for another way.
        service.forks |= errno::is(&error, errno::EACCES);
        let to = self.refusals.1.as_raw_fd();
        let explains = || Refusal::explain(to, unit.0, &self.paths, &path, &error);
        if self.inheritance.fork(explains).is_err() {
            self.messages.warn(&format!(
                "{}: cannot be executed: {}",
                kernel::escape(path.as_os_str().as_encoded_bytes()),
                errno::text(&error)
            ));
        }
    }
}
