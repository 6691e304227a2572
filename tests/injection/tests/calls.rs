//! How many system calls a service costs PID 1: at its start, at a restart, at the stop. A
//! regression fails here, on any machine: what is counted does not depend on how fast it is.
//!
//! The calls of two containers are compared that differ in how many services they have, so what
//! does not grow with these does not count.
#![forbid(unsafe_code)]

use harness::{Container, Layout, Placement, Root, patience, signal};
use injection_tests::calls::call_name;
use injection_tests::watch::{Watch, Whose};
use std::collections::BTreeMap;
use std::time::Duration;

/// Numbers of services that are compared.
const FEW: usize = 8;
const MANY: usize = 40;

/// A part of a container's life, whose process is counted, and most calls a service, with what
/// they are today (on tmpfs, with openat2(2)).
struct Budget {
    what: &'static str,
    whose: Whose,
    phase: usize,
    /// Today's number and some air: half a call for what comes and goes with time.
    most: f64,
}

const STARTS: usize = 0;
const RESTARTS: usize = 1;
const STOPS: usize = 2;

const BUDGETS: &[Budget] = &[
    // Its files 13, its process 1, its status 6 and whether anybody listens 1.
    Budget {
        what: "start",
        whose: Whose::First,
        phase: STARTS,
        most: 22.0,
    },
    // Waiting 1, who is left of it 1, its process 1, tally and status 10, who listens 1, and 5
    // for the line that says so.
    Budget {
        what: "restart",
        whose: Whose::First,
        phase: RESTARTS,
        most: 19.5,
    },
    // Two signals, waiting 1, status 6, who listens 1. The tally is put off.
    Budget {
        what: "stop",
        whose: Whose::First,
        phase: STOPS,
        most: 10.5,
    },
];

/// How long services have run before they are killed: who has run for a second is started again
/// at once.
const SETTLED: Duration = Duration::from_millis(1300);

/// What comes after what was waited for is over by then.
const REST: Duration = Duration::from_millis(300);

fn image(services: usize) -> Root {
    let root = Root::busybox();
    root.install(Layout::DockerBase);
    // Until somebody traces it.
    root.write_script(
        "/gate",
        "#!/bin/sh\nmkfifo /gate.fifo\nread line </gate.fifo\nexec /init\n",
    );
    for number in 0..services {
        root.write_script(
            format!("/etc/services.d/s{number:03}/run"),
            "#!/bin/sh\nexec sleep 1000\n",
        );
    }
    root
}

/// The pids of services that have become what they are.
fn running(container: &Container) -> Vec<i32> {
    let all = container.processes().into_iter();
    let sleeps = all.filter(|one| one.arguments == ["sleep", "1000"]);
    sleeps.map(|one| one.pid).collect()
}

type Phases = BTreeMap<usize, BTreeMap<i64, usize>>;

/// Boots, kills each service once if this is about restarts, stops: the calls of each phase.
fn life(whose: Whose, services: usize, restarts: bool) -> Phases {
    let root = image(services);
    let container = Container::new(&root, ["/gate"])
        .placement(Placement::Pid1)
        .tmpfs("/run")
        .boot();
    let watch = Watch::begin(container.machine_pid(), whose, None);
    container.wait_for("the gate is there", || container.exists("/gate.fifo"));
    container.write("/gate.fifo", "\n");
    container.wait_for("all run", || running(&container).len() == services);
    std::thread::sleep(patience(SETTLED));
    if restarts {
        watch.enter(RESTARTS);
        let before = running(&container);
        let pids: Vec<String> = before.iter().map(ToString::to_string).collect();
        container
            .shell(&format!("kill -KILL {}", pids.join(" ")))
            .ok();
        container.wait_for("all run again", || {
            let now = running(&container);
            now.len() == services && now.iter().all(|pid| !before.contains(pid))
        });
        std::thread::sleep(patience(REST));
    }
    watch.enter(STOPS);
    container.signal(signal::TERM);
    container.wait();
    watch.end().phases
}

/// The calls of a phase for each service, by name. fcntl(2) is left out: by it the standard
/// library asks, where it is not optimised, whether what it closes is open.
fn a_service(few: &Phases, many: &Phases, phase: usize) -> BTreeMap<String, f64> {
    let count = |phases: &Phases, call: i64| {
        let calls = phases.get(&phase);
        calls
            .and_then(|calls| calls.get(&call))
            .copied()
            .unwrap_or(0) as f64
    };
    let all = many.get(&phase).into_iter().flatten();
    let all = all.filter(|(call, _)| **call != libc::SYS_fcntl);
    all.map(|(call, _)| {
        let more = count(many, *call) - count(few, *call);
        (call_name(*call), more / (MANY - FEW) as f64)
    })
    .collect()
}

#[test]
fn a_service_costs_no_more_calls_than_it_did() {
    let mut exceeded = Vec::new();
    // A machine that was slow may have added some. What is too much is so three times.
    for _ in 0..3 {
        exceeded.clear();
        let mut lives: Vec<((Whose, bool), Phases, Phases)> = Vec::new();
        for budget in BUDGETS {
            let (whose, restarts) = (budget.whose, budget.phase == RESTARTS);
            let kind = (whose, restarts);
            if !lives.iter().any(|(other, ..)| *other == kind) {
                let (few, many) = (life(whose, FEW, restarts), life(whose, MANY, restarts));
                lives.push((kind, few, many));
            }
            let found = lives.iter().find(|(other, ..)| *other == kind);
            let (_, few, many) = found.expect("it was counted");
            let calls = a_service(few, many, budget.phase);
            let sum: f64 = calls.values().sum();
            let figure = format!("{}: {sum:.2} calls a service", budget.what);
            println!("{figure}");
            if sum > budget.most {
                let most = budget.most;
                exceeded.push(format!("{figure}, more than {most}: {calls:.2?}"));
            }
        }
        if exceeded.is_empty() {
            return;
        }
    }
    panic!("{}", exceeded.join("\n"));
}
