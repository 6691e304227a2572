//! A package, as its manager knows it.

use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::system::distribution::Distribution;
use super::system::program::{Program, find, missing};
use super::{Probe, Reading, System};
use crate::resource::Resource;
use crate::value::Value;

/// A package manager.
struct Manager {
    /// Its name, as `--package` has it.
    name: &'static str,
    /// The program that is asked.
    program: &'static str,
    /// The words ahead of the package's name.
    words: &'static [&'static str],
    /// The code that says that there is no such package; above it something is wrong.
    absent: i32,
    /// The version in a line of its answer; none where that line says that it is not installed.
    version: fn(line: &[u8], name: &str) -> Option<BString>,
}

/// All of them, in the order in which goss looks for their programs.
const MANAGERS: &[Manager] = &[
    Manager {
        name: "dpkg",
        program: "dpkg-query",
        words: &["-f", "${Status} ${Version}\n", "-W", "--"],
        absent: 1,
        version: dpkg,
    },
    Manager {
        name: "rpm",
        program: "rpm",
        words: &[
            "-q",
            "--nosignature",
            "--nohdrchk",
            "--nodigest",
            "--qf",
            "%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\n",
            "--",
        ],
        // It counts the packages that are missing.
        absent: 255,
        version: |line, _| (!line.is_empty()).then(|| line.into()),
    },
    Manager {
        name: "apk",
        program: "apk",
        words: &["version", "--"],
        absent: 1,
        version: apk,
    },
    Manager {
        name: "pacman",
        program: "pacman",
        words: &["-Q", "--color", "never", "--noconfirm", "--"],
        absent: 1,
        version: |line, _| word(line, 1).map(Into::into),
    },
];

struct Of {
    system: Arc<System>,
    name: String,
    versions: Option<Result<Vec<BString>, String>>,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Of {
        system: Arc::clone(system),
        name: resource.subject(),
        versions: None,
    })
}

impl Probe for Of {
    fn read(&mut self, property: &str) -> Reading {
        let (system, name) = (&self.system, &self.name);
        let versions = self.versions.get_or_insert_with(|| versions(system, name));
        match (property, versions) {
            (_, Err(why)) => Reading::Error(why.clone()),
            ("installed", Ok(versions)) => Reading::value(!versions.is_empty()),
            (_, Ok(versions)) => Reading::Value(Value::Texts(versions.clone())),
        }
    }
}

/// The versions of a package: one, or one for each architecture; none where it is not installed.
///
/// # Errors
/// Where what is surely a mistake is an error: the manager is missing, or it fails.
pub(super) fn versions(system: &System, name: &str) -> Result<Vec<BString>, String> {
    let Some(manager) = manager(system) else {
        return Ok(Vec::new());
    };
    let program = Program::named(manager.program);
    if !program.is_there() && system.strict {
        return Err(format!(
            "{}; no package can be looked for without it",
            missing(manager.program)
        ));
    }
    let words: Vec<&str> = manager.words.iter().copied().chain([name]).collect();
    match program.run(&words) {
        Ok(said) if said.is_well() => {
            let lines = said.output.lines().map(<[u8]>::trim_ascii);
            Ok(lines
                .filter_map(|line| (manager.version)(line, name))
                .collect())
        }
        Ok(said) if said.code.is_some_and(|code| code <= manager.absent) => Ok(Vec::new()),
        Ok(said) if system.strict => Err(format!("{}: {}", manager.program, said.ended())),
        Err(why) if system.strict => Err(why),
        Ok(_) | Err(_) => Ok(Vec::new()),
    }
}

/// The manager that is asked for, or that of the distribution, or the first that is there.
fn manager(system: &System) -> Option<&'static Manager> {
    let named = |name: &str| MANAGERS.iter().find(|manager| manager.name == name);
    let chosen = system.package_manager.as_deref().and_then(named);
    let own = || match system.distribution() {
        Distribution::Ubuntu | Distribution::Debian(_) => named("dpkg"),
        Distribution::RedHat => named("rpm"),
        Distribution::Alpine => named("apk"),
        Distribution::Arch => named("pacman"),
        Distribution::Other => None,
    };
    let there = || {
        MANAGERS
            .iter()
            .find(|manager| find(manager.name).is_some())
            .or_else(|| named("rpm"))
    };
    chosen.or_else(own).or_else(there)
}

/// `STATUS STATUS STATUS VERSION`; what is held back is installed as well.
fn dpkg(line: &[u8], _name: &str) -> Option<BString> {
    let version = ["install ok installed ", "hold ok installed "]
        .iter()
        .find_map(|status| line.strip_prefix(status.as_bytes()))?;
    Some(version.into())
}

/// `NAME-VERSION = ...`, below a heading and among warnings.
fn apk(line: &[u8], name: &str) -> Option<BString> {
    if line.starts_with(b"Installed:") || line.starts_with(b"WARNING") {
        return None;
    }
    let first = word(line, 0)?;
    let version = first
        .strip_prefix(name.as_bytes())
        .and_then(|rest| rest.strip_prefix(b"-"));
    Some(version.unwrap_or(first).into())
}

fn word(line: &[u8], at: usize) -> Option<&[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .nth(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of these lines was shown to the original.
    #[test]
    fn the_version_is_in_the_line() {
        let rows: [(&str, &str, Option<&str>); 14] = [
            ("dpkg", "install ok installed 1.0", Some("1.0")),
            ("dpkg", "hold ok installed 2.0", Some("2.0")),
            ("dpkg", "deinstall ok config-files 3", None),
            ("dpkg", "install ok half-installed 4", None),
            ("rpm", "1:2-3", Some("1:2-3")),
            ("rpm", "", None),
            ("apk", "Installed:   Available:", None),
            ("apk", "WARNING: x", None),
            ("apk", "foo-1.2-r0 = 1.2-r0", Some("1.2-r0")),
            ("apk", "foo-bar-9 = 1", Some("bar-9")),
            ("apk", "bar-1.2 = 1", Some("bar-1.2")),
            ("pacman", "foo 1.2-1", Some("1.2-1")),
            ("pacman", "bar 3 x", Some("3")),
            ("pacman", "foo", None),
        ];
        for (name, line, wanted) in rows {
            let manager = MANAGERS.iter().find(|row| row.name == name).expect("one");
            let version = (manager.version)(line.as_bytes(), "foo");
            assert_eq!(version, wanted.map(BString::from), "{line}");
        }
    }

    #[test]
    fn the_distribution_chooses_where_nobody_does() {
        let root = temp::Temp::new();
        root.write("etc/alpine-release", "3\n");
        let mut system = System::under(root.path());
        assert_eq!(manager(&system).map(|row| row.name), Some("apk"));
        system.package_manager = Some("pacman".to_string());
        assert_eq!(manager(&system).map(|row| row.name), Some("pacman"));
        system.package_manager = Some("deb".to_string());
        assert_eq!(manager(&system).map(|row| row.name), Some("apk"));
    }
}
