//! User and group ids in a namespace of one's own (user_namespaces(7)): the caller is
//! root inside; other users exist there only where the machine has set ids aside for
//! the caller (subuid(5)) and offers the programs that hand them out.

use std::fs;
use std::io;
use std::process::Command;

use kernel::credentials;

/// How many ids a whole image may use: 1 to 65535 beside root.
const WANTED: u32 = 65_535;

/// What a user namespace's ids stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mapping {
    /// Root inside is the caller; nobody else exists.
    Single,
    /// Root inside is the caller, the others are ids set aside for them.
    Whole,
}

/// An interval of ids set aside: the first and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Interval {
    first: u32,
    count: u32,
}

/// Maps the ids of the user namespace that process `pid` was begun in.
///
/// # Errors
/// EPERM where the kernel refuses even the caller's own id.
pub(super) fn write(pid: i32) -> io::Result<Mapping> {
    if whole(pid) {
        return Ok(Mapping::Whole);
    }
    // Without this a plain user may not map a group at all. Kernels before 3.19 do not
    // have it and do not ask for it.
    let _ = fs::write(format!("/proc/{pid}/setgroups"), "deny");
    for (file, own) in [
        ("uid_map", credentials::user()),
        ("gid_map", credentials::group()),
    ] {
        let path = format!("/proc/{pid}/{file}");
        // A map can be written once: one of the two may have been handed out above.
        if fs::read(&path)?.is_empty() {
            fs::write(&path, format!("0 {own} 1"))?;
        }
    }
    Ok(Mapping::Single)
}

/// Tries the programs that hand out ids set aside.
fn whole(pid: i32) -> bool {
    let user = credentials::user();
    let interval = |file: &str| {
        let text = fs::read_to_string(file).ok()?;
        set_aside(&text, user, user_name(user).as_deref())
    };
    let (Some(uids), Some(gids)) = (interval("/etc/subuid"), interval("/etc/subgid")) else {
        return false;
    };
    let programs = ["newuidmap", "newgidmap"].map(|name| {
        ["/usr/bin/", "/bin/", "/usr/local/bin/"]
            .map(|dir| format!("{dir}{name}"))
            .into_iter()
            .find(|path| kernel::fs::is_executable(path.as_ref()))
    });
    let [Some(newuidmap), Some(newgidmap)] = programs else {
        return false;
    };
    let hand_out = |program: &str, own: u32, interval: Interval| {
        let count = interval.count.min(WANTED);
        Command::new(program)
            .arg(pid.to_string())
            .args([0, own, 1, 1, interval.first, count].map(|id| id.to_string()))
            .status()
            .is_ok_and(|status| status.success())
    };
    hand_out(&newgidmap, credentials::group(), gids) && hand_out(&newuidmap, user, uids)
}

fn user_name(user: u32) -> Option<String> {
    let text = fs::read_to_string("/etc/passwd").ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| name.to_string())
    })
}

/// The first interval of a subuid(5) file for this user, by name or number.
fn set_aside(text: &str, user: u32, name: Option<&str>) -> Option<Interval> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let owner = fields.next()?;
        if owner.parse() != Ok(user) && Some(owner) != name {
            return None;
        }
        Some(Interval {
            first: fields.next()?.trim().parse().ok()?,
            count: fields.next()?.trim().parse().ok()?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_set_aside_by_name_or_number() {
        let text = "# comment\nada:100000:65536\n1002:300000:10\nbroken:x\n";
        let ada = Interval {
            first: 100_000,
            count: 65_536,
        };
        assert_eq!(set_aside(text, 1000, Some("ada")), Some(ada));
        let numbered = set_aside(text, 1002, Some("grace")).unwrap();
        assert_eq!((numbered.first, numbered.count), (300_000, 10));
        assert_eq!(set_aside(text, 1003, Some("broken")), None);
        assert_eq!(set_aside(text, 1003, None), None);
    }
}
