//! How many system calls the boot's child makes for a service: a tree of a thousand is walked once.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use harness::{Container, Layout, Placement, Root, signal};
use injection_tests::calls::call_name;
use injection_tests::watch::{Watch, Whose};

/// Most for a service of one script or one link, all in all: what is opened for it, read, made,
/// written, closed, looked at and handed over.
const BUDGET: usize = 20;

/// What hooks cost beside: they see owners and modes that are right already, so these are set ahead of
/// them, and each service is looked at for each line that is about all.
const AHEAD_OF_HOOKS: usize = 1;

/// Few and many: what a boot does whatever it boots is in both.
const FEW: usize = 4;
const MANY: usize = 24;

/// What a service directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Script,
    Link,
    WithLogger,
}

/// The calls of one boot of so many of them.
fn calls(service: Service, hook: bool, count: usize) -> BTreeMap<i64, usize> {
    let root = Root::busybox();
    root.install(Layout::DockerBase);
    root.write_script(
        "/gate",
        "#!/bin/sh\nmkfifo /gate.fifo\nread line </gate.fifo\nexec /init\n",
    );
    root.write_script("/program", "#!/bin/sh\nexec sleep 1000\n");
    if hook {
        root.write_script("/etc/cont-init.d/10-hook", "#!/bin/sh\n");
    }
    for number in 0..count {
        let dir = format!("/etc/services.d/s{number:02}");
        match service {
            Service::Link => {
                root.directory(&dir);
                root.symlink("/program", format!("{dir}/run"));
            }
            Service::Script | Service::WithLogger => {
                root.write_script(format!("{dir}/run"), "#!/bin/sh\nexec sleep 1000\n");
            }
        }
        if service == Service::WithLogger {
            root.write_script(format!("{dir}/log/run"), "#!/bin/sh\nexec cat\n");
        }
    }
    let container = Container::new(&root, ["/gate"])
        .placement(Placement::Pid1)
        .tmpfs("/run")
        .env("S6_SERVICES_GRACETIME", "100")
        .env("S6_KILL_GRACETIME", "100")
        .one_stream()
        .boot();
    let watch = Watch::begin(container.machine_pid(), Whose::Child(1), None);
    container.wait_for("the gate is there", || container.exists("/gate.fifo"));
    container.write("/gate.fifo", "\n");
    container.wait_for_line("[services.d] done.");
    container.signal(signal::TERM);
    container.wait();
    drop(container);
    watch.end().calls
}

fn assert_within(budget: usize, service: Service, hook: bool) {
    let (few, many) = (calls(service, hook, FEW), calls(service, hook, MANY));
    let more = |call: &i64| many[call].saturating_sub(few.get(call).copied().unwrap_or(0));
    let all: usize = many.keys().map(more).sum();
    let each: Vec<String> = many
        .keys()
        .filter(|call| more(call) > 0)
        .map(|call| format!("{} {}", call_name(*call), more(call)))
        .collect();
    // A buffer may have grown by a step.
    let spare = (MANY - FEW) / 2;
    let count = MANY - FEW;
    assert!(
        all <= budget * count + spare,
        "{service:?}, hook: {hook}: {all} calls for {count} services, not {budget} each: {}",
        each.join(", ")
    );
}

#[test]
fn a_service_costs_the_boot_few_calls() {
    assert_within(BUDGET, Service::Link, false);
    assert_within(BUDGET, Service::Script, false);
}

#[test]
fn a_service_costs_few_calls_also_where_there_are_hooks() {
    assert_within(BUDGET + AHEAD_OF_HOOKS, Service::Script, true);
}

#[test]
fn a_logger_costs_no_more_than_a_service() {
    assert_within(2 * BUDGET, Service::WithLogger, false);
}
