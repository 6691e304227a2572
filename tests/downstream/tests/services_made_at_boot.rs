//! Services that are written, linked, removed or switched by the boot itself.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::signal;

#[test]
fn a_hook_writes_a_service_that_starts_in_the_same_boot() {
    let image = Image::debian("generated-service");
    let container = image
        .init()
        .env("FTP_PORT", "2121")
        .env("FTP_USER", "ada")
        .boot();
    container.wait_for_line("ftp serves port 2121 as ada");
    // The heredoc of the hook has eaten finish's $1: said as written, and the stop is in order.
    container.wait_for_line("ftp exited. code=.");
    assert_eq!(exit_code(&container), Some(0));
}

#[test]
fn services_are_links_made_before_init_and_by_a_hook() {
    let image = Image::busybox("linked-services");
    let container = image.start(["/start.sh"]).boot();
    container.wait_for_line("queue runs in /run/s6/services/queue");
    container.wait_for_line("web runs in /run/s6/services/web");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}

#[test]
fn a_service_that_a_hook_removes_is_not_started() {
    let image = Image::debian("removed-services");
    let container = image.init().env("USE_DNS", "FALSE").boot();
    container.wait_for_line("vpn is up");
    container.wait_for_line("[services.d] done.");
    assert!(!container.exists("/run/s6/services/dns"));
    container.signal(signal::TERM);
    container.wait();
    assert_eq!(container.log().count("dns is up"), 0);

    let container = image.init().env("USE_DNS", "true").boot();
    container.wait_for_line("dns is up");
    container.wait_for_line("vpn is up");
}

#[test]
fn what_the_user_mounts_becomes_hooks_and_services() {
    let image = Image::debian("custom-files");
    let container = image.init().env("CUSTOMER", "us").boot();
    container.wait_for_line("[custom-init] install");
    container.wait_for_line("a script of the user's, for us");
    container.wait_for_line("custom-worker works for us");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}

#[test]
fn a_container_started_again_with_other_links_runs_those() {
    let image = Image::busybox("warm-restart");
    let boot = |role: &str| {
        let container = image.init().env("ROLE", role).keep_changes().boot();
        container.wait_for_line(&format!("{role} is up"));
        container.wait_for_line("[services.d] done.");
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
        container.log().text()
    };
    let first = boot("reader");
    assert!(!first.contains("warm start"), "{first}");
    // The scan directory of the first run is there too: /run is part of the container here.
    assert!(image.exists("/run/s6/services"));
    let second = boot("writer");
    assert!(second.contains("warm start"), "{second}");
    assert!(!second.contains("reader is up"), "{second}");
}

#[test]
fn an_entry_point_writes_workers_and_becomes_init() {
    let image = Image::debian("generated-workers");
    image.run("useradd --uid 1000 app");
    let words = ["/bin/bash", "/work.sh", "3", "/usr/local/bin/job", "mail"];
    let container = image.start(words).env("NOT_ROOT_USER", "app").boot();
    for number in 1..=3 {
        container.wait_for_line(&format!("worker-{number} does mail as app in role worker"));
    }
    let worker = container.wait_for_process("sleep 1000");
    let status = container.process_file(worker.pid, "status").unwrap();
    assert!(status.contains("Uid:\t1000\t1000\t1000\t1000"), "{status}");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn a_service_with_a_down_file_waits_until_it_is_wanted() {
    let image = Image::busybox("down-file");
    let container = image.init().boot();
    container.wait_for_line("core is up");
    container.wait_for_line("[services.d] done.");
    let state = container.exec(["s6-svstat", "/var/run/s6/services/agent"]);
    assert!(state.text().starts_with("down "), "{state}");
    assert_eq!(container.log().count("agent is up"), 0);
    container.exec(["members-changed"]).ok();
    container.wait_for_line("agent is up");
    assert!(!container.exists("/run/s6/services/agent/down"));
}

#[test]
fn a_supervise_directory_in_the_image_breaks_nothing() {
    let image = Image::busybox("fifo-in-image");
    image.run(
        "mkdir -p /etc/services.d/web/supervise
         mkfifo /etc/services.d/web/supervise/control
         chown -R root:app /etc/services.d/web/supervise
         chmod g+w /etc/services.d/web/supervise/control",
    );
    for read_only in ["0", "1"] {
        let container = image.init().env("S6_READ_ONLY_ROOT", read_only).boot();
        container.wait_for_line("web is up");
        container
            .exec(["s6-svc", "-t", "/run/s6/services/web"])
            .ok();
        container.wait_for_nth_line(2, "web is up");
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
    }
}
