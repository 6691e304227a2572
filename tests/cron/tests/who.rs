//! Users, environment, places: where the scheduler runs and as whom.
#![forbid(unsafe_code)]

use cron_tests::{ask, cron, image};
use harness::{Container, Root, capability, signal};

const SHOW: &str =
    "echo $(id -un) $(id -G) in $(pwd) home $HOME user $USER logname $LOGNAME shell $SHELL";

fn with_users(tab: &str) -> Root {
    let root = image(tab);
    root.write(
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:web:/srv/web:/bin/false\ngone:x:44:44::/none:/bin/sh\n",
    );
    root.write(
        "/etc/group",
        "root:x:0:\nweb:x:33:\ngone:x:44:\nlogs:x:50:web\n",
    );
    root.directory("/srv/web").owner("/srv/web", 33, 33);
    root.directory("/root").directory("/app");
    root
}

fn stop(container: &Container) {
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn a_job_is_its_user_with_groups_home_and_the_containers_variables() {
    let root = with_users("");
    root.write(
        "/etc/crontab",
        format!(
            "CRON_SECONDS=yes\n\
             CRON_NAME=web */2 * * * * * web {SHOW}; echo var $FROM_IMAGE\n\
             CRON_NAME=gone */2 * * * * * gone {SHOW}\n\
             CRON_NAME=who */2 * * * * * nosuch true\n\
             HOME=/app\nFROM_FILE=1\n\
             CRON_NAME=app */2 * * * * * web {SHOW}; echo file $FROM_FILE\n"
        ),
    );
    let command = Container::new(&root, ["mainstay", "cron", "/etc/crontab"]).tmpfs("/run");
    let container = command.env("FROM_IMAGE", "a b").boot();
    for line in [
        "[web] web 33 50 in /srv/web home /srv/web user web logname web shell /bin/sh",
        "[web] var a b",
        "[gone] gone 44 in / home /none user gone",
        "[app] web 33 50 in /app home /app user web",
        "[app] file 1",
        "cron: gone: there is no directory /none, so it runs in /",
    ] {
        container.wait_for_line(line);
    }
    assert!(
        container.log().count("nosuch") >= 1,
        "an unknown user is said"
    );
    stop(&container);
}

/// OpenShift's way: a number without a name, nothing writable but /tmp, no capability.
#[test]
fn any_user_can_be_the_scheduler_and_a_read_only_root_does() {
    let root = with_users(&format!("CRON_NAME=me */2 * * * * * {SHOW}\n"));
    root.write(
        "/etc/crontab",
        "CRON_SECONDS=yes\nCRON_NAME=other */2 * * * * * web id -u\n",
    );
    let words = ["mainstay", "cron", "/etc/tab", "/etc/crontab"];
    let command = Container::new(&root, words).user(10_042, 0);
    let container = command
        .directory("/app")
        .read_only()
        .tmpfs_with("/tmp", "mode=1777")
        .boot();
    container.wait_for_line("[me] ");
    container.wait_for_line(" in /app home /root user");
    container.wait_for_line(
        "cron: other: runs as user 10042, not as web: only root can change users (/etc/crontab:2)",
    );
    container.wait_for_nth_line(2, "[other] 10042");
    assert_eq!(
        container.log().count("only root can change users"),
        1,
        "once"
    );
    let status = container
        .prepare(["mainstay", "cron", "status"])
        .user(10_042, 0)
        .run();
    assert!(status.ok().text().contains("scheduler 1 of user 10042"));
    assert!(
        ask(&container, ["status"])
            .ok()
            .text()
            .contains("of user 10042"),
        "root sees all"
    );
    let stranger = container
        .prepare(["mainstay", "cron", "status"])
        .user(10_043, 0)
        .run();
    assert_eq!(stranger.code(), 1);
    assert!(
        stranger
            .error_text()
            .contains("no scheduler runs here that this user may ask")
    );
    stop(&container);
}

#[test]
fn root_is_told_who_may_write_its_crontab() {
    let root = with_users("CRON_NAME=a * * * * * * echo a\n");
    root.mode("/etc/tab", 0o666);
    let line = "cron: /etc/tab: everybody may write to it, and so decide what root runs here";
    let container = cron(&root, &[]).boot();
    container.wait_for_line(line);
    container.wait_for_line("[a] a");
    stop(&container);
    // Its own jobs are all that another user's scheduler runs.
    let words = ["mainstay", "cron", "/etc/tab"];
    let container = Container::new(&root, words).user(10_042, 0).boot();
    container.wait_for_line("[a] a");
    assert_eq!(container.log().count("everybody may write"), 0);
    stop(&container);
}

#[test]
fn without_a_place_for_a_socket_the_jobs_run_and_that_is_said() {
    let root = image("CRON_NAME=a * * * * * * echo a\n");
    let container = Container::new(&root, ["mainstay", "cron", "/etc/tab"])
        .read_only()
        .user(1000, 1000)
        .tmpfs_with("/dev/shm", "mode=0555")
        .boot();
    container.wait_for_line("cron: `mainstay cron status` and `run` will not find this scheduler: /run/mainstay: Read-only file system");
    container.wait_for_line("[a] a");
    stop(&container);
}

#[test]
fn root_without_capabilities_and_an_image_without_a_shell_get_a_line() {
    let root = with_users("SHELL=/bin/nosh\nCRON_NAME=shell */2 * * * * * true\n");
    root.write(
        "/etc/crontab",
        "CRON_SECONDS=yes\nCRON_NAME=web */2 * * * * * web true\n",
    );
    let words = ["mainstay", "cron", "/etc/tab", "/etc/crontab"];
    let container = Container::new(&root, words)
        .tmpfs("/run")
        .capabilities(&[capability::KILL])
        .boot();
    container.wait_for_line("cron: web: unable to become user web: Operation not permitted; the container needs the capabilities SETUID and SETGID");
    container.wait_for_line("cron: shell: there is no /bin/nosh, which runs jobs; SHELL=");
    for (job, said) in [
        ("shell", "cron: shell: there is no /bin/nosh"),
        ("web", "cron: web: unable to become user web"),
    ] {
        let asked = ask(&container, ["run", job]);
        assert!(
            asked.code() >= 126 && asked.error_text().starts_with(said),
            "{asked}"
        );
    }
    stop(&container);
}

#[test]
fn a_job_of_a_file_runs_here_where_no_scheduler_has_it() {
    let root = with_users("");
    root.write(
        "/etc/crontab",
        format!("CRON_NAME=web 0 0 1 1 * web {SHOW}; echo $FROM_IMAGE; exit 9\nCRON_NAME=in 0 0 1 1 * root cat%one%two\n"),
    );
    let container = Container::new(&root, ["sleep", "1000"])
        .env("FROM_IMAGE", "x")
        .boot();
    let run = |words: &[&str]| {
        let all = ["mainstay", "cron", "run"].iter().chain(words).copied();
        container.prepare(all).env("FROM_IMAGE", "x").run()
    };
    let output = run(&["--file", "/etc/crontab", "web"]);
    assert_eq!(output.code(), 9, "{output}");
    assert!(
        output
            .text()
            .starts_with("web 33 50 in /srv/web home /srv/web"),
        "{output}"
    );
    assert!(output.text().trim_end().ends_with("\nx"), "{output}");
    assert_eq!(
        run(&["--file", "/etc/crontab", "in"]).text().trim_end(),
        "one\ntwo"
    );
    for (words, said) in [
        (
            &["web"][..],
            "no scheduler runs here that this user may ask",
        ),
        (
            &["--file", "/etc/crontab", "wbe"],
            "/etc/crontab has no job wbe; did you mean web?",
        ),
        (&["--file", "/none", "web"], "/none"),
    ] {
        let output = run(words);
        assert_eq!(output.code(), 1, "{output}");
        assert!(output.error_text().contains(said), "{output}");
    }
    container.signal(signal::KILL);
}

#[test]
fn several_schedulers_are_shown_and_told_apart() {
    let root = image("CRON_NAME=same 0 0 1 1 * echo first; exit 1\nCRON_NAME=one 0 0 1 1 * true\n");
    root.write(
        "/etc/other",
        "CRON_NAME=same 0 0 1 1 * echo second; exit 2\n",
    );
    let container = cron(&root, &[]).boot();
    container.wait_for_line("cron: 2 jobs");
    let other = container
        .prepare(["mainstay", "cron", "/etc/other"])
        .spawn();
    container.wait_for("two", || {
        ask(&container, ["status"])
            .text()
            .matches("scheduler ")
            .count()
            == 2
    });
    let json = ask(&container, ["status", "--json"]).ok().text();
    assert_eq!(json.matches("\"pid\":").count(), 2, "{json}");
    let both = ask(&container, ["run", "same"]);
    assert_eq!(both.code(), 1);
    assert!(
        both.error_text()
            .contains("several schedulers have a job same: process "),
        "{both}"
    );
    assert_eq!(
        ask(&container, ["run", "--file", "/etc/other", "same"]).code(),
        2
    );
    assert_eq!(
        ask(&container, ["run", "--file", "/etc/tab", "same"]).code(),
        1
    );
    assert_eq!(ask(&container, ["run", "one"]).code(), 0);
    stop(&container);
    drop(other);
}
