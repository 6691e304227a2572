//! A directory of its own for a test, gone with it.
#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory that is removed when the test ends, also when it fails.
pub struct Temp(PathBuf);

impl Temp {
    /// A new one, empty.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Temp {
        Temp::within(&std::env::temp_dir())
    }

    /// The same in another directory than that for temporary files.
    pub fn within(place: &Path) -> Temp {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test-{}-{number}", std::process::id());
        let path = place.join(name);
        fs::create_dir(&path).expect("a new directory");
        Temp(path)
    }

    /// Its own path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of `name` in it.
    pub fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, and the directories above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(&path, content).expect("a file");
        path
    }

    /// Writes an executable file.
    pub fn script(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.write(name, content);
        set_mode(&path, 0o755);
        path
    }

    /// Makes a directory, and those above it.
    pub fn dir(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(&path).expect("directories");
        path
    }

    /// Makes a symbolic link, and the directories above it.
    pub fn link(&self, target: impl AsRef<Path>, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        std::os::unix::fs::symlink(target, &path).expect("a link");
        path
    }
}

/// Sets the permission bits of a file.
pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

/// The permission bits of what the path leads to.
pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o7777
}

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A directory of the sources: `built` is `CARGO_MANIFEST_DIR` joined with its path, where the
/// test was compiled. A release's tests are compiled in another root than they run in, and begin
/// at the top of the sources: there the path below `crates/` counts.
pub fn sources(built: &str) -> PathBuf {
    let path = Path::new(built);
    if path.is_dir() {
        return path.to_path_buf();
    }
    let below = built
        .split_once("/crates/")
        .map_or(built, |(_, below)| below);
    Path::new("crates").join(below)
}
