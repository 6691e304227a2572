//! s6-cut: prints parts of lines.

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape};
use execline::number;
use kernel::fs::{self, flags};
use kernel::fd;

use super::read_lines::Lines;
use super::{files, output};

pub(super) const PROGRAM: Program = Program {
    name: "s6-cut",
    usage: "[ -b list | -c list | -f list ] [ -d delim ] [ -n ] [ -s ] [ file... ]",
    summary: "print bytes or fields of lines",
    run,
};

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    /// Between delimiters; whether lines without one are passed over.
    Fields(u8, bool),
}

/// Counted from 1, both ends included; the second may be open.
type Range = (usize, Option<usize>);

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut ranges, mut fields) = (None, false);
    let (mut delimiter, mut only_delimited) = (b'\t', false);
    for option in call.options("nsb:c:f:d:")? {
        match option.letter {
            b'n' => {}
            b's' => only_delimited = true,
            b'd' => delimiter = option.value.first().copied().unwrap_or(0),
            letter => {
                if ranges.is_some() {
                    return Err(call.misuse());
                }
                fields = letter == b'f';
                ranges = Some(list(&option.value).ok_or_else(|| {
                    Failure::Invalid(format!("this is no list: {}", escape(&option.value)))
                })?);
            }
        }
    }
    let unit = match fields {
        true => Unit::Fields(delimiter, only_delimited),
        false => Unit::Bytes,
    };
    let ranges = ranges.filter(|ranges| !ranges.is_empty());
    let ranges = ranges.ok_or_else(|| call.misuse())?;
    let names = call.rest();
    if names.is_empty() {
        cut(&mut Lines::new(b'\n'), unit, &ranges)?;
    }
    for name in names {
        if name == b"-" {
            cut(&mut Lines::new(b'\n'), unit, &ranges)?;
            continue;
        }
        let file = fs::open(files::path(&name), flags::O_RDONLY, 0).unable("open", &name)?;
        let mut lines = Lines::of(fd::number(&file), &name, b'\n');
        cut(&mut lines, unit, &ranges)?;
    }
    Ok(Outcome::Exit(0))
}

/// The ranges of a list as cut(1p) has it, in order and without overlaps.
fn list(text: &[u8]) -> Option<Vec<Range>> {
    let count = |word: &[u8]| {
        let number = number::unsigned(word).filter(|number| *number > 0)?;
        usize::try_from(number).ok()
    };
    let mut ranges = Vec::new();
    for item in text.split(|byte| b", \t".contains(byte)) {
        if item.is_empty() {
            continue;
        }
        let range = match item.iter().position(|byte| *byte == b'-') {
            None => count(item).map(|only| (only, Some(only)))?,
            Some(at) => {
                let (from, to) = (&item[..at], &item[at + 1..]);
                let from = if from.is_empty() { 1 } else { count(from)? };
                let to = if to.is_empty() { None } else { Some(count(to)?) };
                (from, to)
            }
        };
        if range.1.is_some_and(|to| to < range.0) {
            return None;
        }
        ranges.push(range);
    }
    ranges.sort_unstable_by_key(|range| range.0);
    let mut merged: Vec<Range> = Vec::new();
    for (from, to) in ranges {
        match merged.last_mut() {
            Some((_, None)) => {}
            Some((_, Some(last))) if from <= *last => match to {
                None => merged.last_mut().into_iter().for_each(|range| range.1 = None),
                Some(to) => *last = to.max(*last),
            },
            _ => merged.push((from, to)),
        }
    }
    Some(merged)
}

fn cut(lines: &mut Lines, unit: Unit, ranges: &[Range]) -> Result<()> {
    let mut text = Vec::new();
    while let Some(line) = lines.next()? {
        let Some(mut kept) = part(&line, unit, ranges) else {
            continue;
        };
        if lines.had_delimiter() {
            kept.push(b'\n');
        }
        text.append(&mut kept);
        if text.len() > 65536 {
            output::write(&std::mem::take(&mut text))?;
        }
    }
    output::write(&text)
}

/// What is kept of a line; none where it is passed over.
fn part(line: &[u8], unit: Unit, ranges: &[Range]) -> Option<Vec<u8>> {
    let all: Vec<&[u8]> = match unit {
        Unit::Bytes => line.chunks(1).collect(),
        Unit::Fields(delimiter, only_delimited) => {
            if !line.contains(&delimiter) {
                return (!only_delimited).then(|| line.to_vec());
            }
            line.split(|byte| *byte == delimiter).collect()
        }
    };
    let mut kept: Vec<&[u8]> = Vec::new();
    for (from, to) in ranges {
        let end = to.unwrap_or(all.len()).min(all.len());
        kept.extend(all.get(from - 1..end).unwrap_or_default());
    }
    Some(match unit {
        Unit::Bytes => kept.concat(),
        Unit::Fields(delimiter, _) => kept.join(&delimiter),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_put_in_order_and_merged() {
        for (text, expected) in [
            ("2", Some(vec![(2, Some(2))])),
            ("3,1", Some(vec![(1, Some(1)), (3, Some(3))])),
            ("1-3,2-5", Some(vec![(1, Some(5))])),
            ("4-,2,5-6", Some(vec![(2, Some(2)), (4, None)])),
            ("-2", Some(vec![(1, Some(2))])),
            ("2-4,3-", Some(vec![(2, None)])),
            ("1 2", Some(vec![(1, Some(1)), (2, Some(2))])),
            ("", Some(vec![])),
            ("0", None),
            ("3-2", None),
            ("x", None),
        ] {
            assert_eq!(list(text.as_bytes()), expected, "{text}");
        }
    }
}
