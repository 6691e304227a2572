//! `add TYPE KEY...`: measures what is there now, and writes it into the gossfile.

mod flags;

use std::io::Write;

use super::flags::Flag;
use super::{Call, Command, Name, exit, help, log, validate};
use crate::gossfile::edit::Edited;
use crate::gossfile::is_match;
use crate::probe::System;
use crate::probe::describe::{Request, describe};
use crate::resource::{self, INCLUDE, Kind};
use crate::value::Value;
use flags::{
    ADDR_TIMEOUT, COMMAND_TIMEOUT, DNS_TIMEOUT, EXCLUDE, HTTP_TIMEOUT, INSECURE, MOUNT_TIMEOUT,
    NO_FOLLOW, PASSWORD, PROXY, SERVER, USERNAME,
};

pub(super) const COMMAND: Command = Command {
    name: "add",
    alias: Some("a"),
    words: "TYPE KEY…",
    summary: "write what is there now into the gossfile",
    flags: &[&EXCLUDE],
    takes_all: false,
    run: |call, out| help::of(call.name, &COMMAND, out),
};

/// One type.
const fn row(
    name: &'static str,
    summary: &'static str,
    flags: &'static [&'static Flag],
    run: fn(&Call, &mut dyn Write) -> u8,
) -> Command {
    Command {
        name,
        alias: None,
        words: "KEY…",
        summary,
        flags,
        takes_all: false,
        run,
    }
}

/// The types. Their flags are attributes, but for what is left out.
pub(super) static TYPES: &[Command] = &[
    row(
        "addr",
        "an address: [tcp://|udp://]HOST:PORT",
        &[&EXCLUDE, &ADDR_TIMEOUT],
        |call, out| {
            let given = vec![timeout(call, &ADDR_TIMEOUT)];
            add(call, "addr", given, out)
        },
    ),
    row(
        "command",
        "a command: its code and what it prints",
        &[&EXCLUDE, &COMMAND_TIMEOUT],
        |call, out| {
            let given = vec![timeout(call, &COMMAND_TIMEOUT)];
            add(call, "command", given, out)
        },
    ),
    row(
        "dns",
        "a name: [A:|MX:|…]NAME",
        &[&EXCLUDE, &DNS_TIMEOUT, &SERVER],
        |call, out| {
            let given = vec![
                timeout(call, &DNS_TIMEOUT),
                ("server", Value::from(call.given.text(&SERVER))),
            ];
            add(call, "dns", given, out)
        },
    ),
    row("file", "a file", &[&EXCLUDE], |call, out| {
        add(call, "file", Vec::new(), out)
    }),
    row(
        "goss",
        "another gossfile, to be included",
        &[&EXCLUDE],
        |call, out| add(call, INCLUDE.section, Vec::new(), out),
    ),
    row("group", "a group", &[&EXCLUDE], |call, out| {
        add(call, "group", Vec::new(), out)
    }),
    row(
        "http",
        "a URL and the status that it answers with",
        &[
            &EXCLUDE,
            &INSECURE,
            &NO_FOLLOW,
            &HTTP_TIMEOUT,
            &USERNAME,
            &PASSWORD,
            &PROXY,
        ],
        |call, out| {
            let given = &call.given;
            let given = vec![
                ("allow-insecure", Value::Bool(given.is_set(&INSECURE))),
                ("no-follow-redirects", Value::Bool(given.is_set(&NO_FOLLOW))),
                timeout(call, &HTTP_TIMEOUT),
                ("username", Value::from(given.text(&USERNAME))),
                ("password", Value::from(given.text(&PASSWORD))),
                ("proxy", Value::from(given.text(&PROXY))),
            ];
            add(call, "http", given, out)
        },
    ),
    row(
        "interface",
        "a network interface",
        &[&EXCLUDE],
        |call, out| add(call, "interface", Vec::new(), out),
    ),
    row(
        "kernel-param",
        "a parameter of the kernel",
        &[&EXCLUDE],
        |call, out| add(call, "kernel-param", Vec::new(), out),
    ),
    row(
        "mount",
        "a mount point",
        &[&EXCLUDE, &MOUNT_TIMEOUT],
        |call, out| {
            let given = vec![timeout(call, &MOUNT_TIMEOUT)];
            add(call, "mount", given, out)
        },
    ),
    row("package", "a package", &[&EXCLUDE], |call, out| {
        add(call, "package", Vec::new(), out)
    }),
    row(
        "port",
        "a port that is listened at: [tcp:|tcp6:|udp:|udp6:]NUMBER",
        &[&EXCLUDE],
        |call, out| add(call, "port", Vec::new(), out),
    ),
    row(
        "process",
        "a process, by its short name",
        &[&EXCLUDE],
        |call, out| add(call, "process", Vec::new(), out),
    ),
    row("service", "a service", &[&EXCLUDE], |call, out| {
        add(call, "service", Vec::new(), out)
    }),
    row("user", "a user", &[&EXCLUDE], |call, out| {
        add(call, "user", Vec::new(), out)
    }),
];

/// The attribute of a flag: whole milliseconds.
fn timeout(call: &Call, flag: &Flag) -> (&'static str, Value) {
    let nanoseconds = call.given.duration(flag).0;
    ("timeout", Value::Int(nanoseconds / 1_000_000))
}

/// The type of a section, that of includes among them.
fn kind(section: &str) -> Option<&'static Kind> {
    match section == INCLUDE.section {
        true => Some(INCLUDE),
        false => resource::kind(section),
    }
}

fn add(call: &Call, section: &str, given: Vec<(&'static str, Value)>, out: &mut dyn Write) -> u8 {
    let added = try_add(call, section, &given, out);
    end(call, added, out)
}

/// The system, seen as strictly as the call wants it.
pub(super) fn system(call: &Call) -> System {
    let mut system = validate::system(call);
    system.strict = call.is_strict();
    system.dual_stack = call.is_strict();
    system
}

/// What came of it, behind what was said on the way.
pub(super) fn end(call: &Call, added: Result<(), String>, out: &mut dyn Write) -> u8 {
    let _ = out.flush();
    match added {
        Ok(()) => exit::DONE,
        Err(why) => {
            say(call, &why);
            exit::REFUSED
        }
    }
}

/// Says a line on standard error: goss with the time ahead, we with our name.
fn say(call: &Call, line: &str) {
    match call.name {
        Name::Goss => log::fatal(line),
        name => eprintln!("{}: {line}", name.word()),
    }
}

fn try_add(
    call: &Call,
    section: &str,
    given: &[(&'static str, Value)],
    out: &mut dyn Write,
) -> Result<(), String> {
    let mut file = open(call)?;
    let kind = kind(section).ok_or_else(|| format!("{section}: cannot be added"))?;
    if call.is_strict() && call.given.words.is_empty() {
        return Err(format!(
            "add {section}: no key, so that there is nothing to add"
        ));
    }
    let patterns = call.given.items(&EXCLUDE);
    let excluded = |name: &str| patterns.iter().any(|one| is_match(one.trim(), name));
    let system = system(call).into();
    for key in &call.given.words {
        let request = Request {
            kind,
            key,
            given,
            excluded: &excluded,
        };
        let resource = describe(&request, &system)?;
        let _ = out.write_all(file.put(resource).as_bytes());
    }
    finish(call, &file)
}

/// The gossfile that is to be written.
pub(super) fn open(call: &Call) -> Result<Edited, String> {
    let source = call.source();
    Edited::open(&source.gossfile, source.strict).map_err(|problems| call.words(&problems))
}

/// Writes the gossfile.
pub(super) fn finish(call: &Call, file: &Edited) -> Result<(), String> {
    if file.is_empty() {
        let words = "Can't write empty configuration file. Please check resource name(s).";
        say(call, words);
        return Ok(());
    }
    // Who asks for goss gets what goss does: nothing is said.
    if call.is_strict()
        && let Some(backup) = file.keep_backup()?
    {
        let what = "comments, anchors and the like are not written again";
        say(call, &format!("{what}; the file as it was is {backup}"));
    }
    file.save()
}
