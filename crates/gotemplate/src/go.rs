//! Rules of Go's own that are no template's alone: whoever prints or reads as Go does finds
//! them here.

pub use crate::json::float as json_float;
pub use crate::print::shortest as shortest_float;
pub use crate::time::{Civil, MONTHS, days_in, duration_text, parse_duration, seconds};
