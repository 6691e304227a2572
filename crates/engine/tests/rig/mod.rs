//! An engine on a bench: events in, actions out, time by hand, in milliseconds.
#![allow(dead_code)]

use std::time::Duration;

use engine::*;
use plan::Unit;

pub(crate) const KILL: u8 = 9;
pub(crate) const TERM: u8 = 15;
pub(crate) const CONT: u8 = 18;

pub(crate) struct Rig {
    pub(crate) engine: Engine,
    pub(crate) now: Time,
    next_pid: i32,
    /// What was told of ends that nobody asked for. It is in no answer of [`Rig::tell`].
    pub(crate) ends: Vec<Notice>,
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn exited(code: u8) -> End {
    End::Exited(code)
}

/// A service `name` that needs `needs`.
pub(crate) fn service_with(name: &str, needs: &[&str]) -> Unit {
    Unit {
        needs: needs.iter().map(|need| need.to_string()).collect(),
        ..Unit::service(name)
    }
}

impl Rig {
    pub(crate) fn new() -> Rig {
        let now = Time(1_000_000_000_000);
        Rig {
            engine: Engine::new(now),
            now,
            next_pid: 100,
            ends: Vec::new(),
        }
    }

    /// A rig with these units; what they caused at once is dropped.
    pub(crate) fn with(units: Vec<Unit>) -> Rig {
        let mut rig = Rig::new();
        rig.add(units);
        rig
    }

    /// A rig with one running unit; its number is 0 and its pid 100.
    pub(crate) fn running(unit: Unit) -> Rig {
        let mut rig = Rig::with(vec![unit]);
        rig.start(UnitId(0));
        rig
    }

    pub(crate) fn add(&mut self, units: Vec<Unit>) -> Vec<Action> {
        let mut actions = Vec::new();
        self.engine.add(units, self.now, &mut actions);
        actions
    }

    /// One event; the engine must survive its own bytes after it.
    pub(crate) fn tell(&mut self, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        self.engine.handle(event, self.now, &mut actions);
        let copy = Engine::decode(&self.engine.encode()).expect("own bytes");
        assert_eq!(copy, self.engine, "bytes lose something");
        self.engine = copy;
        actions.retain(|action| match action {
            Action::Tell(notice @ (Notice::Ended(_) | Notice::EndedOften(..))) => {
                self.ends.push(notice.clone());
                false
            }
            _ => true,
        });
        actions
    }

    /// Time passes; timers are handled each at its moment.
    pub(crate) fn pass(&mut self, span: Duration) -> Vec<Action> {
        let until = self.now.after(span);
        let mut actions = Vec::new();
        while let Some(at) = self.engine.deadline().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            actions.extend(self.tell(Event::Tick));
        }
        self.now = until;
        actions.extend(self.tell(Event::Tick));
        actions
    }

    pub(crate) fn pid(&mut self) -> Pid {
        self.next_pid += 1;
        Pid(self.next_pid - 1)
    }

    /// Answers a start with a new process.
    pub(crate) fn start(&mut self, id: UnitId) -> Vec<Action> {
        let pid = self.pid();
        self.tell(Event::Started(id, pid))
    }

    /// The unit's current process ends.
    pub(crate) fn end(&mut self, id: UnitId, end: End) -> Vec<Action> {
        let pid = self.unit(id).pid().expect("a process");
        self.tell(Event::Exited(pid, end))
    }

    pub(crate) fn ask(&mut self, id: UnitId, request: Request) -> Vec<Action> {
        self.tell(Event::Asked(id, request))
    }

    pub(crate) fn stop(&mut self) -> Vec<Action> {
        self.tell(Event::Stop(StopCause::Asked))
    }

    /// Somebody wants to wait no longer, or a stop to begin.
    pub(crate) fn hasten(&mut self) -> Vec<Action> {
        self.tell(Event::Stop(StopCause::Now))
    }

    /// The hooks are done; 3 s for services, 3 s until KILL, as s6-overlay has it.
    pub(crate) fn hooks_done(&mut self) -> Vec<Action> {
        self.tell(Event::StopHooksDone(limits(3000, 3000)))
    }

    pub(crate) fn unit(&self, id: UnitId) -> &UnitState {
        self.engine.unit(id).expect("a unit")
    }

    pub(crate) fn state(&self, id: UnitId) -> State {
        self.unit(id).state()
    }

    pub(crate) fn stage(&self) -> Option<StopStage> {
        match self.engine.phase() {
            Phase::Running => None,
            Phase::Stopping(stage) => Some(stage),
        }
    }
}

/// A service's process is to be made.
pub(crate) fn run(id: UnitId) -> Action {
    Action::Execute(id, Role::Run)
}

/// The `finish` of a service whose process has ended so is to run.
pub(crate) fn finish(id: UnitId, end: End, pid: i32) -> Action {
    let pid = Pid(pid);
    Action::Execute(id, Role::Finish { end, pid })
}

/// A one-shot is to be done.
pub(crate) fn up(id: UnitId) -> Action {
    Action::Execute(id, Role::Up)
}

/// A one-shot is to be undone.
pub(crate) fn undo(id: UnitId) -> Action {
    Action::Execute(id, Role::Down)
}

pub(crate) fn limits(services: u64, kill: u64) -> StopLimits {
    StopLimits {
        services: Some(ms(services)),
        kill: Some(ms(kill)),
        whole: None,
    }
}

/// Down signal and CONT.
pub(crate) fn asked_to_end(id: UnitId, pid: i32) -> [Action; 2] {
    [
        Action::Signal(id, Pid(pid), TERM),
        Action::Signal(id, Pid(pid), CONT),
    ]
}

pub(crate) fn all_terminated() -> [Action; 3] {
    [1, TERM, CONT].map(Action::SignalAll)
}
