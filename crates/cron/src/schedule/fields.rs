//! The fields of a schedule together: which moments of a clock on the wall they mean.

use super::calendar::{self, DAY, Date};
use super::field::{self, Set};
use super::{Fault, Note, Seconds};

/// Six fields, the first of which is 0 where a line has five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    second: Set,
    minute: Set,
    hour: Set,
    day: Set,
    month: Set,
    weekday: Set,
}

/// What the fields of a line of five are, in order.
const KINDS: [&field::Kind; 6] = [
    &field::SECOND,
    &field::MINUTE,
    &field::HOUR,
    &field::DAY,
    &field::MONTH,
    &field::WEEKDAY,
];

impl Fields {
    /// Reads five or six words, each with its column.
    pub(crate) fn read(words: &[(usize, &[u8])], notes: &mut Vec<Note>) -> Result<Fields, Fault> {
        let mut sets = [Set::default(); 6];
        sets[0].bits = 1;
        let left_out = KINDS.len() - words.len().min(KINDS.len());
        for (at, (column, word)) in words.iter().take(KINDS.len()).enumerate() {
            let at = left_out + at;
            sets[at] = field::read(KINDS[at], word, *column, notes)?;
        }
        let [second, minute, hour, day, month, weekday] = sets;
        Ok(Fields {
            second,
            minute,
            hour,
            day,
            month,
            weekday,
        })
    }

    /// Whether hours are not chosen: what a skipped hour leaves out comes again in the next.
    pub(crate) fn is_every_hour(&self) -> bool {
        self.hour.bits == field::HOUR.all()
    }

    /// Whether it goes by intervals rather than by the clock (Debian's cron: a `*` at the
    /// beginning of minutes or hours).
    pub(crate) fn is_interval(&self) -> bool {
        self.second.star || self.minute.star || self.hour.star || self.is_every_hour()
    }

    /// Whether both fields of days choose, so that either is enough.
    pub(crate) fn has_both_days(&self) -> bool {
        !self.day.star && !self.weekday.star
    }

    /// Whether every minute of every hour is meant.
    pub(crate) fn is_every_minute(&self) -> bool {
        self.minute.bits == field::MINUTE.all() && self.is_every_hour()
    }

    /// The one hour that is chosen, where each minute of it is meant.
    pub(crate) fn whole_hour(&self) -> Option<u32> {
        let is_one = self.hour.bits.is_power_of_two();
        let whole = self.minute.bits == field::MINUTE.all() && is_one;
        whole.then(|| self.hour.bits.trailing_zeros())
    }

    /// The first moment on the wall that is not before `from` and is before `until`.
    pub(crate) fn next(&self, from: Seconds, until: Seconds) -> Option<Seconds> {
        let mut day = from.div_euclid(DAY);
        let mut second = from.rem_euclid(DAY) as u32;
        while day * DAY < until {
            let date = calendar::date(day);
            if self.month.bits & 1 << date.month == 0 {
                day += i64::from(calendar::length(date.year, date.month) - date.day + 1);
                second = 0;
                continue;
            }
            if self.has_day(date, day)
                && let Some(found) = self.time(second)
            {
                let wall = day * DAY + i64::from(found);
                return (wall < until).then_some(wall);
            }
            day += 1;
            second = 0;
        }
        None
    }

    /// The first second of a day from `from` on.
    fn time(&self, from: u32) -> Option<u32> {
        let (hour, minute, second) = (from / 3600, from / 60 % 60, from % 60);
        let first = |set: &Set| next_bit(set.bits, 0).unwrap_or(0);
        if self.hour.bits & 1 << hour != 0 {
            if self.minute.bits & 1 << minute != 0
                && let Some(second) = next_bit(self.second.bits, second)
            {
                return Some(hour * 3600 + minute * 60 + second);
            }
            if let Some(minute) = next_bit(self.minute.bits, minute + 1) {
                return Some(hour * 3600 + minute * 60 + first(&self.second));
            }
        }
        let hour = next_bit(self.hour.bits, hour + 1)?;
        Some(hour * 3600 + first(&self.minute) * 60 + first(&self.second))
    }

    /// crontab(5): where both fields of days choose, either is enough; where one begins
    /// with `*`, both must hold.
    fn has_day(&self, date: Date, day: i64) -> bool {
        let (by_day, by_weekday) = (self.by_day(date, day), self.by_weekday(date, day));
        match self.has_both_days() {
            true => by_day || by_weekday,
            false => by_day && by_weekday,
        }
    }

    fn by_day(&self, date: Date, day: i64) -> bool {
        let set = &self.day;
        if set.bits & 1 << date.day != 0 {
            return true;
        }
        if set.last == 0 && set.nearest == 0 && !set.last_working {
            return false;
        }
        let length = calendar::length(date.year, date.month);
        if set.last & 1 << (length - date.day) != 0 {
            return true;
        }
        let weekday = calendar::weekday(day);
        if weekday == 0 || weekday == 6 {
            return false;
        }
        // A Friday stands in for the Saturday behind it, a Monday for the Sunday before
        // it; where those lie in another month, for the day beyond: never out of the month.
        let stands_for = |other: u32| set.nearest & 1 << other != 0;
        let last_working = match weekday {
            5 => date.day + 2 >= length,
            _ => date.day == length,
        };
        stands_for(date.day)
            || (weekday == 5 && date.day < length && stands_for(date.day + 1))
            || (weekday == 5 && date.day + 2 == length && stands_for(length))
            || (weekday == 1 && date.day > 1 && stands_for(date.day - 1))
            || (weekday == 1 && date.day == 3 && stands_for(1))
            || (set.last_working && last_working)
    }

    fn by_weekday(&self, date: Date, day: i64) -> bool {
        let bit = 1 << calendar::weekday(day);
        let nth = (date.day as usize - 1) / 7;
        self.weekday.bits & u64::from(bit) != 0
            || self.weekday.nth[nth] & bit != 0
            || (self.weekday.nth[5] & bit != 0
                && date.day + 7 > calendar::length(date.year, date.month))
    }
}

/// The lowest bit from `from` on.
fn next_bit(bits: u64, from: u32) -> Option<u32> {
    let left = bits.checked_shr(from)?;
    (left != 0).then(|| from + left.trailing_zeros())
}
