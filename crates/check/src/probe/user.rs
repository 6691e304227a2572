//! A user of this system.

use std::sync::Arc;

use super::{Probe, Reading, System, by_subject};
use crate::resource::Resource;
use crate::value::Value;

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    by_subject(resource, system, read)
}

fn read(system: &System, name: &str, property: &str) -> Reading {
    let Some(user) = system.users().by_name(name) else {
        return match property {
            "exists" => Reading::value(false),
            _ => Reading::Error(format!("user: unknown user {}", name)),
        };
    };
    Reading::Value(match property {
        "exists" => Value::Bool(true),
        "uid" => Value::Int(user.uid.into()),
        "gid" => Value::Int(user.gid.into()),
        "home" => Value::Text(user.home.clone()),
        "groups" => match system.groups().of(user) {
            // Goss shows these, and no others of its lists, as `[]` where there are none.
            none if none.is_empty() => Value::List(Vec::new()),
            some => Value::Texts(some),
        },
        _ => match system.users().shell(name) {
            Ok(shell) => Value::Text(shell),
            Err(why) => return Reading::Error(why),
        },
    })
}
