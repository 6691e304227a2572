//! A stop that is asked for again: engines and nodes send TERM twice, and a stop that was
//! ordered inside is followed by one from outside. Only who means it cuts a drain short.
#![forbid(unsafe_code)]

use harness::{Container, patience, signal};
use pid1_tests::{Image, PROMPT, assert_none, assert_order, code};
use std::time::Duration;

/// SIGRTMIN+3 as the C library counts, systemd's "halt".
const RTMIN_3: i32 = 37;

/// A way to ask for a stop.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Signal(i32),
    Order(&'static [&'static str]),
}

/// Those that may come twice, at any time.
const ASKS: [Ask; 7] = [
    Ask::Signal(signal::TERM),
    Ask::Signal(signal::PWR),
    Ask::Signal(signal::ABRT),
    Ask::Signal(RTMIN_3),
    Ask::Order(&["mainstay", "stop-container"]),
    Ask::Order(&["s6-svscanctl", "-t", "/var/run/s6/services"]),
    Ask::Order(&["s6-svscanctl", "-q", "/var/run/s6/services"]),
];

#[track_caller]
fn ask(container: &Container, ask: Ask) {
    match ask {
        Ask::Signal(number) => container.signal(number),
        Ask::Order(words) => {
            let asks = container.prepare(words.iter().copied());
            asks.outside_its_processes().run().ok();
        }
    }
}

/// PID 1 has read every signal and order by the time that it answers.
#[track_caller]
fn all_is_read(container: &Container) {
    let asks = container.prepare(["mainstay", "status"]);
    asks.outside_its_processes().run().ok();
}

/// A script that goes on until USR1. The shell takes a signal in the pauses: one that comes
/// just ahead of a long wait would be taken after it.
fn deaf_with_pauses(term: &str) -> String {
    format!(
        "{term}; trap 'echo a got HUP' HUP; trap 'echo a is done; exit 0' USR1
        echo a up; while :; do usleep 10000; done"
    )
}

/// A service that is deaf to a stop until it gets USR1, beside a drain that takes until /go.
fn draining() -> Image {
    let image = Image::new();
    image
        .service("a", &deaf_with_pauses("trap 'echo a got TERM' TERM"))
        .stop_hook(
            "10-drain",
            "trap '' TERM HUP; echo drain begins; while [ ! -e /go ]; do usleep 10000; done
            echo drain done",
        );
    image
}

#[track_caller]
fn boot(image: &Image) -> Container {
    let container = image
        .init([])
        .env("S6_KILL_GRACETIME", "60000")
        .env("S6_SERVICES_GRACETIME", "60000")
        .env("S6_KILL_FINISH_MAXTIME", "60000")
        .boot();
    container.wait_for_line("a up");
    container
}

#[test]
fn a_stop_that_is_asked_for_again_takes_its_time() {
    let image = draining();
    for begin in ASKS {
        let container = boot(&image);
        ask(&container, begin);
        container.wait_for_line("drain begins");
        container.wait_for_line("a got TERM");
        for again in ASKS {
            ask(&container, again);
        }
        all_is_read(&container);
        assert_none(&container, "a got HUP");
        container.write("/go", "");
        container.wait_for_line("[cont-finish.d] done");
        for again in ASKS {
            ask(&container, again);
        }
        all_is_read(&container);
        assert_none(&container, "a got HUP");
        let ends = container.prepare(["mainstay", "signal", "a", "USR1"]);
        ends.outside_its_processes().run().ok();
        assert_eq!(code(&container), 0, "{begin:?}");
        assert_order(&container, &["drain done", "a is done", "stopped in"]);
        assert_none(&container, "had to kill");
    }
}

#[test]
fn the_time_after_the_last_term_is_not_cut_short_either() {
    let image = Image::new();
    image.service("a", &deaf_with_pauses("trap '' TERM"));
    let container = image
        .init([])
        .env("S6_SERVICES_GRACETIME", "1")
        .env("S6_KILL_GRACETIME", "60000")
        .boot();
    container.wait_for_line("a up");
    container.signal(signal::TERM);
    container.wait_for_line("a got HUP");
    for again in ASKS {
        ask(&container, again);
    }
    all_is_read(&container);
    let ends = container.prepare(["mainstay", "signal", "a", "USR1"]);
    ends.outside_its_processes().run().ok();
    assert_eq!(code(&container), 0);
    assert_order(&container, &["a got HUP", "a is done", "stopped in"]);
    assert_none(&container, "had to kill");
}

/// Each of these, given again and again, goes on to the next step.
#[test]
fn who_means_it_skips_each_grace_in_turn() {
    let now = Ask::Order(&["mainstay", "stop-container", "--now"]);
    for again in [Ask::Signal(signal::INT), Ask::Signal(signal::QUIT), now] {
        let container = boot(&draining());
        container.signal(signal::TERM);
        container.wait_for_line("drain begins");
        container.wait_for_line("a got TERM");
        // The first interrupt is none again, and one in the half second after it neither.
        if let Ask::Signal(_) = again {
            ask(&container, again);
            all_is_read(&container);
            assert_none(&container, "a got HUP");
            std::thread::sleep(Duration::from_millis(500));
        }
        ask(&container, again);
        container.wait_for_line("a got HUP");
        if let Ask::Signal(_) = again {
            std::thread::sleep(Duration::from_millis(500));
        }
        let asked = harness::sys::monotonic();
        ask(&container, again);
        assert_eq!(code(&container), 0, "{again:?}");
        let took = container.ended_at().saturating_sub(asked);
        assert!(took < patience(PROMPT), "{again:?}: {took:?}");
        assert_order(
            &container,
            &[
                "asked again to stop: everything that still runs gets HUP and TERM",
                "asked again to stop: everything that still runs gets KILL",
                "when somebody cut S6_KILL_GRACETIME short",
            ],
        );
        assert_none(&container, "drain done");
    }
}

#[test]
fn to_stop_now_begins_a_stop_where_none_runs() {
    let container = boot(&draining());
    ask(
        &container,
        Ask::Order(&["mainstay", "stop-container", "--now"]),
    );
    container.wait_for_line("drain begins");
    container.write("/go", "");
    container.wait_for_line("[cont-finish.d] done");
    let ends = container.prepare(["mainstay", "signal", "a", "USR1"]);
    ends.outside_its_processes().run().ok();
    assert_eq!(code(&container), 0);
    assert_order(&container, &["drain done", "stopped in"]);
}
