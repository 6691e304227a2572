//! Images that come from docker-base, s6-overlay v2, supervisord and tini.
//!
//! `images/NAME/` has the Dockerfile of the image after its change, and before it where the
//! original can be run. The shapes are those of published images; the files are our own. The page
//! `docs/coming-from-NAME.md` shows the change and the first start: [`Page`] reads both from it.
#![forbid(unsafe_code)]

use harness::{Engine, Log, Root, workspace};
use image_tests::{base_image, build_base};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// What the images of this crate need of Debian.
const PACKAGES: &[&str] = &["nginx-light", "php-fpm", "procps", "curl"];

/// A system with the originals and without Mainstay.
pub const SYSTEM: &str = "test/system";

/// `mainstay/base` of Debian 12, over that system.
pub const BASE: &str = "test/base";

/// Builds `images/NAME/DOCKERFILE` over `base` as `test/NAME-DOCKERFILE`, and gives that name.
///
/// # Panics
/// When the engine cannot.
#[track_caller]
pub fn build(engine: &Engine, name: &str, dockerfile: &str, base: &str) -> String {
    make_bases(engine);
    let image = format!("test/{name}-{}", dockerfile.to_lowercase());
    let arguments = ["--build-arg", &format!("BASE={base}"), "--file"].map(str::to_owned);
    let file = images().join(name).join(dockerfile);
    let file = file.to_string_lossy().into_owned();
    let arguments: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .chain([&*file])
        .collect();
    if let Err(failed) = engine.build(&image, &images().join(name), &arguments) {
        panic!("{failed}");
    }
    image
}

/// The folder of the images.
pub fn images() -> PathBuf {
    workspace().join("tests/migration/images")
}

fn make_bases(engine: &Engine) {
    static MADE: OnceLock<()> = OnceLock::new();
    MADE.get_or_init(|| {
        let root = Root::debian_with(PACKAGES);
        root.copy_tree(originals());
        engine.import(&root, SYSTEM, &[]);
        // What the pages copy the program from.
        assert_eq!(base_image(engine, "static"), "mainstay/base:0.1-static");
        let over = format!("BASE={SYSTEM}");
        let built = build_base(engine, "debian-12", BASE, &["--build-arg", &over]);
        if let Err(failed) = built {
            panic!("{failed}");
        }
    });
}

/// The tree with tini, dumb-init and supervisord.
fn originals() -> PathBuf {
    let cache = std::env::var_os("MAINSTAY_TEST_CACHE").map_or_else(
        || PathBuf::from("/var/cache/mainstay-tests"),
        |given| workspace().join(given),
    );
    let tree = cache.join("migration-originals-1");
    let script = workspace().join("tests/migration/originals");
    let done = Command::new(script).arg(&tree).output().expect("a script");
    assert!(
        done.status.success(),
        "tests/migration/originals: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    tree
}

/// A page of docs/.
#[derive(Debug)]
pub struct Page {
    /// The page's name.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

impl Page {
    /// Reads `docs/coming-from-NAME.md`.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn coming_from(name: &str) -> Self {
        let name = format!("docs/coming-from-{name}.md");
        let text = fs::read_to_string(workspace().join(&name));
        let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name, text }
    }

    /// The lines of its first block of this language.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn block(&self, language: &str) -> Vec<&str> {
        let opening = format!("```{language}");
        let mut lines = self.text.lines().skip_while(|line| **line != opening);
        assert!(lines.next().is_some(), "{}: no {opening}", self.name);
        lines.take_while(|line| *line != "```").collect()
    }

    /// Checks that the log has every line of the page's block `console`, those of the boot and of
    /// the stop in the order of the page. Numbers are not compared; a line `…` stands for others.
    ///
    /// # Panics
    /// With the first line that is not so.
    #[track_caller]
    pub fn shows(&self, log: &Log) {
        let said: Vec<String> = log.lines().iter().map(|line| plain(&line.text)).collect();
        let mut at = 0;
        for line in self.block("console") {
            let wanted = plain(line);
            if wanted == "…" {
                continue;
            }
            let ordered = MARKERS.iter().any(|marker| wanted.starts_with(marker));
            let from = if ordered { at } else { 0 };
            match said[from..].iter().position(|text| *text == wanted) {
                Some(found) if ordered => at += found + 1,
                Some(_) => {}
                None => panic!("{}: not so: {line}\n{}", self.name, log.text()),
            }
        }
    }
}

/// How lines begin that PID 1 says in order.
const MARKERS: &[&str] = &[
    "[init]",
    "[s6-init]",
    "[fix-attrs.d]",
    "[cont-init.d]",
    "[services.d]",
    "[cont-finish.d]",
    "[s6-finish]",
    "mainstay: stopped in",
];

/// A line without its times and blanks at the end.
fn plain(line: &str) -> String {
    let words = line.trim_end().split(' ');
    let words = words.map(|word| match word.parse::<f64>() {
        Ok(_) => "N",
        Err(_) => word,
    });
    words.collect::<Vec<_>>().join(" ")
}
