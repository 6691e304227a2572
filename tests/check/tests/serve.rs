//! `serve`: many clients, slow clients, clients that go away; and its end.
#![forbid(unsafe_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use check_tests::program;
use check_tests::watched::{self, scaled};
use temp::Temp;

/// A server in a directory of its own, which ends with the test.
struct Server {
    dir: Temp,
    child: Child,
    port: u16,
}

impl Server {
    /// Serves a gossfile on a port that the kernel chooses; the log says which.
    fn of(gossfile: &str, words: &str) -> Server {
        let mut command = Command::new(program());
        command.args(["serve", "-l", "127.0.0.1:0"]);
        command.args(words.split_ascii_whitespace());
        Server::begin(command, gossfile)
    }

    fn begin(mut command: Command, gossfile: &str) -> Server {
        let dir = Temp::new();
        dir.write("goss.yaml", gossfile);
        command
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("it begins");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        while !line.contains("Starting to listen on: ") {
            line.clear();
            assert!(
                log.read_line(&mut line).expect("a line") > 0,
                "it ends at once"
            );
        }
        let port = line.trim_end().rsplit(':').next().expect("an address");
        let port = port.parse().unwrap_or_else(|_| panic!("no port: {line}"));
        thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Server { dir, child, port }
    }

    fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        client
            .set_read_timeout(Some(scaled(Duration::from_secs(60))))
            .expect("a limit");
        client
    }

    /// What is answered to a method, a path and header lines.
    fn ask(&self, method: &str, path: &str, lines: &[&str]) -> Answer {
        let mut client = self.connect();
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        client
            .write_all(head.as_bytes())
            .expect("it takes a request");
        let mut text = String::new();
        client.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Answer {
            status: status.expect("a status"),
            head: head.to_string(),
            body: body.to_string(),
        }
    }

    /// How often the file `runs` got a line.
    fn runs(&self) -> usize {
        let text = std::fs::read_to_string(self.dir.at("runs")).unwrap_or_default();
        text.lines().count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn content(&self) -> &str {
        let mut lines = self.head.lines();
        lines
            .find_map(|line| line.strip_prefix("Content-Type: "))
            .unwrap_or_default()
    }
}

/// One run takes half a second, and leaves a line.
const SLOW: &str = "command: {slow: {exec: 'echo x >>runs; sleep 0.5', exit-status: 0}}\n";
const QUICK: &str = "command: {quick: {exec: 'echo x >>runs', exit-status: 0}}\n";
const FAILING: &str = "matching: {bad: {content: 1, matches: 2}}\n";

#[test]
fn a_hundred_clients_share_a_run() {
    let server = Server::of(SLOW, "--cache 1m");
    thread::scope(|scope| {
        let clients: Vec<_> = (0..100)
            .map(|_| scope.spawn(|| server.ask("GET", "/healthz", &[])))
            .collect();
        for client in clients {
            let answer = client.join().expect("an answer");
            assert_eq!(answer.status, 200);
            assert!(
                answer.body.contains("Count: 1, Failed: 0"),
                "{}",
                answer.body
            );
        }
    });
    assert_eq!(server.runs(), 1);
    let peak = watched::peak(server.child.id()).expect("it runs");
    assert!(peak < 64 << 10, "{peak} KiB for a hundred clients");
}

#[test]
fn results_count_for_a_while() {
    let server = Server::of(QUICK, "--cache 300ms");
    for _ in 0..3 {
        server.ask("GET", "/healthz", &[]);
    }
    let runs = server.runs();
    assert!(runs <= 3);
    thread::sleep(Duration::from_millis(400));
    server.ask("GET", "/healthz", &[]);
    assert_eq!(server.runs(), runs + 1);
    let server = Server::of(QUICK, "--cache 0");
    for _ in 0..3 {
        server.ask("GET", "/healthz", &[]);
    }
    assert_eq!(server.runs(), 1, "0 is for ever");
}

#[test]
fn formats_are_as_clients_want_them() {
    let server = Server::of(QUICK, "--format documentation --cache 1m");
    for (accept, content, body) in [
        ("", "application/vnd.goss-documentation", "Count: 1"),
        (
            "Accept: */*",
            "application/vnd.goss-documentation",
            "Count: 1",
        ),
        (
            "Accept: application/json",
            "application/json",
            "\"summary\"",
        ),
        ("Accept: TEXT/JSON", "application/json", "\"summary\""),
        (
            "Accept: application/vnd.goss-tap",
            "application/vnd.goss-tap",
            "1..1",
        ),
        (
            "accept:application/vnd.goss-rspecish",
            "application/vnd.goss-rspecish",
            "Count: 1",
        ),
        (
            "Accept: application/vnd.goss-prometheus",
            "text/plain; version=0.0.4",
            "goss_tests",
        ),
        (
            "Accept: application/vnd.goss-nothing",
            "application/vnd.goss-documentation",
            "Count: 1",
        ),
    ] {
        let answer = server.ask(
            "GET",
            "/healthz",
            &[accept][usize::from(accept.is_empty())..],
        );
        assert_eq!(
            (answer.status, answer.content()),
            (200, content),
            "{accept}"
        );
        assert!(answer.body.contains(body), "{accept}: {}", answer.body);
    }
    assert_eq!(server.runs(), 1, "one run for all formats");
}

#[test]
fn a_failure_is_503_and_an_unknown_path_404() {
    let server = Server::of(FAILING, "--endpoint /checks");
    let answer = server.ask("GET", "/checks?verbose=1", &[]);
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("Failed: 1"), "{}", answer.body);
    let nagios = server.ask("GET", "/checks", &["Accept: application/vnd.goss-nagios"]);
    assert_eq!(nagios.status, 503);
    for path in [
        "/", "/healthz", "/checks/", "/checksx", "//checks", "/..", "*",
    ] {
        assert_eq!(server.ask("GET", path, &[]).status, 404, "{path}");
    }
    let head = server.ask("HEAD", "/checks", &[]);
    assert_eq!((head.status, head.body.as_str()), (503, ""));
    let length = format!("Content-Length: {}", answer.body.len());
    // Times in it may differ by a digit.
    assert!(
        head.head.contains(&length[..length.len() - 1]),
        "{}",
        head.head
    );
    assert_eq!(
        server.ask("POST", "/checks", &["Content-Length: 0"]).status,
        503
    );
    let metrics = server.ask("GET", "/metrics", &[]);
    assert_eq!(metrics.status, 200);
}

#[test]
fn slow_clients_keep_nobody_waiting() {
    let server = Server::of(QUICK, "--cache 1m");
    let mut slow: Vec<TcpStream> = (0..200).map(|_| server.connect()).collect();
    for client in &mut slow {
        client
            .write_all(b"GET /healthz HT")
            .expect("it takes what comes");
    }
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(server.ask("GET", "/healthz", &[]).status, 200);
    }
    assert!(
        begun.elapsed() < scaled(Duration::from_secs(5)),
        "{:?}",
        begun.elapsed()
    );
}

/// One byte a second is no life of its own: a request has a time as a whole.
#[test]
fn a_client_that_drips_is_shown_out() {
    let server = Server::of(QUICK, "");
    let mut client = server.connect();
    let begun = Instant::now();
    let limit = scaled(Duration::from_secs(20));
    let gone = loop {
        if client.write_all(b"x").is_err() {
            break true;
        }
        thread::sleep(Duration::from_millis(200));
        if begun.elapsed() > limit {
            break false;
        }
    };
    assert!(gone, "it is still listened to after {limit:?}");
}

#[test]
fn clients_that_go_away_harm_nobody() {
    let server = Server::of(SLOW, "--cache 1ms");
    for _ in 0..50 {
        let mut client = server.connect();
        let _ = client.write_all(b"GET /healthz HTTP/1.1\r\n\r\n");
        let _ = client.shutdown(Shutdown::Both);
    }
    for _ in 0..50 {
        drop(server.connect());
    }
    assert_eq!(server.ask("GET", "/healthz", &[]).status, 200);
    assert_eq!(server.ask("GET", "/nothing", &[]).status, 404);
}

#[test]
fn what_is_no_request_is_refused() {
    let server = Server::of(QUICK, "");
    let endless = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(100_000));
    for text in [
        "nonsense\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        &endless,
        &many,
    ] {
        let mut client = server.connect();
        // It may close while more comes.
        let _ = client.write_all(text.as_bytes());
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer);
        let is_refused = answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 ");
        assert!(
            is_refused,
            "{text:.20}: {}",
            String::from_utf8_lossy(&answer)
        );
    }
    assert_eq!(server.ask("GET", "/healthz", &[]).status, 200);
}

#[test]
fn term_ends_it_with_143() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::of(SLOW, "");
        let mut client = server.connect();
        client
            .write_all(b"GET /healthz HTTP/1.1\r\n\r\n")
            .expect("it takes a request");
        thread::sleep(Duration::from_millis(100));
        let pid = server.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.expect("kill").success());
        let status = server.child.wait().expect("it ends");
        let number = if signal == "TERM" { 15 } else { 2 };
        let ended = status.code().or(status.signal().map(|signal| 128 + signal));
        assert_eq!(ended, Some(128 + number), "{signal}: {status:?}");
    }
}

/// As the first process of a namespace it hears only what it asks for.
#[test]
fn term_ends_it_as_the_first_process_of_a_container() {
    let mut command = Command::new("unshare");
    command.args(["-p", "-f", "-m", "--mount-proc", "--kill-child"]);
    command.arg(program()).args(["serve", "-l", "127.0.0.1:0"]);
    let mut server = Server::begin(command, QUICK);
    assert_eq!(server.ask("GET", "/healthz", &[]).status, 200);
    let children = format!("/proc/{0}/task/{0}/children", server.child.id());
    let first = std::fs::read_to_string(children).expect("children");
    let sent = Command::new("kill")
        .args(["-s", "TERM", first.trim()])
        .status();
    assert!(sent.expect("kill").success());
    let status = server.child.wait().expect("it ends");
    assert_eq!(status.code(), Some(143), "{status:?}");
}

#[test]
fn what_cannot_be_served_is_said_in_a_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    let dir = Temp::new();
    dir.write("goss.yaml", QUICK);
    dir.write("bad.yaml", "file: [");
    for (words, said) in [
        (format!("serve -l {taken}"), taken.as_str()),
        ("serve -l nothing".to_string(), "[HOST]:PORT"),
        ("serve -l 127.0.0.1:99999".to_string(), "[HOST]:PORT"),
        ("serve -l 192.0.2.1:80".to_string(), "192.0.2.1:80"),
        ("serve -l 127.0.0.1:0 -e healthz".to_string(), "endpoint"),
        ("serve -l 127.0.0.1:0 -e /metrics".to_string(), "/metrics"),
        ("serve -l 127.0.0.1:0 -f nothing".to_string(), "nothing"),
        ("serve -l 127.0.0.1:0 -g bad.yaml".to_string(), "bad.yaml:"),
        (
            "serve -l 127.0.0.1:0 -g absent.yaml".to_string(),
            "absent.yaml",
        ),
    ] {
        let seen = watched::Call::new(&dir, &words).run();
        assert_eq!(seen.exit, 1, "{words}: {seen:?}");
        assert!(seen.stderr.contains(said), "{words}: {seen:?}");
        assert_eq!(seen.stderr.lines().count(), 1, "{words}: {seen:?}");
    }
}
