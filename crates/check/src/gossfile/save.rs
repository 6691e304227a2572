//! Writing a file in the place of what was there: whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use super::file::go_words;

/// How many links may lead from one to the next: as many as the kernel follows
/// (path_resolution(7)).
const LINKS: usize = 40;

/// The mode of a new file, ahead of the umask.
const MODE: u32 = 0o644;

/// Writes a file. What was there keeps its mode and owner; where it is a link, what that leads
/// to is written. A reader sees the old text or the new one, but for a directory that takes no
/// other file, or a file that is a mount point of its own: there the file itself is written.
///
/// # Errors
/// In goss's words.
pub(super) fn save(path: &str, text: &str) -> Result<(), String> {
    let refused =
        |why: &io::Error| format!("failed to write {path}: open {path}: {}", go_words(why));
    let target = followed(Path::new(path));
    let old = match OpenOptions::new().append(true).open(&target) {
        Ok(file) => Some(file),
        Err(why) if why.kind() == ErrorKind::NotFound => None,
        Err(why) => return Err(refused(&why)),
    };
    let beside = replace(&target, old.as_ref(), text);
    match beside {
        Err(why) if is_refused_beside(&why) && old.is_some() => {
            let written = OpenOptions::new().write(true).truncate(true).open(&target);
            let written = written.and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(|why| refused(&why))
        }
        beside => beside.map_err(|why| refused(&why)),
    }
}

/// Whether a file may be written though no other one can take its place.
fn is_refused_beside(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        ErrorKind::PermissionDenied
            | ErrorKind::ResourceBusy
            | ErrorKind::CrossesDevices
            | ErrorKind::ReadOnlyFilesystem
    )
}

/// Where a path leads, also where there is nothing yet.
fn followed(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&path) else {
            break;
        };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    path
}

fn replace(target: &Path, old: Option<&File>, text: &str) -> io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let own = format!(".{name}.{}.new", std::process::id());
    let new = target.with_file_name(own);
    let written = write(&new, old, text).and_then(|()| fs::rename(&new, target));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn write(new: &Path, old: Option<&File>, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(MODE).open(new)?;
    if let Some(old) = old {
        let old = old.metadata()?;
        // Who may not give a file away writes one of their own.
        let _ = chown(new, Some(old.uid()), Some(old.gid()));
        file.set_permissions(old.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        let about = fs::symlink_metadata(path).expect("a file");
        about.permissions().mode() & 0o7777
    }

    fn save_at(path: &Path, text: &str) -> Result<(), String> {
        save(&path.display().to_string(), text)
    }

    #[test]
    fn a_mode_stays_and_nothing_else_is_left() {
        let dir = temp::Temp::new();
        let path = dir.write("goss.yaml", "old\n");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        save_at(&path, "new\n").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("text"), "new\n");
        assert_eq!(mode(&path), 0o640);
        assert_eq!(fs::read_dir(dir.path()).expect("entries").count(), 1);
    }

    #[test]
    fn what_a_link_leads_to_is_written() {
        let dir = temp::Temp::new();
        dir.dir("sub");
        symlink("sub/real.yaml", dir.at("one.yaml")).expect("a link");
        symlink("one.yaml", dir.at("goss.yaml")).expect("a link");
        save_at(&dir.at("goss.yaml"), "new\n").expect("written");
        let text = fs::read_to_string(dir.at("sub/real.yaml"));
        assert_eq!(text.expect("text"), "new\n");
        assert!(dir.at("goss.yaml").is_symlink() && dir.at("one.yaml").is_symlink());
        // A circle has no end and is no file.
        symlink("loop.yaml", dir.at("loop.yaml")).expect("a link");
        assert!(save_at(&dir.at("loop.yaml"), "").is_err());
    }

    #[test]
    fn what_cannot_be_written_is_said_as_goss_says_it() {
        let dir = temp::Temp::new();
        let path = dir.at("none/goss.yaml");
        let shown = path.display();
        let why = save_at(&path, "").expect_err("no directory");
        let wanted = format!("failed to write {shown}: open {shown}: no such file or directory");
        assert_eq!(why, wanted);
        let why = save_at(dir.path(), "").expect_err("a directory");
        assert!(why.ends_with("is a directory"), "{why}");
    }
}
