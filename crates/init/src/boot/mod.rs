//! The boot: everything between PID 1's first instruction and its services.
//!
//! It runs in a child, step after step, and may wait for whatever it likes: PID 1
//! only waits for the child. Each step is a function here; the image's
//! `/etc/s6/init/init-stage2` names the same steps, and where an image has edited that
//! file, the file is run instead.

mod claim;
pub(crate) mod handover;
pub(crate) mod prepare;
pub(crate) mod scan;

mod run_d;
mod steps;

use std::cell::Cell;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use kernel::process::ExecVector;
use kernel::{errno, fd, process, signal};
use layouts::settings::Settings;
use places::{LIBEXEC, Paths, STAGE2};

use crate::child::Inheritance;
use crate::child::handed;
use crate::child::hook;
use crate::child::noexec;
use crate::child::origin;
use crate::launch::Launch;
use crate::messages;

pub use run_d::run_d;
pub(crate) use steps::ask_for_scan;
pub use steps::{STEPS, boot_step};

/// The most that a boot hands over: 10,000 services with room to spare.
pub(crate) const PLAN_LIMIT: usize = 64 * 1024 * 1024;

/// The exit code of a boot that has lost something that the image brings.
pub(crate) const LOST: u8 = 111;

/// The child that boots.
pub(crate) struct Boot {
    pub(crate) pid: i32,
    /// Where it says that the state has been made anew, in one byte, and where the services
    /// that it found arrive; read to its end.
    pub(crate) handover: OwnedFd,
    /// What lets it run programs of the image; none once it may.
    pub(crate) gate: Option<OwnedFd>,
}

/// What a boot needs to know.
pub(crate) struct BootPlan<'a> {
    pub(crate) paths: &'a Paths,
    pub(crate) env: &'a ExecVector,
    pub(crate) settings: &'a Settings,
    pub(crate) launch: &'a Launch,
}

/// What a boot begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// What an earlier run has left: the state is made anew.
    Scratch,
    /// A state that has been made, and what PID 1 has opened in it.
    State,
}

impl Boot {
    /// Starts the boot.
    ///
    /// # Errors
    /// As fork(2) and pipe(2).
    pub(crate) fn start(
        inheritance: &Inheritance,
        plan: &BootPlan,
        from: From,
    ) -> std::io::Result<Boot> {
        let (read, write) = fd::pipe()?;
        fd::set_nonblocking(read.as_raw_fd(), true)?;
        let (gate, opens) = match from {
            From::Scratch => fd::pipe().map(|(gate, opens)| (Some(gate), Some(opens)))?,
            From::State => (None, None),
        };
        let pid = inheritance.fork(|| {
            // Its own copies would keep it from seeing that PID 1 has gone, or reads no further.
            fd::close(read.as_raw_fd());
            if let Some(opens) = &opens {
                fd::close(opens.as_raw_fd());
            }
            let gate = Gate::new(gate);
            lead_group();
            if from == From::Scratch {
                let code = prepare::begin_anew(plan.paths, plan.launch, plan.settings);
                if fd::write_all(write.as_raw_fd(), &[code]).is_err() {
                    return LOST;
                }
            }
            messages::speak_beside_hooks();
            steps::say_what_is_left_out(plan);
            if let Some(workers) = &plan.launch.workers {
                steps::write_workers(plan, workers);
            }
            if stage2_is_edited() {
                gate.wait();
                let reason = run_stage2(plan);
                messages::report(&format!(
                    "{STAGE2}: cannot be executed: {}; the boot goes on without it",
                    errno::text(&reason)
                ));
            }
            steps::run_all(plan, inheritance.group, &gate, &write)
        })?;
        Ok(Boot {
            pid,
            handover: read,
            gate: opens,
        })
    }
}

/// Where the boot's child waits for PID 1, ahead of everything that the image brings: hooks
/// may ask PID 1 for something. What is ours goes on meanwhile.
pub(crate) struct Gate(Cell<Option<OwnedFd>>);

impl Gate {
    /// One at which PID 1 is waited for, if there is one.
    fn new(gate: Option<OwnedFd>) -> Gate {
        Gate(Cell::new(gate))
    }

    /// One that is open.
    fn open() -> Gate {
        Gate::new(None)
    }

    /// Waits until PID 1 has opened it. Where PID 1 never will, since another program has
    /// taken its place, the boot begins anew, and this one ends here.
    fn wait(&self) {
        let Some(gate) = self.0.take() else {
            return;
        };
        loop {
            match fd::read(gate.as_raw_fd(), &mut [0u8]) {
                Err(error) if errno::is(&error, errno::EINTR) => {}
                Ok(0) => process::exit_now(LOST),
                Ok(_) | Err(_) => return,
            }
        }
    }
}

/// A group of its own, so that it and what it forked for itself can be ended as one.
pub(crate) fn lead_group() {
    let _ = process::set_group(0, 0);
}

/// Whether the image has changed the beginning of the boot.
fn stage2_is_edited() -> bool {
    match std::fs::read(STAGE2) {
        Ok(text) => text != layouts::Layout::current().boot_script.as_bytes(),
        Err(error) => {
            if error.kind() != std::io::ErrorKind::NotFound {
                messages::report(&format!(
                    "{STAGE2}: cannot be read: {}; the boot goes on as if it were unchanged",
                    errno::text(&error)
                ));
            }
            false
        }
    }
}

/// Becomes the image's script, with its own programs first in PATH: it may have been
/// written against an image whose PATH had them.
fn run_stage2(plan: &BootPlan) -> std::io::Error {
    handed::give_back();
    let error = process::exec(&[STAGE2], plan.env, LIBEXEC.as_bytes());
    handed::take();
    handed::survive_large_files();
    error
}

/// Runs one program to its end, in the process group `group` (PID 1's: the terminal's),
/// and gives its exit code; 126 or 127 with a line that says why when it cannot.
pub(crate) fn run_script(paths: &Paths, argv: &[&Path], env: &ExecVector, group: i32) -> u8 {
    use std::os::unix::ffi::OsStrExt;
    let words: Vec<Vec<u8>> = argv
        .iter()
        .map(|word| word.as_os_str().as_bytes().to_vec())
        .collect();
    let before = hook::hold();
    let code = match process::fork() {
        Err(error) => {
            messages::report(&format!(
                "{}: cannot make a process: {}",
                kernel::escape_path(origin::of(paths, argv[0])),
                errno::text(&error)
            ));
            111
        }
        Ok(process::Fork::Child) => {
            signal::set_mask(&before);
            let _ = process::set_group(0, group);
            handed::give_back();
            let error = noexec::exec(argv[0], &words, env, || {
                noexec::sources_of_hook(paths, argv[0])
            });
            messages::report(&origin::why_not(paths, argv[0], &error));
            process::exit_now(crate::child::code_of(&error))
        }
        Ok(process::Fork::Parent(pid)) => {
            let script = argv[argv.len() - 1];
            match hook::wait(paths, script, pid, hook::Waits::Boot) {
                hook::Waited::Ended(status) => status.code(),
                hook::Waited::Gone | hook::Waited::Killed(_) => 111,
            }
        }
    };
    signal::set_mask(&before);
    code
}
