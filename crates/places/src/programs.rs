//! Where our programs are, and where programs are looked for.

/// The name by which people call the program.
pub const MAINSTAY: &str = "/usr/bin/mainstay";

/// Where this program keeps links by which scripts call it.
pub const LIBEXEC: &str = "/usr/libexec/mainstay";

/// The binary itself, in that directory.
pub const OUR_BINARY: &str = "/usr/libexec/mainstay/mainstay";

/// What an installation has written, in the same directory.
pub const MANIFEST: &str = "/usr/libexec/mainstay/manifest";

/// What it has put aside.
pub const REPLACED: &str = "/usr/libexec/mainstay/replaced";

/// PID 1 of s6-overlay.
pub const INIT: &str = "/init";

/// PID 1 of docker-base, which runs /run.d first.
pub const RUN_SH: &str = "/run.sh";

/// PID 1 of docker-base without it.
pub const INIT_SH: &str = "/init.sh";

/// PID 1 of docker-base with a pool of workers.
pub const WORKER_SH: &str = "/worker.sh";

/// The PATH of hooks and services where the image does not say otherwise
/// (s6-overlay v2's own).
pub const SMALL_PATH: &str = "/usr/bin:/usr/sbin:/bin:/sbin";

/// The PATH of a container that has none (s6-overlay v2's own).
pub const FULL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
