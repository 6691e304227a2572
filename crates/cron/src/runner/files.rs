//! The files that a scheduler reads: their jobs, and whether they have changed.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use kernel::credentials;
use kernel::watch::Watch;

use chain::Environment;

use crate::crontab::review::{self, Place};
use crate::crontab::{self, How, Problem, UserField};
use crate::job::Job;

/// How much of a file is looked at to tell whether it has changed.
const COMPARED: u64 = 4 * 1024 * 1024;

/// Most files of which is told that everybody may write to them.
const MOST_OPEN: usize = 5;

/// What files say.
pub(crate) struct Content {
    pub(crate) jobs: Vec<Job>,
    /// What is wrong, a line each.
    pub(crate) lines: Vec<String>,
    /// Files and directories of which nothing could be read.
    pub(crate) lost: Vec<PathBuf>,
}

/// The files, as they were named.
pub(crate) struct Files {
    paths: Vec<PathBuf>,
    users: UserField,
    /// Of what was read last.
    print: u64,
}

impl Files {
    pub(crate) fn new(paths: Vec<PathBuf>, users: UserField) -> Files {
        Files {
            paths,
            users,
            print: 0,
        }
    }

    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Reads all: jobs, and a line for each thing that is wrong.
    pub(crate) fn read(&mut self, environment: &Environment) -> Content {
        self.print = self.fingerprint();
        let (mut how, said) = How::here(environment);
        how.users = self.users;
        let (jobs, problems) = crontab::read(&self.paths, &how);
        let lost = |path: &&PathBuf| {
            let is_lost = |one: &Problem| one.fatal && one.place == ((*path).clone(), 0);
            problems.iter().any(is_lost)
        };
        let place = Place {
            root: Path::new("/"),
            path: environment
                .get(b"PATH")
                .unwrap_or(places::FULL_PATH.as_bytes()),
            now: 0,
        };
        let misread = review::users_as_programs(&jobs, &how, &place);
        Content {
            lost: self.paths.iter().filter(lost).cloned().collect(),
            lines: said
                .into_iter()
                .chain(problems.iter().chain(&misread).map(Problem::line))
                .chain(self.open_to_all())
                .collect(),
            jobs,
        }
    }

    /// A line for each file and directory with which everybody decides what root runs. Others'
    /// crons refuse them (cron(8)); here they may be a volume whose modes nobody can change.
    fn open_to_all(&self) -> Vec<String> {
        if credentials::user() != 0 {
            return Vec::new();
        }
        let is_open = |path: &PathBuf| {
            let mode = path.metadata().map_or(0, |about| about.mode());
            mode & 0o002 != 0 && mode & 0o1000 == 0
        };
        let own = self.paths.iter().filter(|path| path.is_dir()).cloned();
        let files = self.paths.iter().flat_map(|path| crontab::files(path));
        let mut all: Vec<PathBuf> = own.chain(files).filter(is_open).collect();
        all.dedup();
        let line = |path: &PathBuf| {
            let path = kernel::escape_path(path);
            format!(
                "{path}: everybody may write to it, and so decide what root runs here; \
                 chmod o-w it"
            )
        };
        all.iter().take(MOST_OPEN).map(line).collect()
    }

    /// Whether news of an entry of a watched directory (none: of what is watched itself) may
    /// be about these files. The links of a mounted ConfigMap begin with two dots.
    pub(crate) fn may_concern(&self, entry: Option<&[u8]>) -> bool {
        let Some(entry) = entry.filter(|entry| !entry.starts_with(b"..")) else {
            return true;
        };
        let is_it = |path: &PathBuf| {
            let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            let named = |path: &Path| {
                path.file_name()
                    .is_some_and(|name| name.as_bytes() == entry)
            };
            target.is_dir() || named(path) || named(&target)
        };
        self.paths.iter().any(is_it)
    }

    /// Whether they are not what they were.
    pub(crate) fn have_changed(&self) -> bool {
        self.fingerprint() != self.print
    }

    fn fingerprint(&self) -> u64 {
        let mut print = Print(0xcbf2_9ce4_8422_2325);
        for path in &self.paths {
            print.add(path.as_os_str().as_bytes());
            if path.is_dir() {
                let mut names = kernel::dir::names_in(path).unwrap_or_default();
                names.sort();
                for name in names {
                    print.add(&name);
                    print.add_file(&path.join(OsStr::from_bytes(&name)));
                }
            } else {
                print.add_file(path);
            }
        }
        print.0
    }

    /// Watches them, and the directories in which they may be replaced. Nothing can be said of
    /// what is not there yet but that its directory is.
    pub(crate) fn watch(&self, watch: &Watch) -> std::io::Result<()> {
        let mut outcome = Ok(());
        for path in &self.paths {
            let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            let mut all = vec![path.clone()];
            if !target.is_dir() {
                all.extend([path, &target].into_iter().filter_map(|path| parent(path)));
            }
            for path in all {
                match watch.add(&path) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        outcome = Err(error);
                    }
                    _ => {}
                }
            }
        }
        outcome
    }
}

fn parent(path: &Path) -> Option<PathBuf> {
    path.parent()
        .map(|parent| match parent.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => parent.to_path_buf(),
        })
}

/// FNV-1a, 64 bits.
struct Print(u64);

impl Print {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain([&0]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn add_file(&mut self, path: &Path) {
        let mut bytes = Vec::new();
        if let Ok(file) = kernel::fs::open_regular_target(path) {
            let _ = file.take(COMPARED).read_to_end(&mut bytes);
            self.add(&bytes);
        } else {
            self.add(b"none");
        }
    }
}
