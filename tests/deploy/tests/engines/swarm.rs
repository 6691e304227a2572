//! deploy/swarm on a real engine: the stack as it is, with a client beside it that never pauses.
//!
//! The client asks for `tasks.web`, the names of the tasks. The one address of `web` and the published
//! port are IPVS of the kernel, which machines for tests seldom have; the names change at the same
//! moments: a task comes in when it is healthy, and goes out before it gets TERM.

use deploy_tests::{Load, deploy, images, loudly, night, no_job_was_cut, run, text, wait};
use harness::{DockerContainer, Engine, Scratch};

/// A stack of a Swarm of one node.
struct Stack {
    engine: &'static Engine,
    files: Scratch,
}

impl Stack {
    fn start() -> Self {
        let engine = Engine::shared();
        images(engine);
        let here = "127.0.0.1";
        let words = format!("swarm init --advertise-addr {here} --listen-addr {here}");
        engine.docker(words.split_whitespace()).ok();
        let files = Scratch::new();
        // What the test alone has: a client, and shorter waits outside of the nights.
        let mut beside = "version: \"3.8\"\nservices:\n  load:\n    image: test/load\n    \
                          command: [python3, -u, /load.py, tasks.web, \"8080\"]\n    \
                          networks: [app]\n"
            .to_owned();
        if !night() {
            beside += "  web:\n    healthcheck: {interval: 1s, start_period: 4s}\n    deploy:\n      \
                       update_config: {monitor: 2s}\n      rollback_config: {monitor: 2s}\n";
        }
        files.write("beside.yml", beside);
        Self { engine, files }
    }

    #[track_caller]
    fn docker(&self, line: &str) -> String {
        self.engine.docker(line.split_whitespace()).ok().text()
    }

    /// `docker stack deploy`, as README.md types it.
    #[track_caller]
    fn deploy(&self, version: &str) {
        let stack = deploy("swarm/stack.yml");
        let beside = self.files.path().join("beside.yml");
        let line = format!(
            "stack deploy --resolve-image never -c {} -c {} app",
            stack.display(),
            beside.display()
        );
        text(&run("docker", line.split_whitespace(), |command| {
            self.engine.speak_to(command);
            command.env("VERSION", version);
        }));
    }

    /// The ids of the containers of a service that run.
    fn ids(&self, service: &str) -> Vec<String> {
        let label = format!("label=com.docker.swarm.service.name=app_{service}");
        let ids = self.docker(&format!("ps --quiet --no-trunc --filter {label}"));
        ids.lines().map(str::to_owned).collect()
    }

    /// The containers of a service that run; they end with what is returned.
    fn containers(&self, service: &str) -> Vec<DockerContainer<'static>> {
        let ids = self.ids(service);
        ids.iter().map(|id| self.engine.adopt(id)).collect()
    }

    fn running(&self, service: &str, count: &str) -> bool {
        let list = "service ls --format {{.Name}}={{.Replicas}}";
        let wanted = format!("app_{service}={count}");
        self.docker(list).lines().any(|line| line == wanted)
    }

    fn report(&self) -> String {
        let tasks = self.engine.docker(["stack", "ps", "app"]);
        let tasks = tasks.text();
        let update = self.docker("service inspect app_web --format {{.UpdateStatus}}");
        format!("{tasks}\n{update}")
    }

    /// Waits until an update of the web servers has ended in such a way.
    #[track_caller]
    fn updated(&self, state: &str) {
        let ask = "service inspect app_web --format {{.UpdateStatus.State}}";
        let reached = || (self.docker(ask) == state).then_some(());
        wait(state, 240, reached, || self.report());
    }
}

#[test]
fn updates_rollbacks_and_bad_images_lose_no_request() {
    let stack = Stack::start();
    stack.deploy("1");
    for (service, count) in [
        ("web", "2/2"),
        ("workers", "2/2"),
        ("cron", "1/1"),
        ("load", "1/1"),
    ] {
        let running = || stack.running(service, count).then_some(());
        wait(service, 60, running, || stack.report());
    }
    let client = &stack.containers("load")[0];
    let load = || Load::last(&client.log().text());
    let report = || client.log().text();
    let asked = || (load().answered() > 100).then_some(());
    wait("requests are answered", 30, asked, report);

    let web = stack.containers("web");
    for one in &web {
        let process = one.exec(["cat", "/proc/1/status"]).ok().text();
        for line in [
            "Uid:\t10001\t10001\t10001\t10001",
            "CapBnd:\t0000000000000000",
        ] {
            assert!(process.contains(line), "no {line:?} in {process}");
        }
    }
    let workers = stack.containers("workers");

    stack.deploy("2");
    stack.updated("completed");
    load().has_not_failed();
    assert!(load().version("2") > 0, "{}", load().line);
    for one in web.iter().chain(&workers) {
        one.wait_for_line("mainstay: stopped in");
        let log = one.log();
        assert_eq!(log.count("had to kill"), 0, "{}", log.text());
        assert!(log.text().contains("exit code 0"), "{}", log.text());
    }
    for one in &web {
        one.wait_for_line("[drain] nginx: done");
    }
    for one in &workers {
        no_job_was_cut(&one.log().text());
    }

    let before = load().version("1");
    stack.docker("service rollback --detach app_web");
    stack.updated("rollback_completed");
    load().has_not_failed();
    let again = || (load().version("1") > before).then_some(());
    wait("the first version answers", 30, again, || load().line);

    // Its tasks run and are never healthy: Swarm takes it back by itself.
    stack.deploy("3");
    stack.updated("rollback_completed");
    let image = "service inspect app_web --format {{.Spec.TaskTemplate.ContainerSpec.Image}}";
    assert_eq!(stack.docker(image), "example/app:1");
    let healthy = || stack.running("web", "2/2").then_some(());
    wait("two web servers", 60, healthy, || stack.report());
    load().has_not_failed();
    assert_eq!(load().version("3"), 0, "{}", load().line);
    assert!(load().slow() > 2, "{}", load().line);
    loudly(&format!("swarm: {}", load().line));

    let web = stack.containers("web");
    stack.docker("stack rm app");
    for one in &web {
        one.wait_for_line("mainstay: stopped in");
        assert!(one.log().text().contains("exit code 0"));
    }
    let gone = || stack.ids("web").is_empty().then_some(());
    wait("the end of all tasks", 60, gone, String::new);
    stack.docker("swarm leave --force");
}
