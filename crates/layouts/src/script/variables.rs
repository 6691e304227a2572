//! Variables of the container: those that scripts set, and those that are given with
//! the question. Which are read, and whether their values fit.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::escape;

use super::{Script, is_name_byte};
use crate::settings::{Settings, TABLE};
use crate::{Problem, Rule};

/// What is looked for.
pub const RULES: &[&Rule] = &[&DEAD, &LOST];

const DEAD: Rule = Rule::warning(
    "dead-variable",
    "An `S6_` variable is set, and nothing reads it: neither this release nor a script of the tree. It is misspelt, or another release's.",
    "Correct the name (the message proposes one where it can), or leave it away. `docs/variables.md` has all that are read.",
);
const LOST: Rule = Rule::warning(
    "export-lost",
    "A hook or a service exports a variable that PID 1 reads. An export ends with the script: PID 1 and the other scripts never see it.",
    "Write it where they look: `printf %s VALUE > /var/run/s6/container_environment/NAME`. What PID 1 reads before that hook runs belongs into the image (`ENV`).",
);

/// Variables of other releases, each with where it is from.
const OF_OTHERS: &[(&str, &str)] = &[
    ("S6_CATCHALL_USER", "s6-overlay 3"),
    ("S6_CMD_RECEIVE_SIGNALS", "s6-overlay 3"),
    ("S6_CMD_USE_TERMINAL", "s6-overlay 3"),
    ("S6_RUNTIME_BUNDLEDIR", "s6-overlay 3"),
    ("S6_SERVICES_READYTIME", "s6-overlay 3"),
    ("S6_STAGE2_HOOK", "s6-overlay 3"),
    ("S6_VERBOSITY", "s6-overlay 3"),
    ("S6_WAIT_FOR_CLOSING_FD", "s6-overlay 3"),
    (
        "S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES",
        "s6-overlay 3",
    ),
];

/// Variables that programs of ours read from their own environment, so that an export
/// right before them counts.
const READ_BY_PROGRAMS: [&str; 3] = ["S6_KEEP_ENV", "S6_LOGGING_SCRIPT", "S6_FIX_ATTRS_HIDDEN"];

/// A variable that is given with the question: by `--env`, or by a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
    /// The line of a file that says so.
    pub place: Option<(PathBuf, u32)>,
}

/// What is wrong with the values that are given, by the reader of all settings.
pub fn check_given(given: &[Given]) -> (Settings, Vec<Problem>) {
    let lookup = |name: &str| {
        let mut all = given.iter().rev();
        let found = all.find(|given| given.name == name.as_bytes())?;
        Some(found.value.clone())
    };
    let (settings, problems) = Settings::read(lookup);
    let placed = problems.into_iter().map(|problem| {
        let shown = problem.path.as_os_str().as_bytes().to_vec();
        let name = shown.split(|b| *b == b'=').next().unwrap_or(b"");
        let found = given.iter().rev().find(|given| given.name == name);
        match found.and_then(|given| given.place.clone()) {
            Some((path, line)) => Problem {
                line: Some(line),
                cause: format!("{}: {}", escape(&shown), problem.cause),
                path,
                ..problem
            },
            None => problem,
        }
    });
    (settings, placed.collect())
}

/// Where scripts set and read variables.
#[derive(Debug, Default)]
pub struct Mentions {
    set: Vec<Set>,
    read: BTreeSet<Vec<u8>>,
}

#[derive(Debug)]
struct Set {
    name: Vec<u8>,
    path: PathBuf,
    line: u32,
    how: How,
}

#[derive(Debug, PartialEq)]
enum How {
    /// `NAME=value`, with the value where it is a literal.
    Assigned {
        exported: bool,
        value: Option<Vec<u8>>,
    },
    /// By its file in the container's environment.
    Written,
}

impl Mentions {
    /// Takes what a script sets and reads.
    pub fn add(&mut self, script: &Script) {
        for (line, text) in script.lines() {
            let mut at = 0;
            while at < text.len() {
                if !text[at..].starts_with(b"S6_") || at > 0 && is_name_byte(text[at - 1]) {
                    at += 1;
                    continue;
                }
                let length = text[at..]
                    .iter()
                    .position(|b| !is_name_byte(*b))
                    .unwrap_or(text.len() - at);
                let (before, name, after) =
                    (&text[..at], &text[at..at + length], &text[at + length..]);
                match how(before, after) {
                    Some(how) => self.set.push(Set {
                        name: name.to_vec(),
                        path: script.path.clone(),
                        line,
                        how,
                    }),
                    None => {
                        self.read.insert(name.to_vec());
                    }
                }
                at += length;
            }
        }
    }

    /// What is wrong with the variables that scripts set and that are given.
    /// `is_hook`: whether a script is one that the boot or a supervisor runs.
    pub fn check(&self, given: &[Given], is_hook: impl Fn(&Path) -> bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        for set in &self.set {
            let place = |problem: Problem| Problem {
                path: set.path.clone(),
                line: Some(set.line),
                ..problem
            };
            problems.extend(self.dead(&set.name).map(place));
            let How::Assigned { exported, value } = &set.how else {
                continue;
            };
            let known = TABLE.iter().any(|line| line.name.as_bytes() == set.name);
            let for_itself = READ_BY_PROGRAMS
                .iter()
                .any(|name| name.as_bytes() == set.name);
            if !exported || !known {
                continue;
            }
            if is_hook(&set.path) && !for_itself {
                let name = escape(&set.name);
                problems.push(place(
                    Problem::new(
                        &set.path,
                        format!("{name} is exported for this script alone; PID 1 does not see it"),
                        format!(
                            "printf %s VALUE > /var/run/s6/container_environment/{name}, or set it in the image"
                        ),
                    )
                    .of(&LOST),
                ));
            } else if let Some(value) = value {
                let given = Given {
                    name: set.name.clone(),
                    value: value.clone(),
                    place: Some((set.path.clone(), set.line)),
                };
                problems.extend(check_given(&[given]).1);
            }
        }
        for given in given {
            problems.extend(self.dead(&given.name).map(|problem| match &given.place {
                Some((path, line)) => Problem {
                    path: path.clone(),
                    line: Some(*line),
                    ..problem
                },
                None => {
                    let place = [&given.name[..], b"=", &given.value].concat();
                    Problem {
                        path: PathBuf::from(OsStr::from_bytes(&place)),
                        ..problem
                    }
                }
            }));
        }
        problems
    }

    /// Tells of a variable that nothing reads.
    fn dead(&self, name: &[u8]) -> Option<Problem> {
        if self.read.contains(name) || !name.starts_with(b"S6_") {
            return None;
        }
        let name = std::str::from_utf8(name).ok()?;
        // What Dockerfiles fetch the original by.
        let for_the_build =
            name.starts_with("S6_OVERLAY_") || name.ends_with("_VERSION") || name == "S6_ARCH";
        if for_the_build || TABLE.iter().any(|line| line.name == name) {
            return None;
        }
        let (cause, remedy) = match OF_OTHERS.iter().find(|(other, _)| *other == name) {
            Some((_, release)) => (
                format!("{name} is {release}'s, and nothing here reads it"),
                "leave it away, or see docs/variables.md for what there is".to_string(),
            ),
            None => (
                format!("nothing reads {name}"),
                match nearest(name) {
                    Some(other) => format!("did you mean {other}?"),
                    None => "leave it away; docs/variables.md has all that are read".to_string(),
                },
            ),
        };
        Some(Problem::new(Path::new(name), cause, remedy).of(&DEAD))
    }
}

/// How a name between these texts is set; none where it is read.
fn how(before: &[u8], after: &[u8]) -> Option<How> {
    if before.ends_with(b"container_environment/") {
        let mut words = before.split(|b| matches!(b, b' ' | b'\t' | b'"' | b'>'));
        let reads = words.any(|word| matches!(word, b"cat" | b"<" | b"-f" | b"-e" | b"-s" | b"rm"));
        return (!reads).then_some(How::Written);
    }
    let mut words = before
        .split(|b| b.is_ascii_whitespace() || *b == b';')
        .filter(|word| !word.is_empty());
    let exported = words.next_back() == Some(b"export")
        || before
            .split(|b| b.is_ascii_whitespace())
            .any(|word| word == b"export");
    let begins = before
        .last()
        .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b';' | b'&' | b'|' | b'(' | b'{'));
    if !begins {
        return None;
    }
    match after {
        // A comparison, or a list of arguments of some other language.
        [b'=', b'=' | b'~', ..] => None,
        [b'=', value @ ..] => Some(How::Assigned {
            exported,
            value: literal(value),
        }),
        // `export NAME VALUE` of execline; `export NAME` of a shell hands on what is set.
        _ if before.trim_ascii() == b"export" => {
            let value = after.trim_ascii();
            Some(How::Assigned {
                exported,
                value: (!value.is_empty()).then(|| literal(value)).flatten(),
            })
        }
        _ => None,
    }
}

/// The value at the start of `text`, where it is known as it stands.
fn literal(text: &[u8]) -> Option<Vec<u8>> {
    let (value, rest) = match text {
        [quote @ (b'"' | b'\''), rest @ ..] => {
            let end = rest.iter().position(|b| b == quote)?;
            (&rest[..end], &rest[end + 1..])
        }
        _ => {
            let end = text
                .iter()
                .position(|b| b.is_ascii_whitespace() || matches!(b, b';' | b'&' | b'|' | b')'))
                .unwrap_or(text.len());
            (&text[..end], &text[end..])
        }
    };
    let ends = rest
        .first()
        .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b';' | b'&' | b'|' | b')'));
    let known = !value
        .iter()
        .any(|b| matches!(b, b'$' | b'`' | b'\\' | b'"' | b'\''));
    (ends && known).then(|| value.to_vec())
}

/// The variable whose name is nearest, if one is near.
fn nearest(name: &str) -> Option<&'static str> {
    let most = 1 + name.len() / 6;
    TABLE
        .iter()
        .map(|line| (distance(name.as_bytes(), line.name.as_bytes()), line.name))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be added, removed or exchanged (Levenshtein's distance).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_proposed_and_far_ones_not() {
        assert_eq!(nearest("S6_KILL_GRACE_TIME"), Some("S6_KILL_GRACETIME"));
        assert_eq!(nearest("S6_KEEPENV"), Some("S6_KEEP_ENV"));
        assert_eq!(
            nearest("S6_BEHAVIOR_IF_STAGE2_FAILS"),
            Some("S6_BEHAVIOUR_IF_STAGE2_FAILS")
        );
        assert_eq!(nearest("S6_MY_OWN_THING"), None);
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }

    #[test]
    fn names_of_others_are_not_among_those_that_are_read() {
        for (name, _) in OF_OTHERS {
            assert!(TABLE.iter().all(|line| line.name != *name), "{name}");
        }
        for name in READ_BY_PROGRAMS {
            assert!(TABLE.iter().any(|line| line.name == name), "{name}");
        }
    }

    #[test]
    fn setting_and_reading_are_told_apart() {
        let assigned = |exported, value: &str| {
            Some(How::Assigned {
                exported,
                value: Some(value.as_bytes().to_vec()),
            })
        };
        let of = |line: &str| {
            let at = line.find("S6_X").unwrap();
            how(&line.as_bytes()[..at], &line.as_bytes()[at + 4..])
        };
        assert_eq!(of("export S6_X=1"), assigned(true, "1"));
        assert_eq!(of("a; S6_X='b c' run"), assigned(false, "b c"));
        assert_eq!(of("export S6_X 20"), assigned(true, "20"));
        assert_eq!(
            of("echo 1 > /var/run/s6/container_environment/S6_X"),
            Some(How::Written)
        );
        for unknown in ["export S6_X=$y", "export S6_X=\"a$b\"", "export S6_X"] {
            assert!(
                matches!(of(unknown), Some(How::Assigned { value: None, .. })),
                "{unknown}"
            );
        }
        for read in [
            "echo $S6_X",
            "a ${S6_X:-1}",
            "[ S6_X == 1 ]",
            "printcontenv S6_X",
            "importas X S6_X",
            "environ[\"S6_X\"]",
            "cat /var/run/s6/container_environment/S6_X",
        ] {
            assert_eq!(of(read), None, "{read}");
        }
    }
}
