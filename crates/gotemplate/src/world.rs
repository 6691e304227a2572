//! What a template can reach outside itself, and how much it may use.

use crate::time::Time;
use std::collections::BTreeMap;
use std::fmt;
use std::io;

/// How much one rendering may use. What exceeds a limit is an error with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nodes evaluated and functions called.
    pub steps: u64,
    /// Blocks, parentheses and template calls inside each other.
    pub depth: u32,
    /// Bytes of the rendered text.
    pub output: usize,
    /// Bytes of all values that functions made, over the whole rendering.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            steps: 5_000_000,
            depth: 200,
            output: 64 << 20,
            memory: 256 << 20,
        }
    }
}

/// Reads a file by its path.
pub type ReadFile = Box<dyn Fn(&str) -> io::Result<Vec<u8>>>;

/// Gives one address of a host.
pub type Resolve = Box<dyn Fn(&str) -> Option<String>>;

/// What a template can reach: everything that is not the same on each run is injected here.
pub struct World {
    /// How much one rendering may use.
    pub limits: Limits,
    /// The environment for `env`, `getEnv` and `expandenv`.
    pub environment: BTreeMap<String, String>,
    /// The name of the local zone, if it is not this machine's.
    pub local_zone: Option<String>,
    /// The clock for `now`, `ago` and the like.
    pub now: Box<dyn Fn() -> Time>,
    /// 64 random bits for each call.
    pub random: Box<dyn Fn() -> u64>,
    /// The bytes of a file for `readFile`.
    pub read_file: ReadFile,
    /// One address of a host for `getHostByName`.
    pub resolve: Resolve,
}

impl World {
    /// This machine: its environment, clock, randomness, files and names.
    pub fn system() -> World {
        let environment = std::env::vars_os()
            .map(|(name, value)| {
                (
                    name.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .collect();
        World {
            limits: Limits::default(),
            environment,
            local_zone: None,
            now: Box::new(Time::now),
            random: Box::new(system_random),
            read_file: Box::new(read_regular_file),
            resolve: Box::new(resolve_host),
        }
    }

    /// A world in which nothing varies: no environment, files or names, a clock that
    /// stands, and numbers that count. For tests.
    pub fn fixed(now: Time) -> World {
        let counter = std::cell::Cell::new(0u64);
        World {
            limits: Limits::default(),
            environment: BTreeMap::new(),
            local_zone: Some("UTC".into()),
            now: Box::new(move || now.clone()),
            random: Box::new(move || {
                counter.set(counter.get().wrapping_add(0x9E37_79B9_7F4A_7C15));
                mix(counter.get())
            }),
            read_file: Box::new(|_| Err(io::Error::from(io::ErrorKind::NotFound))),
            resolve: Box::new(|_| None),
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("World")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// The finaliser of SplitMix64: each input bit changes half of the output bits.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// The kernel's random bits; should /dev/urandom be missing (a bare chroot), the
/// standard library's hasher keys, which come from getrandom(2).
fn system_random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    use std::io::Read;
    let mut bytes = [0u8; 8];
    match std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)) {
        Ok(()) => u64::from_ne_bytes(bytes),
        Err(_) => std::collections::hash_map::RandomState::new()
            .build_hasher()
            .finish(),
    }
}

/// What `readFile` may read at most.
const LARGEST_FILE: u64 = 16 << 20;

/// Only regular files: a FIFO or a device would block or never end.
fn read_regular_file(path: &str) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let about = std::fs::metadata(path)?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if !about.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(io::Error::from(io::ErrorKind::FileTooLarge));
    }
    Ok(bytes)
}

/// Any address of the host, as the system resolves it.
fn resolve_host(name: &str) -> Option<String> {
    use std::net::ToSocketAddrs;
    let mut addresses = (name, 0).to_socket_addrs().ok()?;
    addresses.next().map(|address| address.ip().to_string())
}
