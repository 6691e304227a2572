//! deploy/compose on a real engine: the file as it is.

use deploy_tests::{Load, deploy, images, no_job_was_cut, run, text, wait};
use harness::{DockerContainer, Engine};
use std::time::Instant;

/// `docker-compose LINE` for the file of `deploy/`.
#[track_caller]
fn compose(engine: &Engine, line: &str) -> String {
    let file = deploy("compose/docker-compose.yml");
    let file = file.to_string_lossy();
    let words = ["--file", &file, "--project-name", "app"].into_iter();
    let words = words.chain(line.split_whitespace());
    text(&run("docker-compose", words, |command| {
        engine.speak_to(command);
    }))
}

/// The one container of a service.
fn container<'engine>(engine: &'engine Engine, service: &str) -> DockerContainer<'engine> {
    engine.adopt(&compose(engine, &format!("ps --quiet {service}")))
}

#[test]
fn web_servers_workers_and_cron_are_healthy_and_end_in_order() {
    let engine = Engine::shared();
    images(engine);
    compose(engine, "up --detach");
    let services = ["web", "workers", "cron"].map(|service| container(engine, service));
    for one in &services {
        let well = || one.inspect("{{.State.Health.Status}}") == "healthy";
        let report = || format!("{}\n{}", one.inspect("{{json .State}}"), one.log().text());
        wait("a healthy container", 60, || well().then_some(()), report);
        let process = one.exec(["cat", "/proc/1/status"]).ok().text();
        for line in [
            "Uid:\t10001\t10001\t10001\t10001",
            "CapEff:\t0000000000000000",
            "CapBnd:\t0000000000000000",
            "NoNewPrivs:\t1",
        ] {
            assert!(process.contains(line), "no {line:?} in {process}");
        }
        let written = one.exec(["touch", "/srv/www/new"]).error_text();
        assert!(written.contains("Read-only file system"), "{written}");
    }
    let [web, workers, cron] = services;

    // Its time is once a minute; asked for by hand it runs at once, and who asks has its exit code.
    cron.exec(["mainstay", "cron", "run", "report"]).ok();
    cron.wait_for_line("[report] version 1: all is well");

    // A client in the network of the three, as any other service is.
    let client = "run --detach --network app_default test/load python3 -u /load.py web 8080";
    let client = engine.docker(client.split_whitespace()).ok().text();
    let client = engine.adopt(&client);
    let load = || Load::last(&client.log().text());
    let report = || client.log().text();
    wait(
        "two slow answers",
        30,
        || (load().slow() >= 2).then_some(()),
        report,
    );
    load().has_not_failed();
    workers.wait_for_line(" done");

    // Who asks ends before the server closes: it has until the end of the drain, 5 s.
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| compose(engine, "stop"));
        web.wait_for_line("[drain] not ready");
        let said = web.exec(["mainstay", "status", "--ready"]);
        assert_eq!(said.code(), 1);
        assert!(said.text().contains("the container stops"), "{said}");
        client.kill("TERM");
    });
    let took = start.elapsed().as_secs();
    assert!(took < 30, "{took} s of a grace period of 60");
    client.wait();
    load().has_not_failed();
    for one in [&web, &workers, &cron] {
        assert_eq!(one.wait(), 0, "{}", one.log().text());
        assert_eq!(one.log().count("had to kill"), 0, "{}", one.log().text());
    }
    web.wait_for_line("[drain] nginx: done");
    no_job_was_cut(&workers.log().text());
    drop(client);
    compose(engine, "down");
}
