//! For which machine a program is: a container of another cannot run it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// ELF's e_machine, and what container engines call it.
const MACHINES: &[(u16, &str)] = &[
    (3, "386"),
    (8, "mips"),
    (21, "ppc64le"),
    (22, "s390x"),
    (40, "arm"),
    (62, "amd64"),
    (183, "arm64"),
    (243, "riscv64"),
];

/// The machine of a program as an engine names it; none where it is no ELF file.
pub(crate) fn of(program: &Path) -> Option<&'static str> {
    let mut head = [0; 20];
    File::open(program).ok()?.read_exact(&mut head).ok()?;
    if !head.starts_with(b"\x7fELF") {
        return None;
    }
    let number = match head {
        [_, _, _, _, _, 2, .., high, low] => u16::from_be_bytes([high, low]),
        [.., low, high] => u16::from_le_bytes([low, high]),
    };
    let found = MACHINES.iter().find(|(known, _)| *known == number);
    found.map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn our_own_program_has_one() {
        let own = std::env::current_exe().unwrap();
        let expected = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        assert_eq!(super::of(&own), Some(expected));
        assert_eq!(super::of(std::path::Path::new("/etc/passwd")), None);
    }
}
