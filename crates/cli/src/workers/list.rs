//! `mainstay workers`: the list.

use chain::Result;

use super::pool::{Pool, unit_name};
use super::{lives, memory};
use crate::json::string;
use crate::paint::{Paint, Tone};
use crate::status::{self, Unit};

/// A worker, as it is shown.
struct Row<'a> {
    number: u32,
    /// None where PID 1 has not taken it in.
    unit: Option<&'a Unit>,
    memory: Option<u64>,
    jobs: Option<u64>,
}

pub(super) fn run(json: bool) -> Result<u8> {
    let pool = Pool::find()?;
    let pid_of = |number: u32| pool.unit(number).and_then(|unit| unit.pid);
    // No process has the number 0.
    let pids: Vec<u32> = pool
        .numbers
        .iter()
        .map(|number| pid_of(*number).unwrap_or(0))
        .collect();
    let lives = lives::directory(&pool.paths.services);
    let rows: Vec<Row> = pool
        .numbers
        .iter()
        .zip(memory::of(&pids))
        .map(|(number, held)| Row {
            number: *number,
            unit: pool.unit(*number),
            memory: (held.processes > 0).then_some(held.bytes),
            jobs: pid_of(*number).and_then(|pid| lives::done(&lives, *number, pid)),
        })
        .collect();
    let text = match json {
        true => document(&rows),
        false => table(&rows),
    };
    let _ = kernel::fd::write_all(1, text.as_bytes());
    Ok(0)
}

fn table(rows: &[Row]) -> String {
    let heading = [
        "ID", "STATE", "PID", "SINCE", "RESTARTS", "MEMORY", "JOBS", "LAST END",
    ];
    let mut lines = vec![(heading.map(str::to_string).to_vec(), None)];
    for row in rows {
        let mut cells = vec![row.number.to_string()];
        match row.unit {
            Some(unit) => cells.extend(unit.cells()),
            None => cells.extend(["not taken in", "-", "-", "-", "-"].map(str::to_string)),
        }
        let last = cells.pop().unwrap_or_default();
        let none = || "-".to_string();
        cells.push(row.memory.map_or_else(none, memory::shown));
        cells.push(row.jobs.map_or_else(none, |jobs| jobs.to_string()));
        cells.push(last);
        lines.push((cells, Some(row.unit.map_or(Tone::Bad, Unit::tone))));
    }
    status::columns(&lines, Paint::of_output())
}

fn document(rows: &[Row]) -> String {
    let number = |value: Option<u64>| value.map_or("null".to_string(), |it| it.to_string());
    let text = |value: Option<&str>| value.map_or("null".to_string(), string);
    let workers: Vec<String> = rows
        .iter()
        .map(|row| {
            let unit = row.unit;
            format!(
                "{{\"id\":{},\"name\":{},\"state\":{},\"wanted\":{},\"pid\":{},\"since_ms\":{},\"ready_ms\":{},\"restarts\":{},\"memory\":{},\"jobs\":{},\"last_end\":{}}}",
                row.number,
                string(&unit_name(row.number)),
                text(unit.map(|unit| unit.state.as_str())),
                text(unit.map(|unit| unit.wanted.as_str())),
                number(unit.and_then(|unit| unit.pid).map(u64::from)),
                number(unit.map(|unit| unit.since_ms)),
                number(unit.and_then(|unit| unit.ready_ms)),
                number(unit.map(|unit| unit.restarts)),
                number(row.memory),
                number(row.jobs),
                text(unit.and_then(|unit| unit.last_end.as_deref())),
            )
        })
        .collect();
    format!(
        "{{\"count\":{},\"workers\":[{}]}}\n",
        rows.len(),
        workers.join(",")
    )
}
