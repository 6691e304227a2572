//! A value that the file itself brings.

use super::{Form, Kind, REQUIRED, row};

pub(super) const KIND: Kind = Kind {
    section: "matching",
    shown: "Matching",
    label: None,
    label_shown: false,
    gated: false,
    waits: false,
    attributes: &[
        row("content", Form::Any, "the value"),
        row(
            "as-reader",
            Form::Bool,
            "whether it is a text that is read line by line",
        ),
        row("matches", REQUIRED, "what it should be").always(),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("matches", "matches")],
};
