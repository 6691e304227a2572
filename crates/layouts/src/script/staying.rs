//! Whether a script stays or ends: `run` of a service is to stay, a hook is to end.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kernel::escape;

use super::{Command, Language, Script, Word, shell_programs};
use crate::view::View;
use crate::{Problem, Rule};

/// What is looked for.
pub const RULES: &[&Rule] = &[&DAEMONIZES, &ENDS_AT_ONCE, &ENDLESS_HOOK];

const DAEMONIZES: Rule = Rule::error(
    "daemonizes",
    "The `run` of a service ends by a program that puts itself into the background (`nginx` without `daemon off`, `php-fpm -D`, `sshd` without `-D`), or by a command with `&`. PID 1 sees that `run` has ended, and starts it again every second beside what still runs.",
    "Keep the program in the foreground; the finding names the option. Begin the last line with `exec`.",
);
const ENDS_AT_ONCE: Rule = Rule::warning(
    "ends-at-once",
    "The last command of a service's `run` is `exit`, none before it stays, and there is no `finish` that may keep it down. The service is started again every second.",
    "What is to run once goes into `/etc/cont-init.d`. A service ends with `exec` and its program.",
);
const ENDLESS_HOOK: Rule = Rule::error(
    "endless-hook",
    "A script of `/run.d`, `cont-init.d` or `cont-finish.d` does not end: a loop without end and without `break`, `sleep infinity`, `tail -f`. The boot waits for each hook, so services never start; a stop waits until the hook's time is over.",
    "Make it a service of `/etc/services.d`.",
);

/// How a program that can put itself into the background is kept in the foreground.
struct Daemon {
    names: &'static [&'static str],
    /// It goes into the background unless it has one of these words.
    stays_with: &'static [&'static str],
    /// It goes into the background where it has one of these words; empty: always.
    leaves_with: &'static [&'static str],
    remedy: &'static str,
}

const fn unless(
    names: &'static [&'static str],
    stays_with: &'static [&'static str],
    remedy: &'static str,
) -> Daemon {
    Daemon {
        names,
        stays_with,
        leaves_with: &[],
        remedy,
    }
}

const fn with(
    names: &'static [&'static str],
    leaves_with: &'static [&'static str],
    remedy: &'static str,
) -> Daemon {
    Daemon {
        names,
        stays_with: &[],
        leaves_with,
        remedy,
    }
}

/// By the manual of each.
const DAEMONS: &[Daemon] = &[
    unless(
        &["apache2", "httpd"],
        &["-D", "-X", "-f", "-t", "-v", "FOREGROUND"],
        "add -DFOREGROUND",
    ),
    with(
        &["apachectl", "apache2ctl"],
        &["start", "restart", "graceful"],
        "exec apache2 -DFOREGROUND",
    ),
    unless(&["chronyd"], &["-d", "-n", "-q", "-Q"], "add -n"),
    unless(&["cron"], &["-f"], "add -f"),
    unless(
        &["crond"],
        &["-f", "-n", "-d"],
        "add -f (BusyBox) or -n (cronie)",
    ),
    unless(
        &["dnsmasq"],
        &["-k", "-d", "--keep-in-foreground", "--no-daemon", "--test"],
        "add --keep-in-foreground",
    ),
    with(&["exim", "exim4"], &["-bd"], "write -bdf"),
    with(&["gunicorn"], &["-D", "--daemon"], "leave it out"),
    with(&["haproxy"], &["-D"], "leave it out, or write -W"),
    unless(&["keepalived"], &["-n", "--dont-fork"], "add --dont-fork"),
    with(&["memcached"], &["-d"], "leave it out"),
    with(&["mongod"], &["--fork"], "leave it out"),
    with(&["mysqld", "mariadbd"], &["--daemonize"], "leave it out"),
    unless(&["named"], &["-f", "-g"], "add -f"),
    unless(&["ntpd"], &["-n", "-d", "-q"], "add -n"),
    with(&["openvpn"], &["--daemon"], "leave it out"),
    with(&["pg_ctl"], &["start", "restart"], "exec postgres itself"),
    with(&["postfix"], &["start"], "write start-fg"),
    unless(&["proftpd"], &["-n", "--nodaemon"], "add --nodaemon"),
    with(&["rabbitmq-server"], &["-detached"], "leave it out"),
    unless(&["rsyslogd"], &["-n"], "add -n"),
    unless(&["slapd"], &["-d"], "add -d 0"),
    unless(&["squid"], &["-N", "--foreground"], "add -N"),
    unless(&["sshd"], &["-D", "-d", "-i", "-t", "-T"], "add -D"),
    with(
        &["start-stop-daemon"],
        &["-b", "--background"],
        "exec the program itself",
    ),
    unless(&["syslogd"], &["-n"], "add -n"),
    with(
        &["uwsgi"],
        &["-d", "--daemonize", "--daemonize2"],
        "leave it out",
    ),
    unless(&["varnishd"], &["-F", "-d", "-C"], "add -F"),
    unless(
        &["zabbix_agentd", "zabbix_server"],
        &["-f", "--foreground"],
        "add -f",
    ),
];

/// What is wrong with a script that is the `run` of a service. `whole`: what lies below
/// the tree is known.
pub fn check_run(view: &View, script: &Script, whole: bool) -> Option<Problem> {
    let tell = |rule, line, cause: String, remedy: String| {
        Some(Problem::at(&script.path, line, cause, remedy).of(rule))
    };
    let last = last(script)?;
    let first = last.words.first()?;
    if last.background {
        let cause = "it ends with a command in the background, so the service ends at once";
        let remedy = "leave the & out and write exec before the command";
        return tell(&DAEMONIZES, first.line, cause.into(), remedy.into());
    }
    let (program, words) = program(script, last)?;
    if let Some(remedy) = daemonizes(view, program, words, whole) {
        let cause = format!(
            "{} puts itself into the background here, so the service ends at once and is \
             started again and again",
            escape(program.name())
        );
        return tell(&DAEMONIZES, program.line, cause, remedy);
    }
    // Its finish may say that it stays down.
    if view.exists(&script.path.with_file_name("finish")) {
        return None;
    }
    let quick = |command: &Command| {
        let name = command.words.first().map_or(&b""[..], Word::name);
        command.background || QUICK.iter().any(|quick| quick.as_bytes() == name)
    };
    if script.language == Language::Shell
        && program.name() == b"exit"
        && own(script).all(|command| quick(command) || std::ptr::eq(command, last))
    {
        let cause = "it ends by itself at once, and is started again every second";
        let remedy = "move it to /etc/cont-init.d, or end it with exec and its program";
        return tell(&ENDS_AT_ONCE, program.line, cause.into(), remedy.into());
    }
    None
}

/// Commands that end by themselves soon.
const QUICK: &[&str] = &[
    "[", "cat", "cd", "chmod", "chown", "cp", "echo", "env", "export", "install", "ln", "mkdir",
    "mv", "printf", "rm", "sed", "set", "shift", "test", "touch", "true", "ulimit", "umask",
    "unset",
];

/// The commands of the script itself, without those of texts in it.
fn own(script: &Script) -> impl Iterator<Item = &Command> {
    script.commands.iter().filter(|command| !command.document)
}

/// The last command, where it stands outside of branches and functions.
fn last(script: &Script) -> Option<&Command> {
    let last = match script.language {
        // The script itself; its blocks follow it.
        Language::Execline => script.commands.first(),
        Language::Shell => own(script).last(),
        Language::Other => None,
    }?;
    let line = last.words.first()?.line;
    let (_, text) = script.lines().find(|(number, _)| *number == line)?;
    let indented = text.first().is_none_or(u8::is_ascii_whitespace);
    (script.language == Language::Execline || !indented).then_some(last)
}

/// The word that names the program which a command becomes, and the words after it.
fn program<'a>(script: &'a Script, last: &'a Command) -> Option<(&'a Word, &'a [Word])> {
    let at = match script.language {
        Language::Execline => {
            let becomes = script.becomes().pop()?;
            last.words
                .iter()
                .position(|word| std::ptr::eq(word, becomes))?
        }
        Language::Shell => shell_programs(&last.words).pop()?,
        Language::Other => return None,
    };
    Some((last.words.get(at)?, &last.words[at + 1..]))
}

/// What keeps a program in the foreground that would leave it, called with these words.
fn daemonizes(view: &View, program: &Word, words: &[Word], whole: bool) -> Option<String> {
    let name = std::str::from_utf8(program.name()).ok()?;
    // What is computed may be the option that is looked for.
    let open = words.iter().any(|word| !word.literal);
    let has = |option: &str| words.iter().any(|word| is_option(&word.text, option));
    if name == "nginx" {
        return nginx(view, words, whole).then(|| "add -g \"daemon off;\"".to_string());
    }
    if name.starts_with("php-fpm") {
        let leaves = has("-D") || has("--daemonize");
        return leaves.then(|| "write -F".to_string());
    }
    let starts = words.first().is_some_and(|word| word.text == b"start");
    if program.text.starts_with(b"/etc/init.d/") && starts {
        return Some("exec the daemon itself, in the foreground".to_string());
    }
    if name == "service" && words.get(1).is_some_and(|word| word.text == b"start") {
        return Some("exec the daemon itself, in the foreground".to_string());
    }
    if name == "redis-server" {
        let mut pairs = words.windows(2);
        let leaves = pairs.any(|two| two[0].text == b"--daemonize" && two[1].text == b"yes");
        return leaves.then(|| "leave --daemonize out".to_string());
    }
    let daemon = DAEMONS.iter().find(|daemon| daemon.names.contains(&name))?;
    let leaves = match daemon.leaves_with {
        [] => !open && !daemon.stays_with.iter().any(|option| has(option)),
        options => options.iter().any(|option| has(option)),
    };
    leaves.then(|| daemon.remedy.to_string())
}

/// Whether a word is this option, or one-letter options of which one is it.
fn is_option(word: &[u8], option: &str) -> bool {
    let option = option.as_bytes();
    if word == option {
        return true;
    }
    match option {
        [b'-', b'-', ..] => word
            .strip_prefix(option)
            .is_some_and(|rest| rest.starts_with(b"=")),
        [b'-', letter] => {
            word.first() == Some(&b'-') && word.get(1) != Some(&b'-') && word.contains(letter)
        }
        _ => false,
    }
}

/// Whether nginx leaves the foreground: unless its words say otherwise, or its
/// configuration does, as far as that can be seen.
fn nginx(view: &View, words: &[Word], whole: bool) -> bool {
    const MOST: usize = 256 * 1024;
    let says_off = |text: &[u8]| {
        let lines = text.split(|b| *b == b'\n' || *b == b';');
        let mut settings = lines.map(|line| {
            let words = line.split(u8::is_ascii_whitespace);
            words.filter(|word| !word.is_empty()).collect::<Vec<_>>()
        });
        settings.any(|words| words.ends_with(&[b"daemon", b"off"]))
    };
    // Words that only ask it something, or that nobody knows before it runs.
    let asks = |word: &Word| {
        let text = &word.text[..];
        !word.literal || [&b"-t"[..], b"-T", b"-s", b"-v", b"-V", b"-q", b"-h"].contains(&text)
    };
    if words.iter().any(|word| asks(word) || says_off(&word.text)) {
        return false;
    }
    let named = words
        .windows(2)
        .find(|two| two[0].text == b"-c")
        .map(|two| Path::new(OsStr::from_bytes(&two[1].text)));
    let file = named.unwrap_or(Path::new("/etc/nginx/nginx.conf"));
    match view.read_start(file, MOST) {
        Ok(text) => !says_off(&text),
        // One that a hook writes says what it says.
        Err(_) => whole && named.is_none(),
    }
}

/// What is wrong with a script that is a hook.
pub fn check_hook(script: &Script) -> Option<Problem> {
    if script.language != Language::Shell {
        return None;
    }
    let tell = |line, cause: String| {
        let remedy = "make it a service: a directory of /etc/services.d with it as run";
        Some(Problem::at(&script.path, line, cause, remedy).of(&ENDLESS_HOOK))
    };
    let commands: Vec<&Command> = own(script).collect();
    let mut loops = Loops::default();
    for (number, command) in commands.iter().enumerate() {
        // What reads it may end it, as `tail -f log | grep -m1 ready` does.
        let read = commands.get(number + 1).is_some_and(|next| next.piped);
        if let Some(line) = loops.meet(number, command, read) {
            return tell(line, "it begins a loop that nothing ends".into());
        }
        let waits = shell_programs(&command.words).pop();
        let Some(at) = waits.filter(|_| command.unindented && !command.background) else {
            continue;
        };
        let (program, words) = (&command.words[at], &command.words[at + 1..]);
        let is = |text: &[u8]| words.iter().any(|word| word.literal && word.text == text);
        let follows = |word: &Word| {
            word.literal && (is_option(&word.text, "-f") || is_option(&word.text, "-F"))
        };
        let endless = match program.name() {
            b"sleep" => is(b"infinity") || is(b"inf"),
            b"tail" => {
                words.iter().any(follows) && !words.iter().any(|w| w.text.starts_with(b"--pid"))
            }
            _ => false,
        };
        if endless && !read {
            let cause = format!("{} never ends here", escape(program.name()));
            return tell(program.line, cause);
        }
    }
    None
}

/// Whether a command begins a loop on a condition that is always met, at the begin of a
/// line: those of functions are indented.
fn is_endless(command: &Command) -> bool {
    let words: Vec<&[u8]> = command.words.iter().map(|word| &word.text[..]).collect();
    let literal = command.words.iter().all(|word| word.literal);
    command.unindented
        && literal
        && matches!(
            words[..],
            [b"while", b"true" | b":" | b"/bin/true"]
                | [b"while", b"[", b"1" | b"true", b"]"]
                | [b"until", b"false"]
        )
}

/// The loops that are open where a script is being read, each by the number of the command
/// that begins it and, where it has no end of its own, its line.
#[derive(Default)]
struct Loops {
    open: Vec<(usize, Option<u32>)>,
    /// The last command that may leave a loop.
    leaves: Option<usize>,
}

impl Loops {
    /// Meets the next command; gives the line of a loop that ends with it and that nothing
    /// in it leaves.
    fn meet(&mut self, number: usize, command: &Command, read: bool) -> Option<u32> {
        const LEAVES: [&[u8]; 6] = [b"break", b"exit", b"return", b"exec", b"kill", b"trap"];
        let mut words = command.words.iter();
        if words.any(|word| LEAVES.contains(&word.name())) {
            self.leaves = Some(number);
        }
        // Words before the command itself may stand in front.
        let before = |word: &&Word| {
            let name = word.name();
            ![&b"do"[..], b"then", b"else", b"if", b"!", b"{"].contains(&name)
        };
        match command.words.iter().find(before)?.name() {
            b"while" | b"until" | b"for" | b"select" => {
                let line = command.words.first().map(|word| word.line);
                self.open
                    .push((number, line.filter(|_| is_endless(command))));
                None
            }
            b"done" => {
                let (begun, line) = self.open.pop()?;
                let left = self.leaves.is_some_and(|leaves| leaves >= begun);
                line.filter(|_| !left && !command.background && !read)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        Script::of(Path::new("/s"), text.as_bytes().to_vec())
    }

    fn run(text: &str) -> Option<&'static str> {
        let problem = check_run(&View::live(), &script(text), false)?;
        problem.rule.map(|rule| rule.id)
    }

    #[test]
    fn programs_that_leave_the_foreground() {
        for text in [
            "#!/bin/sh\nexec php-fpm -D\n",
            "#!/bin/sh\nexec php-fpm8.2 --daemonize -c x\n",
            "#!/bin/sh\ns6-setuidgid app sshd -p 22\n",
            "#!/bin/sh\ncrond\n",
            "#!/bin/sh\n/etc/init.d/cron start\n",
            "#!/bin/sh\nservice cron start\n",
            "#!/bin/sh\nexec redis-server --daemonize yes\n",
            "#!/bin/sh\nserver --port 1 &\n",
            "#!/bin/sh\n(cd /x && server) &\n",
            "#!/bin/sh\nwhile true; do work; done &\n",
            "#!/usr/bin/execlineb -P\ns6-setuidgid app\nphp-fpm -D\n",
            "#!/usr/bin/with-contenv bash\nexec gunicorn --daemon=1 app\n",
        ] {
            assert_eq!(run(text), Some("daemonizes"), "{text}");
        }
        for text in [
            "#!/bin/sh\nexec php-fpm -F\n",
            "#!/bin/sh\nexec php-fpm --nodaemonize\n",
            "#!/bin/sh\nexec sshd -De\n",
            "#!/bin/sh\nexec sshd $OPTIONS\n",
            "#!/bin/sh\nexec crond -fS\n",
            "#!/bin/sh\nexec cron -f\n",
            "#!/bin/sh\nexec nginx -g 'daemon off;'\n",
            "#!/bin/sh\nexec nginx -c /run/made.conf\n",
            "#!/bin/sh\nserver &\nwait\n",
            "#!/bin/sh\nexec server >log 2>&1\n",
            "#!/bin/bash\nexec server &>log\n",
            "#!/bin/sh\nif x; then\n  server &\nfi\n",
            "#!/bin/sh\ncat >f <<E\nserver &\nE\n",
            "#!/usr/bin/python3\nserver &\n",
        ] {
            assert_eq!(run(text), None, "{text}");
        }
    }

    #[test]
    fn scripts_that_end_by_themselves() {
        assert_eq!(run("#!/bin/sh\necho x\nexit 0\n"), Some("ends-at-once"));
        assert_eq!(run("#!/bin/sh\nserver &\nexit 0\n"), Some("ends-at-once"));
        for text in [
            "#!/bin/sh\nserver\nexit 0\n",
            "#!/bin/sh\nwhile x; do y; done\nexit 0\n",
            "#!/bin/sh\ns6-svc -O .\nexit 0\n",
            "#!/bin/sh\nif x; then\n  exit 0\nfi\nexec server\n",
        ] {
            assert_eq!(run(text), None, "{text}");
        }
    }

    #[test]
    fn hooks_that_do_not_end() {
        let hook = |text: &str| check_hook(&script(text)).map(|problem| problem.line);
        for (text, line) in [
            ("#!/bin/sh\nwhile true; do\n  work\n  sleep 1\ndone\n", 2),
            (
                "#!/bin/sh\necho\nwhile :\ndo\nfor x in a; do y; done\ndone\n",
                3,
            ),
            ("#!/bin/sh\nuntil false; do x; done\n", 2),
            ("#!/bin/sh\nsleep infinity\n", 2),
            ("#!/bin/sh\nexec tail -F /var/log/x\n", 2),
        ] {
            assert_eq!(hook(text), Some(Some(line)), "{text}");
        }
        for text in [
            "#!/bin/sh\nwhile true; do\n  ready && break\n  sleep 1\ndone\n",
            "#!/bin/sh\nwhile true; do x; done &\n",
            "#!/bin/sh\nwhile ! ready; do sleep 1; done\n",
            "#!/bin/sh\nwatch() {\n  while true; do x; done\n}\n",
            "#!/bin/sh\nsleep infinity &\n",
            "#!/bin/sh\ntail -f x | grep -m1 ready\n",
            "#!/bin/sh\ntail -n 3 x\n",
            "#!/bin/sh\ncat >f <<E\nwhile true; do x; done\nE\n",
            "#!/bin/sh\nwhile true\n",
        ] {
            assert_eq!(hook(text), None, "{text}");
        }
    }
}
