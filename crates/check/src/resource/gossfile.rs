//! `gossfile`: another file's resources, as if they stood here. Not measured: the loader puts
//! them in its place.

use super::{Form, Kind, row};

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
};
