//! Reading the lines of a fix-attrs list.

use std::path::Path;

use execline::glob::{self, Style};
use kernel::accounts::Accounts;
use kernel::escape;

use crate::{Problem, Rule};

/// What can be wrong with a line.
pub(super) const RULES: &[&Rule] = &[&FIELDS, &RECURSE, &MODE, &ACCOUNT, &FALLBACK];

const FIELDS: Rule = Rule::error(
    "fix-attrs-fields",
    "A line of a fix-attrs file has fewer than five fields. It is passed over.",
    "Write `path true|false account file-mode directory-mode`.",
);
const RECURSE: Rule = Rule::warning(
    "fix-attrs-recurse",
    "The second field of a fix-attrs line is neither `true` nor `false`. It counts as false: what is below the path keeps its owner and mode.",
    "Write `true` or `false`.",
);
const MODE: Rule = Rule::error(
    "fix-attrs-mode",
    "The fourth or fifth field of a fix-attrs line is no octal mode. The line is passed over.",
    "Write an octal number like `0644`, or `-` to leave modes alone.",
);
const ACCOUNT: Rule = Rule::error(
    "fix-attrs-account",
    "A fix-attrs line names a user or group that the image's `/etc/passwd` and `/etc/group` do not have. The line is passed over. (The boot reads these files itself: users of LDAP and its like do not count.) Where a script of `/run.d` makes users, it is not told.",
    "Make the user in the image, or add ids to fall back to: `NAME,UID:GID`.",
)
.with_the_image();

const FALLBACK: Rule = Rule::error(
    "fix-attrs-fallback",
    "What follows the comma in a fix-attrs line's account is not `UID:GID`. The line is passed over.",
    "Write two numbers, as in `app,1000:1000`.",
);

/// How patterns are read: as elglob does, so a leading dot must be written.
pub const NAMES: Style = Style {
    no_escape: false,
    path: false,
    leading_dot: true,
};

/// What one line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// A path, perhaps with patterns of names in it (see [`execline::glob`]).
    pub path: Vec<u8>,
    /// Whether all that is below a directory is changed too.
    pub recurse: bool,
    /// Who shall own it.
    pub owner: Owner,
    /// The mode of what is no directory; none: left alone.
    pub file_mode: Option<u32>,
    /// The mode of directories; none: left alone.
    pub dir_mode: Option<u32>,
}

impl Line {
    /// Whether the line is about `path`, which is no directory.
    pub fn is_about(&self, path: &[u8]) -> bool {
        let split = |path: &[u8]| -> Vec<Vec<u8>> {
            let names = path.split(|b| *b == b'/');
            names
                .filter(|n| !n.is_empty())
                .map(<[u8]>::to_vec)
                .collect()
        };
        let (pattern, path) = (split(&self.path), split(path));
        let reaches = match self.recurse {
            true => pattern.len() <= path.len(),
            false => pattern.len() == path.len(),
        };
        reaches
            && pattern
                .iter()
                .zip(&path)
                .all(|(pattern, name)| glob::matches(pattern, name, NAMES))
    }
}

/// An owner and a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// The lines of a list with their numbers, from 1. Blank lines and those that begin
/// with `#` say nothing; the last one counts with or without its newline; fields
/// beyond the fifth are passed over, as the original does.
pub fn parse(file: &Path, text: &[u8], accounts: &Accounts) -> (Vec<(u32, Line)>, Vec<Problem>) {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.split(|b| *b == b'\n')) {
        let fields: Vec<&[u8]> = line
            .split(|b| matches!(b, b' ' | b'\t' | b'\r'))
            .filter(|field| !field.is_empty())
            .collect();
        if fields.first().is_none_or(|field| field.starts_with(b"#")) {
            continue;
        }
        let (line, told) = one(&fields, accounts);
        lines.extend(line.map(|line| (number, line)));
        problems.extend(told.into_iter().map(|told| told.problem(file, number)));
    }
    (lines, problems)
}

/// What is wrong with a line: the rule, the cause and the remedy.
struct Told(&'static Rule, String, String);

impl Told {
    fn problem(self, file: &Path, number: u32) -> Problem {
        let Told(rule, cause, remedy) = self;
        Problem::at(file, number, cause, remedy).of(rule)
    }
}

/// What a line says, and all that is wrong with it: one fault hides no other.
fn one(fields: &[&[u8]], accounts: &Accounts) -> (Option<Line>, Vec<Told>) {
    let mut told = Vec::new();
    let [path, recurse, account, file_mode, dir_mode, ..] = fields else {
        told.push(Told(
            &FIELDS,
            format!("only {} of 5 fields", fields.len()),
            "write: path true|false account file-mode directory-mode".into(),
        ));
        return (None, told);
    };
    let recurse = match *recurse {
        b"true" => true,
        b"false" => false,
        other => {
            told.push(Told(
                &RECURSE,
                format!("`{}` is neither true nor false", escape(other)),
                "only the path itself is changed, nothing below it".into(),
            ));
            false
        }
    };
    let owner = owner(account, accounts);
    let (file_mode, dir_mode) = (mode(file_mode), mode(dir_mode));
    let line = match (owner, file_mode, dir_mode) {
        (Ok(owner), Ok(file_mode), Ok(dir_mode)) => Some(Line {
            path: path.to_vec(),
            recurse,
            owner,
            file_mode,
            dir_mode,
        }),
        (owner, file_mode, dir_mode) => {
            told.extend(owner.err());
            told.extend(file_mode.err());
            told.extend(dir_mode.err());
            None
        }
    };
    (line, told)
}

/// An octal mode, or `-` for none.
fn mode(text: &[u8]) -> Result<Option<u32>, Told> {
    if text == b"-" {
        return Ok(None);
    }
    let octal = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.bytes().all(|b| (b'0'..=b'7').contains(&b)))
        .and_then(|text| u32::from_str_radix(text, 8).ok())
        .filter(|mode| *mode <= 0o7777);
    match octal {
        Some(mode) => Ok(Some(mode)),
        None => Err(Told(
            &MODE,
            format!("`{}` is no mode", escape(text)),
            "write an octal number like 0644, or - to leave modes alone".into(),
        )),
    }
}

/// An account, `USER[:GROUP][,UID:GID]`. Each half is a name or a number; a name that
/// does not exist falls back to its half of the numbers after the comma. A user
/// without a group has the group of its line in /etc/passwd.
fn owner(text: &[u8], accounts: &Accounts) -> Result<Owner, Told> {
    let (account, fallback) = match split(text, b',') {
        Some((account, numbers)) => (account, Some(ids(numbers)?)),
        None => (text, None),
    };
    let (user, group) = match split(account, b':') {
        Some((user, group)) => (user, (!group.is_empty()).then_some(group)),
        None => (account, None),
    };
    let line = accounts
        .user(user)
        .or_else(|| accounts.user_by_id(number(user)?));
    let uid = line
        .map(|line| line.uid)
        .or_else(|| number(user))
        .or(fallback.map(|owner| owner.uid));
    let gid = match group {
        Some(group) => accounts
            .group(group)
            .map(|line| line.gid)
            .or_else(|| number(group)),
        None => line.map(|line| line.gid),
    }
    .or(fallback.map(|owner| owner.gid));
    let remedy = || "make it in the image, or add ids to fall back to: NAME,UID:GID".to_string();
    match (uid, gid) {
        (Some(uid), Some(gid)) => Ok(Owner { uid, gid }),
        (None, _) => Err(Told(
            &ACCOUNT,
            format!("there is no user `{}`", escape(user)),
            remedy(),
        )),
        (_, None) => Err(Told(
            &ACCOUNT,
            match group {
                Some(group) => format!("there is no group `{}`", escape(group)),
                None => format!(
                    "user {} has no line in /etc/passwd, so no group",
                    escape(user)
                ),
            },
            "name the group too: USER:GROUP".into(),
        )),
    }
}

/// `UID:GID`.
fn ids(text: &[u8]) -> Result<Owner, Told> {
    let halves = split(text, b':').and_then(|(uid, gid)| Some((number(uid)?, number(gid)?)));
    match halves {
        Some((uid, gid)) => Ok(Owner { uid, gid }),
        None => Err(Told(
            &FALLBACK,
            format!("`{}` after the comma is not UID:GID", escape(text)),
            "write two numbers, like 1000:1000".into(),
        )),
    }
}

/// An id; the highest is no id but a sign for "leave alone" (chown(2)).
fn number(text: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(text).ok()?;
    let id = digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse::<u32>().ok())
        .flatten()?;
    (id != u32::MAX).then_some(id)
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|b| *b == at)?;
    Some((&text[..position], &text[position + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        Accounts::parse(
            b"root:x:0:0::/:/\ndaemon:x:2:7::/:/\n1234:x:5:6::/:/\n",
            b"root:x:0:\ndaemon:x:2:\n",
        )
    }

    fn owner_of(text: &str) -> Option<(u32, u32)> {
        let owner = owner(text.as_bytes(), &accounts()).ok()?;
        Some((owner.uid, owner.gid))
    }

    #[test]
    fn accounts_as_the_readme_has_them() {
        for (text, expected) in [
            ("daemon", (2, 7)),
            ("daemon:", (2, 7)),
            ("daemon,3:4", (2, 7)),
            ("2:2,3:4", (2, 2)),
            ("daemon:11111,3:4", (2, 11111)),
            ("11111:daemon,3:4", (11111, 2)),
            ("daemon:daemon,3:4", (2, 2)),
            ("daemon:unexisting,3:4", (2, 4)),
            ("unexisting:daemon,3:4", (3, 2)),
            ("unexisting,3:4", (3, 4)),
            ("11111:11111,3:4", (11111, 11111)),
            ("0", (0, 0)),
            ("2", (2, 7)),
            ("1234", (5, 6)),
        ] {
            assert_eq!(owner_of(text), Some(expected), "{text}");
        }
        for text in [
            "nobody",
            "daemon:none",
            "5555",
            "daemon,3",
            "daemon,x:y",
            "4294967295:0",
            "",
        ] {
            assert_eq!(owner_of(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_is_about_what_it_matches_and_with_recurse_what_is_below() {
        let about = |pattern: &str, recurse, path: &str| {
            let line = Line {
                path: pattern.as_bytes().to_vec(),
                recurse,
                owner: Owner { uid: 0, gid: 0 },
                file_mode: None,
                dir_mode: None,
            };
            line.is_about(path.as_bytes())
        };
        assert!(about("/etc/s.d/*/run", false, "/etc/s.d/web/run"));
        assert!(!about("/etc/s.d/*/run", false, "/etc/s.d/web/log/run"));
        assert!(!about("/etc/s.d/*/run", false, "/etc/s.d/.web/run"));
        assert!(about("/etc", true, "/etc/s.d/web/run"));
        assert!(!about("/etc", false, "/etc/passwd"));
    }

    #[test]
    fn lines_that_do_not_fit_are_told_with_their_number() {
        let text = b"# comment\n\n  \t\n/a true root 0644 0755\n/b root\n/c yes root - -\n/d false nobody 1 1\n/e false root 0888 -\n/f false root 0644 07777777\n/g\tfalse\troot\t674\t2700 more # words";
        let (lines, problems) = parse(Path::new("list"), text, &accounts());
        let numbers: Vec<u32> = lines.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [4, 6, 10]);
        assert_eq!(
            lines[0].1,
            Line {
                path: b"/a".to_vec(),
                recurse: true,
                owner: Owner { uid: 0, gid: 0 },
                file_mode: Some(0o644),
                dir_mode: Some(0o755),
            }
        );
        assert_eq!((lines[1].1.file_mode, lines[1].1.dir_mode), (None, None));
        assert_eq!(lines[2].1.dir_mode, Some(0o2700));
        let told: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(
            told,
            [
                "list:5: only 2 of 5 fields; write: path true|false account file-mode directory-mode",
                "list:6: `yes` is neither true nor false; only the path itself is changed, nothing below it",
                "list:7: there is no user `nobody`; make it in the image, or add ids to fall back to: NAME,UID:GID",
                "list:8: `0888` is no mode; write an octal number like 0644, or - to leave modes alone",
                "list:9: `07777777` is no mode; write an octal number like 0644, or - to leave modes alone",
            ]
        );
    }
}
