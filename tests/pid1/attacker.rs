//! What an attacker inside a container does, faster than a shell could: copied into the roots of
//! tests as `/attacker`. `attacker WHAT ARGUMENTS…`; it fails with a line that says why.
#![forbid(unsafe_code)]

use harness::sys;
use std::fs::Permissions;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["fifos", directory, count] => fifos(Path::new(directory), number(count)),
        ["half-open", socket, count] => half_open(Path::new(socket), number(count)),
        ["ask", socket, request] => ask(Path::new(socket), request, 1 << 20),
        ["ask-slowly", socket, request] => ask(Path::new(socket), request, 1),
        ["unread", socket, request] => unread(Path::new(socket), request),
        ["backlog", socket, word] => backlog(Path::new(socket), Path::new(word)),
        ["deep", directory, levels] => deep(Path::new(directory), number(levels)),
        ["lowest", directory] => lowest(Path::new(directory)),
        ["latency", socket, count] => latency(Path::new(socket), number(count)),
        ["ask-while", socket, directory] => ask_while(Path::new(socket), Path::new(directory)),
        ["listen", socket] => listen(Path::new(socket)),
        ["exchange", one, other, target, count] => exchange(
            [Path::new(one), Path::new(other)],
            Path::new(target),
            number(count),
        ),
        ["plant", top, talk] => plant(Path::new(top), Path::new(talk)),
        _ => Err(io::Error::other("no such attack")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("attacker: {}: {error}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn number(word: &str) -> u32 {
    word.parse().unwrap_or(0)
}

/// Makes `count` fifos that look like those of listeners, and nobody reads; and a tenth as much of
/// other things.
fn fifos(directory: &Path, count: u32) -> io::Result<()> {
    for number in 0..count {
        let name = format!("ftrig1:@4000000{:09x}{:08x}:abcdef", number / 7, number);
        sys::make_fifo(&directory.join(name), 0o600)?;
        if number % 10 == 0 {
            std::fs::write(directory.join(format!("junk-{number}")), "")?;
        }
    }
    Ok(())
}

/// Opens `count` connections, says nothing on any, and holds them to the end of standard input.
fn half_open(socket: &Path, count: u32) -> io::Result<()> {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(UnixStream::connect(socket)?);
    }
    println!("{} open", held.len());
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}

/// Sends a request, `at_once` bytes at a time, and prints the answer. `,` stands for the separator.
fn ask(socket: &Path, request: &str, at_once: usize) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    let bytes = request.replace(',', "\0").into_bytes();
    for part in bytes.chunks(at_once) {
        stream.write_all(part)?;
    }
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    io::stdout().write_all(&answer)
}

/// Sends a request, closes that half, and reads nothing until the other side has closed too.
fn unread(socket: &Path, request: &str) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(request.replace(',', "\0").as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    // All that has come is looked at and left: as much as there is room for.
    let mut seen = vec![0; 1 << 20];
    stream.set_nonblocking(true)?;
    loop {
        match sys::closed_by_peer(&stream)? {
            true => break,
            false => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    let mut length = 0;
    while let Ok(count @ 1..) = stream.read(&mut seen) {
        length += count;
    }
    println!("{length}");
    Ok(())
}

/// Listens at `socket`, accepts nobody, and fills the queue; says so in the file `word`, and stays.
fn backlog(socket: &Path, word: &Path) -> io::Result<()> {
    let _listener = UnixListener::bind(socket)?;
    let mut held = Vec::new();
    while let Ok(client) = sys::connect_now(socket) {
        held.push(client);
    }
    std::fs::write(word, format!("{}\n", held.len()))?;
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}

/// Makes `levels` directories in one another, with a file beside each.
fn deep(directory: &Path, levels: u32) -> io::Result<()> {
    std::env::set_current_dir(directory)?;
    for _ in 0..levels {
        std::fs::write("file", "")?;
        std::fs::create_dir("d")?;
        std::env::set_current_dir("d")?;
    }
    Ok(())
}

/// Prints how deep the directories of [`deep`] go, and the owner and mode of the lowest file.
fn lowest(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    std::env::set_current_dir(directory)?;
    let mut levels = 0;
    let mut lowest = None;
    while let Ok(file) = std::fs::metadata("file") {
        lowest = Some(file);
        std::env::set_current_dir("d")?;
        levels += 1;
    }
    let lowest = lowest.ok_or_else(|| io::Error::other("no such tree"))?;
    println!("{levels} {} {:o}", lowest.uid(), lowest.mode() & 0o7777);
    Ok(())
}

/// Asks for the status once; gives how long the answer took.
fn status(socket: &Path) -> io::Result<Duration> {
    let asked = Instant::now();
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(b"status")?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    match answer.starts_with(b"ok\n") {
        true => Ok(asked.elapsed()),
        false => Err(io::Error::other(format!(
            "answered {:?}",
            String::from_utf8_lossy(&answer)
        ))),
    }
}

/// Asks for the status `count` times and prints how long the longest answer took, in microseconds.
fn latency(socket: &Path, count: u32) -> io::Result<()> {
    let mut longest = Duration::ZERO;
    for _ in 0..count {
        longest = longest.max(status(socket)?);
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("{}", longest.as_micros());
    Ok(())
}

/// Asks for the status as long as there are listeners' fifos in the directory, and prints how many
/// answers came.
fn ask_while(socket: &Path, directory: &Path) -> io::Result<()> {
    let mut answers = 0;
    let is_left = || {
        let mut entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.any(|entry| entry.file_name().as_encoded_bytes().starts_with(b"ftrig1:"))
    };
    while is_left() {
        status(socket)?;
        answers += 1;
    }
    println!("{answers}");
    Ok(())
}

/// Says that all is well, as PID 1 would, to whoever asks.
fn listen(socket: &Path) -> io::Result<()> {
    let listener = UnixListener::bind(socket)?;
    println!("listening");
    for client in listener.incoming() {
        let mut client = client?;
        let _ = client.write_all(b"ok\ncontainer\tfooled\tyes\n");
    }
    Ok(())
}

/// Lets two entries change places `count` times, a directory and a link to `target`. One that
/// somebody has removed meanwhile is made again.
fn exchange([one, other]: [&Path; 2], target: &Path, count: u32) -> io::Result<()> {
    for _ in 0..count {
        match sys::exchange(one, other) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                for place in [one, other] {
                    if place.symlink_metadata().is_err() {
                        // Somebody else may be quicker.
                        let _ = std::os::unix::fs::symlink(target, place);
                    }
                }
            }
            other => other?,
        }
    }
    Ok(())
}

/// What is planted: it says whose it is, and who runs it.
const PLANTED: &str = "#!/bin/sh\necho evil runs as $(id -u)\nexec sleep 1000\n";

/// Until the file `over` is in the directory `talk`, tries to change everything below `top`, which
/// need not be there yet, again and again: files are written over, and where entries can be made,
/// each entry makes way for one that is planted. Makes `watching` in `talk` at the beginning, and
/// gives each success a line.
fn plant(top: &Path, talk: &Path) -> io::Result<()> {
    std::fs::write(talk.join("watching"), "")?;
    // A container that has ended keeps nobody waiting.
    let latest = Instant::now() + Duration::from_secs(120);
    while !talk.join("over").exists() && Instant::now() < latest {
        plant_below(top, 0);
    }
    Ok(())
}

fn plant_below(dir: &Path, depth: usize) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let planted = dir.join("planted");
        let moved = std::fs::rename(&path, dir.join(".moved")).is_ok()
            && std::fs::write(&planted, PLANTED).is_ok()
            && std::fs::set_permissions(&planted, Permissions::from_mode(0o755)).is_ok()
            && std::fs::rename(&planted, &path).is_ok();
        if moved || kind.is_file() && std::fs::write(&path, PLANTED).is_ok() {
            println!("planted {}", path.display());
        }
        if kind.is_dir() && depth < 6 {
            plant_below(&path, depth + 1);
        }
    }
}
