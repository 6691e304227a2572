//! The words of `mainstay install`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use chain::{Failure, Result, Word, escape};

use super::layout::{LAYOUTS, Layout};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The help text.
    Help,
    /// To write a layout into an image tree.
    Install {
        root: PathBuf,
        layout: Layout,
        dry_run: bool,
    },
    /// To take it away again.
    Uninstall { root: PathBuf, dry_run: bool },
}

/// What to type, for someone who left a word out.
const EXAMPLE: &str = "mainstay install --root / --layout docker-base";

/// Reads the words.
///
/// # Errors
/// A sentence that says which word is wrong or missing, and what to type.
pub(super) fn read(words: Vec<Word>) -> Result<Asked> {
    let (mut root, mut layout) = (None, None);
    let (mut dry_run, mut uninstall) = (false, false);
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (name, glued) = match word.iter().position(|b| *b == b'=') {
            Some(at) if word.starts_with(b"--") => (&word[..at], Some(word[at + 1..].to_vec())),
            _ => (&word[..], None),
        };
        let mut value = || {
            let value = glued.clone().or_else(|| words.next());
            value.filter(|value| !value.is_empty()).ok_or_else(|| {
                Failure::Invalid(format!("{} needs a value: {EXAMPLE}", escape(name)))
            })
        };
        match name {
            b"--root" => root = Some(PathBuf::from(OsStr::from_bytes(&value()?))),
            b"--layout" => layout = Some(find(&value()?)?.1),
            b"--dry-run" if glued.is_none() => dry_run = true,
            b"--uninstall" if glued.is_none() => uninstall = true,
            b"--help" | b"-h" if glued.is_none() => return Ok(Asked::Help),
            _ if !name.starts_with(b"-") => {
                return Err(Failure::Invalid(format!(
                    "{} is one word too many; the root of the tree goes behind --root: {EXAMPLE}",
                    escape(&word)
                )));
            }
            _ => {
                return Err(Failure::Invalid(format!(
                    "there is no option {}; `mainstay install --help` lists them",
                    escape(&word)
                )));
            }
        }
    }
    let Some(root) = root else {
        return Err(Failure::Invalid(format!(
            "which image tree? Name its root, / inside of a Dockerfile: {EXAMPLE}"
        )));
    };
    if uninstall {
        return Ok(Asked::Uninstall { root, dry_run });
    }
    match layout {
        Some(layout) => Ok(Asked::Install {
            root,
            layout,
            dry_run,
        }),
        None => Err(Failure::Invalid(format!(
            "which layout? Add one of:{}",
            list("--layout ")
        ))),
    }
}

/// The layout of this name, with its name.
///
/// # Errors
/// A sentence with all that there are.
pub(crate) fn find(name: &[u8]) -> Result<(&'static str, Layout)> {
    let found = LAYOUTS.iter().find(|(known, ..)| known.as_bytes() == name);
    found
        .map(|(name, layout, _)| (*name, *layout))
        .ok_or_else(|| {
            Failure::Invalid(format!(
                "there is no layout {}; there are:{}",
                escape(name),
                list("")
            ))
        })
}

/// Every layout with what it is for, in one line.
fn list(prefix: &str) -> String {
    let all: Vec<String> = LAYOUTS
        .iter()
        .map(|(name, _, purpose)| format!(" {prefix}{name} ({purpose})"))
        .collect();
    all.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> std::result::Result<Asked, String> {
        let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        read(words).map_err(|failure| failure.line("install"))
    }

    #[test]
    fn both_forms_of_a_value_are_taken() {
        let expected = Asked::Install {
            root: "/x".into(),
            layout: Layout::S6V2,
            dry_run: true,
        };
        let spaced = ["--root", "/x", "--layout", "s6-v2", "--dry-run"];
        assert_eq!(asked(&spaced), Ok(expected.clone()));
        assert_eq!(
            asked(&["--dry-run", "--layout=s6-v2", "--root=/x"]),
            Ok(expected)
        );
        let uninstall = Asked::Uninstall {
            root: "/x".into(),
            dry_run: false,
        };
        assert_eq!(asked(&["--uninstall", "--root", "/x"]), Ok(uninstall));
        assert_eq!(asked(&["--root", "/", "-h"]), Ok(Asked::Help));
    }

    #[test]
    fn what_is_missing_or_wrong_is_said_with_what_to_type() {
        for (words, expected) in [
            (&[][..], EXAMPLE),
            (&["--root", "/"], "--layout docker-base"),
            (&["--root"], EXAMPLE),
            (&["--root="], EXAMPLE),
            (
                &["--root", "/", "--layout", "v9"],
                "no layout v9; there are: s6-v2",
            ),
            (&["--frobnicate"], "no option --frobnicate"),
            (&["--dry-run=yes"], "no option --dry-run=yes"),
            (&["/"], "behind --root"),
        ] {
            let line = asked(words).expect_err("it does not fit");
            assert!(line.contains(expected), "{words:?}: {line}");
            assert!(!line.contains('\n'), "{words:?}");
        }
    }
}
