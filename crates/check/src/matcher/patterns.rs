//! Patterns: each must be satisfied by a line, or, with `!`, by none.

use std::io::BufRead;

use bstr::ByteSlice;

use crate::node::Node;
use crate::result::{Finding, Shown};
use crate::value::Value;

use super::Verdict;

enum Test {
    Holds(String),
    Regex(regex::bytes::Regex),
}

struct Pattern {
    words: String,
    negated: bool,
    test: Test,
    met: bool,
}

fn parse(words: &str) -> Result<Pattern, String> {
    let (negated, rest) = match words.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, words),
    };
    let test = match rest
        .strip_prefix('/')
        .and_then(|rest| rest.strip_suffix('/'))
    {
        Some(source) => Test::Regex(regex::bytes::Regex::new(source).map_err(|e| e.to_string())?),
        None => Test::Holds(rest.trim_start_matches(['\\', '/', '!']).to_string()),
    };
    Ok(Pattern {
        words: words.to_string(),
        negated,
        test,
        met: false,
    })
}

pub(super) fn compare(
    patterns: &Node,
    placeholder: &str,
    text: &mut dyn BufRead,
) -> Result<Verdict, String> {
    let items = patterns.items().unwrap_or_default();
    let mut wanted = Vec::with_capacity(items.len());
    for item in items {
        wanted.push(parse(&item.to_text().map_err(|e| e.expected.to_string())?)?);
    }
    let mut line = Vec::new();
    while wanted.iter().any(|p| !p.met) {
        line.clear();
        if text
            .read_until(b'\n', &mut line)
            .map_err(|e| e.to_string())?
            == 0
        {
            break;
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        for pattern in wanted.iter_mut().filter(|p| !p.met) {
            pattern.met = match &pattern.test {
                Test::Holds(words) => line.contains_str(words),
                Test::Regex(regex) => regex.is_match(line),
            };
        }
    }
    let missing: Vec<Value> = wanted
        .iter()
        .filter(|p| p.met == p.negated && !p.words.is_empty())
        .map(|p| Value::from(p.words.as_str()))
        .collect();
    Ok(Verdict {
        success: missing.is_empty(),
        finding: Finding {
            actual: Some(Shown::plain(Value::from(placeholder))),
            message: "to have patterns".to_string(),
            expected: Some(Shown::plain(patterns.any())),
            missing: Some(Shown::plain(Value::List(missing))),
            ..Finding::default()
        },
        error: None,
    })
}
