//! What an image holds: settings, accounts, lists, service directories, workers.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use kernel::accounts::Accounts;
use kernel::signal;
use layouts::environment::Readers;
use layouts::service;
use layouts::settings::{self, IfBootFails, Settings, TABLE, Unit};
use layouts::{Problem, environment, workers as pool};
use plan::Readiness;
use plan::handover::{self, Remark};
use plan::{Entry, Group};

use crate::input::Input;
use crate::scratch::Scratch;

/// A line for people is one line, whatever it names.
fn assert_told(problems: &[Problem]) {
    for problem in problems {
        let line = problem.to_string();
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert!(!problem.cause.is_empty(), "{line}");
    }
}

/// Every value is in its unit or told, with the default in its place; and a value that
/// was told changes nothing.
pub(crate) fn settings(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut given: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    while !input.is_empty() {
        let variable = TABLE[usize::from(input.byte()) % TABLE.len()];
        given.insert(variable.name, input.piece().to_vec());
    }
    let (settings, problems) = Settings::read(|name| given.get(name).cloned());
    assert_told(&problems);
    assert!(problems.len() <= given.len());
    assert!(settings.logging <= 2);
    let longest = Duration::from_millis(u64::from(u32::MAX));
    assert!(settings.kill_gracetime <= longest);
    for limit in [
        settings.finish_maxtime,
        settings.services_gracetime,
        settings.cmd_wait_maxtime,
    ] {
        assert!(limit.is_none_or(|limit| !limit.is_zero() && limit <= longest));
    }
    if let Some(profile) = &settings.runtime_profile {
        assert!(!profile.is_empty() && !profile.contains(&b'/') && profile != b"..");
    }
    if let Some(value) = given.get("S6_KEEP_ENV") {
        assert_eq!(settings::keeps_env(value), settings.keep_env);
    }
    let told = |name: &str| {
        let prefix = format!("{name}=");
        let is_about = |problem: &Problem| {
            let path = problem.path.as_os_str().as_bytes();
            path.starts_with(prefix.as_bytes())
        };
        problems.iter().any(is_about)
    };
    // S6_LOGGING is told when it is understood.
    let (alone, _) = Settings::read(|name| match told(name) && name != "S6_LOGGING" {
        true => None,
        false => given.get(name).cloned(),
    });
    assert_eq!(alone, settings);
    for variable in TABLE {
        let Some(value) = given.get(variable.name) else {
            continue;
        };
        let is_number = !matches!(variable.unit, Unit::Text);
        if is_number && value.contains(&b'-') {
            assert!(told(variable.name), "{}", variable.name);
        }
    }
    if told("S6_BEHAVIOUR_IF_STAGE2_FAILS") {
        assert_eq!(settings.if_boot_fails, IfBootFails::default());
    }
}

/// Every account has a name and ids that are ids; no name stands for two.
pub(crate) fn accounts(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let passwd = input.piece();
    let group = input.rest();
    let found = Accounts::parse(passwd, group);
    for user in &found.users {
        assert!(!user.name.is_empty() && !user.name.contains(&b':'));
        assert_ne!(
            user.uid,
            u32::MAX,
            "(uid_t)-1 means \"leave it\" to chown(2)"
        );
        assert_ne!(user.gid, u32::MAX);
        let first = found.user(&user.name).expect("it is there");
        assert_eq!(first.name, user.name);
        let gids = found.groups_of(&user.name, user.gid);
        assert_eq!(gids[0], user.gid);
        let once: std::collections::BTreeSet<u32> = gids.iter().copied().collect();
        assert_eq!(once.len(), gids.len());
    }
    for group in &found.groups {
        assert!(!group.name.is_empty());
        assert_ne!(group.gid, u32::MAX);
        assert!(group.members.iter().all(|member| !member.is_empty()));
    }
    // What is printed as the files have it, is read again.
    let (mut passwd, mut text) = (Vec::new(), Vec::new());
    for user in &found.users {
        let ids = format!(":x:{}:{}::", user.uid, user.gid);
        passwd.extend(
            [
                &user.name,
                ids.as_bytes(),
                &user.home,
                b":",
                &user.shell,
                b"\n",
            ]
            .concat(),
        );
    }
    for group in &found.groups {
        let members = group.members.join(&b',');
        let gid = format!(":x:{}:", group.gid);
        text.extend([&group.name, gid.as_bytes(), &members, b"\n"].concat());
    }
    assert_eq!(Accounts::parse(&passwd, &text), found);
}

/// Lines are numbered in order, owners are ids and modes are modes; a line that does not
/// fit is told with its number.
pub(crate) fn fix_attrs(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let passwd = input.piece();
    let group = input.piece();
    let list = input.rest();
    let accounts = Accounts::parse(passwd, group);
    let (lines, problems) = layouts::for_fuzzing::fix_attrs_lines(list, &accounts);
    assert_told(&problems);
    let count = 1 + list.iter().filter(|byte| **byte == b'\n').count();
    // One fault a field, and the path has none.
    assert!(lines.len() <= count && problems.len() <= 4 * count);
    assert!(lines.is_sorted_by(|(a, _), (b, _)| a < b));
    for (number, line) in &lines {
        assert!((1..=count).contains(&(*number as usize)));
        assert!(!line.path.is_empty() && !line.path.contains(&b'\n'));
        assert!(line.file_mode.is_none_or(|mode| mode <= 0o7777));
        assert!(line.dir_mode.is_none_or(|mode| mode <= 0o7777));
        assert!(line.owner.uid != u32::MAX && line.owner.gid != u32::MAX);
    }
    for problem in &problems {
        let number = problem.line.expect("a line");
        assert!((1..=count).contains(&(number as usize)));
    }
}

/// A script is read to its end without being run: what is wrong with it is told with a
/// line that it has, and it has no more words than bytes.
pub(crate) fn lint_script(bytes: &[u8]) {
    let accounts = Accounts::parse(b"app:x:1000:1000::/:/bin/sh\n", b"app:x:1000:\n");
    let (problems, words) = layouts::for_fuzzing::script_problems(bytes, &accounts);
    assert_told(&problems);
    assert!(words <= bytes.len());
    let count = 1 + bytes.iter().filter(|byte| **byte == b'\n').count();
    for problem in &problems {
        let number = problem.line.expect("a line");
        assert!((1..=count).contains(&(number as usize)), "{problem}");
        assert!(problem.rule.is_some(), "{problem}");
    }
}

/// What was dumped is read back: of each name the first value, up to a NUL.
pub(crate) fn container_environment(bytes: &[u8]) {
    let entries = Input::new(bytes).words();
    let mut expected: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let mut bad = 0;
    for entry in &entries {
        match entry.iter().position(|byte| *byte == b'=') {
            None => bad += 1,
            Some(at) => {
                let value = entry[at + 1..].to_vec();
                expected.entry(entry[..at].to_vec()).or_insert(value);
            }
        }
    }
    let scratch = Scratch::new();
    let dir = scratch.path().join("env");
    for _ in 0..2 {
        let problems = stage::environment::dump(&dir, &entries).expect("a directory in memory");
        assert_told(&problems);
        assert_eq!(problems.len(), bad, "{problems:?}");
        let read = environment::read(&dir, Readers::Anybody).expect("a directory");
        assert_told(&read.problems);
        assert_eq!(read.problems, [], "no word here is too long for a program");
        let read: BTreeMap<_, _> = read.variables.into_iter().collect();
        assert_eq!(read, expected);
    }
    for (name, value) in expected.iter().take(4) {
        assert_eq!(environment::value(&dir, name).as_ref(), Some(value));
    }
    let written = environment::read_written(&dir).expect("a directory");
    assert!(written.len() <= expected.len());
    let clean = |value: &Option<Vec<u8>>| value.as_ref().is_none_or(|value| !value.contains(&0));
    assert!(written.iter().all(|(_, value)| clean(value)));
}

/// The files of a service directory that hold a value.
const VALUES: &[&str] = &[
    "notification-fd",
    "timeout-kill",
    "timeout-finish",
    "down-signal",
    "max-death-tally",
    "lock-fd",
    "finish",
    "run",
    "down",
];

/// Every value is in its range or told; the unit survives the way to PID 1.
pub(crate) fn service_directory(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let scratch = Scratch::new();
    let dir = scratch.path().join("web");
    fs::create_dir(&dir).expect("a directory");
    let script = |path: &Path, text: &[u8]| {
        fs::write(path, text).expect("a file");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    };
    script(&dir.join("run"), b"#!/bin/sh\n");
    while !input.is_empty() {
        let name = VALUES[usize::from(input.byte()) % VALUES.len()];
        script(&dir.join(name), input.piece());
    }
    let found = match service::read_service(&dir) {
        Ok(found) => found,
        Err(problem) => return assert_told(&[problem]),
    };
    assert_told(&found.problems);
    let service = &found.service;
    assert_eq!(found.logger, None);
    assert_eq!(service.unit.name, "web");
    for fd in [service.program.notification_fd, service.program.lock_fd] {
        assert!(fd.is_none_or(|fd| (1..1 << 30).contains(&fd)));
    }
    let notified = service.unit.readiness == Readiness::Notified;
    assert_eq!(notified, service.program.notification_fd.is_some());
    assert!(service.program.max_death_tally <= 4096);
    assert!((1..=64).contains(&service.unit.down_signal));
    for limit in [service.unit.kill_after, service.unit.finish_within] {
        assert!(limit.is_none_or(|limit| !limit.is_zero()));
    }
    assert_survives(vec![service.clone()], Vec::new(), Vec::new());
}

fn assert_survives(entries: Vec<Entry>, groups: Vec<Group>, remarks: Vec<Remark>) {
    let bytes = handover::encode(&entries, &groups, &remarks);
    assert_eq!(handover::decode(&bytes), Ok((entries, groups, remarks)));
}

/// Bytes become entries and groups only if they are what was written; these survive being
/// written again, and no list is longer than its bytes allow.
pub(crate) fn boot_handover(bytes: &[u8]) {
    let Ok((entries, groups, remarks)) = handover::decode(bytes) else {
        return;
    };
    assert!(entries.len() + groups.len() + remarks.len() <= bytes.len());
    let needs: usize = entries.iter().map(|it| it.unit.needs.len()).sum();
    let members: usize = groups.iter().map(|it| it.members.len()).sum();
    assert!(needs + members <= bytes.len());
    assert_survives(entries, groups, remarks);
}

/// A number of workers is one that was said; their script stands for exactly the words.
pub(crate) fn workers(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let word = input.piece();
    match pool::count(word) {
        Ok(count) => {
            assert!((1..=pool::MOST).contains(&count));
            assert!(word.iter().all(u8::is_ascii_digit));
        }
        Err(line) => assert!(!line.chars().any(char::is_control), "{line:?}"),
    }
    let user: Vec<u8> = input.piece().iter().copied().filter(|b| *b != 0).collect();
    let argv = input.words();
    let kept = pool::Kept {
        limits: bytes.len().is_multiple_of(2),
        prefix: bytes.len().is_multiple_of(3),
    };
    let mut expected = vec![b"with-contenv".to_vec()];
    expected.extend([b"s6-envdir".to_vec(), pool::VARIABLES.into()]);
    if kept.any() {
        let attach = [
            places::OUR_BINARY.into(),
            b"workers".to_vec(),
            b"attach".to_vec(),
        ];
        expected.extend(attach);
    }
    if !user.is_empty() {
        expected.extend([b"s6-setuidgid".to_vec(), user.clone()]);
    }
    expected.extend(argv.iter().cloned());
    let script = pool::run_script(&argv, Some(&user), kept);
    assert_eq!(execline::script::parse(&script), Ok(expected));
}

/// A signal that was named has a name, which names it.
pub(crate) fn signal_names(bytes: &[u8]) {
    if let Some(number) = signal::parse(bytes) {
        assert!((1..=signal::MAX).contains(&number));
        let name = signal::name(number);
        assert_eq!(signal::parse(name.as_bytes()), Some(number), "{name}");
        let with_sig = format!("sig{name}");
        if !name.bytes().all(|byte| byte.is_ascii_digit()) {
            assert_eq!(signal::parse(with_sig.as_bytes()), Some(number));
        }
        assert!(bytes.is_ascii() && !bytes.contains(&b' '));
        assert!(!OsStr::from_bytes(bytes).is_empty());
    }
}
