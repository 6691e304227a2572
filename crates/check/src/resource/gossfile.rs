//! `gossfile`: another file's resources, as if they stood here. Not measured: the loader puts
//! them in its place.

use std::sync::Arc;

use super::{Form, Kind, Resource, row};
use crate::probe::{Probe, Reading, System};

pub(super) const KIND: Kind = Kind {
    section: "gossfile",
    shown: "Gossfile",
    label: Some("file"),
    label_shown: false,
    gated: false,
    waits: false,
    attributes: &[
        row("skip", Form::Bool, "whether the file is left out"),
        row(
            "file",
            Form::Text,
            "the file, or a pattern of files; the key where it is not given",
        ),
    ],
    properties: &[],
    probe: |_: &Resource, _: &Arc<System>| Box::new(Nothing),
};

/// There is nothing to measure.
struct Nothing;

impl Probe for Nothing {
    fn read(&mut self, property: &str) -> Reading {
        Reading::Error(format!("{property} is no property of a file"))
    }
}
