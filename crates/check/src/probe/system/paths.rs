//! Paths as gossfiles write them: `~`, relative, with dots.

use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::System;

/// The working directory: `$PWD` where that is it, as Go's `os.Getwd` has it.
pub(super) fn working_directory() -> PathBuf {
    let named = std::env::var_os("PWD").map(PathBuf::from);
    let same = |path: &Path| {
        let (Ok(one), Ok(other)) = (path.metadata(), Path::new(".").metadata()) else {
            return false;
        };
        one.dev() == other.dev() && one.ino() == other.ino()
    };
    match named {
        Some(path) if path.is_absolute() && same(&path) => path,
        _ => std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
    }
}

impl System {
    /// A path as it is meant: `~` is the home of this user and `~NAME` that of another, by the
    /// file of users and not by `$HOME`; what is relative begins in the working directory;
    /// dots are resolved by their words alone, as Go's `filepath.Abs` does.
    ///
    /// # Errors
    /// A home of nobody.
    pub fn path(&self, written: &str) -> Result<PathBuf, String> {
        let home;
        let meant = match written.strip_prefix('~') {
            Some(rest) => {
                home = self.home(rest)?;
                home.as_path()
            }
            None => Path::new(written),
        };
        Ok(clean(self.directory(), meant))
    }

    fn home(&self, rest: &str) -> Result<PathBuf, String> {
        let (name, below) = match rest.split_once('/') {
            Some((name, below)) => (name, Some(below)),
            None => (rest, None),
        };
        let found = match name {
            "" => {
                let uid = rustix::process::getuid().as_raw();
                let found = self.users().by_id(uid);
                found.ok_or_else(|| format!("user: unknown userid {uid}"))
            }
            _ => {
                let found = self.users().by_name(name);
                found.ok_or_else(|| format!("user: unknown user {name}"))
            }
        };
        let home = bstr::ByteSlice::to_path_lossy(found?.home.as_slice()).into_owned();
        Ok(match below {
            Some(below) => home.join(below.trim_start_matches('/')),
            None => home,
        })
    }
}

/// Whether a path is absolute and has no empty part, no `.` and no `..`; by its bytes, since
/// thousands are looked at.
fn is_clean(path: &[u8]) -> bool {
    let Some(rest) = path.strip_prefix(b"/") else {
        return false;
    };
    let mut parts = rest.split(|byte| *byte == b'/');
    parts.all(|part| !matches!(part, b"" | b"." | b".."))
}

fn clean(directory: &Path, path: &Path) -> PathBuf {
    // As it is in nearly all files.
    if is_clean(path.as_os_str().as_encoded_bytes()) {
        return path.to_path_buf();
    }
    let mut clean = PathBuf::from("/");
    for part in directory.join(path).components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::Normal(part) => clean.push(part),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_absolute_by_their_words_alone() {
        let rows = [
            ("", "/srv/here"),
            (".", "/srv/here"),
            ("a", "/srv/here/a"),
            ("../a", "/srv/a"),
            ("../../../../a", "/a"),
            ("/a//b/./c/../d/", "/a/b/d"),
            ("/", "/"),
            ("/a/b", "/a/b"),
            ("//a", "/a"),
        ];
        for (written, meant) in rows {
            let clean = clean(Path::new("/srv/here"), Path::new(written));
            assert_eq!(clean, Path::new(meant), "{written}");
        }
    }

    #[test]
    fn a_tilde_is_a_home_of_the_file_of_users() {
        let root = temp::Temp::new();
        root.write(
            "etc/passwd",
            "root:x:0:0:root:/home/r:/bin/sh\nme:x:7:7:me:/me:/bin/sh\n",
        );
        let system = System::under(root.path());
        assert_eq!(system.path("~me"), Ok(PathBuf::from("/me")));
        assert_eq!(system.path("~me/a/../b"), Ok(PathBuf::from("/me/b")));
        assert_eq!(
            system.path("~you/a"),
            Err("user: unknown user you".to_string())
        );
    }
}
