//! What a script says: its language, and its commands as far as they can be told
//! without running it; and why one cannot be run. The rules beside it read nothing but
//! this.

mod diagnose;
pub(crate) mod elf;
pub mod identity;
pub mod originals;
pub mod programs;
mod shell;
pub mod state;
pub mod staying;
pub mod supervisor;
pub mod syntax;
pub mod variables;

use std::path::{Path, PathBuf};

use crate::view::View;

pub(crate) use diagnose::UNREADABLE;
pub use diagnose::{
    Known, LONGEST_START, NOT_EXECUTABLE, RULES, diagnose, diagnose_in, on_noexec,
    to_make_executable,
};

/// As much of a script as is read.
const LARGEST: usize = 256 * 1024;

/// What language a script is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// sh, bash and their like.
    Shell,
    /// execline.
    Execline,
    /// Something else; its lines are all that is known of it.
    Other,
}

/// A script of the image.
#[derive(Clone, Debug)]
pub struct Script {
    /// Where it is.
    pub path: PathBuf,
    /// Its text, or the start of it.
    pub text: Vec<u8>,
    /// Its language.
    pub language: Language,
    /// Its commands; none where the language is not known.
    pub commands: Vec<Command>,
}

/// A command: a program and its words.
#[derive(Clone, Debug, Default)]
pub struct Command {
    pub(crate) words: Vec<Word>,
    /// Whether it reads what the command before it writes.
    pub(crate) piped: bool,
    /// Whether its line begins with it: inside of a branch it rarely does.
    pub(crate) unindented: bool,
    /// Whether what it ends with decides what runs next (`&&`, `||`).
    pub(crate) tested: bool,
    /// Whether nobody waits for it (`&`).
    pub(crate) background: bool,
    /// Whether it stands in a text of the script (`<<END`).
    pub(crate) document: bool,
}

/// A word of a command.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: Vec<u8>,
    /// Whether it is known as it stands.
    pub(crate) literal: bool,
    pub(crate) line: u32,
}

impl Word {
    /// The last component of a literal word: the name of the program that it would be.
    pub(crate) fn name(&self) -> &[u8] {
        let text = if self.literal { &self.text[..] } else { b"" };
        text.rsplit(|b| *b == b'/').next().unwrap_or(b"")
    }
}

impl Script {
    /// The script at `path`: a regular file that begins with `#!`, in a shebang or
    /// behind a byte order mark.
    pub fn read(view: &View, path: &Path) -> Option<Script> {
        if !view
            .read_start(path, 5)
            .ok()?
            .windows(2)
            .any(|two| two == b"#!")
        {
            return None;
        }
        let text = view.read_start(path, LARGEST).ok()?;
        Some(Script::of(path, text))
    }

    /// The script at `path` with this text.
    pub(crate) fn of(path: &Path, text: Vec<u8>) -> Script {
        let language = language(&text);
        let commands = match language {
            Language::Shell => shell::commands(&text, 1),
            Language::Execline => execline_commands(&text),
            Language::Other => Vec::new(),
        };
        Script {
            path: path.to_path_buf(),
            text,
            language,
            commands,
        }
    }

    /// Whether there is more of it than is read.
    pub(crate) fn is_cut(&self) -> bool {
        self.text.len() >= LARGEST
    }

    /// Its lines with their numbers, without comments and what is too long for a line
    /// that people write.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, &[u8])> {
        const LONGEST: usize = 8192;
        let lines = (1..).zip(self.text.split(|b| *b == b'\n'));
        lines
            .filter(|(_, line)| line.len() <= LONGEST && !line.trim_ascii_start().starts_with(b"#"))
    }

    /// Whether it has the container's environment: by its first line, or by a command.
    pub(crate) fn has_contenv(&self) -> bool {
        let (first, _) = interpreters(&self.text);
        let by_line = first
            .map(base)
            .is_some_and(|name| name.starts_with(b"with-contenv"));
        let mut programs = self.programs().into_iter();
        by_line || programs.any(|(command, at)| command.words[at].name() == b"with-contenv")
    }

    /// The words that name programs which the script becomes for certain: behind an
    /// `exec` that begins a line, or along the chain of an execline script.
    pub(crate) fn becomes(&self) -> Vec<&Word> {
        let mut found = Vec::new();
        for command in self.commands.iter().filter(|command| command.unindented) {
            let words = &command.words;
            match self.language {
                Language::Shell if words[0].name() == b"exec" && !command.tested => {
                    let places = shell_programs(words);
                    // What is behind it is the last: the others only lead to it.
                    found.extend(places.last().filter(|at| **at > 0).map(|at| &words[*at]));
                }
                Language::Execline => found.extend(execline_chain(words)),
                Language::Shell | Language::Other => {}
            }
        }
        found
    }

    /// The words of it that name programs which it may become or run, each with the
    /// words after it.
    pub(crate) fn programs(&self) -> Vec<(&Command, usize)> {
        let places = |command: &Command| match self.language {
            Language::Shell => shell_programs(&command.words),
            Language::Execline => execline_programs(&command.words),
            Language::Other => Vec::new(),
        };
        self.commands
            .iter()
            .flat_map(|command| places(command).into_iter().map(move |at| (command, at)))
            .collect()
    }
}

/// The interpreters of a first line: the kernel's own, and the program that it runs in
/// turn where it is `env` or `with-contenv`.
pub(crate) fn interpreters(text: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    let line = text.split(|b| *b == b'\n').next().unwrap_or(b"");
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let Some(rest) = line.strip_prefix(b"#!") else {
        return (None, None);
    };
    let mut words = rest
        .split(|b| matches!(b, b' ' | b'\t' | b'\r'))
        .filter(|word| !word.is_empty());
    let first = words.next();
    let second = match first.map(base) {
        Some(b"env") => words.find(|word| !word.starts_with(b"-") && !word.contains(&b'=')),
        Some(b"with-contenv" | b"with-contenvb") => words.next(),
        _ => None,
    };
    (first, second)
}

fn base(word: &[u8]) -> &[u8] {
    word.rsplit(|b| *b == b'/').next().unwrap_or(b"")
}

fn language(text: &[u8]) -> Language {
    let (first, second) = interpreters(text);
    match second.or(first).map(base) {
        Some(b"sh" | b"bash" | b"dash" | b"ash" | b"ksh" | b"zsh" | b"bashio") => Language::Shell,
        Some(b"execlineb") => Language::Execline,
        _ => Language::Other,
    }
}

fn execline_commands(text: &[u8]) -> Vec<Command> {
    let blocks = execline::script::blocks(text).unwrap_or_default();
    let mut commands = Vec::new();
    for (number, block) in blocks.into_iter().enumerate() {
        let words: Vec<Word> = block
            .into_iter()
            .map(|(text, line)| Word {
                literal: !text.contains(&b'$'),
                line: u32::try_from(line).unwrap_or(u32::MAX),
                text,
            })
            .collect();
        let pipe = words.iter().any(|word| word.text == b"pipeline");
        commands.push(Command {
            words,
            piped: pipe,
            unindented: number == 0,
            tested: false,
            background: false,
            document: false,
        });
    }
    commands
}

/// Where words of a shell's command name programs: the first, and behind programs that
/// run another one.
fn shell_programs(words: &[Word]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let assigns = word
            .text
            .iter()
            .position(|b| *b == b'=')
            .is_some_and(|end| end > 0 && word.text[..end].iter().all(|b| is_name_byte(*b)));
        let skip = match word.name() {
            _ if assigns => 1,
            b"exec" | b"command" | b"nohup" | b"time" | b"with-contenv" | b"if" | b"then"
            | b"else" | b"elif" | b"while" | b"until" | b"do" | b"!" | b"{" | b"env" => 1,
            b"s6-setuidgid" => 2,
            _ => 0,
        };
        places.push(at);
        if skip == 0 {
            break;
        }
        at += skip;
        while let Some(option) = words.get(at).filter(|word| word.text.starts_with(b"-")) {
            at += 1;
            match option.text.as_slice() {
                // A name (exec), a variable and a directory (env).
                b"-a" | b"-u" | b"-C" => at += 1,
                // The rest of the words in one (env).
                b"-S" => return places,
                _ => {}
            }
        }
    }
    places
}

/// Where words of a block may name programs: everywhere, but not behind a program whose
/// words are texts.
fn execline_programs(words: &[Word]) -> Vec<usize> {
    let end = words
        .iter()
        .position(|word| TAKES_TEXTS.contains(&word.name()))
        .map_or(words.len(), |at| at + 1);
    (0..end).collect()
}

/// Programs of execline that run the rest of their words, blocks aside, with how many
/// words they take before it.
const CHAIN: [(&[u8], usize); 16] = [
    (b"with-contenv", 0),
    (b"foreground", 0),
    (b"background", 0),
    (b"if", 0),
    (b"trap", 0),
    (b"multisubstitute", 0),
    (b"cd", 1),
    (b"umask", 1),
    (b"unexport", 1),
    (b"s6-setuidgid", 1),
    (b"fdclose", 1),
    (b"export", 2),
    (b"define", 2),
    (b"fdmove", 2),
    (b"fdswap", 2),
    (b"redirfd", 2),
];

/// The words of an execline script's own block that name programs, as far as it can be
/// followed.
fn execline_chain(words: &[Word]) -> Vec<&Word> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        found.push(word);
        let known = CHAIN.iter().find(|(name, _)| *name == word.name());
        let Some((_, takes)) = known else {
            break;
        };
        at += 1;
        let is_option = |word: &Word| word.text.starts_with(b"-") && word.text.len() > 1;
        while words.get(at).is_some_and(is_option) {
            // An option that takes a value would lead astray.
            if matches!(words[at].text.as_slice(), b"-t" | b"-u" | b"-D" | b"-x") {
                return found;
            }
            at += 1;
        }
        at += takes;
    }
    found
}

const TAKES_TEXTS: [&[u8]; 9] = [
    b"echo", b"s6-echo", b"printf", b"grep", b"s6-grep", b"sed", b"awk", b"pgrep", b"pidof",
];

pub(crate) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
