//! The image that a question is about: the tree, what an installation puts below it,
//! and the root file system below that.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use chain::{Failure, Result, Unable, escape};
use kernel::accounts::Accounts;
use layouts::overlay2::lint::{self, Answer, Question};
use layouts::overlay2::picture::Places;
use layouts::script::identity::Rights;
use layouts::view::{Identity, Layer, Layers, View};

use super::arguments::Request;
use super::shells;
use crate::install::{self, Layout};

/// What was found, and of what.
pub(super) struct Looked {
    pub(super) answer: Answer,
    /// Whether what lies below the tree was known.
    pub(super) whole: bool,
    /// Who starts it.
    pub(super) uid: u32,
    /// The tree alone.
    pub(super) tree: View,
    /// The tree over what lies below it, without what an installation brings.
    pub(super) image: View,
}

/// What every whole image has, one of these or another.
const OF_A_ROOT: [&str; 5] = [
    "/etc/passwd",
    "/etc/os-release",
    "/bin/sh",
    "/bin/busybox",
    "/usr/lib/os-release",
];

/// Answers a question for a program that answers to `names`.
///
/// # Errors
/// A tree or a root that cannot be read; a user who does not exist.
pub(super) fn look(request: &Request, names: &[&str]) -> Result<Looked> {
    let root = |path: &Path| path.as_os_str().as_bytes().to_vec();
    let tree_is_image = match &request.root {
        Some(path) => same(path, &request.tree),
        None => true,
    };
    let read = || -> io::Result<(Layers, View)> {
        let tree = Layer::disk(&request.tree, false)?;
        let alone = View::image(Layers::new(vec![tree])?, Identity::default());
        // Listed once: a directory that cannot be is no tree.
        alone.names(Path::new("/"))?;
        let tree = Layer::disk(&request.tree, !tree_is_image)?;
        Ok((Layers::new(vec![tree])?, alone))
    };
    let (mut layers, tree) = read().unable("read the tree", &root(&request.tree))?;
    let complete = |view: &View| OF_A_ROOT.iter().any(|path| view.exists(Path::new(path)));
    let whole = request.root.is_some() || complete(&tree);
    if let Some(path) = request.root.as_deref().filter(|_| !tree_is_image) {
        layers = Layer::disk(path, false)
            .and_then(|below| layers.insert(1, below))
            .unable("read the root", &root(path))?;
    }
    let mut both = vec![Layer::disk(&request.tree, false)];
    if let Some(path) = request.root.as_deref().filter(|_| !tree_is_image) {
        both.push(Layer::disk(path, false));
    }
    let both: io::Result<Vec<Layer>> = both.into_iter().collect();
    let image = both
        .and_then(Layers::new)
        .map(|layers| View::image(layers, Identity::default()))
        .unable("read", &root(&request.tree))?;
    let installed = install::as_layer(request.layout, names, &layers).unable(
        "look up what an installation needs in",
        &root(&request.tree),
    )?;
    let layers = layers
        .insert(1, Layer::Listed(installed))
        .unable("read", &root(&request.tree))?;

    let view = View::image(layers, Identity::default());
    // Files that cannot be read are a finding, unless a name must be looked up in them.
    let accounts = match request.user {
        Some(_) => view.accounts().unable("read", b"/etc/passwd")?,
        None => Accounts::default(),
    };
    let user = identity(request.user.as_deref(), &accounts, whole)?;
    let rights = rights(request, &user);
    let view = view.for_user(user.clone());
    let run_d = matches!(request.layout, Layout::DockerBase).then(|| Path::new(places::RUN_D));
    let path_file = Path::new(places::IMAGE_ENVIRONMENT).join("PATH");
    let available = PathBuf::from(places::SERVICES_AVAILABLE);
    let answer = lint::ask(Question {
        view,
        tree: &tree,
        tree_is_image,
        whole,
        places: Places {
            run_d,
            etc: Path::new(places::ETC),
            own_attrs: Path::new(places::FIXATTRS),
            user_files: Path::new(places::USER_FILES),
            own_services: Path::new(places::IMAGE_SERVICES),
            stage2: Path::new(places::STAGE2),
        },
        available: std::slice::from_ref(&available),
        given: request.given.clone(),
        uid: user.uid,
        rights,
        small_path: places::SMALL_PATH.as_bytes(),
        container_path: places::FULL_PATH.as_bytes(),
        path_file: &path_file,
        shells: &shells::check,
    });
    Ok(Looked {
        answer,
        whole,
        uid: user.uid,
        tree,
        image,
    })
}

/// Whether both lead to the same directory.
fn same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    real(a).is_some_and(|path| Some(path) == real(b))
}

/// Who `docker run --user` means: `USER[:GROUP]`, names or numbers.
fn identity(word: Option<&[u8]>, accounts: &Accounts, whole: bool) -> Result<Identity> {
    let Some(word) = word else {
        return Ok(Identity::default());
    };
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<u32>().ok();
    let (user, group) = match word.iter().position(|b| *b == b':') {
        Some(at) => (&word[..at], Some(&word[at + 1..])),
        None => (word, None),
    };
    let unknown = |what: &str, name: &[u8]| {
        let why = match whole {
            true => "give a number, or make it in the image",
            false => "give a number: without --root nobody knows who there is",
        };
        Failure::Invalid(format!(
            "--user: there is no {what} {}; {why}",
            escape(name)
        ))
    };
    let line = accounts
        .user(user)
        .or_else(|| accounts.user_by_id(number(user)?));
    let uid = line
        .map(|line| line.uid)
        .or_else(|| number(user))
        .ok_or_else(|| unknown("user", user))?;
    let gids = match (group, line) {
        (Some(group), _) => {
            let found = accounts.group(group).map(|line| line.gid);
            let gid = found.or_else(|| number(group));
            vec![gid.ok_or_else(|| unknown("group", group))?]
        }
        (None, Some(line)) => accounts.groups_of(&line.name, line.gid),
        (None, None) => vec![0],
    };
    Ok(Identity { uid, gids })
}

fn rights(request: &Request, user: &Identity) -> Rights {
    let has = |name: &[u8]| {
        let mut dropped = request.dropped.iter();
        user.uid == 0 && !dropped.any(|dropped| dropped == name || dropped == b"ALL")
    };
    Rights {
        change_user: has(b"SETUID") && has(b"SETGID"),
        change_owner: has(b"CHOWN"),
    }
}
