//! A service of Mainstay, or the whole container that it supervises. An extension: goss has no
//! such section.

use super::{Form, Kind, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "mainstay",
    shown: "Mainstay",
    label: Some("name"),
    label_shown: true,
    gated: false,
    waits: true,
    attributes: &[
        row(
            "name",
            Form::Text,
            "the service; `container` is all of them",
        ),
        row("up", WANTED, "whether it runs"),
        row(
            "ready",
            WANTED,
            "whether it is ready; of the container: whether all are",
        ),
        row("restarts", WANTED, "how often it was started again"),
        row("user", WANTED, "the user that it runs as"),
        row("uptime", WANTED, "seconds since it was started"),
        row(
            "zombies",
            WANTED,
            "processes that nobody has reaped; of the container",
        ),
        row(
            "boot-time",
            WANTED,
            "milliseconds from the start to the end of the boot; of the container",
        ),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[
        ("up", "up"),
        ("ready", "ready"),
        ("restarts", "restarts"),
        ("user", "user"),
        ("uptime", "uptime"),
        ("zombies", "zombies"),
        ("boot-time", "boot-time"),
    ],
};
