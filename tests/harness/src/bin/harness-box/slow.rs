//! A file system that hangs: a FUSE server of a few lines (fuse(4), <linux/fuse.h>) that takes its
//! time for every name that is looked up or made.
//!
//! It holds `run`, a script, and `svc/run`, the same one. Its server stands outside of the container:
//! whatever ends there, the file system goes on hanging.

use super::Doing;
use harness::sys;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Duration;

const SCRIPT: &[u8] = b"#!/bin/sh\necho slow up\nexec sleep 1000\n";

/// Nodes: the root, `run`, `svc`, `svc/run`.
const ROOT: u64 = 1;
const RUN: u64 = 2;
const DIRECTORY: u64 = 3;
const RUN_BELOW: u64 = 4;

/// Errors, negated as the protocol has them.
const NO_ENTRY: i32 = -libc::ENOENT;
const READ_ONLY: i32 = -libc::EROFS;
const NOT_KNOWN: i32 = -libc::ENOSYS;

/// Mounts it at `target` and leaves a process behind that serves it.
pub(crate) fn mount(target: &Path, delay: Duration) -> io::Result<()> {
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/fuse")
        .doing("open /dev/fuse")?;
    let options = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0,allow_other",
        device.as_raw_fd()
    );
    sys::mount("slow".as_ref(), target, "fuse", 0, options.as_ref())?;
    if sys::fork()?.is_none() {
        let _ = sys::die_with_parent();
        // The log ends when the container's own processes have ended.
        (0..3).for_each(sys::close);
        serve(&device, delay);
        sys::exit_now(0);
    }
    Ok(())
}

/// Answers until the file system is gone.
fn serve(device: &File, delay: Duration) {
    let mut buffer = vec![0u8; 256 * 1024];
    loop {
        let mut from = device;
        let length = match from.read(&mut buffer) {
            Ok(length) => length,
            // ENOENT: a request that was interrupted while it was read.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EINTR | libc::ENOENT)) => {
                continue;
            }
            Err(_) => return,
        };
        let request = Request::new(&buffer[..length]);
        let Some(answer) = answer(&request) else {
            continue;
        };
        let waits = matches!(request.code, LOOKUP | MAKE_DIRECTORY | MAKE_NODE | CREATE);
        if !waits || delay.is_zero() {
            send(device, &answer);
        } else if let Ok(device) = device.try_clone() {
            std::thread::spawn(move || {
                std::thread::sleep(delay);
                send(&device, &answer);
            });
        }
    }
}

fn send(mut device: &File, answer: &[u8]) {
    let _ = device.write_all(answer);
}

const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const ATTRIBUTES: u32 = 3;
const MAKE_NODE: u32 = 8;
const MAKE_DIRECTORY: u32 = 9;
const OPEN: u32 = 14;
const READ: u32 = 15;
const STATISTICS: u32 = 17;
const RELEASE: u32 = 18;
const FLUSH: u32 = 25;
const INITIALIZE: u32 = 26;
const OPEN_DIRECTORY: u32 = 27;
const READ_DIRECTORY: u32 = 28;
const RELEASE_DIRECTORY: u32 = 29;
const ACCESS: u32 = 34;
const CREATE: u32 = 35;
const INTERRUPT: u32 = 36;
const DESTROY: u32 = 38;
const FORGET_MANY: u32 = 42;

/// A request: its header's fields that matter here, and what follows.
struct Request<'a> {
    code: u32,
    unique: u64,
    node: u64,
    body: &'a [u8],
}

impl Request<'_> {
    fn new(bytes: &[u8]) -> Request<'_> {
        Request {
            code: number(bytes, 4, 4) as u32,
            unique: number(bytes, 8, 8),
            node: number(bytes, 16, 8),
            body: bytes.get(40..).unwrap_or_default(),
        }
    }
}

/// A number of `size` bytes at `at`.
fn number(bytes: &[u8], at: usize, size: usize) -> u64 {
    let mut all = [0u8; 8];
    if let Some(part) = bytes.get(at..at + size) {
        all[..size].copy_from_slice(part);
    }
    u64::from_ne_bytes(all)
}

/// Numbers as the protocol has them.
#[derive(Default)]
struct Body(Vec<u8>);

impl Body {
    fn wide(mut self, values: &[u64]) -> Self {
        values
            .iter()
            .for_each(|value| self.0.extend(value.to_ne_bytes()));
        self
    }

    fn narrow(mut self, values: &[u32]) -> Self {
        values
            .iter()
            .for_each(|value| self.0.extend(value.to_ne_bytes()));
        self
    }

    fn attributes(self, node: u64) -> Self {
        let directory = matches!(node, ROOT | DIRECTORY);
        let (mode, size) = match directory {
            true => (libc::S_IFDIR | 0o755, 0),
            false => (libc::S_IFREG | 0o755, SCRIPT.len() as u64),
        };
        // ino, size, blocks, three times and their nanoseconds, mode, nlink, uid, gid, rdev, blksize.
        self.wide(&[node, size, 1, 0, 0, 0])
            .narrow(&[0, 0, 0, mode, 1, 0, 0, 0, 4096, 0])
    }
}

/// The whole answer; none for what wants none.
fn answer(request: &Request) -> Option<Vec<u8>> {
    let (error, body) = match request.code {
        FORGET | FORGET_MANY | INTERRUPT | DESTROY => return None,
        // Version 7.31, no flags, 128 KiB at once.
        INITIALIZE => (
            0,
            Body::default()
                .narrow(&[7, 31, 4096, 0, 0, 131_072, 1, 0])
                .narrow(&[0; 8]),
        ),
        LOOKUP => {
            let name = request
                .body
                .split(|byte| *byte == 0)
                .next()
                .unwrap_or_default();
            match (request.node, name) {
                (ROOT, b"run") => entry(RUN),
                (ROOT, b"svc") => entry(DIRECTORY),
                (DIRECTORY, b"run") => entry(RUN_BELOW),
                _ => (NO_ENTRY, Body::default()),
            }
        }
        ATTRIBUTES => (
            0,
            Body::default()
                .wide(&[0])
                .narrow(&[0, 0])
                .attributes(request.node),
        ),
        OPEN | OPEN_DIRECTORY => (0, Body::default().wide(&[0]).narrow(&[0, 0])),
        READ => {
            let from = (number(request.body, 8, 8) as usize).min(SCRIPT.len());
            let size = number(request.body, 16, 4) as usize;
            let end = (from + size).min(SCRIPT.len());
            (0, Body(SCRIPT[from..end].to_vec()))
        }
        READ_DIRECTORY => (0, list(request)),
        STATISTICS => (0, Body(vec![0; 80])),
        RELEASE | RELEASE_DIRECTORY | FLUSH | ACCESS => (0, Body::default()),
        MAKE_DIRECTORY | MAKE_NODE | CREATE => (READ_ONLY, Body::default()),
        _ => (NOT_KNOWN, Body::default()),
    };
    let length = 16 + body.0.len();
    let mut bytes = Body::default()
        .narrow(&[length as u32, error as u32])
        .wide(&[request.unique])
        .0;
    bytes.extend(body.0);
    Some(bytes)
}

/// An entry that is never remembered: each use of the name asks again.
fn entry(node: u64) -> (i32, Body) {
    let body = Body::default().wide(&[node, 0, 0, 0]).narrow(&[0, 0]);
    (0, body.attributes(node))
}

/// The names of a directory.
fn list(request: &Request) -> Body {
    if number(request.body, 8, 8) > 0 {
        return Body::default();
    }
    let names: &[(&str, u64, u32)] = match request.node {
        ROOT => &[("run", RUN, 8), ("svc", DIRECTORY, 4)],
        _ => &[("run", RUN_BELOW, 8)],
    };
    let mut body = Body::default();
    for (at, (name, node, kind)) in (1..).zip(names) {
        body = body.wide(&[*node, at]).narrow(&[name.len() as u32, *kind]);
        body.0.extend(name.as_bytes());
        body.0.resize(body.0.len().next_multiple_of(8), 0);
    }
    body
}
