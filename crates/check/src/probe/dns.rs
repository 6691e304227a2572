//! A name, and what it resolves to.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use bstr::BString;

use super::system::dns::{self, Deadline, Kind, Record, Trouble};
use super::system::sockets::shown;
use super::{Probe, Reading, System, patience};
use crate::duration::GoDuration;
use crate::resource::Resource;
use crate::value::Value;

/// As often a name is asked for before it is held for none.
const TRIES: usize = 3;

struct Of {
    system: Arc<System>,
    name: String,
    server: String,
    patience: GoDuration,
    found: Option<Result<Vec<BString>, String>>,
}

pub(crate) fn probe(resource: &Resource, system: &Arc<System>) -> Box<dyn Probe> {
    Box::new(Of {
        system: Arc::clone(system),
        name: resource.subject(),
        server: resource.text("server"),
        patience: patience(resource),
        found: None,
    })
}

impl Probe for Of {
    fn read(&mut self, property: &str) -> Reading {
        let (system, name, server) = (&self.system, &self.name, &self.server);
        let patience = self.patience;
        let found = self
            .found
            .get_or_insert_with(|| resolve(system, name, server, patience));
        match (property, found) {
            (_, Err(why)) => Reading::Error(why.clone()),
            ("resolvable", Ok(found)) => Reading::value(!found.is_empty()),
            // Goss writes these as a list also where there are none.
            (_, Ok(found)) if found.is_empty() => Reading::Value(Value::List(Vec::new())),
            (_, Ok(found)) => Reading::Value(Value::Texts(found.clone())),
        }
    }
}

/// What a key asks for: `TYPE:NAME`, the type in capital letters, or a name alone.
fn parted(key: &str) -> (&str, &str) {
    match key.split_once(':') {
        Some((kind, name)) if !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_uppercase()) => {
            (kind, name)
        }
        _ => ("", key),
    }
}

/// The kinds that are asked for by name; with any other, addresses are.
fn known(kind: &str) -> Option<Kind> {
    let kinds = HashMap::from([
        ("A", Kind::A),
        ("AAAA", Kind::Aaaa),
        ("CAA", Kind::Caa),
        ("CNAME", Kind::Cname),
        ("MX", Kind::Mx),
        ("NS", Kind::Ns),
        ("PTR", Kind::Ptr),
        ("SRV", Kind::Srv),
        ("TXT", Kind::Txt),
    ]);
    kinds.get(kind).copied()
}

/// What a key resolves to, sorted; nothing where it resolves to nothing.
///
/// # Errors
/// In goss's words: a server that does not answer, or that is none.
pub(super) fn resolve(
    system: &System,
    key: &str,
    server: &str,
    patience: GoDuration,
) -> Result<Vec<BString>, String> {
    let (kind, name) = parted(key);
    let mut last = Ok(Vec::new());
    for _ in 0..TRIES {
        let until = Deadline::within(patience.to_std());
        last = match server {
            "" => from_system(system, name, until),
            _ => from_server(system, server, known(kind), name, until),
        };
        if last.as_ref().is_ok_and(|found| !found.is_empty()) {
            break;
        }
    }
    match last {
        Ok(mut found) => {
            found.sort();
            Ok(found)
        }
        Err(Trouble::Late) => Err(format!("DNS lookup timed out ({patience})")),
        Err(Trouble::Other(why)) => Err(why),
    }
}

/// By the system's own way, where a name that cannot be asked for is none.
fn from_system(system: &System, name: &str, until: Deadline) -> Result<Vec<BString>, Trouble> {
    match dns::lookup(system, name, until) {
        Ok(found) => Ok(found.into_iter().map(|one| shown(one).into()).collect()),
        Err(Trouble::Other(_)) => Ok(Vec::new()),
        Err(Trouble::Late) => Err(Trouble::Late),
    }
}

fn from_server(
    system: &System,
    server: &str,
    kind: Option<Kind>,
    name: &str,
    until: Deadline,
) -> Result<Vec<BString>, Trouble> {
    let Some(kind) = kind else {
        // What is wrong with one kind is not said: the other may have what is wanted.
        let Ok(server) = dns::server(server, system) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for kind in [Kind::A, Kind::Aaaa] {
            match dns::ask(server, name, kind, until) {
                Ok(records) => found.extend(texts(records)),
                Err(Trouble::Late) => return Err(Trouble::Late),
                Err(Trouble::Other(_)) => {}
            }
        }
        return Ok(found);
    };
    let reversed = match kind {
        Kind::Ptr => reverse(name).map_err(Trouble::Other)?,
        _ => name.to_string(),
    };
    let server = dns::server(server, system).map_err(Trouble::Other)?;
    Ok(texts(dns::ask(server, &reversed, kind, until)?))
}

fn texts(records: Vec<Record>) -> Vec<BString> {
    let shown = records.into_iter().flat_map(|record| match record {
        Record::A(address) => vec![shown(address.into())],
        Record::Aaaa(address) => vec![shown(address.into())],
        Record::Shown(texts) => texts,
    });
    shown.map(Into::into).collect()
}

/// The name under which the name of an address is kept.
fn reverse(address: &str) -> Result<String, String> {
    match address.parse() {
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            Ok(format!("{d}.{c}.{b}.{a}.in-addr.arpa."))
        }
        Ok(IpAddr::V6(address)) => {
            let octets = address.octets().into_iter().rev();
            let digits = octets.map(|byte| format!("{:x}.{:x}.", byte & 15, byte >> 4));
            Ok(digits.collect::<String>() + "ip6.arpa.")
        }
        Err(_) => Err(format!("dns: unrecognized address: {address}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_all_capital_letters() {
        let rows = [
            ("a.test", ("", "a.test")),
            ("A:a.test", ("A", "a.test")),
            ("XX:a.test", ("XX", "a.test")),
            ("a:a.test", ("", "a:a.test")),
            ("::1", ("", "::1")),
            ("A:", ("A", "")),
            ("PTR:2001:db8::1", ("PTR", "2001:db8::1")),
        ];
        for (key, wanted) in rows {
            assert_eq!(parted(key), wanted);
        }
    }

    #[test]
    fn addresses_are_reversed() {
        assert_eq!(reverse("1.2.3.4"), Ok("4.3.2.1.in-addr.arpa.".to_string()));
        let six = reverse("2001:db8::1").expect("a name");
        assert!(six.starts_with("1.0.0.0.") && six.ends_with(".8.b.d.0.1.0.0.2.ip6.arpa."));
        assert!(reverse("rubbish").is_err());
    }

    #[test]
    fn the_file_of_hosts_answers_without_a_server() {
        let root = temp::Temp::new();
        root.write("etc/hosts", "10.0.0.9 here.test\n10.0.0.10 here.test\n");
        let system = System::under(root.path());
        let found = resolve(&system, "MX:here.test", "", GoDuration(500_000_000));
        assert_eq!(found, Ok(vec!["10.0.0.10".into(), "10.0.0.9".into()]));
        let found = resolve(&system, "::1", "", GoDuration(500_000_000));
        assert_eq!(found, Ok(vec!["::1".into()]));
    }
}
