//! Images with Mainstay under a real container engine: the tests are in `tests/`, one file per
//! subject. Each file is a program of its own and so has an engine of its own: prefer few files
//! with several tests.
//!
//! [`base_image`] is what the project's users pull: `images/Dockerfile` over a stand-in for the
//! system that the variant is of.
#![forbid(unsafe_code)]

mod base;

pub use base::{base_image, build_base, context};

use harness::{Engine, Root, Scratch, workspace};

/// Builds `examples/NAME` by its own Dockerfile, over Debian with these packages, as the image
/// `test/NAME`.
///
/// # Panics
/// When the engine cannot.
#[track_caller]
pub fn build_example(engine: &Engine, name: &str, packages: &[&str]) -> String {
    let (base, mainstay) = (format!("test/{name}-base"), format!("test/{name}-mainstay"));
    engine.import(&Root::debian_with(packages), &base, &[]);
    let files = Scratch::new();
    std::fs::copy(harness::mainstay(), files.path().join("mainstay")).expect("a copy");
    files.write("Dockerfile", "FROM scratch\nCOPY mainstay /mainstay\n");
    engine.build(&mainstay, files.path(), &[]).expect("built");
    let arguments = [
        "--build-arg",
        &format!("BASE={base}"),
        "--build-arg",
        &format!("MAINSTAY={mainstay}"),
    ];
    let example = workspace().join("examples").join(name);
    let image = format!("test/{name}");
    engine.build(&image, &example, &arguments).expect("built");
    image
}
