//! A package of the distribution.

use super::{Form, Kind, REQUIRED, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "package",
    shown: "Package",
    label: Some("name"),
    label_shown: true,
    gated: true,
    waits: true,
    attributes: &[
        row("name", Form::Text, "the package"),
        row("installed", REQUIRED, "whether it is installed").always(),
        row("versions", WANTED, "the versions that are installed"),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("installed", "installed"), ("versions", "version")],
};
