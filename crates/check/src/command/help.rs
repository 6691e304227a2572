//! What can be asked.

use std::io::Write;

use super::flags::{Flag, Takes};
use super::{COMMANDS, Command, GLOBALS, Name, below, exit};

/// Of all commands.
pub(super) fn all(name: Name, out: &mut dyn Write) -> u8 {
    finish(&overview(name), out)
}

/// The same as a text.
pub(super) fn overview(name: Name) -> String {
    let program = name.word();
    let mut text = format!(
        "{program} tests what an image promises.\n\n\
         usage: {program} [FLAG…] COMMAND [FLAG…] [WORD…]\n\ncommands:\n"
    );
    for command in COMMANDS {
        let alias = command
            .alias
            .map_or(String::new(), |alias| format!(", {alias}"));
        text += &format!(
            "  {:<22} {}\n",
            format!("{}{alias}", command.name),
            command.summary
        );
    }
    text += &format!(
        "  {:<22} what a command takes\n\nflags of every command:\n",
        "help COMMAND"
    );
    flags(&mut text, GLOBALS);
    text
}

/// Of one command.
pub(super) fn of(name: Name, command: &Command, out: &mut dyn Write) -> u8 {
    let mut text = own(name, command);
    text += "\nflags of every command:\n";
    flags(&mut text, GLOBALS);
    finish(&text, out)
}

/// The same without the flags of every command.
pub(super) fn own(name: Name, command: &Command) -> String {
    let mut text = format!(
        "{0} {1}: {2}\n\nusage: {0} {1} [FLAG…] {3}\n",
        name.word(),
        title(command),
        command.summary,
        command.words
    );
    for (at, type_of) in below(command).iter().enumerate() {
        text += if at == 0 { "\ntypes:\n" } else { "" };
        text += &format!("  {:<22} {}\n", type_of.name, type_of.summary);
    }
    if !command.flags.is_empty() {
        text += "\nflags:\n";
        flags(&mut text, command.flags);
    }
    text
}

/// A command as it is called, behind the one that it is below.
pub(super) fn title(command: &Command) -> String {
    let is_below = |parent: &&Command| {
        let mut all = below(parent).iter();
        all.any(|row| std::ptr::eq(row, command))
    };
    match COMMANDS.iter().find(is_below) {
        Some(parent) => format!("{} {}", parent.name, command.name),
        None => command.name.to_string(),
    }
}

/// The release; under goss's names also the one whose behaviour it has.
pub(super) fn version(name: Name, out: &mut dyn Write) -> u8 {
    let own = env!("CARGO_PKG_VERSION");
    let text = match name {
        Name::MainstayCheck => format!("mainstay-check version {own}\n"),
        name => format!("{} version v0.4.10 (mainstay-check {own})\n", name.word()),
    };
    finish(&text, out)
}

fn flags(text: &mut String, flags: &[&'static Flag]) {
    for flag in flags {
        let mut names = format!("--{}", flag.name);
        for other in flag.other {
            names += &if other.len() == 1 {
                format!(", -{other}")
            } else {
                format!(", --{other}")
            };
        }
        names += match flag.takes {
            Takes::Truth => "",
            Takes::Text => " TEXT",
            Takes::Texts => " LIST",
            Takes::Duration => " DURATION",
            Takes::Integer => " NUMBER",
        };
        let mut notes = Vec::new();
        if flag.takes != Takes::Truth && !flag.default.is_empty() {
            notes.push(format!("default {}", flag.default));
        }
        notes.extend(flag.variable.map(|variable| format!("${variable}")));
        let notes = match notes.is_empty() {
            true => String::new(),
            false => format!(" ({})", notes.join("; ")),
        };
        *text += &format!("  {names}\n      {}{notes}\n", flag.summary);
    }
}

fn finish(text: &str, out: &mut dyn Write) -> u8 {
    match out.write_all(text.as_bytes()) {
        Ok(()) => exit::DONE,
        Err(_) => exit::REFUSED,
    }
}
