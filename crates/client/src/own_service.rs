//! The service that runs the calling program: whose author a line about it is for, and
//! whether PID 1 has seen that line before.

use std::fs;
use std::path::{Path, PathBuf};

use places::{Paths, name, origin};

use crate::ask;

/// A service, from within.
pub struct OwnService {
    paths: Paths,
    name: String,
    /// Its `run`, as its author wrote it; none for a worker of `/worker.sh`, which nobody has
    /// written.
    pub run: Option<PathBuf>,
}

impl OwnService {
    /// The service in whose directory the caller runs; none where that is no service's.
    pub fn find() -> Option<OwnService> {
        use std::os::unix::ffi::OsStringExt;
        let paths = Paths::find(|name| std::env::var_os(name).map(OsStringExt::into_vec));
        let here = std::env::current_dir().ok()?;
        OwnService::at(paths, &here)
    }

    /// The kernel tells directories without their links.
    fn at(paths: Paths, here: &Path) -> Option<OwnService> {
        let services = fs::canonicalize(&paths.services).ok()?;
        let name = here.strip_prefix(&services).ok()?;
        let run = paths.services.join(name).join("run");
        if name.as_os_str().is_empty() || !run.is_file() {
            return None;
        }
        if here.join(name::WORKER_MARK).exists() {
            // What one of them says, all say: the first speaks for all.
            let name = "worker-1".to_string();
            let run = None;
            return Some(OwnService { paths, name, run });
        }
        Some(OwnService {
            name: name.to_str()?.to_string(),
            run: Some(origin::of(&paths, &run)),
            paths,
        })
    }

    /// Whether this line about it is new. A service that cannot begin is started again and
    /// again; its log wants to know why once. Where PID 1 cannot be asked, it is.
    pub fn is_first_time(&self, line: &str) -> bool {
        let words: [&[u8]; 3] = [b"first-time", self.name.as_bytes(), line.as_bytes()];
        ask::say(&self.paths, &words).as_deref() != Some("no")
    }
}
