//! On a Docker engine: as the container's command, and as a service of ours.
#![forbid(unsafe_code)]

use std::time::Duration;

use cron_tests::image;
use harness::Engine;

#[test]
fn docker_run_docker_exec_docker_stop() {
    let engine = Engine::shared();
    let root = image(
        "CRON_NAME=tick * * * * * * echo tick $FROM; trap 'echo got TERM; exit' TERM; sleep 1000 & wait\n",
    );
    root.write_script(
        "/etc/services.d/cron/run",
        "#!/bin/sh\nexec mainstay cron --ready-fd 3 /etc/tab\n",
    );
    root.write("/etc/services.d/cron/notification-fd", "3\n");
    engine.import(&root, "cron-test", &["ENTRYPOINT []"]);
    for (words, options) in [
        (&["mainstay", "cron", "/etc/tab"][..], &[][..]),
        (&["mainstay", "cron", "/etc/tab"], &["--init"]),
        (
            &["mainstay", "cron", "/etc/tab"],
            &["--read-only", "--user", "10042:0"],
        ),
        (&["/run.sh", "mainstay", "cron", "/etc/tab"], &[]),
        (
            &["/init"],
            &["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
        ),
    ] {
        let run = engine
            .container("cron-test")
            .options(options.iter().copied());
        let container = run.env("FROM", "docker").command(words).start();
        container.wait_for_line("[tick] tick docker");
        let status = container.exec(["mainstay", "cron", "status"]).ok().text();
        assert!(status.contains("tick"), "{words:?}: {status}");
        assert_eq!(
            container.exec(["mainstay", "cron", "run", "tick"]).code(),
            1
        );
        if words == ["/init"] {
            let services = container.exec(["mainstay", "status"]).ok().text();
            assert!(
                services.contains("cron") && services.contains("ready"),
                "{services}"
            );
        }
        let took = container.stop(10);
        assert!(took < harness::patience(Duration::from_secs(4)), "{took:?}");
        container.wait_for_line("[tick] got TERM");
        assert_eq!(container.wait(), 0, "{words:?}");
    }
}
