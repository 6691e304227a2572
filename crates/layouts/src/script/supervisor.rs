//! Scripts that look for s6's supervisors among the processes.

use super::{Command, Language, Script};
use crate::{Problem, Rule};

/// What is looked for.
pub const RULES: &[&Rule] = &[&SUPERVISE_PROCESS];

const SUPERVISE_PROCESS: Rule = Rule::error(
    "supervise-process",
    "A script looks for `s6-supervise NAME` or `s6-svscan` among the processes. There are none: PID 1 supervises every service itself, without a process for each.",
    "Ask for the service: `s6-svstat /var/run/s6/services/NAME`, `s6-svok`, or `mainstay status`.",
);

const FINDERS: [&[u8]; 4] = [b"pgrep", b"pkill", b"pidof", b"killall"];
const FILTERS: [&[u8]; 5] = [b"grep", b"egrep", b"fgrep", b"awk", b"sed"];

/// What is wrong with the script.
pub fn check(script: &Script) -> Vec<Problem> {
    let tell = |line| {
        Problem::at(
            &script.path,
            line,
            "it looks for an s6 process, and there is none: PID 1 itself supervises",
            "ask s6-svstat /var/run/s6/services/NAME, or mainstay status",
        )
        .of(&SUPERVISE_PROCESS)
    };
    if script.language == Language::Other {
        let lines = script
            .lines()
            .filter(|(_, line)| sought(line) && FINDERS.iter().any(|name| contains(line, name)));
        return lines.map(|(line, _)| tell(line)).collect();
    }
    let mut problems = Vec::new();
    // Whether the pipeline that is being read began with a list of processes.
    let mut listed = false;
    let lists = script.commands.iter().any(lists_processes);
    for command in &script.commands {
        listed = lists_processes(command) || command.piped && listed;
        let named = command.words.iter().find(|word| sought(&word.text));
        if let Some(named) = named {
            let finds = has(command, &FINDERS);
            let filters = has(command, &FILTERS);
            let piped = match script.language {
                Language::Execline => command.piped && lists,
                _ => command.piped && listed,
            };
            let proc = command.words.iter().any(|w| w.text.starts_with(b"/proc/"));
            if finds || filters && (piped || proc) {
                problems.push(tell(named.line));
            }
        }
    }
    problems
}

fn has(command: &Command, names: &[&[u8]]) -> bool {
    let mut words = command.words.iter();
    words.any(|word| names.contains(&word.name()))
}

fn lists_processes(command: &Command) -> bool {
    has(command, &[b"ps", b"pstree", b"top"])
}

/// The name, also as people write it so that grep does not find itself.
fn sought(text: &[u8]) -> bool {
    [
        &b"s6-supervise"[..],
        b"[s]6-supervise",
        b"s6-svscan",
        b"[s]6-svscan",
    ]
    .iter()
    .any(|name| {
        // Not s6-svscanctl, which is a program to call.
        let mut found = text.windows(name.len()).enumerate();
        found.any(|(at, window)| window == *name && !text[at + name.len()..].starts_with(b"ctl"))
    })
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
