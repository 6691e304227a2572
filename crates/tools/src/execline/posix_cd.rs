//! posix-cd: cd as POSIX has it, as a program.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Failure, Outcome, Program, Result, Unable, Word};
use kernel::fd;

pub(super) const PROGRAM: Program = Program {
    name: "posix-cd",
    usage: "[ -L | -P ] [ dir [ prog... ] ]",
    summary: "change the working directory as POSIX says, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut physical = false;
    for option in call.options("LP")? {
        physical = option.letter == b'P';
    }
    let dir = if call.args.is_empty() {
        variable(call, b"HOME")?
    } else {
        call.operand()?
    };
    if dir.is_empty() {
        return Err(call.misuse());
    }
    let next = call.rest();
    let before = std::env::current_dir().ok();
    let (target, tell) = target(call, &dir)?;
    let old = call
        .env
        .get(b"PWD")
        .map(<[u8]>::to_vec)
        .or_else(|| before.as_ref().map(|dir| dir.as_os_str().as_bytes().to_vec()))
        .unwrap_or_default();
    let logical = lexical(&old, &target);
    let to = if physical { &target } else { &logical };
    std::env::set_current_dir(OsStr::from_bytes(to)).unable("chdir to", &dir)?;
    let now = if physical {
        let now = std::env::current_dir().unable("get the working directory", b"")?;
        now.as_os_str().as_bytes().to_vec()
    } else {
        logical
    };
    if tell {
        let line = [&now[..], b"\n"].concat();
        fd::write_all(1, &line).unable("write to standard output", b"")?;
    }
    call.env.set(b"OLDPWD", &old);
    call.env.set(b"PWD", &now);
    Ok(Outcome::exec_or_exit(call, next))
}

fn variable(call: &Call, name: &'static [u8]) -> Result<Word> {
    let value = call.env.get(name).filter(|value| !value.is_empty());
    value.map(<[u8]>::to_vec).ok_or_else(|| {
        Failure::Invalid(format!("{} is not set", String::from_utf8_lossy(name)))
    })
}

/// Where `dir` leads, through CDPATH too, and whether POSIX wants that printed.
fn target(call: &Call, dir: &[u8]) -> Result<(Word, bool)> {
    if dir == b"-" {
        return Ok((variable(call, b"OLDPWD")?, true));
    }
    let first = dir.split(|byte| *byte == b'/').next().unwrap_or_default();
    if matches!(first, b"" | b"." | b"..") {
        return Ok((dir.to_vec(), false));
    }
    for element in call.env.get(b"CDPATH").unwrap_or_default().split(|b| *b == b':') {
        let candidate = match element {
            b"" => dir.to_vec(),
            element => [element, b"/", dir].concat(),
        };
        if Path::new(OsStr::from_bytes(&candidate)).is_dir() {
            return Ok((candidate, !element.is_empty()));
        }
    }
    Ok((dir.to_vec(), false))
}

/// `target` seen from `base`, with `.` and `..` resolved by the text alone.
fn lexical(base: &[u8], target: &[u8]) -> Word {
    let absolute = if target.starts_with(b"/") {
        target.to_vec()
    } else {
        [base, b"/", target].concat()
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in absolute.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    [b"/", &parts.join(&b'/')[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::lexical;

    #[test]
    fn dots_are_resolved_by_the_text() {
        assert_eq!(lexical(b"/a/b", b"../c/./d/"), b"/a/c/d");
        assert_eq!(lexical(b"/a", b"/x//y/../.."), b"/");
        assert_eq!(lexical(b"/", b"../.."), b"/");
    }
}
