//! `semver-constraint`: versions in a range. Versions are those of Semantic Versioning 2.0, to
//! the letter. Ranges are those of github.com/blang/semver, with its oddities: a part of one
//! byte is dropped, and a wildcard is written over before anything is compared.

use std::cmp::Ordering;

use bstr::{BString, ByteSlice};

use crate::value::{Value, object};

/// A range as it was written, and what it means.
#[derive(Clone, Debug)]
pub(crate) struct Semver {
    pub(super) source: BString,
    range: Option<Vec<Vec<Bound>>>,
}

/// An operator and a version.
#[derive(Clone, Debug)]
struct Bound {
    /// The orders of a version to the bound's that are in it.
    accepts: &'static [Ordering],
    version: Version,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    numbers: [u64; 3],
    before: Vec<Identifier>,
}

/// Part of what makes a version come before its release. Numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

impl Semver {
    pub(super) fn new(source: BString) -> Semver {
        let range = source.to_str().ok().and_then(range);
        Semver { source, range }
    }

    /// A version, or a list of them that is not empty: all must be in the range.
    pub(super) fn matches(&self, actual: &Value) -> Result<bool, String> {
        let Some(range) = &self.range else {
            let source = Value::Text(self.source.clone());
            return Err(format!(
                "Expected a valid semver constraint.  Got:\n{}",
                object::shown(&source)
            ));
        };
        let Some(versions) = versions(actual) else {
            return Err(format!(
                "Expected a single or list of semver valid version(s).  Got:\n{}",
                object::shown(actual)
            ));
        };
        let in_all = |bounds: &Vec<Bound>, version| {
            !bounds.is_empty() && bounds.iter().all(|bound| bound.accepts(version))
        };
        Ok(versions
            .iter()
            .all(|version| range.iter().any(|bounds| in_all(bounds, version))))
    }
}

fn versions(actual: &Value) -> Option<Vec<Version>> {
    let one = |text: &BString| version(text.to_str().ok()?);
    let versions: Option<Vec<_>> = match actual {
        Value::Text(text) => return Some(vec![one(text)?]),
        Value::Texts(items) => items.iter().map(one).collect(),
        Value::List(items) => {
            let texts = items.iter().map(|item| match item {
                Value::Text(text) => one(text),
                _ => None,
            });
            texts.collect()
        }
        _ => None,
    };
    versions.filter(|versions| !versions.is_empty())
}

impl Bound {
    fn accepts(&self, version: &Version) -> bool {
        self.accepts.contains(&version.cmp(&self.version))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    /// Whatever comes before a release makes it come before it.
    fn cmp(&self, other: &Version) -> Ordering {
        let released = |version: &Version| version.before.is_empty();
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| released(self).cmp(&released(other)))
            .then_with(|| self.before.cmp(&other.before))
    }
}

/// A number without zeros ahead of it.
fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = text.len() > 1 && text.starts_with('0');
    text.parse().ok().filter(|_| plain && !padded)
}

fn is_word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.bytes().all(fits)
}

fn version(text: &str) -> Option<Version> {
    let mut parts = text.splitn(3, '.');
    let (major, minor, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (rest, build) = match rest.split_once('+') {
        Some((rest, build)) => (rest, Some(build)),
        None => (rest, None),
    };
    if !build.is_none_or(|build| build.split('.').all(is_word)) {
        return None;
    }
    let (patch, before) = match rest.split_once('-') {
        Some((patch, before)) => (patch, Some(before)),
        None => (rest, None),
    };
    let identifier = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => number(text).map(Identifier::Number),
        false => is_word(text).then(|| Identifier::Word(text.to_string())),
    };
    let before = before.map(|before| before.split('.').map(identifier).collect());
    Some(Version {
        numbers: [number(major)?, number(minor)?, number(patch)?],
        before: before.unwrap_or(Some(Vec::new()))?,
    })
}

/// The alternatives of a range, each of bounds that must all hold.
fn range(source: &str) -> Option<Vec<Vec<Bound>>> {
    let parts = parts(source);
    if parts.is_empty() {
        return None;
    }
    let alternatives = parts.split(|part| part == "||");
    let alternatives = alternatives.map(|parts| {
        // Nothing between two `||` is no version, at the ends it is an error.
        let mut bounds = Vec::new();
        for part in parts {
            expand(part, &mut bounds)?;
        }
        Some(bounds)
    });
    let is_or = |part: Option<&String>| part.is_some_and(|part| part == "||");
    match is_or(parts.first()) || is_or(parts.last()) {
        true => None,
        false => alternatives.collect(),
    }
}

/// Splits at blanks, except for those behind an operator. Parts of one byte vanish.
fn parts(source: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut before = 0;
    let mut push = |part: Option<&str>| {
        let part = part.unwrap_or_default();
        if part.len() > 1 {
            parts.push(part.replace(' ', ""));
        }
    };
    for (at, byte) in source.bytes().enumerate() {
        if byte != b' ' {
            before = byte;
        } else if !matches!(before, b'<' | b'>' | b'=') {
            push(source.get(begin..at));
            begin = at + 1;
        }
    }
    push(source.get(begin..));
    parts
}

/// An operator and what follows it, from the first digit on.
fn split(part: &str) -> Option<(&str, &str)> {
    let at = part.find(|c: char| c.is_ascii_digit())?;
    Some((part.get(..at)?.trim(), part.get(at..)?))
}

/// Adds the bounds of a part; a wildcard may be two.
fn expand(part: &str, bounds: &mut Vec<Bound>) -> Option<()> {
    let mut push = |operator: &str, text: &str| {
        bounds.push(Bound {
            accepts: accepts(operator)?,
            version: version(text)?,
        });
        Some(())
    };
    let (operator, text) = split(part)?;
    if !part.contains('x') {
        return push(operator, text);
    }
    let floor = lowest(text);
    let above = || next(text, &floor);
    match operator {
        ">" => push(">=", &above()?),
        ">=" | "<" => push(operator, &floor),
        "<=" => push("<", &above()?),
        "" | "=" | "==" => {
            push(">=", &floor)?;
            push("<", &above()?)
        }
        "!" | "!=" => {
            push("<", &floor)?;
            push(">=", &above()?)
        }
        // The other library leaves an operator out that it does not know.
        _ => push("", &floor),
    }
}

fn accepts(operator: &str) -> Option<&'static [Ordering]> {
    use Ordering::{Equal, Greater, Less};
    Some(match operator {
        "" | "=" | "==" => &[Equal],
        "!" | "!=" => &[Less, Greater],
        ">" => &[Greater],
        ">=" => &[Greater, Equal],
        "<" => &[Less],
        "<=" => &[Less, Equal],
        _ => return None,
    })
}

/// The lowest version of a wildcard: its first `.x` is `.0`.
fn lowest(text: &str) -> String {
    let text = text.replacen(".x.x", ".x", 1).replacen(".x", ".0", 1);
    match text.split('.').count() {
        2 => format!("{text}.0"),
        _ => text,
    }
}

/// The lowest version above a wildcard. `1.x.x` counts as a wildcard of the third place.
fn next(text: &str, floor: &str) -> Option<String> {
    let places: Vec<&str> = text.split('.').collect();
    let raised = match (places.len(), places.last()) {
        (2, Some(&"x")) => 0,
        (3, Some(&"x")) => 1,
        _ => return None,
    };
    let mut parts: Vec<String> = floor.split('.').map(str::to_string).collect();
    let part = parts.get_mut(raised)?;
    *part = part.parse::<u64>().ok()?.checked_add(1)?.to_string();
    Some(parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: &str, range: &str) -> Option<bool> {
        let semver = Semver::new(range.into());
        semver.matches(&Value::from(version)).ok()
    }

    #[test]
    fn versions_are_in_ranges() {
        for (version, range, is) in [
            ("1.2.3", ">1.0.0", true),
            ("1.2.3", ">1.0.0 <2.0.0 !=1.5.0", true),
            ("1.5.0", ">1.0.0 <2.0.0 !=1.5.0", false),
            ("1.5.0", "> 1.0.0 < 2.0.0", true),
            ("3.0.0", "<1.0.0 || >=3.0.0", true),
            ("4.0.0-rc1", ">=4.0.0", false),
            ("4.0.0-rc1", "<4.0.0", true),
            ("1.0.0-alpha.1", "<1.0.0-alpha.beta", true),
            ("1.0.0-2", "<1.0.0-11", true),
            ("1.0.0+build.5", "==1.0.0", true),
            ("1.2.9", "1.2.x", true),
            ("1.3.0", "1.2.x", false),
            ("1.9.9", "1.x", true),
            ("2.0.0", ">1.x", true),
            ("1.5.3", "1.x.x", false),
            ("1.0.3", "1.x.x", true),
        ] {
            assert_eq!(check(version, range), Some(is), "{version} {range}");
        }
    }

    #[test]
    fn what_is_no_version_or_range_is_an_error() {
        for version in [
            "",
            "1",
            "1.2",
            "v1.2.3",
            "01.2.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3+",
            "1.2.3-a_b",
            "1.2.3+a_b",
            "1.2.a",
            "99999999999999999999.0.0",
        ] {
            assert_eq!(check(version, ">1.0.0"), None, "{version}");
        }
        for range in [
            "",
            ">",
            "x",
            "*",
            "foo",
            "^1.2.3",
            "~1.2.3",
            ">=1.2",
            ">2.0",
            "1.2",
            ">1.x.3",
            ">1.0.0 ||",
            "|| >1.0.0",
            ">1.0.0,<2.0.0",
        ] {
            assert_eq!(check("1.2.3", range), None, "{range}");
        }
    }
}
