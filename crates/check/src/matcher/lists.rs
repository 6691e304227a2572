//! Tests of what is in a list, or of the values of a map.

use crate::result::{Finding, Shown};
use crate::value::{Value, object};

use super::pairing::{Graph, Pairing};
use super::{Seen, Test, trees};

/// The elements of a list, the values of a map.
fn contents(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::List(items) => Some(items.clone()),
        Value::Texts(items) => Some(items.iter().cloned().map(Value::Text).collect()),
        Value::Map(entries) => Some(entries.values().cloned().collect()),
        Value::OddMap(entries) => Some(entries.iter().map(|(_, value)| value.clone()).collect()),
        _ => None,
    }
}

fn wrong(what: &str, actual: &Value) -> String {
    format!("{what}.  Got:\n{}", object::shown(actual))
}

/// Where no element fits, the last that could not be compared is an error.
pub(super) fn element(test: &Test, actual: &Value) -> Result<bool, String> {
    let expects = "ContainElement matcher expects an array/slice/map/iterator";
    let contents = contents(actual).ok_or_else(|| wrong(expects, actual))?;
    let mut last = None;
    for item in &contents {
        match test.matches(item) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) => last = Some(why),
        }
    }
    last.map_or(Ok(false), Err)
}

/// Which element meets which test: as many pairs as there can be. What cannot be compared does
/// not fit.
fn pair(tests: &[Test], contents: &[Value]) -> Pairing {
    let mut graph = Graph::new(contents.len(), tests.len());
    for (at, item) in contents.iter().enumerate() {
        for (to, test) in tests.iter().enumerate() {
            if matches!(test.matches(item), Ok(true)) {
                graph.join(at, to);
            }
        }
    }
    graph.pair()
}

pub(super) fn elements(tests: &[Test], actual: &Value) -> Result<bool, String> {
    let expects = "ContainElements matcher expects an array/slice/map";
    let contents = contents(actual).ok_or_else(|| wrong(expects, actual))?;
    Ok(pair(tests, &contents).free_right().next().is_none())
}

pub(super) fn consist_of(tests: &[Test], actual: &Value) -> Result<bool, String> {
    let expects = "ConsistOf matcher expects an array/slice/map/iter.Seq/iter.Seq2";
    let contents = contents(actual).ok_or_else(|| wrong(expects, actual))?;
    let pairing = pair(tests, &contents);
    Ok(pairing.free_right().next().is_none() && pairing.free_left().next().is_none())
}

pub(super) fn elements_finding(tests: &[Test], seen: Seen, negated: bool) -> Finding {
    let message = "to contain elements matching";
    let (finding, _) = finding(tests, seen, negated, message);
    finding
}

pub(super) fn consist_of_finding(tests: &[Test], seen: Seen, negated: bool) -> Finding {
    let (mut finding, extra) = finding(tests, seen, negated, "to consist of");
    finding.extra = Some(extra)
        .filter(|extra| !extra.is_empty())
        .map(|extra| Shown::plain(Value::List(extra)));
    finding
}

/// With what no test expected.
fn finding(tests: &[Test], seen: Seen, negated: bool, message: &str) -> (Finding, Vec<Value>) {
    let mut finding = Finding::new(seen, negated, message, Shown::tree(trees(tests)));
    if negated {
        return (finding, Vec::new());
    }
    let contents = match seen {
        Seen::Value(actual) => contents(actual),
        Seen::Nothing => None,
    };
    let Some(contents) = contents else {
        // What was not compared counts as found, since nothing is known to be missing.
        let all = tests.iter().map(Test::tree).collect();
        finding.found = Some(Shown::tree(Value::List(all)));
        return (finding, Vec::new());
    };
    let pairing = pair(tests, &contents);
    let mut is_missing = vec![false; tests.len()];
    for at in pairing.free_right() {
        if let Some(missing) = is_missing.get_mut(at) {
            *missing = true;
        }
    }
    let of = |wanted: bool| -> Vec<Value> {
        let tests = tests.iter().zip(&is_missing);
        tests
            .filter(|(_, missing)| **missing == wanted)
            .map(|(test, _)| test.tree())
            .collect()
    };
    let missing = of(true);
    if !missing.is_empty() {
        finding.missing = Some(Shown::tree(Value::List(missing)));
    }
    finding.found = Some(Shown::tree(Value::List(of(false))));
    let extra = pairing.free_left();
    let extra = extra.filter_map(|at| contents.get(at).cloned()).collect();
    (finding, extra)
}
