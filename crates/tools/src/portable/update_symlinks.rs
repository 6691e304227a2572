//! s6-update-symlinks: links what several trees hold into one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use chain::{Call, Failure, Outcome, Program, Result, Unable, escape, warn};
use kernel::errno;

use super::{files, uniquename};

pub(super) const PROGRAM: Program = Program {
    name: "s6-update-symlinks",
    usage: "/destdir /srcdir...",
    summary: "make a tree of links to what several trees hold, the later ones first",
    run,
};

/// What is to be in the place of a name.
enum Node {
    /// A link to this path.
    Link(PathBuf),
    /// A directory, since more than one tree has something in it.
    Directory(BTreeMap<OsString, Node>),
}

fn run(call: &mut Call) -> Result<Outcome> {
    let target = call.operand()?;
    let sources = call.program()?;
    let absolute = |word: &[u8]| word.starts_with(b"/");
    if !absolute(&target) || !sources.iter().all(|source| absolute(source)) {
        return Err(call.misuse());
    }
    let end = target.iter().rposition(|byte| *byte != b'/');
    let Some(end) = end else {
        return Err(Failure::Invalid("unable to replace the root".to_string()));
    };
    let target = &target[..=end];
    let mut tree: Option<Node> = None;
    for source in &sources {
        let path = files::path(source);
        tree = Some(match tree {
            None => link_to(path).unable("read", source)?,
            Some(tree) => overlay(tree, path, files::path(target))?,
        });
    }
    if let Some(tree) = tree {
        replace(call.name, target, &tree)?;
    }
    Ok(Outcome::Exit(0))
}

/// A link to what is there.
fn link_to(path: &Path) -> io::Result<Node> {
    fs::metadata(path)?;
    Ok(Node::Link(path.to_path_buf()))
}

/// `tree` with what is at `source` laid over it; `place` is where it will be.
fn overlay(tree: Node, source: &Path, place: &Path) -> Result<Node> {
    let shown = source.as_os_str().as_bytes();
    let link = link_to(source).unable("read", shown)?;
    // What can be shared is shared: one link does where nothing else would be seen.
    if hides(&tree, source) {
        return Ok(link);
    }
    let over = match fs::metadata(source).is_ok_and(|found| found.is_dir()) {
        true => links(source).unable("list", shown)?,
        false => {
            return Err(Failure::Invalid(format!(
                "{} is a directory of another tree, and {} is none",
                escape(place.as_os_str().as_bytes()),
                escape(shown)
            )));
        }
    };
    if over.is_empty() {
        return Ok(tree);
    }
    let mut entries = match tree {
        Node::Directory(entries) => entries,
        Node::Link(path) => links(&path).unable("list", path.as_os_str().as_bytes())?,
    };
    for (name, link) in over {
        let node = match entries.remove(&name) {
            None => link,
            Some(below) => overlay(below, &source.join(&name), &place.join(&name))?,
        };
        entries.insert(name, node);
    }
    Ok(Node::Directory(entries))
}

/// Whether nothing of `node` would be seen under what is at `source`.
fn hides(node: &Node, source: &Path) -> bool {
    let expanded;
    let below = match node {
        Node::Directory(entries) => entries,
        Node::Link(path) if path.is_dir() => {
            expanded = links(path).unwrap_or_default();
            &expanded
        }
        Node::Link(_) => return true,
    };
    source.is_dir()
        && below.iter().all(|(name, node)| {
            let over = source.join(name);
            over.symlink_metadata().is_ok() && hides(node, &over)
        })
}

/// The entries of a directory, each as a link to it.
fn links(dir: &Path) -> io::Result<BTreeMap<OsString, Node>> {
    let mut entries = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let path = dir.join(&name);
        entries.insert(name, Node::Link(path));
    }
    Ok(entries)
}

/// Makes the tree beside its place and puts it there: at once, where what is there is no
/// directory.
fn replace(name: &str, target: &[u8], tree: &Node) -> Result<()> {
    let beside = |what: &str| {
        let prefix = [target, b":s6-update-symlinks-", what.as_bytes()].concat();
        uniquename::name(&prefix, 8).map(|name| files::path(&name).to_path_buf())
    };
    let new = beside("new")?;
    let made = make(&new, tree).and_then(|()| {
        let place = files::path(target);
        match fs::rename(&new, place) {
            Err(error) if is_directory_there(&error) => {}
            other => return other,
        }
        let old = beside("old").map_err(|_| errno::from(errno::EEXIST))?;
        fs::rename(place, &old)?;
        if let Err(error) = fs::rename(&new, place) {
            let _ = fs::rename(&old, place);
            return Err(error);
        }
        if let Err(error) = remove(&old) {
            let path = escape(old.as_os_str().as_bytes());
            warn(name, &format!("unable to remove {path}: {}", errno::text(&error)));
        }
        Ok(())
    });
    if made.is_err() {
        let _ = remove(&new);
    }
    made.unable("make", target)
}

/// Whether rename(2) says so of a directory in the place of a link, one that is not empty, or
/// a link in the place of a directory.
fn is_directory_there(error: &io::Error) -> bool {
    [errno::EISDIR, errno::ENOTEMPTY, errno::EEXIST, errno::ENOTDIR]
        .iter()
        .any(|number| errno::is(error, *number))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path)?.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    }
}

fn make(path: &Path, node: &Node) -> io::Result<()> {
    match node {
        Node::Link(to) => symlink(to, path),
        Node::Directory(entries) => {
            fs::create_dir(path)?;
            for (name, node) in entries {
                make(&path.join(name), node)?;
            }
            Ok(())
        }
    }
}
