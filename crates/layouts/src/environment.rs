//! A container_environment directory: one file a variable, as s6-overlay has it.
//! Hooks write files into it and scripts read them, so a file holds the value and
//! nothing else, not even a newline (see [`s6wire::envdir`]).
//!
//! A name that cannot be the name of such a file (it holds `/`, begins with a dot, is
//! empty or longer than 255 bytes) goes to one private file beside the directory,
//! [`extra`]: `NAME=value` entries, each ended by a NUL.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use kernel::errno;
use s6wire::envdir;

use crate::Problem;

/// A name and its value.
pub type Variable = (Vec<u8>, Vec<u8>);

/// A name and its value; no value: the variable is to be removed.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// The private file of a directory, for names that cannot be file names.
pub fn extra(dir: &Path) -> PathBuf {
    let mut path = dir.as_os_str().to_owned();
    path.push(".extra");
    PathBuf::from(path)
}

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
    clear(dir)?;
    let mut problems = Vec::new();
    let mut unfit: Vec<u8> = Vec::new();
    let mut seen: std::collections::HashSet<&[u8]> = std::collections::HashSet::new();
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
        let path = dir.join(OsStr::from_bytes(name));
        if let Err(error) = write(&path, value) {
            problems.push(unseen(&path, &error));
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

/// All variables of `dir` and of its private file, sorted by name; the directory's
/// count where both have one.
///
/// Only regular files are read: a fifo or a device is passed over unopened, and so are
/// names that begin with a dot or hold `=`, files that vanish meanwhile, and files
/// that this user may not read. A link counts as the regular file that it leads to:
/// images link secrets here, and who may write to this directory decides about the
/// values anyway. A value ends at its first NUL: no variable can hold one.
///
/// # Errors
/// When the directory cannot be read; ENOENT when there is none.
pub fn read(dir: &Path) -> io::Result<Vec<Variable>> {
    let mut variables = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name().into_vec();
        if !envdir::is_variable_file(&name) {
            continue;
        }
        if let Some(value) = file(&dir.join(OsStr::from_bytes(&name))) {
            variables.push((name, value));
        }
    }
    variables.extend(unfit(dir));
    variables.sort_by(|a, b| a.0.cmp(&b.0));
    variables.dedup_by(|later, first| later.0 == first.0);
    Ok(variables)
}

/// The variables of an environment directory that people write, like the image's own
/// `/etc/s6/init/env`, sorted by name: as s6-envdir has it, a value is the file's first
/// line without trailing blanks, and an empty file is a variable to remove (`None`).
///
/// # Errors
/// When the directory cannot be read; ENOENT when there is none.
pub fn read_written(dir: &Path) -> io::Result<Vec<Change>> {
    let mut variables = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name().into_vec();
        if !envdir::is_variable_file(&name) {
            continue;
        }
        if let Some(content) = bytes(&dir.join(OsStr::from_bytes(&name))) {
            variables.push((name, envdir::Rules::default().value(&content)));
        }
    }
    variables.sort();
    Ok(variables)
}

/// The value of one variable, by the rules of [`read`].
pub fn value(dir: &Path, name: &[u8]) -> Option<Vec<u8>> {
    if envdir::can_be_file_name(name) {
        return file(&dir.join(OsStr::from_bytes(name)));
    }
    unfit(dir)
        .into_iter()
        .find_map(|(other, value)| (other == name).then_some(value))
}

fn split(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = entry.iter().position(|b| *b == b'=')?;
    Some((&entry[..at], &entry[at + 1..]))
}

fn file(path: &Path) -> Option<Vec<u8>> {
    let mut content = bytes(path)?;
    let length = envdir::container_value(&content).len();
    content.truncate(length);
    Some(content)
}

fn bytes(path: &Path) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut file = kernel::fs::open_regular_target(path).ok()?;
    file.read_to_end(&mut content).ok()?;
    Some(content)
}

/// The private file's variables; none where there is no such file.
fn unfit(dir: &Path) -> Vec<Variable> {
    let mut content = Vec::new();
    let Ok(mut file) = kernel::fs::open_regular(&extra(dir)) else {
        return Vec::new();
    };
    if file.read_to_end(&mut content).is_err() {
        return Vec::new();
    }
    content
        .split(|b| *b == 0)
        .filter_map(split)
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect()
}

/// Makes `dir` and empties it, and removes its private file.
fn clear(dir: &Path) -> io::Result<()> {
    match fs::remove_file(extra(dir)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match fs::symlink_metadata(dir) {
        // A mount, or a directory whose parent cannot be written: kept, and emptied.
        Ok(old) if old.is_dir() => {
            for entry in fs::read_dir(dir)? {
                let path = entry?.path();
                if fs::symlink_metadata(&path)?.is_dir() {
                    fs::remove_dir_all(&path)?;
                } else {
                    fs::remove_file(&path)?;
                }
            }
            return Ok(());
        }
        Ok(_) => fs::remove_file(dir)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    match fs::DirBuilder::new().mode(0o755).create(dir) {
        Err(error) if errno::is(&error, errno::EEXIST) => Ok(()),
        other => other,
    }
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
    use crate::testing::Temp;

    fn entries(all: &[&[u8]]) -> Vec<Vec<u8>> {
        all.iter().map(|entry| entry.to_vec()).collect()
    }

    #[test]
    fn what_is_dumped_is_read_back_exactly() {
        let temp = Temp::new();
        let dir = temp.at("env");
        let long_name = [b'n'; 300];
        let big = vec![b'v'; 200_000];
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
        let mut back: Vec<Vec<u8>> = read(&dir)
            .unwrap()
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
        assert_eq!(read(&dir).unwrap(), [(b"A".to_vec(), b"1".to_vec())]);
    }

    #[test]
    fn a_second_start_of_the_container_begins_anew() {
        let temp = Temp::new();
        let dir = temp.at("env");
        dump(&dir, &entries(&[b"OLD=1", b"x/y=1"])).unwrap();
        temp.write("env/sub/file", "left by a hook");
        temp.link("/nowhere", "env/DEAD");
        dump(&dir, &entries(&[b"NEW=2"])).unwrap();
        assert_eq!(read(&dir).unwrap(), [(b"NEW".to_vec(), b"2".to_vec())]);
        assert!(!extra(&dir).exists());
    }

    #[test]
    fn what_hooks_write_is_seen() {
        let temp = Temp::new();
        let dir = temp.at("env");
        dump(&dir, &entries(&[b"PATH=/bin"])).unwrap();
        temp.write("env/PRINTED", "a\nb\n");
        temp.write("env/NULS", "seen\0unseen\n");
        fs::write(dir.join("PATH"), "/bin:/opt/bin").unwrap();
        temp.write("secret", "s3cret");
        temp.link("../secret", "env/SECRET");
        assert_eq!(value(&dir, b"PRINTED").unwrap(), b"a\nb\n");
        assert_eq!(value(&dir, b"NULS").unwrap(), b"seen");
        assert_eq!(value(&dir, b"PATH").unwrap(), b"/bin:/opt/bin");
        assert_eq!(value(&dir, b"SECRET").unwrap(), b"s3cret");
    }

    #[test]
    fn fifos_devices_directories_and_dead_links_are_passed_over_without_waiting() {
        let temp = Temp::new();
        let dir = temp.at("env");
        dump(&dir, &entries(&[b"A=1"])).unwrap();
        kernel::fs::make_fifo(&dir.join("FIFO"), 0o600).unwrap();
        temp.link("FIFO", "env/LINKED_FIFO");
        temp.link("/dev/zero", "env/DEVICE");
        temp.link("/nowhere", "env/DEAD");
        temp.link("LOOP", "env/LOOP");
        temp.dir("env/DIR");
        temp.write("env/a=b", "x");
        temp.write("env/.hidden", "x");
        assert_eq!(read(&dir).unwrap(), [(b"A".to_vec(), b"1".to_vec())]);
    }

    #[test]
    fn what_people_write_into_an_envdir_is_a_line() {
        let temp = Temp::new();
        temp.write("env/PATH", "/bin:/sbin \nmore\n");
        temp.write("env/GONE", "");
        temp.write("env/.hidden", "x");
        let read = read_written(&temp.at("env")).unwrap();
        assert_eq!(
            read,
            [
                (b"GONE".to_vec(), None),
                (b"PATH".to_vec(), Some(b"/bin:/sbin".to_vec()))
            ]
        );
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let temp = Temp::new();
        let error = read(&temp.at("none")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
