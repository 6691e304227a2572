//! The images after their change, and before it where the original runs here: what the pages say
//! of them, on a real engine.
#![forbid(unsafe_code)]

use harness::{DockerContainer, Engine};
use migration_tests::{BASE, Page, SYSTEM, build};

/// A page over HTTP, once there is one.
#[track_caller]
fn page(container: &DockerContainer) -> String {
    let ask = ["curl", "-sf", "http://127.0.0.1:8080/"];
    let mut text = String::new();
    container.wait_for("a page", || {
        let answer = container.exec(ask);
        text = answer.text();
        answer.status.success()
    });
    text
}

/// Stops it: its exit code.
#[track_caller]
fn stop(container: &DockerContainer) -> i32 {
    container.stop(30);
    container.wait()
}

#[test]
fn an_image_over_docker_base_needs_another_base_and_nothing_else() {
    let engine = Engine::shared();
    let image = build(engine, "docker-base", "Dockerfile", BASE);
    for user in ["root", "www-data"] {
        let container = engine.container(&image).options(["--user", user]).start();
        assert_eq!(page(&container), "a page of nginx");
        assert_eq!(stop(&container), 0, "{user}");
        Page::coming_from("docker-base").shows(container.log());
    }
    // As the page says of workers: the role keeps the web server off, words stay words.
    let worker = [
        "/worker.sh",
        "2",
        "sh",
        "-c",
        "echo \"$0 is $(id -un)\"; sleep 1000",
        "a worker",
    ];
    let container = engine.container(&image).command(worker).start();
    container.wait_for("both workers", || {
        container.log().count("a worker is www-data") == 2
    });
    assert_eq!(stop(&container), 0);
    assert_eq!(
        container.log().count("[nginx] hears"),
        0,
        "{}",
        container.log().text()
    );
}

#[test]
fn an_image_over_s6_overlay_keeps_its_files() {
    let engine = Engine::shared();
    let image = build(engine, "s6-overlay-v2", "Dockerfile", SYSTEM);
    let container = engine.container(&image).env("MEDIA_UID", "4711").start();
    container.wait_for("a healthy container", || {
        container.inspect("{{.State.Health.Status}}") == "healthy"
    });
    let took = container.stop(30);
    assert_eq!(container.wait(), 0);
    let log = container.log();
    Page::coming_from("s6-overlay-v2").shows(log);
    assert!(log.find("runs as media, 4711").is_some(), "{}", log.text());
    // Its finish takes four seconds, more than the three that services have unless told otherwise.
    assert!(took.as_secs() >= 4, "{took:?}");
    assert_eq!(log.count("S6_SERVICES_GRACETIME"), 0, "{}", log.text());

    let container = engine
        .container(&image)
        .env("S6_SERVICES_GRACETIME", "500")
        .start();
    container.wait_for_line("media server: runs as");
    assert_eq!(stop(&container), 0);
    let cut = "mainstay: still running when their time (S6_SERVICES_GRACETIME) was over: media";
    assert_eq!(container.log().count(cut), 1, "{}", container.log().text());
}

#[test]
fn nginx_and_php_run_without_supervisord() {
    let engine = Engine::shared();
    let wanted = "a page of PHP for you";
    let before = build(engine, "supervisord", "Dockerfile.before", SYSTEM);
    let container = engine.container(&before).env("SITE", "you").start();
    assert_eq!(page(&container), wanted);
    assert_eq!(stop(&container), 0);

    let after = build(engine, "supervisord", "Dockerfile", SYSTEM);
    let container = engine.container(&after).env("SITE", "you").start();
    assert_eq!(page(&container), wanted);
    container.wait_for("a healthy container", || {
        container.inspect("{{.State.Health.Status}}") == "healthy"
    });
    assert_eq!(stop(&container), 0);
    Page::coming_from("supervisord").shows(container.log());
}

/// What the container's programs have said, without what their supervisor says, in a fixed order
/// and each line once.
fn said(container: &DockerContainer) -> Vec<String> {
    let programs = [
        "facts:",
        "once:",
        "never:",
        "codes:",
        "gives-up:",
        "quits:",
        "deaf:",
        "family:",
        "many-",
        "off:",
    ];
    let lines = container.log().lines();
    let texts = lines.into_iter().map(|line| line.text);
    let mut texts: Vec<String> = texts
        .filter(|text| programs.iter().any(|name| text.starts_with(name)))
        .map(|text| match text.split_once("child ") {
            Some((start, _)) => start.to_owned(),
            None => text,
        })
        .collect();
    texts.sort();
    texts
}

#[test]
fn every_key_of_supervisord_has_its_equal() {
    let engine = Engine::shared();
    let image = build(engine, "supervisord-keys", "Dockerfile", BASE);
    let start = |command: &[&str]| {
        let run = engine.container(&image).env("FROM_OUTSIDE", "yes");
        run.command(command).start()
    };
    let ours = start(&["/init"]);
    let theirs = start(&["supervisord", "-c", "/etc/supervisord.conf"]);
    let theirs_is = |name: &str, state: &str| {
        let words = [
            "supervisorctl",
            "-c",
            "/etc/supervisord.conf",
            "status",
            name,
        ];
        theirs.exec(words).text().contains(state)
    };
    let ours_is = |name: &str, state: &str| {
        let text = ours.exec(["mainstay", "status", name]).text();
        text.lines()
            .any(|line| line.starts_with(&format!("{name} ")) && line.contains(state))
    };
    let states = [
        ("gives-up", "FATAL", "failed"),
        ("once", "EXITED", "down"),
        ("never", "EXITED", "down"),
        ("codes", "EXITED", "down"),
        ("off", "STOPPED", "down"),
        ("facts", "RUNNING", "up"),
        ("quits", "RUNNING", "up"),
        ("deaf", "RUNNING", "up"),
        ("family", "RUNNING", "up"),
    ];
    for (name, their_state, our_state) in states {
        theirs.wait_for(name, || theirs_is(name, their_state));
        ours.wait_for(name, || ours_is(name, our_state));
    }
    ours.wait_for("a third run", || ours.log().count("always: runs") > 2);
    theirs.wait_for("a third run", || theirs.log().count("always: runs") > 2);
    let stop_some = ["stop", "quits", "deaf", "family"];
    theirs
        .exec(
            ["supervisorctl", "-c", "/etc/supervisord.conf"]
                .iter()
                .chain(&stop_some),
        )
        .ok();
    ours.exec(["mainstay"].iter().chain(&stop_some)).ok();
    for (container, name) in [(&theirs, "supervisord"), (&ours, "mainstay")] {
        let processes = container.exec(["ps", "axo", "args"]).ok().text();
        let left = ["sleep 2000", "waits quits", "waits deaf"];
        assert!(
            !left.iter().any(|part| processes.contains(part)),
            "{name}: {processes}"
        );
    }
    assert_eq!(said(&ours), said(&theirs));
    assert_eq!(stop(&ours), 0);
    assert_eq!(stop(&theirs), 0);
}

#[test]
fn a_command_may_wait_for_a_service_and_end_with_its_code() {
    let engine = Engine::shared();
    let image = build(engine, "supervisord-keys", "Dockerfile", BASE);
    let page = Page::coming_from("tini");
    let shown = page.block("dockerfile").join("\n");
    for (service, expected) in [("never", 1), ("codes", 2), ("once", 0)] {
        // The page's line, for this service.
        let script = shown.split('"').nth(5).expect("a script");
        let script = script.replace("server", service);
        let ended = code(engine, &image, ["/init", "sh", "-c", &script]);
        assert_eq!(ended, expected, "{script}");
    }
}

/// The exit code of a container of this image with this command.
#[track_caller]
fn code<const N: usize>(engine: &Engine, image: &str, command: [&str; N]) -> i32 {
    engine
        .container(image)
        .options(["--entrypoint", ""])
        .command(command)
        .run()
        .0
}

/// Lines of the server and of its child, each once, in a fixed order.
fn heard(container: &DockerContainer) -> Vec<String> {
    let lines = container.log().lines().into_iter().map(|line| line.text);
    let mut lines: Vec<String> = lines
        .filter(|text| text.starts_with("server: ") || text.starts_with("child: "))
        .collect();
    lines.sort();
    lines
}

#[test]
fn a_server_stops_as_behind_tini_and_ends_with_its_own_code() {
    let engine = Engine::shared();
    let after = build(engine, "tini", "Dockerfile", SYSTEM);
    let before = build(engine, "tini", "Dockerfile.before", SYSTEM);
    let container = engine.container(&after).start();
    container.wait_for_line("server: ready");
    assert_eq!(stop(&container), 0);
    Page::coming_from("tini").shows(container.log());

    // TERM reaches the server and its child (tini -g), and what the server does then is waited
    // for. The code of a stop is 0 with Mainstay, and the server's own with tini.
    let told = [
        "child: TERM",
        "server: TERM",
        "server: all is written",
        "server: ready",
    ];
    for (image, expected) in [(&after, 0), (&before, 7)] {
        for option in ["--init", "--init=false"] {
            let run = engine
                .container(image)
                .options([option])
                .command(["server", "7"]);
            let container = run.start();
            container.wait_for_line("server: ready");
            let zombies = ["sh", "-c", "grep -s '^State:.Z' /proc/[0-9]*/status"];
            container.wait_for("no zombie", || container.exec(zombies).text().is_empty());
            assert_eq!(stop(&container), expected, "{image} {option}");
            assert_eq!(heard(&container), told, "{image} {option}");
        }
    }

    // What the program ends with by itself is the container's, as with tini.
    for reaper in ["/init", "tini"] {
        for (script, expected) in [
            ("exit 42", 42),
            ("kill -9 $$", 137),
            ("kill $$; sleep 9", 143),
        ] {
            let ended = match reaper {
                "tini" => code(engine, BASE, ["tini", "--", "sh", "-c", script]),
                _ => code(engine, BASE, ["/init", "sh", "-c", script]),
            };
            assert_eq!(ended, expected, "{reaper}: {script}");
        }
    }
    for (command, expected) in [("/nowhere", 127), ("/etc/passwd", 126)] {
        assert_eq!(code(engine, BASE, ["/init", command]), expected);
        assert_eq!(code(engine, BASE, ["tini", command]), expected);
    }
    assert_eq!(
        code(
            engine,
            BASE,
            ["tini", "-e", "143", "--", "sh", "-c", "exit 143"]
        ),
        0
    );
}

#[test]
fn a_service_is_told_other_signals_as_behind_tini_and_dumb_init() {
    let engine = Engine::shared();
    // tini hands every signal on; dumb-init -r 15:3 has TERM say QUIT.
    let service = build(engine, "tini", "Dockerfile.service", BASE);
    let as_service = engine.container(&service).start();
    let rewritten = ["dumb-init", "-c", "-r", "15:3", "server", "7"];
    let entrypoint = ["--entrypoint", ""];
    let behind = engine
        .container(&service)
        .options(entrypoint)
        .command(rewritten)
        .start();
    for (container, expected) in [(&as_service, 0), (&behind, 7)] {
        container.wait_for_line("server: ready");
        container.kill("HUP");
        container.wait_for_line("server: HUP");
        assert_eq!(stop(container), expected);
        assert_eq!(
            container.log().count("server: QUIT"),
            1,
            "{}",
            container.log().text()
        );
        assert_eq!(
            container.log().count("server: TERM"),
            0,
            "{}",
            container.log().text()
        );
    }
    // Its end is the container's.
    let container = engine.container(&service).start();
    container.wait_for_line("server: ready");
    container
        .exec(["mainstay", "signal", "--no-wait", "server", "QUIT"])
        .ok();
    assert_eq!(container.wait(), 0);
}
