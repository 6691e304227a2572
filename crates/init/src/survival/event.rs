//! Events for the engine as bytes.

use engine::{End, Event, Pid, Request, StopCause, StopLimits, UnitId};
use plan::Group;
use plan::bytes::{Malformed, Reader, Writer};

/// Writes an event. `Add` has a record of its own, with the services' files.
pub(crate) fn write(out: &mut Writer, event: &Event) {
    match event {
        Event::Add(_) => out.u8(0),
        Event::Remove(id) => unit(out, 1, *id),
        Event::Started(id, pid) => {
            unit(out, 2, *id);
            out.i32(pid.0);
        }
        Event::StartFailed(id) => unit(out, 3, *id),
        Event::Ready(id) => unit(out, 4, *id),
        Event::Exited(pid, end) => {
            out.u8(5);
            out.i32(pid.0);
            let (kind, value) = match end {
                End::Exited(code) => (0, *code),
                End::Killed(signal) => (1, *signal),
            };
            out.bytes(&[kind, value]);
        }
        Event::ExecFailed(pid) => {
            out.u8(6);
            out.i32(pid.0);
        }
        Event::Asked(id, request) => {
            unit(out, 7, *id);
            write_request(out, *request);
        }
        Event::Stop(cause) => {
            out.u8(8);
            let (kind, code) = match cause {
                StopCause::Asked => (0, 0),
                StopCause::BootFailed(code) => (1, *code),
                StopCause::CommandEnded(code) => (2, *code),
                StopCause::Interrupted => (3, 0),
                StopCause::Now => (4, 0),
            };
            out.bytes(&[kind, code]);
        }
        Event::StopHooksDone(limits) => {
            out.u8(9);
            write_limits(out, limits);
        }
        Event::NoneLeft => out.u8(10),
        Event::Tick => out.u8(11),
        Event::Groups(groups) => {
            out.u8(12);
            out.length(groups.len());
            groups.iter().for_each(|group| group.write(out));
        }
        Event::Up(names) => write_names(out, 13, names),
        Event::Down(names) => write_names(out, 14, names),
    }
}

fn write_names(out: &mut Writer, kind: u8, names: &[String]) {
    out.u8(kind);
    out.length(names.len());
    names.iter().for_each(|name| out.text(name));
}

fn unit(out: &mut Writer, kind: u8, id: UnitId) {
    out.u8(kind);
    out.u32(id.0);
}

fn write_request(out: &mut Writer, request: Request) {
    let (kind, signal) = match request {
        Request::Up => (0, 0),
        Request::Once => (1, 0),
        Request::OnceAtMost => (2, 0),
        Request::Down => (3, 0),
        Request::Restart => (4, 0),
        Request::Signal(signal) => (5, signal),
        Request::Exit => (6, 0),
    };
    out.bytes(&[kind, signal]);
}

pub(crate) fn write_limits(out: &mut Writer, limits: &StopLimits) {
    for limit in [limits.services, limits.kill, limits.whole] {
        out.option(limit, Writer::duration);
    }
}

/// What [`write`] wrote.
pub(crate) fn read(from: &mut Reader) -> Result<Event, Malformed> {
    Ok(match from.u8()? {
        1 => Event::Remove(read_unit(from)?),
        2 => Event::Started(read_unit(from)?, Pid(from.i32()?)),
        3 => Event::StartFailed(read_unit(from)?),
        4 => Event::Ready(read_unit(from)?),
        5 => {
            let pid = Pid(from.i32()?);
            match from.array()? {
                [0, code] => Event::Exited(pid, End::Exited(code)),
                [1, signal] => Event::Exited(pid, End::Killed(signal)),
                _ => return Err(Malformed::Invalid("end")),
            }
        }
        6 => Event::ExecFailed(Pid(from.i32()?)),
        7 => Event::Asked(read_unit(from)?, read_request(from)?),
        8 => Event::Stop(match from.array()? {
            [0, _] => StopCause::Asked,
            [1, code] => StopCause::BootFailed(code),
            [2, code] => StopCause::CommandEnded(code),
            [3, _] => StopCause::Interrupted,
            [4, _] => StopCause::Now,
            _ => return Err(Malformed::Invalid("cause of the stop")),
        }),
        9 => Event::StopHooksDone(read_limits(from)?),
        10 => Event::NoneLeft,
        11 => Event::Tick,
        12 => Event::Groups(from.list(Group::read)?),
        13 => Event::Up(from.list(Reader::text)?),
        14 => Event::Down(from.list(Reader::text)?),
        _ => return Err(Malformed::Invalid("event")),
    })
}

fn read_unit(from: &mut Reader) -> Result<UnitId, Malformed> {
    Ok(UnitId(from.u32()?))
}

fn read_request(from: &mut Reader) -> Result<Request, Malformed> {
    Ok(match from.array()? {
        [0, _] => Request::Up,
        [1, _] => Request::Once,
        [2, _] => Request::OnceAtMost,
        [3, _] => Request::Down,
        [4, _] => Request::Restart,
        [5, signal] => Request::Signal(signal),
        [6, _] => Request::Exit,
        _ => return Err(Malformed::Invalid("request")),
    })
}

pub(crate) fn read_limits(from: &mut Reader) -> Result<StopLimits, Malformed> {
    Ok(StopLimits {
        services: from.option(Reader::duration)?,
        kill: from.option(Reader::duration)?,
        whole: from.option(Reader::duration)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_event_comes_back() {
        let id = UnitId(7);
        let limits = StopLimits {
            services: None,
            kill: Some(Duration::from_millis(1)),
            whole: Some(Duration::MAX),
        };
        let mut events = vec![
            Event::Remove(id),
            Event::Started(id, Pid(3)),
            Event::StartFailed(id),
            Event::Ready(id),
            Event::Exited(Pid(3), End::Exited(255)),
            Event::Exited(Pid(3), End::Killed(9)),
            Event::ExecFailed(Pid(4)),
            Event::Stop(StopCause::Asked),
            Event::Stop(StopCause::Interrupted),
            Event::Stop(StopCause::Now),
            Event::Stop(StopCause::BootFailed(1)),
            Event::Stop(StopCause::CommandEnded(2)),
            Event::StopHooksDone(limits),
            Event::NoneLeft,
            Event::Tick,
            Event::Groups(vec![Group {
                name: "all".into(),
                members: vec!["a".into(), "b".into()],
            }]),
            Event::Up(vec!["all".into()]),
            Event::Down(vec!["a".into(), "b".into()]),
        ];
        events.extend(
            [
                Request::Up,
                Request::Once,
                Request::OnceAtMost,
                Request::Down,
                Request::Restart,
                Request::Signal(10),
                Request::Exit,
            ]
            .map(|request| Event::Asked(id, request)),
        );
        for event in events {
            let mut out = Writer::default();
            write(&mut out, &event);
            let bytes = out.into_bytes();
            let mut from = Reader::new(&bytes);
            assert_eq!(read(&mut from), Ok(event.clone()));
            assert!(from.is_at_end(), "{event:?}");
            for length in 0..bytes.len() {
                assert!(read(&mut Reader::new(&bytes[..length])).is_err());
            }
        }
    }
}
