//! A process, by its short name.

use super::{Form, Kind, REQUIRED, row};

pub(super) const KIND: Kind = Kind {
    section: "process",
    shown: "Process",
    label: Some("comm"),
    label_shown: true,
    gated: false,
    waits: false,
    attributes: &[
        row(
            "comm",
            Form::Text,
            "the short name, as /proc/PID/stat has it: 15 letters at most",
        ),
        row("running", REQUIRED, "whether one runs").always(),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("running", "running")],
};
