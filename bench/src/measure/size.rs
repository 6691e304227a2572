//! Size: what is in an image for it, libc and documentation aside.

use std::fs;
use std::path::Path;

use super::Bench;
use crate::contestant::{Contestant, Kind};

pub(crate) const SIZE: &str = "installed size (MB)";
pub(crate) const FILES: &str = "installed files";
pub(crate) const LINKS: &str = "installed links";

/// What there is of a contestant.
#[derive(Default)]
pub(crate) struct Content {
    pub(crate) bytes: f64,
    pub(crate) files: f64,
    pub(crate) links: f64,
}

impl Content {
    fn file(&mut self, bytes: f64) {
        self.bytes += bytes;
        self.files += 1.0;
    }
}

impl Bench<'_> {
    /// Measures everybody who is installed.
    pub(crate) fn size(&mut self) {
        for contestant in self.contestants.clone() {
            let found = match (contestant.kind, contestant.peer) {
                (Kind::Mainstay, _) => self.mainstay_size(),
                (_, Some(peer)) => self.peer_size(contestant, peer),
                (_, None) => continue,
            };
            match found {
                Ok(content) => {
                    let name = contestant.name;
                    self.results.add(SIZE, 0, name, content.bytes / 1e6);
                    self.results.add(FILES, 0, name, content.files);
                    self.results.add(LINKS, 0, name, content.links);
                }
                Err(why) => self.results.fail(SIZE, contestant.name, 0, &why),
            }
        }
    }

    /// What `install` writes into an empty root.
    fn mainstay_size(&self) -> Result<Content, String> {
        let root = self.places.roots.join("size");
        fs::create_dir(&root).map_err(|error| error.to_string())?;
        self.places
            .install(&root)
            .map_err(|error| error.to_string())?;
        content(&root).map_err(|error| error.to_string())
    }

    /// What its own packages hold (`bench/peers` lists it), or its one binary.
    fn peer_size(&self, contestant: &Contestant, peer: &str) -> Result<Content, String> {
        let text = |error: std::io::Error| error.to_string();
        let mut content = Content::default();
        let list = self.places.peers.join(format!("{peer}.own"));
        if !list.exists() {
            let binary = self
                .places
                .peers
                .join(peer)
                .join("usr/bin")
                .join(contestant.name);
            content.file(fs::metadata(binary).map_err(text)?.len() as f64);
            return Ok(content);
        }
        for line in fs::read_to_string(list).map_err(text)?.lines() {
            // Mode, size, path, as `dpkg-deb --contents` has them.
            let mut fields = line.splitn(3, ' ');
            let (Some(mode), Some(size), Some(path)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let documentation = [
                "./usr/share/doc/",
                "./usr/share/man/",
                "./usr/share/lintian/",
            ];
            if documentation.iter().any(|at| path.starts_with(at)) {
                continue;
            }
            match mode.as_bytes().first() {
                Some(b'-') => content.file(size.parse().unwrap_or(0.0)),
                Some(b'l' | b'h') => content.links += 1.0,
                _ => {}
            }
        }
        Ok(content)
    }
}

/// What is below `at`.
///
/// # Errors
/// As the calls that it takes.
pub(crate) fn content(at: &Path) -> std::io::Result<Content> {
    let mut content = Content::default();
    walk(at, &mut Vec::new(), &mut content)?;
    Ok(content)
}

/// Counts what is below `at`; a file of several names once.
fn walk(at: &Path, seen: &mut Vec<u64>, content: &mut Content) -> std::io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    for entry in fs::read_dir(at)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), seen, content)?;
        } else if kind.is_symlink() {
            content.links += 1.0;
        } else {
            let found = entry.metadata()?;
            if seen.contains(&found.ino()) {
                content.links += 1.0;
            } else {
                seen.push(found.ino());
                content.file(found.len() as f64);
            }
        }
    }
    Ok(())
}
