//! The images of examples/ under Docker: built by their own Dockerfiles, with their own files of
//! tests, and as their pages say. One engine and one base for all of them.
#![forbid(unsafe_code)]

mod build_stop;
mod nginx;
mod nginx_app;
mod nginx_php;
mod python_workers;

use harness::{DockerContainer, Engine, Output, workspace};
use image_tests::example_base;
use std::process::Command;

/// A root that can only be read, as the pages have it.
const READ_ONLY: [&str; 5] = ["--read-only", "--tmpfs", "/run:exec", "--tmpfs", "/tmp"];

/// Where hooks of /run.d choose the services.
const CHOSEN: [&str; 2] = ["--tmpfs", "/etc/services.d"];

#[track_caller]
fn wait_until_healthy(container: &DockerContainer) {
    container.wait_for("a healthy container", || {
        container.inspect("{{.State.Health.Status}}") == "healthy"
    });
}

/// Runs `mainstay-check WORDS… IMAGE` where the example's files are. Nothing may fail.
#[track_caller]
fn check(engine: &Engine, example: &str, words: &[&str]) {
    let mut command = Command::new(harness::mainstay_check());
    engine.speak_to(&mut command);
    let output = command
        .current_dir(workspace().join("examples").join(example))
        .args(words)
        .args(["--network", "none"])
        .arg(image_tests::build_example(engine, example))
        .output()
        .expect("mainstay-check can be started");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{words:?}\n{out}\n{err}");
    assert!(out.contains("Failed: 0, Skipped: 0"), "{out}\n{err}");
}

/// The example lives as its lifecycle.yaml says.
#[track_caller]
fn check_life(engine: &Engine, example: &str) {
    check(engine, example, &["lifecycle", "-g", "lifecycle.yaml"]);
}

/// Clients of a container, in another one that shares its network and outlives it.
struct Clients<'engine>(DockerContainer<'engine>);

impl<'engine> Clients<'engine> {
    /// Six of them ask for one path after the other, as long as /health says yes; the first
    /// answers are there.
    #[track_caller]
    fn of(container: &DockerContainer, engine: &'engine Engine, paths: &[&str]) -> Self {
        let load = harness::load().to_str().expect("a path in plain text");
        let network = format!("container:{}", container.id());
        let volume = format!("{load}:/load:ro");
        let mut words = vec![
            "run",
            "--detach",
            "--network",
            &network,
            "--volume",
            &volume,
        ];
        words.extend([
            example_base(engine),
            "/load",
            "8080",
            "/health",
            "6",
            "/begun",
        ]);
        words.extend(paths);
        let output: Output = engine.docker(words);
        assert!(output.status.success(), "{output}");
        let clients = engine.adopt(&output.text());
        clients.wait_for("the first answers", || {
            clients.exec(["test", "-e", "/begun"]).code() == 0
        });
        Self(clients)
    }

    /// Waits until they have been told to stay away: all of them were answered.
    #[track_caller]
    fn were_all_answered(self) {
        let code = self.0.wait();
        let log = self.0.log().text();
        let last = log.lines().last().unwrap_or_default();
        assert!(code == 0 && last.ends_with(" answered, 0 failed"), "{log}");
    }
}
