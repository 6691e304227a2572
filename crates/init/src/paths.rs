//! The paths that images write to and read from, all in one place.

use std::path::{Path, PathBuf};

/// The places of one container. Compatibility paths are as the originals had them.
#[derive(Clone, Debug)]
pub struct Paths {
    /// State of the boot: `/var/run/s6`.
    pub state: PathBuf,
    /// The container's environment, one file a variable.
    pub environment: PathBuf,
    /// The scan directory: one directory a service.
    pub services: PathBuf,
    /// The image's own hooks and services, linked or copied: `/var/run/s6/etc`.
    pub user_files: PathBuf,
    /// Where the control socket may be, the first choice first: where `/run` is not this
    /// user's to write, beside the rest of the state.
    pub mainstay: [PathBuf; 2],
}

impl Paths {
    /// The places below `/var/run` and `/run`.
    pub fn standard() -> Paths {
        let state = PathBuf::from("/var/run/s6");
        Paths {
            environment: state.join("container_environment"),
            services: state.join("services"),
            user_files: state.join("etc"),
            mainstay: [PathBuf::from("/run/mainstay"), state.join("mainstay")],
            state,
        }
    }

    /// The directory of the scan directory's own control fifo.
    pub fn scan_control(&self) -> PathBuf {
        self.services.join(".s6-svscan")
    }

    /// The places of the socket that `mainstay status` and its like talk to, the first
    /// choice first.
    pub fn sockets(&self) -> [PathBuf; 2] {
        self.mainstay.each_ref().map(|dir| dir.join("control"))
    }

    /// The hooks that run when the container stops.
    pub fn stop_hooks(&self) -> PathBuf {
        self.user_files.join("cont-finish.d")
    }
}

/// Services that the image brings under the supervisor's own directory; copied into
/// the scan directory first.
pub(crate) const IMAGE_SERVICES: &str = "/etc/s6/services";

/// The environment that hooks and services get, one file a variable.
pub(crate) const IMAGE_ENVIRONMENT: &str = "/etc/s6/init/env";

/// The beginning of the boot as a script, which images may edit.
pub(crate) const STAGE2: &str = "/etc/s6/init/init-stage2";

/// Owners and modes of the user's files, which images may edit.
pub(crate) const FIXATTRS: &str = "/etc/s6/init/init-stage2-fixattrs.txt";

/// Scripts that run ahead of everything.
pub(crate) const RUN_D: &str = "/run.d";

/// Where this program keeps links by which scripts call it.
pub(crate) const LIBEXEC: &str = "/usr/libexec/mainstay";

/// Whether something is at `path`, without following a link there.
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
