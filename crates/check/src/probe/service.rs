//! A service, as what started everything knows it: systemd, upstart, OpenRC, the scripts of
//! System V, or Mainstay itself.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::mainstay::status::Unit;
use super::system::distribution::Distribution;
use super::system::program::{Program, Said};
use super::system::reading;
use super::{Probe, Reading, System};
use crate::resource::Resource;
use crate::value::Value;

/// Whom goss asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Systemd,
    /// Systemd beside the scripts of System V: what either has counts.
    SystemdLegacy,
    Upstart,
    OpenRc,
    SysV,
}

struct Of {
    system: Arc<System>,
    name: String,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(of(&resource.subject(), system))
}

pub(super) fn of(name: &str, system: &Arc<System>) -> impl Probe + use<> {
    Of {
        system: Arc::clone(system),
        name: name.to_string(),
    }
}

impl Probe for Of {
    fn read(&mut self, property: &str) -> Reading {
        let measured = match property {
            "enabled" => self.is_enabled().map(Value::Bool),
            "running" => self.is_running().map(Value::Bool),
            _ => Ok(self.runlevels()),
        };
        measured.map_or_else(Reading::Error, Reading::Value)
    }
}

/// The program that runs the scripts of System V.
const SERVICE: &str = "service";

impl Of {
    fn manager(&self) -> Manager {
        let distribution = self.system.distribution();
        match (self.system.has_systemctl(), distribution) {
            (true, Distribution::Debian(1..=8)) => Manager::SystemdLegacy,
            (true, _) | (false, Distribution::Arch) => Manager::Systemd,
            (false, Distribution::Ubuntu) => Manager::Upstart,
            (false, Distribution::Alpine) => Manager::OpenRc,
            (false, Distribution::RedHat | Distribution::Debian(_) | Distribution::Other) => {
                Manager::SysV
            }
        }
    }

    /// What Mainstay says of it, where that is PID 1 and nothing of systemd is there.
    fn unit(&self) -> Option<&Unit> {
        if self.system.has_systemctl() {
            return None;
        }
        let shown = kernel::escape(self.name.as_bytes());
        let mut units = self.system.mainstay().iter();
        units.find(|unit| unit.name == shown)
    }

    fn is_enabled(&self) -> Result<bool, String> {
        if let Some(unit) = self.unit() {
            return Ok(unit.wanted);
        }
        let manager = self.manager();
        if manager != Manager::Upstart && self.name.contains('/') {
            return Ok(false);
        }
        match manager {
            Manager::Systemd => self.systemctl("is-enabled"),
            Manager::SystemdLegacy => Ok(self.systemctl("is-enabled")? || self.has_start_script()),
            Manager::Upstart => Ok(self.is_enabled_for_upstart() || self.has_start_script()),
            Manager::OpenRc => Ok(!self.openrc_levels().is_empty()),
            Manager::SysV => Ok(self.has_start_script()),
        }
    }

    fn is_running(&self) -> Result<bool, String> {
        if let Some(unit) = self.unit() {
            return Ok(unit.is_up());
        }
        let manager = self.manager();
        if manager != Manager::Upstart && self.name.contains('/') {
            return Ok(false);
        }
        match manager {
            Manager::Systemd => self.systemctl("is-active"),
            Manager::SystemdLegacy => {
                Ok(self.systemctl("is-active")? || self.script_status()?.is_well())
            }
            Manager::Upstart => {
                let said = self.script_status()?;
                let says = |word: &str| said.output.contains_str(word);
                Ok(said.is_well() && (says("running") || says("online")))
            }
            Manager::OpenRc | Manager::SysV => Ok(self.script_status()?.is_well()),
        }
    }

    fn runlevels(&self) -> Value {
        if self.unit().is_some() {
            return Value::Texts(Vec::new());
        }
        match self.manager() {
            Manager::Systemd => Value::Texts(Vec::new()),
            Manager::OpenRc => Value::Texts(self.openrc_levels()),
            Manager::SystemdLegacy | Manager::Upstart | Manager::SysV => {
                Value::Texts(self.start_levels())
            }
        }
    }

    fn systemctl(&self, question: &str) -> Result<bool, String> {
        let said = Program::named("systemctl").run(&["-q", question, &self.name])?;
        Ok(said.is_well())
    }

    fn script_status(&self) -> Result<Said, String> {
        Program::named(SERVICE).run(&[&self.name, "status"])
    }

    /// The levels in which a script of System V starts it: digits, sorted.
    fn start_levels(&self) -> Vec<BString> {
        let starts = |entry: &str| {
            let number = entry
                .strip_prefix('S')
                .and_then(|rest| rest.split_at_checked(2));
            number.is_some_and(|(number, name)| {
                number.bytes().all(|byte| byte.is_ascii_digit()) && name == self.name
            })
        };
        let mut levels = Vec::new();
        for directory in names(&self.system.at("etc")) {
            let level = directory
                .strip_prefix("rc")
                .and_then(|rest| rest.strip_suffix(".d"));
            let Some(level) = level.filter(|level| {
                !level.is_empty() && level.bytes().all(|byte| byte.is_ascii_digit())
            }) else {
                continue;
            };
            if names(&self.system.at("etc").join(&directory))
                .iter()
                .any(|entry| starts(entry))
            {
                levels.push(BString::from(level));
            }
        }
        levels.sort();
        levels
    }

    fn has_start_script(&self) -> bool {
        !self.start_levels().is_empty()
    }

    /// The runlevels of OpenRC that hold it, sorted.
    fn openrc_levels(&self) -> Vec<BString> {
        let place = self.system.at("etc/runlevels");
        let mut levels: Vec<BString> = names(&place)
            .into_iter()
            .filter(|level| {
                place
                    .join(level)
                    .join(&self.name)
                    .symlink_metadata()
                    .is_ok()
            })
            .map(Into::into)
            .collect();
        levels.sort();
        levels
    }

    /// Whether a job of upstart starts by itself: `start on` in its file, and no `manual` in what
    /// overrides that.
    fn is_enabled_for_upstart(&self) -> bool {
        let read = |end: &str| {
            let path = self
                .system
                .at("etc/init")
                .join(format!("{}.{end}", self.name));
            reading::table(&path).unwrap_or_default()
        };
        let is_manual = read("override")
            .lines()
            .any(|line| line.trim_ascii() == b"manual");
        let starts = |line: &[u8]| {
            let mut words = line
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty());
            words.next() == Some(b"start") && words.next() == Some(b"on")
        };
        !is_manual && read("conf").lines().any(starts)
    }
}

/// Whether a unit of systemd, a script or a job of that name is there at all.
pub(crate) fn exists(name: &str, system: &System) -> bool {
    if name.is_empty() || name.contains('/') {
        return false;
    }
    if system.has_systemctl() {
        let list = ["-q", "list-unit-files", "--type=service"];
        let said = Program::named("systemctl").run(&list);
        let unit = format!("{name}.service");
        // Goss looks for the name anywhere, so that `d` is a service.
        return said.is_ok_and(|said| {
            said.output.lines().any(|line| {
                let first = line
                    .split(u8::is_ascii_whitespace)
                    .find(|word| !word.is_empty());
                first == Some(unit.as_bytes())
            })
        });
    }
    system.mainstay().iter().any(|unit| unit.name == name)
        || system.at("etc/init.d").join(name).exists()
        || system.at("etc/init").join(format!("{name}.conf")).exists()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_root(root: &temp::Temp, name: &str) -> Of {
        Of {
            system: Arc::new(System::under(root.path())),
            name: name.to_string(),
        }
    }

    #[test]
    fn scripts_of_system_v_start_in_the_levels_that_hold_them() {
        let root = temp::Temp::new();
        for path in [
            "rc2.d/S03web",
            "rc5.d/S99web",
            "rc3.d/K01web",
            "rcS.d/S01web",
            "rc4.d/S1web",
        ] {
            root.write(&format!("etc/{path}"), "");
        }
        assert_eq!(of_root(&root, "web").start_levels(), ["2", "5"]);
        assert!(of_root(&root, "we").start_levels().is_empty());
    }

    #[test]
    fn openrc_has_directories_for_levels() {
        let root = temp::Temp::new();
        root.write("etc/runlevels/default/web", "");
        root.write("etc/runlevels/boot/web", "");
        root.write("etc/runlevels/sysinit/other", "");
        assert_eq!(of_root(&root, "web").openrc_levels(), ["boot", "default"]);
    }

    #[test]
    fn a_job_of_upstart_starts_unless_it_is_manual() {
        let root = temp::Temp::new();
        root.write(
            "etc/init/web.conf",
            "description x\n  start  on runlevel [2345]\n",
        );
        root.write("etc/init/hand.conf", "start on x\n");
        root.write("etc/init/hand.override", "manual\n");
        root.write("etc/init/off.conf", "stop on x\n");
        let is = |name| of_root(&root, name).is_enabled_for_upstart();
        assert!(is("web"));
        assert!(!is("hand") && !is("off") && !is("none"));
    }
}
