//! The rules, one function each. They judge by what the world knows.

use std::collections::BTreeSet;
use std::time::Duration;

use engine::{End, Engine, Phase, Pid, Role, State, StopStage, Time, UnitId};
use plan::{Kind, Readiness};

use crate::model::{Known, Told};
use crate::world::World;

type Rule = Result<(), String>;

fn rule(holds: bool, fault: impl FnOnce() -> String) -> Rule {
    if holds { Ok(()) } else { Err(fault()) }
}

/// When a process is to be made that makes the unit up.
pub(crate) fn nothing_starts_before_what_it_needs_is_ready(world: &World, id: UnitId) -> Rule {
    for need in &world.units[&id].definition.needs {
        // The youngest of a name counts: older ones leave.
        let named = |(_, unit): &(_, &crate::model::Known)| unit.definition.name == *need;
        let provider = world.units.iter().rfind(named);
        let ready = provider.is_some_and(|(_, unit)| unit.is_ready());
        rule(ready, || format!("{id:?} starts, but {need} is not ready"))?;
    }
    Ok(())
}

/// When a process is to be made that makes the unit up.
pub(crate) fn nothing_starts_after_a_stop_began(world: &World, id: UnitId) -> Rule {
    rule(world.stop.is_none(), || format!("{id:?} starts in a stop"))
}

/// When a process is to be made that makes the unit up.
pub(crate) fn no_restart_comes_sooner_than_its_floor(world: &World, id: UnitId) -> Rule {
    let unit = &world.units[&id];
    let Some(last) = unit.last_made else {
        return Ok(());
    };
    let floor = unit.definition.restart.backoff.floor;
    let waited = world.now.since(last);
    rule(waited >= floor, || {
        format!("{id:?} starts {waited:?} after its last start, its floor is {floor:?}")
    })
}

/// When a process is to be made that makes the unit up.
pub(crate) fn no_try_comes_sooner_after_one_that_failed(world: &World, id: UnitId) -> Rule {
    let unit = &world.units[&id];
    rule(world.now >= unit.no_try_before, || {
        let early = unit.no_try_before.since(world.now);
        format!("{id:?} is tried again {early:?} too early")
    })
}

/// When a process is to be made that makes the unit up.
pub(crate) fn nothing_starts_against_its_policy(world: &World, id: UnitId) -> Rule {
    let unit = &world.units[&id];
    let allowed = unit.start_asked || (unit.policy_allows() && !unit.gave_up);
    rule(allowed && !unit.held_down, || {
        format!("{id:?} starts and should not: {unit:?}")
    })
}

/// At [`engine::Action::Execute`]: a service runs and finishes, a one-shot goes up and down.
pub(crate) fn its_program_is_of_its_kind(world: &World, id: UnitId, role: Role) -> Rule {
    let kind = match role {
        Role::Run | Role::Finish { .. } => Kind::Service,
        Role::Up | Role::Down => Kind::OneShot,
    };
    rule(world.units[&id].definition.kind == kind, || {
        format!("{id:?} is to execute {role:?}")
    })
}

/// At [`engine::Action::Execute`].
pub(crate) fn no_two_processes_of_one_name_live(world: &World, id: UnitId) -> Rule {
    let name = &world.units[&id].definition.name;
    let same = world
        .units
        .iter()
        .filter(|(_, unit)| unit.definition.name == *name);
    for (other, unit) in same {
        let alone = unit.main.is_none() && unit.finish.is_none() && !unit.unanswered;
        rule(alone, || format!("{id:?} starts beside {other:?} ({name})"))?;
    }
    Ok(())
}

/// At [`engine::Action::Signal`].
pub(crate) fn signals_reach_living_processes_of_their_unit(
    world: &World,
    id: UnitId,
    pid: Pid,
) -> Rule {
    let unit = &world.units[&id];
    let own = unit.main == Some(pid) || unit.finish == Some(pid);
    rule(own, || {
        format!("{id:?}: {pid:?} is signalled and is not its")
    })
}

/// When a unit is asked to end in a stop before the last TERM, or since it or what it needs
/// is to be down by name; and nobody asked for just its end.
pub(crate) fn needed_units_outlive_their_dependents(world: &World, id: UnitId) -> Rule {
    let unit = &world.units[&id];
    let ordered = match world.engine.phase() {
        Phase::Running => unit.in_order && !unit.removed,
        // Before a unit's end stops the container, the same event may end a removed logger.
        Phase::Stopping(stage) => stage < StopStage::Terminate && world.stop.is_some(),
    };
    if !ordered || unit.asked {
        return Ok(());
    }
    let name = &unit.definition.name;
    for (other, dependent) in &world.units {
        let needs = dependent.definition.needs.contains(name);
        let feeds = dependent.definition.logger.as_ref() == Some(name);
        rule((!needs && !feeds) || dependent.is_at_rest(), || {
            format!("{id:?} is ended before {other:?}, which counts on it")
        })?;
    }
    Ok(())
}

/// At all times: who has no process, timer, answer or need to wait for is at rest.
pub(crate) fn no_state_is_without_a_way_out(world: &World) -> Rule {
    for (id, unit) in world.engine.units() {
        let known = &world.units[&id];
        let process = known.main.or(known.finish);
        let is_its = unit.pid().is_some() && unit.pid() == process;
        let has_way_out = match unit.state() {
            State::Down | State::Failed => !unit.wanted() && (!unit.leaving() || world.is_fed(id)),
            State::Waiting => world.engine.waits_for(id).next().is_some() || world.has_elder(id),
            State::Starting => known.unanswered,
            State::Finishing => known.unanswered || is_its,
            State::Ready if known.definition.kind == Kind::OneShot => true,
            State::Up | State::Ready | State::Stopping => is_its,
            State::BackingOff => world.engine.deadline().is_some(),
        };
        rule(has_way_out, || {
            format!("{id:?} is {:?} for ever: {known:?}", unit.state())
        })?;
    }
    Ok(())
}

/// When names were asked up: all that they need, and their loggers, are wanted with them.
pub(crate) fn what_is_asked_up_is_wanted_with_all_it_needs(
    world: &World,
    asked: &BTreeSet<UnitId>,
) -> Rule {
    for id in asked {
        let fits = |unit: &engine::UnitState| unit.wanted() || unit.leaving();
        let wanted = world.engine.unit(*id).is_none_or(fits);
        rule(wanted || world.stop.is_some(), || {
            format!("{id:?} was asked up by name and is not wanted")
        })?;
    }
    Ok(())
}

/// When names were asked down: nothing that needs them is wanted any longer, or starts.
pub(crate) fn what_is_asked_down_is_unwanted_with_all_that_needs_it(
    world: &World,
    asked: &BTreeSet<UnitId>,
) -> Rule {
    for id in asked {
        let wanted = world.engine.unit(*id).is_some_and(|unit| unit.wanted());
        rule(!wanted, || {
            format!("{id:?} was asked down by name and is still wanted")
        })?;
    }
    Ok(())
}

/// At all times: a request by name ends in what was wanted. Who is to be down has been
/// asked to end as soon as nothing that counts on it is left.
pub(crate) fn what_is_to_be_down_ends_when_nothing_counts_on_it(world: &World) -> Rule {
    if world.engine.phase() != Phase::Running {
        return Ok(());
    }
    for (id, unit) in world.engine.units() {
        let known = &world.units[&id];
        let is_up = matches!(unit.state(), State::Up | State::Ready);
        if !known.in_order || !is_up {
            continue;
        }
        let waits = world.counted_on_by(id).into_iter();
        let waits = waits
            .filter(|other| !world.units[other].is_at_rest())
            .count();
        rule(waits > 0, || {
            format!(
                "{id:?} is to be down, nothing counts on it, and it is {:?}",
                unit.state()
            )
        })?;
    }
    Ok(())
}

/// When a name is called unknown.
pub(crate) fn nobody_has_a_name_that_is_called_unknown(world: &World, name: &str) -> Rule {
    let known = world.newest(name).is_some() || world.groups.contains_key(name);
    rule(!known, || format!("{name} is called unknown"))
}

/// At all times: no end and no answer makes a unit unwanted that nobody wants down.
pub(crate) fn what_is_wanted_stays_wanted(world: &World) -> Rule {
    for (id, unit) in world.engine.units() {
        let known = &world.units[&id];
        let may_rest = known.may_rest || world.stop.is_some();
        rule(unit.wanted() || may_rest, || {
            format!("{id:?} is not wanted any more: {known:?}")
        })?;
    }
    Ok(())
}

/// After each event: what was announced is what the state is now, and nothing that the
/// status files show has changed in silence. That nothing is announced twice is in
/// [`Known::announced`](crate::model::Known::announced).
pub(crate) fn each_status_is_delivered_once(world: &World) -> Rule {
    for (id, unit) in world.engine.units() {
        let known = &world.units[&id];
        let told = match unit.state() {
            State::Down | State::Waiting | State::Starting | State::BackingOff | State::Failed => {
                known.told == Told::Finished
            }
            State::Up => known.told == Told::Up,
            State::Ready => known.told == Told::Ready,
            State::Stopping => matches!(known.told, Told::Up | Told::Ready),
            State::Finishing => known.told == Told::Down,
        };
        rule(told, || {
            format!(
                "{id:?} is {:?}, the last word was {:?}",
                unit.state(),
                known.told
            )
        })?;
        let status = (unit.pid(), unit.wanted(), unit.paused());
        rule(status == known.status || known.announcements > 0, || {
            format!(
                "{id:?} is {status:?}, was {:?}, and nobody is told",
                known.status
            )
        })?;
    }
    Ok(())
}

/// At all times.
pub(crate) fn every_end_is_counted_once(world: &World) -> Rule {
    for (id, unit) in world.engine.units() {
        let known = &world.units[&id];
        rule(unit.deaths() == known.deaths, || {
            let (counted, told) = (unit.deaths(), known.deaths);
            format!("{id:?}: {counted} ends counted of {told}")
        })?;
    }
    Ok(())
}

/// At all times, but for those that are still counted.
pub(crate) fn every_end_that_nobody_asked_for_is_told(world: &World) -> Rule {
    for (id, unit) in world.engine.units() {
        let known = &world.units[&id];
        let told = known.told_ends + unit.untold_ends();
        rule(known.falls <= told && told <= known.deaths, || {
            let (falls, deaths) = (known.falls, known.deaths);
            format!("{id:?}: {told} ends told, {falls} nobody asked for, of {deaths}")
        })?;
    }
    Ok(())
}

/// When a line tells of ends: two minutes that meet may have their lines close together.
pub(crate) fn no_unit_says_too_much_of_its_ends(unit: &mut Known, now: Time) -> Rule {
    let recent = |at: &Time| now.since(*at) < Duration::from_secs(60);
    while unit.lines.front().is_some_and(|at| !recent(at)) {
        unit.lines.pop_front();
    }
    rule(unit.lines.len() <= 10, || {
        format!("{} lines of ends in a minute", unit.lines.len())
    })
}

/// At all times: who has ended by itself has to live a while before it counts as well.
pub(crate) fn who_keeps_ending_is_not_well(world: &World) -> Rule {
    for (id, unit) in world.engine.units() {
        let known = &world.units[&id];
        let young = unit.state() != State::Ready && unit.state() != State::Up
            || world.now.since(known.known_since) < Duration::from_secs(10);
        // Until somebody asks something of it.
        let fell = known.fell && known.last_finish != Some(End::Exited(125));
        let hindered = world.engine.hindrances(world.now).any(|(who, _)| who == id);
        rule(!fell || !young || hindered || !unit.wanted(), || {
            format!("{id:?} has just ended by itself and counts as well: {known:?}")
        })?;
    }
    Ok(())
}

/// At all times: nobody outlives the limit that its definition sets.
pub(crate) fn time_limits_end_in_a_kill(world: &World) -> Rule {
    for (id, unit) in world.engine.units() {
        let known = &world.units[&id];
        let definition = &known.definition;
        let late = |since, limit: Option<Duration>| {
            let alive = unit.pid().is_some() && known.killed != unit.pid();
            alive && limit.is_some_and(|limit| world.now.since(since) > limit)
        };
        let starts_late = match definition.kind {
            Kind::OneShot => true,
            Kind::Service => definition.readiness == Readiness::Notified,
        };
        let overdue = match unit.state() {
            State::Up => starts_late && late(known.known_since, definition.start_within),
            State::Finishing => late(known.known_since, definition.finish_within),
            State::Stopping => match known.stopping {
                Some((_, since)) => late(since, definition.kill_after),
                None => false,
            },
            State::Down
            | State::Waiting
            | State::Starting
            | State::Ready
            | State::BackingOff
            | State::Failed => false,
        };
        rule(!overdue || world.everything_is_killed, || {
            format!("{id:?} is {:?} past its limit: {known:?}", unit.state())
        })?;
    }
    Ok(())
}

/// At all times.
pub(crate) fn a_stop_ends_within_its_budget(world: &World) -> Rule {
    let Some(end) = world.stop_must_end_by() else {
        return Ok(());
    };
    rule(world.left.is_some() || world.now <= end, || {
        format!(
            "the stop is not over at {:?}, its budget was {end:?}",
            world.now
        )
    })
}

/// When somebody asks for a stop that is under way.
pub(crate) fn asking_again_changes_nothing(before: &Engine, after: &Engine) -> Rule {
    rule(before.phase() == after.phase(), || {
        format!(
            "asked again, {:?} became {:?}",
            before.phase(),
            after.phase()
        )
    })?;
    rule(before.deadline() == after.deadline(), || {
        "asked again, a limit has changed".into()
    })
}

/// At random moments.
pub(crate) fn bytes_and_back_changes_nothing(engine: &Engine) -> Result<Engine, String> {
    let bytes = engine.encode();
    let copy = Engine::decode(&bytes).map_err(|fault| format!("own bytes: {fault}"))?;
    rule(copy == *engine, || {
        format!("bytes lose something:\n{engine:#?}\n{copy:#?}")
    })?;
    rule(copy.encode() == bytes, || "bytes differ".into())?;
    Ok(copy)
}
