//! Clients behind a load balancer, as a program that a test puts into its image:
//! `load PORT HEALTH CLIENTS BEGUN PATH…`. Every client asks for one path after the other, a connection
//! each, as long as HEALTH answers 200. Makes the file BEGUN once the first were answered. Prints how many were answered and how many were not; each that was not
//! gets a line that says why, and makes the exit code 1.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Between two questions of the load balancer.
const INTERVAL: Duration = Duration::from_millis(100);

/// As many answers are the first ones.
const BEGUN: usize = 10;

/// A test that has been forgotten keeps nobody busy.
const LONGEST: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [port, health, clients, begun, paths @ ..] = &words[..] else {
        eprintln!("usage: load PORT HEALTH CLIENTS BEGUN PATH...");
        return ExitCode::from(100);
    };
    let (Ok(port), Ok(clients)) = (port.parse(), clients.parse::<usize>()) else {
        eprintln!("load: a port and a number of clients are numbers");
        return ExitCode::from(100);
    };
    let healthy = AtomicBool::new(true);
    let answered = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let latest = Instant::now() + LONGEST;
    thread::scope(|scope| {
        scope.spawn(|| {
            while ask(port, health).is_ok() && Instant::now() < latest {
                thread::sleep(INTERVAL);
            }
            healthy.store(false, Ordering::Relaxed);
        });
        for client in 0..clients {
            let (healthy, answered, failures) = (&healthy, &answered, &failures);
            scope.spawn(move || {
                for path in paths.iter().cycle().skip(client) {
                    if !healthy.load(Ordering::Relaxed) {
                        return;
                    }
                    match ask(port, path) {
                        Ok(()) if answered.fetch_add(1, Ordering::Relaxed) == BEGUN => {
                            if let Err(error) = std::fs::write(begun, "") {
                                eprintln!("load: {begun}: {error}");
                            }
                        }
                        Ok(()) => {}
                        Err(error) => {
                            if let Ok(mut failures) = failures.lock() {
                                failures.push(format!("{path}: {error}"));
                            }
                        }
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_default();
    for failure in failures.iter().take(20) {
        println!("{failure}");
    }
    println!(
        "{} answered, {} failed",
        answered.into_inner(),
        failures.len()
    );
    ExitCode::from(u8::from(!failures.is_empty()))
}

/// One request and its whole answer.
fn ask(port: u16, path: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(io::Error::other(format!("cut: {text:?}")));
    };
    match head.split(' ').nth(1) == Some("200") && body.ends_with('\n') {
        true => Ok(()),
        false => Err(io::Error::other(format!("{head:?} {body:?}"))),
    }
}
