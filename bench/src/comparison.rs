//! The page of the comparison of images: one table, and what it does not say.

use std::fmt::Write;
use std::fs;

use crate::contestant::Contestant;
use crate::measure::{boot, image, size};
use crate::processes;
use crate::results::{Results, figure};

/// A line of the table for each number of services, or one where there is no number.
const LINES: &[(&str, &str, bool)] = &[
    (size::SIZE, "added to the image (MB)", false),
    (size::FILES, "files added", false),
    (size::LINKS, "links added", false),
    (boot::LAST, "boot (ms)", true),
    (boot::STOP, "stop (ms)", true),
    (boot::PROPORTIONAL, "memory, proportional (kB)", true),
    (boot::ANONYMOUS, "memory, anonymous (kB)", true),
    (boot::CHARGE, "charge of the control group (kB)", true),
];

const HEAD: &str = "\
# One image, four supervisors

The same Debian 12 with Mainstay, with Debian's s6, runit and supervisor, and the same services in each.
Written by `bench/run --measure image`; edits are lost.

";

const HOW: &str = "
Medians of all rounds; in brackets the least and the most. `×` is the ratio to Mainstay.

- **Added** is what lies in the layer above Debian's minbase: the packages of each with all that they
  need and Debian does not have, documentation left out; what `mainstay install` writes. The image
  `mainstay/base` also has the validator `mainstay-check`, 4.1 MB, which tests it.
- **Boot** is from the execution of PID 1 to the first instruction of the last service. PID 1 is
  `/bin/bash /run.sh` (the image's command), `s6-svscan`, `runsvdir`, `supervisord -n`.
- **Stop** is from TERM to PID 1 (HUP for runsvdir) until PID 1 is gone. The services end at once on TERM.
- **Memory** is that of every process but the services, a quarter of a second after the boot: its share of
  all its pages, and what is anonymous. The charge is of everything in the container:
  processes, services, the kernel's memory for them, files on tmpfs.
- A service is a static program that stamps the clock and sleeps; a script of `/bin/sh` executes it
  (supervisor executes it itself). Each container is a real PID 1 in pid, mount, uts and
  ipc namespaces of its own, over an overlay with the Debian tree below, one after another in turns. One
  boot of each before the first does not count: it reads the disk.
";

const MORE: &str = "
## What is done in that time

Mainstay boots the whole image: `/run.d`, ownership and modes of hooks, `/etc/cont-init.d`, the
environment's files, a copy of each service directory, and at the stop `/etc/cont-finish.d`. The others
find their services laid out and start them.

What the others do not do, and an image must bring itself:

| | s6 | runit | supervisor |
|---|---|---|---|
| boot hooks before the services | no | no | no |
| the container's command, and its exit code | no | no | no |
| a stop that waits for the services | yes | no: what runs is killed with PID 1 | yes |
| drains beside services that still run | no | no | no |
| KILL after a limit, and a line that says who | a limit for each service, no line | no | yes |
| readiness | yes | no | no |
| a health check for all services at once | no | no | no |
| orphans are reaped | at once | when it wakes up, some seconds later | once a second |
| restart of a settled service | after a second | at once | at its next tick |
| a service that keeps failing | once a second | once a second | is given up |
| output in files that are rotated | s6-log | svlogd | yes |
| a web page, XML-RPC | no | no | yes |
| a read-only root, any user | with work | with work | with work |

The lines on reaping and on restarts are measured: [benchmarks.md](benchmarks.md). What Mainstay does
not do: s6-log's files (docker logs has the output), supervisor's web page.
";

/// The whole page.
pub(crate) fn write(results: &Results, contestants: &[&Contestant]) -> String {
    let mut page = HEAD.to_string();
    page.push_str("| |");
    for contestant in contestants {
        let _ = write!(page, " {} |", contestant.name);
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(contestants.len()));
    page.push('\n');
    for (measure, title, by_number) in LINES {
        let numbers: &[usize] = if *by_number { &image::NUMBERS } else { &[0] };
        for number in numbers {
            let _ = match number {
                0 => write!(page, "| {title} |"),
                1 => write!(page, "| {title}, 1 service |"),
                many => write!(page, "| {title}, {many} services |"),
            };
            for contestant in contestants {
                let ours = contestants.first().map(|first| first.name);
                let cell = cell(results, measure, *number, contestant.name, ours);
                let _ = write!(page, " {cell} |");
            }
            page.push('\n');
        }
    }
    page.push_str(HOW);
    page.push_str(&machine());
    if !results.failures.is_empty() {
        page.push_str("\nNot measured:\n\n");
        for failure in &results.failures {
            let _ = writeln!(page, "- {failure}");
        }
    }
    page.push_str(MORE);
    page
}

fn cell(
    results: &Results,
    measure: &'static str,
    number: usize,
    name: &'static str,
    ours: Option<&'static str>,
) -> String {
    let Some(own) = results.summary(measure, number, name) else {
        return String::new();
    };
    let mut text = figure(own.median);
    if own.min != own.max {
        let _ = write!(text, " [{} to {}]", figure(own.min), figure(own.max));
    }
    let ours = ours.filter(|ours| *ours != name);
    let ours = ours.and_then(|ours| results.summary(measure, number, ours));
    match ours {
        Some(ours) if ours.median > 0.0 && own.median.is_finite() => {
            let _ = write!(text, " ×{}", figure(own.median / ours.median));
        }
        _ => {}
    }
    text
}

/// What kind of machine this is.
fn machine() -> String {
    let line = |file: &str, key: &str| -> Option<String> {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.trim_matches([' ', '\t', ':']).to_string())
    };
    let processor = line("/proc/cpuinfo", "model name").unwrap_or_else(|| "a processor".into());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // The rest of it is its builder's.
    let kernel: Vec<&str> = kernel.trim().split(['.', '-']).take(2).collect();
    let load = match processes::is_real_time() {
        true => {
            "\n  It did other work meanwhile; everybody's processes had precedence (`chrt --rr`)."
        }
        false => "",
    };
    format!(
        "- The machine: {cores} cores of {processor}, Linux {}.{load}\n",
        kernel.join(".")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_these_words() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/comparison.md");
        let page = fs::read_to_string(page).expect("bench/run --measure image writes it");
        for part in [HEAD, HOW, MORE] {
            assert!(
                page.contains(part),
                "not as written by bench/run --measure image: {part}"
            );
        }
    }

    #[test]
    fn a_cell_has_the_median_the_spread_and_the_ratio() {
        let mut results = Results::default();
        for value in [2.0, 1.0, 3.0] {
            results.add(boot::LAST, 1, "ours", value);
            results.add(boot::LAST, 1, "theirs", 2.0 * value);
        }
        let of = |name| cell(&results, boot::LAST, 1, name, Some("ours"));
        assert_eq!(of("ours"), "2.00 [1.00 to 3.00]");
        assert_eq!(of("theirs"), "4.00 [2.00 to 6.00] ×2.00");
        assert_eq!(of("nobody"), "");
    }
}
