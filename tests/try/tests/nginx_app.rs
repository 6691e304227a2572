//! examples/nginx-app, booted for real: it answers, comes back, and stops in order
//! without dropping what it has accepted.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use kernel::signal::{SIGKILL, SIGTERM};
use try_tests::{LIMIT, Scratch, Trial, eventually};

fn example() -> PathBuf {
    let root = harness::workspace().join("examples/nginx-app/root");
    for program in ["/usr/sbin/nginx", "/usr/bin/python3"] {
        assert!(
            Path::new(program).exists(),
            "{program} is missing: make setup"
        );
    }
    root
}

/// The example, and where it answers.
struct Demo {
    trial: Trial,
    port: u16,
}

impl Demo {
    fn begin(words: &[&str]) -> Demo {
        let port = free_port();
        let root = example();
        let listen = format!("LISTEN_PORT={port}");
        let words = [&[root.to_str().unwrap(), "--env", &listen], words].concat();
        Demo {
            trial: Trial::begin(words),
            port,
        }
    }

    /// Waits until a request comes back with 200.
    fn await_answer(&self) -> Answer {
        eventually("an answer over HTTP", || {
            get(self.port, "/").ok().filter(|a| a.status == 200)
        })
    }

    /// The pid, as seen here, of a process of the tree whose command line holds `part`.
    fn process(&self, part: &str) -> i32 {
        let inner = self.trial.inner_pid();
        eventually("a process of the tree", || find_below(inner, part))
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A descendant of `ancestor` whose command line holds `part`.
fn find_below(ancestor: i32, part: &str) -> Option<i32> {
    let mut parents = HashMap::new();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|n| n.parse::<i32>().ok())
        else {
            continue;
        };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        let Some(parent) = parent.and_then(|p| p.trim().parse::<i32>().ok()) else {
            continue;
        };
        parents.insert(pid, parent);
        let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains(part) {
            found.push(pid);
        }
    }
    found.into_iter().find(|pid| {
        let mut at = *pid;
        while let Some(parent) = parents.get(&at) {
            if *parent == ancestor {
                return true;
            }
            at = *parent;
        }
        false
    })
}

/// A whole answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: String,
}

/// Why there was none.
enum Failed {
    /// Nobody listens.
    Refused,
    /// The connection ended before the first byte of an answer.
    Unanswered(io::Error),
    /// The connection ended within an answer.
    Cut(String),
}

fn describe(result: Result<Answer, Failed>) -> String {
    match result {
        Ok(answer) => format!("{answer:?}"),
        Err(Failed::Refused) => "refused".to_string(),
        Err(Failed::Unanswered(error)) => format!("no answer: {error}"),
        Err(Failed::Cut(text)) => format!("cut: {text:?}"),
    }
}

fn get(port: u16, path: &str) -> Result<Answer, Failed> {
    ask(
        port,
        &format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"),
    )
}

fn post(port: u16, path: &str, body: &str) -> Result<Answer, Failed> {
    let length = body.len();
    ask(
        port,
        &format!("POST {path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}"),
    )
}

fn ask(port: u16, request: &str) -> Result<Answer, Failed> {
    let mut stream = match TcpStream::connect(("127.0.0.1", port)) {
        Ok(stream) => stream,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            return Err(Failed::Refused);
        }
        Err(error) => return Err(Failed::Unanswered(error)),
    };
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut bytes = Vec::new();
    let result = stream
        .write_all(request.as_bytes())
        .and_then(|()| stream.read_to_end(&mut bytes));
    match result {
        Err(error) if bytes.is_empty() => return Err(Failed::Unanswered(error)),
        Ok(0) => return Err(Failed::Unanswered(io::ErrorKind::UnexpectedEof.into())),
        _ => {}
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    parse(&text).ok_or(Failed::Cut(text))
}

/// None for an answer that is not whole.
fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    })?;
    (body.len() == length).then(|| Answer {
        status,
        body: body.to_string(),
    })
}

/// That the lines come in this order.
#[track_caller]
fn assert_order(lines: &[String], parts: &[&str]) {
    let mut rest = lines.iter();
    for part in parts {
        assert!(
            rest.any(|line| line.contains(part)),
            "{part:?} does not come (in this order) in:\n{}",
            lines.join("\n")
        );
    }
}

#[test]
fn it_answers_its_workers_work_and_it_stops_in_order() {
    let demo = Demo::begin(&["--env", "WORKERS=3", "--env", "GREETING=Good day, all"]);
    assert!(
        demo.await_answer()
            .body
            .starts_with("Good day, all from process ")
    );
    demo.trial.await_line("[worker-3] waits for jobs");
    let job = eventually("a job taken", || {
        post(demo.port, "/jobs", "text to do").ok()
    });
    assert_eq!(job.status, 202);
    let path = format!("/jobs/{}", job.body.trim());
    let done = eventually("a job to be done", || {
        get(demo.port, &path).ok().filter(|a| a.status == 200)
    });
    assert_eq!(done.body, "TEXT TO DO");

    demo.trial.signal(SIGTERM);
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 0, "{lines:?}");
    assert_order(
        &lines,
        &[
            "no sandbox",
            "Ctrl-C stops it in order; from another terminal:",
            "[init] executing /run.d/10-settings.sh",
            "[run] starting process manager",
            "[nginx.conf] rendered",
            "[workers] 3 enabled",
            "[services.d] done.",
            "[drain] nginx: asked",
            "[drain] nginx: done",
            "[app] ends",
            "[drain] app: done",
        ],
    );
    assert_order(&lines, &["[nginx] ended with 0"]);
    assert_order(&lines, &["[app] TERM is swallowed", "[app] ended with 0"]);
    for worker in ["[worker-1] ends", "[worker-2] ends", "[worker-3] ends"] {
        assert_order(&lines, &[worker]);
    }
    assert!(get(demo.port, "/").is_err());
}

#[test]
fn what_is_killed_inside_comes_back() {
    let demo = Demo::begin(&[]);
    let before = demo.await_answer().body;

    let master = demo.process("nginx: master");
    kernel::signal::send(master, SIGKILL).unwrap();
    demo.trial.await_line("[nginx] ended with");
    demo.await_answer();
    assert_ne!(demo.process("nginx: master"), master);

    let app = demo.process("app.py");
    kernel::signal::send(app, SIGKILL).unwrap();
    demo.trial.await_line("[app] ended with 256");
    let after = demo.await_answer().body;
    assert_ne!(demo.process("app.py"), app);
    assert_ne!(before, after, "the same process answers");

    let worker = demo.process("worker-2");
    kernel::signal::send(worker, SIGKILL).unwrap();
    demo.trial.await_lines("[worker-2] waits for jobs", 2);

    demo.trial.signal(SIGTERM);
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 0, "{lines:?}");
}

/// What one client under load has seen.
#[derive(Default)]
struct Seen {
    answered: usize,
    failures: Vec<String>,
}

/// Asks until nobody listens any more. A connection that the kernel took but nginx did
/// not before it stopped to listen ends without an answer: that request was not
/// accepted, and is no failure once the stop has begun.
fn load(port: u16, number: usize, answered: &AtomicUsize, stopping: &AtomicBool) -> Seen {
    let mut seen = Seen::default();
    for turn in 0.. {
        let path = match (turn + number) % 3 {
            0 => "/slow?ms=120",
            1 => "/slow?ms=20",
            _ => "/",
        };
        match get(port, path) {
            Ok(answer) if answer.status == 200 => {
                seen.answered += 1;
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Err(Failed::Refused | Failed::Unanswered(_)) if stopping.load(Ordering::SeqCst) => {
                return seen;
            }
            other => {
                seen.failures.push(format!("{path}: {}", describe(other)));
                return seen;
            }
        }
    }
    seen
}

#[test]
fn a_stop_under_load_drops_no_request_that_was_accepted() {
    const CLIENTS: usize = 8;
    let demo = Demo::begin(&[]);
    demo.await_answer();
    let answered = Arc::new(AtomicUsize::new(0));
    let stopping = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (port, answered, stopping) =
                (demo.port, Arc::clone(&answered), Arc::clone(&stopping));
            thread::spawn(move || load(port, number, &answered, &stopping))
        })
        .collect();
    eventually("some load", || {
        (answered.load(Ordering::SeqCst) > 40 * CLIENTS).then_some(())
    });
    stopping.store(true, Ordering::SeqCst);
    demo.trial.signal(SIGTERM);
    let seen: Vec<Seen> = clients.into_iter().map(|c| c.join().unwrap()).collect();
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 0, "{lines:?}");

    let failures: Vec<_> = seen.iter().flat_map(|s| &s.failures).collect();
    assert!(failures.is_empty(), "{failures:?}");
    // One by await_answer, which may have been answered otherwise before.
    let whole = 1 + seen.iter().map(|s| s.answered).sum::<usize>();
    let logged = |kind: &str| lines.iter().filter(|l| l.starts_with(kind)).count();
    assert_eq!(logged("[access] 200"), whole, "accepted, but not answered");
    let others = logged("[access]") - whole - logged("[access] 502 GET /");
    assert_eq!(others, 0);
    let last = lines
        .iter()
        .rposition(|l| l.starts_with("[access]"))
        .unwrap();
    let drained = lines
        .iter()
        .position(|l| l == "[drain] nginx: done")
        .unwrap();
    assert!(last < drained, "a request after the drain");
    let begun = lines
        .iter()
        .position(|l| l.starts_with("[drain] nginx: asked"));
    assert!(begun.unwrap() < last, "nothing was left to drain");
}

/// What `mainstay VERB WORDS` says from outside.
fn ask_trial(verb: &str, words: &[&str]) -> (i32, String) {
    let mut command = std::process::Command::new(harness::mainstay());
    command.arg(verb).args(words);
    let output = command.output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code().expect("an exit code"), text)
}

#[test]
fn a_reload_under_load_loses_no_request() {
    const CLIENTS: usize = 6;
    const RELOADS: usize = 5;
    let demo = Demo::begin(&[]);
    demo.await_answer();
    let master = demo.process("nginx: master");
    let tree = demo.trial.pid().to_string();
    let answered = Arc::new(AtomicUsize::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (port, answered, over) = (demo.port, Arc::clone(&answered), Arc::clone(&over));
            thread::spawn(move || {
                let mut failures = Vec::new();
                for turn in 0.. {
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                    let path = ["/", "/slow?ms=60"][(turn + number) % 2];
                    match get(port, path) {
                        Ok(answer) if answer.status == 200 => {
                            answered.fetch_add(1, Ordering::SeqCst);
                        }
                        other => failures.push(format!("{path}: {}", describe(other))),
                    }
                }
                failures
            })
        })
        .collect();
    for _ in 0..RELOADS {
        let before = answered.load(Ordering::SeqCst);
        eventually("some load", || {
            (answered.load(Ordering::SeqCst) > before + 4 * CLIENTS).then_some(())
        });
        let (code, text) = ask_trial("signal", &["--tree", &tree, "nginx", "HUP"]);
        assert_eq!(code, 0, "{text}");
        assert!(text.starts_with("nginx: HUP sent to pid "), "{text}");
        assert!(!text.contains("ended"), "{text}");
    }
    let before = answered.load(Ordering::SeqCst);
    eventually("load after the reloads", || {
        (answered.load(Ordering::SeqCst) > before + 10 * CLIENTS).then_some(())
    });
    over.store(true, Ordering::SeqCst);
    let failures: Vec<String> = clients
        .into_iter()
        .flat_map(|client| client.join().unwrap())
        .collect();
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(demo.process("nginx: master"), master, "it was restarted");
    demo.trial.signal(SIGTERM);
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 0, "{lines:?}");
}

#[test]
fn a_root_that_can_only_be_read_will_do() {
    let demo = Demo::begin(&["--read-only", "--env", "S6_READ_ONLY_ROOT=1"]);
    demo.await_answer();
    demo.trial.await_line("[worker-2] waits for jobs");
    let tree = demo.trial.pid().to_string();
    let (code, table) = ask_trial("status", &["--tree", &tree]);
    assert_eq!(code, 0, "{table}");
    assert!(table.contains("worker-2"), "{table}");
    let job = post(demo.port, "/jobs", "text").map(|answer| answer.status);
    assert!(matches!(job, Ok(202)));
    demo.trial.signal(SIGTERM);
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 0, "{lines:?}");
    assert_order(&lines, &["[drain] nginx: done", "[drain] app: done"]);
    let refused = |line: &&String| line.contains("Read-only file system");
    assert_eq!(lines.iter().find(refused), None);

    // Without the copies the hook says what to set.
    let demo = Demo::begin(&["--read-only"]);
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 1, "{lines:?}");
    assert_order(&lines, &["with a read-only root set S6_READ_ONLY_ROOT=1"]);
}

#[test]
fn a_port_that_is_taken_is_said_once_and_nothing_is_drained() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let listen = format!("LISTEN_PORT={port}");
    let trial = Trial::begin([example().to_str().unwrap(), "--env", &listen]);
    let (code, lines) = trial.end();
    assert_eq!(code, 1, "{lines:?}");
    let said = lines
        .iter()
        .filter(|line| line.contains("cannot listen on"));
    let said: Vec<_> = said.collect();
    assert_eq!(said.len(), 1, "{lines:?}");
    assert!(said[0].contains("Address already in use"), "{said:?}");
    assert!(said[0].contains("--env LISTEN_PORT="), "{said:?}");
    // The hooks of the stop have run, and found nothing to drain.
    assert_order(&lines, &["[cont-finish.d] 10-drain-nginx: exited 0"]);
    assert!(
        !lines.iter().any(|line| line.starts_with("[drain]")),
        "{lines:?}"
    );
}

#[test]
fn a_command_ends_the_container_with_its_code_after_the_same_stop() {
    let demo = Demo::begin(&[
        "--",
        "python3",
        "-c",
        "import os, sys; print('command for', os.environ['LISTEN_PORT']); sys.exit(9)",
    ]);
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 9, "{lines:?}");
    assert_order(&lines, &["command for ", "[drain] nginx", "[drain] app"]);
}

#[test]
fn a_setting_that_does_not_fit_stops_the_boot_and_says_so() {
    let demo = Demo::begin(&["--env", "WORKERS=many"]);
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 1, "{lines:?}");
    assert_order(&lines, &["WORKERS=many is not a number"]);
    assert!(!lines.iter().any(|line| line.contains("cont-init.d")));

    let trial = Trial::begin([example().to_str().unwrap(), "--env", "LISTEN_PORT=http"]);
    let (code, lines) = trial.end();
    assert_eq!(code, 1, "{lines:?}");
    assert_order(&lines, &["LISTEN_PORT=http is not a number"]);
    assert!(!lines.iter().any(|line| line.contains("listens as user")));
}

#[test]
fn a_plain_user_sees_it_too_or_is_told_what_stands_against_it() {
    let place = Scratch::new();
    // Somewhere that every user may read.
    let root = place.path().join("root");
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(example())
        .arg(&root)
        .status();
    assert!(copied.unwrap().success());
    let port = free_port();
    let listen = format!("LISTEN_PORT={port}");
    let words = [root.to_str().unwrap(), "--env", &listen];
    let mut demo = Demo {
        trial: Trial::begin_as_plain_user(&place.binary(), words),
        port,
    };
    if demo.trial.ends_before("[services.d] done.") {
        let (code, lines) = demo.trial.end();
        assert_eq!(code, 111, "{lines:?}");
        assert_order(&lines, &["mainstay try`"]);
        return;
    }
    demo.await_answer();
    demo.trial.signal(SIGTERM);
    let (code, lines) = demo.trial.end();
    assert_eq!(code, 0, "{lines:?}");
    assert_order(&lines, &["everything runs as root", "[drain] nginx: done"]);
}
