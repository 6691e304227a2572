//! examples/python-workers: a pool of workers, and jobs at times beside it.

use crate::{CHOSEN, READ_ONLY, check_life, wait_until_healthy};
use harness::Engine;
use image_tests::build_example;

/// A job that a worker had when it was killed, as its database has it.
const LEFT: &str = "import jobs, socket; jobs.connect().execute(
    \"INSERT INTO jobs (text, state, owner) VALUES ('left', 'runs', ?)\",
    (socket.gethostname() + '/1',))";

#[test]
fn jobs_are_done_by_the_pool_and_cron_reports() {
    let engine = Engine::shared();
    let container = engine
        .container(&build_example(engine, "python-workers"))
        .options(READ_ONLY)
        .options(CHOSEN)
        .options(["--user", "12345"])
        .start();
    wait_until_healthy(&container);
    container.wait_for_line("[worker 1] one of 2, waits");
    container.wait_for_line("[worker 2] one of 2, waits");
    let put = ["python3", "/app/jobs.py", "put", "a", "b", "c", "d", "e"];
    container.exec(put).ok();
    for job in 1..=5 {
        container.wait_for_line(&format!("job {job}: done"));
    }
    // A worker that is killed takes its own job up again.
    let left = format!("import sys; sys.path.insert(0, '/app'); {LEFT}");
    container.exec(["python3", "-c", &left]).ok();
    let kill = ["mainstay", "signal", "worker-1", "KILL"];
    container.exec(kill).ok();
    container.wait_for_line("[worker 1] was killed; 1 of its jobs waits again");
    container.wait_for_line("job 6: done");
    // By its schedule, and by order.
    container.wait_for_line("jobs: ");
    container.exec(["mainstay", "cron", "run", "tidy"]).ok();
    container.wait_for_line("jobs: 0 forgotten");
    container.stop(20);
    assert_eq!(container.wait(), 0);
    let log = container.log();
    for line in [
        "[worker 1] ends between two jobs",
        "[worker 2] ends between two jobs",
    ] {
        assert_eq!(log.count(line), 1, "{}", log.text());
    }
    assert_eq!(log.count("had to kill"), 0, "{}", log.text());
}

#[test]
fn it_lives_as_its_file_says() {
    check_life(Engine::shared(), "python-workers");
}
