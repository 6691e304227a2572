//! A process that is run to its end: its output is kept, its time is limited, and nothing of it
//! outlives its time.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};

use super::capture::{Capture, More};
use super::processes;

/// What TERM has to end a group before KILL does.
const GRACE: Duration = Duration::from_millis(200);

/// How it ended.
#[derive(Debug)]
pub enum End {
    /// By itself.
    Ended {
        /// Its code or signal.
        status: ExitStatus,
        /// What it printed.
        stdout: Capture,
        /// What it printed as errors.
        stderr: Capture,
    },
    /// Not within its time. It is killed, and what it has begun.
    Late,
    /// It printed more than is kept. It is killed likewise.
    TooMuch,
}

/// Runs a program, without input. It ends when both its outputs are closed, as the original
/// waits for what a shell has left in the background; and when the process has ended.
///
/// # Errors
/// As execve(2).
pub fn run(command: &mut Command, patience: Duration) -> io::Result<End> {
    // Nothing here keeps the standard library from posix_spawn, which does not copy our memory.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let until = Instant::now().checked_add(patience);
    let mut child = command.spawn()?;
    let mut outputs = [
        Output::new(child.stdout.take().map(OwnedFd::from)),
        Output::new(child.stderr.take().map(OwnedFd::from)),
    ];
    let more = read_all(&mut outputs, until);
    if !matches!(more, Ok(More::None)) {
        kill_all(&mut child, &outputs);
        return match more? {
            More::TooMuch => Ok(End::TooMuch),
            More::Perhaps | More::None => Ok(End::Late),
        };
    }
    let Some(status) = wait(&mut child, until)? else {
        kill_all(&mut child, &outputs);
        return Ok(End::Late);
    };
    let [stdout, stderr] = outputs.map(|output| output.captured);
    Ok(End::Ended {
        status,
        stdout,
        stderr,
    })
}

struct Output {
    pipe: Option<std::fs::File>,
    captured: Capture,
}

impl Output {
    fn new(pipe: Option<OwnedFd>) -> Output {
        Output {
            pipe: pipe.map(std::fs::File::from),
            captured: Capture::default(),
        }
    }
}

/// Reads until all are closed (`None`), time is over (`Perhaps`), or one is too much.
fn read_all(outputs: &mut [Output; 2], until: Option<Instant>) -> io::Result<More> {
    loop {
        let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(2);
        for pipe in outputs.iter().filter_map(|output| output.pipe.as_ref()) {
            fds.push(PollFd::new(pipe, PollFlags::IN));
        }
        if fds.is_empty() {
            return Ok(More::None);
        }
        let rest = rest_of(until);
        if rest.is_some_and(|rest| rest.is_zero()) {
            return Ok(More::Perhaps);
        }
        match poll(&mut fds, rest.and_then(timespec).as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        drop(fds);
        let open = outputs.iter_mut().filter(|output| output.pipe.is_some());
        for (output, ready) in open.zip(ready) {
            let Some(pipe) = output.pipe.as_mut().filter(|_| ready) else {
                continue;
            };
            match output.captured.take(pipe)? {
                More::Perhaps => {}
                More::None => output.pipe = None,
                More::TooMuch => return Ok(More::TooMuch),
            }
        }
    }
}

fn rest_of(until: Option<Instant>) -> Option<Duration> {
    until.map(|until| until.saturating_duration_since(Instant::now()))
}

fn timespec(rest: Duration) -> Option<Timespec> {
    Timespec::try_from(rest).ok()
}

/// Waits for the end of what has closed its outputs; none where time is over.
fn wait(child: &mut Child, until: Option<Instant>) -> io::Result<Option<ExitStatus>> {
    if let Some(status) = child.try_wait()? {
        return Ok(Some(status));
    }
    // It closes its outputs a moment before it is gone.
    let pid = rustix::process::Pid::from_child(child);
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).ok();
    loop {
        let rest = rest_of(until);
        match &pidfd {
            Some(pidfd) => {
                let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
                let _ = poll(&mut fds, rest.and_then(timespec).as_ref());
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if rest.is_some_and(|rest| rest.is_zero()) {
            return Ok(None);
        }
    }
}

/// Ends the group of a process, what has come from it, and whoever holds its outputs open,
/// with TERM and then with KILL.
fn kill_all(child: &mut Child, outputs: &[Output; 2]) {
    let pid = rustix::process::Pid::from_child(child);
    let pipes: Vec<u64> = outputs
        .iter()
        .filter_map(|output| {
            let pipe = output.pipe.as_ref()?;
            rustix::fs::fstat(pipe.as_fd()).ok().map(|stat| stat.st_ino)
        })
        .collect();
    let mut others = processes::below(pid, &pipes);
    let _ = kill_process_group(pid, Signal::TERM);
    for other in &others {
        let _ = kill_process(*other, Signal::TERM);
    }
    let _ = wait(child, Instant::now().checked_add(GRACE));
    // Whatever has begun in the meantime, too.
    others.extend(processes::below(pid, &pipes));
    let _ = kill_process_group(pid, Signal::KILL);
    for other in &others {
        let _ = kill_process(*other, Signal::KILL);
    }
    let _ = wait(child, Instant::now().checked_add(GRACE));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, patience: u64) -> End {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        run(&mut command, Duration::from_millis(patience)).expect("sh")
    }

    #[test]
    fn both_outputs_and_the_code_are_kept() {
        let End::Ended {
            status,
            stdout,
            stderr,
        } = sh("echo out; echo err >&2; exit 3", 10_000)
        else {
            panic!("it ends");
        };
        assert_eq!(status.code(), Some(3));
        assert_eq!(stdout.into_bytes().expect("bytes"), b"out\n");
        assert_eq!(stderr.into_bytes().expect("bytes"), b"err\n");
    }

    #[test]
    fn what_is_in_the_background_is_waited_for_while_it_holds_an_output() {
        let begun = Instant::now();
        assert!(matches!(sh("sleep 0.3 &", 10_000), End::Ended { .. }));
        assert!(begun.elapsed() >= Duration::from_millis(300));
        let begun = Instant::now();
        let end = sh("exec >&- 2>&-; exec sleep 5", 100);
        assert!(matches!(end, End::Late), "{end:?}");
        assert!(begun.elapsed() < Duration::from_secs(3));
    }

    #[test]
    fn nothing_outlives_its_time() {
        let begun = Instant::now();
        let mark = format!("86{}", std::process::id());
        // One that ignores TERM, one in a session of its own that has lost its parent.
        let script = format!("trap '' TERM; (setsid sleep {mark} &) ; sleep {mark}");
        assert!(matches!(sh(&script, 200), End::Late));
        assert!(begun.elapsed() < Duration::from_secs(3));
        let is_left = || {
            processes::all().into_iter().any(|process| {
                let words = std::fs::read(format!("/proc/{}/cmdline", process.pid));
                words.is_ok_and(|words| words.windows(mark.len()).any(|w| w == mark.as_bytes()))
                    && process.state != b'Z'
            })
        };
        // What is killed is gone a moment later.
        let until = begun + Duration::from_secs(5);
        while is_left() {
            assert!(Instant::now() < until, "something is left");
            std::thread::yield_now();
        }
    }
}
