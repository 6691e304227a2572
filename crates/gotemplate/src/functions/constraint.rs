//! Constraints on versions: `>=1.2, <2 || 3.x`, `^1.2`, `~1.2.3`, `1.2 - 2`.

use super::semver::Version;
use std::cmp::Ordering;

/// One comparison. A part of the version that is missing or an x is free.
struct Constraint {
    operator: &'static str,
    version: Version,
    free_minor: bool,
    free_patch: bool,
    /// Whether any part is free.
    dirty: bool,
}

/// Alternatives, each of comparisons that all hold.
pub(super) struct Constraints(Vec<Vec<Constraint>>);

/// Longer operators before those that they begin with.
const OPERATORS: [&str; 11] = ["!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"];

/// Reads constraints.
pub(super) fn parse(source: &str) -> Result<Constraints, String> {
    let alternatives = source
        .split("||")
        .map(|part| all_of(part).ok_or_else(|| format!("improper constraint: {part}")));
    alternatives.collect::<Result<_, _>>().map(Constraints)
}

fn all_of(part: &str) -> Option<Vec<Constraint>> {
    let mut out = Vec::new();
    let mut rest = part.trim_start();
    while !rest.is_empty() {
        let operator = OPERATORS
            .into_iter()
            .find(|operator| rest.starts_with(operator));
        let operator = operator.unwrap_or("");
        rest = rest.get(operator.len()..)?.trim_start();
        let end = rest.find([' ', '\t', '\n', ',']).unwrap_or(rest.len());
        let (version, behind) = rest.split_at(end);
        let behind = behind.trim_start();
        // A range with blanks around its minus.
        let upper = behind
            .strip_prefix('-')
            .filter(|b| b.starts_with([' ', '\t']));
        if let (Some(upper), "") = (upper, operator) {
            let upper = upper.trim_start();
            let end = upper.find([' ', '\t', '\n', ',']).unwrap_or(upper.len());
            let (last, behind) = upper.split_at(end);
            out.push(constraint(">=", version)?);
            out.push(constraint("<=", last)?);
            rest = next(behind)?;
            continue;
        }
        out.push(constraint(operator, version)?);
        rest = next(behind)?;
    }
    (!out.is_empty()).then_some(out)
}

/// Steps over one comma and blanks; nothing may stand behind the last comma.
fn next(behind: &str) -> Option<&str> {
    let behind = behind.trim_start();
    match behind.strip_prefix(',') {
        Some(more) => Some(more.trim_start()).filter(|more| !more.is_empty()),
        None => Some(behind),
    }
}

fn constraint(operator: &'static str, source: &str) -> Option<Constraint> {
    let free = |part: &str| matches!(part, "x" | "X" | "*");
    let body = source.strip_prefix('v').unwrap_or(source);
    let numbers = body.find(['-', '+']).unwrap_or(body.len());
    let (numbers, mut tail) = body.split_at(numbers);
    let mut parts: Vec<&str> = numbers.split('.').collect();
    if parts.len() > 3 || body.is_empty() {
        return None;
    }
    let all_free = parts.first().is_some_and(|part| free(part));
    let free_minor = !all_free && parts.get(1).is_none_or(|part| free(part));
    let free_patch = !all_free && (free_minor || parts.get(2).is_none_or(|part| free(part)));
    let dirty = all_free || free_minor || free_patch;
    if all_free {
        parts = vec!["0", "0", "0"];
    } else if free_patch {
        parts.truncate(if free_minor { 1 } else { 2 });
        tail = if tail.starts_with('-') { tail } else { "" };
    }
    let version = Version::parse(&format!("{}{tail}", parts.join(".")))?;
    Some(Constraint {
        operator,
        version,
        free_minor,
        free_patch,
        dirty,
    })
}

/// Whether a version is allowed.
pub(super) fn allow(constraints: &Constraints, version: &Version) -> bool {
    let Constraints(alternatives) = constraints;
    alternatives
        .iter()
        .any(|all| all.iter().all(|constraint| constraint.allows(version)))
}

impl Constraint {
    fn allows(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let order = version.order(wanted);
        if self.operator == "!=" && !self.dirty {
            return order != Ordering::Equal;
        }
        if matches!(self.operator, "" | "=") && !self.dirty {
            return order == Ordering::Equal;
        }
        // A version before a release is meant only where the constraint names one.
        if !version.prerelease.is_empty() && wanted.prerelease.is_empty() {
            return false;
        }
        match self.operator {
            "!=" => {
                version.major != wanted.major
                    || (!self.free_minor && version.minor != wanted.minor)
                    || (!self.free_patch && version.patch != wanted.patch)
            }
            ">" if !self.dirty => order == Ordering::Greater,
            ">" => {
                version.major > wanted.major
                    || (version.major == wanted.major
                        && !self.free_minor
                        && version.minor > wanted.minor)
            }
            "<" => order == Ordering::Less,
            ">=" | "=>" => order != Ordering::Less,
            "<=" | "=<" if !self.dirty => order != Ordering::Greater,
            "<=" | "=<" => {
                version.major < wanted.major
                    || (version.major == wanted.major
                        && (self.free_minor || version.minor <= wanted.minor))
            }
            "^" => self.caret(version, order),
            _ => self.tilde(version, order),
        }
    }

    fn tilde(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if order == Ordering::Less {
            return false;
        }
        let zero = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0);
        if zero && !self.free_minor && !self.free_patch {
            return true;
        }
        version.major == wanted.major && (self.free_minor || version.minor == wanted.minor)
    }

    /// The first part that is not zero stays.
    fn caret(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if order == Ordering::Less {
            return false;
        }
        if wanted.major > 0 || self.free_minor {
            return version.major == wanted.major;
        }
        if version.major > 0 {
            return false;
        }
        if wanted.minor > 0 || self.free_patch {
            return version.minor == wanted.minor;
        }
        version.minor == 0 && version.patch == wanted.patch
    }
}
