//! The child in the new namespaces: lays out its root and becomes the image's own
//! process 1.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use chain::{Environment, Exec, Failure, Result, Unable, Word, escape, exit};
use kernel::capability::{self, Capabilities};
use kernel::fs::flags::{O_DIRECTORY, O_RDONLY};
use kernel::{credentials, errno, fd, mount, namespace, process, signal};
use layouts::walk::{Links, Root};
use std::os::unix::ffi::OsStrExt;

use super::arguments::{Network, Request};
use super::environment::HOST_NAME;
use super::layers::Layers;
use super::streams::Streams;
use super::{copy, obstacles, read_only, surroundings};

/// Where the file system in memory is mounted meanwhile, in this mount namespace
/// alone: the first that exists.
const SCRATCH: &[&str] = &["/tmp", "/mnt", "/run", "/var"];

/// What `/run.sh` of docker-base's layout is written for.
const SHELL: &str = "/bin/sh";

/// Becomes the image's process 1. Comes back in no case: what fails is said here, and
/// the exit code is the parent's to hand on.
pub(super) fn become_process_1(
    request: &Request,
    env: Environment,
    plain_user: bool,
    streams: &Streams,
    go: &OwnedFd,
    inherited: &[RawFd],
) -> ! {
    // The caller's own: one that is a directory would be a way to the machine.
    for number in inherited {
        fd::close(*number);
    }
    let code = match streams
        .take()
        .and_then(|()| prepare(request, plain_user, go))
    {
        Ok(argv) => {
            let path = env.get(b"PATH").unwrap_or_default().to_vec();
            chain::exec(super::COMMAND.name, Exec::new(argv, env, path))
        }
        Err(failure) => {
            let _ = fd::write_all(
                2,
                format!("{}\n", failure.line(super::COMMAND.name)).as_bytes(),
            );
            failure.code()
        }
    };
    process::exit_now(code)
}

/// Everything before the exec; gives what to execute.
fn prepare(request: &Request, plain_user: bool, go: &OwnedFd) -> Result<Vec<Word>> {
    // The tree must not outlive the process outside, however that ends.
    process::set_parent_death_signal(signal::SIGKILL).unable("follow the parent's end", b"")?;
    await_word(go)?;
    // Keys of the terminal are for the process outside, which hands them in.
    process::new_session().unable("start a session", b"")?;
    process::set_umask(0o022);
    if !plain_user {
        credentials::set_groups(&[]).unable("leave the caller's groups", b"")?;
    }
    if request.network == Network::None {
        namespace::raise_loopback().unable("switch the loopback device on", b"")?;
    }
    namespace::set_host_name(HOST_NAME.as_bytes()).unable("set the host name", b"")?;
    let argv = change_root(request, plain_user)?;
    if request.read_only {
        read_only::make(plain_user)?;
    }
    capability::limit_to(Capabilities::CONTAINER).unable("drop capabilities", b"")?;
    fd::close_from_on_exec(3);
    signal::reset_all();
    Ok(argv)
}

/// Waits for the parent's word to go on; the end of the pipe means that it is gone.
fn await_word(go: &OwnedFd) -> Result<()> {
    let mut word = [0u8; 1];
    match errno::retry(|| fd::read(go.as_raw_fd(), &mut word)).unable("wait for the parent", b"")? {
        0 => process::exit_now(exit::SYSTEM),
        _ => Ok(()),
    }
}

/// Makes the new root, moves there and fills it.
fn change_root(request: &Request, plain_user: bool) -> Result<Vec<Word>> {
    let refused = |what: &'static str| {
        move |error: std::io::Error| obstacles::mount(what, &error, plain_user)
    };
    mount::make_all_private().map_err(refused("make mounts private"))?;
    let overlay = open_directory(&request.overlay)?;
    let lower = open_directory(&request.root)?;
    let name_servers = surroundings::name_servers();
    let scratch = SCRATCH
        .iter()
        .map(Path::new)
        .find(|path| path.is_dir())
        .ok_or_else(|| Failure::Other {
            code: exit::SYSTEM,
            text: format!("none of {} is a directory here", SCRATCH.join(", ")),
        })?;
    let mut layers = Layers::new(scratch, plain_user).unable("read", b"/proc/self/mountinfo")?;
    mount::mount("tmpfs", scratch, 0, b"mode=700")
        .map_err(refused("mount a file system in memory"))?;
    let root = layers.root(lower, &request.root)?;
    let stage = scratch.join("surroundings");
    surroundings::furnish(&root, &stage, request.network, plain_user)?;

    // From here on no name leads to the machine: nothing that the tree or the root below
    // it brings is followed before. What is left of the machine is `overlay`, which only
    // a link by way of /proc could reach, so what follows goes by descriptor.
    mount::change_root(&root).map_err(refused("change the root"))?;
    let root = Root::open(Path::new("/"), Links::InRoot).unable("open", b"/")?;
    surroundings::write_names(&root, &name_servers);
    install()?;
    let left_out = copy::merge(&overlay, &root, &request.overlay)?;
    drop(overlay);
    for path in left_out {
        chain::warn(
            super::COMMAND.name,
            &format!(
                "{} is a device or a socket: left out, as an image build would",
                escape(path.as_os_str().as_bytes())
            ),
        );
    }
    if root.find(SHELL.as_bytes(), true).is_err() {
        return Err(Failure::Other {
            code: chain::exit::SYSTEM,
            text: format!(
                "{} has no {SHELL}, which /run.sh runs under; ROOTFS is a whole system, made by \
                 debootstrap or `docker export`, for example",
                escape(request.root.as_os_str().as_bytes())
            ),
        });
    }
    Ok(program(&root, &request.command))
}

/// Writes what the base image would bring; the tree comes over it, as the image's later
/// layers do.
fn install() -> Result<()> {
    let status = Command::new("/proc/self/exe")
        .arg0("mainstay")
        .args(["install", "--root", "/", "--layout", "docker-base"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .unable("install into the new root", b"")?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Other {
        code: exit::SYSTEM,
        text: "unable to install the layout into the new root: see above".to_string(),
    })
}

fn open_directory(path: &Path) -> Result<OwnedFd> {
    kernel::fs::open(path, O_RDONLY | O_DIRECTORY, 0).unable("open", path.as_os_str().as_bytes())
}

/// What an engine would execute: the image's CMD.
fn program(root: &Root, command: &[Word]) -> Vec<Word> {
    let first = match root.find(places::RUN_SH.as_bytes(), true) {
        Ok(_) => places::RUN_SH,
        Err(_) => places::INIT,
    };
    let mut argv = vec![first.as_bytes().to_vec()];
    argv.extend_from_slice(command);
    argv
}
