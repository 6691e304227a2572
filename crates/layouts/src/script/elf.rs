//! Why a binary cannot be run: the machine that it was built for, and the loader that
//! it asks for (elf(5)).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kernel::escape;

use crate::view::View;
use crate::{Problem, Rule};

pub(super) const OTHER_MACHINE: Rule = Rule::error(
    "other-machine",
    "A program was built for another machine than the image's own shell (or, where it has none, than this one).",
    "Bring the program that was built for the image's machine: `--platform` of the stage that builds it.",
);
pub(super) const LOADER_MISSING: Rule = Rule::error(
    "loader-missing",
    "A program asks for a loader (`/lib64/ld-linux-x86-64.so.2`, `/lib/ld-musl-x86_64.so.1`) that the image does not have. What the kernel then says, \"No such file or directory\", sounds as if the program itself were missing.",
    "Install the C library that it was linked with (glibc or musl), or link it statically.",
)
.with_the_image();

/// How a binary begins.
pub(super) const MAGIC: &[u8] = b"\x7fELF";

/// As much of a file as holds its headers and, as linkers lay files out, the name of its
/// loader.
pub(super) const HEADERS: usize = 4096;

/// Machines by their number in the header (`e_machine`), as image platforms name them.
const MACHINES: [(u16, &str); 7] = [
    (3, "386"),
    (22, "s390x"),
    (40, "arm"),
    (21, "ppc64le"),
    (62, "amd64"),
    (183, "arm64"),
    (243, "riscv64"),
];

/// What is wrong with the binary at `path`, which begins with `start`; none where
/// nothing is or where its form is not known.
pub(super) fn problem(view: &View, path: &Path, start: &[u8]) -> Option<Problem> {
    let machine = u16_at(start, 18)?;
    let wanted = machine_of(view)?;
    if machine != wanted && !runs_too(wanted, machine) {
        let problem = Problem::new(
            path,
            format!("it was built for another machine ({})", name_of(machine)),
            format!(
                "this is {}: bring the binary that was built for it",
                name_of(wanted)
            ),
        );
        return Some(problem.of(&OTHER_MACHINE));
    }
    let loader = loader(start)?;
    if view.exists(Path::new(OsStr::from_bytes(loader))) {
        return None;
    }
    let problem = Problem::new(
        path,
        format!("its loader {} does not exist in this image", escape(loader)),
        "install the C library that it was linked with (glibc or musl), or link it statically",
    );
    Some(problem.of(&LOADER_MISSING))
}

/// The machine that an image is for: its shell's, where it has one; of the running
/// system this program's own.
fn machine_of(view: &View) -> Option<u16> {
    let shell = |path: &str| {
        let start = view.read_start(Path::new(path), HEADERS).ok()?;
        start.starts_with(MAGIC).then(|| u16_at(&start, 18))?
    };
    match view.is_live() {
        true => own_machine(),
        false => shell("/bin/sh")
            .or_else(|| shell("/bin/busybox"))
            .or_else(own_machine),
    }
}

/// Whether `path` leads to a binary.
pub(crate) fn is_one(view: &View, path: &Path) -> bool {
    let start = view.read_start(path, MAGIC.len());
    start.is_ok_and(|start| start == MAGIC)
}

/// This program's own machine: it runs here.
fn own_machine() -> Option<u16> {
    let name = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let found = MACHINES.iter().find(|(_, known)| *known == name)?;
    Some(found.0)
}

/// Kernels of 64-bit machines run the 32-bit binaries of their family.
fn runs_too(wanted: u16, machine: u16) -> bool {
    matches!((wanted, machine), (62, 3) | (183, 40))
}

fn name_of(machine: u16) -> String {
    let found = MACHINES.iter().find(|(number, _)| *number == machine);
    found.map_or_else(|| format!("machine {machine}"), |(_, name)| (*name).into())
}

/// The type of the program header that names the loader (PT_INTERP).
const INTERPRETER: u32 = 3;

/// The loader that a 64-bit binary of this byte order names; none for a static one.
fn loader(start: &[u8]) -> Option<&[u8]> {
    let is_64_bit = *start.get(4)? == 2;
    if !is_64_bit {
        return None;
    }
    let (first, size, count) = (
        usize::try_from(u64_at(start, 32)?).ok()?,
        usize::from(u16_at(start, 54)?),
        usize::from(u16_at(start, 56)?),
    );
    for index in 0..count {
        let header = start.get(first.checked_add(index * size)?..)?;
        if u32_at(header, 0)? != INTERPRETER {
            continue;
        }
        let offset = usize::try_from(u64_at(header, 8)?).ok()?;
        let length = usize::try_from(u64_at(header, 32)?).ok()?;
        let name = start.get(offset..offset.checked_add(length)?)?;
        return name.split(|byte| *byte == 0).next();
    }
    None
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes_at(bytes, at).map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes_at(bytes, at).map(u32::from_ne_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes_at(bytes, at).map(u64::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header for `machine` with one program header that names `loader`.
    fn binary(machine: u16, loader: &str) -> Vec<u8> {
        let mut file = vec![0; 64 + 56];
        file[..5].copy_from_slice(b"\x7fELF\x02");
        file[18..20].copy_from_slice(&machine.to_ne_bytes());
        file[32..40].copy_from_slice(&64u64.to_ne_bytes());
        file[54..56].copy_from_slice(&56u16.to_ne_bytes());
        file[56..58].copy_from_slice(&1u16.to_ne_bytes());
        let at = file.len() as u64;
        file[64..68].copy_from_slice(&INTERPRETER.to_ne_bytes());
        file[72..80].copy_from_slice(&at.to_ne_bytes());
        file[96..104].copy_from_slice(&(loader.len() as u64 + 1).to_ne_bytes());
        file.extend_from_slice(loader.as_bytes());
        file.push(0);
        file
    }

    fn problem_of(start: &[u8]) -> Option<Problem> {
        problem(&View::live(), Path::new("/x"), start)
    }

    #[test]
    fn a_missing_loader_and_another_machine_are_named() {
        let own = own_machine().unwrap();
        let found = problem_of(&binary(own, "/lib/ld-none.so.1")).unwrap();
        assert!(
            found.cause.contains("/lib/ld-none.so.1 does not exist"),
            "{found}"
        );
        let found = problem_of(&binary(22, "/bin/sh")).unwrap();
        assert!(found.cause.contains("s390x") && found.remedy.contains(&name_of(own)));
        assert_eq!(problem_of(&binary(own, "/bin/sh")), None);
    }

    #[test]
    fn no_beginning_of_a_file_is_too_short_or_too_wild() {
        let whole = binary(own_machine().unwrap(), "/lib/ld-none.so.1");
        for length in 0..whole.len() {
            assert_eq!(
                problem_of(&whole[..length]).is_some(),
                length == whole.len()
            );
        }
        for at in 20..whole.len() {
            let mut wild = whole.clone();
            wild[at] = 0xff;
            let _ = problem_of(&wild);
        }
    }
}
