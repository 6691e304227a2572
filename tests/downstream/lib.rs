//! Images as their authors write them, over Mainstay.
//!
//! `trees/NAME/` holds the files of one image, with the modes that they have in a git repository:
//! most hooks and run scripts are not executable there. [`Image`] lays them over a base, installs
//! Mainstay first, as a `FROM` line does, and runs the `RUN` lines of its Dockerfile.
//!
//! Each shape has been seen in a published image over s6-overlay 1 or 2 or over docker-base; the
//! files here are our own and small.
#![forbid(unsafe_code)]

use harness::{Command, Container, Layout, Root};
use std::ops::Deref;
use std::path::Path;

/// A root tree with Mainstay and an image's own files.
#[derive(Debug)]
pub struct Image {
    root: Root,
}

impl Image {
    /// `trees/NAME` over Debian with bash, procps, patch and Python.
    #[track_caller]
    pub fn debian(tree: &str) -> Self {
        let packages = ["procps", "patch", "python3-minimal", "netcat-openbsd"];
        Self::over(Root::debian_with(&packages), Layout::S6V2, tree)
    }

    /// `trees/NAME` over BusyBox.
    #[track_caller]
    pub fn busybox(tree: &str) -> Self {
        Self::over(Root::busybox(), Layout::S6V2, tree)
    }

    /// `trees/NAME` over a base of the test's own.
    #[track_caller]
    pub fn over(root: Root, layout: Layout, tree: &str) -> Self {
        root.install(layout);
        let trees = Path::new(env!("CARGO_MANIFEST_DIR")).join("trees");
        root.copy_tree(trees.join(tree));
        Self { root }
    }

    /// A `RUN` line: a shell script in the image as it is so far, whose changes stay.
    ///
    /// # Panics
    /// When it does not end with 0, with what it wrote.
    #[track_caller]
    pub fn run(&self, script: &str) -> &Self {
        let command = Container::new(&self.root, ["/bin/sh", "-ec", script]);
        let (status, log) = command.keep_changes().run();
        assert!(status.success(), "RUN {script}: {status}\n{}", log.text());
        self
    }

    /// A container of this image with `/init` as its entry point and no CMD.
    pub fn init(&self) -> Command<'_> {
        self.start(["/init"])
    }

    /// A container of this image that starts with these words.
    pub fn start<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Command<'_> {
        Container::new(&self.root, words)
    }
}

impl Deref for Image {
    type Target = Root;

    fn deref(&self) -> &Root {
        &self.root
    }
}

/// A container's exit code.
#[track_caller]
pub fn exit_code(container: &Container) -> Option<i32> {
    container.wait().code()
}
