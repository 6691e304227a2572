//! Where readers look: at the running system, whose files they are about to use, or at
//! an image that is not running, in whose layers every path is looked up without ever
//! leaving them. One reader serves both, so what `lint` finds is what the boot meets.

mod layers;
mod listed;

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use kernel::accounts::Accounts;
use kernel::fs::Stat;

pub use layers::{Layer, Layers};
pub use listed::{Entry, Listed};

/// Largest account file that is read of an image that is not running.
const LARGEST_LIST: usize = 4 << 20;

/// How much of a file of the running system is read at a time.
const AT_ONCE: usize = 4096;

/// Where programs usually are.
pub(crate) const USUAL_PATH: &str = places::FULL_PATH;

/// The files that readers see.
pub struct View(Source);

enum Source {
    Live,
    Image(Image),
}

struct Image {
    layers: Layers,
    user: Identity,
    modes: Option<Box<Modes>>,
    paths: Option<Paths>,
}

/// Where programs of an image are looked up.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The PATH that scripts start with.
    pub small: OsString,
    /// The container's own, which with-contenv gives.
    pub container: OsString,
    /// What may be on the container's PATH besides: an image's ENV is not in its files.
    pub perhaps: OsString,
}

/// The mode that a file will have by the time it is used, if it will be changed.
type Modes = dyn Fn(&Path) -> Option<u32>;

/// Whose rights count when a file of an image is asked whether it may be executed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// User id; 0 may execute what anybody may.
    pub uid: u32,
    /// All group ids.
    pub gids: Vec<u32>,
}

impl View {
    /// The running system, for this process.
    pub fn live() -> View {
        View(Source::Live)
    }

    /// An image that is not running, for `user`.
    pub fn image(layers: Layers, user: Identity) -> View {
        View(Source::Image(Image {
            layers,
            user,
            modes: None,
            paths: None,
        }))
    }

    /// The same files, for another user of an image.
    #[must_use]
    pub fn for_user(mut self, user: Identity) -> View {
        if let Source::Image(image) = &mut self.0 {
            image.user = user;
        }
        self
    }

    /// Has files of an image counted with the modes that `modes` gives them: those that
    /// they will have by the time they are used.
    pub fn set_modes(&mut self, modes: impl Fn(&Path) -> Option<u32> + 'static) {
        if let Source::Image(image) = &mut self.0 {
            image.modes = Some(Box::new(modes));
        }
    }

    /// Has programs of an image looked up so.
    pub fn set_paths(&mut self, paths: Paths) {
        if let Source::Image(image) = &mut self.0 {
            image.paths = Some(paths);
        }
    }

    /// Whether this is the running system.
    pub fn is_live(&self) -> bool {
        matches!(self.0, Source::Live)
    }

    /// The PATH along which `caller` (`env`, `with-contenv`) looks, where it is known.
    pub fn searches(&self, caller: &str) -> Option<&OsStr> {
        let Source::Image(image) = &self.0 else {
            return None;
        };
        let paths = image.paths.as_ref()?;
        Some(match caller {
            "env" => &paths.small,
            _ => &paths.container,
        })
    }

    /// The same, and where the program may be besides.
    pub fn search_path(&self, caller: &str) -> OsString {
        let mut path = match &self.0 {
            Source::Live => std::env::var_os("PATH").unwrap_or_default(),
            Source::Image(_) => self.searches(caller).unwrap_or_default().to_owned(),
        };
        let more = match &self.0 {
            Source::Image(Image {
                paths: Some(paths), ..
            }) => match caller {
                "env" => OsStr::new(""),
                _ => &paths.perhaps,
            },
            // A script may run with another PATH than this process.
            _ => OsStr::new(USUAL_PATH),
        };
        path.push(":");
        path.push(more);
        path
    }

    /// What `path` leads to.
    ///
    /// # Errors
    /// As stat(2).
    pub fn stat(&self, path: &Path) -> io::Result<Stat> {
        match &self.0 {
            Source::Live => std::fs::metadata(path).map(|found| stat_of(&found)),
            Source::Image(image) => image.layers.stat(bytes(path), true),
        }
    }

    /// What is at `path`, a link itself.
    ///
    /// # Errors
    /// As lstat(2).
    pub fn link_stat(&self, path: &Path) -> io::Result<Stat> {
        match &self.0 {
            Source::Live => std::fs::symlink_metadata(path).map(|found| stat_of(&found)),
            Source::Image(image) => image.layers.stat(bytes(path), false),
        }
    }

    /// Where `path` really is: every link on the way there followed, and with `whole` what
    /// stands there too. What does not exist stays as it is.
    pub fn real(&self, path: &Path, whole: bool) -> PathBuf {
        let mut path = path.to_path_buf();
        for _ in 0..crate::walk::MOST_LINKS {
            if let (Some(dir), Some(name)) = (path.parent(), path.file_name()) {
                let dir = match &self.0 {
                    Source::Live => std::fs::canonicalize(dir).ok(),
                    Source::Image(image) => {
                        let real = image.layers.real(bytes(dir)).ok();
                        // The root itself is an empty name.
                        real.map(|real| Path::new("/").join(OsStr::from_bytes(&real)))
                    }
                };
                path = dir.unwrap_or_else(|| path.clone()).join(name);
            }
            match self.read_link(&path) {
                Ok(target) if whole => {
                    path = path.parent().unwrap_or(Path::new("/")).join(target);
                }
                _ => break,
            }
        }
        path
    }

    /// Whether `path` leads to a directory.
    pub fn is_dir(&self, path: &Path) -> bool {
        self.stat(path).is_ok_and(|found| found.is_dir())
    }

    /// Whether `path` leads to something.
    pub fn exists(&self, path: &Path) -> bool {
        self.stat(path).is_ok()
    }

    /// Where the link at `path` points.
    ///
    /// # Errors
    /// As readlink(2).
    pub fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        match &self.0 {
            Source::Live => std::fs::read_link(path),
            Source::Image(image) => {
                let target = image.layers.read_link(bytes(path))?;
                Ok(PathBuf::from(OsString::from_vec(target)))
            }
        }
    }

    /// The names in the directory that `path` leads to, sorted bytewise.
    ///
    /// # Errors
    /// ENOTDIR, EACCES, ENOENT.
    pub fn names(&self, dir: &Path) -> io::Result<Vec<Vec<u8>>> {
        match &self.0 {
            Source::Live => {
                let flags = kernel::fs::flags::O_PATH | kernel::fs::flags::O_DIRECTORY;
                kernel::dir::names(&kernel::fs::open(dir, flags, 0)?)
            }
            Source::Image(image) => image.layers.names(bytes(dir)),
        }
    }

    /// At most `most` bytes from the start of the regular file that `path` leads to.
    /// Nothing else is ever opened, and nothing is waited for.
    ///
    /// # Errors
    /// As open(2); EINVAL for what is not a regular file.
    pub fn read_start(&self, path: &Path, most: usize) -> io::Result<Vec<u8>> {
        match &self.0 {
            Source::Live => {
                // Read at once, and not in steps that double.
                let mut start = Vec::with_capacity(most.min(AT_ONCE));
                let file = kernel::fs::open_regular_target(path)?;
                file.take(most as u64).read_to_end(&mut start)?;
                Ok(start)
            }
            Source::Image(image) => image.layers.read_start(bytes(path), most),
        }
    }

    /// Whether `path` leads to a file that may be executed.
    pub fn is_executable(&self, path: &Path) -> bool {
        match &self.0 {
            Source::Live => kernel::fs::is_executable(path),
            Source::Image(image) => image.layers.stat(bytes(path), true).is_ok_and(|mut found| {
                let mode = image.modes.as_ref().and_then(|modes| modes(path));
                if let Some(mode) = mode.filter(|_| found.is_file()) {
                    found.mode = found.mode & !0o7777 | mode;
                }
                image.user.may_execute(&found)
            }),
        }
    }

    /// The users and groups of /etc; none where there are no such files.
    ///
    /// # Errors
    /// Any other reason why one cannot be read.
    pub fn accounts(&self) -> io::Result<Accounts> {
        if matches!(self.0, Source::Live) {
            return Accounts::read(Path::new("/"));
        }
        let text = |path: &str| match self.read_start(Path::new(path), LARGEST_LIST) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        };
        Ok(Accounts::parse(&text("/etc/passwd")?, &text("/etc/group")?))
    }

    /// Where a program of this name is found along `path`, the value of a PATH.
    pub fn program(&self, name: &[u8], path: &[u8]) -> Option<PathBuf> {
        path.split(|b| *b == b':')
            .filter(|dir| dir.starts_with(b"/"))
            .map(|dir| Path::new(OsStr::from_bytes(dir)).join(OsStr::from_bytes(name)))
            .find(|found| self.is_executable(found) && !self.is_dir(found))
    }
}

impl Identity {
    /// As the kernel decides it by the mode alone (path_resolution(7)).
    fn may_execute(&self, stat: &Stat) -> bool {
        if stat.is_dir() {
            return true;
        }
        let bits = match stat {
            _ if self.uid == 0 => 0o111,
            _ if stat.uid == self.uid => 0o100,
            _ if self.gids.contains(&stat.gid) => 0o010,
            _ => 0o001,
        };
        stat.mode & bits != 0
    }
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

fn stat_of(found: &std::fs::Metadata) -> Stat {
    Stat {
        mode: found.mode(),
        uid: found.uid(),
        gid: found.gid(),
        links: found.nlink(),
        size: found.len(),
        identity: (found.dev(), found.ino()),
    }
}
