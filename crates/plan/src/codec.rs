//! The definitions of a unit and of a group as bytes. They have no version of their own:
//! who keeps or hands over such bytes (the engine's state, PID 1's journal, the hand-over)
//! raises its own when these change.

use crate::bytes::{Malformed, Reader, Writer};
use crate::{Backoff, Criticality, Group, Kind, Limit, OnLimit, Readiness, Restart, Unit, When};

impl Group {
    /// Writes the whole definition.
    pub fn write(&self, out: &mut Writer) {
        out.text(&self.name);
        write_names(out, &self.members);
    }

    /// What [`Group::write`] wrote.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(from: &mut Reader) -> Result<Group, Malformed> {
        Ok(Group {
            name: from.text()?,
            members: from.list(Reader::text)?,
        })
    }
}

fn write_names(out: &mut Writer, names: &[String]) {
    out.length(names.len());
    for name in names {
        out.text(name);
    }
}

impl Unit {
    /// Writes the whole definition.
    pub fn write(&self, out: &mut Writer) {
        out.text(&self.name);
        out.bool(self.kind == Kind::OneShot);
        write_names(out, &self.needs);
        out.bool(self.wanted);
        out.bool(self.readiness == Readiness::Notified);
        out.u8(match self.restart.when {
            When::Never => 0,
            When::OnFailure => 1,
            When::Always => 2,
        });
        let backoff = &self.restart.backoff;
        out.duration(backoff.floor);
        out.duration(backoff.first);
        out.u32(backoff.factor);
        out.duration(backoff.max);
        out.duration(backoff.reset_after);
        out.option(self.restart.limit, |out, limit| {
            out.u32(limit.starts);
            out.duration(limit.within);
            out.bool(limit.then == OnLimit::StopContainer);
        });
        out.bool(self.criticality == Criticality::Critical);
        out.u8(self.down_signal);
        out.option(self.kill_after, Writer::duration);
        out.option(self.start_within, Writer::duration);
        out.bool(self.has_finish);
        out.option(self.finish_within, Writer::duration);
        out.option(self.logger.as_deref(), Writer::text);
        write_names(out, &self.reads_from);
    }

    /// What [`Unit::write`] wrote.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn read(from: &mut Reader) -> Result<Unit, Malformed> {
        let name = from.text()?;
        let kind = match from.bool()? {
            true => Kind::OneShot,
            false => Kind::Service,
        };
        let needs = from.list(Reader::text)?;
        Ok(Unit {
            name,
            kind,
            needs,
            wanted: from.bool()?,
            readiness: match from.bool()? {
                true => Readiness::Notified,
                false => Readiness::WhenUp,
            },
            restart: read_restart(from)?,
            criticality: match from.bool()? {
                true => Criticality::Critical,
                false => Criticality::Ordinary,
            },
            down_signal: from.u8()?,
            kill_after: from.option(Reader::duration)?,
            start_within: from.option(Reader::duration)?,
            has_finish: from.bool()?,
            finish_within: from.option(Reader::duration)?,
            logger: from.option(Reader::text)?,
            reads_from: from.list(Reader::text)?,
        })
    }
}

fn read_restart(from: &mut Reader) -> Result<Restart, Malformed> {
    Ok(Restart {
        when: match from.u8()? {
            0 => When::Never,
            1 => When::OnFailure,
            2 => When::Always,
            _ => return Err(Malformed::Invalid("restart policy")),
        },
        backoff: Backoff {
            floor: from.duration()?,
            first: from.duration()?,
            factor: from.u32()?,
            max: from.duration()?,
            reset_after: from.duration()?,
        },
        limit: from.option(|from| {
            Ok(Limit {
                starts: from.u32()?,
                within: from.duration()?,
                then: match from.bool()? {
                    true => OnLimit::StopContainer,
                    false => OnLimit::GiveUp,
                },
            })
        })?,
    })
}
