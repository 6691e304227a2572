//! The validator beside goss and a floor in C: whole processes, in turns.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Bench;

pub(crate) const FILES: &str = "files × 4 properties (ms)";
pub(crate) const FILES_MEMORY: &str = "files × 4 properties, most memory (MB)";
pub(crate) const COMMANDS: &str = "commands, `sh -c true` (ms)";
pub(crate) const SEARCH: &str = "one pattern, on the last line of 1 GiB (ms)";
pub(crate) const SEARCH_MEMORY: &str = "the same, most memory (MB)";
pub(crate) const SIZE: &str = "size of the program (MB)";

pub(crate) const FLOOR: &str = "floor-check";
pub(crate) const GOSS: &str = "goss";
pub(crate) const OURS: &str = "mainstay-check";

/// The last line of the large file.
const NEEDLE: &str = "the needle that is looked for";

/// What is run for one measure.
struct Job {
    time: &'static str,
    memory: Option<&'static str>,
    count: usize,
    /// The floor's words.
    floor: Vec<String>,
    /// The goss file.
    file: PathBuf,
}

impl Bench<'_> {
    /// Measures all of it.
    pub(crate) fn validator(&mut self) {
        if let Err(error) = self.measure_validator() {
            self.results.fail("validator", OURS, 0, &error.to_string());
        }
    }

    fn measure_validator(&mut self) -> io::Result<()> {
        let ours = self.places.mainstay.with_file_name("mainstay-check-x86_64");
        let goss = self.places.peers.join("goss/usr/bin/goss");
        for (name, program) in [(OURS, &ours), (GOSS, &goss)] {
            if let Ok(found) = fs::metadata(program) {
                self.results.add(SIZE, 0, name, found.len() as f64 / 1e6);
            }
        }
        let dir = self.places.roots.join("validator");
        fs::create_dir(&dir)?;
        let floor = self.places.programs.join(FLOOR);
        for job in jobs(&dir, self.quick)? {
            for _ in 0..self.rounds {
                let file = job.file.display().to_string();
                let words = [&job.floor[..], &[]].concat();
                let validate = |program: &Path| {
                    let program = program.display().to_string();
                    vec![
                        program,
                        "-g".to_string(),
                        file.clone(),
                        "validate".to_string(),
                    ]
                };
                let mut turns = vec![(FLOOR, floor_words(&floor, words))];
                turns.push((OURS, validate(&ours)));
                if goss.exists() {
                    turns.push((GOSS, validate(&goss)));
                }
                for (name, words) in turns {
                    match timed(&floor, &words) {
                        Ok((time, memory)) => {
                            self.results.add(job.time, job.count, name, time);
                            if let Some(measure) = job.memory {
                                self.results.add(measure, job.count, name, memory);
                            }
                        }
                        Err(why) => self.results.fail(job.time, name, job.count, &why),
                    }
                }
            }
        }
        fs::remove_dir_all(&dir)
    }
}

/// The floor's own words, or another program's.
fn floor_words(floor: &Path, words: Vec<String>) -> Vec<String> {
    match words.first().map(String::as_str) {
        Some("grep") => words,
        _ => [vec![floor.display().to_string()], words].concat(),
    }
}

/// Milliseconds and megabytes of a process that succeeds.
fn timed(clock: &Path, words: &[String]) -> Result<(f64, f64), String> {
    let output = Command::new(clock).arg("time").args(words).output();
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("ended with {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(nanoseconds)), Some(Ok(kilobytes))) => {
            Ok((nanoseconds / 1e6, kilobytes * 1024.0 / 1e6))
        }
        _ => Err(format!("no times: {text}")),
    }
}

fn jobs(dir: &Path, quick: bool) -> io::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for count in [1, 100, 5000] {
        jobs.push(files(dir, count)?);
    }
    jobs.push(commands(dir, if quick { 50 } else { 200 })?);
    jobs.push(search(dir, if quick { 64 } else { 1024 })?);
    Ok(jobs)
}

fn files(dir: &Path, count: usize) -> io::Result<Job> {
    let place = dir.join(format!("files-{count}"));
    fs::create_dir(&place)?;
    let (mut list, mut text) = (String::new(), String::from("file:\n"));
    for number in 0..count {
        let path = place.join(format!("file-{number}"));
        fs::write(&path, "some words\nhello world\n")?;
        let path = path.display();
        list += &format!("{path}\n");
        text += &format!(
            "  {path}:\n    exists: true\n    mode: \"0644\"\n    owner: root\n    \
             contents:\n    - hello\n"
        );
    }
    let paths = dir.join(format!("files-{count}.list"));
    fs::write(&paths, list)?;
    let floor = match count {
        1 => vec!["nothing".to_string()],
        _ => vec!["files".to_string(), paths.display().to_string()],
    };
    job(dir, FILES, Some(FILES_MEMORY), count, floor, &text)
}

fn commands(dir: &Path, count: usize) -> io::Result<Job> {
    let mut text = String::from("command:\n");
    for number in 0..count {
        text += &format!("  command-{number}:\n    exec: \"true\"\n    exit-status: 0\n");
    }
    let floor = vec!["commands".to_string(), count.to_string()];
    job(dir, COMMANDS, None, count, floor, &text)
}

fn search(dir: &Path, megabytes: usize) -> io::Result<Job> {
    let path = dir.join("large");
    let mut large = io::BufWriter::new(fs::File::create(&path)?);
    let line = "a line of a log as it may stand in any file, with the letters that words have\n";
    let block = line.repeat(1024 * 1024 / line.len());
    for _ in 0..megabytes {
        large.write_all(block.as_bytes())?;
    }
    writeln!(large, "{NEEDLE}")?;
    large.flush()?;
    let path = path.display().to_string();
    let text = format!("file:\n  {path}:\n    exists: true\n    contents:\n    - {NEEDLE}\n");
    let floor = ["grep", "-F", NEEDLE, &path].map(str::to_string);
    job(dir, SEARCH, Some(SEARCH_MEMORY), 0, floor.to_vec(), &text)
}

fn job(
    dir: &Path,
    time: &'static str,
    memory: Option<&'static str>,
    count: usize,
    floor: Vec<String>,
    text: &str,
) -> io::Result<Job> {
    let name = time.split(' ').next().unwrap_or_default().replace(',', "");
    let file = dir.join(format!("{name}-{count}.yaml"));
    fs::write(&file, text)?;
    Ok(Job {
        time,
        memory,
        count,
        floor,
        file,
    })
}
