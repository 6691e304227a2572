//! A port that somebody listens at.

use std::sync::Arc;

use super::system::sockets::shown;
use super::{Probe, Reading, System, by_subject};
use crate::resource::Resource;
use crate::value::Value;

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    by_subject(resource, system, read)
}

fn read(system: &System, key: &str, property: &str) -> Reading {
    let found = addresses(system, key);
    Reading::Value(match property {
        "listening" => Value::Bool(!found.is_empty()),
        _ => Value::Texts(found.into_iter().map(Into::into).collect()),
    })
}

/// The addresses at which somebody listens. A key is `PROTOCOL:PORT`, word for word; a number
/// alone is TCP over IPv4, as goss has it, or over either where the run is to see it so: a
/// socket that serves both stands in the table of IPv6 alone.
pub(super) fn addresses(system: &System, key: &str) -> Vec<String> {
    let protocols = match key.split_once(':') {
        Some((protocol, _)) => &[protocol][..],
        None if system.dual_stack => &["tcp", "tcp6"],
        None => &["tcp"],
    };
    let port = key.split_once(':').map_or(key, |(_, port)| port);
    protocols
        .iter()
        .flat_map(|protocol| system.listening(protocol, port))
        .map(|address| shown(*address))
        .collect()
}
