//! What a server answers, without its sockets.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::output::{self, samples};

/// A server of the samples, with the number of its runs.
fn server(format: &str, places: bool) -> (Server, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let service = Service {
        endpoint: "/healthz".to_string(),
        format: output::format(format).expect("a format"),
        look: Look {
            places,
            ..Look::default()
        },
        keep: Duration::from_secs(60),
        run: Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            (samples::groups(), Duration::from_millis(7))
        }),
        say: Box::new(|_| {}),
    };
    (Server::new(service), runs)
}

fn ask(server: &Server, accept: &[&str]) -> Response {
    let request = Request {
        method: "GET".to_string(),
        path: "/healthz".to_string(),
        accept: accept.iter().map(ToString::to_string).collect(),
    };
    server.health(&request).expect("an answer")
}

fn runs(response: &Response) -> String {
    let body = String::from_utf8_lossy(&response.body);
    let line = body
        .lines()
        .find(|line| line.starts_with("goss_tests_run_outcomes_total"));
    line.unwrap_or_default().to_string()
}

#[test]
fn cached_results_are_written_anew_in_each_format() {
    let (server, count) = server("rspecish", false);
    for _ in 0..2 {
        let text = ask(&server, &[]);
        assert_eq!(text.status, 503);
        assert!(text.body.ends_with(b"Skipped: 2\n"));
        let json = ask(&server, &["application/json"]);
        assert_eq!(
            (json.status, json.content.as_str()),
            (503, "application/json")
        );
        assert!(json.body.starts_with(b"{\"results\":[{"));
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn counters_go_on_for_as_long_as_the_process_lives() {
    let (server, count) = server("prometheus", false);
    let answers = [ask(&server, &[]), server.metrics().expect("an answer")];
    // As goss has it, cached results count again.
    let lines = answers.each_ref().map(runs);
    assert_eq!(
        lines,
        [1, 2].map(|runs| format!("goss_tests_run_outcomes_total{{outcome=\"pass\"}} {runs}"))
    );
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn a_run_counts_once_however_often_it_is_looked_at() {
    let (server, _) = server("prometheus", true);
    ask(&server, &["application/json"]);
    let answers = [ask(&server, &[]), server.metrics().expect("an answer")];
    let lines = answers.each_ref().map(runs);
    let once = "goss_tests_run_outcomes_total{outcome=\"fail\"} 1";
    assert_eq!(lines, [once, once]);
}
