//! What the fuzz targets reach of this crate's insides. Nobody else is to use it.

use crate::order::Order;

/// The words of a request, understood; as text.
///
/// # Errors
/// The line that the client gets.
pub fn request(words: &[Vec<u8>]) -> Result<String, String> {
    Order::read(words).map(|order| format!("{order:?}"))
}
