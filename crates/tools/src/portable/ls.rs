//! s6-ls: lists a directory.

use std::fs;
use std::os::unix::ffi::OsStrExt;

use chain::{Call, Outcome, Program, Result, Unable, Word};

use super::{files, output};

pub(super) const PROGRAM: Program = Program {
    name: "s6-ls",
    usage: "[ -0 ] [ -a | -A ] [ -x exclude ] dir",
    summary: "list a directory",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut hidden, mut both_dots) = (false, false);
    let mut end = b'\n';
    let mut excluded: Option<Word> = None;
    for option in call.options("0aAx:")? {
        match option.letter {
            b'0' => end = 0,
            b'x' => excluded = Some(option.value),
            letter => {
                hidden = true;
                both_dots = letter == b'A';
            }
        }
    }
    let dir = call.operand()?;
    let mut names: Vec<Word> = Vec::new();
    for entry in fs::read_dir(files::path(&dir)).unable("open directory", &dir)? {
        let entry = entry.unable("read directory", &dir)?;
        names.push(entry.file_name().as_bytes().to_vec());
    }
    if both_dots {
        names.extend([b".".to_vec(), b"..".to_vec()]);
    }
    names.retain(|name| (hidden || name[0] != b'.') && Some(name) != excluded.as_ref());
    names.sort();
    let text: Vec<u8> = names
        .into_iter()
        .flat_map(|name| name.into_iter().chain([end]))
        .collect();
    output::write(&text)?;
    Ok(Outcome::Exit(0))
}
