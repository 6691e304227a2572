//! A hook that takes long, or for ever: who asks hears which one it is, and so does who
//! reads the log.
#![forbid(unsafe_code)]

use harness::{Container, Output};
use pid1_tests::{Image, assert_none, assert_once, code};

#[track_caller]
fn mainstay<const N: usize>(container: &Container, words: [&str; N]) -> Output {
    let words = ["mainstay"].into_iter().chain(words);
    container.prepare(words).outside_its_processes().run()
}

/// The container's own line of the table.
#[track_caller]
fn headline(container: &Container) -> String {
    let table = mainstay(container, ["status"]).ok().text();
    table.lines().next().unwrap_or_default().to_string()
}

/// A script that says that it begins, and goes on once `/NAME.go` is there.
fn until_go(name: &str) -> String {
    format!(
        "trap '' TERM HUP; echo {name} begins; while [ ! -e /{name}.go ]; do usleep 10000; done"
    )
}

#[test]
fn status_names_the_hook_of_the_boot_and_that_of_the_stop() {
    let image = Image::new();
    image
        .hook("10-quick", "true")
        .hook("20-slow", &until_go("slow"))
        .service("a", "echo a up; exec sleep 1000")
        .stop_hook("10-drain", &until_go("drain"));
    let container = image.init([]).env("S6_KILL_FINISH_MAXTIME", "0").boot();
    container.wait_for_line("slow begins");
    let hook = "/etc/cont-init.d/20-slow has run for ";
    container.wait_for("the table names the hook", || {
        headline(&container).starts_with(&format!("container: booting: {hook}"))
    });
    let why = mainstay(&container, ["status", "--ready"]);
    assert_eq!(why.code(), 1);
    let expected = format!("not ready: the container boots: {hook}");
    assert!(why.text().starts_with(&expected), "{why}");
    let json = mainstay(&container, ["status", "--json"]).ok().text();
    let expected = "\"hook\":{\"path\":\"/etc/cont-init.d/20-slow\",\"runs_ms\":";
    assert!(json.contains(expected), "{json}");
    // There is no service yet; that is not its name's fault.
    for verb in ["restart", "start", "stop"] {
        let early = mainstay(&container, [verb, "a"]);
        assert_eq!(early.code(), 1);
        let text = early.error_text();
        assert!(
            text.contains(&format!("the container boots: {hook}")),
            "{early}"
        );
        assert!(text.contains("its services start afterwards"), "{early}");
    }
    container.write("/slow.go", "");
    container.wait_for_line("a up");
    assert_eq!(headline(&container), "container: up, ready");
    let unknown = mainstay(&container, ["restart", "b"]);
    assert!(
        unknown.error_text().contains("there is no service b"),
        "{unknown}"
    );

    container.signal(harness::signal::TERM);
    container.wait_for_line("drain begins");
    let hook = "/etc/cont-finish.d/10-drain has run for ";
    container.wait_for("the table names the drain", || {
        headline(&container).starts_with(&format!("container: stopping: {hook}"))
    });
    let why = mainstay(&container, ["status", "--ready"]);
    let expected = format!("not ready: the container stops: {hook}");
    assert!(why.text().starts_with(&expected), "{why}");
    container.write("/drain.go", "");
    assert_eq!(code(&container), 0);
    assert_none(&container, "waits for it");
}

/// As long as a hook may take until the log names it, but for what a test waits for anyhow.
fn half_a_minute_passes() {
    std::thread::sleep(std::time::Duration::from_secs(25));
}

#[test]
fn after_half_a_minute_the_log_names_the_hook_of_the_boot() {
    let image = Image::new();
    image
        .run_d("10.sh", "echo run.d is quick")
        .hook("20-slow", &until_go("slow"))
        .stop_hook("10-drain", "echo drained");
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("slow begins");
    half_a_minute_passes();
    container.wait_for_line("/etc/cont-init.d/20-slow: has run for 30 s; the boot waits for it");
    container.signal(harness::signal::TERM);
    code(&container);
    assert_once(&container, "waits for it");
}

#[test]
fn after_half_a_minute_the_log_names_the_script_of_run_d() {
    let image = Image::new();
    image.run_d("10.sh", &until_go("slow"));
    let container = image.command("/run.sh", &[]).boot();
    container.wait_for_line("slow begins");
    half_a_minute_passes();
    container.wait_for_line("/run.d/10.sh: has run for 30 s; the boot waits for it");
    container.write("/slow.go", "");
    container.wait_for_line(pid1_tests::BOOTED);
    container.signal(harness::signal::TERM);
    code(&container);
    assert_once(&container, "waits for it");
}

#[test]
fn after_half_a_minute_the_log_names_the_drain() {
    for (limit, told) in [
        (
            "90000",
            "the stop waits for it, 1 min 30 s at most (S6_KILL_FINISH_MAXTIME)",
        ),
        (
            "0",
            "the stop waits for it, without a limit (S6_KILL_FINISH_MAXTIME=0)",
        ),
    ] {
        let image = Image::new();
        image.stop_hook("10-drain", &until_go("drain"));
        let container = image.init([]).env("S6_KILL_FINISH_MAXTIME", limit).boot();
        container.wait_for_line(pid1_tests::BOOTED);
        container.signal(harness::signal::TERM);
        container.wait_for_line("drain begins");
        half_a_minute_passes();
        let line = format!("/etc/cont-finish.d/10-drain: has run for 30 s; {told}");
        container.wait_for_line(&line);
        container.write("/drain.go", "");
        assert_eq!(code(&container), 0);
        assert_once(&container, "waits for it");
        if limit == "90000" && std::env::var_os("MAINSTAY_TEST_NIGHTLY").is_none() {
            break;
        }
    }
}
