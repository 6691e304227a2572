//! stub
use crate::value::Value;
pub(super) fn get(_text: &[u8], path: &[u8]) -> Result<Value, String> {
    Err(format!("Path not found: {}", String::from_utf8_lossy(path)))
}
