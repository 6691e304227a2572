//! `mainstay status`: what runs, as a table, as JSON, or as an exit code.

use std::fmt::Write;

use chain::{Call, Outcome, Program, Result};

use crate::json::string;
use crate::{client, help};

pub(crate) const COMMAND: Program = Program {
    name: "mainstay status",
    usage: "[ --json | --ready ]",
    summary: "show the services; --json for programs, --ready as a health check",
    run,
};

/// The container as PID 1 describes it.
pub(crate) struct Report {
    phase: String,
    ready: bool,
    /// The hook that the boot or the stop waits for, and how long it has run.
    hook: Option<(String, u64)>,
    /// What keeps it from being ready.
    why: Vec<String>,
    pub(crate) units: Vec<Unit>,
}

pub(crate) struct Unit {
    name: String,
    kind: String,
    state: String,
    pid: Option<u32>,
    since_ms: u64,
    ready_ms: Option<u64>,
    wanted: String,
    deaths: u64,
    last_end: Option<String>,
}

fn run(call: &mut Call) -> Result<Outcome> {
    if help::is_asked(call, COMMAND.summary) {
        return Ok(Outcome::Exit(0));
    }
    let form = call.rest();
    let form: Vec<&[u8]> = form.iter().map(Vec::as_slice).collect();
    let render: fn(&Report) -> (String, u8) = match form[..] {
        [] => |report| (table(report), 0),
        [b"--json"] => |report| (json(report), 0),
        [b"--ready"] => |report| (not_ready(report), u8::from(!report.ready)),
        _ => return Err(call.misuse()),
    };
    let report = parse(&client::ask(&[b"status"])?);
    let (text, code) = render(&report);
    let _ = kernel::fd::write_all(1, text.as_bytes());
    Ok(Outcome::Exit(code))
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
                deaths,
                end,
            ] => {
                report.units.push(Unit {
                    name: name.to_string(),
                    kind: kind.to_string(),
                    state: state.to_string(),
                    pid: pid.parse().ok(),
                    since_ms: since.parse().unwrap_or(0),
                    ready_ms: ready.parse().ok(),
                    wanted: wanted.to_string(),
                    deaths: deaths.parse().unwrap_or(0),
                    last_end: (end != "-").then(|| end.to_string()),
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

pub(crate) fn table(report: &Report) -> String {
    let mut rows =
        vec![["SERVICE", "STATE", "PID", "SINCE", "RESTARTS", "LAST END"].map(str::to_string)];
    for unit in &report.units {
        rows.push([
            unit.name.clone(),
            match unit.wanted.as_str() {
                "up" => unit.state.clone(),
                _ if unit.state == "down" => "down".to_string(),
                _ => format!("{} (wanted down)", unit.state),
            },
            unit.pid.map_or("-".to_string(), |pid| pid.to_string()),
            span(unit.since_ms),
            unit.deaths.to_string(),
            unit.last_end.clone().unwrap_or_else(|| "-".to_string()),
        ]);
    }
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = format!(
        "container: {}{}\n",
        report.phase,
        match (&report.hook, report.ready) {
            (_, true) => ", ready".to_string(),
            (None, false) => String::new(),
            (Some((path, age)), false) => format!(": {path} has run for {}", span(*age)),
        }
    );
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A span as people read it: two units at most.
fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86400, seconds % 86400 / 3600),
    }
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
                unit.deaths,
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
            table(&report()),
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
