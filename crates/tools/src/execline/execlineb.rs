//! execlineb: reads a script and becomes it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word, escape, warn};
use execline::substitution::Substitution;
use execline::{number, script};
use kernel::fs::flags;
use kernel::{fd, fs};

use super::{blocks, positionals, substitute};

pub(super) const PROGRAM: Program = Program {
    name: "execlineb",
    usage: "[ -p | -P | -S nmin | -s nmin ] [ -q | -w | -W ] [ -c commandline ] script args...",
    summary: "run an execline script",
    run,
};

/// The largest script: more cannot be an argument vector on Linux (execve(2)).
const LARGEST: usize = 32 << 20;

/// What becomes of the positional parameters.
enum Parameters {
    /// The frame that is there is set aside, then a new one is made.
    Push,
    /// The frame that is there is overwritten (`-p`).
    Overwrite,
    /// Nothing: there are none (`-P`).
    Ignore,
    /// They are substituted (`-S`, `-s`): at least so many; under `-s`, `$@` begins
    /// after them.
    Substitute { least: u32, rest_only: bool },
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut parameters = Parameters::Push;
    let mut strict: Option<u8> = None;
    let mut text = None;
    for option in call.options("pPS:s:qwWc:")? {
        match option.letter {
            b'p' => parameters = Parameters::Overwrite,
            b'P' => parameters = Parameters::Ignore,
            b'S' | b's' => {
                parameters = Parameters::Substitute {
                    least: number::unsigned(&option.value).ok_or_else(|| call.misuse())?,
                    rest_only: option.letter == b's',
                };
            }
            b'q' => strict = Some(0),
            b'w' => strict = Some(1),
            b'W' => strict = Some(2),
            _ => text = Some(option.value),
        }
    }
    let (name, bytes) = match text {
        Some(text) => (call.invoked_as.clone(), text),
        None => {
            let file = call.operand()?;
            let bytes = read(&file)?;
            (file, bytes)
        }
    };
    let args = call.rest();
    let argv = script::parse(&bytes).map_err(|error| {
        Failure::Invalid(format!("{}:{}: {}", whole(&name), error.line, error.what))
    })?;
    match strict {
        Some(0) => call.env.unset(blocks::STRICT),
        Some(level) => call.env.set(blocks::STRICT, level.to_string().as_bytes()),
        None => {}
    }
    let argv = match parameters {
        Parameters::Substitute { least, rest_only } => {
            let strict = strict.map(u32::from).or_else(|| blocks::strictness(call));
            check_count(call, strict.unwrap_or(1), args.len(), least)?;
            substituted(&argv, &name, &args, least, rest_only)?
        }
        Parameters::Ignore => argv,
        Parameters::Push => {
            positionals::push(&mut call.env);
            set(call, &name, &args);
            argv
        }
        Parameters::Overwrite => {
            set(call, &name, &args);
            argv
        }
    };
    Ok(Outcome::exec_or_exit(call, argv))
}

/// A script's path for a line. Services are called `./run`, which says nothing of which
/// service it is.
fn whole(name: &[u8]) -> String {
    let path = Path::new(OsStr::from_bytes(name.strip_prefix(b"./").unwrap_or(name)));
    match std::env::current_dir() {
        Ok(directory) if name.starts_with(b"./") => {
            escape(directory.join(path).as_os_str().as_bytes())
        }
        _ => escape(name),
    }
}

fn read(file: &[u8]) -> Result<Vec<u8>> {
    let path = Path::new(OsStr::from_bytes(file));
    let opened = fs::open(path, flags::O_RDONLY, 0).unable("open", file)?;
    fd::read_to_end(fd::number(&opened), LARGEST).unable("read", file)
}

/// Complains about missing parameters as EXECLINE_STRICT says: 0 not at all, 1 with
/// a warning, 2 by refusing.
fn check_count(call: &Call, strict: u32, count: usize, least: u32) -> Result<()> {
    if count >= least as usize || strict == 0 {
        return Ok(());
    }
    let text = format!("too few arguments: the script wants at least {least} and got {count}");
    if strict > 1 {
        return Err(Failure::Invalid(text));
    }
    warn(call.name, &text);
    Ok(())
}

/// Leaves the parameters in the environment: `#`, `0`, `1`…
fn set(call: &mut Call, name: &[u8], args: &[Word]) {
    positionals::write(&mut call.env, args, 0);
    call.env.set(b"0", name);
}

/// `argv` with `$0`, `$1`…, `$#` and `$@` substituted; parameters that are missing
/// up to the least count are the empty word.
fn substituted(
    argv: &[Word],
    name: &[u8],
    args: &[Word],
    least: u32,
    rest_only: bool,
) -> Result<Vec<Word>> {
    let mut substitution = Substitution::new();
    add(&mut substitution, name, args, least)?;
    let skipped = if rest_only { least as usize } else { 0 };
    let rest = args.get(skipped..).unwrap_or_default();
    substitute::add(&mut substitution, b"@", rest.to_vec())?;
    Ok(substitution.apply(argv))
}

/// Lets `#`, `0` and at least `least` parameters stand for themselves.
pub(super) fn add(
    substitution: &mut Substitution,
    name: &[u8],
    args: &[Word],
    least: u32,
) -> Result<()> {
    substitute::add(substitution, b"#", vec![args.len().to_string().into_bytes()])?;
    substitute::add(substitution, b"0", vec![name.to_vec()])?;
    for index in 0..args.len().max(least as usize) {
        let value = args.get(index).cloned().unwrap_or_default();
        substitute::add(substitution, (index + 1).to_string().as_bytes(), vec![value])?;
    }
    Ok(())
}
