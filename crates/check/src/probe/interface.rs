//! A network interface.

use std::sync::Arc;

use super::system::interfaces::Interface;
use super::{Probe, Reading, System};
use crate::resource::Resource;
use crate::value::Value;

struct Of {
    system: Arc<System>,
    name: String,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Of {
        system: Arc::clone(system),
        name: resource.subject(),
    })
}

impl Probe for Of {
    fn read(&mut self, property: &str) -> Reading {
        let found = match self.system.interfaces() {
            Ok(all) => all.iter().find(|one| one.name == self.name.as_str()),
            Err(why) => return Reading::Error(why.clone()),
        };
        match (property, found) {
            ("exists", found) => Reading::value(found.is_some()),
            (_, None) => Reading::Error("route ip+net: no such network interface".to_string()),
            ("addrs", Some(one)) => Reading::Value(addresses(one)),
            (_, Some(one)) => Reading::Value(Value::Int(one.mtu.into())),
        }
    }
}

/// Its addresses as goss shows them: with the length of their networks, in the kernel's order.
pub(super) fn addresses(interface: &Interface) -> Value {
    let shown = interface.addresses.iter().map(|(address, length)| {
        format!("{}/{length}", super::system::sockets::shown(*address)).into()
    });
    Value::Texts(shown.collect())
}
