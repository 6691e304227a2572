//! Trees that are deeper than any path, in places that a service's user can write to: who walks them
//! keeps a fixed number of descriptors and little memory.
#![forbid(unsafe_code)]

use harness::rounds;
use pid1_tests::{BOOTED, IDLE, Image, assert_none, stop};

/// RLIMIT_DATA and RLIMIT_NOFILE (getrlimit(2)).
const DATA: u32 = 2;
const DESCRIPTORS: u32 = 7;

const MOST_DATA: u64 = 24 << 20;

fn levels() -> u64 {
    rounds(20_000, 60_000).into()
}

fn image() -> Image {
    let image = Image::new();
    image.copy_file(env!("CARGO_BIN_EXE_attacker"), "/attacker");
    image.service("a", &format!("echo a up; {IDLE}"));
    image
}

/// Boots under limits that a path and a descriptor a level would break, and gives the owner and
/// the mode of the lowest file as `sh` would show it.
#[test]
fn fix_attrs_reaches_the_lowest_file_with_few_descriptors_and_little_memory() {
    let image = image();
    image.write(
        "/etc/fix-attrs.d/10-app",
        "/var/lib/app true app 0640 0750\n",
    );
    image.run_d(
        "10-earlier.sh",
        &format!("/attacker deep /var/lib/app {}", levels()),
    );
    // An overlay takes time for each level above.
    let command = image
        .command("/run.sh", &[])
        .tmpfs("/var/lib/app")
        .limit(DATA, MOST_DATA, MOST_DATA);
    let container = command.limit(DESCRIPTORS, 128, 128).boot();
    container.wait_for_line(BOOTED);
    assert_none(&container, "cannot");
    assert_none(&container, "more paths");
    let words = ["/attacker", "lowest", "/var/lib/app"];
    let lowest = container.exec(words).ok().text();
    assert_eq!(lowest, format!("{} 1000 640", levels()));
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn what_an_earlier_run_has_left_is_taken_away_however_deep() {
    let image = image();
    let old = "/var/run/s6/services/old";
    image.run_d(
        "10-earlier.sh",
        &format!("mkdir -p {old}; /attacker deep {old} {}", levels()),
    );
    // An overlay takes time for each level above.
    let command = image
        .command("/run.sh", &[])
        .tmpfs("/run")
        .limit(DATA, MOST_DATA, MOST_DATA);
    let container = command.limit(DESCRIPTORS, 128, 128).boot();
    container.wait_for_line(BOOTED);
    assert!(!container.exists(old));
    assert!(container.exists("/var/run/s6/services/a"));
    assert_eq!(stop(&container).code(), Some(0));
}

#[test]
fn s6_rmrf_removes_a_tree_however_deep() {
    let image = image();
    image.hook(
        "10-rmrf",
        &format!(
            "ulimit -n 64; mkdir /deep/a; /attacker deep /deep/a {}; s6-rmrf /deep/a; echo rmrf $?; \
             test -e /deep/a && echo left",
            levels()
        ),
    );
    let container = image.init([]).tmpfs("/deep").boot();
    container.wait_for_line("rmrf 0");
    assert_none(&container, "left");
    stop(&container);
}
