//! News that nobody takes: a descriptor that is ready for ever must not keep the loop turning.
#![forbid(unsafe_code)]

use harness::Container;
use pid1_tests::{IDLE, Image, last_line, place, stop};
use std::time::Duration;

/// The socket for people.
const SOCKET: &str = "/run/mainstay/control";

/// More would be a turn in every moment: a second of five.
const MOST_TICKS: u64 = 100;

fn image() -> Image {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_attacker"), "/attacker");
    image
}

/// The processor time that PID 1 used so far, in ticks of 10 ms.
fn ticks(container: &Container) -> u64 {
    let pid = container.machine_pid();
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("PID 1 runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
    // utime and stime (proc(5)), counted from the state.
    let fields = fields.split_ascii_whitespace().skip(11).take(2);
    fields.filter_map(|word| word.parse::<u64>().ok()).sum()
}

/// Shell that prints PID 1's processor time, in ticks, as `WORD: TICKS`.
fn say_ticks(word: &str) -> String {
    format!("set -- $(sed 's/.*)//' /proc/1/stat); echo {word}: $((${{12}} + ${{13}}))")
}

#[track_caller]
fn said(container: &Container, word: &str) -> u64 {
    let line = container.wait_for_line(&format!("{word}: ")).text;
    let number = line.rsplit(' ').next().and_then(|word| word.parse().ok());
    number.unwrap_or_else(|| container.fail(&line))
}

/// A client that has sent its request, closed that half, and reads nothing of an answer that does
/// not fit into the socket: the end of its half is news for ever.
#[test]
fn a_client_that_half_closes_and_does_not_read_keeps_nobody_turning() {
    let image = image();
    let long = "x".repeat(200);
    for number in 0..1200 {
        let name = format!("{long}{number}");
        image.service(&name, "exec sleep 1000");
        image.service_file(&name, "down", "");
    }
    let container = image.up();
    let before = ticks(&container);
    // It is closed when PID 1's patience is over; meanwhile nothing else happens.
    let words = ["/attacker", "unread", SOCKET, "status"];
    let attack = container.prepare(words).limit(Duration::from_secs(60));
    attack.run().ok();
    let used = ticks(&container) - before;
    assert!(used < MOST_TICKS, "{used} ticks for a client that waits");
    stop(&container);
}

/// A client that is connected when the hooks' child is forked, which so has a copy of the connection,
/// and goes: what PID 1 has closed is no news any more.
#[test]
fn a_client_that_is_gone_is_no_news_although_a_child_has_a_copy() {
    let image = image();
    image.stop_hook(
        "10-long",
        &format!(
            "echo hook; until test -e /go; do usleep 1000; done; {}; usleep 3000000; {}",
            say_ticks("begun"),
            say_ticks("done")
        ),
    );
    let container = image.up();
    let pid = container.machine_pid();
    // Only sockets: what the boot was read from may still be open.
    let is_socket = |entry: &std::fs::DirEntry| {
        std::fs::read_link(entry.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
    };
    let open = || {
        let entries = std::fs::read_dir(format!("/proc/{pid}/fd"));
        entries.map_or(0, |all| all.flatten().filter(is_socket).count())
    };
    let before = open();
    let script =
        format!("until test -e /gone; do usleep 1000; done | /attacker half-open {SOCKET} 9");
    let client = container.prepare(["/bin/sh", "-c", &script]).spawn();
    container.wait_for("nine clients", || open() == before + 9);
    container.signal(harness::signal::TERM);
    container.wait_for_line("hook");
    container.write("/gone", "");
    client.wait().ok();
    container.write("/go", "");
    let used = said(&container, "done") - said(&container, "begun");
    assert!(used < MOST_TICKS, "{used} ticks in the hooks");
    last_line(&container);
}

/// A service that has left (`s6-svc -x`) while the hooks' child, or any other, has a copy of its
/// control fifo: a letter that comes afterwards is nobody's, and no news.
#[test]
fn a_fifo_that_was_let_go_of_is_no_news_although_a_child_has_a_copy() {
    let image = image();
    let fifo = format!("{}/supervise/control", place("a"));
    image.service("a", &format!("echo a up; {IDLE}"));
    image.stop_hook(
        "10-long",
        // Held open, so that the letter waits in the fifo for a reader.
        &format!(
            "exec 5<>{fifo}; s6-svc -x {}; until test -e /go; do usleep 1000; done; \
             echo -n o >&5; {}; usleep 3000000; {}",
            place("a"),
            say_ticks("begun"),
            say_ticks("done")
        ),
    );
    let container = image.up();
    container.wait_for_line("a up");
    container.signal(harness::signal::TERM);
    container.wait_for("the service has left", || {
        let status = container.exec(["mainstay", "status"]);
        status.code() == 0 && !status.text().contains("\na ")
    });
    container.write("/go", "");
    let used = said(&container, "done") - said(&container, "begun");
    assert!(used < MOST_TICKS, "{used} ticks in the hooks");
    last_line(&container);
}
