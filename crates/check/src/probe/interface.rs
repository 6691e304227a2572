//! A network interface.

use std::sync::Arc;

use super::system::interfaces::Interface;
use super::{Probe, Reading, System, by_subject};
use crate::resource::Resource;
use crate::value::Value;

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    by_subject(resource, system, read)
}

fn read(system: &System, name: &str, property: &str) -> Reading {
    let found = match system.interfaces() {
        Ok(all) => all.iter().find(|one| one.name == name),
        Err(why) => return Reading::Error(why.clone()),
    };
    match (property, found) {
        ("exists", found) => Reading::value(found.is_some()),
        (_, None) => Reading::Error("route ip+net: no such network interface".to_string()),
        ("addrs", Some(one)) => Reading::Value(addresses(one)),
        (_, Some(one)) => Reading::Value(Value::Int(one.mtu.into())),
    }
}

/// Its addresses as goss shows them: with the length of their networks, in the kernel's order.
pub(super) fn addresses(interface: &Interface) -> Value {
    let shown = interface.addresses.iter().map(|(address, length)| {
        format!("{}/{length}", super::system::sockets::shown(*address)).into()
    });
    Value::Texts(shown.collect())
}
