//! What each layout consists of: every path that an image built for it may use.

use layouts::overlay2::{INIT_STAGE2, INIT_STAGE2_FIXATTRS, INIT_STAGE3};
use places::{LIBEXEC, SMALL_PATH, name};

pub(super) use places::OUR_BINARY as BINARY;

/// A layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// s6-overlay v2: `/init` and everything that its tarball unpacks.
    S6V2,
    /// docker-base: s6-overlay v2, and `/run.sh` and its like.
    DockerBase,
}

/// Every layout with its name and what it is for.
pub(crate) const LAYOUTS: &[(&str, Layout, &str)] = &[
    ("s6-v2", Layout::S6V2, "images of s6-overlay v1 and v2"),
    (
        "docker-base",
        Layout::DockerBase,
        "images of docker-base: s6-v2, /run.sh, /worker.sh, /run.d and more",
    ),
];

/// What is to be at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A directory, whatever is in it.
    Directory,
    /// A symbolic link.
    Link(String),
    /// The program, as a file.
    Binary,
    /// A text with its mode.
    Text(&'static str, u32),
}

/// What happens to something else that is at the path already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// The original has a file here too: what stands here is set aside.
    Replaces,
    /// Only a further way to reach a program: what stands here stays.
    Offers,
}

/// A path and what is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) path: String,
    pub(super) content: Content,
    pub(super) claim: Claim,
}

/// Programs without a name on PATH: our own files call them, or a layout says where.
const PRIVATE: &[&str] = &["boot-step", "run.sh", "init.sh", "worker.sh", ARCHSTRING];

/// Programs that the original has in /usr/bin; the rest it has in /bin.
const IN_USR_BIN: &[&str] = &[
    "with-contenv",
    "with-contenv-legacy",
    "printcontenv",
    "fix-attrs",
    "justc-envdir",
    "with-retries",
    "logutil-newfifo",
    "logutil-service",
    "logutil-service-main",
];

/// The program that scripts name in their first line. It is a regular file: images
/// check that, and some kernels refuse an interpreter that is a link too many.
const INTERPRETER: &str = "execlineb";

/// docker-base's own helper, in a place of its own.
const ARCHSTRING: &str = "archstring";

/// Everything that `layout` consists of, for a program that answers to `names`. What
/// replaces comes before what offers: where two paths are one (a merged /usr), the
/// first counts.
pub(super) fn items(layout: Layout, names: &[&str]) -> Vec<Item> {
    let mut items = vec![
        item(LIBEXEC, Content::Directory),
        item(BINARY, Content::Binary),
        offer(places::MAINSTAY.into(), Content::Link(BINARY.into())),
    ];
    for name in names {
        let private = format!("{LIBEXEC}/{name}");
        // Relative: the two stay together wherever the directory is.
        items.push(item(&private, Content::Link("mainstay".into())));
        if PRIVATE.contains(name) {
            continue;
        }
        let link = Content::Link(private);
        match *name {
            "init" => items.push(item(places::INIT, link)),
            INTERPRETER => {
                items.push(item("/bin/execlineb", Content::Binary));
                items.push(item("/usr/bin/execlineb", link));
            }
            name => {
                let (first, second) = match IN_USR_BIN.contains(&name) {
                    true => ("/usr/bin", "/bin"),
                    false => ("/bin", "/usr/bin"),
                };
                let place = format!("{first}/{name}");
                items.push(item(&place, link));
                // Through the original's place: PATH may have this one first, and what
                // an image puts there must win all the same.
                items.push(offer(format!("{second}/{name}"), Content::Link(place)));
            }
        }
    }
    overlay(&mut items);
    if layout == Layout::DockerBase {
        docker_base(&mut items);
        if names.contains(&ARCHSTRING) {
            let link = Content::Link(format!("{LIBEXEC}/{ARCHSTRING}"));
            items.push(item("/usr/local/bin/archstring", link));
        }
    }
    // Stable: within a claim the order stays.
    items.sort_by_key(|item| item.claim);
    items
}

fn overlay(items: &mut Vec<Item>) {
    for dir in [
        name::CONT_INIT,
        name::CONT_FINISH,
        name::FIX_ATTRS,
        name::SERVICES,
    ] {
        let path = format!("{}/{dir}", places::ETC);
        items.push(item(&path, Content::Directory));
    }
    for dir in [places::IMAGE_ENVIRONMENT, places::IMAGE_CONTROL] {
        items.push(item(dir, Content::Directory));
    }
    let path_file = format!("{}/PATH", places::IMAGE_ENVIRONMENT);
    for (path, text, mode) in [
        (places::STAGE2, INIT_STAGE2, 0o755),
        (places::FIXATTRS, INIT_STAGE2_FIXATTRS, 0o644),
        (places::STAGE3, INIT_STAGE3, 0o755),
        (&path_file, SMALL_PATH, 0o644),
    ] {
        items.push(item(path, Content::Text(text, mode)));
    }
}

fn docker_base(items: &mut Vec<Item>) {
    for dir in [places::RUN_D, places::SCRIPTS, places::SERVICES_AVAILABLE] {
        items.push(item(dir, Content::Directory));
    }
    let with_bigcontenv = format!("{}/with-bigcontenv", places::SCRIPTS);
    for (path, text) in [
        (places::RUN_SH, include_str!("texts/run.sh")),
        (places::INIT_SH, include_str!("texts/init.sh")),
        (places::WORKER_SH, include_str!("texts/worker.sh")),
        (&with_bigcontenv, include_str!("texts/with-bigcontenv")),
    ] {
        items.push(item(path, Content::Text(text, 0o755)));
    }
}

fn item(path: &str, content: Content) -> Item {
    Item {
        path: path.to_string(),
        content,
        claim: Claim::Replaces,
    }
}

fn offer(path: String, content: Content) -> Item {
    Item {
        path,
        content,
        claim: Claim::Offers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(layout: Layout, names: &[&str]) -> Vec<String> {
        items(layout, names)
            .into_iter()
            .map(|item| item.path)
            .collect()
    }

    #[test]
    fn every_program_is_where_images_look_for_it() {
        let names = [
            "init",
            "execlineb",
            "s6-svc",
            "with-contenv",
            "run.sh",
            "boot-step",
        ];
        let found = paths(Layout::S6V2, &names);
        for path in [
            "/init",
            "/bin/execlineb",
            "/usr/bin/execlineb",
            "/bin/s6-svc",
            "/usr/bin/s6-svc",
            "/usr/bin/with-contenv",
            "/usr/libexec/mainstay/run.sh",
            "/usr/libexec/mainstay/boot-step",
        ] {
            assert!(found.iter().any(|other| other == path), "{path}");
        }
        for path in ["/bin/run.sh", "/usr/bin/boot-step", "/bin/init", "/run.sh"] {
            assert!(!found.iter().any(|other| other == path), "{path}");
        }
        let more = paths(Layout::DockerBase, &["archstring"]);
        for path in ["/run.sh", "/usr/local/bin/archstring"] {
            assert!(more.iter().any(|other| other == path), "{path}");
        }
        assert!(!more.iter().any(|other| other == "/bin/archstring"));
    }

    #[test]
    fn no_path_stands_twice_and_what_replaces_comes_first() {
        let items = items(Layout::DockerBase, &["execlineb", "s6-svc", "fix-attrs"]);
        let mut paths: Vec<_> = items.iter().map(|item| &item.path).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), items.len());
        assert!(items.is_sorted_by_key(|item| item.claim));
    }
}
