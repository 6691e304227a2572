//! The places of one running container, which images write to and read from.

use std::path::{Path, PathBuf};

use crate::image::ETC;
use crate::name;
use crate::private;
use crate::state::{SOCKET_DIR, STANDARD};

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
        let told = variable(private::VARIABLE);
        if told.as_deref() == Some(private::NOWHERE.as_bytes()) {
            return Paths::nowhere(Path::new(ETC));
        }
        let runtime_dir = variable("XDG_RUNTIME_DIR");
        match private::find(told.as_deref(), runtime_dir.as_deref()) {
            Some(folder) => Paths::within(&folder),
            None => {
                let standard = STANDARD.map(Path::new);
                let made = standard.iter().find(|state| state.is_dir());
                Paths::standard_at(made.unwrap_or(&standard[0]))
            }
        }
    }

    /// The originals' places.
    pub fn standard() -> Paths {
        Paths::standard_at(Path::new(STANDARD[0]))
    }

    /// The originals' places, with the state at one of two names.
    pub fn standard_at(state: &Path) -> Paths {
        let mainstay = [PathBuf::from(SOCKET_DIR), state.join("mainstay")];
        Paths::below(state, mainstay, Kind::Standard)
    }

    /// The same below a private folder.
    pub fn within(folder: &Path) -> Paths {
        let mainstay = [folder.to_path_buf(), folder.to_path_buf()];
        Paths::below(&folder.join(private::WITHIN), mainstay, Kind::Private)
    }

    /// No place can be written: hooks and services stay in `etc`, where the image has
    /// them, and the rest does not exist.
    pub fn nowhere(etc: &Path) -> Paths {
        let standard = Paths::standard();
        Paths {
            services: etc.join(name::SERVICES),
            user_files: etc.to_path_buf(),
            kind: Kind::Nowhere,
            ..standard
        }
    }

    /// Where the container's environment may be, the first choice first, for a program
    /// that cannot tell which of the places was made.
    pub fn environments(variable: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<PathBuf> {
        let told = variable(private::VARIABLE);
        let runtime_dir = variable("XDG_RUNTIME_DIR");
        let private = private::find(told.as_deref(), runtime_dir.as_deref());
        let private = private.map(|folder| folder.join(private::WITHIN));
        let states = private.into_iter().chain(STANDARD.map(PathBuf::from));
        states.map(|state| state.join(name::ENVIRONMENT)).collect()
    }

    fn below(state: &Path, mainstay: [PathBuf; 2], kind: Kind) -> Paths {
        Paths {
            state: state.to_path_buf(),
            environment: state.join(name::ENVIRONMENT),
            services: state.join(name::SCAN_DIR),
            user_files: state.join(name::USER_FILES),
            mainstay,
            kind,
        }
    }

    /// Whether nothing can be written anywhere.
    pub fn is_nowhere(&self) -> bool {
        self.kind == Kind::Nowhere
    }

    /// The private folder, where there is one.
    pub fn private_folder(&self) -> Option<&Path> {
        (self.kind == Kind::Private).then_some(&*self.mainstay[0])
    }

    /// What children are told of these places ([`private::VARIABLE`]); nothing where they
    /// are the standard ones.
    pub fn told(&self) -> Option<Vec<u8>> {
        match self.kind {
            Kind::Standard => None,
            Kind::Private => Some(self.mainstay[0].as_os_str().as_encoded_bytes().to_vec()),
            Kind::Nowhere => Some(private::NOWHERE.as_bytes().to_vec()),
        }
    }

    /// The directory of the scan directory's own control fifo.
    pub fn scan_control(&self) -> PathBuf {
        self.services.join(name::SCAN_CONTROL)
    }

    /// The places of the socket that `mainstay status` and its like talk to, the first
    /// choice first.
    pub fn sockets(&self) -> [PathBuf; 2] {
        self.mainstay.each_ref().map(|dir| dir.join("control"))
    }

    /// A file that is there from the beginning of a stop to its end: the next run of a kept
    /// container knows by it that the last stop was cut off.
    pub fn stop_begun(&self) -> PathBuf {
        self.state.join("stop-begun")
    }

    /// The hooks that run when the container stops.
    pub fn stop_hooks(&self) -> PathBuf {
        self.user_files.join(name::CONT_FINISH)
    }
}
