//! `and` and `or`.

use crate::result::{Finding, Shown};
use crate::value::Value;

use super::{Seen, Test, trees};

/// Ends at the first that fails or cannot be compared.
pub(super) fn all(tests: &[Test], actual: &Value) -> Result<bool, String> {
    for test in tests {
        if !test.matches(actual)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Ends at the first that succeeds or cannot be compared.
pub(super) fn any(tests: &[Test], actual: &Value) -> Result<bool, String> {
    for test in tests {
        if test.matches(actual)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What the first that failed has to say.
pub(super) fn all_finding(tests: &[Test], seen: Seen, negated: bool) -> Finding {
    if let (false, Seen::Value(actual)) = (negated, seen) {
        let failed = |test: &&Test| !matches!(test.matches(actual), Ok(true));
        if let Some(failed) = tests.iter().find(failed) {
            return failed.finding(seen, false);
        }
    }
    let expected = Shown::tree(trees(tests));
    Finding::new(seen, negated, "to satisfy all of these matchers", expected)
}

/// Negated: what the first that succeeded has to say.
pub(super) fn any_finding(tests: &[Test], seen: Seen, negated: bool) -> Finding {
    if let (true, Seen::Value(actual)) = (negated, seen) {
        let met = |test: &&Test| matches!(test.matches(actual), Ok(true));
        let all_compared = any(tests, actual).is_ok();
        if let Some(met) = tests.iter().find(met).filter(|_| all_compared) {
            return met.finding(seen, true);
        }
    }
    let expected = Shown::tree(trees(tests));
    Finding::new(
        seen,
        negated,
        "to satisfy at least one of these matchers",
        expected,
    )
}
