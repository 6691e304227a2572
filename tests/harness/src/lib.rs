//! Real processes under test: throw-away root trees, containers in bare namespaces, Docker.
//!
//! - [`Root`] is a container's file system: a BusyBox or Debian tree with the test's own files in
//!   front of it. It costs milliseconds, is writable, and vanishes when dropped.
//! - [`Container`] boots a command over a [`Root`] as PID 1 (or beside one) in its own pid, mount,
//!   uts, ipc and network namespaces. What it prints becomes a [`Log`] with times that tests wait on.
//! - [`Engine`] is a Docker daemon of the test program's own.
//!
//! Whatever runs amok stays inside: `kill(-1)`, unmounts and endless forks end when the
//! [`Container`] is dropped, or when the test program dies in any way.
//!
//! ```no_run
//! use harness::{Container, Layout, Root, signal};
//!
//! let root = Root::busybox();
//! root.install(Layout::S6V2);
//! root.write_script("/etc/services.d/web/run", "#!/bin/sh\necho up; exec sleep 1000\n");
//! let container = Container::new(&root, ["/init"]).tmpfs("/run").boot();
//! container.wait_for_line("up");
//! assert!(container.exec(["s6-svstat", "/run/service/web"]).text().starts_with("up"));
//! container.signal(signal::TERM);
//! assert_eq!(container.wait().code(), Some(0));
//! assert_eq!(container.left_running(), &[] as &[String]);
//! ```
//!
//! Environment variables, for whoever runs the tests:
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `MAINSTAY_BINARY` | the binary under test | built by `cargo build -p mainstay` |
//! | `MAINSTAY_CHECK_BINARY` | the validator under test | built by `cargo build -p mainstay-check` |
//! | `MAINSTAY_TEST_CACHE` | where base trees are kept | `/var/cache/mainstay-tests` as root, else `target/test-bases` |
//! | `MAINSTAY_TEST_PLACEMENT` | `pid1` or `child`: where commands run unless a test says so | `pid1` |
//! | `MAINSTAY_TEST_PATIENCE` | factor on every time limit, for slow machines | 1 |
//! | `MAINSTAY_TEST_MIRROR` | the Debian mirror for the Debian base | debootstrap's own |

mod bases;
mod boxed;
mod command;
mod container;
mod engine;
mod exec;
mod files;
mod log;
pub mod orders;
mod programs;
mod root;
mod scratch;
pub mod signal;
pub mod sys;

pub use bases::{alpine_mirror, stand_in, stand_ins};
pub use command::{Command, Sink, capability};
pub use container::{Container, Process};
pub use engine::{BuildFailed, DockerContainer, Engine, Run};
pub use exec::{Exec, Output, Running};
pub use log::{Line, Log, Stream};
pub use orders::Placement;
pub use programs::{load, mainstay, mainstay_check, mainstay_for_tests, workspace};
pub use root::{Layout, Root};
pub use scratch::Scratch;

use std::time::Duration;

/// How long a wait may take before the test fails, unless the test says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// `time` scaled by `MAINSTAY_TEST_PATIENCE`.
pub fn patience(time: Duration) -> Duration {
    let factor = std::env::var("MAINSTAY_TEST_PATIENCE");
    let factor = factor.ok().and_then(|text| text.parse::<f64>().ok());
    time.mul_f64(factor.unwrap_or(1.0))
}

/// How often a long test repeats: `ci` times in every run, `nightly` times with
/// `MAINSTAY_TEST_NIGHTLY=1`.
pub fn rounds(ci: u32, nightly: u32) -> u32 {
    match std::env::var("MAINSTAY_TEST_NIGHTLY").as_deref() {
        Ok("1") => nightly,
        Ok("" | "0") | Err(_) => ci,
        Ok(other) => panic!("MAINSTAY_TEST_NIGHTLY={other}: neither 0 nor 1"),
    }
}
