//! A mount point.

use super::{Form, Kind, REQUIRED, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "mount",
    shown: "Mount",
    label: Some("mountpoint"),
    label_shown: true,
    gated: true,
    waits: true,
    attributes: &[
        row(
            "mountpoint",
            Form::Text,
            "where it is mounted, without a slash at the end",
        ),
        row("exists", REQUIRED, "whether something is mounted there").always(),
        row("opts", WANTED, "its options"),
        row("vfs-opts", WANTED, "its file system's options"),
        row("source", WANTED, "what is mounted"),
        row("filesystem", WANTED, "the type of file system"),
        row(
            "timeout",
            Form::Integer(1000),
            "milliseconds that measuring may take",
        )
        .always(),
        row("skip", Form::Bool, "whether nothing of it is measured"),
        row("usage", WANTED, "how much of it is in use, percent"),
    ],
    properties: &[
        ("exists", "exists"),
        ("opts", "opts"),
        ("vfs-opts", "vfs-opts"),
        ("source", "source"),
        ("filesystem", "filesystem"),
        ("usage", "usage"),
    ],
};
