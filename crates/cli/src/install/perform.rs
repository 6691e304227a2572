//! Doing what was decided, with the record kept up on the way: a run that is broken
//! off leaves a record of what it did.

use std::io;

use super::image::Image;
use super::layout::{BINARY, Content};
use super::manifest::{self, Manifest, Mark, REPLACED};
use super::plan::Action;

/// Installs.
///
/// # Errors
/// The path that could not be written, and why. The record says what was done by then.
pub(super) fn install(
    image: &Image,
    actions: &[Action],
    manifest: &mut Manifest,
    binary: &[u8],
) -> Result<(), (Vec<u8>, io::Error)> {
    let outcome = actions.iter().try_for_each(|action| {
        one(image, action, manifest, binary).map_err(|error| (place(action).to_vec(), error))
    });
    if actions.is_empty() {
        return outcome;
    }
    let record = record(image, manifest);
    outcome?;
    record.map_err(|error| (manifest::PATH.as_bytes().to_vec(), error))
}

/// Gives everything that the record names, and the directories that it lies in, one time: seconds
/// since 1970. So two builds make the same layer.
///
/// # Errors
/// The path whose time could not be changed, and why.
pub(super) fn date(
    image: &Image,
    manifest: &Manifest,
    seconds: i64,
) -> Result<(), (Vec<u8>, io::Error)> {
    let record = manifest::PATH.as_bytes().to_vec();
    let mut paths: Vec<Vec<u8>> = manifest.written.keys().cloned().chain([record]).collect();
    let above: Vec<Vec<u8>> = paths.iter().map(|path| parent(path).to_vec()).collect();
    paths.extend(above);
    paths.push(parent(places::LIBEXEC.as_bytes()).to_vec());
    // What was set aside keeps its own time; the directories around it are new.
    for path in &manifest.saved {
        let mut directory = kept_at(parent(path));
        while directory.len() >= REPLACED.len() {
            paths.push(directory.clone());
            directory = parent(&directory).to_vec();
        }
    }
    // A directory's time changes with its entries, not with their times: the order is free.
    paths.sort();
    paths.dedup();
    paths.retain(|path| !path.is_empty());
    paths.into_iter().try_for_each(|path| {
        image
            .set_time(&path, seconds)
            .map_err(|error| (path, error))
    })
}

/// Takes everything away again, and the record last.
///
/// # Errors
/// The path that could not be changed, and why.
pub(super) fn uninstall(
    image: &Image,
    actions: &[Action],
    manifest: &mut Manifest,
) -> Result<(), (Vec<u8>, io::Error)> {
    let mut directories = Vec::new();
    let mut saved = false;
    for action in actions {
        let outcome = match action {
            Action::Remove(path) => image.remove(path),
            Action::Restore(path) => restore(image, path),
            Action::Keep { path, .. } => {
                saved |= path.starts_with(REPLACED.as_bytes());
                Ok(())
            }
            Action::RemoveDirectory(path) => {
                directories.push(path);
                Ok(())
            }
            _ => Ok(()),
        };
        outcome.map_err(|error| (place(action).to_vec(), error))?;
    }
    let fails = |path: &[u8]| {
        let path = path.to_vec();
        move |error| (path, error)
    };
    image
        .remove(manifest::PATH.as_bytes())
        .map_err(fails(manifest::PATH.as_bytes()))?;
    for path in &manifest.saved {
        remove_upwards(image, &kept_at(path)).map_err(fails(path))?;
    }
    // What lies deeper comes first: the order of the actions.
    for path in directories {
        image.remove_empty(path).map_err(fails(path))?;
    }
    if !saved {
        *manifest = Manifest::default();
    }
    Ok(())
}

/// Puts back what stood at `path`.
fn restore(image: &Image, path: &[u8]) -> io::Result<()> {
    match image.move_entry(&kept_at(path), path) {
        // An earlier run was broken off after this.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Removes the directories above `path` that are empty, up to [`REPLACED`] itself.
fn remove_upwards(image: &Image, path: &[u8]) -> io::Result<()> {
    let mut end = path.len();
    while let Some(at) = path[..end].iter().rposition(|b| *b == b'/') {
        if at < REPLACED.len() || !image.remove_empty(&path[..at])? {
            return Ok(());
        }
        end = at;
    }
    Ok(())
}

fn one(image: &Image, action: &Action, manifest: &mut Manifest, binary: &[u8]) -> io::Result<()> {
    match action {
        Action::MakeDirectory(path) => make_dirs(image, path, manifest),
        Action::Record { path, mark } => {
            manifest.written.insert(path.clone(), mark.clone());
            Ok(())
        }
        Action::Put {
            path,
            content,
            mark,
            saves,
        } => {
            make_dirs(image, parent(path), manifest)?;
            if *saves {
                save(image, path, manifest)?;
            }
            put(image, path, content, binary)?;
            manifest.written.insert(path.clone(), mark.clone());
            Ok(())
        }
        Action::Keep { .. } => Ok(()),
        Action::Remove(path) => {
            image.remove(path)?;
            manifest.written.remove(path);
            Ok(())
        }
        Action::Restore(path) => {
            restore(image, path)?;
            manifest.saved.retain(|saved| saved != path);
            remove_upwards(image, &kept_at(path))
        }
        Action::RemoveDirectory(path) => {
            if image.remove_empty(path)? {
                manifest.written.remove(path);
            }
            Ok(())
        }
    }
}

fn put(image: &Image, path: &[u8], content: &Content, binary: &[u8]) -> io::Result<()> {
    match content {
        Content::Link(target) => image.put_link(path, target.as_bytes()),
        Content::Text(text, mode) => image.put_file(path, text.as_bytes(), *mode),
        // A second name where there can be one: it takes no room.
        Content::Binary => {
            let own = image.real(BINARY.as_bytes(), false)?;
            if own != path && image.put_hard_link(path, &own).is_ok() {
                return Ok(());
            }
            image.put_file(path, binary, 0o755)
        }
        Content::Directory => Ok(()),
    }
}

fn make_dirs(image: &Image, path: &[u8], manifest: &mut Manifest) -> io::Result<()> {
    for made in image.make_dirs(path)? {
        manifest.written.insert(made, Mark::Directory);
    }
    Ok(())
}

/// Sets aside what is at `path`.
fn save(image: &Image, path: &[u8], manifest: &mut Manifest) -> io::Result<()> {
    let kept = kept_at(path);
    image.make_dirs(parent(&kept))?;
    image.move_entry(path, &kept)?;
    if !manifest.saved.iter().any(|other| other == path) {
        manifest.saved.push(path.to_vec());
    }
    Ok(())
}

fn record(image: &Image, manifest: &Manifest) -> io::Result<()> {
    image.put_file(manifest::PATH.as_bytes(), manifest.text().as_bytes(), 0o644)
}

/// Where what stood at `path` is kept.
fn kept_at(path: &[u8]) -> Vec<u8> {
    [REPLACED.as_bytes(), path].concat()
}

fn parent(path: &[u8]) -> &[u8] {
    let at = path.iter().rposition(|b| *b == b'/').unwrap_or(0);
    &path[..at]
}

fn place(action: &Action) -> &[u8] {
    match action {
        Action::Put { path, .. } | Action::Record { path, .. } | Action::Keep { path, .. } => path,
        Action::MakeDirectory(path)
        | Action::Remove(path)
        | Action::Restore(path)
        | Action::RemoveDirectory(path) => path,
    }
}
