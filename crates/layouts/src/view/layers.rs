//! The layers of an image that is not running, as one file system: the first layer that
//! has a name decides what it is, and directories of several layers are one.
//!
//! A tree may be hostile. Paths are walked by descriptor, one component at a time; a
//! link leads to another place in the layers and never out of them, nor does `..`; what
//! is opened is opened with O_PATH, but for regular files that are to be read.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use kernel::dir::Entries;
use kernel::fs::{self, Stat, flags};
use kernel::{dir, errno};

use super::listed::{Entry, Listed};
use crate::walk::{MOST_LINKS, components};

/// One layer.
pub enum Layer {
    /// A directory of this machine.
    Disk {
        /// Its root.
        root: OwnedFd,
        /// Whether its files will be root's in the image, whoever owns them here: so it
        /// is with what a Dockerfile copies.
        copied: bool,
    },
    /// A list.
    Listed(Listed),
}

impl Layer {
    /// The directory `path` as a layer.
    ///
    /// # Errors
    /// As open(2).
    pub fn disk(path: &Path, copied: bool) -> io::Result<Layer> {
        let root = fs::open(path, flags::O_PATH | flags::O_DIRECTORY, 0)?;
        Ok(Layer::Disk { root, copied })
    }
}

/// As many directories are kept open.
const MOST_LATELY: usize = 32;

/// Layers, the uppermost first.
pub struct Layers {
    layers: Vec<Layer>,
    root: Rc<Directory>,
    /// Directories that were asked for lately: readers ask for one entry after another.
    lately: RefCell<BTreeMap<Vec<u8>, Trail>>,
}

/// The directories from the root to a place, with their names.
type Trail = Vec<(Vec<u8>, Rc<Directory>)>;

/// A directory that was reached: its parts in the layers that have it, the uppermost first.
struct Directory {
    parts: Vec<Rc<Part>>,
}

struct Part {
    layer: usize,
    place: Place,
}

enum Place {
    Disk(OwnedFd),
    Listed(Vec<u8>),
}

/// What a name stands for.
enum Found {
    Directory(Rc<Directory>, Stat),
    Link(Vec<u8>, Stat),
    Other(Other, Stat),
}

/// A file, fifo, device or socket.
enum Other {
    /// By the directory that holds it.
    Disk(Rc<Part>, Vec<u8>),
    Listed(Entry),
}

impl Found {
    fn stat(&self) -> Stat {
        match self {
            Found::Directory(_, stat) | Found::Link(_, stat) | Found::Other(_, stat) => *stat,
        }
    }
}

/// As many names of one directory are given: more than any walk here looks at.
const MOST_NAMES: usize = 300_000;

impl Layers {
    /// These layers as one.
    ///
    /// # Errors
    /// EMFILE.
    pub fn new(layers: Vec<Layer>) -> io::Result<Layers> {
        let mut parts = Vec::new();
        for (layer, content) in layers.iter().enumerate() {
            let place = match content {
                Layer::Disk { root, .. } => Place::Disk(root.try_clone()?),
                Layer::Listed(_) => Place::Listed(Vec::new()),
            };
            parts.push(Rc::new(Part { layer, place }));
        }
        Ok(Layers {
            layers,
            root: Rc::new(Directory { parts }),
            lately: RefCell::default(),
        })
    }

    /// Puts a layer below the first `above`.
    ///
    /// # Errors
    /// EMFILE.
    pub fn insert(self, above: usize, layer: Layer) -> io::Result<Layers> {
        let mut layers = self.layers;
        layers.insert(above, layer);
        Layers::new(layers)
    }

    /// What is at `path`, or what it leads to with `follow`.
    pub(super) fn stat(&self, path: &[u8], follow: bool) -> io::Result<Stat> {
        Ok(self.find(path, follow)?.stat())
    }

    pub(super) fn read_link(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        match self.find(path, false)? {
            Found::Link(target, _) => Ok(target),
            Found::Directory(..) | Found::Other(..) => Err(errno::from(errno::EINVAL)),
        }
    }

    pub(super) fn names(&self, path: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let Found::Directory(directory, _) = self.find(path, true)? else {
            return Err(errno::from(errno::ENOTDIR));
        };
        let mut names = BTreeSet::new();
        for part in &directory.parts {
            match (&self.layers[part.layer], &part.place) {
                (_, Place::Disk(fd)) => {
                    let mut entries = Entries::of(fd)?;
                    while names.len() < MOST_NAMES
                        && let Some(entry) = entries.next()?
                    {
                        names.insert(entry.name);
                    }
                }
                (Layer::Listed(list), Place::Listed(path)) => names.extend(list.names(path)),
                (Layer::Disk { .. }, Place::Listed(_)) => {}
            }
        }
        Ok(names.into_iter().collect())
    }

    pub(super) fn read_start(&self, path: &[u8], most: usize) -> io::Result<Vec<u8>> {
        let Found::Other(other, stat) = self.find(path, true)? else {
            return Err(errno::from(errno::EINVAL));
        };
        // Asked first: opening a device can have effects.
        if !stat.is_file() {
            return Err(errno::from(errno::EINVAL));
        }
        let (dir, name) = match other {
            Other::Listed(entry) => return entry.start(most),
            Other::Disk(part, name) => (part, name),
        };
        let Place::Disk(dir) = &dir.place else {
            return Err(errno::from(errno::EINVAL));
        };
        let flags = flags::O_RDONLY | flags::O_NONBLOCK | flags::O_NOCTTY;
        let file = File::from(fs::open_entry(dir.as_raw_fd(), &name, flags)?);
        if !file.metadata()?.is_file() {
            return Err(errno::from(errno::EINVAL));
        }
        let mut start = Vec::new();
        file.take(most as u64).read_to_end(&mut start)?;
        Ok(start)
    }

    /// Where the directory `path` really is once every link on the way is followed;
    /// components that do not exist stay as they are.
    ///
    /// # Errors
    /// ELOOP, ENOTDIR.
    pub fn real(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let parts = components(path);
        for known in (0..=parts.len()).rev() {
            let known_path = joined(parts.iter().take(known));
            match self.trail(&known_path) {
                Ok(trail) => {
                    let names = trail.iter().map(|(name, _)| name);
                    return Ok(joined(names.chain(parts.iter().skip(known))));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(joined(parts.iter()))
    }

    fn find(&self, path: &[u8], follow: bool) -> io::Result<Found> {
        let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
        let start = path[..end]
            .iter()
            .rposition(|b| *b == b'/')
            .map_or(0, |at| at + 1);
        let name = &path[start..end];
        if matches!(name, b"" | b"." | b"..") {
            let trail = self.trail(path)?;
            return self.directory_found(self.end_of(&trail));
        }
        let mut trail = self.trail(&path[..start])?;
        let mut links = 0;
        let mut found = self.entry(&trail, name, &mut links)?;
        if follow && matches!(found, Found::Link(..)) {
            found = match self.follow(&mut trail, components(name), false, &mut links)? {
                Some(found) => found,
                None => self.directory_found(self.end_of(&trail))?,
            };
        }
        match found {
            Found::Other(..) if end < path.len() => Err(errno::from(errno::ENOTDIR)),
            found => Ok(found),
        }
    }

    /// The directory where a trail ends.
    fn end_of(&self, trail: &Trail) -> Rc<Directory> {
        let last = trail.last().map_or(&self.root, |(_, directory)| directory);
        Rc::clone(last)
    }

    /// The way to the directory `path`.
    fn trail(&self, path: &[u8]) -> io::Result<Trail> {
        let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
        let path = &path[..end];
        if path.is_empty() {
            return Ok(Trail::new());
        }
        if let Some(trail) = self.lately.borrow().get(path) {
            return Ok(trail.clone());
        }
        let start = path.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
        let mut trail = self.trail(&path[..start])?;
        self.follow(&mut trail, components(&path[start..]), true, &mut 0)?;
        let mut lately = self.lately.borrow_mut();
        if lately.len() >= MOST_LATELY {
            // Each holds descriptors open.
            lately.clear();
        }
        lately.insert(path.to_vec(), trail.clone());
        Ok(trail)
    }

    /// Takes every component; the trail then ends at the directory that was reached.
    /// What is no directory is given, or an error where one is `wanted`.
    fn follow(
        &self,
        trail: &mut Trail,
        mut todo: VecDeque<Vec<u8>>,
        wanted: bool,
        links: &mut u32,
    ) -> io::Result<Option<Found>> {
        while let Some(name) = todo.pop_front() {
            match name.as_slice() {
                b"." => continue,
                b".." => {
                    trail.pop();
                    continue;
                }
                _ => {}
            }
            match self.entry(trail, &name, links)? {
                Found::Directory(directory, _) => trail.push((name, directory)),
                Found::Link(target, _) => {
                    count(links)?;
                    if target.first() == Some(&b'/') {
                        trail.clear();
                    }
                    for component in components(&target).into_iter().rev() {
                        todo.push_front(component);
                    }
                }
                found @ Found::Other(..) => {
                    if wanted || !todo.is_empty() {
                        return Err(errno::from(errno::ENOTDIR));
                    }
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    fn directory_found(&self, directory: Rc<Directory>) -> io::Result<Found> {
        let part = directory
            .parts
            .first()
            .ok_or_else(|| errno::from(errno::ENOENT))?;
        let stat = match &part.place {
            Place::Disk(fd) => self.stat_in(part.layer, fd)?,
            Place::Listed(_) => Entry::Directory.stat(),
        };
        Ok(Found::Directory(directory, stat))
    }

    fn stat_in(&self, layer: usize, fd: &OwnedFd) -> io::Result<Stat> {
        let mut stat = fs::stat(fd)?;
        if let Layer::Disk { copied: true, .. } = &self.layers[layer] {
            (stat.uid, stat.gid) = (0, 0);
        }
        Ok(stat)
    }

    /// What `name` stands for where a trail ends. Where an upper layer brings a
    /// directory and a lower one has a link to a directory, they are one directory: what
    /// is copied over such a link goes to where it leads.
    fn entry(&self, trail: &Trail, name: &[u8], links: &mut u32) -> io::Result<Found> {
        let mut parts = Vec::new();
        let mut first = None;
        for part in &self.end_of(trail).parts {
            let found = match self.entry_of(part, name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            match found {
                Found::Directory(directory, stat) => {
                    first.get_or_insert(stat);
                    parts.extend(directory.parts.iter().cloned());
                }
                other if first.is_none() => return Ok(other),
                Found::Link(target, _) => {
                    count(links)?;
                    let mut trail = match target.first() {
                        Some(b'/') => Trail::new(),
                        _ => trail.clone(),
                    };
                    let led = self.follow(&mut trail, components(&target), true, links);
                    if led.is_ok() {
                        parts.extend(self.end_of(&trail).parts.iter().cloned());
                    }
                    break;
                }
                Found::Other(..) => break,
            }
        }
        match first {
            Some(stat) => Ok(Found::Directory(Rc::new(Directory { parts }), stat)),
            None => Err(errno::from(errno::ENOENT)),
        }
    }

    /// What `name` stands for in one layer.
    fn entry_of(&self, part: &Rc<Part>, name: &[u8]) -> io::Result<Found> {
        let layer = part.layer;
        let one = |place| {
            let parts = vec![Rc::new(Part { layer, place })];
            Rc::new(Directory { parts })
        };
        let fd = match (&self.layers[layer], &part.place) {
            (_, Place::Disk(fd)) => fd,
            (Layer::Listed(list), Place::Listed(path)) => {
                let entry = list.entry(path, name);
                let entry = entry.ok_or_else(|| errno::from(errno::ENOENT))?;
                let stat = entry.stat();
                return Ok(match entry {
                    Entry::Directory => {
                        let below = [path, &b"/"[..], name].concat();
                        Found::Directory(one(Place::Listed(below)), stat)
                    }
                    Entry::Link(target) => Found::Link(target.clone(), stat),
                    Entry::File(..) => Found::Other(Other::Listed(entry.clone()), stat),
                });
            }
            (Layer::Disk { .. }, Place::Listed(_)) => return Err(errno::from(errno::ENOENT)),
        };
        let entry = fs::open_entry(fd.as_raw_fd(), name, flags::O_PATH)?;
        let stat = self.stat_in(layer, &entry)?;
        if stat.is_dir() {
            return Ok(Found::Directory(one(Place::Disk(entry)), stat));
        }
        if stat.is_link() {
            return Ok(Found::Link(dir::read_link(&entry, b"")?, stat));
        }
        let other = Other::Disk(Rc::clone(part), name.to_vec());
        Ok(Found::Other(other, stat))
    }
}

/// Counts a link that is followed.
fn count(links: &mut u32) -> io::Result<()> {
    *links += 1;
    match *links > MOST_LINKS {
        true => Err(errno::from(errno::ELOOP)),
        false => Ok(()),
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let mut path = Vec::new();
    for name in names {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    path
}

#[cfg(test)]
mod tests;
