//! The limits of workers (WORKER_MAX_JOBS, WORKER_MAX_MEMORY) and the prefix of their lines
//! (WORKER_PREFIX): what the keeper does, and what it leaves as it is.
#![forbid(unsafe_code)]

use std::time::Duration;

use harness::{Container, signal};
use pid1_tests::{
    BOOTED, Image, PROMPT, assert_none, assert_once, last_line, mainstay, row, sh, stop,
};

/// A worker that does a job for each line of /tmp/queue.ID, and ends by TERM between two.
const QUEUE: &str = "trap 'echo $WORKER_ID ends; exit 0' TERM
mkfifo -m 666 /tmp/queue.$WORKER_ID 2>/dev/null
exec 5<>/tmp/queue.$WORKER_ID
echo begun: $WORKER_ID
while :; do
  if read -t 1 job <&5; then echo $WORKER_ID did $job; mainstay job-done; fi
done";

fn image(work: &str) -> Image {
    let image = Image::new();
    image.write_script("/work", sh(work));
    image
}

#[track_caller]
fn up(image: &Image, count: u32, variables: &[(&str, &str)]) -> Container {
    let count_word = count.to_string();
    let mut command = image.command("/worker.sh", &[&count_word, "/work"]);
    for (name, value) in variables {
        command = command.env(name, value);
    }
    let container = command.boot();
    container.wait_for_line(BOOTED);
    container.wait_for_nth_line(count as usize, "begun: ");
    container
}

fn pid(container: &Container, name: &str) -> i32 {
    row(container, name)[2].parse().expect("a pid")
}

/// The columns of a worker's row of `mainstay workers`.
#[track_caller]
fn listed(container: &Container, id: u32) -> Vec<String> {
    let table = mainstay(container, ["workers"]).ok().text();
    let row = table.lines().nth(id as usize).unwrap_or_default();
    row.split_whitespace().map(str::to_string).collect()
}

/// The jobs in that row; its columns before them have no blanks.
fn jobs(container: &Container, id: u32) -> String {
    let json = mainstay(container, ["workers", "--json"]).ok().text();
    let from = json.find(&format!("\"id\":{id},")).expect("the worker");
    let rest = &json[from..];
    let at = rest.find("\"jobs\":").expect("its jobs") + "\"jobs\":".len();
    let end = rest[at..].find(',').expect("an end");
    rest[at..at + end].to_string()
}

#[test]
fn a_worker_that_has_done_its_jobs_is_recycled_and_it_is_no_failure() {
    let image = image(QUEUE);
    let container = up(&image, 2, &[("WORKER_MAX_JOBS", "3")]);
    let before = pid(&container, "worker-2");
    assert_eq!(jobs(&container, 2), "0");
    for job in ["a", "b"] {
        container.shell(&format!("echo {job} > /tmp/queue.2")).ok();
        container.wait_for_line(&format!("2 did {job}"));
    }
    container.wait_for("two jobs", || jobs(&container, 2) == "2");
    assert_none(&container, "2 ends");
    container.shell("echo c > /tmp/queue.2").ok();
    container.wait_for_line("2 ends");
    container.wait_for_nth_line(2, "begun: 2");
    assert_once(
        &container,
        &format!(
            "mainstay: worker-2: has done 3 jobs (WORKER_MAX_JOBS=3); pid {before} is asked to \
             end, then it is started again"
        ),
    );
    assert_ne!(pid(&container, "worker-2"), before);
    assert_eq!(jobs(&container, 2), "0");
    // Nobody but the keeper says anything, and the container is as ready as before.
    assert_eq!(container.log().count("mainstay: worker-"), 1);
    mainstay(&container, ["status", "--ready"]).ok();
    assert_eq!(listed(&container, 1)[1], "up");
    assert_eq!(stop(&container).code(), Some(0));
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn workers_that_reach_a_limit_together_are_recycled_one_at_a_time() {
    let image = image(
        "trap 'echo $WORKER_ID ends; rm /tmp/run.$WORKER_ID; exit 0' TERM
: > /tmp/run.$WORKER_ID
set -- /tmp/run.*
echo begun: $WORKER_ID beside $#
echo >&3
[ -e /tmp/done.$WORKER_ID ] || { : > /tmp/done.$WORKER_ID; mainstay job-done; }
. /idle.sh",
    );
    image.hook(
        "10",
        "for i in 1 2 3 4; do echo 3 > $(mainstay path services)/worker-$i/notification-fd; done",
    );
    let container = up(&image, 4, &[("WORKER_MAX_JOBS", "1")]);
    container.wait_for_nth_line(8, "begun: ");
    let (mut begun, mut ended) = (Vec::new(), None);
    for line in container.log().lines() {
        if let Some(id) = line.text.strip_suffix(" ends") {
            // Nobody else is on the way.
            assert_eq!(ended, None, "{id} ends meanwhile");
            ended = Some(id.to_string());
        } else if let Some(rest) = line.text.strip_prefix("begun: ") {
            let (id, beside) = rest.split_once(" beside ").expect("how many there are");
            if begun.contains(&id.to_string()) {
                assert_eq!((ended.take().as_deref(), beside), (Some(id), "4"));
            }
            begun.push(id.to_string());
        }
    }
    assert_eq!(container.log().count("has done 1 job ("), 4);
    stop(&container);
}

#[test]
fn a_worker_that_holds_too_much_is_recycled_with_what_it_has_started() {
    // A child of the worker holds the memory: 24 MB in a variable of its shell.
    let image = image(
        "trap 'echo $WORKER_ID ends; kill $child; exit 0' TERM
if [ $WORKER_ID = 2 ] && [ ! -e /tmp/once ]; then
  : > /tmp/once
  sh -c 'x=$(head -c 24000000 /dev/zero | tr \"\\0\" x); echo big; . /idle.sh; echo $x' &
  child=$!
fi
mkfifo -m 666 /tmp/queue.$WORKER_ID 2>/dev/null
exec 5<>/tmp/queue.$WORKER_ID
echo begun: $WORKER_ID
while :; do
  if read -t 1 job <&5; then mainstay job-done; fi
done",
    );
    let container = up(&image, 2, &[("WORKER_MAX_MEMORY", "20M")]);
    container.wait_for_line("big");
    // Where jobs are told, memory is looked at after each.
    container
        .shell("echo a > /tmp/queue.1; echo a > /tmp/queue.2")
        .ok();
    container.wait_for_line("2 ends");
    container.wait_for_nth_line(2, "begun: 2");
    let line = container.wait_for_line("mainstay: worker-2: holds").text;
    assert!(
        line.contains("M of memory in 2 processes (WORKER_MAX_MEMORY=20.0M); pid "),
        "{line}"
    );
    assert_none(&container, "1 ends");
    assert_none(&container, "worker-1: holds");
    stop(&container);
}

#[test]
fn memory_of_a_worker_that_tells_no_jobs_is_looked_at_every_few_seconds() {
    let image = image(
        "trap 'echo $WORKER_ID ends; exit 0' TERM
[ -e /tmp/once ] || { : > /tmp/once; x=$(head -c 24000000 /dev/zero | tr '\\0' x); }
echo begun: $WORKER_ID
. /idle.sh",
    );
    let container = up(&image, 1, &[("WORKER_MAX_MEMORY", "20M")]);
    container.wait_for_line("1 ends");
    container.wait_for_nth_line(2, "begun: 1");
    let line = container.wait_for_line("worker-1: holds").text;
    assert!(
        line.contains("M of memory (WORKER_MAX_MEMORY=20.0M)"),
        "{line}"
    );
    stop(&container);
}

#[test]
fn a_worker_s_own_ends_are_told_exactly_and_signals_are_its_own() {
    let image = image(
        "trap 'echo $WORKER_ID got HUP' HUP
trap 'exit 0' TERM
echo begun: $WORKER_ID as $$
. /idle.sh",
    );
    image.hook(
        "10",
        "for i in 1 2; do echo 3 > $(mainstay path services)/worker-$i/notification-fd; done",
    );
    let limits = [("WORKER_MAX_JOBS", "9"), ("WORKER_PREFIX", "1")];
    let container = up(&image, 2, &limits);
    let number = pid(&container, "worker-1");
    // The pid that PID 1 has is the worker's own; it leads its session, and is not its keeper's.
    let line = format!("[worker-1] begun: 1 as {number}");
    container.wait_for("it", || {
        let lines = container.log().lines();
        lines.iter().any(|other| other.text == line)
    });
    let parent = |pid| container.process(pid).expect("it runs").parent;
    assert_eq!(parent(number), parent(pid(&container, "worker-keeper")));
    let place = "/var/run/s6/services/worker-1";
    container.shell(&format!("s6-svc -h {place}")).ok();
    container.wait_for_line("[worker-1] 1 got HUP");
    container.shell(&format!("s6-svc -p {place}")).ok();
    container.wait_for("the pause", || {
        let state = container.process_file(number, "stat").expect("it runs");
        state
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.starts_with(" T"))
    });
    container.shell(&format!("s6-svc -c {place}")).ok();
    container.signal_process(number, signal::KILL);
    container.wait_for_line("mainstay: worker-1: was killed by SIGKILL");
    container.wait_for_nth_line(2, "begun: 1");
    stop(&container);
}

#[test]
fn readiness_passes_and_the_jobs_descriptor_avoids_it() {
    let image = image(
        "trap 'exit 0' TERM
echo begun: $WORKER_ID jobs on $WORKER_JOBS_FD
echo >&7
. /idle.sh",
    );
    image.hook(
        "10",
        "echo 7 > $(mainstay path services)/worker-1/notification-fd",
    );
    let container = up(&image, 1, &[("WORKER_MAX_JOBS", "5")]);
    container.wait_for_line("begun: 1 jobs on 8");
    container.wait_for("ready", || row(&container, "worker-1")[1] == "ready");
    assert_eq!(jobs(&container, 1), "0");
    stop(&container);
}

#[test]
fn each_line_has_its_worker_in_front_and_none_is_lost_at_a_kill() {
    let image = image(
        "echo begun: $WORKER_ID
i=0
while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; done
echo to errors >&2
printf 'no end'
kill -KILL $$",
    );
    let container = up(
        &image,
        3,
        &[("WORKER_PREFIX", "1"), ("MAINSTAY_TELL_ENDS", "0")],
    );
    for id in 1..=3 {
        container.wait_for_nth_line(2, &format!("[worker-{id}] begun: {id}"));
        container.wait_for_line(&format!("[worker-{id}] to errors"));
        // What was no line at its end is one, and not the beginning of the next life's.
        container.wait_for_line(&format!("[worker-{id}] no end"));
    }
    stop(&container);
    let lines = container.log().lines();
    for id in 1..=3 {
        let prefix = format!("[worker-{id}] line ");
        let mut numbers = lines
            .iter()
            .filter_map(|line| line.text.strip_prefix(&prefix))
            .map(|number| number.parse::<u32>().expect("a whole number"));
        let first: Vec<u32> = numbers.by_ref().take(2000).collect();
        assert_eq!(first, (1..=2000).collect::<Vec<u32>>());
    }
    let whole = |text: &str| {
        let known = [
            "[worker-",
            "mainstay: ",
            "[services.d]",
            "[s6-init]",
            "[cont-",
            "[fix-",
            "[run",
            "[init",
            "[s6-finish]",
            "[cont-finish",
        ];
        known.iter().any(|begin| text.starts_with(begin))
    };
    for line in &lines {
        assert!(whole(&line.text), "torn: {:?}", line.text);
    }
}

#[test]
fn a_prefix_is_a_text_with_the_number_and_off_where_it_is_none() {
    let image = image("echo begun: $WORKER_ID; echo '{\"a\":1}'; . /idle.sh");
    for (value, expected) in [("mail-%i| ", "mail-1| {\"a\":1}"), ("0", "{\"a\":1}")] {
        let container = up(&image, 1, &[("WORKER_PREFIX", value)]);
        container.wait_for("the line", || {
            container
                .log()
                .lines()
                .iter()
                .any(|line| line.text == expected)
        });
        let services = mainstay(&container, ["status"]).ok().text();
        assert_eq!(
            services.contains("worker-keeper"),
            value != "0",
            "{services}"
        );
        stop(&container);
    }
}

#[test]
fn the_last_words_at_the_stop_are_there_and_it_waits_for_nothing_more() {
    let image = image(
        "trap 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo word $i; done; exit 0' TERM
echo begun: $WORKER_ID
. /idle.sh",
    );
    let container = up(&image, 3, &[("WORKER_PREFIX", "1")]);
    let begun = std::time::Instant::now();
    assert_eq!(stop(&container).code(), Some(0));
    let took = begun.elapsed();
    for id in 1..=3 {
        assert_once(&container, &format!("[worker-{id}] word 3000"));
        assert_eq!(container.log().count(&format!("[worker-{id}] word ")), 3000);
    }
    assert!(took < 4 * PROMPT, "{took:?}");
    let last = last_line(&container);
    assert!(!last.contains("had to kill"), "{last}");
    assert_eq!(container.left_running(), &[] as &[String]);
}

#[test]
fn a_worker_that_must_be_killed_is_named_and_its_keeper_holds_up_nobody() {
    let image = image("trap 'echo got TERM' TERM HUP; echo begun: $WORKER_ID; . /idle.sh");
    let limits = [
        ("WORKER_PREFIX", "1"),
        ("S6_SERVICES_GRACETIME", "300"),
        ("S6_KILL_GRACETIME", "300"),
    ];
    let container = up(&image, 2, &limits);
    stop(&container);
    container.wait_for_line("[worker-2] got TERM");
    let last = last_line(&container);
    assert!(
        last.contains("had to kill") && last.contains("worker-1"),
        "{last}"
    );
}

#[test]
fn a_keeper_that_is_killed_comes_again_and_has_forgotten_nothing() {
    let image = image(QUEUE);
    let container = up(
        &image,
        1,
        &[("WORKER_MAX_JOBS", "3"), ("WORKER_PREFIX", "1")],
    );
    let worker = pid(&container, "worker-1");
    container.shell("echo a > /tmp/queue.1").ok();
    container.wait_for_line("[worker-1] 1 did a");
    container.wait_for("a job", || jobs(&container, 1) == "1");
    let keeper = pid(&container, "worker-keeper");
    container.signal_process(keeper, signal::KILL);
    // Nobody reads now; the worker goes on all the same, and what it says waits.
    container.shell("echo b > /tmp/queue.1").ok();
    container.wait_for_line("[worker-1] 1 did b");
    container.wait_for("both jobs", || jobs(&container, 1) == "2");
    assert_eq!(pid(&container, "worker-1"), worker);
    assert_ne!(pid(&container, "worker-keeper"), keeper);
    container.shell("echo c > /tmp/queue.1").ok();
    container.wait_for_line("[worker-1] 1 ends");
    container.wait_for_nth_line(2, "[worker-1] begun: 1");
    assert_once(&container, "has done 3 jobs");
    // Stopped and started by hand it loses nothing either.
    mainstay(&container, ["stop", "worker-keeper"]).ok();
    container.shell("echo d > /tmp/queue.1").ok();
    mainstay(&container, ["start", "worker-keeper"]).ok();
    container.wait_for_line("[worker-1] 1 did d");
    stop(&container);
}

#[test]
fn a_life_that_ended_without_a_keeper_leaves_no_fifo() {
    let image = image(QUEUE);
    let variables = [("WORKER_MAX_JOBS", "3"), ("WORKER_PREFIX", "[%i] ")];
    let container = up(&image, 1, &variables);
    mainstay(&container, ["stop", "worker-keeper"]).ok();
    let worker = pid(&container, "worker-1");
    container.signal_process(worker, signal::KILL);
    container.wait_for("the next life", || {
        let row = row(&container, "worker-1");
        row[2].parse().is_ok_and(|pid: i32| pid != worker)
    });
    mainstay(&container, ["start", "worker-keeper"]).ok();
    container.wait_for_nth_line(2, "begun: ");
    let services = mainstay(&container, ["path", "services"]).ok().text();
    let lives = format!("{}/worker-keeper/lives", services.trim_end());
    let of = |pid: i32| -> Vec<String> {
        let mut names = container.list(&lives).expect("the fifos");
        names.retain(|name| name.starts_with(&format!("1.{pid}.")));
        names
    };
    // They are nobody's: no descriptor stays with them, and nobody's memory is looked at.
    container.wait_for("none of the life before", || of(worker).is_empty());
    assert_eq!(of(pid(&container, "worker-1")).len(), 3);
    stop(&container);
}

#[test]
fn a_reader_that_stops_holds_up_the_writer_alone_and_limits_go_on() {
    let image = image(
        "trap 'exit 0' TERM
mkfifo -m 666 /tmp/queue.$WORKER_ID
exec 5<>/tmp/queue.$WORKER_ID
echo begun: $WORKER_ID
read job <&5
if [ $WORKER_ID = 1 ]; then
  while :; do echo 0123456789012345678901234567890123456789; done
fi
mainstay job-done
: > /tmp/told
. /idle.sh",
    );
    let container = up(
        &image,
        2,
        &[("WORKER_PREFIX", "1"), ("WORKER_MAX_JOBS", "5")],
    );
    container.pause_reading(true);
    container.shell("echo > /tmp/queue.1").ok();
    let worker = pid(&container, "worker-1");
    // Its fifo and the container's pipe are full: it waits to write.
    container.wait_for("the writer waits", || {
        let written = || container.process_file(worker, "io").unwrap_or_default();
        let before = written();
        std::thread::sleep(Duration::from_millis(100));
        before == written()
    });
    container.shell("echo > /tmp/queue.2").ok();
    container.wait_for("the job of the other", || jobs(&container, 2) == "1");
    container.pause_reading(false);
    container.wait_for_nth_line(5000, "[worker-1] 0123456789012345678901234567890123456789");
    stop(&container);
}

#[test]
fn a_worker_that_does_not_heed_its_recycling_is_killed_after_its_time() {
    let image = image(
        "trap 'echo $WORKER_ID goes on' TERM
echo begun: $WORKER_ID
[ -e /tmp/once ] || { : > /tmp/once; mainstay job-done; }
. /idle.sh",
    );
    image.hook(
        "10",
        "echo 300 > $(mainstay path services)/worker-1/timeout-kill",
    );
    let container = up(&image, 1, &[("WORKER_MAX_JOBS", "1")]);
    container.wait_for_line("1 goes on");
    container.wait_for_nth_line(2, "begun: 1");
    assert_eq!(row(&container, "worker-1")[6..], ["signal", "KILL"]);
    assert_once(&container, "killed: it did not end within 300 ms");
    assert_eq!(container.log().count("mainstay: worker-1"), 2);
    mainstay(&container, ["status", "--ready"]).ok();
    mainstay(&container, ["signal", "worker-1", "KILL"]);
    stop(&container);
}

#[test]
fn recycling_passes_over_a_worker_that_is_stopped_by_hand() {
    let image = image(
        "trap 'echo $WORKER_ID goes on' TERM
mkfifo -m 666 /tmp/queue.$WORKER_ID 2>/dev/null
exec 5<>/tmp/queue.$WORKER_ID
echo begun: $WORKER_ID
while :; do
  if read -t 1 job <&5; then [ $job = end ] && exit 0; mainstay job-done; fi
done",
    );
    let container = up(&image, 2, &[("WORKER_MAX_JOBS", "1")]);
    mainstay(&container, ["stop", "--no-wait", "worker-1"]).ok();
    container.wait_for_line("1 goes on");
    container
        .shell("echo a > /tmp/queue.1; echo a > /tmp/queue.2")
        .ok();
    container.wait_for_line("worker-2: has done 1 job");
    container.shell("echo end > /tmp/queue.1").ok();
    container.wait_for("down", || row(&container, "worker-1")[1] == "down");
    assert_none(&container, "worker-1: has done");
    container.shell("echo end > /tmp/queue.2").ok();
    container.wait_for_nth_line(2, "begun: 2");
    stop(&container);
}

#[test]
fn limits_and_prefix_hold_over_a_read_only_root_for_any_user_and_for_new_workers() {
    for (user, as_user) in [(4711, None), (0, Some("app"))] {
        let image = image(QUEUE);
        let mut command = image
            .command("/worker.sh", &["1", "/work"])
            .read_only()
            .tmpfs("/run")
            .tmpfs_with("/tmp", "mode=1777")
            .user(user, user)
            .env("S6_READ_ONLY_ROOT", "1")
            .env("WORKER_MAX_JOBS", "1")
            .env("WORKER_PREFIX", "1");
        if let Some(name) = as_user {
            command = command.env("NOT_ROOT_USER", name);
        }
        let container = command.boot();
        container.wait_for_line(BOOTED);
        container.wait_for_line("[worker-1] begun: 1");
        let own = |words: &[&str]| container.prepare(words).user(user, user).run().ok();
        own(&["mainstay", "workers", "scale", "2"]);
        container.wait_for_line("[worker-2] begun: 2");
        container.shell("echo a > /tmp/queue.2").ok();
        container.wait_for_line("[worker-2] 2 did a");
        container.wait_for_line("worker-2: has done 1 job (WORKER_MAX_JOBS=1)");
        container.wait_for_nth_line(2, "[worker-2] begun: 2");
        assert_eq!(stop(&container).code(), Some(0));
    }
}

#[test]
fn what_does_not_fit_is_said_and_the_rest_holds() {
    let image = image(
        "echo begun: $WORKER_ID fd=$WORKER_JOBS_FD; mainstay job-done; echo told $?; . /idle.sh",
    );
    let wrong = [
        ("WORKER_MAX_JOBS", "lots"),
        ("WORKER_MAX_MEMORY", "256"),
        ("WORKER_PREFIX", "yes please"),
    ];
    let container = up(&image, 1, &wrong);
    for line in [
        "WORKER_MAX_JOBS=lots: not a number of jobs; it counts as unset",
        "WORKER_MAX_MEMORY=256: less than 1M, which every program holds (write M behind megabytes); it counts as unset",
        "WORKER_PREFIX=yes please: not 0, 1 or a text with %i in it; using 0",
        "begun: 1 fd=",
        "told 0",
    ] {
        container.wait_for_line(line);
        assert_once(&container, line);
    }
    let outside = container.shell("mainstay job-done");
    assert_eq!(outside.status.code(), Some(0));
    assert!(
        outside
            .error_text()
            .contains("this is no worker of /worker.sh")
    );
    let words = mainstay(&container, ["job-done", "3"]);
    assert_eq!(words.status.code(), Some(100));
    stop(&container);
}

#[test]
fn it_sleeps_while_nothing_happens() {
    let image = image("trap 'exit 0' TERM; echo begun: $WORKER_ID; . /idle.sh");
    let container = up(
        &image,
        2,
        &[("WORKER_MAX_JOBS", "3"), ("WORKER_PREFIX", "1")],
    );
    container.wait_for_nth_line(2, "] begun: ");
    let keeper = pid(&container, "worker-keeper");
    let switches = || {
        let status = container.process_file(keeper, "status").expect("it runs");
        let line = status
            .lines()
            .find(|line| line.starts_with("voluntary_ctxt_switches"));
        line.map(str::to_string)
    };
    // What a boot brings may come a little later; what is done again and again never ends.
    container.wait_for("sleep", || {
        let before = switches();
        std::thread::sleep(Duration::from_millis(700));
        switches() == before
    });
    stop(&container);
}
