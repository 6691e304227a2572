//! Makes many processes, faster than a shell could: copied into the roots of tests as `/family`.
//! `family WHAT ARGUMENTS…`; it fails with a line that says why.
#![forbid(unsafe_code)]

use harness::sys;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["orphans", count] => orphans(number(count)),
        ["at-once", count] => at_once(number(count)),
        ["storm"] => storm(),
        ["timers", program] => timers(program),
        ["reuse", count, ref services @ ..] => reuse(number(count), services),
        _ => Err(io::Error::other("no such family")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("family: {}: {error}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn number(word: &str) -> u32 {
    word.parse().unwrap_or(0)
}

/// Makes one orphan: a grandchild whose parent has ended.
fn orphan(body: impl FnOnce() -> i32) -> io::Result<()> {
    let Some(child) = sys::fork()? else {
        match sys::fork() {
            Ok(None) => sys::exit_now(body()),
            Ok(Some(_)) => sys::exit_now(0),
            Err(_) => sys::exit_now(1),
        }
    };
    match sys::reap(child)? {
        (_, 0) => Ok(()),
        (_, status) => Err(io::Error::other(format!("no orphan: {status}"))),
    }
}

/// `count` orphans that end at once, with exit codes of all sorts.
fn orphans(count: u32) -> io::Result<()> {
    for code in 0..count {
        orphan(|| (code % 256) as i32)?;
    }
    println!("{count} orphans");
    Ok(())
}

/// `count` orphans that wait, until standard input ends: then all end in one instant.
fn at_once(count: u32) -> io::Result<()> {
    let (read, write) = sys::pipe()?;
    for _ in 0..count {
        orphan(|| {
            // The end that is written to is this process's too.
            let file = File::from(write.try_clone().expect("a descriptor"));
            drop(file);
            let mut gate = File::from(read.try_clone().expect("a descriptor"));
            let _ = gate.read(&mut [0; 1]);
            0
        })?;
    }
    println!("{count} wait");
    io::stdin().read_to_end(&mut Vec::new())?;
    // As many bytes as there are readers.
    let mut gate = File::from(write);
    gate.write_all(&vec![b'x'; count as usize])
}

/// Orphans without an end, until standard input ends.
fn storm() -> io::Result<()> {
    println!("storm");
    let input = io::stdin();
    loop {
        for _ in 0..100 {
            orphan(|| 0)?;
        }
        let ready = sys::poll(
            &[std::os::fd::AsFd::as_fd(&input)],
            Some(std::time::Duration::ZERO),
        )?;
        if ready[0] {
            return Ok(());
        }
    }
}

/// Becomes `program` with every timer armed, none of whose signals is expected.
fn timers(program: &str) -> io::Result<()> {
    let ignored = [
        harness::signal::ALRM,
        harness::signal::VTALRM,
        harness::signal::PROF,
    ];
    sys::reset_signals(&ignored, &[])?;
    sys::arm_timers()?;
    Err(std::process::Command::new(program).exec())
}

/// The pid in the status of a supervised service (s6-svstat(8): eight bytes from the 24th on).
fn pid_of(service: &Path) -> io::Result<i32> {
    let status = fs::read(service.join("supervise/status"))?;
    let bytes: [u8; 8] = status
        .get(24..32)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| io::Error::other("a short status"))?;
    Ok(u64::from_be_bytes(bytes) as i32)
}

/// Kills one service after another, asks at once for a TERM to it, and makes the next process have
/// the pid that the service had. The TERM must not hit that process.
///
/// The kernel is told what the last pid was (`ns_last_pid`, this namespace's own), which makes every
/// reuse certain, where a small `pid_max` makes it likely and belongs to the machine.
fn reuse(count: u32, services: &[&str]) -> io::Result<()> {
    let (mut reused, mut hit) = (0, 0);
    for service in services.iter().cycle().take(count as usize) {
        let service = Path::new(service);
        let pid = pid_of(service)?;
        if pid == 0 {
            continue;
        }
        let control = fs::OpenOptions::new()
            .write(true)
            .custom_flags(libc_nonblock())
            .open(service.join("supervise/control"))?;
        sys::kill(pid, harness::signal::KILL)?;
        (&control).write_all(b"ttt")?;
        // Until PID 1 has reaped it its pid is nobody else's; then it is the next process's.
        while Path::new(&format!("/proc/{pid}")).exists() {
            std::thread::yield_now();
        }
        fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string())?;
        let (read, write) = sys::pipe()?;
        let Some(stranger) = sys::fork()? else {
            drop(write);
            let _ = File::from(read).read(&mut [0; 1]);
            sys::exit_now(0);
        };
        drop(read);
        (&control).write_all(b"t")?;
        reused += u32::from(stranger == pid);
        // PID 1 has read what was asked once it says so in the status; a while is enough.
        std::thread::sleep(std::time::Duration::from_millis(2));
        drop(write);
        let (_, status) = sys::reap(stranger)?;
        hit += u32::from(status != 0);
    }
    println!("{reused} reused, {hit} hit");
    Ok(())
}

/// O_NONBLOCK, as the kernel has it on the machines that these tests run on.
fn libc_nonblock() -> i32 {
    0o4000
}
