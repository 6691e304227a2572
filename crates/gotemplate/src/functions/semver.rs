//! Sprig's functions of semantic versions: <https://semver.org>, and constraints on them.

use super::Param::Str;
use super::{Function, fixed, text};
use crate::value::Value;
use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("semver", &[Str], |_, args| {
        let version = Version::parse(text(args, 0)).ok_or(INVALID)?;
        Ok(Value::Version(Rc::new(version)))
    }),
    fixed("semverCompare", &[Str, Str], |_, args| {
        let constraints = super::constraint::parse(text(args, 0))?;
        let version = Version::parse(text(args, 1)).ok_or(INVALID)?;
        Ok(Value::Bool(super::constraint::allow(
            &constraints,
            &version,
        )))
    }),
];

const INVALID: &str = "invalid semantic version";

/// A semantic version, as `semver` makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The text that it was read from.
    pub original: String,
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What stands behind the minus.
    pub prerelease: String,
    /// What stands behind the plus.
    pub metadata: String,
}

impl Version {
    /// Reads a version; minor and patch may be missing, and a `v` may stand before.
    pub(super) fn parse(source: &str) -> Option<Version> {
        let body = source.strip_prefix('v').unwrap_or(source);
        let (body, metadata) = split_mark(body, '+');
        let (body, prerelease) = split_mark(body, '-');
        let dotted = |text: &str| {
            text.split('.').all(|part| {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
                !part.is_empty() && part.bytes().all(plain)
            })
        };
        if ![metadata, prerelease].into_iter().flatten().all(dotted) {
            return None;
        }
        let mut numbers = [0u64; 3];
        let parts: Vec<&str> = body.split('.').collect();
        if parts.len() > 3 {
            return None;
        }
        for (slot, part) in numbers.iter_mut().zip(parts) {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *slot = part.parse().ok()?;
        }
        let [major, minor, patch] = numbers;
        Some(Version {
            original: source.to_owned(),
            major,
            minor,
            patch,
            prerelease: prerelease.unwrap_or("").to_owned(),
            metadata: metadata.unwrap_or("").to_owned(),
        })
    }

    /// The order of versions: the build's metadata does not count.
    pub(crate) fn order(&self, other: &Version) -> Ordering {
        let numbers = |v: &Version| (v.major, v.minor, v.patch);
        numbers(self)
            .cmp(&numbers(other))
            .then_with(|| order_prerelease(&self.prerelease, &other.prerelease))
    }
}

fn split_mark(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

/// Without one is the later version; numbers are less than words.
fn order_prerelease(left: &str, right: &str) -> Ordering {
    match (left.is_empty(), right.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    let (mut lefts, mut rights) = (left.split('.'), right.split('.'));
    loop {
        let (left, right) = match (lefts.next(), rights.next()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(left), Some(right)) => (left, right),
        };
        let order = match (left.parse::<u64>(), right.parse::<u64>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            _ => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(out, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(out, "+{}", self.metadata)?;
        }
        Ok(())
    }
}
