//! `mainstay install`: writes into an image tree every path that this program answers
//! for, and takes them away again.
//!
//! Three parts: [`layout`] lists what is to be there, [`plan`] compares that with the
//! tree and with the record of an earlier run and decides, [`perform`] does it.

mod image;
mod layout;
pub(crate) mod manifest;
mod options;
mod perform;
mod plan;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fmt::Write;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use chain::{Call, Failure, Outcome, Result, Unable, escape};
use kernel::{errno, fd};

use image::Image;
use layout::{BINARY, Content, LAYOUTS};
use layouts::view::{Entry, Layers, Listed};
use manifest::Manifest;
use options::Asked;
use plan::Action;

pub(crate) use layout::Layout;
pub(crate) use options::find as find_layout;

/// Whether the words are a call: what the fuzz targets ask.
#[cfg(feature = "fuzzing")]
pub(crate) fn understand(words: Vec<chain::Word>) -> Result<()> {
    options::read(words).map(drop)
}

/// The command's operands, for its line in the table.
pub const USAGE: &str = "--root DIR --layout s6-v2|docker-base [--dry-run] [--uninstall]";

/// What the command does, for its line in the table.
pub const SUMMARY: &str = "write a layout's programs, links and files into an image tree";

const HELP: &str = "\
Writes everything that this program answers for into the image tree DIR: itself to
/usr/libexec/mainstay, links under every path by which images call its programs, and the
files and directories of the layout. What a layout replaces is set aside, and comes back
with --uninstall; what the image changed since stays as it is. A second run changes
nothing.

  --root DIR        the root of the tree: / in a Dockerfile's RUN
  --layout NAME     what the image was built for:";

const HELP_END: &str = "
  --dry-run         list every action, and write nothing
  --uninstall       take away what was written, and put back what stood there

SOURCE_DATE_EPOCH, seconds since 1970, gives what is written this time, so that two builds
make the same layer.
";

/// The variable with the time of what is written (reproducible-builds.org): seconds since 1970.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Runs the command for a program that answers to `names`.
///
/// # Errors
/// Words that do not fit; the first path that cannot be looked up or written.
pub fn run(call: &mut Call, names: &[&str]) -> Result<Outcome> {
    let text = match options::read(call.rest())? {
        Asked::Help => help(),
        Asked::Install {
            root,
            layout,
            dry_run,
        } => {
            let time = time(std::env::var_os(EPOCH).as_deref())?;
            install(&root, layout, dry_run, names, &own_bytes()?, time)?
        }
        Asked::Uninstall { root, dry_run } => uninstall(&root, dry_run)?,
    };
    fd::write_all(1, text.as_bytes()).unable("write to", b"standard output")?;
    Ok(Outcome::Exit(0))
}

/// What an installation of `layout` for a program that answers to `names` would put into
/// an image with these layers, as a layer of its own.
///
/// # Errors
/// As openat2(2).
pub(crate) fn as_layer(layout: Layout, names: &[&str], image: &Layers) -> io::Result<Listed> {
    let mut listed = Listed::default();
    for item in layout::items(layout, names) {
        let path = item.path.as_bytes();
        let at = path.iter().rposition(|b| *b == b'/').unwrap_or(0);
        let mut real = image.real(&path[..at])?;
        real.extend_from_slice(&path[at..]);
        let entry = match item.content {
            Content::Directory => Entry::Directory,
            Content::Link(target) => Entry::Link(target.into_bytes()),
            // What counts is that it is a program.
            Content::Binary => Entry::File(b"\x7fELF".to_vec(), 0o755),
            Content::Text(text, mode) => Entry::File(text.as_bytes().to_vec(), mode),
        };
        listed.add(&real, entry);
    }
    Ok(listed)
}

/// Installs, and gives the text for standard output.
fn install(
    root: &Path,
    layout: Layout,
    dry_run: bool,
    names: &[&str],
    binary: &[u8],
    time: Option<i64>,
) -> Result<String> {
    let image = open(root)?;
    let mut manifest = recorded(&image, root)?;
    let items = layout::items(layout, names);
    let actions = plan::install(&image, &items, &manifest, binary)
        .map_err(|(path, error)| failed(root, "look up", path.as_bytes(), error))?;
    if !dry_run {
        perform::install(&image, &actions, &mut manifest, binary)
            .map_err(|(path, error)| failed(root, "write", &path, error))?;
        if let Some(seconds) = time {
            perform::date(&image, &manifest, seconds)
                .map_err(|(path, error)| failed(root, "set the time of", &path, error))?;
        }
    }
    Ok(report(&actions, dry_run, "installed into", root))
}

/// The time that the variable asks for; none where it is not set, or empty.
fn time(value: Option<&OsStr>) -> Result<Option<i64>> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let number = value.to_str().and_then(|text| text.parse::<u32>().ok());
    let number = number.ok_or_else(|| Failure::Other {
        code: chain::exit::USAGE,
        text: format!(
            "{EPOCH}={}: no number of seconds since 1970",
            escape(value.as_bytes())
        ),
    })?;
    Ok(Some(i64::from(number)))
}

/// Takes everything away, and gives the text for standard output.
fn uninstall(root: &Path, dry_run: bool) -> Result<String> {
    let image = open(root)?;
    let mut manifest = recorded(&image, root)?;
    if manifest == Manifest::default() {
        return Ok(format!(
            "nothing is installed in {} (there is no {})\n",
            escape(root.as_os_str().as_bytes()),
            manifest::PATH
        ));
    }
    let actions = plan::uninstall(&image, &manifest)
        .map_err(|(path, error)| failed(root, "look up", path.as_bytes(), error))?;
    if !dry_run {
        perform::uninstall(&image, &actions, &mut manifest)
            .map_err(|(path, error)| failed(root, "change", &path, error))?;
    }
    Ok(report(&actions, dry_run, "uninstalled from", root))
}

fn open(root: &Path) -> Result<Image> {
    Image::open(root).unable("open the root", root.as_os_str().as_bytes())
}

/// The record of earlier runs; empty where there is none.
fn recorded(image: &Image, root: &Path) -> Result<Manifest> {
    let path = manifest::PATH;
    let text = match image.read(path.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Manifest::default()),
        other => other.map_err(|error| failed(root, "read", path.as_bytes(), error))?,
    };
    Manifest::parse(&String::from_utf8_lossy(&text)).map_err(|line| Failure::Other {
        code: 1,
        text: format!(
            "{path}:{line}: no line of an installation's record; move the file away and install again"
        ),
    })
}

/// The bytes of this program.
fn own_bytes() -> Result<Vec<u8>> {
    // Without /proc, from where an earlier run put it.
    std::fs::read("/proc/self/exe")
        .or_else(|_| std::fs::read(BINARY))
        .unable("read", b"this program's own file")
}

fn failed(root: &Path, verb: &str, path: &[u8], error: io::Error) -> Failure {
    let root = escape(root.as_os_str().as_bytes());
    let remedy = match error.raw_os_error() {
        Some(errno::EACCES | errno::EPERM) => "run it as root, or as the owner of the tree",
        Some(errno::EROFS) => "the tree is read-only; install before it is mounted so",
        Some(errno::ENOTDIR) => "a file stands where a directory above it belongs; move it away",
        Some(errno::ENOSPC) => "free some space, and run it again: it goes on where it stopped",
        _ => "it can be run again once that is mended",
    };
    Failure::Other {
        code: chain::exit::SYSTEM,
        text: format!(
            "unable to {verb} {} in {root}: {}; {remedy}",
            escape(path),
            errno::text(&error)
        ),
    }
}

/// What was done: each thing that people should look at, or for a dry run every
/// action, and a sum.
fn report(actions: &[Action], dry_run: bool, done: &str, root: &Path) -> String {
    let mut text = String::new();
    let (mut changes, mut kept) = (0, 0);
    for action in actions {
        let (line, notable) = describe(action);
        match action {
            Action::Keep { .. } => kept += 1,
            Action::Record { .. } => {}
            _ => changes += 1,
        }
        if dry_run || notable {
            let _ = writeln!(text, "{line}");
        }
    }
    let root = escape(root.as_os_str().as_bytes());
    let _ = match dry_run {
        true => writeln!(text, "{changes} changes, {kept} kept; nothing was written"),
        false => writeln!(text, "{done} {root}: {changes} changes, {kept} kept"),
    };
    text
}

/// A line for an action, and whether people should see it in any case.
fn describe(action: &Action) -> (String, bool) {
    match action {
        Action::MakeDirectory(path) => (format!("make    {}/", escape(path)), false),
        Action::Record { path, .. } => (format!("adopt   {}", escape(path)), false),
        Action::Keep { path, why } => (format!("keep    {}: {why}", escape(path)), true),
        Action::Remove(path) => (format!("remove  {}", escape(path)), false),
        Action::Restore(path) => (format!("restore {}", escape(path)), true),
        Action::RemoveDirectory(path) => {
            (format!("remove  {}/ if it is empty", escape(path)), false)
        }
        Action::Put {
            path,
            content,
            saves,
            ..
        } => {
            let path = escape(path);
            let what = match content {
                Content::Link(target) => format!("link    {path} -> {target}"),
                Content::Binary if path == BINARY => format!("copy    {path}"),
                Content::Binary => format!("name    {path} = {BINARY}"),
                Content::Text(..) | Content::Directory => format!("write   {path}"),
            };
            match saves {
                true => (
                    format!(
                        "{what}; what was there goes to {}{path}",
                        manifest::REPLACED
                    ),
                    true,
                ),
                false => (what, false),
            }
        }
    }
}

fn help() -> String {
    let mut text = format!("{HELP}\n");
    for (name, _, purpose) in LAYOUTS {
        let _ = writeln!(text, "                      {name:12} {purpose}");
    }
    text.push_str(HELP_END.trim_start_matches('\n'));
    crate::help::text("mainstay install", USAGE, SUMMARY, &text)
}
