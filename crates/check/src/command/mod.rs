//! What people type: one file a command, one table of all.

mod add;
mod autoadd;
mod container;
pub mod flags;
mod globals;
mod help;
mod lifecycle;
mod lint;
pub mod log;
mod progress;
mod render;
mod schema;
mod serve;
mod validate;

use std::ffi::OsString;
use std::io::Write;

use flags::{Flag, Given, Refused};
use globals::GLOBALS;
use log::{Level, Log};

use crate::container::Style;
use crate::gossfile::{self, Problem, Source};

/// How it was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// `mainstay-check`: what is surely a mistake is an error.
    MainstayCheck,
    /// `goss`: what goss accepts is accepted.
    Goss,
    /// `dgoss`: a container is started and tested.
    Dgoss,
    /// `dcgoss`: the same for a service of Compose.
    Dcgoss,
}

impl Name {
    /// The name that a program was called by.
    pub fn of(program: &str) -> Name {
        match program {
            "goss" => Name::Goss,
            "dgoss" => Name::Dgoss,
            "dcgoss" => Name::Dcgoss,
            _ => Name::MainstayCheck,
        }
    }

    /// As people type it.
    pub fn word(self) -> &'static str {
        match self {
            Name::MainstayCheck => "mainstay-check",
            Name::Goss => "goss",
            Name::Dgoss => "dgoss",
            Name::Dcgoss => "dcgoss",
        }
    }
}

/// A command.
struct Command {
    name: &'static str,
    alias: Option<&'static str>,
    /// Its words, for its help.
    words: &'static str,
    summary: &'static str,
    /// Its own flags, beside those of every command.
    flags: &'static [&'static Flag],
    /// Whether what follows its name is not read as flags: an engine's options are.
    takes_all: bool,
    run: fn(&Call, &mut dyn Write) -> u8,
}

/// A call of a command.
struct Call {
    name: Name,
    given: Given,
    log: Log,
}

impl Call {
    /// Where tests come from.
    fn source(&self) -> Source {
        Source {
            gossfile: self.given.text(&globals::GOSSFILE),
            vars: self.given.optional(&globals::VARS).into_iter().collect(),
            vars_inline: self.given.optional(&globals::VARS_INLINE),
            strict: self.is_strict(),
        }
    }

    /// Problems on as many lines as are needed; goss's own words where it is its name.
    fn words(&self, problems: &[Problem]) -> String {
        match self.is_strict() {
            true => problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n"),
            false => gossfile::goss_words(problems),
        }
    }

    /// Says what does not stop a run.
    fn warn(&self, problem: &Problem) {
        self.log.line(Level::Warn, problem);
    }

    /// Whether what is surely a mistake is an error.
    fn is_strict(&self) -> bool {
        self.name == Name::MainstayCheck && !self.given.is_set(&globals::COMPAT)
    }
}

const COMMANDS: &[Command] = &[
    validate::COMMAND,
    serve::COMMAND,
    render::COMMAND,
    add::COMMAND,
    autoadd::COMMAND,
    lint::COMMAND,
    schema::COMMAND,
    container::COMMAND,
    lifecycle::COMMAND,
];

/// The help of all commands and of each, by its name: what a page of the docs shows.
pub fn helps() -> (String, Vec<(&'static str, String)>) {
    let name = Name::MainstayCheck;
    let each = COMMANDS.iter();
    let each = each.map(|command| (command.name, help::own(name, command)));
    (help::overview(name), each.collect())
}

/// The commands below a command, each with its own flags.
fn below(command: &Command) -> &'static [Command] {
    match command.name {
        "add" => add::TYPES,
        _ => &[],
    }
}

/// Exit codes that are the same for all commands.
mod exit {
    pub(super) const DONE: u8 = 0;
    pub(super) const REFUSED: u8 = 1;
    /// No such command.
    pub(super) const NO_TOPIC: u8 = 3;
}

/// Runs what `words` ask for (the name of the program is not among them), and says the exit code.
pub fn main(name: Name, words: Vec<OsString>) -> u8 {
    match name {
        Name::Dgoss => return crate::container::main(Style::Dgoss, words),
        Name::Dcgoss => return crate::container::main(Style::Dcgoss, words),
        Name::MainstayCheck | Name::Goss => {}
    }
    let stdout = std::io::stdout();
    let mut out = std::io::BufWriter::new(stdout.lock());
    let code = dispatch(name, words, &mut out);
    let _ = out.flush();
    code
}

fn dispatch(name: Name, words: Vec<OsString>, out: &mut dyn Write) -> u8 {
    let variable = |name: &str| std::env::var_os(name).map(|value| text(&value));
    let mut given = Given::default();
    let mut command: Option<&Command> = None;
    let mut words = words.into_iter();
    // Behind `--` nothing is a flag.
    let mut flags_end = false;
    while let Some(word) = words.next() {
        if command.is_some_and(|command| command.takes_all) {
            given.rest.push(word);
            continue;
        }
        let word = text(&word);
        if word.is_empty() && name == Name::Goss {
            // goss takes no notice of it and of all that follows.
            break;
        } else if word == "--" && !flags_end {
            flags_end = true;
        } else if let Some(dashed) = dashed(&word).filter(|_| !flags_end) {
            let all = all_flags(command);
            let mut next = words.by_ref().map(|word| text(&word));
            if let Err(refused) = given.take(&all, dashed, &mut next) {
                return refuse(name, command, &refused, out);
            }
        } else if command.is_none() && word != "help" {
            let named = |row: &&Command| row.name == word || row.alias == Some(&word);
            match COMMANDS.iter().find(named) {
                Some(found) => command = Some(found),
                None => return no_topic(name, &word, COMMANDS),
            }
        } else if command.is_none() {
            return match words.next().map(|word| text(&word)) {
                None => help::all(name, out),
                Some(word) => match COMMANDS.iter().find(|row| row.name == word) {
                    Some(command) => help::of(name, command, out),
                    None => no_topic(name, &word, COMMANDS),
                },
            };
        } else if let Some(types) = command.map(below).filter(|below| !below.is_empty())
            && word != "help"
        {
            match types.iter().find(|row| row.name == word) {
                Some(found) => command = Some(found),
                None => return no_topic(name, &word, types),
            }
        } else {
            given.words.push(word);
        }
    }
    if given.is_set(&globals::VERSION) {
        return help::version(name, out);
    }
    let Some(command) = command else {
        return help::all(name, out);
    };
    if given.is_set(&globals::HELP) || given.words.first().is_some_and(|word| word == "help") {
        return help::of(name, command, out);
    }
    if let Err(refused) = given.take_variables(&all_flags(Some(command)), &variable) {
        return refuse(name, Some(command), &refused, out);
    }
    let most = usize::from(!command.words.is_empty());
    if let Some(word) = given.words.get(most).filter(|_| {
        // goss takes no notice of them; a file that is named so would not be looked at.
        name == Name::MainstayCheck && !takes_many(command)
    }) {
        let topic = help::title(command);
        let gossfile = match word.ends_with(".yaml") || word.ends_with(".yml") {
            true => format!("; the file is named by -g {word}"),
            false => String::new(),
        };
        eprintln!(
            "mainstay-check {topic}: {word}: one word too many{gossfile}; mainstay-check help {topic} \
             says what can be asked"
        );
        return exit::REFUSED;
    }
    let level = given.text(&globals::LOG_LEVEL);
    // goss looks at the level only where it has something to say at one.
    let is_unheeded = name == Name::Goss && matches!(command.name, "render" | "autoadd");
    let default = || is_unheeded.then(Log::default);
    let Some(log) = Log::from_name(&level).or_else(default) else {
        let why = format!("Unsupported log level: {level}");
        match command.name {
            "validate" => drop(writeln!(out, "Error: {why}")),
            _ => log::fatal(why),
        }
        return exit::REFUSED;
    };
    (command.run)(&Call { name, given, log }, out)
}

/// What follows the dashes of a flag.
fn dashed(word: &str) -> Option<&str> {
    let rest = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    (!rest.is_empty()).then_some(rest)
}

/// Whether a command takes as many words as there are.
fn takes_many(command: &Command) -> bool {
    command.words.contains('…') || command.takes_all
}

/// A command's own flags hide those of the same name of every command.
fn all_flags(command: Option<&Command>) -> Vec<&'static Flag> {
    match command {
        Some(command) => [command.flags, GLOBALS].concat(),
        None => [GLOBALS, &[&globals::VERSION]].concat(),
    }
}

fn text(word: &std::ffi::OsStr) -> String {
    word.to_string_lossy().into_owned()
}

fn refuse(name: Name, command: Option<&Command>, refused: &Refused, out: &mut dyn Write) -> u8 {
    let why = match refused {
        Refused::Flag(why) | Refused::Variable(why) => why,
    };
    match refused {
        // The whole help would hide the one line that matters.
        _ if name == Name::MainstayCheck => {
            let hint = refused_hint(command, why);
            eprintln!("mainstay-check: {}{hint}", crate::plain::flag(why));
        }
        Refused::Flag(_) => {
            eprintln!("Incorrect Usage: {why}\n");
            // goss shows its help only where no command is given.
            if command.is_none() {
                help::all(name, out);
                let _ = out.flush();
            }
            log::fatal(why);
        }
        Refused::Variable(_) => log::fatal(why),
    }
    exit::REFUSED
}

/// What may have been meant, and where all that can be asked is listed.
fn refused_hint(command: Option<&Command>, why: &str) -> String {
    let flags = all_flags(command);
    let words: Vec<&str> = flags.iter().map(|flag| flag.name).collect();
    let word = why
        .strip_prefix("flag provided but not defined: -")
        .unwrap_or_default();
    let behind = COMMANDS.iter().find(|row| {
        let has = |flag: &&'static Flag| flag.name == word || flag.other.contains(&word);
        command.is_none() && row.flags.iter().any(has)
    });
    if let Some(row) = behind {
        return format!("; it belongs behind its command: {} -{word}", row.name)
            .replace(" -", if word.len() > 1 { " --" } else { " -" });
    }
    let near = crate::near::nearest(word, &words);
    let meant = near.map_or(String::new(), |near| format!("; did you mean --{near}?"));
    let topic = command.map_or(String::new(), |command| {
        format!(" {}", help::title(command))
    });
    format!("{meant}; mainstay-check help{topic} says what can be asked")
}

fn no_topic(name: Name, word: &str, among: &[Command]) -> u8 {
    let is_type = std::ptr::eq(among, add::TYPES);
    if name == Name::Goss {
        let end = if is_type { "\n" } else { "" };
        eprint!("No help topic for '{word}'{end}");
        return exit::NO_TOPIC;
    }
    let all: Vec<&str> = among.iter().map(|command| command.name).collect();
    let near = crate::near::nearest(word, &all);
    let hint = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
    let (what, topic) = match is_type {
        true => ("type that can be added", " add"),
        false => ("command", ""),
    };
    eprintln!(
        "{}: {word}: no such {what}{hint}; {0} help{topic} lists them",
        name.word()
    );
    exit::NO_TOPIC
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_or_flags_have_one_name() {
        let mut names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        names.extend(COMMANDS.iter().filter_map(|command| command.alias));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for command in COMMANDS.iter().chain(add::TYPES) {
            let mut words: Vec<&str> = Vec::new();
            for flag in command.flags {
                words.push(flag.name);
                words.extend(flag.other);
            }
            let count = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), count, "{}", command.name);
        }
    }
}
