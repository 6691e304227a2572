//! `mainstay workers`: the list, another number of workers, a restart one after another.
#![forbid(unsafe_code)]

use harness::{Container, Output, signal};
use pid1_tests::{BOOTED, Image, assert_none, assert_once, mainstay, row, sh, stop};

/// An image whose `/work` says who it is, and ends by TERM in good order.
fn image() -> Image {
    let image = Image::new();
    image.write_script(
        "/work",
        sh("trap 'echo $WORKER_ID got TERM; exit 0' TERM
echo begun: $WORKER_ID of $WORKER_COUNT
. /idle.sh"),
    );
    image
}

#[track_caller]
fn up(image: &Image, count: u32) -> Container {
    let container = image
        .command("/worker.sh", &[&count.to_string(), "/work"])
        .boot();
    container.wait_for_line(BOOTED);
    container.wait_for_nth_line(count as usize, "begun: ");
    container
}

/// What it has said on both streams.
fn all(output: &Output) -> String {
    output.text() + &output.error_text()
}

#[track_caller]
fn refused(output: &Output, code: i32, part: &str) {
    let text = all(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(part), "{text}");
    assert_eq!(text.lines().count(), 1, "one line: {text}");
}

/// The numbers of the workers that `mainstay workers` lists.
fn ids(container: &Container) -> Vec<String> {
    let table = mainstay(container, ["workers"]).ok().text();
    let rows = table.lines().skip(1);
    rows.filter_map(|row| row.split_whitespace().next())
        .map(str::to_string)
        .collect()
}

fn pid(container: &Container, name: &str) -> i32 {
    row(container, name)[2].parse().expect("a pid")
}

#[test]
fn each_worker_knows_its_number_and_nobody_else_has_one() {
    let image = image();
    image
        .service(
            "web",
            "echo web: id=$WORKER_ID count=$WORKER_COUNT; exec sleep 1000",
        )
        .hook("10", "echo hook: id=$WORKER_ID")
        .run_d("10.sh", "echo run.d: id=$WORKER_ID");
    let container = up(&image, 3);
    for line in [
        "begun: 1 of 3",
        "begun: 2 of 3",
        "begun: 3 of 3",
        "web: id= count=",
        "hook: id=",
        "run.d: id=",
    ] {
        container.wait_for_line(line);
    }
    assert_none(&container, "id=1");
    let env = container.shell("with-contenv env").ok().text();
    assert!(!env.contains("WORKER_"), "{env}");
    // A number survives its worker.
    container.signal_process(pid(&container, "worker-2"), signal::KILL);
    container.wait_for_nth_line(2, "begun: 2 of 3");
    stop(&container);
}

#[test]
fn the_list_says_what_is_known_of_each() {
    let container = up(&image(), 2);
    let table = mainstay(&container, ["workers"]).ok().text();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        [
            "ID", "STATE", "PID", "SINCE", "RESTARTS", "MEMORY", "JOBS", "LAST", "END"
        ]
    );
    let pid = pid(&container, "worker-1").to_string();
    let first: Vec<&str> = lines[1].split_whitespace().collect();
    assert_eq!(first[..3], ["1", "up", &pid]);
    assert!(
        table.contains('K') || table.contains('M'),
        "memory: {table}"
    );
    let json = mainstay(&container, ["workers", "--json"]).ok().text();
    for part in [
        "{\"count\":2,\"workers\":[{\"id\":1,\"name\":\"worker-1\",\"state\":\"up\"",
        &format!("\"pid\":{pid},"),
        "\"restarts\":0,\"memory\":",
        "\"jobs\":null,\"last_end\":null}",
    ] {
        assert!(json.contains(part), "{part} is not in {json}");
    }
    assert!(!json.contains("\"memory\":null"), "{json}");
    stop(&container);
}

#[test]
fn more_workers_come_up_and_know_the_new_count() {
    let image = image();
    image.hook(
        "10",
        "echo 5000 > $(mainstay path services)/worker-1/timeout-kill",
    );
    let container = up(&image, 1);
    let said = mainstay(&container, ["workers", "scale", "3"]).ok().text();
    assert!(said.contains("worker-2: up as pid"), "{said}");
    assert!(said.ends_with("3 workers now, 1 before"), "{said}");
    assert_once(&container, "begun: 2 of 3");
    assert_once(&container, "begun: 3 of 3");
    // What a hook has put beside the first one's run holds for the others.
    let limit = container.text("/var/run/s6/services/worker-3/timeout-kill");
    assert_eq!(limit.trim(), "5000");
    let again = mainstay(&container, ["workers", "scale", "3"]).ok().text();
    assert_eq!(again, "3 workers already");
    // The first was started before; a restart tells it.
    assert_none(&container, "begun: 1 of 3");
    mainstay(&container, ["workers", "restart"]).ok();
    assert_once(&container, "begun: 1 of 3");
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn fewer_workers_end_in_order_from_the_last_and_are_gone() {
    let container = up(&image(), 5);
    let said = mainstay(&container, ["workers", "scale", "2"]).ok().text();
    for name in ["worker-5", "worker-4", "worker-3"] {
        assert!(said.contains(&format!("{name}: down after")), "{said}");
    }
    assert!(said.ends_with("2 workers now, 5 before"), "{said}");
    container.wait_for_nth_line(3, "got TERM");
    assert_none(&container, "1 got TERM");
    assert_eq!(ids(&container), ["1", "2"]);
    let services = mainstay(&container, ["status"]).ok().text();
    assert!(!services.contains("worker-3"), "{services}");
    assert!(!container.exists("/var/run/s6/services/worker-3"));
    mainstay(&container, ["status", "--ready"]).ok();
    // And again up: a number that was there before begins anew.
    mainstay(&container, ["workers", "scale", "3"]).ok();
    container.wait_for_line("begun: 3 of 3");
    assert_none(&container, "mainstay: worker");
    stop(&container);
}

#[test]
fn a_worker_that_does_not_end_keeps_its_place_until_it_does() {
    let image = image();
    image.write_script(
        "/work",
        sh("trap 'echo $WORKER_ID goes on' TERM\necho begun: $WORKER_ID of $WORKER_COUNT\n. /idle.sh"),
    );
    let container = image
        .command("/worker.sh", &["2", "/work"])
        .env("S6_SERVICES_GRACETIME", "100")
        .env("S6_KILL_GRACETIME", "100")
        .boot();
    container.wait_for_line(BOOTED);
    container.wait_for_nth_line(2, "begun: ");
    let first = container
        .prepare(["mainstay", "workers", "scale", "--timeout", "2", "1"])
        .spawn();
    container.wait_for_line("2 goes on");
    // Two at once: the first waits, the second is told so.
    refused(
        &mainstay(&container, ["workers", "scale", "3"]),
        1,
        "scales or restarts them already",
    );
    let late = first.wait();
    assert_eq!(late.status.code(), Some(99));
    let text = all(&late);
    assert!(text.contains("worker-2: stopping after 2.0 s"), "{text}");
    assert!(text.contains("worker-2 is still there"), "{text}");
    assert_eq!(ids(&container), ["1", "2"]);
    mainstay(&container, ["signal", "worker-2", "KILL"]);
    mainstay(&container, ["workers", "scale", "1"]).ok();
    assert_eq!(ids(&container), ["1"]);
    stop(&container);
}

#[test]
fn the_mistakes_are_one_line_each() {
    let image = image();
    let container = up(&image, 2);
    for (words, part) in [
        (&["scale", "0"][..], "mainstay stop worker-1"),
        (&["scale", "10001"], "from 1 to 10000"),
        (&["scale", "-1"], "there is no option -1"),
        (&["scale", "some"], "from 1 to 10000"),
        (&["scale"], "to how many?"),
        (&["scale", "1", "2"], "to how many?"),
        (&["scael", "3"], "did you mean scale?"),
        (
            &["restart", "worker-1"],
            "`mainstay restart worker-1` restarts one",
        ),
        (&["restart", "--at-once", "0"], "no number from 1 on"),
        (
            &["scale", "3", "--at-once", "2"],
            "--at-once does not belong here",
        ),
        (&["--timeout", "3"], "--timeout does not belong here"),
        (
            &["scale", "3", "--timeout", "soon"],
            "is no number of seconds",
        ),
    ] {
        let line = ["mainstay", "workers"].iter().chain(words);
        refused(&container.exec(line), 100, part);
    }
    assert_eq!(ids(&container), ["1", "2"]);
    stop(&container);
}

#[test]
fn without_workers_it_says_what_to_do() {
    let container = Image::new().up();
    for words in [
        &["workers"][..],
        &["workers", "scale", "2"],
        &["workers", "restart"],
    ] {
        let line = ["mainstay"].iter().chain(words);
        refused(&container.exec(line), 1, "/worker.sh 3 COMMAND");
    }
    stop(&container);
}

#[test]
fn while_the_container_boots_or_stops_the_number_stays() {
    let image = image();
    image
        .hook("10", "echo hook begun; read line < /tmp/boot.fifo")
        .stop_hook("10", "echo stop begun; read line < /tmp/stop.fifo");
    image.write_script("/tmp/make", sh("mkfifo /tmp/boot.fifo /tmp/stop.fifo"));
    image.run_d("10.sh", "/tmp/make");
    let container = image.command("/worker.sh", &["1", "/work"]).boot();
    container.wait_for_line("hook begun");
    refused(
        &mainstay(&container, ["workers", "scale", "2"]),
        1,
        "the container boots",
    );
    container.shell("echo > /tmp/boot.fifo").ok();
    container.wait_for_line("begun: 1 of 1");
    container.wait_for_line(BOOTED);
    container.signal(signal::TERM);
    container.wait_for_line("stop begun");
    refused(
        &mainstay(&container, ["workers", "scale", "2"]),
        1,
        "the container stops",
    );
    refused(
        &mainstay(&container, ["workers", "restart"]),
        1,
        "the container stops",
    );
    container.shell("echo > /tmp/stop.fifo").ok();
    assert_eq!(container.wait().code(), Some(0));
}

#[test]
fn a_restart_goes_one_after_another_and_the_others_run_on() {
    let image = image();
    // Each notes who runs when it begins: never fewer than all but those of one batch.
    image.write_script(
        "/work",
        sh(
            "trap 'rm /tmp/run.$WORKER_ID; echo $WORKER_ID got TERM; exit 0' TERM
: > /tmp/run.$WORKER_ID
set -- /tmp/run.*
echo begun: $WORKER_ID beside $#
echo >&3
. /idle.sh",
        ),
    );
    image.hook(
        "10",
        "for i in 1 2 3 4; do echo 3 > $(mainstay path services)/worker-$i/notification-fd; done",
    );
    for (at_once, least) in [("1", 3), ("2", 2)] {
        let container = up(&image, 4);
        let before: Vec<i32> = (1..=4)
            .map(|id| pid(&container, &format!("worker-{id}")))
            .collect();
        let watching = container
            .prepare([
                "sh",
                "-c",
                "while [ ! -e /tmp/over ]; do set -- /tmp/run.*; echo $#; done | sort -n | head -1",
            ])
            .spawn();
        let said = mainstay(&container, ["workers", "restart", "--at-once", at_once])
            .ok()
            .text();
        container.shell(": > /tmp/over").ok();
        let watched = watching.wait().ok().text();
        let fewest: i32 = watched.trim().parse().expect("a number");
        assert!(fewest >= least, "{fewest} ran at the least");
        assert_eq!(said.matches(": up again as pid").count(), 4, "{said}");
        let mut order: Vec<&str> = said
            .lines()
            .filter_map(|line| line.split(':').next())
            .collect();
        if at_once != "1" {
            order.sort_unstable();
        }
        assert_eq!(order, ["worker-1", "worker-2", "worker-3", "worker-4"]);
        for (id, before) in (1..=4).zip(before) {
            assert_ne!(pid(&container, &format!("worker-{id}")), before);
        }
        // What was asked for is no end to talk about.
        assert_none(&container, "mainstay: worker");
        stop(&container);
    }
}

#[test]
fn a_restart_ends_at_the_first_that_does_not_come_up() {
    let image = image();
    image.write_script(
        "/work",
        sh("[ -e /tmp/bad ] && [ $WORKER_ID = 2 ] && exit 7
trap 'exit 0' TERM
echo begun: $WORKER_ID of $WORKER_COUNT
. /idle.sh"),
    );
    let container = up(&image, 4);
    mainstay(&container, ["stop", "worker-3"]).ok();
    let before = pid(&container, "worker-4");
    container.shell(": > /tmp/bad").ok();
    let output = mainstay(&container, ["workers", "restart"]);
    let text = all(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in [
        "worker-3: stopped by hand, left as it is",
        "worker-1: up again as pid",
        "worker-2: it was started and has ended: exit 7",
        "the restart ends here, since worker-2 did not come up; untouched: worker-4",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(pid(&container, "worker-4"), before);
    assert_eq!(row(&container, "worker-3")[1], "down");
    stop(&container);
}

#[test]
fn a_restart_waits_for_workers_to_say_that_they_are_ready() {
    let image = image();
    image.write_script(
        "/work",
        sh("trap 'exit 0' TERM
echo begun: $WORKER_ID of $WORKER_COUNT
while [ -e /tmp/slow ]; do read -t 0.1 x <>/tmp/slow.fifo; done
echo >&3
. /idle.sh"),
    );
    image.hook(
        "10",
        "mkfifo /tmp/slow.fifo; for i in 1 2; do echo 3 > $(mainstay path services)/worker-$i/notification-fd; done",
    );
    let container = up(&image, 2);
    container.shell(": > /tmp/slow").ok();
    let restarting = container
        .prepare(["mainstay", "workers", "restart"])
        .spawn();
    container.wait_for_nth_line(2, "begun: 1 of 2");
    // The second is not touched as long as the first is not ready.
    assert_eq!(container.log().count("begun: 2 of 2"), 1);
    assert_eq!(row(&container, "worker-1")[1], "up");
    container.shell("rm /tmp/slow").ok();
    let said = restarting.wait().ok().text();
    assert_eq!(said.matches(", ready after").count(), 2, "{said}");
    container.wait_for_nth_line(2, "begun: 2 of 2");
    stop(&container);
}

#[test]
fn a_pool_scales_over_a_read_only_root_and_as_any_user() {
    let image = image();
    for user in [0, 4711] {
        let container = image
            .command("/worker.sh", &["1", "/work"])
            .read_only()
            .tmpfs("/run")
            .tmpfs("/tmp")
            .user(user, user)
            .env("S6_READ_ONLY_ROOT", "1")
            .boot();
        container.wait_for_line("begun: 1 of 1");
        container.wait_for_line(BOOTED);
        let own = |words: &[&str]| {
            let words = ["mainstay", "workers"].iter().chain(words);
            container.prepare(words).user(user, user).run().ok().text()
        };
        own(&["scale", "3"]);
        container.wait_for_line("begun: 3 of 3");
        own(&["scale", "2"]);
        assert_eq!(own(&[]).lines().count(), 3);
        own(&["restart"]);
        container.wait_for_line("begun: 1 of 2");
        assert_eq!(stop(&container).code(), Some(0));
    }
}

#[test]
fn a_kept_container_comes_back_with_the_number_of_worker_sh() {
    let image = image();
    for scaled in ["4", "1"] {
        let container = image
            .command("/worker.sh", &["2", "/work"])
            .keep_changes()
            .boot();
        container.wait_for_nth_line(2, "begun: ");
        container.wait_for_line(BOOTED);
        assert_eq!(ids(&container), ["1", "2"]);
        mainstay(&container, ["workers", "scale", scaled]).ok();
        stop(&container);
    }
}

#[test]
fn no_job_is_lost_while_workers_come_and_go() {
    const JOBS: usize = 300;
    let image = Image::new();
    // To take a job is one rename; TERM is heard between two.
    image.write_script(
        "/work",
        sh("trap 'stop=1' TERM
echo begun: $WORKER_ID of $WORKER_COUNT
while [ -z \"$stop\" ]; do
  set -- /tmp/jobs/*
  if [ -e \"$1\" ] && mv \"$1\" /tmp/taken/ 2>/dev/null; then
    mv /tmp/taken/${1##*/} /tmp/done/
    mainstay job-done
  else
    read -t 0.1 line <>/tmp/idle
  fi
done"),
    );
    image.hook(
        "10",
        &format!("mkdir /tmp/jobs /tmp/taken /tmp/done; mkfifo /tmp/idle; for i in $(seq {JOBS}); do : > /tmp/jobs/$i; done"),
    );
    let container = image
        .command("/worker.sh", &["2", "/work"])
        .env("WORKER_MAX_JOBS", "40")
        .boot();
    container.wait_for_line(BOOTED);
    for words in [
        &["scale", "5"][..],
        &["restart", "--at-once", "3"],
        &["scale", "2"],
    ] {
        container
            .exec(["mainstay", "workers"].iter().chain(words))
            .ok();
    }
    let all_done = |count: usize| {
        container.wait_for("all jobs", || {
            let done = container.list("/tmp/done").expect("a directory");
            done.len() == count
        });
    };
    all_done(JOBS);
    // Nobody changes their number now: limits count again.
    let more = format!("for i in $(seq {JOBS}); do : > /tmp/jobs/more.$i; done");
    container.shell(&more).ok();
    all_done(2 * JOBS);
    container.wait_for_line("jobs (WORKER_MAX_JOBS=40)");
    assert_eq!(container.list("/tmp/taken").expect("a directory").len(), 0);
    assert_eq!(ids(&container), ["1", "2"]);
    assert_eq!(stop(&container).code(), Some(0));
}
