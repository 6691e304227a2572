//! Where output goes: `log/` services of all kinds, fifos between services, the container's own.
#![forbid(unsafe_code)]

use downstream_tests::{Image, exit_code};
use harness::{Stream, signal};

#[test]
fn each_service_s_output_goes_through_its_own_logger() {
    let image = Image::debian("loggers");
    // Only 0 was seen in images; the others must not lose a line either.
    for logging in ["0", "1", "2"] {
        let container = image.init().env("S6_LOGGING", logging).boot();
        for (line, stream) in [
            ("[app] to the logger", Stream::Stdout),
            ("past the logger", Stream::Stderr),
            ("[ TRACE ] one", Stream::Stdout),
            ("[ TRACE ] two", Stream::Stdout),
            ("nobody keeps a secret", Stream::Stdout),
            ("straight to the container's output", Stream::Stdout),
        ] {
            assert_eq!(container.wait_for_line(line).stream, stream, "{line}");
        }
        container.wait_for_process("tail -F");
        container
            .shell("echo 'from a file' >> /var/log/app.log")
            .ok();
        container.wait_for_line("from a file");
        container.shell("echo 'from outside' > /proc/1/fd/1").ok();
        assert_eq!(
            container.wait_for_line("from outside").stream,
            Stream::Stdout
        );
        container
            .shell("echo 'an error from outside' > /proc/1/fd/2")
            .ok();
        let line = container.wait_for_line("an error from outside");
        assert_eq!(line.stream, Stream::Stderr);
        container.signal(signal::TERM);
        assert_eq!(exit_code(&container), Some(0));
        assert_eq!(container.left_running(), &[] as &[String]);
    }
}

#[test]
fn a_logger_is_a_service_that_can_be_told() {
    let image = Image::debian("loggers");
    let container = image.init().boot();
    container.wait_for_line("[app] to the logger");
    let logger = "/var/run/s6/services/app/log";
    container.wait_for("the logger shows as up", || {
        let state = container.exec(["s6-svstat", "-o", "up", logger]);
        state.text() == "true"
    });
    container
        .exec(["s6-svc", "-wR", "-T20000", "-r", logger])
        .ok();
    container
        .exec(["s6-svc", "-wR", "-T20000", "-r", "/run/s6/services/app"])
        .ok();
    container.wait_for_nth_line(2, "[app] to the logger");
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
}

#[test]
fn a_database_logs_through_a_fifo_to_another_service() {
    let image = Image::debian("fifo-loggers");
    let container = image
        .init()
        .env("S6_SERVICES_GRACETIME", "300")
        .env("S6_KILL_GRACETIME", "300")
        .boot();
    container.wait_for_line("error log: errors go here");
    container.wait_for_line("waiting for slow queries");
    // What has no trap of its own goes to the program (-x); what has one does not.
    let service = "/var/run/s6/services/db";
    container.exec(["s6-svc", "-1", service]).ok();
    container.wait_for_line("error log: got USR1");
    container.exec(["s6-svc", "-t", service]).ok();
    container.wait_for_line("error log: the database is told to shut down");
    let state = container.exec(["s6-svstat", "-o", "up", service]);
    assert_eq!(state.text(), "true");
    // A logger that never sees an end and hears no TERM holds the stop up for its graces only.
    container.signal(signal::TERM);
    assert_eq!(exit_code(&container), Some(0));
    container.wait_for_line("still running when their time (S6_SERVICES_GRACETIME) was over");
    let last = container.wait_for_line("stopped in");
    assert!(last.text.contains("had to kill"), "{}", last.text);
    assert_eq!(container.left_running(), &[] as &[String]);
}
