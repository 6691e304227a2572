//! Where a file of the image is at home: in the author's tree, or below it.
//!
//! What lint says is pasted into a shell. So it never names a path that the machine's own
//! shell would take for the machine's own file, or that leads there through a link of the
//! tree.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chain::escape;
use layouts::Problem;

use super::arguments::Request;
use super::image::Looked;

/// Where a file of the image can be edited: in the tree, else below it. What is no path
/// of the image stays as it is.
pub(super) fn file(request: &Request, looked: &Looked, path: &Path) -> String {
    // A line of --env-file is none of the image's.
    let mut places = request
        .given
        .iter()
        .filter_map(|given| given.place.as_ref());
    let inside = match path.strip_prefix("/") {
        Ok(inside) if !places.any(|(file, _)| file == path) => inside,
        _ => return escape(path.as_os_str().as_bytes()),
    };
    let real = looked.image.real(path, false);
    if looked.tree.link_stat(&real).is_ok() {
        return shown(&request.tree, &real);
    }
    match &request.root {
        Some(root) if looked.image.link_stat(&real).is_ok() => shown(root, &real),
        // Neither has it: what the installation brings, or nobody.
        _ => escape(request.tree.join(inside).as_os_str().as_bytes()),
    }
}

fn shown(base: &Path, path: &Path) -> String {
    let inside = path.strip_prefix("/").unwrap_or(path);
    escape(base.join(inside).as_os_str().as_bytes())
}

/// Commands that a remedy may hold, up to the path that they change.
const COMMANDS: [&str; 2] = ["chmod 0755 ", "sed -i 's/\\r$//' "];

/// What to do about a problem, as it can be pasted: a command changes the author's file
/// in the tree, or, where the file comes from the image below, it is one for the
/// Dockerfile.
pub(super) fn remedy(request: &Request, looked: &Looked, problem: &Problem) -> String {
    let text = &problem.remedy;
    for command in COMMANDS {
        let Some(at) = text.find(command) else {
            continue;
        };
        let start = at + command.len();
        let own = escape(problem.path.as_os_str().as_bytes());
        let (path, length) = if text[start..].starts_with(&own) {
            (problem.path.clone(), own.len())
        } else {
            let rest = &text[start..];
            let end = rest.find([' ', ',', ')', ';']).unwrap_or(rest.len());
            (PathBuf::from(&rest[..end]), end)
        };
        if !path.is_absolute() {
            continue;
        }
        // The command follows a link, so the link's end counts.
        let real = looked.image.real(&path, true);
        let (before, after) = (&text[..at], &text[start + length..]);
        return match looked.tree.link_stat(&real) {
            Ok(_) => {
                let file = quoted(&shown(&request.tree, &real));
                format!("{before}{command}{file}{after}")
            }
            Err(_) => {
                let file = quoted(&escape(real.as_os_str().as_bytes()));
                format!("{before}in the Dockerfile: RUN {command}{file}{after}")
            }
        };
    }
    text.clone()
}

/// A path as one word of a shell.
fn quoted(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+:@%=".contains(&b);
    match path.bytes().all(plain) {
        true => path.to_string(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(quoted("/a/b-c.sh"), "/a/b-c.sh");
        assert_eq!(quoted("/a b;$(x)"), "'/a b;$(x)'");
        assert_eq!(quoted("/it's"), "'/it'\\''s'");
    }
}
