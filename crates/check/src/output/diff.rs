//! A unified diff of two texts with one line of context, as Python's `difflib` makes it: the
//! longest run of equal lines first, then what is left and right of it.

use std::collections::HashMap;

/// More lines than this on either side are not compared one by one.
const MOST_LINES: usize = 4000;
/// In a text of so many lines, lines that are more frequent than one in a hundred do not begin
/// a run.
const LONG: usize = 200;

/// Equal lines: where they are in both, and how many.
#[derive(Clone, Copy)]
struct Run {
    old: usize,
    new: usize,
    length: usize,
}

/// A stretch of both texts, equal or not.
#[derive(Clone, Copy)]
struct Step {
    equal: bool,
    old: (usize, usize),
    new: (usize, usize),
}

/// The diff without a line end behind it. `old` is what was expected.
pub(super) fn unified(old: &[u8], new: &[u8]) -> Vec<u8> {
    let (old, new) = (lines(old), lines(new));
    let mut out = b"--- test\n+++ actual\n".to_vec();
    for hunk in hunks(&steps(&old, &new)) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        let old_range = range(first.old.0, last.old.1);
        let new_range = range(first.new.0, last.new.1);
        out.extend_from_slice(format!("@@ -{old_range} +{new_range} @@\n").as_bytes());
        for step in hunk {
            let sign = if step.equal { b' ' } else { b'-' };
            write(&old, step.old, sign, &mut out);
            if !step.equal {
                write(&new, step.new, b'+', &mut out);
            }
        }
    }
    while out.last() == Some(&b'\n') {
        out.pop();
    }
    out
}

/// The lines with an end added to the last: a text that ends with one has an empty last line.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n').collect()
}

fn write(lines: &[&[u8]], (begin, end): (usize, usize), sign: u8, out: &mut Vec<u8>) {
    for line in lines.get(begin..end).unwrap_or_default() {
        out.push(sign);
        out.extend_from_slice(line);
        out.push(b'\n');
    }
}

/// Lines are counted from 1; an empty range is named by the line ahead of it.
fn range(begin: usize, end: usize) -> String {
    match end.saturating_sub(begin) {
        0 => format!("{begin},0"),
        1 => format!("{}", begin + 1),
        length => format!("{},{length}", begin + 1),
    }
}

fn steps(old: &[&[u8]], new: &[&[u8]]) -> Vec<Step> {
    let mut runs = match old.len().max(new.len()) > MOST_LINES {
        true => ends(old, new),
        false => runs(old, new),
    };
    runs.push(Run {
        old: old.len(),
        new: new.len(),
        length: 0,
    });
    let mut steps = Vec::new();
    let mut at = (0, 0);
    for run in runs {
        if at != (run.old, run.new) {
            steps.push(Step {
                equal: false,
                old: (at.0, run.old),
                new: (at.1, run.new),
            });
        }
        at = (run.old + run.length, run.new + run.length);
        if run.length > 0 {
            steps.push(Step {
                equal: true,
                old: (run.old, at.0),
                new: (run.new, at.1),
            });
        }
    }
    steps
}

/// Only what both begin and end with, for long texts.
fn ends(old: &[&[u8]], new: &[&[u8]]) -> Vec<Run> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let left = old.len().min(new.len()) - head;
    let tails = old.iter().rev().zip(new.iter().rev()).take(left);
    let tail = tails.take_while(|(a, b)| a == b).count();
    vec![
        Run {
            old: 0,
            new: 0,
            length: head,
        },
        Run {
            old: old.len() - tail,
            new: new.len() - tail,
            length: tail,
        },
    ]
}

/// All runs of equal lines in their order, those that touch joined.
fn runs(old: &[&[u8]], new: &[&[u8]]) -> Vec<Run> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, line) in new.iter().enumerate() {
        places.entry(line).or_default().push(at);
    }
    if new.len() >= LONG {
        let most = new.len() / 100 + 1;
        places.retain(|_, at| at.len() <= most);
    }
    let mut found = Vec::new();
    let mut open = vec![((0, old.len()), (0, new.len()))];
    while let Some((of_old, of_new)) = open.pop() {
        let run = longest(old, new, &places, of_old, of_new);
        if run.length == 0 {
            continue;
        }
        found.push(run);
        open.push(((of_old.0, run.old), (of_new.0, run.new)));
        open.push((
            (run.old + run.length, of_old.1),
            (run.new + run.length, of_new.1),
        ));
    }
    found.sort_by_key(|run| (run.old, run.new));
    let mut joined: Vec<Run> = Vec::new();
    for run in found {
        match joined.last_mut() {
            Some(last)
                if last.old + last.length == run.old && last.new + last.length == run.new =>
            {
                last.length += run.length;
            }
            _ => joined.push(run),
        }
    }
    joined
}

/// The longest run within the ranges; of several, the first in the old text, then in the new.
/// Frequent lines only make it longer.
fn longest(
    old: &[&[u8]],
    new: &[&[u8]],
    places: &HashMap<&[u8], Vec<usize>>,
    of_old: (usize, usize),
    of_new: (usize, usize),
) -> Run {
    let mut best = Run {
        old: of_old.0,
        new: of_new.0,
        length: 0,
    };
    // How long the run is that ends at a line of the new text and at the last of the old.
    let mut lengths: HashMap<usize, usize> = HashMap::new();
    for at in of_old.0..of_old.1 {
        let line = old.get(at).copied().unwrap_or_default();
        let mut now = HashMap::new();
        let there = places.get(line).map(Vec::as_slice).unwrap_or_default();
        for &to in there.iter().filter(|to| (of_new.0..of_new.1).contains(*to)) {
            let before = to.checked_sub(1).and_then(|to| lengths.get(&to));
            let length = before.copied().unwrap_or(0) + 1;
            now.insert(to, length);
            if length > best.length {
                best = Run {
                    old: at + 1 - length,
                    new: to + 1 - length,
                    length,
                };
            }
        }
        lengths = now;
    }
    let same = |a: usize, b: usize| old.get(a) == new.get(b);
    while best.old > of_old.0 && best.new > of_new.0 && same(best.old - 1, best.new - 1) {
        best.old -= 1;
        best.new -= 1;
        best.length += 1;
    }
    while best.old + best.length < of_old.1
        && best.new + best.length < of_new.1
        && same(best.old + best.length, best.new + best.length)
    {
        best.length += 1;
    }
    best
}

/// Groups of changes with a line of what is equal around each.
fn hunks(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut hunks = Vec::new();
    let mut hunk: Vec<Step> = Vec::new();
    let count = steps.len();
    for (at, step) in steps.iter().enumerate() {
        let mut step = *step;
        if !step.equal {
            hunk.push(step);
            continue;
        }
        let length = step.old.1 - step.old.0;
        let last = Step {
            old: (step.old.1.saturating_sub(1).max(step.old.0), step.old.1),
            new: (step.new.1.saturating_sub(1).max(step.new.0), step.new.1),
            ..step
        };
        let first = Step {
            old: (step.old.0, step.old.1.min(step.old.0 + 1)),
            new: (step.new.0, step.new.1.min(step.new.0 + 1)),
            ..step
        };
        if at == 0 {
            step = last;
        } else if at + 1 == count {
            step = first;
        } else if length > 2 {
            hunk.push(first);
            hunks.push(std::mem::take(&mut hunk));
            step = last;
        }
        hunk.push(step);
    }
    if hunk.iter().any(|step| !step.equal) {
        hunks.push(hunk);
    }
    hunks
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;

    #[test]
    fn changes_have_a_line_around_them() {
        let old = b"1\n2\nx\n4\n5\n6\n7\n8\n9\n10\n";
        let new = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(
            unified(old, new).as_bstr(),
            "--- test\n+++ actual\n@@ -2,3 +2,3 @@\n 2\n-x\n+3\n 4\n@@ -9,3 +9,2 @@\n 9\n-10\n "
        );
    }

    #[test]
    fn a_missing_line_end_shows() {
        assert_eq!(
            unified(b"hi", b"hi\n").as_bstr(),
            "--- test\n+++ actual\n@@ -1 +1,2 @@\n hi\n+"
        );
        assert_eq!(
            unified(b"", b"a").as_bstr(),
            "--- test\n+++ actual\n@@ -1 +1 @@\n-\n+a"
        );
    }

    #[test]
    fn long_texts_are_compared_at_their_ends() {
        let text = |at: usize| {
            let lines: Vec<String> = (0..10_000)
                .map(|n| {
                    if n == at {
                        "x".to_string()
                    } else {
                        n.to_string()
                    }
                })
                .collect();
            lines.join("\n")
        };
        let diff = unified(text(5000).as_bytes(), text(20_000).as_bytes());
        assert_eq!(
            diff.as_bstr(),
            "--- test\n+++ actual\n@@ -5000,3 +5000,3 @@\n 4999\n-x\n+5000\n 5001"
        );
    }
}
