//! The page: what is told of the results.

use std::fmt::Write;

use crate::contestant::Contestant;
use crate::measure::{boot, crash_loop, idle, orphans, restart, size, validator};
use crate::processes;
use crate::results::{Results, Summary, figure};
use crate::takeaway;

/// How the values of a measure are told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As a ratio to a floor in the same run, and the medians.
    Ratio(&'static str),
    /// As they are.
    Plain,
}

const FLOOR: &str = "floor";
const FILES: &str = "floor-files";
const SHELL_FLOOR: &str = "floor-with-contenv";

struct Section {
    title: &'static str,
    text: &'static str,
    /// Who is told of; empty: everybody but those of other sections alone.
    only: &'static [&'static str],
    measures: &'static [(&'static str, Form)],
}

const SECTIONS: &[Section] = &[
    Section {
        title: "Boot",
        text: "From the execution of PID 1 to the first instruction of the first and of the last \
               service. Ours boots a whole docker-base tree: environment files, hooks, ownership, \
               copies of the service directories. The peers find theirs laid out.",
        only: &[],
        measures: &[
            (boot::FIRST, Form::Ratio(FILES)),
            (boot::LAST, Form::Ratio(FILES)),
        ],
    },
    Section {
        title: "A shell's start",
        text: "The same boot where each `run` is a script, `#!/usr/bin/with-contenv sh`, as images \
               have it. Beside it floor-files with the same script and a `with-contenv` in static \
               C: what the chain costs at least.",
        only: &[SHELL_FLOOR, "mainstay-with-contenv"],
        measures: &[(boot::LAST, Form::Ratio(SHELL_FLOOR))],
    },
    Section {
        title: "Stop",
        text: "From TERM to PID 1 (HUP for runsvdir) until PID 1 is gone; the services end at \
               once on TERM. Over 10 s an engine kills: `∞`. runsvdir does not wait for its \
               services: the kernel kills them.",
        only: &[],
        measures: &[(boot::STOP, Form::Ratio(FILES))],
    },
    Section {
        title: "Restart",
        text: "From SIGKILL to a service that has run for a while, to the first instruction of \
               the next one; and a service that fails at once.",
        only: &[],
        measures: &[
            (restart::RESTART, Form::Plain),
            (crash_loop::STARTS, Form::Plain),
            (crash_loop::CPU, Form::Plain),
        ],
    },
    Section {
        title: "Memory",
        text: "Idle. Of the supervisor alone, services left out: anonymous memory, and its share \
               of everything, file pages included (those of a binary can be evicted). Then what \
               the whole control group is charged for: services, supervisors, the kernel's memory \
               for them, files on tmpfs.",
        only: &[],
        measures: &[
            (boot::ANONYMOUS, Form::Plain),
            (boot::PROPORTIONAL, Form::Plain),
            (boot::CHARGE, Form::Ratio(FILES)),
        ],
    },
    Section {
        title: "Orphans",
        text: "20,000 processes whose parent has ended: as fast as they can be forked, each \
               ending at once; and all alive, let go at the same moment.",
        only: &[],
        measures: &[
            (orphans::PEAK, Form::Plain),
            (orphans::STREAM_CPU, Form::Ratio(FLOOR)),
            (orphans::MEANWHILE, Form::Plain),
            (orphans::LEFT, Form::Ratio(FLOOR)),
            (orphans::BURST_CPU, Form::Ratio(FLOOR)),
        ],
    },
    Section {
        title: "Idle",
        text: "How often the supervisor's processes are switched in while nothing happens.",
        only: &[],
        measures: &[(idle::WAKE_UPS, Form::Plain)],
    },
    Section {
        title: "Size",
        text: "In an image, libc and documentation aside: Debian's own packages of each, the \
               stripped binary of Horust, what `mainstay install` writes.",
        only: &[],
        measures: &[
            (size::SIZE, Form::Plain),
            (size::FILES, Form::Plain),
            (size::LINKS, Form::Plain),
        ],
    },
    Section {
        title: "The validator",
        text: "`mainstay-check` beside goss, whole processes, N resources in a file. Beside them \
               floor-check, in static C: it ends at once (N = 1), asks statx, open, read and close \
               of each file, runs the commands two at a time; for the large file it is `grep -F`.",
        only: &[validator::FLOOR, validator::OURS, validator::GOSS],
        measures: &[
            (validator::FILES, Form::Ratio(validator::FLOOR)),
            (validator::FILES_MEMORY, Form::Plain),
            (validator::COMMANDS, Form::Ratio(validator::FLOOR)),
            (validator::SEARCH, Form::Ratio(validator::FLOOR)),
            (validator::SEARCH_MEMORY, Form::Plain),
            (validator::SIZE, Form::Plain),
        ],
    },
];

const TITLE: &str = "# Benchmarks\n";

const HEAD: &str = "
## How it is measured

Written by `make bench` (bench/run); edits are lost. One run on one machine, everybody in
turns, each as real PID 1 in its own pid, mount, uts and ipc namespaces over a BusyBox root. A
service is a static program that stamps the monotonic clock and sleeps.

What counts is the ratio to the floor in the same run, which another machine will give much
the same; the times beside it are this machine's. **floor** is a static C program that executes
the services in a loop and waits. **floor-files** also makes, for each, what s6's contract
needs (`supervise/` with its control fifo, lock, death tally and status, `event/`), one after
another: the least that a faithful supervisor in one process does. `×` is the ratio of medians;
in brackets the median, and the least and the most of all rounds.
";

const REAL_TIME: &str = "
The machine did other work meanwhile; everybody's processes had precedence (`chrt --rr`).
";

/// The whole page.
pub(crate) fn write(results: &Results, contestants: &[&Contestant]) -> String {
    let mut page = TITLE.to_string();
    let lines = takeaway::lines(results);
    if !lines.is_empty() {
        page.push('\n');
    }
    for line in lines {
        let _ = writeln!(page, "- {line}");
    }
    page.push_str(HEAD);
    if processes::is_real_time() {
        page.push_str(REAL_TIME);
    }
    for section in SECTIONS {
        let told: Vec<&'static str> = match section.only {
            [] => contestants
                .iter()
                .map(|it| it.name)
                .filter(|name| *name != SHELL_FLOOR)
                .collect(),
            only => only.to_vec(),
        };
        let tables: Vec<String> = section
            .measures
            .iter()
            .filter_map(|(measure, form)| table(results, &told, measure, *form))
            .collect();
        if tables.is_empty() {
            continue;
        }
        let _ = write!(page, "\n## {}\n\n{}\n", section.title, fill(section.text));
        for table in tables {
            page.push('\n');
            page.push_str(&table);
        }
    }
    if !results.failures.is_empty() {
        page.push_str("\n## Not measured\n\n");
        for failure in &results.failures {
            let _ = writeln!(page, "- {failure}");
        }
    }
    page
}

/// One measure: a line a contestant, a column a number of services.
fn table(
    results: &Results,
    contestants: &[&'static str],
    measure: &'static str,
    form: Form,
) -> Option<String> {
    let columns = results.rows(measure);
    if columns.is_empty() {
        return None;
    }
    let mut text = format!("| {measure} |");
    for column in &columns {
        let _ = match column {
            0 => write!(text, " |"),
            number => write!(text, " N = {number} |"),
        };
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(columns.len()));
    text.push('\n');
    for contestant in contestants {
        let cells: Vec<Option<String>> = columns
            .iter()
            .map(|column| {
                let own = results.summary(measure, *column, contestant)?;
                let floor = match form {
                    Form::Ratio(floor) => results.summary(measure, *column, floor),
                    Form::Plain => None,
                };
                Some(cell(own, floor))
            })
            .collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        let _ = write!(text, "| {contestant} |");
        for cell in cells {
            let _ = write!(text, " {} |", cell.unwrap_or_default());
        }
        text.push('\n');
    }
    Some(text)
}

fn cell(own: Summary, floor: Option<Summary>) -> String {
    let spread = if own.min == own.max {
        figure(own.median)
    } else {
        let (min, max) = (figure(own.min), figure(own.max));
        format!("{} ({min} to {max})", figure(own.median))
    };
    match floor {
        Some(floor) if own.median.is_finite() && floor.median > 0.0 => {
            format!("×{} [{spread}]", figure(own.median / floor.median))
        }
        _ => spread,
    }
}

/// Lines of at most 90 letters.
fn fill(text: &str) -> String {
    let mut filled = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters > 90 {
            filled.push('\n');
            length = 0;
        } else if length > 0 {
            filled.push(' ');
            length += 1;
        }
        filled.push_str(word);
        length += letters;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_filled() {
        let text = fill(&"word ".repeat(40));
        assert!(text.lines().all(|line| line.len() <= 90));
        assert_eq!(text.lines().count(), 3);
    }
}
