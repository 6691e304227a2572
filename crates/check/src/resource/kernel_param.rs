//! A kernel parameter, as sysctl(8) names it.

use super::{Form, Kind, REQUIRED, row};

pub(super) const KIND: Kind = Kind {
    section: "kernel-param",
    shown: "KernelParam",
    label: Some("name"),
    label_shown: true,
    gated: false,
    waits: false,
    attributes: &[
        row("name", Form::Text, "the parameter, as sysctl(8) names it"),
        row("value", REQUIRED, "its value").always(),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("value", "value")],
};
