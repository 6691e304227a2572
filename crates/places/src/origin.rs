//! Which file of the image a copy or link below `/var/run/s6` was made from: lines for
//! people name the file that they wrote, where a correction lasts.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use kernel::errno;

use crate::image::{ETC, IMAGE_SERVICES};
use crate::name;
use crate::paths::Paths;

/// The file that was written by the image's author; `path` itself where that is not
/// known (services that a hook made) or where one of the two has been changed since.
pub fn of(paths: &Paths, path: &Path) -> PathBuf {
    let written = if let Ok(rest) = path.strip_prefix(&paths.services) {
        provided(paths, &Path::new(name::SERVICES).join(rest))
            .filter(|written| is_the_same(written, path))
            .or_else(|| own_service(rest))
    } else if let Ok(rest) = path.strip_prefix(&paths.user_files) {
        provided(paths, rest)
    } else {
        None
    };
    written
        .filter(|written| is_the_same(written, path))
        .unwrap_or_else(|| path.to_path_buf())
}

/// A path below one of the directories that `user-files` links or, with
/// S6_READ_ONLY_ROOT, copies.
fn provided(paths: &Paths, below: &Path) -> Option<PathBuf> {
    let mut parts = below.components();
    let name = parts.next()?;
    let directory =
        fs::read_link(paths.user_files.join(name)).unwrap_or_else(|_| Path::new(ETC).join(name));
    // A service whose whole directory is not there was made somewhere else.
    let first = directory.join(parts.next()?);
    first.symlink_metadata().ok()?;
    Some(first.join(parts.as_path()).components().collect())
}

/// A path below the image's directory of the supervisor's own services, signal handlers
/// among them.
fn own_service(below: &Path) -> Option<PathBuf> {
    let own = Path::new(IMAGE_SERVICES);
    let first = own.join(below.components().next()?);
    first.symlink_metadata().ok()?;
    Some(own.join(below))
}

/// As much of a file as is compared: the beginning is what lines are about.
const COMPARED: u64 = 64 * 1024;

fn is_the_same(one: &Path, other: &Path) -> bool {
    match (one.symlink_metadata(), other.symlink_metadata()) {
        (Err(one), Err(other)) => {
            errno::is(&one, errno::ENOENT) && errno::is(&other, errno::ENOENT)
        }
        // A link to what cannot be executed is copied as the file that it leads to.
        (Ok(a), Ok(b)) if (a.is_file() || a.is_symlink()) && b.is_file() => {
            let length = fs::metadata(one).map_or(0, |found| found.len());
            length == b.len() && start(one).is_some_and(|text| Some(text) == start(other))
        }
        (Ok(a), Ok(b)) if a.is_symlink() && b.is_symlink() => {
            fs::read_link(one).ok() == fs::read_link(other).ok()
        }
        (Ok(_), Ok(b)) => b.is_dir() && one.is_dir(),
        _ => false,
    }
}

fn start(path: &Path) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let file = kernel::fs::open_regular_target(path).ok()?;
    file.take(COMPARED).read_to_end(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Tree(PathBuf);

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    impl Tree {
        fn new(name: &str) -> Tree {
            let name = format!("mainstay-origin-{name}-{}", std::process::id());
            let tree = Tree(std::env::temp_dir().join(name));
            fs::create_dir_all(&tree.0).unwrap();
            tree
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn paths(&self) -> Paths {
            let mut paths = Paths::standard();
            paths.services = self.0.join("services");
            paths.user_files = self.0.join("user");
            paths
        }

        fn origin(&self, path: &str) -> String {
            let found = of(&self.paths(), &self.0.join(path));
            let found = found.strip_prefix(&self.0).unwrap();
            found.to_str().unwrap().to_string()
        }
    }

    #[test]
    fn a_link_and_a_copy_lead_to_what_was_written() {
        let tree = Tree::new("known");
        fs::create_dir_all(tree.0.join("user")).unwrap();
        for directory in ["cont-init.d", "services.d"] {
            let target = tree.0.join("etc").join(directory);
            symlink(target, tree.0.join("user").join(directory)).unwrap();
        }
        tree.write("etc/cont-init.d/10-a", "x");
        tree.write("etc/services.d/web/run", "x");
        tree.write("services/web/run", "x");
        assert_eq!(tree.origin("user/cont-init.d/10-a"), "etc/cont-init.d/10-a");
        assert_eq!(tree.origin("services/web/run"), "etc/services.d/web/run");
        assert_eq!(tree.origin("services/web"), "etc/services.d/web");
        // Missing in both: it is to be written where the image has the others.
        assert_eq!(
            tree.origin("services/web/log/run"),
            "etc/services.d/web/log/run"
        );
    }

    #[test]
    fn what_is_not_known_or_changed_keeps_its_path() {
        let tree = Tree::new("unknown");
        fs::create_dir_all(tree.0.join("user/cont-init.d")).unwrap();
        tree.write("user/cont-init.d/copied", "x");
        let target = tree.0.join("etc/services.d");
        symlink(target, tree.0.join("user/services.d")).unwrap();
        tree.write("etc/services.d/web/run", "x");
        tree.write("services/web/run", "y");
        tree.write("services/made/run", "x");
        for path in [
            "user/cont-init.d/copied",
            "services/web/run",
            "services/made/run",
            "services/made/finish",
            "elsewhere/run",
        ] {
            assert_eq!(tree.origin(path), path);
        }
    }
}
