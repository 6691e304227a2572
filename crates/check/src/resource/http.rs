//! A request, and what is answered.

use super::{Form, Kind, REQUIRED, row};
use crate::probe;

pub(super) const KIND: Kind = Kind {
    section: "http",
    shown: "HTTP",
    label: Some("url"),
    label_shown: true,
    gated: true,
    waits: true,
    attributes: &[
        row("url", Form::Text),
        row("method", Form::Text),
        row("status", REQUIRED).always(),
        row("allow-insecure", Form::Bool).always(),
        row("no-follow-redirects", Form::Bool).always(),
        row("timeout", Form::Integer(5000)),
        row("request-headers", Form::Texts),
        row("request-body", Form::Text),
        row("headers", Form::Stream),
        row("body", Form::Stream),
        row("username", Form::Text),
        row("password", Form::Text),
        row("ca-file", Form::Text),
        row("cert-file", Form::Text),
        row("key-file", Form::Text),
        row("skip", Form::Bool),
        row("proxy", Form::Text),
    ],
    properties: &[
        ("status", "status"),
        ("headers", "Headers"),
        ("body", "Body"),
    ],
    probe: probe::http::probe,
};
