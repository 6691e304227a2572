//! Every cell boots and stops, in bare namespaces.
#![forbid(unsafe_code)]

use anywhere_tests::cell::{Cell, Files, Kernel, Powers, Streams, User};
use anywhere_tests::{calls, image, pairs};
use harness::{Placement, Sink};
use std::sync::Mutex;

/// Lives all cells, some at a time; fails with every cell that did not.
#[track_caller]
fn live_all(name: &str, cells: Vec<Cell>) {
    let root = image::make();
    let count = cells.len();
    let (cells, failures) = (Mutex::new(cells), Mutex::new(Vec::new()));
    let next = || cells.lock().expect("nobody panics with it").pop();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(cell) = next() {
                    let begun = std::time::Instant::now();
                    let lived =
                        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cell.live(&root)));
                    let lived = lived.unwrap_or_else(|_| Err(format!("{cell}: panicked")));
                    println!("{:5} ms: {cell}", begun.elapsed().as_millis());
                    if let Err(why) = lived {
                        failures.lock().expect("nobody panics with it").push(why);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("nobody panics with it");
    anywhere_tests::tell(name, count);
    assert!(
        failures.is_empty(),
        "{} of {count} cells failed:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

#[test]
fn every_pair_of_circumstances() {
    let rows = pairs::pairwise(&Cell::SIZES);
    live_all("pairs", rows.iter().map(|row| Cell::of(row)).collect());
}

/// Combinations that were trouble to others, whether pairs hold them or not.
#[test]
fn combinations_that_are_known_to_be_nasty() {
    let plain = Cell::PLAIN;
    let openshift = Cell {
        user: User::Arbitrary,
        powers: Powers::None,
        ..plain
    };
    let child = Cell {
        placement: Placement::Child,
        ..plain
    };
    let cells = vec![
        plain,
        openshift,
        Cell {
            kernel: Kernel::Old,
            ..child
        },
        Cell {
            files: Files::ReadOnly,
            ..openshift
        },
        Cell {
            files: Files::Nowhere,
            placement: Placement::Child,
            ..openshift
        },
        Cell {
            files: Files::RunNoexecReadOnly,
            ..openshift
        },
        Cell {
            files: Files::Nowhere,
            streams: Streams::Closed,
            proc: false,
            kernel: Kernel::Old,
            ..openshift
        },
        Cell {
            files: Files::Nowhere,
            streams: Streams::Closed,
            proc: false,
            kernel: Kernel::Strict,
            placement: Placement::Child,
            ..openshift
        },
        Cell {
            proc: false,
            ..child
        },
        Cell {
            streams: Streams::To(Sink::Blocked),
            kernel: Kernel::Old,
            ..child
        },
        Cell {
            streams: Streams::To(Sink::Gone),
            kernel: Kernel::NoKill,
            ..plain
        },
        Cell {
            powers: Powers::None,
            files: Files::ReadOnlyTmpfsRun,
            ..plain
        },
    ];
    live_all("nasty", cells);
}

/// F54, F55: each newer call alone is missing, by ENOSYS and by EPERM.
#[test]
fn each_newer_call_missing_alone() {
    let errnos = [libc::ENOSYS, libc::EPERM];
    let cells = calls::NEWER.iter().flat_map(|(name, call)| {
        errnos.map(|errno| Cell {
            kernel: Kernel::Without(name, *call, errno),
            ..Cell::PLAIN
        })
    });
    live_all("calls", cells.collect());
}
