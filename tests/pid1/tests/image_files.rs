//! What images bring: the environment, hooks, attributes, edited texts, services, workers;
//! each booted from a tree that `mainstay install` wrote into.
#![forbid(unsafe_code)]

use harness::{Container, Layout, Root, signal};

fn root() -> Root {
    let root = Root::busybox();
    root.install(Layout::DockerBase);
    root
}

const SLEEP: &str = "#!/bin/sh\nexec /bin/sleep 1000\n";

#[test]
fn with_contenv_gives_the_containers_environment_exactly() {
    let root = root();
    root.write_script(
        "/etc/cont-init.d/10-before",
        "#!/bin/sh\nenv | sed 's/^/bare /'\nprintf %s late >/var/run/s6/container_environment/LATE\n",
    );
    root.write(
        "/etc/cont-init.d/20-after",
        "#!/usr/bin/with-contenv sh\necho \"late=$LATE\"\necho \"big=${#BIG}\"\necho \"lines=$LINES2.\"\n\
         with-contenv env | sed 's/^/full /'\n",
    );
    let container = Container::new(&root, ["/init", "printcontenv", "SHORT"])
        .env("BIG", "v".repeat(100_000))
        .env("LINES2", "a\nb\n")
        .env("EMPTY", "")
        .env("SHORT", "short")
        .env("1VAR_NAME", "one")
        .env("var.name", "dot")
        .env("a/b", "slash")
        .env(".hidden", "hidden")
        .boot();
    assert_eq!(container.wait().code(), Some(0));
    let log = container.log();
    for line in [
        "late=late",
        "big=100000",
        "b",
        "full EMPTY=",
        "full 1VAR_NAME=one",
        "full var.name=dot",
        "full a/b=slash",
        "full .hidden=hidden",
        "full LATE=late",
        "short",
    ] {
        assert!(log.count(line) >= 1, "{line}");
    }
    assert_eq!(log.count("lines=a"), 1);
    assert_eq!(
        log.count("bare BIG"),
        0,
        "a hook without with-contenv sees none of it"
    );
    assert_eq!(log.count("bare PATH=/usr/bin:/usr/sbin:/bin:/sbin"), 1);
}

#[test]
fn a_kept_environment_needs_no_with_contenv() {
    let root = root();
    root.write("/etc/cont-init.d/10", "#!/bin/sh\necho \"kept=$OWN\"\n");
    root.write(
        "/etc/cont-init.d/20",
        "#!/usr/bin/with-contenv sh\necho \"again=$OWN\"\n",
    );
    let container = Container::new(&root, ["/init", "true"])
        .env("S6_KEEP_ENV", "1")
        .env("OWN", "mine")
        .boot();
    assert_eq!(container.wait().code(), Some(0));
    assert_eq!(container.log().count("kept=mine"), 1);
    assert_eq!(container.log().count("again=mine"), 1);
}

#[test]
fn attributes_are_set_and_a_bad_line_does_not_fail_the_boot() {
    let root = root();
    root.write_mode("/data/file", "", 0o600);
    root.write_mode("/data/.hidden", "", 0o600);
    root.write_mode("/secret", "", 0o600);
    root.symlink("/secret", "/data/link");
    root.write(
        "/etc/fix-attrs.d/01-data",
        "# a comment\n/data true nosuchuser 0644 0755\n/data true app 0640 2750\n/data/* false nosuch,1000:1001 - -",
    );
    root.write("/etc/fix-attrs.d/.gitkeep", "nonsense\n");
    // Not executable, as most hooks are in their repositories.
    root.write_mode(
        "/etc/cont-init.d/10-look",
        "#!/bin/sh\nstat -c '%n %a %u:%g' /data /data/file /data/.hidden /secret\n",
        0o644,
    );
    root.write("/etc/cont-init.d/.gitkeep", "");
    let container = Container::new(&root, ["/init", "true"])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
        .boot();
    assert_eq!(container.wait().code(), Some(0));
    let log = container.log();
    for line in [
        "/data 2750 1000:1000",
        "/data/file 640 1000:1001",
        "/data/.hidden 600 0:0",
        "/secret 600 0:0",
    ] {
        assert_eq!(log.count(line), 1, "{line}");
    }
    assert_eq!(log.count("01-data:2: there is no user `nosuchuser`"), 1);
}

#[test]
fn an_edited_init_stage2_boots_the_container() {
    let root = root();
    let text = root.text("/etc/s6/init/init-stage2");
    let hook = "\n\nforeground\n{\n  /docker-mods\n}\n\nforeground\n";
    root.write_script(
        "/etc/s6/init/init-stage2",
        text.replacen("\n\nforeground\n", hook, 1),
    );
    root.write_script(
        "/docker-mods",
        "#!/bin/sh\necho mods\nmkdir -p /etc/services.d/new\nprintf '#!/bin/sh\\necho new is up\\nexec /bin/sleep 1000\\n' >/etc/services.d/new/run\n",
    );
    root.write("/etc/cont-init.d/10", "#!/bin/sh\necho hook\n");
    let container = Container::new(&root, ["/init"]).boot();
    container.wait_for_line("new is up");
    let log = container.log();
    assert!(log.position("mods") < log.position("hook"));
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn a_step_of_an_edited_init_stage2_fails_with_its_own_code() {
    let root = root();
    let text = root.text("/etc/s6/init/init-stage2");
    root.write_script("/etc/s6/init/init-stage2", format!("{text}# edited\n"));
    root.write("/etc/cont-init.d/10", "#!/bin/sh\nexit 9\n");
    root.write(
        "/etc/services.d/web/run",
        "#!/bin/sh\necho web is up\nexec /bin/sleep 1000\n",
    );
    let container = Container::new(&root, ["/init"])
        .env("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2")
        .boot();
    assert_eq!(container.wait().code(), Some(9));
    assert_eq!(container.log().count("web is up"), 0);
}

#[test]
fn services_run_from_their_copy_with_all_that_belongs_to_them() {
    let root = root();
    root.write(
        "/etc/services-available/web/run",
        "#!/bin/sh\npwd -P\nexec ./.command\n",
    );
    root.write_script(
        "/etc/services-available/web/.command",
        "#!/bin/sh\necho hidden runs\nexec /bin/sleep 1000\n",
    );
    root.symlink("/bin/true", "/etc/services-available/web/finish");
    root.write("/etc/services-available/web/timeout-kill", "abc");
    root.directory("/etc/services-available/web/supervise");
    root.symlink("../services-available/web", "/etc/services.d/web");
    root.directory("/etc/services.d/norun");
    let container = Container::new(&root, ["/init"]).boot();
    container.wait_for_line("hidden runs");
    let log = container.log();
    assert!(log.count("/run/s6/services/web") >= 1);
    container.wait_for_line("timeout-kill:1: `abc` is not a number of milliseconds; using 0");
    container.wait_for_line("norun/run: this service has no run script");
    assert_eq!(
        container
            .metadata("/run/s6/services/web/run")
            .map(|m| m.is_file())
            .ok(),
        Some(true)
    );
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn a_read_only_root_boots_from_copies() {
    let root = root();
    root.write("/etc/cont-init.d/10", "#!/bin/sh\necho \"as $0\"\n");
    root.write(
        "/etc/services.d/web/run",
        "#!/bin/sh\necho web is up\nexec /bin/sleep 1000\n",
    );
    let container = Container::new(&root, ["/init"])
        .env("S6_READ_ONLY_ROOT", "1")
        .read_only()
        .tmpfs("/run")
        .boot();
    container.wait_for_line("web is up");
    container.wait_for_line("as /var/run/s6/etc/cont-init.d/10");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn a_container_that_is_started_again_forgets_the_last_run() {
    let root = root();
    root.write_script(
        "/etc/services.d/web/run",
        "#!/bin/sh\necho web is up\nexec /bin/sleep 1000\n",
    );
    root.write_script("/etc/services.d/gone/run", SLEEP);
    for (start, services) in [(1, vec!["gone", "web"]), (2, vec!["web"])] {
        let container = Container::new(&root, ["/init"])
            .env("ROUND", start.to_string())
            .keep_changes()
            .boot();
        container.wait_for_line("web is up");
        let mut found = container.list("/run/s6/services").unwrap_or_default();
        found.retain(|name| !name.starts_with('.'));
        assert_eq!(found, services, "start {start}");
        assert_eq!(
            container.text("/run/s6/container_environment/ROUND"),
            start.to_string()
        );
        container.signal(signal::TERM);
        assert_eq!(container.wait().code(), Some(0));
        drop(container);
        if start == 1 {
            root.remove("/etc/services.d/gone/run")
                .remove("/etc/services.d/gone");
        }
    }
}

#[test]
fn workers_get_exactly_the_words_that_were_given() {
    let root = root();
    root.write_script(
        "/show",
        "#!/bin/sh\necho \"$(printf '<%s>' \"$@\") $CONTAINER_ROLE\"\nexec /bin/sleep 1000\n",
    );
    let words = [
        "/worker.sh",
        "2",
        "/show",
        "a b",
        "",
        "q\"u\\o",
        "$x ${1}",
        "{",
        "#",
    ];
    let container = Container::new(&root, words).boot();
    container.wait_for_nth_line(2, "<a b><><q\"u\\o><$x ${1}><{><#> worker");
    container.signal(signal::TERM);
    assert_eq!(container.wait().code(), Some(0));
    for bad in ["x", "0", "-1", "10001"] {
        let container = Container::new(&root, ["/worker.sh", bad, "/show"]).boot();
        assert_eq!(container.wait().code(), Some(1), "{bad}");
        assert_eq!(
            container.log().count("not a number from 1 to 10000"),
            1,
            "{bad}"
        );
    }
}

#[test]
fn a_renamed_program_still_knows_what_it_is() {
    let root = root();
    root.symlink(
        "/usr/libexec/mainstay/with-contenv",
        "/usr/bin/with-contenvb",
    );
    root.symlink("/usr/libexec/mainstay/init", "/s6-init");
    root.write(
        "/etc/cont-init.d/10",
        "#!/usr/bin/with-contenvb sh\necho \"seen=$OWN\"\n",
    );
    root.write(
        "/etc/cont-init.d/20",
        "#!/bin/sh\nwith-contenvb sh -c 'echo \"by path=$OWN\"'\n",
    );
    let container = Container::new(&root, ["/s6-init", "true"])
        .env("OWN", "mine")
        .boot();
    assert_eq!(container.wait().code(), Some(0));
    assert_eq!(container.log().count("seen=mine"), 1);
    assert_eq!(container.log().count("by path=mine"), 1);
}
