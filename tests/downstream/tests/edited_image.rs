//! Files of ours that an image moves, replaces, patches or edits while it is built.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::{Layout, Placement, Root, signal};
use std::os::unix::fs::MetadataExt;

/// Both kinds of root: one directory for `/bin` and `/usr/bin`, and two.
const BASES: [fn(&str) -> Image; 2] = [Image::debian, Image::busybox];

#[test]
fn a_patched_boot_script_runs_the_image_s_hook_ahead_of_everything() {
    let image = Image::debian("boot-script-patched");
    image.run("patch -u /etc/s6/init/init-stage2 -i /tmp/init-stage2.patch");
    assert!(
        image
            .text("/etc/s6/init/init-stage2")
            .contains("/image-mods")
    );
    let container = image.init().env("MODS", "one two").boot();
    container.wait_for_line("one is up");
    container.wait_for_line("two is up");
    let log = container.log();
    assert_eq!(log.count("too late"), 0);
    assert!(log.position("mods: one two") < log.position("first hook"));
    assert!(log.position("first hook") < log.position("hook of a mod"));
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn init_has_another_name() {
    for base in BASES {
        let image = base("renamed-init");
        image.run("mv /init /s6-init");
        for entry in ["/s6-init", "/start.sh"] {
            let container = image.start([entry]).env("CUSTOMER", "us").boot();
            container.wait_for_line("hook ran for us");
            container.wait_for_line("app is up for us");
            container.signal(signal::TERM);
            assert_eq!(exit_code(&container), Some(0));
        }
        let words = [
            "/start.sh",
            "sh",
            "-c",
            "echo \"two  words: $1\"; exit 6",
            "x",
            "a b",
        ];
        let (status, log) = image.start(words).run();
        assert_eq!(status.code(), Some(6), "{}", log.text());
        assert_eq!(log.count("two  words: a b"), 1, "{}", log.text());
    }
}

#[test]
fn a_moved_program_works_and_what_takes_its_place_wins() {
    for base in BASES {
        let image = base("replaced-setuidgid");
        image.run(
            "chmod 755 /s6-setuidgid
             mv /bin/s6-setuidgid /scripts/s6-setuidgid
             mv /s6-setuidgid /bin/
             chown -R nobody /bin/s6-* /etc/s6/
             chmod 755 -R /etc/s6/ /bin/s6-* /scripts/s6-setuidgid",
        );
        let container = image.init().env("CUSTOMER", "them").boot();
        container.wait_for_line("hook runs as nobody");
        container.wait_for_line("job runs as nobody for them");
        container.wait_for_nth_line(2, "wrapper for nobody");
        // Whatever PATH finds it, and from a chain of programs that are all ours.
        for words in [
            &["s6-setuidgid", "nobody", "true"][..],
            &["/bin/s6-setuidgid", "nobody", "true"],
            &["sh", "-c", "PATH=/usr/bin:/bin s6-setuidgid nobody true"],
            &["execlineb", "-c", "if { s6-setuidgid nobody true } true"],
            &["s6-env", "A=b", "s6-setuidgid", "nobody", "true"],
        ] {
            let output = container.exec(words).ok();
            assert_eq!(output.text(), "wrapper for nobody", "{words:?}");
        }
        let output = container
            .exec(["/scripts/s6-setuidgid", "nobody", "id", "-un"])
            .ok();
        assert_eq!(output.text(), "nobody");
        // The moves and modes of an image leave the program itself as it was.
        let facts = container
            .metadata("/usr/libexec/mainstay/mainstay")
            .unwrap();
        assert_eq!((facts.uid(), facts.mode() & 0o7777), (0, 0o755));
    }
}

#[test]
fn the_edited_list_of_owners_gives_hooks_and_services_to_the_image_s_user() {
    for base in BASES {
        let image = base("renamed-init");
        image.run(
            "sed -i 's/root/nobody/' /etc/s6/init/init-stage2-fixattrs.txt
             mkdir -p /etc/services-available /etc/cont-finish.d
             mv /etc/services.d/app /etc/services-available/app
             ln -s /etc/services-available/app /etc/services.d/app
             ln -s /etc/hook /etc/cont-init.d/20-linked
             printf '#!/bin/sh\\necho \"linked hook ran\"\\n' > /etc/hook
             chown -R nobody /etc/services.d /etc/services-available /etc/cont-init.d",
        );
        let container = image.init().env("CUSTOMER", "nobody").boot();
        container.wait_for_line("linked hook ran");
        container.wait_for_line("app is up for nobody");
        for path in [
            "/etc/hook",
            "/etc/cont-init.d/10-say",
            "/etc/services-available/app/run",
        ] {
            let facts = container.metadata(path).unwrap();
            assert_eq!(
                (facts.uid(), facts.mode() & 0o7777),
                (65534, 0o755),
                "{path}"
            );
        }
        assert_eq!(
            container.log().count("mainstay: "),
            0,
            "{}",
            container.log().text()
        );
    }
}

#[test]
fn an_image_with_a_last_stage_of_its_own_stops_where_it_is_not_pid_1() {
    let image = Image::debian("not-pid-1");
    image.run(
        "mv /etc/s6/init/init-stage3 /etc/s6/init/init-stage3-original
         mv /opt/init-stage3 /opt/init-stage3-host-pid /etc/s6/init/",
    );
    for placement in [Placement::Pid1, Placement::Child] {
        let container = image.init().placement(placement).boot();
        container.wait_for_line("app is up");
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0), "{placement:?}");
    }
}

#[test]
fn where_the_pids_are_the_machine_s_only_its_own_processes_are_signalled() {
    let image = Image::debian("not-pid-1");
    image.run("mv /opt/stubborn /etc/services.d/app/run");
    let container = image.init().placement(Placement::Child).boot();
    container.wait_for_line("app is up");
    let script = "trap 'echo bothered >> /tmp/bothered' TERM HUP; touch /tmp/ready
        while :; do sleep 0.05; done";
    let _stranger = container.prepare(["/bin/bash", "-c", script]).spawn();
    container.wait_for("the stranger", || container.exists("/tmp/ready"));
    container.signal(signal::TERM);
    container.wait_for_line("app hears TERM");
    container.wait_for_line("app hears HUP");
    container.wait_for_nth_line(2, "app hears TERM");
    assert!(container.wait_for_process("/tmp/bothered").pid > 1);
    assert!(!container.exists("/tmp/bothered"));
    container.signal(signal::TERM);
    container.wait();
}

#[test]
fn docker_base_s_programs_can_be_moved_too() {
    let image = Image::over(Root::busybox(), Layout::DockerBase, "renamed-init");
    image.run(
        "mkdir /scripts-of-ours
         mv /run.sh /scripts-of-ours/run
         mv /worker.sh /scripts-of-ours/work
         mv /usr/local/bin/archstring /scripts-of-ours/arch",
    );
    let container = image
        .start(["/scripts-of-ours/run"])
        .env("CUSTOMER", "x")
        .boot();
    container.wait_for_line("app is up for x");
    container
        .exec(["/scripts-of-ours/arch", "--x64", "a", "--arm64", "a"])
        .ok();
    let words = ["/scripts-of-ours/work", "1", "echo", "one job"];
    let container = image.start(words).env("CUSTOMER", "x").boot();
    container.wait_for_line("one job");
}
