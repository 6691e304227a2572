//! What is found in crontabs that can be read.

use super::*;
use kernel::accounts::Accounts;

use crate::crontab::read;
use crate::schedule::Zone;

fn lint(text: &str) -> Vec<(Severity, &'static str)> {
    let temp = temp::Temp::new();
    let path = temp.write("tab", text);
    temp.write("root/bin/sh", "");
    temp.write("root/usr/bin/report", "");
    let root = temp.at("root");
    let how = How {
        zone: Zone::utc(),
        users: crate::crontab::UserField::Never,
        accounts: Accounts::parse(b"root:x:0:0::/root:/bin/sh\n", b""),
    };
    let (jobs, problems) = read(std::slice::from_ref(&path), &how);
    assert_eq!(problems, [], "{text}");
    let place = Place {
        root: &root,
        path: b"/usr/bin:/bin",
        now: 1_774_700_000,
    };
    let found = review(&[path], &jobs, &how, &place);
    for (_, problem) in &found {
        assert!(problem.text.contains("; "), "{}", problem.text);
    }
    found
        .into_iter()
        .map(|(severity, problem)| (severity, problem.name))
        .collect()
}

#[test]
fn what_is_not_meant_is_found() {
    use Severity::{Error, Note, Warning};
    for (text, expected) in [
        ("0 5 * * * report --daily\n", &[][..]),
        ("0 5 * * * cd /x && report; y\n", &[]),
        ("0 5 * * * A=b exec /usr/bin/report\n", &[]),
        ("0 5 * * * [ -x /bin/nothing ] && nothing\n", &[]),
        ("0 5 * * * $HOME/x\n", &[]),
        ("0 5 * * * report", &[(Warning, "no-final-newline")]),
        ("# nothing\n", &[(Warning, "no-jobs")]),
        ("0 5 * * * root report\n", &[(Error, "user-field")]),
        ("0 5 * * * repotr\n", &[(Warning, "command-missing")]),
        (
            "0 5 * * * /usr/bin/repotr\n",
            &[(Warning, "command-missing")],
        ),
        ("0 5 * * * ./report\n", &[(Warning, "relative-command")]),
        ("0 0 30 2 * report\n", &[(Error, "never")]),
        ("@reboot report\n", &[]),
        (
            "* 5 * * * report\n",
            &[(Warning, "every-minute-of-an-hour")],
        ),
        ("* * * * * report\n", &[(Note, "every-minute")]),
        ("0 0 13 * fri report\n", &[(Warning, "both-days")]),
        (
            "CRON_JITTER=1h 0 * * * * report\n",
            &[(Warning, "long-jitter")],
        ),
        (
            "SHELL=/bin/zsh\n@daily report\n@weekly report\n",
            &[(Error, "shell-missing"), (Note, "same-name")],
        ),
        (
            "PATH=/opt\n@daily report\n",
            &[(Warning, "command-missing")],
        ),
        (
            "CRON_TZ=Europe/Berlin\n30 2 * * * report\n",
            &[(Note, "clock-change"), (Error, "unknown-zone")],
        ),
        ("CRON_TZ=UTC\n30 2 * * * report\n", &[]),
    ] {
        assert_eq!(lint(text), expected, "{text}");
    }
}

#[test]
fn a_file_that_everybody_may_write_to_is_told() {
    let temp = temp::Temp::new();
    let path = temp.write("tab", "@daily true\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("a mode");
    let mut found = Vec::new();
    whole_file(&path, true, &mut found);
    assert_eq!(found[0].1.name, "writable");
}

#[test]
fn a_scheduler_says_once_a_file_that_its_commands_begin_with_a_user() {
    let temp = temp::Temp::new();
    let tabs = [
        temp.write(
            "tab",
            "0 5 * * * ls\n0 5 * * * root ls\n0 6 * * * root ls\n",
        ),
        temp.write("cron.d/tab", "0 5 * * * root ls\n"),
    ];
    temp.write("root/bin/ls", "");
    let how = How {
        zone: Zone::utc(),
        users: crate::crontab::UserField::ByPlace,
        accounts: Accounts::parse(b"root:x:0:0::/root:/bin/sh\n", b""),
    };
    let (jobs, _) = read(&tabs, &how);
    let place = |root| Place {
        root,
        path: b"/bin",
        now: 0,
    };
    let root = temp.at("root");
    let found = users_as_programs(&jobs, &how, &place(&root));
    let lines: Vec<usize> = found.iter().map(|problem| problem.place.1).collect();
    assert_eq!(lines, [2], "{found:?}");
    // A program of that name is what is meant.
    temp.write("root/bin/root", "");
    assert_eq!(users_as_programs(&jobs, &how, &place(&root)), []);
}
