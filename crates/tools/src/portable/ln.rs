//! s6-ln: makes links, replacing names in one step.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;

use chain::{Call, Outcome, Program, Result, Word, escape, warn};
use kernel::{clock, errno, process};

use super::files;

pub(super) const PROGRAM: Program = Program {
    name: "s6-ln",
    usage: "[ -n ] [ -s ] [ -f ] [ -L ] [ -P ] source... target",
    summary: "make links",
    run,
};

#[derive(Clone, Copy, Default)]
struct Style {
    symbolic: bool,
    force: bool,
    /// Links to what a symbolic link leads to, not to itself.
    follow: bool,
}

fn run(call: &mut Call) -> Result<Outcome> {
    let mut style = Style::default();
    let mut replace_link = false;
    for option in call.options("nsfLP")? {
        match option.letter {
            b'n' => replace_link = true,
            b's' => style.symbolic = true,
            b'f' => style.force = true,
            letter => style.follow = letter == b'L',
        }
    }
    let mut sources = call.rest();
    let target = sources
        .pop()
        .filter(|_| !sources.is_empty())
        .ok_or_else(|| call.misuse())?;
    let path = files::path(&target);
    let is_link = fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink());
    let into = fs::metadata(path).is_ok_and(|data| data.is_dir()) && !(replace_link && is_link);
    let into = into || sources.len() > 1;
    let mut failed: u8 = 0;
    for source in sources {
        let name = match into {
            true => [&target[..], b"/", files::base(&source)].concat(),
            false => target.clone(),
        };
        if let Err(error) = link(&source, &name, style) {
            failed = failed.saturating_add(1);
            warn(
                call.name,
                &format!(
                    "unable to make a link from {} to {}: {}",
                    escape(&name),
                    escape(&source),
                    errno::text(&error)
                ),
            );
        }
    }
    // How many could not be made.
    Ok(Outcome::Exit(failed))
}

fn link(source: &Word, name: &Word, style: Style) -> io::Result<()> {
    match make(source, name, style) {
        Err(error) if style.force && errno::is(&error, errno::EEXIST) => {
            // Under a name of its own first: the target is there at every moment.
            let stamp = format!(":{}:{}", process::id(), clock::wall().as_nanos());
            let temporary = [&name[..], stamp.as_bytes()].concat();
            make(source, &temporary, style)?;
            let renamed = fs::rename(files::path(&temporary), files::path(name));
            // Two names of one file: rename(2) does nothing and leaves both.
            let _ = fs::remove_file(files::path(&temporary));
            renamed
        }
        other => other,
    }
}

fn make(source: &Word, name: &Word, style: Style) -> io::Result<()> {
    let (source, name) = (files::path(source), files::path(name));
    if style.symbolic {
        return symlink(source, name);
    }
    if style.follow {
        return fs::hard_link(fs::canonicalize(source)?, name);
    }
    fs::hard_link(source, name)
}
