//! The environments of PID 1's children: the container's own, and the small one that
//! hooks and services get unless S6_KEEP_ENV is set.

use std::path::Path;

use kernel::process::ExecVector;
use places::Paths;

/// The environment that hooks and services start with.
pub(crate) struct Base {
    entries: Vec<Vec<u8>>,
}

impl Base {
    /// The container's own with S6_KEEP_ENV, else what the image's files say, else a
    /// PATH alone. `place`: where the state is, if they would not find it.
    pub(crate) fn new(container: &[Vec<u8>], keep: bool, place: Option<Vec<u8>>) -> Base {
        if keep {
            return Base {
                entries: container.to_vec(),
            };
        }
        let image = layouts::environment::read_written(Path::new(places::IMAGE_ENVIRONMENT));
        let mut entries: Vec<Vec<u8>> = image
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, value)| Some([&name[..], b"=", &value?].concat()))
            .collect();
        if !entries.iter().any(|entry| entry.starts_with(b"PATH=")) {
            entries.push(path_entry(places::SMALL_PATH));
        }
        if let Some(place) = place {
            let name = places::private::VARIABLE.as_bytes();
            entries.push([name, b"=", &place].concat());
        }
        Base { entries }
    }

    /// For execve(2), with more entries.
    pub(crate) fn with(&self, more: &[Vec<u8>]) -> ExecVector {
        vector(self.entries.iter().chain(more))
    }

    /// For execve(2).
    pub(crate) fn vector(&self) -> ExecVector {
        self.with(&[])
    }
}

/// A variable of the container as it stands now: hooks may have changed its file. With
/// S6_KEEP_ENV no files were made, and what the container came with holds.
pub(crate) fn current(
    paths: &Paths,
    entries: &[Vec<u8>],
    keep: bool,
    name: &[u8],
) -> Option<Vec<u8>> {
    let kept = || if keep { value_in(entries, name) } else { None };
    layouts::environment::value(&paths.environment, name).or_else(kept)
}

/// The value of a variable among `entries`.
pub(crate) fn value_in(entries: &[Vec<u8>], name: &[u8]) -> Option<Vec<u8>> {
    entries
        .iter()
        .find_map(|entry| Some(entry.strip_prefix(name)?.strip_prefix(b"=")?.to_vec()))
}

/// For execve(2); an entry that cannot be one (it holds a NUL) is impossible here.
pub(crate) fn vector<'a>(entries: impl IntoIterator<Item = &'a Vec<u8>>) -> ExecVector {
    let words: Vec<&Vec<u8>> = entries.into_iter().collect();
    ExecVector::new(words).unwrap_or_else(|_| ExecVector::empty())
}

/// The container's environment with a PATH, whatever the engine gave.
pub(crate) fn with_path(mut environment: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    if !environment.iter().any(|entry| entry.starts_with(b"PATH=")) {
        environment.push(path_entry(places::FULL_PATH));
    }
    environment
}

/// PATH as an entry of an environment.
fn path_entry(path: &str) -> Vec<u8> {
    [b"PATH=", path.as_bytes()].concat()
}

/// The value of PATH among `entries`.
pub(crate) fn path(entries: &[Vec<u8>]) -> &[u8] {
    entries
        .iter()
        .find_map(|entry| entry.strip_prefix(b"PATH="))
        .unwrap_or(b"/usr/bin:/bin")
}
