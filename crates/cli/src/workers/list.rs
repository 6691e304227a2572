//! `mainstay workers`: the list.

use std::collections::BTreeMap;
use std::fmt::Write;

use chain::Result;

use super::memory::{self, Held};
use super::pool::{Pool, unit_name};
use super::{lives, memory::shown};
use crate::json::string;
use crate::paint::{Paint, Tone};
use crate::status::{Unit, span};

/// A worker, as it is shown.
struct Row<'a> {
    number: u32,
    /// None where PID 1 has not taken it in.
    unit: Option<&'a Unit>,
    memory: Option<Held>,
    jobs: Option<u64>,
}

pub(super) fn run(json: bool) -> Result<u8> {
    let pool = Pool::find()?;
    let pids: Vec<u32> = pool
        .numbers
        .iter()
        .filter_map(|number| pool.unit(*number)?.pid)
        .collect();
    let held: BTreeMap<u32, Held> = memory::of(&pids);
    let lives = lives::directory(&pool.paths.services);
    let rows: Vec<Row> = pool
        .numbers
        .iter()
        .map(|number| {
            let unit = pool.unit(*number);
            let pid = unit.and_then(|unit| unit.pid);
            Row {
                number: *number,
                unit,
                memory: pid.and_then(|pid| held.get(&pid).copied()),
                jobs: pid.and_then(|pid| lives::done(&lives, *number, pid)),
            }
        })
        .collect();
    let text = match json {
        true => document(&rows),
        false => table(&rows, Paint::of_output()),
    };
    let _ = kernel::fd::write_all(1, text.as_bytes());
    Ok(0)
}

fn table(rows: &[Row], paint: Paint) -> String {
    let heading = [
        "ID", "STATE", "PID", "SINCE", "RESTARTS", "MEMORY", "JOBS", "LAST END",
    ];
    let mut lines = vec![(heading.map(str::to_string), Tone::Strong)];
    for row in rows {
        let none = || "-".to_string();
        let unit = row.unit;
        let cells = [
            row.number.to_string(),
            unit.map_or("not taken in".to_string(), |unit| match unit.is_wanted() {
                false if unit.state != "down" => format!("{} (wanted down)", unit.state),
                _ => unit.state.clone(),
            }),
            unit.and_then(|unit| unit.pid)
                .map_or_else(none, |pid| pid.to_string()),
            unit.map_or_else(none, |unit| span(unit.since_ms)),
            unit.map_or_else(none, |unit| unit.restarts.to_string()),
            row.memory.map_or_else(none, |held| shown(held.bytes)),
            row.jobs.map_or_else(none, |jobs| jobs.to_string()),
            unit.and_then(|unit| unit.last_end.clone())
                .unwrap_or_else(none),
        ];
        lines.push((cells, unit.map_or(Tone::Bad, Unit::tone)));
    }
    let mut widths = [0; 8];
    for (cells, _) in &lines {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (at, (cells, tone)) in lines.iter().enumerate() {
        let last = cells.len() - 1;
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let seen = match at == 0 || column == 1 {
                true => paint.tone(*tone, cell),
                false => cell.clone(),
            };
            let room = match column == last {
                true => 0,
                false => width - cell.chars().count() + 2,
            };
            let _ = write!(text, "{seen}{:room$}", "");
        }
        text.push('\n');
    }
    text
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
                number(row.memory.map(|held| held.bytes)),
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
