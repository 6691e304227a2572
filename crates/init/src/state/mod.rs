//! Where the container's state is: the first place that can be written, and whether somebody
//! supervises there already.

mod answers;
pub(crate) mod nested;
pub(crate) mod place;
pub(crate) mod platform;
