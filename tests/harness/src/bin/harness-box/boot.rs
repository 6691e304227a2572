//! Boots a command in namespaces of its own over a held root tree.
//!
//! Three processes: the one that the test started waits; its child is PID 1 of an outer pid
//! namespace and owns all mounts, so that everything ends with it; the command is PID 1 of an
//! inner pid namespace (or the child of a tiny reaper there) with a mount namespace of its own.

use super::{Doing, Teller, enter, hold, slow, start};
use harness::orders::{Boot, Mount, Placement};
use harness::sys;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

pub(crate) fn run(order: &Boot, teller: &Teller) -> io::Result<i32> {
    let mut namespaces = vec!["mnt".to_string()];
    if order.user_namespace {
        namespaces.insert(0, "user".into());
    }
    enter::join(order.holder, &namespaces)?;
    sys::unshare(libc::CLONE_NEWPID | libc::CLONE_NEWNS).doing("make the outer namespaces")?;
    let Some(outer) = sys::fork()? else {
        let code = match sys::die_with_parent().and_then(|()| oversee(order, teller)) {
            Ok(()) => 0,
            Err(error) => {
                teller.tell(&format!("failed {error}"));
                111
            }
        };
        sys::exit_now(code);
    };
    (0..3).for_each(sys::close);
    sys::reap(outer)?;
    Ok(0)
}

/// PID 1 of the outer namespace.
fn oversee(order: &Boot, teller: &Teller) -> io::Result<()> {
    teller.tell("outer");
    hold::make_private()?;
    let at = order.cache.join("mounts/box");
    furnish(order, &at)?;
    let flags = libc::CLONE_NEWUTS | libc::CLONE_NEWIPC | libc::CLONE_NEWNET | libc::CLONE_NEWPID;
    sys::unshare(flags).doing("make the container's namespaces")?;
    sys::loopback_up().doing("bring lo up")?;
    sys::set_host_name(&order.host_name).doing("set the host name")?;
    let (report, reporter) = sys::pipe()?;
    let Some(first) = sys::fork()? else {
        drop(report);
        let mut reporter = Some(File::from(reporter));
        let died = sys::die_with_parent();
        let error = match died.and_then(|()| inside(order, &at, teller, &mut reporter)) {
            Ok(never) => match never {},
            Err(error) => error,
        };
        if let Some(mut reporter) = reporter {
            let _ = reporter.write_all(error.to_string().as_bytes());
        }
        sys::exit_now(127);
    };
    drop(reporter);
    (0..3).for_each(sys::close);
    // The end of the pipe without a word is a successful exec.
    let mut reason = String::new();
    File::from(report).read_to_string(&mut reason)?;
    if reason.is_empty() {
        teller.tell("started");
    } else {
        teller.tell(&format!("failed {reason}"));
    }
    let ended = sys::process_descriptor(first)?;
    let ready = sys::poll(&[ended.as_fd(), teller.as_fd()], None)?;
    if ready[0] && order.placement == Placement::Child {
        teller.tell("failed the reaper beside the command died");
    } else if ready[0] {
        let now = sys::monotonic();
        let (_, status) = sys::wait_unreaped(Some(first))?;
        teller.tell(&format!("left {}", left_behind(&at.join("acct"))));
        teller.tell(&format!("ended {status} {}", now.as_nanos()));
    }
    // Unreaped, the pid stays the command's while the test may send signals to it.
    sys::poll(&[teller.as_fd()], None)?;
    Ok(())
}

/// The processes that PID 1 left running, from the kernel's accounting of this pid namespace:
/// a process is recorded when it ends, and PID 1 before the kernel kills what is left with it.
/// `?` when the kernel did not keep accounts.
fn left_behind(file: &Path) -> String {
    // struct acct_v3 of <linux/acct.h>: 64 bytes, ac_pid at 16, ac_comm at 48.
    let bytes = fs::read(file).unwrap_or_default();
    if bytes.get(1).is_none_or(|version| version & 0xf != 3) {
        return "?".into();
    }
    let records = bytes.chunks_exact(64).map(|record| {
        let pid = u32::from_ne_bytes([record[16], record[17], record[18], record[19]]);
        let name = record[48..].split(|byte| *byte == 0).next().unwrap_or(b"");
        (pid, String::from_utf8_lossy(name).into_owned())
    });
    let after = records.skip_while(|(pid, _)| *pid != 1);
    let left = after.filter(|(pid, _)| *pid != 1);
    left.map(|(pid, name)| format!("{pid} {name}\n")).collect()
}

/// Mounts everything that the container sees but /proc, at `at/root`.
fn furnish(order: &Boot, at: &Path) -> io::Result<()> {
    let root = at.join("root");
    if order.keep_changes {
        sys::mount("harness".as_ref(), at, "tmpfs", 0, "mode=755".as_ref())?;
        fs::create_dir(&root)?;
        fs::create_dir(at.join("proc"))?;
        let held = order.cache.join("mounts/root/root");
        sys::mount(held.as_os_str(), &root, "", libc::MS_BIND, "".as_ref())
            .doing("bind the root tree")?;
    } else {
        let mut lower = order.cache.join("mounts/root/upper").into_os_string();
        lower.push(":");
        lower.push(&order.base);
        hold::mount_overlay(at, &lower, order.user_namespace)?;
    }
    for name in ["proc", "dev"] {
        match fs::create_dir(root.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    for path in &order.removed {
        let path = root.join(path.strip_prefix("/").unwrap_or(path));
        let kind = fs::symlink_metadata(&path)?.file_type();
        match kind.is_dir() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        }
        .doing(format_args!("remove {}", path.display()))?;
    }
    devices(&root.join("dev"), order.user_namespace).doing("furnish /dev")?;
    for mount in &order.mounts {
        mount_one(&root, mount, order.user_namespace)?;
    }
    if order.read_only {
        let flags = libc::MS_BIND | libc::MS_REMOUNT | libc::MS_RDONLY;
        sys::mount("none".as_ref(), &root, "", flags, "".as_ref())
            .doing("make the root read-only")?;
    }
    Ok(())
}

/// A path of the container below `root`, with links resolved inside of it.
fn resolve(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let directory = File::open(root)?;
    let found = sys::open_in_root(directory.as_fd(), path, libc::O_PATH, 0)
        .doing(format_args!("find {} in the root tree", path.display()))?;
    let number = found.as_raw_fd();
    fs::read_link(format!("/proc/self/fd/{number}"))
}

fn mount_one(root: &Path, mount: &Mount, user_namespace: bool) -> io::Result<()> {
    match mount {
        Mount::Tmpfs(path, options) => {
            if resolve(root, path).is_err() {
                fs::create_dir_all(root.join(path.strip_prefix("/").unwrap_or(path)))?;
            }
            let target = resolve(root, path)?;
            let mut flags = 0;
            let mut data = Vec::new();
            for option in options.split(',').filter(|option| !option.is_empty()) {
                match option {
                    "noexec" => flags |= libc::MS_NOEXEC,
                    "nosuid" => flags |= libc::MS_NOSUID,
                    "nodev" => flags |= libc::MS_NODEV,
                    "ro" => flags |= libc::MS_RDONLY,
                    other => data.push(other),
                }
            }
            let data = data.join(",");
            sys::mount("tmpfs".as_ref(), &target, "tmpfs", flags, data.as_ref())
        }
        Mount::Bind(source, path, read_only) => {
            let target = resolve(root, path)?;
            let bind = libc::MS_BIND | libc::MS_REC;
            sys::mount(source.as_os_str(), &target, "", bind, "".as_ref())?;
            if *read_only {
                let mut flags = libc::MS_BIND | libc::MS_REMOUNT | libc::MS_RDONLY;
                if user_namespace {
                    flags |= libc::MS_NOSUID | libc::MS_NODEV;
                }
                sys::mount("none".as_ref(), &target, "", flags, "".as_ref())?;
            }
            Ok(())
        }
        Mount::Slow(path, delay) => {
            let target = resolve(root, path)?;
            slow::mount(&target, std::time::Duration::from_millis(*delay))
        }
    }
    .doing(format_args!("mount {mount:?}"))
}

/// The devices that every engine gives a container.
fn devices(dev: &Path, user_namespace: bool) -> io::Result<()> {
    const NODES: &[(&str, u32, u32)] = &[
        ("null", 1, 3),
        ("zero", 1, 5),
        ("full", 1, 7),
        ("random", 1, 8),
        ("urandom", 1, 9),
        ("tty", 5, 0),
    ];
    let nosuid = libc::MS_NOSUID;
    sys::mount("tmpfs".as_ref(), dev, "tmpfs", nosuid, "mode=755".as_ref())?;
    for (name, major, minor) in NODES {
        let path = dev.join(name);
        // In a user namespace, also one around all of this (tests/arm64), devices cannot be
        // made: the machine's own are shown.
        if user_namespace || sys::character_device(&path, 0o666, *major, *minor).is_err() {
            File::create(&path)?;
            let source = Path::new("/dev").join(name);
            sys::mount(source.as_os_str(), &path, "", libc::MS_BIND, "".as_ref())?;
        }
    }
    for (name, kind, options) in [
        ("pts", "devpts", "newinstance,ptmxmode=0666,mode=0620"),
        ("shm", "tmpfs", "mode=1777"),
    ] {
        fs::create_dir(dev.join(name))?;
        sys::mount(
            kind.as_ref(),
            &dev.join(name),
            kind,
            nosuid,
            options.as_ref(),
        )?;
    }
    for (name, target) in [
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        symlink(target, dev.join(name))?;
    }
    Ok(())
}

/// PID 1 of the inner namespace: becomes the command, or looks after it.
fn inside(
    order: &Boot,
    at: &Path,
    teller: &Teller,
    reporter: &mut Option<File>,
) -> io::Result<std::convert::Infallible> {
    let mut proc_mounts = vec![at.join("proc")];
    if order.proc {
        proc_mounts.push(at.join("root/proc"));
    }
    for target in proc_mounts {
        let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
        sys::mount("proc".as_ref(), &target, "proc", flags, "".as_ref()).doing("mount /proc")?;
    }
    if order.placement == Placement::Pid1 {
        // Refused in a user namespace and by kernels without it: `left` then says "unknown".
        let accounts = at.join("acct");
        File::create(&accounts)?;
        if sys::account_to(&accounts).is_err() {
            fs::remove_file(&accounts)?;
        }
        return command(order, at, teller);
    }
    let Some(child) = sys::fork()? else {
        return command(order, at, teller);
    };
    sys::place_descriptor(File::open("/dev/null")?.as_fd(), 0)?;
    (1..3).for_each(sys::close);
    *reporter = None;
    look_after(child, &at.join("proc"), teller)
}

/// The command's own process.
fn command(order: &Boot, at: &Path, teller: &Teller) -> io::Result<std::convert::Infallible> {
    sys::unshare(libc::CLONE_NEWNS)?;
    hold::make_private()?;
    sys::enter_root(&at.join("root")).doing("enter the root tree")?;
    teller.tell("command");
    Err(start::start(&order.program))
}

/// The tiny reaper: reaps orphans until the command has ended, tells what is left, and ends it.
fn look_after(command: i32, proc: &Path, teller: &Teller) -> io::Result<std::convert::Infallible> {
    let status = loop {
        let (pid, status) = sys::wait_unreaped(None)?;
        if pid == command {
            break status;
        }
        sys::reap(pid)?;
    };
    let now = sys::monotonic();
    let mut left = String::new();
    for entry in fs::read_dir(proc)? {
        let name = entry?.file_name();
        let pid: i32 = match name.to_string_lossy().parse() {
            Ok(pid) if pid != 1 && pid != command => pid,
            _ => continue,
        };
        let stat = fs::read_to_string(proc.join(&name).join("stat")).unwrap_or_default();
        let Some((front, back)) = stat.rsplit_once(')') else {
            continue;
        };
        let comm = front.split_once('(').map_or("", |(_, comm)| comm);
        if !back.trim_start().starts_with(['Z', 'X']) {
            left.push_str(&format!("{pid} {comm}\n"));
        }
    }
    teller.tell(&format!("left {left}"));
    teller.tell(&format!("ended {status} {}", now.as_nanos()));
    // Nothing but this process and the command, unreaped, is in this pid namespace afterwards.
    let _ = sys::kill(-1, libc::SIGKILL);
    sys::poll(&[teller.as_fd()], None)?;
    sys::exit_now(0);
}
