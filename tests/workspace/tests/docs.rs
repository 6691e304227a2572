//! Pages of docs/ that are written from the tables in the code, and stay true to them.
//! After a change of a table: `MAINSTAY_WRITE_DOCS=1 cargo test -p workspace-tests`.

use std::fmt::Write;

use init::{Response, SIGNALS, When};
use layouts::{Severity, settings};
use workspace_tests::page;

fn response(response: Response) -> &'static str {
    match response {
        Response::Stop => "stop",
        Response::Interrupt => "interrupt",
        Response::Rescan => "rescan",
        Response::Nothing => "nothing",
    }
}

#[test]
fn signals() {
    let mut text = String::from(
        "# Signals to PID 1\n\n\
         What happens when a signal reaches the container's PID 1 (`docker stop`,\n\
         `docker kill --signal`, `kill 1` inside).\n\n\
         | signal | run.d | boot | up, no command | up, with a command | stopping |\n\
         |---|---|---|---|---|---|\n",
    );
    for rule in SIGNALS {
        let cells: Vec<&str> = When::ALL
            .iter()
            .map(|w| response(rule.response(*w)))
            .collect();
        let _ = writeln!(text, "| {} | {} |", rule.name, cells.join(" | "));
    }
    text.push_str(
        "\n- **stop**: the container stops in order. No further hook of `/run.d` or \
         `/etc/cont-init.d`\n  begins; the one that runs gets HUP and TERM with everything \
         else, so a `sleep 30` ends at\n  once. The command gets no signal before that \
         either. The exit code is 0.\n\
         - **interrupt**: the same. While the container stops, the first one changes nothing. A \
         further one,\n  half a second or more after the last that counted, makes the stop go \
         on to its next step at\n  once: from the stop hooks and services to HUP and TERM to \
         everything, from there to KILL.\n\
         - **rescan**: service directories that are new in the scan directory are started, \
         as with\n  `s6-svscanctl -a`.\n\
         - **nothing**: it is received and dropped. Signals that are not in the table are \
         not received;\n  as PID 1 of its namespace the kernel drops them too.\n\n\
         Engines and nodes send TERM twice, and a Kubernetes preStop orders the stop before \
         the kubelet's\nTERM. So a further TERM changes nothing at any time, nor does any \
         order from inside: `s6-svscanctl\n-t`, `mainstay stop-container`. \
         Who wants to wait no longer says `mainstay stop-container --now`,\nor \
         `docker kill --signal INT` twice, a second apart.\n\n\
         An executable `SIGTERM`, `SIGHUP`, `SIGINT`, `SIGQUIT`, `SIGPWR`, `SIGUSR1`, \
         `SIGUSR2`,\n`SIGWINCH`, … in `/etc/s6/services/.s6-svscan/` takes the place of what \
         the signal does,\nuntil the container stops. It runs in the scan directory. One that cannot be run \
         (no run bit, Windows line\nendings, an interpreter that is not there, an exit code of 126 \
         or 127) takes the place of nothing:\nthe boot says why, so does the signal, and the \
         signal does what it does without it.\n",
    );
    page("signals.md", &text);
}

#[test]
fn variables() {
    let mut text = String::from(
        "# Variables\n\n\
         Set them in the image (`ENV`) or when it is run (`-e`). Those that matter to the \
         stop are read\nwhen they are used, from `/var/run/s6/container_environment`, so a \
         hook may change them there.\nA value that does not fit is named in one line and \
         the default is used.\n\n\
         | variable | value | default | meaning |\n|---|---|---|---|\n",
    );
    for variable in settings::TABLE {
        let default = match variable.default {
            "" => "unset".to_string(),
            value => format!("`{}`", value.replace('|', "\\|")),
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {default} | {} |",
            variable.name,
            match variable.unit {
                settings::Unit::MillisecondsOrNoLimit =>
                    "a number of milliseconds; 0: no limit".into(),
                unit => unit.wanted(),
            },
            variable.doc
        );
    }
    text.push_str(include_str!("crontab-variables.md"));
    text.push_str(include_str!("script-variables.md"));
    text.push_str(
        "\n## Set by Mainstay\n\n\
         | variable | where | value |\n|---|---|---|\n\
         | `CONTAINER_ROLE` | everything that `/worker.sh` starts, `/run.d` too | `worker` |\n\
         | `WORKER_ID` | a worker of `/worker.sh`, and what it starts | its number, from 1 |\n\
         | `WORKER_COUNT` | the same | how many workers there were to be when it was started \
         (docs/workers.md) |\n\
         | `WORKER_JOBS_FD` | the same, where `WORKER_MAX_JOBS` or `WORKER_MAX_MEMORY` is set | the \
         descriptor that takes a line for each job that is done |\n\
         | `S6_STAGE2_EXITED` | the scripts of `/etc/cont-finish.d` | the exit code of the \
         command or of the failed step of the boot; 0 where neither has ended |\n\
         | `MAINSTAY_STATE` | everything, where neither `/var/run/s6` nor `/run/s6` can be \
         written | the private folder of the state, or `none` (docs/anywhere.md) |\n\
         | `S6_KEEP_ENV` | everything, where no place at all can be written | `1` |\n\n\
         ## In docker-base\n\n\
         Its images set `SIGNAL_BUILD_STOP=99`, `S6_BEHAVIOUR_IF_STAGE2_FAILS=2`, \
         `S6_KILL_FINISH_MAXTIME=5000`\nand `S6_KILL_GRACETIME=3000`. `mainstay install` \
         cannot set variables of an image: a Dockerfile that\nwants them has an `ENV` line. \
         `mainstay try` sets the four.\n\n\
         ## Where an image is built\n\n\
         `SOURCE_DATE_EPOCH`, seconds since 1970, is the time of everything that `mainstay install` \
         writes,\nso that two builds make the same layer. The variables of `images/build` and its \
         build arguments are in\n[images/README.md](../images/README.md).\n",
    );
    page("variables.md", &text);
}

#[test]
fn programs() {
    let mut text = String::from(
        "# Programs\n\n\
         ## For people\n\n\
         `mainstay COMMAND --help` and `mainstay help COMMAND` say more of each.\n\n\
         | command | usage | what it does |\n|---|---|---|\n",
    );
    for command in cli::COMMANDS {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            command.name,
            code(command.usage),
            command.summary
        );
    }
    for (name, usage, summary) in [
        ("install", cli::install::USAGE, cli::install::SUMMARY),
        ("lint", cli::inspect::LINT_USAGE, cli::inspect::LINT_SUMMARY),
        (
            "explain",
            cli::inspect::EXPLAIN_USAGE,
            cli::inspect::EXPLAIN_SUMMARY,
        ),
    ] {
        let _ = writeln!(text, "| `mainstay {name}` | {} | {summary} |", code(usage));
    }
    text.push_str(include_str!("commands.md"));
    text.push_str(
        "\n## In scripts\n\n\
         Every name under which `mainstay install` makes links. Each takes the options of the \
         original\nof its name; called with the wrong words it says its usage and exits 100. \
         `mainstay NAME …`\ncalls one without a link.\n\n| program | usage | what it does \
         |\n|---|---|---|\n",
    );
    let mut programs: Vec<_> = tools::programs().collect();
    programs.sort_by_key(|program| program.name);
    for program in programs {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            program.name,
            code(program.usage),
            program.summary
        );
    }
    text.push_str(
        "\n## Not here\n\nPrograms that the originals' packages have and this release has not. \
         `mainstay lint` names each script\nthat calls one. An image that needs one may install \
         the original beside Mainstay.\n\n| package | programs |\n|---|---|\n",
    );
    for package in layouts::script::originals::PACKAGES {
        let is_here = |name: &str| tools::programs().any(|program| program.name == name);
        let missing: Vec<String> = package
            .programs
            .iter()
            .filter(|name| !is_here(name))
            .map(|name| format!("`{name}`"))
            .collect();
        let _ = writeln!(text, "| {} | {} |", package.name, missing.join(" "));
    }
    page("programs.md", &text);
}

/// A usage in a cell of a table; nothing where there is none.
fn code(usage: &str) -> String {
    if usage.is_empty() {
        return String::new();
    }
    format!("`{}`", usage.replace('|', "\\|"))
}

#[test]
fn lint() {
    let mut text = String::from(include_str!("lint-head.md"));
    for (reader, rules) in layouts::overlay2::lint::rules() {
        let _ = write!(text, "\n## {reader}\n");
        for rule in rules {
            let severity = match rule.severity {
                Severity::Error => "Error",
                Severity::Warning => "Warning",
            };
            let needs = match rule.needs_image {
                true => ", told only where the whole image is known",
                false => "",
            };
            let _ = write!(
                text,
                "\n### `{}`\n\n{severity}{needs}. {}\n\n{}\n",
                rule.id, rule.cause, rule.remedy
            );
        }
    }
    page("lint.md", &text);
}

#[test]
fn every_rule_of_lint_has_a_name_of_its_own_and_sentences() {
    let mut ids = Vec::new();
    for (_, rules) in layouts::overlay2::lint::rules() {
        for rule in rules {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(rule.id.chars().all(plain), "{}", rule.id);
            for sentence in [rule.cause, rule.remedy] {
                assert!(
                    sentence.ends_with(['.', ')', '`']),
                    "{}: {sentence}",
                    rule.id
                );
            }
            ids.push(rule.id);
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "a name stands twice");
}

/// A page shows files of `examples/` word for word: a line "`examples/PATH`:", then a block.
#[test]
fn files_that_pages_show_are_those_of_the_examples() {
    let root = workspace_tests::root();
    let mut shown = 0;
    for entry in std::fs::read_dir(root.join("docs"))
        .expect("docs")
        .flatten()
    {
        let page = std::fs::read_to_string(entry.path()).expect("a page");
        for part in page.split("\n`examples/").skip(1) {
            let Some((path, rest)) = part.split_once("`:\n\n```") else {
                continue;
            };
            let (_, block) = rest.split_once('\n').expect("a block");
            let (block, _) = block.split_once("\n```").expect("an end of the block");
            let text = std::fs::read_to_string(root.join("examples").join(path)).expect(path);
            assert_eq!(block, text.trim_end(), "{path} in {:?}", entry.path());
            shown += 1;
        }
    }
    assert!(shown > 0, "no page shows a file any more");
}
