//! A layer that lies on no disk: what an installation would put into an image.

use std::collections::BTreeMap;
use std::io;

use kernel::errno;
use kernel::fs::Stat;

/// What a list holds at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Directory,
    /// A symbolic link.
    Link(Vec<u8>),
    /// A regular file with this content and mode.
    File(Vec<u8>, u32),
}

/// Entries by their path: absolute, without a slash at its end; the root is "".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    entries: BTreeMap<Vec<u8>, Entry>,
}

impl Listed {
    /// Adds an entry and the directories above it. What is there already stays: the
    /// first of two counts.
    pub fn add(&mut self, path: &[u8], entry: Entry) {
        let ends = (1..path.len()).filter(|end| path[*end] == b'/');
        for end in ends {
            let above = self.entries.entry(path[..end].to_vec());
            above.or_insert(Entry::Directory);
        }
        self.entries.entry(path.to_vec()).or_insert(entry);
    }

    /// The entry `name` of the directory `dir`.
    pub(super) fn entry(&self, dir: &[u8], name: &[u8]) -> Option<&Entry> {
        self.entries.get(&[dir, b"/", name].concat())
    }

    /// The names in the directory `dir`.
    pub(super) fn names(&self, dir: &[u8]) -> Vec<Vec<u8>> {
        let start = [dir, b"/"].concat();
        self.entries
            .range(start.clone()..)
            .take_while(|(path, _)| path.starts_with(&start))
            .map(|(path, _)| &path[start.len()..])
            .filter(|rest| !rest.is_empty() && !rest.contains(&b'/'))
            .map(<[u8]>::to_vec)
            .collect()
    }
}

impl Entry {
    /// What stat(2) would say of it: everything that is installed is root's.
    pub(super) fn stat(&self) -> Stat {
        /// File types of a mode (inode(7)).
        const DIRECTORY: u32 = 0o040_000;
        const LINK: u32 = 0o120_000;
        const FILE: u32 = 0o100_000;
        let mode = match self {
            Entry::Directory => DIRECTORY | 0o755,
            Entry::Link(_) => LINK | 0o777,
            Entry::File(_, mode) => FILE | mode,
        };
        Stat {
            mode,
            uid: 0,
            gid: 0,
            links: 1,
            size: match self {
                Entry::File(text, _) => text.len() as u64,
                Entry::Directory | Entry::Link(_) => 0,
            },
            identity: (0, 0),
        }
    }

    /// At most `most` bytes of its content.
    pub(super) fn start(&self, most: usize) -> io::Result<Vec<u8>> {
        match self {
            Entry::File(text, _) => Ok(text[..text.len().min(most)].to_vec()),
            Entry::Directory | Entry::Link(_) => Err(errno::from(errno::EINVAL)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_above_are_there_and_the_first_of_two_counts() {
        let mut list = Listed::default();
        list.add(b"/usr/bin/a", Entry::Link(b"b".to_vec()));
        list.add(b"/usr/bin/a", Entry::Directory);
        list.add(b"/usr/bin-x/c", Entry::File(b"text".to_vec(), 0o644));
        assert_eq!(list.names(b""), [b"usr"]);
        assert_eq!(list.names(b"/usr"), [&b"bin"[..], b"bin-x"]);
        assert_eq!(list.names(b"/usr/bin"), [b"a"]);
        assert_eq!(
            list.entry(b"/usr/bin", b"a"),
            Some(&Entry::Link(b"b".to_vec()))
        );
        assert_eq!(list.entry(b"/usr", b"bin"), Some(&Entry::Directory));
        assert_eq!(list.entry(b"/usr", b"none"), None);
    }
}
