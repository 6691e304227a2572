//! When a job runs.
//!
//! `field` and `fields` say which moments of a clock on the wall a line means, `zone` what
//! that clock shows, and this file what happens where the clock is set: see
//! [`Schedule::after`].

pub(crate) mod calendar;
pub(crate) mod duration;
mod field;
mod fields;
mod text;
pub(crate) mod zone;

#[cfg(test)]
mod tests;

pub(crate) use text::{Columns, Fault, Note, read};
pub(crate) use zone::Zone;

use fields::Fields;

/// Seconds since 1970-01-01 UTC.
pub(crate) type Seconds = i64;

/// How far ahead a time is looked for. Whether a date is meant depends on its year alone, and
/// there are 14 kinds of years; the rarest kind (29 February on a certain day of the week,
/// over a year 2100) comes again after 40 years at most.
const HORIZON: i64 = 41 * 366 * calendar::DAY;

/// Two changes of a clock within so much time are one to people: an hour that came twice
/// may come thrice.
const NEAR: i64 = 2 * calendar::DAY;

/// The times of one job, with the zone in which its fields are meant.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    when: When,
    zone: Zone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Fields(Fields),
    /// So many seconds between two runs.
    Every(i64),
    /// Once, when the scheduler starts.
    Start,
}

/// A time of a job where a clock is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Disturbed {
    /// What the clock on the wall would show.
    pub(crate) wall: Seconds,
    /// When the job runs instead, or the second moment at which the clock shows it.
    pub(crate) at: Seconds,
    /// Whether it is skipped; else it comes twice.
    pub(crate) is_skipped: bool,
}

impl Schedule {
    /// The first time after `now`; none where no time ever comes (30 February) and for
    /// `@reboot`.
    ///
    /// Where the clock of the zone is set forward, what is skipped runs once, at the first
    /// moment behind the gap; but not what runs in every hour anyway. Where it is set back,
    /// a time runs when it comes first; but what goes by intervals (minutes or hours begin
    /// with `*`) goes on in the second pass. `@every` knows no clock: it runs at multiples
    /// of its length since 1970-01-01 00:00 UTC, so that a restart moves nothing.
    pub(crate) fn after(&self, now: Seconds) -> Option<Seconds> {
        let fields = match &self.when {
            When::Start => return None,
            When::Every(length) => {
                let next = now.div_euclid(*length).saturating_add(1);
                return next.checked_mul(*length);
            }
            When::Fields(fields) => fields,
        };
        let mut from = now.checked_add(1)?.max(calendar::FIRST);
        let until = from.saturating_add(HORIZON).min(calendar::LAST);
        while from < until {
            let span = self.zone.span(from);
            let end = span.end.min(until);
            let begin = span.begin.max(calendar::FIRST);
            let reached = self.reached(span);
            let mut wall = from + span.offset;
            if let Some(reached) = reached {
                let skipped = || fields.next(reached, begin + span.offset).is_some();
                if from == begin && !fields.is_every_hour() && skipped() {
                    return Some(begin);
                }
                if !fields.is_interval() {
                    wall = wall.max(reached);
                }
            }
            if let Some(found) = fields.next(wall, end + span.offset) {
                return Some(found - span.offset);
            }
            from = end;
        }
        None
    }

    /// What the clock has shown last, and one second more, before the span began; none
    /// where it has always been so.
    fn reached(&self, span: zone::Span) -> Option<Seconds> {
        if span.begin <= calendar::FIRST {
            return None;
        }
        let mut before = self.zone.span(span.begin - 1);
        let mut reached = span.begin + before.offset;
        while before.begin > calendar::FIRST && before.begin + NEAR > span.begin {
            before = self.zone.span(before.begin - 1);
            reached = reached.max(before.end + before.offset);
        }
        Some(reached)
    }

    /// Whether a run at that moment makes up for times that the clock skips there.
    pub(crate) fn is_moved(&self, at: Seconds) -> bool {
        let span = self.zone.span(at);
        let wall = at + span.offset;
        self.fields()
            .is_some_and(|fields| span.begin == at && fields.next(wall, wall + 1).is_none())
    }

    /// The first time that a clock skips or shows twice, so that the job runs later or once,
    /// among the changes in ten years from `from`.
    pub(crate) fn first_disturbed(&self, from: Seconds) -> Option<Disturbed> {
        let fields = self.fields()?;
        let until = from.saturating_add(10 * 366 * calendar::DAY);
        let mut span = self.zone.span(from);
        while span.end < until {
            span = self.zone.span(span.end);
            let reached = self.reached(span)?;
            let shown = span.begin + span.offset;
            let skipped = fields
                .next(reached, shown)
                .filter(|_| !fields.is_every_hour());
            let doubled = fields
                .next(shown, reached)
                .filter(|_| !fields.is_interval());
            if let Some(wall) = skipped.or(doubled) {
                let at = if skipped.is_some() {
                    span.begin
                } else {
                    wall - span.offset
                };
                return Some(Disturbed {
                    wall,
                    at,
                    is_skipped: skipped.is_some(),
                });
            }
        }
        None
    }

    /// Whether it runs when the scheduler starts, and then no more: `@reboot`.
    pub(crate) fn is_at_start(&self) -> bool {
        self.when == When::Start
    }

    /// The zone in which its fields are meant.
    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The fields; none for `@every` and `@reboot`.
    pub(crate) fn fields(&self) -> Option<&Fields> {
        match &self.when {
            When::Fields(fields) => Some(fields),
            When::Every(_) | When::Start => None,
        }
    }
}
