//! Patterns: each must be satisfied by a line, or, with `!`, by none.

mod many;
mod scan;

use std::io::Read;

use bstr::{BStr, BString, ByteSlice};
use goregex::Lines;
use memchr::memmem;

use crate::result::{Finding, Shown};
use crate::value::{Value, object};

use super::{Seen, Verdict};

/// A list of patterns.
#[derive(Clone, Debug)]
pub struct Patterns {
    pub(super) written: Value,
    parsed: Result<Vec<Pattern>, String>,
}

#[derive(Clone, Debug)]
struct Pattern {
    words: BString,
    negated: bool,
    test: LineTest,
}

/// What a line is tested for.
#[derive(Clone, Debug)]
enum LineTest {
    /// Nothing: it is satisfied even where there is no line.
    Always,
    /// That it holds these bytes.
    Holds(Box<memmem::Finder<'static>>),
    /// That an expression finds something in it.
    Regex(regex::bytes::Regex),
}

/// What came of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    block: u64,
    line: usize,
}

impl Pattern {
    /// A plain text loses all `\`, `/` and `!` at its beginning. An expression stands between two
    /// `/`; a lone `/` is a plain text (goss crashes on it).
    fn parse(words: &BString) -> Result<Pattern, String> {
        let (negated, rest) = match words.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, words.as_slice()),
        };
        let source = rest
            .strip_prefix(b"/")
            .and_then(|rest| rest.strip_suffix(b"/"));
        let test = match source {
            _ if words.is_empty() => LineTest::Always,
            Some(source) => match goregex::compile(source, Lines::Many) {
                Ok(regex) => LineTest::Regex(regex),
                Err(why) => return Err(format!("error parsing regexp: {why}")),
            },
            None => {
                let plain = rest.trim_start_with(|c| matches!(c, '\\' | '/' | '!'));
                LineTest::Holds(Box::new(memmem::Finder::new(plain).into_owned()))
            }
        };
        Ok(Pattern {
            words: words.clone(),
            negated,
            test,
        })
    }
}

impl Patterns {
    /// Of a list. What is wrong with it is said in the comparison.
    pub fn new(written: Value) -> Patterns {
        let items = match &written {
            Value::List(items) => items.as_slice(),
            _ => &[],
        };
        let parse = |item: &Value| match item {
            Value::Text(words) => Pattern::parse(words),
            _ => Err(format!(
                "HavePatterns matcher expects patterns to be a string. got: \n{}",
                object::shown(item)
            )),
        };
        let parsed = items.iter().map(parse).collect();
        Patterns { written, parsed }
    }

    /// Of a text in memory.
    pub(super) fn matches(&self, actual: &Value) -> Result<bool, String> {
        let Value::Text(text) = actual else {
            return Ok(false);
        };
        let (missing, _) = self.scan(&mut text.as_slice())?;
        Ok(missing.is_empty())
    }

    pub(super) fn finding(&self, seen: Seen, negated: bool) -> Finding {
        let expected = Shown::plain(self.written.clone());
        let mut finding = Finding::new(seen, negated, "to have patterns", expected);
        let Seen::Value(actual) = seen else {
            finding.actual = Some(Shown::plain("object: <nil>".into()));
            return finding;
        };
        if let (false, Value::Text(text)) = (negated, actual)
            && let Ok((missing, found)) = self.scan(&mut text.as_slice())
        {
            finding.missing = list(missing);
            finding.found = list(found);
        }
        finding
    }

    /// Of a text that is read as it comes, up to where all is decided.
    pub fn compare_stream(&self, placeholder: &str, text: &mut dyn Read) -> Verdict {
        let (missing, found, error) = match self.scan(text) {
            Ok((missing, found)) => (missing, found, None),
            Err(why) => (Vec::new(), Vec::new(), Some(why)),
        };
        let success = error.is_none() && missing.is_empty();
        let finding = match success {
            // Goss shows what it reads from, which has nothing to show.
            true => Finding::met(Value::Map([].into()), self.written.clone()),
            false => Finding {
                actual: Some(Shown::plain(placeholder.into())),
                message: "to have patterns".to_string(),
                expected: Some(Shown::plain(self.written.clone())),
                missing: list(missing),
                found: list(found),
                ..Finding::default()
            },
        };
        Verdict {
            success,
            finding,
            error,
            hint: None,
        }
    }

    /// Those that are not satisfied, in the list's order, and those that are: as they were met,
    /// then the negated ones.
    fn scan(&self, text: &mut dyn Read) -> Result<(Vec<Value>, Vec<Value>), String> {
        let patterns = self.parsed.as_ref().map_err(String::clone)?;
        let hits = scan::scan(patterns, text)?;
        let mut missing = Vec::new();
        let mut found = Vec::new();
        let last = Hit {
            block: u64::MAX,
            line: usize::MAX,
        };
        for (pattern, hit) in patterns.iter().zip(hits) {
            let always = matches!(pattern.test, LineTest::Always);
            let shown = Value::Text(pattern.words.clone());
            match (hit, pattern.negated) {
                (Some(hit), false) => found.push((hit, shown)),
                (None, true) => found.push((last, shown)),
                (None, false) if always => found.push((last, shown)),
                (Some(_), true) | (None, false) => missing.push(shown),
            }
        }
        found.sort_by_key(|(hit, _)| *hit);
        Ok((missing, found.into_iter().map(|(_, words)| words).collect()))
    }

    /// What helps with the first pattern that is not satisfied: the line that is most like it, or
    /// the one that satisfies what none should. A part of the text is looked at.
    pub fn hint(&self, verdict: &Verdict, text: &mut dyn Read) -> Option<String> {
        let Some(Value::List(missing)) = verdict.finding.missing.as_ref().map(|it| &it.value)
        else {
            return None;
        };
        let is_first = |pattern: &&Pattern| match missing.first() {
            Some(Value::Text(words)) => *words == pattern.words,
            _ => false,
        };
        let pattern = self.parsed.as_ref().ok()?.iter().find(is_first)?;
        let mut head = Vec::new();
        text.take(LOOKED_AT).read_to_end(&mut head).ok()?;
        if head.is_empty() {
            return Some("the text is empty".to_string());
        }
        match (&pattern.test, pattern.negated) {
            (test, true) => {
                let mut lines = head.lines().enumerate();
                let (at, line) = lines.find(|(_, line)| test.is_met(line))?;
                Some(format!("line {}: {}", at + 1, trimmed(line.as_bstr())))
            }
            (LineTest::Holds(finder), false) => {
                let line = nearest(finder.needle(), &head)?;
                Some(format!("the line most like it: {}", trimmed(line)))
            }
            (LineTest::Always | LineTest::Regex(_), false) => None,
        }
    }
}

impl LineTest {
    fn is_met(&self, line: &[u8]) -> bool {
        match self {
            LineTest::Always => true,
            LineTest::Holds(finder) => finder.find(line).is_some(),
            LineTest::Regex(regex) => regex.is_match(&goregex::as_go_sees(line)),
        }
    }
}

/// The line that is most like a text; none where half of it is in no line.
fn nearest<'a>(wanted: &[u8], text: &'a [u8]) -> Option<&'a BStr> {
    let mut best = (0, BStr::new(b""));
    for line in text.lines() {
        let likeness = likeness(wanted, line);
        if likeness > best.0 {
            best = (likeness, line.as_bstr());
        }
    }
    let enough = best.0.saturating_mul(2) >= wanted.len().max(2);
    enough.then_some(best.1)
}

/// How much of a text is searched for a line that is like a pattern.
const LOOKED_AT: u64 = 64 * 1024;
/// How much of a line is shown.
const SHOWN: usize = 80;

/// How many bytes of pairs of neighbouring bytes two texts have in common, case aside.
fn likeness(wanted: &[u8], line: &[u8]) -> usize {
    let pairs = |text: &[u8]| {
        let lower = text.to_ascii_lowercase();
        let pairs = lower.windows(2).filter_map(|pair| match pair {
            [a, b] => Some(u16::from_be_bytes([*a, *b])),
            _ => None,
        });
        pairs.collect::<Vec<u16>>()
    };
    let wanted = pairs(wanted);
    let mut there = pairs(line);
    there.sort_unstable();
    let common = wanted
        .iter()
        .filter(|pair| there.binary_search(pair).is_ok());
    common.count()
}

fn trimmed(line: &BStr) -> String {
    let line = line.trim_with(char::is_whitespace).to_str_lossy();
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.into_owned(),
    }
}

fn list(items: Vec<Value>) -> Option<Shown> {
    match items.is_empty() {
        true => None,
        false => Some(Shown::plain(Value::List(items))),
    }
}

#[cfg(test)]
mod tests;
