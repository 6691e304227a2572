//! A user of this system.

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
        let Some(user) = self.system.users().by_name(&self.name) else {
            return match property {
                "exists" => Reading::value(false),
                _ => Reading::Error(format!("user: unknown user {}", self.name)),
            };
        };
        Reading::Value(match property {
            "exists" => Value::Bool(true),
            "uid" => Value::Int(user.uid.into()),
            "gid" => Value::Int(user.gid.into()),
            "home" => Value::Text(user.home.clone()),
            "groups" => match self.system.groups().of(user) {
                // Goss shows these, and no others of its lists, as `[]` where there are none.
                none if none.is_empty() => Value::List(Vec::new()),
                some => Value::Texts(some),
            },
            _ => match self.system.users().shell(&self.name) {
                Ok(shell) => Value::Text(shell),
                Err(why) => return Reading::Error(why),
            },
        })
    }
}
