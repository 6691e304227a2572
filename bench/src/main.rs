//! Measures Mainstay beside its peers and two floors, all in one run, in turns.
#![forbid(unsafe_code)]

mod comparison;
mod container;
mod contestant;
mod groups;
mod image;
mod measure;
mod options;
mod page;
mod processes;
mod results;
mod stamps;
mod takeaway;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

use contestant::{Contestant, Kind, Places};
use kernel::{mount, signal};
use measure::Bench;
use options::Options;
use results::Results;

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)) {
        Err(why) => {
            eprintln!("bench: {why}\n{}", options::USAGE);
            ExitCode::from(100)
        }
        Ok(options) => match run(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("bench: {error}");
                ExitCode::from(111)
            }
        },
    }
}

fn run(options: &Options) -> std::io::Result<()> {
    // So that waiting for a container with a time limit cannot miss its end.
    signal::set_mask(&signal::Set::empty().with(signal::SIGCHLD));
    let places = Places {
        programs: options.programs.clone(),
        peers: options.peers.clone(),
        mainstay: options.mainstay.clone(),
        roots: private_tmpfs()?,
    };
    let contestants = chosen(options, &places);
    let mut bench = Bench {
        places: &places,
        contestants,
        rounds: options.rounds.unwrap_or(if options.quick { 5 } else { 11 }),
        quick: options.quick,
        results: Results::default(),
    };
    if options.measures == ["image"] {
        bench.contestants = image::all(&places);
        bench.image();
        let text = comparison::write(&bench.results, &bench.contestants);
        return finish(options, &places, text);
    }
    let numbers = match &options.services[..] {
        [] => &[1, 10, 100, 1000][..],
        given => given,
    };
    if options.wants("size") {
        bench.size();
    }
    if options.wants("boot") {
        bench.boot_and_stop(numbers);
        if options.services.is_empty() && !options.quick {
            bench.most();
        }
    }
    if options.wants("restart") {
        bench.restart(1);
    }
    if options.wants("crash-loop") {
        bench.crash_loop();
    }
    if options.wants("orphans") {
        bench.orphans();
    }
    if options.wants("idle") {
        bench.idle(100);
    }
    if options.wants("validator") {
        bench.validator();
    }
    let text = page::write(&bench.results, &bench.contestants);
    finish(options, &places, text)
}

/// Hands the page over and takes away what was made.
fn finish(options: &Options, places: &Places, text: String) -> std::io::Result<()> {
    mount::detach(&places.roots)?;
    std::fs::remove_dir(&places.roots)?;
    match &options.page {
        Some(path) => std::fs::write(path, text),
        None => {
            print!("{text}");
            Ok(())
        }
    }
}

/// A tmpfs that nobody else sees and that goes with this process.
fn private_tmpfs() -> std::io::Result<PathBuf> {
    let place = std::env::temp_dir().join(format!("mainstay-bench-{}", std::process::id()));
    kernel::namespace::own_mounts()?;
    mount::make_all_private()?;
    std::fs::create_dir(&place)?;
    mount::mount("tmpfs", &place, 0, b"mode=755,size=90%,nr_inodes=0")?;
    Ok(place)
}

/// Who takes part: everybody, the floors and ours with `--quick`, or who was named.
/// Those whose peers are not here are told and left out.
fn chosen(options: &Options, places: &Places) -> Vec<&'static Contestant> {
    let wanted = |contestant: &Contestant| {
        if options.only.is_empty() {
            !options.quick || matches!(contestant.kind, Kind::Floor | Kind::Mainstay)
        } else {
            options.only.iter().any(|name| name == contestant.name)
        }
    };
    let mut chosen = Vec::new();
    for contestant in contestant::all() {
        if !wanted(contestant) {
            continue;
        }
        if places.has(contestant) {
            chosen.push(contestant);
        } else {
            eprintln!("bench: {} is not here and is left out", contestant.name);
        }
    }
    chosen
}
