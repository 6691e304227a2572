//! Writing a container_environment directory, as [`layouts::environment`] reads it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use kernel::errno;
use kernel::fs::flags;
use layouts::environment::{extra, split};
use layouts::{Problem, trust};
use s6wire::envdir;

use crate::tree;

/// Writes `entries` (`NAME=value`, as execve(2) takes them) into `dir`, which begins
/// anew: what an earlier run of the container left there goes. Where a name stands
/// twice the first counts, as for getenv(3).
///
/// Files are 0644 and the directory 0755: services that are not root read them.
///
/// # Errors
/// When the directory cannot be made. A variable that cannot be written is a problem
/// of its own and does not keep the others back.
pub fn dump(dir: &Path, entries: &[Vec<u8>]) -> io::Result<Vec<Problem>> {
    let open = begin_anew(dir)?;
    let mut problems = Vec::new();
    let mut unfit: Vec<u8> = Vec::new();
    let mut seen: BTreeSet<&[u8]> = BTreeSet::new();
    for entry in entries {
        let Some((name, value)) = split(entry) else {
            problems.push(Problem::new(
                Path::new(OsStr::from_bytes(entry)),
                "this entry of the environment has no =",
                "hooks and services do not see it",
            ));
            continue;
        };
        if !seen.insert(name) {
            continue;
        }
        if !envdir::can_be_file_name(name) {
            unfit.extend_from_slice(entry);
            unfit.push(0);
            continue;
        }
        let written = kernel::dir::create(&open, name, 0o644);
        if let Err(error) = written.and_then(|mut file| file.write_all(value)) {
            problems.push(unseen(&dir.join(OsStr::from_bytes(name)), &error));
        }
    }
    if !unfit.is_empty() {
        let path = extra(dir);
        if let Err(error) = write(&path, &unfit) {
            problems.push(unseen(&path, &error));
        }
    }
    Ok(problems)
}

/// Sets one variable of the directory, or takes it away where there is no value. Whoever
/// reads meanwhile sees the old value or the new one, never a part, and what stands there
/// under that name (a link, a fifo) is replaced, not followed.
///
/// # Errors
/// EINVAL for a name that cannot be that of a file; ENOENT where there is no such
/// directory; EACCES, EROFS, ENOSPC.
pub fn set(dir: &Path, name: &[u8], value: Option<&[u8]>) -> io::Result<()> {
    if !envdir::can_be_file_name(name) {
        return Err(errno::from(errno::EINVAL));
    }
    let open = kernel::fs::open(dir, flags::O_RDONLY | flags::O_DIRECTORY, 0)?;
    let Some(value) = value else {
        return match kernel::dir::remove(&open, name) {
            Err(error) if errno::is(&error, errno::ENOENT) => Ok(()),
            other => other,
        };
    };
    // A name with a dot in front is nobody's variable.
    let new = format!(".setenv.{}", std::process::id()).into_bytes();
    let written = match kernel::dir::create(&open, &new, 0o644) {
        Err(error) if errno::is(&error, errno::EEXIST) => {
            // Left by a process of the same number that was killed.
            kernel::dir::remove(&open, &new)?;
            kernel::dir::create(&open, &new, 0o644)
        }
        other => other,
    };
    let done = written
        .and_then(|mut file| {
            // Whatever the umask: services that are not root read it.
            kernel::fs::set_mode(&file, 0o644)?;
            file.write_all(value)
        })
        .and_then(|()| kernel::dir::rename(&open, &new, &open, name));
    if done.is_err() {
        let _ = kernel::dir::remove(&open, &new);
    }
    done
}

/// Makes `dir` and empties it, and removes its private file. Where this user is root it
/// is root's from now on, whoever it was left to: an image that can run as another user
/// gives all of the state to that user when it is built.
fn begin_anew(dir: &Path) -> io::Result<OwnedFd> {
    match fs::remove_file(extra(dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let open = tree::fresh_dir(dir)?;
    if kernel::credentials::user() == 0 && !trust::only_we_write(&kernel::fs::stat(&open)?) {
        kernel::fs::set_owner(&open, Some(0), Some(0))?;
        kernel::fs::set_mode(&open, 0o755)?;
        // Once more: what others put there until just now.
        tree::empty(&open)?;
    }
    Ok(open)
}

fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(path)?;
    file.write_all(content)
}

fn unseen(path: &Path, error: &io::Error) -> Problem {
    Problem::refused(
        path,
        "write this variable",
        error,
        "hooks and services do not see it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use layouts::environment::{Readers, Variable, read, value};
    use temp::Temp;

    fn all(dir: &Path) -> Vec<Variable> {
        let found = read(dir, Readers::Anybody).unwrap();
        assert_eq!(found.problems, []);
        found.variables
    }

    fn entries(all: &[&[u8]]) -> Vec<Vec<u8>> {
        all.iter().map(|entry| entry.to_vec()).collect()
    }

    #[test]
    fn a_variable_is_set_replaced_and_taken_away() {
        let temp = Temp::new();
        let dir = temp.dir("env");
        let elsewhere = temp.write("elsewhere", "untouched");
        temp.link("../elsewhere", "env/LINK");
        set(&dir, b"A", Some(b"one\n")).unwrap();
        set(&dir, b"A", Some(b" two\n")).unwrap();
        set(&dir, b"EMPTY", Some(b"")).unwrap();
        set(&dir, b"LINK", Some(b"mine")).unwrap();
        let expected = [("A", " two\n"), ("EMPTY", ""), ("LINK", "mine")];
        let expected = expected.map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec()));
        assert_eq!(all(&dir), expected);
        assert_eq!(fs::read_to_string(elsewhere).unwrap(), "untouched");
        set(&dir, b"A", None).unwrap();
        set(&dir, b"A", None).unwrap();
        assert_eq!(all(&dir), expected[1..]);
        for name in [&b""[..], b"a/b", b".x", b"A=B", b".."] {
            let error = set(&dir, name, Some(b"v")).unwrap_err();
            assert!(errno::is(&error, errno::EINVAL), "{name:?}");
        }
        temp.dir("env/directory");
        assert!(set(&dir, b"directory", Some(b"v")).is_err());
        let names = fs::read_dir(&dir).unwrap().flatten();
        let left = names.filter(|entry| entry.file_name().as_bytes().starts_with(b"."));
        assert_eq!(left.count(), 0);
        assert!(set(&temp.at("none"), b"A", Some(b"v")).is_err());
    }

    #[test]
    fn what_is_dumped_is_read_back_exactly() {
        let temp = Temp::new();
        let dir = temp.at("env");
        let long_name = [b'n'; 300];
        let big = vec![b'v'; 131_000];
        let mut given = entries(&[
            b"PATH=/bin:/usr/bin",
            b"EMPTY=",
            b"LINES=a\nb",
            b"ENDS=a\n",
            b"ENDS2=a\n\n",
            b"BLANK=  x \t",
            b"1VAR_NAME=1",
            b"var.name=2",
            b"var-name=3",
            b"BYTES=\xff\x01\xfe",
            b"EQUALS=a=b=c",
            b".hidden=4",
            b"a/b=5",
            b"..=6",
            b"=7",
            b"LINK\nED=8",
        ]);
        given.push([&b"BIG="[..], &big].concat());
        given.push([&long_name[..], b"=9"].concat());
        let problems = dump(&dir, &given).unwrap();
        assert_eq!(problems, []);
        let mut back: Vec<Vec<u8>> = all(&dir)
            .into_iter()
            .map(|(name, value)| [&name[..], b"=", &value].concat())
            .collect();
        back.sort();
        given.sort();
        assert_eq!(back, given);
        assert_eq!(value(&dir, b"a/b").as_deref(), Some(&b"5"[..]));
        assert_eq!(value(&dir, b"ENDS").as_deref(), Some(&b"a\n"[..]));
        assert_eq!(value(&dir, b"NONE"), None);
        // What scripts list are variables only, and values have no newline added.
        assert_eq!(fs::read(dir.join("PATH")).unwrap(), b"/bin:/usr/bin");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 13);
    }

    #[test]
    fn the_first_of_two_counts_and_an_entry_without_a_name_is_told() {
        let temp = Temp::new();
        let dir = temp.at("env");
        let problems = dump(&dir, &entries(&[b"A=1", b"A=2", b"odd"])).unwrap();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].to_string().starts_with("odd: "));
        assert_eq!(all(&dir), [(b"A".to_vec(), b"1".to_vec())]);
    }

    #[test]
    fn a_second_start_of_the_container_begins_anew() {
        let temp = Temp::new();
        let dir = temp.at("env");
        dump(&dir, &entries(&[b"OLD=1", b"x/y=1"])).unwrap();
        temp.write("env/sub/file", "left by a hook");
        temp.link("/nowhere", "env/DEAD");
        dump(&dir, &entries(&[b"NEW=2"])).unwrap();
        assert_eq!(all(&dir), [(b"NEW".to_vec(), b"2".to_vec())]);
        assert!(!extra(&dir).exists());
    }

    #[test]
    fn a_directory_that_was_left_to_another_user_is_root_s_again() {
        if kernel::credentials::user() != 0 {
            return;
        }
        let temp = Temp::new();
        let dir = temp.dir("env");
        std::os::unix::fs::chown(&dir, Some(1000), Some(1000)).unwrap();
        dump(&dir, &entries(&[b"A=1"])).unwrap();
        let found = read(&dir, Readers::Root(0)).unwrap();
        assert_eq!((found.variables.len(), found.problems.len()), (1, 0));
    }
}
