//! What a file says of a container's life: one scenario a key.

use std::time::Duration;

use super::fields::Reader;
use super::way::{self, Way};
use crate::matcher::Matcher;
use crate::node::{Body, Node};
use crate::place::Place;
use crate::problem::Problem;
use crate::value::Value;

/// A life that is tried.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) meta: Option<Value>,
    pub(super) skip: bool,
    pub(super) place: Place,
    /// Its own image; none: that of the call.
    pub(super) image: Option<String>,
    /// Its own command; none: that of the call, or the image's.
    pub(super) command: Vec<String>,
    /// Options of the engine.
    pub(super) options: Vec<String>,
    /// Variables.
    pub(super) env: Vec<(String, String)>,
    /// The ways in which it is tried; the first is the plain one.
    pub(super) ways: Vec<Way>,
    pub(super) ready: Option<Ready>,
    pub(super) kills: Vec<Kill>,
    /// Its end by itself.
    pub(super) ends: Option<StopCheck>,
    pub(super) stop: Option<StopCheck>,
    /// Patterns of its log.
    pub(super) log: Option<Node>,
    /// Whether nothing may be left behind.
    pub(super) left_behind: Option<Place>,
    /// Variables whose values nobody may see.
    pub(super) secrets: Vec<(String, Place)>,
}

/// When it is ready.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) place: Place,
    pub(super) within: Duration,
    pub(super) by: By,
}

/// Who says that it is ready.
#[derive(Clone, Debug)]
pub(super) enum By {
    /// Mainstay, else the image's health check, else that it runs on.
    Whoever,
    Mainstay,
    Health,
    /// The tests of a file, run inside.
    File(String),
    /// Patterns of its log.
    Log(Node),
}

/// A process that is killed.
#[derive(Clone, Debug)]
pub(super) struct Kill {
    pub(super) place: Place,
    pub(super) whom: Whom,
    pub(super) signal: i32,
    /// How soon it is back.
    pub(super) within: Duration,
}

/// Who is killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// A service of Mainstay.
    Service(String),
    /// The oldest process of this name.
    Process(String),
}

/// The end.
#[derive(Clone, Debug)]
pub(super) struct StopCheck {
    pub(super) place: Place,
    pub(super) within: Option<(Place, Duration)>,
    pub(super) exit_code: Option<Node>,
    /// What asks it to end; none: what the image says.
    pub(super) signal: Option<i32>,
}

/// The keys of a scenario.
pub(crate) const KEYS: &[&str] = &[
    "title",
    "meta",
    "skip",
    "image",
    "command",
    "options",
    "env",
    "with",
    "ready",
    "kill",
    "ends",
    "stop",
    "log",
    "left-behind",
    "secrets",
];

/// How long a container may take to be ready, where nothing is said.
const READY: Duration = Duration::from_secs(30);

/// How long a killed process may take to be back, where nothing is said.
const BACK: Duration = Duration::from_secs(5);

/// What is wrong with a section, for who reads the file for another purpose.
pub(crate) fn problems(section: &Node) -> Vec<Problem> {
    read(section).err().unwrap_or_default()
}

/// Reads the section.
///
/// # Errors
/// All its problems.
pub(super) fn read(section: &Node) -> Result<Vec<Scenario>, Vec<Problem>> {
    let mut reader = Reader::default();
    let Some(entries) = section.entries() else {
        reader.wrong(section, "lifecycle: must be a map from names to scenarios");
        return Err(reader.problems);
    };
    let scenarios: Vec<Scenario> = entries
        .iter()
        .map(|(key, body)| one(&mut reader, key, body))
        .collect();
    match reader.problems.is_empty() {
        true => Ok(scenarios),
        false => Err(reader.problems),
    }
}

fn one(reader: &mut Reader, key: &Node, body: &Node) -> Scenario {
    let name = key.to_text().unwrap_or_default();
    let mut scenario = Scenario {
        title: String::new(),
        meta: None,
        skip: false,
        place: key.place.clone(),
        image: None,
        command: Vec::new(),
        options: Vec::new(),
        env: Vec::new(),
        ways: vec![Way::default()],
        ready: None,
        kills: Vec::new(),
        ends: None,
        stop: None,
        log: None,
        left_behind: None,
        secrets: Vec::new(),
        name,
    };
    for (field, value) in reader.fields(body, &scenario.name, KEYS) {
        let what = format!("{}: {field}", scenario.name);
        let what = what.as_str();
        match field {
            "title" => scenario.title = value.to_text().unwrap_or_default(),
            "meta" => scenario.meta = Some(value.any()),
            "skip" => scenario.skip = reader.truth(value, what),
            "image" => scenario.image = reader.text(value, what),
            "command" => scenario.command = reader.texts(value, what),
            "options" => scenario.options = reader.texts(value, what),
            "env" => scenario.env = env(reader, value, what),
            "with" => scenario.ways.extend(way::read(reader, value, what)),
            "ready" => scenario.ready = ready(reader, value, what),
            "kill" => scenario.kills = kills(reader, value, what),
            "ends" => scenario.ends = Some(stop(reader, value, what, ENDS)),
            "stop" => scenario.stop = Some(stop(reader, value, what, STOP)),
            "log" => scenario.log = Some(value.clone()),
            "left-behind" => match value.to_text().as_deref() {
                Ok("none") => scenario.left_behind = Some(value.place.clone()),
                _ => reader.wrong(value, format!("{what}: can only be none")),
            },
            _ => scenario.secrets = secrets(reader, value, what),
        }
    }
    if let (Some(ends), true) = (&scenario.ends, scenario.stop.is_some()) {
        let what = format!(
            "{}: it ends by itself or is stopped, not both",
            scenario.name
        );
        reader.problems.push(Problem::at(&ends.place, what));
    }
    scenario
}

fn env(reader: &mut Reader, node: &Node, what: &str) -> Vec<(String, String)> {
    let Some(entries) = node.entries() else {
        reader.wrong(node, format!("{what}: must be a map from names to values"));
        return Vec::new();
    };
    let pairs = entries.iter();
    pairs
        .filter_map(|(key, value)| Some((key.to_text().ok()?, value.to_text().ok()?)))
        .collect()
}

fn ready(reader: &mut Reader, node: &Node, what: &str) -> Option<Ready> {
    let place = node.place.clone();
    if let Body::Scalar(_) = node.body {
        let within = reader.span(node, what)?;
        let by = By::Whoever;
        return Some(Ready { place, within, by });
    }
    let (mut within, mut by) = (READY, By::Whoever);
    for (field, value) in reader.fields(node, what, &["within", "by", "log"]) {
        match field {
            "within" => within = reader.span(value, what).unwrap_or(within),
            "log" => by = By::Log(as_list(value)),
            _ => {
                by = match reader.text(value, what)?.as_str() {
                    "mainstay" => By::Mainstay,
                    "health" => By::Health,
                    file if file.ends_with(".yaml") || file.ends_with(".yml") => {
                        By::File(file.to_string())
                    }
                    other => {
                        let words = "mainstay, health, or a file of tests (NAME.yaml)";
                        reader.wrong(value, format!("{what}: by {other}? Known are {words}"));
                        return None;
                    }
                };
            }
        }
    }
    Some(Ready { place, within, by })
}

/// A text alone is a list of one.
pub(super) fn as_list(node: &Node) -> Node {
    match &node.body {
        Body::Scalar(_) => Node {
            place: node.place.clone(),
            body: Body::List(vec![node.clone()]),
        },
        Body::List(_) | Body::Map(_) => node.clone(),
    }
}

fn kills(reader: &mut Reader, node: &Node, what: &str) -> Vec<Kill> {
    match &node.body {
        Body::List(items) => {
            let all = items.iter().filter_map(|item| kill(reader, item, what));
            all.collect()
        }
        Body::Scalar(_) | Body::Map(_) => kill(reader, node, what).into_iter().collect(),
    }
}

fn kill(reader: &mut Reader, node: &Node, what: &str) -> Option<Kill> {
    let known = &["service", "process", "signal", "back-within"];
    let (mut whom, mut signal, mut within) = (None, kernel::signal::SIGKILL, BACK);
    for (field, value) in reader.fields(node, what, known) {
        match field {
            "service" => whom = reader.text(value, what).map(Whom::Service),
            "process" => whom = reader.text(value, what).map(Whom::Process),
            "signal" => signal = reader.signal(value, what).unwrap_or(signal),
            _ => within = reader.span(value, what).unwrap_or(within),
        }
    }
    let Some(whom) = whom else {
        reader.wrong(
            node,
            format!("{what}: whom? `service: NAME` or `process: NAME`"),
        );
        return None;
    };
    Some(Kill {
        place: node.place.clone(),
        whom,
        signal,
        within,
    })
}

/// The keys of an end that is asked for, and of one that is not.
const STOP: &[&str] = &["within", "exit-code", "signal"];
const ENDS: &[&str] = &["within", "exit-code"];

fn stop(reader: &mut Reader, node: &Node, what: &str, known: &[&'static str]) -> StopCheck {
    let mut stop = StopCheck {
        place: node.place.clone(),
        within: None,
        exit_code: None,
        signal: None,
    };
    if let Body::Scalar(_) = node.body {
        let within = reader.span(node, what);
        stop.within = within.map(|within| (node.place.clone(), within));
        return stop;
    }
    for (field, value) in reader.fields(node, what, known) {
        match field {
            "within" => {
                let within = reader.span(value, what);
                stop.within = within.map(|within| (value.place.clone(), within));
            }
            "signal" => stop.signal = reader.signal(value, what),
            _ => {
                if let Err(why) = Matcher::parse(value) {
                    reader.wrong(value, format!("{what}: exit-code: {why}"));
                }
                stop.exit_code = Some(value.clone());
            }
        }
    }
    stop
}

fn secrets(reader: &mut Reader, node: &Node, what: &str) -> Vec<(String, Place)> {
    let items: &[Node] = match &node.body {
        Body::List(items) => items,
        Body::Scalar(_) | Body::Map(_) => std::slice::from_ref(node),
    };
    let names = items
        .iter()
        .filter_map(|item| Some((reader.text(item, what)?, item.place.clone())));
    names.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn parse(text: &str) -> Result<Vec<Scenario>, String> {
        let node = crate::gossfile::parse(&Arc::from("f"), text).expect("YAML");
        read(&node).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            lines.join("\n")
        })
    }

    #[test]
    fn everything_that_can_be_said() {
        let text = "\
boots:
  title: a title
  options: [--network, none]
  env: {A: b, N: 1}
  with: [read-only, {user: 1000, tmpfs: /run}, init, cap-drop-all]
  ready: {within: 10s, log: listening}
  kill: {service: web, back-within: 2s}
  stop: {within: 10s, exit-code: 0, signal: TERM}
  log: ['/up/', '!panic']
  left-behind: none
  secrets: [DB_PASSWORD]
short:
  ready: 5s
  kill: [{process: nginx, signal: TERM}]
  stop: 3s
";
        let all = parse(text).unwrap();
        let boots = &all[0];
        assert_eq!(boots.title, "a title");
        assert_eq!(
            boots.env,
            [("A".into(), "b".into()), ("N".into(), "1".into())]
        );
        let names: Vec<&str> = boots.ways.iter().map(|way| way.name.as_str()).collect();
        let expected = [
            "",
            "read-only",
            "user 1000, tmpfs /run",
            "init",
            "cap-drop-all",
        ];
        assert_eq!(names, expected);
        assert_eq!(boots.ways[2].options, ["--user", "1000", "--tmpfs", "/run"]);
        assert!(matches!(boots.ready, Some(Ready { by: By::Log(_), .. })));
        assert_eq!(boots.kills[0].whom, Whom::Service("web".to_string()));
        assert_eq!(boots.stop.as_ref().unwrap().signal, Some(15));
        assert_eq!(boots.secrets[0].0, "DB_PASSWORD");
        let short = &all[1];
        assert_eq!(short.ready.as_ref().unwrap().within, Duration::from_secs(5));
        assert_eq!(short.kills[0].signal, 15);
        assert_eq!(
            short
                .stop
                .as_ref()
                .unwrap()
                .within
                .as_ref()
                .unwrap()
                .1
                .as_secs(),
            3
        );
    }

    #[test]
    fn every_mistake_is_told_with_what_was_meant() {
        let text = "\
a:
  redy: 5s
  ready: {within: 10}
  kill: {servic: web}
  stop: {within: soon, signal: TREM}
  with: [readonly, user]
  left-behind: some
b: 3
c:
  ends: {within: 5s, signal: TERM}
  stop: 5s
";
        let words = parse(text).unwrap_err();
        for expected in [
            "f:2:3: a: there is no redy; did you mean ready?",
            "f:3:19: a: ready: 10 of what? Write 10s or 10ms",
            "f:4:10: a: kill: there is no servic; did you mean service?",
            "a: kill: whom?",
            "f:5:18: a: stop: must be a time such as",
            "there is no signal \"TREM\"",
            "a: with: there is no readonly; did you mean read-only?",
            "a: with: user needs a value",
            "a: left-behind: can only be none",
            "b: must be a map with the keys",
            "c: ends: there is no signal",
            "c: it ends by itself or is stopped, not both",
        ] {
            assert!(words.contains(expected), "{expected}\n{words}");
        }
    }
}
