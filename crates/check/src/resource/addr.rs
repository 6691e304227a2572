//! An address that answers, or does not.

use super::{Form, Kind, REQUIRED, row};

pub(super) const KIND: Kind = Kind {
    section: "addr",
    shown: "Addr",
    label: Some("address"),
    label_shown: true,
    gated: false,
    waits: true,
    attributes: &[
        row(
            "address",
            Form::Text,
            "what is dialled: `PROTO://HOST:PORT`, tcp where no protocol is named",
        ),
        row(
            "local-address",
            Form::Text,
            "the address that it is dialled from",
        ),
        row(
            "reachable",
            REQUIRED,
            "whether a connection can be made; with udp always",
        )
        .always(),
        row(
            "timeout",
            Form::Integer(500),
            "milliseconds that measuring may take",
        )
        .always(),
        row("skip", Form::Bool, "whether nothing of it is measured"),
    ],
    properties: &[("reachable", "reachable")],
};
