//! What PID 1 asks of a layout beside its hooks and services, whichever it is.

use std::path::Path;

use crate::Problem;
use crate::overlay2;
use crate::view::View;

/// A layout, for PID 1.
pub struct Layout {
    /// The beginning of the boot as a script, as it is installed. An image that has changed
    /// it wants its own to be run.
    pub boot_script: &'static str,
    /// What of an image is left out; beside the view, the directory of the supervisor's
    /// own services.
    pub left_out: fn(&View, &Path) -> Vec<Problem>,
    /// Whether what is left at the end of a stop gets HUP beside TERM.
    pub hangs_up: fn(&View) -> bool,
}

impl Layout {
    /// The layout of the image that runs. There is one so far; a further one is told by
    /// what `install` has written.
    pub fn current() -> &'static Layout {
        &overlay2::LAYOUT
    }
}
