//! The one table of names, and how a call finds its line in it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chain::{Outcome, Program, Word, escape};

use cli::help::verb;
use cli::similar;

use crate::entry;

/// The command for people.
const PEOPLE: &str = "mainstay";

/// Every program that a link may name.
pub(crate) fn programs() -> impl Iterator<Item = &'static Program> {
    entry::PROGRAMS.iter().copied().chain(tools::programs())
}

/// The commands that need the table itself: what writes the links, and what reads an
/// image as it will be with them.
const WITH_NAMES: &[&Program] = &[
    &Program {
        name: "mainstay install",
        usage: cli::install::USAGE,
        summary: cli::install::SUMMARY,
        run: |call| cli::install::run(call, &names()),
    },
    &Program {
        name: "mainstay lint",
        usage: cli::inspect::LINT_USAGE,
        summary: cli::inspect::LINT_SUMMARY,
        run: |call| cli::inspect::lint(call, &names()),
    },
    &Program {
        name: "mainstay explain",
        usage: cli::inspect::EXPLAIN_USAGE,
        summary: cli::inspect::EXPLAIN_SUMMARY,
        run: |call| cli::inspect::explain(call, &names()),
    },
];

fn names() -> Vec<&'static str> {
    programs().map(|program| program.name).collect()
}

/// Every command for people.
fn commands() -> impl Iterator<Item = &'static Program> {
    cli::COMMANDS
        .iter()
        .chain(&[&cron::COMMAND])
        .chain(WITH_NAMES)
        .copied()
}

fn program(name: &[u8]) -> Option<&'static Program> {
    programs().find(|program| program.name.as_bytes() == name)
}

fn command(name: &[u8]) -> Option<&'static Program> {
    commands().find(|command| verb(command).as_bytes() == name)
}

/// The program that a call means, and its words.
///
/// # Errors
/// A line for standard error when nothing of that name exists.
pub(crate) fn resolve(
    zeroth: &[u8],
    args: Vec<Word>,
) -> Result<(&'static Program, Vec<Word>), String> {
    if let Some(program) = called_as(zeroth) {
        return Ok((program, args));
    }
    let mut args = args;
    if args.is_empty() {
        return Err(help());
    }
    let word = args.remove(0);
    match word.as_slice() {
        b"--list" => Ok((&LIST, args)),
        b"--help" | b"-h" | b"help" => explained(args),
        b"--version" | b"-V" | b"version" => Ok((&VERSION, args)),
        name => command(name)
            .or_else(|| program(name))
            .map(|p| (p, args))
            .ok_or_else(|| unknown(name)),
    }
}

/// Words of the command for people that are no commands of their own.
const ABOUT: [&str; 2] = ["help", "version"];

/// The line for a command that there is not.
fn unknown(name: &[u8]) -> String {
    let commands = commands().map(verb).chain(ABOUT);
    // Programs are many: one of those is meant only where no command is.
    let near = similar::nearest(name, commands)
        .or_else(|| similar::nearest(name, programs().map(|program| program.name)));
    let meant = near.map_or(String::new(), |word| format!("; did you mean {word}?"));
    format!(
        "{PEOPLE}: fatal: there is no command {}{meant}{} see `{PEOPLE} --help`\n",
        escape(name),
        if meant.is_empty() { ";" } else { "" }
    )
}

/// What `help` leads to: the list, or, behind it, the help of one command or program.
fn explained(args: Vec<Word>) -> Result<(&'static Program, Vec<Word>), String> {
    match args.first() {
        Some(name) if !name.starts_with(b"-") => match (command(name), program(name)) {
            (Some(command), _) => Ok((command, vec![b"--help".to_vec()])),
            (None, Some(_)) => Ok((&EXPLAIN_PROGRAM, args)),
            (None, None) if name == b"help" || name == b"version" => Ok((&HELP, args)),
            (None, None) => Err(unknown(name)),
        },
        _ => Ok((&HELP, args)),
    }
}

/// The help of a program of the list: its words are the original's, so none of them asks
/// for help.
const EXPLAIN_PROGRAM: Program = Program {
    name: "mainstay help",
    usage: "[COMMAND]",
    summary: "say more about a command",
    run: |call| {
        let name = call.operand()?;
        let found = program(&name).ok_or_else(|| call.misuse())?;
        let text = cli::help::text(found.name, found.usage, found.summary, "");
        let _ = kernel::fd::write_all(1, text.as_bytes());
        Ok(Outcome::Exit(0))
    },
};

/// The program named by the call itself: by its last component, or, for a link that
/// an image has renamed, by the first known name along the chain of links. A word
/// without a slash was found along PATH; where, the kernel tells.
fn called_as(zeroth: &[u8]) -> Option<&'static Program> {
    if zeroth.contains(&b'/') || zeroth == PEOPLE.as_bytes() {
        return along_links(zeroth);
    }
    program(zeroth).or_else(|| along_links(&kernel::process::executed_path()?))
}

fn along_links(path: &[u8]) -> Option<&'static Program> {
    let mut path = PathBuf::from(OsStr::from_bytes(path));
    // As deep as the kernel itself follows (path_resolution(7)).
    for _ in 0..40 {
        let name = path.file_name()?.as_bytes();
        if name == PEOPLE.as_bytes() {
            return None;
        }
        if let Some(program) = program(name) {
            return Some(program);
        }
        let target = std::fs::read_link(&path).ok()?;
        path = path.parent().unwrap_or(Path::new("/")).join(target);
    }
    None
}

/// The program of ours that a name of the table is, or the file at a path: this binary,
/// under a name that leads there. A file that an image has put in its place is not ours.
pub(crate) fn ours(word: &[u8]) -> Option<&'static Program> {
    if !word.contains(&b'/') {
        return program(word);
    }
    let file = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        let found = path.metadata().ok()?;
        Some((found.dev(), found.ino()))
    };
    let this = file(Path::new("/proc/self/exe"))?;
    let is_this = file(Path::new(OsStr::from_bytes(word))) == Some(this);
    is_this.then(|| along_links(word)).flatten()
}

/// A program that prints what the command for people says of itself.
macro_rules! about {
    ($text:expr) => {
        Program {
            name: PEOPLE,
            usage: "",
            summary: "",
            run: |_| {
                let _ = kernel::fd::write_all(1, $text.as_bytes());
                Ok(Outcome::Exit(0))
            },
        }
    };
}

const LIST: Program = about!(list());
const HELP: Program = about!(help());
const VERSION: Program = about!(format!("{PEOPLE} {}\n", env!("CARGO_PKG_VERSION")));

fn list() -> String {
    programs()
        .map(|program| format!("{}\n", program.name))
        .collect()
}

fn help() -> String {
    let mut text = format!("usage: {PEOPLE} COMMAND...\n\ncommands:\n");
    for command in commands() {
        text.push_str(&help_line(&operands(command), command.summary));
    }
    for (option, summary) in [
        (
            "help COMMAND",
            "say more about one of them, as does COMMAND --help",
        ),
        ("version", "say which release this is"),
        ("--list", "list every program that a link may name"),
    ] {
        text.push_str(&help_line(option, summary));
    }
    text.push_str(&format!(
        "\n`{PEOPLE} PROGRAM...` runs a program of the list without a link.\n"
    ));
    text
}

/// A command with the operands that it cannot do without: what is left once everything
/// in brackets is taken away.
fn operands(command: &Program) -> String {
    let mut needed = String::new();
    let mut depth = 0;
    for c in command.usage.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ if depth == 0 => needed.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = needed.split_whitespace().filter(|w| *w != "...").collect();
    format!("{} {}", verb(command), words.join(" "))
        .trim_end()
        .to_string()
}

fn help_line(word: &str, summary: &str) -> String {
    if word.len() > 20 {
        format!("  {word}\n  {:20} {summary}\n", "")
    } else {
        format!("  {word:20} {summary}\n")
    }
}
