//! A group of this system.

use std::sync::Arc;

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
        let group = self.system.groups().by_name(&self.name);
        match (property, group) {
            ("exists", group) => Reading::value(group.is_some()),
            (_, Some(group)) => Reading::Value(Value::Int(group.gid.into())),
            (_, None) => Reading::Error(format!("group: unknown group {}", self.name)),
        }
    }
}
