//! Comparisons of numbers.

use std::cmp::Ordering;

use crate::value::{Value, object};

use super::Test;

/// How a number stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `eq`: what a bare number is.
    Equal,
    /// `gt`.
    Above,
    /// `ge`.
    AtLeast,
    /// `lt`.
    Below,
    /// `le`.
    AtMost,
}

/// A comparison with a number.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    comparison: Comparison,
    /// The number, or whatever was written in its place.
    pub(super) bound: Value,
}

pub(super) fn test(comparison: Comparison, bound: Value) -> Test {
    Test::Number(Number { comparison, bound })
}

impl Number {
    pub(super) fn name(&self) -> &'static str {
        match self.comparison {
            Comparison::Equal => "eq",
            Comparison::Above => "gt",
            Comparison::AtLeast => "ge",
            Comparison::Below => "lt",
            Comparison::AtMost => "le",
        }
    }

    pub(super) fn message(&self) -> &'static str {
        match self.comparison {
            Comparison::Equal => "to be numerically eq",
            Comparison::Above => "to be numerically gt",
            Comparison::AtLeast => "to be numerically ge",
            Comparison::Below => "to be numerically lt",
            Comparison::AtMost => "to be numerically le",
        }
    }

    pub(super) fn matches(&self, actual: &Value) -> Result<bool, String> {
        let order = match (actual, &self.bound) {
            // Two whole numbers are compared exactly.
            (Value::Int(actual), Value::Int(bound)) => Some(actual.cmp(bound)),
            _ => float(actual)?.partial_cmp(&float(&self.bound)?),
        };
        let Some(order) = order else {
            return Ok(false);
        };
        Ok(match self.comparison {
            Comparison::Equal => order == Ordering::Equal,
            Comparison::Above => order == Ordering::Greater,
            Comparison::AtLeast => order != Ordering::Less,
            Comparison::Below => order == Ordering::Less,
            Comparison::AtMost => order != Ordering::Greater,
        })
    }
}

fn float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Int(value) => Ok(*value as f64),
        Value::Uint(value) => Ok(*value as f64),
        Value::Float(value) => Ok(*value),
        _ => Err(format!(
            "Expected a number.  Got:\n{}",
            object::shown(value)
        )),
    }
}
