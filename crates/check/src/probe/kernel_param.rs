//! A parameter of the kernel, as `/proc/sys` has it.

use std::path::Path;
use std::sync::Arc;

use super::system::reading;
use super::{Probe, Reading, System, by_subject};
use crate::resource::Resource;
use crate::value::Value;

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    by_subject(resource, system, read)
}

fn read(system: &System, key: &str, _property: &str) -> Reading {
    match value(system, key) {
        Some(value) => Reading::Value(value),
        None => Reading::Error("could not find the given key".to_string()),
    }
}

/// The value of a key, without the blanks around it.
pub(super) fn value(system: &System, key: &str) -> Option<Value> {
    let table = system.at("proc/sys");
    let read = |path: &str| reading::table(&table.join(path.trim_start_matches('/'))).ok();
    let text = read(&key.replace('.', "/")).or_else(|| read(&swapped(key)?))?;
    Some(Value::text(text.trim_ascii()))
}

/// The path of a key in sysctl(8)'s form for names with dots in them: `net.ipv4.conf.eth0/1.mtu`.
/// Goss does not know it; nothing else has this form.
fn swapped(key: &str) -> Option<String> {
    let first = key.find(['.', '/'])?;
    let is_dotted = key.get(first..)?.starts_with('.');
    let swap = |c| match c {
        '.' => '/',
        '/' => '.',
        other => other,
    };
    let path: String = key.chars().map(swap).collect();
    let stays_below = Path::new(&path)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    (is_dotted && stays_below).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_slashes_part_a_key() {
        let root = temp::Temp::new();
        root.write("proc/sys/net/ipv4/rmem", "1\t2\t3\n");
        root.write("proc/sys/net/conf/eth0.1/mtu", " 1500 \n");
        root.write("proc/version", "Linux\n");
        let system = System::under(root.path());
        let rows = [
            ("net.ipv4.rmem", Some("1\t2\t3")),
            ("net/ipv4/rmem", Some("1\t2\t3")),
            ("net.ipv4/rmem", Some("1\t2\t3")),
            ("net.conf.eth0/1.mtu", Some("1500")),
            ("net.conf.eth0.1.mtu", None),
            ("net.ipv4", None),
            ("net.nope", None),
            ("", None),
            ("../version", None),
            ("a.//.//version", None),
        ];
        for (key, wanted) in rows {
            assert_eq!(value(&system, key), wanted.map(Value::from), "{key}");
        }
    }
}
