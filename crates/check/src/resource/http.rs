//! A request, and what is answered.

use super::{Form, Kind, REQUIRED, row};

pub(super) const KIND: Kind = Kind {
    section: "http",
    shown: "HTTP",
    label: Some("url"),
    label_shown: true,
    gated: true,
    waits: true,
    attributes: &[
        row("url", Form::Text, "what is asked for"),
        row(
            "method",
            Form::Text,
            "the method; GET where it is not given",
        ),
        row("status", REQUIRED, "the answer's status").always(),
        row(
            "allow-insecure",
            Form::Bool,
            "whether a certificate that cannot be verified will do",
        )
        .always(),
        row(
            "no-follow-redirects",
            Form::Bool,
            "whether a redirect is the answer; else nine are followed",
        )
        .always(),
        row(
            "timeout",
            Form::Integer(5000),
            "milliseconds that measuring may take",
        ),
        row(
            "request-headers",
            Form::Texts,
            "header lines, `Name: value`",
        ),
        row("request-body", Form::Text, "what is sent"),
        row(
            "headers",
            Form::Stream,
            "the answer's header lines, `Name: value`, sorted",
        ),
        row("body", Form::Stream, "the answer's text"),
        row("username", Form::Text, "for basic authentication"),
        row("password", Form::Text, "for basic authentication"),
        row(
            "ca-file",
            Form::Text,
            "certificates that are trusted in place of those of the system",
        ),
        row(
            "cert-file",
            Form::Text,
            "the certificate that is shown, with `key-file`",
        ),
        row("key-file", Form::Text, "its key"),
        row("skip", Form::Bool, "whether nothing of it is measured"),
        row(
            "proxy",
            Form::Text,
            "the proxy; else the variables HTTP_PROXY, HTTPS_PROXY, NO_PROXY count",
        ),
    ],
    properties: &[
        ("status", "status"),
        ("headers", "Headers"),
        ("body", "Body"),
    ],
};
