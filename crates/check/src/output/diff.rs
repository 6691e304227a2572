//! Two texts side by side: a unified diff of their lines.
//!
//! Which lines count as kept is what Python's difflib says, since goss's library for this
//! follows it: the longest block of lines that both have, then the same on both sides of it.

use std::collections::HashMap;
use std::ops::Range;

/// Lines that are kept around a change.
const CONTEXT: usize = 1;

/// From this many lines on, lines that stand in the new text too often start no block.
const MANY: usize = 200;

/// How many pairs of equal lines are looked at. What is left then counts as changed: texts that
/// differ so much are not read line by line.
const PATIENCE: usize = 4_000_000;

/// A run of lines that is the same in both, or none of it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    equal: bool,
    old: Range<usize>,
    new: Range<usize>,
}

/// The lines of a block in both texts.
#[derive(Clone, Copy, Debug)]
struct Block {
    old: usize,
    new: usize,
    length: usize,
}

/// A unified diff from `expected` to `actual`, without line ends at its end; empty for equal
/// texts.
pub(super) fn unified(expected: &[u8], actual: &[u8]) -> Vec<u8> {
    within(PATIENCE, expected, actual)
}

fn within(patience: usize, expected: &[u8], actual: &[u8]) -> Vec<u8> {
    let (old, new) = (lines(expected), lines(actual));
    let steps = steps(&old, &new, patience);
    let mut out = Vec::new();
    for hunk in hunks(steps) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else {
            continue;
        };
        if out.is_empty() {
            out.extend_from_slice(b"--- test\n+++ actual\n");
        }
        let head = format!(
            "@@ -{} +{} @@\n",
            range(first.old.start..last.old.end),
            range(first.new.start..last.new.end)
        );
        out.extend_from_slice(head.as_bytes());
        for step in &hunk {
            let (removed, added) = match step.equal {
                true => (b' ', None),
                false => (b'-', Some(&step.new)),
            };
            put(&old, &step.old, removed, &mut out);
            if let Some(added) = added {
                put(&new, added, b'+', &mut out);
            }
        }
    }
    while out.last() == Some(&b'\n') {
        out.pop();
    }
    out
}

/// A line end counts as the beginning of another line, also the last.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n').collect()
}

fn put(lines: &[&[u8]], range: &Range<usize>, sign: u8, out: &mut Vec<u8>) {
    for line in lines.get(range.clone()).unwrap_or_default() {
        out.push(sign);
        out.extend_from_slice(line);
        out.push(b'\n');
    }
}

/// The first line and their number; a number of 1 is left out, and no lines stand behind the one
/// ahead of them (POSIX diff -u).
fn range(range: Range<usize>) -> String {
    match range.len() {
        1 => (range.start + 1).to_string(),
        0 => format!("{},0", range.start),
        length => format!("{},{length}", range.start + 1),
    }
}

/// Changes with the lines around them; those that are near each other together.
fn hunks(mut steps: Vec<Step>) -> Vec<Vec<Step>> {
    if let Some(first) = steps.first_mut().filter(|step| step.equal) {
        *first = tail(first);
    }
    if let Some(last) = steps.last_mut().filter(|step| step.equal) {
        *last = head(last);
    }
    let mut hunks = Vec::new();
    let mut hunk: Vec<Step> = Vec::new();
    for step in steps {
        if step.equal && step.old.len() > 2 * CONTEXT {
            hunk.push(head(&step));
            hunks.push(std::mem::take(&mut hunk));
            hunk.push(tail(&step));
        } else {
            hunk.push(step);
        }
    }
    hunks.push(hunk);
    hunks.retain(|hunk| hunk.iter().any(|step| !step.equal));
    hunks
}

fn head(step: &Step) -> Step {
    let end = |range: &Range<usize>| range.start..range.end.min(range.start + CONTEXT);
    Step {
        equal: step.equal,
        old: end(&step.old),
        new: end(&step.new),
    }
}

fn tail(step: &Step) -> Step {
    let start =
        |range: &Range<usize>| range.start.max(range.end.saturating_sub(CONTEXT))..range.end;
    Step {
        equal: step.equal,
        old: start(&step.old),
        new: start(&step.new),
    }
}

fn steps(old: &[&[u8]], new: &[&[u8]], patience: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut i, mut j) = (0, 0);
    let end = Block {
        old: old.len(),
        new: new.len(),
        length: 0,
    };
    for block in blocks(old, new, patience).into_iter().chain([end]) {
        if i < block.old || j < block.new {
            steps.push(Step {
                equal: false,
                old: i..block.old,
                new: j..block.new,
            });
        }
        (i, j) = (block.old + block.length, block.new + block.length);
        match steps.last_mut() {
            _ if block.length == 0 => {}
            // Blocks that touch each other are one.
            Some(step) if step.equal => (step.old.end, step.new.end) = (i, j),
            _ => steps.push(Step {
                equal: true,
                old: block.old..i,
                new: block.new..j,
            }),
        }
    }
    steps
}

/// The blocks of equal lines, in their order.
fn blocks(old: &[&[u8]], new: &[&[u8]], patience: usize) -> Vec<Block> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, line) in new.iter().enumerate() {
        places.entry(line).or_default().push(at);
    }
    if new.len() >= MANY {
        places.retain(|_, places| places.len() <= new.len() / 100 + 1);
    }
    let mut search = Search {
        old,
        new,
        places,
        patience,
    };
    let mut blocks = Vec::new();
    let mut open = vec![(0..old.len(), 0..new.len())];
    while let Some((i, j)) = open.pop() {
        if i.is_empty() || j.is_empty() {
            continue;
        }
        let block = search.longest(i.clone(), j.clone());
        if block.length == 0 {
            continue;
        }
        blocks.push(block);
        open.push((i.start..block.old, j.start..block.new));
        open.push((
            block.old + block.length..i.end,
            block.new + block.length..j.end,
        ));
    }
    blocks.sort_by_key(|block| block.old);
    blocks
}

struct Search<'a> {
    old: &'a [&'a [u8]],
    new: &'a [&'a [u8]],
    /// Where a line stands in the new text; without those that stand there too often.
    places: HashMap<&'a [u8], Vec<usize>>,
    patience: usize,
}

impl Search<'_> {
    /// The longest block that both parts have; of equally long ones the first of the old text,
    /// then of the new. Its length is 0 where there is none.
    fn longest(&mut self, i: Range<usize>, j: Range<usize>) -> Block {
        let mut best = Block {
            old: i.start,
            new: j.start,
            length: 0,
        };
        // How many lines that end at a place of the new text equal those that end at the last
        // line of the old one.
        let mut lengths: HashMap<usize, usize> = HashMap::new();
        for at in i.clone() {
            let mut next = HashMap::new();
            let places = self.old.get(at).and_then(|line| self.places.get(line));
            let places = places.map_or(&[][..], Vec::as_slice);
            let from = places.partition_point(|place| *place < j.start);
            let inside = places.get(from..).unwrap_or_default();
            for place in inside.iter().copied().take_while(|place| *place < j.end) {
                if self.patience == 0 {
                    break;
                }
                self.patience -= 1;
                let before = place.checked_sub(1).and_then(|before| lengths.get(&before));
                let length = before.copied().unwrap_or(0) + 1;
                next.insert(place, length);
                if length > best.length {
                    best = Block {
                        old: at + 1 - length,
                        new: place + 1 - length,
                        length,
                    };
                }
            }
            lengths = next;
        }
        self.widen(best, &i, &j)
    }

    /// With the equal lines on both sides, which may be some that start no block.
    fn widen(&self, mut block: Block, i: &Range<usize>, j: &Range<usize>) -> Block {
        let same = |old: usize, new: usize| {
            let line = self.old.get(old);
            line.is_some() && line == self.new.get(new)
        };
        while block.old > i.start && block.new > j.start && same(block.old - 1, block.new - 1) {
            block.old -= 1;
            block.new -= 1;
            block.length += 1;
        }
        while block.old + block.length < i.end
            && block.new + block.length < j.end
            && same(block.old + block.length, block.new + block.length)
        {
            block.length += 1;
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bstr::ByteSlice;

    #[test]
    fn lines_are_compared_as_goss_compares_them() {
        for (expected, actual, diff) in [
            ("a", "a", ""),
            ("", "x", "@@ -1 +1 @@\n-\n+x"),
            ("x", "", "@@ -1 +1 @@\n-x\n+"),
            ("a\n\nc", "a\n\nb\n", "@@ -2,2 +2,3 @@\n \n-c\n+b\n+"),
            ("a\nc\n", "a\nb\n", "@@ -1,3 +1,3 @@\n a\n-c\n+b\n "),
            (
                "1\n2\nx\n4\n5\n6\n7\ny\n9\n",
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
                "@@ -2,3 +2,3 @@\n 2\n-x\n+3\n 4\n@@ -7,3 +7,3 @@\n 7\n-y\n+8\n 9",
            ),
            (
                "b\na\nc\nb\na",
                "a\nb\na\nb\nc\n",
                "@@ -1,5 +1,6 @@\n+a\n b\n a\n+b\n c\n-b\n-a\n+",
            ),
            ("a\nb", "b", "@@ -1,2 +1 @@\n-a\n b"),
        ] {
            let heads = if diff.is_empty() {
                ""
            } else {
                "--- test\n+++ actual\n"
            };
            let got = unified(expected.as_bytes(), actual.as_bytes());
            assert_eq!(
                got.as_bstr(),
                format!("{heads}{diff}"),
                "{expected:?} {actual:?}"
            );
        }
    }

    #[test]
    fn what_is_left_counts_as_changed_once_patience_is_gone() {
        let (old, new) = (b"a\n1\n2\n3\nb\nc\n", b"a\nx\n2\n3\ny\nc\n");
        let heads = "--- test\n+++ actual\n";
        // Equal lines at the beginning are found without a search.
        assert_eq!(
            within(0, old, new).as_bstr(),
            format!("{heads}@@ -1,7 +1,7 @@\n a\n-1\n-2\n-3\n-b\n-c\n-\n+x\n+2\n+3\n+y\n+c\n+")
        );
        assert_eq!(
            within(PATIENCE, old, new).as_bstr(),
            format!("{heads}@@ -1,6 +1,6 @@\n a\n-1\n+x\n 2\n 3\n-b\n+y\n c")
        );
    }

    #[test]
    fn lines_that_stand_everywhere_start_no_block() {
        // As Python's difflib has it: {} around each of 100 entries.
        let entries =
            |name: &str| -> String { (0..100).map(|at| format!("{{\n{name}{at}\n}}\n")).collect() };
        let diff = unified(entries("a").as_bytes(), entries("b").as_bytes());
        assert_eq!(
            diff.lines().filter(|line| line.starts_with(b" ")).count(),
            2
        );
    }
}
