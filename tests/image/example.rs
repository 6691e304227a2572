//! The images of `examples/`, each by its own Dockerfile.

use crate::build_base;
use harness::{BuildFailed, Engine, Output, Root, workspace};
use std::ffi::OsStr;
use std::path::Path;

/// What the examples would install, and `curl` and `pkill` for tests: there is no mirror in a
/// build. One set for all of them, since making a base is slow.
const PACKAGES: &[&str] = &["nginx-light", "php-fpm", "procps", "curl", "python3"];

/// `mainstay/base` over Debian 12 with what the examples install, made once in this engine.
///
/// # Panics
/// When the engine cannot.
#[track_caller]
pub fn example_base(engine: &Engine) -> &'static str {
    const NAME: &str = "mainstay-test/examples";
    engine.once(NAME, || {
        let system = "mainstay-test/examples-system";
        let root = Root::debian_with(PACKAGES);
        remove_systemd(&root);
        engine.import(&root, system, &[]);
        let base = format!("BASE={system}");
        if let Err(why) = build_base(engine, "debian-12", NAME, &["--build-arg", &base]) {
            panic!("{NAME}: {why}");
        }
    });
    NAME
}

/// php-fpm wants systemd or another that has systemd-tmpfiles, which debootstrap cannot choose.
/// Where the base image's build removes systemd, php-fpm would go along.
#[track_caller]
fn remove_systemd(root: &Root) {
    let tree = root.mounted_at();
    let words = ["dpkg", "--purge", "--force-depends", "systemd"].map(OsStr::new);
    let output = root.with_tree(
        ["chroot".as_ref(), tree.as_os_str()]
            .into_iter()
            .chain(words),
    );
    assert!(output.status.success(), "{output}");
}

/// Builds `examples/NAME` as the image `test/NAME`, once in this engine.
///
/// # Panics
/// When the engine cannot.
#[track_caller]
pub fn build_example(engine: &Engine, name: &str) -> String {
    let image = format!("test/{name}");
    engine.once(&image, || {
        let directory = workspace().join("examples").join(name);
        if let Err(why) = try_to_build_example(engine, &image, &directory) {
            panic!("{image}: {why}");
        }
    });
    image
}

/// Builds a directory like those of `examples/` as the image `image`.
///
/// # Errors
/// What the builder said when it failed.
pub fn try_to_build_example(
    engine: &Engine,
    image: &str,
    directory: &Path,
) -> Result<Output, BuildFailed> {
    let base = format!("BASE={}", example_base(engine));
    engine.build(image, directory, &["--build-arg", &base])
}
