//! Trees read by `mainstay lint` and `mainstay explain`: a small image below, a tree that a
//! test writes, and what the command says. Nothing of either is ever run.
#![forbid(unsafe_code)]

mod json;

pub use json::Json;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::Scratch;

/// What the trees of the sources find in the images that they are laid over.
const PROGRAMS: &str = "sh bash env python python3 perl nodejs sleep sed awk grep cat echo printf \
    test true false head tail tee tr cut sort wc seq date id chmod chown mkdir mkfifo mv cp rm ln ls \
    touch find basename dirname hostname ps pgrep pidof kill nc patch timeout";

/// An image with what a distribution brings: a merged /usr, shells, python3, users.
pub fn image() -> Tree {
    let tree = Tree::new();
    for program in PROGRAMS.split_whitespace() {
        tree.script(&format!("usr/bin/{program}"), "\x7fELF");
    }
    for program in ["nginx", "php-fpm"] {
        tree.script(&format!("usr/sbin/{program}"), "\x7fELF");
    }
    for (link, target) in [
        ("bin", "usr/bin"),
        ("sbin", "usr/sbin"),
        ("lib", "usr/lib"),
        ("var/run", "../run"),
    ] {
        tree.link(target, link);
    }
    tree.write(
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nwww-data:x:33:33::/var/www:/bin/false\napp:x:1000:1000::/:/bin/sh\n",
    );
    tree.write(
        "etc/group",
        "root:x:0:\nnogroup:x:65534:\nwww-data:x:33:\napp:x:1000:\n",
    );
    tree
}

/// A 64-bit binary for `machine` (elf(5), e_machine) that asks for `loader`.
pub fn binary(machine: u16, loader: &str) -> Vec<u8> {
    let mut file = vec![0; 64 + 56];
    file[..5].copy_from_slice(b"\x7fELF\x02");
    file[18..20].copy_from_slice(&machine.to_ne_bytes());
    file[32..40].copy_from_slice(&64u64.to_ne_bytes());
    file[54..56].copy_from_slice(&56u16.to_ne_bytes());
    file[56..58].copy_from_slice(&1u16.to_ne_bytes());
    file[64..68].copy_from_slice(&3u32.to_ne_bytes());
    file[72..80].copy_from_slice(&(64u64 + 56).to_ne_bytes());
    file[96..104].copy_from_slice(&(loader.len() as u64 + 1).to_ne_bytes());
    file.extend_from_slice(loader.as_bytes());
    file.push(0);
    file
}

/// The machine of this test program.
///
/// # Panics
/// When it cannot read itself.
pub fn own_machine() -> u16 {
    let own = fs::read(std::env::current_exe().expect("its own path")).expect("its own bytes");
    u16::from_ne_bytes([own[18], own[19]])
}

/// A directory of the test's own.
#[derive(Debug, Default)]
pub struct Tree(Scratch);

impl Tree {
    /// An empty one.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// A copy of a directory of the sources, links and modes kept.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn copy_of(path: &Path) -> Tree {
        let tree = Tree::new();
        let done = Command::new("cp")
            .args(["-a", "--no-preserve=ownership"])
            .arg(path.join("."))
            .arg(tree.path())
            .status();
        assert!(done.expect("cp starts").success(), "a copy of {path:?}");
        tree
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of a name in it, its directory made.
    fn place(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a name below")).expect("directories");
        path
    }

    /// Writes a file, mode 0644.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Tree {
        self.0.write(name, text);
        self.mode(name, 0o644)
    }

    /// Writes an executable file.
    pub fn script(&self, name: &str, text: impl AsRef<[u8]>) -> &Tree {
        self.write(name, text).mode(name, 0o755)
    }

    /// Sets a mode.
    pub fn mode(&self, name: &str, mode: u32) -> &Tree {
        let mode = Permissions::from_mode(mode);
        fs::set_permissions(self.path().join(name), mode).expect("a mode");
        self
    }

    /// Makes a link.
    pub fn link(&self, target: impl AsRef<Path>, name: &str) -> &Tree {
        symlink(target, self.place(name)).expect("a link");
        self
    }

    /// Makes a directory.
    pub fn dir(&self, name: &str) -> &Tree {
        fs::create_dir_all(self.path().join(name)).expect("directories");
        self
    }

    /// Makes a fifo.
    pub fn fifo(&self, name: &str, mode: u32) -> &Tree {
        kernel::fs::make_fifo(&self.place(name), 0o600).expect("a fifo");
        self.mode(name, mode)
    }

    /// Runs `mainstay COMMAND WORDS… TREE`.
    pub fn ask(&self, command: &str, words: &[&str]) -> Said {
        let mut words: Vec<&str> = words.to_vec();
        words.push(self.path().to_str().expect("a plain path"));
        mainstay(command, &words)
    }

    /// The same as another user, by a copy of the program that every user may execute.
    pub fn ask_as(&self, uid: u32, command: &str, words: &[&str]) -> Said {
        let copy = Tree::new();
        copy.mode("", 0o755);
        let place = copy.path().join("mainstay");
        // By another process: one that a parallel test forks off this one would hold the
        // copy open for writing, and it could not be executed.
        let done = Command::new("cp")
            .arg(harness::mainstay())
            .arg(&place)
            .status();
        assert!(done.expect("cp starts").success(), "a copy of the binary");
        let mut call = Command::new(&place);
        call.arg(command)
            .args(words)
            .arg(self.path())
            .uid(uid)
            .gid(uid);
        said(call)
    }

    /// Runs `mainstay lint --root IMAGE WORDS… TREE`.
    pub fn lint(&self, image: &Tree, words: &[&str]) -> Said {
        let below = image.path().to_str().expect("a plain path");
        let words = [&["--root", below], words].concat();
        let mut said = self.ask("lint", &words);
        for (path, name) in [(self.path(), ""), (image.path(), "BELOW/")] {
            let prefix = format!("{}/", path.display());
            said.out = said.out.replace(&prefix, name);
        }
        said
    }
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// The names of the findings, in order.
    pub fn ids(&self) -> Vec<&str> {
        let lines = self.out.lines();
        lines
            .filter_map(|line| {
                let (_, rest) = line
                    .split_once(": error[")
                    .or_else(|| line.split_once(": warning["))?;
                rest.split(']').next()
            })
            .collect()
    }
}

/// Runs `mainstay COMMAND WORDS…` in no directory of importance.
///
/// # Panics
/// When it cannot be started or is ended by a signal.
pub fn mainstay(command: &str, words: &[&str]) -> Said {
    let mut call = Command::new(harness::mainstay());
    call.arg(command).args(words);
    said(call)
}

fn said(mut call: Command) -> Said {
    let output = call
        .current_dir("/")
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("mainstay starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Said {
        code: output.status.code().expect("an exit code"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}
