//! What came of one property of one resource.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::place::Place;
use crate::resource::Kind;
use crate::value::Value;

/// The resource of a result.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its type.
    pub kind: &'static Kind,
    /// Its name in results.
    pub id: String,
    /// Its author's words for it.
    pub title: String,
    /// What its author wants to see beside its failures.
    pub meta: Option<Value>,
}

/// What came of one property.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// The resource.
    pub subject: Arc<Subject>,
    /// The property's name in results.
    pub property: &'static str,
    /// Where the expectation stands.
    pub place: Option<Place>,
    /// Pass, fail or skip.
    pub outcome: Outcome,
    /// What was compared.
    pub finding: Finding,
    /// Why it could not be measured or compared.
    pub error: Option<String>,
    /// What else is worth saying of a failure: the nearest miss, a remedy. Not part of what
    /// goss prints.
    pub hint: Option<String>,
    /// When measuring began.
    pub started: SystemTime,
    /// How long measuring and comparing took.
    pub took: Duration,
}

/// How a property came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Pass,
    /// Not as expected, or not measurable.
    Fail,
    /// Not looked at.
    Skip,
}

/// What was compared, as reports print it.
#[derive(Clone, Debug, Default)]
pub struct Finding {
    /// What was measured, converted as the matcher wanted it.
    pub actual: Option<Shown>,
    /// The matcher's words: "to equal".
    pub message: String,
    /// What was expected.
    pub expected: Option<Shown>,
    /// Expectations that nothing met.
    pub missing: Option<Shown>,
    /// Elements that nothing expected.
    pub extra: Option<Shown>,
    /// Expectations that were met.
    pub found: Option<Shown>,
    /// The conversions that changed the value, in their order.
    pub chain: Vec<Conversion>,
    /// The value before its conversion.
    pub untransformed: Option<Shown>,
}

/// A value in a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The value; a matcher is a map from its name to its argument.
    pub value: Value,
    /// Whether it is a tree of matchers or holds one: its `<`, `>` and `&` are escaped.
    pub tree: bool,
}

impl Shown {
    /// A value as it is.
    pub fn plain(value: Value) -> Shown {
        Shown { value, tree: false }
    }

    /// A tree of matchers.
    pub fn tree(value: Value) -> Shown {
        Shown { value, tree: true }
    }
}

/// A conversion of a value ahead of its comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// To text.
    ToString,
    /// To a number.
    ToNumeric,
    /// To a list of lines.
    ToArray,
    /// To what stands at a path of a JSON document.
    Gjson {
        /// The path.
        path: String,
    },
}
