//! Many plain patterns: one automaton looks for all of them at once (Aho and Corasick), where one
//! after the other would read the text as often as there are patterns.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::memchr_iter;

use super::{Hit, LineTest, Pattern};

/// So many patterns are sought one by one as quickly.
const FEW: usize = 16;
/// The automaton takes some thirty bytes for each of its patterns' bytes.
const LARGEST: usize = 1 << 20;

/// An automaton of those patterns that have not been found.
pub(super) struct Many {
    automaton: AhoCorasick,
    /// The patterns in it, by their places in the list.
    patterns: Vec<usize>,
    /// How many bytes they have.
    size: usize,
    /// How often it has found what was found before.
    wasted: usize,
}

impl Many {
    /// Of the plain patterns of a list without a hit; none where they are few, or too large
    /// together.
    pub(super) fn new(patterns: &[Pattern], hits: &[Option<Hit>]) -> Option<Many> {
        let mut chosen = Vec::new();
        let mut needles = Vec::new();
        for (at, (pattern, hit)) in patterns.iter().zip(hits).enumerate() {
            if let (LineTest::Holds(finder), None) = (&pattern.test, hit)
                && is_taken(finder.needle())
            {
                chosen.push(at);
                needles.push(finder.needle());
            }
        }
        let size = needles.iter().map(|needle| needle.len()).sum();
        if chosen.len() <= FEW || size > LARGEST {
            return None;
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::Standard)
            .build(needles)
            .ok()?;
        Some(Many {
            automaton,
            patterns: chosen,
            size,
            wasted: 0,
        })
    }

    /// Whether a pattern is one of those that are sought together.
    pub(super) fn holds(&self, at: usize) -> bool {
        self.patterns.binary_search(&at).is_ok()
    }

    /// Looks for all of them in lines.
    pub(super) fn search(&mut self, lines: &[u8], block: u64, hits: &mut [Option<Hit>]) -> Found {
        let mut found = Found {
            count: 0,
            is_worn: false,
        };
        let (mut line, mut counted) = (0, 0);
        for one in self.automaton.find_overlapping_iter(lines) {
            let at = self.patterns.get(one.pattern().as_usize());
            let Some(hit) = at.and_then(|at| hits.get_mut(*at)) else {
                continue;
            };
            if hit.is_some() {
                self.wasted += 1;
                // What is found at every byte would make it slower than one after the other.
                if self.wasted > self.size.max(lines.len()) {
                    found.is_worn = true;
                    return found;
                }
                continue;
            }
            let between = lines.get(counted..one.end()).unwrap_or_default();
            line += memchr_iter(b'\n', between).count();
            counted = one.end();
            *hit = Some(Hit { block, line });
            found.count += 1;
        }
        found
    }
}

/// What came of a search.
pub(super) struct Found {
    /// How many patterns were found for the first time.
    pub(super) count: usize,
    /// Whether it stopped, since it is to be made anew without those that were found; then the
    /// same lines are to be searched again.
    pub(super) is_worn: bool,
}

/// A line's end is in no line, and carriage returns are looked at with care.
fn is_taken(needle: &[u8]) -> bool {
    !needle.is_empty() && !needle.contains(&b'\n') && !needle.contains(&b'\r')
}
