//! A group of this system.

use std::sync::Arc;

use super::{Probe, Reading, System, by_subject};
use crate::resource::Resource;
use crate::value::Value;

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    by_subject(resource, system, read)
}

fn read(system: &System, name: &str, property: &str) -> Reading {
    let group = system.groups().by_name(name);
    match (property, group) {
        ("exists", group) => Reading::value(group.is_some()),
        (_, Some(group)) => Reading::Value(Value::Int(group.gid.into())),
        (_, None) => Reading::Error(format!("group: unknown group {}", name)),
    }
}
