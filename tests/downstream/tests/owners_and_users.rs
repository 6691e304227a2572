//! Who owns what: fix-attrs in all its forms, hidden files, users other than root, read-only roots.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::{Command, Container, Layout, Root, signal};
use std::os::unix::fs::MetadataExt;

/// The image of `ownerships` with what its lines name.
fn ownerships() -> Image {
    let image = Image::busybox("ownerships");
    image.run(
        "mkdir -p /srv/log/deep /srv/fallback/.git /srv/glob/a/b /srv/glob/c /srv/untouched /srv/short
         touch /srv/log/deep/file /srv/log/.hidden /srv/fallback/.git/config /srv/resolv.conf
         touch /srv/short/file /srv/glob/a/b/file /srv/glob/file /srv/file /srv/untouched/file
         find /srv -type d -exec chmod 755 {} +
         find /srv -type f -exec chmod 644 {} +",
    );
    image
}

/// Owner, group and mode of a path.
#[track_caller]
fn facts(container: &Container, path: &str) -> (u32, u32, u32) {
    let facts = container.metadata(path);
    let facts = facts.unwrap_or_else(|error| panic!("{path}: {error}"));
    (facts.uid(), facts.gid(), facts.mode() & 0o7777)
}

#[test]
fn every_form_of_a_line_sets_owners_and_modes() {
    let image = ownerships();
    let container = image.init().boot();
    container.wait_for_line("[services.d] done.");
    for (path, uid, gid, mode) in [
        // A user that exists: the numbers behind the comma do not count. Setgid directories.
        ("/srv/log", 65534, 65534, 0o2700),
        ("/srv/log/deep", 65534, 65534, 0o2700),
        ("/srv/log/deep/file", 65534, 65534, 0o644),
        ("/srv/log/.hidden", 0, 0, 0o644),
        // One that does not exist: they do.
        ("/srv/fallback", 32768, 32769, 0o750),
        ("/srv/fallback/.git", 0, 0, 0o755),
        ("/srv/resolv.conf", 0, 1000, 0o664),
        // Modes of three digits, a pattern, recursion from a file.
        ("/srv/short", 1000, 1000, 0o775),
        ("/srv/short/file", 1000, 1000, 0o674),
        ("/srv/glob", 0, 0, 0o755),
        ("/srv/glob/a/b", 1000, 1000, 0o700),
        ("/srv/glob/a/b/file", 1000, 1000, 0o600),
        ("/srv/glob/c", 1000, 1000, 0o700),
        ("/srv/glob/file", 1000, 1000, 0o600),
        ("/srv/file", 1000, 1000, 0o640),
        // Named in a hidden file only.
        ("/srv/untouched", 0, 0, 0o755),
    ] {
        assert_eq!(facts(&container, path), (uid, gid, mode), "{path}");
    }
    // One line says what is wrong with one line, and the rest goes on.
    let log = container.log();
    assert_eq!(log.count("/01-dirs:7: "), 1, "{}", log.text());
    assert_eq!(log.count("mainstay: "), 1, "{}", log.text());
}

#[test]
fn hidden_files_are_changed_where_that_is_asked_for() {
    let image = ownerships();
    let container = image.init().env("S6_FIX_ATTRS_HIDDEN", "1").boot();
    container.wait_for_line("[services.d] done.");
    assert_eq!(facts(&container, "/srv/log/.hidden"), (65534, 65534, 0o644));
    let config = facts(&container, "/srv/fallback/.git/config");
    assert_eq!(config, (32768, 32769, 0o640));
    // Hidden lists are not read, whatever that variable says.
    assert_eq!(facts(&container, "/srv/untouched"), (0, 0, 0o755));
}

#[test]
fn hidden_files_are_no_hooks_and_no_services() {
    let image = ownerships();
    for read_only in ["0", "1"] {
        let container = image.init().env("S6_READ_ONLY_ROOT", read_only).boot();
        container.wait_for_line("hook ran");
        container.wait_for_line("[services.d] done.");
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
        let log = container.log();
        assert_eq!(log.count("a dotfile ran"), 0, "{}", log.text());
        assert_eq!(log.count("a hidden service ran"), 0, "{}", log.text());
        assert_eq!(log.count(".gitkeep"), 0, "{}", log.text());
    }
}

/// The agent's image: `/var/run` is a directory of its own, not a link to `/run`.
fn unprivileged() -> Image {
    let image = Image::debian("unprivileged");
    image.run(
        "useradd --uid 1000 agent
         rm /var/run
         mkdir -p /var/run/s6
         chown -R agent /var/run /etc/services.d /etc/cont-init.d /etc/cont-finish.d
         chmod 755 /etc/services.d/*/* /etc/cont-init.d/* /etc/cont-finish.d/*",
    );
    image
}

fn as_agent(image: &Image) -> Command<'_> {
    let command = image.start(["/start.sh"]).user(1000, 1000);
    let command = command.env("SITE", "here").env("S6_LOGGING", "0");
    command.env("S6_READ_ONLY_ROOT", "1")
}

#[test]
fn an_image_runs_as_its_own_user() {
    let image = unprivileged();
    let writable = |command: Command<'_>| command.boot();
    let read_only = |command: Command<'_>| {
        let command = command.read_only().no_new_privileges().capabilities(&[]);
        command
            .tmpfs_with("/var/run/s6", "mode=777")
            .tmpfs_with("/tmp", "mode=1777")
            .boot()
    };
    let boots: [&dyn Fn(Command<'_>) -> Container; 2] = [&writable, &read_only];
    for boot in boots {
        let container = boot(as_agent(&image));
        container.wait_for_line("starting as agent");
        container.wait_for_line("configured for here as agent");
        container.wait_for_line("agent of here");
        container.wait_for_line("agent is up as agent");
        // Both names of the scan directory, for other programs of the same user.
        for place in ["/var/run/s6/services/agent", "/var/run/s6/services/agent/"] {
            let ask = container.prepare(["s6-svstat", "-o", "up", place]);
            assert_eq!(ask.user(1000, 1000).run().ok().text(), "true");
        }
        container
            .prepare(["mainstay", "status", "--ready"])
            .user(1000, 1000)
            .run()
            .ok();
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
        let log = container.log();
        assert_eq!(log.count("agent leaves"), 1, "{}", log.text());
        assert_eq!(log.count("last words"), 1, "{}", log.text());
        assert_eq!(log.count("mainstay: /"), 0, "{}", log.text());
    }
}

#[test]
fn a_crash_of_the_agent_ends_its_container() {
    let image = unprivileged();
    let container = as_agent(&image).boot();
    container.wait_for_line("agent is up as agent");
    let agent = container.wait_for_process("/opt/agent");
    container.signal_process(agent.pid, signal::KILL);
    // 256 is not 0, which is all that its finish asks.
    assert_eq!(exit_code(&container), Some(0));
    container.wait_for_line("last words");
    assert_eq!(container.log().count("agent is up"), 1);
}

#[test]
fn an_agent_that_ends_well_stays_down() {
    let image = unprivileged();
    let container = as_agent(&image).boot();
    container.wait_for_line("agent is up as agent");
    let agent = container.wait_for_process("/opt/agent");
    container.signal_process(agent.pid, signal::TERM);
    container.wait_for("the agent is down for good", || {
        let place = "/var/run/s6/services/agent";
        let state = container.exec(["s6-svstat", "-o", "up,wantedup", place]);
        state.text() == "false false"
    });
    assert!(!container.ended());
    assert_eq!(container.log().count("agent is up"), 1);
}

#[test]
fn an_engine_picks_the_user() {
    // Without a name in /etc/passwd, in group 0, as OpenShift does.
    let image = Image::over(Root::busybox(), Layout::DockerBase, "renamed-init");
    image.run("mkdir -p /var/run/s6 && chmod -R g=u /run && chmod 755 /etc/*.d/*");
    image.run("chmod 755 /etc/services.d/app/run");
    for words in [
        &["/init"][..],
        &["/run.sh"],
        &["/worker.sh", "1", "echo", "at work"],
    ] {
        let command = image.start(words.iter().copied()).user(1_000_660_000, 0);
        let container = command.env("CUSTOMER", "many").boot();
        container.wait_for_line("hook ran for many");
        container.wait_for_line("app is up for many");
        if words.len() > 1 && words[0] == "/worker.sh" {
            container.wait_for_line("at work");
        }
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
    }
}
