//! A process, by its short name.

use super::{Form, Kind, REQUIRED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "process",
    shown: "Process",
    label: Some("comm"),
    label_shown: true,
    gated: false,
    waits: false,
    attributes: &[
        row("comm", Form::Text),
        row("running", REQUIRED).always(),
        row("skip", Form::Bool),
    ],
    properties: &[("running", "running")],
    probe: probe::process::probe,
};
