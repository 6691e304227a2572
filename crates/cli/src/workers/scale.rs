//! `mainstay workers scale N`: more workers, or fewer.

use std::time::Duration;

use chain::{Failure, Result, Unable, escape};
use kernel::fd;
use stage::workers::{self, Wrong};

use super::pool::{Pool, names_of, refusal, unit_name};
use crate::service::{self, Asked, Patience, Verb, Watch};
use crate::status::{self, Unit};
use crate::target::Target;
use crate::words::{Words, wrong};

/// How long PID 1 may take to read its scan directory again.
const READING: Duration = Duration::from_secs(10);

pub(super) fn run(word: &[u8], patience: Patience) -> Result<u8> {
    let count = count(word)?;
    let (pool, _lock) = Pool::find_to_change()?;
    let services = &pool.paths.services;
    let before = pool.numbers.len();
    let surplus: Vec<u32> = pool
        .numbers
        .iter()
        .copied()
        .filter(|number| *number > count)
        .collect();
    let missing: Vec<u32> = (1..=count)
        .filter(|number| pool.numbers.binary_search(number).is_err())
        .collect();
    // The one that a hook has not changed least of all.
    let model = pool.numbers[0];
    for number in pool.numbers.iter().filter(|number| **number <= count) {
        workers::set_count(services, *number, count).map_err(wrote)?;
    }
    let mut made = Vec::new();
    for number in missing {
        match workers::add(services, model, number, count) {
            Ok(problems) => {
                for problem in problems {
                    let _ = fd::write_all(2, format!("mainstay workers: {problem}\n").as_bytes());
                }
                made.push(number);
            }
            Err(wrong) => {
                // What is there is as good as the rest.
                ask_for_scan(&pool, b"a")?;
                return Err(wrote(wrong));
            }
        }
    }
    let asked = Asked {
        target: Target::Here,
        patience: Some(patience),
        words: Words::default(),
    };
    let code = if !made.is_empty() {
        take_in(&pool, &made, &asked)?
    } else if !surplus.is_empty() {
        let_go(&pool, &surplus, &asked)?
    } else {
        let line = format!("{} already\n", kernel::words::count(count, "worker"));
        let _ = fd::write_all(1, line.as_bytes());
        return Ok(0);
    };
    if code == 0 {
        let line = format!(
            "{} now, {before} before\n",
            kernel::words::count(count, "worker")
        );
        let _ = fd::write_all(1, line.as_bytes());
    }
    Ok(code)
}

/// How many there are to be.
fn count(word: &[u8]) -> Result<u32> {
    let digits = !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    if digits && word.iter().all(|digit| *digit == b'0') {
        return Err(wrong(
            "workers",
            "a pool has one worker at least: `mainstay stop worker-1` stops one and keeps it, \
             `mainstay stop-container` ends them all",
        ));
    }
    let number = std::str::from_utf8(word).ok().filter(|_| digits);
    number
        .and_then(|text| text.parse().ok())
        .filter(|number| (1..=layouts::workers::MOST).contains(number))
        .ok_or_else(|| {
            let text = format!(
                "the number of workers is {}, not a number from 1 to {}",
                escape(word),
                layouts::workers::MOST
            );
            wrong("workers", &text)
        })
}

fn wrote((path, error): Wrong) -> Failure {
    Failure::System {
        what: format!("write {}", kernel::escape_path(&path)),
        error,
    }
}

/// Tells PID 1 to read its scan directory again (s6-svscanctl(8)): `a` for what is new, `n`
/// for what is gone too.
fn ask_for_scan(pool: &Pool, letters: &[u8]) -> Result<()> {
    let fifo = pool.paths.services.join(places::name::SCAN_CONTROL_FIFO);
    kernel::fs::open_fifo_writer(&fifo)
        .and_then(|fifo| fd::write_all(fd::number(&fifo), letters))
        .unable("write to", fifo.as_os_str().as_encoded_bytes())
}

/// Waits until PID 1 knows of as many of these as `enough` says; gives those that it knows.
fn known(numbers: &[u32], enough: impl Fn(usize) -> bool) -> Result<Vec<Unit>> {
    let watch = Watch::start(Some(Patience::For(READING)));
    loop {
        let report = status::of(&Target::Here)?;
        let units: Vec<Unit> = numbers
            .iter()
            .filter_map(|number| report.unit(&unit_name(*number)).cloned())
            .collect();
        if enough(units.len()) || watch.is_over() {
            return Ok(units);
        }
        watch.pause();
    }
}

/// Lets PID 1 take in new workers, and waits until they are up.
fn take_in(pool: &Pool, made: &[u32], asked: &Asked) -> Result<u8> {
    ask_for_scan(pool, b"a")?;
    let units = known(made, |known| known == made.len())?;
    if units.len() < made.len() {
        let lost: Vec<u32> = made
            .iter()
            .copied()
            .filter(|number| units.iter().all(|unit| unit.name != unit_name(*number)))
            .collect();
        return Err(refusal(&format!(
            "PID 1 has not taken in {} within {} s; it says why in the log",
            names_of(&lost),
            READING.as_secs()
        )));
    }
    // They are new, whatever they have done since: one that ends at once is not up.
    let new = units.into_iter().map(|unit| Unit {
        state: "down".to_string(),
        pid: None,
        ends: 0,
        ..unit
    });
    service::order(Verb::Start, asked, new.collect())
}

/// Ends those with the highest numbers, and lets PID 1 forget them.
fn let_go(pool: &Pool, surplus: &[u32], asked: &Asked) -> Result<u8> {
    let units = surplus
        .iter()
        .rev()
        .filter_map(|number| pool.unit(*number).cloned());
    let code = service::order(Verb::Stop, asked, units.collect())?;
    let report = status::of(&Target::Here)?;
    let (still, down): (Vec<u32>, Vec<u32>) = surplus.iter().partition(|number| {
        let unit = report.unit(&unit_name(**number));
        unit.is_some_and(|unit| unit.pid.is_some() || unit.is_wanted())
    });
    for number in &down {
        workers::remove(&pool.paths.services, *number).map_err(wrote)?;
    }
    if !down.is_empty() {
        ask_for_scan(pool, b"n")?;
        known(&down, |known| known == 0)?;
    }
    if !still.is_empty() {
        let line = format!(
            "mainstay workers: {} still there; ask for the same number again once ended, or end \
             it by `mainstay signal {} KILL`\n",
            match still.as_slice() {
                [one] => format!("{} is", unit_name(*one)),
                more => format!("{} are", names_of(more)),
            },
            unit_name(still[0])
        );
        let _ = fd::write_all(2, line.as_bytes());
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_checked_and_says_what_to_do_instead() {
        assert_eq!(count(b"1").unwrap(), 1);
        assert_eq!(count(b"10000").unwrap(), 10_000);
        let text = |word: &[u8]| count(word).expect_err("no count").line("x");
        assert!(text(b"0").contains("mainstay stop"), "{}", text(b"0"));
        for word in [&b"10001"[..], b"-1", b"x", b"", b"+3", b"1.5", b"\xff"] {
            assert!(text(word).contains("from 1 to 10000"), "{}", text(word));
        }
    }
}
