//! The paths that images write to and read from, all in one place.

use std::path::{Path, PathBuf};

use layouts::places;

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
    kind: Kind,
}

/// Which of the places these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The originals'.
    Standard,
    /// Below a private folder.
    Private,
    /// None that could be written.
    Nowhere,
}

impl Paths {
    /// The places as any program of the container finds them: a private folder where PID
    /// 1 has one, else those below `/var/run` and `/run`. `variable` gives a variable of
    /// the program's environment.
    pub fn find(variable: impl Fn(&str) -> Option<Vec<u8>>) -> Paths {
        let told = variable(places::VARIABLE);
        if told.as_deref() == Some(places::NOWHERE.as_bytes()) {
            return Paths::nowhere(Path::new("/etc"));
        }
        let runtime_dir = variable("XDG_RUNTIME_DIR");
        match places::private(told.as_deref(), runtime_dir.as_deref()) {
            Some(folder) => Paths::within(&folder),
            None => {
                let standard = places::STANDARD.map(Path::new);
                let made = standard.iter().find(|state| state.is_dir());
                Paths::standard_at(made.unwrap_or(&standard[0]))
            }
        }
    }

    /// The originals' places.
    pub fn standard() -> Paths {
        Paths::standard_at(Path::new(places::STANDARD[0]))
    }

    /// The originals' places, with the state at one of two names.
    pub(crate) fn standard_at(state: &Path) -> Paths {
        let mainstay = [PathBuf::from("/run/mainstay"), state.join("mainstay")];
        Paths::below(state, mainstay, Kind::Standard)
    }

    /// The same below a private folder.
    pub(crate) fn within(folder: &Path) -> Paths {
        let mainstay = [folder.to_path_buf(), folder.to_path_buf()];
        Paths::below(&folder.join(places::WITHIN), mainstay, Kind::Private)
    }

    /// No place can be written: hooks and services stay in `etc`, where the image has
    /// them, and the rest does not exist.
    pub(crate) fn nowhere(etc: &Path) -> Paths {
        let standard = Paths::standard();
        Paths {
            services: etc.join("services.d"),
            user_files: etc.to_path_buf(),
            kind: Kind::Nowhere,
            ..standard
        }
    }

    fn below(state: &Path, mainstay: [PathBuf; 2], kind: Kind) -> Paths {
        Paths {
            state: state.to_path_buf(),
            environment: state.join("container_environment"),
            services: state.join("services"),
            user_files: state.join("etc"),
            mainstay,
            kind,
        }
    }

    /// Whether nothing can be written anywhere.
    pub fn is_nowhere(&self) -> bool {
        self.kind == Kind::Nowhere
    }

    /// The private folder, where there is one.
    pub(crate) fn private_folder(&self) -> Option<&Path> {
        (self.kind == Kind::Private).then_some(&*self.mainstay[0])
    }

    /// What children are told of these places ([`places::VARIABLE`]); nothing where they
    /// are the standard ones.
    pub(crate) fn told(&self) -> Option<Vec<u8>> {
        match self.kind {
            Kind::Standard => None,
            Kind::Private => Some(self.mainstay[0].as_os_str().as_encoded_bytes().to_vec()),
            Kind::Nowhere => Some(places::NOWHERE.as_bytes().to_vec()),
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

    /// A file that is there from the beginning of a stop to its end: the next run of a kept
    /// container knows by it that the last stop was cut off.
    pub(crate) fn stop_begun(&self) -> PathBuf {
        self.state.join("stop-begun")
    }

    /// The hooks that run when the container stops.
    pub fn stop_hooks(&self) -> PathBuf {
        self.user_files.join("cont-finish.d")
    }
}

/// Services that the image brings under the supervisor's own directory; copied into
/// the scan directory first.
pub const IMAGE_SERVICES: &str = "/etc/s6/services";

/// The environment that hooks and services get, one file a variable.
pub const IMAGE_ENVIRONMENT: &str = "/etc/s6/init/env";

/// The beginning of the boot as a script, which images may edit.
pub const STAGE2: &str = "/etc/s6/init/init-stage2";

/// Owners and modes of the user's files, which images may edit.
pub const FIXATTRS: &str = "/etc/s6/init/init-stage2-fixattrs.txt";

/// Scripts that run ahead of everything.
pub const RUN_D: &str = "/run.d";

/// Where this program keeps links by which scripts call it.
pub(crate) const LIBEXEC: &str = "/usr/libexec/mainstay";

/// Whether something is at `path`, without following a link there.
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
