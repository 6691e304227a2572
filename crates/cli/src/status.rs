//! `mainstay status`: what runs, as a table, as JSON, or as an exit code.

use std::fmt::Write;

use chain::{Call, Failure, Outcome, Program, Result, escape};

use crate::json::string;
use crate::paint::{Paint, Tone};
use crate::target::{REFUSED, TREE, TREE_HELP, Target};
use crate::words::{self, Opt, flag, wrong};
use crate::{help, similar};

pub(crate) const COMMAND: Program = Program {
    name: "mainstay status",
    usage: "[--json|--ready] [--tree DIR] [NAME...]",
    summary: "show the services; --json for programs, --ready as a health check",
    run,
};

const JSON: Opt = flag("--json");
const READY: Opt = flag("--ready");

const HELP: &str = "\
Names choose services; without one all are shown.

  --json             the same for programs, as one JSON document
  --ready            exit code 0 when the boot is done and every service that is wanted
                     (or is named here) is up, else 1 and one line that says why not
";

const CODES: &str = "
Exit code: 0; 1 not ready, or there is no service of such a name; 100 wrong words;
111 PID 1 cannot be reached.
";

/// The container as PID 1 describes it.
pub(crate) struct Report {
    pub(crate) phase: String,
    ready: bool,
    /// The hook that the boot or the stop waits for, and how long it has run.
    hook: Option<(String, u64)>,
    /// What keeps it from being ready.
    why: Vec<String>,
    pub(crate) units: Vec<Unit>,
}

#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// As it is shown: escaped.
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) pid: Option<u32>,
    /// How long ago its process was started or has ended.
    pub(crate) since_ms: u64,
    pub(crate) ready_ms: Option<u64>,
    pub(crate) wanted: String,
    /// How often it was started again.
    pub(crate) restarts: u64,
    pub(crate) last_end: Option<String>,
    /// Whether it says itself when it is ready.
    pub(crate) says_ready: bool,
    /// How many processes of it have ended.
    pub(crate) ends: u64,
    /// Why it keeps the container from being ready.
    pub(crate) why: Option<String>,
}

impl Report {
    /// The unit of this name, as it is shown.
    pub(crate) fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.name == name)
    }

    /// Why there are no services yet: hooks still run that come before them.
    pub(crate) fn boots(&self) -> Option<String> {
        let boots = matches!(self.phase.as_str(), "run.d" | "booting");
        boots.then(|| match &self.hook {
            Some((path, age)) => {
                format!("the container boots: {path} has run for {}", span(*age))
            }
            None => "the container boots".to_string(),
        })
    }
}

impl Unit {
    /// Whether it is to run.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted == "up"
    }

    /// Why it is not ready, for who asks for it by its name.
    fn not_ready(&self) -> Option<String> {
        let down = || format!("{} is {}", self.name, self.state);
        self.why.clone().or((!self.is_up()).then(down))
    }

    /// Whether it does what it is there for.
    fn is_up(&self) -> bool {
        self.state == "ready" || (self.state == "up" && !self.says_ready)
    }

    /// What is said of it in a table, behind its name.
    pub(crate) fn cells(&self) -> [String; 5] {
        [
            match self.wanted.as_str() {
                "up" => self.state.clone(),
                _ if self.state == "down" => "down".to_string(),
                _ => format!("{} (wanted down)", self.state),
            },
            self.pid.map_or("-".to_string(), |pid| pid.to_string()),
            span(self.since_ms),
            self.restarts.to_string(),
            self.last_end.clone().unwrap_or_else(|| "-".to_string()),
        ]
    }

    pub(crate) fn tone(&self) -> Tone {
        match self.state.as_str() {
            "ready" | "up" if self.is_up() && self.is_wanted() => Tone::Good,
            "failed" | "backing off" => Tone::Bad,
            "down" if !self.is_wanted() => Tone::Faint,
            _ => Tone::Notice,
        }
    }
}

fn run(call: &mut Call) -> Result<Outcome> {
    let verb = help::verb(&COMMAND);
    let words = words::read(verb, &[JSON, READY, TREE], call.rest())?;
    if words.help {
        help::print(&COMMAND, &format!("{HELP}{TREE_HELP}{CODES}"));
        return Ok(Outcome::Exit(0));
    }
    if words.has(JSON.name) && words.has(READY.name) {
        return Err(wrong(verb, "--json or --ready, not both"));
    }
    let mut report = of(&Target::of(&words)?)?;
    let names = [words.operands.as_slice(), words.behind.as_slice()].concat();
    if !names.is_empty() {
        let chosen: Result<Vec<Unit>> = names
            .iter()
            .map(|name| find(&report, name).cloned())
            .collect();
        report.units = chosen?;
        // Of the reasons only those of what is named count, and the stop, which is everybody's.
        let stops = report.phase == "stopping";
        report.why.retain(|_| stops);
        report
            .why
            .extend(report.units.iter().filter_map(Unit::not_ready));
        report.ready = report.why.is_empty() && !stops;
    }
    let (text, code) = if words.has(READY.name) {
        (not_ready(&report), u8::from(!report.ready))
    } else if words.has(JSON.name) {
        (json(&report), 0)
    } else {
        (table(&report, Paint::of_output()), 0)
    };
    let _ = kernel::fd::write_all(1, text.as_bytes());
    Ok(Outcome::Exit(code))
}

/// Asks PID 1.
///
/// # Errors
/// It cannot be reached.
pub(crate) fn of(target: &Target) -> Result<Report> {
    Ok(parse(&target.ask(&[b"status"])?))
}

pub(crate) fn parse(lines: &[String]) -> Report {
    let mut report = Report {
        phase: String::new(),
        ready: false,
        hook: None,
        why: Vec::new(),
        units: Vec::new(),
    };
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["container", phase, ready] => {
                report.phase = phase.to_string();
                report.ready = ready == "yes";
            }
            [
                "unit",
                name,
                kind,
                state,
                pid,
                since,
                ready,
                wanted,
                restarts,
                end,
                ref more @ ..,
            ] => {
                report.units.push(Unit {
                    name: name.to_string(),
                    kind: kind.to_string(),
                    state: state.to_string(),
                    pid: pid.parse().ok(),
                    since_ms: since.parse().unwrap_or(0),
                    ready_ms: ready.parse().ok(),
                    wanted: wanted.to_string(),
                    restarts: restarts.parse().unwrap_or(0),
                    last_end: (end != "-").then(|| end.to_string()),
                    says_ready: more.first() == Some(&"says-ready"),
                    ends: more.get(1).and_then(|ends| ends.parse().ok()).unwrap_or(0),
                    why: more
                        .get(2)
                        .filter(|why| **why != "-")
                        .map(|why| why.to_string()),
                });
            }
            ["hook", path, age] => {
                report.hook = Some((path.to_string(), age.parse().unwrap_or(0)));
            }
            ["why", why] => report.why.push(why.to_string()),
            // A newer PID 1 may say more.
            _ => {}
        }
    }
    report.units.sort_by(|a, b| a.name.cmp(&b.name));
    report
}

/// One line for the log of health checks; empty for a container that is ready.
fn not_ready(report: &Report) -> String {
    match (report.ready, report.why.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("not ready: the container is {}\n", report.phase),
        (false, false) => format!("not ready: {}\n", report.why.join("; ")),
    }
}

pub(crate) fn table(report: &Report, paint: Paint) -> String {
    let heading = ["SERVICE", "STATE", "PID", "SINCE", "RESTARTS", "LAST END"];
    let mut rows = vec![(heading.map(str::to_string).to_vec(), None)];
    for unit in &report.units {
        let cells = [unit.name.clone()].into_iter().chain(unit.cells());
        rows.push((cells.collect(), Some(unit.tone())));
    }
    let container = match (report.ready, report.phase.as_str()) {
        (true, _) => Tone::Good,
        (false, "up") => Tone::Bad,
        (false, _) => Tone::Notice,
    };
    let phase = format!(
        "{}{}",
        report.phase,
        match (&report.hook, report.ready) {
            (_, true) => ", ready".to_string(),
            (None, false) if report.phase == "up" => ", not ready".to_string(),
            (None, false) => String::new(),
            (Some((path, age)), false) => format!(": {path} has run for {}", span(*age)),
        }
    );
    format!(
        "container: {}\n{}",
        paint.tone(container, &phase),
        columns(&rows, paint)
    )
}

/// Rows of cells below each other. What has a tone has it in its second cell; what has none
/// is a heading.
pub(crate) fn columns(rows: &[(Vec<String>, Option<Tone>)], paint: Paint) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for (cells, _) in rows {
        widths.resize(cells.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (row, tone) in rows {
        let last = row.len() - 1;
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let shown = match (tone, column) {
                (None, _) => paint.tone(Tone::Strong, cell),
                (Some(tone), 1) => paint.tone(*tone, cell),
                (Some(_), _) => cell.clone(),
            };
            // By what is seen: colours take no room.
            let room = match column == last {
                true => 0,
                false => width - cell.chars().count() + 2,
            };
            let _ = write!(text, "{shown}{:room$}", "");
        }
        text.push('\n');
    }
    text
}

/// A span as people read it.
pub(crate) fn span(milliseconds: u64) -> String {
    kernel::words::time(std::time::Duration::from_millis(milliseconds))
}

pub(crate) fn json(report: &Report) -> String {
    let units: Vec<String> = report
        .units
        .iter()
        .map(|unit| {
            format!(
                "{{\"name\":{},\"kind\":{},\"state\":{},\"pid\":{},\"since_ms\":{},\"ready_ms\":{},\"wanted\":{},\"restarts\":{},\"last_end\":{}}}",
                string(&unit.name),
                string(&unit.kind),
                string(&unit.state),
                unit.pid.map_or("null".to_string(), |pid| pid.to_string()),
                unit.since_ms,
                unit.ready_ms.map_or("null".to_string(), |ms| ms.to_string()),
                string(&unit.wanted),
                unit.restarts,
                unit.last_end.as_deref().map_or("null".to_string(), string),
            )
        })
        .collect();
    format!(
        "{{\"phase\":{},\"ready\":{},\"services\":[{}],\"hook\":{}}}\n",
        string(&report.phase),
        report.ready,
        units.join(","),
        match &report.hook {
            Some((path, age)) => format!("{{\"path\":{},\"runs_ms\":{age}}}", string(path)),
            None => "null".to_string(),
        },
    )
}

/// The service of this name.
///
/// # Errors
/// There is none, or none yet.
pub(crate) fn find<'a>(report: &'a Report, name: &[u8]) -> Result<&'a Unit> {
    let shown = escape(name);
    let found = report.units.iter().find(|unit| unit.name == shown);
    found.ok_or_else(|| {
        let names = report.units.iter().map(|unit| unit.name.as_str());
        let text = match report.boots() {
            Some(boots) => {
                format!("there is no service {shown} yet: {boots}; its services start afterwards")
            }
            None => format!(
                "there is no service {shown}{} `mainstay status` lists them",
                similar::or_on(name, names)
            ),
        };
        Failure::Other {
            code: REFUSED,
            text,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        parse(&[
            "container\tup\tyes".to_string(),
            "unit\tweb\\n\"x\tservice\tready\t12\t61500\t100\tup\t3\tsignal KILL".to_string(),
            "unit\tapp\tservice\tdown\t-\t5\t-\tdown\t0\t-".to_string(),
            "something\tnew".to_string(),
        ])
    }

    #[test]
    fn the_table_lines_up_and_is_sorted() {
        assert_eq!(
            table(&report(), Paint::PLAIN),
            "container: up, ready\n\
             SERVICE  STATE  PID  SINCE      RESTARTS  LAST END\n\
             app      down   -    5 ms       0         -\n\
             web\\n\"x  ready  12   1 min 1 s  3         signal KILL\n"
        );
    }

    #[test]
    fn json_quotes_what_comes_from_outside() {
        let text = json(&report());
        assert!(
            text.starts_with("{\"phase\":\"up\",\"ready\":true,\"services\":[{\"name\":\"app\"")
        );
        assert!(text.contains("\"name\":\"web\\\\n\\\"x\""));
        assert!(text.contains("\"pid\":null"));
        assert!(text.contains("\"last_end\":\"signal KILL\""));
    }
}
