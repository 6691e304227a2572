//! The environment directory: written by hooks, edited in place, read by scripts; and
//! execline programs called from other languages.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::signal;

#[test]
fn what_hooks_write_is_seen_by_what_comes_later() {
    let image = Image::debian("environment-files");
    let container = image
        .init()
        .env("DB_PASSWORD__FILE", "/opt/secrets/password")
        .env("FILE__TOKEN", "/opt/secrets/token")
        .boot();
    container.wait_for_line("shown");
    let text = container.log().text();
    for line in [
        "WAN_IP=<192.0.2.7> NEW_INSTALL=<1>",
        "PATH=</config/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/go/bin>",
        "mixed_name_x=<two  words>",
        "DB_PASSWORD=<not told> TOKEN=<also not told>",
    ] {
        assert!(
            text.lines().any(|one| one == line),
            "no {line:?} in\n{text}"
        );
    }
    // Read raw by other programs: no newline that the variable does not have.
    let raw = container.read("/run/s6/container_environment/HOSTNAME");
    assert_eq!(raw.unwrap(), b"box");
}

#[test]
fn a_script_takes_the_place_of_with_contenv_and_calls_it_by_another_name() {
    let image = Image::debian("wrapped-contenv");
    image.run(
        "mv /usr/bin/with-contenv /usr/bin/with-contenvb
         mv /with-contenv /usr/bin/with-contenv",
    );
    let container = image.init().env("UMASK", "027").env("COLOUR", "red").boot();
    container.wait_for_line("hook: 0022 red");
    container.wait_for_line("service: 0027 red");
    // By each way in which a program can be called.
    for words in [
        &["/usr/bin/with-contenvb", "printenv", "COLOUR"][..],
        &["with-contenvb", "printenv", "COLOUR"],
        &["/bin/bash", "-c", "with-contenvb printenv COLOUR"],
        &[
            "/bin/bash",
            "-c",
            "cd /usr/bin; ./with-contenvb printenv COLOUR",
        ],
        &["execlineb", "-c", "with-contenvb printenv COLOUR"],
        &[
            "env",
            "-i",
            "/usr/bin/with-contenvb",
            "/usr/bin/printenv",
            "COLOUR",
        ],
        &[
            "s6-setuidgid",
            "nobody",
            "with-contenvb",
            "printenv",
            "COLOUR",
        ],
    ] {
        assert_eq!(container.exec(words).ok().text(), "red", "{words:?}");
    }
    container.write_script(
        "/tmp/script",
        "#!/usr/bin/with-contenvb bash\necho \"script: $COLOUR\"\n",
    );
    assert_eq!(container.exec(["/tmp/script"]).ok().text(), "script: red");
}

#[test]
fn the_environment_is_read_by_envdir_as_the_command() {
    let image = Image::debian("environment-files");
    let script = "echo \"command: $WAN_IP\"";
    let directory = "/var/run/s6/container_environment";
    let words = ["/init", "s6-envdir", "-fn", "--", directory];
    let words = words.into_iter().chain(["/bin/bash", "-c", script]);
    let container = image.start(words).boot();
    assert_eq!(exit_code(&container), Some(0));
    container.wait_for_line("command: 192.0.2.7");
}

#[test]
fn a_hidden_command_beside_run_is_run_behind_a_trap() {
    let image = Image::debian("hidden-command");
    image.run("ln -s /etc/services-available/fpm /etc/services.d/fpm");
    for read_only in ["0", "1"] {
        let container = image
            .init()
            .env("WORKERS", "5")
            .env("S6_READ_ONLY_ROOT", read_only)
            .env("S6_SERVICES_GRACETIME", "200")
            .env("S6_KILL_GRACETIME", "200")
            .boot();
        container.wait_for_line("[fpm] launching with 5 workers in /run/s6/services/fpm");
        assert!(container.exists("/run/s6/services/fpm/.command"));
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
        assert!(container.log().count("fpm hears TERM") > 0);
    }
}

#[test]
fn execline_programs_work_from_bash() {
    let image = Image::debian("execline-from-bash");
    let container = image.init().env("KEPT", "yes").boot();
    let line = container.wait_for_line("cron got -f and KEPT=yes");
    assert_eq!(line.stream, harness::Stream::Stdout);
    container.wait_for_line("dns serves from /opt/dns-home");
    let ready = || {
        let output = container.exec(["s6-svstat", "-o", "ready", "/run/s6/services/dns"]);
        output.ok().text()
    };
    assert_eq!(ready(), "false");
    container.write("/tmp/ready", "");
    container.wait_for("dns is ready", || ready() == "true");
}
