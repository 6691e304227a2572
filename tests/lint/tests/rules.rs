//! Each rule of `mainstay lint`: a tree that breaks it and nothing else, and the same tree
//! set right.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use lint_tests::{Tree, binary, image, own_machine};

type Change = fn(&Tree) -> &Tree;

/// A rule's name, words of the call, the bad tree and the good one.
type Case = (&'static str, &'static [&'static str], Change, Change);

const RUN: &str = "#!/bin/sh\nexec sleep 1000\n";

/// What every tree of this table has.
fn common(tree: &Tree) {
    tree.write("etc/services.d/web/run", RUN);
}

const CASES: &[Case] = &[
    (
        "misspelt-directory",
        &[],
        |t| t.write("etc/service.d/a/run", RUN),
        |t| t.write("etc/services.d/a/run", RUN),
    ),
    (
        "misspelt-directory",
        &[],
        |t| t.dir("etc/cont-init"),
        |t| t.write("etc/services", "ssh 22/tcp\n"),
    ),
    (
        "dead-link",
        &[],
        |t| t.link("/opt/hook", "etc/cont-init.d/10-a"),
        |t| {
            t.link("/opt/hook", "etc/cont-init.d/10-a")
                .script("opt/hook", RUN)
        },
    ),
    (
        "not-a-script",
        &[],
        |t| t.dir("etc/services.d/a/run"),
        |t| t.write("etc/services.d/a/run", RUN),
    ),
    (
        "not-a-script",
        &[],
        |t| t.fifo("etc/cont-init.d/10-a", 0o700),
        |t| t.write("etc/cont-init.d/10-a", RUN),
    ),
    (
        "empty-script",
        &[],
        |t| t.write("etc/services.d/web/finish", ""),
        |t| t.write("etc/services.d/web/finish", "#!/bin/sh\n"),
    ),
    (
        "not-executable",
        &["--user", "app"],
        |t| {
            t.script("etc/services.d/web/run", RUN)
                .write("etc/cont-init.d/10-a", RUN)
        },
        |t| {
            t.script("etc/services.d/web/run", RUN)
                .script("etc/cont-init.d/10-a", RUN)
        },
    ),
    (
        // An image that has taken its hooks out of the boot's own list.
        "not-executable",
        &[],
        |t| {
            t.write(
                "etc/s6/init/init-stage2-fixattrs.txt",
                "/var/run/s6/etc/services.d/*/run false root 0755 -\n",
            );
            t.write("etc/cont-init.d/10-a", RUN)
        },
        |t| {
            t.write(
                "etc/s6/init/init-stage2-fixattrs.txt",
                "/var/run/s6/etc/services.d/*/run false root 0755 -\n",
            );
            t.write("etc/fix-attrs.d/01", "/etc/cont-init.d true root 0744 -\n");
            t.write("etc/cont-init.d/10-a", RUN)
        },
    ),
    (
        "byte-order-mark",
        &[],
        |t| t.write("etc/cont-init.d/10-a", "\u{feff}#!/bin/sh\n"),
        |t| t.write("etc/cont-init.d/10-a", "#!/bin/sh\n"),
    ),
    (
        "no-shebang",
        &[],
        |t| t.write("etc/cont-init.d/10-a", "\n#!/bin/sh\n"),
        |t| t.write("etc/cont-init.d/10-a", "#!/bin/sh\n"),
    ),
    (
        "long-shebang",
        &[],
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                format!("#!/bin/sh {}\n", "x".repeat(300)),
            )
        },
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                format!("#!/bin/sh {}\n", "x".repeat(200)),
            )
        },
    ),
    (
        "crlf-shebang",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/usr/bin/with-contenv bash\r\nexec sleep 1\r\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/usr/bin/with-contenv bash\nexec sleep 1\n",
            )
        },
    ),
    (
        "crlf-lines",
        &[],
        |t| t.write("etc/cont-init.d/10-a", "#!/bin/sh\ntrue\r\n"),
        |t| t.write("etc/cont-init.d/10-a", "#!/usr/bin/python3\nprint()\r\n"),
    ),
    (
        "no-interpreter",
        &[],
        |t| t.write("etc/cont-init.d/10-a", "#!\ntrue\n"),
        |t| t.write("etc/cont-init.d/10-a", "#! /bin/sh\ntrue\n"),
    ),
    (
        "interpreter-missing",
        &[],
        |t| t.write("etc/cont-init.d/10-a", "#!/command/with-contenv bash\n"),
        |t| t.write("etc/cont-init.d/10-a", "#!/usr/bin/with-contenv bash\n"),
    ),
    (
        "interpreter-missing",
        &[],
        |t| t.script("usr/local/bin/tool", "#!/opt/venv/bin/python\n"),
        |t| {
            t.script("usr/local/bin/tool", "#!/opt/venv/bin/python\n")
                .link("/usr/bin/python3", "opt/venv/bin/python")
        },
    ),
    (
        "interpreter-unusable",
        &[],
        |t| {
            t.write("etc/cont-init.d/10-a", "#!/opt/sh\n")
                .write("opt/sh", "\x7fELF")
        },
        |t| {
            t.write("etc/cont-init.d/10-a", "#!/opt/sh\n")
                .script("opt/sh", "\x7fELF")
        },
    ),
    (
        // An s390x program: no image of these tests is for that machine.
        "other-machine",
        &[],
        |t| t.script("opt/tool", binary(22, "/usr/bin/sh")),
        |t| t.script("opt/tool", binary(own_machine(), "/usr/bin/sh")),
    ),
    (
        "loader-missing",
        &[],
        |t| {
            t.script(
                "etc/services.d/web/run",
                binary(own_machine(), "/lib/ld-musl.so.1"),
            )
        },
        |t| {
            t.script(
                "etc/services.d/web/run",
                binary(own_machine(), "/lib/ld-musl.so.1"),
            )
            .script("usr/lib/ld-musl.so.1", "")
        },
    ),
    (
        "hook-passed-over",
        &[],
        |t| t.write("etc/cont-init.d/.10-a", RUN),
        |t| t.write("etc/cont-init.d/.gitkeep", ""),
    ),
    (
        "not-a-script",
        &[],
        |t| t.write("etc/cont-init.d/more/10-a", RUN),
        |t| t.write("etc/cont-init.d/10-a", RUN),
    ),
    (
        "program-missing",
        &[],
        |t| t.write("etc/cont-init.d/10-a", "#!/usr/bin/env node\n"),
        |t| {
            t.write("etc/cont-init.d/10-a", "#!/usr/bin/env node\n")
                .script("usr/bin/node", "\x7fELF")
        },
    ),
    (
        // In /usr/local/bin, where the PATH of hooks does not lead.
        "program-missing",
        &[],
        |t| {
            t.write("etc/cont-init.d/10-a", "#!/usr/bin/env node\n")
                .script("usr/local/bin/node", "\x7fELF")
        },
        |t| {
            t.write("etc/cont-init.d/10-a", "#!/usr/bin/with-contenv node\n")
                .script("usr/local/bin/node", "\x7fELF")
        },
    ),
    (
        "shebang-one-word",
        &[],
        |t| t.write("etc/cont-init.d/10-a", "#!/usr/bin/env bash -e\n"),
        |t| t.write("etc/cont-init.d/10-a", "#!/usr/bin/env -S bash -e\n"),
    ),
    (
        "execline-syntax",
        &[],
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/usr/bin/execlineb -P\nif { true\necho x\n",
            )
        },
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/usr/bin/execlineb -P\nif { true }\necho x\n",
            )
        },
    ),
    (
        "shell-syntax",
        &[],
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/bin/bash\nif true; then\n  echo x\n",
            )
        },
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/bin/bash\na=(1 2)\necho ${a[0]}\n",
            )
        },
    ),
    (
        // Bash's words under a /bin/sh that is dash.
        "shell-syntax",
        &[],
        |t| {
            t.link("/usr/bin/dash", "usr/bin/sh")
                .script("usr/bin/dash", "\x7fELF")
                .write("etc/cont-init.d/10-a", "#!/bin/sh\na=(1 2)\n")
        },
        |t| {
            t.link("/usr/bin/bash", "usr/bin/sh")
                .write("etc/cont-init.d/10-a", "#!/bin/sh\na=(1 2)\n")
        },
    ),
    (
        "daemonizes",
        &[],
        |t| t.write("etc/services.d/a/run", "#!/bin/sh\nexec nginx\n"),
        |t| {
            t.write("etc/services.d/a/run", "#!/bin/sh\nexec nginx\n")
                .write("etc/nginx/nginx.conf", "user x;\ndaemon  off;\n")
        },
    ),
    (
        "daemonizes",
        &[],
        |t| {
            t.write(
                "etc/services.d/a/run",
                "#!/usr/bin/execlineb -P\nphp-fpm -D\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/a/run",
                "#!/usr/bin/execlineb -P\nphp-fpm -F\n",
            )
        },
    ),
    (
        "daemonizes",
        &[],
        |t| t.write("etc/services.d/a/run", "#!/bin/sh\npython3 /srv/a &\n"),
        |t| {
            t.write(
                "etc/services.d/a/run",
                "#!/bin/sh\npython3 /srv/a &\nwait\n",
            )
        },
    ),
    (
        "ends-at-once",
        &[],
        |t| t.write("etc/services.d/a/run", "#!/bin/sh\necho ready\nexit 0\n"),
        |t| t.write("etc/cont-init.d/a", "#!/bin/sh\necho ready\nexit 0\n"),
    ),
    (
        "endless-hook",
        &[],
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/bin/sh\nwhile true; do\n  date\n  sleep 60\ndone\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/a/run",
                "#!/bin/sh\nwhile true; do\n  date\n  sleep 60\ndone\n",
            )
        },
    ),
    (
        "endless-hook",
        &[],
        |t| t.write("run.d/10-a.sh", "#!/bin/bash\ntail -f /var/log/a\n"),
        |t| t.write("run.d/10-a.sh", "#!/bin/bash\ntail -f /var/log/a &\n"),
    ),
    (
        "program-not-here",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/sh\ns6-rc -u change app\nexec sleep 1\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/sh\ns6-rc -u change app\nexec sleep 1\n",
            )
            .script("usr/bin/s6-rc", "\x7fELF")
        },
    ),
    (
        "command-missing",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/sh\nexec 2>&1\nexec s6-setuidgid app slepe 1\n",
            )
        },
        |t| {
            t.write("etc/services.d/web/run", "#!/bin/sh\nexec 2>&1\nif false; then\n  exec slepe 1\nfi\nexec s6-setuidgid app sleep 1\n")
        },
    ),
    (
        "command-missing",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/usr/bin/execlineb -P\ntrap { term { echo slepe } }\nfdmove -c 2 1\nslepe 1\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/usr/bin/execlineb -P\ntrap { term { echo slepe } }\nfdmove -c 2 1\nsleep 1\n",
            )
        },
    ),
    (
        // In /usr/local/bin, which only the container's PATH has.
        "command-missing",
        &[],
        |t| {
            t.script("usr/local/bin/own", "#!/bin/sh\n")
                .write("etc/services.d/web/run", "#!/bin/sh\nexec own\n")
        },
        |t| {
            t.script("usr/local/bin/own", "#!/bin/sh\n").write(
                "etc/services.d/web/run",
                "#!/usr/bin/with-contenv sh\nexec own\n",
            )
        },
    ),
    (
        // Where ENV may have put it on the PATH: nobody knows.
        "command-missing",
        &["--env", "PATH=/usr/bin:/bin"],
        |t| {
            t.script("opt/java/openjdk/bin/java", "").write(
                "etc/services.d/web/run",
                "#!/usr/bin/with-contenv sh\nexec java -jar x\n",
            )
        },
        |t| {
            t.script("opt/java/openjdk/bin/java", "")
                .write("etc/s6/init/env/PATH", "/opt/java/openjdk/bin:/usr/bin")
                .write(
                    "etc/services.d/web/run",
                    "#!/bin/sh\nexec -a web env -u X java -jar x\n",
                )
        },
    ),
    (
        "program-not-here",
        &[],
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/bin/sh\ns6-hostname box && echo set\n",
            )
        },
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/bin/sh\ns6-nuke -t && s6-expr 1 + 1 && s6-quote x && s6-uniquename /tmp/x\n",
            )
        },
    ),
    (
        "program-not-here",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/execlineb -P\ns6-tcpserver 127.0.0.1 80 s6-cat\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/execlineb -P\ns6-nice -n 5 s6-chroot / nginx\n",
            )
        },
    ),
    (
        "v3-path",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/finish",
                "#!/bin/sh\nexec /run/s6/basedir/bin/halt\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/web/finish",
                "#!/bin/sh\nexec s6-svscanctl -t /var/run/s6/services\n",
            )
        },
    ),
    (
        "supervise-process",
        &[],
        |t| {
            t.script(
                "usr/local/bin/health",
                "#!/bin/sh\npgrep -f \"s6-supervise web\" >/dev/null\n",
            )
        },
        |t| {
            t.script("usr/local/bin/health", "#!/bin/sh\n# no s6-supervise: pgrep finds none\ns6-svstat /var/run/s6/services/web\n")
        },
    ),
    (
        "supervise-process",
        &[],
        |t| {
            t.script(
                "usr/local/bin/health",
                "#!/bin/bash\nif [ -z \"$(pidof s6-svscan)\" ]; then exit 1; fi\n",
            )
        },
        |t| {
            t.script(
                "usr/local/bin/health",
                "#!/bin/bash\ns6-svscanctl -a /var/run/s6/services; pidof nginx\n",
            )
        },
    ),
    (
        "supervise-process",
        &[],
        |t| {
            t.script(
                "usr/local/bin/health",
                "#!/bin/sh\nps ax | grep -v x | grep '[s]6-supervise web'\n",
            )
        },
        |t| {
            t.script(
                "usr/local/bin/health",
                "#!/bin/sh\ngrep s6-supervise /var/log/notes | cat\n",
            )
        },
    ),
    (
        "supervise-process",
        &[],
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/usr/bin/execlineb -P\npipeline { ps ax } grep s6-supervise\n",
            )
        },
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/usr/bin/execlineb -P\npipeline { ps ax } grep nginx\n",
            )
        },
    ),
    (
        "unknown-user",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/sh\nexec s6-setuidgid ap sleep 1\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/sh\nexec s6-setuidgid app sleep 1\n",
            )
        },
    ),
    (
        "unknown-user",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/usr/bin/execlineb -P\nwith-contenv\ns6-setuidgid app:web sleep 1\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/usr/bin/execlineb -P\nwith-contenv\nimportas -u U U\ns6-setuidgid $U sleep 1\n",
            )
        },
    ),
    (
        "unknown-user",
        &["--env", "NOT_ROOT_USER=www"],
        |t| t,
        |t| {
            t.write(
                "etc/passwd",
                "root:x:0:0::/:/bin/sh\nwww:x:33:33::/:/bin/sh\n",
            )
        },
    ),
    (
        // Users that a hook makes are not known before.
        "unknown-user",
        &[],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/sh\nexec s6-setuidgid later sleep 1\n",
            )
        },
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/sh\nexec s6-setuidgid later sleep 1\n",
            )
            .write("etc/cont-init.d/10-a", "#!/bin/sh\nuseradd later\n")
        },
    ),
    (
        "needs-root",
        &["--cap-drop", "ALL"],
        |t| {
            t.write(
                "etc/services.d/web/run",
                "#!/bin/sh\nexec s6-setuidgid app sleep 1\n",
            )
        },
        |t| {
            t.write("etc/services.d/web/run", "#!/bin/sh\nif [ \"$(id -u)\" = 0 ]; then\n  exec s6-setuidgid app sleep 1\nfi\nexec sleep 1\n")
        },
    ),
    (
        // Who asks whether it works knows that it may not.
        "needs-root",
        &["--user", "app"],
        |t| {
            t.script(
                "etc/services.d/web/run",
                "#!/bin/sh\ns6-setuidgid app sleep 1\n",
            )
        },
        |t| {
            t.script("etc/services.d/web/run", "#!/bin/sh\nif s6-setuidgid app true; then id; fi\ns6-setuidgid app true || id\n[ 1 ] && exec s6-setuidgid app sleep 1\nexec sleep 1\n")
        },
    ),
    (
        "fix-attrs-refused",
        &["--cap-drop=cap_chown"],
        |t| t.write("etc/fix-attrs.d/01", "/srv true app 0644 0755\n"),
        |t| t.write("etc/fix-attrs.d/01", "/srv true root 0644 0755\n"),
    ),
    (
        "dead-variable",
        &["--env", "S6_KILL_GRACE_TIME=500"],
        |t| t,
        |t| t.script("usr/bin/own", "#!/bin/sh\necho $S6_KILL_GRACE_TIME\n"),
    ),
    (
        "dead-variable",
        &[],
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/bin/sh\nprintf 1 > /var/run/s6/container_environment/S6_VERBOSITY\n",
            )
        },
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/bin/sh\nprintf 1 > /var/run/s6/container_environment/S6_SYNC_DISKS\n",
            )
        },
    ),
    (
        "export-lost",
        &[],
        |t| {
            t.write(
                "etc/cont-init.d/10-a",
                "#!/bin/sh\nexport S6_KILL_GRACETIME=500\n",
            )
        },
        |t| {
            t.script(
                "start.sh",
                "#!/bin/sh\nexport S6_KILL_GRACETIME=500\nexec /init\n",
            )
        },
    ),
    (
        "variable-value",
        &[],
        |t| {
            t.script(
                "start.sh",
                "#!/bin/sh\nexport S6_KILL_GRACETIME=5s\nexec /init\n",
            )
        },
        |t| {
            t.script(
                "start.sh",
                "#!/bin/sh\nexport S6_KILL_GRACETIME=$1\nexec /init\n",
            )
        },
    ),
    (
        "no-run",
        &[],
        |t| t.write("etc/services.d/a/Run", RUN),
        |t| t.write("etc/services.d/a/run", RUN),
    ),
    (
        "no-run",
        &[],
        |t| t.write("etc/services-available/a/run.sh", RUN),
        |t| t.write("etc/services-available/a/run", RUN),
    ),
    (
        "service-name",
        &[],
        |t| t.write(&format!("etc/services.d/{}/run", "n".repeat(252)), RUN),
        |t| t.write(&format!("etc/services.d/{}/run", "n".repeat(251)), RUN),
    ),
    (
        "logger-no-run",
        &[],
        |t| t.dir("etc/services.d/web/log"),
        |t| t.write("etc/services.d/web/log/run", "#!/bin/sh\nexec cat\n"),
    ),
    (
        "service-value",
        &[],
        |t| t.write("etc/services.d/web/timeout-kill", "5s\n"),
        |t| t.write("etc/services.d/web/timeout-kill", "2000\n"),
    ),
    (
        "service-value",
        &[],
        |t| t.write("etc/services.d/web/notification-fd", "0\n"),
        |t| t.write("etc/services.d/web/notification-fd", "3\n"),
    ),
    (
        "service-value",
        &[],
        |t| t.write("etc/services.d/web/down-signal", "SIGQUTI\n"),
        |t| t.write("etc/services.d/web/down-signal", "SIGQUIT\n"),
    ),
    (
        "dead-service-link",
        &[],
        |t| {
            t.write("etc/services-available/db/run", RUN)
                .link("services-available/db", "etc/services.d/db")
        },
        |t| {
            t.write("etc/services-available/db/run", RUN)
                .link("/etc/services-available/db", "etc/services.d/db")
        },
    ),
    (
        "service-passed-over",
        &[],
        |t| t.write("etc/services.d/db", RUN),
        |t| t.write("etc/services.d/.gitignore", ""),
    ),
    (
        "control-fifo",
        &[],
        |t| t.fifo("etc/s6/services/.s6-svscan/control", 0o660),
        |t| t.fifo("etc/s6/services/.s6-svscan/control", 0o600),
    ),
    (
        "supervise-left",
        &[],
        |t| t.fifo("etc/services.d/web/supervise/control", 0o622),
        |t| t.dir("etc/services.d/web/data"),
    ),
    (
        "profile-missing",
        &["--env", "S6_RUNTIME_PROFILE=test"],
        |t| t,
        |t| t.dir("etc/cont-profile.d/test"),
    ),
    (
        "not-a-directory",
        &[],
        |t| t.write("etc/cont-init.d", RUN),
        |t| t.write("etc/cont-init.d/10-a", RUN),
    ),
    (
        "fix-attrs-fields",
        &[],
        |t| t.write("etc/fix-attrs.d/01", "/srv true app\n"),
        |t| t.write("etc/fix-attrs.d/01", "# a comment\n\n/srv true app - -\n"),
    ),
    (
        "fix-attrs-recurse",
        &[],
        |t| t.write("etc/fix-attrs.d/01", "/srv yes app 0644 0755\n"),
        |t| t.write("etc/fix-attrs.d/01", "/srv false app 0644 0755\n"),
    ),
    (
        "fix-attrs-mode",
        &[],
        |t| t.write("etc/fix-attrs.d/01", "/srv true app u+x 0755\n"),
        |t| t.write("etc/fix-attrs.d/01", "/srv true app 0644 0755"),
    ),
    (
        "fix-attrs-account",
        &[],
        |t| t.write("etc/fix-attrs.d/01", "/srv true www 0644 0755\n"),
        |t| t.write("etc/fix-attrs.d/01", "/srv true www,33:33 0644 0755\n"),
    ),
    (
        "fix-attrs-fallback",
        &[],
        |t| t.write("etc/fix-attrs.d/01", "/srv true www,www:www 0644 0755\n"),
        |t| t.write("etc/fix-attrs.d/01", "/srv true app 0644 0755\n"),
    ),
    (
        "run-d-name",
        &[],
        |t| t.write("run.d/10-a", RUN),
        |t| t.write("run.d/10-a.sh", RUN),
    ),
    (
        "not-executable",
        &[],
        |t| t.write("etc/s6/services/.s6-svscan/SIGTERM", "#!/bin/sh\n"),
        |t| t.script("etc/s6/services/.s6-svscan/SIGTERM", "#!/bin/sh\n"),
    ),
    (
        "crlf-shebang",
        &[],
        |t| t.script("etc/s6/services/.s6-svscan/SIGHUP", "#!/bin/sh\r\n"),
        |t| t.script("etc/s6/services/.s6-svscan/SIGHUP", "#!/bin/sh\n"),
    ),
    (
        "not-a-script",
        &[],
        |t| t.dir("etc/s6/services/.s6-svscan/SIGUSR1"),
        |t| t.script("etc/s6/services/.s6-svscan/SIGUSR1", "#!/bin/sh\n"),
    ),
    (
        "program-missing",
        &[],
        |t| t.script("etc/s6/services/.s6-svscan/SIGINT", "#!/usr/bin/env ruby\n"),
        |t| t.script("etc/s6/services/.s6-svscan/SIGINT", "#!/usr/bin/env bash\n"),
    ),
    (
        "handler-passed-over",
        &[],
        |t| t.script("etc/s6/services/.s6-svscan/SIGTERM.sh", "#!/bin/sh\n"),
        |t| t.script("etc/s6/services/.s6-svscan/SIGTERM", "#!/bin/sh\n"),
    ),
    (
        "own-stage3",
        &[],
        |t| {
            t.script(
                "etc/s6/init/init-stage3",
                "#!/bin/execlineb -S0\ns6-sleep 3\n",
            )
        },
        |t| {
            let text = layouts::overlay2::INIT_STAGE3.replace("s6-nuke -th", "s6-nuke -t");
            t.script("etc/s6/init/init-stage3", text)
        },
    ),
    (
        "own-svscan-finish",
        &[],
        |t| {
            t.script(
                "etc/s6/services/.s6-svscan/finish",
                "#!/bin/sh\nrm -rf /var/lock/app\n",
            )
        },
        |t| {
            // The original's own, left by a base image.
            t.script(
                "etc/s6/services/.s6-svscan/finish",
                "#!/bin/execlineb -S0\n/etc/s6/init/init-stage3 $@\n",
            )
        },
    ),
    (
        "own-svscan-finish",
        &[],
        |t| t.script("etc/s6/services/.s6-svscan/crash", "#!/bin/sh\nsh -i\n"),
        |t| t.dir("etc/s6/services/.s6-svscan"),
    ),
    (
        "long-stop",
        &[],
        |t| t.write("etc/cont-finish.d/10-a", "#!/bin/sh\n"),
        |t| t.write("etc/cont-init.d/10-a", "#!/bin/sh\n"),
    ),
    (
        "long-stop",
        &["--env", "S6_KILL_FINISH_MAXTIME=3000"],
        |t| {
            t.write("etc/cont-finish.d/10-a", "#!/bin/sh\n")
                .write("etc/cont-finish.d/20-b", "#!/bin/sh\n")
        },
        |t| t.write("etc/cont-finish.d/10-a", "#!/bin/sh\n"),
    ),
    (
        "service-cut-off",
        &[],
        |t| {
            t.script("etc/services.d/web/run", "#!/bin/sh\n")
                .script("etc/services.d/web/finish", "#!/bin/sh\n")
                .write("etc/services.d/web/timeout-finish", "8000\n")
        },
        |t| {
            t.script("etc/services.d/web/run", "#!/bin/sh\n")
                .script("etc/services.d/web/finish", "#!/bin/sh\n")
                .write("etc/services.d/web/timeout-finish", "3000\n")
        },
    ),
    (
        "service-cut-off",
        &["--env", "S6_SERVICES_GRACETIME=5000"],
        |t| {
            t.script("etc/services.d/web/run", "#!/bin/sh\n")
                .write("etc/services.d/web/timeout-kill", "6000\n")
        },
        |t| {
            t.script("etc/services.d/web/run", "#!/bin/sh\n")
                .script("etc/services.d/web/finish", "#!/bin/sh\n")
                .write("etc/services.d/web/timeout-kill", "5000\n")
        },
    ),
    (
        "v3-services",
        &[],
        |t| t.write("etc/s6-overlay/s6-rc.d/web/type", "longrun\n"),
        |t| t.dir("etc/s6-overlay/s6-rc.d"),
    ),
];

#[test]
fn a_bad_tree_gives_its_finding_and_a_good_one_none() {
    let below = image();
    let mut wrong = Vec::new();
    for (number, (id, words, bad, good)) in CASES.iter().enumerate() {
        for (change, expected) in [(bad, vec![*id]), (good, vec![])] {
            let tree = Tree::new();
            common(&tree);
            change(&tree);
            let said = tree.lint(&below, words);
            if said.ids() != expected {
                wrong.push(format!(
                    "case {number}, {id}: {expected:?}\n{}{}",
                    said.out, said.err
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rules that the table above cannot show, each with the test that does.
const ELSEWHERE: &[(&str, &str)] = &[
    ("nothing-to-do", "mistakes.rs"),
    ("run-d-bash", "mistakes.rs"),
    ("unreadable", "hostile.rs"),
    ("not-looked-at", "hostile.rs"),
    ("variable-not-in-effect", "mistakes.rs"),
    ("var-run-not-linked", "mistakes.rs"),
];

#[test]
fn every_rule_is_shown_by_a_case() {
    let rules = layouts::overlay2::lint::rules();
    let ids = rules
        .iter()
        .flat_map(|(_, rules)| rules.iter().map(|rule| rule.id));
    let ids: BTreeSet<&str> = ids.collect();
    let shown = CASES.iter().map(|case| case.0);
    let elsewhere = ELSEWHERE.iter().map(|(id, _)| *id);
    let shown: BTreeSet<&str> = shown.chain(elsewhere).collect();
    assert_eq!(shown, ids);
    for (id, file) in ELSEWHERE {
        let path = harness::workspace().join("tests/lint/tests").join(file);
        let text = std::fs::read_to_string(path).expect("the test is there");
        assert!(
            text.contains(&format!("\"{id}\"")),
            "{file} does not show {id}"
        );
    }
}
