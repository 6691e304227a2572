//! The images of `images/Dockerfile`, over bases that need no registry.

use harness::{BuildFailed, Engine, Output, Root, Scratch, workspace};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The image `mainstay/base` of a variant, made once in this engine: `debian-12`, `debian-13`,
/// `alpine` (as `alpine-3.23`) or `static`. Its name is `mainstay/base:M.m-VARIANT`, as it is
/// published, for `--build-arg BASE=…` or a container of its own.
///
/// # Panics
/// When the variant has no stand-in, or its build fails.
#[track_caller]
pub fn base_image(engine: &Engine, variant: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let (minor, _) = version
        .rsplit_once('.')
        .expect("a version of three numbers");
    let name = format!("mainstay/base:{minor}-{variant}");
    engine.once(&name, || {
        if let Err(why) = build_base(engine, variant, &name, &[]) {
            panic!("{name}: {why}");
        }
    });
    name
}

/// Builds `images/Dockerfile` for a variant as the image `name`; `arguments` are further ones for
/// `docker build` and count over those that the variant brings.
///
/// # Errors
/// What the builder said when it failed.
#[track_caller]
pub fn build_base(
    engine: &Engine,
    variant: &str,
    name: &str,
    arguments: &[&str],
) -> Result<Output, BuildFailed> {
    build_base_in(engine, context().path(), variant, name, arguments)
}

/// [`build_base`] from a context that is there already, of [`context`].
///
/// # Errors
/// What the builder said when it failed.
#[track_caller]
pub fn build_base_in(
    engine: &Engine,
    context: &Path,
    variant: &str,
    name: &str,
    arguments: &[&str],
) -> Result<Output, BuildFailed> {
    let file = context.join("images/Dockerfile");
    let file = file.to_str().expect("a path in plain text");
    let mut all = vec!["--file", file];
    let (named, based);
    let full = if variant == "alpine" {
        "alpine-3.23"
    } else {
        variant
    };
    if full == "static" {
        all.extend(["--target", "static"]);
    } else {
        let base = format!("mainstay-test/base-{full}");
        engine.once(&base, || {
            let names = || harness::stand_ins().collect::<Vec<_>>();
            let root = Root::stand_in(full);
            let root = root.unwrap_or_else(|| panic!("no stand-in for {full}: {:?}", names()));
            engine.import(&root, &base, &[]);
        });
        based = format!("BASE={base}");
        all.extend(["--build-arg", &based, "--build-arg", "SECURITY_UPDATES=no"]);
    }
    named = format!("VARIANT={full}");
    all.extend(["--build-arg", &named]);
    all.extend(arguments);
    engine.build_with_buildkit(name, context, &all)
}

/// What `images/Dockerfile` is built from, as it lies in the project: `images/` and, in `dist/`,
/// the binaries under test.
///
/// # Panics
/// When it cannot be copied.
pub fn context() -> Scratch {
    let context = Scratch::new();
    let to = context.path();
    for (program, name) in [
        (harness::mainstay(), "mainstay-x86_64"),
        (harness::mainstay_check(), "mainstay-check-x86_64"),
    ] {
        fs::create_dir_all(to.join("dist")).expect("a directory");
        // With its time, which is that of the file in the static variant.
        copy(&[program], &to.join("dist").join(name));
    }
    let ours = workspace();
    let names = [
        "images",
        ".dockerignore",
        "NOTICE",
        "LICENSE",
        "LICENSE-APACHE",
        "LICENSE-MIT",
    ];
    let paths = names.map(|name| ours.join(name));
    copy(&paths.each_ref().map(|path| path.as_path()), to);
    context
}

/// Copies files and trees as they are, links too.
fn copy(from: &[&Path], to: &Path) {
    let done = Command::new("cp").arg("-a").args(from).arg(to).output();
    let done = done.expect("cp can be started");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "cp: {said}");
}
