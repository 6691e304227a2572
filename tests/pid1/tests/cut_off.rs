//! How long an engine waits before it kills, no container is told. That a stop was cut off, the
//! next run of a kept container can tell.
#![forbid(unsafe_code)]

use harness::signal;
use pid1_tests::{BOOTED, Image, assert_none, assert_once, stop};

const CUT_OFF: &str = "the last stop of this container was cut off before it had ended";

#[test]
fn a_stop_that_was_cut_off_is_said_at_the_next_start_once() {
    let image = Image::new();
    image.stop_hook("10", "echo draining; [ -e /quick ] || exec sleep 1000");
    let start = || {
        let container = image.init([]).keep_changes().boot();
        container.wait_for_line(BOOTED);
        container
    };
    let container = start();
    assert_none(&container, CUT_OFF);
    container.signal(signal::TERM);
    container.wait_for_line("draining");
    container.signal(signal::KILL);
    container.wait();
    let container = start();
    assert_once(&container, CUT_OFF);
    assert_once(
        &container,
        "it may take 11000 ms here: give it more time (docker run --stop-timeout 12",
    );
    container.write("/quick", "");
    assert_eq!(stop(&container).code(), Some(0));
    // A stop that has ended leaves nothing, and neither does a kill without one.
    let container = start();
    assert_none(&container, CUT_OFF);
    container.signal(signal::KILL);
    container.wait();
    let container = start();
    assert_none(&container, CUT_OFF);
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn a_stop_without_limits_that_was_cut_off_names_them() {
    let image = Image::new();
    image.stop_hook("10", "echo draining; exec sleep 1000");
    for last in [false, true] {
        let container = image
            .init([])
            .env("S6_KILL_FINISH_MAXTIME", "0")
            .keep_changes()
            .boot();
        container.wait_for_line(BOOTED);
        if last {
            assert_once(&container, "one of its limits is 0, which is no limit");
        }
        container.signal(signal::TERM);
        container.wait_for_line("draining");
        container.signal(signal::KILL);
        container.wait();
    }
}
