//! What PID 1 knows, as bytes and back: snapshot and records become one picture.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::os::fd::RawFd;
use std::time::Duration;

use engine::{Action, DecodeError, Engine, Event, Time, UnitId};
use plan::bytes::{Malformed, Reader, Writer};
use plan::{Program, handover};

use crate::service::descriptors::Descriptors;
use crate::stop::StopRules;
use crate::supervisor::parts::{FinishMarker, Handler, Killed, Stopping, Task};
use crate::survival::event::{self, read_limits, write_limits};
use crate::survival::journal::{Contents, Journal, Kind};

/// Why there is nothing to go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing was saved, or more than there is room for.
    Nothing,
    /// The engine's part.
    Engine(DecodeError),
    /// Any other part.
    Malformed(Malformed),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Nothing => out.write_str("there is none"),
            Fault::Engine(fault) => fault.fmt(out),
            Fault::Malformed(fault) => fault.fmt(out),
        }
    }
}

impl From<Malformed> for Fault {
    fn from(fault: Malformed) -> Fault {
        Fault::Malformed(fault)
    }
}

impl From<DecodeError> for Fault {
    fn from(fault: DecodeError) -> Fault {
        Fault::Engine(fault)
    }
}

/// Where the container is, before it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// There was no process yet for one of these: /run.d, the boot, the command.
    Held(Task),
    /// The scripts of /run.d run, as this process.
    RunD(i32),
    /// The state is made anew by this process.
    Preparing(i32),
    /// The boot's steps run; what they hand over comes by this descriptor.
    Booting(i32, RawFd),
    /// The services were started; the command waits for them until then.
    Settling(Option<Duration>),
    /// Everything is started.
    Up,
}

/// What PID 1 knows beside the engine and the services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// The limit on descriptors that the container came with: soft, hard.
    pub(crate) open_files: Option<(u64, u64)>,
    /// Descriptors that the engine handed over for the command.
    pub(crate) passed: Vec<RawFd>,
    pub(crate) at: Where,
    /// Whether the state is this run's.
    pub(crate) prepared: bool,
    pub(crate) command: Option<i32>,
    pub(crate) scan_control: Option<RawFd>,
    pub(crate) listener: Option<RawFd>,
    /// Both ends of the pipe of children that could not execute their program.
    pub(crate) refusals: (RawFd, RawFd),
    /// The stop hooks' process, and where their limits arrive.
    pub(crate) hooks: Option<(i32, RawFd)>,
    /// Programs that run in the place of what a signal means.
    pub(crate) handlers: Vec<Handler>,
    pub(crate) boot_code: Option<u8>,
    pub(crate) rules: StopRules,
    /// A reading of the scan directory runs or is asked for; whether services that are
    /// gone are dropped then.
    pub(crate) scan: Option<bool>,
    pub(crate) stopping: Option<Stopping>,
    /// What holds the lock of the private folder with the state.
    pub(crate) place_lock: Option<RawFd>,
    /// The container is over, with this exit code.
    pub(crate) leave: Option<u8>,
    /// The boot has lost services or hooks.
    pub(crate) incomplete: bool,
}

impl Rest {
    pub(crate) fn write(&self, out: &mut Writer) {
        out.option(self.open_files, |out, (soft, hard)| {
            out.u64(soft);
            out.u64(hard);
        });
        out.length(self.passed.len());
        self.passed.iter().for_each(|fd| out.i32(*fd));
        match self.at {
            Where::RunD(pid) => {
                out.u8(0);
                out.i32(pid);
            }
            Where::Booting(pid, handover) => {
                out.u8(1);
                out.i32(pid);
                out.i32(handover);
            }
            Where::Settling(until) => {
                out.u8(2);
                out.option(until, Writer::duration);
            }
            Where::Up => out.u8(3),
            Where::Preparing(pid) => {
                out.u8(4);
                out.i32(pid);
            }
            Where::Held(task) => {
                out.u8(5);
                out.u8(match task {
                    Task::RunD => 0,
                    Task::State | Task::Scan | Task::StopHooks => 1,
                    Task::Boot => 2,
                    Task::Command => 3,
                });
            }
        }
        out.bool(self.prepared);
        for number in [self.command, self.scan_control, self.listener] {
            out.option(number, Writer::i32);
        }
        out.i32(self.refusals.0);
        out.i32(self.refusals.1);
        out.option(self.hooks, |out, (pid, limits)| {
            out.i32(pid);
            out.i32(limits);
        });
        out.length(self.handlers.len());
        for handler in &self.handlers {
            out.i32(handler.pid);
            out.i32(handler.signal);
        }
        out.option(self.boot_code, Writer::u8);
        write_limits(out, &self.rules.limits);
        out.bool(self.rules.sync);
        out.bool(self.rules.hangs_up);
        out.option(self.scan, Writer::bool);
        out.option(self.stopping.as_ref(), |out, stopping| {
            out.duration(stopping.begun);
            out.option(stopping.terminated, Writer::duration);
            out.bool(stopping.cut);
            out.bool(stopping.hastened);
            out.u8(stopping.said);
            out.length(stopping.killed.len());
            for killed in &stopping.killed {
                out.text(&killed.what);
                out.text(&killed.why);
            }
        });
        out.option(self.place_lock, Writer::i32);
        out.option(self.leave, Writer::u8);
        out.bool(self.incomplete);
    }

    fn read(from: &mut Reader) -> Result<Rest, Malformed> {
        Ok(Rest {
            open_files: from.option(|from| Ok::<_, Malformed>((from.u64()?, from.u64()?)))?,
            passed: from.list(Reader::i32)?,
            at: match from.u8()? {
                0 => Where::RunD(from.i32()?),
                1 => Where::Booting(from.i32()?, from.i32()?),
                2 => Where::Settling(from.option(Reader::duration)?),
                3 => Where::Up,
                4 => Where::Preparing(from.i32()?),
                5 => Where::Held(match from.u8()? {
                    0 => Task::RunD,
                    1 => Task::State,
                    2 => Task::Boot,
                    3 => Task::Command,
                    _ => return Err(Malformed::Invalid("phase")),
                }),
                _ => return Err(Malformed::Invalid("phase")),
            },
            prepared: from.bool()?,
            command: from.option(Reader::i32)?,
            scan_control: from.option(Reader::i32)?,
            listener: from.option(Reader::i32)?,
            refusals: (from.i32()?, from.i32()?),
            hooks: from.option(|from| Ok::<_, Malformed>((from.i32()?, from.i32()?)))?,
            handlers: from.list(|from| {
                Ok::<_, Malformed>(Handler {
                    pid: from.i32()?,
                    signal: from.i32()?,
                })
            })?,
            boot_code: from.option(Reader::u8)?,
            rules: StopRules {
                limits: read_limits(from)?,
                sync: from.bool()?,
                hangs_up: from.bool()?,
            },
            scan: from.option(Reader::bool)?,
            stopping: from.option(|from| {
                Ok::<_, Malformed>(Stopping {
                    begun: from.duration()?,
                    terminated: from.option(Reader::duration)?,
                    cut: from.bool()?,
                    hastened: from.bool()?,
                    said: match from.u8()? {
                        said if said <= FinishMarker::Killing as u8 => said,
                        _ => return Err(Malformed::Invalid("marker of the stop")),
                    },
                    killed: from.list(|from| {
                        Ok::<_, Malformed>(Killed {
                            what: from.text()?,
                            why: from.text()?,
                        })
                    })?,
                })
            })?,
            place_lock: from.option(Reader::i32)?,
            leave: from.option(Reader::u8)?,
            incomplete: from.bool()?,
        })
    }
}

/// Everything that PID 1 knew.
pub(crate) struct Saved {
    pub(crate) engine: Engine,
    /// By the number of their unit.
    pub(crate) services: BTreeMap<UnitId, (Program, Descriptors)>,
    pub(crate) rest: Rest,
    /// What the engine wanted and was not carried out.
    pub(crate) actions: VecDeque<Action>,
    /// The event that was being acted on, if it is to be met again.
    pub(crate) in_hand: Option<Event>,
}

/// Writes a snapshot. To be called when no action waits.
pub(crate) fn write<'a>(
    out: &mut Writer,
    engine: &Engine,
    services: impl Fn(UnitId) -> Option<(&'a Program, Descriptors)>,
    rest: &Rest,
) {
    out.blob(&engine.encode());
    let known: Vec<_> = engine
        .units()
        .filter_map(|(id, _)| Some((id, services(id)?)))
        .collect();
    out.length(known.len());
    for (id, (program, files)) in known {
        out.u32(id.0);
        program.write(out);
        files.write(out);
    }
    rest.write(out);
}

impl Saved {
    /// Reads what the journal holds. With `retry`, the event that was being acted on is
    /// kept to be met again; without, it is left out: it may be what leads to the crash.
    pub(super) fn read(journal: &Journal, retry: bool) -> Result<Saved, Fault> {
        let contents = journal.contents().ok_or(Fault::Nothing)?;
        Saved::replay(&contents, retry)
    }

    fn replay(contents: &Contents, retry: bool) -> Result<Saved, Fault> {
        let mut saved = Saved::read_snapshot(&contents.snapshot)?;
        let mut from = Reader::new(&contents.records);
        let mut at = 0;
        while !from.is_at_end() {
            let length = from.length()?;
            let kind = Kind::from_byte(from.u8()?).ok_or(Malformed::Invalid("kind of record"))?;
            let content = from.take(length.checked_sub(5).ok_or(Malformed::Short)?)?;
            let in_hand = contents.in_hand == Some(at);
            saved.take(kind, &mut Reader::new(content), in_hand, retry)?;
            at += length;
        }
        Ok(saved)
    }

    fn read_snapshot(bytes: &[u8]) -> Result<Saved, Fault> {
        let mut from = Reader::new(bytes);
        let engine = Engine::decode(from.blob()?)?;
        let mut services = BTreeMap::new();
        for _ in 0..from.length()? {
            let id = UnitId(from.u32()?);
            engine.unit(id).ok_or(Malformed::Invalid("unit number"))?;
            let program = Program::read(&mut from)?;
            let files = Descriptors::read(&mut from)?;
            services.insert(id, (program, files));
        }
        let rest = Rest::read(&mut from)?;
        from.end_of_input()?;
        Ok(Saved {
            engine,
            services,
            rest,
            actions: VecDeque::new(),
            in_hand: None,
        })
    }

    /// Takes one record in.
    fn take(
        &mut self,
        kind: Kind,
        from: &mut Reader,
        in_hand: bool,
        retry: bool,
    ) -> Result<(), Fault> {
        match kind {
            Kind::Event => {
                let now = Time(from.u64()?);
                let event = event::read(from)?;
                if in_hand {
                    self.in_hand = retry.then_some(event);
                } else {
                    let mut actions = Vec::new();
                    self.engine.handle(event, now, &mut actions);
                    self.actions.extend(actions);
                }
            }
            Kind::Void => {}
            Kind::Add if in_hand => {}
            Kind::Add => {
                let now = Time(from.u64()?);
                let found = handover::decode(from.blob()?);
                let (found, ..) = found.map_err(|_| Malformed::Invalid("list of services"))?;
                let (units, programs): (Vec<_>, Vec<_>) = found
                    .into_iter()
                    .map(|entry| (entry.unit, entry.program))
                    .unzip();
                let mut actions = Vec::new();
                let ids = self.engine.add(units, now, &mut actions);
                for (id, program) in ids.into_iter().zip(programs) {
                    self.services.insert(id, (program, Descriptors::default()));
                }
                self.actions.extend(actions);
            }
            Kind::Done => {
                if let Some(Action::Forget(id)) = self.actions.pop_front() {
                    self.services.remove(&id);
                }
            }
            Kind::Files => {
                let id = UnitId(from.u32()?);
                let files = Descriptors::read(from)?;
                if let Some(service) = self.services.get_mut(&id) {
                    service.1 = files;
                }
            }
            Kind::Rest => self.rest = Rest::read(from)?,
        }
        Ok(())
    }
}

/// What the fuzz targets ask: whether these bytes are a state; if so, whether it is the
/// same after being written and read once more.
#[cfg(feature = "fuzzing")]
pub(crate) fn survives(
    snapshot: &[u8],
    records: &[u8],
    in_hand: Option<usize>,
    retry: bool,
) -> Option<bool> {
    let contents = Contents {
        snapshot: snapshot.to_vec(),
        records: records.to_vec(),
        in_hand,
    };
    let saved = Saved::replay(&contents, retry).ok()?;
    let files = |id| {
        saved
            .services
            .get(&id)
            .map(|(program, files)| (program, *files))
    };
    let mut out = Writer::default();
    write(&mut out, &saved.engine, files, &saved.rest);
    let Ok(again) = Saved::read_snapshot(&out.into_bytes()) else {
        return Some(false);
    };
    let same_files = again.services.iter().all(|(id, (_, files))| {
        saved
            .services
            .get(id)
            .is_some_and(|known| known.1 == *files)
    });
    Some(again.engine == saved.engine && again.rest == saved.rest && same_files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{Pid, Role, State, StopCause, StopLimits};
    use plan::{Entry, Unit};

    fn rest() -> Rest {
        Rest {
            open_files: Some((1024, 4096)),
            passed: vec![5, 6],
            at: Where::Settling(Some(Duration::from_millis(7))),
            prepared: true,
            command: Some(42),
            scan_control: Some(7),
            listener: None,
            refusals: (8, 9),
            hooks: Some((43, 10)),
            handlers: vec![Handler {
                pid: 44,
                signal: 15,
            }],
            boot_code: Some(3),
            rules: StopRules {
                limits: StopLimits {
                    services: None,
                    kill: Some(Duration::ZERO),
                    whole: None,
                },
                sync: true,
                hangs_up: false,
            },
            scan: Some(true),
            stopping: Some(Stopping {
                begun: Duration::from_secs(1),
                terminated: None,
                cut: true,
                hastened: false,
                said: 2,
                killed: vec![Killed {
                    what: "a".into(),
                    why: "b".into(),
                }],
            }),
            place_lock: Some(14),
            leave: Some(7),
            incomplete: true,
        }
    }

    fn service(name: &str) -> Entry {
        Entry {
            unit: Unit::service(name),
            program: Program::of_directory(format!("/run/s6/services/{name}").into()),
        }
    }

    /// A journal in which one service was added and started, with what PID 1 knew then.
    fn started() -> (Journal, Engine, VecDeque<Action>) {
        let mut journal = Journal::new();
        let mut engine = Engine::new(Time(1));
        let mut out = Writer::default();
        write(&mut out, &engine, |_| None, &rest());
        journal.replace(&out.into_bytes());

        let mut actions = Vec::new();
        let services = [service("a")];
        journal.record(Kind::Add, |out| {
            out.u64(2);
            out.blob(&handover::encode(&services, &[], &[]));
        });
        let units = services
            .iter()
            .map(|service| service.unit.clone())
            .collect();
        let ids = engine.add(units, Time(2), &mut actions);
        let mut queue = VecDeque::from(std::mem::take(&mut actions));
        let files = Descriptors {
            control: Some(11),
            notification: None,
            input: Some((12, Some(13))),
        };
        journal.record(Kind::Files, |out| {
            out.u32(ids[0].0);
            files.write(out);
        });
        while let Some(action) = queue.pop_front() {
            journal.record(Kind::Done, |_| {});
            if action == Action::Execute(ids[0], Role::Run) {
                let event = Event::Started(ids[0], Pid(100));
                journal.record(Kind::Event, |out| {
                    out.u64(3);
                    event::write(out, &event);
                });
                engine.handle(event, Time(3), &mut actions);
                queue.extend(actions.drain(..));
            }
        }
        (journal, engine, queue)
    }

    #[test]
    fn snapshot_and_records_make_what_was_known() {
        let (journal, engine, queue) = started();
        let saved = Saved::read(&journal, true).expect("saved");
        assert_eq!(saved.engine, engine);
        assert_eq!(saved.actions, queue);
        assert_eq!(saved.rest, rest());
        assert_eq!(saved.services.len(), 1);
        let (found, files) = &saved.services[&UnitId(0)];
        assert_eq!(*found, service("a").program);
        assert_eq!(files.input, Some((12, Some(13))));
    }

    #[test]
    fn a_snapshot_of_what_was_replayed_is_the_same_again() {
        let (mut journal, ..) = started();
        let first = Saved::read(&journal, true).expect("saved");
        let mut out = Writer::default();
        let known = |id: UnitId| {
            let (service, files) = first.services.get(&id)?;
            Some((service, *files))
        };
        write(&mut out, &first.engine, known, &first.rest);
        journal.replace(&out.into_bytes());
        let second = Saved::read(&journal, true).expect("saved");
        assert_eq!(second.engine, first.engine);
        assert_eq!(second.services, first.services);
        assert_eq!(second.rest, first.rest);
    }

    #[test]
    fn the_event_in_hand_is_met_again_once() {
        let (mut journal, engine, _) = started();
        journal.begin(Kind::Event, |out| {
            out.u64(4);
            event::write(out, &Event::Stop(StopCause::Asked));
        });
        let saved = Saved::read(&journal, true).expect("saved");
        assert_eq!(saved.engine, engine);
        assert_eq!(saved.in_hand, Some(Event::Stop(StopCause::Asked)));
        let saved = Saved::read(&journal, false).expect("saved");
        assert_eq!(saved.in_hand, None);
        journal.void_in_hand();
        let saved = Saved::read(&journal, true).expect("saved");
        assert_eq!(saved.in_hand, None);
        let (_, view) = saved.engine.units().next().expect("a unit");
        assert_eq!(view.state(), State::Up);
    }

    #[test]
    fn broken_bytes_are_an_error_and_no_panic() {
        let (journal, ..) = started();
        let contents = journal.contents().expect("there");
        let try_with = |snapshot: &[u8], records: &[u8]| {
            let (snapshot, records) = (snapshot.to_vec(), records.to_vec());
            let in_hand = None;
            let _ = Saved::replay(
                &Contents {
                    snapshot,
                    records,
                    in_hand,
                },
                true,
            );
        };
        let (snapshot, records) = (&contents.snapshot, &contents.records);
        for at in 0..snapshot.len() {
            let mut broken = snapshot.clone();
            broken[at] ^= 0x55;
            try_with(&broken, records);
        }
        for at in 0..records.len() {
            let mut broken = records.clone();
            broken[at] ^= 0x55;
            try_with(snapshot, &broken);
            try_with(snapshot, &records[..at]);
        }
    }
}
