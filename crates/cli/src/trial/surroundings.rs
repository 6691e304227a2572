//! What an engine puts around an image's root: /proc, /dev, /sys, /run, /tmp, and the
//! names in /etc. The lists are those of the OCI runtime specification's "Default
//! Filesystems" and "Default Devices", and of Docker's default masks.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use chain::Result;
use kernel::fs::flags::{O_DIRECTORY, O_NOCTTY, O_NONBLOCK, O_PATH, O_RDONLY};
use kernel::{dir, errno, mount, tty};
use layouts::walk::Root;
use mount::flags::{MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY};

use super::arguments::Network;
use super::environment::HOST_NAME;
use super::obstacles;

const QUIET: u64 = MS_NOSUID | MS_NODEV | MS_NOEXEC;

/// Devices that every container has.
const DEVICES: &[&str] = &["full", "null", "random", "tty", "urandom", "zero"];

/// Links in /dev.
const LINKS: &[(&str, &str)] = &[
    ("fd", "/proc/self/fd"),
    ("ptmx", "pts/ptmx"),
    ("stderr", "/proc/self/fd/2"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
];

/// What tells of the machine, or reaches into it: not to be seen.
const MASKED: &[&str] = &[
    "proc/acpi",
    "proc/asound",
    "proc/interrupts",
    "proc/kcore",
    "proc/keys",
    "proc/latency_stats",
    "proc/sched_debug",
    "proc/scsi",
    "proc/timer_list",
    "proc/timer_stats",
    "sys/devices/virtual/powercap",
    "sys/firmware",
];

/// What sets the machine: to be read only.
const READ_ONLY: &[&str] = &[
    "proc/bus",
    "proc/fs",
    "proc/irq",
    "proc/sys",
    "proc/sysrq-trigger",
];

/// What is mounted in the root.
const PARTS: &[&str] = &["proc", "sys", "dev", "run", "tmp"];

/// Mounts all of it in `root`, by way of the directory `stage`, which is made: in a root
/// that others have made, a name may be a link that leads out of it.
///
/// # Errors
/// The first mount that the kernel refuses, with a remedy.
pub(super) fn furnish(root: &Path, stage: &Path, network: Network, plain_user: bool) -> Result<()> {
    let refused = |error: io::Error| obstacles::mount("mount /proc", &error, plain_user);
    fs::create_dir(stage).map_err(refused)?;
    for part in PARTS {
        fs::create_dir(stage.join(part)).map_err(refused)?;
    }
    build(stage, network, plain_user)?;
    for part in PARTS {
        let moved = move_to(&stage.join(part), root, part);
        moved.map_err(|error| obstacles::mount(&format!("mount /{part}"), &error, plain_user))?;
    }
    Ok(())
}

/// Moves what is mounted at `from` to the directory `name` of `root`, if it is one.
fn move_to(from: &Path, root: &Path, name: &str) -> io::Result<()> {
    let root = kernel::fs::open(root, O_PATH | O_DIRECTORY, 0)?;
    let place = kernel::fs::open_entry(root.as_raw_fd(), name.as_bytes(), O_PATH | O_DIRECTORY)?;
    let place = format!("/proc/self/fd/{}", place.as_raw_fd());
    mount::relocate(from, Path::new(&place))
}

fn build(root: &Path, network: Network, plain_user: bool) -> Result<()> {
    let say = |what: &str, done: io::Result<()>| {
        done.map_err(|error| obstacles::mount(&format!("mount {what}"), &error, plain_user))
    };
    say(
        "/proc",
        mount::mount("proc", &root.join("proc"), QUIET, b""),
    )?;
    say("/sys", system(&root.join("sys"), network))?;
    say("/dev", devices(&root.join("dev")))?;
    for (name, mode) in [("run", "mode=755"), ("tmp", "mode=1777")] {
        say(
            name,
            mount::mount(
                "tmpfs",
                &root.join(name),
                MS_NOSUID | MS_NODEV,
                mode.as_bytes(),
            ),
        )?;
    }
    for name in MASKED {
        say(name, mask(&root.join(name)))?;
    }
    for name in READ_ONLY {
        let path = root.join(name);
        if path.exists() {
            say(
                name,
                mount::bind(&path, &path, true).and_then(|()| mount::make_read_only(&path)),
            )?;
        }
    }
    Ok(())
}

/// /sys, read-only. A new one belongs to a network of one's own; with the machine's
/// network it is the machine's.
fn system(target: &Path, network: Network) -> io::Result<()> {
    if network == Network::None && mount::mount("sysfs", target, QUIET | MS_RDONLY, b"").is_ok() {
        return Ok(());
    }
    mount::bind(Path::new("/sys"), target, true)?;
    mount::make_read_only(target)
}

fn devices(dev: &Path) -> io::Result<()> {
    mount::mount("tmpfs", dev, MS_NOSUID, b"mode=755,size=64k")?;
    for name in DEVICES {
        device(&Path::new("/dev").join(name), &dev.join(name))?;
    }
    for (name, target) in LINKS {
        symlink(target, dev.join(name))?;
    }
    let pts = dev.join("pts");
    fs::create_dir(&pts)?;
    let options = "newinstance,ptmxmode=0666,mode=0620";
    // Group 5 is tty everywhere, but it may not exist in a plain user's namespace.
    let with_group = format!("{options},gid=5");
    mount::mount("devpts", &pts, MS_NOSUID | MS_NOEXEC, with_group.as_bytes()).or_else(
        |error| match errno::is(&error, errno::EINVAL) {
            true => mount::mount("devpts", &pts, MS_NOSUID | MS_NOEXEC, options.as_bytes()),
            false => Err(error),
        },
    )?;
    let shm = dev.join("shm");
    fs::create_dir(&shm)?;
    mount::mount("tmpfs", &shm, QUIET, b"mode=1777,size=64m")?;
    // Kernels may be built without message queues.
    let queues = dev.join("mqueue");
    fs::create_dir(&queues)?;
    let _ = mount::mount("mqueue", &queues, QUIET, b"");
    if let Some(terminal) = terminal() {
        device(&terminal, &dev.join("console"))?;
    }
    Ok(())
}

/// Shows a device of the machine: a plain user may not make one.
fn device(source: &Path, target: &Path) -> io::Result<()> {
    fs::write(target, b"")?;
    mount::bind(source, target, false)
}

/// The terminal that the tree is shown on, if any.
fn terminal() -> Option<PathBuf> {
    let stream = (0..3).find(|stream| tty::is_terminal(*stream))?;
    let path = fs::read_link(format!("/proc/self/fd/{stream}")).ok()?;
    path.exists().then_some(path)
}

/// Covers a file with /dev/null and a directory with an empty one.
fn mask(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => mount::mount("tmpfs", path, QUIET | MS_RDONLY, b"size=0"),
        Ok(_) => mount::bind(Path::new("/dev/null"), path, false),
        Err(_) => Ok(()),
    }
}

/// The machine's name servers: /etc/resolv.conf often leads to a file below /run,
/// which is new inside.
pub(super) fn name_servers() -> Vec<u8> {
    fs::read("/etc/resolv.conf").unwrap_or_default()
}

/// Writes the files of /etc that an engine writes. A root whose /etc cannot be written to
/// goes without.
pub(super) fn write_names(root: &Root, name_servers: &[u8]) {
    let mut hosts = read(root, "/etc/hosts").unwrap_or_else(|_| b"127.0.0.1\tlocalhost\n".to_vec());
    hosts.extend_from_slice(format!("127.0.1.1\t{HOST_NAME}\n").as_bytes());
    if let Ok(place) = root.place(b"/etc") {
        let _ = dir::make(&place.dir, &place.name, 0o755);
    }
    for (path, text) in [
        ("/etc/hostname", format!("{HOST_NAME}\n").as_bytes()),
        ("/etc/hosts", &hosts),
        ("/etc/resolv.conf", name_servers),
    ] {
        if let Err(error) = write(root, path, text) {
            chain::warn(
                super::COMMAND.name,
                &format!("unable to write {path}: {}", errno::text(&error)),
            );
        }
    }
}

/// The bytes of a regular file of the root.
fn read(root: &Root, path: &str) -> io::Result<Vec<u8>> {
    let place = root.place(&root.real(path.as_bytes())?)?;
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    let mut file = File::from(kernel::fs::open_entry(
        place.dir.as_raw_fd(),
        &place.name,
        flags,
    )?);
    if !file.metadata()?.is_file() {
        return Err(errno::from(errno::EINVAL));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map(|_| bytes)
}

/// Writes a new file, since the old one may be a link or somebody else's.
fn write(root: &Root, path: &str, text: &[u8]) -> io::Result<()> {
    let place = root.place(path.as_bytes())?;
    let _ = dir::remove(&place.dir, &place.name);
    let mut file = dir::create(&place.dir, &place.name, 0o600)?;
    file.write_all(text)?;
    kernel::fs::set_mode(&file, 0o644)
}
