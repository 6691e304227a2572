//! Who takes part in the comparison of images: the same Debian with each of them, as `docs/comparison.md`
//! tells. The base is a lower layer, what is added lies in an upper one, as in an engine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kernel::{mount, signal};

use crate::contestant::{self, Contestant, Kind, Layout, Places, Work};
use crate::measure::size::{self, Content};
use crate::tree;

/// The directory below `peers` that holds the base.
const BASE: &str = "debian";

const TABLE: &[Contestant] = &[
    Contestant {
        name: "Mainstay",
        kind: Kind::Mainstay,
        peer: None,
        lay: |layout| contestant::directories(layout, &layout.root.join("etc/services.d"), script),
        // As the image's CMD.
        argv: |_| contestant::words(&["/bin/bash", "/run.sh"]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "s6",
        kind: Kind::Supervisor,
        peer: Some("s6"),
        lay: |layout| contestant::scan_directory(layout, script),
        argv: |_| contestant::words(&["/usr/bin/s6-svscan", "/run/service"]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "runit",
        kind: Kind::Supervisor,
        peer: Some("runit"),
        lay: |layout| contestant::directories(layout, &layout.root.join("bench/scan"), script),
        argv: |_| contestant::words(&["/usr/bin/runsvdir", "-P", "/run/service"]),
        // HUP hands TERM to every runsv, but runsvdir does not wait for them.
        stop: signal::SIGHUP,
    },
    Contestant {
        name: "supervisor",
        kind: Kind::Supervisor,
        peer: Some("supervisor"),
        lay: contestant::supervisor,
        argv: |_| {
            let config = "/etc/supervisord.conf";
            contestant::words(&[
                "/usr/bin/python3",
                "/usr/bin/supervisord",
                "-n",
                "-c",
                config,
            ])
        },
        stop: signal::SIGTERM,
    },
];

/// Those who take part, of whom all that they need is here; ours is the first.
pub(crate) fn all(places: &Places) -> Vec<&'static Contestant> {
    let here = |contestant: &&Contestant| {
        let here = places.has(contestant) && places.peers.join(BASE).is_dir();
        if !here {
            eprintln!("bench: {} is not here and is left out", contestant.name);
        }
        here
    };
    TABLE.iter().filter(here).collect()
}

/// `run` is a script of Debian's shell.
fn script(run: &Path, program: &str) -> io::Result<()> {
    tree::script(run, &format!("#!/bin/sh\nexec {program}\n"))
}

/// A mounted root tree; goes when it is dropped.
pub(crate) struct Image {
    pub(crate) root: PathBuf,
    layers: PathBuf,
    /// What the contestant has added to the base.
    pub(crate) added: Content,
}

impl Image {
    /// Debian with this contestant and its work.
    ///
    /// # Errors
    /// As the calls that it takes; what `mainstay install` says.
    pub(crate) fn make(places: &Places, contestant: &Contestant, work: &Work) -> io::Result<Image> {
        let layers = places.roots.join(format!("image-{}", contestant.name));
        let root = layers.join("root");
        for name in ["root", "upper", "work"] {
            fs::create_dir_all(layers.join(name))?;
        }
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            places.peers.join(BASE).display(),
            layers.join("upper").display(),
            layers.join("work").display()
        );
        mount::mount("overlay", &root, 0, options.as_bytes())?;
        let mut image = Image {
            root,
            layers,
            added: Content::default(),
        };
        match contestant.peer {
            None => places.install(&image.root)?,
            Some(peer) => tree::copy_new(&places.peers.join(peer), &image.root)?,
        }
        image.added = size::content(&image.layers.join("upper"))?;
        tree::lay_over(&image.root, &places.programs)?;
        contestant.lay(&Layout {
            root: &image.root,
            work,
            places,
        })?;
        Ok(image)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = mount::detach(&self.root);
        let _ = fs::remove_dir_all(&self.layers);
    }
}
