//! The programs that the tests run: the binary under test and the harness' own box.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        manifest
            .ancestors()
            .nth(2)
            .unwrap_or(manifest)
            .to_path_buf()
    })
}

/// The `mainstay` binary under test: `MAINSTAY_BINARY`, else built now in the profile of the tests.
///
/// # Panics
/// When it cannot be built, with the compiler's words.
pub fn mainstay() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| given_or_built("MAINSTAY_BINARY", "mainstay"))
}

/// The `mainstay-check` binary under test: `MAINSTAY_CHECK_BINARY`, else built now.
///
/// # Panics
/// When it cannot be built, with the compiler's words.
pub fn mainstay_check() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| given_or_built("MAINSTAY_CHECK_BINARY", "mainstay-check"))
}

fn given_or_built(variable: &str, package: &str) -> PathBuf {
    let Some(given) = std::env::var_os(variable) else {
        return build(package, package);
    };
    let path = workspace().join(given);
    assert!(
        path.is_file(),
        "{variable}={} is no file: run `make build`, or unset it",
        path.display()
    );
    path
}

/// `mainstay` as it is built for tests: with checks and ways to fail that no release has.
///
/// # Panics
/// When it cannot be built, with the compiler's words.
pub fn mainstay_for_tests() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| build("mainstay", "mainstay"))
}

/// The `load` program: clients behind a load balancer, for a container's network.
pub fn load() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| build("downstream-tests", "load"))
}

/// The `harness-box` program.
pub(crate) fn harness_box() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| build("harness", "harness-box"))
}

/// Builds a binary of the workspace beside the running test program and says where it is.
fn build(package: &str, binary: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test program knows where it is");
    // target/[TRIPLE/]PROFILE/deps/TEST-HASH
    let directory = test
        .ancestors()
        .nth(2)
        .expect("a test program lies in target/…/deps");
    let profile = match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let done = Command::new(cargo)
        .current_dir(workspace())
        .args(["build", "--quiet", "--profile", profile])
        .args(["--package", package, "--bin", binary])
        .output()
        .expect("cargo can be started");
    assert!(
        done.status.success(),
        "cargo build --package {package} failed:\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let path = directory.join(binary);
    assert!(path.is_file(), "cargo did not leave {}", path.display());
    path
}
