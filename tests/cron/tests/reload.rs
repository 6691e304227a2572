//! Files that change while jobs run.
#![forbid(unsafe_code)]

use cron_tests::{TAB, ask, column, cron, image, row};
use harness::{Container, signal};

#[test]
fn a_changed_file_is_heard_of_and_what_runs_goes_on() {
    let root = image("CRON_NAME=long * * * * * * echo long runs; sleep 3; echo long ends\n");
    let container = cron(&root, &[]).boot();
    container.wait_for_line("[long] long runs");
    let pid = row(&container, "long")[column::RUNNING].clone();
    // The way of an editor: another file takes its name.
    container.write(
        "/etc/tab.new",
        "CRON_NAME=long * * * * * * echo new form; sleep 3\nCRON_NAME=more * * * * * * echo more\n",
    );
    container.exec(["mv", "/etc/tab.new", TAB]).ok();
    container.wait_for_line("cron: read anew: 2 jobs, 1 new");
    assert_eq!(
        row(&container, "long")[column::RUNNING],
        pid,
        "it is the same run"
    );
    container.wait_for_line("[more] more");
    container.wait_for_line("[long] long ends");
    container.wait_for_line("[long] new form");
    // Written in place, after a replacement, and by many steps.
    container.exec(["sh", "-c", &format!("for i in 1 2 3 4 5; do echo >>{TAB}; done; echo 'CRON_NAME=last * * * * * * echo last' >{TAB}")]).ok();
    container.wait_for_line("cron: read anew: 1 job, 1 new, 2 gone");
    container.wait_for_line("[last] last");
    assert!(
        container.log().count("read anew") <= 3,
        "steps are one change"
    );
    // Nothing has changed: nothing is said. An order is heeded all the same.
    container.exec(["touch", TAB]).ok();
    container.signal(signal::HUP);
    container.wait_for_line("cron: read anew: 1 job");
    container.exec(["rm", TAB]).ok();
    container.wait_for_line("cron: /etc/tab: its 1 job goes on as before");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn a_directory_and_a_mounted_config_map_are_heard_of() {
    let root = image("");
    root.write(
        "/etc/cron.d/a",
        "CRON_SECONDS=yes\n* * * * * * root echo from a\n",
    );
    root.write("/map/..1/tab", "CRON_NAME=map * * * * * * echo first map\n");
    root.write(
        "/map/..2/tab",
        "CRON_NAME=map * * * * * * echo second map\n",
    );
    root.symlink("..1", "/map/..data");
    root.symlink("..data/tab", "/map/tab");
    let words = ["mainstay", "cron", "/etc/cron.d", "/map/tab"];
    let container = Container::new(&root, words).tmpfs("/run").boot();
    container.wait_for_line("from a");
    container.wait_for_line("[map] first map");
    container.write(
        "/etc/cron.d/b",
        "CRON_SECONDS=yes CRON_NAME=b * * * * * * root echo from b\n",
    );
    container.wait_for_line("cron: read anew: 3 jobs, 1 new");
    container.wait_for_line("[b] from b");
    // As the kubelet does it.
    container
        .exec([
            "sh",
            "-c",
            "ln -s ..2 /map/..tmp; mv -T /map/..tmp /map/..data",
        ])
        .ok();
    container.wait_for_line("[map] second map");
    container.exec(["rm", "/etc/cron.d/a"]).ok();
    container.wait_for_line("cron: read anew: 2 jobs, 1 gone");
    assert!(
        ask(&container, ["status"])
            .text()
            .contains("/etc/cron.d /map/tab")
    );
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn what_cannot_run_as_it_stands_is_said_at_the_start() {
    let root = image("* * * * * * root echo hi\n* * * * * * root echo ho\n");
    root.directory("/tabs");
    let words = ["mainstay", "cron", TAB, "/tabs"];
    let container = Container::new(&root, words).tmpfs("/run").boot();
    container.wait_for_line("no crontab in the directory");
    container.wait_for_line("cron: /etc/tab:1: error[user-field]: the command begins with root");
    container.wait_for_line("cron: 2 jobs");
    assert_eq!(container.log().count("user-field"), 1, "once a file");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}
