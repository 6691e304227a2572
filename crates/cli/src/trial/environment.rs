//! The environment that process 1 begins with: what `docker run` gives, and the ENV of
//! the base image.

use chain::Environment;

use super::arguments::Request;

/// The host name inside; an engine takes the container's id.
pub(super) const HOST_NAME: &str = "try";

/// ENV of the docker-base image.
const IMAGE: &[(&str, &str)] = &[
    ("SIGNAL_BUILD_STOP", "99"),
    ("S6_BEHAVIOUR_IF_STAGE2_FAILS", "2"),
    ("S6_KILL_FINISH_MAXTIME", "5000"),
    ("S6_KILL_GRACETIME", "3000"),
];

/// PATH of an image that sets none.
const PATH: &str = places::FULL_PATH;

/// The environment of `request`. `terminal`: TERM, where the streams are a terminal.
pub(super) fn of(request: &Request, terminal: Option<&[u8]>) -> Environment {
    let mut env = Environment::new();
    env.set(b"PATH", PATH.as_bytes());
    env.set(b"HOSTNAME", HOST_NAME.as_bytes());
    if let Some(kind) = terminal {
        env.set(b"TERM", kind);
    }
    for (name, value) in IMAGE {
        env.set(name.as_bytes(), value.as_bytes());
    }
    env.set(b"HOME", b"/root");
    for (name, value) in &request.variables {
        env.set(name, value);
    }
    env
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Network;
    use super::*;

    #[test]
    fn variables_of_the_call_win_over_those_of_the_image() {
        let request = Request {
            overlay: "/x".into(),
            root: "/".into(),
            variables: vec![
                (b"S6_KILL_GRACETIME".to_vec(), b"1".to_vec()),
                (b"NEW".to_vec(), b"2".to_vec()),
            ],
            network: Network::Host,
            read_only: false,
            command: Vec::new(),
        };
        let env = of(&request, None);
        assert_eq!(env.get(b"S6_KILL_GRACETIME"), Some(&b"1"[..]));
        assert_eq!(env.get(b"SIGNAL_BUILD_STOP"), Some(&b"99"[..]));
        assert_eq!(env.get(b"NEW"), Some(&b"2"[..]));
        assert_eq!(env.get(b"TERM"), None);
        assert_eq!(
            of(&request, Some(b"vt100")).get(b"TERM"),
            Some(&b"vt100"[..])
        );
    }
}
