//! A container's life, tried from outside: is it ready in time, does it come back, does it stop
//! in time and with which exit code, what does it say, what does it leave behind, whom does it
//! tell its secrets. docs/lifecycle.md is the page for users.

mod archive;
mod fields;
mod inside;
mod leftovers;
mod life;
mod ready;
mod report;
pub(crate) mod scenario;
mod secrets;
mod stop;
mod way;
mod words;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use life::World;
use report::Results;
use scenario::{By, Scenario};

use crate::container::runtime::Runtime;
use crate::container::settings::Settings;
use crate::container::signals::Signals;
use crate::container::stage::Stage;
use crate::gossfile::Source;
use crate::output::{Format, Look};
use crate::problem::Problem;
use crate::say::say;

/// What is asked for.
pub struct Asked<'a> {
    /// The file with a section `lifecycle`.
    pub source: Source,
    /// How results are reported.
    pub format: &'static Format,
    /// How the report looks.
    pub look: Look,
    /// Options of the engine, an image, its command.
    pub words: &'a [OsString],
}

/// The part that runs inside of a container: the exit code.
pub fn inside(words: &[OsString]) -> u8 {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    inside::main(&words)
}

/// The file is wrong (EX_CONFIG of sysexits.h).
const WRONG_FILE: u8 = 78;

/// Tries all scenarios of a file: the exit code.
pub fn main(asked: &Asked, out: &mut dyn Write) -> u8 {
    let signals = Signals::catch();
    let scenarios = match scenarios(&asked.source) {
        Ok(scenarios) => scenarios,
        Err(problems) => {
            for problem in problems {
                let _ = writeln!(out, "Error: {problem}");
            }
            return WRONG_FILE;
        }
    };
    let without = scenarios.iter().find(|scenario| scenario.image.is_none());
    if let (Some(scenario), true) = (without, words::split(asked.words).1.is_empty()) {
        say!(
            "ERROR: {}: of which image? Name it in the call, or as `image:` in the file",
            scenario.name
        );
        return 1;
    }
    match all(asked, &scenarios, &signals, out) {
        Ok(code) => code,
        Err(why) => {
            say!("ERROR: {why}");
            1
        }
    }
}

/// The scenarios of a file and of those that it includes.
fn scenarios(source: &Source) -> Result<Vec<Scenario>, Vec<Problem>> {
    let read = crate::gossfile::load(source)?;
    let mut scenarios = Vec::new();
    for (name, section) in &read.others {
        if name == "lifecycle" {
            scenarios.append(&mut scenario::read(section)?);
        }
    }
    match scenarios.is_empty() {
        true => {
            let words = format!("{}: there is no section lifecycle", source.gossfile);
            Err(vec![Problem::nowhere(words)])
        }
        false => Ok(scenarios),
    }
}

fn all(
    asked: &Asked,
    scenarios: &[Scenario],
    signals: &Signals,
    out: &mut dyn Write,
) -> Result<u8, String> {
    let begun = Instant::now();
    let mut settings = Settings::read(|name| std::env::var_os(name), None)?;
    // It is our own program that knows what to do inside.
    settings.program = None;
    let runtime = Runtime {
        program: vec![settings.runtime.into()],
        signals,
        shown: settings.debug,
    };
    let stage = Stage::make(&settings, "mainstay-check", false)?;
    stage.put_program()?;
    let beside = Path::new(&asked.source.gossfile).parent();
    let beside = beside.unwrap_or(Path::new("."));
    for scenario in scenarios {
        if let Some(By::File(file)) = scenario.ready.as_ref().map(|ready| &ready.by) {
            stage.put_tests(beside, file)?;
        }
    }
    let world = World {
        runtime: &runtime,
        settings: &settings,
        stage: &stage,
        words: asked.words,
    };
    let mut report = (asked.format.report)(&asked.look);
    let told = |error: std::io::Error| format!("the report cannot be written: {error}");
    for scenario in scenarios {
        let secrets = secrets::values(scenario, asked.words);
        for way in &scenario.ways {
            let mut results = Results::new(scenario, way);
            let group = if scenario.skip {
                results.skipped("start", &scenario.place, "skip is set");
                results.group
            } else {
                if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
                    say!("INFO: {}", results.id());
                }
                match life::live(&world, scenario, way, &secrets) {
                    Ok(group) => group,
                    Err(number) => return Ok(u8::try_from(128 + number).unwrap_or(1)),
                }
            };
            report.take(&group, out).map_err(told)?;
            let _ = out.flush();
        }
    }
    report.finish(begun.elapsed(), out).map_err(told)
}
