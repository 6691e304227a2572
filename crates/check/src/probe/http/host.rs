//! `HOST` or `HOST:PORT`, an address of IPv6 in brackets.

/// The host without brackets, and the port; empty without one.
pub(super) fn parted(written: &str) -> (&str, &str) {
    if let Some((host, rest)) = written
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return (host, rest.strip_prefix(':').unwrap_or_default());
    }
    written.rsplit_once(':').unwrap_or((written, ""))
}

/// Whether it may stand in an address.
///
/// # Errors
/// In Go's words.
pub(super) fn check(written: &str) -> Result<(), String> {
    let port = match written.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((_, port)) => port,
            None => return Err("missing ']' in host".to_string()),
        },
        None => written
            .find(':')
            .and_then(|at| written.get(at..))
            .unwrap_or_default(),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    if (!port.is_empty() && !port.starts_with(':')) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let port = super::url::quoted(port);
        return Err(format!("invalid port {port} after host"));
    }
    let is_bad = |c: &char| " <>\"\\^`{|}%".contains(*c);
    match written.chars().find(is_bad) {
        Some(c) => {
            let shown = super::url::quoted(&c.to_string());
            Err(format!("invalid character {shown} in host name"))
        }
        None => Ok(()),
    }
}
