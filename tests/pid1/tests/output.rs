//! Output that goes nowhere, or somewhere odd, and readers that take their time.
#![forbid(unsafe_code)]

use harness::{Container, Sink, patience, rounds, signal, sys};
use pid1_tests::{IDLE, Image, assert_once, code, last_line, place, stop};
use std::time::Duration;

const NONE: &[String] = &[];

/// F36: nobody reads the output for long: services that do not write, signals, control and the
/// stop go on, and what was written meanwhile is there once somebody reads again.
#[test]
fn a_reader_that_stops_reading_stops_nobody() {
    let image = Image::new();
    image
        .service(
            "loud",
            "until test -e /go; do sleep 0.01; done; exec yes the quick brown fox",
        )
        .service(
            "a",
            &format!("echo x >>/starts; trap 'exit 0' TERM; {IDLE}"),
        )
        .stop_hook("10-hook", "echo x >>/stops");
    let container = image.up();
    container.pause_reading(true);
    container.write("/go", "");
    let starts = || container.read("/starts").map_or(0, |text| text.len() / 2);
    container.wait_for("a runs", || starts() == 1);
    // The pipe is full when the loud one does not move any more.
    container.wait_for("the pipe is full", || {
        let list = container.processes();
        list.iter().filter(|one| one.name == "yes").any(|loud| {
            let wait = container.process_file(loud.pid, "wchan");
            // Some kernels do not say where.
            wait.is_ok_and(|wait| wait.contains("pipe_write") || wait == "0")
        })
    });
    let until = sys::monotonic() + Duration::from_secs(rounds(1, 60).into());
    let mut seen = 1;
    while sys::monotonic() < until || seen == 1 {
        container.exec(["s6-svc", "-r", &place("a")]).ok();
        seen += 1;
        container.wait_for("a runs again", || starts() >= seen);
        container.exec(["s6-svstat", &place("a")]).ok();
        container.exec(["mainstay", "status"]).ok();
    }
    container.signal(signal::TERM);
    container.wait_for("the stop hook ran", || container.exists("/stops"));
    container.wait_for("the container ends", || container.ended());
    container.pause_reading(false);
    assert_eq!(container.wait().code(), Some(0));
    assert_eq!(container.left_running(), NONE);
}

/// A reader that is slow loses nothing of what PID 1 says.
#[test]
fn a_slow_reader_gets_every_line() {
    let image = Image::new();
    for number in 10..40 {
        image.hook(
            &format!("{number}-hook"),
            "head -c 4000 /dev/zero | tr '\\0' x; echo",
        );
    }
    let container = image.init([]).boot();
    container.pause_reading(true);
    container.wait_for("the first hooks block", || {
        container
            .processes()
            .iter()
            .any(|one| one.arguments.iter().any(|w| w.contains("hook")))
    });
    container.pause_reading(false);
    container.wait_for_line(pid1_tests::BOOTED);
    for number in 10..40 {
        assert_once(&container, &format!("{number}-hook: exited 0."));
    }
    stop(&container);
    assert!(last_line(&container).contains("stopped in"));
}

/// F34: output that cannot be sought in, or can: a pipe, a socket, a file, nothing.
/// F39: a console that has been hung up, or streams that are closed, are no reason to die.
#[test]
fn any_kind_of_output_will_do() {
    let image = Image::new();
    image
        .hook("10-hook", "echo x >>/seen; echo the hook")
        .service(
            "a",
            &format!("echo x >>/seen; trap '' PIPE; trap 'exit 0' TERM; echo a up; {IDLE}"),
        );
    let command = || image.init([]);
    let kinds = [
        Sink::Log,
        Sink::Socket,
        Sink::File,
        Sink::Gone,
        Sink::Full,
        Sink::HungUp,
    ];
    let mut containers: Vec<Container> = kinds.map(|kind| command().sink(kind).boot()).into();
    containers.push(command().closed(0).closed(1).closed(2).boot());
    containers.push(command().closed(0).boot());
    containers.push(command().closed(1).boot());
    containers.push(command().closed(2).boot());
    for container in containers {
        let seen = || container.read("/seen").map_or(0, |text| text.len() / 2);
        container.wait_for("hook and service", || seen() >= 2);
        container.signal(signal::TERM);
        container.wait_for("the end", || container.ended());
        assert_eq!(container.wait().code(), Some(0));
        assert_eq!(container.left_running(), NONE);
    }
}

/// F35: a service that has dropped its privileges can open /dev/stdout and /dev/stderr.
#[test]
fn a_user_without_privileges_can_open_the_output_by_name() {
    let image = Image::new();
    image.service(
        "a",
        "exec s6-setuidgid app sh -c 'echo by name >/dev/stdout; echo its error >/dev/stderr; exec sleep 1000'",
    );
    let container = image.up();
    container.wait_for_line("by name");
    container.wait_for_line("its error");
    assert_eq!(stop(&container).code(), Some(0));
}

/// A service whose output is gone gets the signal that it would get anywhere, and PID 1 does not.
#[test]
fn a_broken_pipe_is_the_writers_own_affair() {
    let image = Image::new();
    image
        .service("a", "trap '' PIPE; exec yes")
        .finish("a", "echo $1 $2 >>/ends; exit 125")
        .service("b", "exec yes")
        .finish("b", "echo $1 $2 >>/ends; exit 125");
    let container = image.init([]).sink(Sink::Gone).boot();
    container.wait_for("both have ended", || {
        container
            .read("/ends")
            .is_ok_and(|text| text.split(|b| *b == b'\n').count() == 3)
    });
    assert!(
        container.text("/ends").contains("256 13"),
        "{}",
        container.text("/ends")
    );
    container.signal(signal::TERM);
    assert_eq!(
        container
            .wait_at_most(patience(Duration::from_secs(20)))
            .code(),
        Some(0)
    );
}

/// Lines that are longer than a pipe takes at once come out whole.
#[test]
fn long_lines_come_out_whole() {
    let image = Image::new();
    let name = "n".repeat(200);
    image.hook(&name, "exit 0");
    let words = "w".repeat(9000);
    let container = image.init([&*format!("/no/such/{words}")]).boot();
    // A name that long is no file's (ENAMETOOLONG).
    assert_eq!(code(&container), 126);
    container.wait_for_line(&words);
    assert_once(&container, &format!("{name}: exited 0."));
}
