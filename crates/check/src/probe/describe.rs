//! What `add` writes of a resource: what is measured now, but for what is left out on request.
//! One row a type; which attributes goss writes was asked of it.

use std::io::{BufRead, BufReader};
use std::sync::Arc;

use bstr::BString;

use super::{Probe, Reading, Stream, System};
use crate::node::{Body, Node, Scalar};
use crate::place::Place;
use crate::resource::{Kind, Resource};
use crate::value::{Value, go};

/// How a type is described.
struct Description {
    section: &'static str,
    /// The key as it is written: the whole of what was meant.
    key: fn(&str, &System) -> String,
    /// What is measured, in its order.
    measured: &'static [Measured],
    /// What is written as an empty list, for people to fill.
    empty: &'static [&'static str],
}

/// A property that is measured and written.
struct Measured {
    property: &'static str,
    /// The name by which it is left out; none for what is always written.
    excluded_as: Option<&'static str>,
    how: How,
}

/// What becomes of a property.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// It has to be measured.
    Needed,
    /// It is false where it cannot be measured.
    OrFalse,
    /// It is written where what stands first is true and it can be measured.
    IfThere,
    /// A text by its lines, as patterns that match it; an empty text where it is left out.
    Lines,
}

const fn needed(property: &'static str) -> Measured {
    Measured {
        property,
        excluded_as: None,
        how: How::Needed,
    }
}

const fn if_there(property: &'static str) -> Measured {
    Measured {
        property,
        excluded_as: Some(property),
        how: How::IfThere,
    }
}

const fn lines(property: &'static str) -> Measured {
    Measured {
        property,
        excluded_as: Some(property),
        how: How::Lines,
    }
}

impl Measured {
    const fn excluded_as(mut self, name: &'static str) -> Measured {
        self.excluded_as = Some(name);
        self
    }

    const fn or_false(mut self) -> Measured {
        self.how = How::OrFalse;
        self
    }
}

const DESCRIPTIONS: &[Description] = &[
    Description {
        section: "addr",
        key: |key, _| super::addr::normal(key),
        measured: &[needed("reachable")],
        empty: &[],
    },
    Description {
        section: "command",
        key: as_it_is,
        measured: &[needed("exit-status"), lines("stdout"), lines("stderr")],
        empty: &[],
    },
    Description {
        section: "dns",
        key: as_it_is,
        measured: &[needed("resolvable"), needed("addrs").excluded_as("addrs")],
        empty: &[],
    },
    Description {
        section: "file",
        key: path,
        measured: &[
            needed("exists"),
            if_there("mode"),
            if_there("owner"),
            if_there("group"),
            if_there("linked-to"),
            if_there("filetype"),
        ],
        empty: &["contents"],
    },
    Description {
        section: "gossfile",
        key: as_it_is,
        measured: &[],
        empty: &[],
    },
    Description {
        section: "group",
        key: as_it_is,
        // Goss looks for this word where it means `gid`, which excludes nothing there.
        measured: &[needed("exists"), if_there("gid").excluded_as("stderr")],
        empty: &[],
    },
    Description {
        section: "http",
        key: as_it_is,
        measured: &[needed("status")],
        empty: &["body"],
    },
    Description {
        section: "interface",
        key: as_it_is,
        measured: &[needed("exists"), if_there("addrs"), if_there("mtu")],
        empty: &[],
    },
    Description {
        section: "kernel-param",
        key: as_it_is,
        measured: &[needed("value")],
        empty: &[],
    },
    Description {
        section: "mount",
        key: as_it_is,
        measured: &[
            needed("exists").or_false(),
            if_there("opts"),
            if_there("vfs-opts"),
            if_there("source"),
            if_there("filesystem"),
        ],
        empty: &[],
    },
    Description {
        section: "package",
        key: as_it_is,
        measured: &[needed("installed"), if_there("versions")],
        empty: &[],
    },
    Description {
        section: "port",
        key: port,
        measured: &[needed("listening"), needed("ip").excluded_as("ip")],
        empty: &[],
    },
    Description {
        section: "process",
        key: as_it_is,
        measured: &[needed("running")],
        empty: &[],
    },
    Description {
        section: "service",
        key: as_it_is,
        measured: &[needed("enabled"), needed("running")],
        empty: &[],
    },
    Description {
        section: "user",
        key: as_it_is,
        measured: &[
            needed("exists"),
            if_there("uid"),
            if_there("gid"),
            if_there("groups"),
            if_there("home"),
            if_there("shell"),
        ],
        empty: &[],
    },
];

fn as_it_is(key: &str, _system: &System) -> String {
    key.to_string()
}

/// A path from the root on; a home stays a home.
fn path(key: &str, system: &System) -> String {
    match key.starts_with('~') {
        true => key.to_string(),
        false => system
            .path(key)
            .map_or_else(|_| key.to_string(), |path| path.display().to_string()),
    }
}

/// A port with its protocol. Where either family counts, it is the one that somebody listens at:
/// a socket that serves both stands in the table of IPv6 alone.
fn port(key: &str, system: &System) -> String {
    let is_six = || {
        system.dual_stack
            && system.listening("tcp", key).is_empty()
            && !system.listening("tcp6", key).is_empty()
    };
    match key.contains(':') {
        true => key.to_string(),
        false if is_six() => format!("tcp6:{key}"),
        false => format!("tcp:{key}"),
    }
}

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
    let mut probe = (request.kind.probe)(&resource, system);
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

/// The longest line that goss keeps: there it stops, and so does what it writes. A longer one
/// makes no pattern that anybody would read.
const LONGEST: u64 = 65_535;

/// As many lines are kept.
const MOST: usize = 100_000;

/// The lines of a text as patterns, without what is blank; an empty text where that leaves none.
fn patterns(mut stream: Box<dyn Stream>) -> std::io::Result<Value> {
    let mut text = BufReader::new(stream.open()?);
    let mut lines: Vec<BString> = Vec::new();
    let mut line = Vec::new();
    while lines.len() < MOST {
        line.clear();
        let mut bounded = std::io::Read::take(&mut text, LONGEST + 1);
        if bounded.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if !line.ends_with(b"\n") && line.len() as u64 > LONGEST {
            break;
        }
        let trimmed = trim(&line);
        let special = trimmed.starts_with(b"!") || trimmed.starts_with(b"/");
        match (trimmed.is_empty(), special) {
            (true, _) => {}
            (false, true) => lines.push([b"\\", trimmed].concat().into()),
            (false, false) => lines.push(trimmed.into()),
        }
    }
    Ok(match lines.is_empty() {
        true => Value::from(""),
        false => Value::Texts(lines),
    })
}

/// A line without the blanks around it, also those that are not of ASCII.
fn trim(mut line: &[u8]) -> &[u8] {
    let is_blank = |letter: Option<char>| letter.is_some_and(char::is_whitespace);
    while let (letter, size) = bstr::decode_utf8(line)
        && is_blank(letter)
    {
        line = line.get(size..).unwrap_or_default();
    }
    while let (letter, size) = bstr::decode_last_utf8(line)
        && is_blank(letter)
    {
        line = line.get(..line.len() - size).unwrap_or_default();
    }
    line
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

    struct Said(&'static [u8]);

    impl Stream for Said {
        fn placeholder(&self) -> &'static str {
            ""
        }

        fn open(&mut self) -> std::io::Result<Box<dyn std::io::Read>> {
            Ok(Box::new(self.0))
        }
    }

    #[test]
    fn lines_become_patterns() {
        let lines = |text: &'static [u8]| patterns(Box::new(Said(text))).expect("lines");
        let texts =
            |texts: &[&str]| Value::Texts(texts.iter().map(|t| BString::from(*t)).collect());
        assert_eq!(lines(b""), Value::from(""));
        assert_eq!(lines(b" \n\t\n"), Value::from(""));
        assert_eq!(
            lines(b"\xc2\xa0a\r\n  /b\n!c\n"),
            texts(&["a", "\\/b", "\\!c"])
        );
        static LONG: [u8; 65_536] = [b'x'; 65_536];
        assert_eq!(lines(&LONG), Value::from(""));
        let last = lines(&LONG[1..]);
        assert!(matches!(last, Value::Texts(lines) if lines[0].len() == 65_535));
    }
}
