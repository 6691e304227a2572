//! The first line of a script, as execve(2) reads it.

use std::io::Read;
use std::path::Path;

use crate::fs;

/// Most of a script's first line that the kernel reads (BINPRM_BUF_SIZE, execve(2)).
const FIRST_LINE: u64 = 256;

/// What the first line names: the interpreter and, as one word, what follows it
/// (execve(2), "Interpreter scripts").
pub fn interpreter(path: &Path) -> Option<Vec<Vec<u8>>> {
    let mut start = Vec::new();
    let file = fs::open_regular_target(path).ok()?;
    file.take(FIRST_LINE).read_to_end(&mut start).ok()?;
    first_line(&start)
}

fn first_line(start: &[u8]) -> Option<Vec<Vec<u8>>> {
    let line = start.strip_prefix(b"#!")?;
    let line = line.split(|b| *b == b'\n').next()?.trim_ascii();
    let end = line
        .iter()
        .position(|b| matches!(b, b' ' | b'\t'))
        .unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if name.is_empty() {
        return None;
    }
    let rest = rest.trim_ascii();
    Some(
        [name, rest]
            .into_iter()
            .filter(|word| !word.is_empty())
            .map(<[u8]>::to_vec)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_gives_the_interpreter_and_one_word() {
        let words = |line: &[u8]| {
            first_line(line).map(|words| {
                words
                    .iter()
                    .map(|word| String::from_utf8_lossy(word).into_owned())
                    .collect::<Vec<_>>()
            })
        };
        let of = |words: &[&str]| Some(words.iter().map(ToString::to_string).collect());
        assert_eq!(words(b"#!/bin/sh\n"), of(&["/bin/sh"]));
        assert_eq!(words(b"#! /bin/sh  -e -u \nx"), of(&["/bin/sh", "-e -u"]));
        assert_eq!(
            words(b"#!/usr/bin/env\tbash"),
            of(&["/usr/bin/env", "bash"])
        );
        assert_eq!(words(b"#!\n"), None);
        assert_eq!(words(b"\x7fELF"), None);
    }
}
