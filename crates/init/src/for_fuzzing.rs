//! What the fuzz targets reach of this crate's insides. Nobody else is to use it.

use crate::people::order::Order;

/// The words of a request, understood; as text.
///
/// # Errors
/// The line that the client gets.
pub fn request(words: &[Vec<u8>]) -> Result<String, String> {
    Order::read(words).map(|order| format!("{order:?}"))
}

/// Whether a snapshot with its records is a state; if so, whether that survives being
/// written and read.
pub fn survives(
    snapshot: &[u8],
    records: &[u8],
    in_hand: Option<usize>,
    retry: bool,
) -> Option<bool> {
    crate::supervisor::saved::survives(snapshot, records, in_hand, retry)
}
