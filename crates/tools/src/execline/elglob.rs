//! elglob: lets a key stand for the files that match a pattern.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Failure, Outcome, Program, Result, Word, escape, warn};
use execline::glob::{self, Style};
use execline::netstring;
use execline::substitution::Substitution;
use kernel::errno;

use super::substitute;

pub(super) const PROGRAM: Program = Program {
    name: "elglob",
    usage: "[ -v ] [ -w ] [ -s ] [ -m ] [ -e ] [ -0 ] [ -n ] [ -d delim ] key pattern prog...",
    summary: "substitute the files that match a pattern, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut substitution = Substitution::new();
    directive(call, &mut substitution)?;
    Ok(substitute::become_rest(call, &substitution))
}

/// What to do about a directory that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    PassOver,
    Warn,
    Die,
}

/// Takes options, key and pattern.
pub(super) fn directive(call: &mut Call, substitution: &mut Substitution) -> Result<()> {
    let mut trouble = Trouble::PassOver;
    let (mut sort, mut mark, mut no_escape, mut none) = (false, false, false, false);
    let (mut chomp, mut delimiter) = (false, None);
    for option in call.options("vwsme0nd:")? {
        match option.letter {
            b'v' => trouble = Trouble::Warn,
            b'w' => trouble = Trouble::Die,
            b's' => sort = true,
            b'm' => mark = true,
            b'e' => no_escape = true,
            b'0' => none = true,
            b'n' => chomp = true,
            _ => delimiter = Some(option.value),
        }
    }
    let key = call.operand()?;
    let pattern = call.operand()?;
    let mut search = Search {
        call,
        no_escape,
        trouble,
        found: Vec::new(),
    };
    search.run(&pattern)?;
    let mut words = search.found;
    if words.is_empty() && !none {
        words.push(pattern);
    } else if mark {
        for word in &mut words {
            if is_dir(word) && word.last() != Some(&b'/') {
                word.push(b'/');
            }
        }
    }
    if sort {
        words.sort();
    }
    if let Some(delimiter) = delimiter {
        words = vec![joined(&words, delimiter.first().copied(), chomp)];
    }
    substitute::add(substitution, &key, words)
}

/// The matches as one word: each ended by the delimiter, or as netstrings.
fn joined(words: &[Word], delimiter: Option<u8>, chomp: bool) -> Word {
    let Some(delimiter) = delimiter else {
        return words.iter().flat_map(|word| netstring::encode(word)).collect();
    };
    let mut all: Word = words
        .iter()
        .flat_map(|word| word.iter().copied().chain([delimiter]))
        .collect();
    if chomp {
        all.pop();
    }
    all
}

fn path(word: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(word))
}

fn is_dir(word: &[u8]) -> bool {
    std::fs::metadata(path(word)).is_ok_and(|data| data.is_dir())
}

struct Search<'a> {
    call: &'a Call,
    no_escape: bool,
    trouble: Trouble,
    found: Vec<Word>,
}

impl Search<'_> {
    fn run(&mut self, pattern: &[u8]) -> Result<()> {
        if pattern.is_empty() {
            return Ok(());
        }
        self.descend(Word::new(), pattern)
    }

    /// Goes on with `rest` of the pattern below the path `base`, which ends in a
    /// slash or is empty.
    fn descend(&mut self, base: Word, rest: &[u8]) -> Result<()> {
        let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
        let base = [&base[..], &rest[..slashes]].concat();
        let rest = &rest[slashes..];
        let end = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
        let (component, rest) = rest.split_at(end);
        if component.is_empty() {
            self.take_if_there(base);
            return Ok(());
        }
        if !glob::has_magic(component, self.no_escape) {
            let name = glob::unescape(component, self.no_escape);
            let next = [&base[..], &name].concat();
            return self.step(next, rest);
        }
        for name in self.names(&base)? {
            let style = Style {
                no_escape: self.no_escape,
                path: true,
                leading_dot: true,
            };
            if glob::matches(component, &name, style) {
                self.step([&base[..], &name].concat(), rest)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, next: Word, rest: &[u8]) -> Result<()> {
        if rest.is_empty() {
            self.take_if_there(next);
            return Ok(());
        }
        if !is_dir(&next) {
            return Ok(());
        }
        self.descend(next, rest)
    }

    fn take_if_there(&mut self, word: Word) {
        if std::fs::symlink_metadata(path(&word)).is_ok() {
            self.found.push(word);
        }
    }

    /// The names in a directory, and the two that every directory has.
    fn names(&mut self, dir: &[u8]) -> Result<Vec<Word>> {
        let at = if dir.is_empty() { b"." } else { dir };
        let mut names = vec![b".".to_vec(), b"..".to_vec()];
        match std::fs::read_dir(path(at)) {
            Ok(entries) => {
                for entry in entries.flatten() {
                    names.push(entry.file_name().as_bytes().to_vec());
                }
            }
            Err(error) if errno::is(&error, errno::ENOENT) => names.clear(),
            Err(error) => {
                names.clear();
                match self.trouble {
                    Trouble::PassOver => {}
                    Trouble::Warn => chain_warn(self.call, at, &error),
                    Trouble::Die => {
                        return Err(Failure::System {
                            what: format!("read directory {}", escape(at)),
                            error,
                        });
                    }
                }
            }
        }
        Ok(names)
    }
}

fn chain_warn(call: &Call, dir: &[u8], error: &std::io::Error) {
    warn(
        call.name,
        &format!(
            "unable to read directory {}: {}",
            escape(dir),
            errno::text(error)
        ),
    );
}
