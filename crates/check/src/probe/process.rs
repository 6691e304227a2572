//! A process of a name.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;

use super::system::sockets;
use super::{Probe, Reading, System, by_subject};
use crate::resource::Resource;

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    by_subject(resource, system, read)
}

fn read(system: &System, name: &str, _property: &str) -> Reading {
    Reading::value(is_running(system, name))
}

/// Whether a process of that name runs. The system keeps 15 bytes of a name; where what is
/// surely a mistake is an error, a longer one is looked for among the words of the calls too.
pub(super) fn is_running(system: &System, name: &str) -> bool {
    let name = name.as_bytes();
    let kept = name
        .get(..KEPT)
        .filter(|_| system.strict && name.len() > KEPT);
    system.processes().iter().any(|process| {
        process.comm == name
            || kept.is_some_and(|kept| process.comm == kept && system.is_called(process.pid, name))
    })
}

/// The ports at which the processes of a name listen.
pub(crate) fn ports(system: &System, name: &str) -> Vec<String> {
    let proc = system.at("proc");
    let named = system.processes().iter();
    let named = named.filter(|process| process.comm == name);
    let sockets: HashSet<u64> = named
        .flat_map(|process| fs::read_dir(proc.join(process.pid.to_string()).join("fd")))
        .flatten()
        .flatten()
        .filter_map(|fd| {
            let target = fs::read_link(fd.path()).ok()?;
            let number = target.to_str()?.strip_prefix("socket:[")?;
            number.strip_suffix(']')?.parse().ok()
        })
        .collect();
    match sockets.is_empty() {
        true => Vec::new(),
        false => sockets::ports_of(&proc.join("net"), &sockets),
    }
}

/// As many bytes of a name are kept: `TASK_COMM_LEN` without its NUL.
const KEPT: usize = 15;
