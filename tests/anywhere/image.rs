//! The image that every cell boots: a hook, two services, a stop hook. One service is a script
//! and one a program, since a file system that is mounted noexec treats them differently.

use harness::{Layout, Root};

/// Where the test finds what happened: a directory that every user may write to.
pub const OUT: &str = "/out";

/// What the cells' containers are started with, for `with-contenv` to hand on.
pub const TOKEN: (&str, &str) = ("TOKEN", "a b");

/// The lines of a whole life, in order: boot, then stop. The script's `run` says that it is up
/// when it can be stopped; with-contenv gives the variables.
pub const LIFE: [&str; 4] = ["hook a b", "web up a b", "web ends", "stop hook a b"];

/// A program of a few instructions, as a compiler would make it for x86-64 Linux: it makes the
/// file `/out/program`, which says that it runs, and waits for ever in pause(2).
#[cfg(target_arch = "x86_64")]
pub fn program() -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let mut code: Vec<u8> = vec![
        0xb8, 2, 0, 0, 0, // mov eax, open
        0x48, 0x8d, 0x3d, 0x1c, 0, 0, 0, // lea rdi, [rip + 0x1c] (the name)
        0xbe, 0x41, 0, 0, 0, // mov esi, O_WRONLY | O_CREAT
        0xba, 0xa4, 1, 0, 0, // mov edx, 0644
        0x0f, 0x05, // syscall
        0xb8, 34, 0, 0, 0, // mov eax, pause
        0x0f, 0x05, // syscall
        0xeb, 0xf7, // jmp to the pause
    ];
    // The name stands 0x1c bytes after the lea.
    code.resize(12 + 0x1c, 0x90);
    code.extend_from_slice(b"/out/program\0");
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    let mut put = |bytes: &[u8]| file.extend_from_slice(bytes);
    put(&2u16.to_le_bytes()); // an executable
    put(&62u16.to_le_bytes()); // x86-64
    put(&1u32.to_le_bytes());
    put(&(BASE + HEADERS).to_le_bytes()); // the entry
    put(&64u64.to_le_bytes()); // where the program header is
    put(&[0; 8 + 4]);
    for field in [64u16, 56, 1, 0, 0, 0] {
        put(&field.to_le_bytes());
    }
    put(&1u32.to_le_bytes()); // to be loaded
    put(&5u32.to_le_bytes()); // readable, executable
    for field in [0, BASE, BASE] {
        put(&field.to_le_bytes());
    }
    let size = HEADERS + code.len() as u64;
    for field in [size, size, 0x1000] {
        put(&field.to_le_bytes());
    }
    put(&code);
    file
}

/// Makes the tree.
pub fn make() -> Root {
    let root = Root::busybox();
    root.install(Layout::S6V2);
    root.directory(OUT);
    let say = |what: &str| format!("echo \"{what}\" >>{OUT}/log\n");
    root.write_script(
        "/etc/cont-init.d/10-hook",
        format!("#!/usr/bin/with-contenv sh\n{}", say("hook $TOKEN")),
    );
    // HUP too: a TERM that comes between two instructions of the shell waits for the next.
    root.write_script(
        "/etc/services.d/web/run",
        format!(
            "#!/usr/bin/with-contenv sh\ntrap '{}exit 0' TERM HUP\n\
             mkfifo {OUT}/idle 2>/dev/null\n{}while :; do read line <>{OUT}/idle; done\n",
            say("web ends").replace('\n', ";"),
            say("web up $TOKEN")
        ),
    );
    // Somebody else's process: named after its file, as a script is.
    root.write_script(
        "/usr/bin/stranger",
        "#!/bin/sh\nmkfifo /out/stranger\nread line <>/out/stranger\n",
    );
    root.write_script("/etc/services.d/program/run", program());
    root.write_script(
        "/etc/services.d/program/finish",
        format!("#!/bin/sh\n{}", say("program finished")),
    );
    root.write_script(
        "/etc/cont-finish.d/90-hook",
        format!("#!/usr/bin/with-contenv sh\n{}", say("stop hook $TOKEN")),
    );
    root
}
