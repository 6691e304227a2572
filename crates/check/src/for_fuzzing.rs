//! What the fuzz targets call.

use std::sync::Arc;

use crate::gossfile::{self, Problem};
use crate::node::Node;
use crate::value::Value;

/// A gossfile of any bytes.
///
/// # Panics
/// When what must hold for it does not.
pub fn gossfile(bytes: &[u8]) {
    gossfile::properties::hold(bytes);
}

/// A document of YAML.
///
/// # Errors
/// What is wrong.
pub fn yaml(text: &str) -> Result<Node, Problem> {
    gossfile::parse(&Arc::from("text"), text)
}

/// What stands at a path of a JSON document.
///
/// # Errors
/// In goss's words.
pub fn gjson(json: &[u8], path: &[u8]) -> Result<Value, String> {
    crate::matcher::gjson::get(json, path)
}
