//! A container_environment directory: one file a variable, as s6-overlay has it.
//! Hooks write files into it and scripts read them, so a file holds the value and
//! nothing else, not even a newline (see [`s6wire::envdir`]).
//!
//! A name that cannot be the name of such a file (it holds `/`, begins with a dot, is
//! empty or longer than 255 bytes) goes to one private file beside the directory,
//! [`extra`]: `NAME=value` entries, each ended by a NUL.
//!
//! Variables lead whatever program gets them (`PATH`, `LD_PRELOAD`, `BASH_ENV`), so for
//! root only those count that nobody else can have written: see [`Readers`].

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kernel::errno;
use kernel::fs::{Stat, flags};
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

/// Whose files count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Everybody's: whoever reads has named the directory, or has no more rights than
    /// those who write.
    Anybody,
    /// Root reads what leads root's programs: only what root or this user, as whom the
    /// container was started, can have written.
    Root(u32),
}

impl Readers {
    /// Of the container's own directory, for this process.
    pub fn of_container() -> Readers {
        use std::os::unix::fs::MetadataExt;
        match kernel::credentials::user() {
            // The user that process 1 is: with USER in an image, hooks and services are
            // that user, and the directory is theirs to write.
            0 => Readers::Root(fs::metadata("/proc/1").map_or(0, |process| process.uid())),
            _ => Readers::Anybody,
        }
    }

    fn trusts(self, uid: u32) -> bool {
        match self {
            Readers::Anybody => true,
            Readers::Root(start) => uid == 0 || uid == start,
        }
    }

    /// Whether nobody else can have put, moved or exchanged anything in the directory.
    fn trusts_dir(self, stat: &Stat) -> bool {
        let kept = stat.mode & 0o022 == 0 || stat.mode & 0o1000 != 0;
        self == Readers::Anybody || (self.trusts(stat.uid) && kept)
    }

    /// Whether nobody else can have written the file. In a directory where others can
    /// make entries, one with several names may be a secret that has been linked there.
    fn trusts_file(self, dir: &Stat, stat: &Stat) -> bool {
        let single = stat.links == 1 || dir.mode & 0o022 == 0;
        let kept = stat.mode & 0o022 == 0;
        self == Readers::Anybody || (self.trusts(stat.uid) && kept && single)
    }
}

/// What a directory says, and which of its entries do not count.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// The variables, sorted by name.
    pub variables: Vec<Variable>,
    /// Files that are passed over, and why.
    pub problems: Vec<Problem>,
}

/// All variables of `dir` and of its private file; the directory's count where both
/// have one.
///
/// Only regular files are read: a fifo or a device is passed over unopened, and so are
/// names that begin with a dot or hold `=`, files that vanish meanwhile, and files
/// that this user may not read. A link counts as the regular file that it leads to:
/// images link secrets here. A value ends at its first NUL: no variable can hold one.
/// One that is longer than the kernel lets any be would keep every program from being
/// executed, and is left out.
///
/// # Errors
/// When the directory cannot be read; ENOENT when there is none.
pub fn read(dir: &Path, readers: Readers) -> io::Result<Variables> {
    let mut found = Variables::default();
    let open = kernel::fs::open(dir, flags::O_RDONLY | flags::O_DIRECTORY, 0)?;
    let stat = kernel::fs::stat(&open)?;
    if readers.trusts_dir(&stat) {
        for name in kernel::dir::names(&open)? {
            if !envdir::is_variable_file(&name) {
                continue;
            }
            let path = dir.join(OsStr::from_bytes(&name));
            match variable(&open, &stat, &name, &path, readers) {
                Ok(Some(value)) => found.take(name, value, &path),
                Ok(None) => {}
                Err(problem) => found.problems.push(problem),
            }
        }
    } else {
        found.problems.push(Problem::new(
            dir,
            format!(
                "others than root can change what is in it (mode {:04o}, owner {})",
                stat.mode & 0o7777,
                stat.uid
            ),
            "root takes no variable from it; leave it to root with mode 0755",
        ));
    }
    match unfit(dir, readers) {
        Ok(entries) => {
            let path = extra(dir);
            for (name, value) in entries {
                found.take(name, value, &path);
            }
        }
        Err(problem) => found.problems.push(problem),
    }
    found.variables.sort_by(|a, b| a.0.cmp(&b.0));
    found.variables.dedup_by(|later, first| later.0 == first.0);
    Ok(found)
}

impl Variables {
    /// Keeps a variable, unless execve(2) could not hand it to anybody.
    fn take(&mut self, name: Vec<u8>, value: Vec<u8>, path: &Path) {
        // With its `=` and the NUL at its end.
        let length = name.len() + value.len() + 2;
        let most = kernel::limits::longest_word();
        match length <= most {
            true => self.variables.push((name, value)),
            false => self.problems.push(Problem::new(
                path,
                format!("longer than any variable can be ({most} bytes with its name, execve(2))"),
                "it is left out; read the file itself where it is needed",
            )),
        }
    }
}

/// The variables of an environment directory that people write, like the image's own
/// `/etc/s6/init/env`, sorted by name: as s6-envdir has it, a value is the file's first
/// line without trailing blanks, and an empty file is a variable to remove (`None`).
///
/// # Errors
/// When the directory cannot be read; ENOENT when there is none.
pub fn read_written(dir: &Path) -> io::Result<Vec<Change>> {
    let mut variables = Vec::new();
    for name in kernel::dir::names_in(dir)? {
        if !envdir::is_variable_file(&name) {
            continue;
        }
        let file = kernel::fs::open_regular_target(&dir.join(OsStr::from_bytes(&name)));
        if let Ok(content) = file.and_then(|file| content(file, false)) {
            variables.push((name, envdir::Rules::default().value(&content)));
        }
    }
    variables.sort();
    Ok(variables)
}

/// The value of one variable of the container's directory `dir`, by the rules of
/// [`read`], but of any length.
pub fn value(dir: &Path, name: &[u8]) -> Option<Vec<u8>> {
    let readers = Readers::of_container();
    if envdir::can_be_file_name(name) {
        let open = kernel::fs::open(dir, flags::O_PATH | flags::O_DIRECTORY, 0).ok()?;
        let stat = kernel::fs::stat(&open).ok()?;
        if !readers.trusts_dir(&stat) {
            return None;
        }
        let path = dir.join(OsStr::from_bytes(name));
        return variable(&open, &stat, name, &path, readers).ok()?;
    }
    unfit(dir, readers)
        .ok()?
        .into_iter()
        .find_map(|(other, value)| (other == name).then_some(value))
}

/// An entry of an environment in its two parts; none where it has no `=`.
pub fn split(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = entry.iter().position(|b| *b == b'=')?;
    Some((&entry[..at], &entry[at + 1..]))
}

/// The value of the file `name` of the open directory `dir`; none where it is no file
/// of a variable, or cannot be read.
fn variable(
    dir: &OwnedFd,
    dir_stat: &Stat,
    name: &[u8],
    path: &Path,
    readers: Readers,
) -> Result<Option<Vec<u8>>, Problem> {
    let Ok(file) = open_variable(dir, name, path) else {
        return Ok(None);
    };
    let mut trusted = readers.trusts_file(dir_stat, &file.target);
    if let Some(link) = &file.link {
        trusted &= readers.trusts(link.uid);
    }
    if !trusted {
        return Err(Problem::new(
            path,
            format!(
                "others than root can have written it (mode {:04o}, owner {})",
                file.target.mode & 0o7777,
                file.target.uid
            ),
            "root does not take this variable; leave the file to root with mode 0644",
        ));
    }
    Ok(content(file.open, true).ok())
}

/// A variable's file, open.
struct VariableFile {
    open: fs::File,
    target: Stat,
    /// The link that led to it, where one did.
    link: Option<Stat>,
}

/// Opens a regular file, or the one that a link leads to, without opening anything else
/// on the way: opening a fifo waits, and a device may do anything.
fn open_variable(dir: &OwnedFd, name: &[u8], path: &Path) -> io::Result<VariableFile> {
    let entry = kernel::fs::open_entry(dir.as_raw_fd(), name, flags::O_PATH)?;
    let stat = kernel::fs::stat(&entry)?;
    let open = if stat.is_link() {
        kernel::fs::open_regular_target(path)?
    } else if stat.is_file() {
        let read = flags::O_RDONLY | flags::O_NONBLOCK | flags::O_NOCTTY;
        fs::File::from(kernel::fs::open_entry(dir.as_raw_fd(), name, read)?)
    } else {
        return Err(errno::from(errno::EINVAL));
    };
    let target = kernel::fs::stat(&open)?;
    match target.is_file() {
        true => Ok(VariableFile {
            open,
            target,
            link: stat.is_link().then_some(stat),
        }),
        false => Err(errno::from(errno::EINVAL)),
    }
}

/// Most that is read of one file. Nothing longer is a variable, and what can be asked
/// for by name is not the place for more.
const MOST_BYTES: u64 = 64 << 20;

/// A file's bytes, to the first NUL if `to_nul`.
fn content(file: fs::File, to_nul: bool) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut limited = file.take(MOST_BYTES);
    let mut buffer = [0u8; 16 * 1024];
    loop {
        let count = match limited.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if errno::is(&error, errno::EINTR) => continue,
            Err(error) => return Err(error),
        };
        let bytes = &buffer[..count];
        match bytes.iter().position(|b| *b == 0).filter(|_| to_nul) {
            Some(end) => {
                content.extend_from_slice(&bytes[..end]);
                return Ok(content);
            }
            None => content.extend_from_slice(bytes),
        }
        if count == 0 {
            return Ok(content);
        }
    }
}

/// The private file's variables; none where there is no such file.
fn unfit(dir: &Path, readers: Readers) -> Result<Vec<Variable>, Problem> {
    let path = extra(dir);
    let Ok(file) = kernel::fs::open_regular(&path) else {
        return Ok(Vec::new());
    };
    let Ok(stat) = kernel::fs::stat(&file) else {
        return Ok(Vec::new());
    };
    let kept = stat.mode & 0o022 == 0 && stat.links == 1;
    if readers != Readers::Anybody && !(readers.trusts(stat.uid) && kept) {
        return Err(Problem::new(
            &path,
            "others than root can have written it",
            "root takes no variable from it",
        ));
    }
    let content = content(file, false).unwrap_or_default();
    Ok(content
        .split(|b| *b == 0)
        .filter_map(split)
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use temp::{Temp, set_mode};

    fn all(dir: &Path) -> Vec<Variable> {
        let found = read(dir, Readers::Anybody).unwrap();
        assert_eq!(found.problems, []);
        found.variables
    }

    #[test]
    fn what_hooks_write_is_seen() {
        let temp = Temp::new();
        let dir = temp.at("env");
        temp.write("env/PATH", "/bin");
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
        temp.write("env/A", "1");
        kernel::fs::make_fifo(&dir.join("FIFO"), 0o600).unwrap();
        temp.link("FIFO", "env/LINKED_FIFO");
        temp.link("/dev/zero", "env/DEVICE");
        temp.link("/nowhere", "env/DEAD");
        temp.link("LOOP", "env/LOOP");
        temp.dir("env/DIR");
        temp.write("env/a=b", "x");
        temp.write("env/.hidden", "x");
        assert_eq!(all(&dir), [(b"A".to_vec(), b"1".to_vec())]);
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
        let error = read(&temp.at("none"), Readers::Anybody).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_value_that_no_program_could_be_given_is_left_out_and_told() {
        let temp = Temp::new();
        let dir = temp.at("env");
        temp.write("env/A", "1");
        let most = kernel::limits::longest_word();
        temp.write("env/FITS", vec![b'x'; most - "FITS=".len() - 1]);
        temp.write("env/LONG", vec![b'x'; most - "LONG=".len()]);
        // A file of a tebibyte whose value is three bytes.
        let huge = fs::File::create(dir.join("HUGE")).unwrap();
        (&huge).write_all(b"abc\0").unwrap();
        huge.set_len(1 << 40).unwrap();
        let found = read(&dir, Readers::Anybody).unwrap();
        let names: Vec<&[u8]> = found.variables.iter().map(|(name, _)| &name[..]).collect();
        assert_eq!(names, [&b"A"[..], b"FITS", b"HUGE"]);
        assert_eq!(found.problems.len(), 1);
        assert!(found.problems[0].path.ends_with("LONG"));
        assert_eq!(value(&dir, b"LONG").unwrap().len(), most - "LONG=".len());
    }

    #[test]
    fn for_root_only_what_nobody_else_can_have_written_counts() {
        let temp = Temp::new();
        let dir = temp.at("env");
        temp.write("env/A", "1");
        temp.write("env.extra", "a/b=2\0");
        let mine = kernel::credentials::user();
        let readers = Readers::Root(mine);
        temp.write("env/OPEN", "x");
        set_mode(&dir.join("OPEN"), 0o666);
        temp.write("secret", "kept");
        temp.link("../secret", "env/LINK");
        temp.write("opened", "x");
        set_mode(&temp.at("opened"), 0o662);
        temp.link("../opened", "env/LINK_TO_OPEN");
        let names = |found: &Variables| -> Vec<String> {
            let names = found.variables.iter();
            names
                .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
                .collect()
        };
        let found = read(&dir, readers).unwrap();
        assert_eq!(names(&found), ["A", "LINK", "a/b"]);
        assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
        // Where others can make entries and cannot move ours, ours count, if they have
        // one name.
        fs::hard_link(temp.at("secret"), dir.join("LINKED")).unwrap();
        set_mode(&dir, 0o1777);
        assert_eq!(names(&read(&dir, readers).unwrap()), ["A", "a/b"]);
        set_mode(&dir, 0o775);
        let found = read(&dir, readers).unwrap();
        assert_eq!(names(&found), ["a/b"]);
        assert_eq!(found.problems.len(), 1);
        set_mode(&extra(&dir), 0o666);
        assert_eq!(names(&read(&dir, readers).unwrap()), &[] as &[&str]);
        assert_eq!(names(&read(&dir, Readers::Anybody).unwrap()).len(), 6);
    }
}
