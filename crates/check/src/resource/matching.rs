//! A value that the file itself brings.

use super::{Form, Kind, REQUIRED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "matching",
    shown: "Matching",
    label: None,
    label_shown: false,
    gated: false,
    waits: false,
    attributes: &[
        row("content", Form::Any),
        row("as-reader", Form::Bool),
        row("matches", REQUIRED).always(),
        row("skip", Form::Bool),
    ],
    properties: &[("matches", "matches")],
    probe: probe::matching::probe,
};
