//! The words of `mainstay install`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use chain::{Failure, Result, Word, escape};

use super::layout::{LAYOUTS, Layout};
use crate::similar;
use crate::words::{self, Opt, flag, valued, wrong};

/// The word for this command.
const VERB: &str = "install";

const ROOT: Opt = valued("--root", "-r", "the root of an image tree");
const LAYOUT: Opt = valued("--layout", "", "a layout");
const DRY_RUN: Opt = flag("--dry-run");
const UNINSTALL: Opt = flag("--uninstall");

const OPTIONS: &[Opt] = &[ROOT, LAYOUT, DRY_RUN, UNINSTALL];

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
    let words = words::read(VERB, OPTIONS, words)?;
    if words.help {
        return Ok(Asked::Help);
    }
    if let Some(word) = words.operands.iter().chain(&words.behind).next() {
        let text = format!(
            "{} is one word too many; the root of the tree goes behind --root: {EXAMPLE}",
            escape(word)
        );
        return Err(wrong(VERB, &text));
    }
    let root = words.value(ROOT.name);
    let root = root.map(|root| PathBuf::from(OsStr::from_bytes(root)));
    let layout = match words.value(LAYOUT.name) {
        Some(name) => Some(find(name)?.1),
        None => None,
    };
    let (dry_run, uninstall) = (words.has(DRY_RUN.name), words.has(UNINSTALL.name));
    let Some(root) = root else {
        let text = format!("which image tree? Name its root, / inside of a Dockerfile: {EXAMPLE}");
        return Err(wrong(VERB, &text));
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
        None => {
            let text = format!("which layout? Add one of:{}", list("--layout "));
            Err(wrong(VERB, &text))
        }
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
            let names = LAYOUTS.iter().map(|(name, ..)| *name);
            Failure::Invalid(format!(
                "there is no layout {}{} there are:{}",
                escape(name),
                similar::or_on(name, names),
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
            (&["--root"], "--root needs the root"),
            (&["--root="], "see `mainstay install --help`"),
            (
                &["--root", "/", "--layout", "v9"],
                "no layout v9; there are: s6-v2",
            ),
            (&["--frobnicate"], "no option --frobnicate"),
            (&["--dry-run=yes"], "--dry-run takes no value"),
            (
                &["--root", "/", "--layout", "s6v2"],
                "did you mean s6-v2? there are:",
            ),
            (&["--dryrun"], "did you mean --dry-run?"),
            (&["/"], "behind --root"),
        ] {
            let line = asked(words).expect_err("it does not fit");
            assert!(line.contains(expected), "{words:?}: {line}");
            assert!(!line.contains('\n'), "{words:?}");
        }
    }
}
