//! What decides, with a record of all that it was told: the engine, what it wants done and
//! is not done yet, and the journal by which a later program of this process knows both.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engine::{Action, Engine, Event, Time, UnitId};
use kernel::clock;
use plan::bytes::Writer;
use plan::handover;
use plan::{Entry, Program};

use crate::survival::at_most_once;
use crate::survival::journal::{Journal, Kind};
use crate::survival::write_event;

/// The engine's now.
pub(crate) fn now() -> Time {
    Time(u64::try_from(clock::monotonic().as_nanos()).unwrap_or(u64::MAX))
}

/// An entry of the plan that was taken in.
pub(crate) type Taken = (UnitId, Arc<str>, Program);

/// See the module's text.
pub(crate) struct Mind {
    engine: Engine,
    /// What the engine wants done, in its order.
    actions: VecDeque<Action>,
    /// What a program that takes this one's place after a crash goes on from.
    pub(crate) journal: Journal,
    /// The journal's last word on what is neither the engine's nor a service's.
    kept: Vec<u8>,
}

impl Mind {
    /// One that knows nothing yet.
    pub(crate) fn new(journal: Journal) -> Mind {
        Mind {
            engine: Engine::new(now()),
            actions: VecDeque::new(),
            journal,
            kept: Vec::new(),
        }
    }

    /// Goes on from what the program before this one knew.
    pub(crate) fn go_on(&mut self, engine: Engine, actions: VecDeque<Action>) {
        self.engine = engine;
        self.actions = actions;
    }

    /// To look at. What changes it goes through [`Mind::tell`] and [`Mind::add`].
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// When time alone is news to the engine.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.engine
            .deadline()
            .map(|due| Duration::from_nanos(due.0))
    }

    /// Tells the engine, and keeps what it wants done.
    pub(crate) fn tell(&mut self, event: Event) {
        let now = now();
        // Most ticks change nothing, and nothing happens between events.
        let matters = event != Event::Tick || self.engine.deadline().is_some_and(|due| due <= now);
        if matters {
            self.journal.begin(Kind::Event, |out| {
                out.u64(now.0);
                write_event(out, &event);
            });
        }
        let mut actions = Vec::new();
        self.engine.handle(event, now, &mut actions);
        self.actions.extend(actions);
        self.journal.end();
    }

    /// Takes these entries of the plan in, and gives the number, the name and the program of
    /// each. What the engine wants done about them waits behind what they need made: the
    /// caller's `take_in`.
    pub(crate) fn add(&mut self, new: Vec<Entry>) -> (Vec<Taken>, Vec<Action>) {
        let mut actions = Vec::new();
        let now = now();
        self.journal.begin(Kind::Add, |out| {
            out.u64(now.0);
            out.blob(&handover::encode(&new, &[], &[]));
        });
        let (units, programs): (Vec<_>, Vec<_>) = new
            .into_iter()
            .map(|entry| (entry.unit, entry.program))
            .unzip();
        let ids = self.engine.add(units, now, &mut actions);
        self.journal.end();
        let taken = ids
            .into_iter()
            .zip(programs)
            .filter_map(|(id, program)| {
                let unit = self.engine.unit(id)?;
                Some((id, unit.shared_name(), program))
            })
            .collect();
        (taken, actions)
    }

    /// Has these done after what waits already.
    pub(crate) fn want(&mut self, actions: Vec<Action>) {
        self.actions.extend(actions);
    }

    /// What is to be done next, and whether [`Mind::done`] is to be told when it is. One that
    /// makes a process counts as done at once and is never begun again: whether there is one,
    /// the kernel tells. Everything else that a crash interrupts is.
    pub(crate) fn next(&mut self) -> Option<(Action, bool)> {
        let action = self.actions.pop_front()?;
        let once = at_most_once(&action);
        if once {
            self.done();
        }
        Some((action, !once))
    }

    /// The first that was not done yet is.
    pub(crate) fn done(&mut self) {
        self.journal.record(Kind::Done, |_| {});
    }

    /// What waits to be done, in its order.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter()
    }

    /// Keeps these bytes, which tell what is neither the engine's nor a service's, if they
    /// have changed.
    pub(crate) fn keep_rest(&mut self, bytes: Vec<u8>) {
        if bytes != self.kept {
            self.journal.record(Kind::Rest, |out| out.bytes(&bytes));
            self.kept = bytes;
        }
    }

    /// Whether a snapshot is to take the journal's place: it is longer than the last one, and
    /// nothing waits.
    pub(crate) fn wants_snapshot(&self) -> bool {
        self.actions.is_empty() && self.journal.wants_snapshot()
    }

    /// Takes a snapshot that `write` writes.
    pub(crate) fn snapshot(&mut self, write: impl FnOnce(&mut Writer, &Engine)) {
        let mut out = Writer::default();
        write(&mut out, &self.engine);
        self.journal.replace(&out.into_bytes());
    }
}
