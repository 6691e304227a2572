//! One field of a schedule: `*`, `5`, `mon-fri`, `*/10`, `1-9/2,30`, and what Quartz and
//! supercronic have for days: `L`, `15W`, `fri#2`, `5L`.

use chain::escape;
use cli::similar;

use super::{Fault, Note};

/// What there is to know of a field before it is read.
#[derive(Debug)]
pub(crate) struct Kind {
    /// What a value of it is called.
    noun: &'static str,
    low: u32,
    /// The highest value that is counted.
    high: u32,
    /// The highest value that may be written: 7 is Sunday.
    written: u32,
    /// Names, from the lowest value on; their first three letters count too.
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: &[&str] = &[
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

const fn numbers(noun: &'static str, low: u32, high: u32) -> Kind {
    Kind {
        noun,
        low,
        high,
        written: high,
        names: &[],
    }
}

pub(crate) const SECOND: Kind = numbers("second (0-59)", 0, 59);
pub(crate) const MINUTE: Kind = numbers("minute (0-59)", 0, 59);
pub(crate) const HOUR: Kind = numbers("hour (0-23)", 0, 23);
pub(crate) const DAY: Kind = numbers("day of the month (1-31)", 1, 31);
pub(crate) const MONTH: Kind = Kind {
    names: MONTHS,
    ..numbers("month (1-12 or jan-dec)", 1, 12)
};
pub(crate) const WEEKDAY: Kind = Kind {
    names: WEEKDAYS,
    written: 7,
    ..numbers("day of the week (0-7 or sun-sat)", 0, 6)
};

impl Kind {
    fn is_day(&self) -> bool {
        self.high == 31
    }

    fn is_weekday(&self) -> bool {
        self.written == 7
    }

    /// The bits of all its values.
    pub(crate) fn all(&self) -> u64 {
        bits(self.low, self.high, 1)
    }
}

/// The values of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set {
    /// A bit for each value.
    pub(crate) bits: u64,
    /// Whether it begins with `*` or `?`: crontab(5) then lets the other field of days
    /// decide, even where a step follows.
    pub(crate) star: bool,
    /// Of days: bit n for n days before the month's last (`L`, `L-3`).
    pub(crate) last: u32,
    /// Of days: bit n for the working day nearest to the n-th (`15W`).
    pub(crate) nearest: u32,
    /// Of days: the month's last working day (`LW`).
    pub(crate) last_working: bool,
    /// Of days of the week: at n-1 the bits of those that count in their n-th week (`fri#2`),
    /// at 5 in their last (`5L`).
    pub(crate) nth: [u8; 6],
}

/// Reads a field that begins in this column of its line, from 0.
pub(crate) fn read(
    kind: &Kind,
    text: &[u8],
    column: usize,
    notes: &mut Vec<Note>,
) -> Result<Set, Fault> {
    let mut set = Set {
        star: matches!(text.first(), Some(b'*' | b'?')),
        ..Set::default()
    };
    let mut at = column;
    for item in text.split(|byte| *byte == b',') {
        let fault = |text: String| Fault { column: at, text };
        if item.is_empty() {
            return Err(fault(format!(
                "a comma in {} has nothing {} it",
                escape(text),
                if at == column {
                    "before"
                } else {
                    "behind or before"
                }
            )));
        }
        if !special(kind, item, &mut set).map_err(fault)? {
            range(kind, item, &mut set, at, notes).map_err(fault)?;
        }
        at += item.len() + 1;
    }
    if kind.is_weekday() && set.bits & 1 << 7 != 0 {
        set.bits = set.bits & !(1 << 7) | 1;
    }
    Ok(set)
}

/// `*`, `A`, `A-B`, each with `/STEP`.
fn range(
    kind: &Kind,
    item: &[u8],
    set: &mut Set,
    at: usize,
    notes: &mut Vec<Note>,
) -> Result<(), String> {
    let (base, written_step) = match item.iter().position(|byte| *byte == b'/') {
        // A path: the command begins where a field should be.
        Some(0) => return value(kind, item).map(|_| ()),
        Some(slash) => (&item[..slash], Some(&item[slash + 1..])),
        None => (item, None),
    };
    let dash = base
        .iter()
        .skip(1)
        .position(|byte| *byte == b'-')
        .map(|dash| dash + 1);
    let (low, high) = match (base, dash) {
        (b"*", _) => (kind.low, kind.high),
        (b"?", _) if kind.is_day() || kind.is_weekday() => (kind.low, kind.high),
        (b"?", _) => {
            return Err("? stands for any day and is used for days only; write *".to_string());
        }
        (_, Some(dash)) => {
            let (low, mut high) = (value(kind, &base[..dash])?, value(kind, &base[dash + 1..])?);
            if kind.is_weekday() && high == 0 && low > 0 {
                high = 7;
            }
            if low > high {
                return Err(reversed(kind, base, low, high));
            }
            (low, high)
        }
        (_, None) => {
            let value = value(kind, base)?;
            match written_step {
                // crontab(5) has no step behind a single value; Quartz, supercronic and
                // systemd read it so.
                Some(step) => {
                    notes.push(Note {
                        column: at,
                        name: "step-of-one",
                        text: format!(
                            "{} is read as {value}-{}/{}; Debian's cron would read {value} alone; \
                             write what is meant",
                            escape(item),
                            kind.high,
                            escape(step),
                        ),
                    });
                    (value.min(kind.high), kind.high)
                }
                None => (value, value),
            }
        }
    };
    let step = match written_step {
        Some(text) => step(kind, text, item)?,
        None => 1,
    };
    if base == b"*" && step > 1 {
        uneven(kind, step, at, notes);
    }
    set.bits |= bits(low, high, step);
    Ok(())
}

/// A step that does not come round: `*/45` is at 0 and 45, not every 45 minutes.
fn uneven(kind: &Kind, step: u32, at: usize, notes: &mut Vec<Note>) {
    let count = kind.high - kind.low + 1;
    let (unit, letter) = match kind.noun.split(' ').next() {
        Some(unit @ "second") => (unit, 's'),
        Some(unit @ "minute") => (unit, 'm'),
        Some(unit @ "hour") => (unit, 'h'),
        _ => return,
    };
    if count.is_multiple_of(step) {
        return;
    }
    let values: Vec<String> = (0..count)
        .step_by(step as usize)
        .map(|value| value.to_string())
        .collect();
    let shown = match values.len() {
        0..=4 => values.join(", "),
        _ => format!(
            "{}, {}, … {}",
            values[0],
            values[1],
            values[values.len() - 1]
        ),
    };
    notes.push(Note {
        column: at,
        name: "uneven-step",
        text: format!(
            "*/{step} is at {unit} {shown} and then at 0 again, not every {step} {unit}s; \
             for that write @every {step}{letter}"
        ),
    });
}

fn step(kind: &Kind, text: &[u8], item: &[u8]) -> Result<u32, String> {
    let shown = escape(item);
    let number = number(text).ok_or_else(|| {
        format!("the step of {shown} is no number; write one behind the slash, as */5")
    })?;
    match number {
        0 => Err(format!(
            "the step of {shown} is 0, which never moves; the least is 1"
        )),
        // What is longer than the field is the field's first value.
        step => Ok(step.min(kind.high + 1)),
    }
}

fn bits(low: u32, high: u32, step: u32) -> u64 {
    (low..=high)
        .step_by(step as usize)
        .fold(0, |bits, value| bits | 1 << value)
}

/// A number or a name.
fn value(kind: &Kind, text: &[u8]) -> Result<u32, String> {
    let shown = escape(text);
    if let Some(number) = number(text) {
        return match (kind.low..=kind.written).contains(&number) {
            true => Ok(number),
            false => Err(format!("{shown} is no {}", kind.noun)),
        };
    }
    if text.is_empty() {
        return Err(format!(
            "a range needs a {} on both sides of its dash",
            kind.noun
        ));
    }
    let lower = text.to_ascii_lowercase();
    let named = kind
        .names
        .iter()
        .position(|name| lower == name.as_bytes() || lower == name.as_bytes()[..3]);
    if let Some(at) = named {
        return Ok(kind.low + at as u32);
    }
    let short = kind.names.iter().map(|name| &name[..3]);
    if let Some(near) = similar::nearest(text, kind.names.iter().copied().chain(short)) {
        return Err(format!(
            "{shown} is no {}; did you mean {}?",
            kind.noun,
            &near[..3]
        ));
    }
    Err(match text {
        _ if text.contains(&b'~') => format!(
            "{shown} is a random time, which there is not here; write a time, and \
             CRON_JITTER=10m in front of it to spread runs"
        ),
        b"H" => "H is Jenkins's; write a time, and CRON_JITTER=10m in front of it to spread runs"
            .to_string(),
        b"L" | b"W" | b"LW" => format!("{shown} is for days only"),
        _ => format!(
            "{shown} is no {}; in front of the command stand minute, hour, day of the month, \
             month and day of the week",
            kind.noun
        ),
    })
}

fn number(text: &[u8]) -> Option<u32> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    // More digits than any value has are too large, not something else.
    digits.then(|| {
        let text = std::str::from_utf8(text).unwrap_or_default();
        text.parse().unwrap_or(u32::MAX)
    })
}

fn reversed(kind: &Kind, item: &[u8], low: u32, high: u32) -> String {
    let part = |low: u32, high: u32| match low == high {
        true => low.to_string(),
        false => format!("{low}-{high}"),
    };
    format!(
        "{} runs backwards; write {},{}",
        escape(item),
        part(low.min(kind.high), kind.high),
        part(kind.low, high)
    )
}

/// `L`, `L-3`, `LW`, `15W` of days; `5L`, `fri#2` of days of the week. False for none of
/// them.
fn special(kind: &Kind, item: &[u8], set: &mut Set) -> Result<bool, String> {
    let shown = escape(item);
    let upper = item.to_ascii_uppercase();
    if kind.is_day() {
        match &upper[..] {
            b"L" => set.last |= 1,
            b"LW" | b"WL" => set.last_working = true,
            [b'L', b'-', rest @ ..] => match number(rest) {
                Some(before @ 0..=30) => set.last |= 1 << before,
                _ => {
                    return Err(format!(
                        "{shown} is no day: L-1 to L-30 are before the month's last"
                    ));
                }
            },
            [rest @ .., b'W'] => match number(rest) {
                Some(day @ 1..=31) => set.nearest |= 1 << day,
                _ => {
                    return Err(format!(
                        "{shown} is no day: 1W to 31W are the working days nearest to it"
                    ));
                }
            },
            _ => return Ok(false),
        }
        return Ok(true);
    }
    if !kind.is_weekday() {
        return Ok(false);
    }
    if upper == b"L" {
        return Err(
            "L alone is no day of the week; write 5L or friL for a month's last Friday, \
             and L in the field of days for a month's last day"
                .to_string(),
        );
    }
    if let Some(hash) = item.iter().position(|byte| *byte == b'#') {
        let day = value(kind, &item[..hash])?;
        return match number(&item[hash + 1..]) {
            Some(week @ 1..=5) => {
                set.nth[week as usize - 1] |= 1 << (day % 7);
                Ok(true)
            }
            _ => Err(format!(
                "{shown} is no day of the week: behind # stands which of the month's, 1 to 5"
            )),
        };
    }
    // jul, sol and the like are no days: only what stands before the L decides.
    if let Some(rest) = item.strip_suffix(b"L").or_else(|| item.strip_suffix(b"l"))
        && let Ok(day) = value(kind, rest)
    {
        set.nth[5] |= 1 << (day % 7);
        return Ok(true);
    }
    Ok(false)
}
