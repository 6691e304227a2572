//! A port that is listened to.

use super::{Form, Kind, REQUIRED, WANTED, row};

pub(super) const KIND: Kind = Kind {
    section: "port",
    shown: "Port",
    label: Some("port"),
    label_shown: true,
    gated: true,
    waits: false,
    attributes: &[
        row(
            "port",
            Form::Text,
            "`[PROTO:]PORT`: tcp, tcp6, udp or udp6; tcp where none is named",
        ),
        row("listening", REQUIRED, "whether somebody listens").always(),
        row("ip", WANTED, "the addresses that are listened at"),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("listening", "listening"), ("ip", "ip")],
};
