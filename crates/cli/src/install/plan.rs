//! Deciding what is to be done, before anything is.

use std::collections::BTreeSet;
use std::io;

use super::image::{Image, State};
use super::layout::{BINARY, Claim, Content, Item};
use super::manifest::{Manifest, Mark, REPLACED, digest};

/// One thing to do, or to leave, at a real path below the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Make a directory, with those above it.
    MakeDirectory(Vec<u8>),
    /// Put something there; `saves` what is there now.
    Put {
        path: Vec<u8>,
        content: Content,
        mark: Mark,
        saves: bool,
    },
    /// It is there already, but not in the record.
    Record { path: Vec<u8>, mark: Mark },
    /// Leave what is there.
    Keep { path: Vec<u8>, why: &'static str },
    /// Remove what was put there.
    Remove(Vec<u8>),
    /// Put back what stood there before.
    Restore(Vec<u8>),
    /// Remove a directory that was made, if it is empty.
    RemoveDirectory(Vec<u8>),
}

const CHANGED: &str = "the image changed it since it was installed";
const DIRECTORY: &str = "it is a directory";

/// What is to be done so that `items` are in the image; `binary` is the program's own
/// bytes.
///
/// # Errors
/// The path that cannot be looked up, and why: nothing has been written by then.
pub(super) fn install(
    image: &Image,
    items: &[Item],
    manifest: &Manifest,
    binary: &[u8],
) -> Result<Vec<Action>, (String, io::Error)> {
    let mut actions = Vec::new();
    let mut done = BTreeSet::new();
    let program = Mark::File(digest(binary));
    for item in items {
        let step = || -> io::Result<Option<Action>> {
            let is_dir = item.content == Content::Directory;
            let path = image.real(item.path.as_bytes(), is_dir)?;
            if done.contains(&path) {
                return Ok(None);
            }
            let action = match mark(&item.content, &program) {
                Some(mark) => put(image, item, &path, mark, manifest)?,
                None => directory(image, &path)?,
            };
            done.insert(path);
            Ok(action)
        };
        let mut step = step;
        match step() {
            Ok(action) => actions.extend(action),
            Err(error) => return Err((item.path.clone(), error)),
        }
    }
    // What an earlier run wrote for another layout.
    let stays = |path: &Vec<u8>| {
        let below = [&path[..], b"/"].concat();
        done.contains(path) || done.iter().any(|item| item.starts_with(&below))
    };
    actions.extend(removal(image, manifest, |path| !stays(path))?);
    Ok(actions)
}

/// How an item is known again; a directory is not.
fn mark(content: &Content, program: &Mark) -> Option<Mark> {
    match content {
        Content::Directory => None,
        Content::Link(target) => Some(Mark::Link(target.as_bytes().to_vec())),
        Content::Binary => Some(program.clone()),
        Content::Text(text, _) => Some(Mark::File(digest(text.as_bytes()))),
    }
}

fn directory(image: &Image, path: &[u8]) -> io::Result<Option<Action>> {
    Ok(match image.state(path)? {
        State::Directory => None,
        State::Absent => Some(Action::MakeDirectory(path.to_vec())),
        State::Known(_) | State::Other => Some(Action::Keep {
            path: path.to_vec(),
            why: "a directory is wanted here, but it is none",
        }),
    })
}

fn put(
    image: &Image,
    item: &Item,
    path: &[u8],
    mark: Mark,
    manifest: &Manifest,
) -> io::Result<Option<Action>> {
    let recorded = manifest.written.get(path);
    let path = path.to_vec();
    let keep = |path, why| Some(Action::Keep { path, why });
    let put = |path, saves| {
        Some(Action::Put {
            path,
            content: item.content.clone(),
            mark: mark.clone(),
            saves,
        })
    };
    Ok(match image.state(&path)? {
        State::Absent => put(path, false),
        State::Known(now) if now == mark => match recorded == Some(&mark) {
            true => None,
            false => Some(Action::Record { path, mark }),
        },
        State::Known(now) if recorded == Some(&now) => put(path, false),
        State::Directory => keep(path, DIRECTORY),
        _ if recorded.is_some() => keep(path, CHANGED),
        _ if item.claim == Claim::Offers => keep(path, "it is the image's own"),
        _ => put(path, true),
    })
}

/// What is to be done so that nothing of the record is left.
///
/// # Errors
/// The path that cannot be looked up, and why.
pub(super) fn uninstall(
    image: &Image,
    manifest: &Manifest,
) -> Result<Vec<Action>, (String, io::Error)> {
    removal(image, manifest, |_| true)
}

/// The same for the part of the record that `goes`.
fn removal(
    image: &Image,
    manifest: &Manifest,
    goes: impl Fn(&Vec<u8>) -> bool,
) -> Result<Vec<Action>, (String, io::Error)> {
    let mut actions = Vec::new();
    let mut occupied = BTreeSet::new();
    let state = |path: &[u8]| {
        image
            .state(path)
            .map_err(|error| (String::from_utf8_lossy(path).into_owned(), error))
    };
    let binary = image.real(BINARY.as_bytes(), false).unwrap_or_default();
    let mut last = Vec::new();
    for (path, mark) in &manifest.written {
        if *mark == Mark::Directory || !goes(path) {
            continue;
        }
        match state(path)? {
            State::Absent => {}
            // The program goes last: a run that is broken off can be done again.
            State::Known(now) if now == *mark && *path == binary => {
                last.push(Action::Remove(path.clone()));
            }
            State::Known(now) if now == *mark => actions.push(Action::Remove(path.clone())),
            _ => {
                occupied.insert(path);
                actions.push(Action::Keep {
                    path: path.clone(),
                    why: CHANGED,
                });
            }
        }
    }
    for path in manifest.saved.iter().filter(|path| goes(path)) {
        let ours = manifest.written.contains_key(path);
        let free = !occupied.contains(path) && (ours || state(path)? == State::Absent);
        actions.push(match free {
            true => Action::Restore(path.clone()),
            false => Action::Keep {
                path: [REPLACED.as_bytes(), path].concat(),
                why: "its place is taken by a file of the image",
            },
        });
    }
    actions.extend(last);
    let made = manifest.written.iter().rev();
    let made = made.filter(|(path, mark)| **mark == Mark::Directory && goes(path));
    actions.extend(made.map(|(path, _)| Action::RemoveDirectory(path.clone())));
    Ok(actions)
}
