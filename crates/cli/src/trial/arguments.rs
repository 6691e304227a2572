//! The words of `mainstay try`: what to boot, over what, with which variables.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use chain::{Environment, Failure, Result, Word, escape};
use layouts::walk::{Links, Root};

use crate::words::{self, Opt, flag, valued, wrong};

/// The word for this command.
const VERB: &str = "try";

const ROOT: Opt = valued("--root", "-r", "a directory: --root ROOTFS");
const ENV: Opt = valued("--env", "-e", "NAME=VALUE");
const NET: Opt = valued("--net", "", "host or none");
const READ_ONLY: Opt = flag("--read-only");

const OPTIONS: &[Opt] = &[ROOT, ENV, NET, READ_ONLY];

/// Which network the tree sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// The machine's, so that what listens on 127.0.0.1 can be reached from outside.
    Host,
    /// Nothing but a loopback device of its own.
    None,
}

/// A call that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// The tree to lay over the root, absolute and without links.
    pub(crate) overlay: PathBuf,
    /// The root file system that it lies on, absolute and without links.
    pub(crate) root: PathBuf,
    /// Variables from `--env`, in order.
    pub(crate) variables: Vec<(Word, Word)>,
    /// The network.
    pub(crate) network: Network,
    /// Whether the root can only be read, as with `docker run --read-only`.
    pub(crate) read_only: bool,
    /// CMD; empty for none.
    pub(crate) command: Vec<Word>,
}

/// What the words ask for.
#[derive(Debug)]
pub(crate) enum Asked {
    /// The text of `--help`.
    Help,
    /// A boot.
    Boot(Request),
}

/// Reads the words after `mainstay try`. `caller` is where `--env NAME` without a
/// value looks NAME up, as an engine's client does.
///
/// # Errors
/// A sentence with a remedy for words that do not fit and for directories that are
/// none.
pub(crate) fn read(words: Vec<Word>, caller: &Environment) -> Result<Asked> {
    let mut words = words::read(VERB, OPTIONS, words)?;
    if words.help {
        return Ok(Asked::Help);
    }
    let mut operands = std::mem::take(&mut words.operands).into_iter();
    let overlay = operands.next().ok_or_else(|| {
        invalid(
            "OVERLAY is missing: name the tree that your Dockerfile copies to /, for example \
             `mainstay try ./root`",
        )
    })?;
    if let Some(word) = operands.next() {
        return Err(invalid(&format!(
            "{} comes after OVERLAY; a command to run inside goes behind `--`: mainstay try \
             OVERLAY -- {0}",
            escape(&word)
        )));
    }
    let mut variables = Vec::new();
    for (option, value) in &words.options {
        if *option == ENV.name {
            variables.extend(variable(value.clone(), caller)?);
        }
    }
    let network = match words.value(NET.name) {
        Some(name) => network_named(name)?,
        None => Network::Host,
    };
    Ok(Asked::Boot(Request {
        overlay: directory(
            overlay,
            "OVERLAY is a directory laid out as the image's root, with etc/services.d or \
             run.d inside",
        )?,
        root: directory(
            words.value(ROOT.name).unwrap_or(b"/").to_vec(),
            "ROOTFS is a directory that holds a whole system, for example made by \
             debootstrap or `docker export`; without --root it is this machine's /",
        )?,
        variables,
        network,
        read_only: words.has(READ_ONLY.name),
        command: words.behind,
    }))
}

/// The word for the tree, in the words of somebody else's call.
pub(super) fn overlay(words: Vec<Word>) -> Option<Word> {
    let words = words::read(VERB, OPTIONS, words).ok()?;
    words.operands.into_iter().next().filter(|_| !words.help)
}

fn variable(word: Word, caller: &Environment) -> Result<Option<(Word, Word)>> {
    match word.iter().position(|b| *b == b'=') {
        Some(0) => Err(invalid(&format!(
            "--env {} has no name before the `=`",
            escape(&word)
        ))),
        Some(at) => Ok(Some((word[..at].to_vec(), word[at + 1..].to_vec()))),
        None => Ok(caller.get(&word).map(|value| (word, value.to_vec()))),
    }
}

fn network_named(word: &[u8]) -> Result<Network> {
    match word {
        b"host" => Ok(Network::Host),
        b"none" => Ok(Network::None),
        _ => Err(invalid(&format!(
            "--net {} is neither host (this machine's network, the default) nor none",
            escape(word)
        ))),
    }
}

fn directory(word: Word, remedy: &str) -> Result<PathBuf> {
    let shown = escape(&word);
    let path = PathBuf::from(OsString::from_vec(word));
    let found = fs::canonicalize(&path).map_err(|error| {
        invalid(&format!(
            "{shown}: {}; {remedy}",
            kernel::errno::text(&error)
        ))
    })?;
    if is_directory(&found) {
        Ok(found)
    } else {
        Err(invalid(&format!("{shown} is not a directory; {remedy}")))
    }
}

fn is_directory(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_dir())
}

fn invalid(text: &str) -> Failure {
    wrong(VERB, text)
}

/// What a tree holds that is run: below its root.
const RUN: [&str; 7] = [
    "etc/services.d",
    "etc/cont-init.d",
    "run.d",
    "etc/cont-finish.d",
    "etc/cont-profile.d",
    "etc/s6",
    // Its own in place of ours.
    "run.sh",
];

/// A line for a tree of which nothing is run, mostly one directory too high or too low.
pub(super) fn nothing_to_run(overlay: &Path) -> Option<String> {
    // As the tree's own root: an absolute link in it is not this machine's to answer.
    let is_tree = |tree: &Path| {
        let root = Root::open(tree, Links::InRoot);
        root.is_ok_and(|root| {
            RUN.iter()
                .any(|path| root.find(path.as_bytes(), true).is_ok())
        })
    };
    if is_tree(overlay) {
        return None;
    }
    let below = fs::read_dir(overlay).into_iter().flatten().flatten();
    let meant = below
        .map(|entry| entry.path())
        .chain(overlay.ancestors().skip(1).take(2).map(Path::to_path_buf))
        .find(|tree| tree.as_os_str() != "/" && is_tree(tree));
    let shown = |path: &Path| escape(path.as_os_str().as_encoded_bytes());
    Some(format!(
        "{} has no {}, so nothing of it is run{}",
        shown(overlay),
        RUN[..3].join(", "),
        match meant {
            Some(tree) => format!("; did you mean {}?", shown(&tree)),
            None => "; OVERLAY is the tree that your Dockerfile copies to /".to_string(),
        }
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<Word> {
        text.iter().map(|w| w.as_bytes().to_vec()).collect()
    }

    fn boot(text: &[&str]) -> Request {
        let mut caller = Environment::new();
        caller.set(b"HELD", b"value");
        match read(words(text), &caller).unwrap() {
            Asked::Boot(request) => request,
            Asked::Help => panic!("not a boot"),
        }
    }

    fn refused(text: &[&str]) -> String {
        read(words(text), &Environment::new())
            .unwrap_err()
            .line(crate::trial::COMMAND.name)
    }

    #[test]
    fn options_stand_on_either_side_of_the_overlay_and_glued_or_apart() {
        let request = boot(&[
            "--env",
            "A=1=2",
            "/tmp",
            "--net=none",
            "-e",
            "HELD",
            "--env=B=",
            "-e",
            "ABSENT",
            "--root",
            "/usr",
            "--",
            "sh",
            "--env",
            "--",
        ]);
        assert_eq!(request.overlay, Path::new("/tmp"));
        assert_eq!(request.root, Path::new("/usr"));
        assert_eq!(request.network, Network::None);
        assert_eq!(request.command, words(&["sh", "--env", "--"]));
        let variables = [("A", "1=2"), ("HELD", "value"), ("B", "")];
        let expected: Vec<_> = variables
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect();
        assert_eq!(request.variables, expected);
    }

    #[test]
    fn the_defaults_are_this_machine_and_its_network() {
        let request = boot(&["/tmp"]);
        assert_eq!(request.root, Path::new("/"));
        assert_eq!(request.network, Network::Host);
        assert_eq!(request.command, Vec::<Word>::new());
    }

    #[test]
    fn a_tree_of_which_nothing_is_run_is_said_and_the_one_that_may_be_meant() {
        let temp = std::env::temp_dir().join(format!("mainstay-trees-{}", std::process::id()));
        let tree = temp.join("example/root");
        fs::create_dir_all(tree.join("etc/services.d/web")).unwrap();
        assert_eq!(nothing_to_run(&tree), None);
        let meant = format!("did you mean {}?", kernel::escape_path(&tree));
        for other in [temp.join("example"), tree.join("etc")] {
            let line = nothing_to_run(&other).unwrap();
            assert!(line.contains(&meant), "{line}");
        }
        let line = nothing_to_run(&temp).unwrap();
        assert!(line.ends_with("copies to /"), "{line}");
        fs::remove_dir_all(&temp).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_said_with_a_remedy() {
        for (call, what, remedy) in [
            (&[][..], "OVERLAY is missing", "mainstay try ./root"),
            (&["/no/such"][..], "/no/such", "etc/services.d"),
            (&["/etc/passwd"][..], "not a directory", "etc/services.d"),
            (
                &["/tmp", "--root", "/no/such"][..],
                "/no/such",
                "debootstrap",
            ),
            (&["/tmp", "sh"][..], "sh comes after OVERLAY", "-- sh"),
            (&["/tmp", "--net", "bridge"][..], "bridge", "none"),
            (&["/tmp", "--env"][..], "--env needs", "NAME=VALUE"),
            (&["/tmp", "--env", "=x"][..], "no name", "="),
            (
                &["/tmp", "--red-only"][..],
                "did you mean --read-only?",
                "--help",
            ),
        ] {
            let line = refused(call);
            assert!(line.contains(what) && line.contains(remedy), "{line}");
        }
    }
}
