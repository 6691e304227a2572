//! Where schedulers (`mainstay cron`) listen for `mainstay cron status` and `run`. A container
//! may have several, under any user and without our PID 1.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use kernel::credentials;

use crate::private;
use crate::{Paths, state};

/// How the name of a scheduler's socket begins; its process id follows.
pub const PREFIX: &str = "cron-";

/// How the name of a private directory for it begins; its user follows.
const FOLDER: &str = "mainstay-cron-";

/// The directories in which a socket may be, the first choice first. All but the first are for
/// whoever may not write below /run; those are private to user `uid`.
pub fn directories(variable: impl Fn(&str) -> Option<Vec<u8>>, uid: u32) -> Vec<PathBuf> {
    let runtime_dir = variable("XDG_RUNTIME_DIR");
    let mut all = vec![PathBuf::from(state::SOCKET_DIR)];
    let paths = Paths::find(&variable);
    all.extend(paths.private_folder().map(Path::to_path_buf));
    for folder in private::folders(runtime_dir.as_deref(), uid) {
        // The first of each: a PID 1 of ours has the others for its neighbours' sake.
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        if let Some(dir) = folder.parent().filter(|_| !name.contains('.')) {
            all.push(dir.join(format!("{FOLDER}{uid}")));
        }
    }
    all
}

/// The directories that may hold the socket of a scheduler whom this process may ask: its own
/// user's; for root, everybody's.
pub fn all_directories(variable: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<PathBuf> {
    let me = credentials::user();
    let mut all = directories(&variable, me);
    if me == 0 {
        let parents: Vec<PathBuf> = all
            .iter()
            .skip(1)
            .filter_map(|dir| dir.parent())
            .map(Path::to_path_buf)
            .collect();
        for parent in parents {
            let names = kernel::dir::names_in(&parent).unwrap_or_default();
            let ours = names
                .iter()
                .filter(|name| name.starts_with(FOLDER.as_bytes()));
            all.extend(ours.map(|name| parent.join(OsStr::from_bytes(name))));
        }
    }
    let mut seen = Vec::new();
    all.retain(|dir| {
        let owner = dir.symlink_metadata().map(|found| found.uid());
        let counts = dir == Path::new(state::SOCKET_DIR)
            || owner.is_ok_and(|owner| private::is_private(dir, owner));
        let is_new = counts && !seen.contains(dir);
        seen.push(dir.clone());
        is_new
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_place_comes_first_and_private_ones_name_their_user() {
        let none = |_: &str| None;
        let all = directories(none, 7);
        assert_eq!(all[0], Path::new("/run/mainstay"));
        assert!(all.contains(&PathBuf::from("/tmp/mainstay-cron-7")));
        let xdg = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| b"/run/user/7".to_vec());
        assert!(directories(xdg, 7).contains(&PathBuf::from("/run/user/7/mainstay-cron-7")));
    }
}
