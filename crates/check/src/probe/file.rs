//! A file: its kind, owner, mode, contents and hashes.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use md5::{Digest, Md5};
use sha2::{Sha256, Sha512};

use super::system::errno::of_path;
use super::system::reading;
use super::{Probe, Reading, Stream, System};
use crate::resource::Resource;
use crate::value::Value;

/// The most that is read at a time.
const BLOCK: usize = 256 << 10;

/// The most that is read of a character device: it may have no end. Tests, which are not
/// optimized, have not so much time.
const MOST_OF_DEVICE: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };

pub(super) struct Of {
    system: Arc<System>,
    /// The path, absolute.
    path: Result<PathBuf, String>,
    /// What lstat(2) says; asked once.
    found: Option<io::Result<Metadata>>,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(of(&resource.subject(), system))
}

pub(super) fn of(path: &str, system: &Arc<System>) -> Of {
    Of {
        system: Arc::clone(system),
        path: system.path(path),
        found: None,
    }
}

impl Probe for Of {
    fn read(&mut self, property: &str) -> Reading {
        self.measure(property).unwrap_or_else(Reading::Error)
    }
}

impl Of {
    fn measure(&mut self, property: &str) -> Result<Reading, String> {
        let path = self.path.as_deref().map_err(Clone::clone)?;
        let found = self.found.get_or_insert_with(|| fs::symlink_metadata(path));
        let found = match found {
            Ok(found) => found,
            Err(why) if property == "exists" && why.kind() == io::ErrorKind::NotFound => {
                return Ok(Reading::value(false));
            }
            Err(why) => return Err(of_path("lstat", path, why)),
        };
        let system = &self.system;
        Ok(Reading::Value(match property {
            "exists" => Value::Bool(true),
            "mode" => Value::from(format!("{:04o}", found.mode() & 0o7777)),
            "size" => Value::Int(found.len().try_into().unwrap_or(i64::MAX)),
            "owner" => Value::Text(system.name_of_user(found.uid())?),
            "group" => Value::Text(system.name_of_group(found.gid())?),
            "uid" => Value::Int(found.uid().into()),
            "gid" => Value::Int(found.gid().into()),
            "linked-to" => {
                let target = fs::read_link(path).map_err(|why| of_path("readlink", path, &why))?;
                Value::text(target.into_os_string().into_encoded_bytes())
            }
            "filetype" => Value::from(file_type(found)),
            "md5" => hash::<Md5>(path, found)?,
            "sha256" => hash::<Sha256>(path, found)?,
            "sha512" => hash::<Sha512>(path, found)?,
            _ => {
                return Ok(Reading::Stream(Box::new(Contents {
                    path: path.to_path_buf(),
                    kind: Kind::of(found),
                })));
            }
        }))
    }
}

fn file_type(found: &Metadata) -> &'static str {
    let kind = found.file_type();
    if kind.is_dir() {
        "directory"
    } else if kind.is_symlink() {
        "symlink"
    } else if kind.is_socket() {
        "socket"
    } else if kind.is_fifo() {
        "pipe"
    } else if kind.is_char_device() {
        "character-device"
    } else if kind.is_block_device() {
        "block-device"
    } else {
        "file"
    }
}

/// What matters about a file's kind when it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Regular,
    Pipe,
    Other,
}

impl Kind {
    fn of(found: &Metadata) -> Kind {
        let kind = found.file_type();
        match (kind.is_file(), kind.is_fifo()) {
            (true, _) => Kind::Regular,
            (_, true) => Kind::Pipe,
            _ => Kind::Other,
        }
    }
}

/// Opens what is to be read; the words say why that cannot be done. A pipe would be waited for
/// without end, so it is refused.
fn open(path: &Path, kind: Kind) -> Result<Named, String> {
    let pipe = || format!("open {}: is a named pipe", path.display());
    if kind == Kind::Pipe {
        return Err(pipe());
    }
    let file = reading::open(path).map_err(|why| of_path("open", path, &why))?;
    let mut left = u64::MAX;
    // A link may lead to one.
    if kind != Kind::Regular {
        let found = file.metadata().map_err(|why| of_path("stat", path, &why))?;
        if found.file_type().is_fifo() {
            return Err(pipe());
        }
        if found.file_type().is_char_device() {
            left = MOST_OF_DEVICE;
        }
    }
    let path = path.to_path_buf();
    Ok(Named { path, file, left })
}

/// The contents, read as they are compared.
struct Contents {
    path: PathBuf,
    kind: Kind,
}

impl Stream for Contents {
    fn placeholder(&self) -> &'static str {
        "object: *os.File"
    }

    fn open(&mut self) -> io::Result<Box<dyn Read>> {
        let file = open(&self.path, self.kind).map_err(io::Error::other)?;
        Ok(Box::new(file))
    }
}

fn block(size: u64) -> usize {
    usize::try_from(size).map_or(BLOCK, |size| size.min(BLOCK))
}

/// A file whose errors say its path, and which has an end.
struct Named {
    path: PathBuf,
    file: File,
    /// How many bytes are read at most.
    left: u64,
}

impl Read for Named {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer).map_err(|why| match why.kind() {
            io::ErrorKind::Interrupted => why,
            _ => io::Error::other(of_path("read", &self.path, &why)),
        })?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                let what = format!("read {}: it has no end", self.path.display());
                return Err(io::Error::other(what));
            }
        }
        Ok(count)
    }
}

/// The hash of the contents in lower-case hexadecimal digits.
fn hash<D: Digest>(path: &Path, found: &Metadata) -> Result<Value, String> {
    let mut file = open(path, Kind::of(found))?;
    let mut hash = D::new();
    let mut buffer = vec![0; block(found.len().max(8 << 10))];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hash.update(buffer.get(..count).unwrap_or_default()),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why.to_string()),
        }
    }
    let mut digits = String::with_capacity(128);
    for byte in hash.finalize() {
        digits.push(char::from_digit((byte >> 4).into(), 16).unwrap_or_default());
        digits.push(char::from_digit((byte & 15).into(), 16).unwrap_or_default());
    }
    Ok(Value::from(digits))
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn error(reading: Reading) -> String {
        match reading {
            Reading::Error(why) => why,
            Reading::Value(value) => panic!("{value:?}"),
            Reading::Stream(mut stream) => match stream.open() {
                Ok(_) => panic!("it opens"),
                Err(why) => why.to_string(),
            },
        }
    }

    #[test]
    fn a_named_pipe_is_not_waited_for() {
        let root = temp::Temp::new();
        let (pipe, link) = (root.at("pipe"), root.at("link"));
        mknodat(CWD, &pipe, FileType::Fifo, Mode::from(0o600), 0).expect("a pipe");
        std::os::unix::fs::symlink("pipe", &link).expect("a link");
        let system = Arc::new(System::default());
        for path in [pipe, link] {
            let path = path.to_str().expect("a name");
            for property in ["contents", "md5"] {
                let why = error(of(path, &system).read(property));
                assert_eq!(why, format!("open {path}: is a named pipe"));
            }
        }
    }

    #[test]
    fn what_has_no_end_is_not_hashed() {
        let why = error(of("/dev/zero", &Arc::new(System::default())).read("sha512"));
        assert_eq!(why, "read /dev/zero: it has no end");
    }

    #[test]
    fn owners_have_names_of_the_file_of_users() {
        let root = temp::Temp::new();
        root.write("etc/passwd", "me:x:0:0::/:/\n");
        root.write("etc/group", "us:x:0:\n");
        root.write("f", "");
        let system = Arc::new(System::under(root.path()));
        let path = root.at("f");
        std::os::unix::fs::chown(&path, Some(0), Some(0)).ok();
        let mut file = of(path.to_str().expect("a name"), &system);
        // Where the test runs as another user, that one has no name there.
        if path
            .metadata()
            .is_ok_and(|found| found.uid() == 0 && found.gid() == 0)
        {
            for (property, name) in [("owner", "me"), ("group", "us")] {
                let reading = file.read(property);
                assert!(matches!(reading, Reading::Value(value) if value == Value::from(name)));
            }
        }
    }
}
