//! s6's files as the contract: Debian's tools and ours, each on Debian's supervisor and on
//! ours, in all four pairings. Debian's on Debian's says how a script should come out.
//!
//! The scripts are those of `cases/s6` that have services supervised, and those of
//! `cases/protocol`. Each runs in a container of its own, whose process 1 is the supervisor.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use compat_tests::{Case, Ended, LAB, PRELUDE, alike, read};
use harness::{Container, Layout, Root};

/// Programs by the name of their package's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Debian,
    Us,
}

impl Of {
    /// Where the tools are.
    fn tools(self) -> &'static str {
        match self {
            Of::Debian => "/usr/bin",
            Of::Us => "/usr/libexec/mainstay",
        }
    }

    /// What is process 1, and the directory in which `scan` is its scan directory.
    fn supervisor(self) -> (&'static [&'static str], &'static str) {
        match self {
            Of::Debian => (&["/usr/bin/s6-svscan", "/lab/scan"], "/lab"),
            Of::Us => (&["/init"], "/var/run/s6"),
        }
    }
}

/// Debian 12 with its s6 and with ours beside it.
fn root() -> Root {
    let root = Root::debian();
    root.install(Layout::S6V2);
    let installed = std::process::Command::new("dpkg")
        .args([
            "--listfiles",
            "s6",
            "execline",
            "libs6-2.11",
            "libexecline2.9",
            "libskarnet2.13",
        ])
        .output()
        .expect("dpkg runs");
    let list = String::from_utf8(installed.stdout).expect("paths are text");
    let wanted = |path: &&str| {
        ["/usr/bin/", "/usr/lib/", "/bin/"]
            .iter()
            .any(|dir| path.starts_with(dir))
    };
    let mut count = 0;
    for path in list.lines().filter(wanted) {
        let Ok(data) = std::fs::symlink_metadata(path) else {
            continue;
        };
        if data.is_dir() {
            continue;
        }
        if root.metadata(path).is_ok() {
            root.remove(path);
        }
        if data.is_symlink() {
            root.symlink(std::fs::read_link(path).expect("a link"), path);
        } else {
            root.copy_file(path, path);
        }
        count += 1;
    }
    assert!(count > 60, "Debian's s6 is not installed: run `make setup`");
    root.write("/lab/scan/.keep", "");
    root.copy_file(concat!(env!("CARGO_MANIFEST_DIR"), "/cases/show"), "/show");
    root
}

/// In place of the lab's own: the supervisor is process 1 already.
const SUPERVISE: &str = r#"
supervise() {
    /usr/bin/s6-svscanctl -a scan
    for dir in scan/*; do
        until_ok /usr/bin/s6-svok "$dir"
        until_ok test -s "$dir/supervise/status"
    done
}
"#;

/// A container whose process 1 supervises, once it does.
fn boot(root: &Root, supervisor: Of) -> Container {
    let (init, _) = supervisor.supervisor();
    let container = Container::new(root, init)
        .all_capabilities()
        .tmpfs("/run")
        .one_stream()
        .boot();
    match supervisor {
        Of::Debian => container.wait_for("the supervisor listens", || {
            container.exists("/lab/scan/.s6-svscan/control")
        }),
        // Until then the boot reads what a script makes.
        Of::Us => drop(container.wait_for_line("[services.d] done.")),
    }
    container
}

/// What came of the script, and what process 1 said.
fn run(case: &Case, root: &Root, tools: Of, supervisor: Of) -> (Ended, Vec<String>) {
    let (_, place) = supervisor.supervisor();
    let container = boot(root, supervisor);
    let prepare = "test -e scan || ln -s services scan; cp /show show; umask 022";
    let path = format!("export PATH={}:/usr/bin:/bin", tools.tools());
    let script = format!(
        "{path}\n{prepare}\n{PRELUDE}{LAB}{SUPERVISE}{}",
        case.script
    );
    let output = container
        .prepare(["/bin/sh", "-c", &script])
        .directory(place)
        .limit(Duration::from_secs(60))
        .run();
    let said = container.log().lines().into_iter().map(|line| line.text);
    let ended = Ended {
        exits: output.code(),
        prints: output.text(),
        complains: output.error_text(),
    };
    (ended, said.collect())
}

fn check(case: &Case, root: &Root) -> Vec<String> {
    let (expected, _) = run(case, root, Of::Debian, Of::Debian);
    let mut wrong = Vec::new();
    for (tools, supervisor) in [(Of::Us, Of::Debian), (Of::Debian, Of::Us), (Of::Us, Of::Us)] {
        let (got, said) = run(case, root, tools, supervisor);
        // Where our tools leave the original, they do so on any supervisor.
        let right = match &case.own {
            Some(own) if tools == Of::Us => {
                (got.exits, got.prints.trim_end()) == (own.exits, own.prints.trim_end())
            }
            Some(own) if !own.differs => continue,
            _ => alike(&got, &expected),
        };
        if !right {
            wrong.push(format!(
                "{}: tools of {tools:?}, supervisor of {supervisor:?}\n{}\n   got: {got:?}\n  want: {expected:?}\n  process 1 said: {said:#?}",
                case.place, case.script
            ));
        }
    }
    wrong
}

#[test]
fn every_pairing_of_tools_and_supervisors_comes_out_alike() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let supervises = |case: &Case| case.script.contains("service ");
    // What ends process 1 ends the script's own container with it.
    let stays = |case: &Case| {
        !case.script.contains("s6-svscanctl -t") && !case.script.contains("s6-supervise")
    };
    let mut all: Vec<Case> = read(&cases.join("s6"))
        .into_iter()
        .filter(|case| supervises(case) && stays(case))
        .collect();
    all.extend(read(&cases.join("protocol")));
    if let Ok(only) = std::env::var("ONLY") {
        all.retain(|case| case.place.starts_with(&only));
    }
    let root = root();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from) * 2;
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = check(case, &root);
                    wrong.lock().expect("no worker panics").extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no worker panics");
    assert!(
        wrong.is_empty(),
        "{} of {}:\n\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n\n")
    );
}

/// What ends process 1 and so everything: each way of s6-svscanctl to ask for it.
#[test]
fn the_scanner_is_asked_to_end_by_either_s_tools() {
    let root = root();
    for supervisor in [Of::Debian, Of::Us] {
        let scan = match supervisor {
            Of::Debian => "/lab/scan",
            Of::Us => "/run/service",
        };
        for tools in [Of::Debian, Of::Us] {
            for option in ["-t", "-q", "-b", "-i"] {
                let container = boot(&root, supervisor);
                let program = format!("{}/s6-svscanctl", tools.tools());
                // It may be ended with the others before it has told its own end.
                let asked = container.prepare([program.as_str(), option, scan]);
                asked.outside_its_processes().run().ok();
                container.wait();
            }
        }
    }
}
