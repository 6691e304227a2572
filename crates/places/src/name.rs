//! The names of entries whose directory is not always the same.

/// Lists of owners and modes, beside the other directories of hooks.
pub const FIX_ATTRS: &str = "fix-attrs.d";

/// The scripts that the boot runs.
pub const CONT_INIT: &str = "cont-init.d";

/// The scripts that run when the container stops.
pub const CONT_FINISH: &str = "cont-finish.d";

/// The directory of service directories.
pub const SERVICES: &str = "services.d";

/// The directory of profiles, each with the four above.
pub const PROFILES: &str = "cont-profile.d";

/// The four directories of hooks and services.
pub const USER_DIRECTORIES: [&str; 4] = [FIX_ATTRS, CONT_INIT, CONT_FINISH, SERVICES];

/// In a scan directory: what belongs to its supervisor (s6-svscan(8)).
pub const SCAN_CONTROL: &str = ".s6-svscan";

/// Among the services that s6-overlay v2 keeps for the supervisor: the logger of everything that
/// has none, which its init removes again unless S6_LOGGING asks for it (init-no-catchall).
pub const CATCH_ALL_LOGGER: &str = "s6-svscan-log";

/// In the scan directory: the fifo that takes its supervisor's orders.
pub const SCAN_CONTROL_FIFO: &str = ".s6-svscan/control";

/// In the scan directory: what its supervisor holds a lock on.
pub const SCAN_LOCK: &str = ".s6-svscan/lock";

/// In the state: the container's variables.
pub const ENVIRONMENT: &str = "container_environment";

/// In the state: the scan directory.
pub const SCAN_DIR: &str = "services";

/// In the state: the image's hooks and services, linked or copied.
pub const USER_FILES: &str = "etc";

/// What a state directory holds, once it has been used.
pub const STATE: [&str; 3] = [ENVIRONMENT, SCAN_DIR, USER_FILES];

/// A file in each service directory of a worker pool that was made here, so that a second
/// start of a kept container knows its own.
pub const WORKER_MARK: &str = ".mainstay-worker";

/// In the scan directory: the service that keeps the workers of a pool, where one is wanted.
pub const WORKER_KEEPER: &str = "worker-keeper";

/// In the keeper's directory: the fifos of the workers that live, and what it has counted.
pub const WORKER_LIVES: &str = "lives";

/// In the scan directory: what who changes the number of workers holds a lock on.
pub const WORKER_LOCK: &str = ".mainstay-workers";
