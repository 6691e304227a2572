//! TERM comes twice: from an engine, from who updates a service, from both. The drain of the
//! first is not cut short.
#![forbid(unsafe_code)]

use harness::{DockerContainer, Engine, Layout, Root, Scratch};
use std::sync::Once;

/// BusyBox with the binary as `/init`, a service that lives on after TERM until the drain
/// is done, and a drain that waits for the file /data/go, or takes a while.
fn draining_image(engine: &Engine) -> &'static str {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        let root = Root::busybox();
        root.install(Layout::S6V2);
        root.write_script(
            "/etc/services.d/web/run",
            "#!/bin/sh\ntrap 'echo web got TERM' TERM\ntrap 'echo web got HUP' HUP\n\
                 trap 'echo web is done; exit 0' USR1\necho web is up: $VERSION\n\
                 while :; do usleep 10000; done\n",
        )
        .write_script(
            "/etc/cont-finish.d/10-drain",
            "#!/bin/sh\ntrap '' TERM HUP\necho drain begins\n\
                 if [ -n \"$DRAIN\" ]; then sleep $DRAIN\n\
                 else while [ ! -e /go ]; do usleep 10000; done; fi\n\
                 echo drain done\ns6-svc -1 /var/run/s6/services/web\n",
        );
        let words = [
            "ENTRYPOINT [\"/init\"]",
            "ENV S6_KEEP_ENV=1 S6_KILL_FINISH_MAXTIME=60000",
            "ENV S6_SERVICES_GRACETIME=60000 S6_KILL_GRACETIME=60000",
        ];
        engine.import(&root, "test/draining", &words);
    });
    "test/draining"
}

#[track_caller]
fn has_drained(container: &DockerContainer) {
    assert_eq!(container.wait(), 0);
    has_ended_by_its_drain(container);
}

/// Also for a container that is removed as soon as it has ended.
#[track_caller]
fn has_ended_by_its_drain(container: &DockerContainer) {
    container.wait_for_line("stopped in");
    let log = container.log();
    for line in ["drain done", "web is done", "stopped in"] {
        assert_eq!(log.count(line), 1, "{line}: {}", log.text());
    }
    assert_eq!(log.count("web got HUP"), 0, "{}", log.text());
    assert_eq!(log.count("had to kill"), 0, "{}", log.text());
}

#[test]
fn a_second_term_from_the_engine_changes_nothing() {
    let engine = Engine::shared();
    let container = engine.container(draining_image(engine)).start();
    container.wait_for_line("web is up");
    container.kill("TERM");
    container.wait_for_line("drain begins");
    container.wait_for_line("web got TERM");
    for signal in ["TERM", "PWR", "TERM"] {
        container.kill(signal);
    }
    container.exec(["mainstay", "status"]);
    container.exec(["touch", "/go"]);
    has_drained(&container);
}

#[test]
fn docker_stop_twice_at_once_is_one_stop() {
    let engine = Engine::shared();
    let image = draining_image(engine);
    let container = engine.container(image).env("DRAIN", "2").start();
    container.wait_for_line("web is up");
    std::thread::scope(|scope| {
        scope.spawn(|| container.stop(60));
        container.wait_for_line("drain begins");
        container.stop(60);
    });
    has_drained(&container);
}

#[test]
fn a_stop_that_a_hook_of_the_platform_orders_is_not_cut_short_by_the_term_after_it() {
    let engine = Engine::shared();
    let image = draining_image(engine);
    let container = engine.container(image).env("DRAIN", "2").start();
    container.wait_for_line("web is up");
    // As a preStop hook does. The stop may end the asking program too.
    container.exec(["mainstay", "stop-container"]);
    container.wait_for_line("drain begins");
    container.stop(60);
    has_drained(&container);
}

#[test]
fn compose_replaces_a_container_once_it_has_drained() {
    let engine = Engine::shared();
    let image = draining_image(engine);
    let files = Scratch::new();
    let file = |version: &str| {
        let text = format!(
            "version: \"3.8\"\nservices:\n  web:\n    image: {image}\n    \
             network_mode: none\n    stop_grace_period: 60s\n    environment:\n      \
             VERSION: \"{version}\"\n      DRAIN: \"2\"\n"
        );
        files.write("docker-compose.yml", text);
    };
    let compose = |words: &[&str]| {
        let place = files.path().join("docker-compose.yml");
        let place = place.to_str().expect("a path of ours");
        let all = ["--file", place, "--project-name", "twice"];
        let output = engine.compose(all.into_iter().chain(words.iter().copied()));
        assert!(output.status.success(), "{words:?}: {output}");
        output.text()
    };
    file("one");
    compose(&["up", "--detach"]);
    let old = engine.adopt(&compose(&["ps", "--quiet"]));
    old.wait_for_line("web is up: one");
    file("two");
    // While Compose waits for the old one, a further TERM comes from elsewhere.
    std::thread::scope(|scope| {
        let update = scope.spawn(|| compose(&["up", "--detach"]));
        old.wait_for_line("drain begins");
        old.kill("TERM");
        update.join().expect("Compose ends");
    });
    has_ended_by_its_drain(&old);
    let new = engine.adopt(&compose(&["ps", "--quiet"]));
    new.wait_for_line("web is up: two");
    compose(&["down", "--timeout", "60"]);
    has_ended_by_its_drain(&new);
}

#[test]
fn swarm_replaces_a_task_once_it_has_drained() {
    let engine = Engine::shared();
    let image = draining_image(engine);
    let docker = |words: &[&str]| {
        let output = engine.docker(words);
        assert!(output.status.success(), "{words:?}: {output}");
        output.text()
    };
    let here = "127.0.0.1";
    docker(&[
        "swarm",
        "init",
        "--advertise-addr",
        here,
        "--listen-addr",
        here,
    ]);
    let words = "service create --detach --quiet --no-resolve-image --name web --network host \
                 --stop-grace-period 60s --env VERSION=one --env DRAIN=2";
    let words: Vec<&str> = words.split_whitespace().chain([image]).collect();
    docker(&words);
    // The newest task's container.
    let task = |before: &str| {
        let deadline = std::time::Instant::now() + harness::patience(harness::PATIENCE);
        loop {
            let label = "label=com.docker.swarm.service.name=web";
            let ids = docker(&["ps", "--quiet", "--no-trunc", "--filter", label]);
            let new = ids.lines().find(|id| *id != before);
            if let Some(id) = new {
                return engine.adopt(id);
            }
            let late = std::time::Instant::now() > deadline;
            let tasks = || docker(&["service", "ps", "--no-trunc", "web"]);
            assert!(!late, "no container: {}", tasks());
        }
    };
    let old = task("");
    old.wait_for_line("web is up: one");
    let words = "service update --detach --quiet --no-resolve-image --env-add VERSION=two web";
    docker(&words.split_whitespace().collect::<Vec<_>>());
    old.wait_for_line("drain begins");
    old.kill("TERM");
    has_ended_by_its_drain(&old);
    let new = task(old.id());
    new.wait_for_line("web is up: two");
    docker(&["service", "rm", "web"]);
    has_ended_by_its_drain(&new);
    docker(&["swarm", "leave", "--force"]);
}
