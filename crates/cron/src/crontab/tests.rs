//! Whole crontabs, and what is said of them.

use std::time::Duration;

use super::*;
use crate::job::{Missed, Overlap};

fn how(users: UserField) -> How {
    How {
        zone: Zone::utc(),
        users,
        accounts: Accounts::parse(
            b"root:x:0:0::/root:/bin/sh\napp:x:10:10::/app:/bin/sh\n",
            b"root:x:0:\n",
        ),
    }
}

fn read_as(users: UserField, text: &str) -> (Vec<Job>, Vec<Problem>) {
    read_text(Path::new("tab"), text.as_bytes(), &how(users))
}

fn read_plain(text: &str) -> (Vec<Job>, Vec<Problem>) {
    read_as(UserField::Never, text)
}

/// The one problem of a text.
#[track_caller]
fn only(text: &str) -> String {
    let (_, problems) = read_plain(text);
    assert_eq!(problems.len(), 1, "{text:?}: {problems:?}");
    problems[0].line()
}

fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn options_hold_from_their_line_on_and_in_front_of_a_job_for_it_alone() {
    let (jobs, problems) = read_plain(
        "A=1\n\
         0 5 * * * one\n\
         CRON_TZ=Europe/Berlin\n\
         CRON_OVERLAP = \"queue\"\n\
         B = ' two words '\n\
         CRON_TIMEOUT=90s CRON_NAME=nightly CRON_TZ=UTC 0 5 * * * two\n\
         CRON_JITTER=5m\n\
         CRON_MISSED=once\n\
         A=2\n\
         CRON_USER=app\n\
         @daily three\n\
         CRON_TZ=\n\
         CRON_USER=\n\
         0 5 * * * four",
    );
    assert_eq!(problems, []);
    let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["one", "nightly", "three", "four"]);
    let [one, two, three, four] = &jobs[..] else {
        panic!("{jobs:?}")
    };
    let zone = |job: &Job| job.schedule.zone().name().to_string();
    assert_eq!(
        [zone(one), zone(two), zone(three), zone(four)],
        ["UTC", "UTC", "Europe/Berlin", "UTC"]
    );
    assert_eq!(one.policy.overlap, Overlap::Skip);
    assert_eq!(two.policy.overlap, Overlap::Queue);
    assert_eq!(two.policy.timeout, Some(Duration::from_secs(90)));
    assert_eq!(
        (three.policy.timeout, three.policy.jitter),
        (None, Duration::from_secs(300))
    );
    assert_eq!(three.policy.missed, Missed::Once);
    assert_eq!(three.user.as_deref(), Some(&b"app"[..]));
    assert_eq!((four.user.as_deref(), four.place.1), (None, 14));
    let entries = |job: &Job| -> Vec<String> {
        let entry =
            |(name, value): &(Vec<u8>, Vec<u8>)| format!("{}={}", text_of(name), text_of(value));
        job.environment.iter().map(entry).collect()
    };
    assert_eq!(entries(one), ["A=1"]);
    assert_eq!(entries(two), ["A=1", "B= two words "]);
    assert_eq!(entries(three), ["A=2", "B= two words "]);
}

#[test]
fn good_jobs_stay_whatever_is_wrong_beside_them() {
    let (jobs, problems) = read_plain(
        "61 * * * * a\n0 5 * * * good\n\
         CRON_TZ=Mars/Olympus\n0 6 * * * lost\nCRON_TZ=UTC\n0 7 * * * good\n\
         CRON_TZ=Nowhere/At-all 0 5 * * * lost\n0 8 * * * good\n0 8 * * *\nhello\n",
    );
    let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["good", "good-2", "good-3"]);
    let places: Vec<(usize, usize, &str)> = problems
        .iter()
        .map(|problem| (problem.place.1, problem.column, problem.name))
        .collect();
    assert_eq!(
        places,
        [
            (1, 1, "schedule"),
            (3, 9, "unknown-zone"),
            (7, 9, "unknown-zone"),
            (9, 10, "no-command"),
            (10, 6, "schedule"),
        ]
    );
    assert!(problems.iter().all(|problem| problem.fatal));
}

#[test]
fn what_is_said_has_place_cause_and_remedy() {
    for (text, line) in [
        (
            "61 * * * * x\n",
            "tab:1:1: error[schedule]: 61 is no minute (0-59)",
        ),
        (
            "CRON_OVERLAP=quue\n",
            "tab:1:14: warning[option-value]: CRON_OVERLAP: quue is none of skip, queue, replace, \
             allow; did you mean queue?; the line is passed over",
        ),
        (
            "CRON_OVERLP=queue\n",
            "tab:1: warning[unknown-option]: there is no option CRON_OVERLP; did you mean \
             CRON_OVERLAP?",
        ),
        (
            "0 5 * * * x %\n",
            "tab:1:13: warning[percent]: % ends the command, and what stands behind it is its \
             standard input (crontab(5)); write \\% for the character",
        ),
        (
            "CRON_USER=ap 0 5 * * * x\n",
            "tab:1: error[unknown-user]: CRON_USER: there is no user ap in /etc/passwd; make the \
             user in the image, or name another",
        ),
    ] {
        assert_eq!(only(text), line);
    }
    for (text, name) in [
        ("MAILTO=me@example.org\n", "no-mail"),
        ("LOGNAME=me\n", "no-logname"),
        ("TZ=UTC\n", "tz-is-environment"),
        ("PATH=$PATH:/opt\n", "not-expanded"),
        ("A=b 0 5 * * * cmd\n", "job-in-value"),
        ("CRON_TIMEOUT=soon\n", "option-value"),
        ("CRON_NAME=a/b\n", "option-value"),
        ("CRON_NAME=a b 0 5 * * * x\n", "schedule"),
        ("CRON_NAME=a CRON_USER=root\n", "no-schedule"),
        ("0 5 * * * a\0b\n", "nul-byte"),
        ("0 5 * * * \n", "no-command"),
        ("0 5 * * * %x\n", "no-command"),
        ("*/5 * * * * * x\n", "six-fields"),
        ("0 5 * * * x\r\n0 6 * * * y\r\n", "crlf-lines"),
        ("\u{feff}0 5 * * * x\n", "byte-order-mark"),
    ] {
        let line = only(text);
        assert!(line.contains(&format!("[{name}]: ")), "{text:?}: {line}");
    }
    for text in [
        "MAILTO=\"\"\n",
        "CRON_TZ=UTC\nTZ=UTC\n",
        "0 5 * * * date +\\%F\n",
        "CRON_SECONDS=yes\n*/5 * * * * * x\n",
        "*/5 * * * * * * x\n",
        "# a comment\n\n  \t\n   # one more\n",
        "\t 0 5 * * * x",
        "-0 5 * * * x\n",
    ] {
        assert_eq!(read_plain(text).1, [], "{text:?}");
    }
}

#[test]
fn windows_files_are_read_as_if_they_were_none() {
    let (jobs, problems) = read_plain("\u{feff}A=b\r\n0 5 * * * x y\r\n@daily z");
    assert_eq!(text_of(&jobs[0].command), "x y");
    assert_eq!(text_of(&jobs[0].environment[0].1), "b");
    assert_eq!((jobs.len(), problems.len()), (2, 2));
    let (jobs, problems) = read_text(Path::new("tab"), b"\xff\xfe0\0", &how(UserField::Never));
    assert!(jobs.is_empty());
    assert_eq!(problems[0].name, "utf-16");
}

#[test]
fn a_field_for_users_is_where_the_place_says() {
    for (path, expected) in [
        ("/etc/crontab", true),
        ("/etc/cron.d/job", true),
        ("/app/cron.d/job", true),
        ("/app/crontab", false),
        ("crontab", false),
    ] {
        assert_eq!(
            how(UserField::ByPlace).has_users(Path::new(path)),
            expected,
            "{path}"
        );
    }
    let (jobs, problems) = read_as(
        UserField::Always,
        "0 5 * * * app  /bin/x y\n0 5 * * * ap /bin/x\n0 5 * * * /bin/x y\n@daily root\n\
         CRON_SECONDS=yes\n0 0 5 * * * root z\n",
    );
    assert_eq!(text_of(&jobs[0].command), "/bin/x y");
    assert_eq!(jobs[0].user.as_deref(), Some(&b"app"[..]));
    assert_eq!((jobs.len(), jobs[1].name.as_str()), (2, "z"));
    let said: Vec<String> = problems.iter().map(Problem::line).collect();
    assert!(
        said[0].contains("tab:2:11: ") && said[0].contains("did you mean app?"),
        "{}",
        said[0]
    );
    assert!(
        said[1].contains("write root in front of /bin/x"),
        "{}",
        said[1]
    );
    assert!(
        said[2].contains("no command behind the user"),
        "{}",
        said[2]
    );
}

#[test]
fn what_is_too_large_is_bounded_and_told() {
    let long = format!("0 5 * * * {}\n", "x".repeat(131_072));
    assert!(only(&long).contains("[too-long]"));
    let fits = format!("0 5 * * * {}\n", "x".repeat(131_071));
    assert_eq!(read_plain(&fits).0.len(), 1);
    let (jobs, problems) = read_plain(&"* * * * * x\n".repeat(10_002));
    assert_eq!((jobs.len(), problems.len()), (10_000, 1));
    assert_eq!(jobs[9_999].name, "x-10000");
    // A file that is something else is told in few lines.
    let (jobs, problems) = read_plain(&"what is this\n".repeat(5000));
    assert_eq!((jobs.len(), problems.len()), (0, 4));
    assert_eq!(problems[3].name, "no-crontab");
    let (jobs, problems) = read_plain(&format!("@daily x\n{}", "what is this\n".repeat(5000)));
    assert_eq!((jobs.len(), problems.len()), (1, 21));
    assert!(
        problems[20].text.starts_with("1000 lines cannot be read"),
        "{}",
        problems[20].text
    );
    // Variables between jobs are not copied without end.
    let mut text = String::new();
    for number in 0..3000 {
        text.push_str(&format!("V{number}={number}\n@daily x\n"));
    }
    let begun = std::time::Instant::now();
    let (_, problems) = read_plain(&text);
    assert!(problems.iter().any(|problem| problem.name == "too-many"));
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn files_of_a_directory_are_chosen_by_their_names() {
    let temp = temp::Temp::new();
    let folder = temp.path().join("cron.d");
    std::fs::create_dir_all(folder.join("sub")).expect("a directory");
    for name in [
        "b",
        "a_1-Z",
        ".placeholder",
        "x.bak",
        "x~",
        "job.dpkg-old",
        "..data",
    ] {
        std::fs::write(folder.join(name), "@daily root true\n").expect("a file");
    }
    std::os::unix::fs::symlink("b", folder.join("link")).expect("a link");
    let (jobs, problems) = read(
        &[folder.clone(), folder.join("b")],
        &how(UserField::ByPlace),
    );
    let files: Vec<String> = jobs
        .iter()
        .map(|job| {
            job.place
                .0
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(files, ["a_1-Z", "b", "link"]);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0]
            .text
            .contains(": job.dpkg-old, x.bak, x~; rename"),
        "{}",
        problems[0].text
    );
    let (_, problems) = read(&[temp.path().join("none")], &how(UserField::ByPlace));
    assert!(
        problems[0].line().ends_with(
            "/none: error[unreadable]: the file cannot be read: No such file or directory"
        )
    );
}
