//! A package of the distribution.

use super::{Form, Kind, REQUIRED, WANTED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "package",
    shown: "Package",
    label: Some("name"),
    label_shown: true,
    gated: true,
    waits: true,
    attributes: &[
        row("name", Form::Text),
        row("installed", REQUIRED).always(),
        row("versions", WANTED),
        row("skip", Form::Bool),
    ],
    properties: &[("installed", "installed"), ("versions", "version")],
    probe: probe::package::probe,
};
