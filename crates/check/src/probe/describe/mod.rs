//! What `add` writes of a resource: what is measured now, but for what is left out on request.
//! Which attributes goss writes was asked of it.

mod patterns;
mod table;

use std::sync::Arc;

use super::{Probe, Reading, System};
use crate::node::{Body, Node, Scalar};
use crate::place::Place;
use crate::resource::{Kind, Resource};
use crate::value::{Value, go};

use patterns::patterns;
use table::{DESCRIPTIONS, How};

/// What is to be described.
pub struct Request<'a> {
    /// Its type.
    pub kind: &'static Kind,
    /// Its key, as it was typed.
    pub key: &'a str,
    /// Attributes that were chosen; measuring heeds them too.
    pub given: &'a [(&'static str, Value)],
    /// Whether an attribute of a name is left out.
    pub excluded: &'a dyn Fn(&str) -> bool,
}

/// Measures a resource as it is now.
///
/// # Errors
/// Where it cannot be measured, in goss's words; for a type that nobody can describe.
pub fn describe(request: &Request<'_>, system: &Arc<System>) -> Result<Resource, String> {
    let section = request.kind.section;
    let row = DESCRIPTIONS.iter().find(|row| row.section == section);
    let row = row.ok_or_else(|| format!("{section}: cannot be added"))?;
    let given = request.given.iter();
    let mut resource = Resource {
        kind: request.kind,
        key: (row.key)(request.key, system),
        place: nowhere(),
        title: String::new(),
        meta: None,
        skip: false,
        eventually: None,
        depends_on: Vec::new(),
        given: given.map(|(name, value)| (*name, node(value))).collect(),
    };
    let mut probe = super::of(&resource, system);
    let mut is_there = true;
    for (at, measured) in row.measured.iter().enumerate() {
        let is_excluded = measured.excluded_as.is_some_and(request.excluded);
        let value = match (measured.how, is_excluded) {
            (How::Lines, true) => Some(Value::from("")),
            (_, true) => None,
            (How::IfThere, _) if !is_there => None,
            (how, false) => read(&mut *probe, measured.property, how)?,
        };
        if at == 0 {
            is_there = value == Some(Value::Bool(true));
        }
        if let Some(value) = value {
            resource.given.push((measured.property, node(&value)));
        }
    }
    for attribute in row.empty {
        resource
            .given
            .push((attribute, node(&Value::List(Vec::new()))));
    }
    Ok(resource)
}

/// Whether what a description says first is true: the thing is there.
pub fn is_there(resource: &Resource) -> bool {
    let first = resource.kind.properties.first();
    first.is_some_and(|(name, _)| resource.is_set(name))
}

fn read(probe: &mut dyn Probe, property: &str, how: How) -> Result<Option<Value>, String> {
    match (probe.read(property), how) {
        (Reading::Error(_), How::OrFalse) => Ok(Some(Value::Bool(false))),
        (Reading::Error(_), How::IfThere) => Ok(None),
        (Reading::Error(why), How::Needed | How::Lines) => Err(why),
        (Reading::Value(value), _) => Ok(Some(value)),
        (Reading::Stream(stream), _) => Ok(Some(patterns(stream).map_err(|why| why.to_string())?)),
    }
}

/// Measured values stand in no file.
fn nowhere() -> Place {
    Place {
        file: "".into(),
        line: 0,
        column: 0,
    }
}

/// A value as a file would have it.
pub(crate) fn node(value: &Value) -> Node {
    let list = |items: Vec<Node>| Body::List(items);
    let body = match value {
        Value::List(items) => list(items.iter().map(node).collect()),
        // An empty one is Go's nil, which no file has.
        Value::Texts(texts) if !texts.is_empty() => {
            let texts = texts.iter().map(|text| node(&Value::Text(text.clone())));
            list(texts.collect())
        }
        value => Body::Scalar(Scalar {
            text: go::format(value).to_string(),
            value: value.clone(),
            plain: false,
            json: false,
        }),
    };
    Node {
        place: nowhere(),
        body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gossfile::write;
    use crate::resource::{INCLUDE, KINDS};

    /// The file itself brings its value, and only ours knows the other: goss adds neither.
    const NOT_ADDED: &[&str] = &["matching", "mainstay"];

    #[test]
    fn every_type_is_described_or_named_as_none() {
        let described = |section| DESCRIPTIONS.iter().any(|row| row.section == section);
        for kind in KINDS.iter().copied().chain([INCLUDE]) {
            let section = kind.section;
            assert_ne!(
                described(section),
                NOT_ADDED.contains(&section),
                "{section}"
            );
        }
    }

    #[test]
    fn what_is_written_is_an_attribute() {
        for row in DESCRIPTIONS {
            let kinds = KINDS.iter().copied().chain([INCLUDE]);
            let kind = kinds.clone().find(|kind| kind.section == row.section);
            let kind = kind.expect("a type");
            let has = |name: &str| kind.attributes.iter().any(|row| row.name == name);
            for measured in row.measured {
                assert!(has(measured.property), "{}", measured.property);
            }
            assert!(row.empty.iter().all(|name| has(name)), "{}", row.section);
        }
    }

    fn described(section: &str, key: &str, excluded: &[&str], system: System) -> String {
        let kinds = KINDS.iter().copied().chain([INCLUDE]);
        let mut kinds = kinds.filter(|kind| kind.section == section);
        let request = Request {
            kind: kinds.next().expect("a type"),
            key,
            given: &[],
            excluded: &|name| excluded.contains(&name),
        };
        match describe(&request, &Arc::new(system)) {
            Ok(resource) => write::yaml_fragment(&resource),
            Err(why) => format!("error: {why}"),
        }
    }

    fn root() -> temp::Temp {
        let root = temp::Temp::new();
        root.write("etc/passwd", "me:x:7:8:Me:/home/me:/bin/sh\n");
        root.write("etc/group", "us:x:8:\nthem:x:9:me,you\n");
        root.write("proc/sys/kernel/ostype", "Linux\n");
        let tcp6 = "sl\n 0: 00000000000000000000000000000000:0050 0:0 0A 0\n";
        root.write("proc/net/tcp6", tcp6);
        root.write("proc/7/stat", "7 (web) S 1 7 7 0");
        root.write(
            "proc/self/mountinfo",
            "1 0 8:1 / /data rw,noatime - ext4 /dev/x rw\n",
        );
        root
    }

    #[test]
    fn measured_values_are_written() {
        let root = root();
        let rows: [(&str, &str, &[&str], &str); 14] = [
            (
                "user",
                "me",
                &["home"],
                "me:\n    exists: true\n    uid: 7\n    gid: 8\n    groups:\n        - them\n        \
                 - us\n    shell: /bin/sh\n",
            ),
            ("user", "you", &[], "you:\n    exists: false\n"),
            (
                "group",
                "us",
                &["gid"],
                "us:\n    exists: true\n    gid: 8\n",
            ),
            ("group", "us", &["stderr"], "us:\n    exists: true\n"),
            (
                "kernel-param",
                "kernel.ostype",
                &["value"],
                "kernel.ostype:\n    value: Linux\n",
            ),
            (
                "kernel-param",
                "no",
                &[],
                "error: could not find the given key",
            ),
            ("process", "web", &[], "web:\n    running: true\n"),
            ("port", "80", &["ip"], "tcp:80:\n    listening: false\n"),
            (
                "port",
                "80",
                &[],
                "tcp:80:\n    listening: false\n    ip: []\n",
            ),
            (
                "port",
                "tcp6:80",
                &[],
                "tcp6:80:\n    listening: true\n    ip:\n        - '::'\n",
            ),
            ("gossfile", "x.yaml", &["x"], "x.yaml: {}\n"),
            (
                "mount",
                "/no",
                &[],
                "/no:\n    exists: false\n    timeout: 0\n",
            ),
            (
                "file",
                "/no/such",
                &[],
                "/no/such:\n    exists: false\n    contents: []\n",
            ),
            ("matching", "x", &[], "error: matching: cannot be added"),
        ];
        for (section, key, excluded, wanted) in rows {
            let written = described(section, key, excluded, System::under(root.path()));
            assert_eq!(written, wanted, "{section} {key}");
        }
        let mut system = System::under(root.path());
        system.dual_stack = true;
        let written = described("port", "80", &["ip"], system);
        assert_eq!(written, "tcp6:80:\n    listening: true\n");
    }
}
