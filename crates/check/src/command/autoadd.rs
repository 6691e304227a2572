//! `autoadd KEY...`: tries each key as a file, a group, a package, a port, a process, a service
//! and a user, and writes what is there into the gossfile.

use std::io::Write;
use std::sync::Arc;

use super::add::{self, end, finish, open};
use super::{Call, Command};
use crate::probe::describe::{Request, describe, is_there};
use crate::probe::{System, process, service};
use crate::resource::{self, Resource};

pub(super) const COMMAND: Command = Command {
    name: "autoadd",
    alias: Some("aa"),
    words: "KEY…",
    summary: "write all that is there of a name into the gossfile",
    flags: &[],
    takes_all: false,
    run: |call, out| {
        let added = try_add(call, out);
        end(call, added, out)
    },
};

/// What is tried, in this order.
const TRIED: &[&str] = &[
    "file", "group", "package", "port", "process", "service", "user",
];

fn try_add(call: &Call, out: &mut dyn Write) -> Result<(), String> {
    let mut file = open(call)?;
    if call.is_strict() && call.given.words.is_empty() {
        return Err("autoadd: no key, so that there is nothing to add".to_string());
    }
    // It tries: a package manager that is not there has no package.
    let mut system = add::system(call);
    system.strict = false;
    let system = Arc::new(system);
    for key in &call.given.words {
        for section in TRIED {
            for resource in found(section, key, &system)? {
                let _ = out.write_all(file.put(resource).as_bytes());
            }
        }
    }
    finish(call, &file)
}

/// What is there of a key: one at most, and with a process its ports.
fn found(section: &str, key: &str, system: &Arc<System>) -> Result<Vec<Resource>, String> {
    let is_worth_it = match section {
        "file" => key.contains('/'),
        // Who knows nothing of it may still say that it is down.
        "service" => service::exists(key, system),
        _ => true,
    };
    if !is_worth_it {
        return Ok(Vec::new());
    }
    let own = described(section, key, system)?;
    if section != "service" && !is_there(&own) {
        return Ok(Vec::new());
    }
    let mut all = vec![own];
    if section == "process" {
        for port in process::ports(system, key) {
            all.push(described("port", &port, system)?);
        }
    }
    Ok(all)
}

fn described(section: &str, key: &str, system: &Arc<System>) -> Result<Resource, String> {
    let kind = resource::kind(section).ok_or_else(|| format!("{section}: no such type"))?;
    let request = Request {
        kind,
        key,
        given: &[],
        excluded: &|_| false,
    };
    describe(&request, system)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::gossfile::write;

    fn written(key: &str, root: &temp::Temp) -> Vec<String> {
        let system = Arc::new(System::under(root.path()));
        let mut all = Vec::new();
        for section in ["group", "port", "process", "user"] {
            let resources = found(section, key, &system).expect("measured");
            all.extend(resources.iter().map(write::yaml_fragment));
        }
        all
    }

    #[test]
    fn a_process_brings_its_ports() {
        let root = temp::Temp::new();
        root.write("proc/7/stat", "7 (web) S 1 7 7 0");
        root.write("proc/8/stat", "8 (web) S 7 7 7 0");
        for (fd, target) in [
            ("7/fd/3", "socket:[11]"),
            ("7/fd/4", "socket:[12]"),
            ("8/fd/3", "socket:[11]"),
            ("8/fd/4", "socket:[14]"),
            ("7/fd/5", "pipe:[13]"),
        ] {
            root.dir(&format!("proc/{}", &fd[..4]));
            symlink(target, root.at("proc").join(fd)).expect("a link");
        }
        let line = |at: u32, address: &str, state: &str, inode: u32| {
            format!(" {at}: {address} 00000000:0000 {state} 0:0 00:00 00 0 0 {inode} 1\n")
        };
        let tcp = [
            line(0, "0100007F:1F90", "0A", 11),
            line(1, "0200007F:1F90", "0A", 12),
            line(2, "0100007F:1F91", "0A", 13),
            line(3, "0100007F:1F92", "01", 14),
        ];
        root.write("proc/net/tcp", format!("sl\n{}", tcp.concat()));
        let udp = line(0, "00000000:0035", "07", 14);
        root.write("proc/net/udp", format!("sl\n{udp}"));
        assert_eq!(
            written("web", &root),
            [
                "web:\n    running: true\n",
                "tcp:8080:\n    listening: true\n    ip:\n        - 127.0.0.1\n        \
                 - 127.0.0.2\n",
                "udp:53:\n    listening: true\n    ip:\n        - 0.0.0.0\n",
            ]
        );
        assert!(written("we", &root).is_empty());
        let port = "tcp:8081:\n    listening: true\n    ip:\n        - 127.0.0.1\n";
        assert_eq!(written("8081", &root), [port]);
    }

    #[test]
    fn a_name_may_be_several_things() {
        let root = temp::Temp::new();
        root.write("etc/passwd", "me:x:7:8:Me:/home/me:/bin/sh\n");
        root.write("etc/group", "me:x:8:\n");
        let all = written("me", &root);
        let first: Vec<&str> = all.iter().filter_map(|text| text.lines().nth(2)).collect();
        assert_eq!(first, ["    gid: 8", "    uid: 7"]);
    }
}
