//! What the file itself brings.

use std::sync::Arc;

use super::{Held, Probe, Reading, System};
use crate::node::Node;
use crate::resource::Resource;
use crate::value::{Value, go};

struct Content {
    content: Value,
    as_reader: bool,
}

pub(crate) fn probe(resource: &Resource, _system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Content {
        content: resource.given("content").map_or(Value::Null, Node::any),
        as_reader: resource.is_set("as-reader"),
    })
}

impl Probe for Content {
    fn read(&mut self, _property: &str) -> Reading {
        let content = std::mem::replace(&mut self.content, Value::Null);
        match self.as_reader {
            true => Held::stream("object: *strings.Reader", &go::format(&content)[..]),
            false => Reading::Value(content),
        }
    }
}
