//! Who takes part, in one table: how each is given its services, how it is executed,
//! how it is asked to stop.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use kernel::signal;

use crate::tree;

/// One of those who take part.
pub(crate) struct Contestant {
    /// Its name on the command line and in the page.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The directory below `peers` that holds what it needs; none for what we build.
    pub(crate) peer: Option<&'static str>,
    /// Lays its services out in a root tree that has everything else.
    pub(crate) lay: fn(&Layout) -> io::Result<()>,
    /// What is executed as PID 1.
    pub(crate) argv: fn(&Work) -> Vec<String>,
    /// What asks it to stop in order.
    pub(crate) stop: i32,
}

/// What can be asked of a contestant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What others are compared with: starts programs, restarts none.
    Floor,
    /// Ours.
    Mainstay,
    /// Another way to boot ours or a floor, measured for boot and stop alone.
    Variant,
    /// A supervisor.
    Supervisor,
    /// Runs one program and reaps.
    Reaper,
}

impl Contestant {
    /// Whether it starts again what has ended.
    pub(crate) fn restarts(&self) -> bool {
        matches!(self.kind, Kind::Mainstay | Kind::Supervisor)
    }

    /// Whether it can run so many programs.
    pub(crate) fn can_run(&self, count: usize) -> bool {
        count == 1 || self.kind != Kind::Reaper
    }

    /// Lays its services out.
    ///
    /// # Errors
    /// As the calls that it takes.
    pub(crate) fn lay(&self, layout: &Layout) -> io::Result<()> {
        (self.lay)(layout)
    }

    /// What is executed as PID 1 for this work.
    pub(crate) fn argv(&self, work: &Work) -> Vec<String> {
        (self.argv)(work)
    }
}

/// What there is to run.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// The program, by its path inside.
    pub(crate) program: &'static str,
    /// How many of it.
    pub(crate) count: usize,
    /// Whether one plain service runs beside.
    pub(crate) beside: bool,
}

impl Work {
    /// So many plain services.
    pub(crate) fn services(count: usize) -> Work {
        Work {
            program: SERVICE,
            count,
            beside: false,
        }
    }

    /// The name and the program of each.
    fn jobs(&self) -> impl Iterator<Item = (String, &'static str)> + '_ {
        let many = (0..self.count).map(|i| (format!("s{i:05}"), self.program));
        many.chain(self.beside.then(|| ("beside".to_string(), SERVICE)))
    }
}

pub(crate) const SERVICE: &str = "/bench/service";

/// What services are laid out into, and which.
pub(crate) struct Layout<'a> {
    pub(crate) root: &'a Path,
    pub(crate) work: &'a Work,
    pub(crate) places: &'a Places,
}

/// Where things are on this machine.
pub(crate) struct Places {
    /// The bench's own programs.
    pub(crate) programs: PathBuf,
    /// One tree a peer.
    pub(crate) peers: PathBuf,
    /// Our binary.
    pub(crate) mainstay: PathBuf,
    /// The roots of the containers, on tmpfs.
    pub(crate) roots: PathBuf,
}

impl Places {
    /// Whether what a contestant needs is here.
    pub(crate) fn has(&self, contestant: &Contestant) -> bool {
        contestant
            .peer
            .is_none_or(|peer| self.peers.join(peer).is_dir())
    }

    /// Makes the root tree of a contestant with this work, called `label`.
    ///
    /// # Errors
    /// As the calls that it takes.
    pub(crate) fn root(
        &self,
        contestant: &Contestant,
        work: &Work,
        label: &str,
    ) -> io::Result<PathBuf> {
        let root = self.roots.join(format!("{}-{label}", contestant.name));
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        tree::lay(&root, &self.programs)?;
        if let Some(peer) = contestant.peer {
            tree::copy(&self.peers.join(peer), &root)?;
        }
        (contestant.lay)(&Layout {
            root: &root,
            work,
            places: self,
        })?;
        Ok(root)
    }

    /// Installs ours into a root.
    ///
    /// # Errors
    /// What it says when it cannot.
    pub(crate) fn install(&self, root: &Path) -> io::Result<()> {
        let installed = Command::new(&self.mainstay)
            .args(["install", "--layout", "docker-base", "--root"])
            .arg(root)
            .output()?;
        if installed.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&installed.stderr).into_owned();
        Err(io::Error::other(text))
    }
}

const TABLE: &[Contestant] = &[
    Contestant {
        name: "floor",
        kind: Kind::Floor,
        peer: None,
        lay: |_| Ok(()),
        argv: |work| floor("/bench/floor", work),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "floor-files",
        kind: Kind::Floor,
        peer: None,
        lay: |_| Ok(()),
        argv: |work| floor("/bench/floor-files", work),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "floor-with-contenv",
        kind: Kind::Variant,
        peer: None,
        lay: floor_with_contenv,
        argv: |work| words(&["/bench/floor-files", SCRIPT, &work.count.to_string()]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "mainstay",
        kind: Kind::Mainstay,
        peer: None,
        lay: |layout| mainstay(layout, link),
        argv: |_| words(&["/init"]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "mainstay-run.sh",
        kind: Kind::Variant,
        peer: None,
        lay: |layout| mainstay(layout, link),
        argv: |_| words(&["/run.sh"]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "mainstay-with-contenv",
        kind: Kind::Variant,
        peer: None,
        lay: |layout| mainstay(layout, with_contenv),
        argv: |_| words(&["/init"]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "s6",
        kind: Kind::Supervisor,
        peer: Some("s6"),
        lay: |layout| scan_directory(layout, link),
        argv: |_| words(&["/usr/bin/s6-svscan", "-c", "4000", "/run/service"]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "runit",
        kind: Kind::Supervisor,
        peer: Some("runit"),
        lay: |layout| directories(layout, &layout.root.join("bench/scan"), link),
        argv: |_| words(&["/usr/bin/runsvdir", "-P", "/run/service"]),
        // HUP hands TERM to every runsv, but runsvdir does not wait for them.
        stop: signal::SIGHUP,
    },
    Contestant {
        name: "supervisor",
        kind: Kind::Supervisor,
        peer: Some("supervisor"),
        lay: supervisor,
        argv: |_| {
            words(&[
                "/usr/bin/python3",
                "/usr/bin/supervisord",
                "-n",
                "-c",
                "/etc/supervisord.conf",
            ])
        },
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "horust",
        kind: Kind::Supervisor,
        peer: Some("horust"),
        lay: horust,
        argv: |_| words(&["/usr/bin/horust"]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "tini",
        kind: Kind::Reaper,
        peer: Some("tini"),
        lay: |_| Ok(()),
        argv: |work| words(&["/usr/bin/tini", "--", work.program]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "dumb-init",
        kind: Kind::Reaper,
        peer: Some("dumb-init"),
        lay: |_| Ok(()),
        argv: |work| words(&["/usr/bin/dumb-init", "--", work.program]),
        stop: signal::SIGTERM,
    },
    Contestant {
        name: "catatonit",
        kind: Kind::Reaper,
        peer: Some("catatonit"),
        lay: |_| Ok(()),
        argv: |work| words(&["/usr/bin/catatonit", "--", work.program]),
        stop: signal::SIGTERM,
    },
];

/// Everybody.
pub(crate) fn all() -> &'static [Contestant] {
    TABLE
}

pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_string()).collect()
}

fn floor(path: &str, work: &Work) -> Vec<String> {
    words(&[path, work.program, &work.count.to_string()])
}

/// `run` is a link to the program.
fn link(run: &Path, program: &str) -> io::Result<()> {
    symlink(program, run)
}

/// `run` is a script, as images have it.
fn with_contenv(run: &Path, program: &str) -> io::Result<()> {
    tree::script(
        run,
        &format!("#!/usr/bin/with-contenv sh\nexec {program}\n"),
    )
}

/// What the floor's services run where they run a script.
const SCRIPT: &str = "/bench/script";

/// The same script and variables, with the floor's program in the place of ours.
fn floor_with_contenv(layout: &Layout) -> io::Result<()> {
    let environment = layout.root.join("bench/environment");
    fs::create_dir(&environment)?;
    for (name, value) in crate::container::ENVIRONMENT {
        fs::write(environment.join(name), value)?;
    }
    let program = layout.work.program;
    let text = format!("#!/bench/with-contenv sh\nexec {program}\n");
    tree::script(&layout.root.join(SCRIPT.trim_start_matches('/')), &text)
}

pub(crate) type Run = fn(&Path, &str) -> io::Result<()>;

/// The same as a scan directory of s6, whose end does nothing (s6-svscan(8): `finish`).
pub(crate) fn scan_directory(layout: &Layout, run: Run) -> io::Result<()> {
    let scan = layout.root.join("bench/scan");
    directories(layout, &scan, run)?;
    fs::create_dir_all(scan.join(".s6-svscan"))?;
    symlink("/bin/true", scan.join(".s6-svscan/finish"))
}

/// A directory with a `run` for each job.
pub(crate) fn directories(layout: &Layout, at: &Path, run: Run) -> io::Result<()> {
    fs::create_dir_all(at)?;
    for (name, program) in layout.work.jobs() {
        let dir = at.join(name);
        fs::create_dir(&dir)?;
        run(&dir.join("run"), program)?;
    }
    Ok(())
}

fn mainstay(layout: &Layout, run: Run) -> io::Result<()> {
    layout.places.install(layout.root)?;
    directories(layout, &layout.root.join("etc/services.d"), run)
}

pub(crate) fn supervisor(layout: &Layout) -> io::Result<()> {
    let mut text = String::from(
        "[supervisord]\nnodaemon=true\nuser=root\nlogfile=/dev/null\nlogfile_maxbytes=0\n\
         pidfile=/run/supervisord.pid\nchildlogdir=/tmp\nminfds=16384\nminprocs=200\n",
    );
    for (name, program) in layout.work.jobs() {
        text.push_str(&format!(
            "[program:{name}]\ncommand={program}\nautorestart=true\nstartsecs=0\n\
             stdout_logfile=NONE\nstderr_logfile=NONE\n"
        ));
    }
    fs::write(layout.root.join("etc/supervisord.conf"), text)
}

fn horust(layout: &Layout) -> io::Result<()> {
    let at = layout.root.join("etc/horust/services");
    fs::create_dir_all(&at)?;
    for (name, program) in layout.work.jobs() {
        let text = format!("command = \"{program}\"\n[restart]\nstrategy = \"always\"\n");
        fs::write(at.join(format!("{name}.toml")), text)?;
    }
    Ok(())
}
