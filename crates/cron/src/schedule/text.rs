//! Reading the schedule at the beginning of a line.

use chain::escape;
use cli::similar;

use super::fields::Fields;
use super::{Schedule, When, Zone, duration};

/// What makes a schedule none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where in the text, from 0.
    pub(crate) column: usize,
    /// What, why, what to do.
    pub(crate) text: String,
}

/// What a schedule says that may not be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// Where in the text, from 0.
    pub(crate) column: usize,
    /// The name of the finding.
    pub(crate) name: &'static str,
    /// What, and what to do.
    pub(crate) text: String,
}

/// How many fields a line has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Five; six where the sixth word can only be a field.
    #[default]
    Told,
    /// Five.
    Five,
    /// Six, with seconds in front.
    Six,
}

/// A schedule as it stands in a line.
#[derive(Debug)]
pub(crate) struct Written {
    /// When.
    pub(crate) schedule: Schedule,
    /// How many bytes it takes, with the blanks behind it.
    pub(crate) length: usize,
    /// How many fields it has; 0 for `@daily` and its like.
    pub(crate) columns: usize,
    /// What may not be meant.
    pub(crate) notes: Vec<Note>,
}

/// Names for schedules (crontab(5)), and what they stand for.
const NAMED: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Every word with an `@`.
const WORDS: [&str; 9] = [
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
    "@every",
    "@reboot",
];

/// Reads the schedule with which `text` begins. `Columns::Told` tells six fields from five
/// only where no user stands behind them.
///
/// # Errors
/// The first thing that is wrong, from the left.
pub(crate) fn read(text: &[u8], zone: &Zone, columns: Columns) -> Result<Written, Fault> {
    let words = words(text);
    let Some((column, first)) = words.first().copied() else {
        return Err(Fault {
            column: 0,
            text: "there is no schedule".to_string(),
        });
    };
    let written = |when, used: usize, columns, notes| {
        let length = words.get(used).map_or(text.len(), |(column, _)| *column);
        Ok(Written {
            schedule: Schedule {
                when,
                zone: zone.clone(),
            },
            length,
            columns,
            notes,
        })
    };
    let mut notes = Vec::new();
    if first.starts_with(b"@") {
        let when = match named(first).ok_or_else(|| unknown(column, first))? {
            "@reboot" => When::Start,
            "@every" => {
                let (column, length) = words.get(1).copied().unwrap_or((text.len(), b""));
                let every = duration::read(length).map_err(|text| Fault { column, text })?;
                if every.as_secs() == 0 {
                    let text = "@every 0 has no end; the least is @every 1s".to_string();
                    return Err(Fault { column, text });
                }
                return written(When::Every(every.as_secs() as i64), 2, 0, notes);
            }
            fields => When::Fields(Fields::read(&self::words(fields.as_bytes()), &mut notes)?),
        };
        return written(when, 1, 0, notes);
    }
    let count = match columns {
        Columns::Five => 5,
        Columns::Six => 6,
        Columns::Told if six(&words) => 6,
        Columns::Told => 5,
    };
    if words.len() < count {
        let is = match words.len() {
            1 => "is one word".to_string(),
            count => format!("are {count} words"),
        };
        return Err(Fault {
            column: text.len(),
            text: format!(
                "there {is} where {} and a command should be; write as 0 5 * * * COMMAND, or @daily COMMAND",
                if count == 6 {
                    "six fields"
                } else {
                    "five fields"
                }
            ),
        });
    }
    let fields = Fields::read(&words[..count], &mut notes)?;
    // supercronic has years as a seventh field, behind the day of the week.
    let years = usize::from(
        count == 6
            && columns == Columns::Told
            && words.get(6).is_some_and(|(_, word)| is_year(word)),
    );
    if years == 1 && words[6].1 != b"*" {
        return Err(Fault {
            column: words[6].0,
            text: format!(
                "{} is a year, which cannot be chosen; write * or leave it out",
                escape(words[6].1)
            ),
        });
    }
    if count == 6 && columns == Columns::Told && years == 0 {
        notes.push(Note {
            column,
            name: "six-fields",
            text: "six fields are read with seconds in front (supercronic would read years behind \
                   five); write a line CRON_SECONDS=yes above to say so, or CRON_SECONDS=no for five"
                .to_string(),
        });
    }
    written(When::Fields(fields), count + years, count, notes)
}

fn named(word: &[u8]) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let known = WORDS.iter().find(|known| known.as_bytes() == lower)?;
    let fields = NAMED.iter().find(|(name, _)| name == known);
    Some(fields.map_or(known, |(_, fields)| fields))
}

fn unknown(column: usize, word: &[u8]) -> Fault {
    Fault {
        column,
        text: format!(
            "there is no {}{}",
            escape(word),
            match similar::nearest(word, WORDS) {
                Some(near) => format!("; did you mean {near}?"),
                None => format!("; there are {}", WORDS.join(", ")),
            }
        ),
    }
}

/// Words of a line with their columns. No more are looked at than a schedule can have.
fn words(text: &[u8]) -> Vec<(usize, &[u8])> {
    let blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let mut words = Vec::new();
    let mut at = 0;
    while words.len() < 8 {
        at += text[at..].iter().take_while(|byte| blank(byte)).count();
        let length = text[at..].iter().take_while(|byte| !blank(byte)).count();
        if length == 0 {
            break;
        }
        words.push((at, &text[at..at + length]));
        at += length;
    }
    words
}

/// Whether six words are fields: all of them look like one, the sixth is no word that a
/// command could be, and something stands behind.
fn six(words: &[(usize, &[u8])]) -> bool {
    words.len() > 6 && words[..6].iter().all(|(_, word)| is_field(word))
}

/// Digits and signs, or names of days and months between them.
fn is_field(word: &[u8]) -> bool {
    let signs = |byte: &u8| b"*/,-?#".contains(byte);
    let name = |part: &[u8]| {
        let digits = part.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = part[digits..].to_ascii_lowercase();
        rest.is_empty() || [&b"l"[..], b"w", b"lw"].contains(&&rest[..]) || {
            let rest = rest
                .strip_suffix(b"l")
                .filter(|rest| rest.len() == 3)
                .unwrap_or(&rest);
            digits == 0 && NAMES.contains(&rest)
        }
    };
    word.split(signs).all(name)
}

const NAMES: [&[u8]; 19] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
    b"sun", b"mon", b"tue", b"wed", b"thu", b"fri", b"sat",
];

fn is_year(word: &[u8]) -> bool {
    word == b"*" || (word.len() >= 4 && word[0].is_ascii_digit() && is_field(word))
}
